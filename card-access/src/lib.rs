//! Smart cards, security keys, virtual cards and keys on the device over PC/SC and PKCS#11, for sign-in.

pub mod uri;
