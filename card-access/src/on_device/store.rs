//! Key stores: one PKCS#12 file, or PEM files.

use std::path::{Path, PathBuf};

use super::budget::Budget;
use super::contents::{self, Pair};
use super::fault::Fault;
use super::file::{self, Readers};
use crate::slot::Hex;
use crate::{
    Backend, Confidence, Credential, Error, ErrorKind, Hash, Interface, PinStatus, Slot, TokenId, TokenInfo,
    TokenKind,
};

#[derive(Clone, Debug)]
pub(super) enum Store {
    Pem { certificate: PathBuf, key: PathBuf },
    Pkcs12(PathBuf),
}

impl Store {
    pub(super) fn place(&self) -> String {
        self.path().display().to_string()
    }

    /// Token of the store, as far as it is known without a password. The content's hash is the identity: other content is
    /// another token.
    pub(super) fn info(&self) -> Result<TokenInfo, Error> {
        let content = match self {
            Self::Pem { certificate, key } => {
                // A key that cannot or may not be used is reported at once, not when it is needed.
                file::read(key, Readers::OwnerOnly)?;
                file::read(certificate, Readers::Anybody)?
            }
            Self::Pkcs12(file) => file::read(file, Readers::OwnerOnly)?,
        };
        let hash = Hash::Sha256.digest(&content);
        let identity = Hex(&hash).to_string();
        let name = self
            .path()
            .file_name()
            .map_or_else(|| self.place(), |name| name.to_string_lossy().into_owned());
        let mut info = TokenInfo::new(TokenId::new(Backend::File, self.place(), identity), name);
        info.kind = Confidence::Reported(TokenKind::OnDevice);
        info.interface = Confidence::Reported(Interface::None);
        Ok(info)
    }

    /// Fails if the content is not the one that was listed.
    pub(super) fn expect(&self, id: &TokenId) -> Result<(), Error> {
        let same = id.identity().is_none() || self.info()?.id == *id;
        if same {
            Ok(())
        } else {
            Err(Error::from(ErrorKind::OtherCard).with_location(id.place()))
        }
    }

    /// Certificates whose keys are present.
    pub(super) fn credentials(&self, password: &[u8]) -> Result<Vec<Credential>, Error> {
        match self {
            // The certificate can be read without the key.
            Self::Pem { certificate, .. } => Ok(vec![self.pem_credential(certificate)?]),
            Self::Pkcs12(_) => Ok(self
                .pairs(password)?
                .into_iter()
                .map(|(credential, _)| credential)
                .collect()),
        }
    }

    /// Certificates and their keys. Keys are wiped on drop.
    pub(super) fn pairs(&self, password: &[u8]) -> Result<Vec<Pair>, Error> {
        let mut budget = Budget::new();
        match self {
            Self::Pem { certificate, key } => {
                let credential = self.pem_credential(certificate)?;
                let text = file::read(key, Readers::OwnerOnly)?;
                let key = contents::pem_key(&text, password, &credential, &mut budget)
                    .map_err(|fault| self.error(fault))?;
                Ok(vec![(credential, key)])
            }
            Self::Pkcs12(file) => {
                let content = file::read(file, Readers::OwnerOnly)?;
                contents::pkcs12_pairs(&content, password, &self.name(), &mut budget)
                    .map_err(|fault| self.error(fault))
            }
        }
    }

    /// Whether a password is required, as far as the files show.
    pub(super) fn pin_status(&self) -> Result<PinStatus, Error> {
        let encrypted = match self {
            Self::Pem { key, .. } => {
                let text = file::read(key, Readers::OwnerOnly)?;
                contents::pem_is_encrypted(&text).map_err(|fault| self.error(fault))?
            }
            Self::Pkcs12(_) => match self.pairs(&[]) {
                Ok(_) => false,
                Err(error) if matches!(error.kind(), ErrorKind::WrongPin { .. }) => true,
                Err(error) => return Err(error),
            },
        };
        Ok(if encrypted {
            PinStatus::Unlimited
        } else {
            PinStatus::NotNeeded
        })
    }

    fn pem_credential(&self, certificate: &Path) -> Result<Credential, Error> {
        let text = file::read(certificate, Readers::Anybody)?;
        let certificate = contents::pem_certificate(&text)
            .map_err(|fault| self.error(fault))?
            .ok_or_else(|| Error::from(ErrorKind::NoCredential).with_location(self.place()))?;
        Credential::new(Slot::Object(vec![1]), self.name(), certificate)
            .map_err(|error| error.with_location(self.place()))
    }

    fn error(&self, fault: Fault) -> Error {
        let kind = match fault {
            Fault::Malformed(what) => ErrorKind::Malformed { what },
            Fault::NoKey => ErrorKind::NoCredential,
            Fault::Unsupported(what) => ErrorKind::Unsupported { what },
            Fault::WrongPassword => ErrorKind::WrongPin { tries_left: None },
        };
        Error::from(kind).with_location(self.place())
    }

    fn name(&self) -> String {
        self.path()
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    fn path(&self) -> &Path {
        match self {
            Self::Pem { certificate, .. } => certificate,
            Self::Pkcs12(file) => file,
        }
    }
}
