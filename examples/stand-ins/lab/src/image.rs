//! Images of cards that were set up once. Each test uses a copy, because generating RSA keys on a card takes seconds.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use crate::openssl::{CERTIFICATE_TO_DER, convert};
use crate::{
    Algorithm, Card, Error, Profile, Readers,
    card::Identity,
    generate,
    profile::{Compression, Persona},
    tools,
};

/// The memory of a set-up card, and its certificates.
pub(crate) struct Image {
    pub(crate) folder: PathBuf,
}

/// Changes when cards are set up in another way, so that old images are not used.
const VERSION: u8 = 1;

const FACTORY_PIN: &str = "123456";

impl Image {
    /// The image of `profile`. If there is none yet, it is made in the reader `index`, which must be empty.
    pub(crate) fn of(profile: &Profile, readers: &Readers, index: usize) -> Result<Self, Error> {
        let mut hash = DefaultHasher::new();
        // Properties apart from the memory do not change the image.
        let persona = Persona::default();
        let remembered = Profile {
            persona,
            ..profile.clone()
        };
        (VERSION, remembered).hash(&mut hash);
        let folder = tools::cache()?.join(format!("{}-{:016x}", profile.user, hash.finish()));
        if !folder.exists() {
            publish(&folder, |new| set_up(profile, readers, index, new))?;
        }
        Ok(Self { folder })
    }

    pub(crate) fn memory(&self) -> PathBuf {
        self.folder.join("card")
    }
}

/// Fills a folder and renames it when it is complete. If another process was faster, its folder is used.
pub(crate) fn publish(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    let new =
        tempfile::tempdir_in(parent).map_err(|error| Error::io("making a folder in", parent, &error))?;
    fill(new.path())?;
    match fs::rename(new.path(), folder) {
        Err(error) if !folder.exists() => Err(Error::io("keeping", folder, &error)),
        _ => Ok(()),
    }
}

/// Sets up a factory-new card as an issuer does: generates the keys on the card, adds certificates, changes the PIN.
fn set_up(profile: &Profile, readers: &Readers, index: usize, folder: &Path) -> Result<(), Error> {
    let authority = profile.issuer.authority()?;
    let mut card = Card::start(readers, index, &folder.join("card"), Identity::FactoryNew)?;
    card.settle()?;
    for (slot, algorithm) in &profile.keys {
        let public_key = folder.join(slot.name()).with_extension("pub");
        let certificate = folder.join(slot.name()).with_extension("crt");
        let yubico = |action| {
            tools::Tool::new("yubico-piv-tool").args(["-r", card.reader(), "-s", slot.name(), "-a", action])
        };
        match algorithm {
            Algorithm::Rsa3072 => generate::rsa(card.reader(), *slot, 0x05, &public_key)?,
            Algorithm::Rsa4096 => generate::rsa(card.reader(), *slot, 0x16, &public_key)?,
            Algorithm::P256 | Algorithm::P384 | Algorithm::Rsa2048 => yubico("generate")
                .args(["-A", algorithm.name_for_yubico(), "-o"])
                .arg(&public_key)
                .run()
                .map(drop)?,
        }
        authority.issue(profile, &public_key, &certificate)?;
        match profile.compression {
            Compression::Gzip => yubico("import-certificate")
                .args(["-K", "GZIP", "-i"])
                .arg(gzip(&certificate)?)
                .run()?,
            Compression::None => yubico("import-certificate").arg("-i").arg(&certificate).run()?,
        };
    }
    let pins = ["-P", FACTORY_PIN, "-N", &profile.pin];
    tools::Tool::new("yubico-piv-tool")
        .args(["-r", card.reader(), "-a", "change-pin"])
        .args(pins)
        .run()?;
    card.remove()
}

/// The certificate of a PEM file as DER, compressed, in a file next to it.
fn gzip(certificate: &Path) -> Result<PathBuf, Error> {
    let der = certificate.with_extension("der");
    convert(CERTIFICATE_TO_DER, certificate, &der)?;
    tools::Tool::new("gzip")
        .arg("--force")
        .arg("--keep")
        .arg(&der)
        .run()?;
    Ok(certificate.with_extension("der.gz"))
}
