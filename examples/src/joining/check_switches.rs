//! The open points of the protocol that `check-tenant` tries, in their order: what most clients send comes first.

use cba_protocol::Config;
use cba_protocol::config::{
    AssertionNonce, Attributes, Audience, CredentialTypeForm, DeviceX5c, DiscoveryRequest, Endpoint,
    InterruptForm, KdfOffer, KeepSignedIn, LoginCookies, PrtNonce, Referer, RemovalHost, TargetDomain,
    UserName, UserX5c,
};

/// One other value of one switch.
pub(super) struct Alternative {
    pub(super) switch: &'static str,
    pub(super) value: &'static str,
    pub(super) set: fn(Config) -> Config,
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

const fn other(switch: &'static str, value: &'static str, set: fn(Config) -> Config) -> Alternative {
    Alternative { switch, value, set }
}

const WEB: &[Alternative] = &[
    other("web.endpoint", "v2", |c| {
        let web = c.web().clone().with_endpoint(Endpoint::V2);
        c.with_web(web)
    }),
    other("web.referer", "sent", |c| {
        let web = c.web().clone().with_referer(Referer::Sent);
        c.with_web(web)
    }),
    other("web.login_cookies", "omitted", |c| {
        let web = c.web().clone().with_login_cookies(LoginCookies::Omitted);
        c.with_web(web)
    }),
    other("web.keep_signed_in", "yes", |c| {
        let web = c.web().clone().with_keep_signed_in(KeepSignedIn::Yes);
        c.with_web(web)
    }),
    other("web.interrupt", "short", |c| {
        let web = c.web().clone().with_interrupt(InterruptForm::Short);
        c.with_web(web)
    }),
    other("web.interrupt", "correlation-id", |c| {
        let web = c.web().clone().with_interrupt(InterruptForm::CorrelationId);
        c.with_web(web)
    }),
    other("web.credential_type", "short", |c| {
        let web = c.web().clone().with_credential_type(CredentialTypeForm::Short);
        c.with_web(web)
    }),
];

const JOIN: &[Alternative] = &[
    other("registration.attributes", "omitted", |c| {
        let service = c.registration().clone().with_attributes(Attributes::Omitted);
        c.with_registration(service)
    }),
    other("registration.attributes", "booleans", |c| {
        let service = c.registration().clone().with_attributes(Attributes::Booleans);
        c.with_registration(service)
    }),
    other("registration.target_domain", "registration-host", |c| {
        let service = c
            .registration()
            .clone()
            .with_target_domain(TargetDomain::RegistrationHost);
        c.with_registration(service)
    }),
    other("registration.discovery", "plain", |c| {
        let service = c.registration().clone().with_discovery(DiscoveryRequest::Plain);
        c.with_registration(service)
    }),
    other("registration.discovery", "omitted", |c| {
        let service = c.registration().clone().with_discovery(DiscoveryRequest::Omitted);
        c.with_registration(service)
    }),
    other("registration.device_type", "Windows", |c| {
        let service = c.registration().clone().with_device_type("Windows");
        c.with_registration(service)
    }),
];

const SIGN_IN: &[Alternative] = &[
    other("audience", "common", |c| c.with_audience(Audience::Common)),
    other("audience", "tenant", |c| c.with_audience(Audience::Tenant)),
    other("assertion_nonce", "omitted", |c| {
        c.with_assertion_nonce(AssertionNonce::Omitted)
    }),
    other("kdf", "v2", |c| c.with_kdf(KdfOffer::V2)),
    other("device_x5c", "string", |c| c.with_device_x5c(DeviceX5c::String)),
    other("user_x5c", "string", |c| c.with_user_x5c(UserX5c::LeafString)),
    other("user_name", "sent", |c| c.with_user_name(UserName::Sent)),
    other(
        "windows_api_version",
        "omitted",
        Config::without_windows_api_version,
    ),
];

const PRT: &[Alternative] = &[other("prt_nonce", "omitted", |c| {
    c.with_prt_nonce(PrtNonce::Omitted)
})];

const LEAVE: &[Alternative] = &[other("registration.removal_host", "certauth", |c| {
    let service = c.registration().clone().with_removal_host(RemovalHost::Certauth);
    c.with_registration(service)
})];
