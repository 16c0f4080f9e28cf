//! The trace: one line for each APDU on the wire, so that a test can count them.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Write},
    path::Path,
};

/// Writes `> command`, a space and `< answer` in hexadecimal; other events start with `#`.
pub(crate) struct Trace(Option<File>);

impl Trace {
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let open = |path| File::options().append(true).create(true).open(path);
        path.map(open).transpose().map(Self)
    }

    pub(crate) fn apdu(&mut self, command: &[u8], answer: Option<&[u8]>) {
        let answer = answer.map_or_else(|| "none".into(), hex);
        self.line(&format!("> {} < {answer}", without_pin(command)));
    }

    pub(crate) fn event(&mut self, event: &str) {
        self.line(&format!("# {event}"));
    }

    fn line(&mut self, line: &str) {
        if let Some(file) = &mut self.0 {
            // Written at once, so that a reader never sees half a line. A full disk ends the trace and not the card.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

/// The data of VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER is a PIN: only its length is written.
fn without_pin(command: &[u8]) -> String {
    match command {
        [
            class,
            instruction @ (0x20 | 0x24 | 0x2C),
            p1,
            p2,
            length,
            pin @ ..,
        ] => {
            format!(
                "{}{}",
                hex(&[*class, *instruction, *p1, *p2, *length]),
                "..".repeat(pin.len())
            )
        }
        _ => hex(command),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02X}");
            text
        })
}
