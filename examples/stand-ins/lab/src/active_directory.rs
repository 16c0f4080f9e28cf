//! A domain of Active Directory on loopback: Samba's domain controller.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use crate::{
    Authority, Error,
    image::publish,
    kdc::{Kdc, certify, turn, write},
    process::Process,
    tools::{Tool, cache},
};

/// A running domain controller of the realm CORP.LOCAL; ended on drop. While it is alive, another
/// [`ActiveDirectory::start`] in this process waits, because its ports are fixed.
///
/// The people of the domain:
///
/// | account | userPrincipalName | |
/// |---|---|---|
/// | alice | alice@corp.local | |
/// | grace | grace.hopper@contoso.example | has a service name, which Samba 4.17 requires for tickets to oneself |
/// | alan | none: the domain controller makes alan@corp.local | |
/// | dora | dora@corp.local | disabled |
/// | client1$ | | the device, with the service host/client1.corp.local |
///
/// It trusts the certificates of [`Authority::trusted`], which issued its own too.
pub struct ActiveDirectory(Kdc);

impl ActiveDirectory {
    /// The realm. The DNS name of the domain is the same in small letters.
    pub const REALM: &str = "CORP.LOCAL";

    /// DNS name of the domain controller. Its own DNS service on 127.0.0.1 resolves it; it is in its certificate.
    pub const HOST: &str = "dc1.corp.local";

    /// Name of the device's service.
    pub const SERVICE: &str = "host/client1.corp.local";

    /// Starts the domain controller. The domain is made once, in half a minute, and copied for each start.
    pub fn start() -> Result<Self, Error> {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = turn(&TURN);
        let kept = cache()?.join("active-directory-2");
        if !kept.exists() {
            publish(&kept, provision)?;
        }
        Kdc::start(turn, &[53, 88, 389], |folder| {
            Tool::new("cp")
                .arg("--archive")
                .arg(kept.join("."))
                .arg(folder)
                .run()?;
            configure(folder)?;
            run(folder)
        })
        .map(Self)
    }

    /// Address of the KDC, for TCP.
    #[must_use]
    pub fn kdc(&self) -> &'static str {
        "127.0.0.1:88"
    }

    /// The same by IPv6.
    #[must_use]
    pub fn kdc_v6(&self) -> &'static str {
        "[::1]:88"
    }

    /// Keytab of the device, with its current keys.
    #[must_use]
    pub fn keytab(&self) -> PathBuf {
        self.0.folder().join("client1.keytab")
    }

    /// Keytab of the device from before its password was changed.
    #[must_use]
    pub fn stale_keytab(&self) -> PathBuf {
        self.0.folder().join("stale.keytab")
    }

    /// Configuration for MIT's programs, for `KRB5_CONFIG`.
    #[must_use]
    pub fn krb5_conf(&self) -> PathBuf {
        self.0.folder().join("client-krb5.conf")
    }

    /// Value of an attribute of an account, as the directory has it. Binary ones are in the form of ldbsearch, a SID is text.
    pub fn attribute(&self, account: &str, attribute: &str) -> Result<Option<String>, Error> {
        let found = Tool::new("ldbsearch")
            .arg("-H")
            .arg(self.0.folder().join("private/sam.ldb"))
            .args([&format!("(sAMAccountName={account})"), attribute])
            .run()?;
        let prefix = format!("{attribute}: ");
        let text = String::from_utf8_lossy(&found);
        Ok(text
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
            .map(str::to_owned))
    }
}

/// Makes the domain in an empty folder. Paths are relative to it in the databases; the configuration is written anew for each
/// copy.
fn provision(folder: &Path) -> Result<(), Error> {
    configure(folder)?;
    certify(folder, ActiveDirectory::HOST, ActiveDirectory::REALM)?;
    Samba(folder).run(&[
        "domain",
        "provision",
        "--realm=CORP.LOCAL",
        "--domain=CORP",
        "--server-role=dc",
        "--host-name=dc1",
        "--host-ip=127.0.0.1",
        "--dns-backend=SAMBA_INTERNAL",
        "--adminpass=Passw0rd!x",
        "--domain-sid=S-1-5-21-1004336348-1177238915-682003330",
    ])?;
    people(folder)
}

fn people(folder: &Path) -> Result<(), Error> {
    let samba = Samba(folder);
    for user in ["alice", "grace", "alan", "dora"] {
        samba.run(&["user", "create", user, "--random-password"])?;
    }
    samba.run(&["user", "disable", "dora"])?;
    samba.run(&["computer", "create", "client1"])?;
    for (service, account) in [
        (ActiveDirectory::SERVICE, "client1$"),
        ("http/grace.corp.local", "grace"),
        // ldapsearch with GSSAPI asks for this one.
        ("ldap/localhost", "DC1$"),
    ] {
        samba.run(&["spn", "add", service, account])?;
    }
    write(folder, "changes.ldif", CHANGES)?;
    Tool::new("ldbmodify")
        .arg("-H")
        .arg(folder.join("private/sam.ldb"))
        .arg(folder.join("changes.ldif"))
        .run()?;
    for (keytab, password) in [
        ("stale.keytab", "first-Passw0rd!x"),
        ("client1.keytab", "second-Passw0rd!x"),
    ] {
        samba.run(&[
            "user",
            "setpassword",
            "client1$",
            &format!("--newpassword={password}"),
        ])?;
        let file = folder.join(keytab);
        samba.run(&[
            "domain",
            "exportkeytab",
            &file.to_string_lossy(),
            "--principal=client1$",
        ])?;
    }
    Ok(())
}

