//! Fields of a user's certificate.

mod name;

use openssl::sha::sha1;
use openssl::x509::X509Ref;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::asn1_rs::{Any, Oid, oid};
use x509_parser::prelude::FromDer;

pub(crate) use self::name::print;
use crate::config::{CertificateField, Sha1PublicKey};
use crate::random::hex;

/// The `otherName` type of a user principal name:
/// <https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration>.
const PRINCIPAL_NAME: Oid<'static> = oid!(1.3.6.1.4.1.311.20.2.3);

/// The fields of a certificate that bindings and rules look at.
#[derive(Clone, Debug)]
pub(crate) struct UserCertificate {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) policies: Vec<String>,
    principal_name: Option<String>,
    rfc822_name: Option<String>,
    serial: Vec<u8>,
    subject_key_identifier: Option<Vec<u8>>,
    thumbprint: [u8; 20],
    public_key_hash: [u8; 20],
}

impl UserCertificate {
    /// Reads a certificate. Fails if anything follows it.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, String> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
        if !rest.is_empty() {
            return Err(format!("{} bytes follow the certificate", rest.len()));
        }
        // Refuses duplicate extensions: OpenSSL would use the first one.
        certificate.extensions_map().map_err(|error| error.to_string())?;
        let mut fields = Self {
            issuer: print(certificate.issuer()),
            subject: print(certificate.subject()),
            policies: Vec::new(),
            principal_name: None,
            rfc822_name: None,
            serial: certificate.raw_serial().to_vec(),
            subject_key_identifier: None,
            thumbprint: sha1(der),
            public_key_hash: sha1(&certificate.public_key().subject_public_key.data),
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::CertificatePolicies(policies) => {
                    fields.policies = policies
                        .iter()
                        .map(|policy| policy.policy_id.to_id_string())
                        .collect();
                }
                ParsedExtension::SubjectAlternativeName(names) => fields.take_names(&names.general_names),
                ParsedExtension::SubjectKeyIdentifier(id) => {
                    fields.subject_key_identifier = Some(id.0.to_vec());
                }
                ParsedExtension::ParseError { error } => {
                    return Err(format!("extension {}: {error}", extension.oid));
                }
                _ => {}
            }
        }
        Ok(fields)
    }

    /// Uses the first name of each kind that is not empty.
    fn take_names(&mut self, names: &[GeneralName<'_>]) {
        for name in names {
            match name {
                GeneralName::OtherName(kind, value) if *kind == PRINCIPAL_NAME => {
                    let text = other_name_text(value).filter(|text| !text.is_empty());
                    self.principal_name = self.principal_name.take().or(text);
                }
                GeneralName::RFC822Name(text) if !text.is_empty() => {
                    self.rfc822_name.get_or_insert_with(|| (*text).to_owned());
                }
                _ => {}
            }
        }
    }

    /// The value of a field, without the prefix that `certificateUserIds` puts before it.
    ///
    /// <https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids>
    pub(crate) fn value(&self, field: CertificateField, sha1_of: Sha1PublicKey) -> Option<String> {
        match field {
            CertificateField::IssuerAndSerialNumber => {
                // The least significant byte comes first.
                let reversed: Vec<u8> = self.serial.iter().rev().copied().collect();
                Some(format!("{}<SR>{}", self.issuer, hex(&reversed)))
            }
            CertificateField::IssuerAndSubject => {
                (!self.subject.is_empty()).then(|| format!("{}<S>{}", self.issuer, self.subject))
            }
            CertificateField::PrincipalName => self.principal_name.clone(),
            CertificateField::RFC822Name => self.rfc822_name.clone(),
            CertificateField::SHA1PublicKey => Some(hex(match sha1_of {
                Sha1PublicKey::Certificate => &self.thumbprint,
                Sha1PublicKey::PublicKey => &self.public_key_hash,
            })),
            CertificateField::Subject => (!self.subject.is_empty()).then(|| self.subject.clone()),
            CertificateField::SubjectKeyIdentifier => self.subject_key_identifier.as_deref().map(hex),
        }
    }
}

/// The subject of a certificate, as the log shows it.
pub(crate) fn print_subject(certificate: &X509Ref) -> String {
    let der = certificate.to_der().unwrap_or_default();
    X509Certificate::from_der(&der).map_or_else(|error| error.to_string(), |(_, read)| print(read.subject()))
}

/// The text of an `otherName`: in any string type, as `CertGetNameString` reads it.
fn other_name_text(explicit: &[u8]) -> Option<String> {
    let (_, wrapper) = Any::from_der(explicit).ok()?;
    let (_, string) = Any::from_der(wrapper.data).ok()?;
    name::text(&string)
}
