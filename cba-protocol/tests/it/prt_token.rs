//! Access tokens: the request that the session key signs, and the answer that it decrypts.

use cba_protocol::config::{KdfOffer, PrtNonce};
use cba_protocol::{
    AccessToken, Config, Error, Integrity, Outcome, PrimaryRefreshToken, State, TokenRequest, Transcript,
};
use openssl::base64::decode_block;
use serde_json::{Value, json};

use crate::peer::{self, Jwt, NOW, Run, Script};

const CLIENT: &str = "1b730954-1685-4b74-9bfd-dac224a7b894";

fn answer() -> Value {
    json!({"access_token": "eyJ.access", "token_type": "Bearer", "expires_in": "3600", "scope": "User.Read", "id_token": peer::id_token()})
}

fn script() -> Script {
    Script::granting().raw(State::Token, 200, &peer::encrypted(&answer()))
}

fn request(prt: &PrimaryRefreshToken) -> TokenRequest {
    prt.token_request(CLIENT, "User.Read")
        .with_resource("https://graph.microsoft.com")
}

fn run(request: TokenRequest, script: Script) -> Run<AccessToken> {
    let transcript = Transcript::default();
    peer::drive(
        request
            .with_transcript(&transcript)
            .start(peer::seed(), peer::now()),
        script,
        transcript,
    )
}

fn configured(change: impl FnOnce(Config) -> Config) -> Run<AccessToken> {
    let config = change(peer::config());
    run(request(&peer::prt_with(&config)), script())
}

#[test]
fn a_token_is_granted_and_was_authenticated() {
    let run = run(request(&peer::prt()), script());
    assert_eq!(run.states, [State::Nonce, State::Token, State::Granted]);
    let token = run.granted();
    assert_eq!(token.token().expose(), "eyJ.access");
    assert_eq!((token.token_type(), token.scope()), ("Bearer", Some("User.Read")));
    assert_eq!(token.expires_at().unwrap().as_secs(), NOW + 3600);
    assert_eq!(token.integrity(), Integrity::SessionKey);
    assert_eq!(token.id_token().unwrap().entra_upn(), Some("alice@contoso.com"));
    assert_eq!(token.id_token_jwt().unwrap().expose(), peer::id_token());
    let authorization = token.authorization().unwrap();
    assert!(authorization.is_sensitive());
    assert_eq!(authorization, "Bearer eyJ.access");
}

/// [MS-OAPXBC] 3.2.5.1.3.1.
#[test]
fn the_session_key_signs_the_documented_request() {
    let run = run(request(&peer::prt()).with_claims("{\"a\":1}"), script());
    let form = run.form(State::Token, 0);
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!(form["claims"], "{\"a\":1}");
    let jwt = Jwt::read(&form["request"]);
    assert_eq!(Jwt::names(&jwt.header), ["alg", "ctx"]);
    let claims = json!({"client_id": CLIENT, "scope": "openid User.Read", "resource": "https://graph.microsoft.com",
        "iss": "aad:brokerplugin", "iat": NOW, "exp": NOW + 300, "grant_type": "refresh_token", "refresh_token": peer::PRT,
        "request_nonce": "AwABAAAAAAACAOz_nonce-1", "redirect_uri": format!("ms-appx-web://Microsoft.AAD.BrokerPlugin/{CLIENT}")});
    assert_eq!(jwt.claims, claims);
    let ctx = decode_block(jwt.header["ctx"].as_str().unwrap()).unwrap();
    assert_eq!(ctx.len(), 24);
    assert_eq!(peer::hmac(&peer::derive(&ctx), &jwt.input), jwt.signature);
}

#[test]
fn the_second_key_derivation_binds_the_body() {
    let jwt = Jwt::read(&configured(|config| config.with_kdf(KdfOffer::V2)).form(State::Token, 0)["request"]);
    assert_eq!(jwt.header["kdf_ver"], 2);
    let ctx = decode_block(jwt.header["ctx"].as_str().unwrap()).unwrap();
    let body = peer::from_base64url(
        std::str::from_utf8(&jwt.input)
            .unwrap()
            .split('.')
            .nth(1)
            .unwrap(),
    );
    let context = openssl::sha::sha256(&[ctx, body].concat());
    assert_eq!(peer::hmac(&peer::derive(&context), &jwt.input), jwt.signature);
}

#[test]
fn without_a_nonce_there_is_one_request() {
    let run = configured(|config| config.with_prt_nonce(PrtNonce::Omitted));
    assert_eq!(run.states, [State::Token, State::Granted]);
    let jwt = Jwt::read(&run.form(State::Token, 0)["request"]);
    assert!(jwt.claims.get("request_nonce").is_none());
    assert_eq!(jwt.claims["iat"], NOW);
}

