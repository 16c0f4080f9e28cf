//! The smart-card policy of a Windows machine: a registry export (`.reg`) or JSON.

use upn_resolver::decode_text;
use upn_resolver::windows::logon_policy::{ImportWarning, LogonPolicy, RegistryError};

/// Reads the policy from the bytes of a file in UTF-8 or UTF-16. Text that begins with `{` is JSON, any other text is a registry
/// export. The warnings name the values of a registry export that could not be used.
///
/// # Errors
/// The file has neither form.
pub fn read_policy(file: &[u8]) -> Result<(LogonPolicy, Vec<ImportWarning>), PolicyFileError> {
    if let Ok(text) = decode_text(file)
        && text.trim_start().starts_with('{')
    {
        let policy = serde_json::from_str(text.trim()).map_err(PolicyFileError::Json)?;
        return Ok((policy, Vec::new()));
    }
    let imported = LogonPolicy::from_registry_file(file).map_err(PolicyFileError::Registry)?;
    let warnings = imported.warnings().to_vec();
    Ok((imported.into_policy(), warnings))
}

/// Reason why a file gives no policy.
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
    Unreadable(std::io::Error),
}
