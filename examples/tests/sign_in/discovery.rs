//! Cached realm and metadata save two requests; an untrusted cache saves none.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use local_authority::{Effect, Fault, Leg};
use serde_json::{Value, json};

use crate::bench::{Bench, Ended, alice, run};

impl Bench {
    fn entra_with_cache(&self) -> Command {
        let mut command = self.entra();
        command.arg("--cache").arg(self.cache());
        command
    }

    fn discovery_cache(&self) -> PathBuf {
        self.cache().with_file_name("upn.sqlite.discovery.json")
    }

    fn sign_in(&self) -> Ended {
        run(&mut self.entra_with_cache(), self.card.pin())
    }

    /// Number of requests of a granted sign-in.
    fn requests(&self) -> u64 {
        let report = self.sign_in().json();
        assert_eq!(report["outcome"], "granted", "{report}");
        report["requests"].as_u64().unwrap()
    }

    /// Changes the content of the cache.
    fn edit(&self, change: impl FnOnce(&mut Value)) {
        let path = self.discovery_cache();
        let mut content = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut content);
        fs::write(path, content.to_string()).unwrap();
    }
}

#[test]
fn the_second_sign_in_takes_two_requests() {
    let bench = Bench::new(&alice());
    assert_eq!([bench.requests(), bench.requests(), bench.requests()], [4, 2, 2]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(bench.discovery_cache()), 0o600);
    assert_eq!(mode(bench.discovery_cache().parent().unwrap().to_owned()), 0o700);
}

#[test]
fn a_hybrid_joined_device_knows_the_realm_of_the_name_that_it_learned() {
    let bench = Bench::new(&alice());
    let requests = || {
        let report = run(&mut bench.hybrid(), bench.card.pin()).json();
        (report["decision"]["upn"].clone(), report["requests"].clone())
    };
    assert_eq!(requests(), (json!("alice@corp.local"), json!(4)));
    assert_eq!(requests(), (json!("alice@contoso.example"), json!(2)));
}

#[test]
fn an_entry_is_used_for_a_day_and_only_for_its_own_authority_tenant_and_user() {
    let bench = Bench::new(&alice());
    assert_eq!(bench.requests(), 4);
    let entry = |content: &mut Value| content["tenants"][0].take();
    let day = 24 * 60 * 60;

    // Both expired, one expired, and a time in the future.
    let changes: [(&str, i64, u64); 5] = [
        ("/metadata/read_at", -day, 3),
        ("/managed/0/seen_at", -day, 3),
        ("/managed/0/seen_at", 3600, 3),
        ("/managed/0/seen_at", 3600 - day, 2),
        ("/metadata/read_at", 3600 - day, 2),
    ];
    for (pointer, shift, expected) in changes {
        bench.edit(|content| {
            let mut entry = entry(content);
            let time = entry.pointer_mut(pointer).unwrap();
            *time = (time.as_i64().unwrap() + shift).into();
            content["tenants"][0] = entry;
        });
        assert_eq!(bench.requests(), expected, "{pointer} {shift}");
    }

    for (member, value, expected) in [
        ("authority", json!("login.microsoftonline.com"), 4),
        ("tenant", json!("11111111-2222-4333-8444-555555555555"), 4),
        (
            "managed",
            json!([{"upn": "bob@contoso.example", "seen_at": 1}]),
            3,
        ),
        ("metadata", json!(null), 3),
    ] {
        fs::remove_file(bench.discovery_cache()).unwrap();
        assert_eq!(bench.requests(), 4);
        bench.edit(|content| content["tenants"][0][member] = value);
        assert_eq!(bench.requests(), expected, "{member}");
    }
}

#[test]
fn a_cache_that_is_malformed_or_that_others_could_have_written_is_ignored() {
    let bench = Bench::new(&alice());
    let path = bench.discovery_cache();
    assert_eq!(bench.requests(), 4);
    let good = fs::read(&path).unwrap();
    let elsewhere = bench.folder.path().join("elsewhere.json");

    let spoil: [(&str, &dyn Fn()); 6] = [
        ("no JSON", &|| {
            fs::write(&path, "{\"version\": 1, \"tenants\": [").unwrap();
        }),
        ("another shape", &|| {
            fs::write(&path, "[1, 2, 3]").unwrap();
        }),
        ("too large", &|| {
            fs::write(&path, vec![b' '; 1 << 20]).unwrap();
        }),
        ("readable by others", &|| {
            fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        }),
        ("writable by a group", &|| {
            fs::set_permissions(&path, Permissions::from_mode(0o620)).unwrap();
        }),
        ("a link", &|| {
            fs::rename(&path, &elsewhere).unwrap();
            symlink(&elsewhere, &path).unwrap();
        }),
    ];
    for (what, spoil) in spoil {
        fs::write(&path, &good).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(bench.requests(), 2, "before: {what}");
        spoil();
        let ended = bench.sign_in();
        assert_eq!(ended.json()["requests"], 4, "{what}");
        assert!(ended.err.contains("ignoring the cache"), "{what}: {ended:?}");
        if what != "a link" {
            assert_eq!(bench.requests(), 2, "after: {what}");
        }
    }
    let still_there = fs::symlink_metadata(&path).unwrap();
    assert!(still_there.is_symlink() && fs::read(&elsewhere).unwrap() == good);
}

