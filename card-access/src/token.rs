//! A thing that holds keys.

use crate::{
    Credential, Error, ErrorKind, KeyPolicy, Listing, Pin, PinEntry, PinStatus, Scheme, Slot, TokenInfo,
};

/// A thing that holds keys: a card, a security key, a PKCS#11 token, a key file.
///
/// No other program is locked out between two calls: each call is one transaction, and no call leaves the PIN
/// verified for others to use.
///
/// ```
/// # #[cfg(feature = "soft")] {
/// use card_access::{ErrorKind, KeyPolicy, Pin, PinEntry, PinStatus, Provider};
/// # use card_access::{PivSlot, soft::{SoftCard, SoftProvider}};
///
/// # let issued = rcgen::generate_simple_self_signed(["alice".to_owned()])?;
/// # let (certificate, key) = (issued.cert.der().clone(), issued.signing_key.serialize_der());
/// # let mut cards = SoftProvider::new();
/// let pin = Pin::new("123456".to_owned());
/// # cards.insert(SoftCard::new("card", pin.clone()).with_key(PivSlot::Authentication, certificate, &key)?);
/// # let id = cards.tokens()?.found.remove(0).id;
/// let mut token = cards.open(&id)?;
/// let credential = token.credential(&"9a".parse()?)?;
/// assert_eq!(token.credential_with_hash(credential.sha256())?, credential);
/// assert_eq!(token.schemes(&credential)?, credential.algorithm().schemes());
/// assert_eq!(token.policy(&credential)?, KeyPolicy::default(), "this one does not tell");
/// assert!(token.retired_credentials()?.found.is_empty());
///
/// let new = Pin::new("654321".to_owned());
/// token.change_pin(PinEntry::typed(&pin), &new)?;
/// let old = token.change_pin(PinEntry::typed(&pin), &new).unwrap_err();
/// assert_eq!(old.kind(), &ErrorKind::WrongPin { tries_left: Some(2) });
/// assert_eq!(token.pin_status()?, PinStatus::TriesLeft(2));
/// let puk = Pin::new("12345678".to_owned());
/// let without_puk = token.unblock_pin(PinEntry::typed(&puk), &new).unwrap_err();
/// assert_eq!(without_puk.code(), "card/unsupported");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Token: Send {
    /// What the token is.
    fn info(&self) -> &TokenInfo;

    /// Every certificate that has its private key on the token.
    ///
    /// # Errors
    ///
    /// What concerns the token as a whole. A slot that can't be read is a [`Problem`](crate::Problem) of the listing.
    fn credentials(&mut self) -> Result<Listing<Credential>, Error>;

    /// Every certificate that has its private key on the token, including those that are visible only after a login
    /// (`CKA_PRIVATE` of PKCS#11).
    ///
    /// One try is made with the PIN, by the same rules as for [`sign`](Self::sign). The login lasts until the next
    /// signature, which then makes no further try, or until the token is dropped. Tokens that hide no certificate do not
    /// use the PIN: this is the default.
    ///
    /// # Errors
    ///
    /// As [`credentials`](Self::credentials), and as [`sign`](Self::sign) for the PIN.
    fn credentials_after_login(&mut self, pin: PinEntry<'_>) -> Result<Listing<Credential>, Error> {
        let _ = pin;
        self.credentials()
    }

    /// The certificate of one slot, read without looking at the others where that is possible.
    ///
    /// # Errors
    ///
    /// [`NoCredential`](ErrorKind::NoCredential) when the slot is empty, and
    /// [`SeveralCredentials`](ErrorKind::SeveralCredentials) when it is an identifier that several certificates have: see
    /// [`credential_with_hash`](Self::credential_with_hash).
    fn credential(&mut self, slot: &Slot) -> Result<Credential, Error> {
        let listing = self.credentials()?;
        let mut found = listing.found.into_iter().filter(|one| one.slot() == slot);
        match (found.next(), found.next()) {
            (Some(credential), None) => Ok(credential),
            (Some(_), Some(_)) => Err(ErrorKind::SeveralCredentials.into()),
            (None, _) => {
                let name = slot.to_string();
                let is_of_slot = |place: &str| place.split(' ').next() == Some(&name);
                let problem = listing
                    .problems
                    .into_iter()
                    .find(|problem| is_of_slot(&problem.place));
                Err(problem.map_or_else(|| ErrorKind::NoCredential.into(), |problem| problem.error))
            }
        }
    }

    /// The credential whose certificate has this SHA-256 hash, wherever on the token it is.
    ///
    /// # Errors
    ///
    /// [`NoCredential`](ErrorKind::NoCredential) when there is none.
    fn credential_with_hash(&mut self, sha256: &[u8; 32]) -> Result<Credential, Error> {
        let is_meant = |credential: &Credential| credential.sha256() == sha256;
        if let Some(credential) = self.credentials()?.found.into_iter().find(is_meant) {
            return Ok(credential);
        }
        let retired = self.retired_credentials()?.found.into_iter().find(is_meant);
        retired.ok_or_else(|| ErrorKind::NoCredential.into())
    }

    /// The schemes in which the token signs with the key of a credential, the most widely accepted first. Needs no PIN.
    ///
    /// It is a promise of the token, not a trial: a mechanism list may promise more than every key can do.
    ///
    /// # Errors
    ///
    /// What the token answers when it is asked. One that has to be asked nothing gives none.
    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        Ok(credential.algorithm().schemes().to_vec())
    }

    /// The certificates of keys that are out of use for all but old messages: on PIV cards the slots 82 to 95.
    ///
    /// # Errors
    ///
    /// As [`credentials`](Self::credentials).
    fn retired_credentials(&mut self) -> Result<Listing<Credential>, Error> {
        Ok(Listing::default())
    }

    /// When a key wants the PIN or a touch, as far as the token tells.
    ///
    /// # Errors
    ///
    /// What the token answers when it is asked. That it does not tell is [`Confidence::Unknown`](crate::Confidence::Unknown), not an error.
    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        let _ = credential;
        Ok(KeyPolicy::default())
    }

    /// How the PIN stands. Reads the counter and spends no try.
    ///
    /// # Errors
    ///
    /// What concerns the token as a whole, such as [`Removed`](ErrorKind::Removed).
    fn pin_status(&mut self) -> Result<PinStatus, Error>;

    /// Signs a message with the key of a credential: hashes and pads it as the scheme says.
    ///
    /// With a PIN, exactly one try is made, and none when it is the final one and the entry doesn't
    /// [allow it](PinEntry::allow_final_try). Without one, the key is used as it is, which suits keys that need none.
    ///
    /// # Errors
    ///
    /// [`WrongPin`](ErrorKind::WrongPin), [`PinBlocked`](ErrorKind::PinBlocked),
    /// [`FinalTryRefused`](ErrorKind::FinalTryRefused), [`PinRequired`](ErrorKind::PinRequired),
    /// [`Removed`](ErrorKind::Removed), [`Unsupported`](ErrorKind::Unsupported) for a scheme that the key has not,
    /// and whatever else the token answers.
    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error>;

    /// Changes the PIN. One try is made, under the same rule for the final one.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign) for the current PIN; [`PinFormat`](ErrorKind::PinFormat) for a new one that breaks the token's
    /// rules, and [`Unsupported`](ErrorKind::Unsupported) where the PIN can't be changed this way.
    fn change_pin(&mut self, current: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let _ = (current, new);
        Err(ErrorKind::Unsupported {
            what: "changing the PIN",
        }
        .into())
    }

    /// Sets a new PIN with the unblocking key (PUK), which has a counter of its own.
    ///
    /// # Errors
    ///
    /// As [`change_pin`](Self::change_pin), with the PUK in place of the current PIN.
    fn unblock_pin(&mut self, puk: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let _ = (puk, new);
        Err(ErrorKind::Unsupported {
            what: "unblocking the PIN",
        }
        .into())
    }

    /// What went over the wire since the token was opened, where it can be counted.
    fn traffic(&self) -> Option<Traffic> {
        None
    }
}

/// What went between host and card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Traffic {
    /// Command-response pairs (ISO/IEC 7816-3 section 12).
    pub apdus: u64,
    /// Bytes of all commands.
    pub sent: u64,
    /// Bytes of all responses, status words included.
    pub received: u64,
}

impl Traffic {
    /// A count, for implementations of [`Token`].
    #[must_use]
    pub fn new(apdus: u64, sent: u64, received: u64) -> Self {
        Self {
            apdus,
            sent,
            received,
        }
    }
}
