//! Errors: input that cannot be used, and answers that cannot be accepted.

use crate::algorithm::Algorithm;
use crate::responsible::Responsible;

/// Reason why a sign-in to Active Directory could not begin or continue. A refusal of the KDC is not an error but an
/// [`AdOutcome`](super::AdOutcome).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdError {
    /// A certificate to trust for the KDC cannot be used, or none was given.
    #[error("the CA of the domain controllers is not a usable certificate")]
    CaUnusable,
    /// The certificate cannot be read, or its key is neither RSA nor on P-256 or P-384.
    #[error("the card's certificate cannot be used for Kerberos: {what}")]
    CertificateUnusable {
        /// What is wrong.
        what: &'static str,
    },
    /// The KDC could not be verified as one of the domain.
    #[error("the domain controller could not be verified: {problem}")]
    KdcNotProven {
        /// Problem with its certificate or signature.
        problem: KdcProblem,
    },
    /// The reply does not have the form of RFC 4120 or 4556.
    #[error("the {message} is malformed: {what}")]
    Malformed {
        /// Name of the message.
        message: &'static str,
        /// What is missing or different.
        what: &'static str,
    },
    /// A user name is empty, longer than 4096 bytes, or contains control characters.
    #[error("the user name for Active Directory is empty, too long, or contains a control character")]
    NameUnusable,
    /// The ticket contains no PAC, or the PAC names no UPN.
    #[error("the domain controller sent no user principal name: {what}")]
    NoAccount {
        /// What is missing.
        what: &'static str,
    },
    /// Neither a keytab nor CAs were given, so any KDC could claim anything.
    #[error(
        "the domain controller cannot be verified without the device's keytab or the CA of the domain controllers; give one of them"
    )]
    NoProof,
    /// The PAC is not well formed, was changed, or belongs to another ticket.
    #[error("the account data (PAC) in the ticket is not genuine: {what}")]
    PacNotGenuine {
        /// What is wrong.
        what: &'static str,
    },
    /// A realm is empty, longer than 4096 bytes, or contains control characters.
    #[error("the Kerberos realm is empty, too long, or contains a control character")]
    RealmUnusable,
    /// The reply belongs to another request or another name.
    #[error("the {message} does not answer the request: {what}")]
    ReplyMismatch {
        /// Name of the message.
        message: &'static str,
        /// What differs.
        what: &'static str,
    },
    /// The reply is longer than [`MAX_KDC_REPLY`](super::MAX_KDC_REPLY).
    #[error("the domain controller's answer has {length} bytes, which is more than {limit}")]
    ReplyTooLong {
        /// Length, in bytes.
        length: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// No signature of the algorithm has this length.
    #[error(
        "a signature of {length} bytes cannot be {algorithm}; ECDSA signatures are r and s without ASN.1"
    )]
    SignatureLength {
        /// The requested algorithm.
        algorithm: Algorithm,
        /// Length of the signature, in bytes.
        length: usize,
    },
    /// The keytab has no key of the version that the domain uses.
    #[error(
        "the keytab is out of date: the ticket is for key version {needed}, the newest in the keytab is {newest}"
    )]
    StaleKeytab {
        /// Key version of the ticket.
        needed: u32,
        /// Newest key version of the keytab.
        newest: u32,
    },
    /// The keytab has a key of the right version that does not decrypt the ticket: the KDC does not belong to the domain, or the
    /// keytab is wrong.
    #[error(
        "the keytab's key does not decrypt the ticket: the keytab belongs to another device, or the domain controller is not genuine"
    )]
    TicketUnopened,
    /// More than [`MAX_REFERRALS`](super::MAX_REFERRALS) referrals to other realms.
    #[error("too many referrals between realms; the last one is to {realm}")]
    TooManyReferrals {
        /// The realm that was not asked.
        realm: String,
    },
    /// The ticket is not encrypted with AES.
    #[error(
        "the ticket is encrypted with type {encryption_type}, which is not AES, or the keytab has no key of that type"
    )]
    UnsupportedEncryption {
        /// Number of the encryption type. 23 is RC4.
        encryption_type: i64,
    },
    /// The UPN of the account cannot be sent to Entra.
    #[error("the account's user principal name cannot be used: {0}")]
    UpnUnusable(upn_resolver::UpnError),
}

