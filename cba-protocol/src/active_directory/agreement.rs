//! Diffie-Hellman key agreement in group 14 (RFC 3526 section 3), which RFC 4556 section 3.2.3.1 asks of every KDC.
//!
//! Released versions of the usual crates for large numbers either need a newer compiler than this crate supports or bring several
//! more crates. What is needed is one operation, a power modulo one prime (Montgomery multiplication). It takes the same steps for
//! each private key, so that the key does not show in its time.

use std::sync::LazyLock;

use zeroize::Zeroizing;

/// A number in limbs, the most significant first. The first one of a number below p is zero, so that its double has as many.
type Number = Zeroizing<Vec<u64>>;

const LIMBS: usize = 33;

/// p. The generator is 2, and the order of the subgroup is (p - 1) / 2.
#[rustfmt::skip]
const PRIME: [u64; LIMBS] = [
    0,
    0xffff_ffff_ffff_ffff, 0xc90f_daa2_2168_c234, 0xc4c6_628b_80dc_1cd1, 0x2902_4e08_8a67_cc74,
    0x020b_bea6_3b13_9b22, 0x514a_0879_8e34_04dd, 0xef95_19b3_cd3a_431b, 0x302b_0a6d_f25f_1437,
    0x4fe1_356d_6d51_c245, 0xe485_b576_625e_7ec6, 0xf44c_42e9_a637_ed6b, 0x0bff_5cb6_f406_b7ed,
    0xee38_6bfb_5a89_9fa5, 0xae9f_2411_7c4b_1fe6, 0x4928_6651_ece4_5b3d, 0xc200_7cb8_a163_bf05,
    0x98da_4836_1c55_d39a, 0x6916_3fa8_fd24_cf5f, 0x8365_5d23_dca3_ad96, 0x1c62_f356_2085_52bb,
    0x9ed5_2907_7096_966d, 0x670c_354e_4abc_9804, 0xf174_6c08_ca18_217c, 0x3290_5e46_2e36_ce3b,
    0xe39e_772c_180e_8603, 0x9b27_83a2_ec07_a28f, 0xb5c5_5df0_6f4c_52c9, 0xde2b_cbf6_9558_1718,
    0x3995_497c_ea95_6ae5, 0x15d2_2618_98fa_0510, 0x1572_8e5a_8aac_aa68, 0xffff_ffff_ffff_ffff,
];

/// A private key that is used once. 256 bits are more than RFC 3526 section 8 asks for in this group.
pub(super) struct PrivateKey(Zeroizing<[u8; 32]>);

impl PrivateKey {
    pub(super) fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// The public value, 256 bytes.
    pub(super) fn public(&self) -> Zeroizing<Vec<u8>> {
        self.power(&[2]).unwrap_or_default()
    }

    /// The shared secret, 256 bytes. `None` if the peer's value is not between 1 and p - 1, where the secret would be known to all:
    /// values that are no smaller than p have no power, and 0, 1 and p - 1 have only each other.
    pub(super) fn agree(&self, peer: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let shared = self.power(peer)?;
        let (last, start) = shared.split_last()?;
        let is_zero_or_one = *last <= 1 && start.iter().all(|&byte| byte == 0);
        let is_minus_one = *last == 0xfe && prime().starts_with(start);
        (!is_zero_or_one && !is_minus_one).then_some(shared)
    }

    /// `base` to the power of the key. `None` if `base` is not smaller than p.
    fn power(&self, base: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (one, base) = (number(&[1])?, number(base)?);
        let base = (reduce(&base) == base).then(|| multiply(&base, &R_SQUARED))?;
        let unit = multiply(&one, &R_SQUARED);
        let mut result = unit.clone();
        let square = multiply(&base, &base);
        let cube = multiply(&square, &base);
        // Two bits at a time. Each power is looked at.
        for byte in self.0.iter() {
            for digit in [6, 4, 2, 0].map(|place| u64::from(byte >> place)) {
                let even = select(&unit, &square, digit >> 1 & 1);
                let odd = select(&base, &cube, digit >> 1 & 1);
                result = multiply(&result, &result);
                result = multiply(&result, &result);
                result = multiply(&result, &select(&even, &odd, digit & 1));
            }
        }
        Some(bytes(&multiply(&result, &one)))
    }
}

/// p in 256 bytes.
pub(super) fn prime() -> Zeroizing<Vec<u8>> {
    bytes(&PRIME)
}

/// (p - 1) / 2
pub(super) fn subgroup_order() -> Vec<u8> {
    let mut carry = 0;
    let halve = |&byte: &u8| byte >> 1 | core::mem::replace(&mut carry, byte << 7);
    prime().iter().map(halve).collect()
}

/// The number with these bytes. `None` if they are more than its limbs.
fn number(bytes: &[u8]) -> Option<Number> {
    let append = |limb, &byte: &u8| limb << 8 | u64::from(byte);
    let mut padded = vec![0; (8 * LIMBS).checked_sub(bytes.len())?];
    padded.extend_from_slice(bytes);
    let limbs = padded.chunks(8).map(|chunk| chunk.iter().fold(0, append));
    Some(Zeroizing::new(limbs.collect()))
}

/// The bytes of a number below p.
fn bytes(number: &[u64]) -> Zeroizing<Vec<u8>> {
    let limbs = number.iter().skip(1);
    Zeroizing::new(limbs.flat_map(|limb| limb.to_be_bytes()).collect())
}

/// R² modulo p, where R is 2^(64 · LIMBS): 1 doubled to R · 2^LIMBS, and that squared six times.
static R_SQUARED: LazyLock<Number> = LazyLock::new(|| {
    let mut power = number(&[1]).unwrap_or_default();
    for _ in 0..65 * LIMBS {
        let copy = power.clone();
        add_product(&mut power, &copy, 1);
        power = reduce(&power);
    }
    (0..6).fold(power, |power, _| multiply(&power, &power))
});

