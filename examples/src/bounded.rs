//! Files of the command line, read completely up to a limit.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use upn_resolver::decode_text;
use zeroize::Zeroizing;

/// More than a certificate, device file, policy or report needs.
const LIMIT: u64 = 4 << 20;

/// The content of a file; `-` is standard input.
///
/// # Errors
/// The file cannot be read, or is longer than 4 MiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new("-") {
        return read_all(io::stdin().lock());
    }
    read_all(File::open(path)?)
}

/// The content of a text file in UTF-8 or UTF-16.
///
/// # Errors
/// As [`read`], and if the text has another encoding.
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
    let mut bytes = Vec::new();
    let length = input.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if length as u64 > LIMIT {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "the file is longer than 4 MiB",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    #[test]
    fn an_endless_input_is_refused() {
        assert_eq!(
            super::read("/dev/zero".as_ref()).unwrap_err().kind(),
            ErrorKind::FileTooLarge
        );
    }
}
