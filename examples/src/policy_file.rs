//! The smart-card policy of a machine as programs are given it: a registry export (`.reg`) or JSON.

use std::fs;
use std::io;
use std::path::Path;

use upn_resolver::windows::logon_policy::{LogonPolicy, RegistryError, Remark};

/// Reads the policy of a file. JSON begins with `{`; everything else is taken for a registry export. The remarks tell what
/// was in a registry export and could not be used.
///
/// # Errors
/// The file can't be read, or is in neither form.
pub fn read(path: &Path) -> Result<(LogonPolicy, Vec<Remark>), PolicyFileError> {
    let octets = fs::read(path).map_err(PolicyFileError::Unreadable)?;
    if octets.trim_ascii_start().starts_with(b"{") {
        let policy = serde_json::from_slice(&octets).map_err(PolicyFileError::Json)?;
        return Ok((policy, Vec::new()));
    }
    let imported = LogonPolicy::from_registry_file(&octets).map_err(PolicyFileError::Registry)?;
    let remarks = imported.remarks().to_vec();
    Ok((imported.into_policy(), remarks))
}

/// The policy of a file, or the one that holds where nobody set any. What could not be used in the file is told on
/// standard error.
///
/// # Errors
/// As [`read`].
pub fn read_or_default(path: Option<&Path>) -> Result<LogonPolicy, PolicyFileError> {
    let Some(path) = path else {
        return Ok(LogonPolicy::new());
    };
    let (policy, remarks) = read(path)?;
    for remark in remarks {
        eprintln!("{}: {remark}", path.display());
    }
    Ok(policy)
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
