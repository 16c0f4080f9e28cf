//! The user's assertion, signed by the card: [MS-OAPXBC] 3.2.5.1.2.1.4.

use rustls_pki_types::{CertificateDer, UnixTime};

use super::Flow;
use crate::config::{AssertionNonce, Audience};
use crate::jose::jws;
use crate::wire::{AssertionClaims, CertificateHeader};

pub(super) fn signing_input(
    flow: &Flow,
    certificate: &CertificateDer<'_>,
    nonce: &str,
    now: UnixTime,
) -> String {
    let config = &flow.context.config;
    let header = CertificateHeader {
        typ: "JWT",
        alg: config.user_algorithm.name(),
        x5c: jws::x5c(certificate, &config.user_x5c.chain, config.user_x5c.form),
        kdf_ver: None,
    };
    let claims = AssertionClaims {
        iss: flow.upn.as_str(),
        aud: audience(flow),
        iat: now
            .as_secs()
            .saturating_sub(config.assertion_backdating.as_secs()),
        exp: now.as_secs().saturating_add(config.assertion_lifetime.as_secs()),
        request_nonce: (config.assertion_nonce == AssertionNonce::Included).then_some(nonce),
    };
    jws::signing_input(&header, &claims)
}

fn audience(flow: &Flow) -> &str {
    match (&flow.context.config.audience, &flow.metadata) {
        (Audience::Custom(value), _) => value,
        (Audience::Issuer, Some(metadata)) => &metadata.issuer,
        (Audience::Tenant, _) => flow.context.config.tenant.as_str(),
        (Audience::Common | Audience::Issuer, _) => "common",
    }
}
