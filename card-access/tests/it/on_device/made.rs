//! Files that no program writes.

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, encrypt};

use crate::support::identity::Identity;

const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";
const SHROUDED_KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
const CERT_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
const X509: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";

/// A key and this number of certificates.
pub(crate) fn many_certificates(number: usize) -> Vec<u8> {
    let identity = Identity::ec("many", Nid::X9_62_PRIME256V1);
    let mut bags = vec![certificate_bag(&identity.der()); number];
    bags.push(key_bag(&identity));
    file(&bags)
}

/// Two keys with their certificates, the keys last and the other way round.
pub(crate) fn two_identities(identities: [&Identity; 2]) -> Vec<u8> {
    let certificates = identities.map(|identity| certificate_bag(&identity.der()));
    let keys = identities.map(key_bag);
    let [first, second] = certificates;
    let [first_key, second_key] = keys;
    file(&[first, second, second_key, first_key])
}

/// The same key several times, each with this number of iterations and no password.
pub(crate) fn iterations(keys: usize, iterations: u32) -> Vec<u8> {
    let kdf = tlv(
        0x30,
        &[
            &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"),
            &tlv(
                0x30,
                &[
                    &tlv(0x04, &[&SALT]),
                    &integer(iterations.into()),
                    &tlv(0x30, &[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x02\x09"), &[5, 0]]),
                ],
            ),
        ],
    );
    let mut key = [0; 32];
    // No real file has more.
    if (1..1_000_000).contains(&iterations) {
        let rounds = usize::try_from(iterations).unwrap();
        pbkdf2_hmac(b"", &SALT, rounds, MessageDigest::sha256(), &mut key).unwrap();
    }
    file(&vec![shrouded_key(&kdf, &key); keys])
}

/// A key under scrypt with these parameters and no password.
pub(crate) fn scrypt(n: u64, r: u32, p: u32) -> Vec<u8> {
    let kdf = tlv(
        0x30,
        &[
            // 1.3.6.1.4.1.11591.4.11 (RFC 7914 section 7)
            &oid(b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b"),
            &tlv(
                0x30,
                &[
                    &tlv(0x04, &[&SALT]),
                    &integer(n),
                    &integer(r.into()),
                    &integer(p.into()),
                ],
            ),
        ],
    );
    let mut key = [0; 32];
    if (n, r, p) == (2, 1, 1) {
        openssl::pkcs5::scrypt(b"", &SALT, n, r.into(), p.into(), 1 << 20, &mut key).unwrap();
    }
    file(&[shrouded_key(&kdf, &key)])
}

pub(crate) const SALT: [u8; 8] = [1; 8];

/// A new key, encrypted with AES-256-CBC under PBES2.
fn shrouded_key(kdf: &[u8], key: &[u8]) -> Vec<u8> {
    let iv = [2; 16];
    let plain = Identity::ec("much", Nid::X9_62_PRIME256V1)
        .key
        .private_key_to_pkcs8()
        .unwrap();
    let encrypted = encrypt(Cipher::aes_256_cbc(), key, Some(&iv), &plain).unwrap();
    let cipher = tlv(
        0x30,
        &[&oid(b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), &tlv(0x04, &[&iv])],
    );
    let pbes2 = tlv(
        0x30,
        &[
            &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"),
            &tlv(0x30, &[kdf, &cipher]),
        ],
    );
    let shrouded = tlv(0x30, &[&pbes2, &tlv(0x04, &[&encrypted])]);
    tlv(0x30, &[SHROUDED_KEY_BAG, &tlv(0xa0, &[&shrouded])])
}

fn certificate_bag(der: &[u8]) -> Vec<u8> {
    let certificate = tlv(0x30, &[X509, &tlv(0xa0, &[&tlv(0x04, &[der])])]);
    tlv(0x30, &[CERT_BAG, &tlv(0xa0, &[&certificate])])
}

fn key_bag(identity: &Identity) -> Vec<u8> {
    let key = identity.key.private_key_to_pkcs8().unwrap();
    tlv(0x30, &[KEY_BAG, &tlv(0xa0, &[&key])])
}

/// A file whose integrity check has this key (HMAC-SHA-1 with [`SALT`] and ten iterations).
pub(crate) fn checked(identity: &Identity, mac_key: &[u8]) -> Vec<u8> {
    let safe = authenticated_safe(&[certificate_bag(&identity.der()), key_bag(identity)]);
    let key = PKey::hmac(mac_key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
    let digest = signer.sign_oneshot_to_vec(&safe).unwrap();
    let sha1 = tlv(0x30, &[&oid(b"\x2b\x0e\x03\x02\x1a"), &[5, 0]]);
    let mac = tlv(
        0x30,
        &[
            &tlv(0x30, &[&sha1, &tlv(0x04, &[&digest])]),
            &tlv(0x04, &[&SALT]),
            &integer(10),
        ],
    );
    tlv(0x30, &[&tlv(0x02, &[&[3]]), &data(&safe), &mac])
}

/// A file with the integrity check of RFC 9579 under a password: PBKDF2 with HMAC-SHA-256, and HMAC-SHA-512.
pub(crate) fn checked_with_pbmac1(
    identity: &Identity,
    password: &str,
    iterations: u32,
    key_length: u32,
) -> Vec<u8> {
    let safe = authenticated_safe(&[certificate_bag(&identity.der()), key_bag(identity)]);
    let mut key = vec![0; usize::try_from(key_length).unwrap()];
    if (1..1_000_000).contains(&iterations) {
        let rounds = usize::try_from(iterations).unwrap();
        pbkdf2_hmac(
            password.as_bytes(),
            &SALT,
            rounds,
            MessageDigest::sha256(),
            &mut key,
        )
        .unwrap();
    }
    let key = PKey::hmac(&key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha512(), &key).unwrap();
    let digest = signer.sign_oneshot_to_vec(&safe).unwrap();
    let hmac = |last: u8| {
        let id = [b"\x2a\x86\x48\x86\xf7\x0d\x02", &[last][..]].concat();
        tlv(0x30, &[&oid(&id), &[5, 0]])
    };
    let parameters = [
        tlv(0x04, &[&SALT]),
        integer(iterations.into()),
        integer(key_length.into()),
        hmac(9),
    ];
    let kdf = [
        oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"),
        tlv(0x30, &[&parameters.concat()]),
    ];
    let pbmac1 = [
        oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e"),
        tlv(0x30, &[&tlv(0x30, &[&kdf.concat()]), &hmac(11)]),
    ];
    let mac = tlv(
        0x30,
        &[
            &tlv(0x30, &[&tlv(0x30, &[&pbmac1.concat()]), &tlv(0x04, &[&digest])]),
            &tlv(0x04, &[&[0]]),
            &integer(1),
        ],
    );
    tlv(0x30, &[&tlv(0x02, &[&[3]]), &data(&safe), &mac])
}

/// A file without an integrity check.
fn file(bags: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x02, &[&[3]]), &data(&authenticated_safe(bags))])
}

fn authenticated_safe(bags: &[Vec<u8>]) -> Vec<u8> {
    let bags: Vec<_> = bags.iter().map(Vec::as_slice).collect();
    tlv(0x30, &[&data(&tlv(0x30, &bags))])
}

fn data(content: &[u8]) -> Vec<u8> {
    tlv(0x30, &[DATA, &tlv(0xa0, &[&tlv(0x04, &[content])])])
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84][..], &length, &content].concat()
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(0x06, &[bytes])
}

