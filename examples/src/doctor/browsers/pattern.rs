//! Patterns of URLs in Chromium's policies: <https://chromeenterprise.google/policies/url-patterns/>.

/// Whether a pattern matches the origin `https://host`, where `host` may have a port.
pub(super) fn matches(pattern: &str, host: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (scheme, rest) = pattern.split_once("://").unwrap_or(("*", pattern));
    // A path has no effect on a setting of an origin.
    let authority = rest.split('/').next().unwrap_or_default();
    let (name, port) = split_port(authority);
    let (own_name, own_port) = split_port(host);
    let own_port = own_port.unwrap_or("443");
    matches!(scheme, "*" | "https")
        && port.is_none_or(|port| port == "*" || port == own_port)
        && is_name_matched(&name.to_ascii_lowercase(), &own_name.to_ascii_lowercase())
}

fn is_name_matched(name: &str, own: &str) -> bool {
    match name.strip_prefix("[*.]") {
        Some("") => true,
        Some(domain) => own == domain || own.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => name == "*" || name == own,
    }
}

/// Host and port; the colons of an IPv6 address are not before a port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if port == "*" || port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_documented() {
        let host = "certauth.login.microsoftonline.com";
        for (pattern, expected) in [
            ("*", true),
            ("https://[*.]certauth.login.microsoftonline.com", true),
            ("https://certauth.login.microsoftonline.com", true),
            ("certauth.login.microsoftonline.com:443", true),
            ("*://[*.]microsoftonline.com:*/", true),
            ("https://CertAuth.login.microsoftonline.com/*", true),
            ("https://*", true),
            ("http://[*.]certauth.login.microsoftonline.com", false),
            ("https://[*.]certauth.login.microsoftonline.com:8443", false),
            ("https://login.microsoftonline.com", false),
            ("https://[*.]auth.login.microsoftonline.com", false),
            ("https://[*.].microsoftonline.com", false),
            ("https://*.microsoftonline.com", false),
            ("", false),
        ] {
            assert_eq!(matches(pattern, host), expected, "{pattern}");
        }
        assert!(matches(
            "https://[*.]localhost:8443",
            "t1.certauth.localhost:8443"
        ));
        assert!(!matches("https://[*.]localhost:443", "certauth.localhost:8443"));
    }
}
