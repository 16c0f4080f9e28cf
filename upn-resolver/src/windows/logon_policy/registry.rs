//! Reading the policy from a registry export (`.reg`).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::registry_text::{Data, LogicalLines, is_header, machine_path, value_line};
use super::{LogonPolicy, RemovalBehaviour, RootCleanup, Setting, Switch};

const CREDENTIAL_PROVIDER: &str = r"SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider";
const CERT_PROP: &str = r"SOFTWARE\Policies\Microsoft\Windows\CertProp";
const WINLOGON: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";

impl LogonPolicy {
    /// Reads the policy from the text of a registry export, as `regedit` and `reg export` write it.
    ///
    /// Keys that have nothing to do with smart-card sign-in are passed over. What is in a known key and could
    /// not be used is in the [remarks](Imported::remarks), with its line. A later value replaces an earlier one,
    /// and `"name"=-` or `[-key]` takes one back, as on import into a registry.
    ///
    /// Format: [How to add, modify, or delete registry subkeys and values by using a .reg file][reg].
    ///
    /// [reg]: https://support.microsoft.com/topic/9c7f37cf-a5e9-e1cd-c4fa-2a26218a1a23
    ///
    /// # Errors
    ///
    /// The text is no registry export; the error has the line.
    ///
    /// # Examples
    ///
    /// ```
    /// use upn_resolver::windows::logon_policy::{LogonPolicy, Switch};
    ///
    /// let imported = LogonPolicy::from_registry_export(
    ///     r#"Windows Registry Editor Version 5.00
    ///
    /// [HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider]
    /// "X509HintsNeeded"=dword:00000001
    /// "AllowEverything"=dword:00000001
    /// "#,
    /// )?;
    /// assert!(imported.policy().is_on(Switch::X509HintsNeeded));
    /// assert_eq!(
    ///     imported.remarks()[0].to_string(),
    ///     "line 5: \"AllowEverything\" is no known smart-card setting; ignored"
    /// );
    /// # Ok::<(), upn_resolver::windows::logon_policy::RegistryError>(())
    /// ```
    pub fn from_registry_export(text: &str) -> Result<Imported, RegistryError> {
        let mut lines = LogicalLines::new(text.trim_start_matches('\u{feff}'));
        match lines.next() {
            Some((_, header)) if is_header(&header) => {}
            Some((line, _)) => {
                return Err(RegistryError {
                    line,
                    kind: RegistryErrorKind::NoHeader,
                });
            }
            None => {
                return Err(RegistryError {
                    line: 1,
                    kind: RegistryErrorKind::NoHeader,
                });
            }
        }
        let mut import = Imported {
            policy: Self::new(),
            remarks: Vec::new(),
        };
        let mut key = Key::Foreign;
        for (line, text) in lines {
            let error = |kind| RegistryError { line, kind };
            if text.starts_with('[') {
                key = import.section(&text).map_err(error)?;
            } else {
                let (name, data) = value_line(&text).ok_or_else(|| error(RegistryErrorKind::Malformed))?;
                if let (Key::Machine(path), Some(name)) = (&key, name) {
                    import.value(line, path, &name, data).map_err(error)?;
                }
            }
        }
        Ok(import)
    }

    /// Reads the policy from the bytes of a `.reg` file: UTF-16 with a byte order mark, as Windows writes it, or
    /// UTF-8.
    ///
    /// # Errors
    ///
    /// The bytes are no text, or the text is no registry export.
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
    pub fn from_registry_file(bytes: &[u8]) -> Result<Imported, RegistryError> {
        let not_text = RegistryError {
            line: 1,
            kind: RegistryErrorKind::NotText,
        };
        if let [0xff, 0xfe, rest @ ..] = bytes {
            let mut pairs = rest.chunks_exact(2);
            let units = pairs.by_ref().map(|pair| match pair {
                [low, high] => u16::from_le_bytes([*low, *high]),
                _ => 0,
            });
            let text = char::decode_utf16(units).collect::<Result<String, _>>();
            return match (text, pairs.remainder()) {
                (Ok(text), []) => Self::from_registry_export(&text),
                _ => Err(not_text),
            };
        }
        let text = core::str::from_utf8(bytes).map_err(|_| not_text)?;
        Self::from_registry_export(text)
    }
}

/// A policy from a registry export, with what was in it and could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    policy: LogonPolicy,
    remarks: Vec<Remark>,
}

impl Imported {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &LogonPolicy {
        &self.policy
    }

    /// The policy alone.
    #[must_use]
    pub fn into_policy(self) -> LogonPolicy {
        self.policy
    }

