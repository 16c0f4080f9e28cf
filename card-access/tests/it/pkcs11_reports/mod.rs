//! What people have reported of PKCS#11 modules, on SoftHSM with faults in front of it.

mod bench;
mod mechanisms;
mod objects;
mod pin;
mod tokens;
