//! Lifetime of a helper process, and what it leaves behind.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use card_access::Provider;
use card_access::pkcs11::Pkcs11Provider;
use pkcs11_faults::{Fault, Faults};

use crate::Test;
use crate::helper::{children, fault_environment, open, provider};
use crate::support;
use crate::support::identity::Identity;
use crate::support::softhsm;

pub(crate) const TESTS: &[Test] = tests![
    helpers_end_with_their_tokens,
    a_helper_ends_with_its_caller_even_while_its_module_hangs,
    a_helper_leaves_no_core_with_the_pin,
    a_helper_prints_nothing_where_its_caller_does,
    a_helper_asks_its_module_for_no_locks,
    another_program_can_be_the_helper,
];

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
        let (mut token, _) = open(&mut Pkcs11Provider::from_module(pkcs11_faults::module()));
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
            let owner =
                std::os::unix::fs::MetadataExt::uid(&fs::metadata(format!("/proc/{helper}/mem")).unwrap());
            assert_eq!(owner, 0, "it is dumpable");
        }
        assert_eq!(children().len(), 1);
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

fn a_helper_asks_its_module_for_no_locks(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        let faults = Faults::in_folder(folder);
        let module = || Pkcs11Provider::from_module(pkcs11_faults::module());
        assert_eq!(module().tokens().unwrap().found.len(), 1);
        assert_eq!(faults.initializations(), ["NULL"]);
        // Several threads of an application call the module: CKF_OS_LOCKING_OK.
        assert_eq!(module().in_process().tokens().unwrap().found.len(), 1);
        assert_eq!(faults.initializations(), ["NULL", "2"]);
    });
}

fn another_program_can_be_the_helper(name: &str) {
    support::in_own_process(name, softhsm::environment, |folder| {
        softhsm::token("carol");
        let copy = folder.join("helper");
        fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        let mut provider = Pkcs11Provider::from_module(softhsm::path()).with_helper_program(&copy);
        let listing = provider.tokens().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(listing.found[0].name, "carol");
        let [helper] = *children() else {
            panic!("one helper is expected")
        };
        assert_eq!(fs::read_link(format!("/proc/{helper}/exe")).unwrap(), copy);
    });
}
