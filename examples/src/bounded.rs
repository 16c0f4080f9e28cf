//! Files that a person names on a command line, read whole and never without end.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use upn_resolver::decode_text;
use zeroize::Zeroizing;

/// More than any certificate, device file, policy or report has.
const LIMIT: u64 = 4 << 20;

/// A whole file; `-` is standard input.
///
/// # Errors
/// It can't be read, or is longer than 4 MiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new("-") {
        return read_all(io::stdin().lock());
    }
    read_all(File::open(path)?)
}

/// A whole file of text, in UTF-8 or UTF-16.
///
/// # Errors
/// As [`read`], and if it is neither.
pub fn read_text(path: &Path) -> io::Result<String> {
    let bytes = Zeroizing::new(read(path)?);
    decode_text(&bytes)
        .map(Cow::into_owned)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Everything up to the end.
///
/// # Errors
/// As [`read`].
pub fn read_all(input: impl Read) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    let length = input.take(LIMIT + 1).read_to_end(&mut octets)?;
    if length as u64 > LIMIT {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is longer than 4 MiB, which no such file is",
        ));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    #[test]
    fn what_has_no_end_is_refused() {
        assert_eq!(
            super::read("/dev/zero".as_ref()).unwrap_err().kind(),
            ErrorKind::FileTooLarge
        );
    }
}
