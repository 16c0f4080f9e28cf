//! Messages of Kerberos (RFC 4120 section 5): requests to the KDC and its answers.

use zeroize::Zeroizing;

use super::der::{self, Reader};
use super::encryption::{Key, usage};
use super::names::{PrincipalName, string};
use super::time;

/// Lifetime that is asked for, in seconds. The KDC's policy cuts it: ten hours are the default of a domain.
const LIFETIME: u64 = 10 * 3600;

/// PA-TGS-REQ, PA-PK-AS-REQ and PA-PK-AS-REP (RFC 4120 section 7.5.2, RFC 4556 section 3.1.3).
const PA_TGS_REQ: u32 = 1;
pub(super) const PA_PK_AS_REQ: u32 = 16;
pub(super) const PA_PK_AS_REP: i64 = 17;

/// `KDCOptions` (RFC 4120 section 5.4.1): forwardable, canonicalize, enc-tkt-in-skey.
const FORWARDABLE: [u8; 4] = [0x40, 0, 0, 0];
const CANONICALIZE: [u8; 4] = [0, 1, 0, 0];
const ENC_TKT_IN_SKEY: [u8; 4] = [0, 0, 0, 8];

/// KDC-REQ-BODY of the request for a ticket-granting ticket.
pub(super) fn as_body(client: &PrincipalName, realm: &str, now: u64, nonce: u32) -> Vec<u8> {
    der::sequence(&[
        der::explicit(0, &options(&[FORWARDABLE, CANONICALIZE])),
        der::explicit(1, &client.to_der()),
        der::explicit(2, &der::general_string(realm)),
        der::explicit(3, &PrincipalName::krbtgt(realm).to_der()),
        der::explicit(5, &time::write(now + LIFETIME)),
        der::explicit(7, &der::integer(nonce)),
        der::explicit(8, &encryption_types()),
    ])
}

/// AS-REQ with one element of pre-authentication data.
pub(super) fn as_request(body: &[u8], padata: &[u8]) -> Vec<u8> {
    let padata = der::sequence(&[pa_data(PA_PK_AS_REQ, padata)]);
    der::element(der::application(10), &kdc_request(10, &padata, body))
}

/// A ticket that the client holds, with its session key.
pub(super) struct Credential {
    pub(super) client: PrincipalName,
    pub(super) client_realm: String,
    pub(super) service: PrincipalName,
    pub(super) service_realm: String,
    pub(super) key: Key,
    /// The `Ticket`, as received.
    pub(super) ticket: Vec<u8>,
    pub(super) flags: [u8; 4],
    pub(super) auth_time: u64,
    pub(super) start_time: u64,
    pub(super) end_time: u64,
    pub(super) renew_till: u64,
}

/// What makes one request different from another.
pub(super) struct Moment {
    pub(super) now: u64,
    pub(super) microseconds: u32,
    pub(super) nonce: u32,
    pub(super) confounder: [u8; 16],
}

/// TGS-REQ (RFC 4120 section 5.4.1) for a service, or, with `to_oneself`, a user-to-user ticket (section 3.7).
pub(super) fn tgs_request(
    tgt: &Credential,
    realm: &str,
    service: &PrincipalName,
    to_oneself: bool,
    moment: &Moment,
) -> Vec<u8> {
    let user_to_user = if to_oneself { ENC_TKT_IN_SKEY } else { [0; 4] };
    let mut body = vec![
        der::explicit(0, &options(&[FORWARDABLE, CANONICALIZE, user_to_user])),
        der::explicit(2, &der::general_string(realm)),
        der::explicit(3, &service.to_der()),
        der::explicit(5, &time::write(moment.now + LIFETIME)),
        der::explicit(7, &der::integer(moment.nonce)),
        der::explicit(8, &encryption_types()),
    ];
    if to_oneself {
        body.push(der::explicit(11, &der::element(der::SEQUENCE, &tgt.ticket)));
    }
    let body = der::sequence(&body);
    let checksum = der::sequence(&[
        der::explicit(0, &number(tgt.key.checksum_type())),
        der::explicit(1, &der::octets(&tgt.key.checksum(usage::TGS_REQUEST_BODY, &body))),
    ]);
    let authenticator = der::sequence(&[
        der::explicit(0, &der::integer(5)),
        der::explicit(1, &der::general_string(&tgt.client_realm)),
        der::explicit(2, &tgt.client.to_der()),
        der::explicit(3, &checksum),
        der::explicit(4, &der::integer(moment.microseconds)),
        der::explicit(5, &time::write(moment.now)),
    ]);
    let authenticator = Zeroizing::new(der::element(der::application(2), &authenticator));
    let sealed = tgt
        .key
        .encrypt(usage::TGS_AUTHENTICATOR, &moment.confounder, &authenticator);
    let sealed = der::sequence(&[
        der::explicit(0, &number(tgt.key.encryption_type())),
        der::explicit(2, &der::octets(&sealed)),
    ]);
    let ap_request = der::sequence(&[
        der::explicit(0, &der::integer(5)),
        der::explicit(1, &der::integer(14)),
        der::explicit(2, &der::bits(&[0; 4])),
        der::explicit(3, &tgt.ticket),
        der::explicit(4, &sealed),
    ]);
    let padata = der::sequence(&[pa_data(
        PA_TGS_REQ,
        &der::element(der::application(14), &ap_request),
    )]);
    der::element(der::application(12), &kdc_request(12, &padata, &body))
}

