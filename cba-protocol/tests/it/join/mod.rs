//! Joining and leaving.

mod checks;
pub(crate) mod issued;
mod leave;
mod refusals;
mod requests;
mod secrets;
mod switches;
mod vector;

use cba_protocol::{AccessToken, Config, Join, Registration, State, Transcript};
use serde_json::{Value, json};

use self::issued::Issued;
use crate::peer::{self, Run, Script};

/// A token for the registration service.
pub(crate) fn token() -> AccessToken {
    crate::web::run(crate::web::granting()).granted()
}

pub(crate) fn join(config: &Config) -> Join {
    Join::new(config, &peer::upn(), &token())
}

pub(crate) fn discovery() -> Value {
    json!({"DeviceJoinService": {"JoinEndpoint": "https://enterpriseregistration.windows.net/EnrollmentServer/device/",
                "JoinResourceId": "urn:ms-drs:enterpriseregistration.windows.net", "ServiceVersion": "2.0"},
           "TenantInfo": {"DisplayName": "Contoso", "TenantId": peer::TENANT, "TenantName": "contoso.com"},
           "KeyProvisioningService": {"KeyProvisionEndpoint": "https://enterpriseregistration.windows.net/EnrollmentServer/key/"}})
}

/// A registration service that issues this certificate.
pub(crate) fn issuing(issued: &Issued) -> Script {
    Script::empty()
        .answer(State::Discovery, 200, &discovery())
        .answer(State::Registration, 200, &issued.answer())
}

pub(crate) fn run_with(config: &Config, script: Script) -> Run<Registration> {
    let transcript = Transcript::default();
    let first = join(config).with_transcript(&transcript).start(peer::seed());
    peer::drive(first, script, transcript)
}

pub(crate) fn run(script: Script) -> Run<Registration> {
    run_with(&peer::config(), script)
}
