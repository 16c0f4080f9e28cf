//! A scripted domain controller. Its cryptography is OpenSSL's and picky-krb's, which also decode what the crate sends.

mod cms;
mod messages;
mod pac;
mod ticket;

use openssl::bn::{BigNum, BigNumContext};
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::hash::{MessageDigest, hash};
use picky_krb::crypto::aes::{Aes256CtsHmacSha196, HmacSha196Aes256};
use picky_krb::crypto::{Checksum, Cipher};
use picky_krb::data_types::Authenticator;
use picky_krb::messages::{ApReq, AsReq, TgsReq};
use picky_krb::pkinit::PaPkAsReq;

use self::messages::{GENERIC, key_element, name, time};
pub(crate) use self::messages::{error, extended, keytab, keytab_of, nt_status, tag};
use super::certificates::Identity;
use super::der::{bits, ctx, int, octets, path, seq, string, tlv, uint};
use crate::peer::NOW;

pub(crate) const HOST_KEY: [u8; 32] = [0x48; 32];
pub(crate) const HOST_KEY_VERSION: u32 = 3;
const TGT_KEY: [u8; 32] = [0x54; 32];
/// Session key of a ticket for a service, which may be the KDC of another realm.
pub(crate) const SERVICE_KEY: [u8; 32] = [0x53; 32];
pub(crate) const SHA256: &str = "2.16.840.1.101.3.4.2.1";

/// What is wrong with signed attributes whose signature is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attributes {
    /// The content was changed after the signature.
    OfOtherContent,
    OfOtherType,
    WithoutType,
    WithoutDigest,
    /// Another digest besides the right one.
    TwoDigests,
    /// Bytes that are no attribute at the end.
    MoreBytes,
}

/// One thing that a hostile or odd domain controller does differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Twist {
    #[default]
    None,
    /// The key agreement: this value in place of its own.
    PublicValue(u8),
    SignedNonce,
    ReplyNonce,
    ReplyRealm,
    /// A ticket-granting ticket for another realm.
    GrantingRealm,
    ReplyEnded,
    OtherReplyKey,
    SignatureChanged,
    ContentChanged,
    NoCertificate,
    /// As Heimdal writes it: SHA-1, attributes, and the key identifier with an explicit tag.
    HeimdalSignature,
    /// The same, with other signed attributes.
    SignedAttributes(Attributes),
    /// A signature with SHA-256 that names this hash and this signature algorithm.
    SignatureNames(&'static str, &'static str),
    TicketClient,
    ReplyClient,
    /// A ticket that was overheard: its session key is not known to the domain controller.
    Overheard,
    TicketRc4,
    TicketVersion(u32),
    TicketOtherKey,
    NoPac,
    TwoPacs,
    PacChanged,
    PacOtherClient,
    PacOtherTime,
    PacSignedWithRc4,
    PacWithoutInfo,
    PacWithTwoInfos,
    InfoOfOldServer,
    InfoWithoutUpn,
    /// In place of the ticket for the device: one for the KDC of this realm.
    Refer(&'static str),
}

pub(crate) struct Kdc {
    pub(crate) identity: Identity,
    pub(crate) realm: String,
    pub(crate) twist: Twist,
    pub(crate) upn: &'static str,
    pub(crate) flags: u32,
    /// Session key of the ticket that requests for tickets come with.
    pub(crate) session: [u8; 32],
    /// Answers that are given first, one after the other.
    pub(crate) first: Vec<Vec<u8>>,
    pub(crate) requests: usize,
    /// Its time, in seconds, if requests must have it.
    pub(crate) clock: Option<u64>,
}

impl Kdc {
    pub(crate) fn new(identity: Identity) -> Self {
        Self {
            identity,
            realm: "CORP.EXAMPLE".to_owned(),
            twist: Twist::None,
            upn: "ada.lovelace@contoso.example",
            flags: 2,
            session: TGT_KEY,
            first: Vec::new(),
            requests: 0,
            clock: None,
        }
    }

