//! PKINIT (RFC 4556): the pre-authentication data that the card signs, and the KDC's answer to it.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::agreement::{self, PrivateKey};
use super::asn1::{Any, Asn1, context_primitive, explicit, fields, octet_string, sequences, unsigned};
use super::cms::{self, SignedData};
use super::encryption::Key;
use super::requests::Moment;
use super::{oid, time};
use crate::der::{
    BIT_STRING, INTEGER, Reader, SEQUENCE, bits, context, element, identifier, integer, sequence,
    unsigned_value,
};

/// `AuthPack` (section 3.2.1) for this request body. Windows Server 2025 requires paChecksum2 ([MS-PKCA] 2.2.3); others ignore it.
pub(super) fn auth_pack(body: &[u8], key: &PrivateKey, moment: &Moment) -> Vec<u8> {
    let sha256 = cms::without_parameters(oid::SHA256);
    let authenticator = fields! {
        0: integer(moment.microseconds), 1: time::to_der(moment.now), 2: integer(moment.nonce),
        3: octet_string(&Sha1::digest(body)), 5: fields! { 0: octet_string(&Sha256::digest(body)), 1: sha256 },
    };
    // DomainParameters (RFC 3279 section 2.3.3): p, g, q
    let (prime, order) = (agreement::prime(), agreement::subgroup_order());
    let group = sequence(&[unsigned(&prime), unsigned(&[2]), unsigned(&order)]);
    let algorithm = sequence(&[identifier(oid::DH_PUBLIC_NUMBER), group]);
    let public_key = sequence(&[algorithm, bits(&unsigned(&key.public()))]);
    fields! { 0: authenticator, 1: public_key }
}

/// PA-PK-AS-REQ with the signed `AuthPack`.
pub(super) fn request(signed: &[u8]) -> Vec<u8> {
    sequence(&[element(context_primitive(0), signed)])
}

sequences! {
    /// `KDCDHKeyInfo` (section 3.2.3.1).
    struct KeyInfo<'a> { 0 public: Any<'a>, 1 nonce: i64 }
}

/// PA-PK-AS-REP with a Diffie-Hellman value (section 3.2.3).
pub(super) struct Answer<'a> {
    pub(super) signed: SignedData<'a>,
    server_nonce: &'a [u8],
    peer: &'a [u8],
    /// The nonce that the KDC signed: that of the request, or 0.
    pub(super) nonce: i64,
}

impl<'a> Answer<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Reader(bytes).enter(context(0))?.enter(SEQUENCE)?;
        let signed = SignedData::read(info.take(context_primitive(0))?)?;
        let server_nonce = Option::read_field(&mut info, 1)?.unwrap_or_default();
        if signed.content_type != oid::PKINIT_DH_KEY_DATA {
            return None;
        }
        let info = KeyInfo::from_der(signed.content)?;
        let public = Reader(info.public.0).take(BIT_STRING)?.strip_prefix(&[0])?;
        Some(Self {
            peer: unsigned_value(Reader(public).take(INTEGER)?)?,
            nonce: info.nonce,
            signed,
            server_nonce,
        })
    }

    /// The reply key (section 3.2.3.1). The client sends no nonce for it, because its value is new each time. `None` if the KDC's value is
    /// one that gives away the secret.
    pub(super) fn reply_key(&self, key: &PrivateKey) -> Option<Key> {
        let mut secret = key.agree(self.peer)?;
        secret.extend_from_slice(self.server_nonce);
        Some(Key::from_shared_secret(&secret))
    }
}
