//! `plan`: a family → the whole line. Whatever is missing is unknown and becomes a question; only what cannot be is refused.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::flags;
use super::loose::{self, spelt};
use crate::amounts::MonthNumber;
use crate::catalogue::{Domain, Guard, Sector, Strength};
use crate::door::{Context, DoorError, Kind};
use crate::ids::{MunicipalityCode, ProcedureId};
use crate::plan::{
    self, Around, Audience, Child, Family, FamilyLine, Item, Other, Parent, Pregnancy, Status,
    Stillbirth, Whom, words,
};
use crate::rules::{FactKind, FactValue, Scope, Vocabulary};
use crate::text::Text;

pub(crate) struct Plan;

/// Children, persons or facts beyond this are not a family.
const MOST_CHILDREN: usize = 20;
const MOST_FACTS: usize = 1000;

/// A family. Everything may be left out or `null`: what is missing is unknown, never wrong.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// All of this once more, inside: `{"family":{"mother":{},"children":[]}}`. What stands beside it counts more.
    #[serde(default)]
    family: Option<Map<String, Value>>,
    /// The day asked about; the door's date if absent.
    #[serde(default, alias = "as_of", deserialize_with = "loose::maybe_day")]
    #[schemars(with = "Option<Date>")]
    today: Option<Date>,
    /// A pregnancy that goes on: `{"due":"2027-03-10","weeks":24,"fetuses":1}`.
    #[serde(default)]
    pregnancy: Option<Map<String, Value>>,
    /// The delivery: `{"date","weeks","days","fetuses","abroad","facility_in_scheme"}`, and any other `delivery.*` fact by its
    /// last word. `"outcome":"stillborn"` says that no child was born alive.
    #[serde(default)]
    delivery: Option<Map<String, Value>>,
    /// The mother: `{"birth","nationality":"JP","residence":"991015","insurance","pension","work","civil_servant","leave"}`,
    /// and any other `mother.*` fact by its last word. `insurance` is `kenpo` (`employee`), `kenpo_dependant` (`dependant`),
    /// `kyosai`, `kokuho` (`national`), `kokuho_kumiai` or `none`; `pension` is `national_1` (`1`, `national`), `employees_2`
    /// (`2`, `employee`), `dependant_3` (`3`, `dependant`) or `none`.
    #[serde(default)]
    mother: Option<Map<String, Value>>,
    /// The father, as the mother; `null` says that there is none who takes part or none in law; leave it out where unknown.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<Map<String, Value>>")]
    father: Option<Value>,
    /// `true`, `false`, or `married`, `not_married`, `divorced`, `widowed`.
    #[serde(default, alias = "marital")]
    married: Option<Value>,
    /// Children of this delivery: `{"id","birth":"2026-11-22T23:41","weight_g","nicu","name_decided","outcome":"alive"}`, and any
    /// other `child.*` fact by its last word. `outcome` is `alive`, `died` (with `died_on`) or `stillborn`. A child born more
    /// than a year before the youngest counts as an older one. No two children have the same `id`.
    #[serde(default)]
    children: Option<Vec<Map<String, Value>>>,
    /// Children of before: they count for the allowance, and have no items of their own here.
    #[serde(default, alias = "siblings")]
    older_children: Option<Vec<Map<String, Value>>>,
    /// Persons of another life domain (`domain`): facts `person.*` by their last word.
    #[serde(default)]
    persons: Option<Vec<Map<String, Value>>>,
    /// Municipality code of the place of birth.
    #[serde(default)]
    birthplace: Option<Value>,
    /// Municipality code of the registered domicile (本籍).
    #[serde(default)]
    honseki: Option<Value>,
    /// Municipality code of where whoever files is staying (里帰り).
    #[serde(default)]
    stay: Option<Value>,
    /// Municipality code of where the family lives; that of both parents where theirs are not given.
    #[serde(default, alias = "home", alias = "profile", alias = "municipality")]
    residence: Option<Value>,
    /// Who claims the child allowance: `mother`, `father`, `other`.
    #[serde(default)]
    claimant: Option<Value>,
    /// The head of the household: `mother`, `father`, `grandparent`, `other`.
    #[serde(default, alias = "household_head")]
    head: Option<Value>,
    /// `{"loss","dv_support","adoption_plan","nicu","minor_parent","foreign_parent","welfare","satogaeri"}` and any other
    /// `family.*` fact that is yes or no, or a list of those that hold. A name that is none of them is an error.
    #[serde(default)]
    flags: Option<Value>,
    /// Ids of what has been done: `"shussei_todoke"`, or `"shussei_todoke:c1"` for one child.
    #[serde(default)]
    done: Option<Vec<String>>,
    /// Any other fact of the vocabulary: `{"family.welfare":false,"child.insurance":"kenpo"}`. A list gives a value for each
    /// member in turn.
    #[serde(default)]
    facts: Option<Map<String, Value>>,
    /// `childcare` (if absent), `elderly_care` or `regional_work`.
    #[serde(default)]
    domain: Option<String>,
    /// `parents` (if absent) or `staff`: staff see what only they may bring up, and municipalities of protected families.
    #[serde(default)]
    audience: Option<String>,
    /// `ja` or `en` to have texts in one language only.
    #[serde(default)]
    lang: Option<String>,
    /// Flags without the object around them, and any other `family.*` fact by its last word; anything else is ignored.
    #[serde(flatten)]
    beside: BTreeMap<String, Value>,
    /// Flags that stood inside `family`.
    #[serde(skip)]
    flags_inside: Option<Value>,
}

