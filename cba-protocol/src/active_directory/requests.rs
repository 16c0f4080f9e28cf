//! Requests to the KDC (RFC 4120 section 5.4.1).

use core::slice;

use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::asn1::{application, explicit, fields, general_string, octet_string};
use super::encryption::{Key, usage};
use super::names::PrincipalName;
use super::replies::{Credential, VERSION};
use super::time::{at, to_der};
use crate::der::{bits, element, integer, sequence};

/// Lifetime that is asked for, in seconds. The KDC's policy cuts it: ten hours are the default of a domain.
const LIFETIME: u64 = 10 * 3600;

/// Numbers of the messages (RFC 4120 section 5.10), which are also those of their tags.
const AS_REQ: u8 = 10;
const TGS_REQ: u8 = 12;
const AP_REQ: u8 = 14;

/// PA-TGS-REQ and PA-PK-AS-REQ (RFC 4120 section 7.5.2, RFC 4556 section 3.1.3).
const PA_TGS_REQ: i64 = 1;
const PA_PK_AS_REQ: i64 = 16;

/// `KDCOptions` (RFC 4120 section 5.4.1): forwardable and canonicalize, and for tickets to oneself enc-tkt-in-skey.
const OPTIONS: [u8; 4] = [0x40, 1, 0, 0];
const OPTIONS_TO_ONESELF: [u8; 4] = [0x40, 1, 0, 8];

/// What makes one request different from another.
pub(super) struct Moment {
    pub(super) now: UnixTime,
    pub(super) microseconds: i64,
    pub(super) nonce: i64,
    pub(super) confounder: [u8; 16],
}

/// KDC-REQ-BODY of the request for a ticket-granting ticket.
pub(super) fn as_body(name: &str, realm: &str, moment: &Moment) -> Vec<u8> {
    let service = PrincipalName::krbtgt(realm);
    body(Some(&PrincipalName::user(name)), realm, &service, None, moment)
}

/// AS-REQ with the signed request of PKINIT.
pub(super) fn as_request(body: &[u8], pk_as_req: &[u8]) -> Vec<u8> {
    request(AS_REQ, PA_PK_AS_REQ, pk_as_req, body)
}

/// TGS-REQ for a service. Without one, it is for a user-to-user ticket of the client (section 3.7).
pub(super) fn tgs_request(tgt: &Credential, realm: &str, service: Option<&str>, moment: &Moment) -> Vec<u8> {
    let key = &tgt.part.key;
    let body = match service {
        Some(service) => body(None, realm, &PrincipalName::service(service), None, moment),
        None => body(None, realm, &tgt.client.as_principal(), Some(tgt), moment),
    };
    let sum = key.checksum(usage::TGS_REQUEST_BODY, &body);
    // Authenticator (section 5.5.1), with a Checksum (section 5.2.9)
    let authenticator = fields! {
        0: integer(VERSION), 1: general_string(&tgt.client_realm), 2: tgt.client.to_der(),
        3: fields! { 0: integer(key.checksum_type()), 1: octet_string(&sum) },
        4: integer(moment.microseconds), 5: to_der(moment.now),
    };
    let authenticator = Zeroizing::new(element(application(2), &authenticator));
    let cipher = key.encrypt(usage::TGS_AUTHENTICATOR, &moment.confounder, &authenticator);
    // AP-REQ (section 5.5.1), with EncryptedData (section 5.2.9)
    let ap_request = fields! {
        0: integer(VERSION), 1: integer(AP_REQ.into()), 2: bits(&[0; 4]), 3: tgt.ticket.clone(),
        4: fields! { 0: integer(key.encryption_type()), 2: octet_string(&cipher) },
    };
    let ap_request = element(application(AP_REQ), &ap_request);
    request(TGS_REQ, PA_TGS_REQ, &ap_request, &body)
}

/// KDC-REQ-BODY. AES-256 alone is asked for, so that no KDC can choose RC4 or DES for the session key.
fn body(
    client: Option<&PrincipalName>,
    realm: &str,
    service: &PrincipalName,
    to_oneself: Option<&Credential>,
    moment: &Moment,
) -> Vec<u8> {
    let (options, tickets) = match to_oneself {
        Some(tgt) => (OPTIONS_TO_ONESELF, sequence(slice::from_ref(&tgt.ticket))),
        None => (OPTIONS, Vec::new()),
    };
    fields! {
        0: bits(&options), 1: client.map(PrincipalName::to_der).unwrap_or_default(), 2: general_string(realm),
        3: service.to_der(), 5: to_der(at(moment.now.as_secs() + LIFETIME)), 7: integer(moment.nonce),
        8: sequence(&[integer(Key::AES256)]), 11: tickets,
    }
}

/// KDC-REQ with one PA-DATA (section 5.2.7).
fn request(number: u8, padata: i64, value: &[u8], body: &[u8]) -> Vec<u8> {
    let padata = fields! { 1: integer(padata), 2: octet_string(value) };
    let request = fields! {
        1: integer(VERSION), 2: integer(number.into()), 3: sequence(&[padata]), 4: body,
    };
    element(application(number), &request)
}
