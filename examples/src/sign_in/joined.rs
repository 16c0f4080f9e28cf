//! The joined device and the authority it signs in to: the part of the command line that every sign-in needs.

use std::path::PathBuf;
use std::time::Duration;

use card_access::ShortPin;
use cba_protocol::{CertificateSignIn, Cloud, CloudError};
use clap::{Args, ValueEnum};
use upn_resolver::{AccountSid, AdLogon, Certificate, Decision, SignIn, Upn};

/// The device, how it is joined, and what Active Directory said.
#[derive(Args, Clone, Debug)]
pub(crate) struct Joined {
    /// The national cloud of the tenant.
    #[arg(long, value_enum, default_value_t = CloudName::Public)]
    pub cloud: CloudName,

    // Not a doc comment: there a link has marks, which would be printed.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "cloud",
        help = "Origin of another authority instead of a cloud's, such as https://localhost:8443"
    )]
    pub authority: Option<String>,

    /// Trusted certificates for the authority's TLS, PEM; the system's by default (or those that `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name).
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// The joined device: certificate, keys and tenant, as `local-authority --init` writes it.
    #[arg(long, value_name = "FILE")]
    pub device: PathBuf,

    /// How the device is joined.
    #[arg(long, value_enum)]
    pub join: Join,

    /// Hybrid: the UPN that the Active Directory sign-in returned.
    #[arg(long, value_name = "UPN", conflicts_with = "ad_failed")]
    pub ad_upn: Option<Upn>,

    /// Hybrid: the Active Directory sign-in failed.
    #[arg(long)]
    pub ad_failed: bool,

    /// Hybrid: the account's SID in Active Directory, under which the cache keeps its Entra UPN. Without it, the SID in the
    /// certificate's security extension, or else a stand-in made from the AD UPN.
    #[arg(long, value_name = "SID")]
    pub ad_sid: Option<AccountSid>,

    /// The file that keeps the Entra UPN of a hybrid joined device between sign-ins (an SQLite database). Realm and metadata are
    /// kept beside it, so that the next sign-in takes two requests instead of four. Both are created if they do not exist.
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,

    /// Accept a PIN of 4 or 5 characters on a PIV card. The standard requires 6 to 8; shorter ones are otherwise not sent.
    #[arg(long)]
    pub short_pin: bool,

    /// Longest time of a sign-in as a whole, from finding the card to the last answer; the time for typing the PIN counts too. A
    /// sign-in that takes longer is broken off, and what it waited for is named.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,
}

/// A national cloud.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum CloudName {
    /// The public cloud: login.microsoftonline.com.
    Public,
    /// US Government: login.microsoftonline.us.
    UsGov,
    /// China, operated by 21Vianet: login.partner.microsoftonline.cn.
    China,
}

/// How a device is joined.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Join {
    /// Microsoft Entra joined.
    Entra,
    /// Microsoft Entra hybrid joined.
    Hybrid,
}

impl Joined {
    /// The longest time of a sign-in.
    pub(crate) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }

    /// Whether a PIN may be shorter than the standard's.
    pub(crate) fn short_pin(&self) -> ShortPin {
        if self.short_pin {
            ShortPin::Allow
        } else {
            ShortPin::Refuse
        }
    }

    /// The cloud to sign in to.
    pub(crate) fn cloud(&self) -> Result<Cloud, CloudError> {
        let Some(origin) = &self.authority else {
            return Ok(match self.cloud {
                CloudName::Public => Cloud::PUBLIC,
                CloudName::UsGov => Cloud::US_GOVERNMENT,
                CloudName::China => Cloud::CHINA,
            });
        };
        // A known cloud by its origin: its other names and its instance name are known then.
        let custom = Cloud::custom(origin)?;
        let known = [Cloud::PUBLIC, Cloud::US_GOVERNMENT, Cloud::CHINA];
        Ok(known
            .into_iter()
            .find(|cloud| cloud.authority() == custom.authority())
            .unwrap_or(custom))
    }

    /// Which name would be sent for the certificate; `now` is in seconds since 1970.
    pub(crate) fn decide(
        &self,
        certificate: &Certificate<'_>,
        cached: Option<&Upn>,
        hint: Option<&str>,
        now: Option<i64>,
    ) -> Decision {
        let ad = match (&self.ad_upn, self.ad_failed) {
            (Some(upn), _) => AdLogon::Succeeded(upn),
            (None, true) => AdLogon::Failed,
            (None, false) => AdLogon::NotAttempted,
        };
        let mut sign_in = match self.join {
            Join::Entra => SignIn::entra_joined(certificate),
            Join::Hybrid => SignIn::hybrid_joined(certificate, ad, cached),
        };
        if let Some(hint) = hint {
            sign_in = sign_in.hint(hint);
        }
        if let Some(now) = now {
            sign_in = sign_in.at(now);
        }
        sign_in.decide()
    }

    /// What contradicts the device, or plays no part. The command line holds.
    pub(crate) fn remarks(&self, known: Option<&str>) -> Vec<String> {
        let mut remarks = Vec::new();
        let join = self.join.name();
        if let Some(known) = known.filter(|known| *known != join) {
            remarks.push(format!(
                "the device file says {known}, and --join says {join}; --join holds"
            ));
        }
        let unconfirmed = |cloud: Cloud| cloud.certificate_sign_in() == CertificateSignIn::Unconfirmed;
        if self.authority.is_none() && self.cloud().is_ok_and(unconfirmed) {
            remarks.push(
                "certificate sign-in is not documented as available in this cloud; trying it".to_owned(),
            );
        }
        if self.join == Join::Entra && (self.ad_upn.is_some() || self.ad_failed) {
            remarks.push("--ad-upn and --ad-failed have no effect on an Entra joined device".to_owned());
        }
        remarks
    }
}

impl Join {
    /// As the command line and device files have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Hybrid => "hybrid",
        }
    }

    /// As people call it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Entra => "Entra joined",
            Self::Hybrid => "hybrid joined",
        }
    }
}
