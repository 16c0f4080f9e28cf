//! Defects of PKCS#11 modules that users have reported, on SoftHSM with injected faults.

mod bench;
mod mechanisms;
mod objects;
mod pin;
mod tokens;
