//! The whole proof of the cases that differ: each candidate with its rule, verdict and value, in order, and each note.

use upn_resolver::{AdLogon, Certificate, Decision, Reading, SignIn, Upn};

use super::certificates::Names;

/// A line for each candidate, `verdict candidate rule value`, and one for each note.
fn lines(decision: &Decision) -> Vec<String> {
    let entries = decision.trace().iter().map(|entry| {
        let (verdict, candidate) = (entry.verdict().as_str(), entry.candidate().as_str());
        let value = entry.value().unwrap_or("-");
        format!("{verdict} {candidate} {} {value}", entry.rule())
    });
    entries
        .chain(
            decision
                .notes()
                .iter()
                .map(|note| format!("note {}", note.rule())),
        )
        .collect()
}

struct Case<'c> {
    names: Names,
    /// `None` on an Entra joined device.
    ad: Option<AdLogon<'c>>,
    cached: Option<&'c Upn>,
    hint: &'c str,
    readings: &'c [(&'c str, &'c str)],
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            names: Names::none(),
            ad: None,
            cached: None,
            hint: "",
            readings: &[],
        }
    }
}

impl Case<'_> {
    fn decide(&self) -> Decision {
        let der = self.names.certificate();
        let certificate = Certificate::from_der(&der).unwrap();
        let mut reading = Reading::default();
        for (name, value) in self.readings {
            reading.set(name, value).unwrap();
        }
        let sign_in = match self.ad {
            None => SignIn::entra_joined(&certificate),
            Some(ad) => SignIn::hybrid_joined(&certificate, ad, self.cached),
        };
        sign_in.hint(self.hint).reading(reading).decide()
    }
}

