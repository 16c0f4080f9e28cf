//! The device, as its certificate describes it.

mod extensions;
mod sealed;

use core::fmt;
use core::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::certificate::{Certificate, CertificateError, KeyKind, Validity};
use uuid::Uuid;

use self::extensions::Extensions;
use crate::cloud::Tenant;
use crate::guid;

/// 2.5.4.3, `id-at-commonName`.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// A registered device, read from its certificate.
///
/// Its two private keys stay where they are, ideally in a TPM: the device key signs
/// ([`Step::SignAsDevice`](crate::Step::SignAsDevice)), and the transport key decrypts ([`Step::Unwrap`](crate::Step::Unwrap)). Both
/// are RSA-2048 and were registered with the tenant when the device was joined ([MS-DVRJ]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    certificate: CertificateDer<'static>,
    id: Uuid,
    tenant: Option<Tenant>,
    user: Option<Uuid>,
    join: Option<JoinType>,
    region: Option<String>,
    validity: Validity,
}

/// Kind of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinType {
    /// The device belongs to the organisation.
    Joined,
    /// The device belongs to its user and is registered for work.
    Registered,
}

impl Device {
    /// Reads the certificate that the registration service issued.
    ///
    /// The device id comes from its extension or, without one, from the common name; tenant, user, join type and region come from
    /// their extensions if present ([MS-DVRE] 2.2.1).
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
    /// [`DeviceError`] if it is not the certificate of a device.
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

    /// Whether the certificate is valid at this time. The server refuses an expired one (AADSTS1000502).
    #[must_use]
    pub fn is_valid_at(&self, time: UnixTime) -> bool {
        self.validity.contains(time)
    }

    /// Expiry time of the certificate. It cannot be renewed: the device has to be joined again.
    ///
    /// ```
    /// # fn example(device: &cba_protocol::Device, now: cba_protocol::pki_types::UnixTime) {
    /// let days = device.expires_at().as_secs().saturating_sub(now.as_secs()) / 86_400;
    /// if days < 180 {
    ///     eprintln!("the device certificate expires in {days} days: join again before");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        let seconds = u64::try_from(self.validity.not_after().unix_seconds()).unwrap_or(0);
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    /// Certificate of the device.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Device id, a GUID.
    #[must_use]
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Tenant that the device is registered with.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    /// Object id of the user who registered it, a GUID.
    #[must_use]
    pub fn user_object_id(&self) -> Option<String> {
        self.user.map(|id| id.to_string())
    }

    /// Kind of registration: joined or registered.
    #[must_use]
    pub fn join_type(&self) -> Option<JoinType> {
        self.join
    }

    /// Region of the tenant, such as `EU`.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

/// Reason why a certificate does not belong to a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// It is not a certificate in DER.
    #[error("the device certificate cannot be read (PEM must be decoded first): {0}")]
    Certificate(#[source] CertificateError),
    /// An extension of device registration does not have its documented form.
    #[error("the extension 1.2.840.113556.1.5.284.{arc} of the device certificate is not a GUID")]
    Extension {
        /// Last arc of its object identifier.
        arc: u8,
    },
    /// Neither the extension nor the common name is a GUID.
    #[error(
        "the device certificate has no device id: neither its extension 1.2.840.113556.1.5.284.2 nor its common name is a GUID"
    )]
    NoDeviceId,
    /// The key is not RSA. Devices sign with RS256.
    #[error("the key of the device certificate is not RSA; devices sign with RS256")]
    NotRsa,
    /// The extension and the common name are two device ids.
    #[error("the device certificate has two device ids: one in its extension, another in its common name")]
    TwoIds,
}

/// The common name, if it is a GUID.
fn common_name(certificate: &Certificate<'_>) -> Option<Uuid> {
    let mut attributes = certificate.subject().attributes();
    let name = attributes.find(|attribute| attribute.kind().as_bytes() == COMMON_NAME)?;
    guid::parse(&name.value().text().ok()?)
}

impl fmt::Display for JoinType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Joined => "joined",
            Self::Registered => "registered",
        })
    }
}
