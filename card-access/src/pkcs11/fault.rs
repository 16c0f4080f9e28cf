//! Errors of modules, with the names and numbers of PKCS #11 v3.1 section 5.1.

use cryptoki::error::{Error as ModuleError, RvError};

use super::text;
use crate::{Error, ErrorKind};

/// Converts a module's error, for a location such as a reader or a module's name.
pub(super) fn at(place: &str) -> impl Fn(ModuleError) -> Error + '_ {
    move |error| match error {
        ModuleError::Pkcs11(value, function) => {
            let (name, number) = name_and_number(value);
            Error::from(kind(value))
                .with_location(format!("{place}, C_{function:?}"))
                .with_vendor_code(name, number)
        }
        // The file is missing or is not a module. The loader's message says which.
        ModuleError::LibraryLoading(loader) => Error::from(ErrorKind::ModuleMissing)
            .with_location(place)
            .with_detail(loader_text(&loader)),
        ModuleError::MissingSymbol(symbol) => Error::from(ErrorKind::ModuleMissing)
            .with_location(place)
            .with_detail(format!("no symbol {symbol}")),
        // The module's answer cannot be converted: it breaks the specification.
        other => Error::from(ErrorKind::Malformed { what: text::ANSWER })
            .with_location(place)
            .with_detail(other.to_string()),
    }
}

/// Whether a module's error has this return value.
pub(super) fn is(error: &ModuleError, value: RvError) -> bool {
    matches!(error, ModuleError::Pkcs11(found, _) if *found == value)
}

/// Whether another mechanism may work where this one failed. Modules report an unsupported mechanism in many ways.
pub(super) fn is_of_mechanism(error: &ModuleError) -> bool {
    use RvError as Rv;
    let ModuleError::Pkcs11(value, _) = error else {
        return false;
    };
    matches!(
        value,
        Rv::ArgumentsBad
            | Rv::CurveNotSupported
            | Rv::DataInvalid
            | Rv::DataLenRange
            | Rv::DeviceError
            | Rv::DeviceMemory
            | Rv::FunctionFailed
            | Rv::FunctionNotSupported
            | Rv::GeneralError
            | Rv::HostMemory
            | Rv::KeyFunctionNotPermitted
            | Rv::KeySizeRange
            | Rv::KeyTypeInconsistent
            | Rv::MechanismInvalid
            | Rv::MechanismParamInvalid
    )
}

fn kind(value: RvError) -> ErrorKind {
    use RvError as Rv;
    match value {
        Rv::Cancel | Rv::FunctionCanceled => ErrorKind::Cancelled,
        Rv::CantLock | Rv::CryptokiNotInitialized | Rv::LibraryLoadFailed | Rv::NeedToCreateThreads => {
            ErrorKind::ModuleFailed
        }
        Rv::CurveNotSupported
        | Rv::FunctionNotSupported
        | Rv::KeyFunctionNotPermitted
        | Rv::KeySizeRange
        | Rv::KeyTypeInconsistent
        | Rv::MechanismInvalid
        | Rv::MechanismParamInvalid => ErrorKind::Unsupported {
            what: text::USE_OF_KEY,
        },
        Rv::DeviceRemoved | Rv::SessionClosed | Rv::SessionHandleInvalid => ErrorKind::Removed,
        // A length that the token refuses may have cost a try, so it counts as one.
        Rv::PinExpired => ErrorKind::PinChangeRequired,
        Rv::PinIncorrect | Rv::PinInvalid | Rv::PinLenRange => ErrorKind::WrongPin { tries_left: None },
        Rv::PinLocked => ErrorKind::PinBlocked,
        Rv::SessionCount
        | Rv::SessionReadWriteSoExists
        | Rv::UserAnotherAlreadyLoggedIn
        | Rv::UserTooManyTypes => ErrorKind::Busy,
        Rv::SlotIdInvalid | Rv::TokenNotPresent => ErrorKind::NoCard,
        Rv::TokenNotRecognized => ErrorKind::UnknownCard,
        Rv::UserNotLoggedIn => ErrorKind::PinRequired,
        Rv::UserPinNotInitialized => ErrorKind::NotInitialized,
        _ => ErrorKind::CardFailed,
    }
}

/// `PinIncorrect` is `CKR_PIN_INCORRECT`, 0xA0.
#[allow(clippy::useless_conversion, reason = "CK_ULONG has 32 bits on Windows")]
fn name_and_number(value: RvError) -> (String, u64) {
    match value {
        RvError::VendorDefined(number) => ("CKR_VENDOR_DEFINED".to_owned(), u64::from(number)),
        RvError::UnknownErrorCode(number) => ("unknown CKR".to_owned(), u64::from(number)),
        value => {
            let mut name = "CKR".to_owned();
            for c in format!("{value:?}").chars() {
                if c.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(c.to_ascii_uppercase());
            }
            let number = NUMBERS
                .iter()
                .find(|(known, _)| *known == value)
                .map_or(0, |(_, number)| *number);
            (name, number)
        }
    }
}

