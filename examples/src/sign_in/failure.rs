//! Why a sign-in has no result, and the exit code for it.

use card_access::ErrorKind;
use upn_resolver::{CacheKeyError, CertificateError};

use super::card::CardProblem;
use super::drive::Interrupted;
use super::exit::Exit;
use crate::device::DeviceError;
use crate::http_client::HttpError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Authority(#[from] cba_protocol::CloudError),
    #[error("the cache's key: {0}")]
    CacheKey(#[from] CacheKeyError),
    #[error(transparent)]
    Card(#[from] CardProblem),
    #[error("the card's certificate cannot be read: {0}")]
    Certificate(CertificateError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the device certificate: {0}")]
    DeviceCertificate(#[from] cba_protocol::DeviceError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error(
        "the certificate's key signs with no algorithm that the protocol knows: it takes RSA from 2048 bits"
    )]
    KeyCannotSign,
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
    #[error("the device file's tenant: {0}")]
    Tenant(#[from] cba_protocol::TenantError),
}

impl Failure {
    /// The exit code of `sign-in`.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Authority(_)
            | Self::CacheKey(_)
            | Self::Device(_)
            | Self::DeviceCertificate(_)
            | Self::Tenant(_) => Exit::Usage,
            Self::Card(problem) | Self::Interrupted(Interrupted::Card(problem)) => exit_of_card(problem),
            Self::Certificate(_) => Exit::NoCard,
            Self::Http(error) | Self::Interrupted(Interrupted::Network(error)) => match error {
                HttpError::Exchange { .. } => Exit::Network,
                HttpError::CaFile { .. } | HttpError::NoCaCertificate { .. } => Exit::Usage,
            },
            Self::Interrupted(Interrupted::BrokenOff) => Exit::NotGranted,
            Self::Interrupted(Interrupted::DeviceKey(_) | Interrupted::SessionKey(_)) => {
                Exit::ProtocolChanged
            }
            Self::Interrupted(Interrupted::Protocol(error)) => exit_of_protocol(error),
            Self::KeyCannotSign | Self::Randomness(_) => Exit::CardFailure,
        }
    }
}

fn exit_of_card(problem: &CardProblem) -> Exit {
    use ErrorKind::{
        FinalTryRefused, ModuleMissing, NoCard, NoCredential, NoReader, NoService, PinBlocked, PinFormat,
        PinRequired, WrongPin,
    };
    match problem {
        CardProblem::Card(error) => match error.kind() {
            FinalTryRefused | PinBlocked | PinFormat { .. } | PinRequired | WrongPin { .. } => Exit::Pin,
            ModuleMissing => Exit::Usage,
            NoCard | NoCredential | NoReader | NoService => Exit::NoCard,
            _ => Exit::CardFailure,
        },
        CardProblem::EmptySlot { .. } | CardProblem::NotFound { .. } => Exit::NoCard,
        CardProblem::FinalTry | CardProblem::NoPin(_) | CardProblem::NoPinPad => Exit::Pin,
        CardProblem::NoSuchObject { .. }
        | CardProblem::Several { .. }
        | CardProblem::SeveralCertificates { .. } => Exit::Usage,
    }
}

fn exit_of_protocol(error: &cba_protocol::Error) -> Exit {
    match error {
        cba_protocol::Error::Unavailable { .. } => Exit::Network,
        _ => Exit::ProtocolChanged,
    }
}
