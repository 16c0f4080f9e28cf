//! Errors of Windows' key functions.

use crate::{Error, ErrorKind};

/// Error for an `HRESULT`. Numbers and names: \[MS-ERREF\] section 2.1.1.
pub(super) fn error(code: u32) -> Error {
    match known(code) {
        Some((name, kind)) => Error::from(kind).with_vendor_code(name, code.into()),
        None => Error::from(ErrorKind::CardFailed).with_vendor_code("HRESULT", code.into()),
    }
}

fn known(code: u32) -> Option<(&'static str, ErrorKind)> {
    Some(match code {
        0x8009_000D => ("NTE_NO_KEY", ErrorKind::NoCredential),
        0x8009_0016 => ("NTE_BAD_KEYSET", ErrorKind::NoCredential),
        0x8009_0022 => ("NTE_SILENT_CONTEXT", ErrorKind::PinRequired),
        0x8009_0029 => (
            "NTE_NOT_SUPPORTED",
            ErrorKind::Unsupported {
                what: "this scheme with this key",
            },
        ),
        0x8009_0036 => ("NTE_USER_CANCELLED", ErrorKind::Cancelled),
        0x8010_0002 => ("SCARD_E_CANCELLED", ErrorKind::Cancelled),
        0x8010_000A => ("SCARD_E_TIMEOUT", ErrorKind::TimedOut),
        0x8010_000B => ("SCARD_E_SHARING_VIOLATION", ErrorKind::Busy),
        0x8010_000C => ("SCARD_E_NO_SMARTCARD", ErrorKind::NoCard),
        0x8010_001D => ("SCARD_E_NO_SERVICE", ErrorKind::NoService),
        0x8010_002E => ("SCARD_E_NO_READERS_AVAILABLE", ErrorKind::NoReader),
        0x8010_0068 => ("SCARD_W_RESET_CARD", ErrorKind::CardReset),
        0x8010_0069 => ("SCARD_W_REMOVED_CARD", ErrorKind::Removed),
        0x8010_006A => ("SCARD_W_SECURITY_VIOLATION", ErrorKind::PinRequired),
        0x8010_006B => ("SCARD_W_WRONG_CHV", ErrorKind::WrongPin { tries_left: None }),
        0x8010_006C => ("SCARD_W_CHV_BLOCKED", ErrorKind::PinBlocked),
        0x8010_006E => ("SCARD_W_CANCELLED_BY_USER", ErrorKind::Cancelled),
        0x8010_006F => ("SCARD_W_CARD_NOT_AUTHENTICATED", ErrorKind::PinRequired),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::error;
    use crate::ErrorKind;

    #[test]
    fn what_windows_says_keeps_its_name_and_number() {
        let blocked = error(0x8010_006C);
        assert_eq!(*blocked.kind(), ErrorKind::PinBlocked);
        assert_eq!(
            blocked.to_string(),
            "the PIN is blocked (SCARD_W_CHV_BLOCKED, 0x8010006C)"
        );
        let unknown = error(0x8009_0020);
        assert_eq!(*unknown.kind(), ErrorKind::CardFailed);
        assert_eq!(unknown.to_string(), "the card failed (HRESULT, 0x80090020)");
    }
}
