//! The explanation of every certificate of a file.

use std::collections::BTreeSet;

use upn_resolver::windows::eligibility::{Assessment, TokenCertificate, assess};
use upn_resolver::windows::join_state::PrtAttempt;

use crate::{Case, CertificateNote, Comparison, Found, FoundError, Row, Warning};

/// The certificates of a file with their results, and what else there is to say.
#[derive(Debug)]
pub struct Explanation {
    /// The readable certificates, in the order of the file.
    pub certificates: Vec<Explained>,
    /// In the order in which they came up.
    pub messages: Vec<Message>,
    /// The result for the whole file.
    pub verdict: Verdict,
}

/// A certificate with its results.
#[derive(Debug)]
pub struct Explained {
    /// `None` in a file with one certificate.
    pub place: Option<Place>,
    /// One decision, or every row of the table.
    pub rows: Vec<Row>,
    /// Present if there is a policy.
    pub assessment: Option<Assessment>,
    /// What the reader of certificates noted.
    pub notes: Vec<CertificateNote>,
}

/// Position of a certificate in a file with several.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// From 1.
    pub number: usize,
    /// The number of certificates in the file.
    pub total: usize,
    /// Whether it is the issuer of another one in the file.
    pub is_issuer: bool,
}

/// A message about a file.
#[derive(Debug)]
pub enum Message {
    /// The decision differs from what Windows sent, or not.
    Comparison(Comparison),
    /// A certificate cannot be read.
    Problem(FoundError),
    /// An input has no effect, or one is missing.
    Warning(Warning),
}

/// The result for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For at least one certificate that is not an issuer, no name is sent.
    NotSent,
    /// A name is sent for each.
    Sent,
    /// At least one certificate cannot be read.
    Unreadable,
}

impl Explanation {
    /// Explains the certificates of a file. `failure` is the last failed attempt of the device, to compare with.
    #[must_use]
    pub fn of(
        case: &Case<'_>,
        found: Vec<Result<Found, FoundError>>,
        failure: Option<&PrtAttempt<'_>>,
    ) -> Self {
        let total = found.len();
        let mut warnings = BTreeSet::new();
        let mut explanation = Self {
            certificates: Vec::new(),
            messages: Vec::new(),
            verdict: Verdict::Sent,
        };
        for (found, number) in found.into_iter().zip(1..) {
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    explanation.refuse(error);
                    continue;
                }
            };
            let certificate = match found.certificate() {
                Ok(certificate) => certificate,
                Err(error) => {
                    explanation.refuse(error);
                    continue;
                }
            };
            let rows = case.decide(&certificate, &mut warnings);
            // The certificate of an issuer is not used for a sign-in.
            let is_sent = found.is_issuer || rows.iter().all(|row| row.upn().is_some());
            if !is_sent && explanation.verdict == Verdict::Sent {
                explanation.verdict = Verdict::NotSent;
            }
            let place = (total > 1).then_some(Place {
                number,
                total,
                is_issuer: found.is_issuer,
            });
            if let Some(failure) = failure.filter(|_| !found.is_issuer) {
                let comparison = Comparison::of(failure, &rows, place.as_ref());
                explanation.messages.push(Message::Comparison(comparison));
            }
            let assessment = case
                .policy
                .map(|policy| assess(&[TokenCertificate::new(&certificate)], policy, case.now));
            explanation.certificates.push(Explained {
                place,
                rows,
                assessment,
                notes: CertificateNote::all_of(&certificate),
            });
        }
        explanation
            .messages
            .extend(warnings.into_iter().map(Message::Warning));
        explanation
    }

    fn refuse(&mut self, error: FoundError) {
        self.messages.push(Message::Problem(error));
        self.verdict = Verdict::Unreadable;
    }
}
