//! Modules of a crate, and which of them uses items of which others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The path of a module from the root of its crate; the root is empty.
pub type ModulePath = Vec<String>;

#[derive(Default)]
pub struct Crate {
    pub modules: BTreeMap<ModulePath, Module>,
    /// Modules of test code.
    pub tests: BTreeSet<ModulePath>,
}

#[derive(Default)]
pub struct Module {
    /// The names of a `use`, public or not, with their paths.
    pub imports: Vec<(String, Vec<String>)>,
    /// The paths of `use …::*`.
    pub globs: Vec<Vec<String>>,
    /// The names of the items defined in the module.
    pub items: BTreeSet<String>,
    /// Each path in the code, with its line.
    pub paths: Vec<(usize, Vec<String>)>,
    /// The file; an inline module has the file of the module around it.
    pub file: PathBuf,
    /// The module of the file.
    pub owner: ModulePath,
}

/// A use of one module by another, with its places.
pub type Uses = BTreeMap<(ModulePath, ModulePath), Vec<String>>;

impl Crate {
    pub fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (path, module) in &self.modules {
            if self.tests.iter().any(|test| path.starts_with(test)) {
                continue;
            }
            for (line, named) in &module.paths {
                let Some(target) = self.resolve(path, named, 0) else {
                    continue;
                };
                let Some(target) = self.modules.get(&target).map(|module| &module.owner) else {
                    continue;
                };
                if *target != module.owner {
                    let place = format!("{}:{line} names {}", module.file.display(), named.join("::"));
                    let places = uses.entry((module.owner.clone(), target.clone())).or_default();
                    if !places.contains(&place) {
                        places.push(place);
                    }
                }
            }
        }
        uses
    }

    /// The module that defines the item of a path, from the position of a module. `None` for an item of another crate.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<ModulePath> {
        // A cycle of re-exports, which rustc refuses.
        if depth > 32 {
            return None;
        }
        let mut at = from.to_vec();
        let mut rest = path;
        loop {
            match rest.first()?.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                _ => break,
            }
            rest = &rest[1..];
            if rest.is_empty() {
                return Some(at);
            }
        }
        if rest.len() == path.len() && !self.knows(&at, &rest[0]) {
            return None;
        }
        while let Some(name) = rest.first() {
            let child = [&at[..], &[name.clone()]].concat();
            if self.modules.contains_key(&child) {
                at = child;
            } else if let Some(target) = self.import(&at, name, depth) {
                // Below an item that is not a module, such as an enum, everything is defined where the item is.
                at = target;
            } else {
                return Some(at);
            }
            rest = &rest[1..];
        }
        Some(at)
    }

    /// The module that defines the item of a `use`.
    fn import(&self, at: &[String], name: &str, depth: usize) -> Option<ModulePath> {
        let module = self.modules.get(at)?;
        if module.items.contains(name) {
            return None;
        }
        if let Some((_, path)) = module.imports.iter().find(|(known, _)| known == name) {
            return self.resolve(at, path, depth + 1);
        }
        module.globs.iter().find_map(|glob| {
            let target = self.resolve(at, glob, depth + 1)?;
            if self.modules.get(&target)?.items.contains(name) {
                return Some(target);
            }
            (target != at).then(|| self.import(&target, name, depth + 1))?
        })
    }

    fn knows(&self, at: &[String], name: &str) -> bool {
        let child = [at, &[name.to_owned()]].concat();
        let module = self.modules.get(at);
        self.modules.contains_key(&child)
            || module.is_some_and(|module| module.imports.iter().any(|(known, _)| known == name))
    }
}
