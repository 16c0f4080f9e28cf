//! Sign-in to Active Directory before the one to Entra: `--realm` and its options.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use cba_protocol::Seed;
use cba_protocol::active_directory::{
    AdAccount, AdError, AdOutcome, AdSignIn, AdStep, KdcRefusal, KdcTrust, Keytab, KeytabError,
};
use clap::Args;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::Serialize;
use upn_resolver::Certificate;

use super::card::{Card, CardProblem};
use super::exit::Exit;
use super::observer::Observer;
use super::waiting::Wait;
use crate::bounded;
use crate::kdc::{Address, KdcUnreachable, Kdcs};
use crate::kdc_signatures::algorithms;
use crate::output::{display_path, printable_line};
use crate::private_file::{self, PrivateFileError};

/// Options that name the domain and verify its controllers.
#[derive(Args, Clone, Debug)]
pub(crate) struct DomainArgs {
    /// Hybrid joined: signs in to this realm of Active Directory with the card first, for example CORP.EXAMPLE. The domain
    /// returns the UPN and SID of the account. Requires --keytab or --kdc-ca
    #[arg(long, value_name = "REALM", conflicts_with_all = ["ad_upn", "ad_failed", "ad_sid"])]
    pub realm: Option<String>,

    /// A domain controller of the realm. By default those that DNS names
    #[arg(long, value_name = "HOST[:PORT]", requires = "realm")]
    pub kdc: Option<Address>,

    /// The device's keytab: its key proves the domain controller
    #[arg(long, value_name = "FILE", requires = "realm")]
    pub keytab: Option<PathBuf>,

    /// The CA of the domain controllers, in PEM or DER: their certificate is verified
    #[arg(long, value_name = "FILE", requires = "realm")]
    pub kdc_ca: Option<PathBuf>,

    /// Keeps the ticket in this file, for other Kerberos programs
    #[arg(long, value_name = "FILE", requires = "realm")]
    pub ccache: Option<PathBuf>,
}

/// A realm, with the content of its files.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    realm: String,
    kdcs: Kdcs,
    keytab: Option<Keytab>,
    trust: Option<KdcTrust>,
    ccache: Option<PathBuf>,
}

/// Answer of the domain, for the report.
#[derive(Debug, Serialize)]
pub(crate) struct DomainReport {
    /// UPN of the account.
    pub upn: String,
    /// Whether the domain formed the UPN from account name and domain.
    pub is_implicit: bool,
    /// SID of the account.
    pub sid: Option<String>,
    /// `sAMAccountName`.
    pub sam_account_name: Option<String>,
    /// DNS name of the domain.
    pub dns_domain: String,
    /// Kerberos principal.
    pub principal: String,
    /// Method that verified the domain controller.
    pub kdc_proof: &'static str,
    /// Seconds by which this machine's clock is ahead, if it was corrected.
    pub clock_ahead_seconds: Option<i64>,
    /// Requests sent to domain controllers.
    pub requests: usize,
}

impl DomainArgs {
    /// Reads the files, if a realm is named.
    pub(crate) fn read(&self) -> Result<Option<Domain>, DomainFailure> {
        let Some(realm) = &self.realm else {
            return Ok(None);
        };
        let keytab = self.keytab.as_deref().map(read_keytab).transpose()?;
        let trust = match &self.kdc_ca {
            None => None,
            Some(path) => {
                let trust = KdcTrust::new(read_certificates(path)?, &algorithms())?;
                Some(match &self.kdc {
                    Some(kdc) => trust.with_host(kdc.host()),
                    None => trust,
                })
            }
        };
        if keytab.is_none() && trust.is_none() {
            return Err(AdError::NoProof.into());
        }
        Ok(Some(Domain {
            realm: realm.clone(),
            kdcs: Kdcs::new(realm, self.kdc.clone()),
            keytab,
            trust,
            ccache: self.ccache.clone(),
        }))
    }
}

impl Domain {
    /// Signs in with the card. The PIN is asked for first, because the signed data contains the time. The card keeps it for Entra.
    pub(crate) fn sign_in(
        &self,
        card: &mut Card,
        hint: Option<&str>,
        seed: Seed,
        observer: &mut dyn Observer,
    ) -> Result<(AdAccount, DomainReport), DomainFailure> {
        let der = card.credential().certificate().clone();
        let name = hint
            .map(str::to_owned)
            .or_else(|| principal_name(&der))
            .ok_or(AdError::NameUnusable)?;
        let mut sign_in = AdSignIn::new(name, &self.realm, &der);
        if let Some(keytab) = &self.keytab {
            sign_in = sign_in.with_host_key(keytab.clone());
        }
        if let Some(trust) = &self.trust {
            sign_in = sign_in.with_kdc_trust(trust.clone());
        }
        for finding in sign_in.findings(UnixTime::now()) {
            observer.warn(&format!("{finding}; the domain may refuse it"));
        }
        card.ask_pin()?;
        let mut requests = 0;
        let mut step = sign_in.start(seed, UnixTime::now())?;
        let account = loop {
            step = match step {
                AdStep::SignWithCard(task) => {
                    let signature = card.sign(task.algorithm(), task.input())?;
                    task.complete(&signature)?
                }
                AdStep::SendToKdc(exchange) => {
                    requests += 1;
                    observer.waiting_for(Wait::Kdc {
                        realm: exchange.realm().to_owned(),
                    });
                    let reply = self.kdcs.send(&exchange)?;
                    exchange.respond(&reply, UnixTime::now())?
                }
                AdStep::Done(AdOutcome::SignedIn(account)) => break *account,
                AdStep::Done(AdOutcome::Refused(refusal)) => return Err(DomainFailure::Refused(refusal)),
                AdStep::Done(_) => return Err(DomainFailure::UnknownOutcome),
            };
        };
        if let Some(seconds) = account.clock_ahead {
            observer.warn(&format!(
                "this machine's clock differs from the domain controller's by {} s",
                seconds.abs()
            ));
        }
        if let Some(path) = &self.ccache
            && let Err(error) = private_file::write(path, &account.credential_cache())
        {
            observer.warn(&format!(
                "the ticket was not kept in {}: {error}",
                display_path(path)
            ));
        }
        let report = DomainReport {
            upn: account.upn.as_str().to_owned(),
            is_implicit: account.is_implicit,
            sid: account.sid.as_ref().map(ToString::to_string),
            sam_account_name: account.sam_account_name.clone(),
            dns_domain: account.dns_domain.clone(),
            principal: account.principal(),
            kdc_proof: account.proof.code(),
            clock_ahead_seconds: account.clock_ahead,
            requests,
        };
        Ok((account, report))
    }
}

