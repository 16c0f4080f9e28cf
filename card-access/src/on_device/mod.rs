//! Certificates and keys on this device: in files (feature `on-device`), and on Windows in the user's certificate store
//! (feature `windows-store`).
//!
//! Keys that stay in hardware (a TPM, for example) are reached through [PKCS#11](crate::pkcs11); on Windows their certificates
//! are in the store too.

#[cfg(feature = "on-device")]
mod ber;
#[cfg(feature = "on-device")]
mod budget;
#[cfg(feature = "on-device")]
mod contents;
#[cfg(feature = "on-device")]
mod encryption;
#[cfg(feature = "on-device")]
mod fault;
#[cfg(feature = "on-device")]
mod file;
#[cfg(all(fuzzing, feature = "on-device"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "on-device")]
mod pbmac1;
#[cfg(feature = "on-device")]
mod pem;
#[cfg(feature = "on-device")]
mod pkcs12;
#[cfg(feature = "on-device")]
mod pkcs12_kdf;
#[cfg(feature = "on-device")]
mod pkcs12_mac;
#[cfg(feature = "on-device")]
mod provider;
#[cfg(feature = "on-device")]
mod store;
#[cfg(feature = "on-device")]
mod token;
#[cfg(any(all(windows, feature = "windows-store"), test))]
mod windows_status;
#[cfg(all(windows, feature = "windows-store"))]
mod windows_store;

#[cfg(feature = "on-device")]
pub use provider::FileProvider;
#[cfg(all(windows, feature = "windows-store"))]
pub use windows_store::WindowsStoreProvider;

/// Maximum number of key derivation iterations for one key file, all its parts together; scrypt counts as `N * r * p`. It takes
/// some seconds. A file that asks for more is [unsupported](crate::ErrorKind::Unsupported), and no key is derived.
///
/// A file states these numbers itself, so a hostile one could keep a program busy without end. OpenSSL writes 2,048 for each of
/// three parts, OWASP recommends 600,000.
#[cfg(feature = "on-device")]
pub const MAX_ITERATIONS: u32 = 10_000_000;

/// Maximum memory of scrypt for a key file, in bytes: twice OpenSSL's limit.
#[cfg(feature = "on-device")]
pub const MAX_SCRYPT_MEMORY: u64 = 64 << 20;
