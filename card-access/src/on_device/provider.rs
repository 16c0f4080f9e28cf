//! Key files as a backend.

use std::path::PathBuf;
use std::time::Duration;

use super::store::Store;
use super::token::FileToken;
use crate::watch::Watch;
use crate::{
    Backend, Credential, Error, ErrorKind, Event, Listing, Monitor, Pin, Provider, Token, TokenId, TokenInfo,
    TokenSource, spans,
};

/// Key files as tokens: PKCS#12 ([RFC 7292](https://www.rfc-editor.org/rfc/rfc7292)) and PEM
/// ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)).
///
/// The file's password takes the place of the PIN. Nothing decrypted is kept: each signature reads the file again, with the
/// password of the call. A file whose permissions let others read it is refused.
///
/// ```no_run
/// use card_access::{Hash, Pin, PinEntry, Provider, Scheme, on_device::FileProvider};
///
/// let mut provider = FileProvider::new().with_pkcs12("/home/alice/alice.p12");
/// let id = provider.tokens()?.found.remove(0).id;
/// let password = Pin::new("a long password".to_owned());
/// // Most PKCS#12 files hide the certificate as well as the key.
/// provider.unlock(&id, &password)?;
/// let mut token = provider.open(&id)?;
/// let credential = token.credentials()?.found.remove(0);
/// let signature = token.sign(&credential, Scheme::RsaPkcs1(Hash::Sha256), b"m", Some(PinEntry::typed(&password)))?;
/// # Ok::<(), card_access::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct FileProvider {
    files: Vec<File>,
    watch: Watch,
}

#[derive(Debug)]
struct File {
    store: Store,
    /// The token and its certificates, after [`FileProvider::unlock`].
    unlocked: Option<(TokenId, Vec<Credential>)>,
}

impl FileProvider {
    /// Creates a provider without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a PKCS#12 file (`.p12`, `.pfx`).
    #[must_use]
    pub fn with_pkcs12(self, file: impl Into<PathBuf>) -> Self {
        self.store(Store::Pkcs12(file.into()))
    }

    /// Adds a certificate and its key in PEM files, which may be the same file. The first of several certificates is used, as
    /// in TLS servers. The key is PKCS#8 (encrypted or not), PKCS#1 or SEC 1.
    #[must_use]
    pub fn with_pem(self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.store(Store::Pem {
            certificate: certificate.into(),
            key: key.into(),
        })
    }

    /// Reads the certificates of a file that encrypts them. The password is not kept; a signature requires it again.
    ///
    /// # Errors
    ///
    /// [`WrongPin`](ErrorKind::WrongPin) for a wrong password, [`NoCard`](ErrorKind::NoCard) if the file is not one of the
    /// provider's, [`OtherCard`](ErrorKind::OtherCard) if its content has changed, and errors of reading it.
    pub fn unlock(&mut self, id: &TokenId, password: &Pin) -> Result<(), Error> {
        spans::on("unlock", id, || {
            let file = self.find(id)?;
            let credentials = file.store.credentials(password.as_bytes())?;
            file.unlocked = Some((id.clone(), credentials));
            Ok(())
        })
    }

    fn store(mut self, store: Store) -> Self {
        self.files.push(File {
            store,
            unlocked: None,
        });
        self
    }

    /// The file of a token, which must not have changed.
    fn find(&mut self, id: &TokenId) -> Result<&mut File, Error> {
        let file = self
            .files
            .iter_mut()
            .find(|file| file.store.place() == id.place());
        let file = file.ok_or_else(|| Error::from(ErrorKind::NoCard).with_location(id.place()))?;
        file.store.expect(id)?;
        Ok(file)
    }

    fn look(&self) -> Listing<TokenInfo> {
        let mut listing = Listing::default();
        for file in &self.files {
            listing.record(file.store.place(), file.store.info());
        }
        listing
    }
}

impl Provider for FileProvider {
    fn backend(&self) -> Backend {
        Backend::File
    }

    fn monitor(&mut self) -> Box<dyn Monitor> {
        Box::new(FileMonitor(
            self.files.iter().map(|file| file.store.clone()).collect(),
        ))
    }

    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        spans::list(Backend::File.code(), || {
            let listing = self.look();
            self.watch.saw(listing.found.iter().map(|token| token.id.clone()));
            Ok(listing)
        })
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let opened = spans::on("open", id, || {
            let file = self.find(id)?;
            let info = file.store.info()?;
            let unlocked = file
                .unlocked
                .as_ref()
                .filter(|(unlocked, _)| *unlocked == info.id);
            let credentials = unlocked.map(|(_, credentials)| credentials.clone());
            Ok(FileToken::new(file.store.clone(), info, credentials))
        });
        opened.map(spans::token)
    }

    /// Polls the files.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let mut watch = std::mem::take(&mut self.watch);
        let events = watch.wait(timeout, || {
            self.look().found.into_iter().map(|token| token.id).collect()
        });
        self.watch = watch;
        Ok(events)
    }
}

/// Each file is a source: a folder may be on a server that does not answer.
struct FileMonitor(Vec<Store>);

impl Monitor for FileMonitor {
    fn place(&self) -> String {
        String::from("key files")
    }

    fn sources(&mut self) -> Result<Vec<TokenSource>, Error> {
        let source = |store: &Store| {
            let (place, store) = (store.place(), store.clone());
            TokenSource::new(place, move |_| {
                let mut listing = Listing::default();
                listing.found.push(store.info()?);
                Ok(listing)
            })
        };
        Ok(self.0.iter().map(source).collect())
    }
}
