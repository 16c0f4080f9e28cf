//! A Kerberos realm on loopback: MIT's KDC. It can do what Samba's cannot: revocation lists, and error codes for each reason.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use crate::{
    Authority, Error,
    kdc::{Kdc, Turn, certify, turn, write},
    process::Process,
    tools::Tool,
};

/// A running KDC of the realm MIT.LOCAL; ended on drop. While it is alive, another [`MitKdc::start`] in this process waits, because
/// its port is fixed.
///
/// Its principals are enterprise names, because this KDC has no directory that maps them:
///
/// | name | |
/// |---|---|
/// | alice@mit.local | the UPN of the certificate must be the same |
/// | mapped@mit.local | a rule maps certificates with the common name alice and without a UPN to it |
/// | dora@mit.local | disabled |
/// | host/client1.mit.local | the device |
///
/// It trusts the certificates of [`Authority::trusted`], which issued its own too.
pub struct MitKdc(Kdc);

/// Revocation lists that the KDC has.
#[derive(Clone, Copy, Debug)]
pub enum RevocationLists<'a> {
    /// None, and none is required.
    NotChecked,
    /// None, although one is required.
    Missing,
    /// A list with these certificates, in PEM files.
    Revoked(&'a [PathBuf]),
}

impl MitKdc {
    /// The realm.
    pub const REALM: &str = "MIT.LOCAL";

    /// Makes a realm and starts its KDC, in about a second. A test that also has readers starts the KDC first: two tests that take their
    /// turns in different orders would wait for each other.
    pub fn start(lists: RevocationLists<'_>) -> Result<Self, Error> {
        static TURN: Mutex<()> = Mutex::new(());
        Self::in_turn(turn(&TURN), lists)
    }

    /// Ends this KDC and starts one with a new realm. Nobody else's turn is in between, so that a test may hold readers meanwhile.
    pub fn restart(self, lists: RevocationLists<'_>) -> Result<Self, Error> {
        Self::in_turn(self.0.end(), lists)
    }

    fn in_turn(turn: Turn, lists: RevocationLists<'_>) -> Result<Self, Error> {
        Kdc::start(turn, &[8801], |folder| {
            certify(folder, "kdc.mit.local", Self::REALM)?;
            configure(folder, lists)?;
            principals(folder)?;
            run(folder)
        })
        .map(Self)
    }

    /// Address of the KDC, for TCP. Its UDP port is closed.
    #[must_use]
    pub fn kdc(&self) -> &'static str {
        "127.0.0.1:8801"
    }

    /// Keytab of the device.
    #[must_use]
    pub fn keytab(&self) -> PathBuf {
        self.0.folder().join("client1.keytab")
    }

    /// The log of the KDC.
    pub fn log(&self) -> Result<String, Error> {
        let path = self.0.folder().join("kdc.log");
        fs::read_to_string(&path).map_err(|error| Error::io("reading", &path, &error))
    }
}

fn configure(folder: &Path, lists: RevocationLists<'_>) -> Result<(), Error> {
    let (here, ca) = (folder.display(), Authority::trusted()?.certificate());
    let revocation = match lists {
        RevocationLists::NotChecked => String::new(),
        RevocationLists::Missing => "pkinit_require_crl_checking = true".to_owned(),
        RevocationLists::Revoked(certificates) => {
            Authority::trusted()?.revocation_list(certificates, folder)?;
            format!("pkinit_require_crl_checking = true\npkinit_revoke = FILE:{here}/list.pem")
        }
    };
    write(
        folder,
        "kdc.conf",
        &format!(
            "[kdcdefaults]
kdc_listen = \"\"
kdc_tcp_listen = 127.0.0.1:8801
[realms]
MIT.LOCAL = {{
database_name = {here}/principal
key_stash_file = {here}/stash
acl_file = {here}/acl
master_key_type = aes256-cts-hmac-sha1-96
supported_enctypes = aes256-cts-hmac-sha1-96:normal
pkinit_identity = FILE:{here}/kdc.crt,{here}/kdc.key
pkinit_anchors = FILE:{ca}
pkinit_allow_upn = true
pkinit_eku_checking = scLogin
{revocation}
}}
[logging]
kdc = FILE:{here}/kdc.log
",
            ca = ca.display()
        ),
    )?;
    write(
        folder,
        "krb5.conf",
        "[libdefaults]\ndefault_realm = MIT.LOCAL\ndns_lookup_realm = false\ndns_lookup_kdc = false\n",
    )
}

fn variables(folder: &Path) -> [(&'static str, PathBuf); 2] {
    [
        ("KRB5_CONFIG", folder.join("krb5.conf")),
        ("KRB5_KDC_PROFILE", folder.join("kdc.conf")),
    ]
}

fn principals(folder: &Path) -> Result<(), Error> {
    Tool::new("kdb5_util")
        .args(["create", "-s", "-r", MitKdc::REALM, "-P", "stand-in"])
        .envs(&variables(folder))
        .run()?;
    let keytab = folder.join("client1.keytab");
    let commands = format!(
        r#"addprinc -randkey +requires_preauth alice\@mit.local
addprinc -randkey +requires_preauth mapped\@mit.local
setstr mapped\@mit.local pkinit_cert_match "<SUBJECT>.*CN=alice.*"
addprinc -randkey +requires_preauth -allow_tix dora\@mit.local
addprinc -randkey host/client1.mit.local
ktadd -k {} host/client1.mit.local
"#,
        keytab.display()
    );
    let mut command = Command::new("kadmin.local");
    command.args(["-r", MitKdc::REALM]).envs(variables(folder));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| Error::missing("the program kadmin.local"))?;
    let written = child
        .stdin
        .take()
        .map(|mut pipe| pipe.write_all(commands.as_bytes()));
    let ended = child.wait().is_ok_and(|status| status.success());
    if ended && matches!(written, Some(Ok(()))) && keytab.exists() {
        Ok(())
    } else {
        Err(Error::new("kadmin.local did not make the principals".to_owned()))
    }
}

fn run(folder: &Path) -> Result<Process, Error> {
    let mut command = Command::new("krb5kdc");
    command.args(["-n", "-r", MitKdc::REALM]).envs(variables(folder));
    Process::start_with(&command, |command| {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    })
}
