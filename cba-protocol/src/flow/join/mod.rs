//! Joining a device: discovery, two keys, a certificate request, and the certificate that answers it.

mod discover;
mod leave;
mod register;
mod request;
mod service;

use http::HeaderValue;
use upn_resolver::Upn;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::access_token::AccessToken;
use super::context::Context;
use crate::config::{Config, DiscoveryRequest};
use crate::device::{Device, JoinType};
use crate::error::Error;
use crate::guid;
use crate::prt::IdToken;
use crate::recorder::Kind;
use crate::secret::Secret;
use crate::seed::Seed;
use crate::step::Step;
use crate::transcript::Transcript;

pub use leave::{Leave, Removal};

/// A join of a new device, which ends with its [`Registration`].
///
/// It needs a token for the registration service from [`WebSignIn`](crate::WebSignIn) or [`DeviceCode`](crate::DeviceCode). The
/// request is that of [MS-DVRJ] 3.1.5.1.1 with the members that Entra's clients add. The certificate that comes back is checked before
/// it is given: its key, device id, tenant, validity and purpose.
///
/// A device certificate cannot be renewed: no public source shows a request for it. Entra issues it for ten years
/// (<https://learn.microsoft.com/entra/identity/devices/faq>); warn before [`Device::expires_at`](crate::Device::expires_at), and join
/// again.
///
/// ```
/// use cba_protocol::{AccessToken, Config, Error, Join, JoinType, Registration, Seed, Step};
/// # fn example(config: &Config, upn: &upn_resolver::Upn, token: &AccessToken, seed: Seed) -> Result<Step<Registration>, Error> {
/// let step = Join::new(config, upn, token)
///     .with_join_type(JoinType::Registered)
///     .with_display_name("workstation-7")
///     .start(seed)?;
/// # Ok(step) }
/// ```
#[must_use = "call start() to begin"]
pub struct Join {
    config: Config,
    upn: Upn,
    token: Secret,
    tenant: Option<Uuid>,
    kind: JoinType,
    display_name: String,
    os_version: String,
    transcript: Option<Transcript>,
}

/// A new device: registered, its certificate checked.
///
/// Store the certificate before anything else: the service has it registered already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    device: Device,
    join_type: JoinType,
}

impl Registration {
    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Kind of registration that was asked for.
    #[must_use]
    pub fn join_type(&self) -> JoinType {
        self.join_type
    }
}

impl Join {
    /// Creates a join with a token for the registration service. The user name gives the domain.
    pub fn new(config: &Config, upn: &Upn, token: &AccessToken) -> Self {
        let tenant = guid::parse(config.tenant().as_str());
        let of_user = || token.id_token().and_then(IdToken::tid).and_then(guid::parse);
        Self {
            config: config.clone(),
            upn: upn.clone(),
            token: token.token().clone(),
            tenant: tenant.or_else(of_user),
            kind: JoinType::Joined,
            display_name: "device".to_owned(),
            os_version: "unknown".to_owned(),
            transcript: None,
        }
    }

    /// Sets the kind of registration; [`Joined`](JoinType::Joined) by default.
    pub fn with_join_type(mut self, join_type: JoinType) -> Self {
        self.kind = join_type;
        self
    }

    /// Sets `DeviceDisplayName`, normally the host name.
    pub fn with_display_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.display_name);
        self
    }

    /// Sets `OSVersion`, free text.
    pub fn with_os_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.os_version);
        self
    }

    /// Records the flow in `transcript`.
    pub fn with_transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = Some(transcript.clone());
        self
    }

    /// Returns the first step: discovery, or the keys if the configuration leaves discovery out.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if the token cannot be in a header, or the user's domain cannot be in a URL.
    pub fn start(self, seed: Seed) -> Result<Step<Registration>, Error> {
        let joining = Joining {
            context: Context::new(Kind::Join, self.config, seed, self.transcript),
            upn: self.upn,
            token: self.token,
            tenant: self.tenant,
            join_type: self.kind,
            display_name: self.display_name,
            os_version: self.os_version,
        };
        match joining.context.config.registration().discovery() {
            DiscoveryRequest::Omitted => Ok(joining.make_keys(None)),
            DiscoveryRequest::Plain | DiscoveryRequest::WithToken => joining.discover(),
        }
    }
}

/// A join in progress.
struct Joining {
    context: Context,
    upn: Upn,
    token: Secret,
    /// The tenant that the certificate must name, if one is known.
    tenant: Option<Uuid>,
    join_type: JoinType,
    display_name: String,
    os_version: String,
}

impl Joining {
    /// Value of the header `Authorization`.
    fn authorization(&self) -> Option<HeaderValue> {
        let text = Zeroizing::new(format!("Bearer {}", self.token.expose()));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn domain(&self) -> &str {
        self.upn
            .as_str()
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain)
    }
}
