//! Chains of certificates and their revocation, on OpenSSL.

mod revocation;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKeyRef, Public};
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509Ref, X509StoreContext, X509VerifyResult};

use self::revocation::RevocationList;
use crate::config::{Configuration, PemError, PolicyState};
use crate::random::hex;
use crate::refusal::{Code, Refusal};

/// Smallest RSA key of a user, in bits.
const MINIMUM_RSA_BITS: u32 = 2048;
/// Smallest elliptic curve key of a user, in bits.
const MINIMUM_EC_BITS: u32 = 256;

/// The authorities of user certificates, with their revocation lists.
pub(crate) struct Trust {
    store: X509Store,
    intermediates: Vec<X509>,
    lists: Vec<RevocationList>,
    require_lists: bool,
    exempt: Vec<String>,
}

impl Trust {
    /// Reads the authorities of the configuration.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, PemError> {
        let mut roots = Vec::new();
        let mut intermediates = Vec::new();
        let mut lists = Vec::new();
        for authority in &configuration.certificate_authorities {
            let certificate = authority.certificate.certificate(&configuration.base)?;
            lists.extend(RevocationList::of(authority, &certificate, configuration));
            if is_self_issued(&certificate) {
                roots.push(certificate);
            } else {
                intermediates.push(certificate);
            }
        }
        let validation = &configuration.certificate_policy.crl_validation_configuration;
        let exempt = &validation.exempted_certificate_authorities_subject_key_identifiers;
        Ok(Self {
            store: store(roots).map_err(|source| PemError::Parse {
                place: "certificateAuthorities".to_owned(),
                what: "usable set of certificates",
                source,
            })?,
            intermediates,
            lists,
            require_lists: validation.state == PolicyState::Enabled,
            exempt: exempt.iter().map(|id| id.to_ascii_lowercase()).collect(),
        })
    }

    /// Checks key size, chain, validity and revocation of a user's certificate. Further certificates of the client are
    /// not used: the chain is built from the tenant's authorities alone.
    pub(crate) fn check(&self, leaf: &X509, now: i64) -> Result<(), Refusal> {
        check_key_size(&*leaf.public_key()?)?;
        let chain = chain(&self.store, &self.intermediates, leaf)?.map_err(chain_refusal)?;
        for certificate in &chain {
            if !is_current(certificate, now)? {
                let detail = format!("Certificate: {}.", common_name(certificate));
                return Err(Refusal::new(Code::CERTIFICATE_TIME, detail));
            }
        }
        for pair in chain.windows(2) {
            self.check_revocation(&pair[0], &pair[1], now)?;
        }
        Ok(())
    }

    fn check_revocation(&self, certificate: &X509, issuer: &X509, now: i64) -> Result<(), Refusal> {
        match self.lists.iter().find(|list| list.is_of(issuer)) {
            Some(list) => list.check(certificate, issuer, now),
            None if self.require_lists && !self.is_exempt(issuer) => Err(Refusal::new(
                Code::CRL_MISSING,
                format!("Authority: {}.", common_name(issuer)),
            )),
            None => Ok(()),
        }
    }

    fn is_exempt(&self, authority: &X509) -> bool {
        authority
            .subject_key_id()
            .is_some_and(|id| self.exempt.contains(&hex(id.as_slice())))
    }
}

/// A store of roots. Validity is checked afterwards, by the authority's clock.
pub(crate) fn store(roots: Vec<X509>) -> Result<X509Store, ErrorStack> {
    let mut builder = X509StoreBuilder::new()?;
    builder.set_flags(X509VerifyFlags::NO_CHECK_TIME)?;
    for root in roots {
        builder.add_cert(root)?;
    }
    Ok(builder.build())
}

/// The chain from the certificate to a root of the store, the root included.
pub(crate) fn chain(
    store: &X509Store,
    intermediates: &[X509],
    leaf: &X509,
) -> Result<Result<Vec<X509>, X509VerifyResult>, ErrorStack> {
    let mut stack = Stack::new()?;
    for certificate in intermediates {
        stack.push(certificate.clone())?;
    }
    X509StoreContext::new()?.init(store, leaf, &stack, |context| {
        if !context.verify_cert()? {
            return Ok(Err(context.error()));
        }
        let chain = context.chain().into_iter().flatten();
        Ok(Ok(chain.map(ToOwned::to_owned).collect()))
    })
}

fn chain_refusal(result: X509VerifyResult) -> Refusal {
    // The numbers are OpenSSL's, see x509_vfy.h: no issuer found, self-signed leaf, self-signed root outside the store.
    let code = match result.as_raw() {
        2 | 18..=21 => Code::CA_UNKNOWN,
        _ => Code::CERTIFICATE_INVALID,
    };
    Refusal::new(code, format!("OpenSSL: {}.", result.error_string()))
}

fn check_key_size(key: &PKeyRef<Public>) -> Result<(), Refusal> {
    let bits = key.bits();
    match key.id() {
        Id::RSA | Id::RSA_PSS if bits < MINIMUM_RSA_BITS => {
            Err(Refusal::new(Code::RSA_KEY_SMALL, format!("Bits: {bits}.")))
        }
        Id::EC if bits < MINIMUM_EC_BITS => Err(Refusal::new(Code::EC_KEY_SMALL, format!("Bits: {bits}."))),
        _ => Ok(()),
    }
}

/// Whether the certificate's validity covers the time.
pub(crate) fn is_current(certificate: &X509Ref, now: i64) -> Result<bool, ErrorStack> {
    covers(certificate.not_before(), Some(certificate.not_after()), now)
}

fn covers(from: &Asn1TimeRef, until: Option<&Asn1TimeRef>, now: i64) -> Result<bool, ErrorStack> {
    let now = Asn1Time::from_unix(now)?;
    let ended = until
        .map(|until| until.compare(&now))
        .transpose()?
        .is_some_and(std::cmp::Ordering::is_lt);
    Ok(from.compare(&now)?.is_le() && !ended)
}

/// The common name, for messages.
pub(crate) fn common_name(certificate: &X509Ref) -> String {
    let entry = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next();
    entry
        .and_then(|entry| entry.data().to_string().ok())
        .unwrap_or_default()
}

fn is_self_issued(certificate: &X509) -> bool {
    certificate
        .subject_name()
        .try_cmp(certificate.issuer_name())
        .is_ok_and(std::cmp::Ordering::is_eq)
}
