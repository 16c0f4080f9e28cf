//! Kinds of errors in a frame: one byte, then the fields of the kind.

use super::wire::{Reader, Writer};
use crate::ErrorKind;
use crate::pkcs11::text;

pub(super) fn put(to: &mut Writer, kind: &ErrorKind) {
    match kind {
        ErrorKind::Malformed { what } => put_text(to, b'm', what),
        ErrorKind::PinFormat { rule } => put_text(to, b'p', rule),
        ErrorKind::PinRefused { reason } => put_text(to, b'r', reason),
        ErrorKind::Unsupported { what } => put_text(to, b'u', what),
        ErrorKind::WrongPin { tries_left } => {
            to.byte(b'w');
            to.list(tries_left.iter(), |to, tries| to.byte(*tries));
        }
        plain => put_plain(to, plain),
    }
}

pub(super) fn take(from: &mut Reader<'_>) -> Option<ErrorKind> {
    Some(match from.byte()? {
        b'm' => ErrorKind::Malformed {
            what: text::known(from.text()?),
        },
        b'p' => ErrorKind::PinFormat {
            rule: text::known(from.text()?),
        },
        b'r' => ErrorKind::PinRefused {
            reason: text::known(from.text()?),
        },
        b'u' => ErrorKind::Unsupported {
            what: text::known(from.text()?),
        },
        b'w' => ErrorKind::WrongPin {
            tries_left: from.list(Reader::byte)?.pop(),
        },
        b'.' => take_plain(from)?,
        _ => return None,
    })
}

fn put_text(to: &mut Writer, kind: u8, text: &str) {
    to.byte(kind);
    to.text(text);
}

/// Kinds without fields. A kind that is missing here is a compile error.
macro_rules! plain {
    ($($name:ident,)*) => {
        fn put_plain(to: &mut Writer, kind: &ErrorKind) {
            let name = match kind {
                $(ErrorKind::$name => stringify!($name),)*
                ErrorKind::Malformed { .. }
                | ErrorKind::PinFormat { .. }
                | ErrorKind::PinRefused { .. }
                | ErrorKind::Unsupported { .. }
                | ErrorKind::WrongPin { .. } => return,
            };
            to.byte(b'.');
            to.text(name);
        }

        fn take_plain(from: &mut Reader<'_>) -> Option<ErrorKind> {
            match from.text()? {
                $(stringify!($name) => Some(ErrorKind::$name),)*
                _ => None,
            }
        }
    };
}

plain! {
    AccessDenied,
    Busy,
    Cancelled,
    CardFailed,
    CardReset,
    ContactRequired,
    FileExposed,
    FileUnreadable,
    FinalTryRefused,
    HelperMissing,
    LoginRequired,
    ModuleFailed,
    ModuleMissing,
    NoCard,
    NoCredential,
    NoReader,
    NoService,
    NotAuthorized,
    NotInitialized,
    NotLoggedIn,
    OtherCard,
    PinBlocked,
    PinChangeRequired,
    PinRequired,
    Refused,
    Removed,
    SeveralCredentials,
    ServiceSilent,
    TimedOut,
    TriesUnknown,
    UnknownCard,
    WrongSignature,
}
