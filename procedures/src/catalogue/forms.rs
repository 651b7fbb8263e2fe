//! Expands the blocks and rows of a form into its leaf fields, and refuses what contradicts itself.
//!
//! Collects every problem; a field with a problem is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::ProblemKind;
use super::raw::{RawDerive, RawField, RawForm, RawKind, RawSection, RawShare};
use crate::condition::{Scalar, When};
use crate::form::{Derive, DeriveRule, Field, FieldKind, Form, Required, ShareRule};
use crate::ids::FieldPath;
use crate::text::Text;
use crate::value::Value;

/// Blocks by their id.
pub(super) type Blocks = BTreeMap<String, Vec<RawField>>;
/// A key and what is wrong at it.
pub(super) type FieldProblems = Vec<(String, ProblemKind)>;

/// How deep blocks may use one another.
const MOST_DEPTH: usize = 8;
/// How many leaves a form may have.
const MOST_FIELDS: usize = 2_000;

/// A form with its blocks expanded.
pub(super) fn expand(raw: &RawForm, blocks: &Blocks) -> (Form, FieldProblems) {
    let mut expansion = Expansion {
        blocks,
        fields: Vec::new(),
        paths: BTreeSet::new(),
        problems: Vec::new(),
        full: false,
    };
    for section in &raw.section {
        for (key, text) in [
            ("title", &section.title),
            ("why", &section.why),
            ("seen_by", &section.seen_by),
        ] {
            expansion.said(&format!("form.section.{key}"), text);
        }
        for field in &section.field {
            expansion.add(field, section);
        }
    }
    let form = Form {
        version: raw.version,
        fields: expansion.fields,
    };
    (form, expansion.problems)
}

/// The fields of one form while its blocks are being expanded.
struct Expansion<'a> {
    blocks: &'a Blocks,
    fields: Vec<Field>,
    paths: BTreeSet<String>,
    problems: FieldProblems,
    full: bool,
}

impl Expansion<'_> {
    fn problem(&mut self, path: &str, what: ProblemKind) {
        self.problems.push((path.to_owned(), what));
    }

    fn said(&mut self, key: &str, text: &Text) {
        for (lang, words) in [("ja", &text.ja), ("en", &text.en)] {
            if words.trim().is_empty() {
                self.problem(
                    key,
                    ProblemKind::Words {
                        problem: format!("no text in {lang}"),
                    },
                );
            }
        }
    }

    fn add(&mut self, raw: &RawField, section: &RawSection) {
        match &raw.rows {
            None => self.add_one(raw, &raw.id, &When::Always, section, 0),
            Some(rows) => {
                for row in rows.first..=rows.last {
                    let there = rows
                        .count
                        .as_ref()
                        .map_or(When::Always, |count| When::AtLeast {
                            path: count.clone(),
                            n: i64::from(row) + i64::from(rows.offset),
                        });
                    self.add_one(raw, &format!("{}[{row}]", raw.id), &there, section, 0);
                }
            }
        }
    }

    /// Adds a leaf at `path`, or every leaf of a block below it.
    fn add_one(
        &mut self,
        raw: &RawField,
        path: &str,
        there: &When,
        section: &RawSection,
        depth: usize,
    ) {
        let Some(block) = &raw.block else {
            self.add_leaf(raw, path, there, section);
            return;
        };
        let missing = |missing: &str| ProblemKind::NoSuchPart {
            missing: missing.to_owned(),
        };
        if depth > MOST_DEPTH || self.full {
            if !self.full {
                let block = block.clone();
                self.problem(path, ProblemKind::BlockCircle { block });
            }
            self.full = true;
            return;
        }
        let blocks = self.blocks;
        let Some(all) = blocks.get(block) else {
            self.problem(path, missing(block));
            return;
        };
        let ids: Vec<&String> = match &raw.only {
            Some(only) => only.iter().collect(),
            None => all.iter().map(|leaf| &leaf.id).collect(),
        };
        for stray in raw.leaf.keys().filter(|key| !ids.contains(key)) {
            self.problem(path, missing(stray));
        }
        // Inside a block, the use of another block stands at its own place too.
        let mut at_place = raw.clone();
        at_place.when = raw
            .when
            .as_ref()
            .map(|when| when.renamed(&|given| absolute(given, path)));
        let raw = &at_place;
        for id in ids {
            let Some(base) = all.iter().find(|leaf| leaf.id == *id) else {
                self.problem(path, missing(id));
                continue;
            };
            let own = raw.leaf.get(id).cloned().unwrap_or_default();
            let leaf = own
                .over(raw.as_defaults())
                .over(base.clone())
                .joined(raw, base);
            self.add_one(&leaf, &format!("{path}.{id}"), there, section, depth + 1);
        }
    }

    fn add_leaf(&mut self, raw: &RawField, path: &str, there: &When, section: &RawSection) {
        if self.fields.len() >= MOST_FIELDS {
            if !self.full {
                let block = raw.id.clone();
                self.problem(path, ProblemKind::BlockCircle { block });
            }
            self.full = true;
            return;
        }
        let order = u32::try_from(self.fields.len()).unwrap_or(u32::MAX);
        match leaf(raw, path, there, section, order) {
            Err(what) => self.problem(path, what),
            Ok(field) => {
                if !self.paths.insert(path.to_owned()) {
                    let name = path.to_owned();
                    self.problem(path, ProblemKind::Twice { name });
                    return;
                }
                let options = field
                    .options
                    .iter()
                    .flat_map(|option| [Some(&option.label), option.form.as_ref()]);
                let texts: Vec<Text> = [
                    Some(&field.label),
                    Some(&field.question),
                    field.blank.as_ref(),
                ]
                .into_iter()
                .chain(options)
                .flatten()
                .cloned()
                .collect();
                for text in &texts {
                    self.said(path, text);
                }
                self.fields.push(field);
            }
        }
    }
}

