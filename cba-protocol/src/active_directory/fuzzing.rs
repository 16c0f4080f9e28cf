//! Entry points of the fuzz targets.

use super::{cms, encryption, pac, pkinit, replies};

/// Reads the content of an opened ticket, and a PAC; and the content as CMS and as the KDC's part of the key agreement.
pub fn read_ticket(content: &[u8], pac: &[u8]) {
    let _ = replies::TicketPart::of_plain(content).map(|part| part.pac().is_some());
    let _ = cms::SignedData::read(content).map(|signed| signed.signer().is_some());
    let _ = pkinit::Answer::read(content).is_some();
    if let Some((pac, key)) = pac::Pac::read(pac).zip(encryption::Key::new(18, &[7; 32])) {
        let _ = (pac.is_signed_with(&key), pac.client(), pac.requestor());
        let _ = pac.upn_dns_info();
    }
}
