//! Token in a slot: certificates, signatures, PIN.

use std::sync::Arc;

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::Session;
use cryptoki::slot::Slot;

use super::certificates::{self, Keys};
use super::keys::{self, Key};
use super::library::{Gate, Library, lock};
use super::login::OpenSession;
use super::{fault, mechanism, slots, slots::Seen, text};
use crate::{
    Confidence, Credential, Error, ErrorKind, KeyPolicy, Listing, PinEntry, PinPolicy, PinStatus, Scheme,
    Token, TokenInfo,
};

/// Token of a module.
///
/// No session is kept between calls: after a removal, old sessions never recover, and an open one would keep a login alive. The
/// one exception is the login that revealed hidden certificates, which the signature after it uses.
pub(super) struct Pkcs11Token {
    library: Arc<Library>,
    slot: Slot,
    info: TokenInfo,
    logged_in: Option<OpenSession>,
}

impl Pkcs11Token {
    pub(super) fn new(seen: &Seen) -> Self {
        Self {
            library: Arc::clone(&seen.library),
            slot: seen.slot,
            info: seen.info(),
            logged_in: None,
        }
    }

    pub(super) fn gate(&self) -> Gate {
        self.library.gate(self.slot)
    }

    /// Runs an operation, after making sure that the token is the one that was opened.
    fn with_session<T>(
        &mut self,
        act: impl FnOnce(&mut OpenSession, &Seen) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let gate = self.gate();
        let _held = lock(&gate);
        let mut session = self.open_session()?;
        // Checked while the session is open, which ends when the token is removed: so no other token can take its place
        // unnoticed.
        let seen = self.look()?;
        act(&mut session, &seen)
    }

    /// Runs an operation in the kept session, if there is one, and keeps it.
    fn in_kept_session<T>(
        &mut self,
        act: impl FnOnce(&mut OpenSession, &Seen) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(mut kept) = self.logged_in.take() else {
            return self.with_session(act);
        };
        let gate = self.gate();
        let _held = lock(&gate);
        let seen = self.look()?;
        let result = act(&mut kept, &seen);
        self.logged_in = Some(kept);
        result
    }

    pub(super) fn open_session(&self) -> Result<OpenSession, Error> {
        let session = self.library.pkcs11.open_ro_session(self.slot);
        session.map(OpenSession::new).map_err(|error| self.fault(error))
    }

    #[cfg(any(unix, windows))]
    pub(super) fn open_writable_session(&self) -> Result<OpenSession, Error> {
        let session = self.library.pkcs11.open_rw_session(self.slot);
        session.map(OpenSession::new).map_err(|error| self.fault(error))
    }

    /// Ends the use of the module by this process.
    #[cfg(any(unix, windows))]
    pub(super) fn finalize_module(&self) -> Result<(), Error> {
        let finalized = self.library.pkcs11.clone().finalize();
        finalized.map_err(|error| self.fault(error))
    }

    pub(super) fn mechanisms(&self) -> Result<Vec<MechanismType>, Error> {
        let offered = self.library.pkcs11.get_mechanism_list(self.slot);
        offered.map_err(|error| self.fault(error))
    }

    pub(super) fn look(&self) -> Result<Seen, Error> {
        let seen = slots::look(&self.library, self.slot).map_err(|error| self.fault(error))?;
        if seen.id() == self.info.id {
            Ok(seen)
        } else {
            Err(Error::from(ErrorKind::OtherCard).with_location(self.info.id.place()))
        }
    }

    pub(super) fn fault(&self, error: ModuleError) -> Error {
        fault::at(self.info.id.place())(error)
    }

    fn failed(&self, error: ModuleError) -> Failed {
        let of_mechanism = fault::is_of_mechanism(&error);
        let error = self.fault(error);
        if of_mechanism {
            Failed::ThisMechanism(error)
        } else {
            Failed::ForGood(error)
        }
    }

    pub(super) fn located(&self, kind: ErrorKind) -> Error {
        Error::from(kind).with_location(self.info.id.place())
    }