impl RawField {
    /// This leaf's keys, and the other's where this one is silent.
    fn over(self, other: Self) -> Self {
        Self {
            id: if self.id.is_empty() {
                other.id
            } else {
                self.id
            },
            block: self.block.or(other.block),
            only: self.only.or(other.only),
            leaf: if self.leaf.is_empty() {
                other.leaf
            } else {
                self.leaf
            },
            rows: self.rows.or(other.rows),
            label: self.label.or(other.label),
            question: self.question.or(other.question),
            kind: self.kind.or(other.kind),
            min: self.min.or(other.min),
            max: self.max.or(other.max),
            len: self.len.or(other.len),
            charset: self.charset.or(other.charset),
            required: self.required.or(other.required),
            options: self.options.or(other.options),
            blank: self.blank.or(other.blank),
            why: self.why.or(other.why),
            seen_by: self.seen_by.or(other.seen_by),
            confidence: self.confidence.or(other.confidence),
            when: self.when.or(other.when),
            prefill: self.prefill.or(other.prefill),
            derive: self.derive.or(other.derive),
            shared: self.shared.or(other.shared),
            ask: self.ask.or(other.ask),
            staff_only: self.staff_only.or(other.staff_only),
            private: self.private.or(other.private),
            at_reception: self.at_reception.or(other.at_reception),
        }
    }

    /// What the use of a block says for all its leaves at once.
    fn as_defaults(&self) -> Self {
        Self {
            why: self.why.clone(),
            seen_by: self.seen_by.clone(),
            confidence: self.confidence,
            ask: self.ask,
            required: self.required,
            staff_only: self.staff_only,
            ..Self::default()
        }
    }

    /// The condition of the whole block joined with the leaf's own; the block's label before the leaf's.
    fn joined(mut self, use_of_block: &Self, base: &Self) -> Self {
        let own = self.when.take().unwrap_or_default();
        let whole = use_of_block.when.clone().unwrap_or_default();
        self.when = Some(both(whole, own));
        if let (Some(prefix), Some(label)) = (&use_of_block.label, &self.label) {
            let is_the_blocks = base.label.as_ref() == Some(label);
            if is_the_blocks {
                self.label = Some(crate::text::Text {
                    ja: format!("{}　{}", prefix.ja, label.ja),
                    en: format!("{}: {}", prefix.en, label.en),
                });
            }
        }
        self
    }
}

fn both(a: When, b: When) -> When {
    match (a, b) {
        (When::Always, other) | (other, When::Always) => other,
        (a, b) => When::All(vec![a, b]),
    }
}

/// A path that begins with `.` is relative to the block's own place.
fn absolute(path: &str, leaf_path: &str) -> String {
    match (path.strip_prefix('.'), leaf_path.rsplit_once('.')) {
        (Some(relative), Some((parent, _))) => format!("{parent}.{relative}"),
        _ => path.to_owned(),
    }
}

fn leaf(
    raw: &RawField,
    path: &str,
    there: &When,
    section: &RawSection,
    order: u32,
) -> Result<Field, ProblemKind> {
    let lacking = |what| ProblemKind::Lacking { what };
    let raw_kind = raw.kind.ok_or_else(|| lacking("kind"))?;
    let label = raw.label.clone().ok_or_else(|| lacking("label"))?;
    let rename = |given: &str| absolute(given, path);
    let field_path: FieldPath = path.parse().map_err(ProblemKind::Id)?;
    let own_when = raw.when.clone().unwrap_or_default().renamed(&rename);
    let derive = raw
        .derive
        .iter()
        .flatten()
        .map(|rule| derive_rule(path, raw_kind, rule));
    let field = Field {
        question: raw.question.clone().unwrap_or_else(|| label.clone()),
        label,
        kind: kind(raw_kind, raw),
        max_len: raw.len,
        charset: raw.charset,
        required: raw.required.ok_or_else(|| lacking("required"))?,
        options: raw.options.clone().unwrap_or_default(),
        blank: raw.blank.clone(),
        why: raw.why.clone().unwrap_or_else(|| section.why.clone()),
        seen_by: raw
            .seen_by
            .clone()
            .unwrap_or_else(|| section.seen_by.clone()),
        section: section.title.clone(),
        confidence: raw.confidence.unwrap_or_default(),
        when: both(there.clone(), own_when),
        prefill: raw.prefill.clone().unwrap_or_default(),
        derive: derive.collect::<Result<_, _>>()?,
        shared: raw
            .shared
            .iter()
            .flatten()
            .map(|share| share_rule(share, &rename))
            .collect(),
        // Fields of one place in the order of asking keep the order of the form.
        ask: raw
            .ask
            .unwrap_or(500)
            .saturating_mul(1000)
            .saturating_add(order),
        staff_only: raw.staff_only.unwrap_or_default(),
        private: raw.private.unwrap_or_default(),
        at_reception: raw.at_reception.unwrap_or_default(),
        path: field_path,
    };
    fits(&field)?;
    Ok(field)
}

