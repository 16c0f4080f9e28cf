//! A virtual smart card on a TPM 2.0: the emulator swtpm and the PKCS#11 module tpm2-pkcs11.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tempfile::TempDir;

use crate::openssl::{CERTIFICATE_TO_DER, PUBLIC_KEY_TO_PEM, convert};
use crate::{
    Error, Module, Profile, Slot,
    process::{Process, wait_until},
    softhsm::place,
    tools::Tool,
};

/// The port in `TPM2_PKCS11_TCTI`, which `in-namespace` sets. The next port controls the emulator.
const PORT: u16 = 2321;
const SO_PIN: &str = "12345678";

/// A TPM emulator with a token, ended on drop. Another [`Tpm::start`] in this process waits until then.
pub struct Tpm {
    label: String,
    pin: String,
    store: PathBuf,
    scratch: TempDir,
    emulator: Process,
    _turn: MutexGuard<'static, ()>,
}

impl Tpm {
    /// Starts a new TPM and makes a token with the label `label` and the keys and PIN of `profile`. The first key has the `CKA_ID` 01,
    /// and so on. Three wrong PINs lock the TPM.
    pub fn start(label: &str, profile: &Profile) -> Result<Self, Error> {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let store = place("TPM2_PKCS11_STORE")?;
        let _ = fs::remove_dir_all(&store);
        fs::create_dir_all(&store).map_err(|error| Error::io("making", &store, &error))?;
        let scratch =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        let emulator = emulator(scratch.path())?;
        let (label, pin) = (label.to_owned(), profile.pin.clone());
        let tpm = Self {
            label,
            pin,
            store,
            scratch,
            emulator,
            _turn: turn,
        };
        tpm.set_up(profile)?;
        Ok(tpm)
    }

    /// The token's label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The user's PIN.
    #[must_use]
    pub fn pin(&self) -> &str {
        &self.pin
    }

    /// The certificate of the key for `slot`, as a PEM file.
    #[must_use]
    pub fn certificate(&self, slot: Slot) -> PathBuf {
        self.scratch.path().join(slot.name()).with_extension("crt")
    }

    /// Ends the lock-out after wrong PINs.
    pub fn clear_lockout(&self) -> Result<(), Error> {
        Tool::new("tpm2_dictionarylockout")
            .args(["--tcti", &tcti(), "--clear-lockout"])
            .run()
            .map(drop)
    }

    fn set_up(&self, profile: &Profile) -> Result<(), Error> {
        self.pkcs11()?
            .args([
                "--init-token",
                "--slot-index",
                "0",
                "--label",
                &self.label,
                "--so-pin",
                SO_PIN,
            ])
            .run()?;
        let so = ["--login", "--login-type", "so", "--so-pin", SO_PIN];
        self.token()?
            .args(so)
            .args(["--init-pin", "--new-pin", &self.pin, "--pin", &self.pin])
            .run()?;
        let authority = profile.issuer.authority()?;
        for (number, (slot, algorithm)) in (1_u8..).zip(&profile.keys) {
            let id = format!("{number:02x}");
            let file = |kind: &str| self.scratch.path().join(slot.name()).with_extension(kind);
            let (public, certificate, der) = (file("pub"), file("crt"), file("der"));
            let named = ["--id", &id, "--label", &self.label];
            let kind = algorithm.name_for_pkcs11_tool();
            self.user()?
                .args(["--keypairgen", "--key-type", kind])
                .args(named)
                .run()?;
            self.user()?
                .args(["--type", "pubkey", "--id", &id, "--read-object", "-o"])
                .arg(&der)
                .run()?;
            convert(PUBLIC_KEY_TO_PEM, &der, &public)?;
            authority.issue(profile, &public, &certificate)?;
            convert(CERTIFICATE_TO_DER, &certificate, &der)?;
            self.user()?
                .args(["--type", "cert"])
                .args(named)
                .arg("--write-object")
                .arg(&der)
                .run()?;
        }
        Ok(())
    }

    fn user(&self) -> Result<Tool, Error> {
        Ok(self.token()?.args(["--login", "--pin", &self.pin]))
    }

    fn token(&self) -> Result<Tool, Error> {
        Ok(self.pkcs11()?.args(["--token-label", &self.label]))
    }

    fn pkcs11(&self) -> Result<Tool, Error> {
        let tool = Tool::new("pkcs11-tool").arg("--module").arg(Module::Tpm2.path()?);
        Ok(tool.envs(&[("TPM2_PKCS11_STORE", self.store.clone())]))
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        // Without it, failed PINs would be counted again when the state is used again.
        let _ = Tool::new("tpm2_shutdown").args(["--tcti", &tcti(), "-c"]).run();
        self.emulator.end();
    }
}

fn tcti() -> String {
    format!("swtpm:host=127.0.0.1,port={PORT}")
}

fn emulator(folder: &Path) -> Result<Process, Error> {
    let control = PORT + 1;
    let mut command = Command::new("swtpm");
    command
        .args(["socket", "--tpm2", "--tpmstate"])
        .arg(format!("dir={}", folder.display()))
        .arg("--server")
        .arg(format!(
            "type=tcp,port={PORT},bindaddr=127.0.0.1,disconnect=false"
        ))
        .arg("--ctrl")
        .arg(format!("type=tcp,port={control},bindaddr=127.0.0.1"))
        .args(["--flags", "not-need-init,startup-clear"]);
    let mut emulator = Process::start(&command)?;
    // Only the control port is tested, because the other one accepts one connection.
    let up = wait_until(Duration::from_secs(60), || {
        emulator.still_runs().is_err() || TcpStream::connect((Ipv4Addr::LOCALHOST, control)).is_ok()
    });
    emulator.still_runs()?;
    up.map(|()| emulator)
        .ok_or_else(|| Error::new("swtpm does not listen"))
}
