//! Files of either kind that cannot be opened, that others may read, or that were replaced.

use std::fs;
use std::time::Duration;

use card_access::on_device::FileProvider;
use card_access::{Backend, Confidence, ErrorKind, Event, Pin, PinEntry, Provider, TokenKind};

use crate::on_device::folder::{Folder, PASSWORD, listed, open};
use crate::support::identity::Identity;

#[test]
fn what_cannot_be_opened_says_why() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let sign = |key: &str| {
        let mut token = open(
            FileProvider::new().with_pem(folder.path("certificate.pem"), folder.path(key)),
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
        let error = open(FileProvider::new().with_pkcs12(file), Some(PASSWORD))
            .err()
            .unwrap();
        assert!(
            matches!(error.kind(), ErrorKind::Malformed { .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_missing_file_is_a_problem_beside_the_tokens() {
    let folder = Folder::of(&Identity::rsa("alice"));
    let file = folder.pkcs12(PASSWORD, &[]);
    let mut provider = FileProvider::new()
        .with_pkcs12(&file)
        .with_pem(folder.path("certificate.pem"), folder.path("key.pem"))
        .with_pkcs12(folder.path("missing.p12"));
    let listing = provider.tokens().unwrap();
    assert_eq!((listing.found.len(), listing.problems.len()), (2, 1));
    assert_eq!(*listing.problems[0].error.kind(), ErrorKind::FileUnreadable);
}

/// Others may usually read a folder, so its type is checked before its permissions. The pipe has no writer, which nobody waits for.
// rustix makes no pipes on the systems of Apple.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn what_is_not_a_file_is_refused_at_once() {
    let folder = Folder::of(&Identity::rsa("alice"));
    let (pipe, socket, link) = (folder.path("pipe"), folder.path("socket"), folder.path("link"));
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    let directory = folder.path("directory");
    fs::create_dir(&directory).unwrap();
    let (certificate, key) = (folder.path("certificate.pem"), folder.path("key.pem"));
    for (path, problem) in [
        (directory.as_path(), "it is a folder"),
        (pipe.as_path(), "it is a pipe, a socket or a device"),
        (socket.as_path(), "it is a pipe, a socket or a device"),
        (link.as_path(), "it is a pipe, a socket or a device"),
        ("/dev/zero".as_ref(), "it is a pipe, a socket or a device"),
    ] {
        for mut provider in [
            FileProvider::new().with_pkcs12(path),
            FileProvider::new().with_pem(path, &key),
            FileProvider::new().with_pem(&certificate, path),
        ] {
            let listing = provider.tokens().unwrap();
            let error = &listing.problems.first().expect(problem).error;
            assert_eq!(*error.kind(), ErrorKind::FileUnreadable, "{}", path.display());
            let source = std::error::Error::source(error).unwrap().to_string();
            assert!(source.starts_with(problem), "{}: {source}", path.display());
        }
    }
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let folder = Folder::of(&Identity::rsa("alice"));
    let file = folder.pkcs12(PASSWORD, &[]);
    fs::write(&file, vec![0x30; (1 << 20) + 1]).unwrap();
    let listing = FileProvider::new().with_pkcs12(&file).tokens().unwrap();
    let error = &listing.problems[0].error;
    assert_eq!(*error.kind(), ErrorKind::FileUnreadable);
    assert!(error.to_string().contains("it is larger than 1 MiB"), "{error}");
}

#[test]
fn a_file_that_was_replaced_is_another_token() {
    let folder = Folder::of(&Identity::rsa("alice"));
    let file = folder.pkcs12(PASSWORD, &[]);
    let mut provider = FileProvider::new().with_pkcs12(&file);
    let info = listed(&mut provider);
    assert_eq!(
        (info.id.backend(), info.kind),
        (Backend::File, Confidence::Reported(TokenKind::OnDevice))
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
