//! Tickets (RFC 4120 section 5.3), with the account data inside.

use picky_krb::crypto::Cipher as _;
use picky_krb::crypto::aes::Aes256CtsHmacSha196;

use super::messages::{key_element, name, time};
use super::{Kdc, SERVICE_KEY, Twist};
use crate::active_directory::der::{bits, ctx, int, octets, seq, string, tlv};
use crate::peer::NOW;

impl Kdc {
    pub(super) fn seal_ticket(
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

    pub(super) fn ticket_content(&self, key: &[u8; 32]) -> Vec<u8> {
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
}
