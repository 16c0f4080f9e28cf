//! `explain-upn` as other programs call it: output, exit codes, and every bad input with a clear message.

mod contract;
mod device;
mod input;
mod program;
mod several;
mod text;
