//! PKCS#11 modules in helper processes: the same answers, and a hang or a crash that the caller survives.
//!
//! This program is its own helper, so it has its own `main` and no test harness.

macro_rules! tests {
    ($($test:ident,)*) => { &[$((stringify!($test), $test)),*] };
}

#[cfg(unix)]
mod answers;
mod bare;
#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod helper;
#[cfg(unix)]
mod keys;
#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod slow;
#[cfg_attr(windows, allow(dead_code, reason = "most tests run on Unix only"))]
#[path = "../it/support/mod.rs"]
mod support;

fn main() {
    card_access::pkcs11::helper::run_if_helper();
    #[cfg(unix)]
    let tests = [
        answers::TESTS,
        bare::TESTS,
        faults::TESTS,
        keys::TESTS,
        processes::TESTS,
        slow::TESTS,
    ]
    .concat();
    // The other modules run on Unix only.
    #[cfg(not(unix))]
    let tests = bare::TESTS.to_vec();
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
type Test = (&'static str, fn(&str));
