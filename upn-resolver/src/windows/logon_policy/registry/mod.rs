//! Policies from a registry export (`.reg`).

mod error;
mod place;
mod text;
mod warning;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use self::error::RegistryError;
pub use self::warning::{ImportWarning, ImportWarningKind};

use self::error::RegistryErrorKind;
use self::place::{Key, documented_key};
use self::text::{Data, Form, LogicalLines, section, value_line};
use super::switch::{CERT_PROP, CREDENTIAL_PROVIDER};
use super::{LogonPolicy, PolicyState, PolicySwitch, RemovalBehaviour, RootCleanup};
use crate::text_file::decode_text;

const WINLOGON: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";

impl LogonPolicy {
    /// Reads the policy from the text of a registry export, as written by `regedit` and `reg export`.
    ///
    /// Keys that are unrelated to smart card sign-in are ignored. The [warnings](ImportedPolicy::warnings) list, with
    /// their lines, the values in known keys that could not be used, and smart card settings in keys that Windows
    /// does not read. A later value replaces an earlier one, and `"name"=-` or `[-key]` removes one, as in an import
    /// into the registry. A comment can follow a key or a value.
    ///
    /// Format: [How to add, modify, or delete registry subkeys and values by using a .reg file][reg].
    ///
    /// [reg]: https://support.microsoft.com/topic/9c7f37cf-a5e9-e1cd-c4fa-2a26218a1a23
    ///
    /// # Errors
    ///
    /// Fails if the text is not a registry export. The error contains the line.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::windows::logon_policy::{LogonPolicy, PolicySwitch};
    ///
    /// let imported = LogonPolicy::from_registry_export(
    ///     r#"Windows Registry Editor Version 5.00
    ///
    /// [HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider]
    /// "X509HintsNeeded"=dword:00000001
    /// "AllowEverything"=dword:00000001
    /// "#,
    /// )?;
    /// assert!(imported.policy().is_on(PolicySwitch::X509HintsNeeded));
    /// assert_eq!(
    ///     imported.warnings()[0].to_string(),
    ///     "line 5: \"AllowEverything\" is not a known smart-card setting; ignored"
    /// );
    /// # Ok::<(), upn_resolver::windows::logon_policy::RegistryError>(())
    /// ```
    pub fn from_registry_export(text: &str) -> Result<ImportedPolicy, RegistryError> {
        let mut lines = LogicalLines::new(text.trim_start_matches('\u{feff}'));
        let (line, header) = lines.next().unwrap_or((1, "".into()));
        let Some(form) = Form::of_header(&header) else {
            return Err(RegistryError {
                line,
                kind: RegistryErrorKind::NoHeader,
            });
        };
        let mut import = ImportedPolicy {
            policy: Self::new(),
            warnings: Vec::new(),
        };
        let mut key = None;
        for (line, text) in lines {
            let error = |kind| RegistryError { line, kind };
            let malformed = || error(RegistryErrorKind::Malformed);
            if text.starts_with('[') {
                key = import.section(section(&text).ok_or_else(malformed)?);
                continue;
            }
            let (name, data) = value_line(&text).ok_or_else(malformed)?;
            let (Some(key), Some(name)) = (&key, name) else {
                continue;
            };
            let mut value = Value {
                import: &mut import,
                line,
                name: &name,
                data: Data::parse(data, form),
            };
            value.read_in(key).map_err(error)?;
        }
        Ok(import)
    }

    /// Reads the policy from the bytes of a `.reg` file: UTF-16, as written by Windows, or UTF-8. The older format,
    /// which begins with `REGEDIT4`, can be in a code page; its characters beyond ASCII are replaced.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are not text, or if the text is not a registry export.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::windows::logon_policy::LogonPolicy;
    ///
    /// let file: Vec<u8> = "\u{feff}Windows Registry Editor Version 5.00\r\n"
    ///     .encode_utf16()
    ///     .flat_map(u16::to_le_bytes)
    ///     .collect();
    /// let imported = LogonPolicy::from_registry_file(&file)?;
    /// assert_eq!(imported.policy(), &LogonPolicy::new());
    /// # Ok::<(), upn_resolver::windows::logon_policy::RegistryError>(())
    /// ```
    pub fn from_registry_file(bytes: &[u8]) -> Result<ImportedPolicy, RegistryError> {
        match decode_text(bytes) {
            Ok(text) => Self::from_registry_export(&text),
            Err(_) if bytes.trim_ascii_start().starts_with(b"REGEDIT4") => {
                Self::from_registry_export(&String::from_utf8_lossy(bytes))
            }
            Err(_) => Err(RegistryError {
                line: 1,
                kind: RegistryErrorKind::NotText,
            }),
        }
    }
}

/// A policy from a registry export, with warnings about values that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedPolicy {
    policy: LogonPolicy,
    warnings: Vec<ImportWarning>,
}

impl ImportedPolicy {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &LogonPolicy {
        &self.policy
    }

    /// Returns the policy without the warnings.
    #[must_use]
    pub fn into_policy(self) -> LogonPolicy {
        self.policy
    }

    /// Values that could not be used, or only under an assumption, in the order of the text.
    #[must_use]
    pub fn warnings(&self) -> &[ImportWarning] {
        &self.warnings
    }

    /// The key of a section; `None` if the section deletes it.
    fn section(&mut self, path: &str) -> Option<Key> {
        let Some(deleted) = path.strip_prefix('-') else {
            return Some(Key::of(path));
        };
        if let Key::Machine { path, .. } = Key::of(deleted) {
            self.delete_key(&path);
        }
        None
    }

