//! The smart-card policy of a Windows machine from a file: a registry export (`.reg`) or JSON.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub use explain::PolicyFileError;
use upn_resolver::windows::logon_policy::{ImportWarning, LogonPolicy};

use crate::bounded;
use crate::output::{display_path, print_message};

/// Reads the policy from a file in UTF-8 or UTF-16, as [`explain::read_policy`] does.
///
/// # Errors
/// The file cannot be read, or has neither form.
pub fn read(path: &Path) -> Result<(LogonPolicy, Vec<ImportWarning>), PolicyFileError> {
    explain::read_policy(&bounded::read(path).map_err(PolicyFileError::Unreadable)?)
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
