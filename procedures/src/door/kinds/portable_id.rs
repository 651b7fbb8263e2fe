//! `portable-id`: the plain code a declaration grows into, and what of it could leave the device.
//!
//! The answer shows the plain code because whoever asks is the device. Keys and random bits of a question are for trying
//! things out; a kiosk hands them to the library.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::door::{Context, DoorError, Kind};
use crate::portable::{
    Answer as Said, Code, Counts, Declared, Epoch, Generalised, HouseholdShares, K_MIN, KeyRing,
    PublicCounts, Randomness, Released, SlotTable,
};

pub(crate) struct PortableId;

/// The most attributes, and the most cells of counts, in one question.
const MAX_ATTRIBUTES: usize = 64;
const MAX_CELLS: usize = 10_000;

/// What somebody declares. One of `attributes`, `declare` and `code` is needed; attributes may also stand beside `id`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// What is declared, by attribute: `region`, `child`, `single_parent`, `age`, `income`. A value is an option's code
    /// (`"12"`), id (`"asukoe_shi"`) or name (`"あすこえ市"`), `true` or `false` for `child` and `single_parent`, or a
    /// number: years for `age`, how many for `children`; for `income`, 1 to 6 is a step of the scale of six (4 is the option
    /// `64`), any option's code is that option, and everything larger is yen (`income_yen` is always yen). `"exempt"` is the
    /// option `12`, exempt from residence tax. `null` is not declared.
    #[serde(default)]
    attributes: Option<Attributes>,
    /// The same as a list, in any order: `{"age": 3}`, `"age=3"`, `"age_3"`, or an option's code. A code that several
    /// slots have goes to the first of them that nothing else was said about.
    #[serde(default)]
    declare: Option<Vec<Value>>,
    /// A plain code to be explained.
    #[serde(default)]
    code: Option<String>,
    /// The fewest households that may share what is released; never below 10.
    #[serde(default)]
    k: Option<u64>,
    /// Public counts: households by plain code, as an object or as a list. Without it, the invented figures of the
    /// invented places. Cells of equal detail must not overlap.
    #[serde(default)]
    counts: Option<Cells>,
    /// Asks for a token of what is released.
    #[serde(default)]
    scramble: Option<Scramble>,
    /// Attributes without the object around them; anything else is ignored.
    #[serde(flatten)]
    beside: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "attributes are an object or a list")]
enum Attributes {
    ByName(BTreeMap<String, Value>),
    List(Vec<Value>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "counts are {code: households} or a list of {\"code\", \"households\"}"
)]
enum Cells {
    ByCode(BTreeMap<String, u64>),
    List(Vec<Cell>),
}

/// One cell of public counts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(expecting = "an object with code and households")]
struct Cell {
    /// Its plain code.
    code: String,
    /// How many households.
    #[serde(alias = "n", alias = "count", alias = "k")]
    households: u64,
}

/// What a token needs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(expecting = "an object with site, key and random")]
struct Scramble {
    /// Who the token is for: `a–z 0–9 . -`.
    site: String,
    /// The week of the key, counted from 5 January 1970; the week of the law's day if not given.
    #[serde(default)]
    epoch: Option<u32>,
    /// The key: 32 bytes as 64 hexadecimal digits.
    key: String,
    /// Random bits: 10 bytes as 20 hexadecimal digits.
    random: String,
}

/// The code and what of it could leave.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The version of the slot table.
    version: u8,
    /// The plain code. It stays on the device.
    code: String,
    /// The code as it grew, one for each declared slot.
    steps: Vec<String>,
    /// What the code says.
    declared: Vec<Part>,
    /// What could leave the device; `null` where nothing may.
    generalised: Option<Less>,
    /// How many households share what is generalised; `null` where nothing may leave.
    k: Option<u64>,
    /// The token, if one was asked for and something may leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Attributes that this table does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
}

