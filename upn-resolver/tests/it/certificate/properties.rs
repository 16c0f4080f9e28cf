//! Properties that hold for all bytes.

use crate::build::with_principal_name;
use crate::certificate::FIXTURES;
use crate::{agreement, walk};
use proptest::prelude::*;
use upn_resolver::certificate::{Certificate, NameProblem, first_in_file};

/// A fixture with a few bytes changed, removed or inserted.
pub(crate) fn mutant() -> impl Strategy<Value = Vec<u8>> {
    let change = (0_u8..3, any::<prop::sample::Index>(), any::<u8>());
    (0..FIXTURES.len(), prop::collection::vec(change, 1..4)).prop_map(|(fixture, changes)| {
        let mut der = FIXTURES[fixture].1.to_vec();
        for (kind, place, byte) in changes {
            let place = place.index(der.len());
            match kind {
                0 => der[place] = byte,
                1 => drop(der.remove(place)),
                _ => der.insert(place, byte),
            }
        }
        der
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Certificate::from_der(&bytes);
        let _ = first_in_file(&bytes);
    }

    #[test]
    fn mutants_are_refused_with_a_place_or_can_be_walked(der in mutant()) {
        match Certificate::from_der(&der) {
            Ok(certificate) => walk::everything(&certificate),
            Err(error) => prop_assert!(error.offset() <= der.len()),
        }
    }

    #[test]
    fn what_is_accepted_x509_cert_accepts_too(der in mutant()) {
        agreement::with_x509_cert(&der);
    }

    #[test]
    fn text_that_is_handed_out_deceives_nobody(tag in 0x0C_u8..0x1F, bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let der = with_principal_name(tag, &bytes);
        if let Ok(certificate) = Certificate::from_der(&der) {
            let name = certificate.principal_names().next().expect("one was put in");
            if let Ok(text) = name.text() {
                prop_assert_eq!(text.chars().find_map(NameProblem::of_character), None);
            }
        }
    }

    #[test]
    fn any_character_is_decoded_or_named(character: char) {
        let wide: Vec<u8> = character.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let expected = NameProblem::of_character(character).map_or(Ok(character.to_string()), Err);
        for (tag, bytes) in [(0x0C, character.to_string().into_bytes()), (0x1E, wide)] {
            let der = with_principal_name(tag, &bytes);
            let certificate = Certificate::from_der(&der).unwrap();
            let text = certificate.principal_names().next().unwrap().text().map(std::borrow::Cow::into_owned);
            prop_assert_eq!(&text, &expected);
        }
    }
}
