//! Reading of the configuration's members.

use alloc::vec::Vec;

use super::find::{BINDINGS, Configuration, MODE};
use super::{GraphPolicy, GraphPolicyError, GraphPolicyWarning};
use crate::entra::binding::{UserAttribute, UsernameBinding};
use crate::entra::field::{Affinity, CertificateField};
use crate::entra::json::{Json, Object, cut};
use crate::entra::policy::Policy;
use crate::entra::strength::{Strength, StrengthRule};

pub(super) fn policy(configuration: Configuration<'_>) -> Result<GraphPolicy, GraphPolicyError> {
    let mut warnings = Vec::new();
    let bindings = configuration
        .get(BINDINGS)
        .map(|bindings| objects(BINDINGS, bindings))
        .transpose()?;
    let mode = configuration
        .get(MODE)
        .map(|mode| object(MODE, mode))
        .transpose()?;
    if bindings.is_none() && mode.is_none() {
        return Err(GraphPolicyError::NoMembers);
    }
    if is_disabled(configuration)? {
        warnings.push(GraphPolicyWarning::Disabled);
    }
    if configuration.get("includeTargets") == Some(&Json::List(Vec::new())) {
        warnings.push(GraphPolicyWarning::NoTargets);
    }
    let mut missing = |member| warnings.push(GraphPolicyWarning::Missing { member });
    let bindings = if let Some(bindings) = bindings {
        bindings.into_iter().map(binding).collect::<Result<_, _>>()?
    } else {
        missing(BINDINGS);
        Policy::default().bindings().to_vec()
    };
    let mut rules = Vec::new();
    let (mut strength, mut affinity) = (None, None);
    match mode {
        Some(mode) => {
            strength = choice(mode, DEFAULT_MODE, MODES)?;
            affinity = choice(mode, DEFAULT_AFFINITY, AFFINITIES)?;
            if let Some(list) = mode.get("rules") {
                rules = objects("rules", list)?
                    .into_iter()
                    .map(rule)
                    .collect::<Result<_, _>>()?;
            }
            if strength.is_none() {
                missing(DEFAULT_MODE);
            }
        }
        None => missing(MODE),
    }
    let policy = Policy::new(bindings, rules)?
        .with_default_strength(strength.unwrap_or(Strength::SingleFactor))
        .with_required_affinity(affinity.unwrap_or(Affinity::Low));
    Ok(GraphPolicy { policy, warnings })
}

const DEFAULT_MODE: &str = "x509CertificateAuthenticationDefaultMode";
const DEFAULT_AFFINITY: &str = "x509CertificateDefaultRequiredAffinityLevel";

const MODES: &[(&str, Strength)] = &[
    ("x509CertificateMultiFactor", Strength::Multifactor),
    ("x509CertificateSingleFactor", Strength::SingleFactor),
];

const AFFINITIES: &[(&str, Affinity)] = &[("high", Affinity::High), ("low", Affinity::Low)];

fn is_disabled(configuration: Configuration<'_>) -> Result<bool, GraphPolicyError> {
    const STATES: &[(&str, bool)] = &[("disabled", true), ("enabled", false)];
    match configuration.get("state") {
        Some(state) => among("state", state, STATES),
        None => Ok(false),
    }
}

fn binding(binding: &Object) -> Result<UsernameBinding, GraphPolicyError> {
    const OWNER: &str = "a username binding";
    const FIELD: &str = "x509CertificateField";
    const ATTRIBUTE: &str = "userProperty";
    let (field, attribute) = (text(binding, OWNER, FIELD)?, text(binding, OWNER, ATTRIBUTE)?);
    let unknown = |what, value| GraphPolicyError::Unknown {
        what,
        value: cut(value),
    };
    let priority = match binding.get("priority") {
        Some(Json::Number(Some(priority))) => *priority,
        Some(Json::Text(text)) => text.trim().parse().map_err(|_| unknown("priority", text))?,
        Some(_) => return Err(GraphPolicyError::Shape { member: "priority" }),
        None => {
            return Err(GraphPolicyError::MissingMember {
                owner: OWNER.into(),
                member: "priority",
            });
        }
    };
    let read = UsernameBinding::new(
        CertificateField::from_graph_name(field).ok_or_else(|| unknown(FIELD, field))?,
        UserAttribute::from_graph_name(attribute).ok_or_else(|| unknown(ATTRIBUTE, attribute))?,
        priority,
    );
    Ok(match choice(binding, "trustAffinityLevel", AFFINITIES)? {
        Some(affinity) => read.with_affinity(affinity),
        None => read,
    })
}

