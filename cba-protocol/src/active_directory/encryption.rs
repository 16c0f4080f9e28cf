//! The encryption types aes128-cts-hmac-sha1-96 and aes256-cts-hmac-sha1-96: RFC 3962, on the simplified profile of RFC 3961.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use hmac::{Hmac, Mac};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

const BLOCK: usize = 16;
type Block = [u8; BLOCK];

/// Length of a checksum, in bytes.
pub(super) const CHECKSUM: usize = 12;

/// Key usage numbers (RFC 4120 section 7.5.1; [MS-PAC] 2.8).
pub(super) mod usage {
    pub(in super::super) const TICKET: u32 = 2;
    pub(in super::super) const AS_REPLY: u32 = 3;
    pub(in super::super) const TGS_REQUEST_BODY: u32 = 6;
    pub(in super::super) const TGS_AUTHENTICATOR: u32 = 7;
    pub(in super::super) const TGS_REPLY: u32 = 8;
    pub(in super::super) const PAC: u32 = 17;
}

/// A key of Kerberos.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// Number of aes256-cts-hmac-sha1-96.
    pub(super) const AES256: i64 = 18;
    const AES128: i64 = 17;

    /// A key of this encryption type. `None` for another type or length.
    pub(super) fn new(encryption_type: i64, bytes: &[u8]) -> Option<Self> {
        let fits = matches!(
            (encryption_type, bytes.len()),
            (Self::AES256, 32) | (Self::AES128, 16)
        );
        fits.then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// octetstring2key of RFC 4556 section 3.2.3.1, for AES-256.
    pub(super) fn from_shared_secret(secret: &[u8]) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(40));
        for counter in 0..2_u8 {
            bytes.extend_from_slice(
                &Sha1::new()
                    .chain_update([counter])
                    .chain_update(secret)
                    .finalize(),
            );
        }
        bytes.truncate(32);
        Self(bytes)
    }

    /// Whether the other is the same key. The time does not depend on where they differ.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let difference = self
            .0
            .iter()
            .zip(other.0.iter())
            .fold(0, |sum, (one, other)| sum | (one ^ other));
        self.0.len() == other.0.len() && difference == 0
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn encryption_type(&self) -> i64 {
        if self.0.len() == 32 {
            Self::AES256
        } else {
            Self::AES128
        }
    }

    /// Number of the checksum type: hmac-sha1-96-aes256 or hmac-sha1-96-aes128.
    pub(super) fn checksum_type(&self) -> i64 {
        if self.0.len() == 32 { 16 } else { 15 }
    }

    /// Encrypts with a confounder of 16 random bytes in front.
    pub(super) fn encrypt(&self, usage: u32, confounder: &Block, plaintext: &[u8]) -> Vec<u8> {
        let plaintext = Zeroizing::new([&confounder[..], plaintext].concat());
        let mut out = self.cipher(usage).encrypt(&plaintext);
        out.extend_from_slice(&self.mac(usage, INTEGRITY, &plaintext).finalize().into_bytes()[..CHECKSUM]);
        out
    }

    /// The plaintext without the confounder. `None` if it was not encrypted with this key for this usage.
    pub(super) fn decrypt(&self, usage: u32, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (data, checksum) = ciphertext.split_at_checked(ciphertext.len().checked_sub(CHECKSUM)?)?;
        let plaintext = self.cipher(usage).decrypt(data)?;
        self.mac(usage, INTEGRITY, &plaintext)
            .verify_truncated_left(checksum)
            .ok()?;
        Some(Zeroizing::new(plaintext.get(BLOCK..)?.to_vec()))
    }

    pub(super) fn checksum(&self, usage: u32, data: &[u8]) -> Vec<u8> {
        self.mac(usage, CHECKSUM_KEY, data).finalize().into_bytes()[..CHECKSUM].to_vec()
    }

    /// Whether the checksum is that of `data`. The time does not depend on where they differ.
    pub(super) fn verifies(&self, usage: u32, data: &[u8], checksum: &[u8]) -> bool {
        checksum.len() == CHECKSUM
            && self
                .mac(usage, CHECKSUM_KEY, data)
                .verify_truncated_left(checksum)
                .is_ok()
    }

    fn mac(&self, usage: u32, kind: u8, data: &[u8]) -> Hmac<Sha1> {
        let key = self.derive(usage, kind);
        // HMAC takes a key of any length; the error type does not know.
        let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap_or_else(|_| Hmac::new(&[0; 64].into()));
        mac.update(data);
        mac
    }

    fn cipher(&self, usage: u32) -> Cipher {
        Cipher::new(&self.derive(usage, ENCRYPTION))
    }

    /// DK(key, usage | kind) of RFC 3961 section 5.1.
    fn derive(&self, usage: u32, kind: u8) -> Zeroizing<Vec<u8>> {
        let mut constant = usage.to_be_bytes().to_vec();
        constant.push(kind);
        let cipher = Cipher::new(&self.0);
        let mut block: Block = [0; BLOCK];
        block.copy_from_slice(&n_fold(&constant, BLOCK));
        let mut derived = Zeroizing::new(Vec::with_capacity(self.0.len()));
        while derived.len() < self.0.len() {
            cipher.encrypt_block(&mut block);
            derived.extend_from_slice(&block);
        }
        derived
    }
}

