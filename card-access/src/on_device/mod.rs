//! Certificates and keys that the device itself keeps, as tokens like any other: in files (feature `on-device`), and on
//! Windows in the user's certificate store (feature `windows-store`).
//!
//! Keys that don't leave their hardware (a TPM, say) are reached through [PKCS#11](crate::pkcs11) elsewhere; on Windows
//! their certificates are in the store too.

#[cfg(feature = "on-device")]
mod container;
#[cfg(feature = "on-device")]
mod file;
#[cfg(feature = "on-device")]
mod pbe;
#[cfg(feature = "on-device")]
mod pem;
#[cfg(feature = "on-device")]
mod pkcs12;
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
