//! A module that hangs delays no other source.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use card_access::pcsc::PcscProvider;
use card_access::pkcs11::{Module, Modules, Pkcs11Provider};
use card_access::{CardListing, Cards, ErrorKind, Event};
use lab::{Profile, Readers};
use pkcs11_faults::{Fault, Faults};

use crate::Test;
use crate::helper::fault_environment;
use crate::support;
use crate::support::softhsm;

pub(crate) const TESTS: &[Test] = tests![
    a_hung_module_delays_neither_another_nor_a_card,
    a_module_that_hangs_for_too_long_is_ended_and_tried_again,
];

/// Far less than the 60 seconds that a module may take, and enough for a busy machine.
const SOON: Duration = Duration::from_secs(10);

fn modules() -> Pkcs11Provider {
    let mut modules = Modules::default();
    modules.found.push(Module::new(pkcs11_faults::module()));
    modules.found.push(Module::new(softhsm::path()));
    Pkcs11Provider::new(modules)
}

fn list_until(cards: &mut Cards, is_so: impl Fn(&CardListing) -> bool) -> CardListing {
    let begun = Instant::now();
    loop {
        let listing = cards.tokens(Duration::ZERO);
        if is_so(&listing) {
            return listing;
        }
        let left = SOON.saturating_sub(begun.elapsed());
        assert!(!left.is_zero(), "in {SOON:?} only {listing:#?}");
        cards.wait(left).unwrap();
    }
}

fn a_hung_module_delays_neither_another_nor_a_card(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        let readers = Readers::start(1).unwrap();
        let card = readers.insert(0, &Profile::new("alice")).unwrap();
        let faults = Faults::in_folder(folder);
        faults.at_call(1, Fault::Hang);
        let mut cards = Cards::new()
            .with_provider(PcscProvider::new())
            .with_provider(modules());
        let listing = list_until(&mut cards, |listing| listing.found.len() == 2);
        let only_empty = |listing: &CardListing| {
            let mut problems = listing.problems.iter();
            problems.all(|problem| *problem.error.kind() == ErrorKind::NoCard)
        };
        assert!(only_empty(&listing), "{listing:#?}");
        let readers: Vec<_> = listing
            .found
            .iter()
            .map(|entry| entry.preferred().reader.as_deref())
            .collect();
        assert_eq!(readers, [Some(card.reader()), None]);
        let hung = pkcs11_faults::module().display().to_string();
        assert_eq!(listing.pending.len(), 1);
        assert_eq!(listing.pending[0].place, hung);
        // They are not opened later either.
        for entry in &listing.found {
            let begun = Instant::now();
            let mut token = cards.open(&entry.preferred().id).unwrap();
            token.pin_status().unwrap();
            assert!(begun.elapsed() < SOON);
        }
        assert!(children() > 0);
        let begun = Instant::now();
        drop(cards);
        assert!(begun.elapsed() < SOON, "the end waited for the module");
        wait_until("no helper is left", || children() == 0);
    });
}

fn a_module_that_hangs_for_too_long_is_ended_and_tried_again(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        let faults = Faults::in_folder(folder);
        faults.at_call(1, Fault::Hang);
        let limit = Duration::from_secs(2);
        let mut cards = Cards::new().with_provider(modules().with_time_limit(limit));
        list_until(&mut cards, |listing| listing.found.len() == 1);
        let listing = list_until(&mut cards, |listing| !listing.problems.is_empty());
        assert_eq!(listing.pending, []);
        assert_eq!(listing.problems[0].error.kind(), &ErrorKind::ModuleFailed);
        // The next helper is started without a request, and answers.
        faults.none();
        let place = pkcs11_faults::module().display().to_string();
        let mut events = Vec::new();
        while !events.contains(&Event::Answered { place: place.clone() }) {
            events = cards.wait(SOON).unwrap();
            assert_ne!(events, [], "the module was not tried again");
        }
        let listing = cards.tokens(Duration::ZERO);
        assert_eq!((listing.found.len(), &*listing.problems), (2, &[][..]));
    });
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < SOON, "not reached in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The helpers of all threads.
fn children() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let of_task = |task: fs::DirEntry| fs::read_to_string(task.path().join("children"));
    let children = tasks.filter_map(|task| of_task(task.unwrap()).ok());
    let helpers = |children: String| {
        let mut helpers = 0;
        for child in children.split_whitespace() {
            let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            // Not pcscd and the virtual card.
            helpers += usize::from(line.starts_with(b"/proc/self/exe"));
        }
        helpers
    };
    children.map(helpers).sum()
}
