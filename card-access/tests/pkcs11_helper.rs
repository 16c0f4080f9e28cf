//! PKCS#11 modules in helper processes: the same answers, and a hang or a crash that the caller survives.
//!
//! This program is its own helper, so it has its own `main` and no test harness.

mod support;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    card_access::pkcs11::helper::run_if_helper();
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    for (name, test) in tests::ALL {
        if asked.is_empty() || asked.iter().any(|part| name.contains(part.as_str())) {
            test(name);
            println!("test {name} ... ok");
        }
    }
}

#[cfg(unix)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use card_access::pkcs11::helper::HelperProvider;
    use card_access::pkcs11::{Module, Modules, Pkcs11Provider};
    use card_access::{
        Credential, ErrorKind, Hash, KeyAlgorithm, Pin, PinEntry, PinStatus, Provider, Scheme, Token,
    };
    use lab::{Profile, Readers};
    use openssl::nid::Nid;
    use pkcs11_faults::{Fault, Faults};

    use super::support;
    use super::support::identity::{Identity, verifies};
    use super::support::softhsm::{self, PIN};

    const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

    type Test = (&'static str, fn(&str));

    pub(super) const ALL: [Test; 11] = [
        (
            "a_helper_answers_as_the_module_itself_does",
            a_helper_answers_as_the_module_itself_does,
        ),
        (
            "a_helper_ends_with_its_caller_even_while_its_module_hangs",
            a_helper_ends_with_its_caller_even_while_its_module_hangs,
        ),
        (
            "a_helper_leaves_no_core_with_the_pin",
            a_helper_leaves_no_core_with_the_pin,
        ),
        (
            "a_helper_prints_nothing_where_its_caller_does",
            a_helper_prints_nothing_where_its_caller_does,
        ),
        (
            "a_module_that_crashes_is_started_again",
            a_module_that_crashes_is_started_again,
        ),
        (
            "a_module_that_fails_is_left_alone_by_a_watch_and_tried_at_once_by_a_listing",
            a_module_that_fails_is_left_alone_by_a_watch_and_tried_at_once_by_a_listing,
        ),
        (
            "a_module_that_hangs_in_mid_sign_is_ended",
            a_module_that_hangs_in_mid_sign_is_ended,
        ),
        (
            "a_module_may_fail_in_any_function",
            a_module_may_fail_in_any_function,
        ),
        (
            "a_program_that_is_no_helper_is_noticed",
            a_program_that_is_no_helper_is_noticed,
        ),
        ("helpers_end_with_their_tokens", helpers_end_with_their_tokens),
        (
            "one_bad_module_hides_no_good_one",
            one_bad_module_hides_no_good_one,
        ),
    ];

    fn provider() -> HelperProvider {
        Pkcs11Provider::module(softhsm::path()).in_helper_process()
    }

    fn open(provider: &mut dyn Provider) -> (Box<dyn Token>, Credential) {
        let listing = provider.tokens().unwrap();
        assert_eq!(listing.problems, []);
        let mut token = provider.open(&listing.found[0].id).unwrap();
        let credential = token.credentials().unwrap().found.remove(0);
        (token, credential)
    }

    fn pin(text: &str) -> Pin {
        Pin::new(text.to_owned())
    }

    /// The environment of a process whose module fails where it is told to.
    fn fault_environment(folder: &Path) -> Vec<(&'static str, String)> {
        let faults = Faults::in_folder(folder).environment(softhsm::path());
        softhsm::environment(folder).into_iter().chain(faults).collect()
    }

    /// The processes that this one has started and that still are.
    fn children() -> Vec<u32> {
        let task = format!("/proc/self/task/{}/children", std::process::id());
        let children = fs::read_to_string(task).unwrap();
        children
            .split_whitespace()
            .map(|child| child.parse().unwrap())
            .collect()
    }

    fn a_helper_leaves_no_core_with_the_pin(name: &str) {
        support::in_own_process(name, softhsm::environment, |_| {
            softhsm::token("carol");
            let mut provider = provider();
            provider.tokens().unwrap();
            for helper in children() {
                let limits = fs::read_to_string(format!("/proc/{helper}/limits")).unwrap();
                let core = limits.lines().find(|line| line.starts_with("Max core file size"));
                let limits: Vec<_> = core.unwrap().split_whitespace().skip(4).take(2).collect();
                assert_eq!(limits, ["0", "0"]);
                // Nor does one that is piped to a program, or a debugger of the same user, see its memory.
                let owner = std::os::unix::fs::MetadataExt::uid(
                    &fs::metadata(format!("/proc/{helper}/mem")).unwrap(),
                );
                assert_eq!(owner, 0, "it is dumpable");
            }
            assert_eq!(children().len(), 1);
        });
    }

    fn a_helper_answers_as_the_module_itself_does(name: &str) {
        support::in_own_process(name, softhsm::environment, |folder| {
            softhsm::token("carol; 100 %");
            softhsm::put("carol; 100 %", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            softhsm::put(
                "carol; 100 %",
                folder,
                &Identity::ec("ec", Nid::X9_62_PRIME256V1),
                "ec",
                "02",
                &[],
            );
            let uri = "pkcs11:token=carol%3B%20100%20%25".parse().unwrap();
            let mut direct = Pkcs11Provider::module(softhsm::path()).select(&uri);
            let mut helped = Pkcs11Provider::module(softhsm::path())
                .select(&uri)
                .in_helper_process();
            let listing = helped.tokens().unwrap();
            assert_eq!(listing, direct.tokens().unwrap());

            let id = &listing.found[0].id;
            let (mut direct, mut helped) = (direct.open(id).unwrap(), helped.open(id).unwrap());
            assert_eq!(helped.info(), direct.info());
            let credentials = helped.credentials().unwrap();
            assert_eq!(credentials, direct.credentials().unwrap());
            for credential in credentials {
                assert_eq!(
                    helped.schemes(&credential).unwrap(),
                    direct.schemes(&credential).unwrap()
                );
                assert_eq!(
                    helped.policy(&credential).unwrap(),
                    direct.policy(&credential).unwrap()
                );
                for &scheme in credential.algorithm().schemes() {
                    let signature = helped.sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin(PIN))));
                    assert!(
                        verifies(credential.certificate(), scheme, b"m", &signature.unwrap()),
                        "{scheme}"
                    );
                }
                for entry in [
                    None,
                    Some(PinEntry::on_reader()),
                    Some(PinEntry::typed(&pin("1"))),
                ] {
                    let error =
                        |token: &mut dyn Token| token.sign(&credential, SCHEME, b"m", entry).unwrap_err();
                    assert_eq!(error(&mut *helped), error(&mut *direct));
                }
            }
            let rsa = |credential: &Credential| matches!(credential.algorithm(), KeyAlgorithm::Rsa { .. });
            let credential = direct.credentials().unwrap().into_iter().find(rsa).unwrap();
            let error = helped
                .sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin("654321"))))
                .unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
            assert_eq!(error.vendor().unwrap().name, "CKR_PIN_INCORRECT");
            assert_eq!(helped.pin_status().unwrap(), PinStatus::Low);
        });
    }

    fn a_helper_ends_with_its_caller_even_while_its_module_hangs(name: &str) {
        const NOTE: &str = "CARD_ACCESS_TEST_HELPER";
        let mut note = None;
        let environment = |folder: &Path| {
            let mut environment = fault_environment(folder);
            let note = note.insert(tempfile::NamedTempFile::new().unwrap());
            environment.push((NOTE, note.path().display().to_string()));
            environment
        };
        support::in_own_process(name, environment, |folder| {
            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            let faults = Faults::in_folder(folder);
            let (mut token, _) =
                open(&mut Pkcs11Provider::module(pkcs11_faults::module()).in_helper_process());
            let [helper] = *children() else {
                panic!("one helper is expected")
            };
            fs::write(std::env::var_os(NOTE).unwrap(), helper.to_string()).unwrap();
            faults.at_call(1, Fault::Hang);
            std::thread::spawn(move || token.pin_status());
            while faults.calls().is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::process::exit(0);
        });
        let helper: u32 = fs::read_to_string(note.unwrap().path()).unwrap().parse().unwrap();
        // An ended process whose end nobody has asked for yet has no command line any more.
        let runs = || fs::read(format!("/proc/{helper}/cmdline")).is_ok_and(|line| !line.is_empty());
        let start = Instant::now();
        while runs() {
            assert!(start.elapsed() < Duration::from_secs(20), "the helper stayed");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn a_module_that_crashes_is_started_again(name: &str) {
        support::in_own_process(name, softhsm::environment, |folder| {
            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            let (mut token, credential) = open(&mut provider());
            let [helper] = *children() else {
                panic!("one helper is expected")
            };
            support::run("kill", &["-ABRT", &helper.to_string()]);
            let mut sign = || token.sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin(PIN))));
            let error = sign().unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::ModuleFailed);
            assert!(error.to_string().contains("signal: 6"), "{error}");
            assert!(verifies(credential.certificate(), SCHEME, b"m", &sign().unwrap()));
        });
    }

    fn a_module_that_fails_is_left_alone_by_a_watch_and_tried_at_once_by_a_listing(name: &str) {
        support::in_own_process(name, fault_environment, |folder| {
            softhsm::token("carol");
            let faults = Faults::in_folder(folder);
            // CKR_GENERAL_ERROR leaves the helper as it is, and after a crash there is none.
            for fault in [Fault::Answer(5), Fault::Crash] {
                let mut provider = Pkcs11Provider::module(pkcs11_faults::module()).in_helper_process();
                let wait = |provider: &mut HelperProvider| provider.wait(Duration::ZERO).unwrap();
                faults.at_call(1, fault);
                assert_eq!(wait(&mut provider), []);
                assert_eq!(faults.calls(), ["C_GetSlotList"], "{fault:?}");
                faults.none();
                assert_eq!(wait(&mut provider), []);
                assert_eq!(faults.calls(), [""; 0], "{fault:?}");
                assert_eq!(provider.tokens().unwrap().found.len(), 1, "{fault:?}");
                faults.none();
                assert_eq!(wait(&mut provider), []);
                assert_ne!(faults.calls(), [""; 0], "{fault:?}");
            }
        });
    }

    fn a_module_that_hangs_in_mid_sign_is_ended(name: &str) {
        support::alone_in_own_process(name, || {
            let readers = Readers::start(1).unwrap();
            let mut card = readers.insert(0, &Profile::new("alice")).unwrap();
            let limit = Duration::from_secs(3);
            let opensc = Pkcs11Provider::module(lab::Module::OpenSc.path().unwrap());
            let mut provider = opensc.in_helper_process().time_limit(limit);
            let (mut token, credential) = open(&mut provider);
            let pin = pin(card.pin());
            let mut sign = || token.sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin)));
            card.forget_apdus().unwrap();
            sign().unwrap();
            let general_authenticate = card
                .apdus()
                .unwrap()
                .iter()
                .position(|apdu| apdu.instruction() == Some(0x87));
            let nth = u32::try_from(general_authenticate.unwrap() + 1).unwrap();

            card.fault(nth, lab::Fault::Hang).unwrap();
            let start = Instant::now();
            let error = sign().unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::ModuleFailed);
            assert!(error.to_string().contains("no answer"), "{error}");
            assert!(start.elapsed() < limit * 5, "the hang was bounded");
            assert_eq!(children().len(), 0, "the helper was ended");

            // The card itself hung, so it is taken out and put back, and everything goes on.
            card.remove().unwrap();
            card.insert().unwrap();
            assert!(verifies(credential.certificate(), SCHEME, b"m", &sign().unwrap()));
        });
    }

    fn a_module_may_fail_in_any_function(name: &str) {
        support::in_own_process(name, fault_environment, |folder| {
            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            let faults = Faults::in_folder(folder);
            let module = Pkcs11Provider::module(pkcs11_faults::module());
            let mut provider = module.in_helper_process().time_limit(Duration::from_secs(5));
            let (mut token, credential) = open(&mut provider);
            let mut sign = || token.sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin(PIN))));

            faults.none();
            sign().unwrap();
            let calls = faults.calls();
            for function in calls.iter().collect::<BTreeSet<_>>() {
                let nth = calls.iter().position(|call| call == function).unwrap() + 1;
                // Each hang takes the whole time limit, so four functions stand for all.
                let hangs =
                    ["C_FindObjects", "C_GetTokenInfo", "C_Login", "C_Sign"].contains(&function.as_str());
                for fault in [Fault::Crash, Fault::Hang]
                    .into_iter()
                    .take(if hangs { 2 } else { 1 })
                {
                    faults.at_call(nth, fault);
                    let error = sign().expect_err(function);
                    assert_eq!(
                        *error.kind(),
                        ErrorKind::ModuleFailed,
                        "{function} {fault:?}: {error}"
                    );
                    assert!(faults.calls().iter().filter(|call| *call == "C_Login").count() <= 1);
                    faults.none();
                    assert!(
                        verifies(credential.certificate(), SCHEME, b"m", &sign().unwrap()),
                        "{function}"
                    );
                }
            }
        });
    }

    fn a_program_that_is_no_helper_is_noticed(name: &str) {
        support::in_own_process(name, softhsm::environment, |_| {
            softhsm::token("carol");
            // One ends at once, one is not there, and one waits for ever for input that never comes.
            for program in ["/bin/true", "/no/such/program", "/bin/cat"] {
                let mut provider = provider().program(program).time_limit(Duration::from_millis(500));
                let listing = provider.tokens().unwrap();
                assert_eq!(listing.found, []);
                assert_eq!(
                    *listing.problems[0].error.kind(),
                    ErrorKind::ModuleFailed,
                    "{:?}",
                    listing.problems
                );
            }
        });
    }

    fn a_helper_prints_nothing_where_its_caller_does(name: &str) {
        support::in_own_process(name, softhsm::environment, |_| {
            softhsm::token("carol");
            let mut provider = provider();
            provider.tokens().unwrap();
            let [helper] = *children() else {
                panic!("one helper is expected")
            };
            for output in [1, 2] {
                let goes_to = fs::read_link(format!("/proc/{helper}/fd/{output}")).unwrap();
                assert_eq!(goes_to, Path::new("/dev/null"));
            }
        });
    }

    fn helpers_end_with_their_tokens(name: &str) {
        support::in_own_process(name, softhsm::environment, |folder| {
            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            let mut provider = provider();
            let opened = open(&mut provider);
            assert_eq!(
                children().len(),
                1,
                "the token took over the process of the listing"
            );
            provider.tokens().unwrap();
            assert_eq!(children().len(), 2);
            drop(opened);
            assert_eq!(children().len(), 1);
            drop(provider);
            assert_eq!(children().len(), 0);
        });
    }

    fn one_bad_module_hides_no_good_one(name: &str) {
        support::in_own_process(name, softhsm::environment, |_| {
            softhsm::token("carol");
            let mut modules = Modules::default();
            modules.found = ["/no/such/module.so", "/etc/passwd", softhsm::path()]
                .map(Module::at)
                .to_vec();
            let listing = Pkcs11Provider::new(modules).in_helper_process().tokens().unwrap();
            assert_eq!(listing.found.len(), 1);
            assert_eq!(listing.problems.len(), 2);
            for problem in listing.problems {
                assert_eq!(*problem.error.kind(), ErrorKind::ModuleMissing, "{problem:?}");
            }
        });
    }
}
