//! Keyed, case-insensitive hash of a name.

use siphasher::sip128::SipHasher13;

use crate::fold;

/// Nearly all names are shorter than this, and are folded without an allocation.
const CHUNK: usize = 128;

/// Returns SipHash-1-3 of the name with 128 bits of output. Apart from collisions, two names have the same hash
/// exactly if they are [equal](fold::equal).
pub(super) fn hash((k0, k1): (u64, u64), name: &str) -> (u64, u64) {
    let hasher = SipHasher13::new_with_keys(k0, k1);
    let hash = if !name.is_ascii() {
        hasher.hash(fold::key(name).as_bytes())
    } else if let Some((folded, _)) = [0; CHUNK].split_at_mut_checked(name.len()) {
        folded.copy_from_slice(name.as_bytes());
        folded.make_ascii_lowercase();
        hasher.hash(folded)
    } else {
        hasher.hash(name.to_ascii_lowercase().as_bytes())
    };
    (hash.h1, hash.h2)
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, hash};
    use crate::fold;

    #[test]
    fn names_have_one_hash_exactly_when_they_are_equal() {
        let key = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let long = "Long.Name".repeat(CHUNK);
        let names = [
            "",
            "ada@contoso.com",
            "ADA@contoso.com",
            "b",
            "\u{c9}lodie",
            "\u{e9}LODIE",
            "\u{212a}im",
            "kim",
            &long,
        ];
        for one in names {
            for other in names {
                assert_eq!(
                    hash(key, one) == hash(key, other),
                    fold::equal(one, other),
                    "{one} {other}"
                );
            }
        }
        assert_eq!(hash(key, &long), hash(key, &long.to_uppercase()));
        assert_ne!(hash(key, "ada"), hash((key.1, key.0), "ada"));
    }
}