fn kdc_request(kind: u32, padata: &[u8], body: &[u8]) -> Vec<u8> {
    der::sequence(&[
        der::explicit(1, &der::integer(5)),
        der::explicit(2, &der::integer(kind)),
        der::explicit(3, padata),
        der::explicit(4, body),
    ])
}

fn pa_data(kind: u32, value: &[u8]) -> Vec<u8> {
    der::sequence(&[
        der::explicit(1, &der::integer(kind)),
        der::explicit(2, &der::octets(value)),
    ])
}

fn options(options: &[[u8; 4]]) -> Vec<u8> {
    let mut all = [0; 4];
    for option in options {
        for (to, from) in all.iter_mut().zip(option) {
            *to |= from;
        }
    }
    der::bits(&all)
}

/// AES alone. RC4 and DES are not asked for, so that no KDC can choose them for the session key.
fn encryption_types() -> Vec<u8> {
    der::sequence(&[number(Key::AES256)])
}

fn number(value: i64) -> Vec<u8> {
    der::integer(u32::try_from(value).unwrap_or_default())
}

/// AS-REP or TGS-REP (RFC 4120 section 5.4.2), before its encrypted part is opened.
pub(super) struct KdcReply<'a> {
    /// PA-PK-AS-REP, if there is one.
    pub(super) pk_as_rep: Option<&'a [u8]>,
    pub(super) client_realm: String,
    pub(super) client: PrincipalName,
    pub(super) ticket: Ticket<'a>,
    encrypted: Encrypted<'a>,
}

/// Ticket (RFC 4120 section 5.3).
pub(super) struct Ticket<'a> {
    pub(super) whole: &'a [u8],
    pub(super) service: PrincipalName,
    pub(super) encrypted: Encrypted<'a>,
}

/// `EncryptedData` (RFC 4120 section 5.2.9).
pub(super) struct Encrypted<'a> {
    pub(super) encryption_type: i64,
    pub(super) key_version: Option<u32>,
    pub(super) cipher: &'a [u8],
}

/// Content of the encrypted part of a reply (RFC 4120 section 5.4.2).
struct EncryptedPart {
    key: Key,
    nonce: i64,
    flags: [u8; 4],
    auth_time: u64,
    start_time: u64,
    end_time: u64,
    renew_till: u64,
    service_realm: String,
    service: PrincipalName,
}

/// Why an encrypted part cannot be used.
pub(super) enum PartProblem {
    /// It was not encrypted with this key.
    Key,
    /// It does not have the form of RFC 4120, or its session key is not one of AES.
    Form,
    /// It answers another request.
    Nonce,
}

