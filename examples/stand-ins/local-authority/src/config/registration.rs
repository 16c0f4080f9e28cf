//! The registration service: who may join a device, and how often.

use serde::{Deserialize, Serialize};

use super::Pem;

/// The registration service. Devices that it registers last as long as the authority runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Registration {
    /// The private key of the first device authority. Without one nothing is registered.
    pub authority_key: Option<Pem>,
    /// The audience of the service's tokens, which discovery names as `JoinResourceId`.
    pub resource: String,
    /// Who may join devices.
    pub join: Allowed,
    /// Who may register devices.
    pub register: Allowed,
    /// Whether two factors are required.
    pub require_multifactor: bool,
    /// Devices that a user may have; 50 is the default of the service, and null means no limit.
    ///
    /// <https://learn.microsoft.com/entra/identity/devices/manage-device-identities>
    pub device_quota: Option<u32>,
    /// Requests that are answered before the service asks to wait.
    pub throttle: Option<Throttle>,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            authority_key: None,
            resource: "urn:ms-drs:enterpriseregistration.windows.net".to_owned(),
            join: Allowed::All,
            register: Allowed::All,
            require_multifactor: false,
            device_quota: Some(50),
            throttle: None,
        }
    }
}

/// Who may do something.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Allowed {
    /// All users.
    #[default]
    All,
    /// Nobody.
    None,
    /// Users and groups, by object id.
    Selected(Vec<String>),
}

/// A limit on requests.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Throttle {
    /// Requests within the time.
    pub requests: usize,
    /// The time, in seconds.
    pub seconds: i64,
}
