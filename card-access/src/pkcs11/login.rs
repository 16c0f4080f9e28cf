//! A session, one try at the PIN in it, and the logout afterwards.

use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::types::RawAuthPin;

use super::token_data::PinFlags;
use super::{fault, slots, slots::Seen, text};
use crate::{Error, ErrorKind, PinEntry, PinSource, PinStatus, ShortPinPolicy};

/// A session, whose login ends with it, so that nothing else in the process signs with it.
pub(super) struct OpenSession {
    // Always there until the drop.
    session: Option<Session>,
    login: Login,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Login {
    None,
    /// Ends with the session.
    Ours,
    /// Another part of the process was logged in before: its login is not ours to end.
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

    /// The session itself.
    pub(super) fn session(&self) -> Result<&Session, Error> {
        self.session
            .as_ref()
            .ok_or_else(|| ErrorKind::ModuleFailed.into())
    }

    pub(super) fn is_logged_in(&self) -> bool {
        self.login != Login::None
    }

    /// Logs in with exactly one try, and none when the rules forbid it.
    pub(super) fn login(&mut self, seen: &Seen, entry: PinEntry<'_>) -> Result<(), Error> {
        check(seen, entry)?;
        match verify(self.session()?, UserType::User, entry) {
            Ok(()) => self.login = Login::Ours,
            Err(error) if fault::is(&error, RvError::UserAlreadyLoggedIn) => self.login = Login::Others,
            Err(error) => return Err(refused(error, seen)),
        }
        Ok(())
    }

    /// The second login of a key with `CKA_ALWAYS_AUTHENTICATE`: it belongs to the operation that was just started.
    ///
    /// Where the token wants no login at all but for this, it is the first try, so the same is checked.
    pub(super) fn login_for_this_key(&self, seen: &Seen, entry: PinEntry<'_>) -> Result<(), Error> {
        if !self.is_logged_in() {
            check(seen, entry)?;
        }
        match verify(self.session()?, UserType::ContextSpecific, entry) {
            // The module takes the first login for this one too.
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
        // Whatever was in the way the first time, a login that stays is worth a second try. Then nothing more can be done:
        // the session is closed next, and the last one to close logs out as well.
        if self.login == Login::Ours && session.logout().is_err() {
            let _ = session.logout();
        }
        // One that fails to close is tried again when it is dropped; a session left behind would keep a login alive.
        let _ = session.close();
    }
}

/// What can be known before the PIN is sent is checked here, where it costs no try.
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
        // Modules without a PIN pad fail each in their own way when asked for it, some by counting a wrong PIN.
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

/// The lengths of a PIN that are sent. Limits that exclude every PIN are no limits: some modules leave the fields empty, or
/// write that the information is unavailable.
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

/// A refusal of the PIN as what it means for its user.
fn refused(error: ModuleError, seen: &Seen) -> Error {
    let error = fault::at(&slots::place(&seen.library, seen.slot))(error);
    match error.kind() {
        // The flags tell whether another try would be the final one; more they don't tell.
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
