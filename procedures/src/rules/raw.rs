//! A condition as it is written in the catalogue: every key optional, nothing looked up yet.
//!
//! The doc comments are what an editor shows for each key (`catalogue/schema.json`).

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::facts::Scope;
use crate::catalogue::words::Words;
use crate::form::{ChoiceOption, Confidence};

/// A word, or a table that says more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum WordOr<T> {
    Word(String),
    Table(Box<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WordOr<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = WordOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a table")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
                Ok(WordOr::Word(word.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
                    .map(|table| WordOr::Table(Box::new(table)))
            }
        }
        input.deserialize_any(Reader(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for WordOr<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("WordOr{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, table] })
    }
}

/// A condition: the id of a named one (`[[condition]]`, or one of `conditions.toml`), the id of a yes-or-no fact that has
/// a sentence (`says`), or a table.
pub(crate) type RawCondition = WordOr<RawNode>;

/// A condition. Exactly one of `all`, `any`, `not`, `always`, or a test: a value (`fact`, `count`, `rank`, with date words
/// applied in this order: `reaches` or `fiscal_year_end_after_reaching`; `day`; `plus`, `minus`; `as` or `month_after`;
/// `days_since` …) and one comparison.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawNode {
    /// Unique in the procedure. A test must have one; others get the path they stand at.
    pub(crate) id: Option<String>,
    /// What it asks, said as a statement: "The child lives in Japan". A test must have one.
    pub(crate) sentence: Option<Words>,
    /// Where the law says so, for example 児童手当法4 I.
    pub(crate) article: Option<String>,
    /// `gk` where it is general knowledge and no source was read.
    pub(crate) confidence: Option<Confidence>,

    /// Every one of these holds.
    pub(crate) all: Option<Vec<RawCondition>>,
    /// At least one of these holds.
    pub(crate) any: Option<Vec<RawCondition>>,
    /// This does not hold.
    pub(crate) not: Option<RawCondition>,
    /// Holds always (true) or never (false).
    pub(crate) always: Option<bool>,

    /// The fact that is tested.
    pub(crate) fact: Option<String>,
    /// How many members satisfy a condition.
    pub(crate) count: Option<RawTally>,
    /// The place of this member among those that satisfy a condition, from 1, oldest first: "the nth child among".
    pub(crate) rank: Option<RawTally>,
    /// R-ATTAIN: the day on which one born on the day attains this age: years as a number, or "2m", "18y".
    pub(crate) reaches: Option<NumberOrWord>,
    /// R-FYEND: the first 31 March on or after the day of attaining this age in years.
    pub(crate) fiscal_year_end_after_reaching: Option<u16>,
    /// The first or last day of the month.
    pub(crate) day: Option<RawDayOf>,
    /// Later by: "28d", "6w", "2m" (the month's last day where there is no such day), "1y"; of a number: a number.
    pub(crate) plus: Option<NumberOrWord>,
    /// Earlier by.
    pub(crate) minus: Option<NumberOrWord>,
    /// The month or fiscal year of a day, or the number of its month.
    #[serde(rename = "as")]
    pub(crate) as_: Option<RawAs>,
    /// The month so many months after the one the day lies in. 1: the month after.
    pub(crate) month_after: Option<i32>,
    /// Days from this date fact to the value.
    pub(crate) days_since: Option<String>,
    /// Whole weeks from this date fact to the value.
    pub(crate) weeks_since: Option<String>,
    /// Whole months from this date fact to the value.
    pub(crate) months_since: Option<String>,
    /// Whole years from this date fact to the value, counted by birthdays.
    pub(crate) years_since: Option<String>,

    /// Equal.
    pub(crate) eq: Option<RawOperand>,
    /// Not equal.
    pub(crate) ne: Option<RawOperand>,
    /// Less; of days and months: before.
    pub(crate) lt: Option<RawOperand>,
    /// At most; of days and months: up to and including.
    pub(crate) le: Option<RawOperand>,
    /// More; of days and months: after.
    pub(crate) gt: Option<RawOperand>,
    /// At least; of days and months: from, inclusive.
    pub(crate) ge: Option<RawOperand>,
    /// Another word for `lt`, of days and months.
    pub(crate) before: Option<RawOperand>,
    /// Another word for `gt`, of days and months.
    pub(crate) after: Option<RawOperand>,
    /// Another word for `eq`, of days and months.
    pub(crate) on: Option<RawOperand>,
    /// Another word for `le`, of days and months: まで.
    pub(crate) until: Option<RawOperand>,
    /// Another word for `ge`, of days and months: から.
    pub(crate) from: Option<RawOperand>,
    /// One of these.
    #[serde(rename = "in")]
    pub(crate) in_: Option<Vec<RawOperand>>,
    /// From the first to the second, both inclusive.
    pub(crate) between: Option<Vec<RawOperand>>,
    /// Whether anybody knows it; never unknown itself.
    pub(crate) known: Option<bool>,
}

/// A value: a fact with date words, applied in the order they are listed here.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawExpr {
    /// The fact.
    pub(crate) fact: Option<String>,
    /// A literal instead of a fact: a day as "2026-04-01", a month as "2026-04", a number.
    pub(crate) value: Option<NumberOrWord>,
    /// How many members satisfy a condition.
    pub(crate) count: Option<RawTally>,
    /// The place of this member among those that satisfy a condition.
    pub(crate) rank: Option<RawTally>,
    /// R-ATTAIN: the day on which one born on the day attains this age.
    pub(crate) reaches: Option<NumberOrWord>,
    /// R-FYEND: the first 31 March on or after the day of attaining this age in years.
    pub(crate) fiscal_year_end_after_reaching: Option<u16>,
    /// The first or last day of the month.
    pub(crate) day: Option<RawDayOf>,
    /// Later by: "28d", "6w", "2m", "1y"; of a number: a number.
    pub(crate) plus: Option<NumberOrWord>,
    /// Earlier by.
    pub(crate) minus: Option<NumberOrWord>,
    /// The month or fiscal year of a day, or the number of its month.
    #[serde(rename = "as")]
    pub(crate) as_: Option<RawAs>,
    /// The month so many months after the one the day lies in.
    pub(crate) month_after: Option<i32>,
    /// Days from this date fact to the value.
    pub(crate) days_since: Option<String>,
    /// Whole weeks from this date fact to the value.
    pub(crate) weeks_since: Option<String>,
    /// Whole months from this date fact to the value.
    pub(crate) months_since: Option<String>,
    /// Whole years from this date fact to the value, counted by birthdays.
    pub(crate) years_since: Option<String>,
}

