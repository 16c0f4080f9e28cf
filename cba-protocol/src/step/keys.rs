//! The keys of a new device.

use core::fmt;

use rustls_pki_types::SubjectPublicKeyInfoDer;

use super::{Step, record_end};
use crate::error::Error;
use crate::prt::PrimaryRefreshToken;
use crate::public_key::RsaPublicKey;
use crate::recorder::Recorder;
use crate::state::State;

/// Two keys to make for a new device: RSA with 2048 bits and the exponent 65537, ideally in a TPM, and never exportable.
///
/// The device key signs ([`Step::SignAsDevice`]) and the transport key decrypts ([`Step::Unwrap`]). Windows and libhimmelblau make
/// two; [roadlib](https://github.com/dirkjanm/ROADtools) uses one key for both, which the service accepts.
pub struct KeysTask<T = PrimaryRefreshToken> {
    recorder: Recorder,
    made: Box<Made<T>>,
}

type Made<T> = dyn FnOnce([RsaPublicKey; 2]) -> Result<Step<T>, Error> + Send;

impl<T> KeysTask<T> {
    /// Takes the public keys, as `SubjectPublicKeyInfo` in DER (RFC 5280 section 4.1.2.7), and returns the next step.
    ///
    /// # Errors
    /// [`Error::UnfitKey`] if one of them is not an RSA key with 2048 bits ([MS-DVRJ] 3.1.5.1.1.1).
    pub fn complete(
        self,
        device: &SubjectPublicKeyInfoDer<'_>,
        transport: &SubjectPublicKeyInfoDer<'_>,
    ) -> Result<Step<T>, Error> {
        let Self { recorder, made } = self;
        recorder.keys_made();
        let read = |key, name| RsaPublicKey::read(key).ok_or(Error::UnfitKey { key: name });
        let step = read(device, "device key")
            .and_then(|device| Ok([device, read(transport, "transport key")?]))
            .and_then(made);
        record_end(&recorder, &step);
        step
    }
}

impl<T: 'static> Step<T> {
    pub(crate) fn make_keys(
        recorder: Recorder,
        made: impl FnOnce([RsaPublicKey; 2]) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::MakeKeys(KeysTask {
            recorder: recorder.key_operation(State::Keys, "RSA-2048"),
            made: Box::new(made),
        })
    }
}

impl<T> fmt::Debug for KeysTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeysTask").finish_non_exhaustive()
    }
}
