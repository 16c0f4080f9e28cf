//! The national clouds as data, and one of your own for tests.

use http::Uri;
use std::borrow::Cow;

/// The cloud that is asked. No other host ever gets a request.
///
/// Hosts: <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    authority: Cow<'static, str>,
    aliases: &'static [&'static str],
    instance: Option<&'static str>,
    certificate_sign_in: CertificateSignIn,
}

/// Whether certificate-based authentication is documented for a cloud.
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
    /// Not listed as available; it may still work.
    Unconfirmed,
}

impl Cloud {
    /// The public cloud, which GCC uses too.
    pub const PUBLIC: Self = Self {
        authority: Cow::Borrowed("login.microsoftonline.com"),
        aliases: &["login.windows.net", "login.microsoft.com", "sts.windows.net"],
        instance: Some("microsoftonline.com"),
        certificate_sign_in: CertificateSignIn::Documented,
    };

    /// US Government (GCC High and `DoD`).
    pub const US_GOVERNMENT: Self = Self {
        authority: Cow::Borrowed("login.microsoftonline.us"),
        aliases: &["login-us.microsoftonline.com"],
        instance: Some("microsoftonline.us"),
        certificate_sign_in: CertificateSignIn::Documented,
    };

    /// China, operated by 21Vianet. Certificate sign-in is not listed as available there.
    pub const CHINA: Self = Self {
        authority: Cow::Borrowed("login.partner.microsoftonline.cn"),
        aliases: &["login.chinacloudapi.cn"],
        instance: Some("partner.microsoftonline.cn"),
        certificate_sign_in: CertificateSignIn::Unconfirmed,
    };

    /// A stand-in for tests, by its `https` origin: scheme, host and port, no path.
    ///
    /// Its name for its own cloud is not checked, since it has none to compare with.
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
    /// [`CloudError`] when the text is not such an origin.
    pub fn custom(origin: &str) -> Result<Self, CloudError> {
        let refused = |reason| CloudError {
            origin: origin.to_owned(),
            reason,
        };
        let uri: Uri = origin.parse().map_err(|_| refused("it is not a URL"))?;
        if uri.scheme_str() != Some("https") {
            return Err(refused("only https is spoken"));
        }
        if uri
            .path_and_query()
            .is_some_and(|p| p != "/" && !p.as_str().is_empty())
        {
            return Err(refused("give scheme, host and port only"));
        }
        let authority = uri.authority().ok_or_else(|| refused("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refused("a user name has no place in it"));
        }
        Ok(Self {
            authority: Cow::Owned(authority.as_str().to_ascii_lowercase()),
            aliases: &[],
            instance: None,
            certificate_sign_in: CertificateSignIn::Unconfirmed,
        })
    }

    /// Host, and port where it is not 443, of every request.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether certificate sign-in is documented for this cloud.
    #[must_use]
    pub fn certificate_sign_in(&self) -> CertificateSignIn {
        self.certificate_sign_in
    }

    /// Whether a URL that the server names stays in this cloud: https, and the authority or one of its other names.
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

    /// Whether `cloud_instance_name` of an answer means this cloud.
    pub(crate) fn is_instance(&self, name: &str) -> bool {
        self.instance
            .is_none_or(|own| name.eq_ignore_ascii_case(own) || name.eq_ignore_ascii_case(&self.authority))
    }
}

/// The origin of a custom cloud cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin:?} is no authority: {reason}")]
pub struct CloudError {
    origin: String,
    reason: &'static str,
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
