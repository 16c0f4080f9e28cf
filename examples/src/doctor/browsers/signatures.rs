//! Signature schemes of the modules that browsers load. TLS 1.3 has no PKCS #1 v1.5 signatures (RFC 8446 section 4.2.3), so an RSA key
//! needs a module with RSA-PSS, or with the raw operation, on which NSS builds it.

use std::time::Duration;

use card_access::pkcs11::{Module, Modules, Pkcs11Provider};
use card_access::{Error, ErrorKind, Hash, KeyAlgorithm, Provider, Scheme};

use super::Check;
use crate::output::display_path;

/// Time for a module.
const LIMIT: Duration = Duration::from_secs(20);

/// One check for each module.
pub(super) fn checks(modules: &[Module]) -> Vec<Check> {
    modules.iter().map(check).collect()
}

fn check(module: &Module) -> Check {
    let name = display_path(module.path());
    let check = match keys(module) {
        Err(error) => Check::wrong("tls-1.3", format!("{name}: {error}"), error.hint()),
        Ok(keys) if keys.is_empty() => Check::unknown(
            "tls-1.3",
            "insert the card; its certificates show whether the module signs for TLS 1.3",
        ),
        Ok(keys) => match keys.iter().find(|key| !key.is_for_tls13) {
            None => Check::passed(
                "tls-1.3",
                format!("{name} signs for TLS 1.2 and 1.3 with {}", described(&keys)),
            ),
            Some(key) => Check::wrong(
                "tls-1.3",
                format!(
                    "{name} has no signature of TLS 1.3 for the {} key in slot {}: neither RSA-PSS nor raw RSA",
                    key.algorithm, key.slot
                ),
                "use OpenSC 0.20 or newer; if the card itself cannot do it, ask the issuer for one with an elliptic curve key",
            ),
        },
    };
    check.at(name)
}

struct SignatureKey {
    slot: String,
    algorithm: String,
    is_for_tls13: bool,
}

/// The keys with a certificate on the module's tokens.
fn keys(module: &Module) -> Result<Vec<SignatureKey>, Error> {
    let mut modules = Modules::default();
    modules.found.push(module.clone());
    let mut provider = Pkcs11Provider::new(modules).with_time_limit(LIMIT);
    let mut keys = Vec::new();
    let listing = match provider.tokens() {
        Err(error) if matches!(error.kind(), ErrorKind::NoCard | ErrorKind::NoReader) => return Ok(keys),
        listing => listing?,
    };
    if let (true, Some(problem)) = (listing.found.is_empty(), listing.problems.into_iter().next()) {
        return Err(problem.error);
    }
    for info in listing.found {
        let mut token = provider.open(&info.id)?;
        for credential in token.credentials()?.found {
            let algorithm = credential.algorithm();
            let schemes = token.schemes(&credential)?;
            if algorithm == KeyAlgorithm::Other {
                continue;
            }
            keys.push(SignatureKey {
                slot: credential.slot().to_string(),
                algorithm: algorithm.to_string(),
                is_for_tls13: match algorithm {
                    KeyAlgorithm::Rsa { .. } => schemes.contains(&Scheme::RsaPss(Hash::Sha256)),
                    _ => !schemes.is_empty(),
                },
            });
        }
    }
    Ok(keys)
}

fn described(keys: &[SignatureKey]) -> String {
    let mut algorithms: Vec<_> = keys.iter().map(|key| key.algorithm.as_str()).collect();
    algorithms.dedup();
    algorithms.join(", ")
}
