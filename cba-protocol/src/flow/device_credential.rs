//! The device's credential for single sign-on in a browser.

use super::token_endpoint::device_header;
use crate::config::Config;
use crate::device::Device;
use crate::error::Error;
use crate::jose::jws;
use crate::kdf::KdfVersion;
use crate::prt::{Freshness, SsoContext, SsoCredential, sso_claims};
use crate::recorder::{Kind, Recorder};
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::SsoClaims;

/// The device's credential: `x-ms-DeviceCredential`, signed with the device key ([MS-OAPXBC] 3.2.5.2.1.2). The server uses it only
/// if the user's credential is missing or not valid.
///
/// The flow has one step, [`Step::SignAsDevice`].
///
/// ```
/// use cba_protocol::{Error, Freshness, Outcome, SsoContext, Step, device_credential};
/// # fn example(config: &cba_protocol::Config, device: &cba_protocol::Device, sign: impl Fn(&[u8]) -> Vec<u8>) -> Result<(), Error> {
/// let step = device_credential(config, device, Freshness::Nonce("AwABAAEAAAAC"), SsoContext::default());
/// let Step::SignAsDevice(task) = step else { return Ok(()) };
/// let signature = sign(task.input());
/// if let Step::Done(Outcome::Granted(credential)) = task.complete(&signature)? {
///     assert_eq!(credential.header().0, "x-ms-devicecredential");
/// }
/// # Ok(()) }
/// ```
pub fn device_credential(
    config: &Config,
    device: &Device,
    freshness: Freshness<'_>,
    context: SsoContext<'_>,
) -> Step<SsoCredential> {
    let header = device_header(config, device, KdfVersion::One);
    let claims = SsoClaims {
        grant_type: Some("device_auth"),
        iss: Some("aad:brokerplugin"),
        ..sso_claims(config, freshness, context)
    };
    let input = jws::signing_input(&header, &claims);
    let recorder = Recorder::begin(Kind::DeviceCredential, None, config, None);
    Step::sign_as_device(State::Request, input, recorder, |jws| {
        let credential = Box::new(SsoCredential::of_device(jws));
        Ok::<_, Error>(Step::Done(Outcome::Granted(credential)))
    })
}
