//! Errors: input that cannot be used, and answers that cannot be accepted.

use crate::advised::{Guidance, advised};
use crate::algorithm::Algorithm;
use crate::responsible::Responsible;

/// Maximum length of a KDC's answer, in bytes. Real ones have a few kilobytes; the largest token of Windows has 48,000 bytes by default
/// ([`MaxTokenSize`]).
///
/// [`MaxTokenSize`]: https://learn.microsoft.com/troubleshoot/windows-server/windows-security/kerberos-authentication-problems-if-user-belongs-to-groups
pub const MAX_KDC_REPLY: usize = 256 * 1024;

advised! {
    /// Reason why a sign-in to Active Directory could not begin or continue. A refusal of the KDC is not an error but an
    /// [`AdOutcome`](super::AdOutcome).
    ///
    /// ```
    /// # #[cfg(feature = "active-directory")] {
    /// use cba_protocol::{Responsible, active_directory::AdError};
    ///
    /// assert_eq!(AdError::NoProof.code(), "ad/no-proof");
    /// assert_eq!(AdError::NoProof.responsible(), Responsible::Administrator);
    /// # }
    /// ```
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum AdError {
        /// A certificate to trust for the KDC cannot be used, or none was given.
        CaUnusable => "ad/ca-unusable" Administrator:
            "the CA of the domain controllers is not a usable certificate",
            "Give the certificate of the CA that issued those of the domain controllers, in PEM or DER."
        /// The certificate cannot be read, or its key is neither RSA nor on P-256 or P-384.
        CertificateUnusable(&'static str) => "ad/certificate-unusable" Issuer:
            "the card's certificate cannot be used for Kerberos: {0}",
            "Use a card with an RSA key, or an EC key on P-256 or P-384."
        /// The KDC could not be verified as one of the domain.
        KdcNotProven(KdcProblem) => "ad/kdc-not-proven" Administrator:
            "the domain controller could not be verified: {0}",
            "Check that the host is a domain controller of the realm, and the CA that was given."
        /// The reply does not have the form of RFC 4120 or 4556. The values are the name of the message, and what is missing or
        /// different.
        Malformed(&'static str, &'static str) => "ad/malformed" Administrator:
            "the {0} is malformed: {1}",
            "Check that the host is a domain controller of the realm, and that nothing answers in its place."
        /// A user name is empty, longer than 4096 bytes, or contains control characters.
        NameUnusable => "ad/name-unusable" User:
            "the user name for Active Directory is empty, too long, or contains a control character",
            "Enter the name as user@domain."
        /// The ticket contains no PAC, or the PAC names no UPN.
        NoAccount(&'static str) => "ad/no-account" Administrator:
            "the domain controller sent no user principal name: {0}",
            "Check that the KDC is a domain controller of Active Directory."
        /// Neither a keytab nor CAs were given, so any KDC could claim anything.
        NoProof => "ad/no-proof" Administrator:
            "the domain controller cannot be verified without the device's keytab or the CA of the domain controllers; give one of them",
            "Give the device's keytab, or the CA of the domain controllers."
        /// The PAC is not well formed, was changed, or belongs to another ticket.
        PacNotGenuine(&'static str) => "ad/pac-not-genuine" Administrator:
            "the account data (PAC) in the ticket is not genuine: {0}",
            "Check that the host is a domain controller of the realm."
        /// A realm is empty, longer than 4096 bytes, or contains control characters.
        RealmUnusable => "ad/realm-unusable" Administrator:
            "the Kerberos realm is empty, too long, or contains a control character",
            "Enter the realm, for example CORP.EXAMPLE."
        /// The reply belongs to another request or another name. The values are the name of the message, and what differs.
        ReplyMismatch(&'static str, &'static str) => "ad/reply-mismatch" Administrator:
            "the {0} does not answer the request: {1}",
            "Check that the host is a domain controller of the realm, and that nothing answers in its place."
        /// The reply is longer than [`MAX_KDC_REPLY`](super::MAX_KDC_REPLY). The value is its length, in bytes.
        ReplyTooLong(usize) => "ad/reply-too-long" Administrator:
            "the domain controller's answer has {0} bytes, which is more than {MAX_KDC_REPLY}",
            "Check that the host is a domain controller of the realm, and that nothing answers in its place."
        /// No signature of the requested algorithm has this length in bytes.
        SignatureLength(Algorithm, usize) => "ad/signature-length" Developer:
            "a signature of {1} bytes cannot be {0}; ECDSA signatures are r and s without ASN.1",
            "Report this message to the developers of the program."
        /// The keytab has no key of the version that the domain uses.
        StaleKeytab {
            /// Key version of the ticket.
            needed: u32,
            /// Newest key version of the keytab.
            newest: u32,
        } => "ad/stale-keytab" Administrator:
            "the keytab is out of date: the ticket is for key version {needed}, the newest in the keytab is {newest}",
            "Create the keytab again, or join the device again."
        /// The keytab has a key of the right version that does not decrypt the ticket: the KDC does not belong to the domain, or the
        /// keytab is wrong.
        TicketUnopened => "ad/ticket-unopened" Administrator:
            "the keytab's key does not decrypt the ticket: the keytab belongs to another device, or the domain controller is not genuine",
            "Create the keytab again, or join the device again."
        /// More than [`MAX_REFERRALS`](super::MAX_REFERRALS) referrals to other realms. The value is the realm that was not asked.
        TooManyReferrals(String) => "ad/too-many-referrals" Administrator:
            "too many referrals between realms; the last one is to {0}",
            "Name the realm of the user."
        /// The ticket is not encrypted with AES, or the keytab has no key of the type. The value is the number of the encryption type; 23
        /// is RC4.
        UnsupportedEncryption(i64) => "ad/unsupported-encryption" Administrator:
            "the ticket is encrypted with type {0}, which is not AES, or the keytab has no key of that type",
            "Set msDS-SupportedEncryptionTypes of the device's account to 24, and create the keytab again."
        /// The UPN of the account cannot be sent to Entra.
        UpnUnusable(upn_resolver::UpnError) => "ad/upn-unusable" Administrator:
            "the account's user principal name cannot be used: {0}",
            "Give the account another userPrincipalName."
    }
}

advised! {
    /// Problem with the certificate or the signature of a KDC.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum KdcProblem {
        /// The chain does not lead to a trusted CA.
        Chain => "chain" Administrator:
            "its certificate does not chain to the given CA",
            "Give the CA that issued the certificates of the domain controllers."
        /// A certificate of the chain has expired or is not valid yet.
        Dates => "dates" Administrator:
            "a certificate of its chain has expired or is not valid yet",
            "Renew the certificate of the domain controller, and check the clock of this machine."
        /// The certificate names neither the realm nor the host.
        Name => "name" Administrator:
            "its certificate names neither the realm nor the host",
            "Check the realm, and the names in the certificate of the domain controller."
        /// The signer's certificate is missing or unreadable.
        NoCertificate => "no-certificate" Administrator:
            "its certificate is missing or cannot be read",
            "Check the certificate of the domain controller."
        /// The certificate is not for KDCs.
        Purpose => "purpose" Administrator:
            "its certificate is not for the authentication of domain controllers",
            "Issue one from the template Kerberos Authentication, with the extended key usage 1.3.6.1.5.2.3.5."
        /// The signature is wrong, or of an algorithm that is not known.
        Signature => "signature" Administrator:
            "its signature is wrong or of an unknown algorithm",
            "Check that nothing answers in place of the domain controller."
    }
}
