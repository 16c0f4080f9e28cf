//! Distinguished names in the form of `CryptoAPI`, as used by Windows, Active Directory and Entra ID.

use core::fmt::{self, Write};

use crate::certificate::{Attribute, DistinguishedName, NameProblem, NameString, Oid, StringType};

/// A distinguished name in the form of `CryptoAPI`'s `CertNameToStr` with `CERT_X500_NAME_STR`.
///
/// It differs from RFC 4514: the order is that of the encoding, most significant part first; the state is `S` and not
/// `ST`; the e-mail address is `E`, the title `T`, the given name `G`; an unknown type is `OID.1.2.3`; a value with a
/// special character is quoted, with inner quotes doubled, instead of escaped.
///
/// Sources: [`CertNameToStr`][c] for the form and the quoting; the labels are those of Windows, recorded in [.NET's
/// table][t] (MIT licence).
///
/// [c]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certnametostrw
/// [t]: https://github.com/dotnet/runtime/blob/main/src/libraries/Common/src/Internal/Cryptography/OidLookup.cs
///
/// # Examples
///
/// ```
/// use upn_resolver::Certificate;
/// use upn_resolver::entra::WindowsName;
///
/// # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
/// let certificate = Certificate::from_der(der)?;
/// let subject = WindowsName::new(certificate.subject());
/// assert!(subject.to_string().starts_with("DC="));
/// # Ok::<(), upn_resolver::CertificateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowsName<'a> {
    name: DistinguishedName<'a>,
    separator: &'static str,
    order: NameOrder,
    joint: MultiValueSeparator,
}

impl<'a> WindowsName<'a> {
    /// Returns the name as in a mapping value: parts separated by a comma without a space, in encoded order.
    #[must_use]
    pub const fn new(name: DistinguishedName<'a>) -> Self {
        Self {
            name,
            separator: ",",
            order: NameOrder::Encoded,
            joint: MultiValueSeparator::Space,
        }
    }

    /// Returns the name as displayed to people: parts separated by a comma and a space, values of one part by a plus.
    #[must_use]
    pub const fn for_display(name: DistinguishedName<'a>) -> Self {
        Self {
            name,
            separator: ", ",
            order: NameOrder::Encoded,
            joint: MultiValueSeparator::Plus,
        }
    }

    /// Sets the order of the parts.
    #[must_use]
    pub const fn with_order(self, order: NameOrder) -> Self {
        Self { order, ..self }
    }

    /// Sets the separator between the values of a multi-valued part.
    #[must_use]
    pub const fn with_separator(self, joint: MultiValueSeparator) -> Self {
        Self { joint, ..self }
    }

    /// The first reason why the name must not be written: text that cannot be decoded, or a control or bidirectional
    /// character.
    #[must_use]
    pub fn problem(&self) -> Option<NameProblem> {
        self.values().find_map(|value| match value.windows_text() {
            Err(NameProblem::NotAString { .. }) | Ok(_) => None,
            Err(problem) => Some(problem),
        })
    }

    /// The first warning about the name, which is still written as Windows writes it: an invisible character, as in
    /// Persian and Sinhala names, or bytes that its string type does not have.
    #[must_use]
    pub fn warning(&self) -> Option<NameProblem> {
        self.values().find_map(|value| value.windows_text().ok()?.warning)
    }

    fn values(&self) -> impl Iterator<Item = NameString<'a>> + use<'a> {
        self.name.attributes().map(Attribute::value)
    }

    fn write_part(&self, f: &mut impl Write, part: usize) -> fmt::Result {
        let Some(attributes) = self.name.relative_names().nth(part) else {
            return Ok(());
        };
        for (index, attribute) in attributes.enumerate() {
            if index > 0 {
                f.write_str(self.joint.text())?;
            }
            write_attribute(f, attribute)?;
        }
        Ok(())
    }
}

/// Values with a [`problem`](WindowsName::problem) are printed in hexadecimal, like values that are not strings in
/// `CryptoAPI`.
impl fmt::Display for WindowsName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.name.relative_names().count();
        for index in 0..parts {
            if index > 0 {
                f.write_str(self.separator)?;
            }
            let part = match self.order {
                NameOrder::Encoded => index,
                NameOrder::Reversed => parts - 1 - index,
            };
            self.write_part(f, part)?;
        }
        Ok(())
    }
}

