//! Applications: where their codes may be sent to, and the resources that they name.

use url::Url;

use crate::config::Registration;
use crate::refusal::{Code, Refusal};

/// The application id of the registration service.
const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";

/// Applications with the redirect URIs that they registered. Others may use any. The lists are those that ROADtools publishes
/// (`firstpartyscopes.json`).
const REDIRECTS: &[(&str, &[&str])] = &[
    (
        "29d9ed98-a469-4536-ade2-f981bc1d605e",
        &[
            "https://login.microsoftonline.com/WebApp/CloudDomainJoin/3",
            "https://login.microsoftonline.com/WebApp/CloudDomainJoin/4",
            "https://login.microsoftonline.com/WebApp/CloudDomainJoin/6",
            "https://login.microsoftonline.com/WebApp/CloudDomainJoin/8",
            "https://login.microsoftonline.com/applebroker/msauth",
            "https://login.microsoftonline.com/androidbroker/msauth",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRSFF",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/MDM",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/29d9ed98-a469-4536-ade2-f981bc1d605e",
            "ms-aadj-redir://auth/drs",
            "ms-aadj-redir://auth/mdm",
            "msauth://Microsoft.AAD.BrokerPlugin",
            "urn:ietf:wg:oauth:2.0:oob",
        ],
    ),
    (
        "dd762716-544d-4aeb-a526-687b73838a22",
        &["ms-appx-web://Microsoft.AAD.BrokerPlugin/dd762716-544d-4aeb-a526-687b73838a22"],
    ),
];

/// Refuses a redirect URI that the application did not register.
pub(in crate::endpoint) fn redirect(client: &str, uri: &str) -> Result<Url, Refusal> {
    let url = Url::parse(uri).map_err(|_| Refusal::new(Code::MALFORMED, "The redirect URI is not a URL."))?;
    let registered = REDIRECTS.iter().find(|(id, _)| client.eq_ignore_ascii_case(id));
    // A native application listens on any port of this machine (RFC 8252, section 7.3).
    let is_loopback = url.scheme() == "http" && url.host_str() == Some("localhost");
    if is_loopback || registered.is_none_or(|(_, uris)| uris.contains(&uri)) {
        return Ok(url);
    }
    Err(Refusal::new(
        Code::REDIRECT_MISMATCH,
        format!("Redirect URI: {uri}."),
    ))
}

/// The resource that a request names, as a `resource` or in its `scope`. The registration service has two names, and one audience.
pub(in crate::endpoint) fn resource_of(
    registration: &Registration,
    resource: Option<&str>,
    scope: &str,
) -> Option<String> {
    let in_scope = || {
        let is_url = |part: &&str| part.contains("://") || part.starts_with("urn:") || part.contains('/');
        let scope = scope.split(' ').find(is_url)?;
        Some(scope.rsplit_once('/').map_or(scope, |(resource, _)| resource))
    };
    let named = resource.filter(|named| !named.is_empty()).or_else(in_scope)?;
    let named = named.trim_end_matches('/');
    Some(if named.eq_ignore_ascii_case(REGISTRATION) {
        registration.resource.clone()
    } else {
        named.to_owned()
    })
}