    /// What was in a key of smart-card settings and could not be used, in the order of the text.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    fn section(&mut self, text: &str) -> Result<Key, RegistryErrorKind> {
        let path = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .ok_or(RegistryErrorKind::Malformed)?;
        if let Some(deleted) = path.strip_prefix('-') {
            if let Some(path) = machine_path(deleted) {
                self.delete_key(&path);
            }
            return Ok(Key::Foreign);
        }
        Ok(machine_path(path).map_or(Key::Foreign, Key::Machine))
    }

    /// A deleted key takes those below it with it.
    fn delete_key(&mut self, path: &str) {
        let is_deleted = |key: &str| {
            key.split_at_checked(path.len()).is_some_and(|(outer, below)| {
                outer.eq_ignore_ascii_case(path) && (below.is_empty() || below.starts_with('\\'))
            })
        };
        for switch in Switch::ALL {
            if is_deleted(switch.key()) {
                self.policy.set(switch, Setting::NotConfigured);
            }
        }
        if is_deleted(CREDENTIAL_PROVIDER) {
            self.policy.blocked_message = None;
        }
        if is_deleted(CERT_PROP) {
            self.policy.root_cleanup = RootCleanup::default();
        }
        if is_deleted(WINLOGON) {
            self.policy.removal = RemovalBehaviour::default();
        }
    }

    fn value(&mut self, line: usize, key: &str, name: &str, data: &str) -> Result<(), RegistryErrorKind> {
        let data = Data::parse(data)?;
        let mut remark = |kind| {
            self.remarks.push(Remark {
                line,
                name: name.to_string(),
                kind,
            });
        };
        if let Some(switch) = Switch::named(key, name) {
            match data {
                Data::Dword(0) => self.policy.set(switch, Setting::Disabled),
                Data::Dword(_) => self.policy.set(switch, Setting::Enabled),
                Data::Deleted => self.policy.set(switch, Setting::NotConfigured),
                Data::Other | Data::Text(_) => remark(RemarkKind::WrongType { expected: "a dword" }),
            }
            return Ok(());
        }
        match Named::find(key, name) {
            Some(Named::BlockedMessage) => match data {
                Data::Text(text) => self.policy.blocked_message = Some(text),
                Data::Deleted => self.policy.blocked_message = None,
                Data::Dword(_) | Data::Other => remark(RemarkKind::WrongType { expected: "a string" }),
            },
            Some(Named::RemovalBehaviour) => match data {
                Data::Deleted => self.policy.removal = RemovalBehaviour::default(),
                Data::Text(text) => match RemovalBehaviour::from_registry_value(&text) {
                    Some(removal) => self.policy.removal = removal,
                    None => remark(RemarkKind::UnknownOption),
                },
                Data::Dword(_) | Data::Other => remark(RemarkKind::WrongType { expected: "a string" }),
            },
            Some(Named::RootCleanup) => match data {
                Data::Deleted => self.policy.root_cleanup = RootCleanup::default(),
                Data::Dword(number) => match RootCleanup::from_registry_value(number) {
                    Some(cleanup) => self.policy.root_cleanup = cleanup,
                    None => remark(RemarkKind::UnknownOption),
                },
                Data::Other | Data::Text(_) => remark(RemarkKind::WrongType { expected: "a dword" }),
            },
            // Only these keys hold nothing but smart-card settings, so that a name there may be a slip.
            None if [CREDENTIAL_PROVIDER, CERT_PROP]
                .iter()
                .any(|own| own.eq_ignore_ascii_case(key)) =>
            {
                remark(RemarkKind::UnknownName);
            }
            None => {}
        }
        Ok(())
    }
}

/// Something in a key of smart-card settings that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    line: usize,
    name: String,
    kind: RemarkKind,
}

impl Remark {
    /// The line of the text, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The name of the registry value.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it could not be used.
    #[must_use]
    pub fn kind(&self) -> RemarkKind {
        self.kind
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {:?} ", self.line, self.name)?;
        match self.kind {
            RemarkKind::UnknownName => f.write_str("is no known smart-card setting; ignored"),
            RemarkKind::UnknownOption => f.write_str("has a value that is none of its options; ignored"),
            RemarkKind::WrongType { expected } => write!(f, "must be {expected}; ignored"),
        }
    }
}

/// Why a value of a registry export could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemarkKind {
    /// No setting has this name.
    UnknownName,
    /// The setting has a list of options, and this is none of them.
    UnknownOption,
    /// The value has another type than the setting.
    WrongType {
        /// The type that it should have.
        expected: &'static str,
    },
}

/// A text that is no registry export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryError {
    line: usize,
    kind: RegistryErrorKind,
}

impl RegistryError {
    /// The line of the text, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegistryErrorKind {
    Malformed,
    NoHeader,
    NotText,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        f.write_str(match self.kind {
            RegistryErrorKind::Malformed => {
                "neither a [key], a \"name\"=value nor a ; comment of a registry export"
            }
            RegistryErrorKind::NoHeader => {
                "no registry export: the first line must be \"Windows Registry Editor Version 5.00\" or \"REGEDIT4\""
            }
            RegistryErrorKind::NotText => {
                "no text in UTF-16 with a byte order mark or in UTF-8; export it again with regedit"
            }
        })
    }
}

impl core::error::Error for RegistryError {}

/// The settings that are no on/off switch.
enum Named {
    BlockedMessage,
    RemovalBehaviour,
    RootCleanup,
}

impl Named {
    fn find(key: &str, name: &str) -> Option<Self> {
        let is = |k: &str, n: &str| key.eq_ignore_ascii_case(k) && name.eq_ignore_ascii_case(n);
        if is(CREDENTIAL_PROVIDER, "IntegratedUnblockPromptString") {
            Some(Self::BlockedMessage)
        } else if is(CERT_PROP, "RootCertificateCleanupOption") {
            Some(Self::RootCleanup)
        } else if is(WINLOGON, "scremoveoption") {
            Some(Self::RemovalBehaviour)
        } else {
            None
        }
    }
}

enum Key {
    Foreign,
    Machine(String),
}
