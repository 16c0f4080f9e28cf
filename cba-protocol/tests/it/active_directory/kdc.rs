//! A scripted domain controller. Its cryptography is OpenSSL's and picky-krb's, which also decode what the crate sends.

use openssl::bn::{BigNum, BigNumContext};
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::hash::{MessageDigest, hash};
use openssl::sign::Signer;
use picky_krb::crypto::aes::{Aes256CtsHmacSha196, HmacSha196Aes256};
use picky_krb::crypto::{Checksum, Cipher};
use picky_krb::data_types::Authenticator;
use picky_krb::messages::{ApReq, AsReq, TgsReq};
use picky_krb::pkinit::PaPkAsReq;

use super::certificates::{Identity, KEY_ID};
use super::der::{bits, ctx, int, octets, oid, path, seq, split, string, tlv, uint};
use crate::peer::NOW;

pub(crate) const HOST_KEY: [u8; 32] = [0x48; 32];
pub(crate) const HOST_KEY_VERSION: u32 = 3;
const TGT_KEY: [u8; 32] = [0x54; 32];
const SERVICE_KEY: [u8; 32] = [0x53; 32];
/// S-1-5-21-1-2-3-1104
const SID: &[u8] = &[
    1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x50, 4, 0, 0,
];

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
    ReplyEnded,
    OtherReplyKey,
    SignatureChanged,
    ContentChanged,
    NoCertificate,
    /// As Heimdal writes it: SHA-1, attributes, and the key identifier with an explicit tag.
    HeimdalSignature,
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
}

pub(crate) struct Kdc {
    pub(crate) identity: Identity,
    pub(crate) realm: String,
    pub(crate) twist: Twist,
    pub(crate) upn: &'static str,
    pub(crate) flags: u32,
    /// Answers that are given first, one after the other.
    pub(crate) first: Vec<Vec<u8>>,
    pub(crate) requests: usize,
}

