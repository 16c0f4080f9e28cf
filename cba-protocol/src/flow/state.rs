//! The states of a flow.

use core::fmt;

/// Where a flow stands: what it waits for, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum State {
    /// Waits for the user's signature over the assertion.
    Assertion,
    /// Ended: an error, because the answer or a key's result was not one that the protocol allows.
    Failed,
    /// Ended: granted.
    Granted,
    /// Ended: the server wants to see the user in a browser.
    Interaction,
    /// Waits for the OpenID metadata.
    Metadata,
    /// Waits for the server's nonce. Have the PIN at hand before this request is sent.
    Nonce,
    /// Ended: the user belongs elsewhere.
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
    /// The name in lower case, as transcripts and diagrams have it.
    #[must_use]
    pub fn name(self) -> &'static str {
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

    /// Whether the flow ends here.
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
        f.pad(self.name())
    }
}
