//! One certificate of a known card.

use std::fmt;

use rustls_pki_types::UnixTime;

use super::KnownCards;
use crate::{PivSlot, piv::pin::Reference, slot::Hex, tlv};

const SECONDS_A_DAY: u64 = 24 * 60 * 60;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slot: PivSlot,
    /// Identity of the card, if it was read.
    pub(super) identity: Option<String>,
    /// Data object as read, with its tag.
    pub(super) object: Vec<u8>,
    /// Hash of the certificate in it.
    pub(super) sha256: [u8; 32],
    /// PIN of the last signature; `None` if it is unknown.
    pub(super) reference: Option<Reference>,
    pub(super) used: Use,
}

/// Time of the last signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// In an earlier run, on this day since 1970.
    Earlier(u64),
    /// The card has not made a signature.
    Never,
    /// In this run.
    Now,
}

impl Entry {
    /// Whether this is a certificate of the slot of this card.
    pub(super) fn is_at(&self, slot: PivSlot, identity: Option<&str>) -> bool {
        self.slot == slot && self.identity.as_deref() == identity
    }

    /// Day of the last signature; `None` if there was none, if it was too long ago, or in the future.
    pub(super) fn last_use(&self, now: UnixTime) -> Option<u64> {
        let today = now.as_secs() / SECONDS_A_DAY;
        match self.used {
            Use::Earlier(day) => Some(day).filter(|day| {
                today
                    .checked_sub(*day)
                    .is_some_and(|age| age <= KnownCards::MAX_DAYS)
            }),
            Use::Never => None,
            Use::Now => Some(today),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("slot", &format_args!("{}", self.slot))
            .field("sha256", &format_args!("{}", Hex(&self.sha256)))
            .field("used", &self.used)
            .finish_non_exhaustive()
    }
}

/// Whether the beginning of a certificate object contains the serial number and the issuer of the certificate. A compressed
/// certificate contains neither in the clear.
pub(super) fn identifies_certificate(part: &[u8]) -> bool {
    const DATA: u32 = 0x53;
    const CERTIFICATE: u32 = 0x70;
    const SEQUENCE: u32 = 0x30;
    const VERSION: u32 = 0xa0;
    const INTEGER: u32 = 0x02;
    let into = |input, wanted| {
        tlv::header(input)
            .filter(|(tag, _)| *tag == wanted)
            .map(|(_, content)| content)
    };
    let fields = into(part, DATA)
        .and_then(|object| into(object, CERTIFICATE))
        .and_then(|certificate| into(certificate, SEQUENCE))
        .and_then(|certificate| into(certificate, SEQUENCE));
    let Some(fields) = fields else { return false };
    // RFC 5280 section 4.1: version, serial number, signature algorithm, issuer.
    let mut fields = tlv::Reader::new(fields);
    let serial = match fields.next() {
        Some((VERSION, _)) => fields.next(),
        first => first,
    };
    matches!(serial, Some((INTEGER, _)))
        && fields.expect(SEQUENCE).is_some()
        && fields.expect(SEQUENCE).is_some_and(|issuer| !issuer.is_empty())
}
