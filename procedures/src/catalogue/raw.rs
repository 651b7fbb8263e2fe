//! The catalogue files as they are written: every key optional that a block or section may supply.
//!
//! The doc comments are what an editor shows for each key (`catalogue/schema.json`).

use schemars::JsonSchema;
use serde::Deserialize;

use super::words::Words;
use super::{
    Advice, AutomaticMode, DayCount, Domain, Guard, Joyful, Kind, LegalBasis, Level, OnceOnly, Per,
    Profile, Role, Routing, Sector, Stage, Strength, VersionBy,
};
use crate::condition::{Scalar, When};
use crate::form::{ChoiceOption, Confidence, Prefill, Required};
use crate::ids::ProcedureId;
use crate::names::Charset;
use crate::rules::raw::{OneOrCases, RawCondition, RawException, RawExpr, RawNode};
use crate::text::Text;
use std::collections::BTreeMap;

/// One entry of the catalogue: a procedure, a service, a task of somebody else, or an offer. The file is named after `id`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProcedure {
    /// Stable key, romanised, as the file is named: `shussei_todoke`.
    pub(super) id: ProcedureId,
    /// What kind of entry.
    pub(super) kind: Kind,
    /// Public or private.
    pub(super) sector: Sector,
    /// Part of life.
    pub(super) domain: Domain,
    /// When in it.
    pub(super) stage: Stage,
    /// Level of government; for private items `private`.
    pub(super) level: Level,
    /// How many times a family has it.
    pub(super) per: Per,
    /// Official title.
    pub(super) title: Words,
    /// What it is for, in plain words.
    pub(super) summary: Words,
    /// Why it is on the family's line.
    pub(super) reason: Words,
    /// Who is in charge, in words.
    #[serde(default)]
    pub(super) authority: Option<Words>,
    /// Who receives it: one word, or a case table.
    pub(super) routing: OneOrCases<Routing>,
    /// Place on the line; lower comes first. Private items come after all public ones.
    pub(super) order: u16,
    /// Filed from the bedside kiosk.
    #[serde(default)]
    pub(super) bedside: bool,
    /// May be added to what the bedside kiosk files, when somebody asks for it.
    #[serde(default)]
    pub(super) bedside_offer: bool,
    /// The date fact that the deadline and the version run from; `child.birth` of a child and `delivery.date` of a delivery
    /// where nothing is said.
    #[serde(default)]
    pub(super) event: Option<String>,
    /// Which day decides the version: `event_day` (where nothing is said) or `day_asked`.
    #[serde(default)]
    pub(super) version_by: Option<VersionBy>,
    /// Laws. A public item needs at least one.
    #[serde(default)]
    pub(super) law: Vec<LegalBasis>,
    /// Named conditions, to be used by their id anywhere in this file.
    #[serde(default)]
    pub(super) condition: Vec<RawNode>,
    /// For whom it is due; for everybody where nothing is said. A version's own `when` goes before.
    #[serde(default)]
    pub(super) when: Option<RawCondition>,
    /// Exceptions to `when`, of every version that has none of its own.
    #[serde(default)]
    pub(super) exception: Vec<RawException>,
    /// Until when, in every version that has no deadline of its own.
    #[serde(default)]
    pub(super) deadline: Option<RawDeadline>,
    /// From when to when, in every version that has no windows of its own.
    #[serde(default)]
    pub(super) window: Vec<RawWindow>,
    /// How much, in every version that has no amount of its own.
    #[serde(default)]
    pub(super) amount: Option<RawAmount>,
    /// The law over time, oldest first, without gaps. One version without end where nothing is said.
    #[serde(default)]
    pub(super) version: Vec<RawVersion>,
    /// What an officer has to do. Where there is a form there must be one.
    #[serde(default)]
    pub(super) officer_item: Option<RawOfficerItem>,
    /// Who signs, in words.
    #[serde(default)]
    pub(super) signer: Option<Words>,
    /// Who signs, the first who can; or a case table of such lists.
    #[serde(default)]
    pub(super) signers: Option<OneOrCases<Vec<Role>>>,
    /// Who may carry it.
    #[serde(default)]
    pub(super) carriers: Vec<Role>,
    /// Evidence.
    #[serde(default)]
    pub(super) attachment: Vec<RawAttachment>,
    /// What it rests on.
    #[serde(default)]
    pub(super) depends: Vec<RawDependency>,
    /// Other recipients that are as lawful as the usual one, in the order they are named.
    #[serde(default)]
    pub(super) also_at: Vec<RawAlsoAt>,
    /// How much happens by itself; the first that applies.
    #[serde(default)]
    pub(super) automatic: Vec<RawAutomatic>,
    /// What happens in six circumstances. A private item must say `hide` for loss, nicu, dv_support and adoption_plan.
    #[serde(default)]
    pub(super) guards: RawGuards,
    /// The joyful messages it may send; with any of them, `guards.loss` must be `hide` or `staff_only`.
    #[serde(default)]
    pub(super) joyful: Vec<Joyful>,
    /// A record that several people keep.
    #[serde(default)]
    pub(super) record: Option<RawRecord>,
    /// `psid3.0+<法人番号>+<number>+UM<number>`.
    #[serde(default)]
    pub(super) psid: Option<String>,
    /// Tags of the universal menu: "003", "078", "087".
    #[serde(default)]
    pub(super) um: Vec<String>,
    /// The number of the function in the standard specifications; empty where it is not known.
    #[serde(default)]
    pub(super) std_function_id: Option<String>,
    /// Where it was read: "S1", "GK".
    #[serde(default)]
    pub(super) sources: Vec<String>,
    /// `gk` where the whole is general knowledge and no source was read.
    #[serde(default)]
    pub(super) confidence: Confidence,
    /// What to say depending on the answers on the form.
    #[serde(default)]
    pub(super) advice: Vec<Advice>,
    /// The form, where there is something to fill in.
    #[serde(default)]
    pub(super) form: Option<RawForm>,
}

