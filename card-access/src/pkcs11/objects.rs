//! Objects of a token: search, and attributes.

use std::num::NonZeroUsize;

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::Session;

/// Result of a search.
pub(super) struct Search {
    pub(super) handles: Vec<ObjectHandle>,
    /// Error that ended the search early.
    pub(super) broken_off: Option<ModuleError>,
}

/// Searches for objects.
///
/// They are read one by one, because a failing call loses what it has found.
pub(super) fn find(session: &Session, template: &[Attribute]) -> Result<Search, ModuleError> {
    let mut handles = Vec::new();
    let mut broken_off = None;
    for object in session.iter_objects_with_cache_size(template, NonZeroUsize::MIN)? {
        match object {
            // The module may not remember that it has returned the last one.
            _ if handles.len() >= MAX_OBJECTS => break,
            Ok(handle) => handles.push(handle),
            Err(error) if is_lost(&error) => return Err(error),
            Err(error) => broken_off = Some(error),
        }
    }
    Ok(Search { handles, broken_off })
}

/// Maximum number of objects of one class: more than any token has.
const MAX_OBJECTS: usize = 1000;

/// Attribute, if the object has it. A value unknown to the specification counts as absent, so that one vendor's key type hides
/// no other key.
pub(super) fn attribute(
    session: &Session,
    handle: ObjectHandle,
    wanted: AttributeType,
) -> Result<Option<Attribute>, ModuleError> {
    match session.get_attributes(handle, &[wanted]) {
        Err(error @ ModuleError::Pkcs11(..)) => Err(error),
        Err(_) => Ok(None),
        Ok(mut found) => Ok(found.pop()),
    }
}

/// `None`, unless the token itself is lost: any other error concerns one object.
pub(super) fn unless_lost<T>(error: ModuleError) -> Result<Option<T>, ModuleError> {
    if is_lost(&error) { Err(error) } else { Ok(None) }
}

pub(super) fn is_lost(error: &ModuleError) -> bool {
    use RvError::{
        CryptokiNotInitialized, DeviceRemoved, SessionClosed, SessionHandleInvalid, TokenNotPresent,
    };
    let ModuleError::Pkcs11(value, _) = error else {
        return false;
    };
    matches!(
        value,
        CryptokiNotInitialized | DeviceRemoved | SessionClosed | SessionHandleInvalid | TokenNotPresent
    )
}

/// Label, which is UTF-8 by the specification (RFC 2279), and something else in some old tokens.
pub(super) fn readable(label: &[u8]) -> String {
    String::from_utf8_lossy(label)
        .trim_matches(['\0', ' '])
        .to_owned()
}
