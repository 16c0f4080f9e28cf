//! Authorities and the user certificates that they issue.

use std::path::Path;

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};

use super::error::{IssueError, read_certificate, read_private_key, read_public_key};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// An authority with its key.
pub struct Issuer {
    /// Its certificate.
    pub certificate: X509,
    /// Its private key.
    pub key: PKey<Private>,
}

/// Validity of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Validity {
    /// For a year that ended yesterday.
    Expired,
    /// For a year from tomorrow on.
    NotYet,
    /// From an hour ago, for this many days.
    Now(i64),
}

impl Validity {
    fn bounds(self) -> (i64, i64) {
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        match self {
            Self::Expired => (now - 366 * DAY, now - DAY),
            Self::NotYet => (now + DAY, now + 366 * DAY),
            Self::Now(days) => (now - 3_600, now + days * DAY),
        }
    }
}

/// Content of a user certificate.
#[derive(Clone, Debug)]
pub struct UserTemplate {
    /// The common name of the subject.
    pub common_name: String,
    /// The user principal name, as a UTF8String `otherName`.
    pub principal_name: Option<String>,
    /// The e-mail address among the alternative names.
    pub rfc822_name: Option<String>,
    /// Certificate policies.
    pub policies: Vec<String>,
    /// Validity.
    pub validity: Validity,
}

impl Issuer {
    /// Reads certificate and key of an authority.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, IssueError> {
        Ok(Self {
            certificate: read_certificate(certificate)?,
            key: read_private_key(key)?,
        })
    }

    /// Issues a smart card certificate: smart card logon and client authentication, digital signatures.
    ///
    /// <https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration>
    pub fn issue_user(
        &self,
        template: &UserTemplate,
        key: &PKeyRef<impl HasPublic>,
    ) -> Result<X509, ErrorStack> {
        let organisation = organisation(&self.certificate);
        let subject = name(&organisation, &template.common_name)?;
        let mut builder = start(&subject, key, template.validity)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        let mut usage = ExtendedKeyUsage::new();
        builder.append_extension(usage.client_auth().other("1.3.6.1.4.1.311.20.2.2").build()?)?;
        if !template.policies.is_empty() {
            builder.append_extension(policies(&template.policies)?)?;
        }
        if template.principal_name.is_some() || template.rfc822_name.is_some() {
            let mut names = SubjectAlternativeName::new();
            if let Some(principal) = &template.principal_name {
                let kind = Asn1Object::from_str("1.3.6.1.4.1.311.20.2.3")?;
                names.other_name2(kind, &der(0x0c, principal.as_bytes()));
            }
            if let Some(mail) = &template.rfc822_name {
                names.email(mail);
            }
            let names = names.build(&builder.x509v3_context(Some(&self.certificate), None))?;
            builder.append_extension(names)?;
        }
        self.finish(builder)
    }

    /// Issues a certificate for the public key in a file: a SubjectPublicKeyInfo, a certificate or a request, PEM or DER.
    pub fn issue_user_for_file(&self, template: &UserTemplate, file: &Path) -> Result<X509, IssueError> {
        let key: PKey<Public> = read_public_key(file)?;
        Ok(self.issue_user(template, &key)?)
    }

    /// Issues a certificate for a TLS server.
    pub(super) fn issue_server(&self, hosts: &[String], key: &PKeyRef<Private>) -> Result<X509, ErrorStack> {
        let common_name = hosts.first().map_or("localhost", String::as_str);
        let mut builder = start(&name(&[], common_name)?, key, Validity::Now(825))?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let mut names = SubjectAlternativeName::new();
        for host in hosts {
            match host.parse::<std::net::IpAddr>() {
                Ok(_) => names.ip(host),
                Err(_) => names.dns(host),
            };
        }
        let names = names.build(&builder.x509v3_context(Some(&self.certificate), None))?;
        builder.append_extension(names)?;
        self.finish(builder)
    }

    /// Issues an authority below this one.
    pub(super) fn issue_authority(&self, subject: &X509Name) -> Result<Self, ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(2048)?)?;
        let builder = start_authority(subject, &key, 0)?;
        Ok(Self {
            certificate: self.finish(builder)?,
            key,
        })
    }

    /// Names the issuer, adds the key identifiers, and signs.
    pub(super) fn finish(&self, mut builder: X509Builder) -> Result<X509, ErrorStack> {
        builder.set_issuer_name(self.certificate.subject_name())?;
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let own = SubjectKeyIdentifier::new().build(&context)?;
        let issuers = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        builder.append_extension(own)?;
        builder.append_extension(issuers)?;
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(builder.build())
    }
}