fn assert_proofs(cases: &[(&str, Case<'_>, &[&str])]) {
    for (what, case, expected) in cases {
        let decision = case.decide();
        assert_eq!(lines(&decision), *expected, "{what}\n{decision:#}");
    }
}

#[test]
fn of_an_entra_joined_device() {
    let unusable = || {
        Names::none()
            .principal("bob")
            .rfc822("mail@corp.com")
            .subject_email("e@corp.com")
    };
    assert_proofs(&[
        (
            "two names beside an empty one",
            Case {
                names: Names::none()
                    .principal("")
                    .principal("one@corp.com")
                    .principal("two@corp.com")
                    .rfc822("mail@corp.com"),
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent principal-name principal-name-first ",
                "taken principal-name principal-name-first one@corp.com",
                "unused principal-name several-names two@corp.com",
                "unused rfc822-name rfc822-name-second mail@corp.com",
                "absent subject-email subject-email -",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
                "note several-names",
            ],
        ),
        (
            "an e-mail name beside that of the subject",
            Case {
                names: Names::none().rfc822("mail@corp.com").subject_email("e@corp.com"),
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent principal-name principal-name-first -",
                "taken rfc822-name rfc822-name-second mail@corp.com",
                "not-consulted subject-email subject-email e@corp.com",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
            ],
        ),
        (
            "a hint, and a certificate that names nobody",
            Case {
                hint: "hint@corp.com",
                ..Case::default()
            },
            &[
                "taken hint hint-first hint@corp.com",
                "absent principal-name principal-name-first -",
                "absent rfc822-name rfc822-name-second -",
                "absent subject-email subject-email -",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
            ],
        ),
        (
            "a hint, and a certificate with names",
            Case {
                names: unusable(),
                hint: "hint@corp.com",
                ..Case::default()
            },
            &[
                "taken hint hint-first hint@corp.com",
                "unused principal-name hint-first bob",
                "unused rfc822-name hint-first mail@corp.com",
                "not-consulted subject-email subject-email e@corp.com",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
            ],
        ),
        (
            "an unusable principal name",
            Case {
                names: unusable(),
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "rejected principal-name unusable-name bob",
                "absent hint hint-needed -",
                "unused rfc822-name unusable-name mail@corp.com",
                "not-consulted subject-email subject-email e@corp.com",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
                "note unusable-name",
            ],
        ),
        (
            "an unusable principal name passed by",
            Case {
                names: unusable(),
                readings: &[("unusable-name", "next-name")],
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "rejected principal-name unusable-name bob",
                "taken rfc822-name rfc822-name-second mail@corp.com",
                "not-consulted subject-email subject-email e@corp.com",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
                "note unusable-name",
            ],
        ),
        (
            "UTF-8 strings only",
            Case {
                names: Names::none().principal_as(0x16, b"ia5@corp.com").principal(""),
                readings: &[("principal-name-type", "utf8")],
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent principal-name principal-name-type ia5@corp.com",
                "absent principal-name principal-name-first ",
                "absent rfc822-name rfc822-name-second -",
                "absent subject-email subject-email -",
                "absent hint hint-needed -",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
                "note principal-name-type",
            ],
        ),
        (
            "a bad hint",
            Case {
                names: unusable(),
                hint: "bob",
                ..Case::default()
            },
            &[
                "rejected hint hint-form bob",
                "unused principal-name hint-form bob",
                "unused rfc822-name hint-form mail@corp.com",
                "not-consulted subject-email subject-email e@corp.com",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
                "note hint-form",
            ],
        ),
        (
            "an e-mail name before the subject's address",
            Case {
                names: Names::none().rfc822("mail@corp.com").subject_email("e@corp.com"),
                readings: &[("subject-email", "used")],
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent principal-name principal-name-first -",
                "taken rfc822-name rfc822-name-second mail@corp.com",
                "unused subject-email subject-email e@corp.com",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
            ],
        ),
        (
            "the subject's address alone",
            Case {
                names: Names::none().subject_email("e@corp.com"),
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent principal-name principal-name-first -",
                "absent rfc822-name rfc822-name-second -",
                "not-consulted subject-email subject-email e@corp.com",
                "absent hint hint-needed -",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
                "note subject-email",
            ],
        ),
        (
            "the subject's address",
            Case {
                names: Names::none().subject_email("").subject_email("e@corp.com"),
                readings: &[("subject-email", "used")],
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent principal-name principal-name-first -",
                "absent rfc822-name rfc822-name-second -",
                "absent subject-email subject-email ",
                "taken subject-email subject-email e@corp.com",
                "not-consulted cached-entra-upn entra-reads-certificate -",
                "not-consulted active-directory entra-reads-certificate -",
                "note subject-email",
            ],
        ),
    ]);
}

#[test]
fn of_a_hybrid_joined_device() {
    let (ad, same, other) = (upn("ad@corp.com"), upn("AD@corp.com"), upn("other@corp.com"));
    let succeeded = Some(AdLogon::Succeeded(&ad));
    let names = || {
        Names::none()
            .principal("card@corp.com")
            .subject_email("e@corp.com")
    };
    assert_proofs(&[
        (
            "AD failed",
            Case {
                names: names(),
                ad: Some(AdLogon::Failed),
                cached: Some(&other),
                hint: "bob",
                ..Case::default()
            },
            &[
                "rejected active-directory ad-logon-first -",
                "unused hint ad-logon-first bob",
                "unused cached-entra-upn ad-logon-first other@corp.com",
                "not-consulted principal-name hybrid-ignores-certificate card@corp.com",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate e@corp.com",
                "note hint-ad-leg",
            ],
        ),
        (
            "AD not attempted",
            Case {
                ad: Some(AdLogon::NotAttempted),
                ..Case::default()
            },
            &[
                "absent active-directory ad-logon-first -",
                "absent hint hint-first -",
                "absent cached-entra-upn cached-upn-later -",
                "not-consulted principal-name hybrid-ignores-certificate -",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate -",
            ],
        ),
        (
            "first",
            Case {
                names: names(),
                ad: succeeded,
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent cached-entra-upn cached-upn-later -",
                "taken active-directory ad-upn-first-time ad@corp.com",
                "not-consulted principal-name hybrid-ignores-certificate card@corp.com",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate e@corp.com",
            ],
        ),
        (
            "later, another name",
            Case {
                ad: succeeded,
                cached: Some(&other),
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "taken cached-entra-upn cached-upn-later other@corp.com",
                "unused active-directory cached-upn-later ad@corp.com",
                "not-consulted principal-name hybrid-ignores-certificate -",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate -",
                "note upns-differ",
            ],
        ),
        (
            "later, the same name",
            Case {
                ad: succeeded,
                cached: Some(&same),
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "taken cached-entra-upn cached-upn-later AD@corp.com",
                "unused active-directory cached-upn-later ad@corp.com",
                "not-consulted principal-name hybrid-ignores-certificate -",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate -",
            ],
        ),
        (
            "a hint before the cache",
            Case {
                ad: succeeded,
                cached: Some(&other),
                hint: "hint@corp.com",
                ..Case::default()
            },
            &[
                "taken hint hint-first hint@corp.com",
                "unused cached-entra-upn hint-first other@corp.com",
                "unused active-directory hint-first ad@corp.com",
                "not-consulted principal-name hybrid-ignores-certificate -",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate -",
                "note hint-ad-leg",
                "note hint-against-cache",
            ],
        ),
        (
            "the cache before a hint",
            Case {
                ad: succeeded,
                cached: Some(&other),
                hint: "hint@corp.com",
                readings: &[("hint-against-cache", "cache")],
                ..Case::default()
            },
            &[
                "taken cached-entra-upn cached-upn-later other@corp.com",
                "unused hint cached-upn-later hint@corp.com",
                "unused active-directory cached-upn-later ad@corp.com",
                "not-consulted principal-name hybrid-ignores-certificate -",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate -",
                "note hint-ad-leg",
                "note hint-against-cache",
                "note upns-differ",
            ],
        ),
        (
            "a bad hint ignored",
            Case {
                ad: succeeded,
                cached: Some(&other),
                hint: "bob",
                readings: &[("non-upn-hint", "ignore")],
                ..Case::default()
            },
            &[
                "rejected hint hint-form bob",
                "taken cached-entra-upn cached-upn-later other@corp.com",
                "unused active-directory cached-upn-later ad@corp.com",
                "not-consulted principal-name hybrid-ignores-certificate -",
                "not-consulted rfc822-name hybrid-ignores-certificate -",
                "not-consulted subject-email hybrid-ignores-certificate -",
                "note hint-ad-leg",
                "note hint-form",
                "note upns-differ",
            ],
        ),
        (
            "the certificate first",
            Case {
                names: names(),
                ad: succeeded,
                readings: &[("hybrid-first", "certificate")],
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "absent cached-entra-upn cached-upn-later -",
                "taken principal-name principal-name-first card@corp.com",
                "absent rfc822-name rfc822-name-second -",
                "not-consulted subject-email subject-email e@corp.com",
                "not-consulted active-directory hybrid-first -",
                "note hybrid-first",
            ],
        ),
        (
            "the certificate first, later",
            Case {
                names: names(),
                ad: succeeded,
                cached: Some(&other),
                readings: &[("hybrid-first", "certificate")],
                ..Case::default()
            },
            &[
                "absent hint hint-first -",
                "taken cached-entra-upn cached-upn-later other@corp.com",
                "unused principal-name cached-upn-later card@corp.com",
                "absent rfc822-name rfc822-name-second -",
                "not-consulted subject-email subject-email e@corp.com",
                "not-consulted active-directory hybrid-first -",
                "note upns-differ",
            ],
        ),
    ]);
}

fn upn(text: &str) -> Upn {
    Upn::parse(text).unwrap()
}
