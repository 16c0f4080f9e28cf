//! The whole explanation in the cases that differ: each candidate with its rule, verdict and value, in order, and each note.

use std::fmt::Write;

use upn_resolver::{AdLogon, Certificate, Interpretation, NameRequest, Upn};

use super::certificates::Names;

/// For each case its name, then a line for each candidate, `verdict candidate rule value`, and one for each note.
const EXPLANATIONS: &str = include_str!("explanations.txt");

#[derive(Default)]
struct Case {
    names: Names,
    ad: Option<Ad>,
    cached: &'static str,
    hint: &'static str,
    interpretations: Vec<(&'static str, &'static str)>,
}

/// How the sign-in to Active Directory went, on a hybrid joined device.
#[derive(Clone, Copy)]
enum Ad {
    Failed,
    NotAttempted,
    Succeeded,
}

impl Case {
    fn entra(names: Names) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    fn hybrid(names: Names, ad: Ad) -> Self {
        Self {
            ad: Some(ad),
            ..Self::entra(names)
        }
    }

    fn cached(self, cached: &'static str) -> Self {
        Self { cached, ..self }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    fn interpretation(mut self, name: &'static str, value: &'static str) -> Self {
        self.interpretations.push((name, value));
        self
    }

    fn explanation(&self) -> String {
        let der = self.names.certificate();
        let certificate = Certificate::from_der(&der).unwrap();
        let mut interpretation = Interpretation::default();
        for (name, value) in &self.interpretations {
            interpretation = interpretation.with_named(name, value).unwrap();
        }
        let (ad, cached) = (Upn::parse("ad@corp.com").unwrap(), Upn::parse(self.cached).ok());
        let hybrid = |ad| NameRequest::hybrid_joined(&certificate, ad, cached.as_ref());
        let sign_in = match self.ad {
            None => NameRequest::entra_joined(&certificate),
            Some(Ad::Failed) => hybrid(AdLogon::Failed),
            Some(Ad::NotAttempted) => hybrid(AdLogon::NotAttempted),
            Some(Ad::Succeeded) => hybrid(AdLogon::Succeeded(&ad)),
        };
        let decision = sign_in
            .with_hint(self.hint)
            .with_interpretation(interpretation)
            .decide();
        let mut explanation = String::new();
        for entry in decision.trace() {
            let (verdict, candidate) = (entry.verdict().code(), entry.candidate().code());
            let value = entry.value().unwrap_or("-");
            let line = format!("    {verdict} {candidate} {} {value}", entry.rule());
            writeln!(explanation, "{}", line.trim_end()).unwrap();
        }
        for note in decision.notes() {
            writeln!(explanation, "    note {}", note.rule()).unwrap();
        }
        explanation
    }
}

fn on_entra_joined_devices() -> Vec<(&'static str, Case)> {
    let unusable = || {
        Names::none()
            .principal("bob")
            .rfc822("mail@corp.com")
            .subject_email("e@corp.com")
    };
    let two = Names::none()
        .principal("")
        .principal("one@corp.com")
        .principal("two@corp.com")
        .rfc822("mail@corp.com");
    let mail = || Names::none().rfc822("mail@corp.com").subject_email("e@corp.com");
    let ia5 = Names::none().principal_as(0x16, b"ia5@corp.com").principal("");
    let address = Names::none().subject_email("").subject_email("e@corp.com");
    vec![
        ("two names beside an empty one", Case::entra(two)),
        ("an e-mail name beside that of the subject", Case::entra(mail())),
        (
            "a hint, and a certificate that names nobody",
            Case::entra(Names::none()).hint("hint@corp.com"),
        ),
        (
            "a hint, and a certificate with names",
            Case::entra(unusable()).hint("hint@corp.com"),
        ),
        ("an unusable principal name", Case::entra(unusable())),
        (
            "an unusable principal name passed by",
            Case::entra(unusable()).interpretation("unusable-name", "next-name"),
        ),
        (
            "UTF-8 strings only",
            Case::entra(ia5).interpretation("principal-name-type", "utf8"),
        ),
        ("a bad hint", Case::entra(unusable()).hint("bob")),
        (
            "an e-mail name before the subject's address",
            Case::entra(mail()).interpretation("subject-email", "used"),
        ),
        (
            "the subject's address alone",
            Case::entra(Names::none().subject_email("e@corp.com")),
        ),
        (
            "the subject's address",
            Case::entra(address).interpretation("subject-email", "used"),
        ),
    ]
}

fn on_hybrid_joined_devices() -> Vec<(&'static str, Case)> {
    let names = || {
        Names::none()
            .principal("card@corp.com")
            .subject_email("e@corp.com")
    };
    let first = || Case::hybrid(names(), Ad::Succeeded);
    let nobody = || Case::hybrid(Names::none(), Ad::Succeeded);
    let later = || nobody().cached("other@corp.com");
    let failed = Case::hybrid(names(), Ad::Failed)
        .cached("other@corp.com")
        .hint("bob");
    vec![
        ("AD failed", failed),
        ("AD not attempted", Case::hybrid(Names::none(), Ad::NotAttempted)),
        ("first", first()),
        ("later, another name", later()),
        ("later, the same name", nobody().cached("AD@corp.com")),
        ("a hint before the cache", later().hint("hint@corp.com")),
        (
            "the cache before a hint",
            later()
                .hint("hint@corp.com")
                .interpretation("hint-against-cache", "cache"),
        ),
        (
            "a bad hint ignored",
            later().hint("bob").interpretation("non-upn-hint", "ignore"),
        ),
        (
            "the certificate first",
            first().interpretation("hybrid-first", "certificate"),
        ),
        (
            "the certificate first, later",
            first()
                .cached("other@corp.com")
                .interpretation("hybrid-first", "certificate"),
        ),
    ]
}

#[test]
fn every_explanation_is_as_written() {
    let mut cases = on_entra_joined_devices();
    cases.extend(on_hybrid_joined_devices());
    let written: Vec<(&str, String)> = EXPLANATIONS
        .split("\n\n")
        .map(|section| section.split_once('\n').unwrap())
        .map(|(name, explanation)| (name, format!("{}\n", explanation.trim_end_matches('\n'))))
        .collect();
    assert_eq!(written.len(), cases.len());
    for ((name, case), (written_name, written)) in cases.iter().zip(&written) {
        assert_eq!(name, written_name);
        assert_eq!(case.explanation(), *written, "{name}");
    }
}
