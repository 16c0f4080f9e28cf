//! Cost of a sign-in for the client, without keys, card and network: requests, allocations, processor time.
//!
//! Criterion measures wall time, which varies on a busy machine. The line before it has the processor time.

use benches::sign_ins::{Cache, SETUP};
use cba_protocol::Transcript;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn sign_in(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sign-in without key operations");
    std::sync::LazyLock::force(&SETUP);
    for (name, cache) in [
        ("realm and metadata cached", Cache::Warm),
        ("nothing cached", Cache::Cold),
    ] {
        let mut requests = 0;
        let allocated =
            allocation_counter::measure(|| requests = SETUP.sign_in(cache).expect("good answers").1);
        let microseconds = on_processor(|| {
            let _ = black_box(SETUP.sign_in(black_box(cache)));
        });
        let recorded = allocation_counter::measure(|| {
            let _ = black_box(SETUP.recorded_sign_in(cache, &Transcript::default()));
        });
        println!(
            "{name}: {requests} requests, {} allocations ({} bytes), with a transcript {} ({} bytes); {microseconds:.1} µs of \
             processor time without one",
            allocated.count_total, allocated.bytes_total, recorded.count_total, recorded.bytes_total
        );
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(SETUP.sign_in(black_box(cache))));
        });
    }
    group.finish();
}

/// Processor time of this thread for one of many rounds, in microseconds, as Linux counts it in `schedstat`.
fn on_processor(mut round: impl FnMut()) -> f64 {
    const ROUNDS: u32 = 20_000;
    let nanoseconds = || {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
        stat.split(' ')
            .next()
            .and_then(|first| first.parse::<f64>().ok())
            .expect("a number")
    };
    let before = nanoseconds();
    for _ in 0..ROUNDS {
        round();
    }
    (nanoseconds() - before) / f64::from(ROUNDS) / 1_000.0
}

criterion_group!(benches, sign_in);
criterion_main!(benches);
