//! Answers of the authority, good and bad.

use std::net::TcpListener;

use lab::Validity;
use local_authority::{Effect, Fault, Leg};

use serde_json::json;
use upn_resolver::certificate::NameProblem;

use crate::bench::{Bench, alice, run};

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let bench = Bench::new(&alice().unknown_issuer());
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["refusal"]["code"], "AADSTS500176");
}

#[test]
fn an_expired_certificate_is_noted_and_refused() {
    let bench = Bench::new(&alice().validity(Validity::Expired));
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["refusal"]["code"], "AADSTS500172");
    assert!(
        ended.json()["decision"]["notes"].to_string().contains("expired"),
        "{ended:?}"
    );
}

#[test]
fn a_stale_nonce_is_fetched_again_once() {
    let bench = Bench::new(&alice());
    bench
        .authority
        .inject(Fault::once(Leg::PrimaryRefreshToken, Effect::StaleNonce));
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(ended.json()["outcome"], "granted", "{ended:?}");
    assert_eq!(ended.json()["requests"], 6);
    let nonces = bench
        .authority
        .log()
        .iter()
        .filter(|entry| entry.leg == Leg::Nonce)
        .count();
    assert_eq!(nonces, 2);
}

#[test]
fn a_nonce_that_is_stale_again_and_again_is_a_refusal() {
    let bench = Bench::new(&alice());
    bench
        .authority
        .inject(Fault::always(Leg::PrimaryRefreshToken, Effect::StaleNonce));
    let ended = run(&mut bench.entra(), bench.card.pin());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["refusal"]["code"], "AADSTS140000");
    assert_eq!(ended.json()["requests"], 6);
}

#[test]
fn an_answer_that_is_not_json_ends_the_sign_in() {
    let bench = Bench::new(&alice());
    for leg in [Leg::Realm, Leg::Metadata, Leg::Nonce, Leg::PrimaryRefreshToken] {
        let body = "<html>Sign in to the hotel's network</html>".to_owned();
        let effect = Effect::Replace {
            status: 200,
            content_type: "text/html".to_owned(),
            body,
        };
        bench.authority.inject(Fault::once(leg, effect));
        let code = run(&mut bench.entra(), bench.card.pin()).fails(7, &["not the expected JSON"]);
        assert_eq!(code, "protocol/not-json");
    }
}

#[test]
fn an_answer_of_ten_megabytes_ends_the_sign_in() {
    let bench = Bench::new(&alice());
    bench
        .authority
        .inject(Fault::once(Leg::Realm, Effect::Flood { bytes: 10_000_000 }));
    let code = run(&mut bench.entra(), bench.card.pin()).fails(7, &["the limit is"]);
    assert_eq!(code, "protocol/answer-too-large");
}

#[test]
fn a_connection_that_is_cut_is_a_network_failure() {
    let bench = Bench::new(&alice());
    bench
        .authority
        .inject(Fault::once(Leg::Nonce, Effect::Cut { after: 3 }));
    let code = run(&mut bench.entra(), bench.card.pin()).fails(6, &["no answer from localhost"]);
    assert_eq!(code, "network/no-answer");
}

#[test]
fn an_authority_that_is_down_is_a_network_failure() {
    let bench = Bench::new(&alice());
    // A port that was free before.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let down = format!("https://localhost:{port}");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sign-in"));
    let all = bench.entra();
    command.args(all.get_args().map(|argument| {
        if argument == bench.authority.url().as_str() {
            down.as_ref()
        } else {
            argument
        }
    }));
    run(&mut command, bench.card.pin()).fails(6, &["no answer from localhost", "check the network"]);
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn an_authority_with_an_untrusted_certificate_is_a_network_failure() {
    let bench = Bench::new(&alice());
    let other = lab::Authority::unknown().unwrap().certificate();
    let ca = bench.authority.configuration().base.join("tls-ca.pem");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sign-in"));
    let all = bench.entra();
    command.args(all.get_args().map(|argument| {
        if argument == ca {
            other.as_os_str()
        } else {
            argument
        }
    }));
    run(&mut command, bench.card.pin()).fails(6, &["no answer from localhost", "--ca"]);
}

#[test]
fn text_of_a_server_cannot_control_the_terminal_or_imitate_the_program() {
    const DECEIT: &str = "x\u{1b}[2J\n  granted: yes\u{202e}\u{200b}\u{9b}31m";
    for text in output_of_sign_ins_with(DECEIT) {
        let unfit = |c: char| c != '\n' && NameProblem::of_character(c).is_some();
        assert!(!text.chars().any(unfit), "{text:?}");
        assert!(!text.contains("\n  granted: yes"), "{text}");
    }
}

#[test]
fn long_text_of_a_server_is_truncated() {
    for text in output_of_sign_ins_with(&"word ".repeat(20_000)) {
        assert!(text.len() < 10_000, "{} bytes", text.len());
    }
}

/// Standard output and standard error of sign-ins, as JSON and as text, with an authority that has this text in every member
/// of its answers.
fn output_of_sign_ins_with(text: &str) -> Vec<String> {
    let bench = Bench::new(&alice());
    let federated =
        json!({"account_type": "Federated", "federation_metadata_url": text, "federation_protocol": text});
    let elsewhere = json!({"account_type": "Managed", "cloud_instance_name": text});
    let unknown = json!({"account_type": "Unknown", "domain_name": text});
    let foreign = json!({"issuer": "x", "token_endpoint": text});
    let refused = json!({"error": text, "error_codes": [4], "error_description": text, "correlation_id": text,
        "trace_id": text, "timestamp": text, "suberror": text, "error_uri": text});
    let not_pop = json!({"token_type": text, "refresh_token": "x", "session_key_jwe": "x"});
    let mut said = Vec::new();
    for (leg, status, body) in [
        (Leg::Realm, 200, federated),
        (Leg::Realm, 200, elsewhere),
        (Leg::Realm, 200, unknown),
        (Leg::Metadata, 200, foreign),
        (Leg::Nonce, 400, refused),
        (Leg::PrimaryRefreshToken, 200, not_pop),
    ] {
        for with_json in [true, false] {
            let effect = Effect::Replace {
                status,
                content_type: "application/json".to_owned(),
                body: body.to_string(),
            };
            bench.authority.inject(Fault::once(leg, effect));
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sign-in"));
            let all = bench.entra();
            command.args(
                all.get_args()
                    .filter(|argument| with_json || *argument != "--json"),
            );
            let ended = run(&mut command, bench.card.pin());
            // A custom authority has no cloud instance name, so that any name is accepted.
            if leg != Leg::Realm || body["account_type"] != "Managed" {
                assert_ne!(ended.code, 0, "{ended:?}");
            }
            said.push(ended.out + &ended.err);
        }
    }
    said
}