macro_rules! first_said {
    ($one:ident, $other:ident: $($field:ident),+) => {
        $($one.$field = $one.$field.take().or($other.$field);)+
    };
}

impl Question {
    /// The question that is inside `family`, with what is said beside it.
    fn unwrapped(mut self, vocabulary: &Vocabulary) -> Result<Self, DoorError> {
        let Some(family) = self.family.take() else {
            return Ok(self);
        };
        let fields = family.len();
        let inner: Self = serde_json::from_value(Value::Object(family))
            .map_err(|error| DoorError::Shape(format!("family: {error}")))?;
        if inner.family.is_some() {
            return Err(DoorError::impossible("a family within a family"));
        }
        let strange: Vec<&String> = inner
            .beside
            .keys()
            .filter(|name| {
                flags::named(vocabulary, name).is_none()
                    && vocabulary
                        .fact(&format!("family.{}", spelt(name)))
                        .is_none()
            })
            .collect();
        if fields > 0 && strange.len() == fields {
            let names = strange.iter().take(8).map(|name| name.chars().take(60));
            let names: Vec<String> = names.map(Iterator::collect).collect();
            return Err(DoorError::impossible(format!(
                "nothing of this is known of a family: {}; it has mother, father, children, delivery, flags and the like",
                names.join(", ")
            )));
        }
        first_said!(self, inner: today, pregnancy, delivery, mother, father, married, children);
        first_said!(self, inner: older_children, persons, birthplace, honseki, stay, residence);
        first_said!(self, inner: claimant, head, done, facts, domain, audience, lang);
        // Flags are never lost: those inside hold beside those outside.
        self.flags_inside = inner.flags;
        for (name, value) in inner.beside {
            self.beside.entry(name).or_insert(value);
        }
        Ok(self)
    }
}

/// Present, even where it is `null`.
fn present<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(input).map(Some)
}

/// The line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The day asked about.
    as_of: Date,
    /// Nothing may be pushed, sounded or congratulated.
    quiet: bool,
    /// Public items, in the order of the line.
    items: Vec<Told>,
    /// One visit, as filings for each recipient.
    recipients: Vec<Group>,
    /// What to ask, in the order a person would.
    questions: Vec<Asked>,
    /// Private offers, always after everything public; empty unless asked for, and after a loss.
    private: Vec<Told>,
    /// Remarks: what was presumed.
    notes: Vec<Words>,
}

/// A text: `{"ja","en"}`, or one of them where `lang` was given.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
struct Words {
    /// Japanese.
    #[serde(skip_serializing_if = "Option::is_none")]
    ja: Option<String>,
    /// English.
    #[serde(skip_serializing_if = "Option::is_none")]
    en: Option<String>,
}

/// One item.
#[derive(Debug, Serialize, JsonSchema)]
struct Told {
    /// The procedure.
    procedure: String,
    /// Its title.
    title: Words,
    /// Whom it is for: `family`, `delivery`, `expected`, `mother`, `father`, `person`, or `child`.
    #[serde(rename = "for")]
    whom: &'static str,
    /// The child's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    child: Option<String>,
    /// How many: one for each stillborn child.
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<usize>,
    /// Where it stands.
    status: Status,
    /// The state in words.
    status_text: Words,
    /// `show`, `quiet` (no push, no sound) or `staff_only`.
    guard: Guard,
    /// Whether dates are counted from the expected day.
    estimated: bool,
    /// The first day, while it is upcoming.
    from: Option<Date>,
    /// Hard dependencies that are still open, as places in `items`.
    waits_for: Vec<Wait>,
    /// Softer ones: lodged together, completed later.
    goes_with: Vec<Wait>,
    /// Who receives it, the usual one first.
    recipients: Vec<To>,
    /// Other municipalities that may take it as lawfully.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_at: Vec<To>,
    /// Who signs, the first who can.
    signers: Vec<&'static str>,
    /// Who may carry it.
    carriers: Vec<&'static str>,
    /// The deadline.
    deadline: Option<Limit>,
    /// Windows.
    windows: Vec<Window>,
    /// The next dose of each routine vaccine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vaccines: Vec<Dose>,
    /// How much.
    amount: Option<HowMuch>,
    /// Why it is on the line.
    reason: Words,
    /// The conditions that hold, with their articles.
    reasons: Vec<Because>,
    /// Facts that would decide it, as minimal sets.
    missing: Vec<Vec<String>>,
    /// Evidence.
    attachments: Vec<Paper>,
    /// How much happens by itself, in words.
    automatic: Option<Words>,
    /// What the officer decides.
    officer: Option<Words>,
    /// The laws it rests on.
    law: Vec<String>,
    /// `verified`, or `gk` where a part was not checked against a source.
    confidence: &'static str,
    /// Public or private.
    sector: Sector,
}

