//! What Windows does with a smart card before anything is sent.
//!
//! Sources: the [certificate requirements][requirements] for the tiles, the [policy settings][settings] for what a machine is
//! set to, [smart card sign-in][sc] for the builds; each module names its own.
//!
//! [requirements]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration
//! [settings]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings
//! [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard

pub mod eligibility;
pub mod join_state;
pub mod logon_policy;
pub mod platform;
