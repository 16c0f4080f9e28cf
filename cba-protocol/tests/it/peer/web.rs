//! The scripted sign-in host: pages as public clients have seen them.

use cba_protocol::State;
use serde_json::{Value, json};

use super::{Script, TENANT, id_token};

pub(crate) const REDIRECT: &str = "https://login.microsoftonline.com/WebApp/CloudDomainJoin/8";

/// A page with this configuration.
pub(crate) fn page(configuration: &Value) -> String {
    format!(
        "<!DOCTYPE html>\n<html><head><script type=\"text/javascript\">//<![CDATA[\n$Config={configuration};\n//]]></script>\
         <script>!function(){{var e=window,t=e.$Config||{{}}}}()</script></head><body><form method=\"get\"></form></body></html>"
    )
}

pub(crate) fn first_page() -> Value {
    json!({"pgid": "ConvergedSignIn", "sErrorCode": "50058", "sCtx": "ctx-1", "sFT": "ft-1", "sFTName": "flowToken",
           "canary": "canary-1", "sCanaryTokenName": "canary", "sessionId": "session-1", "correlationId": "correlation-1",
           "urlGetCredentialType": "https://login.microsoftonline.com/common/GetCredentialType?mkt=en-US",
           "urlPost": "/common/login", "arrUserProofs": [{"a": [1]}], "oPostParams": {}})
}

pub(crate) fn credential_type() -> Value {
    json!({"Username": "alice@contoso.com", "IfExistsResult": 0, "ThrottleStatus": 0, "FlowToken": "ft-2", "apiCanary": "x",
           "EstsProperties": {"DomainType": 3},
           "Credentials": {"PrefCredential": 1, "HasCertAuth": true,
                "CertAuthParams": {"CertAuthUrl": format!("https://t{TENANT}.certauth.login.microsoftonline.com/{TENANT}/certauth")},
                "FederationRedirectUrl": null}})
}

pub(crate) fn certificate_form() -> String {
    hidden_form(
        "https://login.microsoftonline.com/common/login",
        &[
            ("ctx", "ctx-1"),
            ("flowtoken", "ft-3"),
            ("certificatetoken", "proof &amp; more"),
        ],
    )
}

pub(crate) fn hidden_form(action: &str, inputs: &[(&str, &str)]) -> String {
    let inputs = inputs.iter().fold(String::new(), |inputs, (name, value)| {
        inputs + &format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\" />")
    });
    format!(
        "<html><head><title>Working...</title></head><body><form method=\"POST\" name=\"hiddenform\" action=\"{action}\">{inputs}\
         <noscript><p>Script is disabled. Click Submit to continue.</p><input type=\"submit\" value=\"Submit\" /></noscript></form>\
         <script language=\"javascript\">window.setTimeout('document.forms[0].submit()', 0);</script></body></html>"
    )
}

pub(crate) fn interrupt(pgid: &str) -> Value {
    json!({"pgid": pgid, "sCtx": "ctx-4", "sFT": "ft-4", "sFTName": "flowToken", "canary": "canary-4",
           "sCanaryTokenName": "canary", "sessionId": "session-4", "correlationId": "correlation-4"})
}

pub(crate) fn web_tokens() -> Value {
    json!({"token_type": "Bearer", "access_token": "web-access-token", "refresh_token": "web-refresh-token",
           "expires_in": "3599", "id_token": id_token(), "resource": "urn:ms-drs:enterpriseregistration.windows.net"})
}

impl Script {
    /// A sign-in host that accepts the certificate. The redirect has to be added with [`Script::redirect`], because it repeats the
    /// client's `state`.
    pub(crate) fn web() -> Self {
        Self::empty()
            .page(
                State::Authorize,
                200,
                &[("set-cookie", "buid=cookie-1; path=/; secure; HttpOnly")],
                &page(&first_page()),
            )
            .answer(State::CredentialType, 200, &credential_type())
            .page(
                State::CertificateSignIn,
                200,
                &[("set-cookie", "other=cookie-2; path=/")],
                &certificate_form(),
            )
            .answer(State::Token, 200, &web_tokens())
    }

    /// The answer of a leg is a redirect to this place.
    pub(crate) fn redirect(self, leg: State, location: &str) -> Self {
        self.page(leg, 302, &[("location", location)], "")
    }
}