/// Problem with the certificate or the signature of a KDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KdcProblem {
    /// The chain does not lead to a trusted CA.
    #[error("its certificate does not chain to the given CA")]
    Chain,
    /// A certificate of the chain has expired or is not valid yet.
    #[error("a certificate of its chain has expired or is not valid yet")]
    Dates,
    /// The certificate names neither the realm nor the host.
    #[error("its certificate names neither the realm nor the host")]
    Name,
    /// The signer's certificate is missing or unreadable.
    #[error("its certificate is missing or cannot be read")]
    NoCertificate,
    /// The certificate is not for KDCs.
    #[error("its certificate is not for the authentication of domain controllers")]
    Purpose,
    /// The signature is wrong, or of an algorithm that is not known.
    #[error("its signature is wrong or of an unknown algorithm")]
    Signature,
}

impl KdcProblem {
    /// Stable name for programs, such as `chain`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Dates => "dates",
            Self::Name => "name",
            Self::NoCertificate => "no-certificate",
            Self::Purpose => "purpose",
            Self::Signature => "signature",
        }
    }
}

impl AdError {
    /// Stable name for programs, such as `ad/stale-keytab`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CaUnusable => "ad/ca-unusable",
            Self::CertificateUnusable { .. } => "ad/certificate-unusable",
            Self::KdcNotProven { .. } => "ad/kdc-not-proven",
            Self::Malformed { .. } => "ad/malformed",
            Self::NameUnusable => "ad/name-unusable",
            Self::NoAccount { .. } => "ad/no-account",
            Self::NoProof => "ad/no-proof",
            Self::PacNotGenuine { .. } => "ad/pac-not-genuine",
            Self::RealmUnusable => "ad/realm-unusable",
            Self::ReplyMismatch { .. } => "ad/reply-mismatch",
            Self::ReplyTooLong { .. } => "ad/reply-too-long",
            Self::SignatureLength { .. } => "ad/signature-length",
            Self::StaleKeytab { .. } => "ad/stale-keytab",
            Self::TicketUnopened => "ad/ticket-unopened",
            Self::TooManyReferrals { .. } => "ad/too-many-referrals",
            Self::UnsupportedEncryption { .. } => "ad/unsupported-encryption",
            Self::UpnUnusable(_) => "ad/upn-unusable",
        }
    }

    /// Who has to act.
    ///
    /// ```
    /// # #[cfg(feature = "active-directory")] {
    /// use cba_protocol::{Responsible, active_directory::AdError};
    ///
    /// assert_eq!(AdError::NoProof.responsible(), Responsible::Administrator);
    /// # }
    /// ```
    #[must_use]
    pub fn responsible(&self) -> Responsible {
        match self {
            Self::CertificateUnusable { .. } => Responsible::Issuer,
            Self::NameUnusable => Responsible::User,
            Self::SignatureLength { .. } => Responsible::Developer,
            _ => Responsible::Administrator,
        }
    }

    /// Next step to try, as a sentence for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::CaUnusable => {
                "Give the certificate of the CA that issued those of the domain controllers, in PEM or DER."
            }
            Self::CertificateUnusable { .. } => "Use a card with an RSA key, or an EC key on P-256 or P-384.",
            Self::KdcNotProven { .. } => {
                "Check that the host is a domain controller of the realm, and the CA that was given."
            }
            Self::Malformed { .. } | Self::ReplyMismatch { .. } | Self::ReplyTooLong { .. } => {
                "Check that the host is a domain controller of the realm, and that nothing answers in its place."
            }
            Self::NameUnusable => "Enter the name as user@domain.",
            Self::NoAccount { .. } => "Check that the KDC is a domain controller of Active Directory.",
            Self::NoProof => "Give the device's keytab, or the CA of the domain controllers.",
            Self::PacNotGenuine { .. } => "Check that the host is a domain controller of the realm.",
            Self::RealmUnusable => "Enter the realm, for example CORP.EXAMPLE.",
            Self::SignatureLength { .. } => "Report this message to the developers of the program.",
            Self::StaleKeytab { .. } | Self::TicketUnopened => {
                "Create the keytab again, or join the device again."
            }
            Self::TooManyReferrals { .. } => "Name the realm of the user.",
            Self::UnsupportedEncryption { .. } => {
                "Set msDS-SupportedEncryptionTypes of the device's account to 24, and create the keytab again."
            }
            Self::UpnUnusable(_) => "Give the account another userPrincipalName.",
        }
    }
}
