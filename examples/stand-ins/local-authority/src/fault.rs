//! Scripted faults: any answer can be delayed, cut, replaced or refused.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::refusal::Code;

/// A scripted fault.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Requests that the fault applies to; all if absent.
    #[serde(default)]
    pub at: Option<Leg>,
    /// Number of such requests that pass before it strikes.
    #[serde(default)]
    pub after: u32,
    /// How often it strikes; always if absent.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// Effect on the answer.
    #[serde(rename = "do")]
    pub effect: Effect,
}

impl Fault {
    /// A fault that strikes once, at the next request of the leg.
    #[must_use]
    pub fn once(at: Leg, effect: Effect) -> Self {
        Self {
            at: Some(at),
            after: 0,
            times: once(),
            effect,
        }
    }

    /// A fault that strikes at every request of the leg.
    #[must_use]
    pub fn always(at: Leg, effect: Effect) -> Self {
        Self {
            at: Some(at),
            after: 0,
            times: None,
            effect,
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "serde's default has the field's type")]
fn once() -> Option<u32> {
    Some(1)
}

/// A leg of the protocol: what a request asks for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Leg {
    /// The answer to "is this the app that you meant".
    AppCheck,
    /// The authorization endpoint.
    Authorize,
    /// The host that asks for the user's certificate.
    CertAuth,
    /// The type of credential that a browser should ask for.
    CredentialType,
    /// A device code.
    DeviceCode,
    /// The page where a person types a device code.
    DevicePage,
    /// Tokens for a device code.
    DeviceToken,
    /// Where devices register.
    Discovery,
    /// Access tokens or a renewal, signed with the session key.
    Exchange,
    /// Tenant and cloud of a domain name.
    FederationProvider,
    /// The names of the cloud.
    InstanceDiscovery,
    /// A device's request to join.
    Join,
    /// The answer to "stay signed in?".
    KeepMeSignedIn,
    /// The public keys of the authority.
    Keys,
    /// A device's request to leave.
    Leave,
    /// The form of a sign-in page.
    Login,
    /// The end of a browser's sessions.
    Logout,
    /// The OpenID metadata.
    Metadata,
    /// A nonce.
    Nonce,
    /// Anything that is not served.
    Other,
    /// A primary refresh token, signed with the device key.
    PrimaryRefreshToken,
    /// Realm discovery.
    Realm,
    /// A nonce of the registration service.
    RegistrationNonce,
    /// A user's names and SID, asked for by a device.
    SidToName,
    /// Ordinary OAuth grants.
    Token,
}

impl Leg {
    /// Whether the registration service answers.
    pub(crate) fn is_registration(self) -> bool {
        matches!(
            self,
            Self::Discovery | Self::Join | Self::Leave | Self::RegistrationNonce
        )
    }

    /// Whether a person sees the answer.
    pub(crate) fn is_page(self) -> bool {
        matches!(
            self,
            Self::AppCheck
                | Self::Authorize
                | Self::CertAuth
                | Self::DevicePage
                | Self::KeepMeSignedIn
                | Self::Login
        )
    }
}

/// Effect of a fault.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum Effect {
    /// The connection ends after this many bytes of the body, before the announced length.
    Cut {
        /// Number of bytes.
        after: usize,
    },
    /// The answer comes late.
    Delay {
        /// Milliseconds.
        milliseconds: u64,
    },
    /// The connection ends without any answer.
    Drop,
    /// The answer is this many spaces.
    Flood {
        /// Number of bytes.
        bytes: usize,
    },
    /// The refusal with this AADSTS code.
    Refuse {
        /// The number after `AADSTS`. A number that this authority never gives by itself is sent with the OAuth error
        /// `invalid_grant`.
        code: u32,
        /// The `Retry-After` header, in seconds.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// Another answer.
    Replace {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type`.
        #[serde(default = "json_type")]
        content_type: String,
        /// The body.
        body: String,
    },
    /// The nonce of this request counts as expired.
    StaleNonce,
}

fn json_type() -> String {
    "application/json".to_owned()
}

impl Effect {
    /// A delay.
    #[must_use]
    pub fn delay(by: Duration) -> Self {
        Self::Delay {
            milliseconds: u64::try_from(by.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// A refusal with a code.
    #[must_use]
    pub fn refuse(code: Code) -> Self {
        Self::Refuse {
            code: code.number(),
            retry_after: None,
        }
    }
}

/// Faults that have not struck.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The effect on this request, of the first fault that strikes.
    pub(crate) fn strike(&self, leg: Leg) -> Option<Effect> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = None;
        for fault in faults
            .iter_mut()
            .filter(|fault| fault.at.is_none_or(|at| at == leg))
        {
            if fault.after > 0 {
                fault.after -= 1;
            } else if struck.is_none() && fault.times != Some(0) {
                fault.times = fault.times.map(|times| times - 1);
                struck = Some(fault.effect.clone());
            }
        }
        faults.retain(|fault| fault.times != Some(0));
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_readme_can_be_read() {
        let readme = include_str!("../README.md");
        let example = readme
            .split("```json\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .unwrap();
        let faults: Vec<Fault> = serde_json::from_str(example).unwrap();
        assert_eq!(faults[0].at, Some(Leg::PrimaryRefreshToken));
        assert_eq!((faults[1].after, faults[1].times), (1, Some(1)));
        assert!(matches!(
            faults[1].effect,
            Effect::Refuse {
                code: 90_033,
                retry_after: Some(7)
            }
        ));
        assert_eq!(faults[5].times, None);
        assert!(faults[6].at.is_none() && matches!(faults[6].effect, Effect::Drop));
    }
}