/// A positive INTEGER without more leading zeros than its sign needs (X.690 section 8.3).
fn integer(value: u64) -> Vec<u8> {
    let digits = [&[0], &value.to_be_bytes()[..]].concat();
    let needless = digits
        .windows(2)
        .take_while(|pair| pair[0] == 0 && pair[1] < 0x80)
        .count();
    tlv(0x02, &[&digits[needless..]])
}

/// The same in BER as programs write it that do not know the length beforehand: indefinite lengths, and the content in pieces.
pub(crate) fn streamed(der: &[u8]) -> Vec<u8> {
    let (&tag, rest) = der.split_first().unwrap();
    let (length, header) = match rest[0] {
        short @ ..0x80 => (usize::from(short), 1),
        long => {
            let digits = usize::from(long & 0x7f);
            let length = rest[1..=digits]
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, 1 + digits)
        }
    };
    let (content, after) = rest[header..].split_at(length);
    let end = [0, 0];
    let element = match tag {
        0x04 if content.len() > 100 => {
            let pieces: Vec<u8> = content
                .chunks(100)
                .flat_map(|piece| tlv(0x04, &[piece]))
                .collect();
            [&[0x24, 0x80], &pieces[..], &end].concat()
        }
        // EncryptedContentInfo's IMPLICIT OCTET STRING
        0x80 => {
            let pieces: Vec<u8> = content
                .chunks(100)
                .flat_map(|piece| tlv(0x04, &[piece]))
                .collect();
            [&[0xa0, 0x80], &pieces[..], &end].concat()
        }
        constructed if constructed & 0x20 != 0 && !content.is_empty() => {
            [&[constructed, 0x80], &streamed(content)[..], &end].concat()
        }
        _ => tlv(tag, &[content]),
    };
    match after {
        [] => element,
        _ => [element, streamed(after)].concat(),
    }
}
