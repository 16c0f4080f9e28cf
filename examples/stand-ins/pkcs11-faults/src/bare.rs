//! A module with one empty token, for systems where no other module runs: [PKCS #11 v2.40](https://docs.oasis-open.org/pkcs11/pkcs11-base/v2.40/pkcs11-base-v2.40.html).

#![allow(
    non_snake_case,
    reason = "the functions have their names from the specification"
)]

use std::ffi::c_void;

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_BBOOL, CK_FLAGS, CK_FUNCTION_LIST, CK_INFO, CK_NOTIFY, CK_OBJECT_HANDLE, CK_RV,
    CK_SESSION_HANDLE, CK_SLOT_ID, CK_SLOT_INFO, CK_TOKEN_INFO, CK_ULONG, CK_VERSION, CKF_REMOVABLE_DEVICE,
    CKF_TOKEN_INITIALIZED, CKF_TOKEN_PRESENT, CKF_USER_PIN_INITIALIZED, CKR_ARGUMENTS_BAD,
    CKR_BUFFER_TOO_SMALL, CKR_OK, CKR_SLOT_ID_INVALID,
};

const VERSION: CK_VERSION = CK_VERSION { major: 2, minor: 40 };

/// The only slot.
const SLOT: CK_SLOT_ID = 7;

/// The label of the token.
pub(crate) const LABEL: &str = "Bare token";

/// The functions of this module, without `C_GetFunctionList`.
pub(crate) fn functions() -> CK_FUNCTION_LIST {
    CK_FUNCTION_LIST {
        version: VERSION,
        C_Initialize: Some(C_Initialize),
        C_Finalize: Some(C_Initialize),
        C_GetInfo: Some(C_GetInfo),
        C_GetSlotList: Some(C_GetSlotList),
        C_GetSlotInfo: Some(C_GetSlotInfo),
        C_GetTokenInfo: Some(C_GetTokenInfo),
        C_OpenSession: Some(C_OpenSession),
        C_CloseSession: Some(C_CloseSession),
        C_FindObjectsInit: Some(C_FindObjectsInit),
        C_FindObjects: Some(C_FindObjects),
        C_FindObjectsFinal: Some(C_CloseSession),
        ..CK_FUNCTION_LIST::default()
    }
}

unsafe extern "C" fn C_Initialize(_: *mut c_void) -> CK_RV {
    CKR_OK
}

unsafe extern "C" fn C_GetInfo(info: *mut CK_INFO) -> CK_RV {
    let content = CK_INFO {
        cryptokiVersion: VERSION,
        manufacturerID: padded("examples"),
        libraryDescription: padded("bare module"),
        libraryVersion: VERSION,
        ..CK_INFO::default()
    };
    // SAFETY: the caller passes memory for the structure.
    unsafe { answer(info, content) }
}

unsafe extern "C" fn C_GetSlotList(_: CK_BBOOL, list: *mut CK_SLOT_ID, count: *mut CK_ULONG) -> CK_RV {
    if !list.is_null() {
        // SAFETY: the caller states the size of its list.
        if unsafe { count.read_unaligned() } < 1 {
            return CKR_BUFFER_TOO_SMALL;
        }
        // SAFETY: the list has room for one slot.
        unsafe { list.write_unaligned(SLOT) };
    }
    // SAFETY: the caller passes memory for the number.
    unsafe { answer(count, 1) }
}

unsafe extern "C" fn C_GetSlotInfo(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO) -> CK_RV {
    let content = CK_SLOT_INFO {
        slotDescription: padded("Bare slot"),
        manufacturerID: padded("examples"),
        flags: CKF_TOKEN_PRESENT | CKF_REMOVABLE_DEVICE,
        hardwareVersion: VERSION,
        firmwareVersion: VERSION,
    };
    // SAFETY: the caller passes memory for the structure.
    if slot == SLOT {
        unsafe { answer(info, content) }
    } else {
        CKR_SLOT_ID_INVALID
    }
}

unsafe extern "C" fn C_GetTokenInfo(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    let content = CK_TOKEN_INFO {
        label: padded(LABEL),
        manufacturerID: padded("examples"),
        model: padded("bare"),
        serialNumber: padded("0123456789"),
        flags: CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED,
        ulMaxPinLen: 8,
        ulMinPinLen: 4,
        hardwareVersion: VERSION,
        firmwareVersion: VERSION,
        utcTime: padded(""),
        ..CK_TOKEN_INFO::default()
    };
    // SAFETY: the caller passes memory for the structure.
    if slot == SLOT {
        unsafe { answer(info, content) }
    } else {
        CKR_SLOT_ID_INVALID
    }
}

unsafe extern "C" fn C_OpenSession(
    _: CK_SLOT_ID,
    _: CK_FLAGS,
    _: *mut c_void,
    _: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    // SAFETY: the caller passes memory for the number.
    unsafe { answer(session, 1) }
}

unsafe extern "C" fn C_CloseSession(_: CK_SESSION_HANDLE) -> CK_RV {
    CKR_OK
}

unsafe extern "C" fn C_FindObjectsInit(_: CK_SESSION_HANDLE, _: *mut CK_ATTRIBUTE, _: CK_ULONG) -> CK_RV {
    CKR_OK
}

unsafe extern "C" fn C_FindObjects(
    _: CK_SESSION_HANDLE,
    _: *mut CK_OBJECT_HANDLE,
    _: CK_ULONG,
    count: *mut CK_ULONG,
) -> CK_RV {
    // SAFETY: the caller passes memory for the number.
    unsafe { answer(count, 0) }
}

/// Text fields are padded with spaces.
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [b' '; N];
    field
        .iter_mut()
        .zip(text.bytes())
        .for_each(|(place, byte)| *place = byte);
    field
}

/// # Safety
///
/// `to` is null or points to memory for a value.
unsafe fn answer<T>(to: *mut T, value: T) -> CK_RV {
    if to.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    // SAFETY: see above. On Windows the structures are packed.
    unsafe { to.write_unaligned(value) };
    CKR_OK
}