/// The last byte of a derivation constant (RFC 3961 section 5.3).
const ENCRYPTION: u8 = 0xaa;
const INTEGRITY: u8 = 0x55;
const CHECKSUM_KEY: u8 = 0x99;

enum Cipher {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

impl Cipher {
    /// Keys have 16 or 32 bytes.
    fn new(key: &[u8]) -> Self {
        let mut long = Zeroizing::new([0; 32]);
        for (to, from) in long.iter_mut().zip(key) {
            *to = *from;
        }
        match long.first_chunk::<16>() {
            Some(short) if key.len() == 16 => Self::Aes128(Box::new(Aes128::new(short.into()))),
            _ => Self::Aes256(Box::new(Aes256::new((&*long).into()))),
        }
    }

    fn encrypt_block(&self, block: &mut Block) {
        match self {
            Self::Aes128(cipher) => cipher.encrypt_block(block.into()),
            Self::Aes256(cipher) => cipher.encrypt_block(block.into()),
        }
    }

    fn decrypt_block(&self, block: &mut Block) {
        match self {
            Self::Aes128(cipher) => cipher.decrypt_block(block.into()),
            Self::Aes256(cipher) => cipher.decrypt_block(block.into()),
        }
    }

    /// CBC with ciphertext stealing and an initial vector of zeros: the last two blocks are always exchanged (RFC 3962 section 5).
    /// The plaintext has at least one block.
    fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut previous = [0; BLOCK];
        let mut blocks: Vec<Block> = Vec::with_capacity(plaintext.len().div_ceil(BLOCK));
        for chunk in plaintext.chunks(BLOCK) {
            for (to, from) in previous.iter_mut().zip(chunk) {
                *to ^= from;
            }
            self.encrypt_block(&mut previous);
            blocks.push(previous);
        }
        if let [.., last_but_one, last] = &mut blocks[..] {
            core::mem::swap(last_but_one, last);
        }
        let mut out = blocks.concat();
        out.truncate(plaintext.len());
        out
    }

    fn decrypt(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut out = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
        let blocks = ciphertext.len().div_ceil(BLOCK);
        let (simple, stolen) = ciphertext.split_at_checked(blocks.saturating_sub(2) * BLOCK)?;
        let mut previous = [0; BLOCK];
        for chunk in simple.chunks(BLOCK) {
            previous = self.decrypt_cbc(chunk.try_into().ok()?, &previous, &mut out);
        }
        let (first, tail) = stolen.split_first_chunk::<BLOCK>()?;
        if tail.is_empty() {
            self.decrypt_cbc(*first, &previous, &mut out);
            return Some(out);
        }
        // The first of the two is the last block's ciphertext. Decrypted it contains what was cut off the other.
        let mut last = *first;
        self.decrypt_block(&mut last);
        let mut whole = last;
        whole.get_mut(..tail.len())?.copy_from_slice(tail);
        self.decrypt_cbc(whole, &previous, &mut out);
        out.extend(last.iter().zip(tail).map(|(one, other)| one ^ other));
        Some(out)
    }

    fn decrypt_cbc(&self, ciphertext: Block, previous: &Block, out: &mut Vec<u8>) -> Block {
        let mut block = ciphertext;
        self.decrypt_block(&mut block);
        out.extend(block.iter().zip(previous).map(|(one, other)| one ^ other));
        ciphertext
    }
}

/// n-fold of RFC 3961 section 5.1: copies of the input, each rotated by 13 bits more, are added in ones' complement.
fn n_fold(input: &[u8], length: usize) -> Vec<u8> {
    let total = least_common_multiple(input.len(), length);
    let bits = input.len() * 8;
    let bit_at = |at: usize| {
        let (copy, bit) = (at / bits, at % bits);
        let from = (bit + bits - 13 * copy % bits) % bits;
        input
            .get(from / 8)
            .is_some_and(|byte| byte >> (7 - from % 8) & 1 == 1)
    };
    let long: Vec<u8> = (0..total)
        .map(|byte| (0..8).fold(0, |value, bit| value << 1 | u8::from(bit_at(byte * 8 + bit))))
        .collect();
    let mut sum = vec![0; length];
    for chunk in long.chunks(length) {
        let mut carry = add(&mut sum, chunk, 0);
        while carry > 0 {
            carry = add(&mut sum, &vec![0; length], carry);
        }
    }
    sum
}

/// sum += other + carry; returns the carry.
fn add(sum: &mut [u8], other: &[u8], carry: u8) -> u8 {
    sum.iter_mut()
        .zip(other)
        .rev()
        .fold(carry, |carry, (byte, other)| {
            let [high, low] = (u16::from(*byte) + u16::from(*other) + u16::from(carry)).to_be_bytes();
            *byte = low;
            high
        })
}

