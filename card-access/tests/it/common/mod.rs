//! Shared by the tests on real parts.

use std::{path::Path, process::Command};

use card_access::{Backend, Hash, Pin, Provider, Scheme, Token, TokenId, pcsc::PcscProvider};

/// Opens the card in a reader.
pub(crate) fn open(reader: &str) -> Box<dyn Token> {
    PcscProvider::new()
        .open(&TokenId::any_at(Backend::PcSc, reader))
        .unwrap()
}

pub(crate) fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

/// Asks OpenSSL whether a signature is valid. `public_key` is a PEM file.
pub(crate) fn openssl_verifies(public_key: &Path, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let signature = match scheme {
        Scheme::EcdsaRaw(_) => der_from_raw(signature),
        _ => signature.to_vec(),
    };
    let hash = match scheme.hash() {
        Hash::Sha256 => "-sha256",
        Hash::Sha384 => "-sha384",
        Hash::Sha512 => "-sha512",
        other => panic!("unexpected {other}"),
    };
    let mut openssl = Command::new("openssl");
    openssl.args(["dgst", hash, "-verify"]).arg(public_key);
    if let Scheme::RsaPss(_) = scheme {
        openssl.args([
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            "rsa_pss_saltlen:digest",
        ]);
    }
    openssl
        .arg("-signature")
        .arg(file("signature", &signature))
        .arg(file("message", message));
    // The exit code is documented; the printed text is not.
    let output = openssl.output().expect("openssl is missing: run `make test`");
    output.status.success()
}

/// For signatures of P-256 and P-384, which stay under 128 bytes.
fn der_from_raw(raw: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    for half in raw.chunks(raw.len() / 2) {
        // A leading zero too many is not DER, so OpenSSL would refuse it.
        let digits = &half[half.iter().position(|byte| *byte != 0).unwrap()..];
        let sign = usize::from(digits[0] >= 0x80);
        content.extend([0x02, u8::try_from(digits.len() + sign).unwrap()]);
        content.extend(std::iter::repeat_n(0, sign));
        content.extend(digits);
    }
    let mut der = vec![0x30, u8::try_from(content.len()).unwrap()];
    der.extend(content);
    der
}
