//! Answers of the service as public documents and tests of other projects show them. Names and forms are theirs; values that they
//! abbreviate are made up.

use cba_protocol::aadsts::Advice;
use cba_protocol::{
    Integrity, IssuerMetadata, NotManaged, Outcome, PrimaryRefreshToken, Refusal, SignIn, State, Transcript,
};
use serde_json::{Value, json};

use crate::peer::{self, Jwt, NOW, Run, Script};

fn answered(leg: State, status: u16, body: &Value) -> Run {
    peer::run(peer::sign_in(), Script::granting().answer(leg, status, body))
}

/// [MS-OAPXBC] 4.1: one member. The value of AD FS starts like a JWT.
#[test]
fn a_nonce_of_ad_fs() {
    let nonce = "eyJWZXJzaW9uIjoxLCJNYWRlVXAiOnRydWV9";
    let run = answered(State::Nonce, 200, &json!({"Nonce": nonce}));
    let body = run
        .requests
        .iter()
        .find(|(leg, _)| *leg == State::Nonce)
        .unwrap()
        .1
        .body();
    assert_eq!(
        (body.as_slice(), body.len()),
        (&b"grant_type=srv_challenge"[..], 24)
    );
    let (request, assertion) = run.jwts(0);
    for jwt in [&request, &assertion.unwrap()] {
        assert_eq!(jwt.claims["request_nonce"], nonce);
    }
}

