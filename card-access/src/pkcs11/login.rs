//! Sessions with one try at the PIN, and a logout afterwards.

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::types::RawAuthPin;

use super::token_data::PinFlags;
use super::{fault, slots, slots::Seen, text};
use crate::{Error, ErrorKind, PinEntry, PinSource, PinStatus, ShortPinPolicy};

/// Session whose login ends with it, so that nothing else in the process can sign with it.
pub(super) struct OpenSession {
    // `None` only during the drop.
    session: Option<Session>,
    login: Login,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Login {
    None,
    /// Ends with the session.
    Ours,
    /// Another part of the process was logged in before, so the login stays.
    Others,
}

impl OpenSession {
    pub(super) fn new(session: Session) -> Self {
        let state = session.get_session_info().map(|info| info.session_state());
        let login = match state {
            Ok(SessionState::RoUser | SessionState::RwUser) => Login::Others,
            _ => Login::None,
        };
        Self {
            session: Some(session),
            login,
        }
    }

    /// The session.
    pub(super) fn session(&self) -> Result<&Session, Error> {
        self.session
            .as_ref()
            .ok_or_else(|| ErrorKind::ModuleFailed.into())
    }

    pub(super) fn is_logged_in(&self) -> bool {
        self.login != Login::None
    }

    /// Logs in with exactly one try, or none if the rules forbid it.
    pub(super) fn login(&mut self, seen: &Seen, entry: PinEntry<'_>) -> Result<(), Error> {
        check(seen, entry)?;
        match verify(self.session()?, UserType::User, entry) {
            Ok(()) => self.login = Login::Ours,
            Err(error) if fault::is(&error, RvError::UserAlreadyLoggedIn) => self.login = Login::Others,
            Err(error) => return Err(refused(error, seen)),
        }
        Ok(())
    }

    /// Second login for a key with `CKA_ALWAYS_AUTHENTICATE`, which belongs to the operation just started.
    ///
    /// If the token requires no other login, this is the first try, so the same checks apply.
    pub(super) fn login_for_this_key(&self, seen: &Seen, entry: PinEntry<'_>) -> Result<(), Error> {
        if !self.is_logged_in() {
            check(seen, entry)?;
        }
        match verify(self.session()?, UserType::ContextSpecific, entry) {
            // The module accepts the first login for this one too.
            Err(error) if fault::is(&error, RvError::UserAlreadyLoggedIn) => Ok(()),
            other => other.map_err(|error| refused(error, seen)),
        }
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        // A logout that failed is tried once more. After that, only closing the session remains: closing the last one also logs
        // out.
        if self.login == Login::Ours && session.logout().is_err() {
            let _ = session.logout();
        }
        // A session that fails to close is closed again on drop; one left open would keep a login alive.
        let _ = session.close();
    }
}

/// Checks in advance what costs no try.
fn check(seen: &Seen, entry: PinEntry<'_>) -> Result<(), Error> {
    let data = &seen.data;
    let refuse =
        |kind: ErrorKind| Err(Error::from(kind).with_location(slots::place(&seen.library, seen.slot)));
    if matches!(data.pin_flags, PinFlags::Known { locked: true, .. }) {
        return refuse(ErrorKind::PinBlocked);
    }
    if let Err(kind) = data.pin_status().check_try(entry.final_try()) {
        return refuse(kind);
    }
    match entry.source() {
        // Modules without a PIN pad fail in different ways when asked for it, some by counting a wrong PIN.
        PinSource::OnReader if !data.has_pin_pad => refuse(ErrorKind::Unsupported {
            what: text::PIN_ON_READER,
        }),
        PinSource::OnReader => Ok(()),
        PinSource::Typed(pin) => {
            let length = pin.as_bytes().len();
            let (shortest, longest) = lengths(seen, entry.short_pin());
            if length < shortest {
                refuse(ErrorKind::PinFormat {
                    rule: text::TOO_SHORT,
                })
            } else if length > longest {
                refuse(ErrorKind::PinFormat { rule: text::TOO_LONG })
            } else {
                Ok(())
            }
        }
    }
}

/// Lengths of a PIN that are sent. Limits that exclude every PIN are ignored: some modules leave the fields empty, or set them
/// to "unavailable".
fn lengths(seen: &Seen, short_pin: ShortPinPolicy) -> (usize, usize) {
    const NO_LIMIT: usize = 255;
    let (shortest, longest) = (seen.data.min_pin_length, seen.data.max_pin_length);
    let shortest = match short_pin {
        ShortPinPolicy::Refuse if shortest <= NO_LIMIT => shortest.max(1),
        ShortPinPolicy::Allow | ShortPinPolicy::Refuse => 1,
    };
    let longest = if longest >= shortest { longest } else { usize::MAX };
    (shortest, longest)
}

fn verify(session: &Session, user: UserType, entry: PinEntry<'_>) -> Result<(), ModuleError> {
    match entry.source() {
        PinSource::OnReader => session.login(user, None),
        PinSource::Typed(pin) => {
            session.login_with_raw(user, &RawAuthPin::new(Box::new(pin.as_bytes().to_vec())))
        }
    }
}

/// Meaning of a refused PIN for the user.
fn refused(error: ModuleError, seen: &Seen) -> Error {
    let error = fault::at(&slots::place(&seen.library, seen.slot))(error);
    match error.kind() {
        // The flags report whether another try would be the final one, and nothing else.
        ErrorKind::WrongPin { .. } => {
            let status = slots::look(&seen.library, seen.slot)
                .map_or(PinStatus::Unknown, |seen| seen.data.pin_status());
            error.with_kind(ErrorKind::WrongPin {
                tries_left: status.tries_left(),
            })
        }
        ErrorKind::PinRequired => error.with_kind(ErrorKind::NotLoggedIn),
        ErrorKind::CardFailed | ErrorKind::Unsupported { .. } => error.with_kind(ErrorKind::PinRefused {
            reason: text::LOGIN_FAILED,
        }),
        _ => error,
    }
}
