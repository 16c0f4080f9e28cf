//! One token in a slot: what it holds, and how it signs.

use std::sync::Arc;

use cryptoki::error::{Error as ModuleError, RvError};
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

/// A token behind a module.
///
/// No session is kept between calls: after a removal the old ones never recover, and an open one would keep a login
/// alive. The one exception is the login that has brought hidden certificates to light, for the signature after it.
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

    fn gate(&self) -> Gate {
        self.library.gate(self.slot)
    }

    /// Does one thing with the token, after making sure that it is still the one that was opened.
    fn with_session<T>(
        &mut self,
        act: impl FnOnce(&mut OpenSession, &Seen) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let gate = self.gate();
        let _held = lock(&gate);
        let mut session = self.open_session()?;
        // Looked at with the session open, which ends when the token is taken out: so no other can slip in between.
        let seen = self.look()?;
        act(&mut session, &seen)
    }

    /// The same in the session that was kept, if there is one; it is kept further.
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

    fn open_session(&self) -> Result<OpenSession, Error> {
        let session = self.library.pkcs11.open_ro_session(self.slot);
        session.map(OpenSession::new).map_err(|error| self.fault(error))
    }

    fn look(&self) -> Result<Seen, Error> {
        let seen = slots::look(&self.library, self.slot).map_err(|error| self.fault(error))?;
        if seen.id() == self.info.id {
            Ok(seen)
        } else {
            Err(Error::from(ErrorKind::OtherCard).with_location(self.info.id.place()))
        }
    }

    fn fault(&self, error: ModuleError) -> Error {
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

    fn here(&self, kind: ErrorKind) -> Error {
        Error::from(kind).with_location(self.info.id.place())
    }

    /// The signature, with a login where there is a PIN and the token wants one.
    fn sign_with_pin(
        &self,
        open: &mut OpenSession,
        seen: &Seen,
        credential: &Credential,
        ways: &[mechanism::Way],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        if let (true, false, Some(entry)) = (seen.data.login_required, open.is_logged_in(), pin) {
            open.login(seen, entry)?;
        }
        let mut result = self.sign_in_session(open, seen, credential, ways, pin);
        // A key that can't be found or used without a login is most likely behind the PIN, whatever the token's flags say.
        if !open.is_logged_in() && result.as_ref().is_err_and(|error| is_behind_pin(error.kind())) {
            match pin {
                Some(entry) => {
                    open.login(seen, entry)?;
                    result = self.sign_in_session(open, seen, credential, ways, pin);
                }
                None if seen.data.wants_pin() => return Err(self.here(ErrorKind::PinRequired)),
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

    /// The signature itself: with the first mechanism that the token takes for this key.
    fn sign_in_session(
        &self,
        open: &OpenSession,
        seen: &Seen,
        credential: &Credential,
        ways: &[mechanism::Way],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let key = keys::private_key(open.session()?, credential).map_err(|error| self.fault(error))??;
        let mut refused: Option<Error> = None;
        for way in ways {
            let signature = if key.always_authenticate {
                let entry = pin.ok_or_else(|| Error::from(ErrorKind::PinRequired))?;
                self.sign_with_another_login(open, seen, &key, way, entry)
            } else {
                self.sign_once(open.session()?, &key, way, refused.is_some())
                    .map_err(|error| self.failed(error))
            };
            match signature {
                Ok(signature) => return Ok(signature),
                Err(Failed::ForGood(error)) => return Err(error),
                // Mechanism lists promise more than every key can do. No try is spent by asking for the next one. What is
                // told in the end is a failure rather than that a mechanism is not supported.
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

    /// A signature in one part. After a failure it is made in a session of its own, because modules leave the operation that
    /// failed behind; the login is good for both.
    fn sign_once(
        &self,
        session: &Session,
        key: &Key,
        way: &mechanism::Way,
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
            .sign(&way.mechanism, key.handle, &way.input)
    }

    /// The signature of a key with `CKA_ALWAYS_AUTHENTICATE`: its login must stand between `C_SignInit` and the data
    /// (PKCS #11 v3.1 section 5.6.8).
    ///
    /// cryptoki has no `C_Sign` without its own `C_SignInit`, so the data goes with `C_SignUpdate`. Card modules take it
    /// for every mechanism; a module that follows the letter takes it for those that hash.
    fn sign_with_another_login(
        &self,
        open: &OpenSession,
        seen: &Seen,
        key: &Key,
        way: &mechanism::Way,
        entry: PinEntry<'_>,
    ) -> Result<Vec<u8>, Failed> {
        let session = open.session().map_err(Failed::ForGood)?;
        session
            .sign_init(&way.mechanism, key.handle)
            .map_err(|error| self.failed(error))?;
        // From here on the PIN was sent: whatever the module answers, it is not sent again.
        open.login_for_this_key(seen, entry).map_err(Failed::ForGood)?;
        self.finish_with_update(session, way).map_err(Failed::ForGood)
    }

    fn finish_with_update(&self, session: &Session, way: &mechanism::Way) -> Result<Vec<u8>, Error> {
        session.sign_update(&way.input).map_err(|error| {
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

/// What was in the way of a signature.
enum Failed {
    ForGood(Error),
    /// Another mechanism may do.
    ThisMechanism(Error),
}

fn is_behind_pin(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::NoCredential | ErrorKind::PinRequired)
}

/// Every credential that a session shows, and whether there may be others behind the PIN.
fn list(open: &OpenSession, seen: &Seen, place: &str) -> Result<Listing<Credential>, Error> {
    let shown = match (open.is_logged_in(), seen.data.login_required) {
        (false, true) => Keys::WithoutPin,
        (false, false) if seen.data.wants_pin() => Keys::AllIfAny,
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
            let possible = |scheme: &Scheme| mechanism::ways(&offered, key, *scheme, b"").is_ok();
            Ok(key.schemes().iter().copied().filter(possible).collect())
        })
    }

    /// A key behind the PIN tells nothing until somebody logs in.
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
        let offered = self.library.pkcs11.get_mechanism_list(self.slot);
        let offered = offered.map_err(|error| self.fault(error))?;
        // Before the PIN is spent on something that can't be done.
        let key = credential.algorithm();
        let ways = mechanism::ways(&offered, key, scheme, message)?;
        let signature = self.sign_with_pin(&mut open, &seen, credential, &ways, pin)?;
        mechanism::finish(signature, key, scheme)
    }
}

impl Drop for Pkcs11Token {
    fn drop(&mut self) {
        let Some(open) = self.logged_in.take() else {
            return;
        };
        // The logout of one must not come into an operation of another token of the same slot.
        let gate = self.gate();
        let _held = lock(&gate);
        drop(open);
    }
}
