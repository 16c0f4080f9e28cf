//! Certificates of a token that have a private key.

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use rustls_pki_types::CertificateDer;
use upn_resolver::certificate::Outline;

use super::objects::{Search, attribute, find, is_lost, readable, unless_lost};
use super::{fault, keys, text};
use crate::{Credential, Error, ErrorKind, Listing, Slot, packing};

/// Private keys that a session shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// All of them: no login is required, or a user is logged in.
    All,
    /// All of them according to the token's flags, which are wrong on some tokens: a missing key shows nothing.
    AllIfAny,
    /// Those that need no PIN; others become visible after a login.
    WithoutPin,
}

/// Lists the end-entity certificates whose private key is visible, or may be behind the PIN.
///
/// Where keys may be hidden, a certificate counts unless it is an authority's: a visible card authentication key shows nothing
/// about the one for signing in. An object that cannot be read is a problem of its own and hides no other.
///
/// # Errors
///
/// Fails only if the search is impossible, or the token is lost.
pub(super) fn credentials(session: &Session, shown: Keys) -> Result<Listing<Credential>, ModuleError> {
    let mut listing = Listing::default();
    let keys = match shown {
        // If the keys are unknown, each certificate may have one.
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
            // Modules that merge several sources list a certificate more than once.
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
        // A module that does not support a search by certificate type returns all of them; those other than X.509 fail to
        // parse.
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

/// Certificate of an object, with a display name. An object without a value (a certificate by reference, `CKA_URL`, or a
/// reserved place) has none.
fn certificate(
    session: &Session,
    handle: ObjectHandle,
    number: usize,
) -> Result<(String, Result<Option<Credential>, Error>), ModuleError> {
    // Each attribute is read separately, so that one that cannot be read does not affect the others.
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

/// Whether a certificate's value is empty, as in a reserved place, and not merely withheld.
fn is_empty(session: &Session, handle: ObjectHandle) -> Result<bool, ModuleError> {
    let info = session.get_attribute_info(handle, &[AttributeType::Value]);
    let info = info.map(Some).or_else(unless_lost)?;
    Ok(info.is_some_and(|info| matches!(info.as_slice(), [AttributeInfo::Available(0)])))
}

/// Whether a certificate is stored elsewhere, with only its address on the token.
fn is_by_reference(session: &Session, handle: ObjectHandle) -> Result<bool, ModuleError> {
    let url = attribute(session, handle, AttributeType::Url).or_else(unless_lost)?;
    Ok(matches!(url, Some(Attribute::Url(url)) if !url.is_empty()))
}

/// Whether a certificate is an authority's, as it states itself.
fn is_authority(der: &[u8]) -> bool {
    Outline::from_der(der).is_ok_and(|certificate| certificate.is_ca())
}
