//! Finds import cycles between the modules of a crate. `make lint` compiles this file with rustc alone and runs it.
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

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

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
        let uses = Crate::read(&files).uses();
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

/// The path of a module from the root of its crate; the root is empty.
type ModulePath = Vec<String>;

#[derive(Default)]
struct Crate {
    modules: BTreeMap<ModulePath, Module>,
    /// Modules of test code.
    tests: BTreeSet<ModulePath>,
}

#[derive(Default)]
struct Module {
    /// The names of a `use`, public or not, with their paths.
    imports: Vec<(String, Vec<String>)>,
    /// The paths of `use …::*`.
    globs: Vec<Vec<String>>,
    /// The names of the items defined in the module.
    items: BTreeSet<String>,
    /// Each path in the code, with its line.
    paths: Vec<(usize, Vec<String>)>,
    /// The file; an inline module has the file of the module around it.
    file: PathBuf,
    /// The module of the file.
    owner: ModulePath,
}

/// A use of one module by another, with its places.
type Uses = BTreeMap<(ModulePath, ModulePath), Vec<String>>;

impl Crate {
    fn read(files: &[(PathBuf, String)]) -> Self {
        let mut this = Self::default();
        for (file, text) in files {
            let path = module_of(file);
            Reader {
                tokens: tokens(text),
                at: 0,
                file,
                owner: &path,
                crate_: &mut this,
            }
            .module(&path);
        }
        this
    }

