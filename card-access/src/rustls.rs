//! Key on a token as a TLS client identity, for rustls 0.23.
//!
//! A handshake makes at most one signature with the client's key (RFC 8446 section 4.4.3, RFC 5246 section 7.4.8), so an
//! identity is armed with a PIN for one handshake. The first signature uses the PIN and wipes it. A second handshake without
//! [arming](CardIdentity::arm) again fails with [`PinRequired`](ErrorKind::PinRequired) and spends no try. If the server does
//! not ask for the certificate, the PIN remains: [disarm](CardIdentity::disarm) when the handshake is over.
//!
//! TLS 1.3 accepts RSA signatures in PSS only. [`CardIdentity::protocol_versions`] returns the versions that the token
//! supports: without PSS, TLS 1.2 alone.
//!
//! ```
//! # #[cfg(feature = "soft")] {
//! use std::sync::Arc;
//!
//! use card_access::{Pin, PinEntry, PivSlot, Provider, rustls::CardIdentity, soft::{SoftCard, SoftProvider}};
//! use rustls::{ClientConfig, RootCertStore};
//!
//! # let issued = rcgen::generate_simple_self_signed(["alice".to_owned()])?;
//! # let mut cards = SoftProvider::new();
//! # let pin = Pin::new("123456".to_owned());
//! # let (certificate, key) = (issued.cert.der().clone(), issued.signing_key.serialize_der());
//! # cards.insert(SoftCard::new("card", pin.clone()).with_key(PivSlot::Authentication, certificate, &key)?);
//! let listed = cards.tokens()?.found.remove(0);
//! let mut token = cards.open(&listed.id)?;
//! let credential = token.credential(&"9a".parse()?)?;
//!
//! let issuers = []; // what the server does not have of the chain
//! let identity = Arc::new(CardIdentity::new(token, credential)?.with_intermediates(issuers));
//! identity.arm(PinEntry::typed(&pin));
//! let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
//!     .with_protocol_versions(identity.protocol_versions())?
//!     .with_root_certificates(RootCertStore::empty())
//!     .with_client_cert_resolver(identity.clone());
//! assert!(config.client_auth_cert_resolver.has_certs());
//!
//! // After the handshake:
//! identity.disarm();
//! if let Some(error) = identity.take_failure() {
//!     eprintln!("{error}. {}", error.hint());
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustls::{
    ALL_VERSIONS, OtherError, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion,
    client::ResolvesClientCert,
    sign::{CertifiedKey, Signer, SigningKey},
    version::TLS12,
};
use rustls_pki_types::CertificateDer;
use upn_resolver::certificate::Outline;

use crate::{
    Credential, Error, ErrorKind, Hash, KeyAlgorithm, PinEntry, Scheme, Token, owned_pin_entry::OwnedPinEntry,
};

const TLS12_ONLY: &[&SupportedProtocolVersion] = &[&TLS12];

/// Credential of a token as a TLS client certificate.
pub struct CardIdentity {
    key: Arc<CardKey>,
    chain: Vec<CertificateDer<'static>>,
}

impl CardIdentity {
    /// Creates an identity from a credential. Requires no PIN.
    ///
    /// # Errors
    ///
    /// Errors of [`Token::schemes`], and [`Unsupported`](ErrorKind::Unsupported) if TLS supports none of the token's schemes.
    pub fn new(mut token: Box<dyn Token>, credential: Credential) -> Result<Self, Error> {
        let mut schemes: Vec<_> = token
            .schemes(&credential)?
            .into_iter()
            .filter_map(tls_scheme)
            .collect();
        schemes.sort_by_key(|(_, scheme)| matches!(scheme, Scheme::RsaPkcs1(_)));
        if schemes.is_empty() {
            return Err(ErrorKind::Unsupported {
                what: "a TLS signature with this key",
            }
            .into());
        }
        let chain = vec![credential.certificate().clone()];
        let state = State {
            token,
            armed: None,
            failure: None,
        };
        Ok(Self {
            key: Arc::new(CardKey {
                credential,
                schemes,
                state: Mutex::new(state),
            }),
            chain,
        })
    }

    /// Adds certificates to send after the user's own, each the issuer of the previous one.
    #[must_use]
    pub fn with_intermediates(
        mut self,
        certificates: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Self {
        self.chain.extend(certificates);
        self
    }

    /// Sets the PIN for the next handshake. It is copied, used at most once, and then wiped.
    ///
    /// ```
    /// use card_access::{Pin, PinEntry, rustls::CardIdentity};
    ///
    /// /// `None` is a PIN that the user types on the reader; `agreed` is the answer to "the card may be blocked".
    /// fn arm(identity: &CardIdentity, pin: Option<&Pin>, agreed: bool) {
    ///     let entry = pin.map_or_else(PinEntry::on_reader, PinEntry::typed);
    ///     identity.arm(if agreed { entry.allow_final_try() } else { entry });
    /// }
    /// ```
    pub fn arm(&self, pin: PinEntry<'_>) {
        self.key.state().armed = Some(pin.into());
    }

    /// Removes and wipes a PIN that no signature has used: call it after a handshake. A server may not ask for the certificate,
    /// and the next server that does may not be the one that the PIN was meant for.
    pub fn disarm(&self) {
        self.key.state().armed = None;
    }

    /// Versions of TLS that this key supports, for `with_protocol_versions`.
    #[must_use]
    pub fn protocol_versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        let tls13 = |scheme: &(SignatureScheme, Scheme)| !matches!(scheme.1, Scheme::RsaPkcs1(_));
        if self.key.schemes.iter().any(tls13) {
            ALL_VERSIONS
        } else {
            TLS12_ONLY
        }
    }

