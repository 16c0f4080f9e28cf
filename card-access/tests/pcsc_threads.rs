//! The thread of a card ends with its token, so that a process may exit right after. A separate program, because it counts the
//! threads of its process.
#![cfg(all(feature = "pcsc", unix))]

use std::fs;

use card_access::pcsc::PcscProvider;
use card_access::{Backend, Provider, TokenId};
use lab::{Profile, Readers};

#[test]
fn no_thread_outlives_its_token() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("tess")).unwrap();
    let id = TokenId::any_at(Backend::PcSc, card.reader());
    for _ in 0..20 {
        let mut token = PcscProvider::new().open(&id).unwrap();
        token.credentials().unwrap();
        assert_eq!(threads(), 1);
        drop(token);
        assert_eq!(threads(), 0);
    }
    assert_eq!(PcscProvider::new().tokens().unwrap().found.len(), 1);
    assert_eq!(threads(), 0);
}

/// Threads of the library in this process, by their name. One that has ended may still be listed for a moment, as dead.
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let states = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("stat")).ok());
    let alive = states.filter(|state| {
        state
            .split_once("(card-access) ")
            .is_some_and(|(_, rest)| !rest.starts_with(['X', 'Z']))
    });
    alive.count()
}
