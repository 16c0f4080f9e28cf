//! Certificates byte by byte, so that each byte can be changed.

/// One element: tag, length in the shortest form, content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, middle, low] = content.len().to_be_bytes();
    let mut der = match (high, middle, low) {
        (0, 0, 0..=0x7F) => vec![tag, low],
        (0, 0, _) => vec![tag, 0x81, low],
        (0, _, _) => vec![tag, 0x82, middle, low],
        _ => vec![tag, 0x83, high, middle, low],
    };
    der.extend(content);
    der
}

/// A SEQUENCE of complete elements.
pub fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(0x30, &elements.concat())
}

/// A certificate in pieces, each a complete element.
#[derive(Clone)]
pub struct Pieces {
    /// `version`
    pub version: Vec<u8>,
    /// `serial_number`
    pub serial_number: Vec<u8>,
    /// `signature`
    pub signature: Vec<u8>,
    /// `issuer`
    pub issuer: Vec<u8>,
    /// `validity`
    pub validity: Vec<u8>,
    /// `subject`
    pub subject: Vec<u8>,
    /// `public_key`
    pub public_key: Vec<u8>,
    /// `unique_identifiers`
    pub unique_identifiers: Vec<u8>,
    /// Complete `Extension` elements; without any, there is no `[3]` element.
    pub extensions: Vec<Vec<u8>>,
    /// `signature_algorithm`
    pub signature_algorithm: Vec<u8>,
    /// `signature_value`
    pub signature_value: Vec<u8>,
}

/// The `AlgorithmIdentifier` of ecdsa-with-SHA256 (RFC 5758 section 3.2).
pub const ECDSA_WITH_SHA256: &[u8] = b"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02";
/// The OBJECT IDENTIFIER of a principal name, 1.3.6.1.4.1.311.20.2.3.
pub const UPN: &[u8] = b"\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x03";

impl Default for Pieces {
    /// A valid certificate: a P-256 key, a principal name and an rfc822Name, key usage and extended key usage.
    fn default() -> Self {
        let mut key = b"\x03\x42\x00\x04".to_vec();
        key.extend([0x11; 64]);
        Self {
            version: b"\xA0\x03\x02\x01\x02".to_vec(),
            serial_number: b"\x02\x01\x11".to_vec(),
            signature: ECDSA_WITH_SHA256.to_vec(),
            issuer: name(&[attribute(b"\x55\x04\x03", 0x0C, b"Example CA")]),
            validity: sequence(&[&element(0x17, b"260101000000Z"), &element(0x17, b"290101000000Z")]),
            subject: name(&[attribute(b"\x55\x04\x03", 0x0C, b"Ada Example")]),
            public_key: sequence(&[
                b"\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07",
                &key,
            ]),
            unique_identifiers: Vec::new(),
            extensions: vec![
                key_usage(b"\x03\x02\x07\x80"),
                extended_key_usage(&[
                    b"\x2B\x06\x01\x05\x05\x07\x03\x02",
                    b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x02",
                ]),
                alternative_names(&[
                    &principal_name(0x0C, b"ada@example.com"),
                    &element(0x81, b"ada@mail.example.com"),
                ]),
            ],
            signature_algorithm: ECDSA_WITH_SHA256.to_vec(),
            signature_value: b"\x03\x09\x00\x30\x06\x02\x01\x01\x02\x01\x01".to_vec(),
        }
    }
}

impl Pieces {
    /// The certificate.
    pub fn der(&self) -> Vec<u8> {
        let list = sequence(&self.extensions.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let extensions = if self.extensions.is_empty() {
            Vec::new()
        } else {
            element(0xA3, &list)
        };
        self.der_with(&extensions)
    }

    /// Replaces the `[3]` element.
    pub fn der_with(&self, extensions: &[u8]) -> Vec<u8> {
        let tbs = sequence(&[
            &self.version,
            &self.serial_number,
            &self.signature,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.public_key,
            &self.unique_identifiers,
            extensions,
        ]);
        sequence(&[&tbs, &self.signature_algorithm, &self.signature_value])
    }

    /// Adds an extension.
    #[must_use]
    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Sets the general names of the subjectAltName.
    #[must_use]
    pub fn with_names(mut self, names: &[&[u8]]) -> Self {
        self.extensions[2] = alternative_names(names);
        self
    }
}

/// A valid certificate with this principal name.
pub fn with_principal_name(tag: u8, bytes: &[u8]) -> Vec<u8> {
    Pieces::default().with_names(&[&principal_name(tag, bytes)]).der()
}

/// An `otherName` with a principal name of this string type.
pub fn principal_name(tag: u8, bytes: &[u8]) -> Vec<u8> {
    other_name(UPN, &element(tag, bytes))
}

/// An `otherName` (RFC 5280 section 4.2.1.6).
pub fn other_name(kind: &[u8], value: &[u8]) -> Vec<u8> {
    element(0xA0, &[kind, &element(0xA0, value)].concat())
}

/// A subjectAltName extension (RFC 5280 section 4.2.1.6).
pub fn alternative_names(names: &[&[u8]]) -> Vec<u8> {
    extension(b"\x55\x1D\x11", &sequence(names))
}

/// A critical keyUsage extension (RFC 5280 section 4.2.1.3).
pub fn key_usage(bits: &[u8]) -> Vec<u8> {
    critical_extension(b"\x55\x1D\x0F", bits)
}

/// An extKeyUsage extension (RFC 5280 section 4.2.1.12).
pub fn extended_key_usage(purposes: &[&[u8]]) -> Vec<u8> {
    let purposes: Vec<u8> = purposes
        .iter()
        .flat_map(|purpose| element(0x06, purpose))
        .collect();
    extension(b"\x55\x1D\x25", &element(0x30, &purposes))
}

/// An `Extension` (RFC 5280 section 4.1).
pub fn extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(0x06, id), &element(0x04, value)])
}

/// A critical `Extension` (RFC 5280 section 4.1).
pub fn critical_extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(0x06, id), b"\x01\x01\xFF", &element(0x04, value)])
}

/// A distinguished name of single-valued relative names.
pub fn name(attributes: &[Vec<u8>]) -> Vec<u8> {
    let sets: Vec<u8> = attributes
        .iter()
        .flat_map(|attribute| element(0x31, attribute))
        .collect();
    element(0x30, &sets)
}

/// An `AttributeTypeAndValue` (RFC 5280 section 4.1.2.4).
pub fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[&element(0x06, kind), &element(tag, value)])
}
