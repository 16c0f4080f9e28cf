//! Orders, and their form in the file that the module reads: a number, then one line for each order.

/// A fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is forwarded, and the caller gets this `CKR_` value instead of the result.
    After(u64),
    /// The call is not forwarded, and the caller gets this `CKR_` value.
    Answer(u64),
    /// The process is ended by SIGABRT.
    Crash,
    /// The process ends by `exit(0)`.
    Exit,
    /// The call never returns.
    Hang,
    /// A line is printed to standard output and standard error; then the call is forwarded.
    Print,
    /// The process is ended by SIGSEGV.
    SegmentationFault,
}

/// A difference from the module behind the shim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Only the call with this number fails, counted from 1.
    AtCall(usize, Fault),
    /// A request of this attribute (its `CKA_` number) of an object with this label returns this `CKR_` value, also if other
    /// attributes are requested with it.
    Attribute {
        /// `CKA_LABEL` of the object.
        label: String,
        /// The attribute.
        attribute: u64,
        /// The `CKR_` value.
        answer: u64,
    },
    /// These flags of `CK_TOKEN_INFO` are cleared.
    ClearTokenFlags(u64),
    /// Every call of a function fails.
    Each(&'static str, Fault),
    /// The token lists no other mechanisms (`CKM_` numbers) than these.
    OnlyMechanisms(Vec<u64>),
    /// The minimum and maximum length of a PIN.
    PinLengths(u64, u64),
    /// The token has its own keypad for the PIN, on which the user types this one.
    PinPad(String),
    /// These flags of `CK_TOKEN_INFO` are set.
    SetTokenFlags(u64),
    /// A field has these bytes, padded with spaces.
    Text(TextField, Vec<u8>),
}

/// A field of `CK_SLOT_INFO` or `CK_TOKEN_INFO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField {
    /// `CK_SLOT_INFO::slotDescription`.
    SlotDescription,
    /// `CK_TOKEN_INFO::label`.
    TokenLabel,
    /// `CK_TOKEN_INFO::manufacturerID`.
    TokenManufacturer,
    /// `CK_TOKEN_INFO::serialNumber`.
    TokenSerial,
    /// `CK_TOKEN_INFO::utcTime`.
    TokenTime,
}

pub(crate) fn write(number: u64, orders: &[Order]) -> String {
    let lines = orders.iter().map(|order| match order {
        Order::AtCall(nth, fault) => format!("at\t{nth}\t{}\n", fault.word()),
        Order::Attribute {
            label,
            attribute,
            answer,
        } => format!("attribute\t{label}\t{attribute:x}\t{answer:x}\n"),
        Order::ClearTokenFlags(flags) => format!("clear\t{flags:x}\n"),
        Order::Each(function, fault) => format!("each\t{function}\t{}\n", fault.word()),
        Order::OnlyMechanisms(mechanisms) => format!("mechanisms\t{}\n", hexadecimal(mechanisms)),
        Order::PinLengths(shortest, longest) => format!("pin-lengths\t{shortest:x}\t{longest:x}\n"),
        Order::PinPad(pin) => format!("pin-pad\t{pin}\n"),
        Order::SetTokenFlags(flags) => format!("set\t{flags:x}\n"),
        Order::Text(field, bytes) => format!("text\t{}\t{}\n", field.word(), hexadecimal(bytes)),
    });
    format!("{number}\n{}", lines.collect::<String>())
}

fn hexadecimal<T: std::fmt::LowerHex>(numbers: &[T]) -> String {
    let digits: Vec<_> = numbers.iter().map(|number| format!("{number:x}")).collect();
    digits.join(" ")
}

impl Fault {
    fn word(self) -> String {
        match self {
            Self::After(value) => format!("after-{value:x}"),
            Self::Answer(value) => format!("{value:x}"),
            Self::Crash => "crash".to_owned(),
            Self::Exit => "exit".to_owned(),
            Self::Hang => "hang".to_owned(),
            Self::Print => "print".to_owned(),
            Self::SegmentationFault => "segmentation-fault".to_owned(),
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "crash" => Self::Crash,
            "exit" => Self::Exit,
            "hang" => Self::Hang,
            "print" => Self::Print,
            "segmentation-fault" => Self::SegmentationFault,
            value => match value.strip_prefix("after-") {
                Some(value) => Self::After(u64::from_str_radix(value, 16).ok()?),
                None => Self::Answer(u64::from_str_radix(value, 16).ok()?),
            },
        })
    }
}

impl TextField {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::SlotDescription => "slot-description",
            Self::TokenLabel => "token-label",
            Self::TokenManufacturer => "token-manufacturer",
            Self::TokenSerial => "token-serial",
            Self::TokenTime => "token-time",
        }
    }
}
