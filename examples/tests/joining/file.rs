//! The device file is written whole or not at all.

use crate::bench::Bench;
use crate::laboratory::alice;

#[test]
fn a_file_that_exists_is_not_replaced_and_nothing_is_sent() {
    let bench = Bench::new(&alice());
    std::fs::write(bench.path("device.json"), "mine").unwrap();
    assert_eq!(bench.join(&[]).json(2)["error"]["code"], "usage/output");
    assert_eq!(
        std::fs::read_to_string(bench.path("device.json")).unwrap(),
        "mine"
    );
    assert_eq!(bench.pins_sent(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_is_reported_before_anything_is_sent() {
    let bench = Bench::new(&alice());
    let missing = bench.path("missing").join("device.json");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_join"));
    command
        .args([
            "--authority",
            &bench.authority.url(),
            "--json",
            "--pin-stdin",
            "-o",
        ])
        .arg(missing);
    let ended = crate::bench::run(&mut command, bench.card.pin());
    assert_eq!(ended.json(2)["error"]["code"], "usage/output");
    assert_eq!(bench.pins_sent(), 0);
}
