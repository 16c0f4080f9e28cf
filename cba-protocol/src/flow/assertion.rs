//! The user's assertion: [MS-OAPXBC] 3.2.5.1.2.1.4 for a certificate, 3.2.5.1.2.1.2 for a Hello key.

use rustls_pki_types::{CertificateDer, UnixTime};
use zeroize::Zeroizing;

use super::progress::{Flow, Proof};
use crate::algorithm::Algorithm;
use crate::config::{AssertionNonce, Audience, UserX5c};
use crate::jose::jws;
use crate::wire::{AssertionClaims, CertificateHeader, HelloHeader, X5c};

/// Assertion for the user's key; none if the credential is a refresh token, which needs no signature.
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
            .saturating_sub(config.assertion_backdating().as_secs()),
        exp: now
            .as_secs()
            .saturating_add(config.assertion_lifetime().as_secs()),
        request_nonce,
    };
    match &flow.proof {
        Proof::Certificate(certificate) => {
            let alg = config.user_algorithm();
            let header = CertificateHeader {
                typ: "JWT",
                alg: alg.code(),
                x5c: x5c(certificate, config.user_x5c()),
                kdf_ver: None,
            };
            let nonce = (config.assertion_nonce() == AssertionNonce::Included).then_some(nonce);
            Some((alg, jws::signing_input(&header, &claims(nonce))))
        }
        Proof::Hello(key) => {
            let alg = Algorithm::Rs256;
            let header = HelloHeader {
                typ: "JWT",
                alg: alg.code(),
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
    match (flow.context.config.audience(), &flow.metadata) {
        (Audience::Custom(value), _) => value,
        (Audience::Issuer, Some(metadata)) => metadata.issuer(),
        (Audience::Tenant, _) => flow.context.config.tenant().as_str(),
        (Audience::Common | Audience::Issuer, _) => "common",
    }
}

fn x5c(certificate: &CertificateDer<'_>, content: &UserX5c) -> X5c {
    let leaf = jws::x5c(certificate);
    match content {
        UserX5c::Chain(issuers) => X5c::Array(
            core::iter::once(leaf)
                .chain(issuers.iter().map(jws::x5c))
                .collect(),
        ),
        UserX5c::Leaf => X5c::Array(vec![leaf]),
        UserX5c::LeafString => X5c::String(leaf),
    }
}
