//! The joined device and the authority it signs in to: the part of the command line that every sign-in needs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use upn_resolver::{AccountSid, AdLogon, Certificate, Decision, SignIn, Upn};

/// The device, how it is joined, and what Active Directory said.
#[derive(Args, Clone, Debug)]
pub(crate) struct Joined {
    // Not a doc comment: there a link has marks, which would be printed.
    #[arg(
        long,
        value_name = "URL",
        help = "The authority's origin, such as https://login.microsoftonline.com"
    )]
    pub authority: String,

    /// Trusted certificates for the authority's TLS, PEM.
    #[arg(long, value_name = "FILE")]
    pub ca: PathBuf,

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

    /// Hybrid: the file that keeps the Entra UPN between sign-ins (an SQLite database); it is made when it is not there.
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,
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
        let idle = self.ad_upn.is_some() || self.ad_failed || self.cache.is_some();
        if self.join == Join::Entra && idle {
            remarks
                .push("--ad-upn, --ad-failed and --cache play no part on an Entra joined device".to_owned());
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
