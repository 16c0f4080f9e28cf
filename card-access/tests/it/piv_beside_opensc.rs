//! Number of commands of a sign-in, compared with OpenSC's module for the same certificate and signature. Each test has its own
//! process, because the module remembers a card.

use crate::common::pin;
use crate::support::alone_in_own_process;
use card_access::{
    Backend, Hash, PinEntry, Provider, Scheme, Slot, Token, TokenId, pcsc::PcscProvider,
    pkcs11::Pkcs11Provider,
};
use lab::{Card, Profile, Readers};

fn sign_in(card: &Card, token: &mut dyn Token, slot: &Slot) {
    let (scheme, pin) = (Scheme::RsaPkcs1(Hash::Sha256), pin(card.pin()));
    let credential = token.credential(slot).unwrap();
    let signature = token
        .sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)))
        .unwrap();
    credential.verify(scheme, b"message", &signature).unwrap();
}

/// OpenSC's commands, then ours for a first and for a later sign-in.
fn count(readers: &Readers, profile: &Profile) -> [usize; 3] {
    let mut card = readers.insert(0, profile).unwrap();
    card.forget_apdus().unwrap();
    let mut modules = Pkcs11Provider::from_module(lab::Module::OpenSc.path().unwrap()).in_process();
    let listed = modules.tokens().unwrap().found.remove(0);
    sign_in(
        &card,
        &mut *modules.open(&listed.id).unwrap(),
        &Slot::Object(vec![1]),
    );
    let opensc = card.apdus().unwrap().len();

    // OpenSC's module leaves the PIN verified, which hides its counter: reading it requires a logout and a second command.
    card.remove().unwrap();
    card.insert().unwrap();
    let mut cards = PcscProvider::new();
    let reader = TokenId::any_at(Backend::PcSc, card.reader());
    let [first, later] = [(); 2].map(|()| {
        card.forget_apdus().unwrap();
        sign_in(&card, &mut *cards.open(&reader).unwrap(), &"9a".parse().unwrap());
        card.apdus().unwrap().len()
    });
    println!("commands of a sign-in: OpenSC's {opensc}, ours {first}, then {later}");
    [opensc, first, later]
}

/// With short length and an empty cache, nine commands are unavoidable (SELECT, four for a certificate of this length, VERIFY,
/// three for the signature), and three more protect the PIN: which PIN is meant, whether the try would be the final one, and
/// the logout. OpenSC 0.23 takes 47 commands, 0.26 takes 34.
#[test]
fn with_short_lengths_a_sign_in_takes_twelve_commands_and_then_nine() {
    alone_in_own_process(
        "with_short_lengths_a_sign_in_takes_twelve_commands_and_then_nine",
        || {
            let readers = Readers::start(1).unwrap();
            let [opensc, first, later] = count(&readers, &Profile::new("paula"));
            assert_eq!([first, later], [12, 9]);
            assert!(opensc >= 2 * first, "ours {first}, OpenSC's {opensc}");
            assert!(opensc >= 3 * later, "ours {later}, OpenSC's {opensc}");
        },
    );
}

#[test]
fn with_extended_lengths_a_sign_in_takes_seven_commands() {
    alone_in_own_process("with_extended_lengths_a_sign_in_takes_seven_commands", || {
        let readers = Readers::with_extended_lengths(1).unwrap();
        let [opensc, first, later] = count(&readers, &Profile::new("paula").extended_lengths());
        assert_eq!([first, later], [7, 7]);
        assert!(opensc >= 4 * first, "ours {first}, OpenSC's {opensc}");
    });
}