#[test]
fn the_nonce_can_be_switched_after_the_sign_in() {
    let fetched = peer::prt();
    let run = run(
        request(&fetched.clone().with_prt_nonce(PrtNonce::Omitted)),
        script(),
    );
    assert_eq!(run.states, [State::Token, State::Granted]);
    let again = self::run(request(&fetched.with_prt_nonce(PrtNonce::Fetched)), script());
    assert_eq!(again.states[0], State::Nonce);
}

#[test]
fn each_request_has_its_own_key() {
    let stale = peer::refusal(140_000, "invalid_grant");
    let script = Script::granting()
        .answer(State::Nonce, 200, &json!({"Nonce": "n1"}))
        .then(State::Nonce, 200, &json!({"Nonce": "n2"}))
        .answer(State::Token, 400, &stale)
        .then(State::Token, 200, &answer());
    let run = run(request(&peer::prt()), script);
    let [first, second] = [0, 1].map(|n| Jwt::read(&run.form(State::Token, n)["request"]));
    assert_ne!(first.header["ctx"], second.header["ctx"]);
    assert_eq!(
        (&first.claims["request_nonce"], &second.claims["request_nonce"]),
        (&json!("n1"), &json!("n2"))
    );
    assert_eq!(run.states.last(), Some(&State::Granted));
}

#[test]
fn cbc_and_plain_answers_are_accepted_and_marked() {
    for body in [peer::encrypted_cbc(&answer()), answer().to_string().into_bytes()] {
        let script = Script::granting().raw(State::Token, 200, &body);
        assert_eq!(
            run(request(&peer::prt()), script).granted().integrity(),
            Integrity::TlsOnly
        );
    }
}

#[test]
fn a_demand_for_more_comes_as_interaction() {
    let mut body = peer::refusal(50_076, "interaction_required");
    body["claims"] = "{}".into();
    for body in [body.to_string().into_bytes(), peer::encrypted(&body)] {
        let run = run(
            request(&peer::prt()),
            Script::granting().raw(State::Token, 400, &body),
        );
        let Ok(Outcome::Interaction(interaction)) = run.result else {
            panic!()
        };
        assert_eq!(interaction.refusal.claims.as_deref(), Some("{}"));
    }
}

#[test]
fn an_answer_that_does_not_open_is_an_error() {
    let good = String::from_utf8(peer::encrypted(&answer())).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let with = |n: usize, part: String| {
        let mut parts: Vec<&str> = parts.clone();
        parts[n] = &part;
        parts.join(".")
    };
    let header = |json: Value| peer::base64url(json.to_string().as_bytes());
    for (text, what) in [
        (
            with(4, peer::base64url(&[1; 16])),
            "an encrypted answer does not decrypt with the session key",
        ),
        (
            with(4, peer::base64url(&[1; 12])),
            "an encrypted answer does not decrypt with the session key",
        ),
        (
            with(2, peer::base64url(&[1; 16])),
            "an encrypted answer does not decrypt with the session key",
        ),
        (
            with(2, peer::base64url(&[1; 11])),
            "an encrypted answer does not decrypt with the session key",
        ),
        (
            with(0, header(json!({"alg": "dir", "enc": "A256GCM"}))),
            "an encrypted answer has no ctx",
        ),
        (
            with(0, header(json!({"alg": "dir", "enc": "A256GCM", "ctx": "-_"}))),
            "ctx of an encrypted answer is not base64",
        ),
        (
            with(0, header(json!({"alg": "A256KW", "enc": "A256GCM"}))),
            "an encrypted answer does not use dir and A256GCM",
        ),
        (
            with(1, "AAAA".to_owned()),
            "an encrypted answer does not use dir and A256GCM",
        ),
        ("eyJ".to_owned(), "a JWE has five parts"),
    ] {
        let script = Script::granting().raw(State::Token, 200, text.as_bytes());
        let expected = Error::ProtocolChanged {
            state: State::Token,
            what,
        };
        assert_eq!(run(request(&peer::prt()), script).error(), expected);
    }
    let script = Script::granting().raw(
        State::Token,
        200,
        &peer::encrypted(&json!({"token_type": "Bearer"})),
    );
    let expected = Error::ProtocolChanged {
        state: State::Token,
        what: "the answer has no access_token",
    };
    assert_eq!(run(request(&peer::prt()), script).error(), expected);
}

#[test]
fn neither_token_shows_up_in_print() {
    let run = run(request(&peer::prt()), script());
    let transcript = format!("{}{}", run.transcript, run.transcript.to_json());
    let granted = format!("{:?}", run.granted());
    for text in [transcript, granted] {
        assert!(
            !text.contains("eyJ.access") && !text.contains(peer::PRT),
            "{text}"
        );
    }
}

#[test]
fn an_application_may_have_a_redirect_uri_of_its_own() {
    let run = run(
        request(&peer::prt()).with_redirect_uri("app://signed-in"),
        script(),
    );
    let jwt = Jwt::read(&run.form(State::Token, 0)["request"]);
    assert_eq!(jwt.claims["redirect_uri"], "app://signed-in");
}
