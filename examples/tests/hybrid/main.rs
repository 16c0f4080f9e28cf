//! The whole of a hybrid joined sign-in on real parts: the virtual card signs in to a domain controller (Samba), then to the local
//! authority. MIT's KDC is the second domain controller. Each test has its own, one after the other.

mod bench;
mod domain;
#[path = "../laboratory/mod.rs"]
mod laboratory;
mod mit;
mod name_server;
mod recording;
mod refused;
mod screen;
#[path = "../greeter/session.rs"]
#[expect(dead_code, reason = "the tests of the screen use more of it")]
mod session;
