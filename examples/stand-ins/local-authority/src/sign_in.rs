//! Sign-in of a user: the certificate of a card is judged here ([MS-OAPXBC] 3.2.5.1.2.1.4 and 3.2.5.1.2.3).

use openssl::x509::X509;
use serde_json::Value;

use crate::binding::{bind, strength};
use crate::certificate::UserCertificate;
use crate::config::{AssertionAudience, AuthenticationMode, PolicyState, Realm, User};
use crate::directory::{FoundBy, is_target};
use crate::endpoint::{check_grant, user_of};
use crate::grant::{Kind, Login};
use crate::jose::{Algorithm, Jws, from_base64};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// The request that contains a proof of the user.
pub(crate) struct Outer<'a> {
    /// Its nonce.
    pub(crate) nonce: &'a str,
    /// The URL that the client used, up to the path.
    pub(crate) origin: &'a str,
    /// The device that signed it.
    pub(crate) device: &'a str,
    /// The tenant in the path.
    pub(crate) tenant: &'a str,
}

/// Signs a user in by an assertion: signed by a card, or by a Hello key.
pub(crate) fn by_assertion(
    state: &State,
    assertion: &str,
    outer: &Outer<'_>,
    notes: &mut SignInNotes,
) -> Result<Login, Refusal> {
    let assertion = Jws::parse(assertion)
        .map_err(|error| Refusal::new(Code::ASSERTION_UNREADABLE, format!("{error}.")))?;
    if assertion.header.get("use").and_then(Value::as_str) == Some("ngc") {
        by_hello_key(state, &assertion, outer, notes)
    } else {
        by_certificate(state, &assertion, outer, notes)
    }
}

fn by_certificate(
    state: &State,
    assertion: &Jws,
    outer: &Outer<'_>,
    notes: &mut SignInNotes,
) -> Result<Login, Refusal> {
    let now = state.clock.now();
    state.configuration.switches.user_x5c.check(assertion)?;
    let der = signer(state, assertion)?;
    let name = claimed_name(assertion, notes)?;
    check_claims(state, assertion, outer, now)?;
    check_certificate_nonce(state, assertion, outer)?;

    let (user, methods) = judge(state, name, &der, notes)?;
    Ok(Login {
        user: user.id.clone(),
        device: Some(outer.device.to_owned()),
        methods,
        authenticated: now,
    })
}

/// The user of a name, whom the certificate must belong to, and the `amr` values that it is good for. It is the caller who knows
/// that the client has the key.
pub(crate) fn judge<'a>(
    state: &'a State,
    name: &str,
    der: &[u8],
    notes: &mut SignInNotes,
) -> Result<(&'a User, Vec<String>), Refusal> {
    notes.user_name = Some(name.to_owned());
    let user = find_user(state, name, notes)?;
    let configuration = &state.configuration;
    let policy = &configuration.certificate_policy;
    if policy.state == PolicyState::Disabled {
        return Err(Refusal::new(Code::CBA_NOT_CONFIGURED, ""));
    }
    if !is_target(user, &policy.include_targets) || is_target(user, &policy.exclude_targets) {
        return Err(Refusal::new(
            Code::USER_OUT_OF_SCOPE,
            format!("User: {}.", user.user_principal_name),
        ));
    }

    let leaf = X509::from_der(der)
        .map_err(|_| Refusal::new(Code::CERTIFICATE_INVALID, "It is not a certificate."))?;
    let certificate = UserCertificate::from_der(der)
        .map_err(|why| Refusal::new(Code::CERTIFICATE_INVALID, format!("{why}.")))?;
    notes.certificate_subject = Some(certificate.subject.clone());
    state.trust.check(&leaf, state.clock.now())?;

    let strength = strength(&certificate, &policy.authentication_mode_configuration);
    let sha1_of = configuration.switches.sha1_public_key;
    let bindings = &policy.certificate_user_bindings;
    let binding = bind(&certificate, user, bindings, strength.affinity, sha1_of)?;
    let multifactor = strength.mode == AuthenticationMode::MultiFactor;
    notes.binding = Some(format!(
        "{:?} -> {:?} ({})",
        binding.x509_certificate_field, binding.user_property, binding.priority
    ));
    notes.multifactor = Some(multifactor);
    let methods = if multifactor {
        vec!["rsa", "mfa"]
    } else {
        vec!["rsa"]
    };
    Ok((user, methods.into_iter().map(str::to_owned).collect()))
}

