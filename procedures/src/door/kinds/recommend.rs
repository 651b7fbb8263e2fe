//! `recommend`: attributes → what can be used now, what was looked for, and what else there is, each with why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::loose::{self, spelt};
use crate::catalogue::{Domain, Guard, Sector};
use crate::door::{Context, DoorError, Kind};
use crate::ids::MunicipalityCode;
use crate::portable::SlotTable;
use crate::recommend::{Attributes, Recommendation, Shelf, recommend};
use crate::text::Text;
use jiff::civil::Date;

pub(crate) struct Recommend;

/// Attributes; none of them says who somebody is. Everything may be left out.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// The declared code of a portable ID, for example `"1230A64"`: region, household, age, income. What is said beside it
    /// counts more.
    #[serde(default)]
    code: Option<Value>,
    /// The same under another name.
    #[serde(default, alias = "portable", alias = "portable-id")]
    portable_id: Option<Value>,
    /// Municipality code of six digits.
    #[serde(default, alias = "municipality", alias = "residence")]
    region: Option<Value>,
    /// Expecting a child.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    pregnant: Option<bool>,
    /// Whether there is a child.
    #[serde(default, alias = "has_child", deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    child: Option<bool>,
    /// Age of the youngest child in years.
    #[serde(default, alias = "age", deserialize_with = "loose::maybe_integer")]
    #[schemars(with = "Option<i64>")]
    child_age: Option<i64>,
    /// Age of the youngest child in months, where it is known so finely.
    #[serde(
        default,
        alias = "child_months",
        deserialize_with = "loose::maybe_integer"
    )]
    #[schemars(with = "Option<i64>")]
    child_age_months: Option<i64>,
    /// How many children.
    #[serde(default, alias = "number", deserialize_with = "loose::maybe_integer")]
    #[schemars(with = "Option<i64>")]
    children: Option<i64>,
    /// Raises the child alone.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    single_parent: Option<bool>,
    /// The income band: `exempt` (no municipal tax), or anything else.
    #[serde(default, alias = "income_band")]
    income: Option<Value>,
    /// Tags of the universal menu that are looked for, for example `["027","079"]`, or one of them.
    #[serde(default, alias = "tags", alias = "um")]
    looking_for: Option<Value>,
    /// `childcare` (if absent), `elderly_care`, `regional_work`.
    #[serde(default)]
    domain: Option<String>,
    /// A child was lost.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    loss: Option<bool>,
    /// Protected from violence.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    dv_support: Option<bool>,
    /// The child is to be adopted or fostered.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    adoption_plan: Option<bool>,
    /// Agreed to private offers.
    #[serde(
        default,
        alias = "private_offers",
        deserialize_with = "loose::maybe_flag"
    )]
    #[schemars(with = "Option<bool>")]
    private: Option<bool>,
    /// The day asked about; the door's date if absent.
    #[serde(default, alias = "as_of", deserialize_with = "loose::maybe_day")]
    #[schemars(with = "Option<Date>")]
    today: Option<Date>,
}

/// Recommendations, public and private apart.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// 使える: can be used now.
    usable: Vec<One>,
    /// お探し: was looked for.
    searched: Vec<One>,
    /// こんなサービスも: these too.
    also: Vec<One>,
    /// Private offers; only for whoever agreed to see them.
    private: Vec<One>,
}

/// A recommendation.
#[derive(Debug, Serialize, JsonSchema)]
struct One {
    /// The procedure or service.
    procedure: String,
    /// Its title.
    title: Text,
    /// What it is for.
    summary: Text,
    /// Why it is shown.
    why: Vec<Text>,
    /// The tags that matched.
    tags: Vec<String>,
    /// `show` or `quiet`.
    guard: Guard,
}

impl One {
    fn of(one: Recommendation<'_>) -> Self {
        Self {
            procedure: one.procedure.id.to_string(),
            title: one.procedure.title.clone(),
            summary: one.procedure.summary.clone(),
            why: one.why.into_iter().cloned().collect(),
            tags: one.tags.into_iter().map(str::to_owned).collect(),
            guard: one.guard,
        }
    }
}

