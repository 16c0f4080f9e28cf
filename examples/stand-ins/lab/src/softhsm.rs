//! A software PKCS#11 token: SoftHSM 2.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::Error as ModuleError,
    object::{Attribute, AttributeType, ObjectClass},
    session::{Session, UserType},
    slot as module,
};
use tempfile::TempDir;

use crate::openssl::{CERTIFICATE_TO_DER, convert, make_key};
use crate::{Error, Module, Profile, Slot, tools::Tool};

const SO_PIN: &str = "12345678";

/// A SoftHSM token with the keys and certificates of a profile; deleted on drop.
///
/// All tokens of a process are in one folder, which `SOFTHSM2_CONF` names from the start of the process. A loaded module sees a
/// new token only after it is loaded or initialised again.
pub struct SoftHsm {
    label: String,
    pin: String,
    scratch: TempDir,
}

impl SoftHsm {
    /// Makes a token with the label `label` and the keys and PIN of `profile`. The first key has the `CKA_ID` 01, and so on.
    pub fn create(label: &str, profile: &Profile) -> Result<Self, Error> {
        let scratch =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        {
            let _guard = one_at_a_time();
            configure()?;
            Tool::new("softhsm2-util")
                .args([
                    "--init-token",
                    "--free",
                    "--label",
                    label,
                    "--so-pin",
                    SO_PIN,
                    "--pin",
                    &profile.pin,
                ])
                .run()?;
        }
        let token = Self {
            label: label.into(),
            pin: profile.pin.clone(),
            scratch,
        };
        let authority = profile.issuer.authority()?;
        for (number, (slot, algorithm)) in (1_u8..).zip(&profile.keys) {
            let file = |kind: &str| token.scratch.path().join(slot.name()).with_extension(kind);
            let (key, public, certificate, der) = (file("key"), file("pub"), file("crt"), file("der"));
            make_key(*algorithm, &key, &public)?;
            authority.issue(profile, &public, &certificate)?;
            convert(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], &key, &der)?;
            token.write("privkey", number, &der)?;
            convert(CERTIFICATE_TO_DER, &certificate, &der)?;
            token.write("cert", number, &der)?;
        }
        Ok(token)
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

    /// Makes each certificate visible only after a login (`CKA_PRIVATE`).
    pub fn hide_certificates(&self) -> Result<(), Error> {
        const KEPT: [AttributeType; 7] = [
            AttributeType::Class,
            AttributeType::CertificateType,
            AttributeType::Token,
            AttributeType::Subject,
            AttributeType::Id,
            AttributeType::Label,
            AttributeType::Value,
        ];
        self.change(|session| {
            for handle in session.find_objects(&[Attribute::Class(ObjectClass::CERTIFICATE)])? {
                let mut template = session.get_attributes(handle, &KEPT)?;
                template.push(Attribute::Private(true));
                session.create_object(&template)?;
                session.destroy_object(handle)?;
            }
            Ok(())
        })
    }

    /// Gives all objects one identifier (`CKA_ID`), 01.
    pub fn share_identifier(&self) -> Result<(), Error> {
        self.change(|session| {
            for handle in session.find_objects(&[])? {
                session.update_attributes(handle, &[Attribute::Id(vec![1])])?;
            }
            Ok(())
        })
    }

    /// Sets the label of the objects with an identifier (`CKA_ID`).
    pub fn relabel(&self, id: u8, label: &str) -> Result<(), Error> {
        self.change(|session| {
            for handle in session.find_objects(&[Attribute::Id(vec![id])])? {
                session.update_attributes(handle, &[Attribute::Label(label.as_bytes().to_vec())])?;
            }
            Ok(())
        })
    }

    /// Changes the token's database directly, where no tool supports the change.
    fn change(&self, change: impl FnOnce(&Session) -> Result<(), ModuleError>) -> Result<(), Error> {
        let _guard = one_at_a_time();
        let path = Module::SoftHsm.path()?;
        let failed = |error: ModuleError| Error::new(format!("SoftHSM: {error}"));
        let pkcs11 = Pkcs11::new(path).map_err(failed)?;
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        pkcs11.initialize(arguments).map_err(failed)?;
        let is_it = |slot: &module::Slot| {
            let info = pkcs11.get_token_info(*slot);
            info.is_ok_and(|info| info.label() == self.label)
        };
        let changed = (|| {
            let slots = pkcs11.get_slots_with_initialized_token()?;
            let slot = slots.into_iter().find(is_it);
            let session = pkcs11.open_rw_session(slot.ok_or(ModuleError::InvalidValue)?)?;
            session.login(UserType::User, Some(&self.pin.clone().into()))?;
            change(&session)?;
            session.close()
        })();
        let finalized = pkcs11.finalize();
        changed.and(finalized).map_err(failed)
    }

    fn write(&self, kind: &str, number: u8, file: &Path) -> Result<(), Error> {
        Tool::new("pkcs11-tool")
            .arg("--module")
            .arg(Module::SoftHsm.path()?)
            .args(["--token-label", &self.label, "--login", "--pin", &self.pin])
            .args([
                "--type",
                kind,
                "--id",
                &format!("{number:02x}"),
                "--label",
                &self.label,
                "--write-object",
            ])
            .arg(file)
            .run()
            .map(drop)
    }
}

impl Drop for SoftHsm {
    fn drop(&mut self) {
        let _guard = one_at_a_time();
        let _ = Tool::new("softhsm2-util")
            .args(["--delete-token", "--token", &self.label])
            .run();
    }
}

/// `softhsm2-util` reads every token before it makes or deletes one, and fails if another thread makes or deletes one
/// meanwhile.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TOKENS: Mutex<()> = Mutex::new(());
    TOKENS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes the configuration file that `SOFTHSM2_CONF` names, once.
fn configure() -> Result<(), Error> {
    let config = place("SOFTHSM2_CONF")?;
    if config.exists() {
        return Ok(());
    }
    let tokens = config.with_file_name("softhsm2-tokens");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::create_dir_all(&tokens).map_err(|error| Error::io("making", &tokens, &error))?;
    fs::write(&config, text).map_err(|error| Error::io("writing", &config, &error))
}

/// A path that `in-namespace` has set for this process and its modules.
pub(crate) fn place(variable: &str) -> Result<PathBuf, Error> {
    match (env::var_os("CARD_LAB"), env::var_os(variable)) {
        (Some(lab), Some(path)) if Path::new(&path).starts_with(&lab) => Ok(path.into()),
        _ => Err(Error::new(format!(
            "{variable} does not name a path of the lab: run the tests with `make test`, or through \
             examples/stand-ins/lab/in-namespace"
        ))),
    }
}
