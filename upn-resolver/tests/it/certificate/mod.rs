//! The certificate reader, through its public API.

mod accessors;
mod input;
mod names;
mod outline;
mod peers;
mod properties;
mod refused;
mod strictness;

/// The certificates that are checked in: `certificates/make.sh` makes them, with OpenSSL.
pub(crate) const FIXTURES: &[(&str, &[u8])] = &[
    (
        "adcs-rsa2048",
        include_bytes!("../../certificates/adcs-rsa2048.der"),
    ),
    (
        "adcs-rsa4096",
        include_bytes!("../../certificates/adcs-rsa4096.der"),
    ),
    ("adcs-p256", include_bytes!("../../certificates/adcs-p256.der")),
    ("ca-p384", include_bytes!("../../certificates/ca-p384.der")),
    (
        "international-p384",
        include_bytes!("../../certificates/international-p384.der"),
    ),
    (
        "mail-only-ed25519",
        include_bytes!("../../certificates/mail-only-ed25519.der"),
    ),
    ("piv-p256", include_bytes!("../../certificates/piv-p256.der")),
    (
        "piv-rsa2048",
        include_bytes!("../../certificates/piv-rsa2048.der"),
    ),
    ("pivi-p384", include_bytes!("../../certificates/pivi-p384.der")),
    ("small-p256", include_bytes!("../../certificates/small-p256.der")),
    (
        "two-names-rsa2048",
        include_bytes!("../../certificates/two-names-rsa2048.der"),
    ),
];