impl<'a> KdcReply<'a> {
    /// Reads the message of this number: 11 or 13.
    pub(super) fn read(bytes: &'a [u8], number: u8) -> Option<Self> {
        let mut message = Reader::only(bytes, der::application(number))?.enter(der::SEQUENCE)?;
        let (version, kind) = (message.number(0)?, message.number(1)?);
        if version != 5 || kind != i64::from(number) {
            return None;
        }
        let mut pk_as_rep = None;
        if let Some(mut padata) = message.enter(der::context(2)) {
            let mut list = padata.enter(der::SEQUENCE)?;
            while !list.is_empty() {
                let mut data = list.enter(der::SEQUENCE)?;
                let (kind, value) = (data.number(1)?, data.field(2, der::OCTET_STRING)?);
                if kind == PA_PK_AS_REP && pk_as_rep.replace(value).is_some() {
                    return None;
                }
            }
        }
        Some(Self {
            pk_as_rep,
            client_realm: string(message.field(3, der::GENERAL_STRING)?)?,
            client: PrincipalName::read(message.field(4, der::SEQUENCE)?)?,
            ticket: Ticket::read(message.take(der::context(5))?)?,
            encrypted: Encrypted::read(message.field(6, der::SEQUENCE)?)?,
        })
    }

    /// Opens the encrypted part: the ticket with its session key.
    pub(super) fn open(&self, key: &Key, usage: u32, nonce: u32) -> Result<Credential, PartProblem> {
        let plain = key
            .decrypt(usage, self.encrypted.cipher)
            .ok_or(PartProblem::Key)?;
        let part = EncryptedPart::read(&plain).ok_or(PartProblem::Form)?;
        if part.nonce != i64::from(nonce) {
            return Err(PartProblem::Nonce);
        }
        // Both are protected; the name in the ticket is not.
        if !part.service.is_same(&self.ticket.service) {
            return Err(PartProblem::Form);
        }
        Ok(Credential {
            client: self.client.clone(),
            client_realm: self.client_realm.clone(),
            service: part.service,
            service_realm: part.service_realm,
            key: part.key,
            ticket: self.ticket.whole.to_vec(),
            flags: part.flags,
            auth_time: part.auth_time,
            start_time: part.start_time,
            end_time: part.end_time,
            renew_till: part.renew_till,
        })
    }
}

impl<'a> Ticket<'a> {
    fn read(whole: &'a [u8]) -> Option<Self> {
        let mut ticket = Reader::only(whole, der::application(1))?.enter(der::SEQUENCE)?;
        if ticket.number(0)? != 5 {
            return None;
        }
        ticket.field(1, der::GENERAL_STRING)?;
        Some(Self {
            whole,
            service: PrincipalName::read(ticket.field(2, der::SEQUENCE)?)?,
            encrypted: Encrypted::read(ticket.field(3, der::SEQUENCE)?)?,
        })
    }
}

impl<'a> Encrypted<'a> {
    fn read(content: &'a [u8]) -> Option<Self> {
        let mut data = Reader::new(content);
        Some(Self {
            encryption_type: data.number(0)?,
            key_version: data.number(1).and_then(|version| u32::try_from(version).ok()),
            cipher: data.field(2, der::OCTET_STRING)?,
        })
    }
}

impl EncryptedPart {
    fn read(plain: &[u8]) -> Option<Self> {
        let mut outer = Reader::new(plain);
        let element = outer.next()?;
        // Some KDCs use the tag of the AS-REP in a TGS-REP and the reverse (RFC 4120 section 5.4.2).
        if ![der::application(25), der::application(26)].contains(&element.tag) {
            return None;
        }
        let mut part = Reader::new(element.content).enter(der::SEQUENCE)?;
        let key = read_key(part.field(0, der::SEQUENCE)?)?;
        part.take(der::context(1))?;
        let nonce = part.number(2)?;
        part.skip(3);
        let flags = *der::whole_bytes(part.field(4, der::BIT_STRING)?)?.first_chunk()?;
        let auth_time = time::read(part.field(5, der::GENERALIZED_TIME)?)?;
        let start_time = part.field(6, der::GENERALIZED_TIME).map(time::read);
        let end_time = time::read(part.field(7, der::GENERALIZED_TIME)?)?;
        let renew_till = part.field(8, der::GENERALIZED_TIME).map(time::read);
        Some(Self {
            key,
            nonce,
            flags,
            auth_time,
            start_time: start_time.unwrap_or(Some(auth_time))?,
            end_time,
            renew_till: renew_till.unwrap_or(Some(0))?,
            service_realm: string(part.field(9, der::GENERAL_STRING)?)?,
            service: PrincipalName::read(part.field(10, der::SEQUENCE)?)?,
        })
    }
}

