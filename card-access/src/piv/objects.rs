//! Data objects: SP 800-73-5 part 1 section 3 and appendix A.

use rustls_pki_types::CertificateDer;

use super::{
    APPLICATION,
    apdu::{Answer, Channel, Command, Response},
    pin::Reference,
};
use crate::{
    Credential, Error, ErrorKind, Interface, PivSlot, Slot, packing,
    slot::Hex,
    tlv::{self, Reader},
};

const GET_DATA: u8 = 0xcb;
const TAG_LIST: u32 = 0x5c;
const DATA: u32 = 0x53;

/// A FASC-N has 25 bytes, a GUID 16.
const MAX_IDENTIFIER: usize = 32;

/// Tag of an object (SP 800-73-5 part 1 table 3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(u32);

impl Tag {
    pub(super) const CAPABILITY_CONTAINER: Self = Self(0x5f_c107);
    pub(super) const CHUID: Self = Self(0x5f_c102);
    const DISCOVERY: Self = Self(0x7e);

    fn list(self) -> Vec<u8> {
        let mut name = Vec::with_capacity(3);
        name.extend(self.0.to_be_bytes().into_iter().skip_while(|byte| *byte == 0));
        let mut list = Vec::with_capacity(5);
        tlv::push(&mut list, TAG_LIST, &name);
        list
    }

    /// Certificate of a slot.
    pub(super) fn certificate(slot: PivSlot) -> Self {
        Self(match slot {
            PivSlot::Authentication => 0x5f_c105,
            PivSlot::Signature => 0x5f_c10a,
            PivSlot::KeyManagement => 0x5f_c10b,
            PivSlot::CardAuthentication => 0x5f_c101,
            // 82 to 95 are 5FC10D to 5FC120.
            PivSlot::Retired(_) => 0x5f_c10d + u32::from(slot.key_reference()) - 0x82,
        })
    }
}

/// Content of an object; `None` if the card has no such object or an empty one.
pub(super) fn read(
    card: &mut Channel<'_>,
    tag: Tag,
    interface: Option<Interface>,
) -> Result<Option<Vec<u8>>, Error> {
    let first = card.begin(get_data(&tag.list()))?;
    let response = card.finish(first)?;
    content(response, interface)
}

/// Content of an optional object. One that cannot be read counts as absent.
pub(super) fn read_optional(card: &mut Channel<'_>, tag: Tag) -> Result<Option<Vec<u8>>, Error> {
    read(card, tag, None).or_else(unless_final)
}

/// `None`, unless the card itself is lost.
pub(super) fn unless_final<R>(error: Error) -> Result<Option<R>, Error> {
    if error.is_final() { Err(error) } else { Ok(None) }
}

/// Certificate object, as read.
pub(super) struct CertificateObject {
    /// With its tag.
    pub(super) bytes: Vec<u8>,
    /// Whether only its first part was read.
    pub(super) recalled: bool,
}

impl CertificateObject {
    /// Reads the object of a slot; `None` if the slot is empty. If `recall` knows the object that begins with the first part of the
    /// answer, the other parts are not fetched.
    pub(super) fn read(
        card: &mut Channel<'_>,
        slot: PivSlot,
        recall: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
        interface: Option<Interface>,
    ) -> Result<Option<Self>, Error> {
        let first = card.begin(get_data(&Tag::certificate(slot).list()))?;
        if first.status.bytes_available().is_some() {
            if let Some(bytes) = recall(&first.data) {
                return Ok(Some(Self {
                    bytes,
                    recalled: true,
                }));
            }
        }
        let bytes = answer(card.finish(first)?, interface)?;
        Ok(bytes.map(|bytes| Self {
            bytes,
            recalled: false,
        }))
    }
}

/// Credential of a certificate object with its tag.
pub(super) fn credential(slot: PivSlot, label: String, object: &[u8]) -> Result<Credential, Error> {
    let content = inside(object)?.ok_or(ErrorKind::NoCredential)?;
    Credential::new(Slot::Piv(slot), label, certificate(content)?)
}

fn content(response: Response, interface: Option<Interface>) -> Result<Option<Vec<u8>>, Error> {
    let Some(object) = answer(response, interface)? else {
        return Ok(None);
    };
    Ok(inside(&object)?.map(<[u8]>::to_vec))
}

/// Answer with an object. Cards report an empty object as absent, as `9000` without data, or as `53` that is empty or contains only
/// fill bytes.
fn answer(response: Response, interface: Option<Interface>) -> Result<Option<Vec<u8>>, Error> {
    if response.status.is_absent() {
        return Ok(None);
    }
    let answer = response.data(|status| status.read_error(interface))?;
    Ok(Some(answer).filter(|answer| !is_fill(answer)))
}

