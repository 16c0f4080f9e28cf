//! Any text as a PKCS#11 URI: no panic, and an accepted URI that is printed parses to the same.

#![no_main]

use card_access::uri::Pkcs11Uri;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<Pkcs11Uri>() {
        Ok(uri) => {
            let printed = uri.to_string();
            assert_eq!(printed.parse(), Ok(uri), "{printed}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
