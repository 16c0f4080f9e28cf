//! Modules of a file: their items, imports and paths.

use std::path::{Path, PathBuf};

use crate::crate_graph::{Crate, Module, ModulePath};
use crate::tokens::{Token, tokens};

/// Reads the files of a crate.
pub fn read_crate(files: &[(PathBuf, String)]) -> Crate {
    let mut this = Crate::default();
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
