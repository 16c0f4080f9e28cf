//! The local authority as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Failure;

/// A running authority; it ends when this is dropped, since its standard input closes then.
pub(super) struct RunningAuthority {
    folder: PathBuf,
    url: String,
    process: Child,
}

impl RunningAuthority {
    /// Writes a configuration that trusts the issuer of the lab's cards, and serves it.
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

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A file of its folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for RunningAuthority {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends by itself; the wait only collects it. An error here means that it is gone already.
        let _ = self.process.wait();
    }
}

/// A program that was built beside this one.
pub(super) fn sibling(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(format!(
            "{} is not built: `make demo` and `make greeter` build it",
            path.display()
        )
        .into())
    }
}
