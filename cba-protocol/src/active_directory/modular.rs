//! Powers modulo a large odd number (Montgomery multiplication), for Diffie-Hellman and for RSA signatures.
//!
//! Released versions of the usual crates either need a newer compiler than this crate supports or bring several more crates. What is
//! needed is one operation. It takes the same steps for each exponent of the same length, so that a private exponent does not show
//! in its time.

use zeroize::Zeroizing;

/// Longest modulus, in bytes: RSA with 8192 bits.
const MAX_BYTES: usize = 1024;

/// Bits of the exponent that are handled at a time.
const WINDOW: u32 = 4;

type Limbs = Zeroizing<Vec<u64>>;

/// An odd modulus.
pub(super) struct Modulus {
    /// Least significant first.
    limbs: Limbs,
    bytes: usize,
    /// -1/modulus mod 2^64.
    inverse: u64,
    /// R² mod modulus, where R = 2^(64 · limbs).
    r_squared: Limbs,
}

impl Modulus {
    /// The modulus from its bytes, the most significant first. `None` if it is even, too short or too long.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let first = bytes.iter().position(|&byte| byte != 0)?;
        let bytes = bytes
            .get(first..)
            .filter(|bytes| (16..=MAX_BYTES).contains(&bytes.len()))?;
        let limbs = limbs(bytes, bytes.len().div_ceil(8))?;
        let lowest = *limbs.first().filter(|limb| **limb & 1 == 1)?;
        // Newton's iteration doubles the number of correct bits.
        let inverse = (0..6).fold(1_u64, |x, _| {
            x.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(x)))
        });
        let mut modulus = Self {
            bytes: bytes.len(),
            inverse: inverse.wrapping_neg(),
            r_squared: Zeroizing::new(vec![0; limbs.len()]),
            limbs,
        };
        modulus.r_squared = modulus.find_r_squared();
        Some(modulus)
    }

    /// Length of the modulus, in bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes
    }

    /// `base` to the power `exponent`, as long as the modulus. `None` if `base` is not smaller than the modulus.
    pub(super) fn power(&self, base: &[u8], exponent: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let base = limbs(base, self.limbs.len())?;
        let (_, is_smaller) = subtract(&base, &self.limbs);
        if is_smaller == 0 {
            return None;
        }
        let mut one = Zeroizing::new(vec![0; self.limbs.len()]);
        *one.first_mut()? = 1;
        let base = self.multiply(&base, &self.r_squared);
        let mut powers = vec![self.multiply(&one, &self.r_squared)];
        for _ in 1..1 << WINDOW {
            powers.push(self.multiply(powers.last()?, &base));
        }
        let mut result = powers.first()?.clone();
        for digit in exponent.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
            for _ in 0..WINDOW {
                result = self.multiply(&result, &result);
            }
            result = self.multiply(&result, &pick(&powers, digit));
        }
        let result = self.multiply(&result, &one);
        let bytes: Zeroizing<Vec<u8>> =
            Zeroizing::new(result.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect());
        let start = bytes.len() - self.bytes;
        Some(Zeroizing::new(bytes.get(start..)?.to_vec()))
    }

    /// a · b / R mod modulus.
    fn multiply(&self, a: &[u64], b: &[u64]) -> Limbs {
        let n = self.limbs.len();
        let mut sum = Zeroizing::new(vec![0_u64; n + 2]);
        for &digit in a {
            add_product(&mut sum, b, digit);
            let factor = sum
                .first()
                .copied()
                .unwrap_or_default()
                .wrapping_mul(self.inverse);
            add_product(&mut sum, &self.limbs, factor);
            // The lowest limb is zero now: divide by 2^64.
            sum.rotate_left(1);
        }
        let overflow = sum.get(n).copied().unwrap_or_default();
        sum.truncate(n);
        let (reduced, borrow) = subtract(&sum, &self.limbs);
        // The sum is below twice the modulus. Without an overflow, a borrow says that it was reduced already.
        select(&reduced, &sum, borrow & !overflow & 1)
    }

    /// Doubles 1 until it is R².
    fn find_r_squared(&self) -> Limbs {
        let n = self.limbs.len();
        let mut value = Zeroizing::new(vec![0_u64; n]);
        if let Some(lowest) = value.first_mut() {
            *lowest = 1;
        }
        for _ in 0..2 * 64 * n {
            let mut carry = 0;
            for limb in value.iter_mut() {
                let next = *limb >> 63;
                *limb = *limb << 1 | carry;
                carry = next;
            }
            let (reduced, borrow) = subtract(&value, &self.limbs);
            value = select(&reduced, &value, borrow & !carry & 1);
        }
        value
    }
}

