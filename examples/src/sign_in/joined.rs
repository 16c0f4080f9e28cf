//! The joined device and its authority: the options that every sign-in needs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use card_access::ShortPinPolicy;
use cba_protocol::{CertificateSignIn, Cloud, CloudError};
use clap::{Args, ValueEnum};
use upn_resolver::{AccountSid, AdLogon, Certificate, Decision, NameRequest, UnixTime, Upn};

use super::broker_option::BrokerOption;
use super::domain::DomainArgs;
use crate::known_cards::KnownCardsOptions;

/// The device, how it is joined, and the result of the Active Directory sign-in.
#[derive(Args, Clone, Debug)]
pub(crate) struct Joined {
    /// The national cloud of the tenant. By default that of the device file, or else the public one
    #[arg(long, value_enum)]
    pub cloud: Option<CloudName>,

    // Not a doc comment: Clippy wants brackets around a link, and they would be printed.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "cloud",
        help = "Origin of an authority to use instead of a cloud, such as https://localhost:8443"
    )]
    pub authority: Option<String>,

    /// PEM file with the trusted certificates for the authority's TLS. By default those of the system, or those that
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// The device file, which join writes: certificate, keys and tenant
    #[arg(long, value_name = "FILE", default_value = "device.json")]
    pub device: PathBuf,

    /// How the device is joined. By default as the device file says, or else Entra joined
    #[arg(long, value_enum)]
    pub join: Option<Join>,

    /// Hybrid joined: the UPN that the Active Directory sign-in returned
    #[arg(long, value_name = "UPN", conflicts_with = "ad_failed")]
    pub ad_upn: Option<Upn>,

    /// Hybrid joined: the Active Directory sign-in failed
    #[arg(long)]
    pub ad_failed: bool,

    /// Hybrid joined: the account's SID in Active Directory, the key of the cached Entra UPN. By default the SID in the
    /// certificate's security extension, or else a key made from the AD UPN
    #[arg(long, value_name = "SID")]
    pub ad_sid: Option<AccountSid>,

    #[command(flatten)]
    pub domain: DomainArgs,

    /// An SQLite database that keeps the Entra UPN of a hybrid joined device between sign-ins. Realm and metadata are kept in a
    /// file next to it, so that the next sign-in takes two requests instead of four. Both files are created if they do not
    /// exist
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,

    #[command(flatten)]
    pub known_cards: KnownCardsOptions,

    /// Sends no request and does not prepare the card before the PIN is typed. By default both happen while the user types it; the
    /// card is then not available to other programs
    #[arg(long)]
    pub no_prefetch: bool,

    #[command(flatten)]
    pub broker: BrokerOption,

    /// Accepts a PIN of 4 or 5 characters on a PIV card. By default only PINs of 6 to 8 are sent, as the standard requires
    #[arg(long)]
    pub short_pin: bool,

    /// Longest time of the whole sign-in, from finding the card to the last response, including the time for typing the PIN. A
    /// sign-in that takes longer is cancelled, and the message names what it was waiting for
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,
}

/// A national cloud.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum CloudName {
    /// The public cloud: login.microsoftonline.com
    Public,
    /// US Government: login.microsoftonline.us
    UsGov,
    /// China, operated by 21Vianet: login.partner.microsoftonline.cn
    China,
}

/// The cloud of an origin, or else the named one.
pub(crate) fn cloud(name: Option<CloudName>, origin: Option<&str>) -> Result<Cloud, CloudError> {
    let Some(origin) = origin else {
        return Ok(match name {
            None | Some(CloudName::Public) => Cloud::PUBLIC,
            Some(CloudName::UsGov) => Cloud::US_GOVERNMENT,
            Some(CloudName::China) => Cloud::CHINA,
        });
    };
    // The origin of a known cloud selects that cloud, so that its other host names and its instance name are known too.
    let custom = Cloud::custom(origin)?;
    let known = [Cloud::PUBLIC, Cloud::US_GOVERNMENT, Cloud::CHINA];
    Ok(known
        .into_iter()
        .find(|cloud| cloud.authority() == custom.authority())
        .unwrap_or(custom))
}

