//! The rules and the open points of the published sources, with their pages.

use serde::Serialize;
use upn_resolver::{Interpretation, Rule};

#[derive(Serialize)]
pub(crate) struct RuleText {
    code: &'static str,
    statement: &'static str,
    reference: &'static str,
}

pub(crate) fn rules() -> Vec<RuleText> {
    let rule = |rule: &Rule| RuleText {
        code: rule.code(),
        statement: rule.statement(),
        reference: rule.reference(),
    };
    Rule::ALL.iter().map(rule).collect()
}

/// An open point, with its possible values.
#[derive(Serialize)]
pub(crate) struct InterpretationText {
    name: &'static str,
    values: &'static [&'static str],
    default: Option<&'static str>,
    /// The rule that states the question.
    rule: Option<&'static str>,
}

pub(crate) fn interpretations() -> Vec<InterpretationText> {
    let default = Interpretation::default();
    let text = |(name, values): &(&'static str, &'static [&'static str])| InterpretationText {
        name,
        values,
        default: values
            .iter()
            .copied()
            .find(|value| default.with_named(name, value) == Ok(default)),
        rule: rule_of(name),
    };
    Interpretation::names().iter().map(text).collect()
}

/// All but one have the name of their rule.
fn rule_of(name: &str) -> Option<&'static str> {
    let code = if name == "non-upn-hint" { "hint-form" } else { name };
    Rule::ALL
        .iter()
        .map(|rule| rule.code())
        .find(|known| *known == code)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_open_point_has_a_default_and_a_page() {
        for open in super::interpretations() {
            assert!(open.default.is_some() && open.rule.is_some(), "{}", open.name);
        }
    }
}
