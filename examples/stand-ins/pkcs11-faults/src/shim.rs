//! The module: the functions of PKCS#11, each of which first looks for its order.

#![allow(
    non_snake_case,
    reason = "the functions have their names from the specification"
)]

use std::env;
use std::ffi::c_void;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use cryptoki_sys::{
    CK_ATTRIBUTE, CK_BBOOL, CK_BYTE, CK_C_INITIALIZE_ARGS, CK_FLAGS, CK_FUNCTION_LIST,
    CK_FUNCTION_LIST_PTR_PTR, CK_MECHANISM, CK_MECHANISM_TYPE, CK_NOTIFY, CK_OBJECT_HANDLE, CK_RV,
    CK_SESSION_HANDLE, CK_SLOT_ID, CK_SLOT_INFO, CK_TOKEN_INFO, CK_ULONG, CK_USER_TYPE, CK_UTF8CHAR,
    CKA_LABEL, CKF_PROTECTED_AUTHENTICATION_PATH, CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_GENERAL_ERROR,
    CKR_OK,
};

use crate::bare;
use crate::order::{Fault, TextField};

pub(crate) const FOLDER: &str = "PKCS11_FAULTS";
pub(crate) const MODULE: &str = "PKCS11_FAULTS_MODULE";
pub(crate) const INITIALIZATIONS: &str = "initializations";
pub(crate) const LOG: &str = "calls";
pub(crate) const ORDER: &str = "order";

/// The only symbol of the module: the function list of the other module, with the functions of a sign-in replaced.
///
/// # Safety
///
/// As in the specification: `list` must point to memory for a pointer.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn C_GetFunctionList(list: CK_FUNCTION_LIST_PTR_PTR) -> CK_RV {
    static OURS: OnceLock<Option<Table>> = OnceLock::new();
    let ours = OURS.get_or_init(|| {
        let mut ours = *real()?;
        replace(&mut ours);
        Some(Table(Box::into_raw(Box::new(ours))))
    });
    match ours {
        // SAFETY: the caller passed memory for a pointer, and the table lives as long as the process.
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

/// The other module, loaded once and never unloaded; the built-in one if none is named.
fn real() -> Option<&'static CK_FUNCTION_LIST> {
    static REAL: OnceLock<Option<Table>> = OnceLock::new();
    let table = REAL.get_or_init(|| {
        let Some(path) = env::var_os(MODULE) else {
            return Some(Table(Box::into_raw(Box::new(bare::functions()))));
        };
        let mut list = std::ptr::null_mut();
        // SAFETY: a PKCS#11 module may be loaded, and its C_GetFunctionList has this type.
        unsafe {
            let library = Box::leak(Box::new(libloading::Library::new(path).ok()?));
            let function: libloading::Symbol<'_, unsafe extern "C" fn(CK_FUNCTION_LIST_PTR_PTR) -> CK_RV> =
                library.get(b"C_GetFunctionList\0").ok()?;
            (function(&raw mut list) == CKR_OK).then_some(Table(list))
        }
    });
    // SAFETY: the function list is valid while the module is loaded, which is never unloaded.
    table.as_ref().and_then(|table| unsafe { table.0.as_ref() })
}

/// Records a call, executes its order, and forwards it if the order does not replace it.
fn meet_order(function: &str, ask: impl FnOnce() -> CK_RV) -> CK_RV {
    match ordered(function) {
        Some(Fault::After(value)) => {
            ask();
            CK_RV::try_from(value).unwrap_or(CKR_GENERAL_ERROR)
        }
        Some(Fault::Answer(value)) => CK_RV::try_from(value).unwrap_or(CKR_GENERAL_ERROR),
        Some(Fault::Crash) => process::abort(),
        Some(Fault::Exit) => process::exit(0),
        Some(Fault::Hang) => loop {
            thread::park();
        },
        Some(Fault::Print) => {
            println!("printed by {function}");
            eprintln!("printed by {function}");
            ask()
        }
        Some(Fault::SegmentationFault) => {
            // SAFETY: none, intentionally: the process ends here as it does after the use of an invalid pointer.
            unsafe { std::ptr::null_mut::<u8>().write_volatile(0) };
            process::abort()
        }
        None => ask(),
    }
}

