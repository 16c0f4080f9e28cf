//! Certificates made by the OpenSSL command line, which shares no code with this crate.

use std::process::Command;

/// Content of a certificate, as OpenSSL configuration.
pub(crate) struct Mint<'t> {
    /// The lines of the `distinguished_name` section, such as `CN = Ada`; a leading `+` joins a line to the one before.
    pub(crate) subject: &'t str,
    /// The lines of the extension section, such as `keyUsage = digitalSignature`.
    pub(crate) extensions: &'t str,
    /// The serial number in hexadecimal.
    pub(crate) serial: &'t str,
    /// `genpkey` arguments.
    pub(crate) key: &'t [&'t str],
    /// Days from now until the end.
    pub(crate) days: u32,
}

pub(crate) const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

impl Default for Mint<'_> {
    fn default() -> Self {
        Self {
            subject: "CN = Ada",
            extensions: "keyUsage = digitalSignature",
            serial: "0102",
            key: P256,
            days: 30,
        }
    }
}

impl Mint<'_> {
    /// A self-signed certificate, in DER.
    pub(crate) fn der(&self) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder for OpenSSL's files");
        let path = |name: &str| {
            folder
                .path()
                .join(name)
                .to_str()
                .expect("a path in UTF-8")
                .to_owned()
        };
        let config = format!(
            "[req]\nprompt = no\nutf8 = yes\nstring_mask = utf8only\ndistinguished_name = dn\nx509_extensions = ext\n\
             [dn]\n{}\n[ext]\n{}\n",
            self.subject, self.extensions
        );
        std::fs::write(path("config"), config).expect("the configuration is written");
        openssl(&[&["genpkey", "-out", &path("key")], self.key].concat());
        let (config, key, days) = (path("config"), path("key"), self.days.to_string());
        let serial = format!("0x{}", self.serial);
        openssl(&[
            "req",
            "-x509",
            "-new",
            "-sha256",
            "-config",
            &config,
            "-key",
            &key,
            "-days",
            &days,
            "-set_serial",
            &serial,
            "-outform",
            "DER",
            "-out",
            &path("certificate"),
        ]);
        std::fs::read(path("certificate")).expect("the certificate that OpenSSL wrote")
    }
}

/// Runs the OpenSSL command line and returns what it prints.
pub(crate) fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .output()
        .expect("this test needs the openssl program: apt-get install openssl");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("OpenSSL prints UTF-8")
}