    fn uses(&self) -> Uses {
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

fn module_of(file: &Path) -> ModulePath {
    let mut path: ModulePath = file
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let last = path.last().map(String::as_str);
    if last == Some("mod") || (path.len() == 1 && matches!(last, Some("lib" | "main"))) {
        path.pop();
    }
    path
}

/// The cycle of one group of modules in a folder, with the uses that form it.
fn cycles(uses: &Uses) -> Vec<String> {
    // By parent: an edge from one child to another, with its reason.
    let mut folders: BTreeMap<&[String], BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
    for ((from, to), places) in uses {
        let common = from
            .iter()
            .zip(to)
            .take_while(|(one, other)| one == other)
            .count();
        if let (Some(one), Some(other)) = (from.get(common), to.get(common)) {
            let arrows = folders.entry(&from[..common]).or_default();
            let reasons = arrows.entry((one, other)).or_default();
            reasons.extend(places.iter().map(String::as_str));
        }
    }
    let mut found = Vec::new();
    for (folder, arrows) in folders {
        let reaches = |start, end| {
            let mut seen = BTreeSet::from([start]);
            let mut next = vec![start];
            while let Some(node) = next.pop() {
                for (_, to) in arrows.keys().filter(|(from, _)| *from == node) {
                    if *to == end {
                        return true;
                    }
                    if seen.insert(*to) {
                        next.push(to);
                    }
                }
            }
            false
        };
        let mut done = BTreeSet::new();
        for &(start, _) in arrows.keys() {
            if done.contains(start) || !reaches(start, start) {
                continue;
            }
            let nodes: BTreeSet<_> = arrows.keys().flat_map(|&(from, to)| [from, to]).collect();
            let circle: BTreeSet<_> = nodes
                .into_iter()
                .filter(|&node| node == start || (reaches(start, node) && reaches(node, start)))
                .collect();
            let place = if folder.is_empty() {
                "the root".to_owned()
            } else {
                folder.join("::")
            };
            let names: Vec<_> = circle.iter().copied().collect();
            let mut text = format!(
                "modules of {place} use each other in a circle: {}",
                names.join(", ")
            );
            for ((from, to), places) in &arrows {
                if circle.contains(from) && circle.contains(to) {
                    text += &format!("\n    {from} -> {to}");
                    for place in places.iter().take(3) {
                        text += &format!("\n        {place}");
                    }
                }
            }
            found.push(text);
            done.extend(circle);
        }
    }
    found
}

/// Each top-level module with the top-level modules that it uses.
fn top_level(uses: &Uses) -> String {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in uses.keys() {
        if let (Some(from), Some(to)) = (from.first(), to.first()) {
            all.entry(to).or_default();
            let used = all.entry(from).or_default();
            if from != to {
                used.insert(to);
            }
        }
    }
    let line = |(module, used): (&&str, &BTreeSet<&str>)| {
        let used: Vec<_> = used.iter().copied().collect();
        format!("    {module} -> {}\n", used.join(" "))
    };
    all.iter().map(line).collect()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Sign(char),
}

struct Reader<'a> {
    tokens: Vec<(usize, Token)>,
    at: usize,
    file: &'a Path,
    owner: &'a ModulePath,
    crate_: &'a mut Crate,
}

impl Reader<'_> {
    /// Reads the tokens of a module, up to its closing brace if it is inline.
    fn module(&mut self, path: &[String]) {
        let mut module = Module {
            file: self.file.to_owned(),
            owner: self.owner.clone(),
            ..Module::default()
        };
        let mut depth = 0_usize;
        while let Some((line, token)) = self.tokens.get(self.at).cloned() {
            self.at += 1;
            match token {
                Token::Sign('#') => {
                    if self.attribute_is_test() {
                        self.skip_item(path);
                    }
                }
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => break,
                },
                Token::Name(name) => match name.as_str() {
                    "use" => self.use_tree(line, &mut Vec::new(), &mut module),
                    "mod" => {
                        let inline = (self.name(0), self.sign(1, '{'));
                        if let (Some(name), true) = inline {
                            self.at += 2;
                            self.module(&[path, &[name]].concat());
                        }
                    }
                    "struct" | "enum" | "union" | "trait" | "fn" | "const" | "static" | "type" => {
                        module.items.extend(self.name(0).filter(|_| depth == 0));
                    }
                    "macro_rules" => module.items.extend(self.name(1)),
                    "crate" | "self" | "super" if self.sign(0, ':') => {
                        let named = self.path(name);
                        module.paths.push((line, named));
                    }
                    _ => {}
                },
                Token::Sign(_) => {}
            }
        }
        self.crate_.modules.insert(path.to_vec(), module);
    }

    /// Reads an attribute after its `#`. Returns whether it is `#[cfg(test)]` or similar.
    fn attribute_is_test(&mut self) -> bool {
        let start = self.at;
        if self.sign(0, '!') {
            self.at += 1;
        }
        if !self.sign(0, '[') {
            return false;
        }
        self.skip_group();
        let names: Vec<_> = (start..self.at).filter_map(|at| self.name_at(at)).collect();
        names.first().is_some_and(|first| first == "cfg")
            && names.iter().any(|name| name == "test")
            && !names.iter().any(|name| name == "not" || name == "any")
    }

    /// Skips the item after `#[cfg(test)]`: up to its semicolon or the end of its braces.
    fn skip_item(&mut self, path: &[String]) {
        while let Some((_, token)) = self.tokens.get(self.at) {
            match token {
                Token::Sign('#') => {
                    self.at += 1;
                    self.attribute_is_test();
                }
                Token::Sign(';') => {
                    self.at += 1;
                    return;
                }
                Token::Sign('{') => return self.skip_group(),
                // A `use` list, whose braces do not end the item.
                Token::Name(name) if name == "use" => {
                    while self.at < self.tokens.len() && !self.sign(0, ';') {
                        self.at += 1;
                    }
                }
                Token::Name(name) if name == "mod" => {
                    self.at += 1;
                    if let Some(name) = self.name(0) {
                        self.crate_.tests.insert([path, &[name]].concat());
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// Skips from an opening bracket to its closing bracket.
    fn skip_group(&mut self) {
        let mut depth = 0_usize;
        while let Some((_, token)) = self.tokens.get(self.at) {
            self.at += 1;
            match token {
                Token::Sign('(' | '[' | '{') => depth += 1,
                Token::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Reads one branch of a `use` after its prefix.
    fn use_tree(&mut self, line: usize, before: &mut Vec<String>, module: &mut Module) {
        let length = before.len();
        loop {
            if let Some(name) = self.name(0) {
                self.at += 1;
                before.push(name);
                if self.sign(0, ':') && self.sign(1, ':') {
                    self.at += 2;
                    continue;
                }
                let last = before.last().cloned().unwrap_or_default();
                // `use a::{self}` names `a`.
                if last == "self" && before.len() > 1 {
                    before.pop();
                }
                let mut alias = before.last().cloned().unwrap_or_default();
                if self.name(0).is_some_and(|name| name == "as") {
                    alias = self.name(1).unwrap_or_default();
                    self.at += 2;
                }
                module.paths.push((line, before.clone()));
                // A name that refers to itself, such as that of a crate.
                if before.len() > 1 || alias != before[0] {
                    module.imports.push((alias, before.clone()));
                }
            } else if self.sign(0, '*') {
                self.at += 1;
                module.paths.push((line, before.clone()));
                module.globs.push(before.clone());
            } else if self.sign(0, '{') {
                self.at += 1;
                while self.at < self.tokens.len() && !self.sign(0, '}') {
                    if self.sign(0, ',') {
                        self.at += 1;
                    } else {
                        self.use_tree(line, before, module);
                    }
                }
                self.at += 1;
            } else {
                // Not valid Rust; the token is skipped, so that reading continues.
                self.at += 1;
            }
            break;
        }
        before.truncate(length);
    }

    /// Reads the rest of a path in the code.
    fn path(&mut self, first: String) -> Vec<String> {
        let mut path = vec![first];
        while self.sign(0, ':') && self.sign(1, ':') {
            let Some(name) = self.name(2) else { break };
            path.push(name);
            self.at += 3;
        }
        path
    }

    fn name(&self, ahead: usize) -> Option<String> {
        self.name_at(self.at + ahead)
    }

    fn name_at(&self, at: usize) -> Option<String> {
        match self.tokens.get(at) {
            Some((_, Token::Name(name))) => Some(name.clone()),
            _ => None,
        }
    }

    fn sign(&self, ahead: usize, sign: char) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some((_, Token::Sign(found))) if *found == sign)
    }
}

/// The names and signs of Rust code with their lines, without comments, strings, characters, lifetimes and numbers.
fn tokens(text: &str) -> Vec<(usize, Token)> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let look = |at: usize| characters.get(at).copied().unwrap_or('\0');
    while at < characters.len() {
        let start = at;
        match look(at) {
            '/' if look(at + 1) == '/' => {
                while at < characters.len() && look(at) != '\n' {
                    at += 1;
                }
            }
            '/' if look(at + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (look(at), look(at + 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 2),
                        ('*', '/') => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 || at >= characters.len() {
                        break;
                    }
                }
            }
            '"' => at = after_string(&look, at, characters.len()),
            '\'' => {
                // A lifetime has no closing quote after one character.
                let escaped = look(at + 1) == '\\';
                if escaped || look(at + 2) == '\'' {
                    at += if escaped { 3 } else { 2 };
                    while at < characters.len() && look(at) != '\'' {
                        at += 1;
                    }
                    at += 1;
                } else {
                    at += 1;
                    while look(at).is_alphanumeric() || look(at) == '_' {
                        at += 1;
                    }
                }
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                while look(at).is_alphanumeric() || look(at) == '_' {
                    at += 1;
                }
                let name: String = characters[start..at].iter().collect();
                let raw = matches!(name.as_str(), "r" | "br" | "cr");
                let hashes = (at..).take_while(|&place| look(place) == '#').count();
                if raw && look(at + hashes) == '"' {
                    at += hashes + 1;
                    let ends = |at: usize| look(at) == '"' && (1..=hashes).all(|more| look(at + more) == '#');
                    while at < characters.len() && !ends(at) {
                        at += 1;
                    }
                    at += hashes + 1;
                } else if raw && hashes == 1 {
                    // A raw name, such as r#type.
                    at += 1;
                } else if !(matches!(name.as_str(), "b" | "c") && matches!(look(at), '"' | '\'')) {
                    tokens.push((line, Token::Name(name)));
                }
            }
            digit if digit.is_ascii_digit() => {
                while look(at).is_alphanumeric() || look(at) == '_' {
                    at += 1;
                }
            }
            blank if blank.is_whitespace() => at += 1,
            sign => {
                tokens.push((line, Token::Sign(sign)));
                at += 1;
            }
        }
        let end = at.min(characters.len());
        line += characters[start..end]
            .iter()
            .filter(|&&character| character == '\n')
            .count();
    }
    tokens
}

fn after_string(look: &impl Fn(usize) -> char, mut at: usize, end: usize) -> usize {
    at += 1;
    while at < end && look(at) != '"' {
        at += if look(at) == '\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| (name.into(), (*text).to_owned()))
            .collect();
        let found = cycles(&Crate::read(&files).uses());
        let names = |text: &String| {
            text.lines()
                .next()
                .unwrap()
                .rsplit_once(": ")
                .unwrap()
                .1
                .to_owned()
        };
        found.iter().map(names).collect()
    }

    #[test]
    fn two_files_that_use_each_other() {
        let found = circles(&[("a.rs", "use crate::b::B;"), ("b.rs", "fn b() -> crate::a::A {}")]);
        assert_eq!(found, ["a, b"]);
    }

    #[test]
    fn a_circle_through_the_re_exports_of_the_root() {
        let root = "mod a; mod b; pub use a::{A, Other as Renamed}; pub use crate::b::*;";
        for (one, other) in [
            ("use crate::B;", "use crate::A; pub struct B;"),
            ("use crate::B;", "use crate::Renamed; pub struct B;"),
            ("use crate::{B as Mine};", "pub struct B; fn f(a: crate::A) {}"),
            (
                "fn f() { crate::make!() }",
                "macro_rules! make { () => { $crate::A } }",
            ),
        ] {
            let found = circles(&[("lib.rs", root), ("a.rs", one), ("b.rs", other)]);
            assert_eq!(found, ["a, b"], "{one} {other}");
        }
    }

    #[test]
    fn a_circle_of_three_with_a_fourth_outside() {
        let found = circles(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::{c::{self, C}, d::D};"),
            ("c.rs", "use crate::a::A;"),
            ("d.rs", ""),
        ]);
        assert_eq!(found, ["a, b, c"]);
    }

    #[test]
    fn files_of_a_folder() {
        let folder = ("deep/er/mod.rs", "mod x; mod y; pub use x::X;");
        for x in [
            "use super::y::Y;",
            "use crate::deep::er::y::Y;",
            "use super::super::er::y;",
        ] {
            let found = circles(&[
                ("deep/mod.rs", "mod er;"),
                folder,
                ("deep/er/x.rs", x),
                ("deep/er/y.rs", "use super::X;"),
            ]);
            assert_eq!(found, ["x, y"], "{x}");
        }
    }

    #[test]
    fn folders_use_each_other_from_within() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b; pub use b::inner::Thing;"),
            ("a/mod.rs", "mod inner; pub use self::inner::Other;"),
            ("a/inner.rs", "use crate::Thing; pub struct Other;"),
            ("b/mod.rs", "pub mod inner;"),
            ("b/inner.rs", "pub struct Thing(crate::a::Other);"),
        ]);
        assert_eq!(found, ["a, b"]);
    }

    #[test]
    fn an_inline_module_belongs_to_its_file() {
        let found = circles(&[
            (
                "a.rs",
                "mod inline { use super::super::b::B; pub struct In; } pub use inline::In;",
            ),
            ("b.rs", "use crate::a::In; pub struct B;"),
        ]);
        assert_eq!(found, ["a, b"]);
    }

    #[test]
    fn what_is_defined_in_a_module_hides_what_a_glob_brings() {
        let root = "mod a; mod b; pub use b::*; pub struct Same;";
        let found = circles(&[
            ("lib.rs", root),
            ("a.rs", "use crate::Same; pub struct A;"),
            ("b.rs", "use crate::a::A; pub struct Same;"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn no_circle() {
        let one_way = ("b.rs", "use crate::a::A;");
        for a in [
            "",
            "// use crate::b::B;",
            "/* use /* crate::b::B */ crate::b::B; */ /// [`crate::b::B`]",
            "const TEXT: &str = \"use crate::b::B;\";",
            "const TEXT: &str = r#\"use \"crate::b::B;\"#; const B: u8 = b'\"';",
            "#[cfg(test)] use crate::b::{B, C};",
            "#[cfg(test)] mod tests { use crate::b::B; fn f() { { crate::b::B; } } }",
            "#[cfg(all(test, unix))] #[allow(unused)] fn f() { crate::b::B; } struct After;",
            "use b::B;",
            "use std::b::B; fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' }",
        ] {
            assert_eq!(
                circles(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), one_way]),
                [""; 0],
                "{a}"
            );
        }
    }

    #[test]
    fn code_after_what_is_left_out_counts() {
        for a in [
            "#[cfg(test)] use crate::c::{C}; use crate::b::B;",
            "#[cfg(test)] mod tests { fn f() { { } } } use crate::b::B;",
            "#[cfg(not(test))] use crate::b::B;",
            "const A: char = '{'; const B: &str = \"\\\"{\"; use crate::b::B;",
            "fn f<'a>() {} /* // */ use crate::b::B;",
        ] {
            assert_eq!(
                circles(&[("a.rs", a), ("b.rs", "use crate::a::A;")]),
                ["a, b"],
                "{a}"
            );
        }
    }

    #[test]
    fn a_parent_and_its_child_are_no_circle() {
        let found = circles(&[
            ("a/mod.rs", "mod b; use b::B; pub struct A;"),
            ("a/b.rs", "use super::A; pub struct B;"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_left_out() {
        let found = circles(&[
            ("a.rs", "#[cfg(test)] mod tests; pub struct A;"),
            ("a/tests.rs", "use crate::b::B;"),
            ("b.rs", "use crate::a::A; pub struct B;"),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
