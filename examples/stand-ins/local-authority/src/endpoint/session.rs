//! Proof of a session: a JWS under a key that was derived from the session key of a primary refresh token.

use std::sync::Arc;

use super::{claim, parse, user_of};
use crate::config::User;
use crate::directory::Device;
use crate::grant::{Grant, Kind, Protocol, SessionKey};
use crate::jose::{Jws, KdfVersion, derive, from_base64};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// A verified session.
pub(super) struct Session<'a> {
    pub(super) signed: Jws,
    pub(super) grant: Grant,
    pub(super) key: SessionKey,
    pub(super) user: &'a User,
    pub(super) device: Arc<Device>,
}

/// Freshness that a proof requires beside its signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Freshness {
    /// `request_nonce`, or else `iat` and `exp`: a token request.
    NonceOrTimes,
    /// `request_nonce`: a cookie or header for single sign-on.
    Nonce,
}

/// Checks a proof: token, signature, freshness, and that user and device are still enabled.
pub(super) fn prove<'a>(
    state: &'a State,
    text: &str,
    protocol: Protocol,
    freshness: Freshness,
    notes: &mut SignInNotes,
) -> Result<Session<'a>, Refusal> {
    let signed = parse(text)?;
    let token = signed
        .text("refresh_token")
        .ok_or_else(|| Refusal::new(Code::ASSERTION_WITHOUT_TOKEN, ""))?;
    let grant = state
        .grants
        .open(token)
        .ok_or_else(|| Refusal::new(Code::PRT_INVALID, ""))?;
    match grant.kind {
        Kind::Primary { protocol: own } if own == protocol => {}
        Kind::Primary { protocol: own } => {
            return Err(Refusal::new(Code::PRT_PROTOCOL, format!("Protocol: {own:?}.")));
        }
        _ => return Err(Refusal::new(Code::TOKEN_NOT_PRIMARY, "")),
    }
    let key = grant
        .session_key()
        .ok_or_else(|| Refusal::new(Code::PRT_INVALID, ""))?;
    if !is_signed(state, &signed, &key)? {
        return Err(Refusal::new(Code::PRT_SIGNATURE, ""));
    }
    notes.device.clone_from(&grant.device);
    let user = user_of(state, &grant.login())?;
    notes.user = Some(user.user_principal_name.clone());
    notes.multifactor = Some(grant.login().is_multifactor());
    check_freshness(state, &signed, freshness)?;
    check_grant(state, &grant)?;
    let device = grant.device.as_deref().and_then(|id| state.directory.device(id));
    let device = device.ok_or_else(|| Refusal::new(Code::DEVICE_NOT_FOUND, ""))?;
    device.check_enabled()?;
    Ok(Session {
        signed,
        grant,
        key,
        user,
        device,
    })
}

fn is_signed(state: &State, signed: &Jws, key: &SessionKey) -> Result<bool, Refusal> {
    let malformed = |what: &str| Refusal::new(Code::JWT_MALFORMED, format!("Header: '{what}'."));
    if signed.algorithm() != "HS256" {
        return Err(malformed("alg"));
    }
    let ctx = signed
        .header
        .get("ctx")
        .and_then(|ctx| from_base64(ctx.as_str()?));
    let ctx = ctx.ok_or_else(|| malformed("ctx"))?;
    let version = match signed.header.get("kdf_ver").map(serde_json::Value::as_u64) {
        None | Some(Some(1)) => KdfVersion::One,
        Some(Some(2)) if state.configuration.switches.kdf_version_2 => KdfVersion::Two,
        Some(_) => return Err(malformed("kdf_ver")),
    };
    let derived = derive(version, &key.bytes, &ctx, &signed.payload)?;
    Ok(signed.verify_hs256(&derived)?)
}

fn check_freshness(state: &State, signed: &Jws, freshness: Freshness) -> Result<(), Refusal> {
    if signed.claims.contains_key("request_nonce") {
        return state.redeem_nonce(claim(signed, "request_nonce")?);
    }
    if freshness == Freshness::Nonce || state.configuration.switches.require_exchange_nonce {
        return Err(Refusal::new(Code::CLAIM_MISSING, "Claim: 'request_nonce'."));
    }
    let missing = |claim: &str| Refusal::new(Code::CLAIM_MISSING, format!("Claim: '{claim}'."));
    let issued = signed.time_or_text("iat").ok_or_else(|| missing("iat"))?;
    let expires = signed.time_or_text("exp").ok_or_else(|| missing("exp"))?;
    let (now, skew) = (state.clock.now(), state.configuration.lifetimes.clock_skew);
    if issued > now + skew || expires < now - skew {
        let detail = format!("Current time: {now}, iat: {issued}, exp: {expires}.");
        return Err(Refusal::new(Code::ASSERTION_TIME, detail));
    }
    Ok(())
}

/// Refuses a grant that has expired or was revoked.
pub(crate) fn check_grant(state: &State, grant: &Grant) -> Result<(), Refusal> {
    if state.grants.is_revoked(grant) {
        let code = match grant.kind {
            Kind::Code { .. } => Code::CODE_REDEEMED,
            Kind::Primary { .. } | Kind::Refresh { .. } => Code::GRANT_REVOKED,
        };
        return Err(Refusal::new(code, ""));
    }
    if grant.expires < state.clock.now() {
        let code = match grant.kind {
            Kind::Code { .. } => Code::GRANT_EXPIRED,
            Kind::Primary { .. } | Kind::Refresh { .. } => Code::INACTIVE_TOKEN,
        };
        return Err(Refusal::new(
            code,
            format!("It expired at {}.", crate::clock::stamp(grant.expires)),
        ));
    }
    Ok(())
}