/// The law as it stands for a time. What a version does not say it takes from the top of the file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVersion {
    /// Its id, for example "2024-10".
    pub(super) id: String,
    /// The first day: "2024-10-01"; missing in the first version where it reaches back without end.
    #[serde(default)]
    pub(super) valid_from: Option<jiff::civil::Date>,
    /// The last day; missing in the last version.
    #[serde(default)]
    pub(super) valid_to: Option<jiff::civil::Date>,
    /// For whom it is due.
    #[serde(default)]
    pub(super) when: Option<RawCondition>,
    /// Exceptions to `when`.
    #[serde(default)]
    pub(super) exception: Vec<RawException>,
    /// Until when.
    #[serde(default)]
    pub(super) deadline: Option<RawDeadline>,
    /// From when to when.
    #[serde(default)]
    pub(super) window: Vec<RawWindow>,
    /// How much.
    #[serde(default)]
    pub(super) amount: Option<RawAmount>,
    /// What is different about it.
    #[serde(default)]
    pub(super) note: Option<Words>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(super) confidence: Confidence,
}

/// A deadline. One of `days`, `months`, `years` and `promptly`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDeadline {
    /// How days are counted: R-DAY1 `event_day_is_day_one` (family register) or R-DAY0 `event_day_excluded` (everything else).
    pub(super) count: DayCount,
    /// So many days.
    #[serde(default)]
    pub(super) days: Option<u16>,
    /// So many months.
    #[serde(default)]
    pub(super) months: Option<u16>,
    /// So many years.
    #[serde(default)]
    pub(super) years: Option<u16>,
    /// Without a number of days: 速やかに.
    #[serde(default)]
    pub(super) promptly: bool,
    /// The date fact it runs from; the procedure's `event` where nothing is said.
    #[serde(default)]
    pub(super) from: Option<String>,
    /// It ends that long before the event.
    #[serde(default)]
    pub(super) before: bool,
    /// R-ROLL applies; true where nothing is said.
    #[serde(default = "yes")]
    pub(super) rolled: bool,
    /// What happens then, in calm words.
    pub(super) note: Words,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(super) confidence: Confidence,
    /// Other periods for some families.
    #[serde(default)]
    pub(super) variant: Vec<RawDeadlineVariant>,
}

fn yes() -> bool {
    true
}

/// Another period for some families.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDeadlineVariant {
    /// Unique in the procedure.
    pub(super) id: String,
    /// For whom.
    pub(super) when: RawCondition,
    /// How days are counted; as in the ordinary period where nothing is said.
    #[serde(default)]
    pub(super) count: Option<DayCount>,
    /// So many days.
    #[serde(default)]
    pub(super) days: Option<u16>,
    /// So many months.
    #[serde(default)]
    pub(super) months: Option<u16>,
    /// So many years.
    #[serde(default)]
    pub(super) years: Option<u16>,
    /// Without a number of days.
    #[serde(default)]
    pub(super) promptly: bool,
    /// What happens then.
    pub(super) note: Words,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(super) confidence: Confidence,
}

