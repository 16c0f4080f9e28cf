//! The browsers that are known, and where they are installed.

use std::path::{Path, PathBuf};

use super::Check;
use crate::bounded::read_text;
use crate::output::display_path;

/// How a browser finds modules and policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Chromium,
    Firefox,
}

/// A browser that is installed.
pub(super) struct Browser {
    pub(super) known: &'static Known,
    /// Program of the system's package, which can load modules.
    pub(super) program: Option<PathBuf>,
    /// Whether there is a package that cannot load them.
    snap: bool,
    flatpak: bool,
}

/// A browser and its places. Paths are below the root folder.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    programs: &'static [&'static str],
    snap: Option<&'static str>,
    flatpak: &'static str,
    /// Folder of the managed policies of Chromium and its relatives; for Firefox the files that it reads.
    pub(super) policies: &'static [&'static str],
    /// Beginnings of its process names, at most 15 bytes.
    pub(super) processes: &'static [&'static str],
}

/// The policy folders are documented for [Chromium](https://www.chromium.org/administrators/linux-quick-start/), [Chrome](
/// https://support.google.com/chrome/a/answer/9027408) and [Firefox](
/// https://support.mozilla.org/kb/customizing-firefox-using-policiesjson); Edge follows Chrome.
static KNOWN: [Known; 4] = [
    Known {
        name: "Chromium",
        kind: Kind::Chromium,
        programs: &[
            "usr/bin/chromium",
            "usr/bin/chromium-browser",
            "usr/local/bin/chromium",
        ],
        snap: Some("chromium"),
        flatpak: "org.chromium.Chromium",
        policies: &["etc/chromium/policies/managed"],
        processes: &["chromium"],
    },
    Known {
        name: "Chrome",
        kind: Kind::Chromium,
        programs: &[
            "usr/bin/google-chrome",
            "usr/bin/google-chrome-stable",
            "opt/google/chrome/chrome",
        ],
        snap: None,
        flatpak: "com.google.Chrome",
        policies: &["etc/opt/chrome/policies/managed"],
        processes: &["chrome"],
    },
    Known {
        name: "Edge",
        kind: Kind::Chromium,
        programs: &[
            "usr/bin/microsoft-edge",
            "usr/bin/microsoft-edge-stable",
            "opt/microsoft/msedge/msedge",
        ],
        snap: None,
        flatpak: "com.microsoft.Edge",
        policies: &["etc/opt/edge/policies/managed"],
        processes: &["msedge"],
    },
    Known {
        name: "Firefox",
        kind: Kind::Firefox,
        programs: &[
            "usr/bin/firefox",
            "usr/bin/firefox-esr",
            "usr/lib/firefox/firefox",
            "opt/firefox/firefox",
        ],
        snap: Some("firefox"),
        flatpak: "org.mozilla.firefox",
        policies: &[
            "etc/firefox/policies/policies.json",
            "usr/lib/firefox/distribution/policies.json",
            "usr/lib/firefox-esr/distribution/policies.json",
            "usr/lib64/firefox/distribution/policies.json",
            "opt/firefox/distribution/policies.json",
        ],
        processes: &["firefox", "GeckoMain"],
    },
];

/// Firefox, also if it is not installed.
pub(super) fn firefox() -> &'static Known {
    let [.., firefox] = &KNOWN;
    firefox
}

/// Longest script that is read to see whether it starts a snap.
const MAX_SCRIPT: u64 = 64 << 10;

/// The browsers of this system and user.
pub(super) fn installed(root: &Path, home: &Path) -> Vec<Browser> {
    let found = KNOWN.iter().filter_map(|known| {
        let programs = known.programs.iter().map(|path| root.join(path));
        let programs: Vec<_> = programs.filter(|path| path.symlink_metadata().is_ok()).collect();
        let is_snap = |path: &PathBuf| starts_snap(path);
        let snap = known.snap.is_some_and(|snap| {
            ["snap/bin", "var/lib/snapd/snap/bin"]
                .iter()
                .any(|folder| root.join(folder).join(snap).exists())
        });
        let flatpak = [
            root.join("var/lib/flatpak/app"),
            home.join(".local/share/flatpak/app"),
        ]
        .iter()
        .any(|folder| folder.join(known.flatpak).exists());
        let browser = Browser {
            known,
            snap: snap || programs.iter().any(is_snap),
            flatpak,
            program: programs.into_iter().find(|path| !is_snap(path)),
        };
        let is_installed = browser.program.is_some() || browser.snap || browser.flatpak;
        is_installed.then_some(browser)
    });
    found.collect()
}

/// Whether a program is a script that starts a snap, as in Ubuntu's transitional packages, or a link to one.
fn starts_snap(program: &Path) -> bool {
    let is_link = program.read_link().is_ok_and(|target| {
        target.starts_with("/snap/bin") || target.ends_with("snap") || target.starts_with("/var/lib/snapd")
    });
    let is_small = program.metadata().is_ok_and(|data| data.len() <= MAX_SCRIPT);
    let script = is_small.then(|| read_text(program)).and_then(Result::ok);
    is_link || script.is_some_and(|text| text.starts_with("#!") && text.contains("/snap/bin/"))
}

/// One check for each browser.
pub(super) fn checks(browsers: &[Browser]) -> Vec<Check> {
    if browsers.is_empty() {
        return vec![Check::wrong(
            "browser",
            "neither Chromium, Chrome, Edge nor Firefox is installed",
            "install one as a package of the distribution or of its vendor (deb or rpm)",
        )];
    }
    browsers.iter().map(Browser::check).collect()
}

impl Browser {
    /// Snaps and flatpaks see the libraries of their own runtime only: <https://github.com/OpenSC/OpenSC/issues/2552>.
    fn check(&self) -> Check {
        let name = self.known.name;
        let closed = match (self.snap, self.flatpak) {
            (true, true) => "a snap and a flatpak",
            (true, false) => "a snap",
            (false, _) => "a flatpak",
        };
        let check = match &self.program {
            Some(program) if self.snap || self.flatpak => {
                let program = display_path(program);
                Check::passed(
                    "browser",
                    format!("{name}: {program}, and {closed}, which cannot load the module"),
                )
                .with_next(format!(
                    "start {program} for sign-ins with the card, or remove the other one"
                ))
            }
            Some(program) => Check::passed("browser", format!("{name}: {}", display_path(program))),
            None => Check::wrong(
                "browser",
                format!("{name} is {closed}, which cannot load the card's module"),
                format!("install {name} as a package of the distribution or of its vendor (deb or rpm)"),
            ),
        };
        check.at(name)
    }
}
