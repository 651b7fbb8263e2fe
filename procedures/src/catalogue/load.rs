//! Sorts the files of a catalogue, reads them, and brings everything together. Collects every problem.
//!
//! Opens no file: texts are handed in, and the builtin ones are part of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::elsewhere;
use super::entry::{self, Around};
use super::files::{BUILTIN, FileKind, place, stem};
use super::forms::Blocks;
use super::links;
use super::problem::{Problem, ProblemKind};
use super::profile::{Profile, is_corporate_number};
use super::raw::{RawBlocks, RawHolidays, RawProcedure, RawProfiles};
use super::words::Words;
use super::{AMOUNT_TABLES, Catalogue, Procedure};
use crate::calendar::{ClosingDays, Holidays};
use crate::ids::{MunicipalityCode, ProcedureId};
use crate::rules::raw::{RawConditionsFile, RawFact, RawFactKind, RawFactsFile, RawNode};
use crate::rules::resolve::Resolver;
use crate::rules::{Fact, FactKind, Vocabulary};
use crate::text::Text;

/// What was read, and everything that was wrong with it, in the order of the files.
pub(super) fn read(files: &[(&str, &str)]) -> (Catalogue, Vec<Problem>) {
    let mut reader = Reader {
        files,
        problems: Vec::new(),
    };
    let blocks = reader.blocks();
    let vocabulary = Arc::new(reader.facts());
    let conditions = reader.conditions(&vocabulary);
    let mut amounts: BTreeSet<&str> = AMOUNT_TABLES.iter().copied().collect();
    amounts.extend(reader.of(FileKind::Amounts).map(|(file, _)| stem(file)));
    let procedures = reader.procedures(&Around {
        blocks: &blocks,
        vocabulary: &vocabulary,
        conditions: &conditions,
        amounts: &amounts,
    });
    let mut order: Vec<ProcedureId> = procedures.keys().cloned().collect();
    order.sort_by_key(|id| procedures.get(id).map(|procedure| procedure.order));
    let catalogue = Catalogue {
        procedures,
        order,
        profiles: reader.profiles(),
        vocabulary,
        holidays: reader.holidays(),
        usual_closing: ClosingDays::usual(),
    };
    // What other modules read has to be TOML here, no more.
    for kind in [FileKind::Other, FileKind::Amounts] {
        for (file, text) in reader.of(kind) {
            reader.parse::<toml::Table>(file, text);
        }
    }
    for (file, text) in reader.of(FileKind::Elsewhere) {
        let (folder, name) = place(file);
        let read = elsewhere::reader(folder, name).map_or(Ok(()), |read| read(text));
        if let Err(words) = read {
            reader.report(file, None, None, ProblemKind::Elsewhere(words));
        }
    }
    let mut problems = reader.problems;
    let places: BTreeMap<&str, usize> = files.iter().map(|(name, _)| *name).zip(0..).collect();
    problems.sort_by_key(|problem| places.get(problem.file.as_str()).copied());
    (catalogue, problems)
}

/// Everything wrong with the given files, which may be an addition to the builtin ones.
pub(super) fn lint(given: &[(&str, &str)]) -> Vec<Problem> {
    let kinds: BTreeSet<FileKind> = given
        .iter()
        .map(|(name, text)| kind_of(name, text))
        .collect();
    let mut files = given.to_vec();
    if !kinds.contains(&FileKind::Facts) {
        let ids: BTreeSet<&str> = given
            .iter()
            .filter(|(name, text)| kind_of(name, text) == FileKind::Procedure)
            .map(|(name, text)| id_in(text).unwrap_or_else(|| stem(name)))
            .collect();
        files.extend(
            BUILTIN
                .iter()
                .copied()
                .filter(|(name, _)| match FileKind::of(name) {
                    FileKind::Procedure => !ids.contains(stem(name)),
                    kind => !kinds.contains(&kind),
                }),
        );
    }
    let (_, mut problems) = read(&files);
    let names: BTreeSet<&str> = given.iter().map(|(name, _)| *name).collect();
    problems.retain(|problem| names.contains(problem.file.as_str()));
    problems
}

/// A file's kind; where its name says nothing, its keys do.
fn kind_of(name: &str, text: &str) -> FileKind {
    match FileKind::of(name) {
        FileKind::Other => {
            // A table further down may have a title too.
            let procedure = ["id", "title", "summary", "routing"]
                .into_iter()
                .any(|key| top(text).any(|line| is_key(line, key)));
            if procedure {
                FileKind::Procedure
            } else {
                FileKind::Other
            }
        }
        kind => kind,
    }
}

fn is_key(line: &str, key: &str) -> bool {
    line.trim_start()
        .strip_prefix(key)
        .is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// The lines before the first table.
fn top(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.trim_start().starts_with('['))
}