fn least_common_multiple(a: usize, b: usize) -> usize {
    let (mut one, mut other) = (a, b);
    while other > 0 {
        (one, other) = (other, one % other);
    }
    a / one * b
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn n_fold_gives_the_values_of_rfc_3961() {
        // Appendix A.1
        for (length, input, expected) in [
            (8, &b"012345"[..], &hex!("be072631276b1955")[..]),
            (7, b"password", &hex!("78a07b6caf85fa")),
            (8, b"Rough Consensus, and Running Code", &hex!("bb6ed30870b7f0e0")),
            (
                21,
                b"password",
                &hex!("59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e"),
            ),
            (
                24,
                b"MASSACHVSETTS INSTITVTE OF TECHNOLOGY",
                &hex!("db3b0d8f0b061e603282b308a50841229ad798fab9540c1b"),
            ),
            (21, b"Q", &hex!("518a54a2 15a8452a 518a54a2 15a8452a 518a54a2 15")),
            (8, b"kerberos", &hex!("6b65726265726f73")),
            (16, b"kerberos", &hex!("6b65726265726f737b9b5b2b93132b93")),
            (
                32,
                b"kerberos",
                &hex!("6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4"),
            ),
        ] {
            assert_eq!(n_fold(input, length), expected);
        }
    }

    #[test]
    fn the_cipher_gives_the_values_of_rfc_3962() {
        // Appendix B: "chicken teriyaki", initial vector zero.
        let cipher = Cipher::new(&hex!("636869636b656e207465726979616b69"));
        let text = b"I would like the General Gau's Chicken, please, and wonton soup.";
        for (length, expected) in [
            (17, &hex!("c6353568f2bf8cb4d8a580362da7ff7f97")[..]),
            (
                31,
                &hex!("fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5"),
            ),
            (
                32,
                &hex!("39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584"),
            ),
            (
                47,
                &hex!(
                    "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5"
                ),
            ),
            (
                48,
                &hex!(
                    "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8"
                ),
            ),
            (
                64,
                &hex!(
                    "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8"
                ),
            ),
        ] {
            assert_eq!(cipher.encrypt(&text[..length]), expected, "{length}");
            assert_eq!(cipher.decrypt(expected).unwrap()[..], text[..length], "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_encrypted_is_decrypted(text in vec(any::<u8>(), 0..70), long in any::<bool>(), at in any::<prop::sample::Index>()) {
            let key = if long { Key::new(18, &[7; 32]) } else { Key::new(17, &[7; 16]) }.unwrap();
            let mut sealed = key.encrypt(usage::TICKET, &[9; 16], &text);
            prop_assert_eq!(sealed.len(), text.len() + 16 + CHECKSUM);
            prop_assert_eq!(&key.decrypt(usage::TICKET, &sealed).unwrap()[..], &text[..]);
            prop_assert!(key.decrypt(usage::AS_REPLY, &sealed).is_none());
            let at = at.index(sealed.len());
            sealed[at] ^= 1;
            prop_assert!(key.decrypt(usage::TICKET, &sealed).is_none());
        }

        #[test]
        fn other_bytes_are_not_decrypted(bytes in vec(any::<u8>(), 0..80)) {
            prop_assert!(Key::new(18, &[7; 32]).unwrap().decrypt(usage::TICKET, &bytes).is_none());
        }
    }

    #[test]
    fn a_checksum_depends_on_all_of_its_inputs() {
        let key = Key::new(18, &[7; 32]).unwrap();
        let sum = key.checksum(usage::PAC, b"text");
        assert!(key.verifies(usage::PAC, b"text", &sum));
        assert!(!key.verifies(usage::TICKET, b"text", &sum));
        assert!(!key.verifies(usage::PAC, b"texts", &sum));
        assert!(!key.verifies(usage::PAC, b"text", &sum[..11]));
        assert!(!key.verifies(usage::PAC, b"text", &[]));
        assert!(
            !Key::new(18, &[8; 32])
                .unwrap()
                .verifies(usage::PAC, b"text", &sum)
        );
    }

    #[test]
    fn a_key_has_the_length_of_its_type() {
        assert!(Key::new(18, &[0; 16]).is_none());
        assert!(Key::new(17, &[0; 32]).is_none());
        assert!(Key::new(23, &[0; 16]).is_none());
        let (long, short) = (Key::new(18, &[0; 32]).unwrap(), Key::new(17, &[0; 16]).unwrap());
        assert_eq!((long.encryption_type(), long.checksum_type()), (18, 16));
        assert_eq!((short.encryption_type(), short.checksum_type()), (17, 15));
    }

    #[test]
    fn the_reply_key_is_that_of_the_specification() {
        // RFC 4556 appendix B, set 1: octetstring2key of 256 zero bytes, for AES-256.
        let key = Key::from_shared_secret(&[0; 256]);
        assert_eq!(
            key.bytes(),
            hex!("5ee50d675c809fe59e4a7762c54b65837547eafb159bd8cdc75ffca5911e4c41")
        );
    }
}
