//! Failures of a sign-in: message, JSON and exit code.

use std::path::PathBuf;
use std::time::Duration;

use card_access::ErrorKind;
use card_access::uri::UriError;
use serde_json::{Value, json};
use upn_resolver::{CacheKeyError, CertificateError};

use super::card::CardProblem;
use super::domain::DomainFailure;
use super::drive::Interrupted;
use super::exit::Exit;
use super::waiting::Wait;
use crate::card_list;
use crate::device::DeviceError;
use crate::device_token::TokenError;
use crate::http_client::HttpError;
use crate::output::display_path;

/// Failure of a sign-in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Authority(#[from] cba_protocol::CloudError),
    #[error("{} is a file that another option names, not the cache", path.display())]
    CacheIsInput { path: PathBuf },
    #[error("the key of the cache: {0}")]
    CacheKey(#[from] CacheKeyError),
    #[error(transparent)]
    Card(#[from] CardProblem),
    #[error("the card's certificate cannot be read: {0}")]
    Certificate(CertificateError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Domain(DomainFailure),
    #[error("the device certificate: {0}")]
    DeviceCertificate(#[from] cba_protocol::DeviceError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error("the protocol does not support the certificate's key; it requires RSA with at least 2048 bits")]
    KeyCannotSign,
    #[error("the operating system returned no random numbers: {0}")]
    Randomness(getrandom::Error),
    #[error(transparent)]
    Keys(#[from] TokenError),
    #[error("the URI of --keys: {0}")]
    KeysUri(#[from] UriError),
    #[error("the user name could not be determined from the certificate; enter it with --hint")]
    NoName,
    #[error("the device file {} was not written: {source}", path.display())]
    Output { path: PathBuf, source: std::io::Error },
    #[error("the report {} cannot be written: {source}", display_path(path))]
    Report { path: PathBuf, source: std::io::Error },
    #[error("the device file's tenant: {0}")]
    Tenant(#[from] cba_protocol::TenantError),
    #[error("this program reached a step that it does not know")]
    UnknownStep,
    #[error("no result after {} s, while waiting for {wait}. {}", limit.as_secs(), wait.remedy().1)]
    TimeLimit { limit: Duration, wait: Wait },
}

impl Failure {
    /// The JSON object that `--json` prints instead of a result. `error` has the same members as in `list-cards`.
    pub(crate) fn json(&self) -> Value {
        json!({"outcome": "failed", "exit": self.exit() as u8, "error": self.details()})
    }

    fn details(&self) -> card_list::Failure {
        let (code, who, help) = match self {
            Self::Card(problem) | Self::Interrupted(Interrupted::Card(problem)) => {
                return details_of_card(problem);
            }
            Self::Domain(failure) => failure.details(),
            Self::Authority(_) => (
                "usage/authority",
                "user",
                "Set --authority to an origin (scheme, host and port), or remove it to use the public cloud.",
            ),
            Self::CacheKey(_) => ("usage/cache-key", "user", "Set --ad-sid to the account's SID."),
            Self::Certificate(_) => (
                "card/malformed",
                "issuer",
                "Ask the issuer to check the content of the card.",
            ),
            Self::Device(_) | Self::Tenant(_) => (
                "usage/device-file",
                "administrator",
                "Set --device to the file of a joined device. For tests, local-authority --init DIR writes one.",
            ),
            Self::DeviceCertificate(_) => (
                "usage/device-certificate",
                "administrator",
                "Join the device again. A device registration does not issue such a certificate.",
            ),
            Self::Http(error) | Self::Interrupted(Interrupted::Network(error)) => details_of_http(error),
            Self::Interrupted(Interrupted::Cancelled) => {
                ("usage/broken-off", "user", "Start the sign-in again.")
            }
            Self::Interrupted(
                Interrupted::DeviceKey(_) | Interrupted::NewKeys(_) | Interrupted::SessionKey(_),
            ) => (
                "device/key-refused",
                "administrator",
                "Check that the keys in the device file are the keys that the device was joined with.",
            ),
            Self::Interrupted(Interrupted::Protocol(error)) => {
                (error.code(), error.responsible().code(), error.hint())
            }
            Self::Keys(_) => (
                "device/token",
                "administrator",
                "Check the module, the token's label and the PIN file of the URI in --keys.",
            ),
            Self::KeysUri(_) => (
                "usage/keys",
                "user",
                "Set --keys to file, or to a URI such as pkcs11:token=LABEL?module-path=/usr/lib/x86_64-linux-gnu/libtpm2_pkcs11.so.1.",
            ),
            Self::NoName => ("usage/no-name", "user", "Enter the user name with --hint."),
            Self::Output { .. } => (
                "usage/output",
                "user",
                "Choose a file that does not exist yet, in a folder that exists and has room.",
            ),
            Self::Report { .. } => (
                "usage/report",
                "user",
                "Name a file in a folder that exists and that you may write to.",
            ),
            Self::CacheIsInput { .. } => (
                "usage/cache",
                "administrator",
                "Name another file with --cache. It is created if it does not exist.",
            ),
            Self::KeyCannotSign => (
                "card/unsupported",
                "issuer",
                "Issue a certificate with an RSA key of at least 2048 bits to the card.",
            ),
            Self::UnknownStep => (
                "protocol/unknown-step",
                "developer",
                "Report this as a fault of this program, with its version.",
            ),
            Self::TimeLimit { wait, .. } => {
                let (who, help) = wait.remedy();
                (wait.code(), who, help)
            }
            Self::Randomness(_) => (
                "system/no-randomness",
                "administrator",
                "Find out why the operating system returns no random numbers.",
            ),
        };
        let message = self.to_string();
        card_list::Failure {
            code,
            message,
            help,
            who,
        }
    }

    /// The exit code of `sign-in`.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Authority(_)
            | Self::CacheIsInput { .. }
            | Self::CacheKey(_)
            | Self::Device(_)
            | Self::DeviceCertificate(_)
            | Self::Keys(_)
            | Self::KeysUri(_)
            | Self::Output { .. }
            | Self::Report { .. }
            | Self::Tenant(_) => Exit::Usage,
            Self::Card(problem) | Self::Interrupted(Interrupted::Card(problem)) => exit_of_card(problem),
            Self::Domain(failure) => failure.exit(),
            Self::Certificate(_) => Exit::NoCard,
            Self::Http(error) | Self::Interrupted(Interrupted::Network(error)) => match error {
                HttpError::Exchange { .. } => Exit::Network,
                HttpError::CaFile { .. }
                | HttpError::NoCaCertificate { .. }
                | HttpError::NoSystemCertificates { .. } => Exit::Usage,
            },
            Self::NoName | Self::Interrupted(Interrupted::Cancelled) => Exit::NotGranted,
            Self::Interrupted(
                Interrupted::DeviceKey(_) | Interrupted::NewKeys(_) | Interrupted::SessionKey(_),
            )
            | Self::UnknownStep => Exit::ProtocolChanged,
            Self::Interrupted(Interrupted::Protocol(error)) => exit_of_protocol(error),
            Self::KeyCannotSign | Self::Randomness(_) => Exit::CardFailure,
            Self::TimeLimit { .. } => Exit::TimeLimit,
        }
    }
}

impl From<DomainFailure> for Failure {
    fn from(failure: DomainFailure) -> Self {
        match failure {
            DomainFailure::Card(problem) => Self::Card(problem),
            other => Self::Domain(other),
        }
    }
}

fn details_of_card(problem: &CardProblem) -> card_list::Failure {
    let (code, help) = match problem {
        CardProblem::Card(error) => return card_list::Failure::from(error),
        CardProblem::FinalTry => (
            "card/final-try-refused",
            "If you are sure of the PIN, add --last-try.",
        ),
        CardProblem::TriesUnknown => (
            "card/tries-unknown",
            "If you are sure of the PIN, add --last-try.",
        ),
        CardProblem::EmptySlot { .. } => (
            "card/no-credential",
            "Choose another slot with --slot, or ask the issuer for a certificate on the card.",
        ),
        CardProblem::NoPin(_) => (
            "card/no-pin",
            "Type the PIN in a terminal, or send it to standard input with --pin-stdin.",
        ),
        CardProblem::NoPinPad => ("usage/no-pin-pad", "Remove --pin-pad."),
        CardProblem::NotFound { .. } => (
            "card/no-card",
            "Insert the card, or choose another one with --reader or --token.",
        ),
        CardProblem::NoSuchObject { .. } => (
            "usage/slot",
            "Set --slot to id:HEX with the CKA_ID of the PKCS#11 object.",
        ),
        CardProblem::Several { .. } => ("usage/several-cards", "Choose a card with --reader or --token."),
        CardProblem::NoSuchCertificate { .. } => (
            "card/no-credential",
            "Choose one of these certificates with --certificate.",
        ),
        CardProblem::SeveralCertificates { .. } => (
            "usage/several-certificates",
            "Choose a certificate with --certificate.",
        ),
        CardProblem::Unreadable { error, .. } => {
            let message = problem.to_string();
            return card_list::Failure {
                message,
                ..card_list::Failure::from(error)
            };
        }
    };
    card_list::Failure {
        code,
        message: problem.to_string(),
        help,
        who: "user",
    }
}

fn exit_of_card(problem: &CardProblem) -> Exit {
    use ErrorKind::{
        FinalTryRefused, LoginRequired, ModuleMissing, NoCard, NoCredential, NoReader, NoService,
        NotLoggedIn, PinBlocked, PinChangeRequired, PinFormat, PinRefused, PinRequired, TriesUnknown,
        WrongPin,
    };
    match problem {
        CardProblem::Card(error) | CardProblem::Unreadable { error, .. } => match error.kind() {
            FinalTryRefused
            | NotLoggedIn
            | PinBlocked
            | PinChangeRequired
            | PinFormat { .. }
            | PinRefused { .. }
            | PinRequired
            | TriesUnknown
            | WrongPin { .. } => Exit::Pin,
            ModuleMissing => Exit::Usage,
            LoginRequired | NoCard | NoCredential | NoReader | NoService => Exit::NoCard,
            _ => Exit::CardFailure,
        },
        CardProblem::EmptySlot { .. }
        | CardProblem::NoSuchCertificate { .. }
        | CardProblem::NotFound { .. } => Exit::NoCard,
        CardProblem::FinalTry | CardProblem::NoPin(_) | CardProblem::NoPinPad | CardProblem::TriesUnknown => {
            Exit::Pin
        }
        CardProblem::NoSuchObject { .. }
        | CardProblem::Several { .. }
        | CardProblem::SeveralCertificates { .. } => Exit::Usage,
    }
}

fn details_of_http(error: &HttpError) -> (&'static str, &'static str, &'static str) {
    match error {
        HttpError::CaFile { .. }
        | HttpError::NoCaCertificate { .. }
        | HttpError::NoSystemCertificates { .. } => (
            "usage/ca-file",
            "user",
            "Set --ca to a PEM file with the issuer of the authority's TLS certificate.",
        ),
        HttpError::Exchange { .. } => (
            "network/no-answer",
            "user",
            "Check that this machine can reach the authority, and that the issuer of its TLS certificate is trusted (--ca).",
        ),
    }
}

fn exit_of_protocol(error: &cba_protocol::Error) -> Exit {
    match error {
        cba_protocol::Error::Unavailable { .. } => Exit::Network,
        _ => Exit::ProtocolChanged,
    }
}