/// Records a call and returns its order.
fn ordered(function: &str) -> Option<Fault> {
    #[derive(Default)]
    struct Seen {
        orders: String,
        calls: usize,
    }
    static SEEN: Mutex<Option<Seen>> = Mutex::new(None);

    let orders = orders();
    let calls = {
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.get_or_insert_default();
        if seen.orders != orders {
            *seen = Seen {
                orders: orders.clone(),
                calls: 0,
            };
        }
        seen.calls += 1;
        seen.calls
    };
    note(LOG, function);
    lines(&orders).find_map(|line| match line.as_slice() {
        ["at", nth, fault] if nth.parse() == Ok(calls) => Fault::from_word(fault),
        ["each", name, fault] if *name == function => Fault::from_word(fault),
        _ => None,
    })
}

/// The orders of the test.
fn orders() -> String {
    let read = |folder| fs::read_to_string(PathBuf::from(folder).join(ORDER)).ok();
    env::var_os(FOLDER).and_then(read).unwrap_or_default()
}

/// The words of each order.
fn lines(orders: &str) -> impl Iterator<Item = Vec<&str>> {
    orders.lines().skip(1).map(|line| line.split('\t').collect())
}

fn note(file: &str, text: &str) {
    let open = |folder| {
        let path = PathBuf::from(folder).join(file);
        OpenOptions::new().create(true).append(true).open(path).ok()
    };
    if let Some(mut log) = env::var_os(FOLDER).and_then(open) {
        let _ = writeln!(log, "{text}");
    }
}

/// The PIN that is "typed on the token", if the token pretends to have a keypad.
fn pin_pad() -> Option<String> {
    lines(&orders()).find_map(|line| match line.as_slice() {
        ["pin-pad", pin] => Some((*pin).to_owned()),
        _ => None,
    })
}

/// Fills a field with the ordered bytes, padded with spaces.
fn set_text(orders: &str, field: TextField, place: &mut [u8]) {
    let digits = lines(orders).find_map(|line| match line.as_slice() {
        ["text", name, digits] if *name == field.word() => Some((*digits).to_owned()),
        _ => None,
    });
    if let Some(digits) = digits {
        place.fill(b' ');
        let bytes = digits
            .split(' ')
            .filter_map(|byte| u8::from_str_radix(byte, 16).ok());
        place
            .iter_mut()
            .zip(bytes)
            .for_each(|(place, byte)| *place = byte);
    }
}

/// Functions that are forwarded unless ordered otherwise.
macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            unsafe extern "C" fn $name($($argument: $type),*) -> CK_RV {
                meet_order(stringify!($name), || match real().and_then(|real| real.$name) {
                    // SAFETY: the caller follows the specification, and its arguments are passed on unchanged.
                    Some(function) => unsafe { function($($argument),*) },
                    None => CKR_GENERAL_ERROR,
                })
            }
        )*

        fn replace(list: &mut CK_FUNCTION_LIST) {
            $(list.$name = Some($name);)*
            list.C_GetAttributeValue = Some(C_GetAttributeValue);
            list.C_GetMechanismList = Some(C_GetMechanismList);
            list.C_GetSlotInfo = Some(C_GetSlotInfo);
            list.C_GetTokenInfo = Some(C_GetTokenInfo);
            list.C_Initialize = Some(C_Initialize);
            list.C_Login = Some(C_Login);
        }
    };
}

