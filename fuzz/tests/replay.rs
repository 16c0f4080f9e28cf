//! Gives each target once more what fuzzing left: the corpus, and every input that ever crashed it. Runs on stable Rust, so that a
//! fault that was mended is noticed in `make test` if it comes back, and not in the next hour of fuzzing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn every_input_that_fuzzing_left_passes() {
    for target in targets() {
        let mut inputs = files(&format!("corpus/{target}"));
        assert!(
            !inputs.is_empty(),
            "corpus/{target} is empty: `make fuzz fuzz-keep` fills it"
        );
        inputs.extend(files(&format!("crashes/{target}")));

        let run = Command::new(program(&target)).args(&inputs).output().unwrap();
        let told = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{target} fails again:\n{told}");
        // libFuzzer says so once for each; without this, a program that ignores its inputs would pass.
        let executed = told.lines().filter(|line| line.starts_with("Executed ")).count();
        assert_eq!(
            executed,
            inputs.len(),
            "{target} did not take every input:\n{told}"
        );
    }
}

#[test]
fn nothing_is_kept_for_a_target_that_is_gone() {
    let targets = targets();
    for folder in ["corpus", "crashes"] {
        for kept in entries(folder) {
            let name = kept.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(targets.contains(&name), "{folder}/{name} belongs to no target");
        }
    }
}

/// Each file in `fuzz_targets` is one; what they share lies in folders.
fn targets() -> Vec<String> {
    let name = |path: PathBuf| Some(path.file_name()?.to_str()?.strip_suffix(".rs")?.to_owned());
    let targets: Vec<_> = files("fuzz_targets").into_iter().filter_map(name).collect();
    assert!(targets.len() >= 21, "targets are missing: {targets:?}");
    targets
}

/// Cargo builds every target before this test and lays them side by side.
fn program(target: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_certificate")).with_file_name(target)
}

fn files(folder: &str) -> Vec<PathBuf> {
    entries(folder)
        .into_iter()
        .filter(|path| path.is_file())
        .collect()
}

/// In order; none if the folder is not there.
fn entries(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
