//! The report of `sign-in`, as text and as JSON. It contains no secret.

use std::fmt;

use cba_protocol::{IdToken, NotManaged, PrimaryRefreshToken, Refusal};
use serde::Serialize;
use upn_resolver::Decision;

use super::broker_option::BrokerReport;
use super::domain::DomainReport;
use crate::output::{MAX_SERVER_TEXT, printable_line, truncated};

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// How the sign-in ended.
    pub outcome: Outcome,
    /// The decision about the name, with its explanation.
    pub decision: Decision,
    /// The user's name in Entra.
    pub entra_upn: Option<String>,
    /// Whether Entra rated the certificate as multifactor.
    pub multifactor: Option<bool>,
    /// The public properties of the token.
    pub prt: Option<Prt>,
    /// Why the sign-in was not granted.
    pub refusal: Option<Refused>,
    /// Answer of Active Directory, after `--realm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainReport>,
    /// What the broker did with the token, after `--broker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broker: Option<BrokerReport>,
    /// Requests sent to the authority.
    pub requests: usize,
    /// Command-response pairs with the card; null over PKCS#11, where they cannot be counted.
    pub apdus: Option<u64>,
}

/// How the sign-in ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// A token was issued.
    Granted,
    /// The server requires an interaction in a browser.
    Interaction,
    /// Nothing was sent, because there was no name to send.
    NotSent,
    /// The server refused, or the realm is not managed.
    Refused,
}

/// The public properties of a primary refresh token.
#[derive(Debug, Serialize)]
pub(crate) struct Prt {
    /// Lifetime in seconds.
    pub expires_in: Option<u64>,
    /// `pop`.
    pub token_type: String,
}

/// Why the sign-in was refused, and who has to act.
#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    /// `AADSTS…`, or `realm/…` when realm discovery ended the sign-in.
    pub code: Option<String>,
    /// The meaning, and what to try.
    pub message: String,
    /// Who has to act.
    pub who: String,
    /// The request's id in the service's log.
    pub correlation_id: Option<String>,
}

impl Report {
    /// A sign-in that sent nothing, for the reason in the decision.
    pub(crate) fn not_sent(decision: Decision) -> Self {
        Self {
            outcome: Outcome::NotSent,
            decision,
            entra_upn: None,
            multifactor: None,
            prt: None,
            refusal: None,
            domain: None,
            broker: None,
            requests: 0,
            apdus: None,
        }
    }

    /// A sign-in that ran to the end of the protocol.
    pub(crate) fn ended(
        decision: Decision,
        outcome: cba_protocol::Outcome,
        requests: usize,
        apdus: Option<u64>,
    ) -> Self {
        let report = Self {
            requests,
            apdus,
            ..Self::not_sent(decision)
        };
        match outcome {
            cba_protocol::Outcome::Granted(prt) => report.granted(&prt),
            cba_protocol::Outcome::Interaction(interaction) => Self {
                outcome: Outcome::Interaction,
                refusal: Some(Refused::by_server(&interaction.refusal)),
                ..report
            },
            cba_protocol::Outcome::NotManaged(elsewhere) => Self {
                outcome: Outcome::Refused,
                refusal: Some(Refused::by_realm(&elsewhere)),
                ..report
            },
            cba_protocol::Outcome::Refused(refusal) => Self {
                outcome: Outcome::Refused,
                refusal: Some(Refused::by_server(&refusal)),
                ..report
            },
            _ => report,
        }
    }

    /// Adds what the broker did.
    pub(crate) fn handed_over(self, broker: Option<BrokerReport>) -> Self {
        Self { broker, ..self }
    }

    /// Adds what Active Directory returned.
    pub(crate) fn after(self, domain: Option<DomainReport>) -> Self {
        Self { domain, ..self }
    }

    fn granted(self, prt: &PrimaryRefreshToken) -> Self {
        let claims = prt.id_token();
        Self {
            outcome: Outcome::Granted,
            entra_upn: claims
                .and_then(IdToken::entra_upn)
                .map(|upn| truncated(upn, MAX_SERVER_TEXT)),
            multifactor: claims.and_then(IdToken::is_multifactor),
            prt: Some(Prt {
                expires_in: prt.expires_in().map(|lifetime| lifetime.as_secs()),
                token_type: prt.token_type().to_owned(),
            }),
            ..self
        }
    }
}

impl Refused {
    fn by_server(refusal: &Refusal) -> Self {
        Self {
            code: refusal.codes.first().map(|code| format!("AADSTS{code}")),
            message: refusal.to_string(),
            who: refusal.responsible().to_string(),
            correlation_id: refusal.correlation_id.clone(),
        }
    }

    fn by_realm(reason: &NotManaged) -> Self {
        let option = match reason {
            NotManaged::OtherCloud { .. } => " (--cloud or --authority)",
            NotManaged::Unknown { .. } => " (--hint)",
            _ => "",
        };
        Self {
            code: Some(reason.code().to_owned()),
            message: format!("{reason}{option}"),
            who: reason.responsible().to_string(),
            correlation_id: None,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(domain) = &self.domain {
            writeln!(f, "{domain}")?;
        }
        writeln!(f, "{}", self.decision)?;
        match self.outcome {
            Outcome::Granted => writeln!(f, "granted: a primary refresh token")?,
            Outcome::Interaction => {
                writeln!(
                    f,
                    "interaction: the server requires the user to sign in with a browser"
                )?;
            }
            Outcome::NotSent => return f.write_str("not sent"),
            Outcome::Refused => writeln!(f, "refused")?,
        }
        if let Some(refusal) = &self.refusal {
            writeln!(f, "  why          {}", printable_line(&refusal.message))?;
            writeln!(f, "  who must act {}", refusal.who)?;
            if let Some(id) = &refusal.correlation_id {
                writeln!(f, "  correlation  {}", printable_line(id))?;
            }
        }
        if let Some(upn) = &self.entra_upn {
            writeln!(f, "  Entra UPN    {}", printable_line(upn))?;
        }
        if let Some(multifactor) = self.multifactor {
            writeln!(f, "  multifactor  {}", if multifactor { "yes" } else { "no" })?;
        }
        if let Some(seconds) = self.prt.as_ref().and_then(|prt| prt.expires_in) {
            writeln!(f, "  expires in   {} hours", seconds / 3600)?;
        }
        if let Some(broker) = &self.broker {
            let result = broker.problem.as_deref().unwrap_or("has the token");
            writeln!(f, "  broker       {}", printable_line(result))?;
        }
        write!(f, "  requests     {}", self.requests)?;
        self.apdus
            .map_or(Ok(()), |apdus| write!(f, "\n  APDUs        {apdus}"))
    }
}