impl Kind for Recommend {
    const NAME: &'static str = "recommend";
    const ABOUT: &'static str =
        "attributes → what can be used now, what was looked for, what else there is";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let today = question.today.unwrap_or(cx.as_of);
        let attributes = attributes(&question)?;
        let (mut usable, mut searched, mut also, mut private) = (vec![], vec![], vec![], vec![]);
        for one in recommend(&cx.catalogue, &attributes, today) {
            let list = match (one.procedure.sector, one.shelf) {
                (Sector::Private, _) => &mut private,
                (_, Shelf::Usable) => &mut usable,
                (_, Shelf::Searched) => &mut searched,
                (_, Shelf::Also) => &mut also,
            };
            list.push(One::of(one));
        }
        Ok(Answer {
            usable,
            searched,
            also,
            private,
        })
    }
}

fn attributes(question: &Question) -> Result<Attributes, DoorError> {
    let region: Option<MunicipalityCode> = match &question.region {
        Some(Value::String(text)) => {
            Some(text.trim_ascii().parse().map_err(DoorError::impossible)?)
        }
        _ => None,
    };
    let years = |age: i64| age.checked_mul(12);
    let months = match question
        .child_age_months
        .or(question.child_age.and_then(years))
    {
        None => None,
        Some(months) => Some(
            u16::try_from(months)
                .ok()
                .filter(|months| *months <= 1200)
                .ok_or_else(|| DoorError::impossible("no child has that age"))?,
        ),
    };
    let children = match question.children {
        None => None,
        Some(children) => Some(
            u8::try_from(children)
                .ok()
                .filter(|children| *children <= 20)
                .ok_or_else(|| DoorError::impossible("a number of children from 0 to 20"))?,
        ),
    };
    let tag = |value: &Value| match value {
        Value::String(text) => Some(text.trim_ascii().trim_start_matches("UM").to_owned()),
        Value::Number(number) => Some(format!("{:0>3}", number.to_string())),
        _ => None,
    };
    let looking_for = match &question.looking_for {
        Some(Value::Array(tags)) => tags.iter().take(200).filter_map(tag).collect(),
        Some(one) => tag(one).into_iter().collect(),
        None => Vec::new(),
    };
    let domain = match question.domain.as_deref().map(spelt).as_deref() {
        None => None,
        Some("childcare") => Some(Domain::Childcare),
        Some("elderly_care" | "elderly") => Some(Domain::ElderlyCare),
        Some("regional_work" | "employment" | "work") => Some(Domain::RegionalWork),
        Some(other) => return Err(DoorError::impossible(format!("no domain {other:?}"))),
    };
    let exempt = question.income.as_ref().and_then(Value::as_str).map(spelt);
    let yes = |flag: Option<bool>| flag == Some(true);
    let said = Attributes {
        region,
        pregnant: yes(question.pregnant),
        child: question.child,
        // An age in whole years begins with its first month; nothing more is made of it.
        child_months: months.map(|months| (months, months)),
        children,
        single_parent: question.single_parent,
        tax_exempt: exempt.map(|band| matches!(band.as_str(), "exempt" | "none" | "tax_exempt")),
        looking_for,
        domain,
        loss: yes(question.loss),
        dv_support: yes(question.dv_support),
        adoption_plan: yes(question.adoption_plan),
        private: yes(question.private),
    };
    let Some(code) = declared_code(question)? else {
        return Ok(said);
    };
    let table = SlotTable::builtin().map_err(DoorError::impossible)?;
    let declared = table.read_code(code).map_err(DoorError::impossible)?;
    Ok(said.declared(&table.facts(&declared)))
}

/// The code, also inside `{"code": …}` as the door `portable-id` answers it.
fn declared_code(question: &Question) -> Result<Option<&str>, DoorError> {
    let given = [&question.code, &question.portable_id];
    let mut given = given.into_iter().flatten().filter(|value| !value.is_null());
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let text = match value {
        Value::Object(object) => object.get("code").and_then(Value::as_str),
        other => other.as_str(),
    };
    match text {
        Some(text) => Ok(Some(text.trim_ascii())),
        None => Err(DoorError::Shape(
            "a code is a text such as \"1230A64\"".to_owned(),
        )),
    }
}
