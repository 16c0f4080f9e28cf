//! The local authority as a separate process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Failure;

/// A running authority. It ends when this is dropped, because its standard input is then closed.
pub(super) struct RunningAuthority {
    folder: PathBuf,
    url: String,
    process: Child,
}

impl RunningAuthority {
    /// Writes a configuration that trusts the issuer of the lab's cards, and starts the authority.
    pub(super) fn start(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.join("authority");
        let program = sibling("local-authority")?;
        let status = Command::new(&program)
            .arg("--init")
            .arg(&folder)
            .args(["--domain", super::DOMAIN])
            .arg("--trust")
            .arg(lab::Authority::trusted()?.certificate())
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err("local-authority --init failed".into());
        }
        let configuration = folder.join("authority.json");
        let mut process = Command::new(&program)
            .arg("--config")
            .arg(&configuration)
            .args(["--listen", "127.0.0.1:0", "--until-stdin-closes", "--log"])
            .arg(folder.join("log.jsonl"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut url)?;
        }
        let url = url.trim_end().to_owned();
        if url.is_empty() {
            return Err("local-authority did not start; see its message above".into());
        }
        Ok(Self { folder, url, process })
    }

    /// The URL of the authority.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Path of a file in its folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for RunningAuthority {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // The process ends by itself; an error here means that it has ended before.
        let _ = self.process.wait();
    }
}

/// Path of a program that was built together with this one.
pub(super) fn sibling(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(format!(
            "{} is missing; `make demo` and `make greeter` build it",
            path.display()
        )
        .into())
    }
}