    /// Signs, with a login if there is a PIN and the token requires one.
    fn sign_with_pin(
        &self,
        open: &mut OpenSession,
        seen: &Seen,
        credential: &Credential,
        candidates: &[mechanism::Candidate],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        if let (true, false, Some(entry)) = (seen.data.login_required, open.is_logged_in(), pin) {
            open.login(seen, entry)?;
        }
        let mut result = self.sign_in_session(open, seen, credential, candidates, pin);
        // A key that cannot be found or used without a login is most likely behind the PIN, regardless of the token's flags.
        if !open.is_logged_in() && result.as_ref().is_err_and(|error| is_behind_pin(error.kind())) {
            match pin {
                Some(entry) => {
                    open.login(seen, entry)?;
                    result = self.sign_in_session(open, seen, credential, candidates, pin);
                }
                None if seen.data.requires_pin() => return Err(self.located(ErrorKind::PinRequired)),
                None => {}
            }
        }
        result.map_err(|error| match error.kind() {
            ErrorKind::CardFailed | ErrorKind::PinRequired
                if open.is_logged_in() && seen.data.pin_must_be_changed() =>
            {
                error.with_kind(ErrorKind::PinChangeRequired)
            }
            ErrorKind::PinRequired if open.is_logged_in() => error.with_kind(ErrorKind::NotLoggedIn),
            _ => error,
        })
    }

    /// Signs with the first mechanism that the token accepts for this key.
    fn sign_in_session(
        &self,
        open: &OpenSession,
        seen: &Seen,
        credential: &Credential,
        candidates: &[mechanism::Candidate],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let key = keys::private_key(open.session()?, credential).map_err(|error| self.fault(error))??;
        self.sign_with_key(open, seen, &key, candidates, pin)
    }

    /// The same with a key that is found.
    pub(super) fn sign_with_key(
        &self,
        open: &OpenSession,
        seen: &Seen,
        key: &Key,
        candidates: &[mechanism::Candidate],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let mut refused: Option<Error> = None;
        for candidate in candidates {
            let signature = if key.always_authenticate {
                let entry = pin.ok_or_else(|| Error::from(ErrorKind::PinRequired))?;
                self.sign_with_another_login(open, seen, key, candidate, entry)
            } else {
                self.sign_once(open.session()?, key, candidate, refused.is_some())
                    .map_err(|error| self.failed(error))
            };
            match signature {
                Ok(signature) => return Ok(signature),
                Err(Failed::ForGood(error)) => return Err(error),
                // Mechanism lists contain more than every key supports. Trying the next one costs no PIN try. A real failure is
                // reported in preference to an unsupported mechanism.
                Err(Failed::ThisMechanism(error)) => match &refused {
                    Some(first) if !matches!(first.kind(), ErrorKind::Unsupported { .. }) => {}
                    _ => refused = Some(error),
                },
            }
        }
        Err(refused.unwrap_or_else(|| {
            ErrorKind::Unsupported {
                what: text::SCHEME_WITH_TOKEN,
            }
            .into()
        }))
    }

    /// Signature in one part. After a failure it is retried in a new session, because modules leave the failed operation
    /// active; the login applies to both.
    fn sign_once(
        &self,
        session: &Session,
        key: &Key,
        candidate: &mechanism::Candidate,
        after_failure: bool,
    ) -> Result<Vec<u8>, ModuleError> {
        let fresh = if after_failure {
            self.library.pkcs11.open_ro_session(self.slot).ok()
        } else {
            None
        };
        fresh
            .as_ref()
            .unwrap_or(session)
            .sign(&candidate.mechanism, key.handle, &candidate.input)
    }

    /// Signature of a key with `CKA_ALWAYS_AUTHENTICATE`: its login must come between `C_SignInit` and the data (PKCS #11 v3.1
    /// section 5.6.8).
    ///
    /// cryptoki has no `C_Sign` without its own `C_SignInit`, so the data is passed to `C_SignUpdate`. Card modules accept that
    /// for every mechanism; a strictly conforming module accepts it for those that hash.
    fn sign_with_another_login(
        &self,
        open: &OpenSession,
        seen: &Seen,
        key: &Key,
        candidate: &mechanism::Candidate,
        entry: PinEntry<'_>,
    ) -> Result<Vec<u8>, Failed> {
        let session = open.session().map_err(Failed::ForGood)?;
        session
            .sign_init(&candidate.mechanism, key.handle)
            .map_err(|error| self.failed(error))?;
        // From here on the PIN was sent: it is not sent again, regardless of the module's answer.
        open.login_for_this_key(seen, entry).map_err(Failed::ForGood)?;
        self.finish_with_update(session, candidate)
            .map_err(Failed::ForGood)
    }

