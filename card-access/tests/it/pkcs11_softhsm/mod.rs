//! PKCS#11 against `SoftHSM`: signing, logins and odd tokens. OpenSSL makes the keys and checks the signatures.

mod keys;
mod logins;
mod process;
mod signatures;
mod tokens;
