//! A stream of concatenated certificates in DER, read in bounded memory.

use std::io::{self, Read};

/// Maximum length of a certificate.
const MAXIMUM_SIZE: usize = 65_536;

/// Size of the buffer; certificates are returned as slices of it.
const BUFFER_SIZE: usize = 1 << 20;

/// Splits a stream of certificates in DER by their outer lengths.
#[derive(Debug)]
pub struct CertificateStream<R> {
    input: R,
    buffer: Vec<u8>,
    /// The part of the buffer that is filled and not yet returned.
    start: usize,
    end: usize,
    /// The position in the stream of the next certificate.
    position: u64,
}

impl<R: Read> CertificateStream<R> {
    /// Splits this stream.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER_SIZE],
            start: 0,
            end: 0,
            position: 0,
        }
    }

    /// Number of bytes that were returned so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The bytes of the next certificate; `None` at the end of the stream. They are not checked:
    /// [`Certificate::from_der`](upn_resolver::Certificate::from_der) does that.
    ///
    /// # Errors
    /// The stream cannot be read, or the next bytes are not a certificate. The stream cannot continue after an error.
    pub fn next_der(&mut self) -> Result<Option<&[u8]>, StreamError> {
        let Some(length) = self.next_length()? else {
            return Ok(None);
        };
        Ok(Some(self.pass(length)))
    }

    /// The certificates that are complete in what was read, at least one, and their number; `None` at the end of the stream.
    ///
    /// # Errors
    /// As for [`next_der`](Self::next_der), after the certificates in front of the error were returned.
    pub fn next_batch(&mut self) -> Result<Option<(Vec<u8>, usize)>, StreamError> {
        let Some(first) = self.next_length()? else {
            return Ok(None);
        };
        let (mut size, mut count) = (first, 1);
        while let Some(length) = self.complete_length(self.start + size) {
            size += length;
            count += 1;
        }
        Ok(Some((self.pass(size).to_vec(), count)))
    }

    fn pass(&mut self, size: usize) -> &[u8] {
        let passed = self.start..self.start + size;
        self.start = passed.end;
        self.position += size as u64;
        &self.buffer[passed]
    }

    /// The length of the next certificate, which is then complete in the buffer.
    fn next_length(&mut self) -> Result<Option<usize>, StreamError> {
        let at = self.position;
        // A complete certificate is returned at once, without waiting for the bytes behind it.
        loop {
            if let Some(length) = self.complete_length(self.start) {
                return Ok(Some(length));
            }
            match Beginning::of(&self.buffer[self.start..self.end]) {
                Beginning::Certificate(length) if length > MAXIMUM_SIZE => {
                    return Err(StreamError::NoCertificate { at });
                }
                Beginning::Other => return Err(StreamError::NoCertificate { at }),
                Beginning::Pem => return Err(StreamError::Pem),
                Beginning::Certificate(_) | Beginning::Short => {}
            }
            if !self.read_more()? {
                return if self.start == self.end {
                    Ok(None)
                } else {
                    Err(StreamError::Truncated { at })
                };
            }
        }
    }

    fn complete_length(&self, start: usize) -> Option<usize> {
        match Beginning::of(&self.buffer[start..self.end]) {
            Beginning::Certificate(length) => {
                Some(length).filter(|length| *length <= MAXIMUM_SIZE && *length <= self.end - start)
            }
            _ => None,
        }
    }

    /// Reads the available bytes. Returns whether there were any.
    fn read_more(&mut self) -> io::Result<bool> {
        if self.buffer.len() - self.end < MAXIMUM_SIZE {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                count => {
                    let count = count?;
                    self.end += count;
                    return Ok(count > 0);
                }
            }
        }
    }
}

/// The certificates of a [batch](CertificateStream::next_batch).
pub fn split(mut batch: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let Beginning::Certificate(length) = Beginning::of(batch) else {
            return None;
        };
        let (der, rest) = batch.split_at_checked(length)?;
        batch = rest;
        Some(der)
    })
}

/// The first bytes.
enum Beginning {
    /// A SEQUENCE with this total number of bytes.
    Certificate(usize),
    Other,
    Pem,
    /// More bytes are needed to tell.
    Short,
}

