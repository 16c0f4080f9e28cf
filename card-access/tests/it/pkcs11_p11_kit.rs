//! p11-kit's configuration files: reading, merging, exclusion.

use std::fs;
use std::path::Path;

use card_access::pkcs11::{Module, ModuleOrigin, Modules, P11Kit, ProblemKind};

fn write(root: &Path, file: &str, text: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn names(modules: &Modules) -> Vec<&str> {
    modules.found.iter().map(Module::name).collect()
}

#[test]
fn modules_come_by_priority_then_name() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "usr/share/p11-kit/modules/b.module",
        "# a comment\n\n  module : /lib/b.so  \n",
    );
    write(root, "usr/share/p11-kit/modules/a.module", "module: /lib/a.so\n");
    write(
        root,
        "etc/pkcs11/modules/z.module",
        "module: /lib/z.so\npriority: 5\n",
    );
    write(
        root,
        "etc/pkcs11/modules/low.module",
        "module: /lib/low.so\npriority: -1\n",
    );
    write(root, "etc/pkcs11/modules/a.module~", "module: /lib/backup.so\n");
    write(
        root,
        "etc/pkcs11/modules/.hidden.module",
        "module: /lib/hidden.so\n",
    );
    let modules = P11Kit::at_root(root).modules();
    assert!(modules.problems.is_empty());
    assert_eq!(names(&modules), ["z", "a", "b", "low"]);
    let b = &modules.found[2];
    assert_eq!(b.path(), root.join("lib/b.so"));
    let file = root.join("usr/share/p11-kit/modules/b.module");
    assert_eq!(*b.origin(), ModuleOrigin::Configured { file });
}

#[test]
fn a_more_important_file_overrides_setting_by_setting() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "usr/share/p11-kit/modules/card.module",
        "module: /lib/card.so\npriority: 1\n",
    );
    write(
        root,
        "usr/share/p11-kit/modules/gone.module",
        "module: /lib/gone.so\n",
    );
    write(
        root,
        "usr/share/p11-kit/modules/other.module",
        "module: /lib/other.so\n",
    );
    // The administrator ranks one behind the other; the user switches one off.
    write(root, "etc/pkcs11/modules/card.module", "priority: -7\n");
    write(root, "user/modules/gone.module", "module:\n");
    write(root, "user/modules/mine.module", "module: /lib/mine.so\n");
    let configuration = P11Kit::at_root(root).with_user_folder(root.join("user"));
    assert_eq!(names(&configuration.modules()), ["mine", "other", "card"]);

    write(root, "user/pkcs11.conf", "user-config: only\n");
    assert_eq!(names(&configuration.modules()), ["mine"]);
    write(root, "etc/pkcs11/pkcs11.conf", "user-config: none\n");
    assert_eq!(
        names(&configuration.modules()),
        ["gone", "other", "card"],
        "the administrator has the last word"
    );
}

#[test]
fn modules_for_other_programs_and_purposes_are_left_out() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let module = |name: &str, more: &str| {
        write(
            root,
            &format!("etc/pkcs11/modules/{name}.module"),
            &format!("module: /lib/{name}.so\n{more}\n"),
        );
    };
    module("all", "");
    module("browser", "enable-in: firefox, thunderbird-bin");
    module("no-agent", "disable-in: agent p11-kit-proxy");
    module("remote", "remote: |ssh user@host p11-kit remote /lib/x.so");
    module("trust", "trust-policy: yes");
    let for_program = |program: &str| P11Kit::at_root(root).with_program(program).modules();
    assert_eq!(names(&for_program("agent")), ["all"]);
    assert_eq!(names(&for_program("firefox")), ["all", "browser", "no-agent"]);
}

#[test]
fn a_broken_file_is_named_and_hides_no_other() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "etc/pkcs11/modules/broken.module",
        "module: /lib/broken.so\nnonsense\n",
    );
    write(root, "etc/pkcs11/modules/good.module", "module: /lib/good.so\n");
    let modules = P11Kit::at_root(root).modules();
    assert_eq!(names(&modules), ["good"]);
    let [problem] = &*modules.problems else {
        panic!("{:?}", modules.problems)
    };
    assert!(problem.file.ends_with("broken.module"));
    assert!(matches!(problem.kind, ProblemKind::Line(2)), "{problem}");
}

// rustix makes no pipes on the systems of Apple.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_pipe_or_an_endless_file_in_place_of_a_configuration_is_reported_at_once() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "etc/pkcs11/modules/card.module", "module: /lib/card.so\n");
    let folder = root.join("etc/pkcs11/modules");
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        folder.join("pipe.module"),
        rustix::fs::Mode::RUSR,
    )
    .unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.join("zero.module")).unwrap();
    fs::create_dir(folder.join("folder.module")).unwrap();
    fs::write(folder.join("long.module"), vec![b'\n'; (1 << 20) + 1]).unwrap();
    let modules = P11Kit::at_root(root).modules();
    assert_eq!(names(&modules), ["card"]);
    let mut problems: Vec<_> = modules.problems.iter().map(ToString::to_string).collect();
    problems.sort_unstable();
    assert_eq!(problems.len(), 4, "{problems:?}");
    for (problem, reason) in problems.iter().zip([
        "it is a folder",
        "it is larger than 1 MiB",
        "it is a pipe, a socket or a device",
        "it is a pipe, a socket or a device",
    ]) {
        assert!(problem.contains(reason), "{problem}");
    }
}

#[test]
fn this_machine_has_the_modules_that_p11_kit_lists() {
    let home = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("p11-kit")
        .arg("list-modules")
        // Modules keep the files that they create in another folder, and the user's configuration is not read.
        .env("HOME", home.path())
        .env("TPM2_PKCS11_STORE", home.path())
        .env("P11_KIT_NO_USER_CONFIG", "1")
        .output()
        .expect("p11-kit can't be run: `make test` installs what the tests need");
    let listing = String::from_utf8_lossy(&output.stdout);
    // `NAME: FILE` up to p11-kit 0.24; since 0.25 `module: NAME`, and its file on the next line.
    let theirs = listing
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| if key == "module" { value } else { key });
    let ours = P11Kit::at_root("/").with_program("p11-kit").modules();
    let mut compared = 0;
    for name in theirs.filter(|name| *name != "p11-kit-trust") {
        let module = ours.found.iter().find(|module| module.name() == name);
        let module = module.unwrap_or_else(|| panic!("{name} is missing in {:?}", names(&ours)));
        assert!(module.path().is_file(), "{}", module.path().display());
        let file = module.path().file_name().and_then(|file| file.to_str()).unwrap();
        assert!(listing.contains(file), "p11-kit names no {file}: {listing}");
        compared += 1;
    }
    assert!(compared > 0, "p11-kit lists nothing to compare with: {listing}");
}
