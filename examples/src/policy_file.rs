//! The smart-card policy of a machine as programs are given it: a registry export (`.reg`) or JSON.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use upn_resolver::decode_text;
use upn_resolver::windows::logon_policy::{LogonPolicy, RegistryError, Remark};

use crate::bounded;
use crate::output::{complain, name_of};

/// Reads the policy of a file. Both may be in UTF-8 or UTF-16. JSON begins with `{`; everything else is taken for a registry export. The remarks tell what
/// was in a registry export and could not be used.
///
/// # Errors
/// The file can't be read, or is in neither form.
pub fn read(path: &Path) -> Result<(LogonPolicy, Vec<Remark>), PolicyFileError> {
    let bytes = bounded::read(path).map_err(PolicyFileError::Unreadable)?;
    if let Ok(text) = decode_text(&bytes)
        && text.trim_start().starts_with('{')
    {
        let policy = serde_json::from_str(text.trim()).map_err(PolicyFileError::Json)?;
        return Ok((policy, Vec::new()));
    }
    let imported = LogonPolicy::from_registry_file(&bytes).map_err(PolicyFileError::Registry)?;
    let remarks = imported.remarks().to_vec();
    Ok((imported.into_policy(), remarks))
}

/// The option of programs that judge certificates as a Windows machine would.
#[derive(Debug, clap::Args)]
pub struct PolicyOption {
    /// The machine's policy: a registry export (.reg) or JSON; without it, what holds where nobody set any
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl PolicyOption {
    /// The policy. What in the file could not be used is told on standard error.
    ///
    /// # Errors
    /// The exit code for a wrong usage, after a message on standard error.
    pub fn read(&self, program: &str) -> Result<LogonPolicy, ExitCode> {
        let Some(path) = &self.policy else {
            return Ok(LogonPolicy::new());
        };
        let (policy, remarks) = read(path).map_err(|error| {
            complain(program, format_args!("{}: {error}", name_of(path)));
            ExitCode::from(2)
        })?;
        for remark in remarks {
            complain(program, format_args!("{}: {remark}", name_of(path)));
        }
        Ok(policy)
    }
}

/// Why no policy came out of a file.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// It begins as JSON and is no policy.
    #[error("as JSON: {0}")]
    Json(serde_json::Error),
    /// It is no registry export.
    #[error("as a registry export: {0}")]
    Registry(RegistryError),
    /// It can't be read.
    #[error("{0}")]
    Unreadable(io::Error),
}
