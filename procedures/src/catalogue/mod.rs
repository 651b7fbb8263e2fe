//! The catalogue: procedures and municipality profiles as data.
//!
//! Everything a procedure says about itself stands in `catalogue/*.toml`, which is part of the program.
//! This module gives it types and finds entries; `load` reads and cross-checks it.

mod load;
mod raw;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::calendar::{Calendar, CalendarError, ClosingDays, Holidays};
use crate::condition::When;
use crate::form::{Confidence, Form};
use crate::ids::{IdError, MunicipalityCode, ProcedureId};
use crate::text::Text;

/// Why a catalogue was refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A file is not what its kind of file should be.
    #[error("catalogue file {file}")]
    File {
        /// Its name.
        file: String,
        /// What the TOML reader said.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// An id in a file is malformed.
    #[error("catalogue file {file}: a malformed id")]
    Id {
        /// The file.
        file: String,
        /// Which.
        #[source]
        source: IdError,
    },
    /// A field uses a block that does not exist, or a leaf the block does not have.
    #[error("{procedure}: field {field} uses {missing:?}, which is not there")]
    NoSuchPart {
        /// The procedure.
        procedure: String,
        /// The field.
        field: String,
        /// The block, leaf or section.
        missing: String,
    },
    /// A field lacks something every field needs.
    #[error("{procedure}: field {field} has no {lacking}")]
    Lacking {
        /// The procedure.
        procedure: String,
        /// The field.
        field: String,
        /// What it lacks.
        lacking: &'static str,
    },
    /// A field says something that does not fit its kind.
    #[error("{procedure}: field {field}: {problem}")]
    Misfit {
        /// The procedure.
        procedure: String,
        /// The field.
        field: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// Two fields, procedures or profiles share one name.
    #[error("{name} appears twice in {place}")]
    Twice {
        /// What appears twice.
        name: String,
        /// Where.
        place: String,
    },
    /// A condition, derivation or sharing rule names a field that is not there.
    #[error("{procedure}: {field} refers to {path:?}, which is not there")]
    DeadLink {
        /// The procedure.
        procedure: String,
        /// The field or advice with the rule.
        field: String,
        /// The path it names.
        path: String,
    },
    /// A public procedure without a law.
    #[error("{procedure} names no law")]
    NoLaw {
        /// The procedure.
        procedure: String,
    },
}

/// A law a procedure rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// The law's Japanese name.
    pub name: String,
    /// e-Gov law id, for example `322AC0000000224`.
    pub law_id: String,
    /// Article or articles.
    pub article: String,
    /// How sure the catalogue is.
    #[serde(default)]
    pub confidence: Confidence,
}

/// How the days of a deadline are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// R-DAY1: the day of the event is day 1.
    EventDayIsDayOne,
    /// R-DAY0: counting begins the day after.
    EventDayExcluded,
}

/// A deadline that runs from the birth.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineRule {
    /// How days are counted.
    pub count: DayCount,
    /// How many.
    pub days: u16,
    /// What happens then, in calm words.
    pub note: Text,
    /// How sure the catalogue is.
    #[serde(default)]
    pub confidence: Confidence,
}

/// Which municipality receives the filing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// Where the child was born: always lawful for a birth notification, whoever the parents are.
    Birthplace,
    /// Where the claimant lives.
    ClaimantHome,
    /// Filed with nobody: evidence for others.
    Nobody,
}

/// How strong an advice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceKind {
    /// Good to know.
    Note,
    /// The filing is taken; the office will want to speak with the parent.
    Counter,
    /// Another office is competent: this filing would go to the wrong place.
    Elsewhere,
}

/// Something to say once the answers show it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// Stable id.
    pub id: String,
    /// How strong.
    pub kind: AdviceKind,
    /// When.
    pub when: When,
    /// What is said.
    pub text: Text,
    /// Law or practice behind it.
    #[serde(default)]
    pub article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub confidence: Confidence,
}

/// One procedure.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// Stable key.
    pub id: ProcedureId,
    /// Official title.
    pub title: Text,
    /// What it is for, in plain words.
    pub summary: Text,
    /// Why it is on the family's line.
    pub reason: Text,
    /// Laws.
    pub law: Vec<LegalBasis>,
    /// Deadline from the birth.
    pub deadline: Option<DeadlineRule>,
    /// Who receives it.
    pub routing: Routing,
    /// Place on the line; lower comes first.
    pub order: u16,
    /// What the officer has to do with it.
    pub officer_item: Text,
    /// Who signs.
    pub signer: Text,
    /// What to say depending on the answers.
    pub advice: Vec<Advice>,
    /// The form.
    pub form: Form,
}

/// How a municipality takes a birth notification online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnlineMode {
    /// Not at all.
    None,
    /// With a picture of the certificate.
    Image,
    /// With the certificate as data.
    Direct,
}

/// A place people can go to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Name.
    pub name: Text,
    /// Where it is.
    pub place: Text,
    /// Telephone.
    pub tel: String,
    /// When it is open.
    pub hours: Text,
}

/// A municipality.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its code.
    pub code: MunicipalityCode,
    /// Its name.
    pub name: Text,
    /// Its prefecture.
    pub prefecture: Text,
    /// Its mayor as an addressee.
    pub mayor: Text,
    /// Whether it is invented.
    pub fictional: bool,
    /// How it takes notifications online.
    pub online_mode: OnlineMode,
    /// Days its counters are closed.
    pub closing: ClosingDays,
    /// The ordinary counter.
    pub counter: Desk,
    /// The desk for nights and holidays, if it has one.
    #[serde(default)]
    pub night_desk: Option<Desk>,
}

/// All procedures, profiles and holidays.
#[derive(Debug, Clone)]
pub struct Catalogue {
    procedures: BTreeMap<ProcedureId, Procedure>,
    profiles: BTreeMap<MunicipalityCode, Profile>,
    holidays: Holidays,
    usual_closing: ClosingDays,
}

impl Catalogue {
    /// The catalogue that is part of the program.
    ///
    /// # Errors
    /// [`CatalogueError`] when a file contradicts itself or another; a test keeps that from being released.
    pub fn builtin() -> Result<Self, CatalogueError> {
        load::load(&load::BUILTIN)
    }

    /// A procedure.
    #[must_use]
    pub fn procedure(&self, id: &ProcedureId) -> Option<&Procedure> {
        self.procedures.get(id)
    }

    /// All procedures, in the order of the line.
    pub fn procedures(&self) -> impl Iterator<Item = &Procedure> {
        let mut all: Vec<&Procedure> = self.procedures.values().collect();
        all.sort_by_key(|procedure| procedure.order);
        all.into_iter()
    }

    /// The national holidays.
    #[must_use]
    pub fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// A municipality's profile.
    #[must_use]
    pub fn profile(&self, code: &MunicipalityCode) -> Option<&Profile> {
        self.profiles.get(code)
    }

    /// All profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    /// The opening days of a municipality; the usual ordinance where it has no profile.
    #[must_use]
    pub fn calendar(&self, code: &MunicipalityCode) -> Calendar<'_> {
        let closing = self
            .profile(code)
            .map_or(&self.usual_closing, |profile| &profile.closing);
        Calendar::new(&self.holidays, closing)
    }

    /// R-ROLL for a municipality.
    ///
    /// # Errors
    /// [`CalendarError`] when the holiday table ends first.
    pub fn roll(&self, code: &MunicipalityCode, day: Date) -> Result<Date, CalendarError> {
        self.calendar(code).roll(day)
    }
}
