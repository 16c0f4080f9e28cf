//! The switches: one type for each point that the specification leaves open.

use rustls_pki_types::CertificateDer;

use crate::discovery::IssuerMetadata;
use crate::kdf::KdfVersion;

/// `request_nonce` in the user's assertion.
///
/// [MS-OAPXBC] 3.2.5.1.2.1.4 does not list it for a certificate (it requires it for a Hello key, since CVE-2023-35348).
/// Whether Entra requires it is not known. A claim that is not listed is normally ignored, and this one prevents a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionNonce {
    /// The same nonce as in the device's request.
    #[default]
    Included,
    /// No nonce, as the specification lists the claims.
    Omitted,
}

/// `aud` of the user's assertion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// `common`, which public clients send for Hello keys. Requires no metadata request.
    Common,
    /// A custom value. Requires no metadata request.
    Custom(String),
    /// The server's issuer identifier, as [MS-OAPXBC] 3.2.5.1.2.1.4 requires, read from the OpenID metadata.
    #[default]
    Issuer,
    /// The tenant in the URLs. Requires no metadata request.
    Tenant,
}

/// `kdf_ver` in the device's request: the version of the key derivation that the client supports.
///
/// [MS-OAPXBC] allows it if `capabilities` in the metadata contains `kdf_ver2` ([MS-OIDCE]). Public clients send it to Entra always
/// or never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KdfOffer {
    /// `2` if the metadata lists it, otherwise nothing.
    #[default]
    AsAdvertised,
    /// Nothing: version 1.
    V1,
    /// `2` in any case.
    V2,
}

impl KdfOffer {
    /// The version that both sides support.
    pub(crate) fn version(self, metadata: Option<&IssuerMetadata>) -> KdfVersion {
        match self {
            Self::V2 => KdfVersion::Two,
            Self::AsAdvertised if metadata.is_some_and(IssuerMetadata::kdf_ver2) => KdfVersion::Two,
            Self::AsAdvertised | Self::V1 => KdfVersion::One,
        }
    }
}

/// The form field `tgt`, which asks for Kerberos tickets. Not in the specification; seen in public clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kerberos {
    /// `tgt=true`.
    Requested,
    /// No such field.
    #[default]
    NotRequested,
}

/// `request_nonce` in a token request or a renewal.
///
/// [MS-OAPXBC] 3.2.5.1.3.1 does not list it. Public clients fetch one each time. A claim that is not listed is normally ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrtNonce {
    /// Fetched first, with a request of its own.
    #[default]
    Fetched,
    /// None, as the specification lists the claims.
    Omitted,
}

/// Whether the ciphertext of `session_key_jwe` must decrypt with the unwrapped key.
///
/// [MS-OAPXBC] 3.2.5.1.2.2 uses the wrapped key only. The ciphertext contains no data, but its tag shows that the key is the one that
/// the server wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionKeyCheck {
    /// It must decrypt.
    #[default]
    Required,
    /// It is ignored.
    Skipped,
}

/// Whether `token_type` of the primary refresh token must be `pop`.
///
/// [MS-OAPXBC] 3.2.5.1.2.2 requires the member with this value, which says that the token is useless without its key. RFC 6749
/// section 5.1 makes it case-insensitive. Nothing public shows that Entra answers otherwise; if a service does, the check can be
/// switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenTypeCheck {
    /// It must be `pop`.
    #[default]
    Required,
    /// It may be missing or have another value.
    Skipped,
}

/// `username` in addition to the assertion, which names the user already. Not in the specification; libhimmelblau sends both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserName {
    /// Not sent, as the specification lists the claims.
    #[default]
    Omitted,
    /// The name in the assertion.
    Sent,
}

/// Content of `x5c` in the header of the user's assertion.
///
/// The leaf alone is the default: the CAs, including intermediate ones, are [uploaded to the tenant][cas]. RFC 7515 section 4.1.6
/// allows the chain.
///
/// [cas]: https://learn.microsoft.com/entra/identity/authentication/how-to-certificate-based-authentication
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserX5c {
    /// An array with the user's certificate and these, each the issuer of the one before.
    Chain(Vec<CertificateDer<'static>>),
    /// An array with the user's certificate.
    #[default]
    Leaf,
    /// The user's certificate as a bare string.
    LeafString,
}

/// Content of `x5c` in the header of the device's request. A chain is never sent for the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceX5c {
    /// An array with the device certificate (RFC 7515 section 4.1.6).
    #[default]
    Array,
    /// The device certificate as a bare string, as [roadlib] sends it.
    ///
    /// [roadlib]: https://github.com/dirkjanm/ROADtools/blob/master/roadlib/roadtools/roadlib/deviceauth.py
    String,
}
