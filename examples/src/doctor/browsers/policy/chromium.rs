//! Policies of Chromium and its relatives.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::super::catalogue::Browser;
use super::super::pattern::matches;
use super::{Check, HOW_TO_CHOOSE, PolicyFile, Scope, malformed, not_included, on_system};
use crate::bounded::read_text;
use crate::output::display_path;

/// <https://chromeenterprise.google/policies/#AutoSelectCertificateForUrls>.
const POLICY: &str = "AutoSelectCertificateForUrls";

/// Whether the policy picks the certificate.
pub(super) fn check(scope: &Scope, browser: &Browser) -> Check {
    let name = browser.known.name;
    let asks = || {
        Check::passed("auto-select", format!("{name} asks which certificate to use")).with_next(HOW_TO_CHOOSE)
    };
    let mut rules = None;
    let files = match managed(scope, browser) {
        Ok(files) => files,
        Err((folder, problem)) => {
            let found = format!("{name}: {folder}: {problem}");
            return Check::wrong("auto-select", found, "remove files that are not used");
        }
    };
    for file in files {
        let place = display_path(&file);
        match read_policies(&file).and_then(|policies| rules_of(&policies)) {
            Ok(None) => {}
            // Of several files with a policy, the last one counts (config_dir_policy_loader.h in Chromium's source).
            Ok(Some(found)) => rules = Some((found, place)),
            Err(problem) => return malformed(name, &place, &problem),
        }
    }
    let Some((rules, place)) = rules else {
        return asks();
    };
    match filters(scope, &rules) {
        [Some(filter), Some(_)] => {
            let of = if *filter == json!({}) {
                String::new()
            } else {
                format!(" with {filter}")
            };
            let found = format!("{name} takes the first certificate{of} without a question ({place})");
            Check::passed("auto-select", found)
        }
        [None, None] => asks(),
        _ => Check::wrong(
            "auto-select",
            format!(
                "{name}: {place} has a rule for some hosts of the sign-in only; a tenant has its own host below certauth"
            ),
            format!("use the pattern {}", pattern(scope)),
        ),
    }
}

/// A pattern and the filter of its rule.
type Rule = (String, Value);

/// The rules of the policy, if it is there.
fn rules_of(policies: &Map<String, Value>) -> Result<Option<Vec<Rule>>, String> {
    match policies.get(POLICY) {
        None => Ok(None),
        Some(Value::Array(entries)) => entries.iter().map(rule).collect::<Result<_, _>>().map(Some),
        Some(_) => Err(format!("{POLICY} is not a list")),
    }
}

/// The filters of the first rule for each host.
fn filters<'a>(scope: &Scope, rules: &'a [Rule]) -> [Option<&'a Value>; 2] {
    hosts(scope).map(|host| {
        let mut of_host = rules.iter().filter(|(pattern, _)| matches(pattern, &host));
        of_host.next().map(|(_, filter)| filter)
    })
}

/// The rule of an entry: JSON in a text.
fn rule(entry: &Value) -> Result<Rule, String> {
    let problem =
        "an entry of AutoSelectCertificateForUrls is not a text with a pattern and a filter in JSON";
    let rule: Value = entry
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or(problem)?;
    match (&rule["pattern"], &rule["filter"]) {
        (Value::String(pattern), filter @ Value::Object(_)) => Ok((pattern.clone(), filter.clone())),
        _ => Err(problem.to_owned()),
    }
}

/// A host of the sign-in for all tenants, and the form of a tenant's own one, which it has with issuer hints.
fn hosts(scope: &Scope) -> [String; 2] {
    let certauth = scope.cloud.certauth();
    [
        certauth.to_owned(),
        format!("t00000000-0000-0000-0000-000000000000.{certauth}"),
    ]
}

