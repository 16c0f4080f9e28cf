//! Whoever watches a sign-in.

use std::ops::ControlFlow;

use cba_protocol::State;
use upn_resolver::Decision;

use super::waiting::Wait;

/// Is told how a sign-in goes on, in the thread that does it.
pub(crate) trait Observer {
    /// A name was chosen, or none; a second time when the first one named nobody.
    fn decided(&mut self, decision: &Decision) {
        let _ = decision;
    }

    /// The flow stands here now. Breaking off ends it before anything is sent or signed.
    fn reached(&mut self, state: State) -> ControlFlow<()> {
        let _ = state;
        ControlFlow::Continue(())
    }

    /// The sign-in waits for this from now on.
    fn waiting_for(&mut self, wait: Wait) {
        let _ = wait;
    }

    /// Something beside the sign-in went wrong, and it goes on.
    fn warn(&mut self, text: &str);
}
