//! Percent-encoding with the character sets of
//! [RFC 7512 section 2.3](https://www.rfc-editor.org/rfc/rfc7512#section-2.3).

use std::fmt;

use super::UriError;

/// Components of a PKCS#11 URI, which allow different characters unencoded.
#[derive(Clone, Copy)]
pub(super) enum Component {
    Path,
    Query,
}

impl Component {
    /// `pk11-pchar` and `pk11-qchar` without their `pct-encoded`.
    fn allows(self, byte: u8) -> bool {
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let reserved = b":[]@!$'()*+,=".contains(&byte);
        let own = match self {
            Self::Path => byte == b'&',
            Self::Query => b"/?|".contains(&byte),
        };
        unreserved || reserved || own
    }
}

/// Decodes a value; `position` is its position in the whole text, for the error.
pub(super) fn decode(value: &str, position: usize, component: Component) -> Result<Vec<u8>, UriError> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.char_indices();
    while let Some((offset, found)) = rest.next() {
        let position = position + offset;
        if found == '%' {
            let mut digit = || {
                rest.next()
                    .and_then(|(_, c)| c.to_digit(16))
                    .and_then(|d| u8::try_from(d).ok())
            };
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(UriError::Percent { position });
            };
            decoded.push(high << 4 | low);
        } else {
            match u8::try_from(found) {
                Ok(byte) if component.allows(byte) => decoded.push(byte),
                _ => return Err(UriError::Character { found, position }),
            }
        }
    }
    Ok(decoded)
}

/// Bytes that print percent-encoded: without a component, every byte is encoded.
pub(super) struct Encoded<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) component: Option<Component>,
}

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.bytes {
            if self.component.is_some_and(|component| component.allows(byte)) {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}
