//! What a profile asks for is in the certificate, as OpenSSL reads it.

use std::{path::Path, process::Command};

use lab::{Algorithm, Authority, Profile, Slot, SoftHsm, Validity};

#[test]
fn a_plain_profile_is_what_windows_asks_of_a_smart_card() {
    let text = text(&Profile::new("frank"));
    for expected in [
        "Subject:O=Corp,CN=frank",
        "othername:UPN:frank@corp.example,email:frank@corp.example",
        "MicrosoftSmartcardLogin,TLSWebClientAuthentication",
        "DigitalSignature",
        "CA:FALSE",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn names_usages_and_extensions_are_as_asked() {
    let names = Profile::new("frank")
        .principal_names(["b@corp.local", "a@corp.local"])
        .rfc822_names([]);
    assert!(text(&names).contains("othername:UPN:b@corp.local,othername:UPN:a@corp.local\n"));
    let none = Profile::new("frank")
        .principal_names([])
        .rfc822_names([])
        .subject("/CN=nobody");
    assert!(!text(&none).contains("SubjectAlternativeName"));
    let usage = Profile::new("frank").extended_key_usage(["emailProtection"]);
    assert!(text(&usage).contains("E-mailProtection\n"));
    let policy = Profile::new("frank").extension("certificatePolicies=1.2.3.4");
    assert!(text(&policy).contains("Policy:1.2.3.4"));
    let curve = Profile::new("frank").keys([(Slot::Authentication, Algorithm::P384)]);
    assert!(text(&curve).contains("NISTCURVE:P-384"));
}

#[test]
fn openssl_trusts_only_what_is_current_and_known() {
    let current = Profile::new("frank");
    verify(&current).unwrap();
    let complaint = |profile: Profile| verify(&profile).unwrap_err();
    assert!(complaint(current.clone().validity(Validity::Expired)).contains("certificate has expired"));
    assert!(complaint(current.clone().validity(Validity::NotYet)).contains("certificate is not yet valid"));
    assert!(complaint(current.unknown_issuer()).contains("unable to get local issuer certificate"));
}

/// The certificate as OpenSSL prints it, without the spaces and colons that came and went between its versions.
fn text(profile: &Profile) -> String {
    let token = SoftHsm::create("profile-text", profile).unwrap();
    let text = openssl(
        &["x509", "-noout", "-text", "-in"],
        &token.certificate(Slot::Authentication),
    )
    .unwrap();
    text.replace(' ', "").replace("::", ":")
}

fn verify(profile: &Profile) -> Result<String, String> {
    let token = SoftHsm::create("profile-verify", profile).unwrap();
    let authority = Authority::trusted().unwrap().certificate();
    openssl(
        &["verify", "-CAfile", authority.to_str().unwrap()],
        &token.certificate(Slot::Authentication),
    )
}

fn openssl(arguments: &[&str], certificate: &Path) -> Result<String, String> {
    let output = Command::new("openssl")
        .args(arguments)
        .arg(certificate)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}
