//! Neither the token nor a name is written down.

use cba_protocol::State;
use serde_json::json;

use super::issued::Issued;
use super::{issuing, run};
use crate::peer::{self, Script};

fn search(script: Script) -> String {
    let run = run(script);
    let printed = format!("{} {}", run.transcript, run.transcript.to_json());
    for secret in ["web-access-token", "alice", "RSA1", "UlNBMQ"] {
        assert!(!printed.contains(secret), "{secret} in\n{printed}");
    }
    run.transcript.to_string()
}

#[test]
fn a_transcript_of_a_join_has_no_secret() {
    let text = search(issuing(&Issued::default()));
    for part in [
        "discovery: GET https://enterpriseregistration.windows.net/33221100-5544-7766-8899-aabbccddeeff/Discover?api-version=1.9",
        "keys: made",
        "certificate-request: signed RS256, 256 bytes",
        "registration: POST https://enterpriseregistration.windows.net/EnrollmentServer/device/?api-version=2.0",
        "JoinType: 0",
        "ended: granted",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let refusal = json!({"ErrorType": "AuthorizationError", "Message": "policy does not allow user alice@contoso.com to device join"});
    let text = search(issuing(&Issued::default()).answer(State::Registration, 400, &refusal));
    assert!(
        text.contains("***@contoso.com") && text.contains("ErrorType: AuthorizationError"),
        "{text}"
    );
    search(issuing(&Issued::default()).page(State::Registration, 200, &[], "alice=web-access-token"));
}

#[test]
fn no_step_prints_what_it_holds() {
    let mut script = issuing(&Issued::default());
    let mut step = super::join(&peer::config()).start(peer::seed()).unwrap();
    while !step.state().is_final() {
        let printed = format!("{step:?}");
        assert!(printed.len() < 100 && !printed.contains("token"), "{printed}");
        step = peer::once(step, &mut script).unwrap();
    }
}