fn loader_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// Return values of the functions used here (PKCS #11 v3.1 section 5.1 and pkcs11t.h).
const NUMBERS: &[(RvError, u64)] = {
    use RvError as Rv;
    &[
        (Rv::Cancel, 0x1),
        (Rv::HostMemory, 0x2),
        (Rv::SlotIdInvalid, 0x3),
        (Rv::GeneralError, 0x5),
        (Rv::FunctionFailed, 0x6),
        (Rv::ArgumentsBad, 0x7),
        (Rv::NoEvent, 0x8),
        (Rv::NeedToCreateThreads, 0x9),
        (Rv::CantLock, 0xA),
        (Rv::AttributeSensitive, 0x11),
        (Rv::AttributeTypeInvalid, 0x12),
        (Rv::AttributeValueInvalid, 0x13),
        (Rv::DataInvalid, 0x20),
        (Rv::DataLenRange, 0x21),
        (Rv::DeviceError, 0x30),
        (Rv::DeviceMemory, 0x31),
        (Rv::DeviceRemoved, 0x32),
        (Rv::FunctionCanceled, 0x50),
        (Rv::FunctionNotSupported, 0x54),
        (Rv::KeyHandleInvalid, 0x60),
        (Rv::KeySizeRange, 0x62),
        (Rv::KeyTypeInconsistent, 0x63),
        (Rv::KeyFunctionNotPermitted, 0x68),
        (Rv::MechanismInvalid, 0x70),
        (Rv::MechanismParamInvalid, 0x71),
        (Rv::ObjectHandleInvalid, 0x82),
        (Rv::OperationActive, 0x90),
        (Rv::OperationNotInitialized, 0x91),
        (Rv::PinIncorrect, 0xA0),
        (Rv::PinInvalid, 0xA1),
        (Rv::PinLenRange, 0xA2),
        (Rv::PinExpired, 0xA3),
        (Rv::PinLocked, 0xA4),
        (Rv::SessionClosed, 0xB0),
        (Rv::SessionCount, 0xB1),
        (Rv::SessionHandleInvalid, 0xB3),
        (Rv::SessionParallelNotSupported, 0xB4),
        (Rv::SessionReadOnly, 0xB5),
        (Rv::SessionReadOnlyExists, 0xB7),
        (Rv::SessionReadWriteSoExists, 0xB8),
        (Rv::TokenNotPresent, 0xE0),
        (Rv::TokenNotRecognized, 0xE1),
        (Rv::TokenWriteProtected, 0xE2),
        (Rv::UserAlreadyLoggedIn, 0x100),
        (Rv::UserNotLoggedIn, 0x101),
        (Rv::UserPinNotInitialized, 0x102),
        (Rv::UserTypeInvalid, 0x103),
        (Rv::UserAnotherAlreadyLoggedIn, 0x104),
        (Rv::UserTooManyTypes, 0x105),
        (Rv::DomainParamsInvalid, 0x130),
        (Rv::CurveNotSupported, 0x140),
        (Rv::BufferTooSmall, 0x150),
        (Rv::CryptokiNotInitialized, 0x190),
        (Rv::CryptokiAlreadyInitialized, 0x191),
        (Rv::MutexBad, 0x1A0),
        (Rv::FipsSelfTestFailed, 0x1B6),
        (Rv::LibraryLoadFailed, 0x1B7),
        (Rv::PinTooWeak, 0x1B8),
        (Rv::FunctionRejected, 0x200),
    ]
};

#[cfg(test)]
mod tests {
    use std::ffi::c_ulong;

    use cryptoki::error::Rv;

    use super::{NUMBERS, name_and_number};

    #[test]
    fn names_and_numbers_are_those_of_the_specification() {
        for (value, number) in NUMBERS {
            assert_eq!(rv(*number), Rv::Error(*value));
        }
        let of = |number: u64| match rv(number) {
            Rv::Error(value) => name_and_number(value),
            Rv::Ok => panic!("{number} is not an error"),
        };
        assert_eq!(of(0xA0), ("CKR_PIN_INCORRECT".to_owned(), 0xA0));
        assert_eq!(of(0xA2), ("CKR_PIN_LEN_RANGE".to_owned(), 0xA2));
        assert_eq!(of(0x8000_0001), ("CKR_VENDOR_DEFINED".to_owned(), 0x8000_0001));
        assert_eq!(of(0x7FFF), ("unknown CKR".to_owned(), 0x7FFF));
    }

    /// `CK_RV` has 32 bits on Windows and on 32-bit systems.
    #[allow(clippy::unnecessary_fallible_conversions, reason = "it has 64 bits on others")]
    fn rv(number: u64) -> Rv {
        Rv::from(c_ulong::try_from(number).unwrap())
    }
}