    fn finish_with_update(
        &self,
        session: &Session,
        candidate: &mechanism::Candidate,
    ) -> Result<Vec<u8>, Error> {
        session.sign_update(&candidate.input).map_err(|error| {
            let single_part = fault::is(&error, RvError::OperationNotInitialized);
            let error = self.fault(error);
            if single_part {
                error.with_kind(ErrorKind::Unsupported {
                    what: text::PIN_EACH_TIME,
                })
            } else {
                error
            }
        })?;
        session.sign_final().map_err(|error| self.fault(error))
    }
}

/// Reason why a signature failed.
enum Failed {
    ForGood(Error),
    /// Another mechanism may work.
    ThisMechanism(Error),
}

fn is_behind_pin(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::NoCredential | ErrorKind::PinRequired)
}

/// Credentials that a session shows, and whether there may be others behind the PIN.
fn list(open: &OpenSession, seen: &Seen, place: &str) -> Result<Listing<Credential>, Error> {
    let shown = match (open.is_logged_in(), seen.data.login_required) {
        (false, true) => Keys::WithoutPin,
        (false, false) if seen.data.requires_pin() => Keys::AllIfAny,
        _ => Keys::All,
    };
    let mut listing = certificates::credentials(open.session()?, shown).map_err(fault::at(place))?;
    if listing.found.is_empty() && shown == Keys::WithoutPin {
        listing.record(
            place,
            Err(Error::from(ErrorKind::LoginRequired).with_location(place)),
        );
    }
    Ok(listing)
}

impl Token for Pkcs11Token {
    fn info(&self) -> &TokenInfo {
        &self.info
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        let place = self.info.id.place().to_owned();
        self.in_kept_session(|open, seen| list(open, seen, &place))
    }

    fn credentials_after_login(&mut self, pin: PinEntry<'_>) -> Result<Listing<Credential>, Error> {
        if self.logged_in.is_some() {
            return self.credentials();
        }
        let gate = self.gate();
        let _held = lock(&gate);
        let mut open = self.open_session()?;
        let seen = self.look()?;
        if !open.is_logged_in() {
            open.login(&seen, pin)?;
        }
        let listing = list(&open, &seen, self.info.id.place())?;
        self.logged_in = Some(open);
        Ok(listing)
    }

    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        let key = credential.algorithm();
        let (library, slot, place) = (
            Arc::clone(&self.library),
            self.slot,
            self.info.id.place().to_owned(),
        );
        self.in_kept_session(|_, _| {
            let offered = library
                .pkcs11
                .get_mechanism_list(slot)
                .map_err(fault::at(&place))?;
            let possible = |scheme: &Scheme| mechanism::candidates(&offered, key, *scheme, b"").is_ok();
            Ok(key.schemes().iter().copied().filter(possible).collect())
        })
    }

    /// A key behind the PIN is unknown until a login.
    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        let place = self.info.id.place().to_owned();
        self.in_kept_session(|open, seen| {
            let key = keys::private_key(open.session()?, credential).map_err(fault::at(&place))?;
            let pin = match key {
                Ok(key) if key.always_authenticate => Confidence::Reported(PinPolicy::EveryUse),
                _ if !seen.data.login_required => Confidence::Reported(PinPolicy::Never),
                Ok(_) => Confidence::Reported(PinPolicy::Once),
                Err(_) => Confidence::Unknown,
            };
            Ok(KeyPolicy::new(pin, Confidence::Unknown))
        })
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        let gate = self.gate();
        let _held = lock(&gate);
        self.look().map(|seen| seen.data.pin_status())
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let gate = self.gate();
        let _held = lock(&gate);
        // A login that was kept for this signature ends with it.
        let mut open = match self.logged_in.take() {
            Some(open) => open,
            None => self.open_session()?,
        };
        let seen = self.look()?;
        let offered = self.mechanisms()?;
        // Checked before the PIN is spent on something impossible.
        let key = credential.algorithm();
        let candidates = mechanism::candidates(&offered, key, scheme, message)?;
        let signature = self.sign_with_pin(&mut open, &seen, credential, &candidates, pin)?;
        mechanism::finish(signature, key, scheme)
    }
}

impl Drop for Pkcs11Token {
    fn drop(&mut self) {
        let Some(open) = self.logged_in.take() else {
            return;
        };
        // One operation's logout must not affect another operation on the same slot.
        let gate = self.gate();
        let _held = lock(&gate);
        drop(open);
    }
}
