//! A decision as JSON, from the same data as the text.

use alloc::format;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Decision, DecisionNote, Trace, TraceEntry};

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Decision", 5)?;
        object.serialize_field("outcome", self.outcome().code())?;
        object.serialize_field("upn", &self.upn())?;
        object.serialize_field("source", &self.source().map(super::Candidate::code))?;
        object.serialize_field("trace", &self.trace())?;
        object.serialize_field("notes", self.notes())?;
        object.end()
    }
}

impl Serialize for Trace<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.clone())
    }
}

impl Serialize for TraceEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("TraceEntry", 5)?;
        object.serialize_field("rule", self.rule().code())?;
        object.serialize_field("candidate", self.candidate().code())?;
        object.serialize_field("value", &self.value())?;
        object.serialize_field("verdict", self.verdict().code())?;
        object.serialize_field("reason", &self.reason())?;
        object.end()
    }
}

/// One string: the rule's code, the text, and the reference.
impl Serialize for DecisionNote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!(
            "{}: {} ({})",
            self.rule(),
            self.text(),
            self.rule().reference()
        ))
    }
}
