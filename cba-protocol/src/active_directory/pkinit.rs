//! PKINIT (RFC 4556): the pre-authentication data that the card signs, and the KDC's answer to it.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::agreement::{self, PrivateKey};
use super::cms::{self, SignedData};
use super::der::{self, Reader};
use super::encryption::Key;
use super::messages::Moment;
use super::{oid, time};

/// `AuthPack` (RFC 4556 section 3.2.1) for this request body.
pub(super) fn auth_pack(body: &[u8], key: &PrivateKey, moment: &Moment) -> Vec<u8> {
    // Windows Server 2025 requires paChecksum2 ([MS-PKCA] 2.2.3); others ignore it.
    let checksum2 = der::sequence(&[
        der::explicit(0, &der::octets(&Sha256::digest(body))),
        der::explicit(1, &cms::without_parameters(oid::SHA256)),
    ]);
    let authenticator = der::sequence(&[
        der::explicit(0, &der::integer(moment.microseconds)),
        der::explicit(1, &time::write(moment.now)),
        der::explicit(2, &der::integer(moment.nonce)),
        der::explicit(3, &der::octets(&Sha1::digest(body))),
        der::explicit(5, &checksum2),
    ]);
    // DomainParameters (RFC 3279 section 2.3.3): p, g, q
    let group = der::sequence(&[
        der::unsigned(&agreement::PRIME),
        der::integer(2),
        der::unsigned(&agreement::subgroup_order()),
    ]);
    let public_key = der::sequence(&[
        der::sequence(&[der::oid(oid::DH_PUBLIC_NUMBER), group]),
        der::bits(&der::unsigned(&key.public())),
    ]);
    der::sequence(&[der::explicit(0, &authenticator), der::explicit(1, &public_key)])
}

/// PA-PK-AS-REQ with the signed `AuthPack`.
pub(super) fn request(signed: &[u8]) -> Vec<u8> {
    der::sequence(&[der::element(der::context_primitive(0), signed)])
}

/// PA-PK-AS-REP with a Diffie-Hellman value (RFC 4556 section 3.2.3).
pub(super) struct Answer<'a> {
    pub(super) signed: SignedData<'a>,
    server_nonce: &'a [u8],
    peer: &'a [u8],
    /// The nonce that the KDC signed: that of the request, or 0.
    pub(super) nonce: i64,
}

impl<'a> Answer<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Reader::new(bytes).enter(der::context(0))?.enter(der::SEQUENCE)?;
        let signed = SignedData::read(info.take(der::context_primitive(0))?)?;
        let server_nonce = info.field(1, der::OCTET_STRING).unwrap_or_default();
        if signed.content_type != oid::PKINIT_DH_KEY_DATA {
            return None;
        }
        // KDCDHKeyInfo
        let mut key_info = Reader::only(signed.content, der::SEQUENCE)?;
        let public = der::whole_bytes(key_info.field(0, der::BIT_STRING)?)?;
        let peer = der::unsigned_value(Reader::new(public).take(der::INTEGER)?)?;
        let nonce = key_info.number(1)?;
        Some(Self {
            signed,
            server_nonce,
            peer,
            nonce,
        })
    }

    /// The reply key (RFC 4556 section 3.2.3.1). The client sends no nonce for it, because its value is new each time. `None` if the KDC's
    /// value is one that gives away the secret.
    pub(super) fn reply_key(&self, key: &PrivateKey) -> Option<Key> {
        let mut secret = key.agree(self.peer)?;
        secret.extend_from_slice(self.server_nonce);
        Some(Key::from_shared_secret(&secret))
    }
}
