//! The national clouds, a custom authority for tests, and tenants.

use core::fmt;
use std::borrow::Cow;

use http::Uri;

/// A national cloud. No other host ever gets a request.
///
/// Sign-in hosts: <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>. Hosts that ask for the user's
/// certificate: <https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive>;
/// the one in China is not documented and follows the pattern of the others. Registration hosts:
/// <https://learn.microsoft.com/entra/identity/devices/howto-vm-sign-in-azure-ad-windows>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    authority: Cow<'static, str>,
    aliases: &'static [&'static str],
    instance: Option<&'static str>,
    certificate_sign_in: CertificateSignIn,
    certauth: Cow<'static, str>,
    registration: Cow<'static, str>,
    registration_resource: &'static str,
}

/// Availability of certificate-based authentication in a cloud.
///
/// <https://learn.microsoft.com/entra/identity/authentication/feature-availability>
///
/// ```
/// use cba_protocol::{CertificateSignIn, Cloud};
///
/// assert_eq!(Cloud::US_GOVERNMENT.certificate_sign_in(), CertificateSignIn::Documented);
/// assert_eq!(Cloud::CHINA.certificate_sign_in(), CertificateSignIn::Unconfirmed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateSignIn {
    /// Documented as available.
    Documented,
    /// Not listed as available. It may still work.
    Unconfirmed,
}

impl Cloud {
    /// Public cloud. GCC uses it too.
    pub const PUBLIC: Self = Self {
        authority: Cow::Borrowed("login.microsoftonline.com"),
        aliases: &["login.windows.net", "login.microsoft.com", "sts.windows.net"],
        instance: Some("microsoftonline.com"),
        certificate_sign_in: CertificateSignIn::Documented,
        certauth: Cow::Borrowed("certauth.login.microsoftonline.com"),
        registration: Cow::Borrowed("enterpriseregistration.windows.net"),
        registration_resource: "urn:ms-drs:enterpriseregistration.windows.net",
    };

    /// US Government (GCC High and `DoD`).
    pub const US_GOVERNMENT: Self = Self {
        authority: Cow::Borrowed("login.microsoftonline.us"),
        aliases: &["login-us.microsoftonline.com"],
        instance: Some("microsoftonline.us"),
        certificate_sign_in: CertificateSignIn::Documented,
        certauth: Cow::Borrowed("certauth.login.microsoftonline.us"),
        registration: Cow::Borrowed("enterpriseregistration.microsoftonline.us"),
        registration_resource: "urn:ms-drs:enterpriseregistration.microsoftonline.us",
    };

    /// China, operated by 21Vianet. Certificate sign-in is not listed as available there.
    pub const CHINA: Self = Self {
        authority: Cow::Borrowed("login.partner.microsoftonline.cn"),
        aliases: &["login.chinacloudapi.cn"],
        instance: Some("partner.microsoftonline.cn"),
        certificate_sign_in: CertificateSignIn::Unconfirmed,
        certauth: Cow::Borrowed("certauth.login.partner.microsoftonline.cn"),
        registration: Cow::Borrowed("enterpriseregistration.partner.microsoftonline.cn"),
        registration_resource: "urn:ms-drs:enterpriseregistration.partner.microsoftonline.cn",
    };

    /// Creates a custom authority, such as a stand-in for tests, by its `https` origin: scheme, host and port without a path.
    ///
    /// `cloud_instance_name` in its answers is not checked, because there is no name to compare it with. The host that asks for
    /// certificates and the registration service are `certauth` and `enterpriseregistration` below it, at the same port.
    ///
    /// ```
    /// use cba_protocol::Cloud;
    ///
    /// let lab = Cloud::custom("https://localhost:8443")?;
    /// assert_eq!(lab.authority(), "localhost:8443");
    /// assert!(Cloud::custom("http://localhost:8443").is_err());
    /// # Ok::<(), cba_protocol::CloudError>(())
    /// ```
    ///
    /// # Errors
    /// [`CloudError`] if the string is not such an origin.
    pub fn custom(origin: &str) -> Result<Self, CloudError> {
        let authority = host_of(origin)?;
        Ok(Self {
            certauth: Cow::Owned(format!("certauth.{authority}")),
            registration: Cow::Owned(format!("enterpriseregistration.{authority}")),
            registration_resource: Self::PUBLIC.registration_resource,
            authority: Cow::Owned(authority),
            aliases: &[],
            instance: None,
            certificate_sign_in: CertificateSignIn::Unconfirmed,
        })
    }

