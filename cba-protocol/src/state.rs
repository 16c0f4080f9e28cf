//! States of a flow.

use core::fmt;

/// What a flow waits for, or how it ended.
///
/// [The guide](crate::manual::states) shows which state follows which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum State {
    /// Waits for the user's signature over the assertion.
    Assertion,
    /// Ended with an error: an answer or the result of a key operation is not one that the protocol allows.
    Failed,
    /// Ended: granted.
    Granted,
    /// Ended: the server requires the user to sign in with a browser.
    Interaction,
    /// Waits for the OpenID metadata.
    Metadata,
    /// Waits for the server's nonce. Have the PIN ready before this request is sent.
    Nonce,
    /// Ended: this cloud does not sign the user in.
    NotManaged,
    /// Waits for the answer of realm discovery.
    Realm,
    /// Ended: the server refused.
    Refused,
    /// Waits for the device's signature over the request.
    Request,
    /// Waits for the unwrapped session key.
    SessionKey,
    /// Waits for the answer of the token endpoint.
    Token,
}

impl State {
    /// Stable name for programs, such as `session-key`.
    ///
    /// ```
    /// assert_eq!(cba_protocol::State::SessionKey.code(), "session-key");
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
            Self::Failed => "failed",
            Self::Granted => "granted",
            Self::Interaction => "interaction",
            Self::Metadata => "metadata",
            Self::Nonce => "nonce",
            Self::NotManaged => "not-managed",
            Self::Realm => "realm",
            Self::Refused => "refused",
            Self::Request => "request",
            Self::SessionKey => "session-key",
            Self::Token => "token",
        }
    }

    /// Whether the flow has ended.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Granted | Self::Interaction | Self::NotManaged | Self::Refused
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
