//! Files of either kind that cannot be opened, that others may read, or that were replaced.

use std::fs;
use std::time::Duration;

use card_access::on_device::FileProvider;
use card_access::{Backend, Confidence, ErrorKind, Event, Pin, PinEntry, Provider, TokenKind};

use crate::on_device::folder::{Folder, PASSWORD, listed, open};
use crate::support::identity::Identity;

#[test]
fn what_can_not_be_opened_says_why() {
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

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::of(&Identity::rsa("alice"));
    let file = folder.pkcs12(PASSWORD, &[]);
    let mut provider = FileProvider::new()
        .with_pkcs12(&file)
        .with_pem(folder.path("certificate.pem"), folder.path("key.pem"))
        .with_pkcs12(folder.path("missing.p12"));
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
    // The certificate is not secret.
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
