//! What the domain controllers have in common: a folder, a certificate, a start, and one at a time.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    Algorithm, Authority, Error, Profile,
    openssl::make_key,
    process::{Process, wait_until},
};

/// A running KDC with its folder. It is ended first, then the next one may start, because the ports are fixed.
pub(crate) struct Kdc {
    process: Process,
    folder: TempDir,
    turn: Turn,
}

/// The right to use the ports.
pub(crate) type Turn = MutexGuard<'static, ()>;

/// Waits until no other KDC of the kind runs in this process.
pub(crate) fn turn(of_kind: &'static Mutex<()>) -> Turn {
    of_kind.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kdc {
    /// Starts a KDC in a new folder, and waits until it listens at these ports.
    pub(crate) fn start(
        turn: Turn,
        ports: &[u16],
        prepared: impl FnOnce(&Path) -> Result<Process, Error>,
    ) -> Result<Self, Error> {
        let folder =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        let mut process = prepared(folder.path())?;
        let is_open = |port: &u16| TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok();
        let ready = wait_until(Duration::from_secs(60), || {
            process.still_runs().is_err() || ports.iter().all(is_open)
        });
        process.still_runs()?;
        match ready {
            Some(()) => Ok(Self {
                process,
                folder,
                turn,
            }),
            None => Err(Error::new(format!(
                "the KDC does not listen at the ports {ports:?} after a minute"
            ))),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the KDC. Nobody else's turn begins.
    pub(crate) fn end(self) -> Turn {
        let Self {
            process,
            folder,
            turn,
        } = self;
        drop((process, folder));
        turn
    }
}

/// Writes a file of a KDC's folder.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|error| Error::io("writing", &path, &error))
}

/// Makes the key `kdc.key`, and the certificate `kdc.crt` of [`Authority::trusted`] for the KDC of the realm at this host.
pub(crate) fn certify(folder: &Path, host: &str, realm: &str) -> Result<(), Error> {
    let (key, public) = (folder.join("kdc.key"), folder.join("kdc.pub"));
    make_key(Algorithm::Rsa2048, &key, &public)?;
    let certificate = Profile::new("kdc")
        .principal_names([])
        .rfc822_names([])
        .subject(&format!("/O=Corp/CN={host}"))
        .extended_key_usage(PURPOSES)
        .extension(&names(host, realm));
    Authority::trusted()?.issue(&certificate, &public, &folder.join("kdc.crt"))
}

/// id-pkinit-KPKdc (RFC 4556 section 3.2.4), smart card logon, TLS server.
const PURPOSES: [&str; 3] = ["1.3.6.1.5.2.3.5", "1.3.6.1.4.1.311.20.2.2", "serverAuth"];

/// The names of RFC 4556 section 3.2.4 and of [MS-PKCA] 3.1.5.
fn names(host: &str, realm: &str) -> String {
    format!(
        "subjectAltName=DNS:{host},otherName:1.3.6.1.5.2.2;SEQUENCE:krbtgt
[krbtgt]
realm=EXPLICIT:0,GeneralString:{realm}
name=EXPLICIT:1,SEQUENCE:krbtgt_name
[krbtgt_name]
type=EXPLICIT:0,INTEGER:2
parts=EXPLICIT:1,SEQUENCE:krbtgt_parts
[krbtgt_parts]
service=GeneralString:krbtgt
realm=GeneralString:{realm}"
    )
}
