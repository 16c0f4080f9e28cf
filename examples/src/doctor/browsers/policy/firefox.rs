//! Policies and preferences of Firefox.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::super::catalogue::{self, Kind};
use super::super::database::Registered;
use super::{Check, HOW_TO_CHOOSE, PolicyFile, Scope, malformed, not_included, on_system};
use crate::bounded::read_text;
use crate::output::display_path;

/// Preference of Firefox; `Select Automatically` shows no choice, at every site that asks for a certificate.
const PREFERENCE: &str = "security.default_personal_cert";
const AUTOMATIC: &str = "Select Automatically";

/// The preference in a policy or a profile.
pub(super) fn check(scope: &Scope) -> Check {
    for file in files(&scope.root) {
        let place = display_path(&file);
        match read_strict(&file) {
            Err(problem) => return malformed("Firefox", &place, &problem),
            Ok(Some(policies)) => {
                let preference = &policies["Preferences"][PREFERENCE];
                if preference == AUTOMATIC || preference["Value"] == AUTOMATIC {
                    let found = format!("Firefox takes a certificate without a question ({place})");
                    return Check::passed("auto-select", found);
                }
            }
            Ok(None) => {}
        }
    }
    let line = format!("user_pref(\"{PREFERENCE}\", \"{AUTOMATIC}\");");
    let profiles = scope.databases.iter().filter(|one| one.kind == Kind::Firefox);
    let is_set =
        |file: PathBuf| read_text(&file).is_ok_and(|text| text.lines().any(|one| one.trim() == line));
    let mut profiles = profiles.map(|one| &one.folder);
    match profiles.find(|folder| is_set(folder.join("user.js")) || is_set(folder.join("prefs.js"))) {
        Some(folder) => Check::passed(
            "auto-select",
            format!(
                "Firefox takes a certificate without a question ({})",
                display_path(folder)
            ),
        ),
        None => Check::passed(
            "auto-select",
            "Firefox asks which certificate to use, and can remember the answer",
        )
        .with_next(HOW_TO_CHOOSE),
    }
}

fn files(root: &Path) -> Vec<PathBuf> {
    let places = catalogue::firefox().policies.iter().map(|file| root.join(file));
    places.filter(|file| file.exists()).collect()
}

/// The policies of a file of Firefox.
fn read_strict(file: &Path) -> Result<Option<Value>, String> {
    Ok(read_whole(file)?.remove("policies"))
}

/// A file of Firefox, which accepts strict JSON only.
fn read_whole(file: &Path) -> Result<Map<String, Value>, String> {
    let text = read_text(file).map_err(|error| error.to_string())?;
    match serde_json::from_str(&text) {
        Err(error) => Err(format!("it is not JSON ({error})")),
        Ok(Value::Object(whole)) => match whole.get("policies") {
            None | Some(Value::Object(_)) => Ok(whole),
            Some(_) => Err("policies is not an object".to_owned()),
        },
        Ok(_) => Err("it is not a JSON object".to_owned()),
    }
}

/// The modules that policies add to Firefox: `Add`, and the older form without it.
/// <https://mozilla.github.io/policy-templates/#securitydevices>.
pub(in super::super) fn modules(root: &Path) -> Vec<Registered> {
    let policies = files(root)
        .into_iter()
        .filter_map(|file| read_strict(&file).ok()?);
    let mut modules = Vec::new();
    for policies in policies {
        let devices = &policies["SecurityDevices"];
        for map in [&devices["Add"], devices] {
            let entries = map.as_object().into_iter().flatten();
            modules.extend(entries.filter_map(|(name, library)| {
                Some(Registered {
                    name: name.into(),
                    library: PathBuf::from(library.as_str()?),
                    by_policy: true,
                })
            }));
        }
    }
    modules
}

/// The policies of Firefox with what is there already, because it reads one file.
pub(super) fn file(scope: &Scope, place: &str) -> PolicyFile {
    let mut warnings = Vec::new();
    let mut content = Map::new();
    if let Some(file) = files(&scope.root).into_iter().next() {
        match read_whole(&file) {
            Ok(existing) => content = existing,
            Err(problem) => warnings.push(not_included("Firefox", &on_system(scope, &file), &problem)),
        }
    }
    let policies = object_in(&mut content, "policies", &mut warnings);
    let preference = json!({"Value": AUTOMATIC, "Status": "default"});
    object_in(policies, "Preferences", &mut warnings).insert(PREFERENCE.to_owned(), preference);
    if let Some(module) = &scope.modules.preferred
        && !modules(&scope.root).iter().any(|one| scope.modules.has(one))
    {
        match module.path().to_str() {
            Some(path) => {
                let devices = object_in(policies, "SecurityDevices", &mut warnings);
                object_in(devices, "Add", &mut warnings)
                    .insert(scope.modules.preferred_name().to_owned(), json!(path));
            }
            None => warnings.push(format!(
                "the path {} is not UTF-8, so no policy can name it",
                display_path(module.path())
            )),
        }
    }
    PolicyFile {
        place: format!("/{place}"),
        content,
        warnings,
    }
}

/// The object at a member, which takes the place of anything else there.
fn object_in<'a>(
    map: &'a mut Map<String, Value>,
    name: &str,
    warnings: &mut Vec<String>,
) -> &'a mut Map<String, Value> {
    let value = map.entry(name).or_insert_with(|| json!({}));
    if !value.is_object() {
        warnings.push(format!(
            "{name} was {value}, which is not an object; it is replaced below"
        ));
        *value = json!({});
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("it was made one"),
    }
}
