//! Reading a certificate with this project's reader and with other readers, on the same certificates in one run; and reading
//! certificates that are made to be slow.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use upn_resolver::certificate::Certificate;

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

fn hostile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a hostile certificate of 64 KB");
    for (name, der) in benches::hostile::all() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| Certificate::from_der(black_box(&der)).is_ok());
        });
    }
    group.finish();
}

criterion_group!(benches, read, hostile);
criterion_main!(benches);
