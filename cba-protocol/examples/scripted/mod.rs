//! A scripted server, card and device, so that the examples run without a network and without hardware.

use std::error::Error;

use cba_protocol::http::Response;
use cba_protocol::pki_types::CertificateDer;
use cba_protocol::{Cloud, Config, Device, Seed, SessionKey, SignIn, State, Step, Tenant};
use upn_resolver::Upn;

/// The first step of a sign-in to the authority of this origin, or to the scripted server.
pub(crate) fn first_step(origin: Option<&str>) -> Result<Step, Box<dyn Error>> {
    let cloud = origin.map_or(Ok(Cloud::PUBLIC), Cloud::custom)?;
    let der = include_bytes!("../../tests/fixtures/device.der");
    let device = Device::from_certificate(&CertificateDer::from(&der[..]))?;
    let tenant = device.tenant().cloned().unwrap_or_else(Tenant::common);
    // A real agent has the certificate from the card, the name from upn-resolver, and the seed from the operating system.
    let card = CertificateDer::from(&der[..]);
    let upn = Upn::parse("ada@contoso.com")?;
    let sign_in = SignIn::with_certificate(&Config::new(cloud, tenant), &device, &upn, &card);
    Ok(sign_in.start(Seed::from([7; 32]))?)
}

/// What a server answers that grants everything.
pub(crate) fn answer(state: State) -> Response<Vec<u8>> {
    let body = match state {
        State::Realm => r#"{"account_type": "Managed", "cloud_instance_name": "microsoftonline.com"}"#,
        State::Metadata => r#"{"issuer": "https://sts.windows.net/33221100-5544-7766-8899-aabbccddeeff/"}"#,
        State::Nonce => r#"{"Nonce": "AwABAAEAAAAC"}"#,
        _ => concat!(
            r#"{"token_type": "pop", "refresh_token": "opaque", "refresh_token_expires_in": 1209600, "session_key_jwe": ""#,
            "eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.AQEBAQEBAQEBAQEBAQEBAQ.CQkJCQkJCQkJCQkJ.Bw.1XWx7SgL7Y57KMDM-guWqw",
            r#""}"#
        ),
    };
    Response::new(body.as_bytes().to_vec())
}

/// A signature of the right length, as the card or the TPM would make it.
pub(crate) fn sign(_input: &[u8]) -> Vec<u8> {
    vec![0x5a; 256]
}

/// The session key in the scripted answer, as the TPM would decrypt it.
pub(crate) fn unwrap(_wrapped: &[u8]) -> SessionKey {
    SessionKey::from([7; 32])
}
