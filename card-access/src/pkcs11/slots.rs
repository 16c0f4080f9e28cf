//! The slots of a module and what is in them.

use std::sync::Arc;

use cryptoki::error::RvError;
use cryptoki::slot::{Slot, SlotInfo, TokenInfo as Flags};

use super::{Module, fault, library::Library};
use crate::uri::{LibraryVersion, Pkcs11Uri};
use crate::{Backend, Error, Form, Interface, Listing, PinPad, PinStatus, TokenId, TokenInfo, Told};

/// A token as it was seen in its slot.
pub(super) struct Seen {
    pub(super) library: Arc<Library>,
    pub(super) slot: Slot,
    slot_info: SlotInfo,
    pub(super) flags: Flags,
}

/// Every token in the slots of a module that was set up. One that was not has nothing to sign in with, and some
/// modules always show one.
pub(super) fn tokens(library: &Arc<Library>) -> Result<Listing<Seen>, Error> {
    let slots = library
        .pkcs11
        .get_slots_with_token()
        .map_err(fault::at(library.module.name()))?;
    let mut listing = Listing::default();
    for slot in slots {
        match look(library, slot) {
            // Taken out between the two calls.
            Err(error) if fault::is(&error, RvError::TokenNotPresent) => {}
            Ok(seen) if !seen.flags.token_initialized() => {}
            seen => {
                let place = place(library, slot);
                listing.record(&place, seen.map_err(fault::at(&place)));
            }
        }
    }
    Ok(listing)
}

/// What is in one slot now.
pub(super) fn look(library: &Arc<Library>, slot: Slot) -> Result<Seen, cryptoki::error::Error> {
    Ok(Seen {
        library: Arc::clone(library),
        slot,
        slot_info: library.pkcs11.get_slot_info(slot)?,
        flags: library.pkcs11.get_token_info(slot)?,
    })
}

/// The module's path and its own number of the slot.
pub(super) fn place(library: &Library, slot: Slot) -> String {
    format!("{}{SLOT}{slot}", library.module.path().display())
}

const SLOT: &str = " slot ";

/// Whether a place is one of this module, and not of another whose path goes on after this one's.
pub(super) fn is_in(place: &str, module: &Module) -> bool {
    let rest = place.strip_prefix(&*module.path().to_string_lossy());
    rest.and_then(|rest| rest.strip_prefix(SLOT))
        .is_some_and(|slot| slot.parse::<u64>().is_ok())
}

impl Seen {
    pub(super) fn id(&self) -> TokenId {
        // Serial numbers alone don't do: there are tokens with none and with all zeros.
        let parts = [
            self.flags.manufacturer_id(),
            self.flags.model(),
            self.flags.serial_number(),
            self.flags.label(),
        ];
        TokenId::new(
            Backend::Pkcs11,
            place(&self.library, self.slot),
            parts.map(clean).join("/"),
        )
    }

    pub(super) fn info(&self) -> TokenInfo {
        let label = clean(self.flags.label());
        let name = if label.is_empty() {
            clean(self.flags.model())
        } else {
            label
        };
        let mut info = TokenInfo::new(self.id(), name);
        let serial = clean(self.flags.serial_number());
        info.serial = Some(serial).filter(|serial| serial.bytes().any(|digit| digit != b'0'));
        if self.slot_info.removable_device() {
            // Card modules describe the slot by the reader's name.
            info.reader = Some(clean(self.slot_info.slot_description()));
            info.form = Told::Guessed(Form::Card);
            info.interface = Told::Unknown;
        } else {
            // A TPM or software: nothing that could be taken out.
            info.form = Told::Guessed(Form::Virtual);
            info.interface = Told::Guessed(Interface::None);
        }
        if self.flags.protected_authentication_path() {
            info.pin_pad = PinPad::Present;
        }
        info
    }

    /// How the PIN stands, by the flags of `CK_TOKEN_INFO` (PKCS #11 v3.1 section 3.2), which cost no try.
    pub(super) fn pin_status(&self) -> PinStatus {
        let flags = &self.flags;
        if !flags.login_required() {
            PinStatus::NotNeeded
        } else if flags.user_pin_locked() {
            PinStatus::Blocked
        } else if flags.user_pin_final_try() {
            PinStatus::FinalTry
        } else if flags.user_pin_count_low() {
            PinStatus::Low
        } else {
            PinStatus::NotLow
        }
    }

    /// Whether this is the token that a URI names; what the URI says of objects is not looked at here.
    pub(super) fn matches(&self, uri: &Pkcs11Uri) -> bool {
        let text = |wanted: &Option<String>, found: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| wanted == clean(found) || wanted == found.trim_end())
        };
        uri.vendor_path.is_empty()
            && self.library.module.matches(uri)
            && text(&uri.token, self.flags.label())
            && text(&uri.manufacturer, self.flags.manufacturer_id())
            && text(&uri.model, self.flags.model())
            && text(&uri.serial, self.flags.serial_number())
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

    /// The URI that names this token.
    pub(super) fn uri(&self) -> Pkcs11Uri {
        Pkcs11Uri {
            model: Some(clean(self.flags.model())),
            manufacturer: Some(clean(self.flags.manufacturer_id())),
            serial: Some(clean(self.flags.serial_number())),
            token: Some(clean(self.flags.label())),
            ..Pkcs11Uri::default()
        }
    }
}

/// The fields are padded with blanks by the specification, and with NUL bytes by some modules all the same.
fn clean(field: &str) -> String {
    let end = field.find('\0').unwrap_or(field.len());
    field
        .get(..end)
        .unwrap_or(field)
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Module, is_in};

    #[test]
    fn a_place_belongs_to_one_module() {
        let module = Module::at("/lib/a.so");
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
