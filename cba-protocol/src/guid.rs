//! GUIDs in their text form.

use core::fmt;

use crate::seed::Random;

/// 16 octets in the order in which the text form shows them (RFC 9562 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Guid([u8; 16]);

impl Guid {
    /// Version 4, RFC 9562 section 5.4.
    pub(crate) fn random(random: &mut Random) -> Self {
        let drawn = random.draw();
        let mut octets: [u8; 16] = core::array::from_fn(|i| drawn[i]);
        octets[6] = octets[6] & 0x0f | 0x40;
        octets[8] = octets[8] & 0x3f | 0x80;
        Self(octets)
    }

    /// From the memory form that Windows uses, whose first three groups are little-endian ([MS-DTYP] 2.3.4.2).
    pub(crate) fn from_windows(memory: [u8; 16]) -> Self {
        Self([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(|at: usize| memory[at]))
    }

    /// From the text form, with hyphens and without braces.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let hyphens = [8, 13, 18, 23];
        if text.len() != 36 || !hyphens.iter().all(|&at| text.as_bytes().get(at) == Some(&b'-')) {
            return None;
        }
        let digits: Vec<u8> = text
            .chars()
            .filter(|&c| c != '-')
            .map(|c| c.to_digit(16))
            .map(|d| d.and_then(|d| u8::try_from(d).ok()))
            .collect::<Option<_>>()?;
        let octets: Vec<u8> = digits
            .chunks(2)
            .filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?))
            .collect();
        octets.try_into().ok().map(Self)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, octet) in self.0.iter().enumerate() {
            if [4, 6, 8, 10].contains(&i) {
                f.write_str("-")?;
            }
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    #[test]
    fn text_and_memory_form() {
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        let guid = Guid::parse(text).unwrap();
        assert_eq!(guid.to_string(), text);
        let memory = [
            0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
        ];
        assert_eq!(Guid::from_windows(memory), guid);
        for no in [
            "",
            "00112233-4455-6677-8899-aabbccddeef",
            "0011223g-4455-6677-8899-aabbccddeeff",
            "{0112233-4455-6677-8899-aabbccddeef}",
        ] {
            assert_eq!(Guid::parse(no), None, "{no}");
        }
    }

    #[test]
    fn a_random_one_is_version_4() {
        let text = Guid::random(&mut Random::new(Seed::from([1; 32]))).to_string();
        assert_eq!(text.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&text.as_bytes()[19]));
    }
}
