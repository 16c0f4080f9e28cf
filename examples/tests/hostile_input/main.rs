//! Deceptive certificates, file names and files: no program prints text from them that controls the terminal or hides text, and no
//! program fails because of them.
#![cfg(unix)]

use test_certificates::build;

mod calls;
mod certificates;
mod files;
mod report;
mod streams;
mod types;
