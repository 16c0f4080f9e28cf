//! The encryption types aes128-cts-hmac-sha1-96 and aes256-cts-hmac-sha1-96: RFC 3962, on the simplified profile of RFC 3961.

use core::fmt;

use aes::{Aes128, Aes256};
use cts::{CbcCs1, CbcCs3, Decrypt, Encrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

const BLOCK: usize = 16;

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

/// A key of Kerberos: 16 bytes for AES-128, 32 for AES-256.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// Number of aes256-cts-hmac-sha1-96.
    pub(super) const AES256: i64 = 18;
    const AES128: i64 = 17;

    /// A key of this encryption type. `None` for another type or length.
    pub(super) fn new(encryption_type: i64, bytes: &[u8]) -> Option<Self> {
        let fits = [(Self::AES128, 16), (Self::AES256, 32)].contains(&(encryption_type, bytes.len()));
        fits.then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// octetstring2key of RFC 4556 section 3.2.3.1, for AES-256.
    pub(super) fn from_shared_secret(secret: &[u8]) -> Self {
        let hash = |counter: u8| Sha1::new_with_prefix([counter]).chain_update(secret).finalize();
        let mut bytes = Zeroizing::new([hash(0), hash(1)].concat());
        bytes.truncate(32);
        Self(bytes)
    }

    /// Whether the other is the same key. The time does not depend on where they differ.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(other.0.iter());
        let difference = pairs.fold(0, |sum, (one, other)| sum | (one ^ other));
        self.0.len() == other.0.len() && difference == 0
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn encryption_type(&self) -> i64 {
        let is_short = self.0.len() == 16;
        if is_short { Self::AES128 } else { Self::AES256 }
    }

    /// Number of the checksum type: 16, hmac-sha1-96-aes256, or 15, hmac-sha1-96-aes128 (RFC 3962 section 7).
    pub(super) fn checksum_type(&self) -> i64 {
        self.encryption_type() - 2
    }

    /// Encrypts with a confounder of 16 random bytes in front. The plaintext must not be empty.
    pub(super) fn encrypt(&self, usage: u32, confounder: &[u8; BLOCK], plaintext: &[u8]) -> Vec<u8> {
        let plaintext = Zeroizing::new([&confounder[..], plaintext].concat());
        let mut out = plaintext.to_vec();
        // It fails only for texts of less than a block, and the confounder is one.
        let _ = encrypt::<CbcCs3<Aes128>, CbcCs3<Aes256>>(&self.derive(usage, ENCRYPTION), &mut out);
        out.extend_from_slice(&self.mac(usage, INTEGRITY, &plaintext).finalize().into_bytes()[..CHECKSUM]);
        out
    }

    /// The plaintext without the confounder. `None` if it was not encrypted with this key for this usage, or is empty: no message is.
    pub(super) fn decrypt(&self, usage: u32, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (data, checksum) = ciphertext.split_at_checked(ciphertext.len().checked_sub(CHECKSUM)?)?;
        // A single block would not be stolen from, and the crate treats it in its own way.
        let mut plaintext = (data.len() > BLOCK).then(|| Zeroizing::new(data.to_vec()))?;
        decrypt(&self.derive(usage, ENCRYPTION), &mut plaintext)?;
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
        let mac = self.mac(usage, CHECKSUM_KEY, data);
        checksum.len() == CHECKSUM && mac.verify_truncated_left(checksum).is_ok()
    }

    fn mac(&self, usage: u32, kind: u8, data: &[u8]) -> Hmac<Sha1> {
        let key = self.derive(usage, kind);
        // HMAC takes a key of any length; the error type does not know.
        let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap_or_else(|_| Hmac::new(&[0; 64].into()));
        mac.update(data);
        mac
    }

    /// DK(key, usage | kind) of RFC 3961 section 5.1: each block is the encryption of the one before, which is CBC on zeros.
    fn derive(&self, usage: u32, kind: u8) -> Zeroizing<Vec<u8>> {
        let constant = [&usage.to_be_bytes()[..], &[kind]].concat();
        let mut derived = Zeroizing::new(n_fold(&constant, BLOCK));
        derived.resize(self.0.len(), 0);
        // It fails only for texts that are not whole blocks.
        let _ = encrypt::<CbcCs1<Aes128>, CbcCs1<Aes256>>(&self.0, &mut derived);
        derived
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The last byte of a derivation constant (RFC 3961 section 5.3).
const ENCRYPTION: u8 = 0xaa;
const INTEGRITY: u8 = 0x55;
const CHECKSUM_KEY: u8 = 0x99;

/// Encrypts with a key of 16 or of 32 bytes and an initial vector of zeros. The modes are CBC with ciphertext stealing: CS1 is plain
/// CBC for whole blocks, and in CS3 the last two blocks are always exchanged (RFC 3962 section 5).
fn encrypt<Short: KeyIvInit + Encrypt, Long: KeyIvInit + Encrypt>(key: &[u8], text: &mut [u8]) -> Option<()> {
    if key.len() == 16 {
        Short::new_from_slices(key, &[0; BLOCK]).ok()?.encrypt(text).ok()
    } else {
        Long::new_from_slices(key, &[0; BLOCK]).ok()?.encrypt(text).ok()
    }
}

fn decrypt(key: &[u8], text: &mut [u8]) -> Option<()> {
    if key.len() == 16 {
        let mode = CbcCs3::<Aes128>::new_from_slices(key, &[0; BLOCK]);
        mode.ok()?.decrypt(text).ok()
    } else {
        let mode = CbcCs3::<Aes256>::new_from_slices(key, &[0; BLOCK]);
        mode.ok()?.decrypt(text).ok()
    }
}

/// n-fold of RFC 3961 section 5.1: copies of the input, each rotated by 13 bits more, are added in ones' complement.
fn n_fold(input: &[u8], length: usize) -> Vec<u8> {
    let bits = input.len() * 8;
    let bit_at = |at: usize| {
        let from = (at + bits - 13 * (at / bits) % bits) % bits;
        input.get(from / 8).map_or(0, |byte| byte >> (7 - from % 8) & 1)
    };
    let byte_at = |at: usize| (0..8).fold(0, |value, bit| value << 1 | u32::from(bit_at(at * 8 + bit)));
    // As many copies as fill the output a whole number of times.
    let mut totals = (1..=input.len()).map(|times| times * length);
    let total = totals.find(|total| total % input.len() == 0);
    let mut sums = vec![0; length];
    for at in 0..total.unwrap_or_default() {
        sums[at % length] += byte_at(at);
    }
    // What is carried out of the first byte goes into the last.
    while sums.iter().any(|sum| *sum > 0xff) {
        let carry = |at: usize| sums[(at + 1) % length] >> 8;
        sums = (0..length).map(|at| (sums[at] & 0xff) + carry(at)).collect();
    }
    sums.into_iter().filter_map(|sum| sum.try_into().ok()).collect()
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
        let key = hex!("636869636b656e207465726979616b69");
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
            let mut bytes = text[..length].to_vec();
            encrypt::<CbcCs3<Aes128>, CbcCs3<Aes256>>(&key, &mut bytes).unwrap();
            assert_eq!(bytes, expected, "{length}");
            decrypt(&key, &mut bytes).unwrap();
            assert_eq!(bytes, text[..length], "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_encrypted_is_decrypted(text in vec(any::<u8>(), 1..70), long in any::<bool>(), at in any::<prop::sample::Index>()) {
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
    fn keys_are_compared_as_a_whole_and_never_shown() {
        let key = |bytes: &[u8]| Key::new(if bytes.len() == 32 { 18 } else { 17 }, bytes).unwrap();
        let zeros = key(&[0; 32]);
        assert!(zeros.is_same(&key(&[0; 32])) && key(&[7; 16]).is_same(&key(&[7; 16])));
        assert!(!zeros.is_same(&key(&[0; 16])) && !key(&[0; 16]).is_same(&zeros));
        // The same difference twice.
        let mut bytes = [0; 32];
        (bytes[3], bytes[30]) = (9, 9);
        assert!(!zeros.is_same(&key(&bytes)) && !key(&bytes).is_same(&zeros));
        assert_eq!(format!("{zeros:?}"), "Key(..)");
    }

    #[test]
    fn an_empty_text_is_refused() {
        let key = Key::new(18, &[7; 32]).unwrap();
        let sealed = key.encrypt(usage::TICKET, &[9; 16], b"");
        assert_eq!(sealed.len(), 28);
        assert!(key.decrypt(usage::TICKET, &sealed).is_none());
        assert_eq!(
            key.decrypt(usage::TICKET, &key.encrypt(usage::TICKET, &[9; 16], b"x"))
                .unwrap()[..],
            *b"x"
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