impl fmt::Display for DomainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = if self.is_implicit {
            " (the account has no userPrincipalName)"
        } else {
            ""
        };
        writeln!(f, "Active Directory: signed in")?;
        writeln!(f, "  UPN          {}{note}", printable_line(&self.upn))?;
        if let Some(sid) = &self.sid {
            writeln!(f, "  SID          {sid}")?;
        }
        writeln!(f, "  principal    {}", printable_line(&self.principal))?;
        write!(f, "  proven by    {}", self.kdc_proof)
    }
}

fn principal_name(der: &CertificateDer<'_>) -> Option<String> {
    let certificate = Certificate::from_der(der).ok()?;
    let mut names = certificate.principal_names().filter_map(|name| name.text().ok());
    names.next().map(Cow::into_owned)
}

/// Reads a keytab, which contains keys.
pub(crate) fn read_keytab(path: &Path) -> Result<Keytab, DomainFailure> {
    let bytes = private_file::read_secret(path).map_err(|error| unreadable(path, error))?;
    Keytab::from_bytes(&bytes).map_err(|problem| DomainFailure::Keytab {
        path: path.to_owned(),
        problem,
    })
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, DomainFailure> {
    let bytes = bounded::read(path).map_err(|error| unreadable(path, error.into()))?;
    let pem: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .filter_map(Result::ok)
        .collect();
    Ok(if pem.is_empty() {
        vec![CertificateDer::from(bytes)]
    } else {
        pem
    })
}

fn unreadable(path: &Path, error: PrivateFileError) -> DomainFailure {
    DomainFailure::File {
        path: path.to_owned(),
        error,
    }
}

/// Reason why the sign-in to the domain failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DomainFailure {
    #[error(transparent)]
    Card(#[from] CardProblem),
    #[error("{} cannot be read: {error}", display_path(path))]
    File { path: PathBuf, error: PrivateFileError },
    #[error("{}: {problem}", display_path(path))]
    Keytab { path: PathBuf, problem: KeytabError },
    #[error("Active Directory: {0}")]
    Protocol(#[from] AdError),
    #[error("Active Directory refused: {0:#}")]
    Refused(Box<KdcRefusal>),
    #[error(
        "Active Directory: the sign-in ended with a result that this version of the program does not know"
    )]
    UnknownOutcome,
    #[error(transparent)]
    Unreachable(#[from] KdcUnreachable),
}

impl DomainFailure {
    /// The exit code of `sign-in`; a problem of the card has its own.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Card(_) => Exit::CardFailure,
            Self::File { .. }
            | Self::Keytab { .. }
            | Self::Protocol(
                AdError::CaUnusable | AdError::NameUnusable | AdError::NoProof | AdError::RealmUnusable,
            ) => Exit::Usage,
            Self::Protocol(AdError::CertificateUnusable { .. }) => Exit::NoCard,
            Self::Protocol(
                AdError::KdcNotProven { .. } | AdError::PacNotGenuine { .. } | AdError::TicketUnopened,
            ) => Exit::DomainNotProven,
            Self::Protocol(AdError::StaleKeytab { .. } | AdError::UnsupportedEncryption { .. }) => {
                Exit::KeytabOutOfDate
            }
            Self::Protocol(_) | Self::UnknownOutcome => Exit::ProtocolChanged,
            Self::Refused(_) => Exit::NotGranted,
            Self::Unreachable(_) => Exit::Network,
        }
    }

    /// Code, who has to act, and what to try; a problem of the card has its own.
    pub(crate) fn details(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Card(_) => ("card/failed", "user", "Try again."),
            Self::File {
                error: PrivateFileError::Exposed { .. } | PrivateFileError::OtherOwner { .. },
                ..
            } => (
                "usage/domain-file",
                "administrator",
                "Let only this user read the keytab; the message has the command.",
            ),
            Self::File { .. } | Self::Keytab { .. } => (
                "usage/domain-file",
                "administrator",
                "Give the device's keytab with --keytab, and the CA of the domain controllers with --kdc-ca.",
            ),
            Self::Protocol(error @ AdError::KdcNotProven(problem)) => {
                (error.code(), problem.responsible().code(), problem.hint())
            }
            Self::Protocol(error) => (error.code(), error.responsible().code(), error.hint()),
            Self::Refused(refusal) => (refusal.code(), refusal.responsible().code(), refusal.hint()),
            Self::UnknownOutcome => ("ad/unknown-outcome", "developer", "Update the program."),
            Self::Unreachable(error) => (error.code(), "administrator", error.hint()),
        }
    }
}
