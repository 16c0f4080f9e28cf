//! The whole of a hybrid joined sign-in on real parts: the virtual card signs in to a domain controller (Samba), then to the local
//! authority. One domain controller and one reader serve all tests of a file, one after the other.

mod bench;
mod domain;
#[path = "../laboratory/mod.rs"]
mod laboratory;
mod refused;
