//! Keys in files, as OpenSSL's own program writes them.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use card_access::on_device::FileProvider;
use card_access::{
    Backend, Error, ErrorKind, Event, Form, Pin, PinEntry, PinStatus, Provider, Token, TokenInfo, Told,
};
use openssl::nid::Nid;
use support::identity::{Identity, verifies};
use tempfile::TempDir;

const PASSWORD: &str = "käse & 100 %";

/// A folder with one identity's files.
struct Folder {
    folder: TempDir,
}

impl Folder {
    fn of(identity: &Identity) -> Self {
        let this = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        this.write("certificate.pem", &identity.certificate.to_pem().unwrap());
        this.write("key.pem", &identity.key.private_key_to_pem_pkcs8().unwrap());
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        private(&path);
        path
    }

    /// Runs openssl in the folder; what it wrote is made private.
    fn openssl(&self, arguments: &[&str]) {
        let output = std::process::Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .output();
        let output = output.expect("openssl can't be run: `make test` installs what the tests need");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        for entry in fs::read_dir(&self.folder).unwrap() {
            private(&entry.unwrap().path());
        }
    }

    fn pkcs12(&self, password: &str, more: &[&str]) -> PathBuf {
        let pass = format!("pass:{password}");
        let export = [
            "pkcs12",
            "-export",
            "-inkey",
            "key.pem",
            "-in",
            "certificate.pem",
            "-out",
            "file.p12",
        ];
        self.openssl(&[&export[..], &["-passout", &pass], more].concat());
        self.path("file.p12")
    }
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn private(_: &Path) {}

fn listed(provider: &mut FileProvider) -> TokenInfo {
    let mut listing = provider.tokens().unwrap();
    assert_eq!(listing.problems, []);
    listing.found.remove(0)
}

fn open(mut provider: FileProvider, password: Option<&str>) -> Result<Box<dyn Token>, Error> {
    let id = listed(&mut provider).id;
    if let Some(password) = password {
        provider.unlock(&id, &Pin::new(password.to_owned()))?;
    }
    provider.open(&id)
}

/// Signs with the one credential in every scheme of its key.
fn signs(mut token: Box<dyn Token>, identity: &Identity, password: Option<&str>) {
    let credentials = token.credentials().unwrap();
    assert_eq!((credentials.found.len(), credentials.problems.len()), (1, 0));
    let password = password.map(|password| Pin::new(password.to_owned()));
    for credential in credentials {
        assert_eq!(**credential.certificate(), *identity.der());
        for &scheme in credential.algorithm().schemes() {
            let entry = password.as_ref().map(PinEntry::typed);
            let signature = token.sign(&credential, scheme, b"m", entry).unwrap();
            assert!(
                verifies(credential.certificate(), scheme, b"m", &signature),
                "{scheme}"
            );
        }
    }
}

#[test]
fn every_encryption_of_pkcs12_opens() {
    let variants: [&[&str]; 9] = [
        &[],
        &["-legacy"],
        &[
            "-keypbe",
            "PBE-SHA1-3DES",
            "-certpbe",
            "PBE-SHA1-3DES",
            "-macalg",
            "sha1",
        ],
        &[
            "-keypbe",
            "PBE-SHA1-2DES",
            "-certpbe",
            "PBE-SHA1-2DES",
            "-macalg",
            "sha384",
        ],
        &[
            "-legacy",
            "-keypbe",
            "PBE-SHA1-RC2-128",
            "-certpbe",
            "PBE-SHA1-RC2-128",
        ],
        &[
            "-keypbe",
            "AES-128-CBC",
            "-certpbe",
            "AES-192-CBC",
            "-macalg",
            "sha512",
        ],
        &["-keypbe", "DES-EDE3-CBC", "-certpbe", "NONE"],
        &["-keypbe", "NONE", "-certpbe", "NONE"],
        &["-nomac", "-iter", "1"],
    ];
    let identities = [
        Identity::rsa("alice"),
        Identity::ec("alice", Nid::X9_62_PRIME256V1),
        Identity::ec("alice", Nid::SECP384R1),
    ];
    for (variant, identity) in variants.iter().zip(identities.iter().cycle()) {
        let folder = Folder::of(identity);
        let file = folder.pkcs12(PASSWORD, variant);
        let token = open(FileProvider::new().pkcs12(file), Some(PASSWORD));
        signs(
            token.unwrap_or_else(|error| panic!("{variant:?}: {error}")),
            identity,
            Some(PASSWORD),
        );
    }
}

#[test]
fn a_password_is_asked_for_only_where_there_is_one() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let mut token = open(FileProvider::new().pkcs12(folder.pkcs12("", &[])), None).unwrap();
    assert_eq!(token.pin_status().unwrap(), PinStatus::NotNeeded);
    signs(token, &identity, None);

