//! The authority, seen by a client that shares nothing with it: ureq for HTTP, josekit for JOSE, OpenSSL for keys.
#![expect(unreachable_pub, reason = "a test program")]

mod bindings;
mod browser;
mod certauth;
mod compact_jwt;
mod device_code;
mod dialect;
mod exchange;
mod faults;
mod handshake;
mod hello;
mod program;
mod realm;
mod refusals;
mod registration;
mod revocation;
mod sign_in;
mod sso;
mod support;
mod tampering;
