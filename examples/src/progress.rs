//! Progress of a long run: one line on a terminal, nothing otherwise.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(100);

/// A progress line on standard error.
#[derive(Debug)]
pub struct Progress {
    /// `None` if standard error is not a terminal.
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    last: Instant,
    /// When the present step began.
    begun: Instant,
    /// Input of the present step.
    what: &'static str,
    count: usize,
    /// The bytes of all steps that were read so far, and of the whole, if its length is known.
    bytes: u64,
    whole: Option<u64>,
    is_visible: bool,
}

impl Progress {
    /// Progress in reading the first of several inputs, of these lengths; `what` is what it contains.
    #[must_use]
    pub fn new(what: &'static str, lengths: impl IntoIterator<Item = Option<u64>>) -> Self {
        let now = Instant::now();
        let shown = io::stderr().is_terminal().then(|| Shown {
            last: now,
            begun: now,
            what,
            count: 0,
            bytes: 0,
            whole: lengths.into_iter().sum(),
            is_visible: false,
        });
        Self { shown }
    }

    /// Begins the next step when this number of bytes is done.
    pub fn begin(&mut self, what: &'static str, bytes: Option<u64>) {
        if let Some(shown) = &mut self.shown {
            shown.begun = Instant::now();
            shown.what = what;
            shown.count = 0;
            shown.bytes = bytes.unwrap_or(shown.bytes);
        }
    }

    /// `count` more were read, in this number of bytes.
    pub fn add(&mut self, count: usize, bytes: usize) {
        if let Some(shown) = &mut self.shown {
            shown.count += count;
            shown.bytes += u64::try_from(bytes).unwrap_or_default();
            if shown.last.elapsed() >= INTERVAL {
                shown.print();
            }
        }
    }

    /// Shows the last state once more, if one was shown, and removes the line.
    pub fn clear(&mut self) {
        if let Some(shown) = self.shown.as_mut().filter(|shown| shown.is_visible) {
            shown.print();
            shown.is_visible = false;
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Shown {
    fn print(&mut self) {
        self.last = Instant::now();
        self.is_visible = true;
        // If nobody is watching any more, that does not matter.
        let _ = self.write(io::stderr().lock());
    }

    fn write(&self, mut out: impl Write) -> io::Result<()> {
        let count = u128::try_from(self.count).unwrap_or_default();
        let rate = count * 1000 / self.begun.elapsed().as_millis().max(1);
        write!(out, "\r\x1b[K{} {}, {rate} a second", self.count, self.what)?;
        if let Some(whole) = self.whole.filter(|whole| *whole > 0) {
            let done = usize::try_from(self.bytes.min(whole) * 20 / whole)
                .unwrap_or(20)
                .min(20);
            let percent = self.bytes.min(whole) * 100 / whole;
            write!(
                out,
                "  [{}{}] {percent} %",
                "#".repeat(done),
                ".".repeat(20 - done)
            )?;
        }
        out.flush()
    }
}

/// The length of an input if it is a file; `-` is standard input.
#[must_use]
pub fn input_length(path: &Path) -> Option<u64> {
    let metadata = if path == Path::new("-") {
        standard_input()?.metadata()
    } else {
        fs::metadata(path)
    };
    metadata
        .ok()
        .filter(fs::Metadata::is_file)
        .map(|metadata| metadata.len())
}

fn standard_input() -> Option<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        Some(io::stdin().as_fd().try_clone_to_owned().ok()?.into())
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::AsHandle;
        Some(io::stdin().as_handle().try_clone_to_owned().ok()?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_knows_the_whole_if_every_length_is_known() {
        let line = |whole, bytes| {
            let now = Instant::now();
            let shown = Shown {
                last: now,
                begun: now.checked_sub(Duration::from_secs(2)).unwrap(),
                what: "certificates",
                count: 2048,
                bytes,
                whole,
                is_visible: true,
            };
            let mut line = Vec::new();
            shown.write(&mut line).unwrap();
            String::from_utf8(line).unwrap()
        };
        let rate = "\r\x1b[K2048 certificates, 10";
        assert!(line(None, 5).starts_with(rate) && line(None, 5).ends_with(" a second"));
        assert!(line(Some(0), 0).ends_with(" a second"));
        assert!(line(Some(200), 50).ends_with(" a second  [#####...............] 25 %"));
        assert!(line(Some(200), 300).ends_with(&format!(" a second  [{}] 100 %", "#".repeat(20))));
        let whole = |lengths: [Option<u64>; 2]| lengths.into_iter().sum::<Option<u64>>();
        assert_eq!(whole([Some(3), Some(4)]), Some(7));
        assert_eq!(whole([Some(3), None]), None);
    }
}
