//! The catalogue files as they are written: every key optional that a block or section may supply.

use serde::Deserialize;

use super::{Advice, DeadlineRule, LegalBasis, Profile, Routing};
use crate::condition::{Scalar, When};
use crate::form::{ChoiceOption, Confidence, Prefill, Required};
use crate::ids::ProcedureId;
use crate::names::Charset;
use crate::text::Text;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProcedure {
    pub(super) id: ProcedureId,
    pub(super) title: Text,
    pub(super) summary: Text,
    pub(super) reason: Text,
    pub(super) routing: Routing,
    pub(super) order: u16,
    pub(super) officer_item: Text,
    pub(super) signer: Text,
    #[serde(default)]
    pub(super) law: Vec<LegalBasis>,
    #[serde(default)]
    pub(super) deadline: Option<DeadlineRule>,
    #[serde(default)]
    pub(super) advice: Vec<Advice>,
    pub(super) form: RawForm,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForm {
    pub(super) version: u32,
    pub(super) section: Vec<RawSection>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSection {
    pub(super) title: Text,
    pub(super) why: Text,
    pub(super) seen_by: Text,
    pub(super) field: Vec<RawField>,
}

/// A leaf, or the use of a block when `block` is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawField {
    pub(super) id: String,
    pub(super) block: Option<String>,
    /// The leaves of the block that this form has, in this order.
    pub(super) only: Option<Vec<String>>,
    /// Keys for single leaves of the block.
    pub(super) leaf: BTreeMap<String, RawField>,
    pub(super) rows: Option<RawRows>,
    pub(super) label: Option<Text>,
    pub(super) question: Option<Text>,
    pub(super) kind: Option<RawKind>,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) len: Option<u16>,
    pub(super) charset: Option<Charset>,
    pub(super) required: Option<Required>,
    pub(super) options: Option<Vec<ChoiceOption>>,
    pub(super) blank: Option<Text>,
    pub(super) why: Option<Text>,
    pub(super) seen_by: Option<Text>,
    pub(super) confidence: Option<Confidence>,
    pub(super) when: Option<When>,
    pub(super) prefill: Option<Vec<Prefill>>,
    pub(super) derive: Option<Vec<RawDerive>>,
    pub(super) shared: Option<Vec<RawShare>>,
    pub(super) ask: Option<u32>,
    pub(super) staff_only: Option<bool>,
    pub(super) private: Option<bool>,
    pub(super) at_reception: Option<bool>,
}

/// Repeated use of a block: `id[first]` to `id[last]`; row n is there when `count` is at least n.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRows {
    pub(super) first: u8,
    pub(super) last: u8,
    #[serde(default)]
    pub(super) count: Option<String>,
    /// Added to the row's number before it is compared with `count`.
    #[serde(default)]
    pub(super) offset: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawKind {
    Text,
    Kana,
    Number,
    Bool,
    Date,
    DateTime,
    YearMonth,
    Choice,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDerive {
    #[serde(default)]
    pub(super) when: When,
    #[serde(default)]
    pub(super) copy: Option<String>,
    #[serde(default)]
    pub(super) name: Option<(String, String)>,
    #[serde(default)]
    pub(super) age_at: Option<(String, String)>,
    #[serde(default)]
    pub(super) day_of: Option<String>,
    #[serde(default)]
    pub(super) tsuzukigara: Option<(String, String)>,
    #[serde(default)]
    pub(super) yucho_branch: Option<String>,
    #[serde(default)]
    pub(super) yucho_number: Option<String>,
    #[serde(default)]
    pub(super) zengin: Option<(String, String)>,
    /// A deliberate blank.
    #[serde(default)]
    pub(super) blank: bool,
    /// A fixed value of the field's own kind.
    #[serde(default)]
    pub(super) value: Option<Scalar>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShare {
    pub(super) procedure: ProcedureId,
    pub(super) path: String,
    #[serde(default)]
    pub(super) when: When,
    #[serde(default)]
    pub(super) same: Vec<(String, String)>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBlocks {
    pub(super) block: Vec<RawBlock>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBlock {
    pub(super) id: String,
    pub(super) field: Vec<RawField>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHolidays {
    pub(super) years: Vec<i16>,
    pub(super) days: Vec<jiff::civil::Date>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfiles {
    pub(super) profile: Vec<Profile>,
}