/// [MS-OAPXBC] 4.2: a token for a week, without the members that Entra adds.
#[test]
fn a_primary_refresh_token_of_ad_fs() {
    let body = json!({
        "token_type": "pop",
        "refresh_token": "rghyF1xMq2YQTbE_made_up",
        "refresh_token_expires_in": 604_800,
        "session_key_jwe": peer::session_key_jwe(),
        "id_token": peer::id_token(),
    });
    assert!(
        peer::session_key_jwe().starts_with("eyJlbmMiOiJBMjU2R0NNIi"),
        "as it is shown there"
    );
    let run = answered(State::Token, 200, &body);
    let (request, _) = run.jwts(0);
    assert_eq!(Jwt::names(&request.header), ["alg", "typ", "x5c"]);
    let names = Jwt::names(&request.claims);
    for name in ["client_id", "grant_type", "request_nonce", "scope"] {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(
        request.claims["client_id"],
        "38aa3b87-a06d-4817-b275-7a316988d93b"
    );
    let prt = run.granted();
    assert_eq!(
        (prt.token_type(), prt.token().expose()),
        ("pop", "rghyF1xMq2YQTbE_made_up")
    );
    assert_eq!(prt.expires_at().unwrap().as_secs(), NOW + 604_800);
    assert!(prt.client_info().is_none());
}

/// [MS-OAPXBC] 4.3: the members of the request, and an answer with a new primary refresh token in addition to the access token.
#[test]
fn an_access_token_of_ad_fs() {
    let answer = json!({
        "access_token": "eyJ0eXAiOiJKV1QiLmFjY2Vzcw",
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": "xWsRetnGYw6T_made_up",
        "refresh_token_expires_in": 604_800,
        "scope": "profile",
        "id_token": peer::id_token(),
    });
    let script = Script::granting().raw(State::Token, 200, &peer::encrypted(&answer));
    let request = peer::prt()
        .token_request("s6BhdRkqt3", "aza openid")
        .with_resource("https://resource_server1");
    let run = peer::drive(
        request.start(peer::seed(), peer::now()),
        script,
        Transcript::default(),
    );
    let jwt = Jwt::read(&run.form(State::Token, 0)["request"]);
    assert_eq!(Jwt::names(&jwt.header), ["alg", "ctx"]);
    assert_eq!(
        jwt.header["ctx"].as_str().unwrap().len(),
        "alusEDoF8fY+3p3EPnLFzBjl2DUty0Ov".len()
    );
    let shown = json!({"client_id": "s6BhdRkqt3", "scope": "aza openid", "resource": "https://resource_server1",
        "iat": NOW, "exp": jwt.claims["exp"], "grant_type": "refresh_token", "refresh_token": peer::PRT});
    for (name, value) in shown.as_object().unwrap() {
        assert_eq!(&jwt.claims[name], value, "{name}");
    }
    let token = run.granted();
    assert_eq!(token.token().expose(), "eyJ0eXAiOiJKV1QiLmFjY2Vzcw");
    assert_eq!((token.token_type(), token.scope()), ("bearer", Some("profile")));
    assert_eq!(token.expires_at().unwrap().as_secs(), NOW + 3600);
    assert_eq!(token.refresh_token().unwrap().expose(), "xWsRetnGYw6T_made_up");
    assert_eq!(token.integrity(), Integrity::SessionKey);
}

/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>: the body, with three lines after the description.
#[test]
fn an_error_of_entra() {
    let [trace, correlation] = [
        "255d1aef-8c98-452f-ac51-23d051240864",
        "fb3d2015-bc17-4bb9-bb85-30c5cf1aaaa7",
    ];
    let description = format!(
        "AADSTS70011: No such scope.\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: 2016-01-09 02:02:12Z"
    );
    let body = json!({
        "error": "invalid_scope",
        "error_description": description,
        "error_codes": [70_011],
        "timestamp": "2016-01-09 02:02:12Z",
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": "https://login.microsoftonline.com/error?code=70011",
    });
    let refusal = answered(State::Token, 400, &body).refused();
    assert_eq!(
        (refusal.error.as_str(), &refusal.codes[..]),
        ("invalid_scope", &[70_011][..])
    );
    assert_eq!(refusal.message, "AADSTS70011: No such scope.");
    assert_eq!(refusal.trace_id.as_deref(), Some(trace));
    assert_eq!(refusal.correlation_id.as_deref(), Some(correlation));
    assert_eq!(refusal.timestamp.as_deref(), Some("2016-01-09 02:02:12Z"));
    assert!(refusal.error_uri.unwrap().ends_with("code=70011"));
}

/// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow>: the claims that Conditional Access requires are
/// JSON in a string, to be passed on unchanged.
#[test]
fn a_demand_of_conditional_access() {
    let claims =
        r#"{"access_token":{"polids":{"essential":true,"values":["9ab03e19-ed42-4168-b6b7-7001fb3e933a"]}}}"#;
    let body = json!({
        "error": "interaction_required",
        "error_description": "AADSTS50079: A second factor has to be set up.\r\nTrace ID: b72a68c3-0926-4b8e-bc35-3150069c2800",
        "error_codes": [50_079],
        "timestamp": "2017-05-01 22:43:20Z",
        "trace_id": "b72a68c3-0926-4b8e-bc35-3150069c2800",
        "correlation_id": "73d656cf-54b1-4eb2-b429-26d8165a52d7",
        "claims": claims,
    });
    let Ok(Outcome::Interaction(interaction)) = answered(State::Token, 400, &body).result else {
        panic!("a browser is asked for")
    };
    assert_eq!(interaction.refusal.claims.as_deref(), Some(claims));
    assert_eq!(interaction.refusal.codes, [50_079]);
}

/// RFC 6749 section 5.2 and [MS-OAPXBC] 3.2.5.1.2.3: AD FS answers `invalid_grant` without codes. Nothing is retried on a guess.
#[test]
fn an_error_of_ad_fs() {
    let refused: Refusal = answered(State::Token, 400, &json!({"error": "invalid_grant"})).refused();
    assert_eq!(
        (refused.error.as_str(), refused.codes.len()),
        ("invalid_grant", 0)
    );
    assert_eq!(refused.advice(), Advice::Stop);
}

fn metadata(sign_in: SignIn, body: &Value) -> (Option<IssuerMetadata>, Value) {
    let run = peer::run(sign_in, Script::granting().answer(State::Metadata, 200, body));
    let audience = run.jwts(0).1.unwrap().claims["aud"].clone();
    let prt: PrimaryRefreshToken = run.granted();
    (prt.metadata().cloned(), audience)
}

/// The members of <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>, with the issuer of the version 1 endpoint.
#[test]
fn the_metadata_of_entra() {
    let host = "https://login.microsoftonline.com/common";
    let body = json!({
        "authorization_endpoint": format!("{host}/oauth2/authorize"),
        "token_endpoint": format!("{host}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{host}/discovery/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "http_logout_supported": true,
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "scopes_supported": ["openid"],
        "issuer": "https://sts.windows.net/{tenantid}/",
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
    });
    let (metadata, audience) = metadata(peer::sign_in(), &body);
    let metadata = metadata.unwrap();
    assert_eq!((metadata.issuer(), metadata.kdf_ver2()), (peer::ISSUER, false));
    assert_eq!(audience, peer::ISSUER);
}

/// [MS-OIDCE] 2.2.3.2: the members that AD FS adds, `capabilities` among them. `bad_answers.rs` has endpoints of another host.
#[test]
fn the_metadata_of_ad_fs() {
    let body = json!({
        "issuer": "https://server.example.com/adfs",
        "access_token_issuer": "http://server.example.com/adfs/services/trust",
        "microsoft_multi_refresh_token": true,
        "capabilities": ["kdf_ver2"],
        "as_access_token_token_binding_supported": true,
        "resource_access_token_token_binding_supported": true,
    });
    let (metadata, audience) = metadata(peer::sign_in(), &body);
    assert!(metadata.unwrap().kdf_ver2());
    assert_eq!(audience, "https://server.example.com/adfs");
}

fn not_managed(realm: &Value) -> NotManaged {
    match answered(State::Realm, 200, realm).result {
        Ok(Outcome::NotManaged(elsewhere)) => elsewhere,
        other => panic!("{realm}: {:?}", other.map(|outcome| outcome.state())),
    }
}

/// `UserRealmDiscoveryResponse.cs` of microsoft-authentication-library-for-dotnet, with the answers that its unit tests mock, and
/// `tests/test_user_realm.py` of azure-activedirectory-library-for-python (both of `AzureAD` on GitHub).
#[test]
fn the_realms_of_msal_and_adal() {
    for managed in [
        json!({"ver": "1.0", "account_type": "Managed", "domain_name": "contoso.onmicrosoft.com",
               "cloud_audience_urn": "urn:federation:MicrosoftOnline", "cloud_instance_name": "login.microsoftonline.com"}),
        json!({"ver": "1.0", "account_type": "Managed", "domain_name": "contoso.com"}),
        json!({"account_type": "managed", "federation_protocol": "wstrust", "ver": "0.8",
               "federation_metadata_url": "https://adfs.contoso.com/adfs/services/trust/mex",
               "federation_active_auth_url": "https://adfs.contoso.com/adfs/services/trust/2005/usernamemixed"}),
    ] {
        let run = answered(State::Realm, 200, &managed);
        assert_eq!(run.states.last(), Some(&State::Granted), "{managed}");
    }

    let mex = "https://msft.sts.contoso.com/adfs/services/trust/mex";
    let active = "https://msft.sts.contoso.com/adfs/services/trust/2005/usernamemixed";
    for federated in [
        json!({"ver": "1.0", "account_type": "federated", "domain_name": "contoso.com", "federation_protocol": "WSTrust",
               "federation_metadata_url": mex, "federation_active_auth_url": active, "cloud_instance_name": "login.microsoftonline.com"}),
        json!({"account_type": "Federated", "federation_protocol": "wstrust", "ver": "0.8",
               "federation_metadata_url": mex, "federation_active_auth_url": active}),
    ] {
        let NotManaged::Federated(federation) = not_managed(&federated) else {
            panic!("{federated}")
        };
        assert!(federation.protocol.unwrap().eq_ignore_ascii_case("wstrust"));
        assert_eq!(
            (federation.mex.as_deref(), federation.active_auth.as_deref()),
            (Some(mex), Some(active))
        );
    }

    for unknown in [
        json!({"ver": "1.0", "account_type": "Unknown", "domain_name": "contoso.com"}),
        json!({"ver": "1.0", "account_type": "Unknown", "cloud_instance_name": "login.microsoftonline.com"}),
    ] {
        assert!(
            matches!(not_managed(&unknown), NotManaged::Unknown { .. }),
            "{unknown}"
        );
    }
}
