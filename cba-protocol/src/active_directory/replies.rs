//! Answers of the KDC (RFC 4120 section 5): replies, tickets and errors.

use core::fmt;

use rustls_pki_types::UnixTime;

use super::asn1::{Any, Asn1, application, sequences};
use super::encryption::{Key, usage};
use super::error::AdError;
use super::names::PrincipalName;
use crate::der::{Reader, SEQUENCE, context};

/// Version of Kerberos.
pub(super) const VERSION: i64 = 5;

/// Numbers of the messages (RFC 4120 section 5.10), which are also those of their tags.
pub(super) const AS_REP: u8 = 11;
pub(super) const TGS_REP: u8 = 13;
const KRB_ERROR: u8 = 30;

/// PA-PK-AS-REP (RFC 4556 section 3.1.3).
const PA_PK_AS_REP: i64 = 17;

sequences! {
    /// AS-REP or TGS-REP (section 5.4.2), before its encrypted part is opened.
    struct KdcReply<'a> {
        0 version: i64, 1 kind: i64, 2 padata: Option<Vec<PaData<'a>>>, 3 client_realm: String, 4 client: PrincipalName,
        5 ticket: Any<'a>, 6 encrypted: Encrypted<'a>,
    }

    /// PA-DATA (section 5.2.7).
    struct PaData<'a> { 1 kind: i64, 2 value: &'a [u8] }

    /// `EncryptedData` (section 5.2.9).
    struct Encrypted<'a> { 0 encryption_type: i64, 1 key_version: Option<i64>, 2 cipher: &'a [u8] }

    /// `EncryptionKey` (section 5.2.9).
    struct EncryptionKey<'a> { 0 kind: i64, 1 bytes: &'a [u8] }

    /// The encrypted part of a reply (section 5.4.2): the client's part of a ticket.
    #[derive(Clone)]
    struct ReplyPart {
        0 key: Key, 2 nonce: i64, 4 flags: [u8; 4], 5 auth_time: UnixTime, 6 start_time: Option<UnixTime>,
        7 end_time: UnixTime, 8 renew_till: Option<UnixTime>, 9 service_realm: String, 10 service: PrincipalName,
    }

    /// Ticket (section 5.3).
    struct Ticket<'a> { 0 version: i64, 2 service: PrincipalName, 3 encrypted: Encrypted<'a> }

    /// What an opened ticket says about its client (section 5.3).
    struct TicketPart<'a> {
        1 key: Key, 2 client_realm: String, 3 client: PrincipalName, 5 auth_time: UnixTime,
        10 data: Option<Vec<AuthorizationData<'a>>>,
    }

    /// An element of `AuthorizationData` (section 5.2.6).
    struct AuthorizationData<'a> { 0 kind: i64, 1 value: &'a [u8] }

    /// KRB-ERROR (section 5.9.1). The client's realm is known in a referral (RFC 6806 section 7).
    struct KrbError<'a> {
        0 version: i64, 1 kind: i64, 4 server_time: Option<UnixTime>, 6 code: i64, 7 client_realm: Option<String>,
        11 text: Option<Any<'a>>, 12 data: Option<&'a [u8]>,
    }
}

/// A ticket that the client holds, with its session key.
#[derive(Clone)]
pub(super) struct Credential {
    pub(super) client: PrincipalName,
    pub(super) client_realm: String,
    pub(super) part: ReplyPart,
    /// The `Ticket`, as received.
    pub(super) ticket: Vec<u8>,
}

impl fmt::Debug for Credential {
    /// Without the ticket and its key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.client, self.client_realm)
    }
}

impl Credential {
    /// Whether this is the client's name, too.
    pub(super) fn is_for(&self, client: &PrincipalName, realm: &str) -> bool {
        client.is_same(&self.client) && realm.eq_ignore_ascii_case(&self.client_realm)
    }
}

impl<'a> KdcReply<'a> {
    /// Reads the message of this number, with its ticket.
    pub(super) fn of_kind(bytes: &'a [u8], number: u8) -> Option<(Self, Ticket<'a>)> {
        let reply = Self::from_der(Reader::only(bytes, application(number))?.0)?;
        let ticket = Ticket::from_der(Reader::only(reply.ticket.0, application(1))?.0)?;
        let fits = reply.version == VERSION && reply.kind == i64::from(number) && ticket.version == VERSION;
        fits.then_some((reply, ticket))
    }

