//! The documents at the root agree with the code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use examples::demo::NEXT;

#[test]
fn the_readme_shows_a_decision_as_the_terminal_does() {
    let readme = read("README.md");
    let shown = readme
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let (command, expected) = shown.split_once('\n').unwrap();
    let arguments = command.split_once("--bin explain-upn -- ").unwrap().1.split(' ');
    let output = Command::new(env!("CARGO_BIN_EXE_explain-upn"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn the_readme_shows_the_sign_in_screen_as_the_program_draws_it() {
    let readme = read("README.md");
    // A test of the program checks that it draws these files.
    for picture in ["greeter-tiles.txt", "greeter-result.txt"] {
        let drawn = read(&format!("examples/pictures/{picture}"));
        assert!(
            readme.contains(&format!("```text\n{drawn}```")),
            "README.md needs {picture}:\n{drawn}"
        );
    }
}

#[test]
fn the_commands_after_the_demonstration_work() {
    let commands: Vec<_> = NEXT
        .lines()
        .filter_map(|line| line.trim().strip_prefix("cargo run -q -p examples --bin "))
        .collect();
    assert_eq!(commands.len(), 3, "{NEXT}");
    for command in commands {
        let (program, arguments) = command.split_once(" -- ").unwrap_or((command, ""));
        let path = Path::new(env!("CARGO_BIN_EXE_demo")).with_file_name(program);
        // The result of `doctor` depends on the machine, so that only its help is printed.
        let arguments = if program == "doctor" { "--help" } else { arguments };
        let output = Command::new(path)
            .args(arguments.split_whitespace())
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        assert!(!output.stdout.is_empty(), "{command}");
    }
    for file in ["examples/src/sign_in/drive.rs", "README.md"] {
        assert!(NEXT.contains(file) && root().join(file).is_file(), "{file}");
    }
    assert!(NEXT.contains("make greeter") && read("Makefile").contains("\ngreeter:"));
}

/// A job with a missing target would fail only where the workflow runs.
#[test]
fn the_workflow_calls_targets_of_the_makefile() {
    let makefile = read("Makefile");
    let calls = [read(".github/workflows/ci.yml"), read(".ci/run")].concat();
    let called: Vec<_> = calls
        .lines()
        .filter_map(|line| {
            line.trim()
                .trim_start_matches("- ")
                .trim_start_matches("run: ")
                .strip_prefix("make ")
        })
        // A matrix names the rest: `emulated-${{ matrix.processor }}`.
        .filter_map(|call| call.split("${{").next())
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_end_matches('-'))
        .filter(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))
        .collect();
    assert!(called.len() > 12, "{called:?}");
    for target in called {
        assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
    }
}

/// Renamed files and tests are easily forgotten in documents.
#[test]
fn the_documents_name_existing_files_and_tests() {
    let files = files_in(root());
    let is_file = |name: &str| files.iter().any(|file| file.ends_with(name));
    let ends_with = |file: &Path, ending: &str| file.extension().is_some_and(|found| found == ending);
    let tests: String = files
        .iter()
        .filter(|file| ends_with(file, "rs") && file.components().any(|part| part.as_os_str() == "tests"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let mut named = 0;
    for document in files.iter().filter(|file| ends_with(file, "md")) {
        let text = fs::read_to_string(document).unwrap();
        // Code is every second piece between backticks.
        for code in text.split('`').skip(1).step_by(2) {
            let is_word = |extra: &str| {
                code.chars()
                    .all(|character| character.is_ascii_alphanumeric() || extra.contains(character))
            };
            if is_word("_-./") && ends_with(Path::new(code), "rs") {
                named += 1;
                assert!(is_file(code), "{}: there is no file {code}", document.display());
            }
            if is_word("_")
                && code.matches('_').count() > 4
                && !code.starts_with(|first: char| first.is_uppercase())
            {
                named += 1;
                let function = format!("fn {code}(");
                assert!(
                    tests.contains(&function),
                    "{}: there is no test {code}",
                    document.display()
                );
            }
        }
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next())
        {
            if !link.is_empty() && !link.contains("://") && !link.contains(char::is_whitespace) {
                let target = document.with_file_name("").join(link);
                assert!(target.exists(), "{}: there is no {link}", document.display());
            }
        }
    }
    assert!(named > 80, "{named}");
}

/// The files of the project, without those that were built.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_built = path.ends_with("target") || path.ends_with(".git");
        if path.is_dir() && !path.is_symlink() && !is_built {
            files.extend(files_in(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
