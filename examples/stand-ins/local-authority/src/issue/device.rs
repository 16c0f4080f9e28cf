//! Devices: their certificate with its extensions, their two keys, and the file that sign-in programs read.

use std::path::Path;

use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, PKey, PKeyRef};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Builder};
use serde::{Deserialize, Serialize};

use super::certificate::{Issuer, Validity, der, extension, name, start};
use super::error::{IssueError, read, write_secret};
use crate::config::{DeviceExtensions, DeviceRecord, JoinType, Pem};
use crate::random;

/// Content of a device certificate.
#[derive(Clone, Debug)]
pub struct DeviceTemplate {
    /// The tenant's id.
    pub tenant_id: String,
    /// Object id of the user who joined it.
    pub user_id: String,
    /// How it is joined.
    pub join_type: JoinType,
    /// The region of the tenant.
    pub region: String,
    /// When its certificate is valid.
    pub validity: Validity,
}

/// Device file, which `sign-in --device` reads. It contains the private keys; a real device keeps them in its TPM.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceFile {
    /// The tenant that it is joined to.
    pub tenant_id: String,
    /// The device id, which is also the common name of its certificate.
    pub device_id: String,
    /// How it is joined.
    pub join_type: JoinType,
    /// The device certificate, PEM.
    pub certificate: String,
    /// The device key, which signs requests: PKCS#8, PEM.
    pub key: String,
    /// The transport key, which session keys are encrypted to: PKCS#8, PEM.
    pub transport_key: String,
}

impl DeviceFile {
    /// Reads a device file.
    pub fn read(path: &Path) -> Result<Self, IssueError> {
        serde_json::from_slice(&read(path)?).map_err(|source| IssueError::Json {
            path: path.to_owned(),
            source,
        })
    }

    /// Writes a device file that only its owner may read.
    pub fn write(&self, path: &Path) -> Result<(), IssueError> {
        let text = serde_json::to_string_pretty(self).map_err(|source| IssueError::Json {
            path: path.to_owned(),
            source,
        })?;
        write_secret(path, text + "\n")
    }
}

/// Makes a device with new keys.
pub fn issue_device(
    authority: &Issuer,
    template: &DeviceTemplate,
) -> Result<(DeviceFile, DeviceRecord), ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let transport = PKey::from_rsa(Rsa::generate(2048)?)?;
    let (certificate, record) = register_device(authority, template, &key, &transport)?;
    let file = DeviceFile {
        tenant_id: template.tenant_id.clone(),
        device_id: record.id.clone(),
        join_type: template.join_type,
        certificate: pem(&certificate.to_pem()?),
        key: pem(&key.private_key_to_pem_pkcs8()?),
        transport_key: pem(&transport.private_key_to_pem_pkcs8()?),
    };
    Ok((file, record))
}

/// Issues a certificate for a device that keeps its private keys, as Entra's registration does.
///
/// The extensions are those of [MS-DVRJ] 3.1.5.1.1.3 and what public tools read from certificates of Entra: identifiers are
/// 16 bytes in the byte order of a Windows GUID, join type and region are text. Each is in an OCTET STRING whose
/// length has two bytes, although one is enough.
pub fn register_device(
    authority: &Issuer,
    template: &DeviceTemplate,
    key: &PKeyRef<impl HasPublic>,
    transport_key: &PKeyRef<impl HasPublic>,
) -> Result<(X509, DeviceRecord), ErrorStack> {
    register_device_as(
        authority,
        template,
        DeviceExtensions::LongForm,
        key,
        transport_key,
    )
}

/// Registers a device, with the extensions of its certificate in either encoding.
pub(crate) fn register_device_as(
    authority: &Issuer,
    template: &DeviceTemplate,
    extensions: DeviceExtensions,
    key: &PKeyRef<impl HasPublic>,
    transport_key: &PKeyRef<impl HasPublic>,
) -> Result<(X509, DeviceRecord), ErrorStack> {
    let id = random::guid()?;
    let mut builder = start(&name(&[], &id)?, key, template.validity)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?)?;
    let join_type = match template.join_type {
        JoinType::Registered => "0",
        JoinType::Entra | JoinType::Hybrid => "1",
    };
    append(&mut builder, extensions, 2, &windows_guid(&id))?;
    append(&mut builder, extensions, 3, &windows_guid(&template.user_id))?;
    append(&mut builder, extensions, 5, &windows_guid(&template.tenant_id))?;
    append(&mut builder, extensions, 8, template.region.as_bytes())?;
    append(&mut builder, extensions, 7, join_type.as_bytes())?;
    let certificate = authority.finish(builder)?;
    let record = DeviceRecord {
        id,
        certificate: Pem::new(pem(&certificate.to_pem()?)),
        transport_key: Some(Pem::new(pem(&transport_key.public_key_to_pem()?))),
        join_type: template.join_type,
        account_enabled: true,
    };
    Ok((certificate, record))
}

/// The authority of device certificates, named as Entra's.
pub(super) fn device_authority() -> Result<Issuer, ErrorStack> {
    let parts = [
        (Nid::DOMAINCOMPONENT, "net".to_owned()),
        (Nid::DOMAINCOMPONENT, "windows".to_owned()),
    ];
    let subject = name(&parts, "MS-Organization-Access")?;
    super::certificate::root(&subject, PKey::from_rsa(Rsa::generate(2048)?)?)
}

fn append(
    builder: &mut X509Builder,
    form: DeviceExtensions,
    arc: u8,
    value: &[u8],
) -> Result<(), ErrorStack> {
    let mut bytes = der(0x04, value);
    if form == DeviceExtensions::LongForm {
        bytes.insert(1, 0x81);
    }
    builder.append_extension(extension(&format!("1.2.840.113556.1.5.284.{arc}"), &bytes)?)
}

/// The bytes of a GUID as Windows stores them: the first three groups little-endian.
fn windows_guid(text: &str) -> Vec<u8> {
    let hex: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let byte = |pair: &[u8]| {
        let digits = std::str::from_utf8(pair).unwrap_or_default();
        u8::from_str_radix(digits, 16).unwrap_or_default()
    };
    let mut bytes: Vec<u8> = hex.chunks(2).map(byte).collect();
    bytes.resize(16, 0);
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

fn pem(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