/// Something an item rests on.
#[derive(Debug, Serialize, JsonSchema)]
struct Wait {
    /// The procedure.
    procedure: String,
    /// Its place in `items`.
    item: usize,
    /// Why.
    why: Words,
}

/// A recipient.
#[derive(Debug, Serialize, JsonSchema)]
struct To {
    /// Its kind.
    kind: &'static str,
    /// The municipality's code.
    municipality: Option<String>,
    /// Its name.
    name: Words,
}

/// A deadline.
#[derive(Debug, Serialize, JsonSchema)]
struct Limit {
    /// The last day as the law counts it.
    last_day: Date,
    /// The last day the counters take it in time.
    open_until: Date,
    /// How days are counted.
    counted: &'static str,
    /// The article.
    article: Option<String>,
    /// What happens then.
    note: Option<Words>,
}

/// A window, both days inclusive.
#[derive(Debug, Serialize, JsonSchema)]
struct Window {
    /// Its name.
    label: Option<Words>,
    /// First day.
    from: Option<Date>,
    /// Last day.
    to: Option<Date>,
    /// What to know about it.
    note: Option<Words>,
}

/// A dose. A window, never advice.
#[derive(Debug, Serialize, JsonSchema)]
struct Dose {
    /// The vaccine.
    vaccine: &'static str,
    /// Its name.
    title: Words,
    /// First permitted day.
    earliest: Date,
    /// First day of the standard time.
    recommended_from: Option<Date>,
    /// Last day of the standard time.
    recommended_to: Option<Date>,
    /// Last permitted day.
    latest: Date,
}

/// An amount.
#[derive(Debug, Serialize, JsonSchema)]
struct HowMuch {
    /// Yen.
    yen: Option<i64>,
    /// Every month.
    monthly: bool,
    /// Months free of premium.
    months: Option<i64>,
    /// First month.
    #[schemars(with = "Option<String>")]
    first_month: Option<MonthNumber>,
    /// Last month.
    #[schemars(with = "Option<String>")]
    last_month: Option<MonthNumber>,
    /// Month of the first payment.
    #[schemars(with = "Option<String>")]
    paid_in: Option<MonthNumber>,
    /// In words.
    note: Option<Words>,
}

/// A condition that holds.
#[derive(Debug, Serialize, JsonSchema)]
struct Because {
    /// The sentence.
    sentence: Words,
    /// Where the law says so.
    article: Option<String>,
    /// How sure.
    confidence: &'static str,
}

/// Evidence.
#[derive(Debug, Serialize, JsonSchema)]
struct Paper {
    /// Its id.
    id: String,
    /// Its name.
    label: Words,
    /// May be handed in later.
    may_follow: bool,
    /// Only for some, and not known yet for this family.
    maybe: bool,
    /// What makes it disappear.
    disappears: Option<Words>,
}

/// What goes to one recipient.
#[derive(Debug, Serialize, JsonSchema)]
struct Group {
    /// The recipient.
    recipient: To,
    /// Places in `items`.
    items: Vec<usize>,
    /// The procedures.
    procedures: Vec<String>,
}

/// A question.
#[derive(Debug, Serialize, JsonSchema)]
struct Asked {
    /// The fact.
    fact: String,
    /// Of whom, as in `items`.
    #[serde(rename = "for")]
    whom: &'static str,
    /// The child's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    child: Option<String>,
    /// How to ask it.
    ask: Words,
    /// The options of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<String>,
    /// Not on shared screens.
    sensitive: bool,
    /// Items that wait for it.
    procedures: Vec<String>,
}

impl Kind for Plan {
    const NAME: &'static str = "plan";
    const ABOUT: &'static str =
        "a family → everything that is due, to whom, by when, why, how much";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let vocabulary = cx.catalogue.vocabulary();
        let question = question.unwrapped(vocabulary)?;
        let today = question.today.unwrap_or(cx.as_of);
        let lang = question.lang.clone();
        let (family, around) = family(vocabulary, question, today)?;
        let line = plan::line(&cx.catalogue, &family, today, &around);
        Ok(told(&line, &family, lang.as_deref()))
    }
}

/// The family of a question.
pub(super) fn family(
    vocabulary: &Vocabulary,
    question: Question,
    today: Date,
) -> Result<(Family, Around), DoorError> {
    let mut reader = Reader {
        vocabulary,
        family: Family::default(),
        ids: BTreeMap::new(),
        today,
    };
    reader.read(question)
}

struct Reader<'v> {
    vocabulary: &'v Vocabulary,
    family: Family,
    ids: BTreeMap<String, Whom>,
    today: Date,
}

fn day(value: &Value) -> Result<loose::Moment, DoorError> {
    loose::moment(value).map_err(DoorError::Shape)
}

fn code(value: Option<&Value>) -> Result<Option<MunicipalityCode>, DoorError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text
            .trim_ascii()
            .parse()
            .map(Some)
            .map_err(DoorError::impossible),
        Some(Value::Number(number)) => format!("{:0>6}", number.to_string())
            .parse()
            .map(Some)
            .map_err(DoorError::impossible),
        Some(_) => Err(DoorError::Shape(
            "a municipality is a code of six digits".to_owned(),
        )),
    }
}