impl RawNode {
    /// The tested value, without the comparison.
    pub(crate) fn expr(&self) -> RawExpr {
        RawExpr {
            fact: self.fact.clone(),
            value: None,
            count: self.count.clone(),
            rank: self.rank.clone(),
            reaches: self.reaches.clone(),
            fiscal_year_end_after_reaching: self.fiscal_year_end_after_reaching,
            day: self.day,
            plus: self.plus.clone(),
            minus: self.minus.clone(),
            as_: self.as_,
            month_after: self.month_after,
            days_since: self.days_since.clone(),
            weeks_since: self.weeks_since.clone(),
            months_since: self.months_since.clone(),
            years_since: self.years_since.clone(),
        }
    }
}

/// Whom to count.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTally {
    /// Of which members.
    pub(crate) of: Scope,
    /// Of `rank`: the date fact they stand in the order of, for example `child.birth`.
    #[serde(default)]
    pub(crate) by: Option<String>,
    /// Those that satisfy this; all of them where it is missing. Facts of the scope are those of each member in turn.
    #[serde(default, rename = "where")]
    pub(crate) filter: Option<RawCondition>,
}

/// A day of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawDayOf {
    /// The first.
    FirstOfMonth,
    /// The last.
    LastOfMonth,
}

/// What is taken from a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawAs {
    /// The month.
    Month,
    /// The fiscal year, named after the year of its April.
    FiscalYear,
    /// The number of its month, 1 to 12.
    MonthOfYear,
}

/// A number or a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NumberOrWord {
    Number(i64),
    Word(String),
}

impl<'de> Deserialize<'de> for NumberOrWord {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        match RawOperand::deserialize(input)? {
            RawOperand::Number(number) => Ok(Self::Number(number)),
            RawOperand::Text(word) => Ok(Self::Word(word)),
            RawOperand::Bool(_) | RawOperand::Expr(_) => {
                Err(D::Error::custom("a whole number or a word is needed"))
            }
        }
    }
}

impl JsonSchema for NumberOrWord {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NumberOrWord".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": ["integer", "string"] })
    }
}

/// What a value is compared with: true, false, a number, a word (an option, a day, a month) or a table with a fact.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RawOperand {
    Bool(bool),
    Number(i64),
    Text(String),
    Expr(Box<RawExpr>),
}

