//! Policies of a Windows machine for smart card sign-in, as on the [policy page][settings].
//!
//! [settings]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings

#[cfg(feature = "serde")]
mod json;
mod registry;
mod switch;

use alloc::string::String;

pub use registry::{ImportWarning, ImportWarningKind, ImportedPolicy, RegistryError};
pub use switch::{DefaultSource, PolicyState, PolicySwitch};

/// Smart card sign-in policies of a machine.
///
/// Nothing is configured in a new policy. A policy comes from code, from a registry export
/// ([`from_registry_export`](Self::from_registry_export)) or, with the feature `serde`, from JSON with members named
/// after the registry values.
///
/// # Examples
///
/// ```
/// use upn_resolver::windows::logon_policy::{DefaultSource, LogonPolicy, PolicyState, PolicySwitch};
///
/// let policy = LogonPolicy::new().with_state(PolicySwitch::X509HintsNeeded, PolicyState::Enabled);
/// assert!(policy.is_on(PolicySwitch::X509HintsNeeded));
/// assert!(!policy.is_on(PolicySwitch::EnumerateEccCerts));
///
/// // The descriptions of this default contradict each other: the caller chooses.
/// assert!(policy.is_on(PolicySwitch::FilterDuplicateCerts));
/// let policy = policy.with_default_source(DefaultSource::GroupPolicyPage);
/// assert!(!policy.is_on(PolicySwitch::FilterDuplicateCerts));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogonPolicy {
    switches: [PolicyState; PolicySwitch::ALL.len()],
    defaults: DefaultSource,
    blocked_message: Option<String>,
    root_cleanup: RootCleanup,
    removal: RemovalBehaviour,
}

impl LogonPolicy {
    /// Returns a policy in which nothing is configured.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the state of one switch.
    #[must_use]
    pub fn with_state(mut self, switch: PolicySwitch, state: PolicyState) -> Self {
        self.set(switch, state);
        self
    }

    /// Sets the source of contradictory defaults.
    #[must_use]
    pub fn with_default_source(mut self, defaults: DefaultSource) -> Self {
        self.defaults = defaults;
        self
    }

    /// Sets the message on the unblock screen (`IntegratedUnblockPromptString`).
    #[must_use]
    pub fn with_blocked_message(mut self, message: impl Into<String>) -> Self {
        self.blocked_message = Some(message.into());
        self
    }

    /// Sets when root certificates are removed (`RootCertificateCleanupOption`).
    #[must_use]
    pub fn with_root_cleanup(mut self, cleanup: RootCleanup) -> Self {
        self.root_cleanup = cleanup;
        self
    }

    /// Sets what happens when the card is removed (`scremoveoption`).
    #[must_use]
    pub fn with_removal_behaviour(mut self, removal: RemovalBehaviour) -> Self {
        self.removal = removal;
        self
    }

    /// The configured state of the switch.
    #[must_use]
    pub fn state(&self, switch: PolicySwitch) -> PolicyState {
        self.switches.get(switch.index()).copied().unwrap_or_default()
    }

    /// Whether the switch is on, by configuration or by default.
    #[must_use]
    pub fn is_on(&self, switch: PolicySwitch) -> bool {
        match self.state(switch) {
            PolicyState::Disabled => false,
            PolicyState::Enabled => true,
            PolicyState::NotConfigured => switch.on_by_default(self.defaults),
        }
    }

    /// The source of contradictory defaults.
    #[must_use]
    pub fn default_source(&self) -> DefaultSource {
        self.defaults
    }

    /// The configured message of the unblock screen, shown only if [`PolicySwitch::AllowIntegratedUnblock`] is on.
    #[must_use]
    pub fn blocked_message(&self) -> Option<&str> {
        self.blocked_message.as_deref()
    }

    /// When root certificates from a card are removed.
    #[must_use]
    pub fn root_cleanup(&self) -> RootCleanup {
        self.root_cleanup
    }

    /// What happens when the card of a signed-in user is removed.
    #[must_use]
    pub fn removal_behaviour(&self) -> RemovalBehaviour {
        self.removal
    }

    pub(super) fn set(&mut self, switch: PolicySwitch, state: PolicyState) {
        if let Some(slot) = self.switches.get_mut(switch.index()) {
            *slot = state;
        }
    }
}

/// Action when the card is removed: `scremoveoption`, "Interactive logon: Smart card removal behavior".
///
/// Source: the section "Local security policy settings" of
/// <https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemovalBehaviour {
    /// Disconnect a Remote Desktop Services session; lock a local one.
    DisconnectRemoteSession,
    /// Sign the user out.
    ForceLogoff,
    /// Lock the workstation.
    LockWorkstation,
    /// No action: the default.
    #[default]
    NoAction,
}

impl RemovalBehaviour {
    /// The value in the registry, `"0"` to `"3"`.
    #[must_use]
    pub const fn registry_value(self) -> &'static str {
        match self {
            Self::NoAction => "0",
            Self::LockWorkstation => "1",
            Self::ForceLogoff => "2",
            Self::DisconnectRemoteSession => "3",
        }
    }

    pub(super) fn from_registry_value(text: &str) -> Option<Self> {
        [
            Self::NoAction,
            Self::LockWorkstation,
            Self::ForceLogoff,
            Self::DisconnectRemoteSession,
        ]
        .into_iter()
        .find(|option| option.registry_value() == text)
    }
}

/// Time at which root certificates from a card are removed: `RootCertificateCleanupOption`.
///
/// Source: the section "Configure root certificate clean-up" of
/// <https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings>.
/// The page names the three options but not their numbers. That they are numbered in this order is inferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RootCleanup {
    /// When the user signs out: the default.
    #[default]
    AtLogoff,
    /// When the card is removed.
    AtRemoval,
    /// Never.
    Never,
}

impl RootCleanup {
    pub(super) fn from_registry_value(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::Never),
            1 => Some(Self::AtRemoval),
            2 => Some(Self::AtLogoff),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_keeps_its_own_setting() {
        for &switch in PolicySwitch::ALL {
            for setting in [PolicyState::Disabled, PolicyState::Enabled] {
                let policy = LogonPolicy::new().with_state(switch, setting);
                for &other in PolicySwitch::ALL {
                    let expected = if other == switch {
                        setting
                    } else {
                        PolicyState::NotConfigured
                    };
                    assert_eq!(policy.state(other), expected, "{switch} set, {other} read");
                }
            }
        }
    }

    #[test]
    fn three_defaults_are_contradictory() {
        let contradictory: alloc::vec::Vec<_> = PolicySwitch::ALL
            .iter()
            .copied()
            .filter(|switch| switch.default_is_contradictory())
            .collect();
        assert_eq!(
            contradictory,
            [
                PolicySwitch::FilterDuplicateCerts,
                PolicySwitch::ReverseSubject,
                PolicySwitch::ScPnpNotification
            ]
        );
    }
}