    /// Sets the `https` origin of the host that asks for the user's certificate.
    ///
    /// ```
    /// use cba_protocol::Cloud;
    ///
    /// let lab = Cloud::custom("https://localhost:8443")?;
    /// assert_eq!(lab.certauth(), "certauth.localhost:8443");
    /// let lab = lab.with_certauth("https://localhost:8444")?.with_registration("https://localhost:8445")?;
    /// assert_eq!((lab.certauth(), lab.registration()), ("localhost:8444", "localhost:8445"));
    /// # Ok::<(), cba_protocol::CloudError>(())
    /// ```
    ///
    /// # Errors
    /// [`CloudError`] if the string is not an origin.
    pub fn with_certauth(mut self, origin: &str) -> Result<Self, CloudError> {
        self.certauth = Cow::Owned(host_of(origin)?);
        Ok(self)
    }

    /// Sets the `https` origin of the registration service.
    ///
    /// # Errors
    /// [`CloudError`] if the string is not an origin.
    pub fn with_registration(mut self, origin: &str) -> Result<Self, CloudError> {
        self.registration = Cow::Owned(host_of(origin)?);
        Ok(self)
    }

    /// Host that asks for the user's certificate in the TLS handshake, with the port if it is not 443. Its subdomains do so too.
    #[must_use]
    pub fn certauth(&self) -> &str {
        &self.certauth
    }

    /// Host of the registration service, with the port if it is not 443.
    #[must_use]
    pub fn registration(&self) -> &str {
        &self.registration
    }

    /// Sign-in host, with the port if it is not 443.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Resource id of the registration service, for which a join needs a token. That of China follows the pattern of the others. That of
    /// a custom authority is the public cloud's; [`WebSignIn::with_resource`](crate::WebSignIn::with_resource) asks for another.
    ///
    /// ```
    /// use cba_protocol::Cloud;
    ///
    /// assert_eq!(Cloud::PUBLIC.registration_resource(), "urn:ms-drs:enterpriseregistration.windows.net");
    /// ```
    #[must_use]
    pub fn registration_resource(&self) -> &str {
        self.registration_resource
    }

    /// Whether certificate sign-in is documented as available.
    #[must_use]
    pub fn certificate_sign_in(&self) -> CertificateSignIn {
        self.certificate_sign_in
    }

    /// Whether a URL in an answer stays in this cloud: `https`, and the authority or one of its other names.
    pub(crate) fn contains(&self, url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else { return false };
        let Some(authority) = uri.authority() else {
            return false;
        };
        let authority = authority.as_str();
        uri.scheme_str() == Some("https")
            && (authority.eq_ignore_ascii_case(&self.authority)
                || self
                    .aliases
                    .iter()
                    .any(|alias| authority.eq_ignore_ascii_case(alias)))
    }

    /// Whether a URL in an answer is one of a host that asks for the user's certificate.
    pub(crate) fn asks_for_certificate(&self, url: &str) -> bool {
        authority_of(url).is_some_and(|host| {
            host.strip_suffix(&*self.certauth)
                .is_some_and(|labels| labels.is_empty() || (labels.ends_with('.') && labels.len() > 1))
        })
    }

    /// Whether a URL in an answer is one of the sign-in host itself.
    pub(crate) fn is_sign_in(&self, url: &str) -> bool {
        authority_of(url).is_some_and(|host| host == *self.authority)
    }

    /// Whether a URL in an answer is one of the registration service.
    pub(crate) fn is_registration(&self, url: &str) -> bool {
        authority_of(url).is_some_and(|host| host == *self.registration)
    }

    /// Whether `cloud_instance_name` in an answer means this cloud.
    pub(crate) fn is_instance(&self, name: &str) -> bool {
        self.instance
            .is_none_or(|own| name.eq_ignore_ascii_case(own) || name.eq_ignore_ascii_case(&self.authority))
    }
}

/// Host and port of an `https` origin.
fn host_of(origin: &str) -> Result<String, CloudError> {
    let refused = |reason| CloudError {
        origin: origin.to_owned(),
        reason,
    };
    let uri: Uri = origin.parse().map_err(|_| refused("it is not a URL"))?;
    if uri.scheme_str() != Some("https") {
        return Err(refused("only https is supported"));
    }
    if uri
        .path_and_query()
        .is_some_and(|p| p != "/" && !p.as_str().is_empty())
    {
        return Err(refused("it has more than scheme, host and port"));
    }
    let authority = uri.authority().ok_or_else(|| refused("it has no host"))?;
    if authority.as_str().contains('@') {
        return Err(refused("it contains a user name"));
    }
    Ok(authority.as_str().to_ascii_lowercase())
}

