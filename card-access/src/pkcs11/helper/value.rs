//! Values of this crate in a frame.

use std::ffi::OsString;
#[cfg(unix)]
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
#[cfg(windows)]
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;

use super::kind;
use super::wire::{Reader, Writer};
use crate::{
    Backend, Confidence, Credential, Error, Hash, Interface, KeyPolicy, Listing, PinPad, PinPolicy,
    PinStatus, Problem, Scheme, Slot, TokenId, TokenInfo, TokenKind,
};

#[cfg(unix)]
pub(super) fn put_path(to: &mut Writer, path: &Path) {
    to.bytes(path.as_os_str().as_bytes());
}

#[cfg(unix)]
pub(super) fn take_path(from: &mut Reader<'_>) -> Option<PathBuf> {
    Some(OsString::from_vec(from.bytes()?.to_vec()).into())
}

/// A path of Windows is a sequence of 16-bit units.
#[cfg(windows)]
pub(super) fn put_path(to: &mut Writer, path: &Path) {
    let units = path.as_os_str().encode_wide();
    to.bytes(&units.flat_map(u16::to_be_bytes).collect::<Vec<_>>());
}

#[cfg(windows)]
pub(super) fn take_path(from: &mut Reader<'_>) -> Option<PathBuf> {
    let units = from.bytes()?.chunks_exact(2);
    let units: Vec<_> = units.map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
    Some(OsString::from_wide(&units).into())
}

pub(super) fn put_id(to: &mut Writer, id: &TokenId) {
    to.text(id.place());
    to.list(id.identity().into_iter(), Writer::text);
}

pub(super) fn take_id(from: &mut Reader<'_>) -> Option<TokenId> {
    let place = from.text()?;
    Some(match from.list(Reader::text)?.pop() {
        Some(identity) => TokenId::new(Backend::Pkcs11, place, identity),
        None => TokenId::any_at(Backend::Pkcs11, place),
    })
}

pub(super) fn put_info(to: &mut Writer, info: &TokenInfo) {
    put_id(to, &info.id);
    to.text(&info.name);
    to.list(info.reader.iter(), |to, reader| to.text(reader));
    to.list(info.serial.iter(), |to, serial| to.text(serial));
    put_confidence(to, info.kind, &FORMS);
    put_confidence(to, info.interface, &INTERFACES);
    to.byte((info.pin_pad == PinPad::Present).into());
}

pub(super) fn take_info(from: &mut Reader<'_>) -> Option<TokenInfo> {
    let id = take_id(from)?;
    let mut info = TokenInfo::new(id, from.text()?);
    info.reader = from.list(Reader::text)?.pop().map(str::to_owned);
    info.serial = from.list(Reader::text)?.pop().map(str::to_owned);
    info.kind = take_confidence(from, &FORMS)?;
    info.interface = take_confidence(from, &INTERFACES)?;
    if from.byte()? != 0 {
        info.pin_pad = PinPad::Present;
    }
    Some(info)
}

pub(super) fn put_credential(to: &mut Writer, credential: &Credential) {
    match credential.slot() {
        Slot::Object(id) => to.bytes(id),
        Slot::Piv(_) => to.bytes(&[]),
    }
    to.text(credential.label());
    to.bytes(credential.certificate());
}

pub(super) fn take_credential(from: &mut Reader<'_>) -> Option<Credential> {
    let slot = Slot::Object(from.bytes()?.to_vec());
    let label = from.text()?;
    Credential::new(slot, label, CertificateDer::from(from.bytes()?.to_vec())).ok()
}

pub(super) fn put_listing<T>(to: &mut Writer, listing: &Listing<T>, put: impl Fn(&mut Writer, &T)) {
    to.list(listing.found.iter(), put);
    to.list(listing.problems.iter(), |to, problem| {
        to.text(&problem.place);
        put_error(to, &problem.error);
    });
}

