//! Policies that pick the certificate at the certauth hosts, and files with such a policy for an administrator.

mod chromium;
mod firefox;

use std::path::Path;

use serde_json::{Map, Value};

pub(super) use self::firefox::modules as firefox_modules;
use super::catalogue::{Browser, Kind};
use super::{Check, Scope};
use crate::output::{display_path, printable_line};

const HOW_TO_CHOOSE: &str = "to have it chosen without a question, let an administrator install the file that doctor --browsers --fix prints";

/// One check for each browser that can use the card.
pub(super) fn checks(scope: &Scope) -> Vec<Check> {
    let able = scope.browsers.iter().filter(|browser| browser.program.is_some());
    able.map(|browser| {
        let check = match browser.known.kind {
            Kind::Chromium => chromium::check(scope, browser),
            Kind::Firefox => firefox::check(scope),
        };
        check.at(browser.known.name)
    })
    .collect()
}

/// A file for an administrator.
struct PolicyFile {
    /// Absolute path on the system.
    place: String,
    content: Map<String, Value>,
    /// What the administrator must know before writing it.
    warnings: Vec<String>,
}

/// Files for the browsers that are installed, each with its place in front.
pub(super) fn files(scope: &Scope) -> Vec<String> {
    let able = scope.browsers.iter().filter(|browser| browser.program.is_some());
    able.filter_map(|browser| printed(scope, browser)).collect()
}

fn printed(scope: &Scope, browser: &Browser) -> Option<String> {
    let folder = browser.known.policies.first()?;
    let file = match browser.known.kind {
        Kind::Chromium => chromium::file(scope, browser, folder),
        Kind::Firefox => firefox::file(scope, folder),
    };
    let (name, place, content) = (browser.known.name, file.place, Value::Object(file.content));
    let mut lines = vec![String::new()];
    let warnings = file.warnings.iter();
    lines.extend(warnings.map(|warning| format!("{name}: warning: {}", printable_line(warning))));
    lines.push(format!("{name}: an administrator can write this to {place}"));
    lines.push(format!("{content:#}"));
    Some(lines.join("\n"))
}

/// A path below the folder that stands for the root.
fn on_system(scope: &Scope, file: &Path) -> String {
    let below = file.strip_prefix(&scope.root).unwrap_or(file);
    display_path(&Path::new("/").join(below))
}

/// The warning for a file that cannot be read, so that nothing of it is in the one that is printed.
fn not_included(name: &str, place: &str, problem: &str) -> String {
    format!(
        "{place}: {problem}, so {name} ignores it, and what it has is not below; \
         correct the file and add the policies below to it, instead of replacing it"
    )
}

fn malformed(name: &str, place: &str, problem: &str) -> Check {
    Check::wrong(
        "auto-select",
        format!("{name}: {place}: {problem}, so {name} ignores it"),
        "correct this file; doctor --browsers --fix prints one",
    )
}
