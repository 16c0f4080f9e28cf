//! Any text as a hint or a name: no panic, nothing is trimmed or added, and no deceptive character is accepted.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upn_resolver::certificate::NameProblem;
use upn_resolver::{Upn, UserNameHint};

fuzz_target!(|text: &str| {
    let Ok(hint) = UserNameHint::parse(text) else {
        assert!(Upn::parse(text).is_err());
        return;
    };
    assert_eq!(text.chars().find_map(NameProblem::of_character), None);
    match hint {
        UserNameHint::Bare(user) => assert_eq!(user, text),
        UserNameHint::DownLevel { domain, user } => assert_eq!(format!("{domain}\\{user}"), text),
        UserNameHint::Upn(name) => assert_eq!(name, text),
        _ => unreachable!("no other form is known"),
    }
    let upn = Upn::parse(text);
    assert_eq!(upn.is_ok(), hint.for_entra().is_ok());
    if let Ok(upn) = upn {
        assert_eq!(format!("{}@{}", upn.prefix(), upn.suffix()), text);
        assert!(upn.names_same_account(&upn));
        let _ = (upn.check_entra_policy(), upn.has_unroutable_suffix());
    }
});
