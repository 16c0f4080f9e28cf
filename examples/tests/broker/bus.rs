//! A private bus, and dbus-send as its client.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use zbus::{Connection, connection};

pub(crate) const NAME: &str = "com.microsoft.identity.broker1";
pub(crate) const PATH: &str = "/com/microsoft/identity/broker1";
pub(crate) const OWN: &str = "CertificateBroker1.Session";

/// A bus; ended on drop.
pub(crate) struct Bus {
    daemon: Child,
    address: String,
    folder: TempDir,
}

impl Bus {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let services = folder.path().join("services");
        fs::create_dir(&services).unwrap();
        let configuration = format!(
            r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>"#,
            folder.path().join("bus").display(),
            services.display()
        );
        let file = folder.path().join("bus.conf");
        fs::write(&file, configuration).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", file.display()))
            .args(["--nofork", "--nopidfile", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the package dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let address = address.trim().to_owned();
        assert!(!address.is_empty(), "dbus-daemon did not start");
        Self {
            daemon,
            address,
            folder,
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn services(&self) -> std::path::PathBuf {
        self.folder.path().join("services")
    }

    /// A connection of zbus.
    pub(crate) fn connection(&self) -> Connection {
        zbus::block_on(connection::Builder::address(self.address.as_str()).build()).unwrap()
    }

    /// dbus-send with this method and these arguments.
    pub(crate) fn send(&self, method: &str, arguments: &[&str]) -> Output {
        Command::new("dbus-send")
            .arg(format!("--bus={}", self.address))
            .args(["--print-reply=literal", "--reply-timeout=60000"])
            .arg(format!("--dest={NAME}"))
            .arg(PATH)
            .arg(method)
            .args(arguments)
            .output()
            .expect("the package dbus-bin is installed")
    }

    /// The JSON answer of a method of the observed interface.
    pub(crate) fn call(&self, method: &str, request: &Value) -> Value {
        self.call_text(
            method,
            "00000000-0000-0000-0000-000000000001",
            &request.to_string(),
        )
    }

    pub(crate) fn call_text(&self, method: &str, correlation_id: &str, request: &str) -> Value {
        let method = format!("com.microsoft.identity.Broker1.{method}");
        let arguments = [
            "string:0.0".to_owned(),
            format!("string:{correlation_id}"),
            format!("string:{request}"),
        ];
        let output = self.send(&method, &arguments.each_ref().map(String::as_str));
        json(&output)
    }

    /// The state of the broker.
    pub(crate) fn status(&self) -> Value {
        json(&self.send(&format!("{OWN}.Status"), &[]))
    }

    /// Ends the bus.
    pub(crate) fn end(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Everything below a folder, in one string of bytes.
pub(crate) fn contents(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else if path.is_file() {
            all.extend(fs::read(path).unwrap_or_default());
        }
    }
    all
}
