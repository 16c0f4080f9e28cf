//! Marks of a process that is a helper, or that can be started as one.

use std::sync::atomic::{AtomicBool, Ordering};

/// Environment variable of a helper process.
pub(super) const MARK: &str = "CARD_ACCESS_PKCS11_HELPER";

/// Set once `main` has called `run_if_helper`, so that this program can be started as a helper.
static CAN_BE_HELPER: AtomicBool = AtomicBool::new(false);

pub(super) fn note_can_be_helper() {
    CAN_BE_HELPER.store(true, Ordering::Release);
}

pub(super) fn can_be_helper() -> bool {
    CAN_BE_HELPER.load(Ordering::Acquire)
}
