//! `registry`: one record of the 子育て支援制度レジストリ, in its one spelling, with what was changed and for which days.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::door::{Context, DoorError, Kind};
use crate::registry::{self, ProblemKind, Provenance, Service};

pub(crate) struct Registry;

/// A record: either under `record`, or the object itself (then `id` and `birth` are not part of it).
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// The record.
    #[serde(default)]
    record: Option<Value>,
    /// A child's day of birth, for the days of the age window.
    #[serde(default)]
    birth: Option<Date>,
    /// The record, if it is not under `record`.
    #[serde(flatten)]
    beside: Map<String, Value>,
}

/// The record in its one spelling.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The record with every key of the field set.
    record: Value,
    /// What was changed or is wrong.
    problems: Vec<Told>,
    /// For which ages it is, and on which days for the child; `null` without any bound.
    age_window: Option<Window>,
    /// The record as an item that could stand on a family's line: untrusted.
    service: Service,
    /// Whose data it is, if it is from the published registry. It has to stand wherever the record is shown.
    attribution: Option<Attribution>,
}

/// A problem and where it is.
#[derive(Debug, Serialize, JsonSchema)]
struct Told {
    /// The field; empty for the whole record.
    field: String,
    /// What it is, and details in `detail` where there are some.
    #[serde(flatten)]
    #[schemars(with = "Value")]
    kind: ProblemKind,
}

/// Ages in full months, and days.
#[derive(Debug, Serialize, JsonSchema)]
struct Window {
    /// From this age on.
    from_months: Option<u16>,
    /// Below this age.
    below_months: Option<u16>,
    /// The first day, if `birth` was given and there is a lower bound.
    from: Option<Date>,
    /// The last day.
    to: Option<Date>,
}

/// What the licence asks for.
#[derive(Debug, Serialize, JsonSchema)]
struct Attribution {
    /// The sentence in Japanese.
    ja: &'static str,
    /// The sentence in English.
    en: &'static str,
    /// SPDX id of the licence.
    licence: &'static str,
    /// The licence.
    licence_url: &'static str,
}

impl Kind for Registry {
    const NAME: &'static str = "registry";
    const ABOUT: &'static str =
        "a record of the child-rearing support registry in its one spelling";
    type Question = Question;
    type Answer = Answer;

    fn answer(_: &Context, question: Question) -> Result<Answer, DoorError> {
        let value = question.record.unwrap_or_else(|| {
            let mut record = question.beside;
            // The door's own: it comes back with the answer.
            record.remove("id");
            Value::Object(record)
        });
        if value.as_object().is_some_and(Map::is_empty) {
            return Err(DoorError::impossible("the record is empty"));
        }
        let (record, problems) = registry::import_record(value);
        let record = record.ok_or_else(|| {
            DoorError::impossible("the record is not an object, or has too many parts")
        })?;
        let days = question.birth.map(|birth| record.ages.window(birth));
        Ok(Answer {
            age_window: (!record.ages.is_open()).then(|| Window {
                from_months: record.ages.from_months,
                below_months: record.ages.below_months,
                from: days.and_then(|days| days.from),
                to: days.and_then(|days| days.to),
            }),
            service: record.service(question.birth),
            record: record.canonical(),
            problems: problems
                .into_iter()
                .map(|problem| Told {
                    field: problem.field,
                    kind: problem.kind,
                })
                .collect(),
            attribution: Provenance::tokyo().map(|provenance| Attribution {
                ja: &provenance.attribution.ja,
                en: &provenance.attribution.en,
                licence: &provenance.licence,
                licence_url: &provenance.licence_url,
            }),
        })
    }
}
