//! Device certificates as the registration service issues them, good and bad.

use openssl::asn1::{Asn1Object, Asn1OctetString};
use openssl::base64::encode_block;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::ExtendedKeyUsage;
use openssl::x509::{X509Builder, X509Extension, X509Name};
use serde_json::{Value, json};

use crate::peer::{CARD, DEVICE, DEVICE_ID, NOW, TENANT, asn1_time, windows_guid};

/// What a certificate says. The default is a good one for the key of the tests' device.
pub(crate) struct Issued {
    pub(crate) common_name: &'static str,
    pub(crate) id: Option<&'static str>,
    pub(crate) tenant: Option<&'static str>,
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) client: bool,
    pub(crate) own_key: bool,
}

impl Default for Issued {
    fn default() -> Self {
        Self {
            common_name: DEVICE_ID,
            id: Some(DEVICE_ID),
            tenant: Some(TENANT),
            from: -600,
            until: 86_400 * 3650,
            client: true,
            own_key: true,
        }
    }
}

impl Issued {
    pub(crate) fn der(&self) -> Vec<u8> {
        let key: &PKey<Private> = if self.own_key { &DEVICE.key } else { &CARD.key };
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", self.common_name).unwrap();
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(key).unwrap();
        let now = i64::try_from(NOW).unwrap();
        builder.set_not_before(&asn1_time(now + self.from)).unwrap();
        builder.set_not_after(&asn1_time(now + self.until)).unwrap();
        if self.client {
            builder
                .append_extension(ExtendedKeyUsage::new().critical().client_auth().build().unwrap())
                .unwrap();
        }
        for (arc, value) in [(2, self.id), (5, self.tenant)] {
            if let Some(value) = value {
                let oid = Asn1Object::from_str(&format!("1.2.840.113556.1.5.284.{arc}")).unwrap();
                let value = [&[4, 0x81, 16][..], &windows_guid(value)].concat();
                let value = Asn1OctetString::new_from_bytes(&value).unwrap();
                builder
                    .append_extension(X509Extension::new_from_der(&oid, false, &value).unwrap())
                    .unwrap();
            }
        }
        builder.sign(&DEVICE.key, MessageDigest::sha256()).unwrap();
        builder.build().to_der().unwrap()
    }

    pub(crate) fn answer(&self) -> Value {
        json!({"Certificate": {"Thumbprint": "00", "RawBody": encode_block(&self.der())}, "User": {"Upn": "alice@contoso.com"},
               "MembershipChanges": [{"LocalSID": "S-1-5-32-544", "AddSIDs": []}]})
    }
}