/// One slot's meaning.
#[derive(Debug, Serialize, JsonSchema)]
struct Part {
    /// The slot.
    slot: String,
    /// The option.
    option: String,
    /// Its characters.
    code: String,
    /// What people read.
    label: Label,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Label {
    /// Japanese.
    ja: String,
    /// English.
    en: String,
}

/// A declaration made coarser.
#[derive(Debug, Serialize, JsonSchema)]
struct Less {
    /// Its plain code.
    code: String,
    /// How many rungs of the ladder were climbed.
    rungs: usize,
    /// What was left out on the way.
    left_out: Vec<Label>,
    /// What is left.
    declared: Vec<Part>,
}

impl Kind for PortableId {
    const NAME: &'static str = "portable-id";
    const ABOUT: &'static str =
        "the code a declaration grows into, and what of it could leave the device";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let table = SlotTable::builtin().map_err(DoorError::impossible)?;
        let mut ignored = Vec::new();
        let declared = declared(table, &question, &mut ignored)?;
        let k = question.k.unwrap_or(K_MIN);
        let generalised = if let Some(cells) = &question.counts {
            generalise(table, &declared, &counts(table, cells)?, k)
        } else {
            let shares = HouseholdShares::builtin().map_err(DoorError::impossible)?;
            generalise(table, &declared, shares, k)
        };
        let token = match (&generalised, &question.scramble) {
            (Some(released), Some(scramble)) => Some(token(cx, table, released, scramble)?),
            (None, _) | (_, None) => None,
        };
        let shown = |code: Code| code.shown().to_owned();
        Ok(Answer {
            version: table.version(),
            code: shown(table.code(&declared)),
            steps: table.steps(&declared).into_iter().map(shown).collect(),
            declared: parts(table, &declared),
            k: generalised.as_ref().map(Released::households),
            generalised: generalised.map(|released| Less {
                code: shown(table.code(released.declared())),
                rungs: released.rungs(),
                left_out: table
                    .climbed(&declared, &released)
                    .map(|rung| label(&rung.label))
                    .collect(),
                declared: parts(table, released.declared()),
            }),
            token,
            ignored,
        })
    }
}

fn generalise(
    table: &SlotTable,
    declared: &Declared,
    counts: &impl Counts,
    k: u64,
) -> Option<Released> {
    match crate::portable::generalise(table, declared, counts, k) {
        Generalised::Released(released) => Some(released),
        Generalised::Withheld => None,
    }
}

/// An answer that owns its words.
pub(super) enum Given {
    Is(bool),
    Number(i64),
    Word(String),
}

impl Given {
    pub(super) fn said(&self) -> Said<'_> {
        match self {
            Self::Is(yes) => Said::Is(*yes),
            Self::Number(number) => Said::Number(*number),
            Self::Word(word) => Said::Word(word),
        }
    }

    /// `None` for `null`: not declared.
    pub(super) fn read(attribute: &str, value: &Value) -> Result<Option<Self>, DoorError> {
        let refuse = || DoorError::impossible(format!("{attribute} cannot be {value}"));
        Ok(Some(match value {
            Value::Null => return Ok(None),
            Value::Bool(yes) => Self::Is(*yes),
            Value::String(word) => Self::Word(word.clone()),
            Value::Number(number) => Self::Number(whole(number).ok_or_else(refuse)?),
            Value::Array(_) | Value::Object(_) => {
                return Err(DoorError::impossible(format!(
                    "{attribute} has one value, not several"
                )));
            }
        }))
    }
}

/// A number without a fraction, also when it is written with one.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let text = number.to_string();
        text.strip_suffix(".0")?.parse().ok()
    })
}

