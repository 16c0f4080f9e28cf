//! Start of a sign-in.

use rustls_pki_types::{CertificateDer, UnixTime};

use super::error::AdError;
use super::finding::CertificateFinding;
use super::flow::{Flow, HostKey, card_algorithm, read_certificate};
use super::kdc_trust::KdcTrust;
use super::keytab::Keytab;
use super::names::{ENTERPRISE, MAX_STRING, PRINCIPAL, PrincipalName};
use super::step::AdStep;
use crate::seed::{Random, Seed};

/// A sign-in to Active Directory with a card: PKINIT (RFC 4556), as [MS-PKCA] section 4.1 has it for an interactive logon.
///
/// It takes one signature of the card and two requests to a domain controller. Afterwards the domain has named the account. Something must
/// prove the domain controller: the device's keytab, the CA of the domain controllers, or both.
///
/// ```
/// # #[cfg(feature = "active-directory")] {
/// use cba_protocol::active_directory::{AdError, AdSignIn, AdStep, Keytab};
/// use cba_protocol::{Seed, pki_types::{CertificateDer, UnixTime}};
/// # fn example(card: &CertificateDer<'_>, keytab: Keytab, seed: Seed, now: UnixTime) -> Result<(), AdError> {
///
/// let sign_in = AdSignIn::new("ada@corp.example", "CORP.EXAMPLE", card).with_host_key(keytab);
/// let AdStep::SignWithCard(task) = sign_in.start(seed, now)? else { unreachable!("the card comes first") };
/// # let _ = task;
/// # Ok(()) }
/// # }
/// ```
#[must_use = "call start() to begin"]
#[derive(Clone, Debug)]
pub struct AdSignIn {
    name: String,
    realm: String,
    certificate: CertificateDer<'static>,
    host_key: Option<HostKey>,
    trust: Option<KdcTrust>,
}

impl AdSignIn {
    /// Creates a sign-in under this name: the UPN of the certificate, or what the user typed. A name without `@` is an account of
    /// the realm.
    ///
    /// The realm is the DNS name of the domain, usually in capitals.
    pub fn new(name: impl Into<String>, realm: impl Into<String>, certificate: &CertificateDer<'_>) -> Self {
        Self {
            name: name.into(),
            realm: realm.into(),
            certificate: certificate.clone().into_owned(),
            host_key: None,
            trust: None,
        }
    }

    /// Verifies the domain controller by the key of the device's account, which only the domain knows besides the device. The
    /// ticket is for
    /// [`Keytab::service`].
    pub fn with_host_key(mut self, keytab: Keytab) -> Self {
        let service = keytab.service().to_owned();
        self.host_key = Some(HostKey { keytab, service });
        self
    }

    /// Verifies the domain controller by the device's key, with a ticket for this service, such as `host/client.corp.example`.
    pub fn with_host_key_of(mut self, keytab: Keytab, service: impl Into<String>) -> Self {
        self.host_key = Some(HostKey {
            keytab,
            service: service.into(),
        });
        self
    }

    /// Verifies the domain controller by its certificate. Without a keytab, the ticket with the account data is one for the user
    /// themselves (RFC 4120 section 3.7).
    pub fn with_kdc_trust(mut self, trust: KdcTrust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// Problems of the certificate for which domain controllers refuse sign-ins. Show it before the PIN is asked for.
    #[must_use]
    pub fn findings(&self, now: UnixTime) -> Vec<CertificateFinding> {
        read_certificate(&self.certificate)
            .map(|certificate| CertificateFinding::all(&certificate, &self.name, self.trust.as_ref(), now))
            .unwrap_or_default()
    }

    /// Returns the first step: a task for the card. It contains the time: have the PIN ready.
    ///
    /// # Errors
    /// [`AdError::NoProof`] if neither a keytab nor a CA was given; [`AdError::NameUnusable`], [`AdError::RealmUnusable`] and
    /// [`AdError::CertificateUnusable`] if Kerberos has no form for one of these.
    pub fn start(self, seed: Seed, now: UnixTime) -> Result<AdStep, AdError> {
        if self.host_key.is_none() && self.trust.is_none() {
            return Err(AdError::NoProof);
        }
        let is_string =
            |text: &str| !text.is_empty() && text.len() <= MAX_STRING && !text.contains(char::is_control);
        if !is_string(&self.name) {
            return Err(AdError::NameUnusable);
        }
        if !is_string(&self.realm) {
            return Err(AdError::RealmUnusable);
        }
        card_algorithm(&self.certificate)?;
        let kind = if self.name.contains('@') {
            ENTERPRISE
        } else {
            PRINCIPAL
        };
        let flow = Flow {
            client: PrincipalName::new(kind, &[&self.name]),
            certificate: self.certificate,
            name: self.name,
            realm: self.realm,
            host_key: self.host_key,
            trust: self.trust,
            random: Random::new(seed),
            referrals: 0,
            clock_skew: None,
        };
        flow.sign_request(now)
    }
}
