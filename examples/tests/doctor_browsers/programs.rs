//! Which browsers are installed, and whether they can load a module.

use std::path::Path;

use crate::home::{CHROMIUM, FIREFOX, Home, assert_found, assert_next};

#[test]
fn no_browser_is_reported() {
    let check = Home::with(&[]).check("browser");
    assert_found(&check, false, "is installed");
    assert_next(&check, "install one as a package");
}

#[test]
fn each_browser_is_found() {
    let home = Home::with(&[
        CHROMIUM,
        "opt/google/chrome/chrome",
        "usr/bin/microsoft-edge-stable",
        FIREFOX,
    ]);
    let checks = home.checks("browser", &[]);
    let names = ["Chromium", "Chrome", "Edge", "Firefox"];
    assert_eq!(checks.len(), names.len(), "{checks:?}");
    for (check, name) in checks.iter().zip(names) {
        assert_found(check, true, name);
    }
}

#[test]
fn a_snap_cannot_load_the_module() {
    for program in ["snap/bin/firefox", "var/lib/snapd/snap/bin/firefox"] {
        let check = Home::with(&[program]).check("browser");
        assert_found(&check, false, "Firefox is a snap");
        assert_next(&check, "package of the distribution");
    }
    // Ubuntu's package is a script.
    let home = Home::with(&[]);
    home.write(
        "usr/bin/chromium-browser",
        "#!/bin/sh\nexec /snap/bin/chromium \"$@\"\n",
    );
    assert_found(&home.check("browser"), false, "Chromium is a snap");
    // A link to the program that starts every snap.
    let home = Home::with(&["usr/bin/snap"]);
    home.link("usr/bin/firefox", Path::new("/usr/bin/snap"));
    assert_found(&home.check("browser"), false, "Firefox is a snap");
    assert!(home.checks("nss-module", &[]).is_empty());
}

#[test]
fn a_flatpak_cannot_load_the_module() {
    let home = Home::with(&["var/lib/flatpak/app/org.mozilla.firefox/current"]);
    assert_found(&home.check("browser"), false, "Firefox is a flatpak");
    // In the user's own installation.
    let home = Home::with(&[]);
    std::fs::create_dir_all(home.home(".local/share/flatpak/app/com.microsoft.Edge")).unwrap();
    assert_found(&home.check("browser"), false, "Edge is a flatpak");
}

#[test]
fn a_snap_beside_a_package_is_mentioned() {
    let home = Home::with(&[CHROMIUM, "snap/bin/chromium"]);
    let check = home.check("browser");
    assert_found(&check, true, "a snap, which cannot load the module");
    assert_next(&check, "usr/bin/chromium");
}
