//! The protocol of vpcd: each message is a two-byte length and its bytes; one byte is a control message, more are an APDU.
//! <https://frankmorgner.github.io/vsmartcard/virtualsmartcard/api.html>

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpStream},
    os::linux::net::TcpStreamExt,
};

/// A message of the reader.
pub(crate) enum Message {
    Apdu(Vec<u8>),
    Atr,
    PowerOff,
    PowerOn,
    Reset,
}

/// A card in a virtual reader.
pub(crate) struct Reader {
    stream: TcpStream,
}

impl Reader {
    /// Inserts the card into the reader that listens on `port`.
    pub(crate) fn insert(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// A second handle, with which another thread can remove the card.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            stream: self.stream.try_clone()?,
        })
    }

    /// Removes the card, also during a command.
    pub(crate) fn remove(&self) {
        // Fails only if the reader has closed the connection, and then the card is removed already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Waits for the next message.
    pub(crate) fn receive(&mut self) -> io::Result<Message> {
        let mut length = [0; 2];
        self.read(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.read(&mut message)?;
        match message.as_slice() {
            [0] => Ok(Message::PowerOff),
            [1] => Ok(Message::PowerOn),
            [2] => Ok(Message::Reset),
            [4] => Ok(Message::Atr),
            [] | [_] => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "vpcd sent an unknown order",
            )),
            _ => Ok(Message::Apdu(message)),
        }
    }

    /// Answers an APDU or the request for the ATR.
    pub(crate) fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        let mut message = length.to_be_bytes().to_vec();
        message.extend_from_slice(answer);
        self.stream.write_all(&message)
    }

    /// vpcd writes the length and the message in two segments, and Nagle's algorithm delays the second one until the first is
    /// acknowledged. Without an immediate acknowledgement each APDU takes 40 ms. The option must be set again for each message.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.stream.set_quickack(true)?;
        self.stream.read_exact(buffer)
    }
}
