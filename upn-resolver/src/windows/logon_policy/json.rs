//! The policy as JSON: an object whose members are named after the registry values.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{DefaultSource, LogonPolicy, PolicyState, PolicySwitch, RemovalBehaviour, RootCleanup};
use crate::quoted::Quoted;

const DEFAULTS: &str = "DefaultsFrom";
const BLOCKED_MESSAGE: &str = "IntegratedUnblockPromptString";
const ROOT_CLEANUP: &str = "RootCertificateCleanupOption";
const REMOVAL: &str = "scremoveoption";

/// Members are `true`, `false`, the number in the registry, or `null` (not configured). In addition to the switches
/// there are `IntegratedUnblockPromptString`, `RootCertificateCleanupOption` (`"never"`, `"at-removal"`,
/// `"at-logoff"`), `scremoveoption` (`"0"` to `"3"`) and `DefaultsFrom` (`"administrative-template"`,
/// `"group-policy-page"`).
impl<'de> Deserialize<'de> for LogonPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PolicyVisitor)
    }
}

impl Serialize for LogonPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for &switch in PolicySwitch::ALL {
            match self.state(switch) {
                PolicyState::Disabled => map.serialize_entry(member(switch), &false)?,
                PolicyState::Enabled => map.serialize_entry(member(switch), &true)?,
                PolicyState::NotConfigured => {}
            }
        }
        if let Some(message) = self.blocked_message() {
            map.serialize_entry(BLOCKED_MESSAGE, message)?;
        }
        if self.root_cleanup() != RootCleanup::default() {
            map.serialize_entry(ROOT_CLEANUP, cleanup_name(self.root_cleanup()))?;
        }
        if self.removal_behaviour() != RemovalBehaviour::default() {
            map.serialize_entry(REMOVAL, self.removal_behaviour().registry_value())?;
        }
        map.serialize_entry(DEFAULTS, defaults_name(self.default_source()))?;
        map.end()
    }
}

struct PolicyVisitor;

impl<'de> Visitor<'de> for PolicyVisitor {
    type Value = LogonPolicy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of smart-card settings, such as {\"EnumerateECCCerts\": true}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LogonPolicy, A::Error> {
        let mut policy = LogonPolicy::new();
        let mut seen = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            // RFC 8259, section 4, leaves open which of two members counts, so duplicates are refused.
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("duplicate member {}", Quoted(&name))));
            }
            seen.push(name.clone());
            match name.as_str() {
                BLOCKED_MESSAGE => policy.blocked_message = map.next_value()?,
                DEFAULTS => {
                    policy.defaults =
                        option(&name, &map.next_value::<String>()?, ALL_DEFAULTS, defaults_name)?;
                }
                ROOT_CLEANUP => {
                    policy.root_cleanup =
                        option(&name, &map.next_value::<String>()?, ALL_CLEANUPS, cleanup_name)?;
                }
                REMOVAL => {
                    policy.removal = option(
                        &name,
                        &map.next_value::<String>()?,
                        ALL_REMOVALS,
                        RemovalBehaviour::registry_value,
                    )?;
                }
                // Members that PowerShell adds: `Get-ItemProperty … | ConvertTo-Json`.
                "PSChildName" | "PSDrive" | "PSParentPath" | "PSPath" | "PSProvider" => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    let switch = PolicySwitch::ALL
                        .iter()
                        .copied()
                        .find(|switch| member(*switch) == name)
                        .ok_or_else(|| {
                            A::Error::custom(format!("unknown smart-card setting {}", Quoted(&name)))
                        })?;
                    policy.set(switch, map.next_value::<Flag>()?.0);
                }
            }
        }
        Ok(policy)
    }
}

/// The value of a switch.
struct Flag(PolicyState);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a number or null")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<Flag, E> {
        Ok(Flag(if on {
            PolicyState::Enabled
        } else {
            PolicyState::Disabled
        }))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Flag, E> {
        self.visit_bool(number != 0)
    }

    fn visit_unit<E: Error>(self) -> Result<Flag, E> {
        Ok(Flag(PolicyState::NotConfigured))
    }
}

const ALL_DEFAULTS: &[DefaultSource] = &[
    DefaultSource::AdministrativeTemplate,
    DefaultSource::GroupPolicyPage,
];
const ALL_CLEANUPS: &[RootCleanup] = &[RootCleanup::Never, RootCleanup::AtRemoval, RootCleanup::AtLogoff];
const ALL_REMOVALS: &[RemovalBehaviour] = &[
    RemovalBehaviour::NoAction,
    RemovalBehaviour::LockWorkstation,
    RemovalBehaviour::ForceLogoff,
    RemovalBehaviour::DisconnectRemoteSession,
];

fn option<T: Copy, E: Error>(
    member: &str,
    text: &str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, E> {
    all.iter()
        .copied()
        .find(|value| name(*value) == text)
        .ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|value| name(*value)).collect();
            E::custom(format!(
                "{member} is {} and must be one of {names:?}",
                Quoted(text)
            ))
        })
}

/// The member's name: that of the registry value, with a distinction where two keys have values of the same name.
fn member(switch: PolicySwitch) -> &'static str {
    match switch {
        PolicySwitch::UseCachedCrlOnlyKdc => "Kdc\\UseCachedCRLOnlyAndIgnoreRevocationUnknownErrors",
        PolicySwitch::UseCachedCrlOnlyClient => "Kerberos\\UseCachedCRLOnlyAndIgnoreRevocationUnknownErrors",
        other => other.value_name(),
    }
}

const fn cleanup_name(cleanup: RootCleanup) -> &'static str {
    match cleanup {
        RootCleanup::AtLogoff => "at-logoff",
        RootCleanup::AtRemoval => "at-removal",
        RootCleanup::Never => "never",
    }
}

const fn defaults_name(defaults: DefaultSource) -> &'static str {
    match defaults {
        DefaultSource::AdministrativeTemplate => "administrative-template",
        DefaultSource::GroupPolicyPage => "group-policy-page",
    }
}
