//! `SoftHSM` tokens in a temporary folder.

use std::fs;
use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;

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

/// Puts a certificate object with any value on the token, which the usual tools would refuse.
pub(crate) fn put_certificate_object(value: &[u8], label: &str, id: &[u8], private: bool) {
    let pkcs11 = Pkcs11::new(path()).unwrap();
    // The first caller has initialized it.
    let _ = pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
    let session = pkcs11.open_rw_session(slot).unwrap();
    session
        .login(UserType::User, Some(&PIN.to_owned().into()))
        .unwrap();
    session
        .create_object(&[
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(private),
            Attribute::Subject(vec![0x30, 0x00]),
            Attribute::Id(id.to_vec()),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Value(value.to_vec()),
        ])
        .unwrap();
    session.logout().unwrap();
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
