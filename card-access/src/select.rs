//! Choice of the certificate to sign in with.

use std::{cmp::Reverse, fmt};

use rustls_pki_types::UnixTime;
use upn_resolver::{
    Certificate, CertificateError,
    windows::{
        eligibility::{Hidden, TokenCertificate, assess},
        logon_policy::LogonPolicy,
    },
};

use crate::{Credential, Error, KeyAlgorithm, Listing, PivSlot, Slot, Token};

/// Chooses the certificates for a sign-in as Windows would, by the rules of [`upn_resolver::windows::eligibility`], which names
/// their sources.
///
/// ```
/// use card_access::Selector;
/// use rustls_pki_types::UnixTime;
///
/// # fn main() {
/// # let credentials = Vec::new();
/// let selection = Selector::new(UnixTime::now()).select(&credentials);
/// match selection.best() {
///     Some(credential) => println!("sign in with {}", credential.label()),
///     None => selection.rejected.iter().for_each(|(credential, why)| println!("{}: {why}", credential.label())),
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Selector {
    now: UnixTime,
    policy: LogonPolicy,
}

impl Selector {
    /// Creates a selector for a time, with the policy of a machine on which none is configured.
    #[must_use]
    pub fn new(now: UnixTime) -> Self {
        Self {
            now,
            policy: LogonPolicy::new(),
        }
    }

    /// Sets another policy, such as one that accepts certificates without the smart card logon purpose.
    #[must_use]
    pub fn with_policy(self, policy: LogonPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Reads a token's certificates: those of its standard slots, and those of its retired slots (82 to 95 on a PIV card) if
    /// none of the standard ones is suitable.
    ///
    /// A renewed certificate may be in a retired slot while its expired predecessor is still in 9A, and some issuers use
    /// retired slots only. Reading them takes 20 commands, which a card with a suitable certificate avoids.
    ///
    /// # Errors
    ///
    /// Errors of [`Token::credentials`]. A slot that cannot be read is a [`Problem`](crate::Problem) of the listing, under its
    /// name.
    pub fn credentials(&self, token: &mut dyn Token) -> Result<Listing<Credential>, Error> {
        let mut listing = token.credentials()?;
        if self.select(&listing.found).suitable.is_empty() {
            listing.append(token.retired_credentials()?);
        }
        Ok(listing)
    }

    /// Divides credentials, of one token or of several, into those to sign in with and the others.
    #[must_use]
    pub fn select<'c>(&self, credentials: &'c [Credential]) -> Selection<'c> {
        let parsed: Vec<_> = credentials
            .iter()
            .map(|one| Certificate::from_der(one.certificate()))
            .collect();
        let on_token: Vec<_> = parsed
            .iter()
            .map(|one| {
                one.as_ref()
                    .map_or_else(|_| TokenCertificate::unreadable(), TokenCertificate::new)
            })
            .collect();
        let assessment = assess(&on_token, &self.policy, self.now);

        let mut suitable = Vec::new();
        let mut rejected = Vec::new();
        for (index, (credential, parsed)) in credentials.iter().zip(&parsed).enumerate() {
            let hidden = assessment.hidden().iter().find(|hidden| hidden.index() == index);
            match (parsed, hidden) {
                (Err(error), _) => rejected.push((credential, Rejection::Unreadable(*error))),
                (Ok(_), Some(hidden)) => rejected.push((credential, Rejection::NotOffered(hidden.clone()))),
                (Ok(_), None) if credential.algorithm().schemes().is_empty() => {
                    rejected.push((credential, Rejection::CannotSign(credential.algorithm())));
                }
                (Ok(certificate), None) => suitable.push((rank(credential, certificate), credential)),
            }
        }
        suitable.sort_by_key(|(rank, _)| *rank);
        Selection {
            suitable: suitable.into_iter().map(|(_, credential)| credential).collect(),
            rejected,
        }
    }
}

/// PIV's authentication key comes first, then the certificate that was issued last.
fn rank(credential: &Credential, certificate: &Certificate<'_>) -> (bool, Reverse<i64>) {
    let for_signing_in = *credential.slot() == Slot::Piv(PivSlot::Authentication);
    (
        !for_signing_in,
        Reverse(certificate.validity().not_before().unix_seconds()),
    )
}

/// Result of a selection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection<'c> {
    /// Credentials to sign in with, the best one first.
    pub suitable: Vec<&'c Credential>,
    /// Other credentials, each with the reason.
    pub rejected: Vec<(&'c Credential, Rejection)>,
}

impl<'c> Selection<'c> {
    /// Best credential to sign in with, if there is one.
    #[must_use]
    pub fn best(&self) -> Option<&'c Credential> {
        self.suitable.first().copied()
    }
}

/// Reason why a credential is not suitable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// Windows would offer it, but its key supports no scheme of this crate.
    CannotSign(KeyAlgorithm),
    /// Windows would not offer it.
    NotOffered(Hidden),
    /// The certificate cannot be parsed.
    Unreadable(CertificateError),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CannotSign(algorithm) => write!(f, "its key cannot sign: {algorithm}"),
            Self::NotOffered(hidden) => hidden.fmt(f),
            Self::Unreadable(error) => write!(f, "not a certificate: {error}"),
        }
    }
}
