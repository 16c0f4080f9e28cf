//! Key derivation of PKCS#12 ([RFC 7292 appendix B](https://www.rfc-editor.org/rfc/rfc7292#appendix-B)).

use sha2::digest::Digest;
use sha2::digest::common::BlockSizeUser;
use zeroize::Zeroizing;

/// Use of a derived value (appendix B.3).
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Iv,
    Key,
    Mac,
}

/// Password in the form of appendix B.1: UTF-16, big-endian, with two zero bytes at the end.
pub(super) struct BmpPassword(Zeroizing<Vec<u8>>);

impl BmpPassword {
    /// Bytes that are not UTF-8 cannot be a password of such a file, and become the empty one.
    pub(super) fn new(password: &[u8]) -> Self {
        let text = std::str::from_utf8(password).unwrap_or_default();
        let mut bmp = Zeroizing::new(Vec::with_capacity(2 * password.len() + 2));
        text.encode_utf16()
            .for_each(|unit| bmp.extend_from_slice(&unit.to_be_bytes()));
        bmp.extend_from_slice(&[0, 0]);
        Self(bmp)
    }

    /// A missing password, which this derivation distinguishes from the empty one.
    pub(super) fn none() -> Self {
        Self(Zeroizing::default())
    }
}

/// Derives `length` bytes (appendix B.2).
pub(super) fn derive<D: Digest + BlockSizeUser>(
    purpose: Purpose,
    password: &BmpPassword,
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = <D as BlockSizeUser>::block_size();
    let diversifier = vec![
        match purpose {
            Purpose::Key => 1_u8,
            Purpose::Iv => 2,
            Purpose::Mac => 3,
        };
        block
    ];
    let filled = |part: &[u8]| part.len().next_multiple_of(block);
    // Allocated at once: a growing buffer leaves copies of the password behind.
    let mut input = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(&password.0)));
    for part in [salt, &password.0] {
        input.extend(part.iter().copied().cycle().take(filled(part)));
    }
    let mut output = Zeroizing::new(Vec::with_capacity(length + block));
    while output.len() < length {
        let mut a = D::new()
            .chain_update(&diversifier)
            .chain_update(&*input)
            .finalize();
        for _ in 1..iterations {
            a = D::digest(&a);
        }
        output.extend_from_slice(&a);
        for chunk in input.chunks_exact_mut(block) {
            add_one_and(chunk, &a);
        }
    }
    output.truncate(length);
    output
}

/// `chunk + b + 1` modulo the chunk's size, where `b` is `a` repeated to that size.
fn add_one_and(chunk: &mut [u8], a: &[u8]) {
    let length = chunk.len();
    let b: Vec<u8> = a.iter().copied().cycle().take(length).collect();
    let mut carry = 1_u16;
    for (digit, add) in chunk.iter_mut().zip(b).rev() {
        carry += u16::from(*digit) + u16::from(add);
        *digit = carry.to_be_bytes()[1];
        carry >>= 8;
    }
}
