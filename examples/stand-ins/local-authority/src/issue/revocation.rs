//! Revocation lists.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::x509::{X509Crl, X509CrlBuilder, X509Extension, X509RevokedBuilder};

use super::certificate::{Issuer, der, extension};

/// When a revocation list is in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ListTime {
    /// For thirty days, from an hour ago.
    Current,
    /// For a month that ended yesterday.
    Expired,
}

/// Makes a revocation list of serial numbers (big-endian), signed by the authority.
pub fn revocation_list(issuer: &Issuer, serials: &[Vec<u8>], time: ListTime) -> Result<X509Crl, ErrorStack> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let (from, until) = match time {
        ListTime::Current => (now - 3_600, now + 30 * 86_400),
        ListTime::Expired => (now - 31 * 86_400, now - 86_400),
    };
    let from = Asn1Time::from_unix(from)?;
    let mut builder = X509CrlBuilder::new()?;
    builder.set_issuer_name(issuer.certificate.subject_name())?;
    builder.set_last_update(&from)?;
    builder.set_next_update(&*Asn1Time::from_unix(until)?)?;
    for serial in serials {
        let mut entry = X509RevokedBuilder::new()?;
        entry.set_serial_number(&*Asn1Integer::from_bn(&*BigNum::from_slice(serial)?)?)?;
        entry.set_revocation_date(&from)?;
        builder.add_revoked(entry.build())?;
    }
    builder.sort()?;
    builder.append_extension(authority_key_id(issuer)?)?;
    // The number must grow with each list; the time does.
    builder.append_extension(extension("2.5.29.20", &der(0x02, &positive(now)))?)?;
    builder.sign(&issuer.key, MessageDigest::sha256())?;
    builder.build()
}

fn authority_key_id(issuer: &Issuer) -> Result<X509Extension, ErrorStack> {
    let id = issuer
        .certificate
        .subject_key_id()
        .map(|id| id.as_slice().to_vec())
        .unwrap_or_default();
    extension("2.5.29.35", &der(0x30, &der(0x80, &id)))
}

/// The shortest two's complement of a positive number.
fn positive(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut short = bytes[zeros.min(7)..].to_vec();
    if short[0] >= 0x80 {
        short.insert(0, 0);
    }
    short
}
