//! Requests that were changed on the way.

use crate::support::{Assertion, DeviceRequest, JWT_BEARER, Key, Lab};

/// If any byte is changed, left out or doubled, the request is refused with a code, and the nonce is still valid for the right one.
#[test]
fn no_changed_request_is_granted() {
    let lab = Lab::new();
    let (card, nonce) = (lab.alice(), lab.nonce());
    let assertion =
        Assertion::new(&card, "alice@contoso.example", &lab.issuer_identifier(), &nonce).sign(&card.key());
    let right = DeviceRequest::new(&lab.device, &nonce, &assertion).sign(&Key::pem(&lab.device.key));
    let send = |request: &str| lab.post(&[("grant_type", JWT_BEARER), ("request", request)]);

    // A multiplicative generator (Lehmer) with a fixed seed: the same changes in every run.
    let mut state: u64 = 20_261_123;
    let mut next = |below: usize| {
        state = state * 48_271 % 2_147_483_647;
        usize::try_from(state).unwrap() % below
    };
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=%";
    for _ in 0..300 {
        let mut changed = right.clone().into_bytes();
        let at = next(changed.len());
        match next(4) {
            0 => drop(changed.remove(at)),
            1 => changed.insert(at, alphabet[next(alphabet.len())]),
            2 => changed.truncate(at),
            _ => changed[at] = alphabet[next(alphabet.len())],
        }
        let changed = String::from_utf8(changed).unwrap();
        if changed != right {
            let (status, body) = send(&changed);
            assert!(
                status == 400 && body["error_codes"][0].is_u64(),
                "{status} {body} for {changed}"
            );
        }
    }
    let (status, body) = send(&right);
    assert_eq!(status, 200, "{body}");
}