    let mut token = open(FileProvider::new().pkcs12(folder.pkcs12(PASSWORD, &[])), None).unwrap();
    assert_eq!(token.pin_status().unwrap(), PinStatus::Unknown);
    assert_eq!(*token.credentials().unwrap_err().kind(), ErrorKind::PinRequired);
}

#[test]
fn a_wrong_password_is_told() {
    let folder = Folder::of(&Identity::rsa("alice"));
    for variant in [&[][..], &["-legacy"], &["-nomac"]] {
        let file = folder.pkcs12(PASSWORD, variant);
        let error = open(FileProvider::new().pkcs12(&file), Some("wrong"))
            .err()
            .unwrap();
        assert_eq!(
            *error.kind(),
            ErrorKind::WrongPin { tries_left: None },
            "{variant:?}"
        );

        let mut token = open(FileProvider::new().pkcs12(&file), Some(PASSWORD)).unwrap();
        let credential = token.credentials().unwrap().found.remove(0);
        let scheme = credential.algorithm().schemes()[0];
        let wrong = Pin::new("wrong".to_owned());
        let error = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&wrong)))
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
        let error = token.sign(&credential, scheme, b"m", None).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::PinRequired);
    }
}

#[test]
fn certificates_of_others_in_a_file_are_left_out() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let chain = [Identity::rsa("authority"), Identity::rsa("root")];
    let chain: Vec<u8> = chain
        .iter()
        .flat_map(|other| other.certificate.to_pem().unwrap())
        .collect();
    folder.write("chain.pem", &chain);
    let file = folder.pkcs12(PASSWORD, &["-certfile", "chain.pem", "-name", "Alice"]);
    signs(
        open(FileProvider::new().pkcs12(file), Some(PASSWORD)).unwrap(),
        &identity,
        Some(PASSWORD),
    );
}

#[test]
fn every_kind_of_pem_key_opens() {
    let (rsa, ec) = (Identity::rsa("alice"), Identity::ec("alice", Nid::SECP384R1));
    let plain: [(&Identity, &[&str]); 3] = [
        (
            &rsa,
            &["rsa", "-traditional", "-in", "key.pem", "-out", "other.pem"],
        ),
        (&ec, &["ec", "-in", "key.pem", "-out", "other.pem"]),
        (&ec, &["pkey", "-in", "key.pem", "-out", "other.pem"]),
    ];
    for (identity, arguments) in plain {
        let folder = Folder::of(identity);
        folder.openssl(arguments);
        let provider = FileProvider::new().pem(folder.path("certificate.pem"), folder.path("other.pem"));
        let mut token = open(provider, None).unwrap();
        assert_eq!(token.pin_status().unwrap(), PinStatus::NotNeeded);
        signs(token, identity, None);
    }
    let encrypted: [&[&str]; 4] = [
        &["-v2", "aes256"],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
        &["-v2", "des3", "-v2prf", "hmacWithSHA1"],
        &["-v1", "PBE-SHA1-3DES"],
    ];
    for variant in encrypted {
        let folder = Folder::of(&rsa);
        let pass = format!("pass:{PASSWORD}");
        let convert = [
            "pkcs8",
            "-topk8",
            "-in",
            "key.pem",
            "-out",
            "other.pem",
            "-passout",
            &pass,
        ];
        folder.openssl(&[&convert[..], variant].concat());
        let provider = FileProvider::new().pem(folder.path("certificate.pem"), folder.path("other.pem"));
        let mut token = open(provider, None).unwrap();
        assert_eq!(token.pin_status().unwrap(), PinStatus::Unknown, "{variant:?}");
        signs(token, &rsa, Some(PASSWORD));
    }
}

