//! The smart-card policy of a Windows machine from a file: a registry export (`.reg`) or JSON.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use upn_resolver::decode_text;
use upn_resolver::windows::logon_policy::{ImportWarning, LogonPolicy, RegistryError};

use crate::bounded;
use crate::output::{display_path, print_message};

/// Reads the policy from a file in UTF-8 or UTF-16. Text that begins with `{` is JSON, any other text is a registry export. The
/// warnings name the values of a registry export that could not be used.
///
/// # Errors
/// The file cannot be read, or has neither form.
pub fn read(path: &Path) -> Result<(LogonPolicy, Vec<ImportWarning>), PolicyFileError> {
    let bytes = bounded::read(path).map_err(PolicyFileError::Unreadable)?;
    if let Ok(text) = decode_text(&bytes)
        && text.trim_start().starts_with('{')
    {
        let policy = serde_json::from_str(text.trim()).map_err(PolicyFileError::Json)?;
        return Ok((policy, Vec::new()));
    }
    let imported = LogonPolicy::from_registry_file(&bytes).map_err(PolicyFileError::Registry)?;
    let warnings = imported.warnings().to_vec();
    Ok((imported.into_policy(), warnings))
}

/// The option `--policy` of the programs that judge certificates by the rules of Windows.
#[derive(Debug, clap::Args)]
pub struct PolicyOption {
    /// The machine's policy: a registry export (.reg) or JSON; by default, no policy is configured
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl PolicyOption {
    /// Reads the policy. Prints the values that could not be used to standard error.
    ///
    /// # Errors
    /// The exit code for wrong usage, after a message on standard error.
    pub fn read(&self, program: &str) -> Result<LogonPolicy, ExitCode> {
        let Some(path) = &self.policy else {
            return Ok(LogonPolicy::new());
        };
        let (policy, warnings) = read(path).map_err(|error| {
            print_message(program, format_args!("{}: {error}", display_path(path)));
            ExitCode::from(2)
        })?;
        for warning in warnings {
            print_message(program, format_args!("{}: {warning}", display_path(path)));
        }
        Ok(policy)
    }
}

/// Why a file gives no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// It begins like JSON and is not a policy.
    #[error("as JSON: {0}")]
    Json(serde_json::Error),
    /// It is not a registry export.
    #[error("as a registry export: {0}")]
    Registry(RegistryError),
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(io::Error),
}
