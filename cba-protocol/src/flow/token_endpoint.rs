//! Requests to the token endpoint and their answers: the nonce, the request that the device signs, and the session key.

use http::Request;
use zeroize::Zeroizing;

use super::context::Context;
use super::progress::{Flow, Proof};
use crate::algorithm::Algorithm;
use crate::answer::Answer;
use crate::config::{Config, DeviceX5c, Kerberos, SessionKeyCheck, TokenTypeCheck, UserName};
use crate::device::Device;
use crate::error::Error;
use crate::jose::jwe::Jwe;
use crate::jose::jws;
use crate::kdf::KdfVersion;
use crate::refusal::Refusal;
use crate::secret::SessionKey;
use crate::state::State;
use crate::wire::{CertificateHeader, NonceAnswer, RequestClaims, TokenAnswer, X5c};

/// RFC 7523 section 2.1.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The request for a nonce: [MS-OAPXBC] 3.2.5.1.1.
pub(super) fn ask_nonce(context: &Context) -> Result<Request<Vec<u8>>, Error> {
    context.post(State::Nonce, &[("grant_type", "srv_challenge")])
}

/// The nonce, which is opaque.
pub(super) fn read_nonce(config: &Config, answer: &Answer) -> Result<Result<String, Refusal>, Error> {
    if !answer.status.is_success() {
        return answer.refusal(config.limits()).map(Err);
    }
    let missing = Error::ProtocolChanged {
        state: State::Nonce,
        what: "the answer has no Nonce",
    };
    let answer: NonceAnswer = answer.json(config.limits())?;
    answer
        .nonce
        .filter(|nonce| !nonce.is_empty())
        .ok_or(missing)
        .map(Ok)
}

/// What the device's key signs: [MS-OAPXBC] 3.2.5.1.2.1.
pub(super) fn signing_input(flow: &Flow, nonce: &str, assertion: Option<&str>) -> Zeroizing<String> {
    let config = &flow.context.config;
    let header = device_header(config, &flow.device, config.kdf().version(flow.metadata.as_ref()));
    let refresh_token = match &flow.proof {
        Proof::Certificate(_) | Proof::Hello(_) => None,
        Proof::RefreshToken(token) => Some(token.expose()),
    };
    let claims = RequestClaims {
        client_id: config.client_id(),
        scope: config.scope(),
        request_nonce: nonce,
        grant_type: if refresh_token.is_some() {
            "refresh_token"
        } else {
            JWT_BEARER
        },
        assertion,
        refresh_token,
        username: (config.user_name() == UserName::Sent).then_some(flow.upn.as_str()),
        win_ver: config.os_version(),
    };
    jws::signing_input(&header, &claims)
}

/// The header of a JWT that the device signs.
pub(super) fn device_header(config: &Config, device: &Device, kdf: KdfVersion) -> CertificateHeader<'static> {
    let certificate = jws::x5c(device.certificate());
    CertificateHeader {
        typ: "JWT",
        alg: Algorithm::Rs256.code(),
        x5c: match config.device_x5c() {
            DeviceX5c::Array => X5c::Array(vec![certificate]),
            DeviceX5c::String => X5c::String(certificate),
        },
        kdf_ver: (kdf == KdfVersion::Two).then_some(2),
    }
}

/// The request with the device's JWT.
pub(super) fn redeem(context: &Context, signed: &str) -> Result<Request<Vec<u8>>, Error> {
    let config = &context.config;
    let mut form = vec![
        ("grant_type", JWT_BEARER),
        ("request", signed),
        ("client_info", "1"),
    ];
    if let Some(version) = config.windows_api_version() {
        form.push(("windows_api_version", version));
    }
    if config.kerberos() == Kerberos::Requested {
        form.push(("tgt", "true"));
    }
    context.post(State::Token, &form)
}

/// The answer to it: [MS-OAPXBC] 3.2.5.1.2.2.
pub(super) fn read_token(config: &Config, answer: &Answer) -> Result<Result<TokenAnswer, Refusal>, Error> {
    if !answer.status.is_success() {
        return answer.refusal(config.limits()).map(Err);
    }
    let issued: TokenAnswer = answer.json(config.limits())?;
    let changed = |what| {
        Err(Error::ProtocolChanged {
            state: State::Token,
            what,
        })
    };
    if issued
        .refresh_token
        .as_ref()
        .is_none_or(|token| token.expose().is_empty())
    {
        return changed("the answer has no refresh_token");
    }
    // RFC 6749 section 5.1: a token type is case-insensitive.
    let is_pop = |token_type: &String| token_type.eq_ignore_ascii_case("pop");
    if config.token_type_check() == TokenTypeCheck::Required
        && !issued.token_type.as_ref().is_some_and(is_pop)
    {
        return changed("the token_type of the primary refresh token is not \"pop\"");
    }
    Ok(Ok(issued))
}

/// The wrapped session key: [MS-OAPXBC] 3.2.5.1.2.2, `session_key_jwe`.
pub(super) fn read_session_key(session_key_jwe: Option<&str>) -> Result<Jwe, Error> {
    let changed = |what| Error::ProtocolChanged {
        state: State::Token,
        what,
    };
    let text = session_key_jwe.ok_or_else(|| changed("the answer has no session_key_jwe"))?;
    let jwe = Jwe::parse(text).map_err(changed)?;
    if jwe.header.alg != "RSA-OAEP" {
        return Err(changed("session_key_jwe is not wrapped with RSA-OAEP"));
    }
    if jwe.header.enc != "A256GCM" {
        return Err(changed("session_key_jwe is not encrypted with A256GCM"));
    }
    if jwe.wrapped_key.is_empty() {
        return Err(changed("session_key_jwe contains no wrapped key"));
    }
    Ok(jwe)
}

/// Checks the unwrapped key. The ciphertext contains no data; its tag shows that the key is the right one.
pub(super) fn check_session_key(config: &Config, jwe: &Jwe, key: &SessionKey) -> Result<(), Error> {
    match config.session_key_check() {
        SessionKeyCheck::Required => jwe
            .open_gcm(key.bytes())
            .map(drop)
            .ok_or(Error::SessionKeyMismatch),
        SessionKeyCheck::Skipped => Ok(()),
    }
}
