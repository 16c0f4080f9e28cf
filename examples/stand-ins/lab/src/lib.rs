//! Real card parts for the tests and the demonstration, started on loopback and ended with the process.
//!
//! | part | is |
//! |---|---|
//! | [`Readers`] | pcscd with virtual readers, also with PIN pads and for extended APDUs |
//! | [`Card`] | the Nitrokey's PIV firmware in such a reader, set up with Yubico's and OpenSSL's programs |
//! | [`SoftHsm`] | a PKCS#11 token in software |
//! | [`Tpm`] | a TPM emulator with the tpm2-pkcs11 module: a virtual smart card |
//! | [`ActiveDirectory`] | a domain controller: Samba |
//! | [`Authority`] | a certification authority for all of these |
//! | [`Configured`] | programs that find one PKCS#11 module configured |
//!
//! Nothing here uses the libraries of this workspace, so that a mistake in one is not mirrored by its test.
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
//! pcscd's socket has one fixed place, so that only one [`Readers`] can be alive on a machine. In a process they wait
//! for each other. Test programs are kept apart by the program `in-namespace` beside this package, which gives each
//! its own network, processes and `/run/pcscd`; `make test` runs them through it:
//!
//! ```text
//! export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$PWD/examples/stand-ins/lab/in-namespace
//! ```

mod active_directory;
mod authority;
mod card;
mod configured;
mod drivers;
mod error;
mod fault;
mod generate;
mod held;
mod image;
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
pub use drivers::Keypad;
pub use error::Error;
pub use fault::Fault;
pub use held::Held;
pub use profile::{Algorithm, Profile, Slot};
pub use readers::{Readers, Turn};
pub use softhsm::SoftHsm;
pub use tools::{Component, Module};
pub use tpm::Tpm;
pub use trace::Apdu;
