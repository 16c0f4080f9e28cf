//! Certificates, file names and files by which somebody wants to deceive whoever looks at the output: nothing of them reaches
//! the terminal that it would obey or that hides something, and no program fails over them.
#![cfg(unix)]

use test_certificates::build;

mod calls;
mod certificates;
mod files;
mod report;
mod streams;
