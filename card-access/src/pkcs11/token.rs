//! One token in a slot: what it holds, and how it signs.

use std::sync::Arc;

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, SessionState};
use cryptoki::slot::Slot;

use super::library::{Library, lock};
use super::objects::Keys;
use super::{fault, login, mechanism, objects, slots, slots::Seen, text};
use crate::{
    Credential, Error, ErrorKind, KeyPolicy, Listing, PinEntry, PinStatus, PinUse, Scheme, Token, TokenInfo,
    Told,
};

/// A token behind a module.
///
/// No session is kept between calls: after a removal the old ones never recover, and an open one would keep a login
/// alive.
pub(super) struct Pkcs11Token {
    library: Arc<Library>,
    slot: Slot,
    info: TokenInfo,
}

impl Pkcs11Token {
    pub(super) fn new(seen: &Seen) -> Self {
        Self {
            library: Arc::clone(&seen.library),
            slot: seen.slot,
            info: seen.info(),
        }
    }

    /// Does one thing with the token, after making sure that it is still the one that was opened.
    fn with_session<T>(&self, act: impl FnOnce(&Session, &Seen) -> Result<T, Error>) -> Result<T, Error> {
        let gate = self.library.gate(self.slot);
        let _held = lock(&gate);
        let session = self
            .library
            .pkcs11
            .open_ro_session(self.slot)
            .map_err(|error| self.fault(error))?;
        // Looked at with the session open, which ends when the token is taken out: so no other can slip in between.
        let result = self.look().and_then(|seen| act(&session, &seen));
        // One that fails to close is tried again when it is dropped; a session left behind would keep a login alive.
        let _ = session.close();
        result
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

    /// The signature itself: with the first mechanism that the token takes for this key.
    fn sign_with(
        &self,
        session: &Session,
        seen: &Seen,
        credential: &Credential,
        ways: Vec<mechanism::Way>,
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let key = objects::private_key(session, credential).map_err(|error| self.fault(error))??;
        let mut refused = Error::from(ErrorKind::Unsupported {
            what: text::SCHEME_WITH_TOKEN,
        });
        for way in ways {
            let signature = if key.always_authenticate {
                let entry = pin.ok_or_else(|| Error::from(ErrorKind::PinRequired))?;
                match self.begin_with_another_login(session, seen, key.handle, &way, entry) {
                    Err(NotBegun::Mechanism(error)) => Err(error),
                    // Whatever the module calls it: where a login failed, the PIN is not sent again.
                    Err(NotBegun::Login(error)) => return Err(error),
                    Ok(()) => self.sign_begun(session, &way),
                }
            } else {
                let signature = session.sign(&way.mechanism, key.handle, &way.input);
                signature.map_err(|error| self.fault(error))
            };
            match signature {
                // Mechanism lists promise more than every key can do. No try is spent by asking for the next one.
                Err(error) if matches!(error.kind(), ErrorKind::Unsupported { .. }) => refused = error,
                other => return other,
            }
        }
        Err(refused)
    }

    /// Begins the signature of a key with `CKA_ALWAYS_AUTHENTICATE`: its login must stand between `C_SignInit` and the data
    /// (PKCS #11 v3.1 section 5.6.8).
    ///
    /// cryptoki has no `C_Sign` without its own `C_SignInit`, so the data goes with `C_SignUpdate`. Card modules take it
    /// for every mechanism; a module that follows the letter takes it for those that hash.
    fn begin_with_another_login(
        &self,
        session: &Session,
        seen: &Seen,
        key: ObjectHandle,
        way: &mechanism::Way,
        entry: PinEntry<'_>,
    ) -> Result<(), NotBegun> {
        session
            .sign_init(&way.mechanism, key)
            .map_err(|error| NotBegun::Mechanism(self.fault(error)))?;
        login::login_for_this_key(session, seen, entry).map_err(NotBegun::Login)
    }

    fn sign_begun(&self, session: &Session, way: &mechanism::Way) -> Result<Vec<u8>, Error> {
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

/// What was in the way of a signature with a login of its own.
enum NotBegun {
    Login(Error),
    Mechanism(Error),
}

impl Token for Pkcs11Token {
    fn info(&self) -> &TokenInfo {
        &self.info
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.with_session(|session, seen| {
            let state = session.get_session_info().map(|info| info.session_state());
            let logged_in = matches!(state, Ok(SessionState::RoUser | SessionState::RwUser));
            let shown = if logged_in || !seen.flags.login_required() {
                Keys::All
            } else {
                Keys::WithoutPin
            };
            objects::credentials(session, shown).map_err(|error| self.fault(error))
        })
    }

    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        let key = credential.algorithm();
        self.with_session(|_, _| {
            let offered = self
                .library
                .pkcs11
                .get_mechanism_list(self.slot)
                .map_err(|error| self.fault(error))?;
            let possible = |scheme: &Scheme| mechanism::ways(&offered, key, *scheme, b"").is_ok();
            Ok(key.schemes().iter().copied().filter(possible).collect())
        })
    }

    /// A key behind the PIN tells nothing until somebody logs in.
    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        self.with_session(|session, seen| {
            let key = objects::private_key(session, credential).map_err(|error| self.fault(error))?;
            let pin = match key {
                Ok(key) if key.always_authenticate => Told::Known(PinUse::EveryUse),
                _ if !seen.flags.login_required() => Told::Known(PinUse::Never),
                Ok(_) => Told::Known(PinUse::Once),
                Err(_) => Told::Unknown,
            };
            Ok(KeyPolicy::new(pin, Told::Unknown))
        })
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        let gate = self.library.gate(self.slot);
        let _held = lock(&gate);
        self.look().map(|seen| seen.pin_status())
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let key = credential.algorithm();
        self.with_session(|session, seen| {
            let offered = self
                .library
                .pkcs11
                .get_mechanism_list(self.slot)
                .map_err(|error| self.fault(error))?;
            // Before the PIN is spent on something that can't be done.
            let ways = mechanism::ways(&offered, key, scheme, message)?;
            let _login = match pin {
                Some(entry) if seen.flags.login_required() => Some(login::login(session, seen, entry)?),
                _ => None,
            };
            let signature = match self.sign_with(session, seen, credential, ways, pin) {
                // Without a login, a key that can't be found is most likely behind the PIN.
                Err(error)
                    if pin.is_none()
                        && seen.flags.login_required()
                        && *error.kind() == ErrorKind::NoCredential =>
                {
                    return Err(Error::from(ErrorKind::PinRequired).with_location(self.info.id.place()));
                }
                other => other?,
            };
            mechanism::finish(signature, key, scheme)
        })
    }
}
