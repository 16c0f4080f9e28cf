//! States of a flow.

use core::fmt;

/// State of a flow: what it waits for, or how it ended.
///
/// [The guide](crate::manual::states) shows which state follows which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum State {
    /// Waits for the user's signature over the assertion.
    Assertion,
    /// Waits for the first page of a web sign-in.
    Authorize,
    /// Waits for the device's signature over the certificate request.
    CertificateRequest,
    /// Waits for the answer of the host that asks for the user's certificate in the TLS handshake.
    CertificateSignIn,
    /// Waits for the credentials that the service offers to the user.
    CredentialType,
    /// Waits for a device code.
    DeviceCode,
    /// Waits for the discovery document of the registration service.
    Discovery,
    /// Ended with an error: the protocol does not allow an answer or the result of a key operation.
    Failed,
    /// Ended: granted.
    Granted,
    /// Ended: the server requires the user to sign in with a browser.
    Interaction,
    /// Waits for the page after an interrupt of a web sign-in was answered.
    Interrupt,
    /// Waits for the two keys of a new device.
    Keys,
    /// Waits for the page after the result of the certificate was posted.
    Login,
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
    /// Waits for the certificate of the new device.
    Registration,
    /// Waits for the answer to the removal of the device.
    Removal,
    /// Waits for the device's signature over the request.
    Request,
    /// Waits for the unwrapped session key.
    SessionKey,
    /// Waits for the answer of the token endpoint.
    Token,
    /// Waits until the user code was shown.
    UserCode,
    /// Waits until the token endpoint may be asked again.
    Waiting,
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
            Self::Authorize => "authorize",
            Self::CertificateRequest => "certificate-request",
            Self::CertificateSignIn => "certificate-sign-in",
            Self::CredentialType => "credential-type",
            Self::DeviceCode => "device-code",
            Self::Discovery => "discovery",
            Self::Failed => "failed",
            Self::Granted => "granted",
            Self::Interaction => "interaction",
            Self::Interrupt => "interrupt",
            Self::Keys => "keys",
            Self::Login => "login",
            Self::Metadata => "metadata",
            Self::Nonce => "nonce",
            Self::NotManaged => "not-managed",
            Self::Realm => "realm",
            Self::Refused => "refused",
            Self::Registration => "registration",
            Self::Removal => "removal",
            Self::Request => "request",
            Self::SessionKey => "session-key",
            Self::Token => "token",
            Self::UserCode => "user-code",
            Self::Waiting => "waiting",
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

impl State {
    /// Whether a redirect is one of the answers of the protocol. Redirects are read and never followed.
    pub(crate) fn may_redirect(self) -> bool {
        matches!(self, Self::Authorize | Self::Interrupt | Self::Login)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
