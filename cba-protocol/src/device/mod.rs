//! The device: what its certificate says about its registration.

mod extensions;

use core::fmt;

use rustls_pki_types::CertificateDer;

use crate::Tenant;
use crate::guid::Guid;

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
    /// # Errors
    /// [`DeviceError`] when it is no certificate, or names no device.
    pub fn from_certificate(certificate: &CertificateDer<'_>) -> Result<Self, DeviceError> {
        let found = extensions::read(certificate).ok_or(DeviceError::Malformed)?;
        Ok(Self {
            certificate: certificate.clone().into_owned(),
            id: found
                .device
                .or(found.common_name)
                .ok_or(DeviceError::NoDeviceId)?,
            tenant: found.tenant.and_then(|id| Tenant::parse(&id.to_string()).ok()),
            user: found.user,
            join: found.join,
            region: found.region,
        })
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// Not a DER certificate.
    #[error("the device certificate is not DER of an X.509 certificate; if it is PEM, decode it first")]
    Malformed,
    /// Neither the extension nor the common name has a GUID.
    #[error(
        "the device certificate names no device: neither its extension 1.2.840.113556.1.5.284.2 nor its common name is a GUID"
    )]
    NoDeviceId,
}

impl fmt::Display for JoinType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Joined => "joined",
            Self::Registered => "registered",
        })
    }
}