forward! {
    C_GetSlotList(present: CK_BBOOL, list: *mut CK_SLOT_ID, count: *mut CK_ULONG);
    C_OpenSession(slot: CK_SLOT_ID, flags: CK_FLAGS, application: *mut c_void, notify: CK_NOTIFY,
        session: *mut CK_SESSION_HANDLE);
    C_CloseSession(session: CK_SESSION_HANDLE);
    C_Logout(session: CK_SESSION_HANDLE);
    C_FindObjectsInit(session: CK_SESSION_HANDLE, template: *mut CK_ATTRIBUTE, count: CK_ULONG);
    C_FindObjects(session: CK_SESSION_HANDLE, objects: *mut CK_OBJECT_HANDLE, most: CK_ULONG, count: *mut CK_ULONG);
    C_FindObjectsFinal(session: CK_SESSION_HANDLE);
    C_SignInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE);
    C_Sign(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, length: CK_ULONG, signature: *mut CK_BYTE,
        signature_length: *mut CK_ULONG);
    C_SignUpdate(session: CK_SESSION_HANDLE, data: *mut CK_BYTE, length: CK_ULONG);
    C_SignFinal(session: CK_SESSION_HANDLE, signature: *mut CK_BYTE, length: *mut CK_ULONG);
    C_DecryptInit(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, key: CK_OBJECT_HANDLE);
    C_Decrypt(session: CK_SESSION_HANDLE, encrypted: *mut CK_BYTE, encrypted_length: CK_ULONG, data: *mut CK_BYTE,
        length: *mut CK_ULONG);
    C_GenerateKeyPair(session: CK_SESSION_HANDLE, mechanism: *mut CK_MECHANISM, public_template: *mut CK_ATTRIBUTE,
        public_count: CK_ULONG, private_template: *mut CK_ATTRIBUTE, private_count: CK_ULONG,
        public_key: *mut CK_OBJECT_HANDLE, private_key: *mut CK_OBJECT_HANDLE);
    C_DestroyObject(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE);
}

unsafe extern "C" fn C_Initialize(arguments: *mut c_void) -> CK_RV {
    // SAFETY: the caller passes NULL or the structure of the specification.
    let flags = unsafe { arguments.cast::<CK_C_INITIALIZE_ARGS>().as_ref() }.map(|arguments| arguments.flags);
    note(
        INITIALIZATIONS,
        &flags.map_or_else(|| "NULL".to_owned(), |flags| flags.to_string()),
    );
    match real().and_then(|real| real.C_Initialize) {
        // SAFETY: the arguments are passed on unchanged.
        Some(function) => unsafe { function(arguments) },
        None => CKR_GENERAL_ERROR,
    }
}

unsafe extern "C" fn C_GetMechanismList(
    slot: CK_SLOT_ID,
    list: *mut CK_MECHANISM_TYPE,
    count: *mut CK_ULONG,
) -> CK_RV {
    let Some(function) = real().and_then(|real| real.C_GetMechanismList) else {
        return CKR_GENERAL_ERROR;
    };
    let only = lines(&orders()).find_map(|line| match line.as_slice() {
        ["mechanisms", digits] => Some(
            digits
                .split(' ')
                .filter_map(|number| CK_MECHANISM_TYPE::from_str_radix(number, 16).ok())
                .collect::<Vec<_>>(),
        ),
        _ => None,
    });
    // SAFETY: the arguments are passed on unchanged.
    let forward = || unsafe { function(slot, list, count) };
    let Some(only) = only else {
        return meet_order("C_GetMechanismList", forward);
    };
    // SAFETY: the caller passes memory for the number, and for as many mechanisms as it states.
    meet_order("C_GetMechanismList", || unsafe {
        let room = *count;
        *count = CK_ULONG::try_from(only.len()).unwrap_or(0);
        if !list.is_null() {
            if room < *count {
                return CKR_BUFFER_TOO_SMALL;
            }
            list.copy_from_nonoverlapping(only.as_ptr(), only.len());
        }
        CKR_OK
    })
}

unsafe extern "C" fn C_GetSlotInfo(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO) -> CK_RV {
    let Some(function) = real().and_then(|real| real.C_GetSlotInfo) else {
        return CKR_GENERAL_ERROR;
    };
    // SAFETY: the arguments are passed on unchanged; after success the structure is filled.
    unsafe {
        let answer = meet_order("C_GetSlotInfo", || function(slot, info));
        if let (CKR_OK, Some(info)) = (answer, info.as_mut()) {
            set_text(&orders(), TextField::SlotDescription, &mut info.slotDescription);
        }
        answer
    }
}