fn rule(rule: &Object) -> Result<StrengthRule, GraphPolicyError> {
    const KIND: &str = "x509CertificateRuleType";
    const RULE_MODE: &str = "x509CertificateAuthenticationMode";
    let kind = text(rule, "a rule", KIND)?;
    let missing = |member| GraphPolicyError::MissingMember {
        owner: alloc::format!("a rule of type {}", cut(kind)),
        member,
    };
    let strength = choice(rule, RULE_MODE, MODES)?.ok_or_else(|| missing(RULE_MODE))?;
    let value = |name| {
        rule.get(name)
            .and_then(Json::as_text)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let [identifier, issuer, policy] =
        ["identifier", "issuerSubjectIdentifier", "policyOidIdentifier"].map(value);
    let is = |name: &str| kind.eq_ignore_ascii_case(name);
    let read = if is("issuerSubject") {
        let issuer = identifier.or(issuer).ok_or_else(|| missing("identifier"))?;
        StrengthRule::for_issuer(issuer, strength)?
    } else if is("policyOID") {
        let policy = identifier.or(policy).ok_or_else(|| missing("identifier"))?;
        StrengthRule::for_policy(policy, strength)?
    } else if is("issuerSubjectAndPolicyOID") {
        StrengthRule::for_issuer_and_policy(
            issuer.ok_or_else(|| missing("issuerSubjectIdentifier"))?,
            policy.ok_or_else(|| missing("policyOidIdentifier"))?,
            strength,
        )?
    } else {
        return Err(GraphPolicyError::Unknown {
            what: KIND,
            value: cut(kind),
        });
    };
    Ok(
        match choice(rule, "x509CertificateRequiredAffinityLevel", AFFINITIES)? {
            Some(affinity) => read.with_required_affinity(affinity),
            None => read,
        },
    )
}

/// Returns the objects of a list. A list with one element may have lost its brackets.
fn objects<'j>(member: &'static str, value: &'j Json) -> Result<Vec<&'j Object>, GraphPolicyError> {
    match value {
        Json::List(values) => values.iter().map(|value| object(member, value)).collect(),
        other => object(member, other).map(|object| [object].into()),
    }
}

/// `ConvertTo-Json` writes an object below its depth as text: `System.Object[]`, `@{priority=1}`.
fn object<'j>(member: &'static str, value: &'j Json) -> Result<&'j Object, GraphPolicyError> {
    match value {
        Json::Object(object) => Ok(object),
        Json::Text(_) => Err(GraphPolicyError::Truncated { member }),
        _ => Err(GraphPolicyError::Shape { member }),
    }
}

fn text<'j>(
    object: &'j Object,
    owner: &'static str,
    member: &'static str,
) -> Result<&'j str, GraphPolicyError> {
    match object.get(member) {
        Some(Json::Text(text)) => Ok(text.trim()),
        Some(_) => Err(GraphPolicyError::Shape { member }),
        None => Err(GraphPolicyError::MissingMember {
            owner: owner.into(),
            member,
        }),
    }
}

/// Returns the value of a member that has one of these names.
fn choice<T: Copy>(
    object: &Object,
    member: &'static str,
    names: &[(&str, T)],
) -> Result<Option<T>, GraphPolicyError> {
    object
        .get(member)
        .map(|value| among(member, value, names))
        .transpose()
}

fn among<T: Copy>(member: &'static str, value: &Json, names: &[(&str, T)]) -> Result<T, GraphPolicyError> {
    let text = value.as_text().ok_or(GraphPolicyError::Shape { member })?.trim();
    names
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| GraphPolicyError::Unknown {
            what: member,
            value: cut(text),
        })
}
