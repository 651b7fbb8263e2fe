//! Reads catalogue files, expands blocks and rows, and refuses what contradicts itself.
//!
//! Opens no file: the builtin texts are part of the program.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::raw::{
    RawBlocks, RawDerive, RawField, RawHolidays, RawKind, RawProcedure, RawProfiles, RawSection,
};
use super::{Catalogue, CatalogueError, Procedure};
use crate::calendar::{ClosingDays, Holidays};
use crate::condition::{Scalar, When};
use crate::form::{Derive, DeriveRule, Field, FieldKind, Form, Required, ShareRule};
use crate::ids::FieldPath;
use crate::value::Value;

/// The texts of a catalogue: file name and content.
pub(super) struct Texts {
    pub(super) blocks: (&'static str, &'static str),
    pub(super) holidays: (&'static str, &'static str),
    pub(super) profiles: (&'static str, &'static str),
    pub(super) procedures: &'static [(&'static str, &'static str)],
}

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../catalogue/", $name)))
    };
}

pub(super) const BUILTIN: Texts = Texts {
    blocks: file!("blocks.toml"),
    holidays: file!("holidays.toml"),
    profiles: file!("profiles.toml"),
    procedures: &[
        file!("shussei_todoke.toml"),
        file!("jido_teate_nintei.toml"),
        file!("shussei_shomeisho.toml"),
    ],
};

type Blocks = BTreeMap<String, Vec<RawField>>;

pub(super) fn load(texts: &Texts) -> Result<Catalogue, CatalogueError> {
    let blocks: RawBlocks = read(texts.blocks)?;
    let blocks: Blocks = blocks
        .block
        .into_iter()
        .map(|block| (block.id, block.field))
        .collect();
    let holidays: RawHolidays = read(texts.holidays)?;
    let raw_profiles: RawProfiles = read(texts.profiles)?;

    let mut profiles = BTreeMap::new();
    for profile in raw_profiles.profile {
        let name = profile.code.to_string();
        if profiles.insert(profile.code, profile).is_some() {
            return Err(CatalogueError::Twice {
                name,
                place: texts.profiles.0.to_owned(),
            });
        }
    }
    let mut procedures = BTreeMap::new();
    for text in texts.procedures {
        let procedure = procedure(read(*text)?, &blocks)?;
        let name = procedure.id.to_string();
        if procedures.insert(procedure.id.clone(), procedure).is_some() {
            return Err(CatalogueError::Twice {
                name,
                place: text.0.to_owned(),
            });
        }
    }
    for procedure in procedures.values() {
        check_links(procedure, &procedures)?;
    }
    Ok(Catalogue {
        procedures,
        profiles,
        holidays: Holidays::new(holidays.years, holidays.days),
        usual_closing: ClosingDays::usual(),
    })
}

fn read<T: DeserializeOwned>((file, text): (&str, &str)) -> Result<T, CatalogueError> {
    toml::from_str(text).map_err(|source| CatalogueError::File {
        file: file.to_owned(),
        source: Box::new(source),
    })
}

fn procedure(raw: RawProcedure, blocks: &Blocks) -> Result<Procedure, CatalogueError> {
    if raw.law.is_empty() {
        return Err(CatalogueError::NoLaw {
            procedure: raw.id.to_string(),
        });
    }
    let mut expansion = Expansion {
        procedure: raw.id.to_string(),
        blocks,
        fields: Vec::new(),
    };
    for section in &raw.form.section {
        for field in &section.field {
            expansion.add(field, section)?;
        }
    }
    let fields = expansion.fields;
    Ok(Procedure {
        id: raw.id,
        title: raw.title,
        summary: raw.summary,
        reason: raw.reason,
        law: raw.law,
        deadline: raw.deadline,
        routing: raw.routing,
        order: raw.order,
        officer_item: raw.officer_item,
        signer: raw.signer,
        advice: raw.advice,
        form: Form {
            version: raw.form.version,
            fields,
        },
    })
}

/// The fields of one form while its blocks are being expanded.
struct Expansion<'a> {
    procedure: String,
    blocks: &'a Blocks,
    fields: Vec<Field>,
}

