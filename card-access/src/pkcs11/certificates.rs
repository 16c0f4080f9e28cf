//! Certificates on a token that belong to a private key.

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use rustls_pki_types::CertificateDer;
use upn_resolver::certificate::Outline;

use super::objects::{Search, attribute, find, is_lost, readable, unless_lost};
use super::{fault, keys, text};
use crate::{Credential, Error, ErrorKind, Listing, Slot, packing};

/// Which private keys a session shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// All: there is no login, or somebody is logged in.
    All,
    /// All by the token's flags, which are wrong on some tokens: that none is there says nothing.
    AllIfAny,
    /// Those that need no PIN; the others come to light with the login.
    WithoutPin,
}

/// Every end-entity certificate whose private key is there, or may be behind the PIN.
///
/// Where keys may be hidden, a certificate counts unless it is an authority's: that a card shows its key for doors says
/// nothing about the one for signing in. An object that can't be read is a problem of its own, and hides no other.
///
/// # Errors
///
/// Only where nothing could be looked for, or the token is lost.
pub(super) fn credentials(session: &Session, shown: Keys) -> Result<Listing<Credential>, ModuleError> {
    let mut listing = Listing::default();
    let keys = match shown {
        // Without knowing the keys, each certificate may have one.
        Keys::All => keys::complete(session).map_or_else(unless_lost, Ok)?,
        Keys::AllIfAny => {
            let keys = keys::complete(session).map_or_else(unless_lost, Ok)?;
            keys.filter(|keys| !keys.is_empty())
        }
        Keys::WithoutPin => None,
    };
    let has_no_key = |credential: &Credential| {
        keys.as_ref()
            .is_some_and(|keys| !keys.iter().any(|key| key.may_be_of(credential)))
    };
    let Search { handles, broken_off } = find_certificates(session)?;
    for (number, handle) in (1..).zip(handles) {
        let (place, result) = certificate(session, handle, number)?;
        match result {
            Ok(None) => {}
            Ok(Some(credential)) if has_no_key(&credential) => {}
            Ok(Some(credential)) if is_authority(credential.certificate()) => {}
            // Modules that merge several sources show one certificate twice.
            Ok(Some(credential)) if listing.found.contains(&credential) => {}
            Ok(Some(credential)) => listing.found.push(credential),
            Err(error) => listing.record(place, Err(error)),
        }
    }
    if let Some(error) = broken_off {
        listing.record(text::MORE_OBJECTS, Err(fault::at(text::MORE_OBJECTS)(error)));
    }
    Ok(listing)
}

fn find_certificates(session: &Session) -> Result<Search, ModuleError> {
    let certificate = Attribute::Class(ObjectClass::CERTIFICATE);
    let x509 = Attribute::CertificateType(CertificateType::X_509);
    match find(session, &[certificate.clone(), x509]) {
        // A module that takes no type of certificate for a search shows all of them; others than X.509 don't parse.
        Err(ModuleError::Pkcs11(
            RvError::AttributeTypeInvalid
            | RvError::AttributeValueInvalid
            | RvError::TemplateInconsistent
            | RvError::TemplateIncomplete,
            _,
        )) => find(session, &[certificate]),
        other => other,
    }
}

/// The certificate of an object, under the object's name for a user. An object without a value (a certificate by
/// reference, `CKA_URL`, or a reserved place) has none.
fn certificate(
    session: &Session,
    handle: ObjectHandle,
    number: usize,
) -> Result<(String, Result<Option<Credential>, Error>), ModuleError> {
    // Each is asked for alone, so that one that can't be read takes no other along.
    let id = match attribute(session, handle, AttributeType::Id).or_else(unless_lost)? {
        Some(Attribute::Id(id)) => id,
        _ => Vec::new(),
    };
    let label = match attribute(session, handle, AttributeType::Label).or_else(unless_lost)? {
        Some(Attribute::Label(label)) => readable(&label),
        _ => String::new(),
    };
    let slot = Slot::Object(id);
    let place = match (&slot, label.as_str()) {
        (Slot::Object(id), "") if id.is_empty() => format!("certificate {number}"),
        (slot, "") => slot.to_string(),
        (slot, label) => format!("{slot} ({label})"),
    };
    let value = match attribute(session, handle, AttributeType::Value) {
        Err(error) if is_lost(&error) => return Err(error),
        Err(error) => Err(fault::at(&place)(error)),
        Ok(Some(Attribute::Value(value))) if !value.is_empty() => Ok(Some(value)),
        Ok(Some(_)) if is_empty(session, handle)? => Ok(None),
        Ok(None) if is_by_reference(session, handle)? => Ok(None),
        Ok(_) => Err(Error::from(ErrorKind::AccessDenied)),
    };
    let malformed = || Error::from(ErrorKind::Malformed { what: "certificate" });
    let credential = value.and_then(|value| {
        let Some(value) = value else { return Ok(None) };
        let der = packing::unpack(&value).ok_or_else(malformed)?;
        Credential::new(slot, label, CertificateDer::from(der)).map(Some)
    });
    Ok((
        place.clone(),
        credential.map_err(|error| error.with_location(place)),
    ))
}

/// Whether a certificate's value is empty, as in a reserved place, and not only kept back.
fn is_empty(session: &Session, handle: ObjectHandle) -> Result<bool, ModuleError> {
    let info = session.get_attribute_info(handle, &[AttributeType::Value]);
    let info = info.map(Some).or_else(unless_lost)?;
    Ok(info.is_some_and(|info| matches!(info.as_slice(), [AttributeInfo::Available(0)])))
}

/// Whether a certificate is elsewhere, and only its address is on the token.
fn is_by_reference(session: &Session, handle: ObjectHandle) -> Result<bool, ModuleError> {
    let url = attribute(session, handle, AttributeType::Url).or_else(unless_lost)?;
    Ok(matches!(url, Some(Attribute::Url(url)) if !url.is_empty()))
}

/// Whether a certificate says that it is an authority's.
fn is_authority(der: &[u8]) -> bool {
    Outline::from_der(der).is_ok_and(|certificate| certificate.is_ca())
}