/// How a device is joined.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Join {
    /// Microsoft Entra joined
    Entra,
    /// Microsoft Entra hybrid joined
    Hybrid,
}

impl Joined {
    /// The time limit of the whole sign-in.
    pub(crate) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }

    /// Whether a PIN may be shorter than the standard requires.
    pub(crate) fn short_pin(&self) -> ShortPinPolicy {
        if self.short_pin {
            ShortPinPolicy::Allow
        } else {
            ShortPinPolicy::Refuse
        }
    }

    /// How the device is joined.
    pub(crate) fn join(&self) -> Join {
        self.join.unwrap_or(Join::Entra)
    }

    /// Takes from the device file what the command line does not say.
    pub(crate) fn complete(mut self, join_type: Option<&str>, authority: Option<&str>) -> Self {
        if self.join.is_none() && join_type == Some(Join::Hybrid.name()) {
            self.join = Some(Join::Hybrid);
        }
        if self.authority.is_none() && self.cloud.is_none() {
            self.authority = authority.map(str::to_owned);
        }
        self
    }

    /// Whether a path is that of a file which another option names.
    pub(crate) fn is_input(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        let inputs = [Some(&self.device), self.ca.as_ref()];
        let this = real(path);
        this.is_some() && inputs.into_iter().flatten().any(|input| real(input) == this)
    }

    /// The cloud to sign in to.
    pub(crate) fn cloud(&self) -> Result<Cloud, CloudError> {
        cloud(self.cloud, self.authority.as_deref())
    }

    /// Determines the name to send for the certificate.
    pub(crate) fn decide(
        &self,
        certificate: &Certificate<'_>,
        cached: Option<&Upn>,
        hint: Option<&str>,
        now: Option<UnixTime>,
    ) -> Decision {
        let ad = match (&self.ad_upn, self.ad_failed) {
            (Some(upn), _) => AdLogon::Succeeded(upn),
            (None, true) => AdLogon::Failed,
            (None, false) => AdLogon::NotAttempted,
        };
        self.decide_after(ad, certificate, cached, hint, now)
    }

    /// The same after a sign-in to Active Directory.
    pub(crate) fn decide_after(
        &self,
        ad: AdLogon<'_>,
        certificate: &Certificate<'_>,
        cached: Option<&Upn>,
        hint: Option<&str>,
        now: Option<UnixTime>,
    ) -> Decision {
        let mut sign_in = match self.join() {
            Join::Entra => NameRequest::entra_joined(certificate),
            Join::Hybrid => NameRequest::hybrid_joined(certificate, ad, cached),
        };
        if let Some(hint) = hint {
            sign_in = sign_in.with_hint(hint);
        }
        if let Some(now) = now {
            sign_in = sign_in.with_time(now);
        }
        sign_in.decide()
    }

    /// Warnings about options that contradict the device file or have no effect. The command line takes precedence.
    pub(crate) fn warnings(&self, known: Option<&str>) -> Vec<String> {
        let mut warnings = Vec::new();
        let given = self.join.map(Join::name);
        if let (Some(known), Some(join)) = (known, given)
            && known != join
        {
            warnings.push(format!(
                "the device file says {known} and --join says {join}; using --join"
            ));
        }
        let unconfirmed = |cloud: Cloud| cloud.certificate_sign_in() == CertificateSignIn::Unconfirmed;
        if self.authority.is_none() && self.cloud().is_ok_and(unconfirmed) {
            warnings.push(
                "certificate sign-in is not documented as available in this cloud; trying it anyway"
                    .to_owned(),
            );
        }
        if self.join() == Join::Entra && self.domain.realm.is_some() {
            warnings.push("--realm has no effect on an Entra joined device".to_owned());
        }
        if self.join() == Join::Entra && (self.ad_upn.is_some() || self.ad_failed) {
            warnings.push("--ad-upn and --ad-failed have no effect on an Entra joined device".to_owned());
        }
        warnings
    }
}

impl Join {
    /// The name in the command line and in device files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Hybrid => "hybrid",
        }
    }

    /// The name in messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Entra => "Entra joined",
            Self::Hybrid => "hybrid joined",
        }
    }
}
