//! `certificate-user-ids`.

use crate::programs::{Files, MICROSOFT, USER_IDS, code, err, json, out};

#[test]
fn user_ids_of_files_and_standard_input() {
    let files = Files::new();
    let text = files.run(USER_IDS, &["microsoft.der"], b"");
    assert_eq!(code(&text), 0, "{}", err(&text));
    assert!(out(&text).contains("    high    X509:<I>CN=Contoso<SR>8a2d086464fa23449686bf4441978c1e\n"));

    let report = json(&files.run(USER_IDS, &["-", "adcs.der", "--json"], MICROSOFT));
    assert_eq!(report[0]["certificate"], "standard input");
    assert_eq!(report[0]["certificate_user_ids"].as_array().unwrap().len(), 6);
    assert_eq!(report[1]["certificate_user_ids"].as_array().unwrap().len(), 7);
    let sid = report[1]["alt_security_identities"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert!(sid["value"].as_str().unwrap().contains("<SID>S-1-5-21-"), "{sid}");

    let reading = [
        "microsoft.der",
        "--json",
        "--interpretation",
        "sha1-public-key=public-key",
    ];
    let value = json(&files.run(USER_IDS, &reading, b""))[0]["certificate_user_ids"].to_string();
    assert!(
        value.contains("<SHA1-PUKEY>C6F4E96CAAD84640361F9FB5F74F6308247CB8B4"),
        "{value}"
    );
}

#[test]
fn user_ids_refuse_bad_input_clearly() {
    let files = Files::new();
    files.add("text.der", "hello, world");
    let mixed = files.run(USER_IDS, &["text.der", "missing.der", "microsoft.der"], b"");
    assert_eq!(code(&mixed), 3);
    assert!(
        err(&mixed).contains("text.der has no readable certificate"),
        "{}",
        err(&mixed)
    );
    assert!(
        err(&mixed).contains("missing.der cannot be read"),
        "{}",
        err(&mixed)
    );
    assert!(
        out(&mixed).contains("X509:<PN>contoso@microsoft.com"),
        "the good one is not lost"
    );
    for arguments in [
        &[][..],
        &["x.der", "--interpretation", "colour=blue"],
        &["x.der", "--interpretation", "colour"],
    ] {
        assert_eq!(code(&files.run(USER_IDS, arguments, b"")), 2, "{arguments:?}");
    }
}