/// Computers that samba-tool makes have no encryption types, so their tickets would come with RC4; 24 is AES.
const CHANGES: &str = "dn: CN=Partitions,CN=Configuration,DC=corp,DC=local
changetype: modify
add: uPNSuffixes
uPNSuffixes: contoso.example

dn: CN=grace,CN=Users,DC=corp,DC=local
changetype: modify
replace: userPrincipalName
userPrincipalName: grace.hopper@contoso.example

dn: CN=alan,CN=Users,DC=corp,DC=local
changetype: modify
delete: userPrincipalName

dn: CN=client1,CN=Computers,DC=corp,DC=local
changetype: modify
replace: msDS-SupportedEncryptionTypes
msDS-SupportedEncryptionTypes: 24
";

/// `samba-tool` on the domain of a folder.
struct Samba<'f>(&'f Path);

impl Samba<'_> {
    fn run(&self, arguments: &[&str]) -> Result<(), Error> {
        let database = match arguments {
            ["domain", ..] => None,
            _ => Some(format!("--URL={}", self.0.join("private/sam.ldb").display())),
        };
        Tool::new("samba-tool")
            .args(arguments)
            .arg(format!("--configfile={}", self.0.join("smb.conf").display()))
            .args(database)
            .envs(&[("KRB5_CONFIG", self.0.join("krb5.conf"))])
            .run()
            .map(drop)
    }
}

/// Writes the configuration: only what a KDC and a directory need. The machine's own is neither read nor written.
fn configure(folder: &Path) -> Result<(), Error> {
    let authority = Authority::trusted()?.certificate();
    let (here, ca) = (folder.display(), authority.display());
    for part in ["log", "run", "lock", "state", "cache", "private"] {
        let path = folder.join(part);
        fs::create_dir_all(&path).map_err(|error| Error::io("making", &path, &error))?;
    }
    // Provisioning insists on the two shares; nothing serves them.
    write(
        folder,
        "smb.conf",
        &format!(
            "[global]
realm = CORP.LOCAL
workgroup = CORP
netbios name = DC1
server role = active directory domain controller
server services = ldap cldap kdc dns
interfaces = lo
bind interfaces only = yes
lock directory = {here}/lock
state directory = {here}/state
cache directory = {here}/cache
private dir = {here}/private
pid directory = {here}/run
ncalrpc dir = {here}/run/ncalrpc
winbindd socket directory = {here}/run/winbindd
ntp signd socket directory = {here}/run/ntp_signd
log file = {here}/log/samba
max log size = 0
tls enabled = no
[sysvol]
path = {here}/state/sysvol
[netlogon]
path = {here}/state/sysvol/corp.local/scripts
"
        ),
    )?;
    let realm = "[libdefaults]
default_realm = CORP.LOCAL
dns_lookup_realm = false
dns_lookup_kdc = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
[domain_realm]
.corp.local = CORP.LOCAL
localhost = CORP.LOCAL
[realms]
CORP.LOCAL = {
kdc = 127.0.0.1:88
";
    write(
        folder,
        "krb5.conf",
        &format!(
            "{realm}}}
[kdc]
enable-pkinit = yes
pkinit_identity = FILE:{here}/kdc.crt,{here}/kdc.key
pkinit_anchors = FILE:{ca}
pkinit_principal_in_certificate = yes
"
        ),
    )?;
    write(
        folder,
        "client-krb5.conf",
        &format!(
            "{realm}pkinit_anchors = FILE:{ca}
pkinit_eku_checking = kpServerAuth
pkinit_kdc_hostname = dc1.corp.local
}}
"
        ),
    )
}

fn run(folder: &Path) -> Result<Process, Error> {
    let mut command = Command::new("samba");
    command
        .arg(format!("--configfile={}", folder.join("smb.conf").display()))
        .args([
            "--interactive",
            "--model=single",
            "--no-process-group",
            "--debug-stdout",
        ])
        .env("KRB5_CONFIG", folder.join("krb5.conf"));
    let log = folder.join("log/out");
    let out = fs::File::create(&log).map_err(|error| Error::io("making", &log, &error))?;
    Process::start_with(&command, |command| {
        // It ends when its standard input does.
        command.stdin(Stdio::piped()).stdout(out).stderr(Stdio::null());
    })
}