/// Inside of an object; `None` if it is empty.
fn inside(object: &[u8]) -> Result<Option<&[u8]>, Error> {
    let content = Reader::new(object)
        .expect(DATA)
        .ok_or(ErrorKind::Malformed { what: "data object" })?;
    Ok(Some(content).filter(|content| !is_fill(content)))
}

/// Whether there is nothing but the bytes with which cards fill unused memory.
fn is_fill(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, 0x00 | 0xff))
}

/// PIN that the discovery object names first (SP 800-73-5 part 1 section 3.3.2); `None` if there is no such object, or another
/// application than PIV is selected.
pub(super) fn discover(card: &mut Channel<'_>) -> Result<Option<Reference>, Error> {
    const APPLICATION_IDENTIFIER: u32 = 0x4f;
    const PIN_USAGE_POLICY: u32 = 0x5f2f;
    const GLOBAL_PIN: u8 = 0x20;
    const GLOBAL_PIN_FIRST: u8 = 0x20;
    let Some(response) = card
        .send(get_data(&Tag::DISCOVERY.list()))
        .map(Some)
        .or_else(unless_final)?
    else {
        return Ok(None);
    };
    // This is the only object that is not inside 53.
    let object = Reader::new(&response.data)
        .expect(Tag::DISCOVERY.0)
        .filter(|_| response.status.is_success());
    let application = object.and_then(|object| tlv::find(object, APPLICATION_IDENTIFIER));
    Ok(
        match (
            application,
            object.and_then(|object| tlv::find(object, PIN_USAGE_POLICY)),
        ) {
            (Some(found), _) if !found.starts_with(&APPLICATION) => None,
            (Some(_), Some([usage, GLOBAL_PIN_FIRST])) if usage & GLOBAL_PIN != 0 => Some(Reference::Global),
            (Some(_), _) => Some(Reference::Application),
            (None, _) => None,
        },
    )
}

/// GET DATA (SP 800-73-5 part 2 section 3.1.2)
fn get_data(tag_list: &[u8]) -> Command<'_> {
    Command {
        instruction: GET_DATA,
        p1: 0x3f,
        p2: 0xff,
        data: tag_list,
        answer: Answer::Data,
    }
}

/// Certificate inside its object (SP 800-73-5 part 1 appendix A table 16 and section 3.1.3).
pub(super) fn certificate(object: &[u8]) -> Result<CertificateDer<'static>, Error> {
    const CERTIFICATE: u32 = 0x70;
    let malformed = || {
        Error::from(ErrorKind::Malformed {
            what: "certificate object",
        })
    };
    let mut reader = Reader::new(object);
    let bytes = loop {
        match reader.next() {
            Some((CERTIFICATE, bytes)) => break bytes,
            Some(_) => {}
            // Some cards keep the other fields of a deleted certificate.
            None if is_fill(reader.rest()) => return Err(ErrorKind::NoCredential.into()),
            None => return Err(malformed()),
        }
    };
    if is_fill(bytes) {
        return Err(ErrorKind::NoCredential.into());
    }
    packing::unpack(bytes)
        .map(CertificateDer::from)
        .ok_or_else(malformed)
}

/// Cardholder unique identifier (SP 800-73-5 part 1 section 3.1.2). Its signature is not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chuid {
    fasc_n: Option<Vec<u8>>,
    guid: Option<Vec<u8>>,
    expiration_date: Option<String>,
}

impl Chuid {
    pub(super) fn parse(object: &[u8]) -> Self {
        // An identifier of zeros identifies nothing, and one longer than any defined identifier is invalid.
        let identifier = |tag| {
            tlv::find(object, tag)
                .filter(|value| value.len() <= MAX_IDENTIFIER && value.iter().any(|byte| *byte != 0))
        };
        let date =
            tlv::find(object, 0x35).filter(|date| date.len() == 8 && date.iter().all(u8::is_ascii_digit));
        Self {
            fasc_n: identifier(0x30).map(<[u8]>::to_vec),
            guid: identifier(0x34).map(<[u8]>::to_vec),
            expiration_date: date.map(|date| date.iter().copied().map(char::from).collect()),
        }
    }

    /// Federal Agency Smart Credential Number, as encoded.
    #[must_use]
    pub fn fasc_n(&self) -> Option<&[u8]> {
        self.fasc_n.as_deref()
    }

    /// UUID of the card.
    #[must_use]
    pub fn guid(&self) -> Option<&[u8]> {
        self.guid.as_deref()
    }

    /// Expiration date of the card, as `YYYYMMDD`.
    #[must_use]
    pub fn expiration_date(&self) -> Option<&str> {
        self.expiration_date.as_deref()
    }

    /// Identity of the card: the GUID, or else the FASC-N, in hexadecimal.
    pub(super) fn identity(&self) -> Option<String> {
        self.guid().or(self.fasc_n()).map(|bytes| Hex(bytes).to_string())
    }
}
