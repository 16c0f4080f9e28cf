//! Status words: ISO/IEC 7816-4 section 5.6, SP 800-73-5 part 1 table 6, and those that a reader's PIN pad returns in place of
//! the card (PC/SC part 10, revision 2.02.09).

use std::fmt;

use crate::{Error, ErrorKind, Interface, PinStatus};

/// Rule for the length of a PIN (SP 800-73-5 part 2 section 2.4.3).
pub(super) const LENGTH: &str = "it must have 6 to 8 characters";
/// The same with [`allow_short_pin`](crate::PinEntry::allow_short_pin).
pub(super) const SHORT_LENGTH: &str = "it must have 4 to 8 characters";
const FORM: &str = "the card does not accept its length or characters";

/// Last two bytes of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(u16);

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl Status {
    pub(super) const OK: Self = Self(0x9000);
    const AUTHENTICATION_BLOCKED: Self = Self(0x6983);
    const SECURITY_NOT_SATISFIED: Self = Self(0x6982);

    pub(super) fn new(sw1: u8, sw2: u8) -> Self {
        Self(u16::from_be_bytes([sw1, sw2]))
    }

    /// Whether the data of the response can be used: `9000`, and the warnings "no information given" and "end of file reached
    /// before Le bytes", which some cards return with complete data.
    pub(super) fn is_success(self) -> bool {
        matches!(self.0, 0x9000 | 0x6200 | 0x6282)
    }

    /// Whether an object or file is absent. The standard defines `6A82`; some cards report a wrong data field or reference, or
    /// a missing record or function.
    pub(super) fn is_absent(self) -> bool {
        matches!(
            self.0,
            0x6a80 | 0x6a81 | 0x6a82 | 0x6a83 | 0x6a86 | 0x6a88 | 0x6b00
        )
    }

    /// Number of bytes that can be fetched, 0 for 256 or more (`61xx`).
    pub(super) fn bytes_available(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x61).then_some(sw2)
    }

    /// Length with which the command must be repeated (`6Cxx`).
    pub(super) fn corrected_length(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x6c).then_some(sw2)
    }

    /// Tries left, with or without a preceding wrong PIN: `63Cx`, and `630x` from a `YubiKey` NEO before version 1.0.4.
    ///
    /// `6300` alone does not report a counter (ISO/IEC 7816-4 table 6), and other values of `63xx` are not defined for VERIFY.
    fn tries_left(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0x63, sw2 @ (0xc0..=0xcf | 0x01..=0x0f)] => Some(sw2 & 0x0f),
            _ => None,
        }
    }

    /// Meaning for VERIFY without a PIN (SP 800-73-5 part 2 section 3.2.1).
    pub(super) fn pin_status(self) -> PinStatus {
        match (self, self.tries_left()) {
            (_, Some(tries)) => PinStatus::from_tries_left(tries),
            (Self::AUTHENTICATION_BLOCKED, None) => PinStatus::Blocked,
            (Self::OK, None) => PinStatus::Verified,
            _ => PinStatus::Unknown,
        }
    }

    /// Meaning as the response to a PIN (VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER).
    ///
    /// Over a contactless interface, a refusal that does not concern the PIN itself is due to the interface: without a virtual
    /// contact interface the PIN is restricted to the contact interface (SP 800-73-5 part 1 table 5).
    pub(super) fn pin_error(self, interface: Option<Interface>) -> Error {
        let contactless = interface == Some(Interface::Contactless);
        let refused = |reason| {
            if contactless {
                ErrorKind::ContactRequired
            } else {
                ErrorKind::PinRefused { reason }
            }
        };
        self.error_of(match self.0.to_be_bytes() {
            [0x63, _] => ErrorKind::WrongPin {
                tries_left: self.tries_left(),
            },
            [0x69, 0x83] => ErrorKind::PinBlocked,
            [0x69, 0x84] => ErrorKind::PinChangeRequired,
            [0x67, 0x00] | [0x6a, 0x80] => ErrorKind::PinFormat { rule: FORM },
            [0x6a, 0x82 | 0x88] if !contactless => ErrorKind::NotInitialized,
            [0x69, 0x82] => refused("another authentication must come first"),
            [0x69, 0x85] => refused("the conditions for using it are not met"),
            [0x69 | 0x6a | 0x6b | 0x6d | 0x6e, _] => refused("the card does not support this command"),
            [0x65, _] => refused("the card could not write its memory"),
            _ => refused("the card gave no reason"),
        })
    }

    /// Meaning as the response of a reader's PIN pad, which has refusals of its own.
    pub(super) fn pin_pad_error(self, interface: Option<Interface>) -> Error {
        match self.0 {
            0x6400 => self.error_of(ErrorKind::TimedOut),
            0x6401 => self.error_of(ErrorKind::Cancelled),
            0x6402 | 0x6403 => self.error_of(ErrorKind::PinFormat { rule: LENGTH }),
            0x6b80 => self.error_of(ErrorKind::Unsupported {
                what: "typing the PIN on this reader",
            }),
            _ => self.pin_error(interface),
        }
    }

    /// Meaning as the response to a key operation after a correct PIN.
    pub(super) fn key_error(self, interface: Option<Interface>) -> Error {
        match (self, interface) {
            (Self::SECURITY_NOT_SATISFIED | Self(0x6985 | 0x6a81), Some(Interface::Contactless)) => {
                self.error_of(ErrorKind::ContactRequired)
            }
            (Self::SECURITY_NOT_SATISFIED | Self(0x6985), _) => self.error_of(ErrorKind::Refused),
            _ => self.error(),
        }
    }

    /// Meaning as the response to a key operation without a PIN.
    pub(super) fn key_error_without_pin(self) -> Error {
        match self {
            Self::SECURITY_NOT_SATISFIED => self.error_of(ErrorKind::PinRequired),
            _ => self.error(),
        }
    }

    /// Meaning as the response to GET DATA, apart from absence.
    pub(super) fn read_error(self, interface: Option<Interface>) -> Error {
        match (self.0, interface) {
            (0x6982 | 0x6985, Some(Interface::Contactless)) => self.error_of(ErrorKind::ContactRequired),
            (0x6982, _) => self.error_of(ErrorKind::AccessDenied),
            _ => self.error(),
        }
    }

    /// Meaning for all other commands.
    pub(super) fn error(self) -> Error {
        self.error_of(match self.0 {
            0x6a82 | 0x6a88 => ErrorKind::NoCredential,
            0x6a81 | 0x6d00 | 0x6e00 => ErrorKind::Unsupported { what: "the command" },
            _ => ErrorKind::CardFailed,
        })
    }

    pub(super) fn error_of(self, kind: ErrorKind) -> Error {
        Error::from(kind).with_vendor_code(format!("SW {self:?}"), u64::from(self.0))
    }
}
