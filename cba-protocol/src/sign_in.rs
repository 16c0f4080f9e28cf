//! Where a sign-in begins.

use rustls_pki_types::CertificateDer;
use upn_resolver::Upn;

use crate::flow::context::Context;
use crate::flow::{Flow, IssuerMetadata, Proof, Replacement};
use crate::{Config, Device, Error, HelloKey, Secret, Seed, Step, Transcript};

/// A sign-in that ends in a primary refresh token.
///
/// The user proves who they are with a certificate, a Hello key or a refresh token. A password is left out, since who has a card
/// needs none and an agent that never sees one cannot leak it; so is a SAML token of a federation server, which WS-Trust would
/// have to fetch first ([`NotManaged::Federated`](crate::NotManaged::Federated) names the server to whoever does that).
///
/// ```
/// use cba_protocol::{Config, Device, Error, Seed, SignIn, Step};
/// # fn example(config: &Config, device: &Device, upn: &upn_resolver::Upn, card: &rustls_pki_types::CertificateDer<'_>, seed: Seed)
/// # -> Result<(), Error> {
/// let step = SignIn::with_certificate(config, device, upn, card).start(seed)?;
/// assert!(matches!(step, Step::Send(_))); // realm discovery
/// # Ok(()) }
/// ```
///
/// What a cache knows saves two requests, and another name can stand by for one that has become stale:
///
/// ```
/// use cba_protocol::{Error, IssuerMetadata, Seed, SignIn, State};
/// # fn example(sign_in: SignIn, metadata: IssuerMetadata, ad_upn: &upn_resolver::Upn, seed: Seed) -> Result<(), Error> {
/// let step = sign_in.known_managed().metadata(metadata).or_as(ad_upn).start(seed)?;
/// assert_eq!(step.state(), State::Nonce);
/// # Ok(()) }
/// ```
#[must_use = "call start() to begin"]
pub struct SignIn {
    config: Config,
    device: Device,
    upn: Upn,
    other_upn: Option<Upn>,
    proof: Proof,
    realm: KnownRealm,
    metadata: Option<IssuerMetadata>,
    transcript: Transcript,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KnownRealm {
    Managed,
    No,
}

impl SignIn {
    /// With the private key of a certificate: [MS-OAPXBC] 3.2.5.1.2.1.4.
    ///
    /// `upn` is what `upn-resolver` decided to send; it becomes `iss` of the assertion as it stands.
    pub fn with_certificate(
        config: &Config,
        device: &Device,
        upn: &Upn,
        certificate: &CertificateDer<'_>,
    ) -> Self {
        Self::new(
            config,
            device,
            upn,
            Proof::Certificate(certificate.clone().into_owned()),
        )
    }

    /// With a registered Windows Hello key: [MS-OAPXBC] 3.2.5.1.2.1.2. The key signs as the user, with RS256; the nonce is always part
    /// of its assertion.
    ///
    /// ```
    /// # use cba_protocol::{Config, Device, HelloKey, SignIn};
    /// # fn example(config: &Config, device: &Device, upn: &upn_resolver::Upn, kid: &str) -> SignIn {
    /// SignIn::with_hello_key(config, device, upn, &HelloKey::from_id(kid))
    /// # }
    /// ```
    pub fn with_hello_key(config: &Config, device: &Device, upn: &Upn, key: &HelloKey) -> Self {
        Self::new(config, device, upn, Proof::Hello(key.clone()))
    }

    /// With a refresh token that a web view got for the same client: [MS-OAPXBC] 3.2.5.1.2.1.3.
    ///
    /// Nobody is asked to sign as the user. `upn` serves realm discovery only.
    pub fn with_refresh_token(config: &Config, device: &Device, upn: &Upn, token: Secret) -> Self {
        Self::new(config, device, upn, Proof::RefreshToken(token))
    }

    fn new(config: &Config, device: &Device, upn: &Upn, proof: Proof) -> Self {
        Self {
            config: config.clone(),
            device: device.clone(),
            upn: upn.clone(),
            other_upn: None,
            proof,
            realm: KnownRealm::No,
            metadata: None,
            transcript: Transcript::default(),
        }
    }

    /// Skips realm discovery: a cache knows that this cloud signs the user in.
    pub fn known_managed(mut self) -> Self {
        self.realm = KnownRealm::Managed;
        self
    }

    /// Skips the OpenID metadata: a cache has it, from [`PrimaryRefreshToken::metadata`](crate::PrimaryRefreshToken::metadata).
    pub fn metadata(mut self, metadata: IssuerMetadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// The name to try, once, when the server does not know the first: what `upn-resolver` advises after a cached name was not found.
    pub fn or_as(mut self, upn: &Upn) -> Self {
        self.other_upn = Some(upn.clone());
        self
    }

    /// Writes along in this transcript.
    pub fn transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = transcript.clone();
        self
    }

    /// The first step: realm discovery, or whatever comes first of what no cache gave.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] when the name is too long for a URL.
    pub fn start(self, seed: Seed) -> Result<Step, Error> {
        let flow = Flow {
            context: Context::new(self.config, seed, self.transcript),
            device: self.device,
            upn: self.upn,
            other_upn: self.other_upn,
            proof: self.proof,
            metadata: self.metadata,
            replacement: Replacement::Left,
        };
        match self.realm {
            KnownRealm::Managed => flow.read_metadata(),
            KnownRealm::No => flow.discover_realm(),
        }
    }
}
