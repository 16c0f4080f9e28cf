//! "User not found": one way to notice it, and the sign-in with another name.

use cba_protocol::{NotManaged, Outcome, SignIn, State};
use serde_json::json;
use upn_resolver::{AdLogon, Candidate, Certificate, Decision, Upn};

use crate::peer::{self, CARD, Run, Script};

fn is_user_unknown(script: Script) -> bool {
    peer::run(peer::sign_in(), script)
        .result
        .unwrap()
        .is_user_unknown()
}

#[test]
fn it_is_known_from_the_realm_and_from_the_token_endpoint() {
    for code in [50_034, 51_004] {
        let script = Script::granting().answer(State::Token, 400, &peer::refusal(code, "invalid_grant"));
        assert!(is_user_unknown(script), "{code}");
    }
    for kind in ["Unknown", "unknown", ""] {
        assert!(is_user_unknown(Script::granting().answer(
            State::Realm,
            200,
            &json!({"account_type": kind})
        )));
    }
}

#[test]
fn other_outcomes_are_distinguished_from_it() {
    assert!(!is_user_unknown(Script::granting()));
    for (state, status, answer) in [
        (State::Realm, 200, json!({"account_type": "Federated"})),
        (
            State::Realm,
            200,
            json!({"account_type": "Managed", "cloud_instance_name": "microsoftonline.us"}),
        ),
        (State::Token, 400, peer::refusal(50_076, "interaction_required")),
        (State::Token, 400, peer::refusal(50_057, "invalid_grant")),
        (State::Nonce, 400, json!({"error": "invalid_grant"})),
    ] {
        assert!(
            !is_user_unknown(Script::granting().answer(state, status, &answer)),
            "{answer}"
        );
    }
}

#[test]
fn the_flow_itself_makes_one_attempt() {
    let script = Script::granting().answer(State::Token, 400, &peer::refusal(50_034, "invalid_grant"));
    assert_eq!(peer::run(peer::sign_in(), script).requests.len(), 4);
    let script = Script::granting().answer(State::Realm, 200, &json!({"account_type": "Unknown"}));
    let run = peer::run(peer::sign_in(), script);
    assert_eq!(run.requests.len(), 1);
    assert!(matches!(
        run.result,
        Ok(Outcome::NotManaged(NotManaged::Unknown { .. }))
    ));
}

/// The loop of `manual::writing_an_agent`, on a hybrid joined device whose cached name is out of date.
#[test]
fn a_stale_cached_name_gives_way_to_that_of_active_directory_once() {
    let refusal = peer::refusal(50_034, "invalid_grant");
    let script = Script::granting().answer(State::Token, 400, &refusal);
    let (runs, last) = attempts(|n| {
        if n == 0 {
            script.clone()
        } else {
            Script::granting()
        }
    });
    assert_eq!(runs, ["alice.old@contoso.com", "alice.new@corp.local"]);
    let prt = last.granted();
    assert_eq!(prt.upn().as_str(), "alice.new@corp.local");
    // what to remember for the next sign-in comes from the server
    assert_eq!(prt.id_token().unwrap().entra_upn(), Some("alice@contoso.com"));

    let (runs, last) = attempts(|_| script.clone());
    assert_eq!(runs.len(), 2, "there is no third name");
    assert!(last.refused().is_user_unknown());
}

/// Signs in until a name is known or none is left: the names in order, and the last run.
fn attempts(script: impl Fn(usize) -> Script) -> (Vec<String>, Run) {
    let der = CARD.der();
    let mut decision = decision();
    assert_eq!(decision.source(), Some(Candidate::CachedEntraUpn));
    let mut names = Vec::new();
    loop {
        let upn = decision.upn().unwrap();
        let sign_in = SignIn::with_certificate(&peer::config(), &peer::device(), upn, &der);
        let run = peer::run(sign_in, script(names.len()));
        assert_eq!(run.jwts(0).1.unwrap().claims["iss"], upn.as_str());
        names.push(upn.as_str().to_owned());
        if !run.result.as_ref().is_ok_and(Outcome::is_user_unknown) {
            return (names, run);
        }
        match decision.after_unknown_user().instead {
            Some(other) => decision = other,
            None => return (names, run),
        }
    }
}

fn decision() -> Decision {
    let der = CARD.der();
    let certificate = Certificate::from_der(&der).unwrap();
    let [ad, cached] = ["alice.new@corp.local", "alice.old@contoso.com"].map(|upn| Upn::parse(upn).unwrap());
    upn_resolver::NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), Some(&cached)).decide()
}
