//! Hostile answers: no panic, no step outside the table, and an end within the maximum number of steps.

use std::sync::LazyLock;

use cba_protocol::{DeviceCode, Error, Join, Leave, PrimaryRefreshToken, SessionKey, SignIn, State, Step};
use http::Response;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::join::{self, issued::Issued};
use crate::peer;
use crate::table::rows::{self as table, Transition};
use crate::web;

/// One answer of a hostile peer: status and body for a request, a signature or key for a task.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    length: usize,
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let good = prop_oneof![
        Just(peer::managed()),
        Just(peer::metadata()),
        Just(json!({"Nonce": "n"})),
        Just(peer::issued()),
        Just(json!({"account_type": "Unknown"})),
        Just(json!({"account_type": "Federated"})),
        prop_oneof![
            Just(140_000),
            Just(50_034),
            Just(50_076),
            Just(50_057),
            any::<u32>()
        ]
        .prop_map(|code| peer::refusal(code, "invalid_grant")),
    ];
    let good = good.prop_map(|value: Value| value.to_string().into_bytes());
    let damaged =
        (good.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut body, at, byte)| {
            let at = at.index(body.len());
            body[at] = byte;
            body
        });
    let sealed = good
        .clone()
        .prop_map(|body| peer::encrypted(&serde_json::from_slice(&body).unwrap()));
    let access = Just(peer::encrypted(&json!({"access_token": "a"})));
    prop_oneof![6 => good, 3 => damaged, 1 => sealed, 1 => access, 1 => vec(any::<u8>(), 0..300), 1 => json_of_any_shape()]
}

/// Member names of the protocol with values of any type.
fn json_of_any_shape() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".*".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| vec(inner, 0..4).prop_map(Value::from));
    let name = prop::sample::select(vec![
        "account_type",
        "NameSpaceType",
        "issuer",
        "token_endpoint",
        "capabilities",
        "Nonce",
        "refresh_token",
        "session_key_jwe",
        "refresh_token_expires_in",
        "id_token",
        "client_info",
        "tgt_ad",
        "tgt_cloud",
        "error",
        "error_codes",
        "error_description",
    ]);
    let members = prop::collection::btree_map(name, value, 0..8);
    members.prop_map(|members| serde_json::to_vec(&members).unwrap())
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let status = prop_oneof![8 => Just(200), 4 => Just(400), 1 => 100_u16..600];
    let length = prop_oneof![8 => Just(256), 1 => 0_usize..300];
    let answer =
        (status, bodies(), length).prop_map(|(status, body, length)| Answer { status, body, length });
    vec(answer, 40)
}

fn give<T: 'static>(step: Step<T>, answer: Answer) -> Result<Step<T>, Error> {
    match step {
        Step::Done(_) => unreachable!("the loop ends here"),
        Step::Send(exchange) => exchange.respond(response(answer), peer::now()),
        Step::SignAsDevice(task) | Step::SignAsUser(task) => task.complete(&vec![0; answer.length]),
        Step::Unwrap(task) => task.complete(SessionKey::from(peer::SESSION_KEY)),
        other => other_flows(other, answer),
    }
}

/// A redirect is the good one of a web sign-in.
fn response(answer: Answer) -> Response<Vec<u8>> {
    static GRANTED: LazyLock<String> = LazyLock::new(web::granted_at);
    let response = Response::builder().status(answer.status);
    let response = match answer.status {
        300..400 => response.header("location", GRANTED.as_str()),
        _ => response.header("set-cookie", "a=b; path=/"),
    };
    response.body(answer.body).unwrap()
}

/// Pages and documents of the flows around a sign-in, whole and damaged.
fn pages() -> impl Strategy<Value = Answer> {
    static ISSUED: LazyLock<Vec<u8>> = LazyLock::new(|| Issued::default().answer().to_string().into_bytes());
    let text = |text: String| Just(text.into_bytes());
    let good = prop_oneof![
        4 => text(peer::page(&peer::first_page())),
        4 => Just(peer::credential_type().to_string().into_bytes()),
        4 => text(peer::certificate_form()),
        2 => (0..20_u8).prop_map(|n| peer::hidden_form(&format!("/step{n}"), &[("ctx", "c")]).into_bytes()),
        2 => text(peer::page(&peer::interrupt("KmsiInterrupt"))),
        2 => text(peer::page(&peer::interrupt("CmsiInterrupt"))),
        1 => text(peer::page(&peer::interrupt("ConvergedTFA"))),
        1 => text(peer::page(&json!({"pgid": "ConvergedError", "sErrorCode": "50057"}))),
        2 => Just(peer::web_tokens().to_string().into_bytes()),
        2 => Just(json!({"error": "authorization_pending"}).to_string().into_bytes()),
        2 => text(json!({"device_code": "d", "user_code": "u", "verification_uri": "https://a/", "expires_in": 60}).to_string()),
        2 => Just(join::discovery().to_string().into_bytes()),
        2 => Just(ISSUED.clone()),
    ];
    let damaged =
        (good.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut body, at, byte)| {
            let at = at.index(body.len());
            body[at] = byte;
            body
        });
    let body = prop_oneof![6 => good, 2 => damaged, 1 => bodies()];
    let status = prop_oneof![12 => Just(200), 2 => Just(302), 2 => Just(400), 1 => 100_u16..600];
    let length = prop_oneof![8 => Just(256), 1 => 0_usize..300];
    (status, body, length).prop_map(|(status, body, length)| Answer { status, body, length })
}

