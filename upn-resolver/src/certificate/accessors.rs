//! The accessors that a [`Certificate`] shares with its [`Fields`](super::Fields).

use super::microsoft::{SecurityIdentifier, Template};
use super::names::{GeneralNames, PrincipalNames, Rfc822Names};
use super::{
    AlgorithmIdentifier, AuthorityKeyIdentifier, BasicConstraints, Certificate, ExtensionList, KeyUsage,
    NameString, Notes, Oid, PublicKey, SerialNumber, Validity, Version,
};

macro_rules! delegate {
    ($($(#[$doc:meta])* $visibility:vis $name:ident -> $type:ty;)+) => {
        impl<'a> Certificate<'a> {
            $(
                $(#[$doc])*
                #[must_use]
                #[inline]
                $visibility fn $name(&self) -> $type {
                    self.fields().$name()
                }
            )+
        }
    };
}

delegate! {
    /// The DER encoding that was read.
    pub as_der -> &'a [u8];

    /// The signed part, `tbsCertificate`, with its header (RFC 5280, section 4.1.1.1).
    pub tbs_certificate -> &'a [u8];

    /// The version (RFC 5280, section 4.1.2.1).
    pub version -> Version;

    /// The serial number (RFC 5280, section 4.1.2.2).
    pub serial_number -> SerialNumber<'a>;

    /// The algorithm of the signature (RFC 5280, section 4.1.1.2).
    pub signature_algorithm -> AlgorithmIdentifier<'a>;

    /// The signature (RFC 5280, section 4.1.1.3), without the count of unused bits. This crate does not verify it.
    pub signature -> &'a [u8];

    /// The issuer's name in DER.
    pub issuer_der -> &'a [u8];

    /// The subject's name in DER.
    pub subject_der -> &'a [u8];

    /// The validity period (RFC 5280, section 4.1.2.5).
    pub validity -> Validity;

    /// The public key (RFC 5280, section 4.1.2.7).
    pub public_key -> PublicKey<'a>;

    /// All extensions, in encoded order.
    pub extensions -> ExtensionList<'a>;

    /// The key usage (RFC 5280, section 4.2.1.3); `None` without the extension, which permits every use.
    pub key_usage -> Option<KeyUsage>;

    /// Whether the extended key usage extension is present. Without it, the certificate serves every purpose.
    pub has_extended_key_usage -> bool;

    /// The basic constraints (RFC 5280, section 4.2.1.9); `None` without the extension, which means that this is not a CA.
    pub basic_constraints -> Option<BasicConstraints>;

    /// The subject key identifier (RFC 5280, section 4.2.1.2).
    pub subject_key_identifier -> Option<&'a [u8]>;

    /// The authority key identifier (RFC 5280, section 4.2.1.1); `None` also if the extension is malformed.
    pub authority_key_identifier -> Option<AuthorityKeyIdentifier<'a>>;

    /// All entries of the `subjectAltName`, in encoded order; none without the extension.
    pub subject_alternative_names -> GeneralNames<'a>;

    /// The user principal names in the `subjectAltName`, in encoded order.
    ///
    /// Windows sends one of several, and no source says which: see [`SeveralNames`](crate::interpretation::SeveralNames).
    pub principal_names -> PrincipalNames<'a>;

    /// The e-mail addresses (`rfc822Name`) in the `subjectAltName`, in encoded order.
    pub rfc822_names -> Rfc822Names<'a>;

    /// The certificate template, version 2 or later.
    pub template -> Option<Template<'a>>;

    /// The name of the version 1 certificate template.
    pub template_name -> Option<NameString<'a>>;

    /// The account's security identifier in the extension 1.3.6.1.4.1.311.25.2; `None` also if the extension contains
    /// something else, such as a binary identifier.
    pub security_identifier -> Option<SecurityIdentifier<'a>>;

    /// The account's security identifier in a `tag:microsoft.com,2022-09-14:sid:` URI of the `subjectAltName`.
    pub security_identifier_uri -> Option<SecurityIdentifier<'a>>;

    /// The deviations from the specifications that were tolerated: see [`Fields::notes`](super::Fields::notes).
    pub notes -> Notes;

    pub(crate) principal_name -> Option<NameString<'a>>;

    pub(crate) rfc822_name -> Option<NameString<'a>>;
}

impl<'a> Certificate<'a> {
    /// The purposes of the extended key usage, in encoded order (RFC 5280, section 4.2.1.12).
    #[inline]
    pub fn extended_key_usage(&self) -> impl Iterator<Item = Oid<'a>> + use<'a> {
        self.fields().extended_key_usage()
    }
}
