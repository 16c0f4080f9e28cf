//! Real card parts for tests and the demonstration. They run on loopback and end with the process.
//!
//! | part | description |
//! |---|---|
//! | [`Readers`] | pcscd with virtual readers, also with PIN pads and for extended APDUs |
//! | [`Card`] | the Nitrokey's PIV firmware in such a reader, set up with Yubico's and OpenSSL's programs |
//! | [`SoftHsm`] | a software PKCS#11 token |
//! | [`Tpm`] | a TPM emulator with the tpm2-pkcs11 module: a virtual smart card |
//! | [`ActiveDirectory`] | a domain controller: Samba |
//! | [`Authority`] | a certification authority that issues their certificates |
//! | [`Configured`] | programs with one configured PKCS#11 module |
//! | [`NssDatabase`] | certificates, keys and PKCS#11 modules of Chromium and Firefox |
//! | [`Display`] | an X server without a monitor, whose windows a test types into |
//!
//! This package does not use the libraries of the workspace, so that their mistakes are not repeated in their tests.
//!
//! ```no_run
//! use lab::{Profile, Readers, Slot};
//!
//! let readers = Readers::start(1)?;
//! let mut card = readers.insert(0, &Profile::new("alice"))?;
//! println!("{} holds the certificate {}", readers.name(0), card.certificate(Slot::Authentication).display());
//! card.remove()?;
//! # Ok::<(), lab::Error>(())
//! ```
//!
//! The path of pcscd's socket is fixed, so only one [`Readers`] can exist on a machine. Within a process they wait for each other. The
//! script `in-namespace` of this package gives each test program its own network, processes and `/run/pcscd`; `make test` uses it as
//! runner:
//!
//! ```text
//! export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$PWD/examples/stand-ins/lab/in-namespace
//! ```

mod active_directory;
mod authority;
mod card;
mod configured;
mod display;
mod drivers;
mod error;
mod fault;
mod generate;
mod held;
mod image;
mod kdc;
mod mit_kdc;
mod nss;
mod openssl;
mod process;
mod profile;
mod readers;
mod softhsm;
mod tools;
mod tpm;
mod trace;
mod watch;

pub use active_directory::ActiveDirectory;
pub use authority::{Authority, Validity};
pub use card::Card;
pub use configured::Configured;
pub use display::{Display, Window};
pub use drivers::Keypad;
pub use error::Error;
pub use fault::Fault;
pub use held::Held;
pub use mit_kdc::{MitKdc, RevocationLists};
pub use nss::NssDatabase;
pub use profile::{Algorithm, Profile, Slot};
pub use readers::{Readers, Turn};
pub use softhsm::SoftHsm;
pub use tools::{Component, Module};
pub use tpm::Tpm;
pub use trace::Apdu;