/// Runs a flow whose first answers are the good ones of a script, so that the later states see hostile answers too.
fn end_after<T: 'static>(
    good: usize,
    mut step: Step<T>,
    mut script: peer::Script,
    answers: Vec<Answer>,
    rows: &[Transition],
    most: usize,
) -> State {
    for _ in 0..good {
        if step.state().is_final() {
            return step.state();
        }
        step = peer::once(step, &mut script).unwrap();
    }
    end(step, answers, rows, most)
}

/// Answers a step that a sign-in and a renewal do not have.
fn other_flows<T: 'static>(step: Step<T>, answer: Answer) -> Result<Step<T>, Error> {
    match step {
        Step::SendAsUser(exchange) | Step::SendAsDevice(exchange) if answer.length == 0 => {
            exchange.not_requested()
        }
        Step::SendAsUser(exchange) | Step::SendAsDevice(exchange) => {
            exchange.respond(response(answer), peer::now())
        }
        Step::MakeKeys(task) => task.complete(&peer::DEVICE.spki(), &peer::transport_spki()),
        Step::ShowCode(task) => task.shown(),
        Step::Wait(task) => task.waited(),
        other => give(other, answer),
    }
}

/// Runs a flow to its end and checks each transition.
fn end<T: 'static>(mut step: Step<T>, answers: Vec<Answer>, rows: &[Transition], most: usize) -> State {
    let mut state = step.state();
    for (steps, answer) in answers.into_iter().enumerate() {
        if state.is_final() {
            return state;
        }
        assert!(steps < most, "more steps than the table allows");
        let next = give(step, answer);
        let to = next.as_ref().map_or(State::Failed, Step::state);
        assert!(
            rows.iter().any(|row| row.from == state && row.to == to),
            "{state} to {to} is in no row"
        );
        state = to;
        match next {
            Ok(next) => step = next,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return state;
            }
        }
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sign_in_ends_within_the_table(answers in answers()) {
        let step = peer::sign_in().start(peer::seed()).unwrap();
        prop_assert!(end(step, answers, table::SIGN_IN, table::MAX_STEPS).is_final());
    }

    #[test]
    fn a_refresh_token_sign_in_too(answers in answers()) {
        let token = "token".to_owned().into();
        let sign_in = SignIn::with_refresh_token(&peer::config(), &peer::device(), &peer::upn(), token);
        let step = sign_in.start(peer::seed()).unwrap();
        prop_assert!(end(step, answers, table::SIGN_IN, table::MAX_STEPS).is_final());
    }

    #[test]
    fn a_renewal_and_a_token_request_too(answers in answers()) {
        static PRT: LazyLock<PrimaryRefreshToken> = LazyLock::new(peer::prt);
        let step = PRT.renewal().start(peer::seed(), peer::now()).unwrap();
        prop_assert!(end(step, answers.clone(), table::PRT_USE, table::MAX_STEPS_PRT_USE).is_final());
        let step = PRT.token_request("client", "scope").start(peer::seed(), peer::now()).unwrap();
        prop_assert!(end(step, answers, table::PRT_USE, table::MAX_STEPS_PRT_USE).is_final());
    }

    #[test]
    fn a_web_sign_in_too(good in 0_usize..5, answers in vec(pages(), 40)) {
        let step = web::sign_in(&peer::config()).start(peer::seed()).unwrap();
        prop_assert!(end_after(good, step, web::granting(), answers, table::WEB_SIGN_IN, table::MAX_STEPS_WEB).is_final());
    }

    #[test]
    fn a_device_code_too(answers in vec(pages(), 40)) {
        let step = DeviceCode::new(&peer::config()).start(peer::seed()).unwrap();
        end(step, answers, table::DEVICE_CODE, usize::MAX);
    }

    #[test]
    fn a_join_and_a_leave_too(good in 0_usize..4, answers in vec(pages(), 10)) {
        static TOKEN: LazyLock<cba_protocol::AccessToken> = LazyLock::new(join::token);
        static SCRIPT: LazyLock<peer::Script> = LazyLock::new(|| join::issuing(&Issued::default()));
        let step = Join::new(&peer::config(), &peer::upn(), &TOKEN).start(peer::seed()).unwrap();
        prop_assert!(end_after(good, step, SCRIPT.clone(), answers.clone(), table::JOIN, table::MAX_STEPS_JOIN).is_final());
        let step = Leave::new(&peer::config(), &peer::device()).start(peer::seed()).unwrap();
        prop_assert!(end(step, answers, table::LEAVE, 1).is_final());
    }

    #[test]
    fn any_bytes_may_stand_where_the_device_certificate_should(bytes in vec(any::<u8>(), 0..400)) {
        let _ = cba_protocol::Device::from_certificate(&bytes.into());
    }

    #[test]
    fn a_damaged_device_certificate_does_not_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut der = peer::DEVICE.der().to_vec();
        let at = at.index(der.len());
        der[at] = byte;
        let _ = cba_protocol::Device::from_certificate(&der.clone().into());
        der.truncate(cut.index(der.len()));
        prop_assert!(cba_protocol::Device::from_certificate(&der.into()).is_err());
    }
}
