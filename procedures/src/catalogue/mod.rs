//! The catalogue: facts, conditions, procedures and municipality profiles as data.
//!
//! Everything a procedure says about itself stands in `catalogue/**/*.toml`, which is part of the program. This module
//! gives it types and finds entries.
//!
//! - `raw`: the files as they are written, from which the JSON Schema for editors is made (`schema`).
//! - `load`: sorts files, reads them, and brings everything together. `forms`: expands blocks. `entry`: one procedure.
//!   `links`: what must hold between procedures. `problem`: everything that can be wrong.
//! - `procedure`, `profile`: what they become.

pub mod bundle;
mod elsewhere;
mod entry;
mod files;
mod forms;
mod links;
mod load;
mod problem;
mod procedure;
mod profile;
mod raw;
mod schema;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Calendar, CalendarError, ClosingDays, Holidays};
use crate::ids::{MunicipalityCode, ProcedureId};
use crate::rules::Vocabulary;

pub use entry::AMOUNT_TABLES;
pub use problem::{CatalogueError, Problem, ProblemKind};
pub use procedure::{
    Access, Acts, Advice, AdviceKind, AlsoAt, AmountRef, Attachment, Automatic, AutomaticMode,
    DayCount, DeadlineRule, DeadlineVariant, Decision, Dependency, Disappears, Domain, Exception,
    Guard, Guards, Joyful, Kind, LegalBasis, Length, Level, OfficerItem, OnceOnly, OtherWords, Per,
    Procedure, RecordEntry, Role, Routing, Sector, SharedRecord, Stage, Strength, Version,
    VersionBy, Window,
};
pub use profile::{
    Desk, FeeTier, Gift, MaternalHealth, MedicalSubsidy, Nursery, NurseryRound, OnlineMode,
    OwnDays, Profile, RetroDays, SecondPayment,
};
pub use schema::schema;

/// All procedures, profiles, facts and holidays.
#[derive(Debug, Clone)]
pub struct Catalogue {
    procedures: BTreeMap<ProcedureId, Procedure>,
    /// In the order of the line.
    order: Vec<ProcedureId>,
    profiles: BTreeMap<MunicipalityCode, Profile>,
    vocabulary: Arc<Vocabulary>,
    holidays: Holidays,
    usual_closing: ClosingDays,
}

impl Catalogue {
    /// The catalogue's files inside this program, by name, as they are: what a device's version of it is told by.
    pub fn builtin_files() -> impl Iterator<Item = (&'static str, &'static str)> {
        files::BUILTIN.iter().copied()
    }

    /// The catalogue that is part of the program.
    ///
    /// # Errors
    /// [`CatalogueError`] when a file contradicts itself or another; a test keeps that from being released.
    pub fn builtin() -> Result<Self, CatalogueError> {
        Self::from_files(files::BUILTIN.iter().copied())
    }

    /// A catalogue from texts: the name of each file below its folder (`procedures/shussei_todoke.toml`), and its text.
    ///
    /// # Errors
    /// [`CatalogueError`] with everything that is wrong.
    pub fn from_files<N: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, CatalogueError> {
        let files: Vec<(N, T)> = files.into_iter().collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_ref(), text.as_ref()))
            .collect();
        let (catalogue, problems) = load::read(&files);
        if problems.is_empty() {
            Ok(catalogue)
        } else {
            Err(CatalogueError { problems })
        }
    }

    /// Whether a file says something that this program has inside itself, whatever a catalogue from elsewhere says: tables of
    /// amounts, fees and points, schedules, words. A catalogue that changes one of those needs another program.
    #[must_use]
    pub fn is_fixed(file: &str) -> bool {
        use files::FileKind as Kind;
        matches!(
            Kind::of(file),
            Kind::Amounts | Kind::Elsewhere | Kind::Other
        )
    }

    /// Everything that is wrong with files of a catalogue; nothing when they are fine.
    ///
    /// Files that bring no facts of their own are taken as an addition to the catalogue that is part of the program.
    #[must_use]
    pub fn lint<N: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Vec<Problem> {
        let files: Vec<(N, T)> = files.into_iter().collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_ref(), text.as_ref()))
            .collect();
        load::lint(&files)
    }

    /// A procedure.
    #[must_use]
    pub fn procedure(&self, id: &ProcedureId) -> Option<&Procedure> {
        self.procedures.get(id)
    }

    /// All procedures, in the order of the line.
    pub fn procedures(&self) -> impl Iterator<Item = &Procedure> {
        self.order.iter().filter_map(|id| self.procedures.get(id))
    }

    /// The facts there are.
    #[must_use]
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
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
