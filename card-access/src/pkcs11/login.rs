//! One try at the PIN, and the logout afterwards.

use cryptoki::error::RvError;
use cryptoki::session::{Session, UserType};
use cryptoki::types::RawAuthPin;

use super::{fault, slots, slots::Seen, text};
use crate::{Error, ErrorKind, PinEntry, PinSource, PinStatus};

/// A login that ends with the operation, so that nothing else in the process signs with it.
pub(super) struct Login<'a> {
    session: &'a Session,
    /// Another part of the process was logged in before: its login is not ours to end.
    ours: bool,
}

impl Drop for Login<'_> {
    fn drop(&mut self) {
        // Whatever was in the way the first time, a login that stays is worth a second try. Then nothing more can be done:
        // the session is closed next, and the last one to close logs out as well.
        if self.ours && self.session.logout().is_err() {
            let _ = self.session.logout();
        }
    }
}

/// Logs in with exactly one try, and none when the rules forbid it.
pub(super) fn login<'a>(session: &'a Session, seen: &Seen, entry: PinEntry<'_>) -> Result<Login<'a>, Error> {
    check(seen, entry)?;
    match verify(session, UserType::User, entry) {
        Ok(()) => Ok(Login { session, ours: true }),
        Err(error) if fault::is(&error, RvError::UserAlreadyLoggedIn) => Ok(Login { session, ours: false }),
        Err(error) => Err(with_tries_left(fault(seen, error), seen)),
    }
}

/// The second login of a key with `CKA_ALWAYS_AUTHENTICATE`: it belongs to the operation that was just started.
///
/// Where the token wants no login at all but for this, it is the first try, so the same is checked.
pub(super) fn login_for_this_key(session: &Session, seen: &Seen, entry: PinEntry<'_>) -> Result<(), Error> {
    if !seen.flags.login_required() {
        check(seen, entry)?;
    }
    verify(session, UserType::ContextSpecific, entry)
        .map_err(|error| with_tries_left(fault(seen, error), seen))
}

/// What can be known before the PIN is sent is checked here, where it costs no try.
fn check(seen: &Seen, entry: PinEntry<'_>) -> Result<(), Error> {
    let refuse =
        |kind: ErrorKind| Err(Error::from(kind).with_location(slots::place(&seen.library, seen.slot)));
    if !seen.flags.user_pin_initialized() {
        return refuse(ErrorKind::NotInitialized);
    }
    if seen.flags.user_pin_locked() {
        return refuse(ErrorKind::PinBlocked);
    }
    if let Err(kind) = seen.pin_status().check_try(entry.final_try()) {
        return refuse(kind);
    }
    match entry.source() {
        // Modules without a PIN pad fail each in their own way when asked for it, some by counting a wrong PIN.
        PinSource::OnReader if !seen.flags.protected_authentication_path() => {
            refuse(ErrorKind::Unsupported {
                what: text::PIN_ON_READER,
            })
        }
        PinSource::OnReader => Ok(()),
        PinSource::Typed(pin) => {
            let (shortest, longest) = (seen.flags.min_pin_length(), seen.flags.max_pin_length());
            let length = pin.as_bytes().len();
            if length < shortest.max(1) {
                refuse(ErrorKind::PinFormat {
                    rule: text::TOO_SHORT,
                })
            } else if longest >= shortest.max(1) && length > longest {
                refuse(ErrorKind::PinFormat { rule: text::TOO_LONG })
            } else {
                Ok(())
            }
        }
    }
}

fn verify(session: &Session, user: UserType, entry: PinEntry<'_>) -> Result<(), cryptoki::error::Error> {
    match entry.source() {
        PinSource::OnReader => session.login(user, None),
        PinSource::Typed(pin) => {
            session.login_with_raw(user, &RawAuthPin::new(Box::new(pin.as_bytes().to_vec())))
        }
    }
}

fn fault(seen: &Seen, error: cryptoki::error::Error) -> Error {
    fault::at(&slots::place(&seen.library, seen.slot))(error)
}

/// After a wrong PIN the flags tell whether another try would be the final one; more they don't tell.
fn with_tries_left(error: Error, seen: &Seen) -> Error {
    if !matches!(error.kind(), ErrorKind::WrongPin { .. }) {
        return error;
    }
    let status = slots::look(&seen.library, seen.slot).map_or(PinStatus::Unknown, |seen| seen.pin_status());
    error.with_kind(ErrorKind::WrongPin {
        tries_left: status.tries_left(),
    })
}
