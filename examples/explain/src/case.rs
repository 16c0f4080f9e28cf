//! The case to decide: how the device is joined, and the names that it has besides the certificate.

use std::collections::BTreeSet;
use std::fmt;

use upn_resolver::windows::join_state::{JoinReport, JoinState};
use upn_resolver::windows::logon_policy::{LogonPolicy, PolicySwitch};
use upn_resolver::{AdLogon, Certificate, Decision, Interpretation, NameOutcome, NameRequest, UnixTime, Upn};

/// A sign-in, apart from its certificate.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// How the device is joined; `None` decides every row of the table.
    pub join: Option<Join>,
    /// The result of the sign-in to Active Directory, on a hybrid joined device.
    pub ad_logon: AdLogon<'a>,
    /// The Entra UPN that an earlier sign-in cached, on a hybrid joined device.
    pub cached: Option<&'a Upn>,
    /// The hint, as the user typed it.
    pub hint: Option<&'a str>,
    /// The policy of the machine; without one, there is a field for the hint.
    pub policy: Option<&'a LogonPolicy>,
    /// The interpretations of what the published sources leave open.
    pub interpretation: Interpretation,
    /// The time of the sign-in.
    pub now: UnixTime,
}

impl Case<'_> {
    /// One decision, or every row of the table if the join is not given.
    pub fn decide(&self, certificate: &Certificate<'_>, warnings: &mut BTreeSet<Warning>) -> Vec<Row> {
        if self.hint.is_some() && !self.has_hint_field() {
            warnings.insert(Warning::HintWithoutField);
        }
        let rows = if let Some(join) = self.join {
            if matches!(join, Join::Entra) && self.has_device_names() {
                warnings.insert(Warning::NamesWithoutEffect);
            }
            vec![Row {
                place: None,
                decision: Ok(self.request(join, self.cached, certificate)),
            }]
        } else {
            vec![
                self.row(Join::Entra, Turn::First, certificate),
                self.row(Join::Entra, Turn::Later, certificate),
                self.row(Join::Hybrid, Turn::First, certificate),
                self.row(Join::Hybrid, Turn::Later, certificate),
            ]
        };
        let asks = |row: &Row| {
            row.decided()
                .is_some_and(|decision| *decision.outcome() == NameOutcome::AskForHint)
        };
        if !self.has_hint_field() && rows.iter().any(asks) {
            warnings.insert(Warning::HintImpossible);
        }
        rows
    }

    fn row(&self, join: Join, turn: Turn, certificate: &Certificate<'_>) -> Row {
        let missing = self.missing(join, turn);
        let cached = self.cached.filter(|_| matches!(turn, Turn::Later));
        Row {
            place: Some((join, turn)),
            decision: if missing.is_empty() {
                Ok(self.request(join, cached, certificate))
            } else {
                Err(missing)
            },
        }
    }

    fn request(&self, join: Join, cached: Option<&Upn>, certificate: &Certificate<'_>) -> Decision {
        let hint = self.hint.filter(|_| self.has_hint_field()).unwrap_or_default();
        let sign_in = match join {
            Join::Entra => NameRequest::entra_joined(certificate),
            Join::Hybrid => NameRequest::hybrid_joined(certificate, self.ad_logon, cached),
        };
        sign_in
            .with_hint(hint)
            .with_interpretation(self.interpretation)
            .with_time(self.now)
            .decide()
    }

    /// Inputs that a row of the table needs and the case lacks. Without them the library would decide another case: an Active
    /// Directory sign-in that was not tried, or a first sign-in.
    fn missing(&self, join: Join, turn: Turn) -> Vec<Missing> {
        let mut missing = Vec::new();
        if matches!(join, Join::Hybrid) {
            if self.ad_logon == AdLogon::NotAttempted {
                missing.push(Missing::AdUpn);
            }
            if matches!(turn, Turn::Later) && self.cached.is_none() {
                missing.push(Missing::Cached);
            }
        }
        missing
    }

    fn has_hint_field(&self) -> bool {
        self.policy
            .is_none_or(|policy| policy.is_on(PolicySwitch::X509HintsNeeded))
    }

    fn has_device_names(&self) -> bool {
        self.ad_logon != AdLogon::NotAttempted || self.cached.is_some()
    }
}

/// How a device is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// To Entra only.
    Entra,
    /// To Entra and Active Directory.
    Hybrid,
}

impl Join {
    /// The name in JSON and in options.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Hybrid => "hybrid",
        }
    }

    /// The join state in the output of `dsregcmd /status`.
    ///
    /// # Errors
    /// The output does not say it, or the device sends no user name to Entra.
    pub fn of_report(report: &JoinReport<'_>) -> Result<Self, NoJoin> {
        match report.join_state() {
            JoinState::EntraJoined => Ok(Self::Entra),
            JoinState::HybridJoined => Ok(Self::Hybrid),
            other => Err(NoJoin(other)),
        }
    }
}

/// A device that sends no user name to Entra, or whose report does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoJoin(JoinState);

impl NoJoin {
    /// Whether the report does not say how the device is joined.
    #[must_use]
    pub fn is_unknown(self) -> bool {
        self.0 == JoinState::Unknown
    }
}

impl fmt::Display for NoJoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unknown() {
            return f.write_str(
                "the dsregcmd output does not say how the device is joined (AzureAdJoined and DomainJoined, YES or NO)",
            );
        }
        write!(
            f,
            "the dsregcmd output says that the device is {}: only Entra joined and hybrid joined devices send a user name to Entra",
            self.0
        )
    }
}

/// The row of the table: which sign-in it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The first one of this user on the device.
    First,
    /// A later one.
    Later,
}

impl Turn {
    /// The name in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Later => "later",
        }
    }
}

/// A decision, with its row when the whole table is explained.
#[derive(Debug)]
pub struct Row {
    /// `None` if only one case is explained.
    pub place: Option<(Join, Turn)>,
    /// The missing inputs of a row that cannot be decided.
    pub decision: Result<Decision, Vec<Missing>>,
}

impl Row {
    /// The decision, if the row can be decided.
    #[must_use]
    pub fn decided(&self) -> Option<&Decision> {
        self.decision.as_ref().ok()
    }

    /// The user name to send.
    #[must_use]
    pub fn upn(&self) -> Option<&Upn> {
        self.decided().and_then(Decision::upn)
    }
}

/// An input that a row of the table needs and the case lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The result of the sign-in to Active Directory.
    AdUpn,
    /// The cached Entra UPN.
    Cached,
}

impl Missing {
    /// The option of `explain-upn`.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::AdUpn => "--ad-upn",
            Self::Cached => "--cached",
        }
    }

    /// The options of `explain-upn`, with what they are.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AdUpn => "--ad-upn (what Active Directory returned) or --ad-failed",
            Self::Cached => "--cached (the cached Entra UPN of an earlier sign-in)",
        }
    }
}

/// A warning about the inputs, which is the same for several certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// Names of a hybrid joined device were given for an Entra joined one.
    NamesWithoutEffect,
    /// A hint is required, and the policy shows no field for it.
    HintImpossible,
    /// A hint was given, and the policy shows no field for it.
    HintWithoutField,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NamesWithoutEffect => {
                "--ad-upn, --ad-failed and --cached have no effect: an Entra joined device reads the certificate"
            }
            Self::HintImpossible => {
                "Windows cannot ask for the hint: enable X509HintsNeeded (\"Allow user name hint\")"
            }
            Self::HintWithoutField => {
                "the hint has no effect: without X509HintsNeeded, Windows shows no field for it"
            }
        })
    }
}
