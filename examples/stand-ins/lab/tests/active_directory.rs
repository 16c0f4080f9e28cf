//! The domain controller: MIT's programs sign in to it with a card through OpenSC, and its directory tells who they are.

use std::process::{Command, Stdio};

use lab::{ActiveDirectory, Module, Profile, Readers};

#[test]
fn mit_kerberos_signs_in_with_a_card_and_the_directory_knows_the_user() {
    let domain = ActiveDirectory::start().unwrap();
    let readers = Readers::start(1).unwrap();
    let card = readers
        .insert(0, &Profile::new("alan").principal_names(["alan@corp.local"]))
        .unwrap();

    let ccache = tempfile::tempdir().unwrap();
    let module = Module::OpenSc.path().unwrap();
    let mut kinit = Command::new("kinit")
        .args(["-E", "-C", "-X"])
        .arg(format!(
            "X509_user_identity=PKCS11:module_name={}",
            module.display()
        ))
        .arg("alan@corp.local")
        .env("KRB5_CONFIG", domain.krb5_conf())
        .env("KRB5CCNAME", ccache.path().join("cc"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(
        &mut kinit.stdin.take().unwrap(),
        format!("{}\n", card.pin()).as_bytes(),
    )
    .unwrap();
    assert!(kinit.wait().unwrap().success());

    let klist = Command::new("klist")
        .env("KRB5CCNAME", ccache.path().join("cc"))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&klist.stdout).contains("alan@CORP.LOCAL"),
        "{klist:?}"
    );
    let sid = domain.attribute("alan", "objectSid").unwrap().unwrap();
    assert!(
        sid.starts_with("S-1-5-21-1004336348-1177238915-682003330-"),
        "{sid}"
    );
    assert_eq!(domain.attribute("alan", "userPrincipalName").unwrap(), None);
    assert_eq!(
        domain.attribute("grace", "userPrincipalName").unwrap().as_deref(),
        Some("grace.hopper@contoso.example")
    );
}