impl<'de> Deserialize<'de> for RawOperand {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawOperand;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, a whole number, a word, or a table such as { fact = \"child.birth\" }")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                Ok(RawOperand::Bool(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                Ok(RawOperand::Number(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                i64::try_from(value)
                    .map(RawOperand::Number)
                    .map_err(|_| E::custom("the number is too large"))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
                Ok(RawOperand::Text(value.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                RawExpr::deserialize(MapAccessDeserializer::new(map))
                    .map(|expr| RawOperand::Expr(Box::new(expr)))
            }
        }
        input.deserialize_any(Reader)
    }
}

impl JsonSchema for RawOperand {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Operand".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<RawExpr>();
        schemars::json_schema!({
            "description": "What a value is compared with: true, false, a number, a word (an option, a day \"2026-04-01\", a month \"2026-04\") or a table with a fact.",
            "anyOf": [{ "type": ["boolean", "integer", "string"] }, table]
        })
    }
}

/// A named condition, to be used by its id.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawConditionsFile {
    /// The conditions, each with an id.
    #[serde(default)]
    pub(crate) condition: Vec<RawNode>,
}

/// An exception: where it applies, the answer is `then`, whatever the ordinary condition says.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawException {
    /// Unique in the procedure.
    pub(crate) id: String,
    /// Where it applies.
    pub(crate) when: RawCondition,
    /// The answer then.
    pub(crate) then: YesNo,
    /// What it says.
    #[serde(default)]
    pub(crate) sentence: Option<Words>,
    /// Where the law says so.
    #[serde(default)]
    pub(crate) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(crate) confidence: Option<Confidence>,
    /// The exceptions it goes before where both apply.
    #[serde(default)]
    pub(crate) over: Vec<String>,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum YesNo {
    /// It holds.
    Yes,
    /// It does not.
    No,
}

/// One line of a case table.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCase<T> {
    /// Unique in the procedure.
    pub(crate) id: String,
    /// In which case.
    pub(crate) when: RawCondition,
    /// What is chosen.
    pub(crate) then: T,
    /// Why, in words.
    #[serde(default)]
    pub(crate) sentence: Option<Words>,
    /// Where the law says so.
    #[serde(default)]
    pub(crate) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(crate) confidence: Option<Confidence>,
}

/// A table that chooses one thing. Its cases must not overlap and, without `otherwise`, leave nothing out.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCaseTable<T> {
    /// What it usually is; said while nothing is known.
    pub(crate) usual: T,
    /// The cases.
    pub(crate) case: Vec<RawCase<T>>,
    /// What it is in no case of these. Leave it out where the cases cover everything.
    pub(crate) otherwise: Option<T>,
}

/// One thing always, or a case table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OneOrCases<T> {
    One(T),
    Cases(RawCaseTable<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrCases<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = OneOrCases<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value, or a table with usual, case and otherwise")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::StrDeserializer::new(word)).map(OneOrCases::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                T::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))
                    .map(OneOrCases::One)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                RawCaseTable::deserialize(MapAccessDeserializer::new(map)).map(OneOrCases::Cases)
            }
        }
        input.deserialize_any(Reader(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrCases<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrCasesOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        let cases = generator.subschema_for::<RawCaseTable<T>>();
        schemars::json_schema!({ "anyOf": [one, cases] })
    }
}

/// A file of facts.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFactsFile {
    /// The facts.
    #[serde(default)]
    pub(crate) fact: Vec<RawFact>,
}

/// One thing that can be known about a family.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFact {
    /// Stable id: `child.birth`.
    pub(crate) id: String,
    /// Of whom it is told.
    pub(crate) scope: Scope,
    /// Its type.
    pub(crate) kind: RawFactKind,
    /// Its name.
    pub(crate) label: Words,
    /// How a person is asked. Derived facts have none.
    #[serde(default)]
    pub(crate) question: Option<Words>,
    /// Of a yes-or-no fact: the statement it makes, so that its id can stand as a condition by itself.
    #[serde(default)]
    pub(crate) says: Option<Words>,
    /// Of a choice.
    #[serde(default)]
    pub(crate) options: Vec<ChoiceOption>,
    /// Least possible number or sum.
    #[serde(default)]
    pub(crate) min: Option<i64>,
    /// Greatest possible number or sum.
    #[serde(default)]
    pub(crate) max: Option<i64>,
    /// Who may see it.
    #[serde(default)]
    pub(crate) seen_by: Option<Words>,
    /// Must not appear on shared screens, receipts or previews.
    #[serde(default)]
    pub(crate) sensitive: bool,
    /// Computed by the program, never asked.
    #[serde(default)]
    pub(crate) derived: bool,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(crate) confidence: Confidence,
}

/// The type of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawFactKind {
    /// Yes or no.
    Bool,
    /// A whole number.
    Number,
    /// Yen.
    Money,
    /// A day.
    Date,
    /// A month.
    Month,
    /// One of the options.
    Choice,
}
