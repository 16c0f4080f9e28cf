//! What Microsoft Entra ID does with the value that Windows sent and the certificate that came with it.

mod distinguished_name;
mod index;
mod siphash;
mod user_id;

pub use distinguished_name::{MultiValuedJoint, NameOrder, WindowsName, windows_label};
pub use index::{IndexKey, NameIndex, TooManyNames};
pub use user_id::{
    Affinity, AltSecurityIdentity, CertificateField, CertificateUserId, MappingStrength, SerialPadding,
    Sha1PublicKey, ValueReadings,
};
