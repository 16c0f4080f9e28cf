//! PKCS#11 modules in helper processes: the same answers, and a hang or a crash that the caller survives.
//!
//! This program is its own helper, so it has its own `main` and no test harness.

#[cfg(unix)]
macro_rules! tests {
    ($($test:ident,)*) => { &[$((stringify!($test), $test)),*] };
}

#[cfg(unix)]
mod answers;
#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod helper;
#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod slow;
#[path = "../it/support/mod.rs"]
mod support;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    card_access::pkcs11::helper::run_if_helper();
    let tests = [answers::TESTS, faults::TESTS, processes::TESTS, slow::TESTS].concat();
    if std::env::args().any(|argument| argument == "--list") {
        for (name, _) in &tests {
            println!("{name}: test");
        }
        return;
    }
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    for (name, test) in tests {
        if asked.is_empty() || asked.iter().any(|part| name.contains(part.as_str())) {
            test(name);
            println!("test {name} ... ok");
        }
    }
}

/// A test and its name, which it is given.
#[cfg(unix)]
type Test = (&'static str, fn(&str));
