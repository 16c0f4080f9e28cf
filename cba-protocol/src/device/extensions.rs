//! Extensions of a device certificate: the children of 1.2.840.113556.1.5.284 ([MS-DVRE] 2.2.1, [MS-DVRJ] 2.2).

use upn_resolver::certificate::Certificate;
use uuid::Uuid;

use super::{DeviceError, JoinType};

/// The values of the extensions.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) device: Option<Uuid>,
    pub(super) user: Option<Uuid>,
    pub(super) tenant: Option<Uuid>,
    pub(super) join: Option<JoinType>,
    pub(super) region: Option<String>,
}

/// 1.2.840.113556.1.5.284, without its last arc.
const ARC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x05, 0x82, 0x1c];

impl Extensions {
    /// Reads the extensions. A missing one is none; one that is present must have its documented form.
    pub(super) fn read(certificate: &Certificate<'_>) -> Result<Self, DeviceError> {
        let mut found = Self::default();
        for extension in certificate.extensions() {
            let Some(&[arc]) = extension.id().as_bytes().strip_prefix(ARC) else {
                continue;
            };
            let value = unwrap(extension.value());
            let malformed = DeviceError::Extension { arc };
            match arc {
                2 => found.device = Some(guid(value).ok_or(malformed)?),
                3 => found.user = Some(guid(value).ok_or(malformed)?),
                5 => found.tenant = Some(guid(value).ok_or(malformed)?),
                7 => found.join = join_type(value),
                8 => found.region = core::str::from_utf8(value).ok().map(str::to_owned),
                _ => {}
            }
        }
        Ok(found)
    }
}

/// The value is an OCTET STRING or, as public tools have seen too, the bare bytes.
fn unwrap(value: &[u8]) -> &[u8] {
    match value {
        [0x04, length, inner @ ..] | [0x04, 0x81, length, inner @ ..]
            if usize::from(*length) == inner.len() =>
        {
            inner
        }
        bare => bare,
    }
}

/// A GUID in the memory form of Windows, whose first three groups are little-endian ([MS-DTYP] 2.3.4.2).
fn guid(value: &[u8]) -> Option<Uuid> {
    value.try_into().ok().map(Uuid::from_bytes_le)
}

/// An ASCII digit, or the number itself.
fn join_type(value: &[u8]) -> Option<JoinType> {
    match value {
        [b'0' | 0] => Some(JoinType::Registered),
        [b'1' | 1] => Some(JoinType::Joined),
        _ => None,
    }
}
