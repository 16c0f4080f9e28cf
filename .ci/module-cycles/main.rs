//! Finds import cycles between the modules of a crate. `make lint` compiles it with rustc alone and runs it.
//!
//! ```text
//! module-cycles [--graph] SRC...
//! ```
//!
//! In every folder, the files and folders are compared with each other: `a.rs` and `b/` form a cycle if each uses items of the
//! other, also through a third module. An item belongs to the module that defines it: `crate::Thing` is followed through the
//! re-exports of `lib.rs` and all other modules. A parent and its children do not form a cycle. Code below `#[cfg(test)]` and
//! documentation are ignored.
//!
//! The exit code is 1 if there is a cycle and 2 for wrong usage. `--graph` also prints the modules that each top-level module uses.

mod crate_graph;
mod cycles;
mod reader;
#[cfg(test)]
mod tests;
mod tokens;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use cycles::{cycles, top_level};
use reader::read_crate;

fn main() -> ExitCode {
    let mut arguments: Vec<_> = env::args().skip(1).collect();
    let graph = arguments.iter().any(|argument| argument == "--graph");
    arguments.retain(|argument| argument != "--graph");
    if arguments.is_empty() {
        eprintln!("usage: module-cycles [--graph] SRC...");
        return ExitCode::from(2);
    }
    let mut found = false;
    for source in arguments {
        let files = match files_below(Path::new(&source)) {
            Ok(files) if !files.is_empty() => files,
            Ok(_) => {
                eprintln!("module-cycles: {source} contains no Rust files");
                return ExitCode::from(2);
            }
            Err(error) => {
                eprintln!("module-cycles: {source}: {error}");
                return ExitCode::from(2);
            }
        };
        let uses = read_crate(&files).uses();
        if graph {
            print!("{source}\n{}", top_level(&uses));
        }
        for cycle in cycles(&uses) {
            found = true;
            eprintln!("{source}: {cycle}");
        }
    }
    ExitCode::from(u8::from(found))
}

/// Every Rust file in a folder and its subfolders, by its path in the folder.
fn files_below(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                files.push((name, fs::read_to_string(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}
