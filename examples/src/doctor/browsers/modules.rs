//! Registration of the card's module in a database.

use std::ffi::OsStr;
use std::path::Path;

use card_access::pkcs11::{Module, Modules};

use super::catalogue::Kind;
use super::database::{Database, Registered};
use super::problem::Problem;
use super::{Check, Scope};
use crate::backends::Backends;
use crate::output::display_path;

/// The modules that reach cards.
pub(super) struct CardModules {
    /// The one to register.
    pub(super) preferred: Option<Module>,
    /// Those of this machine and of the command line.
    all: Vec<Module>,
    /// Number of modules that p11-kit's proxy offers.
    in_proxy: usize,
}

impl CardModules {
    pub(super) fn of(backends: &Backends) -> Self {
        let mut all = backends.modules().found;
        all.retain(|module| !is_without_cards(module.path()));
        Self {
            preferred: backends.module_for_browsers(),
            all,
            in_proxy: Modules::system().found.len(),
        }
    }

    /// Name under which the module is registered.
    pub(super) fn preferred_name(&self) -> &str {
        match &self.preferred {
            Some(module) if !is_opensc(module.path()) => module.name(),
            _ => "OpenSC",
        }
    }

    /// Whether a registered module is one of these, `OpenSC`'s or p11-kit's proxy.
    pub(super) fn has(&self, registered: &Registered) -> bool {
        is_opensc(&registered.library)
            || is_proxy(&registered.library)
            || self
                .all
                .iter()
                .any(|module| is_same(module.path(), &registered.library))
    }
}

/// Whether the card's module is registered in a database, once.
pub(super) fn check(scope: &Scope, database: &Database) -> Check {
    let folder = display_path(&database.folder);
    let place = format!("{folder} ({})", database.users);
    scope
        .registered(database)
        .and_then(|registered| judged(scope, database, &place, &registered))
        .unwrap_or_else(|problem| Check::wrong("nss-module", problem.found, problem.next))
        .at(folder)
}

fn judged(
    scope: &Scope,
    database: &Database,
    place: &str,
    registered: &[Registered],
) -> Result<Check, Problem> {
    let Some(first) = registered.first() else {
        let found = if database.exists()? {
            format!("{place} has no module for cards")
        } else {
            format!("{place} does not exist")
        };
        return Ok(Check::wrong("nss-module", found, how_to_register(scope)));
    };
    Ok(judged_modules(scope, database, place, first, registered))
}

fn judged_modules(
    scope: &Scope,
    database: &Database,
    place: &str,
    first: &Registered,
    registered: &[Registered],
) -> Check {
    if let Some(gone) = registered
        .iter()
        .find(|one| one.library.is_absolute() && !one.library.exists())
    {
        let found = format!(
            "{place}: {} is registered, but {} does not exist",
            gone.name.display(),
            display_path(&gone.library)
        );
        return Check::wrong("nss-module", found, removal(database, gone));
    }
    if let Some((first, second)) = twice(registered) {
        let found = format!(
            "{place}: {} ({}) and {} ({}) reach the same cards, which makes the browser ask for the PIN twice",
            first.name.display(),
            display_path(&first.library),
            second.name.display(),
            display_path(&second.library)
        );
        return Check::wrong("nss-module", found, removal(database, second));
    }
    if is_proxy(&first.library) && registered.len() == 1 && scope.modules.in_proxy == 0 {
        return Check::wrong(
            "nss-module",
            format!("{place}: p11-kit's proxy is registered, but p11-kit has no module"),
            "install the package opensc-pkcs11 or opensc, or configure your module in /etc/pkcs11/modules",
        );
    }
    let names = registered.iter().map(|one| {
        let by = if one.by_policy { ", by policy" } else { "" };
        format!("{} ({}{by})", one.name.display(), display_path(&one.library))
    });
    Check::passed(
        "nss-module",
        format!("{place}: {}", names.collect::<Vec<_>>().join(", ")),
    )
}

fn how_to_register(scope: &Scope) -> String {
    match &scope.modules.preferred {
        Some(module) => format!(
            "close the browser and run doctor --browsers --fix, which registers {}",
            display_path(module.path())
        ),
        None => {
            "install the package opensc-pkcs11 or opensc, close the browser, and run doctor --browsers --fix"
                .to_owned()
        }
    }
}

/// How to remove a module. That is left to the user, because somebody chose it.
fn removal(database: &Database, registered: &Registered) -> String {
    if registered.by_policy {
        return format!(
            "have the administrator remove {} from SecurityDevices in policies.json",
            registered.name.display()
        );
    }
    format!(
        "close the browser, then: modutil -dbdir {} -delete {} -force",
        quoted(&database.argument()),
        quoted(&registered.name)
    )
}

/// A word for a shell. Bytes that are not printable text need the form `$'…'` of POSIX.1-2024 (Shell Command Language, 2.2.4).
fn quoted(word: &OsStr) -> String {
    match word.to_str() {
        Some(text) if !text.contains(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let bytes = word.as_encoded_bytes().iter();
            let escaped = bytes.map(|byte| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\{byte:03o}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

/// Two registrations that reach the same cards: one library twice, both forms of `OpenSC`'s, or p11-kit's proxy and a module
/// that it contains.
fn twice(registered: &[Registered]) -> Option<(&Registered, &Registered)> {
    let mut rest = registered;
    while let Some((first, others)) = rest.split_first() {
        let second = others.iter().find(|second| {
            is_same(&first.library, &second.library)
                || is_opensc(&first.library) && is_opensc(&second.library)
                || is_proxy(&first.library) != is_proxy(&second.library)
        });
        if let Some(second) = second {
            return Some((first, second));
        }
        rest = others;
    }
    None
}

/// `opensc-pkcs11.so`, or `onepin-opensc-pkcs11.so`, which hides the second PIN.
fn is_opensc(library: &Path) -> bool {
    has_name(library, "opensc-pkcs11.so")
}

fn is_proxy(library: &Path) -> bool {
    has_name(library, "p11-kit-proxy.so")
}

/// Modules of a TPM and of tokens in files.
fn is_without_cards(library: &Path) -> bool {
    ["libtpm2_pkcs11.so", "libtpm2_pkcs11.so.1", "libsofthsm2.so"]
        .iter()
        .any(|name| has_name(library, name))
}

fn has_name(library: &Path, name: &str) -> bool {
    let file = library.file_name().unwrap_or_default().to_string_lossy();
    file.ends_with(name)
}

fn is_same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// The check of Firefox without a profile.
pub(super) fn no_profile(scope: &Scope) -> Option<Check> {
    let has_firefox = scope
        .browsers
        .iter()
        .any(|browser| browser.known.kind == Kind::Firefox && browser.program.is_some());
    let has_profile = scope.databases.iter().any(|one| one.kind == Kind::Firefox);
    (has_firefox && !has_profile && scope.problems.is_empty()).then(|| {
        Check::wrong(
            "nss-module",
            "Firefox has no profile yet",
            "start Firefox once, close it, and run doctor --browsers --fix",
        )
        .at("Firefox")
    })
}
