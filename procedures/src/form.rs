//! The shape of a form: leaf fields in form order, each with its words, its bounds and its reasons.
//!
//! Forms are data (`catalogue/*.toml`); this module only gives them a type. Blocks such as `person` are
//! already expanded when a [`Form`] exists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::When;
use crate::ids::FieldPath;
use crate::names::Charset;
use crate::text::Text;
use crate::value::Value;

/// A form: its version and its leaf fields, in the order of the paper form.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Counts up with every change of the fields.
    pub version: u32,
    /// Leaf fields.
    pub fields: Vec<Field>,
}

impl Form {
    /// The field at a path.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.path.as_str() == path)
    }
}

/// How sure a fact in the catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Backed by a source that was read.
    #[default]
    Verified,
    /// General knowledge, not verified: never to be presented as law; shown to officers as such.
    Gk,
}

/// What kind of value a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Free text.
    Text,
    /// A reading in full-width katakana.
    Kana,
    /// A whole number.
    Number {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// Yes or no.
    Bool,
    /// A day.
    Date,
    /// A day and a time to the minute.
    DateTime,
    /// A month.
    YearMonth,
    /// One of the options.
    Choice,
}

impl FieldKind {
    /// The stable word that stands in the signed bytes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Kana => "kana",
            Self::Number { .. } => "number",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::DateTime => "date_time",
            Self::YearMonth => "year_month",
            Self::Choice => "choice",
        }
    }
}

/// Whether a filing can do without the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// Needed always (a deliberate blank counts where the field allows one).
    Mandatory,
    /// Needed when its condition holds.
    Conditional,
    /// May be left out.
    Optional,
    /// Set by the system or by derivation; never asked.
    System,
}

/// One way to answer a choice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// The stable id that is filed.
    pub id: String,
    /// What the parent is offered.
    pub label: Text,
    /// The words of the official form, where they differ from the label.
    #[serde(default)]
    pub form: Option<Text>,
}

impl ChoiceOption {
    /// The words that stand in the filing.
    #[must_use]
    pub fn on_form(&self) -> &Text {
        self.form.as_ref().unwrap_or(&self.label)
    }
}

/// What can be known about a field before anybody is asked. Each variant names exactly one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrefillFrom {
    /// The whole name on the card.
    CardName,
    /// The family name on the card, when the card parts it with U+3000.
    CardSei,
    /// The given name on the card, when the card parts it with U+3000.
    CardMei,
    /// Date of birth on the card.
    CardBirth,
    /// Sex on the card.
    CardSex,
    /// Address on the card.
    CardAddress,
    /// Date and time of birth on the certificate.
    CertificateBirthDt,
    /// Day of birth on the certificate.
    CertificateBirth,
    /// Sex on the certificate; undetermined becomes a deliberate blank.
    CertificateSex,
    /// Place of birth on the certificate.
    CertificatePlace,
    /// The mother's family name on the certificate, when parted with U+3000.
    CertificateMotherSei,
    /// The mother's given name on the certificate, when parted with U+3000.
    CertificateMotherMei,
    /// 1 when the certificate says this is the mother's only live birth: then the child is the first of
    /// its sex whatever the sex is.
    CertificateFirstborn,
    /// 届出人の資格.
    RoleCapacity,
    /// `mother` or `father`, when the filer is a parent.
    RoleParent,
    /// Code of the municipality of birth.
    BirthplaceCode,
    /// Name of the mayor of the municipality of birth, as an addressee.
    BirthplaceMayor,
    /// Code of the home municipality.
    HomeCode,
    /// Name of the mayor of the home municipality, as an addressee.
    HomeMayor,
}

/// One prefill with the roles it is right for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prefill {
    /// The fact.
    pub from: PrefillFrom,
    /// `mother`, `father` or `parent`; absent: any role.
    #[serde(default)]
    pub role: Option<PrefillRole>,
}

/// For which filers a prefill is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrefillRole {
    /// The mother files.
    Mother,
    /// The father files.
    Father,
    /// Either parent files.
    Parent,
}

/// How a value follows from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Derive {
    /// The same as another field.
    Copy(String),
    /// Family and given name, joined with U+3000.
    Name {
        /// Family name.
        sei: String,
        /// Given name.
        mei: String,
    },
    /// Full years of age of one born on one day, on another day.
    AgeAt {
        /// Day of birth.
        birth: String,
        /// The other day.
        on: String,
    },
    /// The day of a date with time.
    DayOf(String),
    /// 続き柄: 長男, 二女 …
    Tsuzukigara {
        /// The number among children of the same sex.
        order: String,
        /// 1 or 2.
        sex: String,
    },
    /// Branch code from ゆうちょ 記号.
    YuchoBranch(String),
    /// Account number from ゆうちょ 番号.
    YuchoNumber(String),
    /// An account holder's name in the banks' half-width kana, from two readings.
    Zengin {
        /// Reading of the family name.
        sei_kana: String,
        /// Reading of the given name.
        mei_kana: String,
    },
    /// A fixed value.
    Value(Value),
}

/// A derivation with its condition; the first that holds and can be computed wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeriveRule {
    /// When it applies.
    pub when: When,
    /// What it computes.
    pub derive: Derive,
}

/// An answer of another form of the same visit that answers this field too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRule {
    /// The other form.
    pub procedure: crate::ids::ProcedureId,
    /// Its field.
    pub path: String,
    /// Condition on the other form's answers.
    pub when: When,
    /// Pairs (field here, field there) that must be equal, code point for code point.
    pub same: Vec<(String, String)>,
}

/// One leaf field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Where it sits.
    pub path: FieldPath,
    /// The form's own name for it; stands in the filing.
    pub label: Text,
    /// The question a person is asked; falls back to the label.
    pub question: Text,
    /// The kind of value.
    pub kind: FieldKind,
    /// Most user-perceived characters (grapheme clusters; a variation selector does not count).
    pub max_len: Option<u16>,
    /// The characters allowed.
    pub charset: Option<Charset>,
    /// Whether it is needed.
    pub required: Required,
    /// The options of a choice; empty for other kinds.
    pub options: Vec<ChoiceOption>,
    /// Where a deliberate blank is allowed: the words of that answer ("not decided yet").
    pub blank: Option<Text>,
    /// Why this is asked.
    pub why: Text,
    /// Who will see it.
    pub seen_by: Text,
    /// The heading it stands under.
    pub section: Text,
    /// How sure the catalogue is about this field.
    pub confidence: Confidence,
    /// When the field is part of the form at all.
    pub when: When,
    /// What may be filled in beforehand, best first.
    pub prefill: Vec<Prefill>,
    /// How it follows from others.
    pub derive: Vec<DeriveRule>,
    /// Which answers of other forms answer it.
    pub shared: Vec<ShareRule>,
    /// Place in the order of asking; lower is asked earlier.
    pub ask: u32,
    /// Only staff may bring it up, never the parent's screen.
    pub staff_only: bool,
    /// Never on a receipt, preview or shared view.
    pub private: bool,
    /// The receiving office completes it on arrival; it is not part of the signed filing.
    pub at_reception: bool,
}

impl Field {
    /// The option with an id.
    #[must_use]
    pub fn option(&self, id: &str) -> Option<&ChoiceOption> {
        self.options.iter().find(|option| option.id == id)
    }
}
