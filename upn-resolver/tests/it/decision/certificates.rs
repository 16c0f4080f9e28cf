//! Certificates with exactly the names that a test needs, in hand-written DER, because no tool writes the unusual ones. Their
//! signatures are zeros, since nothing here verifies them.

/// What a test certificate names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    alternative: Vec<Vec<u8>>,
    subject: Vec<Vec<u8>>,
}

impl Names {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Adds a principal name as a UTF-8 string.
    pub(crate) fn principal(self, name: &str) -> Self {
        self.principal_as(0x0C, name.as_bytes())
    }

    /// Adds a principal name of another string type.
    pub(crate) fn principal_as(mut self, tag: u8, bytes: &[u8]) -> Self {
        let kind = tlv(
            0x06,
            &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03],
        );
        self.alternative
            .push(tlv(0xA0, &[kind, tlv(0xA0, &tlv(tag, bytes))].concat()));
        self
    }

    pub(crate) fn rfc822(mut self, name: &str) -> Self {
        self.alternative.push(tlv(0x81, name.as_bytes()));
        self
    }

    /// Adds an `E=` attribute to the subject.
    pub(crate) fn subject_email(mut self, name: &str) -> Self {
        let kind = tlv(0x06, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01]);
        self.subject.push(tlv(
            0x31,
            &tlv(0x30, &[kind, tlv(0x16, name.as_bytes())].concat()),
        ));
        self
    }

    /// A certificate that is valid from 2026-01-01 to 2027-01-01.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        let ecdsa_sha256 = tlv(
            0x30,
            &tlv(0x06, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]),
        );
        let common_name = [tlv(0x06, &[0x55, 0x04, 0x03]), tlv(0x0C, b"Test")].concat();
        let issuer = tlv(0x31, &tlv(0x30, &common_name));
        let p256 = [
            tlv(0x06, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]),
            tlv(0x06, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]),
        ];
        let point = [&[0x00, 0x04][..], &[0x11; 64]].concat();
        let mut tbs = vec![
            tlv(0xA0, &tlv(0x02, &[2])),
            tlv(0x02, &[0x2A]),
            ecdsa_sha256.clone(),
            tlv(0x30, &issuer),
            tlv(
                0x30,
                &[tlv(0x17, b"260101000000Z"), tlv(0x17, b"270101000000Z")].concat(),
            ),
            tlv(0x30, &[issuer, self.subject.concat()].concat()),
            tlv(0x30, &[tlv(0x30, &p256.concat()), tlv(0x03, &point)].concat()),
        ];
        if !self.alternative.is_empty() {
            let names = tlv(0x30, &self.alternative.concat());
            let extension = [tlv(0x06, &[0x55, 0x1D, 0x11]), tlv(0x04, &names)].concat();
            tbs.push(tlv(0xA3, &tlv(0x30, &tlv(0x30, &extension))));
        }
        let signature = tlv(
            0x03,
            &[&[0x00][..], &tlv(0x30, &[0x02, 0x01, 0x01, 0x02, 0x01, 0x01])].concat(),
        );
        tlv(
            0x30,
            &[tlv(0x30, &tbs.concat()), ecdsa_sha256, signature].concat(),
        )
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..=0x7F => vec![short.to_le_bytes()[0]],
        long => {
            let bytes = long.to_be_bytes();
            let first = bytes.iter().position(|byte| *byte != 0).unwrap();
            let count = bytes.len() - first;
            [&[0x80 | count.to_le_bytes()[0]][..], &bytes[first..]].concat()
        }
    };
    [vec![tag], length, content.to_vec()].concat()
}
