//! `recommend`: attributes → what can be used now, what was looked for, and what else there is, each with why.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::flags;
use super::loose::{self, spelt};
use super::portable_id::{self, Given};
use crate::catalogue::{Domain, Guard, Sector};
use crate::door::{Context, DoorError, Kind};
use crate::ids::MunicipalityCode;
use crate::portable::{Fact, SlotTable};
use crate::recommend::{Attributes, Recommendation, Shelf, recommend};
use crate::rules::Vocabulary;
use crate::text::Text;
use jiff::civil::Date;

pub(crate) struct Recommend;

/// Attributes; none of them says who somebody is. Everything may be left out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "an object of attributes")]
pub(crate) struct Question {
    /// All of this once more, inside, as `portable-id` takes it: `{"attributes":{"region":"12","child":true,"age":3}}`, or its
    /// list. What stands beside it counts more.
    #[serde(default)]
    attributes: Option<Value>,
    /// Circumstances that guard what is shown, as `plan` takes them: `{"loss":true}` or `["dv_support"]`; also `pregnant` and
    /// `child`. A name that is none of them is an error.
    #[serde(default)]
    flags: Option<Value>,
    /// The declared code of a portable ID, for example `"1230A64"`: region, household, age, income. What is said beside it
    /// counts more.
    #[serde(default)]
    code: Option<Value>,
    /// The same under another name.
    #[serde(default, alias = "portable", alias = "portable-id")]
    portable_id: Option<Value>,
    /// Where the family lives: a municipality code of six digits, or a region of the portable ID (`"12"`, `"あすこえ市"`).
    #[serde(
        default,
        alias = "municipality",
        alias = "residence",
        alias = "area",
        alias = "city",
        alias = "lives_in",
        alias = "place"
    )]
    region: Option<Value>,
    /// Expecting a child.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    pregnant: Option<bool>,
    /// Whether there is a child, or an option of the portable ID's household (`"30"`, `"expecting"`).
    #[serde(default, alias = "has_child", alias = "household")]
    child: Option<Value>,
    /// Age of the youngest child in years, or an option of the portable ID's age (`"A"`, `"3-5"`).
    #[serde(default, alias = "age", alias = "age_years", alias = "age_band")]
    child_age: Option<Value>,
    /// Age of the youngest child in months, where it is known so finely.
    #[serde(
        default,
        alias = "child_months",
        deserialize_with = "loose::maybe_integer"
    )]
    #[schemars(with = "Option<i64>")]
    child_age_months: Option<i64>,
    /// How many children.
    #[serde(
        default,
        alias = "number",
        alias = "number_of_children",
        deserialize_with = "loose::maybe_integer"
    )]
    #[schemars(with = "Option<i64>")]
    children: Option<i64>,
    /// Raises the child alone.
    #[serde(default, alias = "single", deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    single_parent: Option<bool>,
    /// The income as the portable ID takes it: `exempt` (no residence tax), a band (`4`, `"64"`) or yen. What yen mean for the
    /// tax is not guessed; a word that is no band says that tax is paid.
    #[serde(
        default,
        alias = "income_band",
        alias = "household_income",
        alias = "income_yen"
    )]
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
    /// The youngest child is in intensive care.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    nicu: Option<bool>,
    /// A parent is a minor.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    minor_parent: Option<bool>,
    /// A parent is a foreign national.
    #[serde(default, deserialize_with = "loose::maybe_flag")]
    #[schemars(with = "Option<bool>")]
    foreign_parent: Option<bool>,
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

macro_rules! first_said {
    ($one:ident, $other:ident: $($field:ident),+) => {
        $($one.$field = $one.$field.take().or($other.$field);)+
    };
}

impl Question {
    /// What is inside `attributes`, with what is said beside it; then what a list of attributes declares.
    fn unwrapped(mut self) -> Result<(Self, Option<Value>, Option<Value>), DoorError> {
        let inner: Self = match self.attributes.take() {
            None | Some(Value::Null) => return Ok((self, None, None)),
            Some(list @ Value::Array(_)) => return Ok((self, None, Some(list))),
            Some(fields) => serde_json::from_value(fields)
                .map_err(|error| DoorError::Shape(format!("attributes: {error}")))?,
        };
        first_said!(self, inner: code, portable_id, region, pregnant, child, child_age);
        first_said!(self, inner: child_age_months, children, single_parent, income, looking_for);
        first_said!(self, inner: domain, loss, dv_support, adoption_plan, nicu, minor_parent);
        first_said!(self, inner: foreign_parent, private, today);
        Ok((self, inner.flags, None))
    }

