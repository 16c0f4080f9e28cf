//! Files of the command line, read completely up to a limit.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;

use upn_resolver::decode_text;
use zeroize::Zeroizing;

use crate::file_type::{Links, open_input, open_regular};

/// More than a certificate, device file, policy or report needs.
const LIMIT: u64 = 4 << 20;

/// The content of a file, a pipe or a device; `-` is standard input.
///
/// # Errors
/// The file cannot be read, is a folder or a socket, or is longer than 4 MiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new("-") {
        return read_all(io::stdin().lock());
    }
    read_all(open_input(path)?)
}

/// The content of a text in UTF-8 or UTF-16, from a file, a pipe or a device.
///
/// # Errors
/// As [`read`], and if the text has another encoding.
pub fn read_text(path: &Path) -> io::Result<String> {
    let bytes = Zeroizing::new(read(path)?);
    decode_text(&bytes)
        .map(Cow::into_owned)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The content of a regular file.
///
/// # Errors
/// The file cannot be read, is not a regular file, or is longer than 4 MiB.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    read_all(open_regular(path, Links::Follow)?)
}

/// Everything up to the end.
///
/// # Errors
/// As [`read`].
pub fn read_all(input: impl Read) -> io::Result<Vec<u8>> {
    read_up_to(LIMIT, input)
}

/// A secret up to the end, in memory that is wiped. `expected` is its length in bytes; a longer one leaves copies, because the buffer
/// grows.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_secret(input: impl Read, expected: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    // The standard library reads into the stack first if there is room for less than 32 bytes.
    let capacity = usize::try_from(expected.min(LIMIT) + 64).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    append(&mut bytes, LIMIT, input)?;
    Ok(bytes)
}

/// Everything up to the end, if that is at most `limit` bytes.
pub(crate) fn read_up_to(limit: u64, input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    append(&mut bytes, limit, input)?;
    Ok(bytes)
}

fn append(bytes: &mut Vec<u8>, limit: u64, input: impl Read) -> io::Result<()> {
    let length = input.take(limit + 1).read_to_end(bytes)?;
    let fits = u64::try_from(length).is_ok_and(|length| length <= limit);
    if !fits {
        let (size, unit) = if limit.is_multiple_of(1 << 20) {
            (limit >> 20, "MiB")
        } else {
            (limit >> 10, "KiB")
        };
        let problem = format!("it is longer than {size} {unit}");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read as _};

    #[test]
    fn a_secret_of_the_expected_length_is_allocated_once() {
        for length in [0, 1, 31, 32, 4_096, 100_000] {
            let bytes = super::read_secret(std::io::repeat(7).take(length), length).unwrap();
            assert_eq!(bytes.len(), usize::try_from(length).unwrap());
            assert_eq!(bytes.capacity(), bytes.len() + 64);
        }
    }

    #[test]
    fn an_endless_input_is_refused() {
        assert_eq!(
            super::read("/dev/zero".as_ref()).unwrap_err().kind(),
            ErrorKind::FileTooLarge
        );
    }
}