unsafe extern "C" fn C_GetTokenInfo(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    let Some(function) = real().and_then(|real| real.C_GetTokenInfo) else {
        return CKR_GENERAL_ERROR;
    };
    // SAFETY: the arguments are passed on unchanged; after success the structure is filled.
    unsafe {
        let answer = meet_order("C_GetTokenInfo", || function(slot, info));
        if let (CKR_OK, Some(info)) = (answer, info.as_mut()) {
            change_token_info(&orders(), info);
        }
        answer
    }
}

fn change_token_info(orders: &str, info: &mut CK_TOKEN_INFO) {
    for line in lines(orders) {
        let number = |digits| CK_FLAGS::from_str_radix(digits, 16).unwrap_or(0);
        match line.as_slice() {
            ["clear", digits] => info.flags &= !number(digits),
            ["pin-lengths", shortest, longest] => {
                info.ulMinPinLen = number(shortest);
                info.ulMaxPinLen = number(longest);
            }
            ["pin-pad", _] => info.flags |= CKF_PROTECTED_AUTHENTICATION_PATH,
            ["set", digits] => info.flags |= number(digits),
            _ => {}
        }
    }
    set_text(orders, TextField::TokenLabel, &mut info.label);
    set_text(orders, TextField::TokenManufacturer, &mut info.manufacturerID);
    set_text(orders, TextField::TokenSerial, &mut info.serialNumber);
    set_text(orders, TextField::TokenTime, &mut info.utcTime);
}

unsafe extern "C" fn C_GetAttributeValue(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    let Some(function) = real().and_then(|real| real.C_GetAttributeValue) else {
        return CKR_GENERAL_ERROR;
    };
    for line in lines(&orders()) {
        let ["attribute", label, attribute, answer] = *line.as_slice() else {
            continue;
        };
        let number = |digits| CK_ULONG::from_str_radix(digits, 16).ok();
        // SAFETY: the caller passes as many attributes as it states.
        let asked = unsafe { std::slice::from_raw_parts(template, usize::try_from(count).unwrap_or(0)) };
        if asked.iter().any(|one| Some(one.type_) == number(attribute))
            && label_of(function, session, object) == label.as_bytes()
        {
            return number(answer).unwrap_or(CKR_GENERAL_ERROR);
        }
    }
    // SAFETY: the arguments are passed on unchanged.
    meet_order("C_GetAttributeValue", || unsafe {
        function(session, object, template, count)
    })
}

type GetAttributeValue =
    unsafe extern "C" fn(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, *mut CK_ATTRIBUTE, CK_ULONG) -> CK_RV;

fn label_of(function: GetAttributeValue, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Vec<u8> {
    let mut label = vec![0_u8; 256];
    let mut attribute = CK_ATTRIBUTE {
        type_: CKA_LABEL,
        pValue: label.as_mut_ptr().cast(),
        ulValueLen: label.len().try_into().unwrap_or(0),
    };
    // SAFETY: the attribute points to the memory of the label and states its length.
    let answer = unsafe { function(session, object, &raw mut attribute, 1) };
    label.truncate(usize::try_from(attribute.ulValueLen).unwrap_or(0));
    if answer == CKR_OK { label } else { Vec::new() }
}

unsafe extern "C" fn C_Login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    let Some(function) = real().and_then(|real| real.C_Login) else {
        return CKR_GENERAL_ERROR;
    };
    meet_order("C_Login", || match pin_pad() {
        Some(mut typed) if pin.is_null() => {
            let length = typed.len().try_into().unwrap_or(0);
            // SAFETY: the PIN lives until the function has returned.
            unsafe { function(session, user, typed.as_mut_ptr(), length) }
        }
        // SAFETY: the arguments are passed on unchanged.
        _ => unsafe { function(session, user, pin, length) },
    })
}