/// From when to when something can be done. Both ends inclusive.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWindow {
    /// Unique in the procedure.
    pub(super) id: String,
    /// Its name, where there are several.
    #[serde(default)]
    pub(super) label: Option<Words>,
    /// For whom.
    #[serde(default)]
    pub(super) when: Option<RawCondition>,
    /// The first day: `{ fact = "child.birth", plus = "28d" }`.
    #[serde(default)]
    pub(super) from: Option<RawExpr>,
    /// The last day.
    #[serde(default)]
    pub(super) to: Option<RawExpr>,
    /// What to know about it.
    #[serde(default)]
    pub(super) note: Option<Words>,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(super) confidence: Confidence,
}

/// How much.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAmount {
    /// The table in `catalogue/amounts/`.
    pub(super) table: String,
    /// As a rule of thumb, in words.
    #[serde(default)]
    pub(super) note: Option<Words>,
}

/// What an officer has to do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOfficerItem {
    /// Its name in the list of work.
    pub(super) title: Words,
    /// What is to be decided, in order; at least one.
    #[serde(default)]
    pub(super) decides: Vec<RawDecision>,
}

/// One thing an officer decides.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDecision {
    /// Unique in the officer's item.
    pub(super) id: String,
    /// In words.
    pub(super) label: Words,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
}

/// Evidence that goes with a filing.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAttachment {
    /// Unique in the procedure.
    pub(super) id: String,
    /// Its name.
    pub(super) label: Words,
    /// For whom.
    #[serde(default)]
    pub(super) when: Option<RawCondition>,
    /// May be handed in later without losing the day of filing.
    #[serde(default)]
    pub(super) may_follow: bool,
    /// The register that makes it unnecessary.
    #[serde(default)]
    pub(super) disappears: Option<RawDisappears>,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(super) confidence: Confidence,
}

/// The register that makes evidence unnecessary.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDisappears {
    /// Which.
    pub(super) source: OnceOnly,
    /// How, in words.
    pub(super) sentence: Words,
}

/// That this item rests on another.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDependency {
    /// The other.
    pub(super) on: ProcedureId,
    /// `hard`: cannot be decided before. `soft`: may be lodged at the same time and completed later.
    pub(super) strength: Strength,
    /// Why.
    pub(super) sentence: Words,
    /// For whom.
    #[serde(default)]
    pub(super) when: Option<RawCondition>,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(super) confidence: Confidence,
}

/// Another recipient that is as lawful as the usual one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlsoAt {
    /// Which.
    pub(super) to: Routing,
    /// For whom.
    #[serde(default)]
    pub(super) when: Option<RawCondition>,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
}

/// How much happens by itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAutomatic {
    /// How.
    pub(super) mode: AutomaticMode,
    /// In words for the family.
    pub(super) sentence: Words,
    /// The facts that must be known for it.
    #[serde(default)]
    pub(super) needs: Vec<String>,
    /// For whom.
    #[serde(default)]
    pub(super) when: Option<RawCondition>,
    /// With `no_application`: since when the recipient itself acts, so that its system may prepare and carry it out.
    #[serde(default)]
    pub(super) acts: Option<RawActs>,
}

/// That the recipient acts by itself, and where that is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawActs {
    /// The first day.
    pub(super) from: jiff::civil::Date,
    /// Where the law says so.
    #[serde(default)]
    pub(super) article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub(super) confidence: Confidence,
}

/// What happens always and in six circumstances; `show` where nothing is said. The strictest that applies counts.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawGuards {
    /// Whatever the circumstances: `quiet` or `staff_only` for what is delicate in itself, never `hide`.
    pub(super) always: Option<Guard>,
    /// A child was lost.
    pub(super) loss: Option<Guard>,
    /// A child is in intensive care.
    pub(super) nicu: Option<Guard>,
    /// The family is protected from violence.
    pub(super) dv_support: Option<Guard>,
    /// The child is to be adopted or fostered.
    pub(super) adoption_plan: Option<Guard>,
    /// A parent is a minor.
    pub(super) minor_parent: Option<Guard>,
    /// A parent is a foreign national.
    pub(super) foreign_parent: Option<Guard>,
}