impl Kdc {
    pub(crate) fn new(identity: Identity) -> Self {
        Self {
            identity,
            realm: "CORP.EXAMPLE".to_owned(),
            twist: Twist::None,
            upn: "ada.lovelace@contoso.example",
            flags: 2,
            first: Vec::new(),
            requests: 0,
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
        let service = name(2, &["krbtgt", &self.realm]);
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
        let decoded: TgsReq = picky_asn1_der::from_bytes(request).unwrap();
        let body = &decoded.0.req_body.0;
        let padata = &decoded.0.padata.0.as_ref().unwrap().0.0;
        let ap: ApReq = picky_asn1_der::from_bytes(&padata[0].padata_data.0.0).unwrap();
        let cipher = Aes256CtsHmacSha196::new();
        let authenticator = cipher
            .decrypt(&TGT_KEY, 7, &ap.0.authenticator.0.cipher.0.0)
            .unwrap();
        let authenticator: Authenticator = picky_asn1_der::from_bytes(&authenticator).unwrap();
        let checksum = authenticator.0.cksum.0.as_ref().unwrap();
        let expected = HmacSha196Aes256.checksum(&TGT_KEY, 6, &body_of(request)).unwrap();
        assert_eq!(checksum.0.checksum.0.0, expected);

        let to_oneself = body.kdc_options.0.0.as_bytes()[4] & 8 != 0;
        let key = if to_oneself { TGT_KEY } else { HOST_KEY };
        let service = picky_asn1_der::to_vec(&body.sname.0.as_ref().unwrap().0).unwrap();
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
            (&TGT_KEY, 8),
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

    fn seal_ticket(
        &self,
        service: &[u8],
        kind: u32,
        version: Option<u32>,
        content: &[u8],
        key: &[u8],
    ) -> Vec<u8> {
        let sealed = Aes256CtsHmacSha196::new().encrypt(key, 2, content).unwrap();
        let mut encrypted = vec![ctx(0, &int(kind))];
        encrypted.extend(version.map(|version| ctx(1, &int(version))));
        encrypted.push(ctx(2, &octets(&sealed)));
        tlv(
            0x61,
            &seq(&[
                ctx(0, &int(5)),
                ctx(1, &string(&self.realm)),
                ctx(2, service),
                ctx(3, &seq(&encrypted)),
            ]),
        )
    }

    fn ticket_content(&self, key: &[u8; 32]) -> Vec<u8> {
        let session = if self.twist == Twist::Overheard {
            [0xee; 32]
        } else {
            SERVICE_KEY
        };
        let client = if self.twist == Twist::TicketClient {
            "eve"
        } else {
            "ada"
        };
        let entry = |kind: u32, value: &[u8]| seq(&[ctx(0, &int(kind)), ctx(1, &octets(value))]);
        let relevant = |pac: &[u8]| entry(1, &seq(&[entry(128, pac)]));
        let pac = self.pac(key);
        let data = match self.twist {
            Twist::NoPac => vec![entry(1, &seq(&[entry(141, b"x")]))],
            Twist::TwoPacs => vec![relevant(&pac), relevant(&pac)],
            _ => vec![relevant(&pac)],
        };
        let part = seq(&[
            ctx(0, &bits(&[0x40, 0, 0, 0])),
            ctx(1, &key_element(&session)),
            ctx(2, &string(&self.realm)),
            ctx(3, &name(1, &[client])),
            ctx(4, &seq(&[ctx(0, &int(0)), ctx(1, &octets(b""))])),
            ctx(5, &time(NOW)),
            ctx(7, &time(NOW + 36_000)),
            ctx(10, &seq(&data)),
        ]);
        tlv(0x63, &part)
    }

    /// [MS-PAC] 2.3: a header, then the buffers, each at a multiple of eight.
    fn pac(&self, key: &[u8; 32]) -> Vec<u8> {
        let client = if self.twist == Twist::PacOtherClient {
            "eve"
        } else {
            "ada"
        };
        let seconds = NOW + 11_644_473_600 + u64::from(self.twist == Twist::PacOtherTime);
        let name = utf16(client);
        let client_info = [
            &(seconds * 10_000_000).to_le_bytes()[..],
            &u16::try_from(name.len()).unwrap().to_le_bytes(),
            &name,
        ]
        .concat();
        let signature_type: u32 = if self.twist == Twist::PacSignedWithRc4 {
            0xffff_ff76
        } else {
            16
        };
        let signature = [&signature_type.to_le_bytes()[..], &[0; 16]].concat();
        let mut buffers = vec![(10, client_info), (6, signature.clone()), (7, signature)];
        if self.twist != Twist::PacWithoutInfo {
            buffers.push((12, self.upn_dns_info()));
        }
        if self.twist == Twist::PacWithTwoInfos {
            buffers.push((12, self.upn_dns_info()));
        }
        if self.twist == Twist::InfoOfOldServer {
            buffers.push((18, SID.to_vec()));
        }
        let mut header = [u32::try_from(buffers.len()).unwrap().to_le_bytes(), [0; 4]].concat();
        let mut content = Vec::new();
        let start = header.len() + 16 * buffers.len();
        let mut places = Vec::new();
        for (kind, buffer) in &buffers {
            let offset = start + content.len();
            places.push((*kind, offset));
            header.extend_from_slice(&u32::to_le_bytes(*kind));
            header.extend_from_slice(&u32::try_from(buffer.len()).unwrap().to_le_bytes());
            header.extend_from_slice(&u64::try_from(offset).unwrap().to_le_bytes());
            content.extend_from_slice(buffer);
            content.resize(content.len().next_multiple_of(8), 0);
        }
        let mut pac = [header, content].concat();
        let sum = HmacSha196Aes256.checksum(key, 17, &pac).unwrap();
        for (kind, offset) in places {
            match kind {
                6 => pac[offset + 4..offset + 16].copy_from_slice(&sum),
                7 => pac[offset + 4..offset + 16].fill(0x77),
                12 if self.twist == Twist::PacChanged => pac[offset + 32] ^= 1,
                _ => {}
            }
        }
        pac
    }

    /// [MS-PAC] 2.10
    fn upn_dns_info(&self) -> Vec<u8> {
        let upn = utf16(if self.twist == Twist::InfoWithoutUpn {
            ""
        } else {
            self.upn
        });
        let (domain, account) = (utf16(&self.realm), utf16("ada"));
        let flags = if self.twist == Twist::InfoOfOldServer {
            self.flags & 1
        } else {
            self.flags
        };
        let mut header = Vec::new();
        let mut content = Vec::new();
        let mut part = |bytes: &[u8], header: &mut Vec<u8>| {
            header.extend_from_slice(&u16::try_from(bytes.len()).unwrap().to_le_bytes());
            header.extend_from_slice(&u16::try_from(32 + content.len()).unwrap().to_le_bytes());
            content.extend_from_slice(bytes);
        };
        part(&upn, &mut header);
        part(&domain, &mut header);
        header.extend_from_slice(&flags.to_le_bytes());
        part(&account, &mut header);
        part(SID, &mut header);
        header.resize(32, 0);
        [header, content].concat()
    }

    /// CMS (RFC 5652) over the content.
    fn sign(&self, content: &[u8]) -> Vec<u8> {
        let heimdal = self.twist == Twist::HeimdalSignature;
        let (digest, digest_oid, signature_oid) = if heimdal {
            (MessageDigest::sha1(), "1.3.14.3.2.26", "1.2.840.113549.1.1.5")
        } else {
            (
                MessageDigest::sha256(),
                "2.16.840.1.101.3.4.2.1",
                "1.2.840.113549.1.1.11",
            )
        };
        let algorithm = |dotted: &str| seq(&[oid(dotted), tlv(5, &[])]);
        let kind = oid("1.3.6.1.5.2.3.2");
        let attribute = |dotted: &str, value: Vec<u8>| seq(&[oid(dotted), tlv(0x31, &value)]);
        let attributes = [
            attribute("1.2.840.113549.1.9.3", kind.clone()),
            attribute("1.2.840.113549.1.9.4", octets(&hash(digest, content).unwrap())),
        ]
        .concat();
        let message = if heimdal {
            tlv(0x31, &attributes)
        } else {
            content.to_vec()
        };
        let mut signature = Signer::new(digest, &self.identity.key)
            .unwrap()
            .sign_oneshot_to_vec(&message)
            .unwrap();
        if self.twist == Twist::SignatureChanged {
            signature[20] ^= 1;
        }
        let mut content = content.to_vec();
        if self.twist == Twist::ContentChanged {
            // The last byte is the nonce's; this is in the public value.
            let at = content.len() - 20;
            content[at] ^= 1;
        }
        let der = self.identity.certificate.to_der().unwrap();
        let serial = self
            .identity
            .certificate
            .serial_number()
            .to_bn()
            .unwrap()
            .to_vec();
        let id = if heimdal {
            ctx(0, &octets(&KEY_ID))
        } else {
            seq(&[
                self.identity.certificate.issuer_name().to_der().unwrap(),
                uint(&serial),
            ])
        };
        let mut signer = vec![int(1), id, algorithm(digest_oid)];
        if heimdal {
            signer.push(ctx(0, &attributes));
        }
        signer.extend([algorithm(signature_oid), octets(&signature)]);
        let mut data = vec![
            int(3),
            tlv(0x31, &algorithm(digest_oid)),
            seq(&[kind, ctx(0, &octets(&content))]),
        ];
        if self.twist != Twist::NoCertificate {
            data.push(ctx(0, &der));
        }
        data.push(tlv(0x31, &seq(&signer)));
        seq(&[oid("1.2.840.113549.1.7.2"), ctx(0, &seq(&data))])
    }
}

/// A keytab with the host key.
pub(crate) fn keytab(version: u32, key: &[u8]) -> Vec<u8> {
    keytab_of(&["host", "client1.corp.example"], version, 18, key)
}

pub(crate) fn keytab_of(parts: &[&str], version: u32, kind: u16, key: &[u8]) -> Vec<u8> {
    let counted = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let mut entry = u16::try_from(parts.len()).unwrap().to_be_bytes().to_vec();
    entry.extend(counted(b"CORP.EXAMPLE"));
    for part in parts {
        entry.extend(counted(part.as_bytes()));
    }
    entry.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    entry.push(version.to_be_bytes()[3]);
    entry.extend(kind.to_be_bytes());
    entry.extend(counted(key));
    entry.extend(version.to_be_bytes());
    [
        &[5, 2][..],
        &u32::try_from(entry.len()).unwrap().to_be_bytes(),
        &entry,
    ]
    .concat()
}

/// KRB-ERROR (RFC 4120 section 5.9.1).
pub(crate) fn error(code: u32, server_time: u64, client_realm: Option<&str>, data: Option<&[u8]>) -> Vec<u8> {
    let mut fields = vec![
        ctx(0, &int(5)),
        ctx(1, &int(30)),
        ctx(4, &time(server_time)),
        ctx(5, &int(0)),
        ctx(6, &int(code)),
    ];
    fields.extend(client_realm.map(|realm| ctx(7, &string(realm))));
    fields.extend([
        ctx(9, &string("CORP.EXAMPLE")),
        ctx(10, &name(2, &["krbtgt", "CORP.EXAMPLE"])),
        ctx(11, &string("a\u{7}text")),
    ]);
    fields.extend(data.map(|data| ctx(12, &octets(data))));
    tlv(0x7e, &seq(&fields))
}

/// KERB-ERROR-DATA with an NTSTATUS ([MS-KILE] 2.2.1 and 2.2.2).
pub(crate) fn nt_status(status: u32) -> Vec<u8> {
    seq(&[ctx(1, &int(3)), ctx(2, &octets(&extended(status)))])
}

pub(crate) fn extended(status: u32) -> Vec<u8> {
    [&status.to_le_bytes()[..], &[0, 0, 0, 0, 1, 0, 0, 0]].concat()
}

fn key_element(key: &[u8]) -> Vec<u8> {
    seq(&[ctx(0, &int(18)), ctx(1, &octets(key))])
}

pub(crate) fn name(kind: u32, parts: &[&str]) -> Vec<u8> {
    let parts: Vec<_> = parts.iter().map(|part| string(part)).collect();
    seq(&[ctx(0, &int(kind)), ctx(1, &seq(&parts))])
}

/// `KerberosTime`, written by OpenSSL.
pub(crate) fn time(seconds: u64) -> Vec<u8> {
    let time = openssl::asn1::Asn1Time::from_unix(i64::try_from(seconds).unwrap())
        .unwrap()
        .to_string();
    // "Jan 15 08:00:00 2027 GMT"
    let parts: Vec<_> = time.split_whitespace().collect();
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = 1 + months.iter().position(|month| *month == parts[0]).unwrap();
    let text = format!(
        "{}{month:02}{:0>2}{}Z",
        parts[3],
        parts[1],
        parts[2].replace(':', "")
    );
    tlv(0x18, text.as_bytes())
}

/// The body of a request, as it was sent.
fn body_of(request: &[u8]) -> Vec<u8> {
    path(request, &[request[0], 0x30, 0xa4]).to_vec()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Tag of a message, for a test that looks at the first byte.
pub(crate) fn tag(message: &[u8]) -> u8 {
    split(message).0
}
