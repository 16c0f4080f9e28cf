//! The server name of a TLS `ClientHello`, read before the handshake begins (RFC 8446, section 4.1.2; RFC 6066, section 3).
//!
//! OpenSSL could change the context in a callback, but neither the protocol versions nor the verify mode would come along.

use std::time::Duration;

use tokio::net::TcpStream;

/// Largest TLS record (RFC 8446, section 5.1) with its header.
const RECORD: usize = 5 + (1 << 14);

/// The server name, if the first record has one. The bytes stay in the socket for the handshake.
pub(super) async fn server_name(stream: &TcpStream) -> Option<String> {
    let mut record = vec![0; RECORD];
    loop {
        let read = stream.peek(&mut record).await.ok()?;
        let wanted = match record.get(..read)? {
            [22, _, _, high, low, ..] => 5 + usize::from(u16::from_be_bytes([*high, *low])),
            [22, ..] => RECORD,
            _ => return None,
        };
        if read >= wanted.min(RECORD) {
            return parse(record.get(5..read)?);
        }
        // A peek does not wait for more than there is.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The server name of a handshake message.
fn parse(message: &[u8]) -> Option<String> {
    let mut hello = Reader(message);
    (hello.take(1)? == [1]).then_some(())?;
    hello.take(3)?; // length
    hello.take(2 + 32)?; // version and random
    hello.block(1)?; // session id
    hello.block(2)?; // cipher suites
    hello.block(1)?; // compression methods
    let mut extensions = Reader(hello.block(2)?);
    loop {
        let kind = extensions.take(2)?;
        let content = extensions.block(2)?;
        if kind == [0, 0] {
            let mut list = Reader(Reader(content).block(2)?);
            (list.take(1)? == [0]).then_some(())?; // a host name
            return std::str::from_utf8(list.block(2)?).ok().map(str::to_owned);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A block with a length of one or two bytes before it.
    fn block(&mut self, width: usize) -> Option<&'a [u8]> {
        let length = self
            .take(width)?
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        self.take(length)
    }
}
