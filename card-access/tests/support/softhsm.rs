//! `SoftHSM` tokens in a temporary folder.

use std::fs;
use std::path::Path;

use super::identity::Identity;
use super::{module, run};

pub(crate) const PIN: &str = "123456";

pub(crate) fn path() -> &'static str {
    module(&[
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm.so",
    ])
}

/// The environment of a process whose tokens are in a folder.
pub(crate) fn environment(folder: &Path) -> Vec<(&'static str, String)> {
    let tokens = folder.join("tokens");
    fs::create_dir(&tokens).unwrap();
    let file = folder.join("softhsm2.conf");
    fs::write(
        &file,
        format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()),
    )
    .unwrap();
    vec![("SOFTHSM2_CONF", file.display().to_string())]
}

pub(crate) fn token(label: &str) {
    run(
        "softhsm2-util",
        &[
            "--init-token",
            "--free",
            "--label",
            label,
            "--so-pin",
            "12345678",
            "--pin",
            PIN,
        ],
    );
}

/// Puts a key and its certificate on a token. An empty identifier is left out.
pub(crate) fn put(token: &str, folder: &Path, identity: &Identity, label: &str, id: &str, more: &[&str]) {
    put_key(token, folder, identity, label, id, more);
    put_certificate(token, folder, identity, label, id);
}

pub(crate) fn put_key(token: &str, folder: &Path, identity: &Identity, label: &str, id: &str, more: &[&str]) {
    let private = identity.key.private_key_to_der().unwrap();
    write(
        token,
        folder,
        &private,
        &[&["--type", "privkey", "--label", label], more].concat(),
        id,
    );
    let public = identity.key.public_key_to_der().unwrap();
    write(
        token,
        folder,
        &public,
        &["--type", "pubkey", "--label", label],
        id,
    );
}

pub(crate) fn put_certificate(token: &str, folder: &Path, identity: &Identity, label: &str, id: &str) {
    write(
        token,
        folder,
        &identity.der(),
        &["--type", "cert", "--label", label],
        id,
    );
}

fn write(token: &str, folder: &Path, der: &[u8], more: &[&str], id: &str) {
    let file = folder.join("object.der");
    fs::write(&file, der).unwrap();
    let file = file.display().to_string();
    let mut arguments = vec![
        "--module",
        path(),
        "--token-label",
        token,
        "--login",
        "--pin",
        PIN,
    ];
    arguments.extend(["--write-object", &file]);
    arguments.extend(more);
    if !id.is_empty() {
        arguments.extend(["--id", id]);
    }
    run("pkcs11-tool", &arguments);
}
