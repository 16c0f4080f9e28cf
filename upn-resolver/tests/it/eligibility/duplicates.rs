//! Certificates of one template for one user, of which one is shown.

use std::time::{Duration, Instant};

use upn_resolver::Certificate;
use upn_resolver::windows::eligibility::{KeySpec, Tile, TokenCertificate, assess};
use upn_resolver::windows::logon_policy::{DefaultSource, LogonPolicy, PolicySwitch};

use x509_parser::prelude::{FromDer, X509Certificate, X509Extension};

use crate::eligibility::token::{LOGON, RSA, enabled, extensions, good, now, upn};
use crate::minted::Mint;

#[test]
fn the_duplicate_that_expires_last_is_shown_unless_one_is_the_default() {
    let ders = [
        templated(100, "ada@contoso.com", 10),
        templated(100, "ADA@contoso.com", 30),
        templated(100, "ada@contoso.com", 20),
        templated(101, "ada@contoso.com", 10),
        templated(100, "bob@contoso.com", 10),
        good(),
    ];
    // Another parser sees the template too.
    let (_, peer) = X509Certificate::from_der(&ders[0]).unwrap();
    let template = |extension: &X509Extension<'_>| extension.oid.to_id_string() == "1.3.6.1.4.1.311.21.7";
    assert!(peer.extensions().iter().any(template));
    let certificates: Vec<_> = ders
        .iter()
        .map(|der| Certificate::from_der(der).unwrap())
        .collect();
    let mut card: Vec<_> = certificates.iter().map(TokenCertificate::new).collect();
    let tiles = |card: &[TokenCertificate<'_>], policy: &LogonPolicy| -> Vec<usize> {
        assess(card, policy, now())
            .tiles()
            .iter()
            .map(Tile::index)
            .collect()
    };

    // Not configured, the administrative template filters and the page on group policy does not.
    let not_configured = LogonPolicy::new();
    assert_eq!(tiles(&card, &not_configured), [1, 3, 4, 5]);
    let other_reading = LogonPolicy::new().with_default_source(DefaultSource::GroupPolicyPage);
    assert_eq!(tiles(&card, &other_reading), [0, 1, 2, 3, 4, 5]);

    let assessment = assess(&card, &not_configured, now());
    assert_eq!(
        assessment.hidden()[0].to_string(),
        "certificate 2 with the same template and user is shown instead; shown with FilterDuplicateCerts disabled"
    );

    card[0] = card[0].with_default_container();
    assert_eq!(tiles(&card, &not_configured), [0, 3, 4, 5]);
    // The exchange key of the default container counts, its signature key does not.
    card[0] = card[0].with_key_spec(KeySpec::Signature);
    assert_eq!(
        tiles(&card, &enabled(&[PolicySwitch::AllowSignatureOnlyKeys])),
        [1, 3, 4, 5]
    );
    // What another gate hides can't displace anything.
    assert_eq!(tiles(&card, &not_configured), [1, 3, 4, 5]);
    card[1] = card[1].with_key_spec(KeySpec::Signature);
    assert_eq!(tiles(&card, &not_configured), [2, 3, 4, 5]);
    // If two expire together, the first is shown; a certificate without a template version has no duplicates.
    let twice = [TokenCertificate::new(&certificates[2]); 2];
    assert_eq!(tiles(&twice, &not_configured), [0]);
    let unversioned = without_template_version();
    let unversioned = Certificate::from_der(&unversioned).unwrap();
    assert_eq!(unversioned.template().unwrap().major_version(), None);
    assert_eq!(
        tiles(&[TokenCertificate::new(&unversioned); 2], &not_configured),
        [0, 1]
    );
}

fn templated(version: u32, name: &str, days: u32) -> Vec<u8> {
    of_template(
        &format!("major = INTEGER:{version}\nminor = INTEGER:1"),
        name,
        days,
    )
}

fn without_template_version() -> Vec<u8> {
    of_template("", "ada@contoso.com", 10)
}

fn of_template(version: &str, name: &str, days: u32) -> Vec<u8> {
    let extensions = format!(
        "1.3.6.1.4.1.311.21.7 = ASN1:SEQUENCE:template\n{}\n[template]\nid = OID:1.3.6.1.4.1.311.21.8.1.2.3\n{version}",
        extensions("digitalSignature", LOGON, &upn(name))
    );
    Mint {
        key: RSA,
        extensions: &extensions,
        days,
        ..Mint::default()
    }
    .der()
}

#[test]
fn many_certificates_are_assessed_in_linear_time() {
    const COUNT: usize = 20_000;
    let begun = Instant::now();
    let (same, client) = (templated(100, "ada@contoso.com", 10), good());
    let (same, client) = (
        Certificate::from_der(&same).unwrap(),
        Certificate::from_der(&client).unwrap(),
    );
    // One tile, and its duplicates without one.
    let renewals = vec![TokenCertificate::new(&same); COUNT];
    let assessment = assess(&renewals, &LogonPolicy::new(), now());
    assert_eq!(
        (assessment.tiles().len(), assessment.hidden().len()),
        (1, COUNT - 1)
    );
    // Tiles that share a cache key.
    let tiles = vec![TokenCertificate::new(&client); COUNT];
    assert_eq!(assess(&tiles, &LogonPolicy::new(), now()).tiles().len(), COUNT);
    // Certificates that one policy after the other would show.
    let signature_keys = vec![TokenCertificate::new(&same).with_key_spec(KeySpec::Signature); COUNT];
    let assessment = assess(&signature_keys, &LogonPolicy::new(), now());
    assert_eq!(assessment.hidden()[1].shown_with().unwrap().len(), 2);
    // With the square of their number, it is a hundred million comparisons for each of the three.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
