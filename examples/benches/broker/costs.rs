//! The measurements.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::bus::{NAME, PATH};

const CALLS: usize = 10_000;
const REST: Duration = Duration::from_secs(60);

/// Prints the figures.
pub(crate) fn measure() {
    let bench = Bench::new();
    let broker = bench.start(&["--rate", "100000"]);
    bench.sign_in();
    let pid = broker.pid();
    let client = bench.bus.connection();
    let request = json!({"ssoUrl": bench.tenant.authorize_url("&sso_nonce=AwABAAEAAAAC")}).to_string();
    let ask = || {
        let begun = Instant::now();
        let reply = zbus::block_on(client.call_method(
            Some(NAME),
            PATH,
            Some("com.microsoft.identity.Broker1"),
            "acquirePrtSsoCookie",
            &("0.0", "x", request.as_str()),
        ));
        let took = begun.elapsed();
        let reply = reply.unwrap();
        let answer: Value = serde_json::from_str(reply.body().deserialize().unwrap()).unwrap();
        assert!(answer["cookieContent"].is_string(), "{answer}");
        took
    };
    println!("resident after the start and a hand-over: {}", resident(pid));
    for _ in 0..CALLS / 10 {
        ask();
    }
    let (before, processor) = (resident(pid), ticks(pid));
    let mut times: Vec<_> = (0..CALLS).map(|_| ask()).collect();
    let processor = ticks(pid) - processor;
    times.sort_unstable();
    println!(
        "cookie, from the call to its answer over the bus: median {:?}, 99th percentile {:?}, longest {:?}",
        times[CALLS / 2],
        times[CALLS / 100 * 99],
        times[CALLS - 1],
    );
    // A tick is ten milliseconds.
    let micros = processor * 10_000 / u64::try_from(CALLS).unwrap();
    println!("cookie, processor time of the broker with its log and its question to the bus: {micros} µs");
    println!(
        "resident before {CALLS} calls: {before}, after them: {}",
        resident(pid)
    );
    std::thread::sleep(Duration::from_secs(20));
    let before = switches(pid);
    std::thread::sleep(REST);
    println!(
        "wake-ups in {} s at rest: {}; resident: {}; threads: {}",
        REST.as_secs(),
        switches(pid) - before,
        resident(pid),
        tasks(pid).len(),
    );
}

fn status(text: &str, name: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn resident(pid: u32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let (all, own) = (status(&text, "VmRSS"), status(&text, "RssAnon"));
    format!("{:.1} MB ({:.1} MB of its own)", megabytes(all), megabytes(own))
}

fn megabytes(kilobytes: u64) -> f64 {
    f64::from(u32::try_from(kilobytes).unwrap()) / 1024.0
}

fn tasks(pid: u32) -> Vec<std::path::PathBuf> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.map(|task| task.unwrap().path()).collect()
}

/// How often any thread has gone to sleep.
fn switches(pid: u32) -> u64 {
    let each = tasks(pid).into_iter().map(|task| {
        let text = fs::read_to_string(task.join("status")).unwrap();
        status(&text, "voluntary_ctxt_switches")
    });
    each.sum()
}

/// Processor time of the process in clock ticks.
fn ticks(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = text.rsplit_once(')').unwrap();
    let fields: Vec<_> = rest.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