#[test]
fn an_unknown_version_is_replaced_without_a_warning() {
    let bench = Bench::new(&alice());
    assert_eq!(bench.requests(), 4);
    bench.edit(|content| content["version"] = 2.into());
    let ended = bench.sign_in();
    assert_eq!((&ended.json()["requests"], ended.err.as_str()), (&json!(4), ""));
    assert_eq!(bench.requests(), 2);
}

#[test]
fn the_cache_has_a_bounded_number_of_tenants_and_users() {
    let bench = Bench::new(&alice());
    assert_eq!(bench.requests(), 4);
    bench.edit(|content| {
        let template = content["tenants"][0].clone();
        let tenants = content["tenants"].as_array_mut().unwrap();
        for number in 0..100 {
            let mut other = template.clone();
            other["tenant"] = format!("other-{number}").into();
            tenants.push(other);
        }
        let users = tenants[0]["managed"].as_array_mut().unwrap();
        let template = users[0].clone();
        users.clear();
        for number in 0..500 {
            let mut user = template.clone();
            user["upn"] = format!("user-{number}@contoso.example").into();
            users.push(user);
        }
    });
    assert_eq!(bench.requests(), 3, "the metadata is known, the user is not");
    let content: Value = serde_json::from_slice(&fs::read(bench.discovery_cache()).unwrap()).unwrap();
    let tenants = content["tenants"].as_array().unwrap();
    assert_eq!(
        (tenants.len(), tenants[0]["managed"].as_array().unwrap().len()),
        (16, 128)
    );
    assert_eq!(bench.requests(), 2);
}

#[test]
fn a_failed_sign_in_removes_its_cached_data() {
    let bench = Bench::new(&alice());
    assert_eq!([bench.requests(), bench.requests()], [4, 2]);
    bench.authority.inject(Fault::once(
        Leg::PrimaryRefreshToken,
        Effect::Refuse {
            code: 50_057,
            retry_after: None,
        },
    ));
    let refused = bench.sign_in().json();
    assert_eq!(
        (&refused["outcome"], &refused["requests"]),
        (&json!("refused"), &json!(2))
    );
    assert_eq!(bench.requests(), 4);
}

#[test]
fn a_folder_that_cannot_be_made_is_reported_and_does_not_stop_the_sign_in() {
    let bench = Bench::new(&alice());
    fs::write(
        bench.cache().parent().unwrap(),
        "a file where the folder should be",
    )
    .unwrap();
    let ended = bench.sign_in();
    assert_eq!(ended.json()["outcome"], "granted");
    assert!(ended.err.contains("not kept"), "{ended:?}");
}

/// The defaults of `--ca` and `--authority` are the certificates of the system (replaced here by OpenSSL's variables) and the
/// public cloud.
#[test]
fn the_systems_certificates_and_the_public_cloud_are_the_defaults() {
    let bench = Bench::new(&alice());
    let all = bench.entra();
    let arguments: Vec<_> = all.get_args().collect();
    let at = arguments.iter().position(|argument| *argument == "--ca").unwrap();
    let program = |arguments: &[&std::ffi::OsStr]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sign-in"));
        command.args(arguments).env_remove("SSL_CERT_DIR");
        command
    };
    let without_ca = [&arguments[..at], &arguments[at + 2..]].concat();

    let trusted = run(
        program(&without_ca).env("SSL_CERT_FILE", arguments[at + 1]),
        bench.card.pin(),
    );
    assert_eq!(trusted.json()["outcome"], "granted", "{trusted:?}");
    let certificate = bench.folder.path().join("other.pem");
    fs::copy(
        arguments[at + 1]
            .to_str()
            .map(|ca| ca.replace("tls-ca", "alice"))
            .unwrap(),
        &certificate,
    )
    .unwrap();
    let foreign = run(
        program(&without_ca).env("SSL_CERT_FILE", &certificate),
        bench.card.pin(),
    );
    assert_eq!(foreign.fails(6, &["no answer"]), "network/no-answer");
    let none = run(
        program(&without_ca)
            .env("SSL_CERT_FILE", "/dev/null")
            .env("SSL_CERT_DIR", "/nonexistent"),
        bench.card.pin(),
    );
    assert_eq!(
        none.fails(2, &["no trusted certificates", "--ca"]),
        "usage/ca-file"
    );

    // No cloud can be reached from here, so each request gets no answer.
    for (cloud, host) in [
        (None, "login.microsoftonline.com"),
        (Some("us-gov"), "login.microsoftonline.us"),
        (Some("china"), "login.partner.microsoftonline.cn"),
    ] {
        let at = without_ca
            .iter()
            .position(|argument| *argument == "--authority")
            .unwrap();
        let mut command = program(&[&without_ca[..at], &without_ca[at + 2..]].concat());
        command.env("SSL_CERT_FILE", &certificate);
        command.args(cloud.iter().flat_map(|cloud| ["--cloud", cloud]));
        let ended = run(&mut command, bench.card.pin());
        assert_eq!(ended.fails(6, &[host]), "network/no-answer");
        assert_eq!(
            ended.err.contains("not documented"),
            cloud == Some("china"),
            "{ended:?}"
        );
    }
}
