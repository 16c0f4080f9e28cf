//! Renewal: when, how, and with which session key afterwards.

use core::time::Duration;

use cba_protocol::{Error, PrimaryRefreshToken, State, Transcript};
use rustls_pki_types::UnixTime;
use serde_json::{Value, json};

use crate::peer::{self, Jwt, NOW, Run, Script};

fn renew(prt: &PrimaryRefreshToken, answer: &Value) -> Run {
    let script = Script::granting().raw(State::Token, 200, &peer::encrypted(answer));
    let transcript = Transcript::default();
    peer::drive(
        prt.renewal()
            .with_transcript(&transcript)
            .start(peer::seed(), peer::now()),
        script,
        transcript,
    )
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

#[test]
fn the_session_key_stays_when_none_is_sent() {
    let prt = peer::prt();
    let run = renew(
        &prt,
        &json!({"refresh_token": "new", "refresh_token_expires_in": 60, "token_type": "pop"}),
    );
    assert_eq!(run.states, [State::Nonce, State::Token, State::Granted]);
    let jwt = Jwt::read(&run.form(State::Token, 0)["request"]);
    for (name, value) in [
        ("client_id", "38aa3b87-a06d-4817-b275-7a316988d93b"),
        ("scope", "openid aza ugs"),
        ("iss", "aad:brokerplugin"),
        ("grant_type", "refresh_token"),
        ("refresh_token", peer::PRT),
        ("previous_refresh_token", peer::PRT),
        ("request_nonce", "AwABAAAAAAACAOz_nonce-1"),
    ] {
        assert_eq!(jwt.claims[name], value);
    }
    let renewed = run.granted();
    assert_eq!(renewed.token().expose(), "new");
    assert_eq!(renewed.expires_at(), Some(at(NOW + 60)));
    assert_eq!(
        renewed.id_token(),
        prt.id_token(),
        "what the answer leaves out stays"
    );
    // the old session key still decrypts the next answer
    let again = renew(&renewed, &json!({"refresh_token": "newer"}));
    assert_eq!(again.granted().token().expose(), "newer");
}

#[test]
fn a_rolled_session_key_is_unwrapped() {
    let run = renew(
        &peer::prt(),
        &json!({"refresh_token": "new", "session_key_jwe": peer::session_key_jwe()}),
    );
    assert_eq!(
        run.states,
        [State::Nonce, State::Token, State::SessionKey, State::Granted]
    );
}

#[test]
fn an_answer_without_a_token_is_an_error() {
    let expected = Error::ProtocolChanged {
        state: State::Token,
        what: "the answer has no refresh_token",
    };
    assert_eq!(
        renew(&peer::prt(), &json!({"token_type": "pop"})).error(),
        expected
    );
}

#[test]
fn an_expired_token_is_refused_with_what_to_do() {
    let script = Script::granting().answer(State::Token, 400, &peer::refusal(700_083, "invalid_grant"));
    let run = peer::drive(
        peer::prt().renewal().start(peer::seed(), peer::now()),
        script,
        Transcript::default(),
    );
    assert_eq!(run.refused().advice(), cba_protocol::aadsts::Advice::SignInAgain);
}

#[test]
fn the_time_of_the_renewal() {
    let prt = peer::prt();
    assert_eq!(prt.renew_at(at(NOW)), at(NOW + 4 * 3600));
    assert_eq!(prt.renew_at(at(NOW + 3600)), at(NOW + 4 * 3600));
    assert_eq!(
        prt.renew_at(at(NOW + 5 * 3600)),
        at(NOW + 5 * 3600),
        "overdue: at once"
    );
    let short = renew(
        &prt,
        &json!({"refresh_token": "new", "refresh_token_expires_in": 600}),
    )
    .granted();
    assert_eq!(
        short.renew_at(at(NOW)),
        at(NOW + 300),
        "in the middle of a short life"
    );
}
