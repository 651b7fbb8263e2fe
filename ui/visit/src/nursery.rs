//! Nursery places in a visit: what is looked for, what is found, and the choices in the order of wish.
//!
//! A rank is a wish; nothing here says how likely a place is (trap 62).

use serde::{Deserialize, Serialize};
use ubugoe_procedures::nursery::{FacilityKind, Hit, Position, Wishes};
use ubugoe_procedures::{Procedure, Source, Value};

use crate::{Context, Draft, FormDraft};

/// The application whose choices are looked up here.
pub const APPLICATION: &str = "hoiku_nintei_riyo";
/// How many of the best are shown at first, and when more are asked for.
const SHOWN: usize = 20;
const MORE_SHOWN: usize = 200;
/// The most rows for choices that the form has.
const ROWS: usize = 20;

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NurseryChoice {
    /// The list's own id.
    pub id: String,
    /// Its name, as the list has it.
    pub name: String,
}

/// What a family looks for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NurseryWish {
    /// From where distances are measured: latitude and longitude.
    pub from: Option<(f64, f64)>,
    /// How far at most, in metres.
    pub within_m: Option<u32>,
    /// Ids of kinds ([`FacilityKind::id`]); empty: every kind that looks after children day by day.
    pub kinds: Vec<String>,
    /// Part of a name or of its reading.
    pub name: Option<String>,
    /// Show not only the best.
    #[serde(default)]
    pub more: bool,
}

/// Looking for places, and the choices so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NurseryDraft {
    /// What is looked for.
    pub wish: NurseryWish,
    /// The choices, best first.
    pub choices: Vec<NurseryChoice>,
    /// The choices are made.
    pub done: bool,
}

/// Every kind a family may ask for here.
pub const KINDS: [FacilityKind; 5] = [
    FacilityKind::Nursery,
    FacilityKind::Kodomoen,
    FacilityKind::SmallScale,
    FacilityKind::HomeBased,
    FacilityKind::Workplace,
];

/// The application among the forms, where it is filed in this visit.
pub(crate) fn application(draft: &Draft) -> Option<usize> {
    draft
        .forms
        .iter()
        .position(|form| form.chosen && form.procedure.as_str() == APPLICATION)
}

/// Whether a field is answered by the choices rather than asked.
pub(crate) fn answers(form: &FormDraft, path: &str, cx: &Context<'_>) -> bool {
    form.procedure.as_str() == APPLICATION
        && cx.nurseries.is_some()
        && (path == "choices" || path.starts_with("choice["))
}

/// Whether the choices are still to be made.
pub(crate) fn wanted(draft: &Draft, cx: &Context<'_>) -> bool {
    cx.nurseries.is_some() && !draft.nursery.done && application(draft).is_some()
}

/// How many choices the municipality takes.
#[must_use]
pub fn most_choices(draft: &Draft, cx: &Context<'_>) -> usize {
    let recipient = application(draft)
        .and_then(|at| draft.forms.get(at))
        .map(|form| form.recipient);
    recipient
        .and_then(|code| cx.catalogue.profile(&code))
        .and_then(|profile| profile.nursery.choices)
        .map_or(ROWS, usize::from)
        .min(ROWS)
}

/// The places that suit best, nearest first, and whether there are more. Empty where no list is on the device.
#[must_use]
pub fn nursery_hits(draft: &Draft, cx: &Context<'_>) -> (Vec<Hit>, bool) {
    let Some(index) = cx.nurseries else {
        return (Vec::new(), false);
    };
    let wish = &draft.nursery.wish;
    let form = application(draft).and_then(|at| draft.forms.get(at));
    let birth = draft
        .certificates
        .get(form.and_then(|form| form.child).unwrap_or(0))
        .map(|found| found.certificate.birth_dt.date());
    let entry = form.and_then(|form| match form.answers.value("start")? {
        Value::YearMonth { year, month } => jiff::civil::Date::new(*year, *month, 1).ok(),
        _ => None,
    });
    let wishes = Wishes {
        at: wish.from.and_then(|(lat, lon)| Position::new(lat, lon)),
        within_m: wish.within_m,
        child: birth.zip(entry),
        kinds: KINDS
            .into_iter()
            .filter(|kind| wish.kinds.iter().any(|id| id == kind.id()))
            .collect(),
        name: wish.name.clone().filter(|name| !name.trim().is_empty()),
        today: cx.today,
        limit: if wish.more { MORE_SHOWN } else { SHOWN },
        ..Wishes::default()
    };
    index
        .search(&wishes)
        .map_or((Vec::new(), false), |page| (page.hits, page.more))
}

/// Adds a place at the end. One that stands there already, is not on the list, or is one too many changes nothing.
pub(crate) fn add(draft: &mut Draft, id: &str, cx: &Context<'_>) {
    let most = most_choices(draft, cx);
    let choices = &mut draft.nursery.choices;
    let there = choices.iter().any(|choice| choice.id == id);
    let found = cx
        .nurseries
        .and_then(|index| index.facilities().iter().find(|one| &*one.id == id));
    if let Some(facility) = found
        && !there
        && choices.len() < most
    {
        choices.push(NurseryChoice {
            id: facility.id.to_string(),
            name: facility.name.to_string(),
        });
    }
}

/// Takes a choice out.
pub(crate) fn remove(draft: &mut Draft, place: usize) {
    if place < draft.nursery.choices.len() {
        draft.nursery.choices.remove(place);
    }
}

/// Moves a choice by one, towards the first or towards the last.
pub(crate) fn shift(draft: &mut Draft, place: usize, up: bool) {
    let other = if up {
        place.checked_sub(1)
    } else {
        place.checked_add(1)
    };
    let choices = &mut draft.nursery.choices;
    if let Some(other) = other
        && place < choices.len()
        && other < choices.len()
    {
        choices.swap(place, other);
    }
}

/// Writes the choices into the form's own rows.
pub(crate) fn write(draft: &mut Draft, procedure: &Procedure) {
    let choices = draft.nursery.choices.clone();
    let Some(form) = application(draft).and_then(|at| draft.forms.get_mut(at)) else {
        return;
    };
    let mut set = |path: String, value: Value| {
        if procedure.form.field(&path).is_some()
            && let Ok(path) = path.parse()
        {
            form.own.set(path, value, Source::Parent);
        }
    };
    set(
        "choices".to_owned(),
        Value::Number(i64::try_from(choices.len()).unwrap_or_default()),
    );
    for (row, choice) in choices.iter().enumerate() {
        set(
            format!("choice[{row}].facility"),
            Value::Text(choice.name.clone()),
        );
        // A list without numbers has the name for an id; the form's box takes a number only.
        if choice.id.is_ascii() && choice.id.len() <= 13 {
            set(
                format!("choice[{row}].facility_id"),
                Value::Text(choice.id.clone()),
            );
        }
    }
    for row in choices.len()..ROWS {
        for leaf in ["facility", "facility_id", "visited_on"] {
            form.own.remove(&format!("choice[{row}].{leaf}"));
        }
    }
}