    /// Deleting a key also deletes those below it.
    fn delete_key(&mut self, path: &str) {
        let is_deleted = |key: &str| {
            key.split_at_checked(path.len()).is_some_and(|(outer, below)| {
                outer.eq_ignore_ascii_case(path) && (below.is_empty() || below.starts_with('\\'))
            })
        };
        for &switch in PolicySwitch::ALL {
            if is_deleted(switch.key()) {
                self.policy.set(switch, PolicyState::NotConfigured);
            }
        }
        for named in Named::ALL {
            if is_deleted(named.place().0) {
                named.reset(&mut self.policy);
            }
        }
    }
}

/// A value of an export.
struct Value<'i> {
    import: &'i mut ImportedPolicy,
    line: usize,
    name: &'i str,
    data: Result<Data, RegistryErrorKind>,
}

impl Value<'_> {
    fn read_in(&mut self, key: &Key) -> Result<(), RegistryErrorKind> {
        let data = core::mem::replace(&mut self.data, Ok(Data::Other));
        let (path, is_numbered) = match key {
            Key::Machine { path, is_numbered } => (path, *is_numbered),
            Key::Other(path) => {
                if !matches!(data, Ok(Data::Deleted)) {
                    self.remark_on_other_key(path);
                }
                return Ok(());
            }
        };
        if let Some(setting) = Known::find(path, self.name) {
            self.set(setting, data?);
            if is_numbered {
                self.remark(ImportWarningKind::NumberedControlSet);
            }
        } else if [CREDENTIAL_PROVIDER, CERT_PROP]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(path))
        {
            // These keys contain only smart card settings, so an unknown name there may be a typing error.
            data?;
            self.remark(ImportWarningKind::UnknownName);
        } else if !matches!(data, Ok(Data::Deleted)) {
            self.remark_on_other_key(path);
        }
        Ok(())
    }

    fn set(&mut self, setting: Known, data: Data) {
        let policy = &mut self.import.policy;
        let problem = match (setting, data) {
            (Known::PolicySwitch(switch), Data::Deleted) => {
                policy.set(switch, PolicyState::NotConfigured);
                None
            }
            (Known::PolicySwitch(switch), Data::Dword(number)) => {
                let setting = if number == 0 {
                    PolicyState::Disabled
                } else {
                    PolicyState::Enabled
                };
                policy.set(switch, setting);
                None
            }
            (Known::Named(named), Data::Deleted) => {
                named.reset(policy);
                None
            }
            (Known::Named(Named::BlockedMessage), Data::Text(text)) => {
                policy.blocked_message = Some(text);
                None
            }
            (Known::Named(Named::RemovalBehaviour), Data::Text(text)) => {
                let removal = RemovalBehaviour::from_registry_value(&text);
                policy.removal = removal.unwrap_or(policy.removal);
                removal.is_none().then_some(ImportWarningKind::UnknownOption)
            }
            (Known::Named(Named::RootCleanup), Data::Dword(number)) => {
                let cleanup = RootCleanup::from_registry_value(number);
                policy.root_cleanup = cleanup.unwrap_or(policy.root_cleanup);
                cleanup.is_none().then_some(ImportWarningKind::UnknownOption)
            }
            (Known::PolicySwitch(_) | Known::Named(Named::RootCleanup), _) => {
                Some(ImportWarningKind::WrongType { expected: "a dword" })
            }
            (Known::Named(_), _) => Some(ImportWarningKind::WrongType { expected: "a string" }),
        };
        if let Some(kind) = problem {
            self.remark(kind);
        }
    }

    fn remark_on_other_key(&mut self, path: &str) {
        if let Some(documented) = documented_key(path, self.name) {
            self.remark(ImportWarningKind::OtherKey { documented });
        }
    }

    fn remark(&mut self, kind: ImportWarningKind) {
        self.import.warnings.push(ImportWarning {
            line: self.line,
            name: self.name.to_string(),
            kind,
        });
    }
}

/// A setting, identified by key and name.
#[derive(Clone, Copy)]
enum Known {
    Named(Named),
    PolicySwitch(PolicySwitch),
}

impl Known {
    fn find(key: &str, name: &str) -> Option<Self> {
        PolicySwitch::named(key, name)
            .map(Self::PolicySwitch)
            .or_else(|| Named::find(key, name).map(Self::Named))
    }
}

/// Settings that are not on/off switches.
#[derive(Clone, Copy)]
enum Named {
    BlockedMessage,
    RemovalBehaviour,
    RootCleanup,
}

impl Named {
    const ALL: [Self; 3] = [Self::BlockedMessage, Self::RemovalBehaviour, Self::RootCleanup];

    /// The key and name of the registry value.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::BlockedMessage => (CREDENTIAL_PROVIDER, "IntegratedUnblockPromptString"),
            Self::RemovalBehaviour => (WINLOGON, "scremoveoption"),
            Self::RootCleanup => (CERT_PROP, "RootCertificateCleanupOption"),
        }
    }

    fn find(key: &str, name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|named| {
            let (own_key, own_name) = named.place();
            key.eq_ignore_ascii_case(own_key) && name.eq_ignore_ascii_case(own_name)
        })
    }

    /// The key of the setting with this name.
    fn documented_key(name: &str) -> Option<&'static str> {
        Self::ALL
            .into_iter()
            .map(Self::place)
            .find_map(|(key, own_name)| name.eq_ignore_ascii_case(own_name).then_some(key))
    }

    fn reset(self, policy: &mut LogonPolicy) {
        match self {
            Self::BlockedMessage => policy.blocked_message = None,
            Self::RemovalBehaviour => policy.removal = RemovalBehaviour::default(),
            Self::RootCleanup => policy.root_cleanup = RootCleanup::default(),
        }
    }
}