/// A record that several people keep: who reads and writes what.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecord {
    /// The kinds of entry.
    pub(super) entry: Vec<RawEntry>,
    /// Who may do what.
    pub(super) access: Vec<RawAccess>,
    /// Reading without permission is possible in an emergency, and is logged.
    #[serde(default)]
    pub(super) break_glass: bool,
}

/// A kind of entry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry {
    /// Unique in the record.
    pub(super) id: String,
    /// Its name.
    pub(super) label: Words,
}

/// What one role may do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccess {
    /// Who.
    pub(super) role: Role,
    /// The kinds of entry it reads.
    #[serde(default)]
    pub(super) reads: Vec<String>,
    /// The kinds of entry it writes.
    #[serde(default)]
    pub(super) writes: Vec<String>,
    /// Only with the consent of the person concerned.
    #[serde(default)]
    pub(super) consent: bool,
}

/// The form: sections with fields in the order of the paper.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForm {
    /// Counts up with every change of the fields.
    pub(super) version: u32,
    /// Its sections.
    pub(super) section: Vec<RawSection>,
}

/// A section of a form.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSection {
    /// Its heading.
    pub(super) title: Text,
    /// Why its fields are asked; a field's own `why` goes before.
    pub(super) why: Text,
    /// Who sees them.
    pub(super) seen_by: Text,
    /// Its fields.
    pub(super) field: Vec<RawField>,
}

/// A leaf, or the use of a block when `block` is there.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawField {
    pub(super) id: String,
    pub(super) block: Option<String>,
    /// The leaves of the block that this form has, in this order.
    pub(super) only: Option<Vec<String>>,
    /// Keys for single leaves of the block.
    pub(super) leaf: BTreeMap<String, RawField>,
    /// Repeats a block.
    pub(super) rows: Option<RawRows>,
    /// The form's name for it.
    pub(super) label: Option<Text>,
    /// What a person is asked; the label where nothing is said.
    pub(super) question: Option<Text>,
    /// Its type.
    pub(super) kind: Option<RawKind>,
    /// Least number.
    pub(super) min: Option<i64>,
    /// Greatest number.
    pub(super) max: Option<i64>,
    /// Most user-perceived characters of a text.
    pub(super) len: Option<u16>,
    /// The characters a text may have.
    pub(super) charset: Option<Charset>,
    /// Whether a filing can do without it.
    pub(super) required: Option<Required>,
    /// Of a choice.
    pub(super) options: Option<Vec<ChoiceOption>>,
    /// The words for a deliberate blank, where one is an answer.
    pub(super) blank: Option<Text>,
    /// Why it is asked.
    pub(super) why: Option<Text>,
    /// Who sees it.
    pub(super) seen_by: Option<Text>,
    /// How sure the catalogue is.
    pub(super) confidence: Option<Confidence>,
    /// Part of the form only if: a condition on other answers.
    pub(super) when: Option<When>,
    /// What fills it in, best first.
    pub(super) prefill: Option<Vec<Prefill>>,
    /// How it follows from other fields.
    pub(super) derive: Option<Vec<RawDerive>>,
    /// Which answer of another form of the same visit answers it.
    pub(super) shared: Option<Vec<RawShare>>,
    /// Place in the order of asking.
    pub(super) ask: Option<u32>,
    /// Never on a parent's screen.
    pub(super) staff_only: Option<bool>,
    /// Never on receipts or previews.
    pub(super) private: Option<bool>,
    /// Completed by the office.
    pub(super) at_reception: Option<bool>,
}

/// Repeated use of a block: `id[first]` to `id[last]`; row n is there when `count` is at least n.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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

/// One way a field follows from others; exactly one key beside `when`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
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

/// An answer of another form of the same visit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShare {
    pub(super) procedure: ProcedureId,
    pub(super) path: String,
    #[serde(default)]
    pub(super) when: When,
    #[serde(default)]
    pub(super) same: Vec<(String, String)>,
}

/// The file of blocks: leaves that many forms share.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBlocks {
    pub(super) block: Vec<RawBlock>,
}

/// A block.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBlock {
    pub(super) id: String,
    /// Its fields.
    pub(super) field: Vec<RawField>,
}

/// The file of national holidays, whole years only.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHolidays {
    pub(super) years: Vec<i16>,
    pub(super) days: Vec<jiff::civil::Date>,
}

/// A file of municipality profiles.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfiles {
    /// The municipalities.
    #[serde(default)]
    pub(super) profile: Vec<Profile>,
}
