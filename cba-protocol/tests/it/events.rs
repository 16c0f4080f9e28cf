//! The events of the feature `tracing` say what the transcript says, and no secret.

use core::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::peer::{self, Script};

/// Writes the fields of every event into one text.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cba_protocol"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        struct Text<'a>(&'a mut String);
        impl Visit for Text<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                writeln!(self.0, "{field}={value:?}").unwrap();
            }
        }
        event.record(&mut Text(&mut self.0.lock().unwrap()));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn events_tell_the_transcript() {
    let recorder = Recorder::default();
    let run = tracing::subscriber::with_default(recorder.clone(), || {
        peer::run(peer::sign_in(), Script::granting())
    });
    let events = recorder.0.lock().unwrap().clone();
    let transcript = run.transcript.to_string();
    assert_eq!(events.replace("message=", ""), transcript);
    for secret in [peer::PRT, "AwABAAAAAAACAOz_nonce-1", "alice"] {
        assert!(!events.contains(secret), "{secret} is in\n{events}");
    }
}
