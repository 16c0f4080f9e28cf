//! Smart card handling of Windows before anything is sent: tiles, policies, join state, supported builds.
//!
//! Sources: the [certificate requirements][requirements] for the tiles, the [policy settings][settings] for the
//! policies, [smart card sign-in][sc] for the builds. Each module names its own.
//!
//! [requirements]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration
//! [settings]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings
//! [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard

pub mod eligibility;
pub mod join_state;
pub mod logon_policy;
pub mod platform;
