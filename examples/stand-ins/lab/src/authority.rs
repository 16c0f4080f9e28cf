//! A certification authority that uses the openssl program.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Error, Profile,
    image::publish,
    tools::{Tool, cache},
};

/// Validity of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Validity {
    /// Ten years from now on.
    Current,
    /// Thirty days in January 2020: expired.
    Expired,
    /// From January 2090 on: not valid yet.
    NotYet,
}

/// A certification authority for tests, with its RSA key in a file.
#[derive(Clone, Debug)]
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// The authority that issues the lab's certificates. It is kept between runs, like the cards.
    pub fn trusted() -> Result<Self, Error> {
        Self::kept("Lab CA")
    }

    /// Another authority with another key and name, which is not trusted.
    pub fn unknown() -> Result<Self, Error> {
        Self::kept("Unknown CA")
    }

    /// A new authority with the common name `name` in `folder`, which must be empty.
    pub fn create(folder: &Path, name: &str) -> Result<Self, Error> {
        Tool::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7300", "-sha256",
            ])
            .args(["-subj", &format!("/O=Corp/CN={name}")])
            .args(["-addext", "keyUsage=critical,keyCertSign,cRLSign"])
            .arg("-keyout")
            .arg(folder.join("ca.key"))
            .arg("-out")
            .arg(folder.join("ca.crt"))
            .run()?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    fn kept(name: &str) -> Result<Self, Error> {
        let folder = cache()?.join(name.replace(' ', "-").to_lowercase());
        if !folder.exists() {
            publish(&folder, |new| Self::create(new, name).map(drop))?;
        }
        Ok(Self { folder })
    }

    /// Its own certificate, PEM.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// Its private key, PEM, not encrypted.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.folder.join("ca.key")
    }

    /// Issues a certificate for `profile` and the public key in the PEM file `public_key`. Writes it as PEM to `certificate`.
    pub fn issue(&self, profile: &Profile, public_key: &Path, certificate: &Path) -> Result<(), Error> {
        let extensions = certificate.with_extension("cnf");
        fs::write(&extensions, config(profile)).map_err(|error| Error::io("writing", &extensions, &error))?;
        // OpenSSL before 3.4 has no option for dates here, so its clock is changed instead.
        let (tool, days) = match profile.validity {
            Validity::Current => (Tool::new("openssl"), "3650"),
            Validity::Expired => (
                Tool::new("faketime").args(["2020-01-01 00:00:00", "openssl"]),
                "30",
            ),
            Validity::NotYet => (
                Tool::new("faketime").args(["2090-01-01 00:00:00", "openssl"]),
                "30",
            ),
        };
        tool.args([
            "x509",
            "-new",
            "-sha256",
            "-days",
            days,
            "-subj",
            &profile.subject,
            "-force_pubkey",
        ])
        .arg(public_key)
        .arg("-CA")
        .arg(self.certificate())
        .arg("-CAkey")
        .arg(self.key())
        .arg("-set_serial")
        .arg(format!("0x{}", serial()?))
        .arg("-extfile")
        .arg(&extensions)
        .arg("-out")
        .arg(certificate)
        .run()
        .map(drop)
    }
}

impl Authority {
    /// Writes `list.pem` into `folder`: a revocation list with these certificates (PEM), valid for a month.
    pub fn revocation_list(&self, revoked: &[PathBuf], folder: &Path) -> Result<(), Error> {
        let mut index = String::new();
        for certificate in revoked {
            let said = Tool::new("openssl")
                .args(["x509", "-noout", "-serial", "-in"])
                .arg(certificate)
                .run()?;
            let said = String::from_utf8_lossy(&said);
            let serial = said.trim().trim_start_matches("serial=");
            // openssl-ca(1): status, end of validity, time of revocation, serial number, file, subject
            let _ = writeln!(
                index,
                "R\t391231235959Z\t260101000000Z\t{serial}\tunknown\t/CN=revoked"
            );
        }
        let database = folder.join("index.txt");
        let settings = format!(
            "[ca]\ndefault_ca=list\n[list]\ndatabase={}\ndefault_md=sha256\n",
            database.display()
        );
        for (path, text) in [
            (&database, &index),
            (&folder.join("index.txt.attr"), &String::new()),
            (&folder.join("list.cnf"), &settings),
        ] {
            fs::write(path, text).map_err(|error| Error::io("writing", path, &error))?;
        }
        Tool::new("openssl")
            .args(["ca", "-gencrl", "-crldays", "30", "-config"])
            .arg(folder.join("list.cnf"))
            .arg("-cert")
            .arg(self.certificate())
            .arg("-keyfile")
            .arg(self.key())
            .arg("-out")
            .arg(folder.join("list.pem"))
            .run()
            .map(drop)
    }
}

fn serial() -> Result<String, Error> {
    let digits = Tool::new("openssl").args(["rand", "-hex", "15"]).run()?;
    Ok(format!("4c{}", String::from_utf8_lossy(&digits).trim()))
}

/// OpenSSL's configuration of a user's certificate, with the extensions that Windows requires for a smart card.
fn config(profile: &Profile) -> String {
    let mut text = String::from(
        "basicConstraints=critical,CA:FALSE\n\
         subjectKeyIdentifier=hash\n\
         authorityKeyIdentifier=keyid\n\
         keyUsage=critical,digitalSignature\n",
    );
    // Writing to a String does not fail.
    let _ = writeln!(text, "extendedKeyUsage={}", profile.extended_key_usage.join(","));
    for line in &profile.extensions {
        let _ = writeln!(text, "{line}");
    }
    let names = profile
        .principal_names
        .iter()
        .map(|name| format!("otherName=1.3.6.1.4.1.311.20.2.3;UTF8:{name}"));
    let names = names.chain(profile.rfc822_names.iter().map(|name| format!("email={name}")));
    let names: Vec<_> = names
        .enumerate()
        .map(|(index, name)| name.replacen('=', &format!(".{index}="), 1))
        .collect();
    if !names.is_empty() {
        let _ = writeln!(text, "subjectAltName=@names");
    }
    if profile.sid.is_some() {
        let _ = writeln!(text, "1.3.6.1.4.1.311.25.2=ASN1:SEQUENCE:sid");
    }
    // From here on, sections that the lines above name.
    if !names.is_empty() {
        let _ = writeln!(text, "[names]\n{}", names.join("\n"));
    }
    if let Some(sid) = &profile.sid {
        let _ = writeln!(
            text,
            "[sid]\nname=IMPLICIT:0,SEQUENCE:sid_name\n[sid_name]\ntype=OID:1.3.6.1.4.1.311.25.2.1\n\
             value=EXPLICIT:0,FORMAT:ASCII,OCTETSTRING:{sid}"
        );
    }
    text
}