    /// PA-PK-AS-REP, if there is exactly one.
    pub(super) fn pk_as_rep(&self) -> Option<&'a [u8]> {
        let is_it = |data: &&PaData<'_>| data.kind == PA_PK_AS_REP;
        let mut found = self.padata.iter().flatten().filter(is_it);
        let value = found.next()?.value;
        found.next().is_none().then_some(value)
    }

    /// Opens the encrypted part: the ticket with its session key, valid at the time `now` of the KDC. The name of the service in the ticket
    /// is not protected, so it is compared with the one that is.
    pub(super) fn open(
        &self,
        ticket: &Ticket<'_>,
        key: &Key,
        nonce: i64,
        now: UnixTime,
    ) -> Result<Credential, AdError> {
        let (message, usage) = if self.kind == i64::from(AS_REP) {
            ("AS-REP", usage::AS_REPLY)
        } else {
            ("TGS-REP", usage::TGS_REPLY)
        };
        let mismatch = |what| AdError::ReplyMismatch(message, what);
        let malformed = || AdError::Malformed(message, "its encrypted part");
        let plain = key.decrypt(usage, self.encrypted.cipher);
        let plain = plain.ok_or(mismatch("its key"))?;
        let part = ReplyPart::of_any_kind(&plain).ok_or_else(malformed)?;
        if part.nonce != nonce {
            return Err(mismatch("the nonce"));
        }
        if !part.service.is_same(&ticket.service) {
            return Err(malformed());
        }
        if part.end_time <= now {
            return Err(mismatch("the ticket has ended already"));
        }
        Ok(Credential {
            client: self.client.clone(),
            client_realm: self.client_realm.clone(),
            part,
            ticket: self.ticket.0.to_vec(),
        })
    }
}

impl ReplyPart {
    /// Some KDCs use the tag of the AS-REP in a TGS-REP and the reverse (section 5.4.2). Bytes that fill up a block may follow.
    fn of_any_kind(plain: &[u8]) -> Option<Self> {
        let mut reader = Reader(plain);
        let part = reader.take(application(25));
        Self::from_der(part.or_else(|| reader.take(application(26)))?)
    }
}

/// The key of an `EncryptionKey`, if it is one of AES.
impl Asn1<'_> for Key {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let key = EncryptionKey::read(reader)?;
        Self::new(key.kind, key.bytes)
    }
}

/// AD-IF-RELEVANT and AD-WIN2K-PAC (RFC 4120 section 5.2.6; [MS-KILE] 3.3.5.6.4.6).
const AD_IF_RELEVANT: i64 = 1;
const AD_WIN2K_PAC: i64 = 128;

impl<'a> TicketPart<'a> {
    pub(super) fn of_plain(plain: &'a [u8]) -> Option<Self> {
        Self::from_der(Reader(plain).take(application(3))?)
    }

    /// The PAC, if there is one. The outer `None` is for malformed data, and for a ticket with two, because others might look at the second.
    #[expect(clippy::option_option, reason = "absent and malformed are different")]
    pub(super) fn pac(&self) -> Option<Option<&'a [u8]>> {
        let outer = self.data.iter().flatten();
        let mut pac = None;
        for outer in outer.filter(|data| data.kind == AD_IF_RELEVANT) {
            for inner in Vec::<AuthorizationData<'a>>::from_der(outer.value)? {
                if inner.kind == AD_WIN2K_PAC && pac.replace(inner.value).is_some() {
                    return None;
                }
            }
        }
        Some(pac)
    }
}

impl<'a> KrbError<'a> {
    /// `None` if the message is another one.
    pub(super) fn of_message(bytes: &'a [u8]) -> Option<Self> {
        let error = Self::from_der(Reader::only(bytes, application(KRB_ERROR))?.0)?;
        (error.version == VERSION && error.kind == i64::from(KRB_ERROR)).then_some(error)
    }

    /// The NTSTATUS in e-data: KERB-ERROR-DATA, or an element of its type in METHOD-DATA or TYPED-DATA.
    pub(super) fn nt_status(&self) -> Option<u32> {
        let data = self.data?;
        let elements = Vec::<Any<'_>>::from_der(data)?.into_iter();
        nt_status(data).or_else(|| elements.map(|element| element.0).find_map(nt_status))
    }

