//! Sign-in with a Hello key: [MS-OAPXBC] 3.2.5.1.2.1.2.

use cba_protocol::config::AssertionNonce;
use cba_protocol::{Algorithm, HelloKey, SignIn};
use openssl::base64::encode_block;
use openssl::sha::sha256;
use serde_json::json;

use crate::peer::{self, CARD, NOW, Script};

#[test]
fn the_key_is_named_and_the_nonce_is_always_there() {
    let rsa = CARD.key.rsa().unwrap();
    let (modulus, exponent) = (rsa.n().to_vec(), rsa.e().to_vec());
    let key = HelloKey::from_rsa(&modulus, &exponent);
    // BCRYPT_RSAKEY_BLOB: magic, bits, length of exponent, of modulus, and of the two absent primes
    let numbers = [2048_u32, 3, 256, 0, 0].map(u32::to_le_bytes).concat();
    let blob = [b"RSA1".to_vec(), numbers, exponent, modulus].concat();
    assert_eq!(key.id(), encode_block(&sha256(&blob)));

    let config = peer::config()
        .with_assertion_nonce(AssertionNonce::Omitted)
        .with_user_algorithm(Algorithm::Es256);
    let sign_in = SignIn::with_hello_key(&config, &peer::device(), &peer::upn(), &key);
    let run = peer::run(sign_in, Script::granting());
    let (request, assertion) = run.jwts(0);
    let assertion = assertion.unwrap();
    assert_eq!(
        assertion.header,
        json!({"typ": "JWT", "alg": "RS256", "kid": key.id(), "use": "ngc"})
    );
    let claims = json!({"iss": "alice@contoso.com", "aud": peer::ISSUER, "iat": NOW, "exp": NOW + 300,
                        "request_nonce": request.claims["request_nonce"]});
    assert_eq!(assertion.claims, claims);
    assert!(CARD.verify(&assertion.input, &assertion.signature));
    assert_eq!(HelloKey::from_id("abc").id(), "abc");
}
