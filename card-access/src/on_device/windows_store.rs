//! The user's certificate store of Windows as a backend.

use std::time::Duration;

use rustls_cng::cert::CertContext;
use rustls_cng::error::CngError;
use rustls_cng::key::SignaturePadding;
use rustls_cng::store::{CertStore, CertStoreType};
use rustls_pki_types::CertificateDer;

use super::windows_status;
use crate::ecdsa::der_from_raw;
use crate::watch::Watch;
use crate::{
    Backend, Confidence, Credential, Error, ErrorKind, Event, Hash, Interface, Listing, Monitor, PinEntry,
    PinPad, PinSource, PinStatus, Provider, Scheme, Slot, Token, TokenId, TokenInfo, TokenKind, TokenSource,
    spans,
};

/// Store of certificates with a private key.
const STORE: &str = "MY";

/// Certificates of the signed-in user's store that have a private key, as one token. An empty store is not listed.
///
/// The keys may be in software, in the TPM or on a smart card: Windows copies the certificates of an inserted card into the
/// store ([certificate propagation]). If a key requires a PIN, Windows [asks for it][sign] in its own window, so the PIN never
/// passes through this process: use [`PinEntry::on_reader`]. A PIN that was typed elsewhere is refused, and no try is spent.
///
/// ```no_run
/// use card_access::{Cards, on_device::WindowsStoreProvider};
///
/// let cards = Cards::system().with_provider(WindowsStoreProvider::new());
/// ```
///
/// [sign]: https://learn.microsoft.com/en-us/windows/win32/api/ncrypt/nf-ncrypt-ncryptsignhash
/// [certificate propagation]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-propagation-service
#[derive(Debug, Default)]
pub struct WindowsStoreProvider {
    watch: Watch,
}

impl WindowsStoreProvider {
    /// Creates a provider of the store of the user who runs this process.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Provider for WindowsStoreProvider {
    fn backend(&self) -> Backend {
        Backend::WindowsStore
    }

    fn monitor(&mut self) -> Box<dyn Monitor> {
        Box::new(StoreMonitor)
    }

    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        spans::list(Backend::WindowsStore.code(), || {
            let listing = look()?;
            self.watch.saw(listing.found.iter().map(|info| info.id.clone()));
            Ok(listing)
        })
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let opened = spans::on("open", id, || {
            if id.place() != STORE {
                return Err(Error::from(ErrorKind::NoCard).with_location(id.place()));
            }
            let certificates = entries(&open_store()?)?;
            if certificates.is_empty() {
                return Err(Error::from(ErrorKind::NoCard).with_location(STORE));
            }
            let info = info(&certificates);
            if id.identity().is_some() && info.id != *id {
                return Err(Error::from(ErrorKind::OtherCard).with_location(STORE));
            }
            Ok(StoreToken { info })
        });
        opened.map(spans::token)
    }

    /// Polls the store.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        Ok(self.watch.wait(timeout, || {
            let listing = look().unwrap_or_default();
            listing.found.into_iter().map(|info| info.id).collect()
        }))
    }
}

struct StoreMonitor;

impl Monitor for StoreMonitor {
    fn place(&self) -> String {
        String::from(STORE)
    }

    fn sources(&mut self) -> Result<Vec<TokenSource>, Error> {
        Ok(vec![TokenSource::new(STORE, |_| look())])
    }
}

fn look() -> Result<Listing<TokenInfo>, Error> {
    let certificates = entries(&open_store()?)?;
    let found = if certificates.is_empty() {
        Vec::new()
    } else {
        vec![info(&certificates)]
    };
    Ok(Listing {
        found,
        problems: Vec::new(),
    })
}

struct StoreToken {
    info: TokenInfo,
}

impl Token for StoreToken {
    fn info(&self) -> &TokenInfo {
        &self.info
    }

    /// A certificate whose key cannot be reached (its card is not inserted, or it has none here) is a problem of the listing.
    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        let mut listing = Listing::default();
        for entry in entries(&open_store()?)? {
            let credential = credential(&entry).and_then(|credential| {
                entry.acquire_key(true).map_err(|fault| error(&fault))?;
                Ok(credential)
            });
            listing.record(slot(&entry).to_string(), credential);
        }
        Ok(listing)
    }

    /// Windows counts the tries of the key's provider, and does not report them.
    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        Ok(PinStatus::Unknown)
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let unsupported = |what| Error::from(ErrorKind::Unsupported { what }).with_location(STORE);
        if !credential.algorithm().schemes().contains(&scheme) {
            return Err(unsupported("this scheme with this key"));
        }
        let silent = match pin.map(|entry| entry.source()) {
            None => true,
            Some(PinSource::OnReader) => false,
            Some(PinSource::Typed(_)) => {
                return Err(unsupported("a PIN that Windows did not ask for itself"));
            }
        };
        let store = open_store()?;
        let entry = entries(&store)?
            .into_iter()
            .find(|entry| entry.as_der() == &**credential.certificate())
            .ok_or_else(|| Error::from(ErrorKind::NoCredential).with_location(STORE))?;
        let key = entry.acquire_key(silent).map_err(|fault| error(&fault))?;
        let padding = match scheme {
            Scheme::RsaPkcs1(_) => SignaturePadding::Pkcs1,
            Scheme::RsaPss(_) => SignaturePadding::Pss,
            Scheme::EcdsaDer(_) | Scheme::EcdsaRaw(_) => SignaturePadding::None,
        };
        let signature = key
            .sign(&scheme.hash().digest(message), padding)
            .map_err(|fault| error(&fault))?;
        Ok(match scheme {
            // NCryptSignHash returns r and s, each as long as the curve's order.
            Scheme::EcdsaDer(_) => der_from_raw(&signature).ok_or_else(|| {
                Error::from(ErrorKind::Malformed { what: "signature" }).with_location(STORE)
            })?,
            _ => signature,
        })
    }
}

fn open_store() -> Result<CertStore, Error> {
    CertStore::open(CertStoreType::CurrentUser, STORE).map_err(|fault| error(&fault))
}

fn entries(store: &CertStore) -> Result<Vec<CertContext>, Error> {
    store.find_all().map_err(|fault| error(&fault))
}

/// The certificates are the store's identity: with other certificates, it is another token.
fn info(certificates: &[CertContext]) -> TokenInfo {
    let mut hashes: Vec<Vec<u8>> = certificates
        .iter()
        .map(|entry| Hash::Sha256.digest(entry.as_der()))
        .collect();
    hashes.sort_unstable();
    let identity = crate::slot::Hex(&Hash::Sha256.digest(&hashes.concat())).to_string();
    let mut info = TokenInfo::new(
        TokenId::new(Backend::WindowsStore, STORE, identity),
        "Windows certificate store",
    );
    info.kind = Confidence::Inferred(TokenKind::OnDevice);
    info.interface = Confidence::Inferred(Interface::None);
    info.pin_pad = PinPad::Present;
    info
}

fn credential(entry: &CertContext) -> Result<Credential, Error> {
    let certificate = CertificateDer::from(entry.as_der().to_vec());
    Credential::new(slot(entry), "Windows certificate store", certificate)
}

/// The store has no slots; the certificate's hash identifies the key.
fn slot(entry: &CertContext) -> Slot {
    Slot::Object(Hash::Sha256.digest(entry.as_der()))
}

fn error(fault: &CngError) -> Error {
    match fault {
        CngError::WindowsError(code) => windows_status::error(*code),
        _ => ErrorKind::CardFailed.into(),
    }
    .with_location(STORE)
}
