//! The open points of the protocol that `check-tenant` tries, in their order: what is documented, or what most clients send, comes
//! first. DESIGN.md explains which of them is tried when.

use cba_protocol::config::{
    AssertionNonce, Attributes, AttributesName, Audience, ClientHeaders, CredentialTypeForm, DeviceX5c,
    DiscoveryRequest, Endpoint, FinalSlash, InterruptForm, KdfOffer, KeepSignedIn, LoginCookies, Pkce,
    PrtNonce, Referer, RegistrationService, RemovalHost, RemovalVersion, RequestForm, TargetDomain,
    TokenTypeCheck, UserName, UserX5c, Web,
};
use cba_protocol::{Config, State};

use super::order::Reason;

/// The values that requests are made with.
#[derive(Clone)]
pub(super) struct Values {
    pub(super) config: Config,
    /// Whether the device key is the transport key too.
    pub(super) one_key: bool,
}

impl Values {
    fn config(self, change: impl FnOnce(Config) -> Config) -> Self {
        Self {
            config: change(self.config),
            ..self
        }
    }

    fn web(self, change: impl FnOnce(Web) -> Web) -> Self {
        self.config(|config| {
            let web = change(config.web().clone());
            config.with_web(web)
        })
    }

    fn service(self, change: impl FnOnce(RegistrationService) -> RegistrationService) -> Self {
        self.config(|config| {
            let service = change(config.registration().clone());
            config.with_registration(service)
        })
    }
}

/// One other value of one switch.
pub(super) struct Alternative {
    pub(super) switch: &'static str,
    pub(super) value: &'static str,
    /// Why the service has to refuse before this value is tried.
    pub(super) after: Reason,
    /// The requests that it changes, by what waits for their answers; all if empty.
    pub(super) changes: &'static [State],
    /// AADSTS codes that speak of this point.
    pub(super) codes: &'static [u32],
    pub(super) set: fn(Values) -> Values,
}

impl Alternative {
    /// The name in the report.
    pub(super) fn name(&self) -> String {
        format!("{}={}", self.switch, self.value)
    }

    const fn after(self, after: Reason) -> Self {
        Self { after, ..self }
    }

    const fn codes(self, codes: &'static [u32]) -> Self {
        Self { codes, ..self }
    }
}

/// The stages of a check, in their order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    WebSignIn,
    Join,
    SignIn,
    AccessToken,
    Renewal,
    SsoCookie,
    Leave,
}

impl Stage {
    pub(super) const ALL: [Self; 7] = [
        Self::WebSignIn,
        Self::Join,
        Self::SignIn,
        Self::AccessToken,
        Self::Renewal,
        Self::SsoCookie,
        Self::Leave,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::WebSignIn => "web-sign-in",
            Self::Join => "join",
            Self::SignIn => "sign-in",
            Self::AccessToken => "access-token",
            Self::Renewal => "renewal",
            Self::SsoCookie => "sso-cookie",
            Self::Leave => "leave",
        }
    }

    /// Most requests of one try.
    pub(super) fn requests(self) -> usize {
        match self {
            Self::WebSignIn => 13,
            Self::Join => 2,
            Self::SignIn => 6,
            Self::AccessToken | Self::Renewal => 4,
            Self::SsoCookie => 0,
            Self::Leave => 1,
        }
    }

    /// The requests, in their order, by what waits for their answers.
    pub(super) fn states(self) -> &'static [State] {
        match self {
            Self::WebSignIn => WEB_STATES,
            Self::Join => JOIN_STATES,
            Self::SignIn => &[State::Realm, State::Metadata, State::Nonce, State::Token],
            Self::AccessToken | Self::Renewal => &[State::Nonce, State::Token],
            Self::SsoCookie => &[],
            Self::Leave => &[State::Removal],
        }
    }

    /// The other values, in the order in which they are tried.
    pub(super) fn alternatives(self) -> &'static [Alternative] {
        match self {
            Self::WebSignIn => WEB,
            Self::Join => JOIN,
            Self::SignIn => SIGN_IN,
            Self::AccessToken | Self::Renewal => PRT,
            Self::SsoCookie => &[],
            Self::Leave => LEAVE,
        }
    }
}