/// The certificate of the assertion, whose key made the signature.
fn signer(state: &State, assertion: &Jws) -> Result<Vec<u8>, Refusal> {
    let chain = assertion
        .x5c()
        .ok_or_else(|| Refusal::new(Code::CREDENTIAL_UNKNOWN, "The header has no x5c."))?;
    let leaf = chain
        .first()
        .ok_or_else(|| Refusal::new(Code::CREDENTIAL_UNKNOWN, "The x5c is empty."))?;
    let der = from_base64(leaf)
        .ok_or_else(|| Refusal::new(Code::CERTIFICATE_BASE64, "In the x5c of the assertion."))?;
    let certificate = X509::from_der(&der)
        .map_err(|_| Refusal::new(Code::CERTIFICATE_INVALID, "The x5c is not a certificate."))?;
    let name = assertion.algorithm();
    let allowed = state
        .configuration
        .switches
        .assertion_algorithms
        .iter()
        .any(|allowed| allowed == name);
    let algorithm = Algorithm::of(name)
        .filter(|_| allowed)
        .ok_or_else(|| Refusal::new(Code::JWT_MALFORMED, format!("Algorithm '{name}' is not allowed.")))?;
    if !assertion.verify(algorithm, &*certificate.public_key()?)? {
        return Err(Refusal::new(Code::CERTIFICATE_MISMATCH, ""));
    }
    Ok(der)
}

fn check_claims(state: &State, assertion: &Jws, outer: &Outer<'_>, now: i64) -> Result<(), Refusal> {
    let configuration = &state.configuration;
    let skew = configuration.lifetimes.clock_skew;
    let missing = |claim: &str| Refusal::new(Code::CLAIM_MISSING, format!("Claim: '{claim}'."));
    let issued = assertion.time("iat").ok_or_else(|| missing("iat"))?;
    let expires = assertion.time("exp").ok_or_else(|| missing("exp"))?;
    if issued > now + skew || expires < now - skew || expires <= issued {
        let detail = format!("Current time: {now}, iat: {issued}, exp: {expires}.");
        return Err(Refusal::new(Code::ASSERTION_TIME, detail));
    }

    let audience = assertion.text("aud").ok_or_else(|| missing("aud"))?;
    let (tenant, switches) = (&configuration.tenant, &configuration.switches);
    let accepted = match switches.assertion_audience {
        AssertionAudience::Common => audience == "common",
        AssertionAudience::Tenant => audience == outer.tenant,
        AssertionAudience::Issuer => {
            audience == tenant.issuer()
                || audience == crate::endpoint::issuer_v2(outer.origin, &tenant.id)
                || switches.further_audiences.iter().any(|own| own == audience)
        }
    };
    if accepted {
        return Ok(());
    }
    let detail = format!("Audience: '{audience}', expected: '{}'.", tenant.issuer());
    Err(Refusal::new(Code::ASSERTION_AUDIENCE, detail))
}

/// [MS-OAPXBC] 3.2.5.1.2.1.4 has no nonce in the assertion; if there is one, it must be that of the request.
fn check_certificate_nonce(state: &State, assertion: &Jws, outer: &Outer<'_>) -> Result<(), Refusal> {
    match assertion.claims.get("request_nonce") {
        Some(nonce) if nonce.as_str() != Some(outer.nonce) => Err(Refusal::new(
            Code::NONCE_INVALID,
            "The assertion has another nonce than the request.",
        )),
        nonce => state
            .configuration
            .switches
            .assertion_nonce
            .check_nonce(nonce.is_some()),
    }
}

/// The name that the assertion is for.
fn claimed_name<'a>(assertion: &'a Jws, notes: &mut SignInNotes) -> Result<&'a str, Refusal> {
    let name = assertion.text("iss").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refusal::new(Code::ISSUER_MISSING, "Claim: 'iss'."))?;
    notes.user_name = Some(name.to_owned());
    Ok(name)
}