/// The id a child was given.
fn own_id(fields: &Map<String, Value>) -> Option<String> {
    match fields.get("id") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    }
}

/// The ids that children were given, each its own.
fn own_ids<'f>(
    children: impl Iterator<Item = &'f Map<String, Value>>,
) -> Result<BTreeSet<String>, DoorError> {
    let mut taken = BTreeSet::new();
    for id in children.filter_map(own_id) {
        if let Some(twice) = taken.replace(id) {
            let shown: String = twice.chars().take(60).collect();
            return Err(DoorError::impossible(format!(
                "two children have the id {shown:?}"
            )));
        }
    }
    Ok(taken)
}

/// What outsiders call some options of insurance and pension, by their id here.
fn usual(fact: &str, said: &str) -> Option<&'static str> {
    let (whose, what) = fact.split_once('.')?;
    Some(match what {
        "insurance" => match said {
            "employee" | "employees" | "employer" | "company" | "shakai_hoken" | "shaho"
            | "kyokai_kenpo" | "kenko_hoken" | "健康保険" | "健保" | "社保" | "社会保険"
            | "協会けんぽ" => "kenpo",
            // A child in employees' insurance is always somebody's dependant.
            "kenpo_dependant" | "kenpo_dependent" | "dependant" | "dependent" | "hifuyosha"
            | "fuyo" | "被扶養者" | "扶養" => {
                if whose == "child" {
                    "kenpo"
                } else {
                    "kenpo_dependant"
                }
            }
            "mutual_aid" | "kyosai_kumiai" | "共済" | "共済組合" => "kyosai",
            "national" | "nhi" | "kokumin" | "kokumin_kenko_hoken" | "国保" | "国民健康保険" => {
                "kokuho"
            }
            "nhi_association" | "kokuho_association" | "国保組合" | "国民健康保険組合" => {
                "kokuho_kumiai"
            }
            "uninsured" | "no" | "なし" => "none",
            _ => return None,
        },
        "pension" => match said {
            "1" | "national" | "kokumin" | "kokumin_nenkin" | "category_1" | "第1号"
            | "国民年金" => "national_1",
            "2" | "employee" | "employees" | "kosei" | "kosei_nenkin" | "category_2" | "第2号"
            | "厚生年金" => "employees_2",
            "3" | "dependant" | "dependent" | "category_3" | "第3号" => "dependant_3",
            "no" | "なし" => "none",
            _ => return None,
        },
        _ => return None,
    })
}

fn number(value: Option<&Value>) -> Result<Option<i64>, DoorError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => loose::integer(value).map(Some).map_err(DoorError::Shape),
    }
}

