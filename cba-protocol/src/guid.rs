//! GUIDs: strict forms for the `uuid` crate.

use uuid::{Builder, Uuid};

use crate::seed::Random;

/// A random GUID: version 4, RFC 9562 section 5.4.
pub(crate) fn random(random: &mut Random) -> Uuid {
    let drawn = random.draw();
    Builder::from_random_bytes(core::array::from_fn(|i| drawn[i])).into_uuid()
}

/// Reads the usual form: 36 characters, with hyphens and without braces.
pub(crate) fn parse(text: &str) -> Option<Uuid> {
    // The crate reads three more forms, each of another length.
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}
