//! Slots of a module, and the tokens in them.

use std::sync::Arc;

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::slot::{Slot, SlotInfo};

use super::library::{Library, lock};
use super::token_data::{PinFlags, TokenData, clean};
use super::{Module, fault};
use crate::uri::{LibraryVersion, Pkcs11Uri};
use crate::{Backend, Confidence, Error, Interface, Listing, PinPad, TokenId, TokenInfo, TokenKind};

/// Token, with its slot.
pub(super) struct Seen {
    pub(super) library: Arc<Library>,
    pub(super) slot: Slot,
    slot_info: SlotInfo,
    pub(super) data: TokenData,
}

/// Tokens in the slots of a module. One that is not initialized cannot be used to sign in, and some modules always show one, so
/// it is left out.
pub(super) fn tokens(library: &Arc<Library>) -> Result<Listing<Seen>, Error> {
    let mut listing = Listing::default();
    for slot in with_token(library)? {
        match look(library, slot) {
            Ok(seen) if seen.was_set_up() => listing.found.push(seen),
            Ok(_) => {}
            // The token was removed between the two calls.
            Err(error) if fault::is(&error, RvError::TokenNotPresent) && is_empty(library, slot) => {}
            Err(error) => listing.record(
                reader(library, slot),
                Err(fault::at(&place(library, slot))(error)),
            ),
        }
    }
    Ok(listing)
}

/// Token in one slot, by the slot's place.
pub(super) fn token(library: &Arc<Library>, wanted: &str) -> Result<Option<Seen>, Error> {
    let slots = with_token(library)?;
    let Some(slot) = slots.into_iter().find(|slot| place(library, *slot) == wanted) else {
        return Ok(None);
    };
    look(library, slot).map(Some).map_err(fault::at(wanted))
}

fn with_token(library: &Library) -> Result<Vec<Slot>, Error> {
    library
        .pkcs11
        .get_slots_with_token()
        .map_err(fault::at(library.module.name()))
}

/// Present content of one slot.
pub(super) fn look(library: &Arc<Library>, slot: Slot) -> Result<Seen, ModuleError> {
    let slot_info = library.pkcs11.get_slot_info(slot)?;
    let data = library.token_data(slot, || reader_of(&slot_info))?;
    Ok(Seen {
        library: Arc::clone(library),
        slot,
        slot_info,
        data,
    })
}

fn is_empty(library: &Library, slot: Slot) -> bool {
    let info = library.pkcs11.get_slot_info(slot);
    info.is_ok_and(|info| !info.token_present())
}

/// Display name of a slot: that of its reader, or else its place.
fn reader(library: &Library, slot: Slot) -> String {
    let info = library.pkcs11.get_slot_info(slot);
    let name = info.map(|info| reader_of(&info)).unwrap_or_default();
    if name.is_empty() {
        place(library, slot)
    } else {
        name
    }
}

/// Card modules use the reader's name as the slot's description.
fn reader_of(info: &SlotInfo) -> String {
    clean(info.slot_description())
}

/// Path of the module, and its number of the slot.
pub(super) fn place(library: &Library, slot: Slot) -> String {
    format!("{}{SLOT}{slot}", library.module.path().display())
}

const SLOT: &str = " slot ";

/// Whether a place is this module's, and not that of another module whose path begins with this one's.
pub(super) fn is_in(place: &str, module: &Module) -> bool {
    let rest = place.strip_prefix(&*module.path().to_string_lossy());
    rest.and_then(|rest| rest.strip_prefix(SLOT))
        .is_some_and(|slot| slot.parse::<u64>().is_ok())
}

impl Seen {
    pub(super) fn id(&self) -> TokenId {
        let TokenData {
            manufacturer,
            model,
            serial,
            label,
            ..
        } = &self.data;
        // Serial numbers are not enough: some tokens have none, or all zeros.
        let identity = format!("{manufacturer}/{model}/{serial}/{label}");
        TokenId::new(Backend::Pkcs11, place(&self.library, self.slot), identity)
    }

