//! Any octets as a PKCS#12 file, a PEM certificate and a PEM key: no panic, and an error or a signature.

#![no_main]

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use card_access::on_device::FileProvider;
use card_access::{Pin, PinEntry, Provider};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    // A key derivation with millions of rounds is within bounds and only slow.
    if octets.windows(2).any(|pair| matches!(pair, [0x02, 0x03 | 0x04])) {
        return;
    }
    let file = file();
    fs::write(file, octets).expect("the file can be written");
    let mut provider = FileProvider::new().pkcs12(file).pem(file, file);
    let password = Pin::new("1234".to_owned());
    for token in provider.tokens().expect("files are listed one by one") {
        let _ = provider.unlock(&token.id, &password);
        let Ok(mut token) = provider.open(&token.id) else {
            continue;
        };
        let _ = token.pin_status();
        for credential in token.credentials().into_iter().flatten() {
            for scheme in credential.algorithm().schemes().iter().take(1) {
                let _ = token.sign(&credential, *scheme, b"m", Some(PinEntry::typed(&password)));
            }
        }
    }
});

/// One private file for the whole run.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("fuzz-key-file-{}", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .expect("the file can be made");
        path
    })
}