const WEB_STATES: &[State] = &[
    State::Authorize,
    State::CredentialType,
    State::CertificateSignIn,
    State::Login,
    State::Interrupt,
    State::Token,
];

/// A join may have to repeat the sign-in, with other values.
const JOIN_STATES: &[State] = &[
    State::Authorize,
    State::Token,
    State::Discovery,
    State::Registration,
];

const fn other(
    switch: &'static str,
    value: &'static str,
    changes: &'static [State],
    set: fn(Values) -> Values,
) -> Alternative {
    Alternative {
        switch,
        value,
        after: Reason::Form,
        changes,
        codes: &[],
        set,
    }
}

const WEB: &[Alternative] = &[
    other("web.endpoint", "v2", &[State::Authorize, State::Token], v2).codes(&[70_011]),
    other("web.pkce", "omitted", &[State::Authorize, State::Token], |v| {
        v.web(|web| web.with_pkce(Pkce::Omitted))
    })
    .codes(&[50_147, 501_481, 501_491]),
    other("web.credential_type", "short", &[State::CredentialType], |v| {
        v.web(|web| web.with_credential_type(CredentialTypeForm::Short))
    }),
    other("web.referer", "sent", &[State::Login], |v| {
        v.web(|web| web.with_referer(Referer::Sent))
    }),
    other("web.login_cookies", "omitted", &[State::Login], |v| {
        v.web(|web| web.with_login_cookies(LoginCookies::Omitted))
    }),
    other("web.keep_signed_in", "yes", &[State::Interrupt], |v| {
        v.web(|web| web.with_keep_signed_in(KeepSignedIn::Yes))
    }),
    other("web.interrupt", "short", &[State::Interrupt], |v| {
        v.web(|web| web.with_interrupt(InterruptForm::Short))
    }),
    other("web.interrupt", "correlation-id", &[State::Interrupt], |v| {
        v.web(|web| web.with_interrupt(InterruptForm::CorrelationId))
    }),
    other("user_agent", "browser", &[], browser),
    other("user_agent", "windows", &[], windows),
];

const JOIN: &[Alternative] = &[
    other("registration.discovery", "plain", &[State::Discovery], |v| {
        v.service(|service| service.with_discovery(DiscoveryRequest::Plain))
    }),
    other("registration.client_headers", "sent", &[], |v| {
        v.service(|service| service.with_client_headers(ClientHeaders::Sent))
    }),
    other(
        "registration.attributes_name",
        "attributes",
        &[State::Registration],
        |v| v.service(|service| service.with_attributes_name(AttributesName::LowerCase)),
    ),
    other(
        "registration.attributes",
        "booleans",
        &[State::Registration],
        |v| v.service(|service| service.with_attributes(Attributes::Booleans)),
    ),
    other(
        "registration.attributes",
        "capitals",
        &[State::Registration],
        |v| v.service(|service| service.with_attributes(Attributes::Capitals)),
    ),
    other(
        "registration.attributes",
        "omitted",
        &[State::Registration],
        |v| v.service(|service| service.with_attributes(Attributes::Omitted)),
    ),
    other(
        "registration.target_domain",
        "registration-host",
        &[State::Registration],
        |v| v.service(|service| service.with_target_domain(TargetDomain::RegistrationHost)),
    ),
    other(
        "registration.final_slash",
        "removed",
        &[State::Registration],
        |v| v.service(|service| service.with_final_slash(FinalSlash::Removed)),
    ),
    other("registration.keys", "one", &[State::Registration], |v| Values {
        one_key: true,
        ..v
    }),
    other(
        "registration.request_form",
        "nul-terminated",
        &[State::Registration],
        |v| v.service(|service| service.with_request_form(RequestForm::NulTerminated)),
    ),
    other(
        "registration.request_form",
        "empty-extensions",
        &[State::Registration],
        |v| v.service(|service| service.with_request_form(RequestForm::EmptyExtensions)),
    ),
    other("user_agent", "windows", &[], windows),
    other("user_agent", "browser", &[], browser),
    // Last, because it leaves a request out: what comes later in the stage is then no progress.
    other("registration.discovery", "omitted", &[State::Discovery], |v| {
        v.service(|service| service.with_discovery(DiscoveryRequest::Omitted))
    }),
    other(
        "registration.device_type",
        "Windows",
        &[State::Registration],
        |v| v.service(|service| service.with_device_type("Windows")),
    )
    .after(Reason::Kind),
    other("web.endpoint", "v2", &[State::Authorize, State::Token], v2).after(Reason::Kind),
    other("web.amr_values", "ngcmfa", &[State::Authorize], |v| {
        v.web(|web| web.with_amr_values("ngcmfa"))
    })
    .after(Reason::Factor),
];

