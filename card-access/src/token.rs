//! Tokens.

use std::time::Duration;

use crate::{
    Credential, Error, ErrorKind, KeyPolicy, Listing, Pin, PinEntry, PinStatus, Scheme, Slot, TokenInfo,
};

/// Maximum time for which [`Token::prepare`] keeps a transaction open. Windows resets a card whose transaction was idle for
/// five seconds ([`SCardBeginTransaction`](https://learn.microsoft.com/en-us/windows/win32/api/winscard/nf-winscard-scardbegintransaction)).
pub const MAX_HOLD: Duration = Duration::from_secs(if cfg!(windows) { 4 } else { 60 });

/// A token that holds keys: a card, a security key, a PKCS#11 token, a key file.
///
/// Each call is one transaction: between two calls other programs can use the card. The exception is [`prepare`](Self::prepare), which
/// keeps the transaction open for a limited time. No transaction leaves the PIN verified; a card over PC/SC may still log out when
/// [`sign`](Self::sign) has returned the signature, and no other program reaches it before that.
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
    /// Properties of the token.
    fn info(&self) -> &TokenInfo;

    /// Certificates whose private key is on the token.
    ///
    /// # Errors
    ///
    /// Fails for what concerns the token as a whole. A slot that cannot be read is a [`Problem`](crate::Problem) of the
    /// listing.
    fn credentials(&mut self) -> Result<Listing<Credential>, Error>;

    /// Certificates whose private key is on the token, including those that are visible only after a login (`CKA_PRIVATE` of
    /// PKCS#11).
    ///
    /// One try is made with the PIN, by the same rules as for [`sign`](Self::sign). The login lasts until the next
    /// signature, which then makes no further try, or until the token is dropped. Tokens that hide no certificate do not
    /// use the PIN: this is the default.
    ///
    /// # Errors
    ///
    /// Errors of [`credentials`](Self::credentials), and those of [`sign`](Self::sign) that concern the PIN.
    fn credentials_after_login(&mut self, pin: PinEntry<'_>) -> Result<Listing<Credential>, Error> {
        let _ = pin;
        self.credentials()
    }

    /// Credential of one slot. The other slots are not read if that can be avoided.
    ///
    /// # Errors
    ///
    /// [`NoCredential`](ErrorKind::NoCredential) if the slot is empty, and
    /// [`SeveralCredentials`](ErrorKind::SeveralCredentials) if several certificates have the same identifier: see
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

    /// Credential whose certificate has this SHA-256 hash, in any slot.
    ///
    /// # Errors
    ///
    /// [`NoCredential`](ErrorKind::NoCredential) if there is none.
    fn credential_with_hash(&mut self, sha256: &[u8; 32]) -> Result<Credential, Error> {
        let is_meant = |credential: &Credential| credential.sha256() == sha256;
        if let Some(credential) = self.credentials()?.found.into_iter().find(is_meant) {
            return Ok(credential);
        }
        let retired = self.retired_credentials()?.found.into_iter().find(is_meant);
        retired.ok_or_else(|| ErrorKind::NoCredential.into())
    }

    /// Signature schemes that the token offers for the key of a credential, the most widely accepted first. Requires no PIN.
    ///
    /// The token may offer more than the key supports: a PKCS#11 mechanism list covers all keys.
    ///
    /// # Errors
    ///
    /// Fails if the token has to be asked, and reports an error.
    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        Ok(credential.algorithm().schemes().to_vec())
    }

    /// Certificates of retired keys, which are kept for old messages: on PIV cards the slots 82 to 95.
    ///
    /// # Errors
    ///
    /// Errors of [`credentials`](Self::credentials).
    fn retired_credentials(&mut self) -> Result<Listing<Credential>, Error> {
        Ok(Listing::default())
    }

    /// PIN and touch policy of a key, as far as the token reports it.
    ///
    /// # Errors
    ///
    /// Fails if the token reports an error. A policy that is not reported is
    /// [`Confidence::Unknown`](crate::Confidence::Unknown).
    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        let _ = credential;
        Ok(KeyPolicy::default())
    }

    /// State of the token's PIN. Reads the counter and spends no try.
    ///
    /// # Errors
    ///
    /// Fails for what concerns the token as a whole, such as [`Removed`](ErrorKind::Removed).
    fn pin_status(&mut self) -> Result<PinStatus, Error>;

    /// Signs a message with the key of a credential. The message is hashed and padded according to the scheme.
    ///
    /// With a PIN, exactly one try is made, or none if it is the final one and the entry does not [allow
    /// it](PinEntry::allow_final_try). Without a PIN, the key is used without a login, for keys that need none.
    ///
    /// # Errors
    ///
    /// [`WrongPin`](ErrorKind::WrongPin), [`PinBlocked`](ErrorKind::PinBlocked),
    /// [`FinalTryRefused`](ErrorKind::FinalTryRefused), [`PinRequired`](ErrorKind::PinRequired),
    /// [`Removed`](ErrorKind::Removed), [`Unsupported`](ErrorKind::Unsupported) if the key does not support the scheme, and
    /// other errors that the token reports.
    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error>;

    /// Changes the PIN. One try is made, with the same rule for the final one.
    ///
    /// # Errors
    ///
    /// Errors of [`sign`](Self::sign) for the current PIN, [`PinFormat`](ErrorKind::PinFormat) if the new one breaks the
    /// token's rules, and [`Unsupported`](ErrorKind::Unsupported) if the PIN cannot be changed this way.
    fn change_pin(&mut self, current: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let _ = (current, new);
        Err(ErrorKind::Unsupported {
            what: "changing the PIN",
        }
        .into())
    }

    /// Sets a new PIN with the PUK (the unblocking key), which has its own counter.
    ///
    /// # Errors
    ///
    /// Errors of [`change_pin`](Self::change_pin), with the PUK in place of the current PIN.
    fn unblock_pin(&mut self, puk: PinEntry<'_>, new: &Pin) -> Result<(), Error> {
        let _ = (puk, new);
        Err(ErrorKind::Unsupported {
            what: "unblocking the PIN",
        }
        .into())
    }

    /// Prepares a signature with the key of a credential, while the user types the PIN, and returns the state of the PIN.
    ///
    /// Everything that needs no PIN is done now, and the transaction stays open for at most `hold`. A [`sign`](Self::sign) with the
    /// same credential then only has to check the PIN and to sign. Other programs wait for the card meanwhile: keep the time short,
    /// and drop the token if the user leaves. Any other call ends the preparation, and a signature after that time starts again.
    ///
    /// Backends that cannot hold a transaction only read the state of the PIN: this is the default. Cards over PC/SC hold it, for
    /// at most [`MAX_HOLD`].
    ///
    /// # Errors
    ///
    /// Errors of [`pin_status`](Self::pin_status), and [`OtherCard`](ErrorKind::OtherCard) if another card was inserted.
    fn prepare(&mut self, credential: &Credential, hold: Duration) -> Result<PinStatus, Error> {
        let _ = (credential, hold);
        self.pin_status()
    }

    /// Reads the credential of a slot and prepares a signature with it, as [`prepare`](Self::prepare) does.
    ///
    /// Over PC/SC both happen in one transaction, which takes the fewest commands: a card that is one of the
    /// `piv::KnownCards` is not asked which PIN it requires. The default calls [`credential`](Self::credential)
    /// and [`prepare`](Self::prepare).
    ///
    /// ```no_run
    /// use card_access::{Error, MAX_HOLD, PivSlot, Slot, Token};
    ///
    /// fn begin(token: &mut dyn Token) -> Result<(), Error> {
    ///     let slot = Slot::Piv(PivSlot::Authentication);
    ///     let (credential, status) = token.prepare_slot(&slot, MAX_HOLD)?;
    ///     println!("PIN for {}: {status}", credential.label());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Errors of [`credential`](Self::credential) and [`prepare`](Self::prepare).
    fn prepare_slot(&mut self, slot: &Slot, hold: Duration) -> Result<(Credential, PinStatus), Error> {
        let credential = self.credential(slot)?;
        let status = self.prepare(&credential, hold)?;
        Ok((credential, status))
    }

    /// Traffic since the token was opened, if it can be counted.
    fn traffic(&self) -> Option<Traffic> {
        None
    }
}

/// Traffic between host and card.
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
    /// Adds one command and its response.
    #[cfg(feature = "piv")]
    pub(crate) fn count(&mut self, sent: usize, received: usize) {
        self.apdus += 1;
        self.sent += u64::try_from(sent).unwrap_or(u64::MAX);
        self.received += u64::try_from(received).unwrap_or(u64::MAX);
    }

    /// Creates a count, for implementations of [`Token`].
    #[must_use]
    pub fn new(apdus: u64, sent: u64, received: u64) -> Self {
        Self {
            apdus,
            sent,
            received,
        }
    }
}
