//! Message and JSON of a flow that ended without a result.

use cba_protocol::{NotManaged, Outcome, Refusal};
use serde_json::{Value, json};

use super::Ended;
use crate::output::printable_line;
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;

/// Returns the ending of a flow that was not granted.
pub(super) fn not_granted<T>(outcome: &Outcome<T>, requests: usize) -> Ended {
    let (name, page, refusal) = match outcome {
        Outcome::Interaction(interaction) => (
            "interaction",
            interaction.page.as_deref(),
            of_server(&interaction.refusal),
        ),
        Outcome::NotManaged(reason) => ("refused", None, of_realm(reason)),
        Outcome::Refused(refusal) => ("refused", None, of_server(refusal)),
        _ => ("refused", None, Value::Null),
    };
    let text = |member: &str| {
        let text = refusal.get(member).and_then(Value::as_str).unwrap_or_default();
        printable_line(text)
    };
    let mut lines = vec![name.to_owned()];
    lines.push(format!("  why          {}", text("message")));
    lines.push(format!("  who must act {}", text("who")));
    lines.extend(page.map(|page| format!("  page         {}", printable_line(page))));
    Ended {
        json: json!({"outcome": name, "page": page, "refusal": refusal, "requests": requests}),
        text: lines.join("\n"),
        exit: Exit::NotGranted,
    }
}

/// The same outcome of another flow, if it grants nothing.
pub(super) fn without_result<T, U>(outcome: Outcome<T>) -> Result<Outcome<U>, Failure> {
    match outcome {
        Outcome::Interaction(interaction) => Ok(Outcome::Interaction(interaction)),
        Outcome::NotManaged(reason) => Ok(Outcome::NotManaged(reason)),
        Outcome::Refused(refusal) => Ok(Outcome::Refused(refusal)),
        _ => Err(Failure::UnknownStep),
    }
}

fn of_server(refusal: &Refusal) -> Value {
    json!({
        "code": refusal.code(),
        "message": refusal.to_string(),
        "who": refusal.responsible().code(),
        "correlation_id": refusal.correlation_id,
        "retry_after": refusal.retry_after.map(|delay| delay.as_secs()),
    })
}

fn of_realm(reason: &NotManaged) -> Value {
    json!({
        "code": reason.code(),
        "message": reason.to_string(),
        "who": reason.responsible().code(),
        "correlation_id": null,
        "retry_after": null,
    })
}
