//! Files that no program writes.

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::symm::{Cipher, encrypt};

use crate::support::identity::Identity;

const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";
const SHROUDED_KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
const CERT_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
const X509: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";

/// A key, and so many certificates.
pub(crate) fn many_certificates(number: usize) -> Vec<u8> {
    let identity = Identity::ec("many", Nid::X9_62_PRIME256V1);
    let key = identity.key.private_key_to_pkcs8().unwrap();
    let certificate = tlv(0x30, &[X509, &tlv(0xa0, &[&tlv(0x04, &[&identity.der()])])]);
    let certificate = tlv(0x30, &[CERT_BAG, &tlv(0xa0, &[&certificate])]);
    let mut bags = vec![certificate; number];
    bags.push(tlv(0x30, &[KEY_BAG, &tlv(0xa0, &[&key])]));
    file(&bags)
}

/// The same key so many times, each of which takes so many iterations with no password.
pub(crate) fn much_work(number: usize, iterations: u32) -> Vec<u8> {
    let (salt, iv) = ([1; 8], [2; 16]);
    let mut key = [0; 32];
    let rounds = usize::try_from(iterations).unwrap();
    pbkdf2_hmac(b"", &salt, rounds, MessageDigest::sha256(), &mut key).unwrap();
    let plain = Identity::ec("much", Nid::X9_62_PRIME256V1)
        .key
        .private_key_to_pkcs8()
        .unwrap();
    let encrypted = encrypt(Cipher::aes_256_cbc(), &key, Some(&iv), &plain).unwrap();
    let oid = |bytes: &[u8]| tlv(0x06, &[bytes]);
    let prf = tlv(0x30, &[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x02\x09"), &[5, 0]]);
    let count = tlv(0x02, &[&iterations.to_be_bytes()]);
    let kdf = tlv(
        0x30,
        &[
            &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"),
            &tlv(0x30, &[&tlv(0x04, &[&salt]), &count, &prf]),
        ],
    );
    let cipher = tlv(
        0x30,
        &[&oid(b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), &tlv(0x04, &[&iv])],
    );
    let pbes2 = tlv(
        0x30,
        &[
            &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"),
            &tlv(0x30, &[&kdf, &cipher]),
        ],
    );
    let shrouded = tlv(0x30, &[&pbes2, &tlv(0x04, &[&encrypted])]);
    file(&vec![
        tlv(0x30, &[SHROUDED_KEY_BAG, &tlv(0xa0, &[&shrouded])]);
        number
    ])
}

/// A PKCS#12 file without an integrity check.
fn file(bags: &[Vec<u8>]) -> Vec<u8> {
    let bags: Vec<_> = bags.iter().map(Vec::as_slice).collect();
    let info = |content: &[u8]| tlv(0x30, &[DATA, &tlv(0xa0, &[&tlv(0x04, &[content])])]);
    let safe = info(&tlv(0x30, &bags));
    tlv(0x30, &[&tlv(0x02, &[&[3]]), &info(&tlv(0x30, &[&safe]))])
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84][..], &length, &content].concat()
}