/// The file for an administrator: that with the rules there are, or else one of its own.
pub(super) fn file(scope: &Scope, browser: &Browser, folder: &str) -> PolicyFile {
    let own = scope.root.join(folder).join("certauth.json");
    let mut warnings = Vec::new();
    let mut chosen = (own.clone(), Map::new());
    // In the order in which the files count, so that the last one with the policy stays.
    let files = managed(scope, browser).unwrap_or_else(|(folder, problem)| {
        warnings.push(format!(
            "{folder}: {problem}, so other rules may take the place of those below"
        ));
        Vec::new()
    });
    for file in files {
        let place = on_system(scope, &file);
        match read_policies(&file).and_then(|policies| Ok((rules_of(&policies)?, policies))) {
            Ok((rules, policies)) if rules.is_some() || (file == own && chosen.1.is_empty()) => {
                chosen = (file, policies);
            }
            Ok(_) => {}
            Err(problem) => warnings.push(not_included(browser.known.name, &place, &problem)),
        }
    }
    let (file, mut content) = chosen;
    let rules = rules_of(&content).unwrap_or_default().unwrap_or_default();
    if filters(scope, &rules).iter().any(Option::is_none) {
        let rule = json!({"pattern": pattern(scope), "filter": {}}).to_string();
        let entries = content.entry(POLICY).or_insert_with(|| json!([]));
        if let Value::Array(entries) = entries {
            entries.push(json!(rule));
        }
    }
    PolicyFile {
        place: on_system(scope, &file),
        content,
        warnings,
    }
}

fn pattern(scope: &Scope) -> String {
    format!("https://[*.]{}", scope.cloud.certauth())
}

/// Most files of a folder that are looked at.
const MAX_FILES: usize = 1_000;

/// The files of managed policies, in the order of their names. Fails if there are too many, because the last one counts.
fn managed(scope: &Scope, browser: &Browser) -> Result<Vec<PathBuf>, (String, String)> {
    let mut files = Vec::new();
    for folder in browser.known.policies {
        let folder = scope.root.join(folder);
        let entries = std::fs::read_dir(&folder).into_iter().flatten();
        let found: Vec<PathBuf> = entries
            .take(MAX_FILES + 1)
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        if found.len() > MAX_FILES {
            let problem = format!("it has more than {MAX_FILES} files, which are not checked");
            return Err((display_path(&folder), problem));
        }
        files.extend(found.into_iter().filter(|path| path.is_file()));
    }
    files.sort();
    Ok(files)
}

fn read_policies(file: &Path) -> Result<Map<String, Value>, String> {
    let text = read_text(file).map_err(|error| error.to_string())?;
    match serde_json::from_str(&without_comments(&text)) {
        Ok(Value::Object(policies)) => Ok(policies),
        Ok(_) => Err("it is not a JSON object".to_owned()),
        Err(error) => Err(format!("it is not JSON ({error})")),
    }
}

/// The text without comments and commas before a closing bracket, both of which Chromium accepts in policy files.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut in_string = false;
    while let Some(character) = characters.next() {
        match (in_string, character, characters.peek()) {
            (true, '\\', Some(_)) => {
                kept.push(character);
                kept.extend(characters.next());
                continue;
            }
            (false, '/', Some('/')) => {
                let _ = characters.by_ref().find(|character| *character == '\n');
                continue;
            }
            (false, '/', Some('*')) => {
                let mut last = ' ';
                characters.next();
                for character in characters.by_ref() {
                    if (last, character) == ('*', '/') {
                        break;
                    }
                    last = character;
                }
                continue;
            }
            (false, '}' | ']', _) if kept.trim_end().ends_with(',') => {
                kept.truncate(kept.trim_end().len() - 1);
            }
            _ => {}
        }
        in_string ^= character == '"';
        kept.push(character);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_and_last_commas_are_removed_outside_texts_only() {
        let text = "{ // one\n \"a\": \"// /* \\\" ,]\", /* two\n */ \"b\": [1, 2, ], }";
        let value: serde_json::Value = serde_json::from_str(&without_comments(text)).unwrap();
        assert_eq!(value, serde_json::json!({"a": "// /* \" ,]", "b": [1, 2]}));
        assert_eq!(without_comments("/* open"), "");
    }
}
