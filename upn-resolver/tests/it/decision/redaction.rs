//! A redacted decision contains none of the original names.

use upn_resolver::{AdLogon, Certificate, NameRequest, Upn};

use super::certificates::Names;

const CANARIES: [&str; 6] = ["canary", "contoso", "woodgrove", "hinted", "keepsake", "corpnet"];

#[test]
fn no_planted_name_survives() {
    let names = Names::none()
        .principal("canary.one@contoso.com")
        .principal("canary.two@contoso.com")
        .rfc822("canary.mail@contoso.com")
        .subject_email("canary.subject@contoso.com");
    let der = names.certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let (ad, keepsake) = (
        Upn::parse("canary@woodgrove.local").unwrap(),
        Upn::parse("keepsake@contoso.com").unwrap(),
    );
    for hint in [
        "",
        "hinted@corpnet.com",
        r"CORPNET\hinted",
        "hinted",
        "hinted@corpnet@x",
        "hinted@",
    ] {
        let hybrid = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), Some(&keepsake))
            .with_hint(hint)
            .decide();
        let entra = NameRequest::entra_joined(&certificate).with_hint(hint).decide();
        let stale = hybrid.after_unknown_user().instead;
        for decision in [Some(hybrid), Some(entra), stale].into_iter().flatten() {
            let redacted = decision.redacted();
            #[cfg_attr(not(feature = "serde"), expect(unused_mut, reason = "JSON is one more form"))]
            let mut forms = vec![
                redacted.to_string(),
                format!("{redacted:#}"),
                format!("{redacted:?}"),
            ];
            #[cfg(feature = "serde")]
            forms.push(serde_json::to_string(&redacted).unwrap());
            for form in forms {
                let lower = form.to_lowercase();
                for canary in CANARIES {
                    assert!(!lower.contains(canary), "{canary} in {form}");
                }
            }
            assert!(
                CANARIES
                    .iter()
                    .any(|canary| format!("{decision:#}").to_lowercase().contains(canary))
            );
        }
    }
}

#[test]
fn equal_names_stay_equal_and_an_unroutable_suffix_stays() {
    let der = Names::none().principal("Bob@Corp.local").certificate();
    let certificate = Certificate::from_der(&der).unwrap();
    let (ad, cached) = (
        Upn::parse("bob@corp.local").unwrap(),
        Upn::parse("bob@corp.com").unwrap(),
    );
    let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), Some(&cached)).decide();
    let text = decision.redacted().to_string();
    assert!(
        text.starts_with("send user-1@domain-1 (source: cached Entra UPN)"),
        "{text}"
    );
    assert_eq!(text.matches("user-1@domain-2.local").count(), 2, "{text}");
}
