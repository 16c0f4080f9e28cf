//! Slots and tokens: clocks, names that are not UTF-8, slots that cannot be read.

use card_access::{ErrorKind, PinEntry, PinStatus};
use pkcs11_faults::{Fault, Order, TextField};

use crate::pkcs11_reports::bench::{carol, listing, open, pin, sign, test};
use crate::support::softhsm;

const CLOCK_ON_TOKEN: u64 = 0x40;

#[test]
fn a_clock_that_was_never_set_makes_no_token_unusable() {
    test(
        "tokens::a_clock_that_was_never_set_makes_no_token_unusable",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            let entry = PinEntry::typed(&pin);
            for time in [&[b' '; 16], &[0; 16], &[0xff; 16], b"unknown         "] {
                faults.order(&[
                    Order::SetTokenFlags(CLOCK_ON_TOKEN),
                    Order::Text(TextField::TokenTime, time.to_vec()),
                ]);
                // Without the flags, the next try may be the final one.
                let mut token = open();
                assert_eq!(token.pin_status().unwrap(), PinStatus::Unknown);
                let error = sign(&mut *token, Some(entry)).unwrap_err();
                assert_eq!(*error.kind(), ErrorKind::TriesUnknown);
                sign(&mut *token, Some(entry.allow_final_try())).unwrap();
            }
            faults.order(&[
                Order::SetTokenFlags(CLOCK_ON_TOKEN),
                Order::Text(TextField::TokenTime, b"2026112916030800".to_vec()),
            ]);
            sign(&mut *open(), Some(entry)).unwrap();
        },
    );
}

#[test]
fn names_that_are_not_utf_8_make_no_token_unusable() {
    test(
        "tokens::names_that_are_not_utf_8_make_no_token_unusable",
        |folder, faults| {
            carol(folder);
            let pin = pin();
            for field in [
                TextField::SlotDescription,
                TextField::TokenLabel,
                TextField::TokenManufacturer,
                TextField::TokenSerial,
            ] {
                for text in [&b"L\xfcbeck"[..], b"\xff\xfe", b"cut \xe2\x82", b"nul\0rest"] {
                    faults.order(&[Order::Text(field, text.to_vec())]);
                    sign(&mut *open(), Some(PinEntry::typed(&pin)))
                        .unwrap_or_else(|error| panic!("{field:?} {text:?}: {error}"));
                }
            }
        },
    );
}

#[test]
fn a_slot_that_can_not_be_read_is_reported_by_its_name() {
    test(
        "tokens::a_slot_that_can_not_be_read_is_reported_by_its_name",
        |_, faults| {
            softhsm::token("carol");
            softhsm::token("dave");
            faults.none();
            assert_eq!(listing().found.len(), 2);
            let calls = faults.calls();
            let first = calls.iter().position(|call| call == "C_GetTokenInfo").unwrap() + 1;
            for (answer, kind) in [
                (0x5, ErrorKind::CardFailed),
                (0x30, ErrorKind::CardFailed),
                // It reports that there is a token, and then that there is none.
                (0xE0, ErrorKind::NoCard),
                (0xE1, ErrorKind::UnknownCard),
                (0x8000_0001, ErrorKind::CardFailed),
            ] {
                let name = "Reader of Carol 00 00";
                faults.order(&[
                    Order::AtCall(first, Fault::Answer(answer)),
                    Order::Text(TextField::SlotDescription, name.as_bytes().to_vec()),
                ]);
                let listing = listing();
                assert_eq!(listing.found.len(), 1, "{answer:x}");
                let [problem] = listing.problems.as_slice() else {
                    panic!("{answer:x}: {:?}", listing.problems);
                };
                assert_eq!((&*problem.place, problem.error.kind()), (name, &kind));
                assert_eq!(problem.error.vendor_code().unwrap().number, answer);
            }
        },
    );
}
