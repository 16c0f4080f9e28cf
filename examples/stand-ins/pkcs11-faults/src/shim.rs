//! The module: PKCS#11's functions, each of which looks for its order first.

#![allow(
    non_snake_case,
    reason = "the functions have their names from the specification"
)]

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_BBOOL, CK_BYTE, CK_FLAGS, CK_FUNCTION_LIST, CK_FUNCTION_LIST_PTR_PTR, CK_MECHANISM,
    CK_MECHANISM_TYPE, CK_NOTIFY, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_SLOT_INFO,
    CK_TOKEN_INFO, CK_ULONG, CK_USER_TYPE, CK_UTF8CHAR, CKF_PROTECTED_AUTHENTICATION_PATH, CKR_ARGUMENTS_BAD,
    CKR_GENERAL_ERROR, CKR_OK,
};

pub(crate) const FOLDER: &str = "PKCS11_FAULTS";
pub(crate) const MODULE: &str = "PKCS11_FAULTS_MODULE";
pub(crate) const LOG: &str = "calls";
pub(crate) const ORDER: &str = "order";

/// The module's only symbol: the other module's functions, with those of a sign-in replaced.
///
/// # Safety
///
/// As the specification says: `list` must point to where a pointer can be put.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn C_GetFunctionList(list: CK_FUNCTION_LIST_PTR_PTR) -> CK_RV {
    static OURS: OnceLock<Option<Table>> = OnceLock::new();
    let ours = OURS.get_or_init(|| {
        let mut ours = *real()?;
        replace(&mut ours);
        Some(Table(Box::into_raw(Box::new(ours))))
    });
    match ours {
        // SAFETY: the caller gave a place for a pointer, and the table lives as long as the process.
        Some(table) if !list.is_null() => unsafe {
            *list = table.0;
            CKR_OK
        },
        Some(_) => CKR_ARGUMENTS_BAD,
        None => CKR_GENERAL_ERROR,
    }
}

struct Table(*mut CK_FUNCTION_LIST);

// SAFETY: the table is written once, before it is shared.
unsafe impl Send for Table {}
// SAFETY: as above.
unsafe impl Sync for Table {}

/// The other module, loaded once and for good.
fn real() -> Option<&'static CK_FUNCTION_LIST> {
    static REAL: OnceLock<Option<Table>> = OnceLock::new();
    let table = REAL.get_or_init(|| {
        let path = env::var_os(MODULE)?;
        let mut list = std::ptr::null_mut();
        // SAFETY: a PKCS#11 module may be loaded, and its C_GetFunctionList has this type.
        unsafe {
            let library = Box::leak(Box::new(libloading::Library::new(path).ok()?));
            let function: libloading::Symbol<'_, unsafe extern "C" fn(CK_FUNCTION_LIST_PTR_PTR) -> CK_RV> =
                library.get(b"C_GetFunctionList\0").ok()?;
            (function(&raw mut list) == CKR_OK).then_some(Table(list))
        }
    });
    // SAFETY: the module keeps its list for as long as it is loaded, which is for good.
    table.as_ref().and_then(|table| unsafe { table.0.as_ref() })
}

/// Notes a call, and does what is ordered for it. `Some` is what the caller gets instead of the other module's answer.
fn meet_order(function: &str) -> Option<CK_RV> {
    #[derive(Default)]
    struct Seen {
        order: String,
        calls: usize,
    }
    static SEEN: Mutex<Option<Seen>> = Mutex::new(None);

    let folder = PathBuf::from(env::var_os(FOLDER)?);
    let order = fs::read_to_string(folder.join(ORDER)).unwrap_or_default();
    let calls = {
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.get_or_insert_default();
        if seen.order != order {
            *seen = Seen {
                order: order.clone(),
                calls: 0,
            };
        }
        seen.calls += 1;
        seen.calls
    };
    if let Ok(mut log) = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(LOG))
    {
        let _ = writeln!(log, "{function}");
    }
    match order.split(' ').skip(1).collect::<Vec<_>>().as_slice() {
        [nth, fault @ ..] if nth.parse() == Ok(calls) => match fault {
            ["answer", value] => CK_RV::from_str_radix(value, 16).ok(),
            ["crash"] => process::abort(),
            ["hang"] => loop {
                thread::park();
            },
            _ => None,
        },
        _ => None,
    }
}

