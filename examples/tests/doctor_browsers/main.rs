//! `doctor --browsers`, on homes that are made up, and with NSS's own tools.
#![cfg(target_os = "linux")]

mod fix;
mod halfway;
mod home;
mod modules;
mod owners;
mod policies;
mod programs;
mod signatures;
mod unreadable;