    /// The text. KDCs write it in any encoding.
    pub(super) fn text(&self) -> Option<String> {
        let (_, content, _) = crate::der::next(self.text.as_ref()?.0)?;
        Some(String::from_utf8_lossy(content).into_owned())
    }
}

/// Type of KERB-ERROR-DATA and of padata whose value begins with an NTSTATUS ([MS-KILE] 2.2.1 and 2.2.2).
const EXTENDED: i64 = 3;

/// The NTSTATUS in an element, if its type is that of KERB-EXT-ERROR: status, reserved, flags. A salt of the same type has another
/// length. PA-DATA counts its fields from 1, TYPED-DATA from 0.
fn nt_status(element: &[u8]) -> Option<u32> {
    let mut fields = Reader::only(element, SEQUENCE)?;
    let first = u8::from(fields.tag() == Some(context(1)));
    let kind = i64::read_field(&mut fields, first)?;
    let value = <&[u8]>::read_field(&mut fields, first + 1)?;
    let status = u32::from_le_bytes(*value.first_chunk()?);
    (kind == EXTENDED && value.len() == 12 && status != 0).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::super::asn1::{explicit, fields, general_string, octet_string};
    use super::super::time::{at, to_der};
    use super::*;
    use crate::der::{bits, element, integer, sequence};

    const NOW: u64 = 15;

    fn encrypted(cipher: &[u8]) -> Vec<u8> {
        fields! { 0: integer(18), 2: octet_string(cipher) }
    }

    fn ticket(version: i64) -> Vec<u8> {
        let service = PrincipalName::krbtgt("R").to_der();
        let ticket = fields! { 0: integer(version), 1: general_string("R"), 2: service, 3: encrypted(b"c") };
        element(application(1), &ticket)
    }

    fn reply(version: i64, kind: u8, ticket: &[u8], padata: &[i64], cipher: &[u8]) -> Vec<u8> {
        let padata: Vec<_> = padata
            .iter()
            .map(|&kind| fields! { 1: integer(kind), 2: octet_string(b"v") })
            .collect();
        let reply = fields! {
            0: integer(version), 1: integer(kind.into()), 2: sequence(&padata), 3: general_string("R"),
            4: PrincipalName::service("ada").to_der(), 5: ticket, 6: encrypted(cipher),
        };
        element(application(AS_REP), &reply)
    }

    #[test]
    fn a_reply_has_its_version_its_number_and_a_ticket() {
        let reads = |version, kind, ticket: &[u8], asked| {
            KdcReply::of_kind(&reply(version, kind, ticket, &[], b""), asked).is_some()
        };
        assert!(reads(5, AS_REP, &ticket(5), AS_REP));
        assert!(!reads(4, AS_REP, &ticket(5), AS_REP));
        assert!(!reads(5, TGS_REP, &ticket(5), AS_REP));
        assert!(!reads(5, AS_REP, &ticket(4), AS_REP));
        assert!(!reads(5, AS_REP, &integer(5), AS_REP));
        assert!(!reads(5, AS_REP, &ticket(5), TGS_REP) && !reads(5, TGS_REP, &ticket(5), TGS_REP));
    }

    #[test]
    fn two_answers_to_one_request_are_none() {
        let found = |padata: &[i64]| {
            let bytes = reply(5, AS_REP, &ticket(5), padata, b"");
            let (reply, _) = KdcReply::of_kind(&bytes, AS_REP).unwrap();
            reply.pk_as_rep().map(<[u8]>::to_vec)
        };
        assert_eq!(found(&[19, 17, 2]).as_deref(), Some(&b"v"[..]));
        assert_eq!((found(&[]), found(&[19]), found(&[17, 17])), (None, None, None));
    }

    fn part(number: u8, service: &str) -> Vec<u8> {
        let time = |seconds| to_der(at(seconds));
        let part = fields! {
            0: fields! { 0: integer(18), 1: octet_string(&[9; 32]) }, 1: sequence(&[]), 2: integer(7), 4: bits(&[1, 2, 3, 4]),
            5: time(10), 7: time(20), 8: time(30), 9: general_string("R"), 10: PrincipalName::service(service).to_der(),
        };
        element(application(number), &part)
    }

    #[test]
    fn the_encrypted_part_fits_to_the_request_and_to_the_ticket() {
        let key = Key::new(18, &[7; 32]).unwrap();
        let open = |part: &[u8], nonce, key_used: &Key, now| {
            let sealed = key_used.encrypt(usage::AS_REPLY, &[0; 16], part);
            let ticket = ticket(5);
            let bytes = reply(5, AS_REP, &ticket, &[], &sealed);
            let (reply, ticket) = KdcReply::of_kind(&bytes, AS_REP).unwrap();
            reply.open(&ticket, &key, nonce, at(now))
        };
        for number in [25, 26] {
            // Bytes that fill up a block may follow.
            let filled = [part(number, "krbtgt/r"), vec![0; 3]].concat();
            let credential = open(&filled, 7, &key, 19).unwrap();
            let part = &credential.part;
            assert_eq!((part.auth_time, part.start_time), (at(10), None));
            assert_eq!((part.end_time, part.renew_till), (at(20), Some(at(30))));
            assert_eq!((part.flags, credential.ticket.clone()), ([1, 2, 3, 4], ticket(5)));
            assert_eq!(format!("{credential:?}"), "ada@R");
        }
        let other = Key::new(18, &[8; 32]).unwrap();
        let mismatch = |what| AdError::ReplyMismatch("AS-REP", what);
        let malformed = AdError::Malformed("AS-REP", "its encrypted part");
        let good = part(25, "krbtgt/R");
        for (result, expected) in [
            (open(&good, 7, &other, NOW), mismatch("its key")),
            (open(&good, 8, &key, NOW), mismatch("the nonce")),
            (open(&good, 7, &key, 20), mismatch("the ticket has ended already")),
            (open(&part(25, "krbtgt/S"), 7, &key, NOW), malformed.clone()),
            (open(&part(27, "krbtgt/R"), 7, &key, NOW), malformed),
        ] {
            assert_eq!(result.unwrap_err(), expected);
        }
    }

    #[test]
    fn an_error_is_distinguished_from_other_messages() {
        let error = |version, kind| {
            let error = fields! {
                0: integer(version), 1: integer(kind), 4: to_der(at(10)), 6: integer(31), 11: [0x1b, 2, b'n', 0xff],
            };
            element(application(KRB_ERROR), &error)
        };
        let good = error(5, 30);
        let found = KrbError::of_message(&good).unwrap();
        assert_eq!((found.code, found.text().as_deref()), (31, Some("n\u{fffd}")));
        assert_eq!(found.server_time, Some(at(10)));
        assert!(
            KrbError::of_message(&error(4, 30)).is_none() && KrbError::of_message(&error(5, 11)).is_none()
        );
        assert!(KrbError::of_message(&reply(5, AS_REP, &ticket(5), &[], b"")).is_none());
    }

    fn data(entries: &[(i64, &[u8])]) -> Vec<u8> {
        let entries = entries.iter();
        let entries: Vec<_> = entries
            .map(|&(kind, value)| fields! { 0: integer(kind), 1: octet_string(value) })
            .collect();
        sequence(&entries)
    }

    #[test]
    fn a_ticket_has_one_pac_in_its_frame() {
        let pac = |outer: &[(i64, &[u8])]| {
            let part = fields! {
                0: bits(&[0; 4]), 1: fields! { 0: integer(18), 1: octet_string(&[9; 32]) }, 2: general_string("R"),
                3: PrincipalName::service("ada").to_der(), 4: sequence(&[]), 5: to_der(at(10)), 7: [5, 0], 10: data(outer),
            };
            let plain = element(application(3), &part);
            let part = TicketPart::of_plain(&plain).unwrap();
            assert_eq!(part.key.bytes(), [9; 32]);
            part.pac().map(|pac| pac.map(<[u8]>::to_vec))
        };
        let frame = data(&[(141, b"other"), (128, b"pac")]);
        assert_eq!(pac(&[(1, &frame)]), Some(Some(b"pac".to_vec())));
        assert_eq!(pac(&[(1, &data(&[(141, b"other")])), (2, b"?")]), Some(None));
        // Outside of AD-IF-RELEVANT it does not count, and is not read.
        assert_eq!(pac(&[(128, b"pac")]), Some(None));
        assert_eq!(
            (pac(&[(1, &frame), (1, &frame)]), pac(&[(1, b"?")])),
            (None, None)
        );
    }
}