/// Makes a root authority with a new key.
pub fn self_signed_authority(common_name: &str) -> Result<Issuer, ErrorStack> {
    root(
        &name(&[(Nid::ORGANIZATIONNAME, "Contoso".to_owned())], common_name)?,
        PKey::from_rsa(Rsa::generate(2048)?)?,
    )
}

/// Makes a root authority.
pub(super) fn root(subject: &X509Name, key: PKey<Private>) -> Result<Issuer, ErrorStack> {
    let mut builder = start_authority(subject, &key, 1)?;
    builder.set_issuer_name(subject)?;
    let id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(id)?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok(Issuer {
        certificate: builder.build(),
        key,
    })
}

fn start_authority(
    subject: &X509Name,
    key: &PKeyRef<Private>,
    path_length: u32,
) -> Result<X509Builder, ErrorStack> {
    let mut builder = start(subject, key, Validity::Now(3_650))?;
    builder.append_extension(
        BasicConstraints::new()
            .critical()
            .ca()
            .pathlen(path_length)
            .build()?,
    )?;
    builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
    Ok(builder)
}

/// Version, serial number, subject, key and validity.
pub(super) fn start(
    subject: &X509Name,
    key: &PKeyRef<impl HasPublic>,
    validity: Validity,
) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::ONE, false)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(subject)?;
    builder.set_pubkey(key)?;
    let (from, until) = validity.bounds();
    builder.set_not_before(&*Asn1Time::from_unix(from)?)?;
    builder.set_not_after(&*Asn1Time::from_unix(until)?)?;
    Ok(builder)
}

/// A name: its parts, and the common name last.
pub(super) fn name(parts: &[(Nid, String)], common_name: &str) -> Result<X509Name, ErrorStack> {
    let mut builder = X509Name::builder()?;
    for (kind, value) in parts {
        builder.append_entry_by_nid(*kind, value)?;
    }
    builder.append_entry_by_nid(Nid::COMMONNAME, common_name)?;
    Ok(builder.build())
}

/// The parts of the authority's name that its users share.
fn organisation(authority: &X509) -> Vec<(Nid, String)> {
    let entries = authority.subject_name().entries_by_nid(Nid::ORGANIZATIONNAME);
    let texts = entries.filter_map(|entry| entry.data().to_string().ok());
    texts.map(|text| (Nid::ORGANIZATIONNAME, text)).collect()
}

/// `CertificatePolicies` (RFC 5280, section 4.2.1.4) without qualifiers.
fn policies(oids: &[String]) -> Result<X509Extension, ErrorStack> {
    let mut list = Vec::new();
    for oid in oids {
        list.extend(der(0x30, &der(0x06, Asn1Object::from_str(oid)?.as_slice())));
    }
    extension("2.5.29.32", &der(0x30, &list))
}

/// An extension from its value.
pub(super) fn extension(oid: &str, value: &[u8]) -> Result<X509Extension, ErrorStack> {
    let bytes = Asn1OctetString::new_from_bytes(value)?;
    X509Extension::new_from_der(&*Asn1Object::from_str(oid)?, false, &bytes)
}

/// A DER element (X.690, section 8.1) of less than 64 KiB.
pub(super) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    let header = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}
