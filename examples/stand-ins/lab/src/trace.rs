//! The trace of the commands of a virtual card.

/// A command APDU and its answer, as the virtual card saw them. A PIN is replaced by dots.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Apdu {
    /// The command, in hexadecimal.
    pub command: String,
    /// The answer, in hexadecimal, or "none".
    pub answer: String,
}

impl Apdu {
    /// The instruction byte.
    #[must_use]
    pub fn instruction(&self) -> Option<u8> {
        u8::from_str_radix(self.command.get(2..4)?, 16).ok()
    }

    /// The status word at the end of the answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        u16::from_str_radix(self.answer.get(self.answer.len().checked_sub(4)?..)?, 16).ok()
    }

    /// Parses the lines with APDUs and ignores the others.
    pub(crate) fn of(trace: &str) -> Vec<Self> {
        let apdu = |line: &str| {
            let (command, answer) = line.strip_prefix("> ")?.split_once(" < ")?;
            Some(Self {
                command: command.into(),
                answer: answer.into(),
            })
        };
        trace.lines().filter_map(apdu).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Apdu;

    #[test]
    fn counts_commands_without_events() {
        let apdus = Apdu::of("# power on\n> 00A40400 < 6A82\n# reset\n> 00C0000000 < none\n");
        let seen: Vec<_> = apdus
            .iter()
            .map(|apdu| (apdu.instruction(), apdu.status()))
            .collect();
        assert_eq!(seen, [(Some(0xA4), Some(0x6A82)), (Some(0xC0), None)]);
    }
}