impl Beginning {
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            // X.690, clause 8.1.3: SEQUENCE, and a length of two or three bytes; a certificate is never shorter.
            [0x30, 0x81, length, ..] => Self::Certificate(3 + usize::from(*length)),
            [0x30, 0x82, high, low, ..] => {
                Self::Certificate(4 + usize::from(u16::from_be_bytes([*high, *low])))
            }
            [b'-', b'-', b'-', ..] => Self::Pem,
            [] | [0x30 | b'-'] | [0x30, 0x81 | 0x82] | [0x30, 0x82, _] | [b'-', b'-'] => Self::Short,
            _ => Self::Other,
        }
    }
}

/// Reason why a stream ends early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Bytes that do not begin a certificate.
    #[error("at byte {at} there is no certificate in DER")]
    NoCertificate {
        /// Its position.
        at: u64,
    },
    /// PEM, which only files may contain.
    #[error("standard input takes concatenated certificates in DER; PEM is read from files only")]
    Pem,
    /// The stream ends within a certificate.
    #[error("the certificate at byte {at} is incomplete")]
    Truncated {
        /// Its position.
        at: u64,
    },
    /// The stream cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] = include_bytes!("../../upn-resolver/tests/certificates/adcs-rsa2048.der");

    /// Returns few bytes at a time, as a pipe does.
    struct Trickle<'s>(&'s [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(777).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn certificates_are_split_independent_of_read_sizes() {
        let count = 3 * BUFFER_SIZE / DER.len();
        let stream = DER.repeat(count);
        let mut certificates = CertificateStream::new(Trickle(&stream));
        for _ in 0..count {
            assert_eq!(certificates.next_der().unwrap(), Some(DER));
        }
        assert!(matches!(certificates.next_der(), Ok(None)));
        assert_eq!(certificates.position(), stream.len() as u64);
    }

    #[test]
    fn batches_are_the_same_certificates() {
        let count = 3 * BUFFER_SIZE / DER.len();
        let stream = [&DER.repeat(count), &b"xyz!"[..]].concat();
        let mut certificates = CertificateStream::new(Trickle(&stream));
        let (mut batches, mut counted) = (Vec::new(), 0);
        let error = loop {
            match certificates.next_batch() {
                Ok(Some((batch, count))) => {
                    assert_eq!(split(&batch).count(), count);
                    assert!(split(&batch).all(|der| der == DER));
                    batches.extend(batch);
                    counted += count;
                }
                Ok(None) => panic!("the stream ended well"),
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(batches, stream[..count * DER.len()]);
        assert_eq!(counted, count);
        assert_eq!(
            error,
            format!("at byte {} there is no certificate in DER", batches.len())
        );
    }

    /// Returns one certificate and then blocks.
    struct Waiting<'s>(&'s [u8]);

    impl Read for Waiting<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(
                !self.0.is_empty(),
                "more bytes are read before the certificate is returned"
            );
            self.0.read(buffer)
        }
    }

    #[test]
    fn a_certificate_is_handed_out_before_the_next_one_comes() {
        let mut certificates = CertificateStream::new(Waiting(DER));
        assert_eq!(certificates.next_der().unwrap(), Some(DER));
    }

    #[test]
    fn data_that_is_not_a_certificate_ends_the_stream_with_its_position() {
        let error = |stream: &[u8]| {
            let mut certificates = CertificateStream::new(stream);
            loop {
                match certificates.next_der() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("the stream ended well"),
                    Err(error) => return error.to_string(),
                }
            }
        };
        let at = DER.len();
        assert_eq!(error(b"-----BEGIN"), StreamError::Pem.to_string());
        assert_eq!(
            error(&[DER, b"xyz!"].concat()),
            format!("at byte {at} there is no certificate in DER")
        );
        assert_eq!(
            error(&[DER, &DER[..50]].concat()),
            format!("the certificate at byte {at} is incomplete")
        );
        assert_eq!(error(b"-"), "the certificate at byte 0 is incomplete");
        assert_eq!(
            error(&[0x30, 0x82, 0xff, 0xff, 0x00]),
            "at byte 0 there is no certificate in DER"
        );
    }
}
