//! The session key: [MS-OAPXBC] 3.2.5.1.2.2, `session_key_jwe`.

use super::State;
use crate::config::SessionKeyCheck;
use crate::jose::jwe::Jwe;
use crate::{Error, SessionKey};

pub(crate) fn read(session_key_jwe: Option<&str>) -> Result<Jwe, Error> {
    let changed = |what| Error::ProtocolChanged {
        state: State::Token,
        what,
    };
    let text = session_key_jwe.ok_or_else(|| changed("the answer has no session_key_jwe"))?;
    let jwe = Jwe::parse(text).map_err(changed)?;
    if jwe.header.alg != "RSA-OAEP" {
        return Err(changed("session_key_jwe is not wrapped with RSA-OAEP"));
    }
    if jwe.header.enc != "A256GCM" {
        return Err(changed("session_key_jwe is not encrypted with A256GCM"));
    }
    if jwe.wrapped_key.is_empty() {
        return Err(changed("session_key_jwe wraps no key"));
    }
    Ok(jwe)
}

/// The ciphertext carries no data; that its tag fits shows that the key is the right one.
pub(crate) fn check(check: SessionKeyCheck, jwe: &Jwe, key: &SessionKey) -> Result<(), Error> {
    match check {
        SessionKeyCheck::Required => jwe
            .open_gcm(key.bytes())
            .map(drop)
            .ok_or(Error::SessionKeyMismatch),
        SessionKeyCheck::Skipped => Ok(()),
    }
}