impl Expansion<'_> {
    fn add(&mut self, raw: &RawField, section: &RawSection) -> Result<(), CatalogueError> {
        match &raw.rows {
            None => self.add_one(raw, &raw.id, &When::Always, section),
            Some(rows) => {
                for row in rows.first..=rows.last {
                    let there = rows
                        .count
                        .as_ref()
                        .map_or(When::Always, |count| When::AtLeast {
                            path: count.clone(),
                            n: i64::from(row) + i64::from(rows.offset),
                        });
                    self.add_one(raw, &format!("{}[{row}]", raw.id), &there, section)?;
                }
                Ok(())
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
    ) -> Result<(), CatalogueError> {
        let Some(block) = &raw.block else {
            return self.add_leaf(raw, path, there, section);
        };
        let missing = |missing: &str| CatalogueError::NoSuchPart {
            procedure: self.procedure.clone(),
            field: path.to_owned(),
            missing: missing.to_owned(),
        };
        let all = self.blocks.get(block).ok_or_else(|| missing(block))?;
        let ids: Vec<&String> = match &raw.only {
            Some(only) => only.iter().collect(),
            None => all.iter().map(|leaf| &leaf.id).collect(),
        };
        if let Some(stray) = raw.leaf.keys().find(|key| !ids.contains(key)) {
            return Err(missing(stray));
        }
        // Inside a block, the use of another block stands at its own place too.
        let mut at_place = raw.clone();
        at_place.when = raw
            .when
            .as_ref()
            .map(|when| when.renamed(&|given| absolute(given, path)));
        let raw = &at_place;
        let mut leaves = Vec::new();
        for id in ids {
            let base = all
                .iter()
                .find(|leaf| leaf.id == *id)
                .ok_or_else(|| missing(id))?;
            let own = raw.leaf.get(id).cloned().unwrap_or_default();
            leaves.push((
                format!("{path}.{id}"),
                own.over(raw.as_defaults())
                    .over(base.clone())
                    .joined(raw, base),
            ));
        }
        for (leaf_path, leaf) in leaves {
            self.add_one(&leaf, &leaf_path, there, section)?;
        }
        Ok(())
    }

    fn add_leaf(
        &mut self,
        raw: &RawField,
        path: &str,
        there: &When,
        section: &RawSection,
    ) -> Result<(), CatalogueError> {
        let order = u32::try_from(self.fields.len()).unwrap_or(u32::MAX);
        let field = leaf(&self.procedure, raw, path, there, section, order)?;
        if self.fields.iter().any(|other| other.path == field.path) {
            return Err(CatalogueError::Twice {
                name: path.to_owned(),
                place: self.procedure.clone(),
            });
        }
        self.fields.push(field);
        Ok(())
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
    procedure: &str,
    raw: &RawField,
    path: &str,
    there: &When,
    section: &RawSection,
    order: u32,
) -> Result<Field, CatalogueError> {
    let lacking = |lacking| CatalogueError::Lacking {
        procedure: procedure.to_owned(),
        field: path.to_owned(),
        lacking,
    };
    let raw_kind = raw.kind.ok_or_else(|| lacking("kind"))?;
    let label = raw.label.clone().ok_or_else(|| lacking("label"))?;
    let rename = |given: &str| absolute(given, path);
    let field_path: FieldPath = path.parse().map_err(|source| CatalogueError::Id {
        file: procedure.to_owned(),
        source,
    })?;
    let own_when = raw.when.clone().unwrap_or_default().renamed(&rename);
    let derive = raw
        .derive
        .iter()
        .flatten()
        .map(|rule| derive_rule(procedure, path, raw_kind, rule));
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
    fits(procedure, &field)?;
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

fn derive_rule(
    procedure: &str,
    path: &str,
    kind: RawKind,
    raw: &RawDerive,
) -> Result<DeriveRule, CatalogueError> {
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
        _ => Err(CatalogueError::Misfit {
            procedure: procedure.to_owned(),
            field: path.to_owned(),
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

fn share_rule(raw: &super::raw::RawShare, rename: &dyn Fn(&str) -> String) -> ShareRule {
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

fn fits(procedure: &str, field: &Field) -> Result<(), CatalogueError> {
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
    Err(CatalogueError::Misfit {
        procedure: procedure.to_owned(),
        field: field.path.to_string(),
        problem,
    })
}

fn check_links(
    procedure: &Procedure,
    all: &BTreeMap<crate::ids::ProcedureId, Procedure>,
) -> Result<(), CatalogueError> {
    let here: BTreeSet<&str> = procedure
        .form
        .fields
        .iter()
        .map(|field| field.path.as_str())
        .collect();
    let dead = |field: &str, path: &str| CatalogueError::DeadLink {
        procedure: procedure.id.to_string(),
        field: field.to_owned(),
        path: path.to_owned(),
    };
    let must = |field: &str, path: &str| {
        if here.contains(path) {
            Ok(())
        } else {
            Err(dead(field, path))
        }
    };
    for advice in &procedure.advice {
        for path in advice.when.paths() {
            must(&advice.id, path)?;
        }
    }
    for field in &procedure.form.fields {
        let name = field.path.as_str();
        for path in field.when.paths() {
            must(name, path)?;
        }
        for rule in &field.derive {
            for path in rule.when.paths().into_iter().chain(rule.derive.paths()) {
                must(name, path)?;
            }
        }
        for share in &field.shared {
            let other = all
                .get(&share.procedure)
                .ok_or_else(|| dead(name, share.procedure.as_str()))?;
            let there = share.when.paths().into_iter().chain([share.path.as_str()]);
            for path in there.chain(share.same.iter().map(|(_, there)| there.as_str())) {
                other.form.field(path).ok_or_else(|| dead(name, path))?;
            }
            for (path, _) in &share.same {
                must(name, path)?;
            }
        }
    }
    Ok(())
}

impl Derive {
    /// Every field the derivation rests on.
    fn paths(&self) -> Vec<&str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKS: &str = r#"
        [[block]]
        id = "pair"
        [[block.field]]
        id = "a"
        label = { ja = "甲", en = "A" }
        kind = "bool"
        required = "mandatory"
        [[block.field]]
        id = "b"
        label = { ja = "乙", en = "B" }
        kind = "bool"
        required = "conditional"
        when = { is = { path = ".a", value = true } }
    "#;
    const HEAD: &str = r#"
        id = "example"
        title = { ja = "例", en = "Example" }
        summary = { ja = "例", en = "Example" }
        reason = { ja = "例", en = "Example" }
        routing = "nobody"
        order = 1
        officer_item = { ja = "例", en = "Example" }
        signer = { ja = "例", en = "Example" }
    "#;
    const LAW: &str = "[[law]]\nname = \"例法\"\nlaw_id = \"000AC0000000000\"\narticle = \"1\"\n";
    const SECTION: &str = "[form]\nversion = 1\n[[form.section]]\ntitle = { ja = \"節\", en = \"S\" }\n\
        why = { ja = \"訳\", en = \"W\" }\nseen_by = { ja = \"係\", en = \"O\" }\n";
    const PAIR: &str = "[[form.section.field]]\nid = \"p\"\nblock = \"pair\"\n";

    fn load_procedure(law: &str, fields: &str) -> Result<Catalogue, CatalogueError> {
        // Leaked: a test's text lives as long as the builtin ones.
        let text: &'static str =
            Box::leak(format!("{HEAD}{law}{SECTION}{fields}").into_boxed_str());
        load(&Texts {
            blocks: ("blocks", BLOCKS),
            holidays: ("holidays", "years = []\ndays = []"),
            profiles: ("profiles", "profile = []"),
            procedures: Box::leak(Box::new([("example", text)])),
        })
    }

    fn field(keys: &str) -> String {
        format!(
            "[[form.section.field]]\nid = \"x\"\nlabel = {{ ja = \"例\", en = \"X\" }}\n{keys}\n"
        )
    }

    #[test]
    fn a_block_brings_its_leaves_and_its_relative_conditions() -> Result<(), CatalogueError> {
        let rows = "rows = { first = 0, last = 1, count = \"n\", offset = 1 }\n";
        let count = field("kind = \"number\"\nrequired = \"mandatory\"").replace("\"x\"", "\"n\"");
        let catalogue = load_procedure(LAW, &format!("{count}{PAIR}{rows}"))?;
        let fields: Vec<&Field> = catalogue
            .procedures()
            .flat_map(|procedure| &procedure.form.fields)
            .collect();
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["n", "p[0].a", "p[0].b", "p[1].a", "p[1].b"]);
        let conditions: Vec<Vec<&str>> = fields.iter().map(|field| field.when.paths()).collect();
        assert_eq!(
            conditions,
            [
                vec![],
                vec!["n"],
                vec!["n", "p[0].a"],
                vec!["n"],
                vec!["n", "p[1].a"]
            ]
        );
        Ok(())
    }

    /// Law, fields, and whether an error is the one expected.
    type Case = (&'static str, String, fn(&CatalogueError) -> bool);

    #[test]
    fn a_catalogue_that_contradicts_itself_is_refused_by_name() {
        let bool_field = "kind = \"bool\"\nrequired = \"mandatory\"";
        let cases: Vec<Case> = vec![
            ("", field(bool_field), |e| {
                matches!(e, CatalogueError::NoLaw { .. })
            }),
            (LAW, "x = 1".to_owned(), |e| {
                matches!(e, CatalogueError::File { .. })
            }),
            (LAW, PAIR.replace("pair", "triple"), |e| {
                matches!(e, CatalogueError::NoSuchPart { .. })
            }),
            (LAW, format!("{PAIR}only = [\"c\"]\n"), |e| {
                matches!(e, CatalogueError::NoSuchPart { .. })
            }),
            (LAW, format!("{PAIR}leaf.c = {{ ask = 1 }}\n"), |e| {
                matches!(e, CatalogueError::NoSuchPart { .. })
            }),
            (LAW, field("kind = \"bool\""), |e| {
                matches!(
                    e,
                    CatalogueError::Lacking {
                        lacking: "required",
                        ..
                    }
                )
            }),
            (LAW, field("required = \"mandatory\""), |e| {
                matches!(
                    e,
                    CatalogueError::Lacking {
                        lacking: "kind",
                        ..
                    }
                )
            }),
            (
                LAW,
                field("kind = \"text\"\nrequired = \"mandatory\""),
                |e| matches!(e, CatalogueError::Misfit { .. }),
            ),
            (
                LAW,
                field("kind = \"choice\"\nrequired = \"mandatory\""),
                |e| matches!(e, CatalogueError::Misfit { .. }),
            ),
            (
                LAW,
                field("kind = \"bool\"\nrequired = \"conditional\""),
                |e| matches!(e, CatalogueError::Misfit { .. }),
            ),
            (LAW, field(&format!("{bool_field}\nderive = [{{}}]")), |e| {
                matches!(e, CatalogueError::Misfit { .. })
            }),
            (LAW, field(bool_field).repeat(2), |e| {
                matches!(e, CatalogueError::Twice { .. })
            }),
            (
                LAW,
                field(&format!(
                    "{bool_field}\nwhen = {{ blank = {{ path = \"y\" }} }}"
                )),
                |e| matches!(e, CatalogueError::DeadLink { path, .. } if path == "y"),
            ),
            (
                LAW,
                field(&format!("{bool_field}\nderive = [{{ copy = \"z\" }}]")),
                |e| matches!(e, CatalogueError::DeadLink { path, .. } if path == "z"),
            ),
            (
                LAW,
                field(&format!(
                    "{bool_field}\nshared = [{{ procedure = \"other\", path = \"x\" }}]"
                )),
                |e| matches!(e, CatalogueError::DeadLink { path, .. } if path == "other"),
            ),
        ];
        for (law, fields, expected) in cases {
            let refused = load_procedure(law, &fields).err();
            assert!(
                refused.as_ref().is_some_and(expected),
                "{fields}\n{refused:?}"
            );
        }
    }
}