    pub(crate) fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        self.requests += 1;
        if !self.first.is_empty() {
            return self.first.remove(0);
        }
        match request[0] {
            0x6a => self.authenticate(request),
            0x6c => self.ticket(request),
            other => panic!("no request of a client: {other:02x}"),
        }
    }

    fn authenticate(&self, request: &[u8]) -> Vec<u8> {
        let decoded: AsReq = picky_asn1_der::from_bytes(request).unwrap();
        let body = &decoded.0.req_body.0;
        assert_eq!(body.kdc_options.0.0.as_bytes()[1..], [0x40, 1, 0, 0]);
        let padata = &decoded.0.padata.0.as_ref().unwrap().0.0;
        assert_eq!(padata.len(), 1);
        assert_eq!(padata[0].padata_type.0.0, [16]);
        let pa: PaPkAsReq = picky_asn1_der::from_bytes(&padata[0].padata_data.0.0).unwrap();
        // OpenSSL verifies what the card signed.
        let mut cms = CmsContentInfo::from_der(&pa.signed_auth_pack.0.0).unwrap();
        let mut pack = Vec::new();
        cms.verify(
            None,
            None,
            None,
            Some(&mut pack),
            CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY,
        )
        .unwrap();

        let whole_body = body_of(request);
        let authenticator = path(&pack, &[0x30, 0xa0, 0x30]);
        assert_eq!(
            path(authenticator, &[0xa3, 4]),
            &*hash(MessageDigest::sha1(), &whole_body).unwrap()
        );
        assert_eq!(
            path(authenticator, &[0xa5, 0x30, 0xa0, 4]),
            &*hash(MessageDigest::sha256(), &whole_body).unwrap()
        );
        if let Some(clock) = self.clock {
            assert_eq!(path(authenticator, &[0xa1]), time(clock));
        }
        let nonce = path(authenticator, &[0xa2, 2]).to_vec();
        assert_eq!(nonce, body.nonce.0.0);

        let theirs = path(&pack, &[0x30, 0xa1, 0x30, 3]);
        let theirs = BigNum::from_slice(path(&theirs[1..], &[2])).unwrap();
        let prime = BigNum::get_rfc3526_prime_2048().unwrap();
        let secret = BigNum::from_u32(0x1234_5677).unwrap();
        let (mut ours, mut shared) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        ours.mod_exp(&BigNum::from_u32(2).unwrap(), &secret, &prime, &mut context)
            .unwrap();
        shared.mod_exp(&theirs, &secret, &prime, &mut context).unwrap();
        let shared = shared.to_vec_padded(256).unwrap();
        let server_nonce = [9; 32];
        let material = [&shared[..], &server_nonce].concat();
        let piece = |counter: u8| hash(MessageDigest::sha1(), &[&[counter][..], &material].concat()).unwrap();
        let mut reply_key = [&piece(0)[..], &piece(1)].concat();
        reply_key.truncate(32);
        if self.twist == Twist::OtherReplyKey {
            reply_key[0] ^= 1;
        }

        let public = match self.twist {
            Twist::PublicValue(value) => vec![value],
            _ => ours.to_vec(),
        };
        let mut signed_nonce = nonce.clone();
        if self.twist == Twist::SignedNonce {
            *signed_nonce.last_mut().unwrap() ^= 1;
        }
        let key_info = seq(&[ctx(0, &bits(&uint(&public))), ctx(1, &tlv(2, &signed_nonce))]);
        let info = seq(&[tlv(0x80, &self.sign(&key_info)), ctx(1, &octets(&server_nonce))]);
        let padata = seq(&[ctx(1, &int(17)), ctx(2, &octets(&ctx(0, &info)))]);
        let granting = match self.twist {
            Twist::GrantingRealm => "OTHER.EXAMPLE",
            _ => &self.realm,
        };
        let service = name(2, &["krbtgt", granting]);
        let ticket = self.seal_ticket(&service, 18, Some(1), &[7; 100], &[1; 32]);
        self.reply(
            11,
            Some(&padata),
            &ticket,
            &service,
            (&reply_key, 3),
            &TGT_KEY,
            &nonce,
        )
    }

    fn ticket(&self, request: &[u8]) -> Vec<u8> {
        // The client returns the ticket as it got it, which a test may have changed on the way. It is here too if it is for oneself.
        let Ok(decoded) = picky_asn1_der::from_bytes::<TgsReq>(request) else {
            return error(GENERIC, NOW, None, None);
        };
        let body = &decoded.0.req_body.0;
        let padata = &decoded.0.padata.0.as_ref().unwrap().0.0;
        let Ok(ap) = picky_asn1_der::from_bytes::<ApReq>(&padata[0].padata_data.0.0) else {
            return error(GENERIC, NOW, None, None);
        };
        let cipher = Aes256CtsHmacSha196::new();
        let authenticator = cipher
            .decrypt(&self.session, 7, &ap.0.authenticator.0.cipher.0.0)
            .unwrap();
        let authenticator: Authenticator = picky_asn1_der::from_bytes(&authenticator).unwrap();
        if let Some(clock) = self.clock {
            assert_eq!(
                picky_asn1_der::to_vec(&authenticator.0.ctime.0).unwrap(),
                time(clock)
            );
        }
        let checksum = authenticator.0.cksum.0.as_ref().unwrap();
        let expected = HmacSha196Aes256
            .checksum(&self.session, 6, &body_of(request))
            .unwrap();
        assert_eq!(checksum.0.checksum.0.0, expected);

        let to_oneself = body.kdc_options.0.0.as_bytes()[4] & 8 != 0;
        let key = if to_oneself { self.session } else { HOST_KEY };
        let service = match self.twist {
            Twist::Refer(realm) => name(2, &["krbtgt", realm]),
            _ => picky_asn1_der::to_vec(&body.sname.0.as_ref().unwrap().0).unwrap(),
        };
        let (content, key, kind, version) = match self.twist {
            Twist::TicketRc4 => (self.ticket_content(&key), key, 23, Some(HOST_KEY_VERSION)),
            Twist::TicketVersion(version) => (self.ticket_content(&key), key, 18, Some(version)),
            Twist::TicketOtherKey => (self.ticket_content(&[1; 32]), [1; 32], 18, Some(HOST_KEY_VERSION)),
            _ if to_oneself => (self.ticket_content(&key), key, 18, None),
            _ => (self.ticket_content(&key), key, 18, Some(HOST_KEY_VERSION)),
        };
        let ticket = self.seal_ticket(&service, kind, version, &content, &key);
        self.reply(
            13,
            None,
            &ticket,
            &service,
            (&self.session, 8),
            &SERVICE_KEY,
            &body.nonce.0.0,
        )
    }

    #[expect(clippy::too_many_arguments, reason = "each is a field of the message")]
    fn reply(
        &self,
        kind: u32,
        padata: Option<&[u8]>,
        ticket: &[u8],
        service: &[u8],
        (key, usage): (&[u8], i32),
        session: &[u8],
        nonce: &[u8],
    ) -> Vec<u8> {
        let mut nonce = nonce.to_vec();
        if self.twist == Twist::ReplyNonce {
            *nonce.last_mut().unwrap() ^= 1;
        }
        let end = if self.twist == Twist::ReplyEnded {
            NOW - 10
        } else {
            NOW + 36_000
        };
        let part = seq(&[
            ctx(0, &key_element(session)),
            ctx(1, &seq(&[])),
            ctx(2, &tlv(2, &nonce)),
            ctx(4, &bits(&[0x40, 0, 0, 0])),
            ctx(5, &time(NOW)),
            ctx(7, &time(end)),
            ctx(9, &string(&self.realm)),
            ctx(10, service),
        ]);
        let part = tlv(if kind == 11 { 0x79 } else { 0x7a }, &part);
        let sealed = Aes256CtsHmacSha196::new().encrypt(key, usage, &part).unwrap();
        let realm = if self.twist == Twist::ReplyRealm {
            "OTHER.EXAMPLE"
        } else {
            &self.realm
        };
        let client = if self.twist == Twist::ReplyClient && kind == 13 {
            "eve"
        } else {
            "ada"
        };
        let mut fields = vec![ctx(0, &int(5)), ctx(1, &int(kind))];
        fields.extend(padata.map(|padata| ctx(2, &seq(&[padata.to_vec()]))));
        fields.extend([
            ctx(3, &string(realm)),
            ctx(4, &name(1, &[client])),
            ctx(5, ticket),
            ctx(6, &seq(&[ctx(0, &int(18)), ctx(2, &octets(&sealed))])),
        ]);
        tlv(0x60 + u8::try_from(kind).unwrap(), &seq(&fields))
    }
}

/// The body of a request, as it was sent.
fn body_of(request: &[u8]) -> Vec<u8> {
    path(request, &[request[0], 0x30, 0xa4]).to_vec()
}
