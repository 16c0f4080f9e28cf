//! The programs of the READMEs, in a project outside of this workspace with the dependencies that `cargo add` gives it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const LIBRARIES: [&str; 3] = ["upn-resolver", "card-access", "cba-protocol"];

#[test]
fn every_program_of_a_readme_compiles_with_what_the_readme_adds() {
    for library in LIBRARIES {
        let readme = read(&format!("{library}/README.md"));
        let added = readme
            .lines()
            .filter_map(|line| line.strip_prefix("cargo add "))
            .flat_map(str::split_whitespace);
        compile(library, &added.collect::<Vec<_>>(), &programs(&readme));
    }
    compile("front-page", &LIBRARIES, &programs(&read("README.md")));
}

#[test]
fn the_resolver_brings_few_crates_along() {
    let tree = cargo(&root())
        .args([
            "tree",
            "-p",
            "upn-resolver",
            "-e",
            "normal,build",
            "--prefix",
            "none",
        ])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{tree:?}");
    let mut crates: Vec<_> = String::from_utf8(tree.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    crates.sort_unstable();
    crates.dedup();
    assert!(crates.len() <= 12, "{crates:?}");
}

#[test]
fn without_pcsc_no_library_of_the_system_is_linked() {
    let tree = cargo(&root())
        .args([
            "tree",
            "-p",
            "card-access",
            "--no-default-features",
            "--features",
            "pkcs11",
        ])
        .args(["-e", "normal,build", "--prefix", "none"])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{tree:?}");
    let crates = String::from_utf8(tree.stdout).unwrap();
    assert!(crates.contains("cryptoki v"), "{crates}");
    for bound in ["pcsc", "pkg-config", "openssl-sys", "aws-lc-sys"] {
        assert!(!crates.contains(&format!("{bound} v")), "{crates}");
    }
}

/// The Rust blocks of a document.
fn programs(document: &str) -> Vec<String> {
    let blocks = document.split("\n```rust").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split_once('\n')?.1.split("\n```").next());
    let blocks: Vec<_> = blocks.map(str::to_owned).collect();
    assert!(!blocks.is_empty(), "no program in the document");
    blocks
}

/// Makes a project with a module for each program, and type-checks it.
fn compile(name: &str, added: &[&str], programs: &[String]) {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside").join(name);
    let _ = fs::remove_dir_all(&project);
    fs::create_dir_all(project.join("src")).unwrap();
    // An empty workspace table, so that the workspace around the target folder does not include the project.
    let manifest = format!(
        "[package]\nname = \"outside-{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n"
    );
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    // The versions that this workspace was tested with.
    fs::copy(root().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();

    let mut source = String::from("#![allow(dead_code)]\n");
    for (index, program) in programs.iter().enumerate() {
        write!(source, "\nmod program_{index} {{\n{program}\n}}\n").unwrap();
    }
    fs::write(project.join("src/lib.rs"), source).unwrap();

    for dependency in added {
        let mut add = cargo(&project);
        add.args(["add", "--quiet"]);
        if LIBRARIES.contains(dependency) {
            add.arg("--path").arg(root().join(dependency));
        } else {
            add.arg(dependency);
        }
        succeed(add);
    }
    let mut check = cargo(&project);
    check.args(["check", "--quiet"]);
    // One target folder for all projects, so that shared dependencies are built once.
    check.env("CARGO_TARGET_DIR", project.with_file_name("target"));
    check.env("RUSTFLAGS", "-D warnings");
    succeed(check);
}

fn succeed(mut command: Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Cargo without the settings of this test run.
fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    // Tests run without a network; all dependencies were fetched to build this workspace.
    command.env("CARGO_NET_OFFLINE", "true");
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG")
            || name_text.starts_with("CARGO_MANIFEST")
            || name_text == "RUSTFLAGS"
        {
            command.env_remove(&name);
        }
    }
    command
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