/// `count` limbs from bytes. `None` if the number has more.
fn limbs(bytes: &[u8], count: usize) -> Option<Limbs> {
    let mut limbs = Zeroizing::new(vec![0; count]);
    for (at, chunk) in bytes.rchunks(8).enumerate() {
        let value = chunk
            .iter()
            .fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
        match limbs.get_mut(at) {
            Some(limb) => *limb = value,
            None if value == 0 => {}
            None => return None,
        }
    }
    Some(limbs)
}

/// sum += b · digit. `sum` has two limbs more than `b`.
fn add_product(sum: &mut [u64], b: &[u64], digit: u64) {
    let (low, high) = sum.split_at_mut(b.len());
    let mut carry = 0;
    for (limb, &factor) in low.iter_mut().zip(b) {
        let product = u128::from(factor) * u128::from(digit) + u128::from(*limb) + u128::from(carry);
        (*limb, carry) = halves(product);
    }
    for limb in high {
        (*limb, carry) = halves(u128::from(*limb) + u128::from(carry));
    }
}

/// a - b, and 1 if a is smaller.
fn subtract(a: &[u64], b: &[u64]) -> (Limbs, u64) {
    let mut borrow = 0;
    let difference = a.iter().zip(b).map(|(&a, &b)| {
        let (difference, first) = a.overflowing_sub(b);
        let (difference, second) = difference.overflowing_sub(borrow);
        borrow = u64::from(first | second);
        difference
    });
    let difference = Zeroizing::new(difference.collect());
    (difference, borrow)
}

/// `b` if `choice` is 1, `a` if it is 0.
fn select(a: &[u64], b: &[u64], choice: u64) -> Limbs {
    let mask = choice.wrapping_neg();
    Zeroizing::new(a.iter().zip(b).map(|(a, b)| a & !mask | b & mask).collect())
}

/// The power number `digit`; all of them are looked at.
fn pick(powers: &[Limbs], digit: u8) -> Limbs {
    let mut picked = Zeroizing::new(vec![0; powers.first().map_or(0, |power| power.len())]);
    for (number, power) in (0_u8..).zip(powers) {
        let difference = u64::from(number ^ digit);
        let is_it = difference.wrapping_sub(1) >> 63;
        picked = select(&picked, power, is_it);
    }
    picked
}

/// Low and high half.
fn halves(value: u128) -> (u64, u64) {
    let low = u64::try_from(value & u128::from(u64::MAX)).unwrap_or_default();
    (low, u64::try_from(value >> 64).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use openssl::bn::{BigNum, BigNumContext};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn powers_are_those_of_openssl(mut modulus in vec(any::<u8>(), 16..80), mut base in vec(any::<u8>(), 0..80), exponent in vec(any::<u8>(), 0..40)) {
            *modulus.last_mut().unwrap() |= 1;
            modulus[0] |= 1;
            let (mut reduced, mut expected) = (BigNum::new().unwrap(), BigNum::new().unwrap());
            let mut context = BigNumContext::new().unwrap();
            let m = BigNum::from_slice(&modulus).unwrap();
            reduced.nnmod(&BigNum::from_slice(&base).unwrap(), &m, &mut context).unwrap();
            base = reduced.to_vec();
            expected.mod_exp(&reduced, &BigNum::from_slice(&exponent).unwrap(), &m, &mut context).unwrap();
            let power = Modulus::new(&modulus).unwrap().power(&base, &exponent).unwrap();
            prop_assert_eq!(power.len(), modulus.len());
            prop_assert_eq!(BigNum::from_slice(&power).unwrap(), expected);
        }
    }

    #[test]
    fn a_modulus_of_all_ones_needs_the_overflow() {
        let modulus = Modulus::new(&[0xff; 16]).unwrap();
        let mut base = [0xff; 16];
        base[15] = 0xfe; // -1
        let mut one = [0; 16];
        one[15] = 1;
        assert_eq!(modulus.power(&base, &[2]).unwrap()[..], one);
    }

    #[test]
    fn a_base_is_smaller_than_the_modulus() {
        let modulus = Modulus::new(&[0xff; 16]).unwrap();
        assert!(modulus.power(&[0xff; 16], &[1]).is_none());
        assert!(modulus.power(&[1; 17], &[1]).is_none());
        assert!(Modulus::new(&[0xfe; 16]).is_none());
        assert!(Modulus::new(&[0; 16]).is_none());
        assert!(Modulus::new(&[0xff; 1025]).is_none());
    }
}
