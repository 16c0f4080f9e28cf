//! `explain-upn`: output, exit codes, and a clear message for each bad input.

mod contract;
mod device;
mod input;
mod program;
mod several;
mod text;
