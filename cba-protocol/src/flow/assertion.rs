//! The user's assertion: [MS-OAPXBC] 3.2.5.1.2.1.4 for a certificate, 3.2.5.1.2.1.2 for a Hello key.

use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::{Flow, Proof};
use crate::config::{AssertionNonce, Audience};
use crate::jose::{Algorithm, jws};
use crate::wire::{AssertionClaims, CertificateHeader, HelloHeader};

/// What the user's key has to sign; none where the proof is a refresh token, which nobody signs.
pub(super) fn signing_input(
    flow: &Flow,
    nonce: &str,
    now: UnixTime,
) -> Option<(Algorithm, Zeroizing<String>)> {
    let config = &flow.context.config;
    let claims = |request_nonce| AssertionClaims {
        iss: flow.upn.as_str(),
        aud: audience(flow),
        iat: now
            .as_secs()
            .saturating_sub(config.assertion_backdating.as_secs()),
        exp: now.as_secs().saturating_add(config.assertion_lifetime.as_secs()),
        request_nonce,
    };
    match &flow.proof {
        Proof::Certificate(certificate) => {
            let alg = config.user_algorithm;
            let x5c = jws::x5c(certificate, &config.user_x5c.chain, config.user_x5c.form);
            let header = CertificateHeader {
                typ: "JWT",
                alg: alg.name(),
                x5c,
                kdf_ver: None,
            };
            let nonce = (config.assertion_nonce == AssertionNonce::Included).then_some(nonce);
            Some((alg, jws::signing_input(&header, &claims(nonce))))
        }
        Proof::Hello(key) => {
            let alg = Algorithm::Rs256;
            let header = HelloHeader {
                typ: "JWT",
                alg: alg.name(),
                kid: key.id(),
                r#use: "ngc",
            };
            // required here since CVE-2023-35348
            Some((alg, jws::signing_input(&header, &claims(Some(nonce)))))
        }
        Proof::RefreshToken(_) => None,
    }
}

fn audience(flow: &Flow) -> &str {
    match (&flow.context.config.audience, &flow.metadata) {
        (Audience::Custom(value), _) => value,
        (Audience::Issuer, Some(metadata)) => &metadata.issuer,
        (Audience::Tenant, _) => flow.context.config.tenant.as_str(),
        (Audience::Common | Audience::Issuer, _) => "common",
    }
}
