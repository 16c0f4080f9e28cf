//! PEM ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)): labelled base64.

use base64ct::{Base64, Encoding as _};
use der::Decode as _;
use der::asn1::AnyRef;
use zeroize::Zeroizing;

use super::fault::Fault;

/// Labelled section.
pub(super) struct Section {
    pub(super) label: String,
    pub(super) der: Zeroizing<Vec<u8>>,
    /// Has the headers of [RFC 1421](https://www.rfc-editor.org/rfc/rfc1421), as in OpenSSL's former encryption.
    pub(super) old_headers: bool,
}

impl Section {
    pub(super) fn is_encrypted(&self) -> bool {
        self.old_headers || self.label == "ENCRYPTED PRIVATE KEY"
    }

    /// Whether this is a certificate, under any of the labels that OpenSSL reads; RFC 7468 section 5.1 defines the first.
    pub(super) fn certificate(&self) -> Option<&[u8]> {
        match self.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => Some(&self.der),
            // OpenSSL's own, with trust settings after the certificate.
            "TRUSTED CERTIFICATE" => {
                let (_, rest) = AnyRef::from_der_partial(&self.der).ok()?;
                self.der.strip_suffix(rest)
            }
            _ => None,
        }
    }
}

/// Maximum number of sections: more than any bundle of a person's keys has. Each section has its own wiped buffer, which adds
/// up in a file full of empty ones.
const MAX_SECTIONS: usize = 256;

/// Reads all sections. Text around them is skipped in any encoding (RFC 7468 section 2).
pub(super) fn sections(text: &[u8]) -> Result<Vec<Section>, Fault> {
    if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
        return Err(Fault::Unsupported("a PEM file in UTF-16 (save it as UTF-8)"));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut sections = Vec::new();
    let mut lines = text
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .map(<[u8]>::trim_ascii);
    while let Some(line) = lines.next() {
        let Some(label) = label(line, b"-----BEGIN ") else {
            continue;
        };
        if sections.len() == MAX_SECTIONS {
            return Err(Fault::Unsupported("a PEM file with more than 256 sections"));
        }
        sections.push(section(label, &mut lines, text.len())?);
    }
    Ok(sections)
}

const MALFORMED: Fault = Fault::Malformed("PEM file");

/// Reads a section up to its last line.
fn section<'a>(
    label_read: &str,
    lines: &mut impl Iterator<Item = &'a [u8]>,
    room: usize,
) -> Result<Section, Fault> {
    // Allocated at once: a growing buffer leaves copies behind.
    let mut base64 = Zeroizing::new(Vec::with_capacity(room));
    let mut old_headers = false;
    loop {
        match lines.next() {
            None => return Err(MALFORMED),
            Some(line) if label(line, b"-----END ") == Some(label_read) => break,
            Some(line) if line.contains(&b':') => old_headers = true,
            Some(line) => base64.extend_from_slice(line),
        }
    }
    let der = if old_headers {
        Zeroizing::default()
    } else {
        let mut der = Zeroizing::new(vec![0; base64.len()]);
        let length = Base64::decode(&*base64, &mut der).map_err(|_| MALFORMED)?.len();
        der.truncate(length);
        der
    };
    Ok(Section {
        label: label_read.to_owned(),
        der,
        old_headers,
    })
}

fn label<'a>(line: &'a [u8], boundary: &[u8]) -> Option<&'a str> {
    let label = line.strip_prefix(boundary)?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok()
}