    /// Returns the token's error of the last handshake, once. rustls itself reports only that signing failed.
    #[must_use]
    pub fn take_failure(&self) -> Option<Error> {
        self.key.state().failure.take()
    }

    /// Whether a server that names the authorities it trusts would accept this chain. No names mean any (RFC 8446 section
    /// 4.2.4, RFC 5246 section 7.4.4).
    fn is_acceptable(&self, authorities: &[&[u8]]) -> bool {
        authorities.is_empty()
            || self
                .chain
                .iter()
                .filter_map(|certificate| Outline::from_der(certificate).ok())
                .any(|certificate| authorities.contains(&certificate.issuer_der()))
    }
}

impl ResolvesClientCert for CardIdentity {
    fn resolve(&self, authorities: &[&[u8]], offered: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let key = Handle(Arc::clone(&self.key));
        let fits = self.is_acceptable(authorities) && key.choose_scheme(offered).is_some();
        fits.then(|| Arc::new(CertifiedKey::new(self.chain.clone(), Arc::new(key))))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for CardIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardIdentity")
            .field("credential", &self.key.credential)
            .finish_non_exhaustive()
    }
}

/// Private key on the token, shared with rustls.
struct CardKey {
    credential: Credential,
    schemes: Vec<(SignatureScheme, Scheme)>,
    state: Mutex<State>,
}

struct State {
    token: Box<dyn Token>,
    armed: Option<OwnedPinEntry>,
    failure: Option<Error>,
}

impl CardKey {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let State {
            token,
            armed,
            failure,
        } = &mut *self.state();
        let armed = armed.take();
        let entry = armed.as_ref().map(OwnedPinEntry::borrow);
        let signed = token.sign(&self.credential, scheme, message, entry);
        *failure = signed.as_ref().err().cloned();
        signed
    }
}

/// The key during a handshake.
#[derive(Clone)]
struct Handle(Arc<CardKey>);

impl SigningKey for Handle {
    /// Chooses the first of our schemes that the server accepts. PSS comes first, since it works with both versions of TLS.
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let (name, scheme) = *self.0.schemes.iter().find(|(name, _)| offered.contains(name))?;
        Some(Box::new(Signature {
            key: self.clone(),
            name,
            scheme,
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.0.credential.algorithm() {
            KeyAlgorithm::Rsa { .. } => SignatureAlgorithm::RSA,
            _ => SignatureAlgorithm::ECDSA,
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.0.credential).finish()
    }
}

/// A signature to be made.
#[derive(Debug)]
struct Signature {
    key: Handle,
    name: SignatureScheme,
    scheme: Scheme,
}

impl Signer for Signature {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signed = self.key.0.sign(self.scheme, message);
        signed.map_err(|error| rustls::Error::Other(OtherError(Arc::new(error))))
    }

    fn scheme(&self) -> SignatureScheme {
        self.name
    }
}

/// Returns the TLS name of a scheme (RFC 8446 section 4.2.3), together with the scheme.
fn tls_scheme(scheme: Scheme) -> Option<(SignatureScheme, Scheme)> {
    let name = match scheme {
        Scheme::EcdsaDer(Hash::Sha256) => SignatureScheme::ECDSA_NISTP256_SHA256,
        Scheme::EcdsaDer(Hash::Sha384) => SignatureScheme::ECDSA_NISTP384_SHA384,
        Scheme::RsaPkcs1(Hash::Sha256) => SignatureScheme::RSA_PKCS1_SHA256,
        Scheme::RsaPkcs1(Hash::Sha384) => SignatureScheme::RSA_PKCS1_SHA384,
        Scheme::RsaPkcs1(Hash::Sha512) => SignatureScheme::RSA_PKCS1_SHA512,
        Scheme::RsaPss(Hash::Sha256) => SignatureScheme::RSA_PSS_SHA256,
        Scheme::RsaPss(Hash::Sha384) => SignatureScheme::RSA_PSS_SHA384,
        Scheme::RsaPss(Hash::Sha512) => SignatureScheme::RSA_PSS_SHA512,
        // TLS has no ECDSA signature as r and s side by side, and no other pair of curve and hash.
        Scheme::EcdsaDer(Hash::Sha512) | Scheme::EcdsaRaw(_) => return None,
    };
    Some((name, scheme))
}