    /// Takes over the flags. One that holds is never talked away by a word elsewhere.
    fn flagged(
        &mut self,
        vocabulary: &Vocabulary,
        given: Option<&Value>,
        further: &mut BTreeMap<String, bool>,
    ) -> Result<(), DoorError> {
        for (name, holds) in flags::read(vocabulary, given, &["pregnant", "child"])? {
            let own = match name.as_str() {
                "child" => {
                    self.child.get_or_insert(Value::Bool(holds));
                    continue;
                }
                "single_parent" => {
                    self.single_parent.get_or_insert(holds);
                    continue;
                }
                "ready_for_private_offers" => {
                    self.private.get_or_insert(holds);
                    continue;
                }
                "pregnant" => &mut self.pregnant,
                "loss" => &mut self.loss,
                "dv_support" => &mut self.dv_support,
                "adoption_plan" => &mut self.adoption_plan,
                flags::NICU => &mut self.nicu,
                "minor_parent" => &mut self.minor_parent,
                "foreign_parent" => &mut self.foreign_parent,
                name => {
                    further.insert(format!("family.{name}"), holds);
                    continue;
                }
            };
            *own = Some(own.unwrap_or(false) || holds);
        }
        Ok(())
    }
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
        let (mut question, inside, listed) = question.unwrapped()?;
        let mut further = BTreeMap::new();
        for flags in [inside, question.flags.take()] {
            question.flagged(cx.catalogue.vocabulary(), flags.as_ref(), &mut further)?;
        }
        let today = question.today.unwrap_or(cx.as_of);
        let attributes = attributes(&question, further, listed)?;
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

/// An answer in the words of the portable ID. `None` where the table does not know them.
fn in_the_table<'t>(
    table: &'t SlotTable,
    slot: &str,
    value: &Value,
) -> Result<Option<BTreeMap<&'t str, &'t Fact>>, DoorError> {
    let Some(given) = Given::read(slot, value)? else {
        return Ok(Some(BTreeMap::new()));
    };
    let declared = table.declare_all([(slot, given.said())], &[]);
    Ok(declared.ok().map(|declared| table.facts(&declared)))
}

/// What is said in the words of the portable ID: the household, the age and the income; and the region, which may also be a
/// municipality that the table does not have.
fn said_in_the_table<'t>(
    table: &'t SlotTable,
    question: &Question,
) -> Result<(Option<MunicipalityCode>, BTreeMap<&'t str, &'t Fact>), DoorError> {
    let mut facts = BTreeMap::new();
    let mut region = None;
    if let Some(value) = &question.region {
        if let Some(known) = in_the_table(table, "region", value)? {
            facts.extend(known);
        } else {
            let text = match value {
                Value::String(text) => text.trim_ascii().to_owned(),
                other => format!("{:0>6}", other.to_string()),
            };
            region = Some(text.parse().map_err(DoorError::impossible)?);
        }
    }
    let child = question.child.as_ref();
    let child = child.filter(|value| loose::flag(value).is_err());
    let age = question.child_age.as_ref();
    let age = age.filter(|value| loose::integer(value).is_err());
    for (slot, value) in [("child", child), ("age", age)] {
        if let Some(value) = value {
            let known = in_the_table(table, slot, value)?;
            facts.extend(known.ok_or_else(|| {
                let shown: String = value.to_string().chars().take(60).collect();
                DoorError::impossible(format!("{slot}: {shown} is none of its options"))
            })?);
        }
    }
    Ok((region, facts))
}

/// Whether an income says that no residence tax is paid.
fn tax_exempt(table: &SlotTable, income: Option<&Value>) -> Result<Option<bool>, DoorError> {
    let Some(income) = income else {
        return Ok(None);
    };
    let spelling = income.as_str().map(|word| Value::String(spelt(word)));
    let Some(facts) = in_the_table(table, "income", spelling.as_ref().unwrap_or(income))? else {
        // A word that is no band; the word for none at all is the one for no tax.
        let none = income.as_str().map(spelt).as_deref() == Some("none");
        return Ok(income.is_string().then_some(none));
    };
    Ok(match facts.get("residence_tax_exempt") {
        Some(Fact::Is(exempt)) => Some(*exempt),
        _ => None,
    })
}

fn attributes(
    question: &Question,
    further: BTreeMap<String, bool>,
    listed: Option<Value>,
) -> Result<Attributes, DoorError> {
    let table = SlotTable::builtin().map_err(DoorError::impossible)?;
    let (region, in_table) = said_in_the_table(table, question)?;
    let years = question.child_age.as_ref().map(loose::integer);
    let years = years.and_then(Result::ok);
    let in_months = match years {
        None => None,
        Some(years) => Some(
            years
                .checked_mul(12)
                .ok_or_else(|| DoorError::impossible("no child has that age"))?,
        ),
    };
    let months = match question.child_age_months.or(in_months) {
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
    let yes = |flag: Option<bool>| flag == Some(true);
    let said = Attributes {
        region,
        pregnant: yes(question.pregnant),
        child: question
            .child
            .as_ref()
            .and_then(|value| loose::flag(value).ok()),
        // An age in whole years begins with its first month; nothing more is made of it.
        child_months: months.map(|months| (months, months)),
        children,
        single_parent: question.single_parent,
        tax_exempt: tax_exempt(table, question.income.as_ref())?,
        looking_for,
        domain,
        loss: yes(question.loss),
        dv_support: yes(question.dv_support),
        adoption_plan: yes(question.adoption_plan),
        nicu: yes(question.nicu),
        minor_parent: yes(question.minor_parent),
        foreign_parent: yes(question.foreign_parent),
        further,
        private: yes(question.private),
    };
    let mut said = said.declared(&in_table);
    if let Some(list) = listed {
        let declared = portable_id::listed(table, &list)?;
        said = said.declared(&table.facts(&declared));
    }
    let Some(code) = declared_code(question)? else {
        return Ok(said);
    };
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
