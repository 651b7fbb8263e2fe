//! Flags of a family, as an object or a list. Guards hang on them, so a flag that is not understood is refused, never passed
//! over: a misspelt loss must not end in congratulations.

use serde_json::Value;

use super::loose::{self, spelt};
use crate::door::DoorError;
use crate::rules::{FactKind, Scope, Vocabulary};

/// A flag that is told of the youngest children rather than of the family.
pub(super) const NICU: &str = "nicu";

/// The most flags in one question.
const MOST: usize = 200;

/// What outsiders call some of them.
fn usual(name: &str) -> &str {
    match name {
        "dv" | "dv_protection" => "dv_support",
        "adoption" => "adoption_plan",
        "minor" => "minor_parent",
        "foreign" => "foreign_parent",
        "private" | "private_offers" => "ready_for_private_offers",
        "intensive_care" => NICU,
        other => other,
    }
}

/// The flags there are: what is yes or no about a family, and intensive care.
fn known(vocabulary: &Vocabulary) -> impl Iterator<Item = &str> {
    let of_the_family = vocabulary
        .facts()
        .filter(|fact| fact.scope == Scope::Family && matches!(fact.kind, FactKind::Bool))
        .filter_map(|fact| fact.id.strip_prefix("family."));
    std::iter::once(NICU).chain(of_the_family)
}

/// The flag of a name, in whatever spelling; `None` where there is none.
pub(super) fn named(vocabulary: &Vocabulary, name: &str) -> Option<String> {
    let name = spelt(name);
    let name = usual(&name);
    known(vocabulary)
        .any(|flag| flag == name)
        .then(|| name.to_owned())
}

/// Flags by name and whether they hold: `{"loss":true}`, `["loss"]` or `"loss"`; `null` says nothing. `more` are names that
/// this question has besides.
///
/// # Errors
/// A name that is no flag, with those there are; a value that is neither true nor false.
pub(super) fn read(
    vocabulary: &Vocabulary,
    flags: Option<&Value>,
    more: &[&str],
) -> Result<Vec<(String, bool)>, DoorError> {
    let find = |name: &str| {
        let own = spelt(name);
        if more.contains(&own.as_str()) {
            return Ok(own);
        }
        named(vocabulary, name).ok_or_else(|| {
            let shown: String = name.chars().take(60).collect();
            let there: Vec<&str> = known(vocabulary).chain(more.iter().copied()).collect();
            DoorError::impossible(format!(
                "there is no flag {shown:?}; there are {}",
                there.join(", ")
            ))
        })
    };
    let mut told = Vec::new();
    match flags {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) => told.push((find(name)?, true)),
        Some(Value::Array(names)) => {
            if names.len() > MOST {
                return Err(DoorError::impossible("more than 200 flags"));
            }
            for name in names {
                let name = name.as_str().ok_or_else(|| {
                    DoorError::Shape("a list of flags has names in it".to_owned())
                })?;
                told.push((find(name)?, true));
            }
        }
        Some(Value::Object(fields)) => {
            if fields.len() > MOST {
                return Err(DoorError::impossible("more than 200 flags"));
            }
            for (name, value) in fields {
                let flag = find(name)?;
                if !value.is_null() {
                    let holds = loose::flag(value)
                        .map_err(|problem| DoorError::Shape(format!("flags.{flag}: {problem}")))?;
                    told.push((flag, holds));
                }
            }
        }
        Some(Value::Bool(_) | Value::Number(_)) => {
            return Err(DoorError::Shape(
                "flags are an object such as {\"loss\":true} or a list such as [\"loss\"]"
                    .to_owned(),
            ));
        }
    }
    Ok(told)
}
