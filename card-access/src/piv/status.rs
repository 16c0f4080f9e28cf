//! Status words: ISO/IEC 7816-4 section 5.6, SP 800-73-5 part 1 table 6, and those that a reader's PIN pad answers in place of
//! the card (PC/SC part 10, revision 2.02.09).

use std::fmt;

use crate::{Error, ErrorKind, PinStatus};

/// What is said of a PIN that is too short or too long (SP 800-73-5 part 2 section 2.4.3).
pub(super) const LENGTH: &str = "it has 6 to 8 characters";

/// The two bytes at the end of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(u16);

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl Status {
    pub(super) const OK: Self = Self(0x9000);
    pub(super) const AUTHENTICATION_BLOCKED: Self = Self(0x6983);
    pub(super) const NOT_FOUND: Self = Self(0x6a82);
    pub(super) const PIN_PAD_CANCELLED: Self = Self(0x6401);
    pub(super) const PIN_PAD_LENGTH: Self = Self(0x6403);
    pub(super) const PIN_PAD_TIMED_OUT: Self = Self(0x6400);
    pub(super) const SECURITY_NOT_SATISFIED: Self = Self(0x6982);

    pub(super) fn new(sw1: u8, sw2: u8) -> Self {
        Self(u16::from_be_bytes([sw1, sw2]))
    }

    /// `61xx`: so many more bytes are there, 00 for 256 or more.
    pub(super) fn bytes_available(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x61).then_some(sw2)
    }

    /// `6Cxx`: ask again, for exactly so many bytes.
    pub(super) fn corrected_length(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x6c).then_some(sw2)
    }

    /// `63Cx`: the PIN was wrong or not given, and so many tries are left.
    pub(super) fn tries_left(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x63 && sw2 & 0xf0 == 0xc0).then_some(sw2 & 0x0f)
    }

    /// What VERIFY without a PIN tells about it (SP 800-73-5 part 2 section 3.2.1).
    pub(super) fn pin_status(self) -> PinStatus {
        match (self, self.tries_left()) {
            (_, Some(tries)) => PinStatus::from_tries_left(tries),
            (Self::AUTHENTICATION_BLOCKED, None) => PinStatus::Blocked,
            (Self::OK, None) => PinStatus::Verified,
            _ => PinStatus::Unknown,
        }
    }

    /// The error that this status means wherever it has no meaning of its own.
    pub(super) fn error(self) -> Error {
        let kind = match (self, self.tries_left()) {
            (_, Some(tries)) => ErrorKind::WrongPin {
                tries_left: Some(tries),
            },
            (Self::AUTHENTICATION_BLOCKED, _) => ErrorKind::PinBlocked,
            (Self::NOT_FOUND, _) => ErrorKind::NoCredential,
            (Self::PIN_PAD_CANCELLED, _) => ErrorKind::Cancelled,
            (Self::PIN_PAD_LENGTH, _) => ErrorKind::PinFormat { rule: LENGTH },
            (Self::PIN_PAD_TIMED_OUT, _) => ErrorKind::TimedOut,
            (Self::SECURITY_NOT_SATISFIED, _) => ErrorKind::PinRequired,
            (Self(0x6a81 | 0x6d00 | 0x6e00), _) => ErrorKind::Unsupported { what: "the command" },
            _ => ErrorKind::CardFailed,
        };
        Error::from(kind).with_vendor_code(format!("SW {self:?}"), u64::from(self.0))
    }
}
