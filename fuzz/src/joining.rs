//! The flows around a sign-in with a good server, up to the leg that a target answers.

use std::sync::LazyLock;

use cba_protocol::{
    AccessToken, Cloud, Config, DeviceCode, Error, Join, Outcome, Registration, Seed, State, Step, Tenant,
    WebSignIn,
};
use http::Response;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use upn_resolver::Upn;

use crate::protocol::{answer, now};

pub const PAGE: &str = r#"$Config={"pgid":"ConvergedSignIn","sErrorCode":"50058","sCtx":"c","sFT":"f","canary":"n","urlGetCredentialType":"/common/GetCredentialType"};"#;
const CREDENTIALS: &str = r#"{"IfExistsResult":0,"Credentials":{"CertAuthParams":{"CertAuthUrl":"https://certauth.login.microsoftonline.com/t/certauth"}}}"#;
const FORM: &str =
    r#"<form method="post" action="/common/login"><input type="hidden" name="ctx" value="c"></form>"#;
const DISCOVERY: &str = r#"{"DeviceJoinService":{"JoinEndpoint":"https://enterpriseregistration.windows.net/EnrollmentServer/device/"}}"#;
const CODES: &str = r#"{"device_code":"d","user_code":"u","verification_uri":"https://microsoft.com/devicelogin","expires_in":9}"#;

static CONFIG: LazyLock<Config> = LazyLock::new(|| Config::new(Cloud::PUBLIC, Tenant::common()));
static UPN: LazyLock<Upn> = LazyLock::new(|| Upn::parse("alice@contoso.com").expect("a name"));

/// A web sign-in that waits for the answer of this leg.
pub fn web(state: State) -> Step<AccessToken> {
    let card = CertificateDer::from(&[0x30, 0][..]);
    at(
        WebSignIn::new(&CONFIG, &UPN, &card).start(Seed::from([1; 32])),
        state,
    )
}

/// A device code sign-in that waits for the answer of this leg.
pub fn device_code(state: State) -> Step<AccessToken> {
    at(DeviceCode::new(&CONFIG).start(Seed::from([1; 32])), state)
}

/// A join that waits for the answer of this leg.
pub fn join(state: State) -> Step<Registration> {
    static TOKEN: LazyLock<AccessToken> = LazyLock::new(|| {
        let step = device_code(State::Token);
        match reply(step, 200, br#"{"access_token":"t"}"#) {
            Ok(Step::Done(Outcome::Granted(token))) => *token,
            _ => panic!("a token"),
        }
    });
    at(Join::new(&CONFIG, &UPN, &TOKEN).start(Seed::from([1; 32])), state)
}

fn at<T: 'static>(step: Result<Step<T>, Error>, state: State) -> Step<T> {
    let mut step = step.expect("a flow");
    while step.state() != state {
        step = good(step).expect("a good server");
    }
    step
}

fn good<T: 'static>(step: Step<T>) -> Result<Step<T>, Error> {
    match step.state() {
        State::Authorize => reply(step, 200, PAGE.as_bytes()),
        State::CredentialType => reply(step, 200, CREDENTIALS.as_bytes()),
        State::CertificateSignIn => reply(step, 200, FORM.as_bytes()),
        State::Discovery => reply(step, 200, DISCOVERY.as_bytes()),
        State::DeviceCode => reply(step, 200, CODES.as_bytes()),
        _ => reply(step, 200, b"{}"),
    }
}

/// Answers a request, or does what another step wants.
pub fn reply<T: 'static>(step: Step<T>, status: u16, body: &[u8]) -> Result<Step<T>, Error> {
    respond(step, answer(status, body))
}

/// The same with a whole response.
pub fn respond<T: 'static>(step: Step<T>, response: Response<Vec<u8>>) -> Result<Step<T>, Error> {
    match step {
        Step::Send(exchange) => exchange.respond(response, now()),
        Step::SendAsUser(exchange) | Step::SendAsDevice(exchange) => exchange.respond(response, now()),
        Step::MakeKeys(task) => task.complete(&key(), &key()),
        Step::SignAsDevice(task) => task.complete(&[1; 256]),
        Step::ShowCode(task) => task.shown(),
        Step::Wait(task) => task.waited(),
        other => panic!("{other:?}"),
    }
}

/// A public key with 2048 bits whose modulus has no factors that anybody knows.
fn key() -> SubjectPublicKeyInfoDer<'static> {
    let mut der = vec![
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
        0x05, 0x00,
    ];
    der.extend([
        0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00,
    ]);
    der.extend([0xff; 256]);
    der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
    SubjectPublicKeyInfoDer::from(der)
}

/// What every target checks of a result: it can be printed, and an error has a message.
pub fn check<T>(step: Result<Step<T>, Error>) {
    match step {
        Ok(step) => drop(format!("{step:?}")),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
