//! Costs of the broker: memory and wake-ups at rest, the time of a cookie, and growth over 10,000 calls.
//!
//! `make bench-broker` runs it in a release build.

#[cfg(target_os = "linux")]
#[path = "../../tests/broker/bench.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod bench;
#[cfg(target_os = "linux")]
#[path = "../../tests/broker/bus.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod bus;
#[cfg(target_os = "linux")]
mod costs;
#[cfg(target_os = "linux")]
#[path = "../../tests/broker/tenant.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod tenant;

fn main() {
    // `cargo test --all-targets` also starts benchmarks; this one is not a test.
    if std::env::args().any(|argument| argument == "--bench") {
        #[cfg(target_os = "linux")]
        costs::measure();
    }
}