/// Signs a user in by a Hello key ([MS-OAPXBC] 3.2.5.1.2.1.2). The nonce is required. It may be that of the request or, as public
/// clients send, another fresh one.
fn by_hello_key(
    state: &State,
    assertion: &Jws,
    outer: &Outer<'_>,
    notes: &mut SignInNotes,
) -> Result<Login, Refusal> {
    let now = state.clock.now();
    let id = assertion.header.get("kid").and_then(Value::as_str);
    let id = id.ok_or_else(|| Refusal::new(Code::NGC_KEY_ID_MISSING, ""))?;
    let user = find_user(state, claimed_name(assertion, notes)?, notes)?;
    let key = state.directory.hello_key(user, id);
    let key = key.ok_or_else(|| Refusal::new(Code::NGC_KEY_UNKNOWN, format!("Key: {id}.")))?;
    if assertion.algorithm() != "RS256" || !assertion.verify(Algorithm::Rs256, key)? {
        return Err(Refusal::new(Code::NGC_SIGNATURE, ""));
    }
    check_claims(state, assertion, outer, now)?;
    let nonce = assertion.text("request_nonce");
    let nonce = nonce.ok_or_else(|| Refusal::new(Code::CLAIM_MISSING, "Claim: 'request_nonce'."))?;
    if nonce != outer.nonce {
        state.redeem_nonce(nonce)?;
    }
    notes.multifactor = Some(true);
    Ok(Login {
        user: user.id.clone(),
        device: Some(outer.device.to_owned()),
        methods: ["rsa", "mfa"].map(str::to_owned).to_vec(),
        authenticated: now,
    })
}

/// The user of a name, if the account may sign in here.
pub(crate) fn find_user<'a>(
    state: &'a State,
    name: &str,
    notes: &mut SignInNotes,
) -> Result<&'a User, Refusal> {
    let located = state.directory.locate(name);
    let (user, found_by) =
        located.ok_or_else(|| Refusal::new(Code::USER_NOT_FOUND, format!("User: {name}.")))?;
    notes.user = Some(user.user_principal_name.clone());
    notes.found_by = Some(match found_by {
        FoundBy::OnPremisesUserPrincipalName => "onPremisesUserPrincipalName",
        FoundBy::UserPrincipalName => "userPrincipalName",
    });
    if let (Realm::Federated { .. }, domain) = state.directory.realm(&user.user_principal_name) {
        return Err(Refusal::new(
            Code::FEDERATION_REQUIRED,
            format!("Domain: {domain}."),
        ));
    }
    if !user.account_enabled {
        return Err(Refusal::new(
            Code::ACCOUNT_DISABLED,
            format!("User: {}.", user.user_principal_name),
        ));
    }
    Ok(user)
}

/// Signs a user in by a password, for clients without a certificate.
pub(crate) fn by_password(
    state: &State,
    name: &str,
    password: &str,
    device: Option<&str>,
    notes: &mut SignInNotes,
) -> Result<Login, Refusal> {
    notes.user_name = Some(name.to_owned());
    let user = find_user(state, name, notes)?;
    let right = user.password.as_deref().filter(|own| own.len() == password.len());
    if !right.is_some_and(|own| openssl::memcmp::eq(own.as_bytes(), password.as_bytes())) {
        return Err(Refusal::new(Code::PASSWORD_WRONG, ""));
    }
    notes.multifactor = Some(false);
    Ok(Login {
        user: user.id.clone(),
        device: device.map(str::to_owned),
        methods: vec!["pwd".to_owned()],
        authenticated: state.clock.now(),
    })
}

/// Signs a user in by a refresh token of the same client.
pub(crate) fn by_refresh_token(
    state: &State,
    token: &str,
    client: &str,
    notes: &mut SignInNotes,
) -> Result<Login, Refusal> {
    let grant = state
        .grants
        .open(token)
        .ok_or_else(|| Refusal::new(Code::GRANT_INVALID, ""))?;
    match &grant.kind {
        Kind::Refresh { client_id } if client_id.eq_ignore_ascii_case(client) => {}
        _ => {
            return Err(Refusal::new(
                Code::GRANT_INVALID,
                "It was issued for another purpose or client.",
            ));
        }
    }
    check_grant(state, &grant)?;
    let user = user_of(state, &grant.login())?;
    notes.user = Some(user.user_principal_name.clone());
    notes.multifactor = Some(grant.login().is_multifactor());
    Ok(grant.login())
}
