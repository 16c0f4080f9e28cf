//! `CK_TOKEN_INFO` (PKCS #11 v3.1 section 3.2), as far as it is used here.

use cryptoki::slot::TokenInfo as Parsed;

use crate::PinStatus;

/// Information about a token.
#[derive(Clone, Debug)]
pub(super) struct TokenData {
    pub(super) label: String,
    pub(super) manufacturer: String,
    pub(super) model: String,
    pub(super) serial: String,
    pub(super) token_initialized: bool,
    pub(super) login_required: bool,
    pub(super) has_pin_pad: bool,
    pub(super) pin_flags: PinFlags,
    pub(super) min_pin_length: usize,
    pub(super) max_pin_length: usize,
}

/// Flags of the user's PIN.
#[derive(Clone, Copy, Debug)]
pub(super) enum PinFlags {
    Known {
        initialized: bool,
        count_low: bool,
        final_try: bool,
        locked: bool,
        to_be_changed: bool,
    },
    /// The flags could not be read.
    Unknown,
}

impl TokenData {
    /// A token whose module's answer cannot be parsed, under a name known from elsewhere.
    pub(super) fn unknown(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            manufacturer: String::new(),
            model: String::new(),
            serial: String::new(),
            token_initialized: true,
            login_required: true,
            has_pin_pad: false,
            pin_flags: PinFlags::Unknown,
            min_pin_length: 0,
            max_pin_length: 0,
        }
    }

    /// State of the PIN according to the flags, which costs no try.
    pub(super) fn pin_status(&self) -> PinStatus {
        match self.pin_flags {
            _ if !self.login_required => PinStatus::NotNeeded,
            PinFlags::Known { locked: true, .. } => PinStatus::Blocked,
            PinFlags::Known { final_try: true, .. } => PinStatus::FinalTry,
            PinFlags::Known {
                to_be_changed: true, ..
            } => PinStatus::ChangeRequired,
            PinFlags::Known { count_low: true, .. } => PinStatus::Low,
            PinFlags::Known { .. } => PinStatus::NotLow,
            PinFlags::Unknown => PinStatus::Unknown,
        }
    }

    /// Whether there is a PIN that may protect a key, whether or not the token says that it is required.
    pub(super) fn requires_pin(&self) -> bool {
        self.login_required
            || matches!(
                self.pin_flags,
                PinFlags::Known {
                    initialized: true,
                    ..
                }
            )
    }

    pub(super) fn pin_must_be_changed(&self) -> bool {
        matches!(
            self.pin_flags,
            PinFlags::Known {
                to_be_changed: true,
                ..
            }
        )
    }
}

impl From<Parsed> for TokenData {
    fn from(info: Parsed) -> Self {
        Self {
            label: clean(info.label()),
            manufacturer: clean(info.manufacturer_id()),
            model: clean(info.model()),
            serial: clean(info.serial_number()),
            token_initialized: info.token_initialized(),
            login_required: info.login_required(),
            has_pin_pad: info.protected_authentication_path(),
            pin_flags: PinFlags::Known {
                initialized: info.user_pin_initialized(),
                count_low: info.user_pin_count_low(),
                final_try: info.user_pin_final_try(),
                locked: info.user_pin_locked(),
                to_be_changed: info.user_pin_to_be_changed(),
            },
            min_pin_length: info.min_pin_length(),
            max_pin_length: info.max_pin_length(),
        }
    }
}

/// Parses the structure itself where cryptoki refuses it: cryptoki fails for a whole token because of a clock that was never
/// set.
#[cfg(all(unix, not(target_vendor = "apple")))]
impl From<::pkcs11::types::CK_TOKEN_INFO> for TokenData {
    fn from(info: ::pkcs11::types::CK_TOKEN_INFO) -> Self {
        use ::pkcs11::types::{
            CKF_LOGIN_REQUIRED, CKF_PROTECTED_AUTHENTICATION_PATH, CKF_TOKEN_INITIALIZED,
            CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_INITIALIZED, CKF_USER_PIN_LOCKED,
            CKF_USER_PIN_TO_BE_CHANGED,
        };
        let has = |flag| info.flags & flag != 0;
        let text = |field: &[u8]| clean(&String::from_utf8_lossy(field));
        let length = |length| usize::try_from(length).unwrap_or(usize::MAX);
        Self {
            label: text(&info.label.0),
            manufacturer: text(&info.manufacturerID.0),
            model: text(&info.model.0),
            serial: text(&info.serialNumber.0),
            token_initialized: has(CKF_TOKEN_INITIALIZED),
            login_required: has(CKF_LOGIN_REQUIRED),
            has_pin_pad: has(CKF_PROTECTED_AUTHENTICATION_PATH),
            pin_flags: PinFlags::Known {
                initialized: has(CKF_USER_PIN_INITIALIZED),
                count_low: has(CKF_USER_PIN_COUNT_LOW),
                final_try: has(CKF_USER_PIN_FINAL_TRY),
                locked: has(CKF_USER_PIN_LOCKED),
                to_be_changed: has(CKF_USER_PIN_TO_BE_CHANGED),
            },
            min_pin_length: length(info.ulMinPinLen),
            max_pin_length: length(info.ulMaxPinLen),
        }
    }
}

/// The specification pads the fields with spaces; some modules use NUL bytes nevertheless.
pub(super) fn clean(field: &str) -> String {
    let end = field.find('\0').unwrap_or(field.len());
    field
        .get(..end)
        .unwrap_or(field)
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}
