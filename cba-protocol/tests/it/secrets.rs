//! Canaries: planted where secrets are, and searched for in everything that can be printed.

use cba_protocol::{Outcome, Seed, SessionKey, State, Step, Transcript};
use serde_json::{Value, json};

use crate::peer::{self, Run, Script};

/// None of these may be printed.
const CANARIES: [&str; 6] = [
    "canary-nonce",
    "canary-refresh-token",
    "canary-id-token",
    "canary-claims",
    "canary.user",
    "canary-unknown",
];

fn script() -> Script {
    let mut body = peer::issued();
    body["refresh_token"] = "canary-refresh-token".into();
    body["client_info"] = "canary-claims".into();
    body["unknown"] = json!({"canary-unknown": ["canary-unknown"]});
    body["id_token"] = "canary-id-token".into();
    Script::granting()
        .answer(State::Nonce, 200, &json!({"Nonce": "canary-nonce"}))
        .answer(State::Token, 200, &body)
}

fn sign_in() -> cba_protocol::SignIn {
    let upn = upn_resolver::Upn::parse("canary.user@contoso.com").unwrap();
    cba_protocol::SignIn::with_certificate(&peer::config(), &peer::device(), &upn, &peer::CARD.der())
}

fn search(where_: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {where_}:\n{text}");
        let encoded = peer::base64url(canary.as_bytes());
        assert!(
            !text.contains(&encoded[..encoded.len() - 2]),
            "{canary}, encoded, in {where_}:\n{text}"
        );
    }
    let session_key = std::str::from_utf8(&peer::SESSION_KEY).unwrap();
    assert!(
        !text.contains(session_key) && !text.contains(&peer::base64url(&peer::SESSION_KEY)),
        "{where_}:\n{text}"
    );
}

fn search_run(run: &Run) {
    search("the transcript", &run.transcript.to_string());
    search("the transcript's JSON", &run.transcript.to_json());
    search("Debug of the transcript", &format!("{:?}", run.transcript));
    match &run.result {
        Ok(outcome) => {
            if let Outcome::Granted(prt) = outcome {
                // Who has the token may know the user name.
                search(
                    "Debug of the token",
                    &format!("{prt:?}").replace("canary.user", ""),
                );
            }
        }
        Err(error) => {
            search("Debug of the error", &format!("{error:?}"));
            search("Display of the error", &error.to_string());
        }
    }
}

#[test]
fn nothing_secret_is_written_of_a_success() {
    search_run(&peer::run(sign_in(), script()));
}

#[test]
fn nothing_secret_is_written_of_any_failure() {
    let mut echo = peer::refusal(50_057, "invalid_grant");
    echo["error_description"] = "AADSTS50057: canary.user@contoso.com sent something".into();
    echo["claims"] = "canary-claims".into();
    for leg in [State::Realm, State::Metadata, State::Nonce, State::Token] {
        search_run(&peer::run(sign_in(), script().answer(leg, 400, &echo)));
        search_run(&peer::run(
            sign_in(),
            script().answer(leg, 502, &json!("canary-unknown")),
        ));
        search_run(&peer::run(
            sign_in(),
            script().raw(leg, 200, b"canary-refresh-token"),
        ));
    }
    let mut body = peer::issued();
    body["session_key_jwe"] = "canary-refresh-token".into();
    search_run(&peer::run(sign_in(), script().answer(State::Token, 200, &body)));
}

#[test]
fn a_server_that_repeats_a_token_does_not_bring_it_into_the_record() {
    let token = "Canary".repeat(12);
    let mut echo = peer::refusal(50_057, "invalid_grant");
    echo["error_description"] = format!("AADSTS50057: bad token {token} from x\\{token}").into();
    echo["error_uri"] = format!("https://login.microsoftonline.com/error?code=50057&token={token}").into();
    let run = peer::run(sign_in(), script().answer(State::Token, 400, &echo));
    let text = run.transcript.to_string() + &run.transcript.to_json();
    assert!(!text.contains("CanaryCanary"), "{text}");
    assert!(text.contains("error?code=50057&token=<72 bytes>"), "{text}");
}

#[test]
fn a_user_name_is_taken_out_of_urls_and_whatever_it_holds() {
    let federated = |url: &str| {
        let realm = json!({"account_type": "Federated", "cloud_instance_name": "microsoftonline.com",
            "AuthURL": url, "federation_active_auth_url": url, "federation_metadata_url": url});
        let run = peer::run(sign_in(), script().answer(State::Realm, 200, &realm));
        search_run(&run);
        run.transcript.to_string()
    };
    let text = federated("https://sts.contoso.com/adfs/ls/?username=canary.user%40contoso.com&wa=wsignin1.0");
    assert!(
        text.contains("https://sts.contoso.com/adfs/ls/?username=***@contoso.com&wa=wsignin1.0"),
        "{text}"
    );
    federated("https://sts.contoso.com/canary.user@x@contoso.com");
}

#[test]
fn no_step_prints_what_it_holds() {
    let (mut step, mut script) = (sign_in().start(peer::seed()).unwrap(), script());
    loop {
        let printed = format!("{step:?} {:?}", step.state());
        search("Debug of a step", &printed);
        assert!(printed.len() < 200, "{printed}");
        step = match step {
            Step::Done(_) => break,
            other => peer::once(other, &mut script).unwrap(),
        };
    }
    let seed = format!("{:?}", Seed::from([0xAB; 32]));
    assert!(!seed.contains("171") && !seed.contains("ab"), "{seed}");
    let _: fn(&[u8]) -> Result<SessionKey, _> = |bytes| SessionKey::try_from(bytes);
}

#[test]
fn a_failed_sign_in_can_be_read_from_its_transcript() {
    let script = Script::granting().answer(State::Token, 400, &peer::refusal(500_171, "invalid_grant"));
    let run = peer::run(peer::sign_in(), script);
    let text = run.transcript.to_string();
    for part in [
        "realm: GET https://login.microsoftonline.com/common/userrealm/***@contoso.com?api-version=1.0",
        "account_type: Managed",
        "issuer: https://sts.windows.net/",
        "grant_type: srv_challenge",
        "assertion: signed RS256, 256 bytes",
        "request.alg: RS256",
        "request.assertion.iss: ***@contoso.com",
        "request.assertion.iat: 1800000000",
        "token: answer 400",
        "error_codes: [500171]",
        "trace_id: 0e1d2c3b-0000-4000-8000-aabbccddee00",
        "ended: refused: AADSTS500171: the certificate is revoked",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let json: Vec<Value> = serde_json::from_str(&run.transcript.to_json()).unwrap();
    let events: Vec<&str> = json
        .iter()
        .map(|entry| entry["event"].as_str().unwrap())
        .collect();
    let each = [
        "began", "asked", "answered", "asked", "answered", "asked", "answered", "signed", "signed", "asked",
        "answered", "ended",
    ];
    assert_eq!(events, each);
    assert_eq!(json[10]["status"], 400);
}

#[test]
fn one_transcript_outlives_the_flow_and_takes_notes() {
    let transcript = Transcript::default();
    drop(peer::sign_in().with_transcript(&transcript).start(peer::seed()));
    transcript.note("the network is down");
    assert!(transcript.to_string().ends_with("note: the network is down\n"));
}
