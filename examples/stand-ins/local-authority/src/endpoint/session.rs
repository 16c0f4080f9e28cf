//! Proof of a session: a JWS under a key that was derived from the session key of a primary refresh token.

use std::sync::Arc;

use super::{claim, parse, user_of};
use crate::config::{Demand, User};
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
    /// `request_nonce`, or else a recent `iat`: a cookie or header for single sign-on.
    SingleSignOn,
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
    let switches = &state.configuration.switches;
    let version = match signed.header.get("kdf_ver").map(serde_json::Value::as_u64) {
        None | Some(Some(1)) => KdfVersion::One,
        Some(Some(2)) if switches.kdf_version_2 || switches.kdf_offer == Demand::Required => KdfVersion::Two,
        Some(_) => return Err(malformed("kdf_ver")),
    };
    let derived = derive(version, &key.bytes, &ctx, &signed.payload)?;
    Ok(signed.verify_hs256(&derived)?)
}

fn check_freshness(state: &State, signed: &Jws, freshness: Freshness) -> Result<(), Refusal> {
    let switches = &state.configuration.switches;
    let has_nonce = signed.claims.contains_key("request_nonce");
    let demand = match freshness {
        Freshness::NonceOrTimes => switches.exchange_nonce,
        Freshness::SingleSignOn => switches.sso_nonce,
    };
    demand.check_nonce(has_nonce)?;
    match (freshness, has_nonce) {
        (Freshness::NonceOrTimes, true) => state.redeem_nonce(claim(signed, "request_nonce")?),
        (Freshness::NonceOrTimes, false) => check_times(state, signed),
        (Freshness::SingleSignOn, true) => state.redeem_sso_nonce(claim(signed, "request_nonce")?),
        (Freshness::SingleSignOn, false) => check_recent(state, signed),
    }
}

/// Checks `iat` and `exp` of a token request.
fn check_times(state: &State, signed: &Jws) -> Result<(), Refusal> {
    let (issued, expires) = (time(signed, "iat")?, time(signed, "exp")?);
    let (now, skew) = (state.clock.now(), state.configuration.lifetimes.clock_skew);
    if issued > now + skew || expires < now - skew {
        let detail = format!("Current time: {now}, iat: {issued}, exp: {expires}.");
        return Err(Refusal::new(Code::ASSERTION_TIME, detail));
    }
    Ok(())
}

/// Checks `iat` of a proof for single sign-on.
fn check_recent(state: &State, signed: &Jws) -> Result<(), Refusal> {
    let issued = time(signed, "iat")?;
    let (now, lifetimes) = (state.clock.now(), &state.configuration.lifetimes);
    if issued > now + lifetimes.clock_skew || issued < now - lifetimes.sso_issued_at {
        let detail = format!("Current time: {now}, iat: {issued}.");
        return Err(Refusal::new(Code::ASSERTION_TIME, detail));
    }
    Ok(())
}

fn time(signed: &Jws, claim: &str) -> Result<i64, Refusal> {
    let missing = || Refusal::new(Code::CLAIM_MISSING, format!("Claim: '{claim}'."));
    signed.time_or_text(claim).ok_or_else(missing)
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