fn declared(
    table: &SlotTable,
    question: &Question,
    ignored: &mut Vec<String>,
) -> Result<Declared, DoorError> {
    let mut answers: Vec<(String, Given)> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut asked = false;
    let mut add = |name: &str, value: &Value| {
        if let Some(given) = Given::read(name, value)? {
            answers.push((name.to_owned(), given));
        }
        Ok::<_, DoorError>(())
    };
    let by_name = match &question.attributes {
        Some(Attributes::ByName(attributes)) => Some(attributes),
        Some(Attributes::List(_)) | None => None,
    };
    for (name, value) in by_name.into_iter().flatten() {
        asked = true;
        if table.has_attribute(name) {
            add(name, value)?;
        } else {
            ignored.push(name.clone());
        }
    }
    for (name, value) in &question.beside {
        if table.has_attribute(name) {
            asked = true;
            add(name, value)?;
        }
    }
    let list = match &question.attributes {
        Some(Attributes::List(list)) => Some(list),
        Some(Attributes::ByName(_)) | None => None,
    };
    let lists = [list, question.declare.as_ref()];
    for item in lists.into_iter().flatten().flatten() {
        asked = true;
        match item {
            Value::String(word) => words.push(word.as_str()),
            Value::Object(object) => {
                for (name, value) in pairs(object) {
                    add(name, value)?;
                }
            }
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Err(DoorError::impossible(format!("{item} declares nothing")));
            }
        }
    }
    if answers.len() + words.len() > MAX_ATTRIBUTES {
        return Err(DoorError::impossible(format!(
            "more than {MAX_ATTRIBUTES} attributes"
        )));
    }
    asked |= question.attributes.is_some() || question.declare.is_some();
    if let Some(code) = &question.code {
        if !(answers.is_empty() && words.is_empty()) {
            return Err(DoorError::impossible("either a code or attributes"));
        }
        return table.read_code(code).map_err(DoorError::impossible);
    }
    if answers.is_empty() && words.is_empty() && !ignored.is_empty() {
        return Err(DoorError::impossible(format!(
            "none of these is an attribute: {}",
            ignored
                .iter()
                .take(8)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    if !asked {
        return Err(DoorError::impossible(
            "attributes, declare or code is needed",
        ));
    }
    let answers = answers
        .iter()
        .map(|(name, given)| (name.as_str(), given.said()));
    table
        .declare_all(answers, &words)
        .map_err(DoorError::impossible)
}

/// What a list of attributes declares.
pub(super) fn listed(table: &SlotTable, list: &Value) -> Result<Declared, DoorError> {
    let question = serde_json::json!({ "attributes": list });
    let question: Question =
        serde_json::from_value(question).map_err(|error| DoorError::Shape(error.to_string()))?;
    declared(table, &question, &mut Vec::new())
}

/// `{"age": 3}`, or `{"attribute": "age", "value": 3}` in several spellings.
fn pairs(object: &serde_json::Map<String, Value>) -> Vec<(&str, &Value)> {
    let first = |names: &[&str]| names.iter().find_map(|name| object.get(*name));
    let named = first(&["attribute", "slot"]).and_then(Value::as_str);
    match (named, first(&["value", "option", "code"])) {
        (Some(name), Some(value)) => vec![(name, value)],
        (Some(_) | None, _) => object
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect(),
    }
}

fn counts(table: &SlotTable, cells: &Cells) -> Result<PublicCounts, DoorError> {
    let mut counts = PublicCounts::new();
    let mut add = |code: &str, households: u64| {
        let cell = table.read_code(code).map_err(DoorError::impossible)?;
        counts.add(table, cell, households);
        if counts.cells() > MAX_CELLS {
            return Err(DoorError::impossible(format!(
                "more than {MAX_CELLS} cells"
            )));
        }
        Ok(())
    };
    match cells {
        Cells::ByCode(cells) => {
            for (code, households) in cells {
                add(code, *households)?;
            }
        }
        Cells::List(cells) => {
            for cell in cells {
                add(&cell.code, cell.households)?;
            }
        }
    }
    Ok(counts)
}

fn token(
    cx: &Context,
    table: &SlotTable,
    released: &Released,
    scramble: &Scramble,
) -> Result<String, DoorError> {
    let site = scramble.site.parse().map_err(DoorError::impossible)?;
    let epoch = scramble.epoch.map_or_else(|| Epoch::of(cx.as_of), Epoch);
    let ring = KeyRing::new(epoch, hexadecimal("key", &scramble.key)?);
    let randomness = Randomness::new(hexadecimal("random", &scramble.random)?);
    ring.scramble(table, released, &site, randomness)
        .map(|token| token.to_string())
        .map_err(DoorError::impossible)
}

fn hexadecimal<const N: usize>(name: &str, text: &str) -> Result<[u8; N], DoorError> {
    let refuse =
        || DoorError::impossible(format!("{name}: {} hexadecimal digits are needed", 2 * N));
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(refuse());
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(2 * place..2 * place + 2).ok_or_else(refuse)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| refuse())?;
    }
    Ok(bytes)
}

fn parts(table: &SlotTable, declared: &Declared) -> Vec<Part> {
    table
        .options(declared)
        .map(|(slot, option)| Part {
            slot: slot.id.clone(),
            option: option.id.clone(),
            code: option.code.clone(),
            label: label(&option.label),
        })
        .collect()
}

fn label(text: &crate::text::Text) -> Label {
    Label {
        ja: text.ja.clone(),
        en: text.en.clone(),
    }
}
