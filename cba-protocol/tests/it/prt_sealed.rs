//! Stored tokens: only sealed, only with the right key, only for the same authority.

use cba_protocol::{Cloud, PrimaryRefreshToken, SealError, SealingKey, Seed, State, Transcript};
use proptest::prelude::*;
use serde_json::json;

use crate::peer::{self, Script};

fn key() -> SealingKey {
    SealingKey::from([3; 32])
}

fn sealed() -> Vec<u8> {
    peer::prt().seal(&key(), peer::seed())
}

fn unseal(bytes: &[u8]) -> Result<PrimaryRefreshToken, SealError> {
    PrimaryRefreshToken::unseal(bytes, &key(), &peer::config())
}

#[test]
fn what_comes_back_works_as_before() {
    let (before, after) = (peer::prt(), unseal(&sealed()).unwrap());
    assert_eq!(after.token().expose(), before.token().expose());
    assert_eq!((after.upn(), after.device()), (before.upn(), before.device()));
    assert_eq!(
        (after.issued_at(), after.expires_at()),
        (before.issued_at(), before.expires_at())
    );
    assert_eq!(
        (after.metadata(), after.id_token()),
        (before.metadata(), before.id_token())
    );
    assert_eq!(
        (after.client_info(), after.token_type()),
        (before.client_info(), before.token_type())
    );
    // its session key opens an encrypted answer
    let answer = peer::encrypted(&json!({"refresh_token": "new"}));
    let script = Script::granting().raw(State::Token, 200, &answer);
    let run = peer::drive(
        after.renewal().start(peer::seed(), peer::now()),
        script,
        Transcript::default(),
    );
    assert_eq!(run.granted().token().expose(), "new");
}

#[test]
fn nothing_is_readable_and_no_two_are_alike() {
    let one = sealed();
    for secret in [peer::PRT.as_bytes(), &peer::SESSION_KEY, b"alice", b"refresh"] {
        assert!(!one.windows(secret.len()).any(|window| window == secret));
    }
    let other = peer::prt().seal(&key(), Seed::from([43; 32]));
    assert_ne!(one[7..], other[7..]);
}

#[test]
fn a_seed_that_repeats_brings_no_two_contents_under_one_key_and_nonce() {
    let [one, other] = ["one", "two"].map(|token| {
        let script = Script::granting().raw(
            State::Token,
            200,
            &peer::encrypted(&json!({"refresh_token": token})),
        );
        let renewal = peer::prt().renewal().start(peer::seed(), peer::now());
        peer::drive(renewal, script, Transcript::default())
            .granted()
            .seal(&key(), peer::seed())
    });
    assert_eq!(one.len(), other.len());
    assert_ne!(one[7..39], other[7..39], "the salt, and with it the key");
    // With one key stream, the XOR of the ciphertexts would be the XOR of the contents, which differ in few letters only.
    let same = one[39..].iter().zip(&other[39..]).filter(|(a, b)| a == b).count();
    assert!(same < one.len() / 8, "{same} bytes of {} are the same", one.len());
}

#[test]
fn another_key_authority_or_version_does_not_open_it() {
    let (sealed, prt) = (sealed(), PrimaryRefreshToken::unseal);
    assert_eq!(
        prt(&sealed, &SealingKey::from([4; 32]), &peer::config()).unwrap_err(),
        SealError::Unopened
    );
    let config = peer::config().with_cloud(Cloud::US_GOVERNMENT);
    assert_eq!(
        prt(&sealed, &key(), &config).unwrap_err(),
        SealError::AnotherAuthority
    );
    let mut newer = sealed;
    newer[6] = 2;
    assert_eq!(unseal(&newer).unwrap_err(), SealError::Version(2));
    assert_eq!(unseal(b"{}").unwrap_err(), SealError::NotSealed);
    assert_eq!(unseal(b"CBAPRT\x01short").unwrap_err(), SealError::NotSealed);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_is_noticed(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        static SEALED: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(sealed);
        let mut changed = SEALED.clone();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        prop_assert!(unseal(&changed).is_err());
        prop_assert!(unseal(&changed[..at]).is_err());
    }
}
