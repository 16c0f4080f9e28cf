//! Files that others may read.

use std::path::Path;

use card_access::on_device::FileProvider;
use card_access::{ErrorKind, Provider, Responsible};
use openssl::pkcs12::Pkcs12;

use crate::on_device::folder::Folder;
use crate::support::identity::Identity;

#[test]
fn a_key_that_others_may_read_is_refused() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let pkcs12 = Pkcs12::builder()
        .pkey(&identity.key)
        .cert(&identity.certificate)
        .build2("password")
        .unwrap();
    let pkcs12 = folder.write("file.p12", &pkcs12.to_der().unwrap());
    let pem = folder.path("key.pem");
    let mut provider = FileProvider::new()
        .with_pkcs12(&pkcs12)
        .with_pem(folder.path("certificate.pem"), &pem);
    // The certificate is not secret.
    permit_everyone_to_read(&folder.path("certificate.pem"));
    assert_eq!(provider.tokens().unwrap().found.len(), 2);

    for (path, others) in [(&pkcs12, 1), (&pem, 0)] {
        permit_everyone_to_read(path);
        let listing = provider.tokens().unwrap();
        assert_eq!(
            (listing.found.len(), listing.problems.len()),
            (others, 2 - others)
        );
        let problem = listing
            .problems
            .iter()
            .find(|one| one.error.location() == path.to_str());
        let error = &problem.expect("the path is named").error;
        assert_eq!(*error.kind(), ErrorKind::FileExposed);
        assert_eq!(error.responsible(), Responsible::Administrator);
        let command = if cfg!(windows) { "icacls FILE" } else { "chmod 600" };
        assert!(error.hint().contains(command), "{}", error.hint());
    }
    for path in [&pkcs12, &pem] {
        owner_only::make_private(path).unwrap();
    }
    assert_eq!(provider.tokens().unwrap().found.len(), 2);
}

#[cfg(unix)]
fn permit_everyone_to_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}

#[cfg(windows)]
fn permit_everyone_to_read(path: &Path) {
    use windows_permissions::constants::{SeObjectType::SE_FILE_OBJECT, SecurityInformation};
    use windows_permissions::wrappers::SetNamedSecurityInfo;
    use windows_permissions::{LocalBox, SecurityDescriptor, utilities::current_process_sid};

    let text = format!("D:P(A;;FA;;;{})(A;;FR;;;WD)", current_process_sid().unwrap());
    let list: LocalBox<SecurityDescriptor> = text.parse().unwrap();
    let parts = SecurityInformation::Dacl | SecurityInformation::ProtectedDacl;
    SetNamedSecurityInfo(path, SE_FILE_OBJECT, parts, None, None, list.dacl(), None).unwrap();
}
