//! Programs and files of this machine.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Error;

/// A required file that is not on `PATH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Component {
    /// The driver that adds a PIN pad to a virtual reader, built by `make virtual-card`.
    PinPadDriver,
    /// The binary of the virtual card, built by `make virtual-card`.
    VirtualCard,
    /// The driver of the virtual readers, of package vsmartcard-vpcd.
    VirtualReaderDriver,
}

impl Component {
    /// Its path.
    pub fn find(self) -> Result<PathBuf, Error> {
        match self {
            Self::PinPadDriver => {
                let path = virtual_card()?.with_file_name("pin-pad.so");
                existing(path, "the driver of the PIN pad (`make virtual-card`)")
            }
            Self::VirtualReaderDriver => {
                let path = Path::new("/usr/lib/pcsc/drivers/serial/libifdvpcd.so");
                existing(path.into(), "vpcd's driver (package vsmartcard-vpcd)")
            }
            Self::VirtualCard => virtual_card(),
        }
    }
}

/// A PKCS#11 module of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Module {
    /// Cards in readers, through OpenSC.
    OpenSc,
    /// All configured modules, through p11-kit.
    P11KitProxy,
    /// Tokens in software.
    SoftHsm,
    /// Tokens on a TPM 2.0.
    Tpm2,
}

impl Module {
    /// The shared library.
    pub fn path(self) -> Result<PathBuf, Error> {
        let names: &[&str] = match self {
            Self::OpenSc => &["opensc-pkcs11.so"],
            Self::P11KitProxy => &["p11-kit-proxy.so"],
            Self::SoftHsm => &["softhsm/libsofthsm2.so"],
            Self::Tpm2 => &["pkcs11/libtpm2_pkcs11.so", "libtpm2_pkcs11.so.1"],
        };
        let triple = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
        let folders = [triple.as_str(), "/usr/lib", "/usr/lib64", "/usr/local/lib"];
        let mut places = folders
            .iter()
            .flat_map(|folder| names.iter().map(move |name| Path::new(folder).join(name)));
        places
            .find(|place| place.exists())
            .ok_or_else(|| Error::missing(&format!("the PKCS#11 module {}", names[0])))
    }
}

/// A program that runs to its end.
pub(crate) struct Tool(Command);

impl Tool {
    pub(crate) fn new(program: &str) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self(command)
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn envs(mut self, variables: &[(&str, PathBuf)]) -> Self {
        self.0.envs(variables.iter().map(|(name, value)| (name, value)));
        self
    }

    /// Runs it and returns its standard output.
    pub(crate) fn run(mut self) -> Result<Vec<u8>, Error> {
        let name = format!("{:?}", self.0);
        match self.0.output() {
            Ok(output) if output.status.success() => Ok(output.stdout),
            Ok(output) => Err(Error::failed(&name, &output)),
            Err(_) => Err(Error::missing(&format!(
                "the program {}",
                self.0.get_program().to_string_lossy()
            ))),
        }
    }
}

/// A folder next to the virtual card for content that takes long to generate.
pub(crate) fn cache() -> Result<PathBuf, Error> {
    let card = virtual_card()?;
    let built = card
        .ancestors()
        .nth(2)
        .ok_or_else(|| Error::missing("the folder of the virtual card"))?;
    let cache = built.join("cache");
    std::fs::create_dir_all(&cache).map_err(|error| Error::io("making", &cache, &error))?;
    Ok(cache)
}

/// An ancestor of the test's own binary, so that it works with any target folder.
fn virtual_card() -> Result<PathBuf, Error> {
    if let Some(path) = env::var_os("VIRTUAL_CARD") {
        return existing(path.into(), "the virtual card named by VIRTUAL_CARD");
    }
    let this = env::current_exe()
        .map_err(|error| Error::new(format!("the path of this program is unknown: {error}")))?;
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/x");
    let folders = this
        .ancestors()
        .skip(1)
        .chain(manifest.ancestors().skip(1).take(1));
    let mut places = folders.map(|folder| folder.join("virtual-card/debug/virtual-card"));
    places
        .find(|place| place.is_file())
        .ok_or_else(|| Error::missing("the virtual card (`make virtual-card`)"))
}

fn existing(path: PathBuf, what: &str) -> Result<PathBuf, Error> {
    if path.exists() {
        Ok(path)
    } else {
        Err(Error::missing(&format!("{what}, {},", path.display())))
    }
}
