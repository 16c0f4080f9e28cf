//! Start of a sign-in.

use rustls_pki_types::CertificateDer;
use upn_resolver::Upn;

use crate::config::Config;
use crate::device::Device;
use crate::discovery::IssuerMetadata;
use crate::error::Error;
use crate::flow::{Context, Flow, Proof};
use crate::hello::HelloKey;
use crate::recorder::Kind;
use crate::secret::Secret;
use crate::seed::Seed;
use crate::step::Step;
use crate::transcript::Transcript;

/// A sign-in that ends with a primary refresh token.
///
/// The user proves their identity with a certificate, a Hello key or a refresh token. Passwords are not supported: an agent that
/// never sees one cannot leak it. SAML tokens of a federation server are not supported either, because WS-Trust would have to
/// fetch them first ([`NotManaged::Federated`](crate::NotManaged::Federated) names the server).
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
/// What a cache knows saves two requests:
///
/// ```
/// use cba_protocol::{Error, IssuerMetadata, Seed, SignIn, State};
/// # fn example(sign_in: SignIn, metadata: IssuerMetadata, seed: Seed) -> Result<(), Error> {
/// let step = sign_in.with_managed_realm().with_metadata(metadata).start(seed)?;
/// assert_eq!(step.state(), State::Nonce);
/// # Ok(()) }
/// ```
#[must_use = "call start() to begin"]
pub struct SignIn {
    config: Config,
    device: Device,
    upn: Upn,
    proof: Proof,
    realm: Realm,
    metadata: Option<IssuerMetadata>,
    transcript: Option<Transcript>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Realm {
    /// A cache says that this cloud signs the user in.
    Managed,
    Unknown,
}

impl SignIn {
    /// Creates a sign-in with the private key of a certificate: [MS-OAPXBC] 3.2.5.1.2.1.4.
    ///
    /// `upn` is the name that `upn-resolver` decided to send. It becomes `iss` of the assertion unchanged.
    pub fn with_certificate(
        config: &Config,
        device: &Device,
        upn: &Upn,
        certificate: &CertificateDer<'_>,
    ) -> Self {
        let proof = Proof::Certificate(certificate.clone().into_owned());
        Self::new(config, device, upn, proof)
    }

    /// Creates a sign-in with a registered Windows Hello key: [MS-OAPXBC] 3.2.5.1.2.1.2. The key signs as the user, with RS256. The
    /// nonce is always part of the assertion.
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

    /// Creates a sign-in with a refresh token that a web view got for the same client: [MS-OAPXBC] 3.2.5.1.2.1.3.
    /// No signature of the user is needed. `upn` is used for realm discovery only.
    pub fn with_refresh_token(config: &Config, device: &Device, upn: &Upn, token: Secret) -> Self {
        Self::new(config, device, upn, Proof::RefreshToken(token))
    }

    fn new(config: &Config, device: &Device, upn: &Upn, proof: Proof) -> Self {
        Self {
            config: config.clone(),
            device: device.clone(),
            upn: upn.clone(),
            proof,
            realm: Realm::Unknown,
            metadata: None,
            transcript: None,
        }
    }

    /// Skips realm discovery, because a cache knows that this cloud signs the user in.
    pub fn with_managed_realm(mut self) -> Self {
        self.realm = Realm::Managed;
        self
    }

    /// Skips the request for the OpenID metadata, because a cache has it from
    /// [`PrimaryRefreshToken::metadata`](crate::PrimaryRefreshToken::metadata).
    pub fn with_metadata(mut self, metadata: IssuerMetadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// Records the flow in `transcript`.
    pub fn with_transcript(mut self, transcript: &Transcript) -> Self {
        self.transcript = Some(transcript.clone());
        self
    }

    /// Returns the first step: realm discovery, or the first request that no cache made unnecessary.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if the user name is too long for a URL.
    pub fn start(self, seed: Seed) -> Result<Step, Error> {
        let context = Context::new(Kind::SignIn, self.config, seed, self.transcript);
        let flow = Flow::new(context, self.device, self.upn, self.proof, self.metadata);
        match self.realm {
            Realm::Managed => flow.read_metadata(),
            Realm::Unknown => flow.discover_realm(),
        }
    }
}