/// a · b / R modulo p.
fn multiply(a: &[u64], b: &[u64]) -> Number {
    let mut sum = Zeroizing::new(vec![0; LIMBS + 1]);
    for &digit in a.iter().rev() {
        add_product(&mut sum, b, digit);
        // Adding p as often as the last limb says makes that limb zero: the last limb of p is 2^64 - 1.
        let last = sum[LIMBS];
        add_product(&mut sum, &PRIME, last);
        // Divide by 2^64.
        sum.rotate_right(1);
    }
    reduce(&sum[1..])
}

/// sum += b · digit
fn add_product(sum: &mut [u64], b: &[u64], digit: u64) {
    let mut carry = 0;
    for (limb, &factor) in sum.iter_mut().rev().zip(b.iter().rev().chain(&[0])) {
        let product = u128::from(factor) * u128::from(digit) + u128::from(*limb) + u128::from(carry);
        *limb = u64::try_from(product & u128::from(u64::MAX)).unwrap_or_default();
        carry = u64::try_from(product >> 64).unwrap_or_default();
    }
}

/// A number below 2 · p, reduced.
fn reduce(number: &[u64]) -> Number {
    let mut reduced = Zeroizing::new(number.to_vec());
    let mut borrow = 0;
    for (limb, prime) in reduced.iter_mut().zip(PRIME).rev() {
        let (difference, first) = limb.overflowing_sub(prime);
        let (difference, second) = difference.overflowing_sub(borrow);
        (*limb, borrow) = (difference, u64::from(first | second));
    }
    select(&reduced, number, borrow)
}

/// `b` if `choice` is 1, `a` if it is 0.
fn select(a: &[u64], b: &[u64], choice: u64) -> Number {
    let mask = choice.wrapping_neg();
    Zeroizing::new(a.iter().zip(b).map(|(a, b)| a & !mask | b & mask).collect())
}

#[cfg(test)]
mod tests {
    use openssl::bn::{BigNum, BigNumContext};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn powers_are_those_of_openssl(base in any::<[[u8; 32]; 8]>(), exponent in any::<[u8; 32]>()) {
            let (mut reduced, mut expected) = (BigNum::new().unwrap(), BigNum::new().unwrap());
            let mut context = BigNumContext::new().unwrap();
            let m = BigNum::get_rfc3526_prime_2048().unwrap();
            reduced.nnmod(&BigNum::from_slice(base.as_flattened()).unwrap(), &m, &mut context).unwrap();
            expected.mod_exp(&reduced, &BigNum::from_slice(&exponent).unwrap(), &m, &mut context).unwrap();
            let power = PrivateKey::new(exponent).power(&reduced.to_vec()).unwrap();
            prop_assert_eq!(power.len(), 256);
            prop_assert_eq!(BigNum::from_slice(&power).unwrap(), expected);
        }
    }

    #[test]
    fn large_numbers_are_carried_and_borrowed() {
        let mut minus_one = prime();
        minus_one[255] -= 1;
        for (exponent, expected) in [(0xff, &minus_one), (0xfe, &one())] {
            let mut key = [0xff; 32];
            key[31] = exponent;
            assert_eq!(PrivateKey::new(key).power(&minus_one).as_ref(), Some(expected));
        }
    }

    #[test]
    fn a_base_is_smaller_than_the_prime() {
        let key = PrivateKey::new([7; 32]);
        assert!(key.power(&prime()).is_none() && key.power(&[0xff; 256]).is_none());
        assert!(key.power(&[1; 257]).is_none() && key.power(&[1; 265]).is_none());
        assert_eq!(key.power(&[&[0; 8][..], &one()].concat()), Some(one()));
    }

    fn one() -> Zeroizing<Vec<u8>> {
        let mut one = vec![0; 256];
        one[255] = 1;
        one.into()
    }

    #[test]
    fn the_group_is_the_one_that_openssl_knows() {
        let prime = BigNum::get_rfc3526_prime_2048().unwrap();
        assert_eq!(prime.to_vec(), *super::prime());
        let mut order = BigNum::new().unwrap();
        order.rshift1(&prime).unwrap();
        assert_eq!(BigNum::from_slice(&subgroup_order()).unwrap(), order);
    }

    #[test]
    fn both_sides_find_the_same_secret() {
        let (one, other) = (PrivateKey::new([0xa5; 32]), PrivateKey::new([0x3c; 32]));
        let shared = one.agree(&other.public()).unwrap();
        assert_eq!(shared, other.agree(&one.public()).unwrap());
        let (mut expected, mut context) = (BigNum::new().unwrap(), BigNumContext::new().unwrap());
        let base = BigNum::from_slice(&other.public()).unwrap();
        let prime = BigNum::from_slice(&prime()).unwrap();
        expected
            .mod_exp(
                &base,
                &BigNum::from_slice(&[0xa5; 32]).unwrap(),
                &prime,
                &mut context,
            )
            .unwrap();
        assert_eq!(BigNum::from_slice(&shared).unwrap(), expected);
    }

    #[test]
    fn a_value_that_fixes_the_secret_is_refused() {
        let key = PrivateKey::new([7; 32]);
        let prime = prime();
        let mut minus_one = prime.clone();
        minus_one[255] -= 1;
        for value in [
            &[][..],
            &[0],
            &[1],
            &[0, 0, 1],
            &minus_one,
            &prime,
            &[0xff; 256],
            &[1; 300],
        ] {
            assert!(key.agree(value).is_none(), "{value:02x?}");
        }
    }
}