impl Reader<'_> {
    fn read(&mut self, question: Question) -> Result<(Family, Around), DoorError> {
        let domain = match question.domain.as_deref().map(spelt).as_deref() {
            None | Some("childcare") => Domain::Childcare,
            Some("elderly_care" | "elderly") => Domain::ElderlyCare,
            Some("regional_work" | "employment" | "work") => Domain::RegionalWork,
            Some(other) => return Err(DoorError::impossible(format!("no domain {other:?}"))),
        };
        let audience = match question.audience.as_deref().map(spelt).as_deref() {
            Some("staff" | "officer") => Audience::Staff,
            _ => Audience::Parents,
        };
        let home = code(question.residence.as_ref())?;
        self.family.places.birthplace = code(question.birthplace.as_ref())?;
        self.family.places.honseki = code(question.honseki.as_ref())?;
        self.family.places.stay = code(question.stay.as_ref())?;
        self.family.places.person_home = home;
        let mother = question.mother.unwrap_or_default();
        self.family.mother = self.parent("mother", mother, home)?;
        self.family.father = match question.father {
            None => Other::NotSaid,
            Some(Value::Null) => Other::None,
            Some(Value::Object(fields)) => Other::Some(self.parent("father", fields, home)?),
            Some(_) => return Err(DoorError::Shape("father is an object or null".to_owned())),
        };
        self.marriage(question.married.as_ref());
        for (id, value) in [
            ("family.claimant", question.claimant),
            ("family.head", question.head),
        ] {
            if let Some(value) = value {
                self.fact(Whom::Family, id, &value)?;
            }
        }
        self.children(
            question.children.unwrap_or_default(),
            question.older_children.unwrap_or_default(),
        )?;
        self.delivery(question.delivery, question.pregnancy)?;
        let persons = question.persons.unwrap_or_default();
        if persons.len() > MOST_CHILDREN {
            return Err(DoorError::impossible("more than 20 persons"));
        }
        self.family.persons = persons.len().max(usize::from(domain != Domain::Childcare));
        for (at, fields) in persons.into_iter().enumerate() {
            self.rest(Whom::Person(at), "person", &fields)?;
        }
        for (name, value) in question.beside.iter().take(MOST_FACTS) {
            match flags::named(self.vocabulary, name) {
                Some(_) => {
                    let flag = Map::from_iter([(name.clone(), value.clone())]);
                    self.flags(Some(&Value::Object(flag)))?;
                }
                None => self.fact(Whom::Family, &format!("family.{}", spelt(name)), value)?,
            }
        }
        self.flags(question.flags_inside.as_ref())?;
        self.flags(question.flags.as_ref())?;
        self.facts(question.facts.unwrap_or_default())?;
        for done in question.done.unwrap_or_default() {
            let (id, of) = match done.split_once(':') {
                Some((id, child)) => (id, self.ids.get(child).copied()),
                None => (done.as_str(), None),
            };
            let id: ProcedureId = spelt(id).parse().map_err(DoorError::impossible)?;
            self.family.done.push((id, of));
        }
        Ok((
            std::mem::take(&mut self.family),
            Around { audience, domain },
        ))
    }

    fn parent(
        &mut self,
        name: &str,
        mut fields: Map<String, Value>,
        home: Option<MunicipalityCode>,
    ) -> Result<Parent, DoorError> {
        let birth = match fields
            .remove("birth")
            .or_else(|| fields.remove("birth_date"))
        {
            None | Some(Value::Null) => None,
            Some(value) => Some(day(&value)?.0),
        };
        if birth.is_some_and(|birth| birth > self.today) {
            return Err(DoorError::impossible(format!("the {name} is not born yet")));
        }
        let japanese = match fields
            .remove("nationality")
            .or_else(|| fields.remove("japanese"))
        {
            Some(Value::String(text)) => {
                let text = text.trim_ascii().to_ascii_uppercase();
                (!text.is_empty()).then_some(matches!(
                    text.as_str(),
                    "JP" | "JPN" | "JAPAN" | "JAPANESE" | "日本"
                ))
            }
            Some(Value::Bool(japanese)) => Some(japanese),
            _ => None,
        };
        let own = fields.remove("residence").or_else(|| fields.remove("home"));
        let residence = code(own.as_ref())?.or(home);
        if fields
            .remove("civil_servant")
            .as_ref()
            .and_then(|value| loose::flag(value).ok())
            == Some(true)
        {
            self.family.tell(
                Whom::Family,
                &format!("{name}.work"),
                FactValue::Choice("civil_servant".to_owned()),
            );
        }
        self.rest(Whom::Family, name, &fields)?;
        Ok(Parent {
            birth,
            japanese,
            residence,
        })
    }

    fn marriage(&mut self, married: Option<&Value>) {
        let word = match married {
            Some(Value::Bool(true)) => "married",
            Some(Value::Bool(false)) => "not_married",
            Some(Value::String(text)) => match spelt(text).as_str() {
                "married" | "true" | "yes" => "married",
                "divorced" => "divorced",
                "widowed" => "widowed",
                "not_married" | "unmarried" | "single" | "false" | "no" => "not_married",
                _ => return,
            },
            _ => return,
        };
        self.family.tell(
            Whom::Family,
            "family.marital",
            FactValue::Choice(word.to_owned()),
        );
    }

    fn children(
        &mut self,
        children: Vec<Map<String, Value>>,
        older: Vec<Map<String, Value>>,
    ) -> Result<(), DoorError> {
        if children.len() + older.len() > MOST_CHILDREN {
            return Err(DoorError::impossible("more than 20 children"));
        }
        let mut born: Vec<(Child, Map<String, Value>)> = Vec::new();
        let mut before: Vec<(Child, Map<String, Value>)> = Vec::new();
        let all = children
            .into_iter()
            .map(|one| (one, false))
            .chain(older.into_iter().map(|one| (one, true)));
        let all: Vec<(Map<String, Value>, bool)> = all.collect();
        let taken = own_ids(all.iter().map(|(fields, _)| fields))?;
        for (at, (mut fields, is_older)) in all.into_iter().enumerate() {
            let id = own_id(&fields).unwrap_or_else(|| {
                let place = format!("c{}", at + 1);
                if taken.contains(&place) {
                    format!("#{place}")
                } else {
                    place
                }
            });
            fields.remove("id");
            let outcome = fields.remove("outcome").or_else(|| fields.remove("status"));
            let outcome = outcome.as_ref().and_then(Value::as_str).map(spelt);
            let birth = fields.remove("birth").or_else(|| fields.remove("born"));
            let birth = match &birth {
                None | Some(Value::Null) => None,
                Some(value) => Some(day(value)?),
            };
            let died = ["died_on", "died", "death"]
                .iter()
                .find_map(|name| fields.remove(*name));
            let died = match &died {
                None | Some(Value::Null | Value::Bool(_)) => None,
                Some(value) => Some(day(value)?.0),
            };
            if matches!(
                outcome.as_deref(),
                Some("stillborn" | "stillbirth" | "fetal_death")
            ) {
                // Nothing else a child has is kept of it.
                self.family.delivery.stillborn.push(Stillbirth {
                    on: birth.map(|(day, _)| day).or(died),
                });
                continue;
            }
            let Some((birth, minute)) = birth else {
                // A child without a birth is expected.
                self.family
                    .delivery
                    .expected
                    .get_or_insert_with(Pregnancy::default);
                continue;
            };
            let ahead = self.today.until(birth).map_or(0, |span| span.get_days());
            if ahead > 300 {
                return Err(DoorError::impossible("a birth more than 300 days ahead"));
            }
            if died.is_some_and(|died| died < birth) {
                return Err(DoorError::impossible("died before the birth"));
            }
            let died = died.or_else(|| (outcome.as_deref() == Some("died")).then_some(birth));
            let child = Child {
                id,
                birth,
                minute,
                died,
            };
            if is_older {
                before.push((child, fields));
            } else {
                born.push((child, fields));
            }
        }
        // Siblings told among the newborn: whoever was born a year before the youngest is an older one.
        let youngest = born.iter().map(|(child, _)| child.birth).max();
        let (now, more): (Vec<_>, Vec<_>) = born.into_iter().partition(|(child, _)| {
            youngest.is_none_or(|youngest| {
                child
                    .birth
                    .until(youngest)
                    .map_or(0, |span| span.get_days())
                    < 300
            })
        });
        before.extend(more);
        for (at, (child, fields)) in now.into_iter().enumerate() {
            self.ids.insert(child.id.clone(), Whom::Child(at));
            self.family.delivery.children.push(child);
            self.rest(Whom::Child(at), "child", &fields)?;
        }
        for (at, (child, fields)) in before.into_iter().enumerate() {
            self.ids.insert(child.id.clone(), Whom::Older(at));
            self.family.older.push(child);
            self.rest(Whom::Older(at), "child", &fields)?;
        }
        Ok(())
    }

    fn delivery(
        &mut self,
        delivery: Option<Map<String, Value>>,
        pregnancy: Option<Map<String, Value>>,
    ) -> Result<(), DoorError> {
        for (going_on, mut fields) in [(false, delivery), (true, pregnancy)]
            .into_iter()
            .filter_map(|(going_on, fields)| Some((going_on, fields?)))
        {
            let weeks = number(fields.remove("weeks").as_ref())?;
            let days = number(fields.remove("days").as_ref())?;
            let due = fields.remove("due").or_else(|| fields.remove("due_date"));
            let due = match &due {
                None | Some(Value::Null) => None,
                Some(value) => Some(day(value)?.0),
            };
            let date = match fields.remove("date") {
                None | Some(Value::Null) => None,
                Some(value) => Some(day(&value)?.0),
            };
            let outcome = fields.remove("outcome");
            let lost = matches!(
                outcome
                    .as_ref()
                    .and_then(Value::as_str)
                    .map(spelt)
                    .as_deref(),
                Some("stillborn" | "stillbirth" | "loss" | "miscarriage" | "fetal_death")
            );
            let own = &mut self.family.delivery;
            if let Some(weeks) = weeks
                && !going_on
            {
                if !(0..=45).contains(&weeks) || !(0..=400).contains(&days.unwrap_or(0)) {
                    return Err(DoorError::impossible("no pregnancy lasts that long"));
                }
                own.weeks = Some((weeks, days.unwrap_or(0)));
            } else if let Some(days) = days
                && !going_on
            {
                self.family
                    .tell(Whom::Delivery, "delivery.days", FactValue::Number(days));
            }
            let own = &mut self.family.delivery;
            if lost
                && own.stillborn.is_empty()
                && own.children.iter().all(|child| child.died.is_none())
            {
                own.stillborn.push(Stillbirth { on: date });
            }
            if going_on && own.children.is_empty() && (own.stillborn.is_empty() || due.is_some()) {
                own.expected = Some(Pregnancy { due });
            } else if let Some(due) = due {
                self.family
                    .tell(Whom::Delivery, "delivery.due_date", FactValue::Date(due));
            }
            let own = &self.family.delivery;
            if let Some(date) = date
                && own.children.is_empty()
                && own.stillborn.is_empty()
                && date <= self.today
            {
                // A delivery of a day, and no word of a child: the child is taken as it is in nearly every family.
                self.ids.insert("c1".to_owned(), Whom::Child(0));
                self.family.delivery.children.push(Child {
                    id: "c1".to_owned(),
                    birth: date,
                    minute: None,
                    died: None,
                });
            }
            self.rest(Whom::Delivery, "delivery", &fields)?;
        }
        Ok(())
    }

    fn flags(&mut self, flags: Option<&Value>) -> Result<(), DoorError> {
        for (name, holds) in flags::read(self.vocabulary, flags, &[])? {
            match name.as_str() {
                "loss" => self.family.loss = holds,
                flags::NICU if holds => {
                    for at in 0..self.family.delivery.children.len() {
                        self.family
                            .tell(Whom::Child(at), "child.nicu", FactValue::Bool(true));
                    }
                }
                flags::NICU => {}
                name => self.family.tell(
                    Whom::Family,
                    &format!("family.{name}"),
                    FactValue::Bool(holds),
                ),
            }
        }
        Ok(())
    }

    fn facts(&mut self, facts: Map<String, Value>) -> Result<(), DoorError> {
        if facts.len() > MOST_FACTS {
            return Err(DoorError::impossible("more than 1,000 facts"));
        }
        for (id, value) in facts {
            let Some(fact) = self.vocabulary.fact(&id) else {
                continue;
            };
            if id == "family.loss" {
                self.family.loss = loose::flag(&value).unwrap_or(false);
                continue;
            }
            let members: Vec<Whom> = match fact.scope {
                Scope::Family => vec![Whom::Family],
                Scope::Delivery => vec![Whom::Delivery],
                Scope::Child if self.family.delivery.children.is_empty() => vec![Whom::Expected],
                Scope::Child => (0..self.family.delivery.children.len())
                    .map(Whom::Child)
                    .collect(),
                Scope::Parent => vec![Whom::Mother, Whom::Father],
                Scope::Person => (0..self.family.persons).map(Whom::Person).collect(),
            };
            match &value {
                Value::Array(values) => {
                    for (whom, value) in members.into_iter().zip(values) {
                        self.fact(whom, &id, value)?;
                    }
                }
                value => {
                    for whom in members {
                        self.fact(whom, &id, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The other fields of an object, as facts by their last word; what the vocabulary does not know is ignored.
    fn rest(
        &mut self,
        whom: Whom,
        scope: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), DoorError> {
        for (name, value) in fields.iter().take(MOST_FACTS) {
            self.fact(whom, &format!("{scope}.{}", spelt(name)), value)?;
        }
        Ok(())
    }

    fn fact(&mut self, whom: Whom, id: &str, value: &Value) -> Result<(), DoorError> {
        let Some(fact) = self.vocabulary.fact(id) else {
            return Ok(());
        };
        if value.is_null() {
            return Ok(());
        }
        let refused = |problem: String| DoorError::Shape(format!("{id}: {problem}"));
        let value = match &fact.kind {
            FactKind::Bool => FactValue::Bool(loose::flag(value).map_err(refused)?),
            FactKind::Number | FactKind::Money => {
                let number = loose::integer(value).map_err(refused)?;
                let (least, most) = (fact.min.unwrap_or(i64::MIN), fact.max.unwrap_or(i64::MAX));
                if number < least || number > most {
                    return Err(DoorError::impossible(format!(
                        "{id} is not from {least} to {most}"
                    )));
                }
                FactValue::Number(number)
            }
            FactKind::Date => FactValue::Date(loose::moment(value).map_err(refused)?.0),
            FactKind::Month => {
                let month = loose::month(value).map_err(refused)?;
                let year = i16::try_from(month.year()).map_err(DoorError::impossible)?;
                FactValue::Month(crate::calendar::Month {
                    year,
                    month: month.month(),
                })
            }
            FactKind::Choice(options) => {
                let said = match value {
                    Value::Number(number) => number.to_string(),
                    other => spelt(other.as_str().unwrap_or_default()),
                };
                let is_one = |word: &str| options.iter().any(|option| option.id == word);
                let given = match usual(id, &said) {
                    Some(usual) if !is_one(&said) && is_one(usual) => usual.to_owned(),
                    _ => said,
                };
                if !is_one(&given) {
                    let known: Vec<&str> =
                        options.iter().map(|option| option.id.as_str()).collect();
                    return Err(DoorError::impossible(format!(
                        "{id} is one of {}",
                        known.join(", ")
                    )));
                }
                FactValue::Choice(given)
            }
        };
        self.family.tell(whom, id, value);
        Ok(())
    }
}

/// Texts in the languages asked for.
#[derive(Clone, Copy)]
struct In<'a>(Option<&'a str>);

impl In<'_> {
    fn words(self, text: &Text) -> Words {
        Words {
            ja: (self.0 != Some("en")).then(|| text.ja.clone()),
            en: (self.0 != Some("ja")).then(|| text.en.clone()),
        }
    }
}

fn kind_of(whom: Whom) -> &'static str {
    match whom {
        Whom::Family => "family",
        Whom::Delivery => "delivery",
        Whom::Expected => "expected",
        Whom::Child(_) | Whom::Older(_) => "child",
        Whom::Mother => "mother",
        Whom::Father => "father",
        Whom::Person(_) => "person",
    }
}

fn child_id(family: &Family, whom: Whom) -> Option<String> {
    match whom {
        Whom::Child(at) => family
            .delivery
            .children
            .get(at)
            .map(|child| child.id.clone()),
        Whom::Older(at) => family.older.get(at).map(|child| child.id.clone()),
        _ => None,
    }
}

fn told(line: &FamilyLine<'_>, family: &Family, lang: Option<&str>) -> Answer {
    let texts = In(lang);
    let public = line
        .items
        .iter()
        .filter(|item| item.procedure.sector == Sector::Public);
    let private = line
        .items
        .iter()
        .filter(|item| item.procedure.sector == Sector::Private);
    let titles = |items: &[usize]| -> Vec<String> {
        items
            .iter()
            .filter_map(|at| line.items.get(*at))
            .map(|item| item.procedure.id.to_string())
            .collect()
    };
    let to = |recipient: &plan::Recipient| To {
        kind: recipient.kind.as_str(),
        municipality: recipient.municipality.map(MunicipalityCode::to_text),
        name: texts.words(&recipient.name),
    };
    let mut notes = Vec::new();
    if !line.presumed.is_empty() {
        let facts = words::list(
            line.presumed.iter().map(|fact| fact.label.clone()),
            "、",
            ", ",
        );
        notes.push(texts.words(&words::with(&words::line("presumed"), "what", &facts)));
    }
    Answer {
        as_of: line.today,
        quiet: line.quiet,
        items: public
            .map(|item| of_item(line, item, family, texts))
            .collect(),
        private: private
            .map(|item| of_item(line, item, family, texts))
            .collect(),
        recipients: plan::filings(line)
            .iter()
            .map(|group| Group {
                recipient: to(&group.recipient),
                procedures: titles(&group.items),
                items: group.items.clone(),
            })
            .collect(),
        questions: line
            .questions
            .iter()
            .map(|question| Asked {
                fact: question.fact.id.clone(),
                whom: kind_of(question.whom),
                child: child_id(family, question.whom),
                ask: texts.words(
                    question
                        .fact
                        .question
                        .as_ref()
                        .unwrap_or(&question.fact.label),
                ),
                options: match &question.fact.kind {
                    FactKind::Choice(options) => {
                        options.iter().map(|option| option.id.clone()).collect()
                    }
                    _ => Vec::new(),
                },
                sensitive: question.fact.sensitive,
                procedures: titles(&question.items),
            })
            .collect(),
        notes,
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one line for each field of the answer"
)]
fn of_item(line: &FamilyLine<'_>, item: &Item<'_>, family: &Family, texts: In<'_>) -> Told {
    let procedure = item.procedure;
    let edges = |hard: bool| {
        item.depends
            .iter()
            .filter(|edge| edge.open && (edge.dependency.strength == Strength::Hard) == hard)
            .filter_map(|edge| {
                Some(Wait {
                    procedure: line.items.get(edge.item?)?.procedure.id.to_string(),
                    item: edge.item?,
                    why: texts.words(&edge.dependency.sentence),
                })
            })
            .collect()
    };
    let to = |recipient: &plan::Recipient| To {
        kind: recipient.kind.as_str(),
        municipality: recipient.municipality.map(MunicipalityCode::to_text),
        name: texts.words(&recipient.name),
    };
    let maybe = |text: Option<&Text>| text.map(|text| texts.words(text));
    Told {
        procedure: procedure.id.to_string(),
        title: texts.words(&procedure.title),
        whom: kind_of(item.whom),
        child: child_id(family, item.whom),
        copies: (item.copies > 1).then_some(item.copies),
        status: item.status,
        status_text: texts.words(&words::status(item.status)),
        guard: item.guard,
        estimated: item.estimated,
        from: item.begins,
        waits_for: edges(true),
        goes_with: edges(false),
        recipients: item.recipients.iter().map(to).collect(),
        also_at: item.also_at.iter().map(to).collect(),
        signers: item.signers.iter().map(|role| role.as_str()).collect(),
        carriers: item.carriers.iter().map(|role| role.as_str()).collect(),
        deadline: item.deadline.as_ref().map(|deadline| Limit {
            last_day: deadline.last_day,
            open_until: deadline.open_until,
            counted: plan::counted(deadline.count),
            article: deadline.article.map(str::to_owned),
            note: maybe(deadline.note),
        }),
        windows: item
            .windows
            .iter()
            .map(|window| Window {
                label: maybe(window.label.as_ref()),
                from: window.from,
                to: window.to,
                note: maybe(window.note),
            })
            .collect(),
        vaccines: item
            .doses
            .iter()
            .map(|dose| Dose {
                vaccine: dose.vaccine,
                title: texts.words(dose.title),
                earliest: dose.earliest,
                recommended_from: dose.recommended.map(|(from, _)| from),
                recommended_to: dose.recommended.map(|(_, to)| to),
                latest: dose.latest,
            })
            .collect(),
        amount: item.amount.as_ref().map(|amount| HowMuch {
            yen: amount.yen,
            monthly: amount.monthly,
            months: amount.months,
            first_month: amount.first_month,
            last_month: amount.last_month,
            paid_in: amount.paid_in,
            note: maybe(amount.note),
        }),
        reason: texts.words(&procedure.reason),
        reasons: item
            .reasons
            .iter()
            .chain(&item.recipient_why)
            .map(|why| Because {
                sentence: texts.words(why.sentence),
                article: why.article.map(str::to_owned),
                confidence: plan::sure(why.confidence),
            })
            .collect(),
        missing: item
            .missing
            .iter()
            .map(|set| set.iter().map(|fact| fact.id.clone()).collect())
            .collect(),
        attachments: item
            .papers
            .iter()
            .map(|paper| Paper {
                id: paper.attachment.id.clone(),
                label: texts.words(&paper.attachment.label),
                may_follow: paper.attachment.may_follow,
                maybe: paper.maybe,
                disappears: paper
                    .attachment
                    .disappears
                    .as_ref()
                    .map(|how| texts.words(&how.sentence)),
            })
            .collect(),
        automatic: item.automatic.map(|one| texts.words(&one.sentence)),
        officer: procedure
            .officer_item
            .as_ref()
            .map(|one| texts.words(&one.title)),
        law: procedure
            .law
            .iter()
            .map(|law| format!("{} {}", law.name, law.article))
            .collect(),
        confidence: if item.unverified() { "gk" } else { "verified" },
        sector: procedure.sector,
    }
}