/// Host and port of an absolute `https` URL, in lower case; none if it names a user.
fn authority_of(url: &str) -> Option<String> {
    let uri = url.parse::<Uri>().ok()?;
    let authority = uri.authority()?.as_str();
    let host = authority.strip_suffix(":443").unwrap_or(authority);
    (uri.scheme_str() == Some("https") && !host.contains('@')).then(|| host.to_ascii_lowercase())
}

/// The origin of a custom authority cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin:?} cannot be used as an authority: {reason}")]
pub struct CloudError {
    origin: String,
    reason: &'static str,
}

/// A tenant in a URL: its id, one of its domain names, or `common`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant(String);

impl Tenant {
    /// Returns the name `common`: the server finds the tenant by the user. Some answers name the tenant only if the request named
    /// it, so prefer the tenant of the device ([`Device::tenant`](crate::Device::tenant)).
    #[must_use]
    pub fn common() -> Self {
        Self("common".to_owned())
    }

    /// Parses a tenant id or a domain name: ASCII letters, digits, `-` and `.`, at most 253 characters.
    ///
    /// ```
    /// use cba_protocol::Tenant;
    ///
    /// assert_eq!(Tenant::parse("Contoso.com")?.as_str(), "contoso.com");
    /// assert!(Tenant::parse("contoso.com/../evil").is_err());
    /// # Ok::<(), cba_protocol::TenantError>(())
    /// ```
    ///
    /// # Errors
    /// [`TenantError`] for any other string.
    pub fn parse(text: &str) -> Result<Self, TenantError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let labels = text.split('.').all(|label| !label.is_empty());
        if text.len() > 253 || !labels || !text.chars().all(plain) {
            return Err(TenantError {
                text: text.to_owned(),
            });
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The string in URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The string is neither a tenant id nor a domain name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is neither a tenant id nor a domain name in ASCII")]
pub struct TenantError {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_another_host_or_scheme_is_foreign() {
        for url in [
            "https://login.microsoftonline.com/x",
            "https://login.windows.net",
            "https://LOGIN.microsoft.com/",
        ] {
            assert!(Cloud::PUBLIC.contains(url), "{url}");
        }
        for url in [
            "http://login.microsoftonline.com/x",
            "https://login.microsoftonline.com.evil.example/",
            "https://login.microsoftonline.com@evil.example/",
            "https://evil.example@login.microsoftonline.com/",
            "https://login.microsoftonline.com:444/",
            "//login.microsoftonline.com/",
            "/oauth2/token",
            "",
        ] {
            assert!(!Cloud::PUBLIC.contains(url), "{url}");
        }
    }

    #[test]
    fn certificates_go_to_the_host_and_its_subdomains_only() {
        for url in [
            "https://certauth.login.microsoftonline.com/t/certauth",
            "https://t33221100.certauth.login.microsoftonline.com/t/certauth?x=1",
            "https://CERTAUTH.login.microsoftonline.com:443/",
        ] {
            assert!(Cloud::PUBLIC.asks_for_certificate(url), "{url}");
        }
        for url in [
            "http://certauth.login.microsoftonline.com/",
            "https://evilcertauth.login.microsoftonline.com/",
            "https://.certauth.login.microsoftonline.com/",
            "https://certauth.login.microsoftonline.com.evil.example/",
            "https://certauth.login.microsoftonline.com@evil.example/",
            "https://x@t.certauth.login.microsoftonline.com/",
            "https://certauth.login.microsoftonline.com:8443/",
            "https://login.microsoftonline.com/certauth",
            "/certauth",
        ] {
            assert!(!Cloud::PUBLIC.asks_for_certificate(url), "{url}");
        }
        assert!(!Cloud::PUBLIC.is_sign_in("https://login.windows.net/x"));
        assert!(Cloud::PUBLIC.is_sign_in("https://login.microsoftonline.com/x"));
        assert!(Cloud::CHINA.is_registration("https://enterpriseregistration.partner.microsoftonline.cn/"));
    }

    #[test]
    fn an_origin_is_https_and_nothing_else() {
        assert!(Cloud::custom("https://127.0.0.1:8443/").is_ok());
        for origin in [
            "localhost",
            "http://localhost",
            "https://a/b",
            "https://u@a",
            "https://a?b",
            "",
            "https://",
        ] {
            assert!(Cloud::custom(origin).is_err(), "{origin}");
        }
    }
}
