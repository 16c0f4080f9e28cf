//! Messages of a browser's [native messaging](https://developer.chrome.com/docs/extensions/develop/concepts/native-messaging): a length
//! of 32 bits in the machine's byte order, and JSON.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};

use serde::Serialize;

use super::answer::to_json;

/// Longest question. The extension sends far shorter ones.
const MAX_MESSAGE: u32 = 64 << 10;

/// Longest message that is read past. Four bytes can announce 4 GiB, which no extension has a reason to send here.
const MAX_SKIPPED: u32 = 64 << 20;

/// The next message; `None` at the end. The problem of one that is too long, after it was read past.
pub(super) fn read(input: &mut impl Read) -> io::Result<Option<Result<Vec<u8>, String>>> {
    let mut header = Vec::new();
    input.by_ref().take(4).read_to_end(&mut header)?;
    let length = match <[u8; 4]>::try_from(header.as_slice()) {
        Ok(length) => u32::from_ne_bytes(length),
        Err(_) if header.is_empty() => return Ok(None),
        Err(_) => return Err(ended_early()),
    };
    if length > MAX_SKIPPED {
        let problem =
            format!("a message of {length} bytes is longer than {MAX_SKIPPED}, the most that is read past");
        return Err(io::Error::new(ErrorKind::InvalidData, problem));
    }
    let mut message = input.take(length.into());
    if length > MAX_MESSAGE {
        if io::copy(&mut message, &mut io::sink())? < length.into() {
            return Err(ended_early());
        }
        let problem = format!("a message of {length} bytes is longer than {MAX_MESSAGE}");
        return Ok(Some(Err(problem)));
    }
    let mut content = Vec::new();
    message.read_to_end(&mut content)?;
    // What comes before the end may be JSON too, and another question.
    if u32::try_from(content.len()) != Ok(length) {
        return Err(ended_early());
    }
    Ok(Some(Ok(content)))
}

fn ended_early() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the stream ended within a message")
}

pub(super) fn write(output: &mut File, message: &impl Serialize) -> io::Result<()> {
    let json = to_json(message);
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_ne_bytes())?;
    output.write_all(&json)
}