pub(super) fn take_listing<T>(
    from: &mut Reader<'_>,
    take: impl Fn(&mut Reader<'_>) -> Option<T>,
) -> Option<Listing<T>> {
    let found = from.list(take)?;
    let problems = from.list(|from| {
        Some(Problem {
            place: from.text()?.to_owned(),
            error: take_error(from)?,
        })
    })?;
    Some(Listing { found, problems })
}

pub(super) fn put_scheme(to: &mut Writer, scheme: Scheme) {
    put_one_of(to, &scheme, &SCHEMES);
}

pub(super) fn take_scheme(from: &mut Reader<'_>) -> Option<Scheme> {
    take_one_of(from, &SCHEMES)
}

pub(super) fn put_pin_status(to: &mut Writer, status: PinStatus) {
    to.text(status.code());
    to.byte(status.tries_left().unwrap_or(0));
}

pub(super) fn take_pin_status(from: &mut Reader<'_>) -> Option<PinStatus> {
    let (code, tries) = (from.text()?, from.byte()?);
    PIN_STATUSES
        .into_iter()
        .chain([PinStatus::TriesLeft(tries)])
        .find(|status| status.code() == code)
}

/// A module does not report a touch policy.
pub(super) fn put_policy(to: &mut Writer, policy: KeyPolicy) {
    put_confidence(to, policy.pin, &PIN_USES);
}

pub(super) fn take_policy(from: &mut Reader<'_>) -> Option<KeyPolicy> {
    Some(KeyPolicy::new(
        take_confidence(from, &PIN_USES)?,
        Confidence::Unknown,
    ))
}

pub(super) fn put_error(to: &mut Writer, error: &Error) {
    kind::put(to, error.kind());
    to.list(error.location().into_iter(), Writer::text);
    to.list(error.vendor_code().into_iter(), |to, vendor| {
        to.text(&vendor.name);
        to.number(vendor.number);
    });
    to.list(error.detail().into_iter(), Writer::text);
}

pub(super) fn take_error(from: &mut Reader<'_>) -> Option<Error> {
    let mut error = Error::from(kind::take(from)?);
    if let Some(place) = from.list(Reader::text)?.pop() {
        error = error.with_location(place);
    }
    if let Some((name, number)) = from
        .list(|from| Some((from.text()?.to_owned(), from.number()?)))?
        .pop()
    {
        error = error.with_vendor_code(name, number);
    }
    if let Some(detail) = from.list(Reader::text)?.pop() {
        error = error.with_detail(detail.to_owned());
    }
    Some(error)
}

fn put_confidence<T: Copy + PartialEq>(to: &mut Writer, confidence: Confidence<T>, all: &[T]) {
    match confidence {
        Confidence::Inferred(value) => {
            to.byte(b'g');
            put_one_of(to, &value, all);
        }
        Confidence::Reported(value) => {
            to.byte(b'k');
            put_one_of(to, &value, all);
        }
        Confidence::Unknown => to.byte(b'u'),
    }
}

fn take_confidence<T: Clone>(from: &mut Reader<'_>, all: &[T]) -> Option<Confidence<T>> {
    Some(match from.byte()? {
        b'g' => Confidence::Inferred(take_one_of(from, all)?),
        b'k' => Confidence::Reported(take_one_of(from, all)?),
        _ => Confidence::Unknown,
    })
}

/// Value by its index in a list. One that is not in it becomes the last one, which is the most general.
pub(super) fn put_one_of<T: PartialEq>(to: &mut Writer, value: &T, all: &[T]) {
    let place = all
        .iter()
        .position(|known| known == value)
        .unwrap_or(all.len().saturating_sub(1));
    to.byte(u8::try_from(place).unwrap_or(u8::MAX));
}

pub(super) fn take_one_of<T: Clone>(from: &mut Reader<'_>, all: &[T]) -> Option<T> {
    all.get(usize::from(from.byte()?)).cloned()
}

const FORMS: [TokenKind; 4] = [
    TokenKind::Card,
    TokenKind::OnDevice,
    TokenKind::SecurityKey,
    TokenKind::Virtual,
];

const INTERFACES: [Interface; 3] = [Interface::Contact, Interface::Contactless, Interface::None];

/// Those without a number.
const PIN_STATUSES: [PinStatus; 9] = [
    PinStatus::Blocked,
    PinStatus::ChangeRequired,
    PinStatus::FinalTry,
    PinStatus::Low,
    PinStatus::NotLow,
    PinStatus::NotNeeded,
    PinStatus::Unknown,
    PinStatus::Unlimited,
    PinStatus::Verified,
];

const PIN_USES: [PinPolicy; 3] = [PinPolicy::EveryUse, PinPolicy::Never, PinPolicy::Once];

const SCHEMES: [Scheme; 12] = {
    use Hash::{Sha256, Sha384, Sha512};
    [
        Scheme::EcdsaDer(Sha256),
        Scheme::EcdsaDer(Sha384),
        Scheme::EcdsaDer(Sha512),
        Scheme::EcdsaRaw(Sha256),
        Scheme::EcdsaRaw(Sha384),
        Scheme::EcdsaRaw(Sha512),
        Scheme::RsaPkcs1(Sha256),
        Scheme::RsaPkcs1(Sha384),
        Scheme::RsaPkcs1(Sha512),
        Scheme::RsaPss(Sha256),
        Scheme::RsaPss(Sha384),
        Scheme::RsaPss(Sha512),
    ]
};
