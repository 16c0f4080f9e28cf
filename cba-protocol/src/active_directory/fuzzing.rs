//! Entry points of the fuzz targets.

use super::{encryption, messages, pac};

/// Reads the content of an opened ticket, and a PAC.
pub fn read_ticket(content: &[u8], pac: &[u8]) {
    let _ = messages::TicketContent::read(content);
    if let Some((pac, key)) = pac::Pac::read(pac).zip(encryption::Key::new(18, &[7; 32])) {
        let _ = (pac.is_signed_with(&key), pac.client(), pac.requestor());
        let _ = pac.upn_dns_info();
    }
}