const SIGN_IN: &[Alternative] = &[
    other("assertion_nonce", "omitted", &[State::Token], |v| {
        v.config(|config| config.with_assertion_nonce(AssertionNonce::Omitted))
    })
    .codes(&[50_027]),
    other("audience", "common", &[State::Token], |v| {
        v.config(|config| config.with_audience(Audience::Common))
    })
    .codes(&[50_013, 500_131]),
    other("audience", "tenant", &[State::Token], |v| {
        v.config(|config| config.with_audience(Audience::Tenant))
    })
    .codes(&[50_013, 500_131]),
    other("kdf", "v1", &[State::Token], |v| {
        v.config(|config| config.with_kdf(KdfOffer::V1))
    }),
    other("kdf", "v2", &[State::Token], |v| {
        v.config(|config| config.with_kdf(KdfOffer::V2))
    }),
    other("windows_api_version", "omitted", &[State::Token], |v| {
        v.config(Config::without_windows_api_version)
    }),
    other("user_name", "sent", &[State::Token], |v| {
        v.config(|config| config.with_user_name(UserName::Sent))
    }),
    other("device_x5c", "string", &[State::Token], |v| {
        v.config(|config| config.with_device_x5c(DeviceX5c::String))
    })
    .codes(&[50_120]),
    other("user_x5c", "string", &[State::Token], |v| {
        v.config(|config| config.with_user_x5c(UserX5c::LeafString))
    })
    .codes(&[50_120]),
    other("token_type_check", "skipped", &[State::Token], |v| {
        v.config(|config| config.with_token_type_check(TokenTypeCheck::Skipped))
    })
    .after(Reason::Answer),
];

const PRT: &[Alternative] = &[other("prt_nonce", "omitted", &[State::Token], |v| {
    v.config(|config| config.with_prt_nonce(PrtNonce::Omitted))
})];

const LEAVE: &[Alternative] = &[
    other("registration.removal_host", "certauth", &[State::Removal], |v| {
        v.service(|service| service.with_removal_host(RemovalHost::Certauth))
    }),
    other(
        "registration.removal_version",
        "omitted",
        &[State::Removal],
        |v| v.service(|service| service.with_removal_version(RemovalVersion::Omitted)),
    ),
];

fn v2(values: Values) -> Values {
    values.web(|web| web.with_endpoint(Endpoint::V2))
}

/// The agent of a browser on Linux; libhimmelblau sends one to the sign-in pages.
fn browser(values: Values) -> Values {
    agent(
        values,
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )
}

/// The agent that roadtx and AADInternals send to the registration service.
fn windows(values: Values) -> Values {
    agent(values, "Dsreg/10.0 (Windows 10.0.19041.928)")
}

fn agent(values: Values, agent: &'static str) -> Values {
    values.config(|config| config.with_user_agent(http::HeaderValue::from_static(agent)))
}
