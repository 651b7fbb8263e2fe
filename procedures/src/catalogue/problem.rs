//! What can be wrong with a catalogue, each with file, procedure and key, so that all of it can be told at once.

use std::fmt;

use crate::ids::IdError;
use crate::rules::{Finding, RuleError};

/// Why a catalogue was refused: everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
pub struct CatalogueError {
    /// The problems, in the order of the files; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the catalogue has {} problem(s)", self.problems.len())?;
        for problem in self.problems.iter().take(20) {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// One problem and where it is.
#[derive(Debug)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The procedure, where it is in one.
    pub procedure: Option<String>,
    /// The key in the file, where it is at one: `version.2024.when.all[1]`.
    pub key: Option<String>,
    /// What is wrong.
    pub what: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(procedure) = &self.procedure {
            write!(f, ": {procedure}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ProblemKind {
    /// A file is not TOML, has a key nobody knows, lacks one, or a value of the wrong type.
    #[error("{0}")]
    Unreadable(Box<toml::de::Error>),
    /// The module that reads the file found something wrong with it.
    #[error("{0}")]
    Elsewhere(String),
    /// An id is malformed.
    #[error("a malformed id: {0}")]
    Id(IdError),
    /// A file's name and the id in it differ.
    #[error("the file is not named after the procedure {id}")]
    FileName {
        /// The id.
        id: String,
    },
    /// A field uses a block that does not exist, or a leaf the block does not have.
    #[error("uses {missing:?}, which is not there")]
    NoSuchPart {
        /// The block, leaf or section.
        missing: String,
    },
    /// Blocks use one another in a circle, or too deeply.
    #[error("the block {block:?} is used inside itself, or the form is too large")]
    BlockCircle {
        /// The block.
        block: String,
    },
    /// Something every entry of its kind needs is missing.
    #[error("has no {what}")]
    Lacking {
        /// What.
        what: &'static str,
    },
    /// Something that does not fit the rest.
    #[error("{problem}")]
    Misfit {
        /// What does not fit.
        problem: &'static str,
    },
    /// Two entries share one name.
    #[error("{name:?} appears twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// A field's condition, derivation or sharing rule names a field that is not there.
    #[error("refers to the field {path:?}, which is not there")]
    NoSuchField {
        /// The path.
        path: String,
    },
    /// A link to a procedure that is not there.
    #[error("refers to the procedure {id:?}, which is not there")]
    NoSuchProcedure {
        /// The id.
        id: String,
    },
    /// Hard dependencies in a circle: nothing could ever be done first.
    #[error("hard dependencies in a circle: {path}")]
    DependencyCircle {
        /// The ids, in order.
        path: String,
    },
    /// A public item without a law.
    #[error("is public and names no law")]
    NoLaw,
    /// A law id that e-Gov could not have given.
    #[error(
        "{given:?} is not an e-Gov law id (15 characters); a municipal rule says municipal = true"
    )]
    LawId {
        /// What stands there.
        given: String,
    },
    /// Words are missing in a language.
    #[error("{problem}")]
    Words {
        /// What is missing.
        problem: String,
    },
    /// A condition.
    #[error(transparent)]
    Rule(RuleError),
    /// A table of cases, or exceptions.
    #[error(transparent)]
    Table(Finding),
    /// A fact of the wrong kind, or a malformed fact.
    #[error("{problem}")]
    Fact {
        /// What is wrong.
        problem: String,
    },
    /// Days that no version covers.
    #[error("no version is valid between {after} and {before}")]
    VersionGap {
        /// The version before.
        after: String,
        /// The version after.
        before: String,
    },
    /// Days that two versions cover.
    #[error("the versions {a} and {b} are valid at the same time")]
    VersionOverlap {
        /// One.
        a: String,
        /// The other.
        b: String,
    },
    /// A form without an officer who decides, or an officer with nothing to decide.
    #[error("half-defined: {problem}")]
    HalfDefined {
        /// Which half is missing.
        problem: &'static str,
    },
    /// A table of amounts that nobody keeps.
    #[error("there is no amount table {name:?}")]
    NoSuchAmount {
        /// The name.
        name: String,
    },
    /// A private offer, or a joyful message, that could reach a family it must not reach.
    #[error("must be hidden ({guard} = {needed:?})")]
    Unguarded {
        /// The guard.
        guard: &'static str,
        /// What it must say.
        needed: &'static str,
    },
    /// A private offer before or among statutory items.
    #[error("is private and stands before {statutory}, which is public: its order must be higher")]
    PrivateFirst {
        /// A public item after it.
        statutory: String,
    },
    /// A malformed PSID.
    #[error("{given:?} is not psid3.0+<法人番号 with its check digit>+<number>+UM<number>")]
    Psid {
        /// What stands there.
        given: String,
    },
    /// A malformed 法人番号.
    #[error("{given:?} is not a 法人番号: 13 digits, the first of which checks the others")]
    CorporateNumber {
        /// What stands there.
        given: String,
    },
    /// A malformed tag of the universal menu.
    #[error("{given:?} is not a UM tag (000 to 126)")]
    UmTag {
        /// What stands there.
        given: String,
    },
}

impl ProblemKind {
    /// A stable word for the kind of problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::Elsewhere(_) => "refused_by_its_reader",
            Self::Id(_) => "malformed_id",
            Self::FileName { .. } => "file_name",
            Self::NoSuchPart { .. } => "unknown_block",
            Self::BlockCircle { .. } => "block_circle",
            Self::Lacking { .. } => "missing_key",
            Self::Misfit { .. } => "misfit",
            Self::Twice { .. } => "twice",
            Self::NoSuchField { .. } => "unknown_field",
            Self::NoSuchProcedure { .. } => "dead_link",
            Self::DependencyCircle { .. } => "dependency_cycle",
            Self::NoLaw => "no_law",
            Self::LawId { .. } => "law_id",
            Self::Words { .. } | Self::Rule(RuleError::Words { .. }) => "missing_text",
            Self::Rule(RuleError::NoSuchFact { .. }) => "unknown_fact",
            Self::Rule(RuleError::NoSuchCondition { .. }) => "unknown_condition",
            Self::Rule(RuleError::NoSentence { .. }) => "missing_sentence",
            Self::Rule(_) => "condition",
            Self::Table(Finding::Overlap { .. }) => "overlapping_cases",
            Self::Table(Finding::Contradiction { .. }) => "contradicting_exceptions",
            Self::Table(Finding::Missing { .. }) => "missing_case",
            Self::Table(Finding::TooLarge) => "table_too_large",
            Self::Table(Finding::NotCheckable { .. }) => "table_not_checkable",
            Self::Fact { .. } => "fact",
            Self::VersionGap { .. } => "version_gap",
            Self::VersionOverlap { .. } => "version_overlap",
            Self::HalfDefined { .. } => "half_defined",
            Self::NoSuchAmount { .. } => "unknown_amount",
            Self::Unguarded { .. } => "unguarded",
            Self::PrivateFirst { .. } => "private_first",
            Self::Psid { .. } => "psid",
            Self::CorporateNumber { .. } => "corporate_number",
            Self::UmTag { .. } => "um_tag",
        }
    }
}
