//! Errors of PC/SC.

use pcsc::Error as Pcsc;

use crate::{Error, ErrorKind};

/// Error with its name in `winscard.h` and its number.
pub(super) fn failure(error: Pcsc) -> Error {
    let (kind, name) = match error {
        Pcsc::Cancelled => (ErrorKind::Cancelled, "SCARD_E_CANCELLED"),
        Pcsc::CommError => (ErrorKind::NoService, "SCARD_F_COMM_ERROR"),
        Pcsc::InvalidHandle => (ErrorKind::NoService, "SCARD_E_INVALID_HANDLE"),
        Pcsc::NoAccess => (ErrorKind::NotAuthorized, "SCARD_E_NO_ACCESS"),
        Pcsc::NoReadersAvailable => (ErrorKind::NoReader, "SCARD_E_NO_READERS_AVAILABLE"),
        Pcsc::NoService => (ErrorKind::NoService, "SCARD_E_NO_SERVICE"),
        Pcsc::NoSmartcard => (ErrorKind::NoCard, "SCARD_E_NO_SMARTCARD"),
        Pcsc::NotTransacted => (ErrorKind::CardFailed, "SCARD_E_NOT_TRANSACTED"),
        Pcsc::ReaderUnavailable => (ErrorKind::NoReader, "SCARD_E_READER_UNAVAILABLE"),
        Pcsc::RemovedCard => (ErrorKind::Removed, "SCARD_W_REMOVED_CARD"),
        Pcsc::ResetCard => (ErrorKind::CardReset, "SCARD_W_RESET_CARD"),
        Pcsc::SecurityViolation => (ErrorKind::NotAuthorized, "SCARD_W_SECURITY_VIOLATION"),
        Pcsc::ServiceStopped => (ErrorKind::NoService, "SCARD_E_SERVICE_STOPPED"),
        Pcsc::SharingViolation => (ErrorKind::Busy, "SCARD_E_SHARING_VIOLATION"),
        Pcsc::Timeout => (ErrorKind::TimedOut, "SCARD_E_TIMEOUT"),
        Pcsc::UnknownReader => (ErrorKind::NoReader, "SCARD_E_UNKNOWN_READER"),
        Pcsc::UnpoweredCard => (ErrorKind::NoCard, "SCARD_W_UNPOWERED_CARD"),
        Pcsc::UnresponsiveCard => (ErrorKind::NoCard, "SCARD_W_UNRESPONSIVE_CARD"),
        other => {
            return Error::from(ErrorKind::CardFailed).with_vendor_code(format!("{other:?}"), number(other));
        }
    };
    Error::from(kind).with_vendor_code(name, number(error))
}

fn number(error: Pcsc) -> u64 {
    u64::from(error as u32)
}

#[cfg(test)]
mod tests {
    use pcsc::Error as Pcsc;

    use super::failure;
    use crate::Responsible;

    #[test]
    fn each_trouble_with_the_service_has_its_own_code_and_the_services_own_name() {
        for (error, code, name, number) in [
            // pcscd's answer if polkit refuses the user.
            (
                Pcsc::SecurityViolation,
                "card/not-authorized",
                "SCARD_W_SECURITY_VIOLATION",
                0x8010_006A,
            ),
            (
                Pcsc::NoAccess,
                "card/not-authorized",
                "SCARD_E_NO_ACCESS",
                0x8010_0027,
            ),
            (
                Pcsc::NoService,
                "card/no-service",
                "SCARD_E_NO_SERVICE",
                0x8010_001D,
            ),
            (
                Pcsc::NoReadersAvailable,
                "card/no-reader",
                "SCARD_E_NO_READERS_AVAILABLE",
                0x8010_002E,
            ),
        ] {
            let error = failure(error);
            assert_eq!(error.code(), code);
            let vendor = error.vendor_code().unwrap();
            assert_eq!((&*vendor.name, vendor.number), (name, number));
        }
        let refused = failure(Pcsc::SecurityViolation);
        assert_eq!(refused.responsible(), Responsible::Administrator);
        let word = if cfg!(windows) { "certutil" } else { "polkit" };
        assert!(refused.hint().contains(word), "{}", refused.hint());
    }
}
