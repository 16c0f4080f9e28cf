//! Keys in a registry export: those that Windows reads, and similar ones.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::switch::{CERT_PROP, CREDENTIAL_PROVIDER, PolicySwitch, SC_PNP};
use super::Named;

/// The key of a section.
pub(super) enum Key {
    /// A key below `HKEY_LOCAL_MACHINE`, with any control set replaced by the current one.
    Machine {
        path: String,
        /// Whether the control set was given by number.
        is_numbered: bool,
    },
    /// A key elsewhere.
    Other(String),
}

impl Key {
    pub(super) fn of(path: &str) -> Self {
        let (hive, rest) = path.split_once('\\').unwrap_or((path, ""));
        if !["HKEY_LOCAL_MACHINE", "HKLM"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(hive))
        {
            return Self::Other(path.into());
        }
        let mut parts: Vec<&str> = rest.split('\\').collect();
        let mut is_numbered = false;
        if let [system, set, ..] = parts.as_mut_slice() {
            let numbered = set.len() == 13
                && set
                    .get(..10)
                    .is_some_and(|prefix| prefix.eq_ignore_ascii_case("ControlSet"));
            if system.eq_ignore_ascii_case("SYSTEM") && (numbered || set.eq_ignore_ascii_case("CCS")) {
                is_numbered = numbered;
                *set = "CurrentControlSet";
            }
        }
        Self::Machine {
            path: parts.join("\\"),
            is_numbered,
        }
    }
}

/// The documented key of a setting that a value in another key is probably meant for, judged by the name of the value
/// or the end of the key.
pub(super) fn documented_key(path: &str, name: &str) -> Option<&'static str> {
    let by_name = PolicySwitch::ALL
        .iter()
        .find(|switch| switch.value_name().eq_ignore_ascii_case(name))
        .map(|switch| switch.key())
        .or_else(|| Named::documented_key(name));
    let ends = |key: &&&str| {
        let (_, end) = key.split_once('\\').unwrap_or(("", key));
        path.len()
            .checked_sub(end.len())
            .and_then(|at| path.get(at..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    };
    by_name.or_else(|| {
        [CREDENTIAL_PROVIDER, CERT_PROP, SC_PNP]
            .iter()
            .find(ends)
            .copied()
    })
}
