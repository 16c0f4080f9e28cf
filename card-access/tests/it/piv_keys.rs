//! Every size of RSA key that PIV supports, made on a real firmware: OpenSSL verifies the signatures.

use crate::common::{open, openssl_verifies, pin};
use card_access::{KeyAlgorithm, PinEntry};
use lab::{Algorithm, Profile, Readers, Slot};

#[test]
fn long_rsa_keys_sign_in_every_scheme_in_pieces_and_at_once() {
    let keys = [
        (Slot::Authentication, Algorithm::Rsa3072),
        (Slot::Signature, Algorithm::Rsa4096),
    ];
    let profile = Profile::new("ruth").keys(keys);
    for (readers, profile) in [
        (Readers::start as fn(usize) -> _, profile.clone()),
        (Readers::with_extended_lengths, profile.extended_lengths()),
    ] {
        let readers = readers(1).unwrap();
        let card = readers.insert(0, &profile).unwrap();
        let pin = pin(card.pin());
        let mut token = open(card.reader());
        let listing = token.credentials().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(listing.found.len(), keys.len());
        for ((slot, _), (bits, credential)) in
            keys.into_iter().zip([3072, 4096].into_iter().zip(listing.found))
        {
            assert_eq!(credential.algorithm(), KeyAlgorithm::Rsa { bits });
            for scheme in credential.algorithm().schemes() {
                let message = b"the message";
                let entry = PinEntry::typed(&pin);
                let signature = token.sign(&credential, *scheme, message, Some(entry)).unwrap();
                assert!(
                    openssl_verifies(&card.public_key(slot), *scheme, message, &signature),
                    "{bits} {scheme}"
                );
            }
        }
    }
}
