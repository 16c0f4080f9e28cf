//! Certificates, keys and revocation lists for a laboratory, all on OpenSSL.

mod certificate;
mod device;
mod error;
mod init;
mod revocation;

pub use self::certificate::{Issuer, UserTemplate, Validity, self_signed_authority};
pub(crate) use self::device::register_device_as;
pub use self::device::{DeviceFile, DeviceTemplate, issue_device, register_device};
pub use self::error::{IssueError, read, read_certificate, write, write_secret};
pub use self::init::{DOMAIN, InitOptions, MULTIFACTOR_POLICY, TENANT_ID, add_device, enrol_device, init};
pub use self::revocation::{ListTime, revocation_list};
