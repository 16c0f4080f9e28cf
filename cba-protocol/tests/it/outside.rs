//! Both JWTs of a sign-in, verified by other software: the OpenSSL command line and Python's jwcrypto.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cba_protocol::config::KdfOffer;
use cba_protocol::{Freshness, SsoContext, State, Transcript};

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

/// The package python3-jwcrypto of Debian is for Debian's own interpreter.
fn python() -> &'static str {
    if Path::new("/usr/bin/python3").exists() {
        "/usr/bin/python3"
    } else {
        "python3"
    }
}

fn both() -> [String; 2] {
    let run = peer::run(peer::sign_in(), Script::granting());
    let request = run.form(State::Token, 0)["request"].clone();
    let assertion = Jwt::read(&request).claims["assertion"]
        .as_str()
        .unwrap()
        .to_owned();
    [request, assertion]
}

#[test]
fn jwcrypto_verifies_both_with_the_certificate_in_them() {
    for (jws, subject) in both()
        .into_iter()
        .zip([format!("CN={}", peer::DEVICE_ID), "CN=Alice".to_owned()])
    {
        let mut child = Command::new(python())
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
fn the_openssl_command_line_verifies_both_with_the_certificate_in_them() {
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
        assert!(verified.status.success(), "{verified:?}");
    }
}

/// Makes an encrypted answer with jwcrypto, its key derived by cryptography's SP 800-108.
const ENCRYPT: &str = r#"
import base64, json, sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from jwcrypto import jwe, jwk
key, ctx, plain = sys.argv[1:4]
ctx = base64.b64decode(ctx)
derived = KBKDFHMAC(algorithm=hashes.SHA256(), mode=Mode.CounterMode, length=32, rlen=4, llen=4, location=CounterLocation.BeforeFixed,
                    label=b"AzureAD-SecureConversation", context=ctx, fixed=None).derive(bytes.fromhex(key))
header = {"alg": "dir", "enc": "A256GCM", "ctx": base64.b64encode(ctx).decode(), "kid": "session"}
sealed = jwe.JWE(plain.encode(), json.dumps(header))
sealed.add_recipient(jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(derived).rstrip(b"=").decode()))
print(sealed.serialize(compact=True), end="")
"#;

/// Verifies what the session key signed; the last argument is the context of the derivation in hexadecimal digits.
const VERIFY_SESSION: &str = r#"
import base64, sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from jwcrypto import jwk, jws
key, context = map(bytes.fromhex, sys.argv[1:3])
derived = KBKDFHMAC(algorithm=hashes.SHA256(), mode=Mode.CounterMode, length=32, rlen=4, llen=4, location=CounterLocation.BeforeFixed,
                    label=b"AzureAD-SecureConversation", context=context, fixed=None).derive(key)
signed = jws.JWS()
signed.deserialize(sys.argv[3])
signed.verify(jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(derived).rstrip(b"=").decode()), alg="HS256")
print(signed.payload.decode(), end="")
"#;

fn python_output(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(python()).arg("-c").args(arguments).output();
    let output = output.expect("this test needs python3 with jwcrypto (Debian: python3-jwcrypto)");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "jwcrypto refused, or is missing (Debian: python3-jwcrypto): {words}"
    );
    output.stdout
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[test]
fn an_answer_that_jwcrypto_encrypted_is_read() {
    let ctx = openssl::base64::encode_block(&[0xA5; 24]);
    let plain = r#"{"access_token":"from python","expires_in":3600}"#;
    let answer = python_output(&[ENCRYPT, &hex(&peer::SESSION_KEY), &ctx, plain]);
    let script = Script::granting().raw(State::Token, 200, &answer);
    let step = peer::prt()
        .token_request("client", "openid")
        .start(peer::seed(), peer::now());
    let token = peer::drive(step, script, Transcript::default()).granted();
    assert_eq!(token.token().expose(), "from python");
    assert_eq!(token.integrity(), cba_protocol::Integrity::SessionKey);
}

#[test]
fn jwcrypto_verifies_what_the_session_key_signs_in_both_versions() {
    for kdf in [KdfOffer::V1, KdfOffer::V2] {
        let config = peer::config().with_kdf(kdf);
        let credential = peer::prt_with(&config)
            .sso(Freshness::Nonce("nonce"), SsoContext::default(), peer::seed())
            .header()
            .1;
        let jws = credential.to_str().unwrap();
        let jwt = Jwt::read(jws);
        let ctx = openssl::base64::decode_block(jwt.header["ctx"].as_str().unwrap()).unwrap();
        let body = peer::from_base64url(jws.split('.').nth(1).unwrap());
        let context = match kdf {
            KdfOffer::V2 => openssl::sha::sha256(&[ctx, body.clone()].concat()).to_vec(),
            _ => ctx,
        };
        assert_eq!(
            python_output(&[VERIFY_SESSION, &hex(&peer::SESSION_KEY), &hex(&context), jws]),
            body
        );
    }
}
