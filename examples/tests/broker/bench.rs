//! The broker with its bus and its tenant.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use cba_protocol::{PrimaryRefreshToken, SealingKey};
use local_authority::Configuration;
use rustix::fs::{MemfdFlags, SealFlags};
use serde_json::{Value, json};
use tempfile::TempDir;
use zbus::Fd;

use crate::bus::{Bus, NAME, OWN, PATH};
use crate::tenant::{Tenant, configuration, seed};

/// Longest time of any wait on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Bench {
    pub(crate) tenant: Tenant,
    pub(crate) bus: Bus,
    pub(crate) folder: TempDir,
}

/// A running broker; killed on drop.
pub(crate) struct Broker {
    child: Child,
    log: PathBuf,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Configuration)) -> Self {
        Self {
            tenant: Tenant::with(change),
            bus: Bus::start(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The program with the options that every test needs, and these.
    pub(crate) fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_broker"));
        command
            .args(self.arguments())
            .args(options)
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus.address())
            .env("XDG_RUNTIME_DIR", self.folder.path());
        command
    }

    pub(crate) fn arguments(&self) -> Vec<String> {
        let base = &configuration().base;
        let path = |name: &str| base.join(name).display().to_string();
        [
            "serve".to_owned(),
            "--authority".to_owned(),
            self.tenant.authority.url(),
            "--ca".to_owned(),
            path("tls-ca.pem"),
            "--device".to_owned(),
            path("device.json"),
        ]
        .into()
    }

    /// Starts the broker and waits until it answers.
    pub(crate) fn start(&self, options: &[&str]) -> Broker {
        self.start_with(options, &[])
    }

    /// The same with further environment variables.
    pub(crate) fn start_with(&self, options: &[&str], variables: &[(&str, &str)]) -> Broker {
        let log = self.folder.path().join("log");
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let child = self
            .command(options)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut broker = Broker { child, log };
        self.wait_until("the broker has its name", || {
            assert!(broker.child.try_wait().unwrap().is_none(), "{}", broker.log());
            let names = self.bus.connection();
            let call = names.call_method(
                Some("org.freedesktop.DBus"),
                "/org/freedesktop/DBus",
                Some("org.freedesktop.DBus"),
                "NameHasOwner",
                &NAME,
            );
            zbus::block_on(call).unwrap().body().deserialize().unwrap()
        });
        broker
    }

    /// Hands a token over, as `sign-in --broker` does. Returns the name of the user.
    pub(crate) fn hand_over(&self, prt: &PrimaryRefreshToken, card: &str) -> Result<String, String> {
        self.take(file_of(prt), card)
    }

    /// Calls `Take` with any descriptor.
    pub(crate) fn take(&self, file: OwnedFd, card: &str) -> Result<String, String> {
        let connection = self.bus.connection();
        let body = (Fd::from(file), card);
        let call = connection.call_method(Some(NAME), PATH, Some(OWN), "Take", &body);
        let reply = zbus::block_on(call).map_err(|error| error.to_string())?;
        Ok(reply.body().deserialize().unwrap())
    }

    /// Hands a token of alice over.
    pub(crate) fn sign_in(&self) -> PrimaryRefreshToken {
        let prt = self.tenant.prt("alice");
        assert_eq!(self.hand_over(&prt, "").unwrap(), "alice@contoso.example");
        prt
    }

    /// Unique name of the broker's connection.
    pub(crate) fn owner(&self) -> String {
        let connection = self.bus.connection();
        let call = connection.call_method(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            Some("org.freedesktop.DBus"),
            "GetNameOwner",
            &NAME,
        );
        let reply = zbus::block_on(call).unwrap();
        reply.body().deserialize().unwrap()
    }

    pub(crate) fn signed_out(&self) -> bool {
        self.bus.status()["token"].is_null()
    }

    /// A cookie for the authorize page, with what follows in its URL.
    pub(crate) fn cookie(&self, further: &str) -> Value {
        let url = self.tenant.authorize_url(further);
        self.bus.call("acquirePrtSsoCookie", &json!({"ssoUrl": url}))
    }

    pub(crate) fn stored(&self) -> PathBuf {
        self.folder.path().join("certificate-broker").join("token")
    }

    #[track_caller]
    #[expect(clippy::unused_self, reason = "it waits for this bench")]
    pub(crate) fn wait_until(&self, what: &str, mut reached: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !reached() {
            assert!(Instant::now() < end, "not reached in time: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Broker {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "the broker does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The memory file that a program passes: a key, and the token sealed with it.
pub(crate) fn file_of(prt: &PrimaryRefreshToken) -> OwnedFd {
    let key = [7; 32];
    let content = [key.as_slice(), &prt.seal(&SealingKey::from(key), seed())].concat();
    memory_file(
        &content,
        SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE,
    )
}

pub(crate) fn memory_file(content: &[u8], seals: SealFlags) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(rustix::fs::memfd_create("test", flags).unwrap());
    file.write_all(content).unwrap();
    rustix::fs::fcntl_add_seals(&file, seals).unwrap();
    file.into()
}

/// Output of a command that ends by itself.
pub(crate) fn output(command: &mut Command) -> (i32, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (child.wait().unwrap().code().unwrap(), text)
}