/// The procedure id that a text gives at its top, as far as can be seen without reading it.
fn id_in(text: &str) -> Option<&str> {
    let line = top(text).find(|line| is_key(line, "id"))?;
    line.split('"').nth(1)
}

struct Reader<'f> {
    files: &'f [(&'f str, &'f str)],
    problems: Vec<Problem>,
}

impl<'f> Reader<'f> {
    fn of(&self, kind: FileKind) -> impl Iterator<Item = (&'f str, &'f str)> + use<'f> {
        self.files
            .iter()
            .copied()
            .filter(move |(name, text)| kind_of(name, text) == kind)
    }

    /// Reads every file of a kind, and takes the entries out of each.
    fn entries<T: DeserializeOwned, E>(
        &mut self,
        kind: FileKind,
        entries: impl Fn(T) -> Vec<E>,
    ) -> Vec<(&'f str, E)> {
        let mut all = Vec::new();
        for (file, text) in self.of(kind) {
            let read = self.parse::<T>(file, text);
            all.extend(read.map(&entries).into_iter().flatten().map(|e| (file, e)));
        }
        all
    }

    fn blocks(&mut self) -> Blocks {
        let mut blocks = Blocks::new();
        for (file, block) in self.entries(FileKind::Blocks, |read: RawBlocks| read.block) {
            if blocks.insert(block.id.clone(), block.field).is_some() {
                self.twice(file, &block.id);
            }
        }
        blocks
    }

    fn facts(&mut self) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for (file, raw) in self.entries(FileKind::Facts, |read: RawFactsFile| read.fact) {
            self.fact(file, raw, &mut vocabulary);
        }
        vocabulary
    }

    fn holidays(&mut self) -> Holidays {
        let all = self.entries(FileKind::Holidays, |read: RawHolidays| vec![read]);
        let years = all.iter().flat_map(|(_, one)| one.years.iter().copied());
        let days = all.iter().flat_map(|(_, one)| one.days.iter().copied());
        Holidays::new(years, days)
    }

    fn profiles(&mut self) -> BTreeMap<MunicipalityCode, Profile> {
        let mut profiles = BTreeMap::new();
        for (file, profile) in self.entries(FileKind::Profiles, |read: RawProfiles| read.profile) {
            self.profile(file, &profile);
            if let Some(twin) = profiles.insert(profile.code, profile) {
                self.twice(file, &twin.code.to_string());
            }
        }
        profiles
    }

    fn procedures(&mut self, around: &Around<'_>) -> BTreeMap<ProcedureId, Procedure> {
        let mut procedures = BTreeMap::new();
        let mut places: BTreeMap<ProcedureId, &str> = BTreeMap::new();
        for (file, raw) in self.entries(FileKind::Procedure, |read: RawProcedure| vec![read]) {
            let id = raw.id.clone();
            if places.insert(id.clone(), file).is_some() {
                self.twice(file, id.as_str());
                continue;
            }
            let (procedure, problems) = entry::read(raw, around);
            for (key, what) in problems {
                self.report(file, Some(&id), Some(key), what);
            }
            procedures.extend(procedure.map(|procedure| (id, procedure)));
        }
        let known = places.keys().cloned().collect();
        for (id, key, what) in links::check(&procedures, &known) {
            let file = places.get(&id).copied().unwrap_or_default();
            self.report(file, Some(&id), Some(key), what);
        }
        procedures
    }

    fn report(
        &mut self,
        file: &str,
        procedure: Option<&ProcedureId>,
        key: Option<String>,
        what: ProblemKind,
    ) {
        self.problems.push(Problem {
            file: file.to_owned(),
            procedure: procedure.map(ToString::to_string),
            key,
            what,
        });
    }

    fn twice(&mut self, file: &str, name: &str) {
        let name = name.to_owned();
        self.report(file, None, None, ProblemKind::Twice { name });
    }

    fn parse<T: DeserializeOwned>(&mut self, file: &str, text: &str) -> Option<T> {
        match toml::from_str(text) {
            Ok(read) => Some(read),
            Err(error) => {
                let procedure = id_in(text).and_then(|id| id.parse().ok());
                let line = error.span().map(|span| {
                    let before = text.get(..span.start).unwrap_or_default();
                    format!("line {}", before.matches('\n').count() + 1)
                });
                self.report(
                    file,
                    procedure.as_ref(),
                    line,
                    ProblemKind::Unreadable(Box::new(error)),
                );
                None
            }
        }
    }

    fn words(&mut self, file: &str, key: &str, words: &Words) -> Text {
        if let Some(problem) = words.problem() {
            self.report(
                file,
                None,
                Some(key.to_owned()),
                ProblemKind::Words { problem },
            );
        }
        words.text()
    }

    fn fact(&mut self, file: &str, raw: RawFact, vocabulary: &mut Vocabulary) {
        let key = format!("fact.{}", raw.id);
        let mut problem = |problem: &str| {
            self.problems.push(Problem {
                file: file.to_owned(),
                procedure: None,
                key: Some(key.clone()),
                what: ProblemKind::Fact {
                    problem: problem.to_owned(),
                },
            });
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c);
        if raw.id.is_empty() || raw.id.len() > 96 || !raw.id.chars().all(plain) {
            problem("a fact's id has a–z, 0–9, _ and . only");
        }
        if (raw.kind == RawFactKind::Choice) == raw.options.is_empty() {
            problem("a choice has options, and nothing else has");
        }
        let distinct: BTreeSet<&str> = raw.options.iter().map(|o| o.id.as_str()).collect();
        if distinct.len() != raw.options.len() {
            problem("two options have the same id");
        }
        if raw.derived && raw.question.is_some() {
            problem("a derived fact is never asked");
        }
        if raw.says.is_some() && raw.kind != RawFactKind::Bool {
            problem("only a yes-or-no fact makes a statement (says)");
        }
        if raw.min.zip(raw.max).is_some_and(|(min, max)| min > max) {
            problem("min is greater than max");
        }
        let label = self.words(file, &format!("{key}.label"), &raw.label);
        let mut text = |part: &str, words: &Option<Words>| {
            words
                .as_ref()
                .map(|words| self.words(file, &format!("{key}.{part}"), words))
        };
        let fact = Fact {
            label,
            question: text("question", &raw.question),
            says: text("says", &raw.says),
            seen_by: text("seen_by", &raw.seen_by),
            kind: match raw.kind {
                RawFactKind::Bool => FactKind::Bool,
                RawFactKind::Number => FactKind::Number,
                RawFactKind::Money => FactKind::Money,
                RawFactKind::Date => FactKind::Date,
                RawFactKind::Month => FactKind::Month,
                RawFactKind::Choice => FactKind::Choice(raw.options),
            },
            id: raw.id,
            scope: raw.scope,
            min: raw.min,
            max: raw.max,
            sensitive: raw.sensitive,
            derived: raw.derived,
            confidence: raw.confidence,
        };
        let id = fact.id.clone();
        if !vocabulary.add(fact) {
            self.twice(file, &id);
        }
    }

    /// The shared conditions, each checked by itself.
    fn conditions(&mut self, vocabulary: &Arc<Vocabulary>) -> BTreeMap<String, RawNode> {
        let mut nodes = BTreeMap::new();
        let mut files: BTreeMap<String, &str> = BTreeMap::new();
        let all = self.entries(FileKind::Conditions, |read: RawConditionsFile| {
            read.condition
        });
        for (file, node) in all {
            let id = node.id.clone().unwrap_or_default();
            files.insert(id.clone(), file);
            if nodes.insert(id.clone(), node).is_some() {
                self.twice(file, &id);
            }
        }
        let mut seen = BTreeSet::new();
        for (id, node) in &nodes {
            let mut resolver = Resolver::new(vocabulary, &[], &nodes);
            resolver.shared(id, node);
            for (key, error) in resolver.problems {
                if seen.insert((key.clone(), error.to_string())) {
                    let file = files.get(&key).or_else(|| files.get(id)).copied();
                    self.report(
                        file.unwrap_or_default(),
                        None,
                        Some(key),
                        ProblemKind::Rule(error),
                    );
                }
            }
        }
        nodes
    }

    fn profile(&mut self, file: &str, profile: &Profile) {
        let key = |key: &str| Some(format!("profile.{}.{key}", profile.code));
        let fits = Profile::corporate_number_of(profile.code) == profile.corporate_number;
        if !fits || !is_corporate_number(&profile.corporate_number) {
            self.report(
                file,
                None,
                key("corporate_number"),
                ProblemKind::CorporateNumber {
                    given: profile.corporate_number.clone(),
                },
            );
        }
        let tiers = &profile.nursery.fees;
        let limits: Vec<u32> = tiers.iter().filter_map(|tier| tier.below_yen).collect();
        let open_end = tiers.last().is_some_and(|tier| tier.below_yen.is_none());
        if !open_end || limits.len() + 1 != tiers.len() || !limits.is_sorted() {
            self.report(
                file,
                None,
                key("nursery.fees"),
                ProblemKind::Misfit {
                    problem: "fee tiers rise, and only the last has no end",
                },
            );
        }
        for (part, text) in [
            ("name", &profile.name),
            ("prefecture", &profile.prefecture),
            ("mayor", &profile.mayor),
        ] {
            if text.ja.trim().is_empty() || text.en.trim().is_empty() {
                self.report(
                    file,
                    None,
                    key(part),
                    ProblemKind::Words {
                        problem: "no Japanese or no English text".to_owned(),
                    },
                );
            }
        }
    }
}
