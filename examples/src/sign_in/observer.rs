//! Observer of a sign-in.

use std::ops::ControlFlow;

use cba_protocol::State;
use upn_resolver::Decision;

use super::waiting::Wait;

/// Receives the events of a sign-in, in the thread of the sign-in.
pub(crate) trait Observer {
    /// The decision about the name. Called again if the first name is unknown to Entra.
    fn decided(&mut self, decision: &Decision) {
        let _ = decision;
    }

    /// The flow has reached this state. `Break` ends it before the next request or signature.
    fn reached(&mut self, state: State) -> ControlFlow<()> {
        let _ = state;
        ControlFlow::Continue(())
    }

    /// Whether the sign-in was cancelled.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// The sign-in now waits for this.
    fn waiting_for(&mut self, wait: Wait) {
        let _ = wait;
    }

    /// A problem that does not stop the sign-in.
    fn warn(&mut self, text: &str);
}
