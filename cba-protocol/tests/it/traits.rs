//! Traits that types must not have: comparison and printing of secrets, and serde without its feature.

use core::fmt::{Debug, Display};
use core::marker::PhantomData;

use cba_protocol::{ClientInfo, IdToken, IssuerMetadata, SealingKey, Secret, Seed, SessionKey};

/// Whether a type implements a trait: an inherent constant wins over that of a trait.
macro_rules! implements {
    ($type:ty: $bound:path) => {{
        #[allow(dead_code, reason = "of a type with the trait")]
        trait Otherwise {
            const IMPLEMENTED: bool = false;
        }
        struct Probe<T>(PhantomData<T>);
        #[allow(dead_code, reason = "of a type without the trait")]
        impl<T: $bound> Probe<T> {
            const IMPLEMENTED: bool = true;
        }
        impl<T> Otherwise for Probe<T> {}
        <Probe<$type>>::IMPLEMENTED
    }};
}

#[test]
fn the_macro_tells_both_cases_apart() {
    struct Nothing;
    assert!(implements!(String: PartialEq));
    assert!(!implements!(Nothing: PartialEq));
}

#[test]
fn secrets_have_no_comparison_and_print_nothing() {
    assert!(!implements!(Secret: PartialEq) && !implements!(Secret: Debug) && !implements!(Secret: Display));
    assert!(!implements!(SessionKey: PartialEq) && !implements!(SessionKey: Debug));
    assert!(!implements!(SealingKey: PartialEq) && !implements!(SealingKey: Debug));
    assert!(!implements!(Seed: PartialEq));
}

#[test]
fn serde_is_there_with_its_feature_only() {
    let with_feature = cfg!(feature = "serde");
    assert_eq!(implements!(IssuerMetadata: serde::Serialize), with_feature);
    assert_eq!(
        implements!(IssuerMetadata: serde::de::DeserializeOwned),
        with_feature
    );
    assert_eq!(implements!(IdToken: serde::Serialize), with_feature);
    assert_eq!(implements!(IdToken: serde::de::DeserializeOwned), with_feature);
    assert_eq!(implements!(ClientInfo: serde::Serialize), with_feature);
    assert_eq!(implements!(ClientInfo: serde::de::DeserializeOwned), with_feature);
    assert_eq!(implements!(cba_protocol::State: serde::Serialize), with_feature);
    assert_eq!(implements!(cba_protocol::Refusal: serde::Serialize), with_feature);
    assert!(!implements!(Secret: serde::Serialize) && !implements!(Secret: serde::de::DeserializeOwned));
    assert!(!implements!(SessionKey: serde::Serialize));
}
