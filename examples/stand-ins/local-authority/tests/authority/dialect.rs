//! Dialects: each switch leaves one value, and the others are refused.

mod pages;
mod registration;

use local_authority::Dialect;

use crate::support::Lab;

/// A laboratory with one switch of the dialect changed.
fn lab(change: impl Fn(&mut Dialect)) -> Lab {
    Lab::with(|configuration| change(&mut configuration.dialect))
}

/// Every switch is in the configuration under the name that the documentation has, and an unknown one is refused.
#[test]
fn the_names_of_switches() {
    let json = serde_json::to_value(Dialect::default()).unwrap();
    assert_eq!(json["certauthFailure"], "form");
    assert_eq!(json["loginCookie"], "optional");
    assert_eq!(json["registrationTokens"], "any");
    assert_eq!(json["deviceExtensions"], "longForm");
    for unknown in [r#"{"loginCookies": "required"}"#, r#"{"loginCookie": "perhaps"}"#] {
        assert!(serde_json::from_str::<Dialect>(unknown).is_err(), "{unknown}");
    }
}
