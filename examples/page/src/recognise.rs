//! What an input is, by its content.

use serde::{Deserialize, Serialize};
use upn_resolver::decode_text;
use upn_resolver::windows::join_state::{JoinReport, decode};

/// Kind of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Certificates, or what is none of the others.
    Certificate,
    Policy,
    /// Output of `dsregcmd /status`.
    Report,
}

impl Kind {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text = decode_text(bytes).ok();
        let start = text.as_deref().map(str::trim_start).unwrap_or_default();
        // The older form of a registry export can be in a code page.
        let is_registry =
            start.starts_with("Windows Registry Editor") || bytes.trim_ascii_start().starts_with(b"REGEDIT4");
        if is_registry || start.starts_with('{') {
            return Self::Policy;
        }
        let text = decode(bytes);
        let report = JoinReport::parse(&text);
        let is_report = ["AzureAdJoined", "DomainJoined", "AzureAdPrt"]
            .iter()
            .any(|key| report.value(key).is_some());
        if is_report {
            Self::Report
        } else {
            Self::Certificate
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn the_content_determines_the_kind() {
        let utf_16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for (bytes, kind) in [
            (b"Windows Registry Editor Version 5.00\r\n".to_vec(), Kind::Policy),
            (
                utf_16("\u{feff}Windows Registry Editor Version 5.00\r\n"),
                Kind::Policy,
            ),
            (b"REGEDIT4\r\n;Jos\xe9".to_vec(), Kind::Policy),
            (b" {\"X509HintsNeeded\": true}".to_vec(), Kind::Policy),
            (b"  AzureAdJoined : YES".to_vec(), Kind::Report),
            (utf_16("\u{feff}  AzureAdJoined : NO"), Kind::Report),
            (b"-----BEGIN CERTIFICATE-----".to_vec(), Kind::Certificate),
            (b"\x30\x82\x01\x00".to_vec(), Kind::Certificate),
            (Vec::new(), Kind::Certificate),
        ] {
            assert_eq!(Kind::of(&bytes), kind, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
