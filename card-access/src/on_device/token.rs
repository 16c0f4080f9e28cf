//! Token of a key file.

use super::store::Store;
use crate::{
    Credential, Error, ErrorKind, Listing, PinEntry, PinSource, PinStatus, Scheme, Token, TokenInfo,
};

pub(super) struct FileToken {
    store: Store,
    info: TokenInfo,
    /// Set if the provider was unlocked; otherwise read without a password.
    credentials: Option<Vec<Credential>>,
}

impl FileToken {
    pub(super) fn new(store: Store, info: TokenInfo, credentials: Option<Vec<Credential>>) -> Self {
        Self {
            store,
            info,
            credentials,
        }
    }
}

impl Token for FileToken {
    fn info(&self) -> &TokenInfo {
        &self.info
    }

    /// Certificates; [`PinRequired`](ErrorKind::PinRequired) if the file encrypts them and was neither
    /// [unlocked](super::FileProvider::unlock) nor read with its password.
    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.store.expect(&self.info.id)?;
        let found = match &self.credentials {
            Some(credentials) => credentials.clone(),
            None => self.store.credentials(&[]).map_err(without_password)?,
        };
        Ok(Listing {
            found,
            problems: Vec::new(),
        })
    }

    /// The same with the password of the file, which is not kept.
    fn credentials_after_login(&mut self, pin: PinEntry<'_>) -> Result<Listing<Credential>, Error> {
        if let (None, PinSource::Typed(password)) = (&self.credentials, pin.source()) {
            self.store.expect(&self.info.id)?;
            self.credentials = Some(self.store.credentials(password.as_bytes())?);
        }
        self.credentials()
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.store.expect(&self.info.id)?;
        self.store.pin_status()
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let at = |kind: ErrorKind| Error::from(kind).with_location(self.info.id.place());
        if !credential.algorithm().schemes().contains(&scheme) {
            return Err(at(ErrorKind::Unsupported {
                what: "this scheme with this key",
            }));
        }
        self.store.expect(&self.info.id)?;
        let pairs = match pin.map(|entry| entry.source()) {
            None => self.store.pairs(&[]).map_err(without_password)?,
            Some(PinSource::OnReader) => {
                return Err(at(ErrorKind::Unsupported {
                    what: "typing the PIN on this reader",
                }));
            }
            Some(PinSource::Typed(password)) => self.store.pairs(password.as_bytes())?,
        };
        let pair = pairs
            .iter()
            .find(|(held, _)| held.sha256() == credential.sha256());
        let (_, key) = pair.ok_or_else(|| at(ErrorKind::NoCredential))?;
        key.sign(scheme, message).ok_or_else(|| at(ErrorKind::CardFailed))
    }
}

/// Without a password, "wrong password" means that one is required.
fn without_password(error: Error) -> Error {
    match (error.kind(), error.location()) {
        (ErrorKind::WrongPin { .. }, Some(place)) => Error::from(ErrorKind::PinRequired).with_location(place),
        (ErrorKind::WrongPin { .. }, None) => ErrorKind::PinRequired.into(),
        _ => error,
    }
}
