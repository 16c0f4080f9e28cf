//! The program `broker` on a private session bus, with the local authority.
//!
//! Clients are dbus-send, which this project did not write, and for file descriptors zbus.
#![cfg(target_os = "linux")]

mod activation;
mod bench;
mod browser;
mod browser_host;
mod bus;
mod card;
mod clients;
mod desktop;
mod drops;
mod extension;
mod hostile;
mod interactive;
mod kills;
#[expect(dead_code, reason = "these tests have a configuration of their own")]
#[path = "../laboratory/mod.rs"]
mod laboratory;
mod other_kinds;
mod renewal;
mod restart;
mod tenant;
