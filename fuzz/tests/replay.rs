//! Runs each target with all kept inputs: the seeds, the corpus, and every input that once crashed it. Runs on stable Rust, so that
//! `make test` detects a fault that returns.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use zip::ZipArchive;

#[test]
fn every_input_that_is_kept_passes() {
    for target in targets() {
        let folder = tempfile::tempdir().unwrap();
        let archives = ["seeds", "corpus"].map(|kind| here().join(kind).join(format!("{target}.zip")));
        let mut inputs: Vec<_> = archives
            .iter()
            .enumerate()
            .flat_map(|(number, archive)| unpack(archive, &folder.path().join(number.to_string())))
            .collect();
        assert!(
            !inputs.is_empty(),
            "no input is kept for {target}: `make fuzz fuzz-keep` finds some"
        );
        inputs.extend(entries(&format!("crashes/{target}")));

        let run = Command::new(program(&target)).args(&inputs).output().unwrap();
        let report = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{target} fails again:\n{report}");
        // libFuzzer prints this once per input; without the check, a program that ignores its inputs would pass.
        let executed = report
            .lines()
            .filter(|line| line.starts_with("Executed "))
            .count();
        assert_eq!(
            executed,
            inputs.len(),
            "{target} did not take every input:\n{report}"
        );
    }
}

#[test]
fn nothing_is_kept_for_a_target_that_is_gone() {
    let targets = targets();
    for folder in ["corpus", "crashes", "seeds"] {
        for kept in entries(folder) {
            let name = kept.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(
                targets.contains(&name),
                "{folder}/{name} does not belong to a target"
            );
        }
    }
}

/// Each file in `fuzz_targets` is a target.
fn targets() -> Vec<String> {
    let name = |path: PathBuf| Some(path.file_name()?.to_str()?.strip_suffix(".rs")?.to_owned());
    let targets: Vec<_> = entries("fuzz_targets").into_iter().filter_map(name).collect();
    assert!(targets.len() >= 24, "targets are missing: {targets:?}");
    targets
}

/// Cargo builds every target before this test, in the same folder.
fn program(target: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_certificate")).with_file_name(target)
}

/// The inputs of an archive as files; empty if there is no archive.
fn unpack(archive: &Path, folder: &Path) -> Vec<PathBuf> {
    let Ok(archive) = File::open(archive) else {
        return Vec::new();
    };
    fs::create_dir(folder).unwrap();
    let mut archive = ZipArchive::new(archive).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut input = archive.by_index(index).unwrap();
            let path = folder.join(input.enclosed_name().unwrap());
            io::copy(&mut input, &mut File::create(&path).unwrap()).unwrap();
            path
        })
        .collect()
}

/// The paths in a folder in order; empty if there is no folder. A corpus folder of cargo-fuzz is not kept.
fn entries(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(here().join(folder)).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    if folder == "corpus" {
        paths.retain(|path| path.is_file());
    }
    paths.sort();
    paths
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
