//! What a sign-in costs the client beside its keys, the card and the network.

use benches::sign_ins::{Cache, SETUP};
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
        println!(
            "{name}: {requests} requests, {} allocations, {} bytes",
            allocated.count_total, allocated.bytes_total
        );
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(SETUP.sign_in(black_box(cache))));
        });
    }
    group.finish();
}

criterion_group!(benches, sign_in);
criterion_main!(benches);
