//! Progress of a long run: one line on a terminal, nothing otherwise.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Reading the clock takes as long as reading a certificate, so it is read once for this number of certificates.
const CERTIFICATES_A_LOOK: u64 = 1024;

const INTERVAL: Duration = Duration::from_millis(100);

/// A progress line on standard error.
#[derive(Debug)]
pub struct Progress {
    /// `None` if standard error is not a terminal.
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    started: Instant,
    last: Instant,
    /// The length of the input, if it is known.
    length: Option<u64>,
}

impl Progress {
    /// Progress in reading standard input.
    #[must_use]
    pub fn of_standard_input() -> Self {
        let now = Instant::now();
        let shown = io::stderr().is_terminal().then(|| Shown {
            started: now,
            last: now,
            length: input_length(),
        });
        Self { shown }
    }

    /// `certificates` were read so far, up to `position` in the input.
    pub fn at(&mut self, certificates: u64, position: u64) {
        if let Some(shown) = &mut self.shown
            && certificates.is_multiple_of(CERTIFICATES_A_LOOK)
            && shown.last.elapsed() >= INTERVAL
        {
            shown.last = Instant::now();
            shown.print(certificates, position);
        }
    }

    /// Removes the line.
    pub fn clear(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Shown {
    fn print(&self, certificates: u64, position: u64) {
        let rate = u128::from(certificates) * 1000 / self.started.elapsed().as_millis().max(1);
        // The terminal may be gone.
        let _ = self.write(io::stderr().lock(), certificates, rate, position);
    }

    fn write(&self, mut out: impl Write, certificates: u64, rate: u128, position: u64) -> io::Result<()> {
        write!(out, "\r\x1b[K{certificates} certificates, {rate} a second")?;
        if let Some(length) = self.length.filter(|length| *length > 0) {
            let done = usize::try_from(position.min(length) * 20 / length)
                .unwrap_or(20)
                .min(20);
            let percent = position.min(length) * 100 / length;
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

/// The length of standard input if it is a file.
fn input_length() -> Option<u64> {
    #[cfg(unix)]
    let input: File = {
        use std::os::fd::AsFd;
        io::stdin().as_fd().try_clone_to_owned().ok()?.into()
    };
    #[cfg(windows)]
    let input: File = {
        use std::os::windows::io::AsHandle;
        io::stdin().as_handle().try_clone_to_owned().ok()?.into()
    };
    let metadata = input.metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_the_progress_if_the_length_is_known() {
        let line = |length, position| {
            let now = Instant::now();
            let shown = Shown {
                started: now,
                last: now,
                length,
            };
            let mut line = Vec::new();
            shown.write(&mut line, 2048, 7, position).unwrap();
            String::from_utf8(line).unwrap()
        };
        let rate = "\r\x1b[K2048 certificates, 7 a second";
        assert_eq!(line(None, 5), rate);
        assert_eq!(line(Some(0), 0), rate);
        assert_eq!(
            line(Some(200), 50),
            format!("{rate}  [#####...............] 25 %")
        );
        assert_eq!(
            line(Some(200), 300),
            format!("{rate}  [{}] 100 %", "#".repeat(20))
        );
    }
}