/// The PIN that is "typed on the token", if the token is to have keys for it.
fn pin_pad() -> Option<String> {
    let order = fs::read_to_string(PathBuf::from(env::var_os(FOLDER)?).join(ORDER)).ok()?;
    order.split_once(" pin-pad ").map(|(_, pin)| pin.to_owned())
}

/// Functions that are forwarded unless something else is ordered.
macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            unsafe extern "C" fn $name($($argument: $type),*) -> CK_RV {
                if let Some(answer) = meet_order(stringify!($name)) {
                    return answer;
                }
                match real().and_then(|real| real.$name) {
                    // SAFETY: the caller keeps to the specification, and its arguments are handed on as they are.
                    Some(function) => unsafe { function($($argument),*) },
                    None => CKR_GENERAL_ERROR,
                }
            }
        )*

        fn replace(list: &mut CK_FUNCTION_LIST) {
            $(list.$name = Some($name);)*
            list.C_GetTokenInfo = Some(C_GetTokenInfo);
            list.C_Login = Some(C_Login);
        }
    };
}

forward! {
    C_GetSlotList(present: CK_BBOOL, list: *mut CK_SLOT_ID, count: *mut CK_ULONG);
    C_GetSlotInfo(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO);
    C_GetMechanismList(slot: CK_SLOT_ID, list: *mut CK_MECHANISM_TYPE, count: *mut CK_ULONG);
    C_OpenSession(slot: CK_SLOT_ID, flags: CK_FLAGS, application: *mut std::ffi::c_void, notify: CK_NOTIFY,
        session: *mut CK_SESSION_HANDLE);
    C_CloseSession(session: CK_SESSION_HANDLE);
    C_Logout(session: CK_SESSION_HANDLE);
    C_FindObjectsInit(session: CK_SESSION_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG);
    C_FindObjects(session: CK_SESSION_HANDLE, objects: *mut CK_OBJECT_HANDLE, most: CK_ULONG, count: *mut CK_ULONG);
    C_FindObjectsFinal(session: CK_SESSION_HANDLE);
    C_GetAttributeValue(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: *mut CK_ATTRIBUTE,
        count: CK_ULONG);
    C_SignInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE);
    C_Sign(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, length: CK_ULONG, signature: *mut CK_BYTE,
        signature_length: *mut CK_ULONG);
    C_SignUpdate(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, length: CK_ULONG);
    C_SignFinal(session: CK_SESSION_HANDLE, signature: *mut CK_BYTE, length: *mut CK_ULONG);
}

unsafe extern "C" fn C_GetTokenInfo(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    if let Some(answer) = meet_order("C_GetTokenInfo") {
        return answer;
    }
    let Some(function) = real().and_then(|real| real.C_GetTokenInfo) else {
        return CKR_GENERAL_ERROR;
    };
    // SAFETY: the arguments are handed on as they are; after success the structure is filled in.
    unsafe {
        let answer = function(slot, info);
        if answer == CKR_OK && pin_pad().is_some() {
            (*info).flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
        }
        answer
    }
}

unsafe extern "C" fn C_Login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    if let Some(answer) = meet_order("C_Login") {
        return answer;
    }
    let Some(function) = real().and_then(|real| real.C_Login) else {
        return CKR_GENERAL_ERROR;
    };
    match pin_pad() {
        Some(mut typed) if pin.is_null() => {
            let length = typed.len().try_into().unwrap_or(0);
            // SAFETY: the PIN lives until the function has returned.
            unsafe { function(session, user, typed.as_mut_ptr(), length) }
        }
        // SAFETY: the arguments are handed on as they are.
        _ => unsafe { function(session, user, pin, length) },
    }
}
