//! Certificates for a token, made by OpenSSL, and the result for a single one.

use core::time::Duration;

use upn_resolver::windows::eligibility::{Assessment, TokenCertificate, assess};
use upn_resolver::windows::logon_policy::{LogonPolicy, PolicyState, PolicySwitch};
use upn_resolver::{Certificate, UnixTime};

use crate::minted::Mint;

pub(crate) const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];

pub(crate) const LOGON: &str = "1.3.6.1.4.1.311.20.2.2";

pub(crate) fn good() -> Vec<u8> {
    mint("digitalSignature", LOGON, &upn("ada@contoso.com"))
}

pub(crate) fn mint(usage: &str, purposes: &str, names: &str) -> Vec<u8> {
    Mint {
        key: RSA,
        extensions: &extensions(usage, purposes, names),
        ..Mint::default()
    }
    .der()
}

/// The extensions of a certificate that passes every gate.
pub(crate) fn extensions(usage: &str, purposes: &str, names: &str) -> String {
    let line = |name: &str, value: &str| {
        if value.is_empty() {
            String::new()
        } else {
            format!("{name} = {value}\n")
        }
    };
    let names = if names.is_empty() {
        String::new()
    } else {
        format!("subjectAltName = @names\n[names]\n{names}\n")
    };
    format!(
        "{}{}subjectKeyIdentifier = hash\n{names}",
        line("keyUsage", usage),
        line("extendedKeyUsage", purposes)
    )
}

pub(crate) fn upn(name: &str) -> String {
    format!("otherName = 1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:{name}")
}

/// A moment at which a certificate made just now is valid.
pub(crate) fn now() -> UnixTime {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    at(since.as_secs() + 60)
}

pub(crate) fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

pub(crate) fn assess_one(der: &[u8], policy: &LogonPolicy) -> Assessment {
    let certificate = Certificate::from_der(der).unwrap();
    assess(&[TokenCertificate::new(&certificate)], policy, now())
}

pub(crate) fn enabled(switches: &[PolicySwitch]) -> LogonPolicy {
    switches.iter().fold(LogonPolicy::new(), |policy, switch| {
        policy.with_state(*switch, PolicyState::Enabled)
    })
}
