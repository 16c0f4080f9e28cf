//! PEM ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)): labelled base64.

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use super::container::Fault;

/// One labelled block.
pub(super) struct Section {
    pub(super) label: String,
    pub(super) der: Zeroizing<Vec<u8>>,
    /// It has the headers of [RFC 1421](https://www.rfc-editor.org/rfc/rfc1421), with which OpenSSL once encrypted.
    pub(super) old_headers: bool,
}

impl Section {
    pub(super) fn is_encrypted(&self) -> bool {
        self.old_headers || self.label == "ENCRYPTED PRIVATE KEY"
    }
}

const MOST_SECTIONS: usize = 256;

/// All sections; text around them is passed over, as section 2 of the RFC says.
pub(super) fn sections(text: &[u8]) -> Result<Vec<Section>, Fault> {
    const MALFORMED: Fault = Fault::Malformed("PEM file");
    let text = std::str::from_utf8(text).map_err(|_| MALFORMED)?;
    let mut sections = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(label) = line
            .strip_prefix("-----BEGIN ")
            .and_then(|rest| rest.strip_suffix("-----"))
        else {
            continue;
        };
        // Each has room of its own that is wiped, which adds up in a file full of empty ones.
        if sections.len() == MOST_SECTIONS {
            return Err(Fault::Unsupported("a PEM file with more than 256 sections"));
        }
        let end = format!("-----END {label}-----");
        let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
        let mut old_headers = false;
        loop {
            match lines.next() {
                None => return Err(MALFORMED),
                Some(line) if line == end => break,
                Some(line) if line.contains(':') => old_headers = true,
                Some(line) => base64.push_str(line),
            }
        }
        let der = if old_headers {
            Zeroizing::default()
        } else {
            Zeroizing::new(Base64::decode_vec(&base64).map_err(|_| MALFORMED)?)
        };
        sections.push(Section {
            label: label.to_owned(),
            der,
            old_headers,
        });
    }
    Ok(sections)
}