#[test]
fn what_can_not_be_opened_says_why() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let sign = |key: &str| {
        let mut token = open(
            FileProvider::new().pem(folder.path("certificate.pem"), folder.path(key)),
            None,
        )?;
        let credential = token.credentials()?.found.remove(0);
        let password = Pin::new("1234".to_owned());
        token.sign(
            &credential,
            credential.algorithm().schemes()[0],
            b"m",
            Some(PinEntry::typed(&password)),
        )
    };
    let pass = ["-passout", "pass:1234"];
    folder.openssl(
        &[
            &[
                "pkcs8",
                "-topk8",
                "-scrypt",
                "-in",
                "key.pem",
                "-out",
                "scrypt.pem",
            ],
            &pass[..],
        ]
        .concat(),
    );
    folder.openssl(
        &[
            &[
                "rsa",
                "-aes128",
                "-traditional",
                "-in",
                "key.pem",
                "-out",
                "old.pem",
            ],
            &pass[..],
        ]
        .concat(),
    );
    folder.write(
        "other.pem",
        &Identity::rsa("bob").key.private_key_to_pem_pkcs8().unwrap(),
    );
    folder.write("truncated.pem", b"-----BEGIN PRIVATE KEY-----\nMIIE\n");
    assert!(matches!(
        sign("scrypt.pem").unwrap_err().kind(),
        ErrorKind::Unsupported { .. }
    ));
    assert!(matches!(
        sign("old.pem").unwrap_err().kind(),
        ErrorKind::Unsupported { .. }
    ));
    assert!(matches!(
        sign("other.pem").unwrap_err().kind(),
        ErrorKind::Malformed { .. }
    ));
    assert!(matches!(
        sign("truncated.pem").unwrap_err().kind(),
        ErrorKind::Malformed { .. }
    ));
    assert_eq!(
        *sign("certificate.pem").unwrap_err().kind(),
        ErrorKind::NoCredential
    );

    for (name, content) in [
        ("empty.p12", &b""[..]),
        ("text.p12", b"no key"),
        ("der.p12", &identity.der()),
    ] {
        let file = folder.write(name, content);
        let error = open(FileProvider::new().pkcs12(file), Some(PASSWORD))
            .err()
            .unwrap();
        assert!(
            matches!(error.kind(), ErrorKind::Malformed { .. }),
            "{name}: {error}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::of(&Identity::rsa("alice"));
    let file = folder.pkcs12(PASSWORD, &[]);
    let mut provider = FileProvider::new()
        .pkcs12(&file)
        .pem(folder.path("certificate.pem"), folder.path("key.pem"))
        .pkcs12(folder.path("missing.p12"));
    let kinds = |provider: &mut FileProvider| {
        let listing = provider.tokens().unwrap();
        let kinds = listing
            .problems
            .into_iter()
            .map(|problem| problem.error.kind().clone());
        (listing.found.len(), kinds.collect::<Vec<_>>())
    };
    assert_eq!(kinds(&mut provider), (2, vec![ErrorKind::FileUnreadable]));

    for path in [&file, &folder.path("key.pem")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    // The certificate is no secret.
    fs::set_permissions(folder.path("certificate.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = ErrorKind::FileExposed;
    assert_eq!(
        kinds(&mut provider),
        (0, vec![exposed.clone(), exposed, ErrorKind::FileUnreadable])
    );
}

#[test]
fn a_file_that_was_replaced_is_another_token() {
    let folder = Folder::of(&Identity::rsa("alice"));
    let file = folder.pkcs12(PASSWORD, &[]);
    let mut provider = FileProvider::new().pkcs12(&file);
    let info = listed(&mut provider);
    assert_eq!(
        (info.id.backend(), info.form),
        (Backend::File, Told::Known(Form::OnDevice))
    );
    assert_eq!(provider.wait(Duration::ZERO).unwrap(), []);
    let mut token = provider.open(&info.id).unwrap();

    fs::remove_file(&file).unwrap();
    let place = info.id.place().to_owned();
    assert_eq!(
        provider.wait(Duration::ZERO).unwrap(),
        [Event::Removed { place: place.clone() }]
    );
    assert_eq!(*token.pin_status().unwrap_err().kind(), ErrorKind::FileUnreadable);
    folder.pkcs12(PASSWORD, &[]);
    assert_eq!(
        provider.wait(Duration::ZERO).unwrap(),
        [Event::Inserted { place }]
    );
    assert_eq!(*token.credentials().unwrap_err().kind(), ErrorKind::OtherCard);
    assert_eq!(
        *provider.open(&info.id).err().unwrap().kind(),
        ErrorKind::OtherCard
    );
}

/// Files that no program writes.
mod made {
    use openssl::hash::MessageDigest;
    use openssl::pkcs5::pbkdf2_hmac;
    use openssl::symm::{Cipher, encrypt};

    use super::{Identity, Nid};

    const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    const KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";
    const SHROUDED_KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
    const CERT_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
    const X509: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";

    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, &content].concat()
    }

    /// A PKCS#12 file without an integrity check.
    fn file(bags: &[Vec<u8>]) -> Vec<u8> {
        let bags: Vec<_> = bags.iter().map(Vec::as_slice).collect();
        let info = |content: &[u8]| tlv(0x30, &[DATA, &tlv(0xa0, &[&tlv(0x04, &[content])])]);
        let safe = info(&tlv(0x30, &bags));
        tlv(0x30, &[&tlv(0x02, &[&[3]]), &info(&tlv(0x30, &[&safe]))])
    }

    /// A key, and so many certificates.
    pub(super) fn many_certificates(number: usize) -> Vec<u8> {
        let identity = Identity::ec("many", Nid::X9_62_PRIME256V1);
        let key = identity.key.private_key_to_pkcs8().unwrap();
        let certificate = tlv(0x30, &[X509, &tlv(0xa0, &[&tlv(0x04, &[&identity.der()])])]);
        let certificate = tlv(0x30, &[CERT_BAG, &tlv(0xa0, &[&certificate])]);
        let mut bags = vec![certificate; number];
        bags.push(tlv(0x30, &[KEY_BAG, &tlv(0xa0, &[&key])]));
        file(&bags)
    }

    /// The same key so many times, each of which takes so many iterations with no password.
    pub(super) fn much_work(number: usize, iterations: u32) -> Vec<u8> {
        let (salt, iv) = ([1; 8], [2; 16]);
        let mut key = [0; 32];
        let rounds = usize::try_from(iterations).unwrap();
        pbkdf2_hmac(b"", &salt, rounds, MessageDigest::sha256(), &mut key).unwrap();
        let plain = Identity::ec("much", Nid::X9_62_PRIME256V1)
            .key
            .private_key_to_pkcs8()
            .unwrap();
        let encrypted = encrypt(Cipher::aes_256_cbc(), &key, Some(&iv), &plain).unwrap();
        let oid = |bytes: &[u8]| tlv(0x06, &[bytes]);
        let prf = tlv(0x30, &[&oid(b"\x2a\x86\x48\x86\xf7\x0d\x02\x09"), &[5, 0]]);
        let count = tlv(0x02, &[&iterations.to_be_bytes()]);
        let kdf = tlv(
            0x30,
            &[
                &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"),
                &tlv(0x30, &[&tlv(0x04, &[&salt]), &count, &prf]),
            ],
        );
        let cipher = tlv(
            0x30,
            &[&oid(b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), &tlv(0x04, &[&iv])],
        );
        let pbes2 = tlv(
            0x30,
            &[
                &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"),
                &tlv(0x30, &[&kdf, &cipher]),
            ],
        );
        let shrouded = tlv(0x30, &[&pbes2, &tlv(0x04, &[&encrypted])]);
        file(&vec![
            tlv(0x30, &[SHROUDED_KEY_BAG, &tlv(0xa0, &[&shrouded])]);
            number
        ])
    }
}

fn pin_status_of(content: &[u8]) -> Result<PinStatus, Error> {
    let folder = Folder {
        folder: tempfile::tempdir().unwrap(),
    };
    let mut provider = FileProvider::new().pkcs12(folder.write("file.p12", content));
    let id = provider.tokens().unwrap().found.remove(0).id;
    provider.open(&id).unwrap().pin_status()
}

#[test]
fn a_file_with_more_certificates_than_can_be_numbered_is_refused() {
    assert_eq!(
        pin_status_of(&made::many_certificates(60)).unwrap(),
        PinStatus::NotNeeded
    );
    for number in [65, 255, 256, 300] {
        let error = pin_status_of(&made::many_certificates(number)).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Unsupported { .. }),
            "{number}: {error}"
        );
    }
}

#[test]
fn the_iterations_of_a_file_are_bounded_all_together() {
    assert_eq!(
        pin_status_of(&made::much_work(2, 4000)).unwrap(),
        PinStatus::NotNeeded
    );
    let error = pin_status_of(&made::much_work(60, 2_000_000)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
}

#[test]
fn a_file_full_of_sections_is_refused_soon() {
    let folder = Folder::of(&Identity::ec("full", Nid::X9_62_PRIME256V1));
    let good = fs::read(folder.path("certificate.pem")).unwrap();
    let sections = |number: usize| {
        [
            &good,
            "-----BEGIN A-----\n-----END A-----\n".repeat(number).as_bytes(),
        ]
        .concat()
    };
    let status = |content: &[u8]| {
        let certificate = folder.write("full.pem", content);
        let mut provider = FileProvider::new().pem(certificate, folder.path("key.pem"));
        let id = provider.tokens().unwrap().found.remove(0).id;
        provider.open(&id).unwrap().credentials()
    };
    assert_eq!(status(&sections(255)).unwrap().found.len(), 1);
    let error = status(&sections(30_000)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
}
