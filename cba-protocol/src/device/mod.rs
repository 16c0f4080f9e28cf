//! The device: what its certificate says about its registration.

mod extensions;

use core::fmt;

use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::certificate::{Certificate, CertificateError, KeyKind, Validity};

use self::extensions::Extensions;
use crate::Tenant;
use crate::guid::Guid;

/// 2.5.4.3, `id-at-commonName`.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// A registered device, read from its certificate.
///
/// Its two private keys stay where they are, best in a TPM: the device key signs ([`Step::SignAsDevice`](crate::Step::SignAsDevice)),
/// the transport key unwraps ([`Step::Unwrap`](crate::Step::Unwrap)). Both are RSA-2048 and were registered with the tenant when the
/// device was joined ([MS-DVRJ]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    certificate: CertificateDer<'static>,
    id: Guid,
    tenant: Option<Tenant>,
    user: Option<Guid>,
    join: Option<JoinType>,
    region: Option<String>,
    validity: Validity,
}

/// How the device is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinType {
    /// Joined: the device belongs to the organisation.
    Joined,
    /// Registered: the device belongs to its user, and is registered for work.
    Registered,
}

impl Device {
    /// Reads the certificate that the registration service issued: the device id from its extension or, without one, from the
    /// common name; tenant, user, join type and region from their extensions where they are present ([MS-DVRE] 2.2.1).
    ///
    /// ```
    /// use cba_protocol::{Device, JoinType, Tenant};
    /// use rustls_pki_types::{CertificateDer, UnixTime};
    /// use std::time::Duration;
    ///
    /// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/device.der"));
    /// let device = Device::from_certificate(&CertificateDer::from(&der[..]))?;
    /// assert_eq!(device.id(), "6b0fae8a-2e5a-4f0c-9a52-0d9d2f3f3f11");
    /// assert_eq!(device.join_type(), Some(JoinType::Joined));
    /// assert_eq!(device.tenant().map(Tenant::as_str), Some("33221100-5544-7766-8899-aabbccddeeff"));
    /// assert_eq!(device.user_object_id().as_deref(), Some("11111111-2222-3333-4444-555555555555"));
    /// assert_eq!(device.region(), Some("EU"));
    /// assert_eq!(device.certificate().len(), der.len());
    /// assert!(device.is_valid_at(UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000))));
    /// # Ok::<(), cba_protocol::DeviceError>(())
    /// ```
    ///
    /// # Errors
    /// [`DeviceError`] when it is no certificate of a device.
    pub fn from_certificate(certificate: &CertificateDer<'_>) -> Result<Self, DeviceError> {
        let parsed = Certificate::from_der(certificate).map_err(DeviceError::Certificate)?;
        if !matches!(parsed.public_key().kind(), KeyKind::Rsa { .. }) {
            return Err(DeviceError::NotRsa);
        }
        let found = Extensions::read(&parsed)?;
        let id = match (found.device, common_name(&parsed)) {
            (Some(id), Some(name)) if id != name => return Err(DeviceError::TwoIds),
            (Some(id), _) | (None, Some(id)) => id,
            (None, None) => return Err(DeviceError::NoDeviceId),
        };
        Ok(Self {
            certificate: certificate.clone().into_owned(),
            id,
            tenant: found.tenant.and_then(|id| Tenant::parse(&id.to_string()).ok()),
            user: found.user,
            join: found.join,
            region: found.region,
            validity: parsed.validity(),
        })
    }

    /// Whether the certificate is valid at this time. The server refuses one that is not (AADSTS1000502).
    #[must_use]
    pub fn is_valid_at(&self, time: UnixTime) -> bool {
        i64::try_from(time.as_secs()).is_ok_and(|seconds| self.validity.contains(seconds))
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The device id, a GUID.
    #[must_use]
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// The tenant that the device is registered with.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    /// The object id of the user who registered it, a GUID.
    #[must_use]
    pub fn user_object_id(&self) -> Option<String> {
        self.user.map(|id| id.to_string())
    }

    /// Joined or registered.
    #[must_use]
    pub fn join_type(&self) -> Option<JoinType> {
        self.join
    }

    /// The region of the tenant, such as `EU`.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

/// The certificate is not one of a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// Not a certificate in DER.
    #[error("the device certificate cannot be read; if it is PEM, decode it first: {0}")]
    Certificate(#[source] CertificateError),
    /// An extension of device registration has another form than documented.
    #[error("the extension 1.2.840.113556.1.5.284.{arc} of the device certificate is no GUID")]
    Extension {
        /// The last arc of its object identifier.
        arc: u8,
    },
    /// Neither the extension nor the common name has a GUID.
    #[error(
        "the device certificate names no device: neither its extension 1.2.840.113556.1.5.284.2 nor its common name is a GUID"
    )]
    NoDeviceId,
    /// The key is not RSA, and devices sign with RS256.
    #[error("the key of the device certificate is not RSA; devices sign with RS256")]
    NotRsa,
    /// The extension and the common name name two devices.
    #[error("the device certificate names two devices: one in its extension, another in its common name")]
    TwoIds,
}

/// The GUID in the common name, if that is what it holds.
fn common_name(certificate: &Certificate<'_>) -> Option<Guid> {
    let mut attributes = certificate.subject().attributes();
    let name = attributes.find(|attribute| attribute.kind().as_octets() == COMMON_NAME)?;
    Guid::parse(&name.value().text().ok()?)
}

impl fmt::Display for JoinType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Joined => "joined",
            Self::Registered => "registered",
        })
    }
}
