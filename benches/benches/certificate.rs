//! Reading a certificate: this project's reader beside its peers, on the same certificates in one run.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn read(criterion: &mut Criterion) {
    let certificates = benches::certificates::load();
    let mut group = criterion.benchmark_group("read a certificate");
    group.throughput(Throughput::Elements(certificates.len() as u64));
    for (name, read) in benches::peers::ALL {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for der in &certificates {
                    black_box(read(black_box(der)));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