/// `EncryptionKey` (RFC 4120 section 5.2.9).
fn read_key(content: &[u8]) -> Option<Key> {
    let mut key = Reader::new(content);
    Key::new(key.number(0)?, key.field(1, der::OCTET_STRING)?)
}

/// What an opened ticket says about its client (RFC 4120 section 5.3).
pub(super) struct TicketContent {
    pub(super) key: Key,
    pub(super) client_realm: String,
    pub(super) client: PrincipalName,
    pub(super) auth_time: u64,
    /// The PAC. A ticket with two is refused, because others might look at the second.
    pub(super) pac: Option<Vec<u8>>,
}

impl TicketContent {
    pub(super) fn read(plain: &[u8]) -> Option<Self> {
        let mut part = Reader::new(plain)
            .enter(der::application(3))?
            .enter(der::SEQUENCE)?;
        part.take(der::context(0))?;
        let key = read_key(part.field(1, der::SEQUENCE)?)?;
        let client_realm = string(part.field(2, der::GENERAL_STRING)?)?;
        let client = PrincipalName::read(part.field(3, der::SEQUENCE)?)?;
        part.take(der::context(4))?;
        let auth_time = time::read(part.field(5, der::GENERALIZED_TIME)?)?;
        for number in 6..=9 {
            part.skip(number);
        }
        let mut pacs = match part.field(10, der::SEQUENCE) {
            Some(data) => read_pacs(data)?,
            None => Vec::new(),
        };
        if pacs.len() > 1 {
            return None;
        }
        Some(Self {
            key,
            client_realm,
            client,
            auth_time,
            pac: pacs.pop(),
        })
    }
}

/// AD-IF-RELEVANT and AD-WIN2K-PAC (RFC 4120 section 5.2.6; [MS-KILE] 3.3.5.6.4.6).
const AD_IF_RELEVANT: i64 = 1;
const AD_WIN2K_PAC: i64 = 128;

/// The PACs in authorization data.
fn read_pacs(data: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut pacs = Vec::new();
    for (kind, value) in authorization_data(data)? {
        if kind != AD_IF_RELEVANT {
            continue;
        }
        for (kind, value) in authorization_data(Reader::only(value, der::SEQUENCE)?.rest())? {
            if kind == AD_WIN2K_PAC {
                pacs.push(value.to_vec());
            }
        }
    }
    Some(pacs)
}

fn authorization_data(content: &[u8]) -> Option<Vec<(i64, &[u8])>> {
    let mut list = Reader::new(content);
    let mut entries = Vec::new();
    while !list.is_empty() {
        let mut entry = list.enter(der::SEQUENCE)?;
        entries.push((entry.number(0)?, entry.field(1, der::OCTET_STRING)?));
    }
    Some(entries)
}

/// KRB-ERROR (RFC 4120 section 5.9.1).
pub(super) struct KrbError<'a> {
    pub(super) server_time: Option<u64>,
    pub(super) code: i64,
    /// Where the client is known, in a referral (RFC 6806 section 7).
    pub(super) client_realm: Option<String>,
    pub(super) text: Option<String>,
    pub(super) data: Option<&'a [u8]>,
}

impl<'a> KrbError<'a> {
    /// `None` if the message is another one.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut error = Reader::only(bytes, der::application(30))?.enter(der::SEQUENCE)?;
        if error.number(0)? != 5 || error.number(1)? != 30 {
            return None;
        }
        error.skip(2);
        error.skip(3);
        let server_time = error.field(4, der::GENERALIZED_TIME).and_then(time::read);
        error.skip(5);
        let code = error.number(6)?;
        let client_realm = error.field(7, der::GENERAL_STRING).and_then(string);
        for number in 8..=10 {
            error.skip(number);
        }
        let text = error.field(11, der::GENERAL_STRING);
        Some(Self {
            server_time,
            code,
            client_realm,
            text: text.map(|text| String::from_utf8_lossy(text).into_owned()),
            data: error.field(12, der::OCTET_STRING),
        })
    }
}