fn kind(kind: RawKind, raw: &RawField) -> FieldKind {
    match kind {
        RawKind::Text => FieldKind::Text,
        RawKind::Kana => FieldKind::Kana,
        RawKind::Number => FieldKind::Number {
            min: raw.min.unwrap_or(0),
            max: raw.max.unwrap_or(i64::from(i32::MAX)),
        },
        RawKind::Bool => FieldKind::Bool,
        RawKind::Date => FieldKind::Date,
        RawKind::DateTime => FieldKind::DateTime,
        RawKind::YearMonth => FieldKind::YearMonth,
        RawKind::Choice => FieldKind::Choice,
    }
}

fn derive_rule(path: &str, kind: RawKind, raw: &RawDerive) -> Result<DeriveRule, ProblemKind> {
    let at = |given: &String| absolute(given, path);
    let pair = |(a, b): &(String, String)| (at(a), at(b));
    let candidates = [
        raw.copy.as_ref().map(|from| Derive::Copy(at(from))),
        raw.name
            .as_ref()
            .map(pair)
            .map(|(sei, mei)| Derive::Name { sei, mei }),
        raw.age_at
            .as_ref()
            .map(pair)
            .map(|(birth, on)| Derive::AgeAt { birth, on }),
        raw.day_of.as_ref().map(|from| Derive::DayOf(at(from))),
        raw.tsuzukigara
            .as_ref()
            .map(pair)
            .map(|(order, sex)| Derive::Tsuzukigara { order, sex }),
        raw.yucho_branch
            .as_ref()
            .map(|from| Derive::YuchoBranch(at(from))),
        raw.yucho_number
            .as_ref()
            .map(|from| Derive::YuchoNumber(at(from))),
        raw.blank.then_some(Derive::Value(Value::Blank)),
        raw.zengin
            .as_ref()
            .map(pair)
            .map(|(sei_kana, mei_kana)| Derive::Zengin { sei_kana, mei_kana }),
        raw.value
            .as_ref()
            .map(|value| Derive::Value(fixed(kind, value))),
    ];
    let mut said = candidates.into_iter().flatten();
    match (said.next(), said.next()) {
        (Some(derive), None) => Ok(DeriveRule {
            when: raw.when.renamed(&|given| absolute(given, path)),
            derive,
        }),
        _ => Err(ProblemKind::Misfit {
            problem: "a derivation says exactly one thing",
        }),
    }
}

fn fixed(kind: RawKind, value: &Scalar) -> Value {
    match (kind, value) {
        (_, Scalar::Bool(value)) => Value::Bool(*value),
        (_, Scalar::Number(value)) => Value::Number(*value),
        (RawKind::Choice, Scalar::Text(value)) => Value::Choice(value.clone()),
        (_, Scalar::Text(value)) => Value::Text(value.clone()),
    }
}

fn share_rule(raw: &RawShare, rename: &dyn Fn(&str) -> String) -> ShareRule {
    ShareRule {
        procedure: raw.procedure.clone(),
        path: raw.path.clone(),
        when: raw.when.clone(),
        same: raw
            .same
            .iter()
            .map(|(here, there)| (rename(here), there.clone()))
            .collect(),
    }
}

fn fits(field: &Field) -> Result<(), ProblemKind> {
    let is_choice = field.kind == FieldKind::Choice;
    let problem = if is_choice && field.options.is_empty() {
        "a choice needs options"
    } else if !is_choice && !field.options.is_empty() {
        "only a choice has options"
    } else if matches!(field.kind, FieldKind::Text | FieldKind::Kana)
        && (field.charset.is_none() || field.max_len.is_none())
    {
        "a text needs a charset and a length"
    } else if field.required == Required::Conditional && field.when == When::Always {
        "conditional, and without a condition"
    } else {
        return Ok(());
    };
    Err(ProblemKind::Misfit { problem })
}

impl Derive {
    /// Every field the derivation rests on.
    pub(super) fn paths(&self) -> Vec<&str> {
        match self {
            Self::Copy(a) | Self::DayOf(a) | Self::YuchoBranch(a) | Self::YuchoNumber(a) => vec![a],
            Self::Name { sei: a, mei: b }
            | Self::AgeAt { birth: a, on: b }
            | Self::Zengin {
                sei_kana: a,
                mei_kana: b,
            }
            | Self::Tsuzukigara { order: a, sex: b } => vec![a, b],
            Self::Value(_) => Vec::new(),
        }
    }
}
