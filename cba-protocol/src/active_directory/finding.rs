//! Problems of the card's certificate that are visible before its use.

use crate::advised::{Guidance, advised};
use crate::responsible::Responsible;

advised! {
    /// Problem of a certificate for which domain controllers refuse a sign-in.
    ///
    /// Samba answers most of them with one code, so they are looked for beforehand. None of them stops a sign-in: the domain decides.
    ///
    /// ```
    /// # #[cfg(feature = "active-directory")]
    /// assert_eq!(cba_protocol::active_directory::CertificateFinding::NoSid.code(), "no-sid");
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum CertificateFinding {
        /// It has expired.
        Expired => "expired" Issuer:
            "the certificate has expired",
            "Renew the certificate, or use another card."
        /// It is not valid yet.
        NotYetValid => "not-yet-valid" Administrator:
            "the certificate is not valid yet",
            "Check the clock of this machine, or wait until the certificate is valid."
        /// Its key is not for digital signatures.
        NoDigitalSignature => "no-digital-signature" Issuer:
            "the certificate is not for signatures",
            "Use the card's certificate for signing in."
        /// Its chain does not lead to a CA that the caller trusts for the KDC. Domains often have one CA for both.
        OtherIssuer => "other-issuer" Administrator:
            "the certificate does not chain to a CA that is trusted for the domain controller",
            "Check that the domain controller trusts the issuer of the card."
        /// Its extended key usage contains neither smart card logon nor client authentication for PKINIT.
        NoSmartCardLogon => "no-smart-card-logon" Issuer:
            "the certificate is not for smart card logon",
            "Issue one with the extended key usage 1.3.6.1.4.1.311.20.2.2."
        /// The UPN in it is not the name that is asked for.
        OtherName => "other-name" User:
            "the certificate has another name than the one asked for",
            "Use the name that is in the certificate, or the card of this user."
        /// It has neither the SID extension nor the URI with a SID. Windows requires a strong mapping (KB5014754).
        NoSid => "no-sid" Administrator:
            "the certificate contains no SID, so it may not be mapped strongly",
            "Issue certificates with the SID extension, or set altSecurityIdentities (KB5014754)."
    }
}