    pub(super) fn info(&self) -> TokenInfo {
        let data = &self.data;
        let name = if data.label.is_empty() {
            &data.model
        } else {
            &data.label
        };
        let mut info = TokenInfo::new(self.id(), name);
        let has_number = data.serial.bytes().any(|digit| digit != b'0');
        info.serial = has_number.then(|| data.serial.clone());
        if self.slot_info.removable_device() {
            info.reader = Some(reader_of(&self.slot_info));
            info.kind = Confidence::Inferred(TokenKind::Card);
            info.interface = Confidence::Unknown;
        } else {
            // A TPM or software: nothing that can be removed.
            info.kind = Confidence::Inferred(TokenKind::Virtual);
            info.interface = Confidence::Inferred(Interface::None);
        }
        if data.has_pin_pad {
            info.pin_pad = PinPad::Present;
        }
        info
    }

    /// Whether the token can contain something to sign in with. Not every module sets the flag for that, so a token with a PIN
    /// or a certificate counts too.
    fn was_set_up(&self) -> bool {
        let has_pin = matches!(
            self.data.pin_flags,
            PinFlags::Known {
                initialized: true,
                ..
            }
        );
        self.data.token_initialized || has_pin || self.has_certificate()
    }

    fn has_certificate(&self) -> bool {
        let gate = self.library.gate(self.slot);
        let _held = lock(&gate);
        let Ok(session) = self.library.pkcs11.open_ro_session(self.slot) else {
            return false;
        };
        let template = [Attribute::Class(ObjectClass::CERTIFICATE)];
        let mut found = session.iter_objects(&template).into_iter().flatten();
        found.next().is_some_and(|object| object.is_ok())
    }

    /// Whether a URI names this token; attributes of objects are not compared here.
    pub(super) fn matches(&self, uri: &Pkcs11Uri) -> bool {
        let text = |wanted: &Option<String>, found: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| wanted == clean(found) || wanted == found.trim_end())
        };
        uri.vendor_path.is_empty()
            && self.library.module.matches(uri)
            && text(&uri.token, &self.data.label)
            && text(&uri.manufacturer, &self.data.manufacturer)
            && text(&uri.model, &self.data.model)
            && text(&uri.serial, &self.data.serial)
            && text(&uri.slot_description, self.slot_info.slot_description())
            && text(&uri.slot_manufacturer, self.slot_info.manufacturer_id())
            && uri.slot_id.is_none_or(|id| id == self.slot.id())
            && self.library_matches(uri)
    }

    fn library_matches(&self, uri: &Pkcs11Uri) -> bool {
        if uri.library_description.is_none()
            && uri.library_manufacturer.is_none()
            && uri.library_version.is_none()
        {
            return true;
        }
        let Ok(library) = self.library.pkcs11.get_library_info() else {
            return false;
        };
        let version = library.library_version();
        let version = LibraryVersion {
            major: version.major(),
            minor: version.minor(),
        };
        let text = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == clean(found))
        };
        text(&uri.library_description, library.library_description())
            && text(&uri.library_manufacturer, library.manufacturer_id())
            && uri.library_version.is_none_or(|wanted| wanted == version)
    }

    /// URI of this token.
    pub(super) fn uri(&self) -> Pkcs11Uri {
        Pkcs11Uri {
            model: Some(self.data.model.clone()),
            manufacturer: Some(self.data.manufacturer.clone()),
            serial: Some(self.data.serial.clone()),
            token: Some(self.data.label.clone()),
            ..Pkcs11Uri::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Module, is_in};

    #[test]
    fn a_place_belongs_to_one_module() {
        let module = Module::new("/lib/a.so");
        assert!(is_in("/lib/a.so slot 0", &module));
        for other in [
            "/lib/a.so.2 slot 0",
            "/lib/a.so",
            "/lib/a.so slot x",
            "/lib/b.so slot 0",
            "/lib/a.so slot 0 slot 1",
        ] {
            assert!(!is_in(other, &module), "{other}");
        }
    }
}
