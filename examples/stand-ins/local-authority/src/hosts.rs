//! Host names: the three services of the authority share one port and are distinguished by name.
//!
//! A client reaches `certauth.{login host}` with the user's certificate, and `enterpriseregistration.…` to join. The names are those of
//! the public cloud with the login host exchanged:
//! <https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive>.

use std::net::IpAddr;

use crate::refusal::is_guid;

/// Service of a host name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// Asks for the user's certificate.
    CertAuth(Names),
    /// Tokens, pages and metadata.
    Login,
    /// Registers devices.
    Registration(Names),
}

/// Which of two names of a service is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Names {
    /// `certauth.` of the login host; `enterpriseregistration.`.
    Common,
    /// `t{tenant}.certauth.` of the login host; `certauth.enterpriseregistration.`.
    Special,
}

impl Role {
    /// The role of a host name, which may have a port.
    pub(crate) fn of(host: &str) -> Self {
        let host = host.to_ascii_lowercase();
        let registers = |name: &str| name.starts_with("enterpriseregistration.");
        match host.strip_prefix("certauth.") {
            Some(rest) if registers(rest) => Self::Registration(Names::Special),
            Some(_) => Self::CertAuth(Names::Common),
            None if registers(&host) => Self::Registration(Names::Common),
            None if tenant_certauth(&host).is_some() => Self::CertAuth(Names::Special),
            None => Self::Login,
        }
    }
}

/// Rest of the name after `t{tenant}.certauth.`, if it begins with this.
fn tenant_certauth(host: &str) -> Option<&str> {
    let (tenant, rest) = host.strip_prefix('t')?.split_once('.')?;
    rest.strip_prefix("certauth.").filter(|_| is_guid(tenant))
}

/// The certauth host of a login host, of the tenant if one is named. An address has no names below it, so `localhost` takes its place.
pub(crate) fn certauth_of(login: &str, tenant: Option<&str>) -> String {
    let tenant = tenant.map_or_else(String::new, |id| format!("t{id}."));
    format!("{tenant}certauth.{}", named(login))
}

/// The login host of a certauth host.
pub(crate) fn login_of(certauth: &str) -> &str {
    certauth
        .strip_prefix("certauth.")
        .or_else(|| tenant_certauth(certauth))
        .unwrap_or(certauth)
}

/// The login host that belongs to a registration host: the one of the same cloud, or of the same laboratory.
pub(crate) fn login_of_registration(registration: &str) -> String {
    let rest = registration.strip_prefix("certauth.").unwrap_or(registration);
    match rest.strip_prefix("enterpriseregistration.").unwrap_or(rest) {
        "windows.net" => "login.microsoftonline.com".to_owned(),
        "microsoftonline.us" => "login.microsoftonline.us".to_owned(),
        "partner.microsoftonline.cn" => "login.partner.microsoftonline.cn".to_owned(),
        other => other.to_owned(),
    }
}

/// The host with `localhost` in place of an address.
fn named(host: &str) -> String {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => (name, format!(":{port}")),
        _ => (host, String::new()),
    };
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    format!("{}{port}", if is_address { "localhost" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_roles() {
        let tenant = "tb1c2d3e4-0000-4000-8000-00000000c0de";
        for (host, role) in [
            ("localhost:8443", Role::Login),
            ("127.0.0.1", Role::Login),
            ("login.microsoftonline.com", Role::Login),
            ("team.certauth.localhost", Role::Login),
            ("CertAuth.localhost:1", Role::CertAuth(Names::Common)),
            (
                &format!("{tenant}.certauth.login.microsoftonline.us"),
                Role::CertAuth(Names::Special),
            ),
            (
                "enterpriseregistration.windows.net",
                Role::Registration(Names::Common),
            ),
            (
                "certauth.enterpriseregistration.windows.net",
                Role::Registration(Names::Special),
            ),
        ] {
            assert_eq!(Role::of(host), role, "{host}");
        }
    }

    #[test]
    fn certauth_and_login_host_lead_to_each_other() {
        let id = "b1c2d3e4-0000-4000-8000-00000000c0de";
        for login in ["localhost:8443", "login.microsoftonline.com"] {
            assert_eq!(login_of(&certauth_of(login, None)), login);
            assert_eq!(login_of(&certauth_of(login, Some(id))), login);
        }
        assert_eq!(certauth_of("127.0.0.1:8443", None), "certauth.localhost:8443");
        assert_eq!(certauth_of("[::1]:8443", None), "certauth.localhost:8443");
    }
}
