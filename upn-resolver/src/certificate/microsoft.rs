//! The certificate extensions of Active Directory Certificate Services, \[MS-WCCE\] section 2.2.2.7.7.

use super::der::Reader;
use super::error::{Field, Flaw};
use super::names::{self, OtherName};
use super::oid::{self, Oid};
use super::text::NameString;

/// The certificate template that the certificate was issued by.
///
/// \[MS-WCCE\], section 2.2.2.7.7.2, `szOID_CERTIFICATE_TEMPLATE`:
///
/// ```asn1
/// CertificateTemplateOID ::= SEQUENCE {
///      templateID            OBJECT IDENTIFIER,
///      templateMajorVersion  INTEGER (0..4294967295) OPTIONAL,
///      templateMinorVersion  INTEGER (0..4294967295) OPTIONAL }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Template<'a> {
    id: Oid<'a>,
    major_version: Option<u32>,
    minor_version: Option<u32>,
}

impl<'a> Template<'a> {
    /// The template, an object identifier that the forest made up.
    #[must_use]
    pub fn id(self) -> Oid<'a> {
        self.id
    }

    /// The major version. Windows' [duplicate filter][filter] compares templates by identifier and major version.
    ///
    /// [filter]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings#filter-duplicate-logon-certificates
    #[must_use]
    pub fn major_version(self) -> Option<u32> {
        self.major_version
    }

    /// The minor version.
    #[must_use]
    pub fn minor_version(self) -> Option<u32> {
        self.minor_version
    }

    pub(super) fn read(input: &mut Reader<'a>) -> Result<Self, Flaw> {
        const FIELD: Field = Field::CertificateTemplate;
        let mut template = input.sequence(FIELD)?;
        let id = Oid::from_checked(template.object_identifier(FIELD)?);
        let mut version = || {
            if template.is_empty() {
                Ok(None)
            } else {
                template.unsigned(FIELD).map(Some)
            }
        };
        let (major_version, minor_version) = (version()?, version()?);
        template.end(FIELD)?;
        Ok(Self {
            id,
            major_version,
            minor_version,
        })
    }
}

/// The security identifier of the account that the certificate was issued to.
///
/// \[MS-WCCE\], section 2.2.2.7.7.4, `szOID_NTDS_CA_SECURITY_EXT`: general names, one of which is an otherName of type
/// `szOID_NTDS_OBJECTSID` whose value is an OCTET STRING. It holds the *textual* form, `S-1-5-21-…`.
pub(super) fn read_security_identifier<'a>(input: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Flaw> {
    const FIELD: Field = Field::NtdsCaSecurity;
    let names = input.sequence(FIELD)?;
    let name = names::find_other_name(names, oid::NTDS_OBJECT_SID, FIELD)?;
    Ok(name.and_then(OtherName::octet_string))
}

/// A security identifier in its textual form, `S-1-5-21-…`.
///
/// \[MS-DTYP\], section 2.4.2.1, has the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecurityIdentifier<'a>(&'a str);

impl<'a> SecurityIdentifier<'a> {
    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Bytes that are a textual security identifier; `None` for others, such as the binary form.
    pub(super) fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        let parts = text.strip_prefix("S-1-")?.split('-');
        let number = |part: &str| {
            !part.is_empty() && part.len() <= 15 && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        (parts.clone().count() <= 16 && parts.clone().count() >= 2 && parts.clone().all(number))
            .then_some(Self(text))
    }
}

impl core::fmt::Display for SecurityIdentifier<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0)
    }
}

/// The beginning of the URI form: \[MS-PKCA\], section 3.1.5.2.1.5.
pub(super) const SID_URI: &str = "tag:microsoft.com,2022-09-14:sid:";

/// The security identifier in a `tag:microsoft.com,2022-09-14:sid:` URI.
pub(super) fn security_identifier_of_uri(uri: NameString<'_>) -> Option<SecurityIdentifier<'_>> {
    SecurityIdentifier::from_bytes(uri.as_bytes().strip_prefix(SID_URI.as_bytes())?)
}