/// Order of the parts of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameOrder {
    /// As encoded: country or domain first, common name last.
    #[default]
    Encoded,
    /// Reversed, as in certificate viewers and RFC 4514.
    Reversed,
}

/// Separator between the values of a multi-valued part, which [Entra's documentation][ids] leaves open.
///
/// [ids]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MultiValueSeparator {
    /// A space, as in the output of Microsoft's [cmdlet], by the flag `DoNotUsePlusSign`.
    ///
    /// [cmdlet]: https://learn.microsoft.com/en-us/powershell/module/microsoft.entra.certificatebasedauthentication/get-entrausercertificateuseridsfromcertificate
    #[default]
    Space,
    /// Space, plus, space: the default of `CertNameToStr`.
    Plus,
}

impl MultiValueSeparator {
    const fn text(self) -> &'static str {
        match self {
            Self::Space => " ",
            Self::Plus => " + ",
        }
    }
}

/// The label of an attribute type in Windows, if it has one. [`WindowsName`] names the sources.
#[must_use]
pub fn windows_label(kind: Oid<'_>) -> Option<&'static str> {
    let label = match kind.as_bytes() {
        // 2.5.4.n, the attribute types of X.520.
        [0x55, 0x04, last] => match last {
            3 => "CN",
            4 => "SN",
            5 => "SERIALNUMBER",
            6 => "C",
            7 => "L",
            8 => "S",
            9 => "STREET",
            10 => "O",
            11 => "OU",
            12 => "T",
            13 => "Description",
            17 => "PostalCode",
            18 => "POBox",
            20 => "Phone",
            24 => "X21Address",
            42 => "G",
            43 => "I",
            46 => "dnQualifier",
            _ => return None,
        },
        // 0.9.2342.19200300.100.1.25, domainComponent (RFC 4519, section 2.4).
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19] => "DC",
        // 1.2.840.113549.1.9.1, emailAddress (PKCS #9).
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01] => "E",
        _ => return None,
    };
    Some(label)
}

fn write_attribute(f: &mut impl Write, attribute: Attribute<'_>) -> fmt::Result {
    match windows_label(attribute.kind()) {
        Some(label) => write!(f, "{label}=")?,
        None => write!(f, "OID.{}=", attribute.kind())?,
    }
    let value = attribute.value();
    match value.windows_text().map(|windows| windows.text) {
        Ok(text) if needs_quotes(&text) => write_quoted(f, &text),
        Ok(text) => f.write_str(&text),
        Err(_) => {
            f.write_char('#')?;
            if let StringType::NotAString(tag) = value.string_type() {
                const OCTET_STRING: u8 = 4;
                if tag != OCTET_STRING {
                    write_header(f, tag, value.as_bytes().len())?;
                }
            }
            value
                .as_bytes()
                .iter()
                .try_for_each(|byte| write!(f, "{byte:02X}"))
        }
    }
}

/// The DER header of a value that is printed as encoded.
fn write_header(f: &mut impl Write, tag: u8, length: usize) -> fmt::Result {
    write!(f, "{tag:02X}")?;
    match u8::try_from(length) {
        Ok(short @ 0..=0x7F) => write!(f, "{short:02X}"),
        Ok(long) => write!(f, "81{long:02X}"),
        // A certificate has at most 65,536 bytes, so two bytes are sufficient.
        Err(_) => write!(f, "82{length:04X}"),
    }
}

/// Whether the value is empty, has white space at an end, or contains a character that `CertNameToStr` lists.
fn needs_quotes(text: &str) -> bool {
    let is_space = |byte: &u8| matches!(byte, b' ' | 0x09..=0x0D);
    let bytes = text.as_bytes();
    bytes.first().is_none_or(is_space)
        || bytes.last().is_none_or(is_space)
        || bytes.iter().any(|byte| {
            matches!(
                byte,
                b',' | b'+' | b'=' | b'"' | b'\n' | b'<' | b'>' | b'#' | b';'
            )
        })
}

fn write_quoted(f: &mut impl Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for (index, piece) in text.split('"').enumerate() {
        if index > 0 {
            f.write_str("\"\"")?;
        }
        f.write_str(piece)?;
    }
    f.write_char('"')
}
