//! The request, signed by the device: [MS-OAPXBC] 3.2.5.1.2.1.

use http::Request;
use zeroize::Zeroizing;

use super::context::Context;
use super::{Flow, Proof, State};
use crate::Error;
use crate::config::{Kerberos, UserName};
use crate::jose::{Algorithm, KdfVersion, jws};
use crate::wire::{CertificateHeader, RequestClaims};

/// RFC 7523 section 2.1.
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

pub(super) fn signing_input(flow: &Flow, nonce: &str, assertion: Option<&str>) -> Zeroizing<String> {
    let config = &flow.context.config;
    let header = CertificateHeader {
        typ: "JWT",
        alg: Algorithm::Rs256.name(),
        x5c: jws::x5c(flow.device.certificate(), &[], config.device_x5c),
        kdf_ver: (config.kdf.version(flow.metadata.as_ref()) == KdfVersion::Two).then_some(2),
    };
    let refresh_token = match &flow.proof {
        Proof::Certificate(_) | Proof::Hello(_) => None,
        Proof::RefreshToken(token) => Some(token.expose()),
    };
    let claims = RequestClaims {
        client_id: &config.client_id,
        scope: &config.scope,
        request_nonce: nonce,
        grant_type: if refresh_token.is_some() {
            "refresh_token"
        } else {
            JWT_BEARER
        },
        assertion,
        refresh_token,
        username: (config.user_name == UserName::Sent).then_some(flow.upn.as_str()),
        win_ver: config.os_version.as_deref(),
    };
    jws::signing_input(&header, &claims)
}

pub(crate) fn post(context: &Context, signed: &str) -> Result<Request<Vec<u8>>, Error> {
    let mut form = vec![
        ("grant_type", JWT_BEARER),
        ("request", signed),
        ("client_info", "1"),
    ];
    if let Some(version) = &context.config.windows_api_version {
        form.push(("windows_api_version", version));
    }
    if context.config.kerberos == Kerberos::Asked {
        form.push(("tgt", "true"));
    }
    context.post(State::Token, &form)
}
