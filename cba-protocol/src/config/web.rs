//! Configuration of the web sign-in and of the device code: the client, and a switch for each point that the sources leave open.

use std::borrow::Cow;

use super::accessors::switches;

/// Configuration of a [`WebSignIn`](crate::WebSignIn) and a [`DeviceCode`](crate::DeviceCode).
///
/// The messages of a web sign-in are not specified. Microsoft documents the authorization endpoint, the token endpoint and the
/// behaviour of the pages ([authorization code flow], [device code flow], [technical deep dive]); the fields of the pages are those
/// that public clients ([AADInternals], [libhimmelblau], [roadlib]) read and send. Where these differ, there is a switch.
///
/// ```
/// use cba_protocol::{Cloud, Config, Tenant};
/// use cba_protocol::config::{Endpoint, Web};
///
/// let web = Web::default().with_endpoint(Endpoint::V2);
/// let config = Config::new(Cloud::PUBLIC, Tenant::common()).with_web(web.clone());
/// assert_eq!(config.web(), &web);
/// ```
///
/// [authorization code flow]: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
/// [device code flow]: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
/// [technical deep dive]: https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
/// [AADInternals]: https://github.com/Gerenios/AADInternals
/// [libhimmelblau]: https://github.com/himmelblau-idm/libhimmelblau
/// [roadlib]: https://github.com/dirkjanm/ROADtools
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    client_id: Cow<'static, str>,
    redirect_uri: Cow<'static, str>,
    endpoint: Endpoint,
    response_mode: ResponseMode,
    prompt: Option<Cow<'static, str>>,
    amr_values: Option<Cow<'static, str>>,
    credential_type: CredentialTypeForm,
    interrupt: InterruptForm,
    keep_signed_in: KeepSignedIn,
    referer: Referer,
    login_cookies: LoginCookies,
    pkce: Pkce,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            client_id: Cow::Borrowed("29d9ed98-a469-4536-ade2-f981bc1d605e"),
            redirect_uri: Cow::Borrowed("https://login.microsoftonline.com/WebApp/CloudDomainJoin/8"),
            endpoint: Endpoint::V1,
            response_mode: ResponseMode::Query,
            prompt: None,
            amr_values: None,
            credential_type: CredentialTypeForm::Browser,
            interrupt: InterruptForm::SessionId,
            keep_signed_in: KeepSignedIn::No,
            referer: Referer::Omitted,
            login_cookies: LoginCookies::Sent,
            pkce: Pkce::S256,
        }
    }
}

impl Web {
    /// `client_id`: the Microsoft Authentication Broker by default, which may ask for tokens of the registration service.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Sets [`client_id`](Self::client_id).
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<Cow<'static, str>>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// `redirect_uri`: an `https` address that is registered for the client. Nothing is ever sent to it.
    ///
    /// A native one makes the service ask whether this is the right application ([AADSTS50199]); the flow answers that it is.
    ///
    /// [AADSTS50199]: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Sets [`redirect_uri`](Self::redirect_uri).
    #[must_use]
    pub fn with_redirect_uri(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.redirect_uri = uri.into();
        self
    }

    /// `prompt` of the authorization request: none by default. Some public clients send `login`, which ends single sign-on; this
    /// flow starts without any.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        self.prompt.as_deref()
    }

    /// Sets [`prompt`](Self::prompt).
    #[must_use]
    pub fn with_prompt(mut self, prompt: impl Into<Cow<'static, str>>) -> Self {
        self.prompt = Some(prompt.into());
        self
    }

    /// `amr_values`: none by default. `ngcmfa` and `mfa` ask for multifactor authentication (libhimmelblau sends the first). Only
    /// the endpoint of version 1 knows it.
    #[must_use]
    pub fn amr_values(&self) -> Option<&str> {
        self.amr_values.as_deref()
    }

    /// Sets [`amr_values`](Self::amr_values).
    #[must_use]
    pub fn with_amr_values(mut self, values: impl Into<Cow<'static, str>>) -> Self {
        self.amr_values = Some(values.into());
        self
    }
}

switches! {
    Web:

    /// Version of the OAuth endpoints.
    endpoint: Endpoint, with_endpoint;

    /// `response_mode` of the authorization request. Each form is read, whatever was asked for.
    response_mode: ResponseMode, with_response_mode;

    /// Members of the request for the user's credentials.
    credential_type: CredentialTypeForm, with_credential_type;

    /// Fields of the answer to an interrupt.
    interrupt: InterruptForm, with_interrupt;

    /// Answer to "Stay signed in?".
    keep_signed_in: KeepSignedIn, with_keep_signed_in;

    /// Header `Referer` of the form that brings back the result of the certificate.
    referer: Referer, with_referer;

    /// Cookies in the form that brings back the result of the certificate.
    login_cookies: LoginCookies, with_login_cookies;

    /// Proof that the code was issued to this flow (RFC 7636).
    pkce: Pkce, with_pkce;
}

/// Version of the OAuth endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `oauth2/…` with `resource`. AADInternals and roadlib ask for the registration service in this way.
    #[default]
    V1,
    /// `oauth2/v2.0/…` with `scope`, as Microsoft documents it.
    V2,
}

/// `response_mode` of the authorization request: how the code comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// In a form that posts itself.
    FormPost,
    /// In the fragment of a redirect.
    Fragment,
    /// In the query of a redirect.
    #[default]
    Query,
}

impl ResponseMode {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::FormPost => "form_post",
            Self::Fragment => "fragment",
            Self::Query => "query",
        }
    }
}

/// Members of the request for the user's credentials (`GetCredentialType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialTypeForm {
    /// The members that public clients send, as a browser does.
    #[default]
    Browser,
    /// `username` and `flowToken` only. No source shows that this is enough.
    Short,
}

/// Fields of the answer to an interrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InterruptForm {
    /// All fields, with `correlationId` of the page in `hpgrequestid`. Seen in one public client.
    CorrelationId,
    /// All fields, with `sessionId` of the page in `hpgrequestid`, as AADInternals sends it.
    #[default]
    SessionId,
    /// Only the choice, `ctx`, the flow token and the canary, as libhimmelblau sends them.
    Short,
}

/// Answer to "Stay signed in?". Public clients send `LoginOptions` 1 or 3; 3 means no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeepSignedIn {
    /// 3: no persistent session.
    #[default]
    No,
    /// 1: a persistent session.
    Yes,
}

/// Header `Referer` of the form that brings back the result of the certificate. AADInternals sends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Referer {
    /// None.
    #[default]
    Omitted,
    /// The origin of the host that asked for the certificate.
    Sent,
}

/// Cookies in the form that brings back the result of the certificate. AADInternals sends none there; a browser sends them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginCookies {
    /// None.
    Omitted,
    /// Those of the first page.
    #[default]
    Sent,
}

/// Proof that the code was issued to this flow (RFC 7636). [Microsoft recommends
/// it](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow); libhimmelblau and AADInternals do not send it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pkce {
    /// None.
    Omitted,
    /// `code_challenge` with the method `S256`, and its `code_verifier`.
    #[default]
    S256,
}
