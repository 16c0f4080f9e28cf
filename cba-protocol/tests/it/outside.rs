//! Both JWTs of a sign-in as others see them: the OpenSSL command line and Python's jwcrypto.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::peer::{self, Jwt, Script};

/// Prints the claims of a JWS whose only key is the one in its own `x5c`.
const VERIFY: &str = r#"
import base64, json, sys
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto import jwk, jws
token = sys.stdin.read()
signed = jws.JWS()
signed.deserialize(token)
leaf = x509.load_der_x509_certificate(base64.b64decode(signed.jose_header["x5c"][0], validate=True))
key = jwk.JWK.from_pem(leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
signed.verify(key, alg="RS256")
print(json.dumps({"header": signed.jose_header, "claims": json.loads(signed.payload), "subject": leaf.subject.rfc4514_string()}))
"#;

fn both() -> [String; 2] {
    let run = peer::run(peer::sign_in(), Script::granting());
    let request = run.form(cba_protocol::State::Token, 0)["request"].clone();
    let assertion = Jwt::read(&request).claims["assertion"]
        .as_str()
        .unwrap()
        .to_owned();
    [request, assertion]
}

#[test]
fn jwcrypto_verifies_both_with_the_certificate_that_they_carry() {
    // Debian's own interpreter is the one that its package python3-jwcrypto serves.
    let python = if Path::new("/usr/bin/python3").exists() {
        "/usr/bin/python3"
    } else {
        "python3"
    };
    for (jws, subject) in both()
        .into_iter()
        .zip([format!("CN={}", peer::DEVICE_ID), "CN=Alice".to_owned()])
    {
        let mut child = Command::new(python)
            .args(["-c", VERIFY])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs python3 with jwcrypto (Debian: python3-jwcrypto)");
        child.stdin.take().unwrap().write_all(jws.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "jwcrypto refused, or is missing (Debian: python3-jwcrypto)"
        );
        let seen: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let own = Jwt::read(&jws);
        assert_eq!((&seen["header"], &seen["claims"]), (&own.header, &own.claims));
        assert_eq!(seen["subject"], subject);
    }
}

#[test]
fn the_openssl_command_line_verifies_both_with_the_certificate_that_they_carry() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    for jws in both() {
        let jwt = Jwt::read(&jws);
        let leaf = openssl::base64::decode_block(jwt.header["x5c"][0].as_str().unwrap()).unwrap();
        let (certificate, key) = (file("leaf.der", &leaf), folder.path().join("key.pem"));
        let (input, signature) = (file("input", &jwt.input), file("signature", &jwt.signature));
        let openssl = |arguments: &[&std::ffi::OsStr]| {
            Command::new("openssl")
                .args(arguments)
                .output()
                .expect("this test needs the openssl command line")
        };
        let arguments = ["x509", "-inform", "DER", "-noout", "-pubkey", "-in"].map(std::ffi::OsStr::new);
        let printed = openssl(&[&arguments[..], &[certificate.as_os_str()]].concat());
        std::fs::write(&key, &printed.stdout).unwrap();
        let arguments = ["dgst", "-sha256", "-verify"].map(std::ffi::OsStr::new);
        let rest = [
            key.as_os_str(),
            "-signature".as_ref(),
            signature.as_os_str(),
            input.as_os_str(),
        ];
        let verified = openssl(&[&arguments[..], &rest].concat());
        assert_eq!(String::from_utf8_lossy(&verified.stdout).trim(), "Verified OK");
    }
}
