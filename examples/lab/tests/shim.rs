//! PKCS#11 calls go wrong where they were told to, and everywhere else the module behind the shim answers.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use lab::{Keypad, Module, ModuleFault, Profile, Shim, Slot, SoftHsm};

const CKR_DEVICE_REMOVED: u32 = 0x32;

#[test]
fn faults_strike_the_call_that_was_named() {
    let signer = Signer::new("shim-faults");
    signer.sign(&["--pin", signer.token.pin()]).unwrap();
    assert!(signer.verified());
    let calls = signer.shim.calls().unwrap();
    let at = 1 + calls.iter().position(|call| call.function == "C_Sign").unwrap();
    assert!(calls.iter().all(|call| call.value == 0), "{calls:?}");

    let fault = |fault| {
        signer.shim.forget_calls().unwrap();
        signer.shim.fault(u32::try_from(at).unwrap(), fault).unwrap();
        signer.sign(&["--pin", signer.token.pin()])
    };
    fault(ModuleFault::Return(CKR_DEVICE_REMOVED)).unwrap_err();
    let last = signer
        .shim
        .calls()
        .unwrap()
        .into_iter()
        .find(|call| call.function == "C_Sign")
        .unwrap();
    assert_eq!(last.value, u64::from(CKR_DEVICE_REMOVED));

    fault(ModuleFault::WrongSignature).unwrap();
    assert!(!signer.verified());
    fault(ModuleFault::Crash).unwrap_err();
    signer.sign(&["--pin", signer.token.pin()]).unwrap();
    assert!(signer.verified());
}

#[test]
fn a_hanging_call_does_not_come_back() {
    let signer = Signer::new("shim-hangs");
    signer.shim.fault(3, ModuleFault::Hang).unwrap();
    let mut hangs = signer.command(&["--pin", signer.token.pin()]).spawn().unwrap();
    while signer.shim.calls().unwrap().len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(hangs.try_wait().unwrap().is_none());
    hangs.kill().unwrap();
    hangs.wait().unwrap();
    assert_eq!(signer.shim.calls().unwrap().len(), 2);
}

#[test]
fn a_token_gets_a_protected_authentication_path() {
    let signer = Signer::new("shim-pad");
    signer.shim.protect(Keypad::Digits(signer.token.pin())).unwrap();
    signer.sign(&[]).unwrap();
    assert!(signer.verified());
    signer.shim.protect(Keypad::Cancel).unwrap();
    assert!(signer.sign(&[]).unwrap_err().contains("CKR_FUNCTION_CANCELED"));
}

/// OpenSC's pkcs11-tool, signing with a SoftHSM token behind a shim.
struct Signer {
    folder: tempfile::TempDir,
    shim: Shim,
    token: SoftHsm,
}

impl Signer {
    fn new(label: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("data"), "to be signed").unwrap();
        let token = SoftHsm::create(label, &Profile::new(label)).unwrap();
        Self {
            folder,
            shim: Shim::over(Module::SoftHsm).unwrap(),
            token,
        }
    }

    fn command(&self, pin: &[&str]) -> Command {
        let mut command = Command::new("pkcs11-tool");
        command
            .arg("--module")
            .arg(self.shim.path())
            .args(["--token-label", self.token.label(), "--login"])
            .args(pin)
            .args([
                "--sign",
                "--id",
                "01",
                "--mechanism",
                "SHA256-RSA-PKCS",
                "--input-file",
            ])
            .arg(self.file("data"))
            .arg("--output-file")
            .arg(self.file("signature"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn sign(&self, pin: &[&str]) -> Result<(), String> {
        let output = self.command(pin).stderr(Stdio::piped()).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            Ok(())
        } else {
            Err(complaint)
        }
    }

    fn verified(&self) -> bool {
        let certificate = self.token.certificate(Slot::Authentication);
        let key = Command::new("openssl")
            .args(["x509", "-noout", "-pubkey", "-in"])
            .arg(certificate)
            .output();
        fs::write(self.file("key"), key.unwrap().stdout).unwrap();
        let mut verify = Command::new("openssl");
        verify
            .args(["dgst", "-sha256", "-verify"])
            .arg(self.file("key"))
            .arg("-signature");
        verify
            .args([self.file("signature"), self.file("data")])
            .output()
            .unwrap()
            .status
            .success()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
