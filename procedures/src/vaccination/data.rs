//! The vaccines as data: `catalogue/vaccines.toml`, read, checked, and given types.
//!
//! Opens no file: the text is part of the program. Refuses what contradicts itself by name, and never panics. What the
//! data means for one child is decided in `assess`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::form::Confidence;
use crate::ground::Ground;
use crate::milestone::Milestone;
use crate::text::Text;

/// Why the vaccines' data was refused.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The text is not what it should be.
    #[error("vaccines")]
    File(#[source] Box<toml::de::Error>),
    /// Two vaccines answer to one name.
    #[error("{name} names two vaccines")]
    Twice {
        /// The id or alias.
        name: String,
    },
    /// A vaccine without a law.
    #[error("{vaccine} names no law")]
    NoLaw {
        /// The vaccine.
        vaccine: String,
    },
    /// A course nobody can ever be on, or none for somebody.
    #[error("{vaccine}: the courses do not cover every start")]
    Gap {
        /// The vaccine.
        vaccine: String,
    },
    /// A course names another that is not there, or one that leads back.
    #[error("{vaccine}: course {course} leads to {to:?}, which is not a later course")]
    DeadLink {
        /// The vaccine.
        vaccine: String,
        /// The course.
        course: String,
        /// Where it leads.
        to: String,
    },
    /// A dose that cannot be.
    #[error("{vaccine}: course {course}, dose {dose}: {problem}")]
    Dose {
        /// The vaccine.
        vaccine: String,
        /// The course.
        course: String,
        /// Which dose, from 1.
        dose: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A remark has no words.
    #[error("no words for the note {code:?}")]
    NoWords {
        /// The remark.
        code: NoteCode,
    },
}

/// Since which dose an interval is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// The first dose counted.
    First,
    /// The dose before.
    Previous,
}

/// How long an interval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many days in between: 27 days end 28 days later.
    Days(u16),
    /// So many months.
    Months(u16),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGap {
    since: Since,
    days: Option<u16>,
    months: Option<u16>,
}

/// An interval (間隔) to an earlier dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawGap")]
pub struct Gap {
    /// To which dose.
    pub since: Since,
    /// How long.
    pub length: Length,
}

impl TryFrom<RawGap> for Gap {
    type Error = &'static str;

    fn try_from(raw: RawGap) -> Result<Self, Self::Error> {
        let length = match (raw.days, raw.months) {
            (Some(days), None) => Length::Days(days),
            (None, Some(months)) => Length::Months(months),
            _ => return Err("an interval has either days or months"),
        };
        Ok(Self {
            since: raw.since,
            length,
        })
    }
}

/// The standard time (標準的な接種期間) of a dose within the permitted one. What is not said is not narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// First standard day by age.
    #[serde(default)]
    pub from: Option<Milestone>,
    /// Last standard day by age.
    #[serde(default)]
    pub to: Option<Milestone>,
    /// Shortest standard interval.
    #[serde(default)]
    pub gap_from: Option<Gap>,
    /// Longest standard interval.
    #[serde(default)]
    pub gap_to: Option<Gap>,
}

/// What part of the course a dose is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 初回.
    Primary,
    /// 追加, or a second period.
    Booster,
}

/// What it means that the standard time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastStandard {
    /// Late, and still permitted.
    #[default]
    Late,
    /// Late, permitted by the order and advised against by the ministry: said with a remark to ask the clinic.
    AskClinic,
}

/// One dose of a course.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseRule {
    /// Primary or booster.
    pub part: Part,
    /// Shortest intervals; all hold.
    #[serde(default)]
    pub gap: Vec<Gap>,
    /// Not before this day, later than the vaccine's own first.
    #[serde(default)]
    pub not_before: Option<Milestone>,
    /// Left out once this day has passed; the next dose takes its place.
    #[serde(default)]
    pub not_after: Option<Milestone>,
    /// Left out where the dose before came after this day.
    #[serde(default)]
    pub omit_if_previous_after: Option<Milestone>,
    /// The standard time.
    #[serde(default)]
    pub standard: Standard,
    /// What it means to be past it.
    #[serde(default)]
    pub past_standard: PastStandard,
}

/// The doses of somebody who began in time for them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// Its name within the vaccine.
    pub id: String,
    /// For a first dose on or before this day; the last course has none.
    #[serde(default)]
    pub started_by: Option<Milestone>,
    /// Only where no dose of another product is known.
    #[serde(default)]
    pub only_products: bool,
    /// Fewer doses than who begins in time.
    #[serde(default)]
    pub reduced: bool,
    /// The course that holds where this one's intervals were not kept.
    #[serde(default)]
    pub otherwise: Option<String>,
    /// Its doses in order.
    pub dose: Vec<DoseRule>,
}

/// First and last permitted day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First.
    pub from: Milestone,
    /// Last.
    pub to: Milestone,
}

/// A longer window for some years of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongerWindow {
    /// First date of birth.
    pub births_from: Date,
    /// Last date of birth.
    pub births_to: Date,
    /// Last permitted day.
    pub to: Milestone,
}

/// Who receives the dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The child.
    #[default]
    Child,
    /// The mother, before the birth.
    Mother,
}

/// For one sex only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnlyFor {
    /// For girls.
    Female,
}

/// A routine vaccine, or one of its periods (期).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vaccine {
    /// Its id, for example `mr_1`.
    pub id: String,
    /// Other names it answers to.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What families call it.
    pub title: Text,
    /// Vaccines of one group are alternatives: one is given, not both.
    #[serde(default)]
    pub group: Option<String>,
    /// Routine for births from this day.
    #[serde(default)]
    pub births_from: Option<Date>,
    /// Routine from this day; no dose is permitted before it.
    #[serde(default)]
    pub programme_from: Option<Date>,
    /// Not routine where the mother is HBs positive.
    #[serde(default)]
    pub not_if_mother_hbs_positive: bool,
    /// For one sex only.
    #[serde(default)]
    pub sex: Option<OnlyFor>,
    /// Who receives it.
    #[serde(default)]
    pub recipient: Recipient,
    /// An injected live vaccine.
    #[serde(default)]
    pub live_injection: bool,
    /// Products of this vaccine, in small letters; empty where products are not told apart.
    #[serde(default)]
    pub products: Vec<String>,
    /// Permitted days.
    pub window: Span,
    /// Doses between these days belong to an earlier period and are not counted.
    #[serde(default)]
    pub earlier_period: Option<Span>,
    /// Longer windows.
    #[serde(default)]
    pub longer_for: Vec<LongerWindow>,
    /// What it rests on.
    pub ground: Vec<Ground>,
    /// Courses; the first that fits holds.
    pub course: Vec<Course>,
}

/// The rule between injected live vaccines.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveInjections {
    /// The notice.
    pub name: String,
    /// Its section.
    pub article: String,
    /// Days in between.
    pub days: u16,
    /// In words.
    pub sentence: Text,
    /// How sure.
    pub confidence: Confidence,
}

/// A remark on an outlook.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NoteCode {
    /// A dose lies before the birth.
    DoseBeforeBirth,
    /// A dose lies after the day asked about.
    DoseAfterToday,
    /// A dose came before its permitted age.
    DoseTooEarly,
    /// Two doses are closer than permitted.
    DosesTooClose,
    /// A dose is of another product.
    OtherProduct,
    /// A dose came after the routine window.
    DoseOutsideWindow,
    /// More doses than the course has.
    MoreDosesThanPlanned,
    /// A dose belongs to an earlier period and was not counted.
    EarlierPeriod,
    /// For girls.
    GirlsOnly,
    /// Given under health insurance instead.
    InsuranceCourse,
    /// Born before the programme's first birth date.
    BornBeforeRoutine,
    /// The window had closed when the programme began.
    BeforeProgramme,
    /// Started late: fewer doses.
    StartedLate,
    /// A dose was left out because of age.
    DoseLeftOut,
    /// Three doses instead of two.
    ThirdDoseFollows,
    /// The first dose is past its advised time.
    PastAdvisedStart,
    /// The interval ends after the last day.
    IntervalRunsOut,
    /// The last day has passed.
    WindowClosed,
    /// Another injected live vaccine came shortly before.
    LiveInjectionGap,
    /// A longer window holds.
    LongerWindow,
    /// Away from the municipality of residence.
    RequestLetter,
    /// No effect established for a birth within fourteen days.
    NotWithinFourteenDays,
}

impl NoteCode {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::DoseBeforeBirth,
        Self::DoseAfterToday,
        Self::DoseTooEarly,
        Self::DosesTooClose,
        Self::OtherProduct,
        Self::DoseOutsideWindow,
        Self::MoreDosesThanPlanned,
        Self::EarlierPeriod,
        Self::GirlsOnly,
        Self::InsuranceCourse,
        Self::BornBeforeRoutine,
        Self::BeforeProgramme,
        Self::StartedLate,
        Self::DoseLeftOut,
        Self::ThirdDoseFollows,
        Self::PastAdvisedStart,
        Self::IntervalRunsOut,
        Self::WindowClosed,
        Self::LiveInjectionGap,
        Self::LongerWindow,
        Self::RequestLetter,
        Self::NotWithinFourteenDays,
    ];
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchedule {
    counting: Ground,
    vaccine: Vec<Vaccine>,
    live_injections: LiveInjections,
    note: BTreeMap<NoteCode, Text>,
}

/// Every routine vaccine, in the order of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    counting: Ground,
    vaccines: Vec<Vaccine>,
    names: BTreeMap<String, usize>,
    live: LiveInjections,
    notes: BTreeMap<NoteCode, Text>,
}

impl Schedule {
    /// The schedule that is part of the program, read once.
    ///
    /// # Errors
    /// [`ScheduleError`] when the data contradicts itself.
    pub fn builtin() -> Result<&'static Self, &'static ScheduleError> {
        static BUILTIN: LazyLock<Result<Schedule, ScheduleError>> =
            LazyLock::new(|| Schedule::read(include_str!("../../catalogue/vaccines.toml")));
        BUILTIN.as_ref()
    }

    /// A schedule from the text of such a file.
    ///
    /// # Errors
    /// [`ScheduleError`] by what is wrong with it.
    pub fn read(text: &str) -> Result<Self, ScheduleError> {
        let raw: RawSchedule =
            toml::from_str(text).map_err(|source| ScheduleError::File(Box::new(source)))?;
        let mut names = BTreeMap::new();
        for (index, vaccine) in raw.vaccine.iter().enumerate() {
            check(vaccine)?;
            for name in std::iter::once(&vaccine.id).chain(&vaccine.aliases) {
                if names.insert(name.clone(), index).is_some() {
                    return Err(ScheduleError::Twice { name: name.clone() });
                }
            }
        }
        for code in NoteCode::ALL {
            if !raw.note.contains_key(&code) {
                return Err(ScheduleError::NoWords { code });
            }
        }
        Ok(Self {
            counting: raw.counting,
            vaccines: raw.vaccine,
            names,
            live: raw.live_injections,
            notes: raw.note,
        })
    }

    /// The vaccine of an id or one of its other names.
    #[must_use]
    pub fn vaccine(&self, name: &str) -> Option<&Vaccine> {
        self.names
            .get(name)
            .and_then(|index| self.vaccines.get(*index))
    }

    /// All vaccines.
    #[must_use]
    pub fn vaccines(&self) -> &[Vaccine] {
        &self.vaccines
    }

    /// How days are counted.
    #[must_use]
    pub fn counting(&self) -> &Ground {
        &self.counting
    }

    /// The rule between injected live vaccines.
    #[must_use]
    pub fn live_injections(&self) -> &LiveInjections {
        &self.live
    }

    /// The words of a remark; `None` never happens for a schedule that was read.
    #[must_use]
    pub fn note(&self, code: NoteCode) -> Option<&Text> {
        self.notes.get(&code)
    }
}

fn check(vaccine: &Vaccine) -> Result<(), ScheduleError> {
    let id = || vaccine.id.clone();
    if vaccine.ground.is_empty() {
        return Err(ScheduleError::NoLaw { vaccine: id() });
    }
    // Somebody who begins at any time with any product must find a course: the last one asks nothing.
    let open = |course: &Course| course.started_by.is_none() && !course.only_products;
    let last = vaccine.course.len().checked_sub(1);
    for (index, course) in vaccine.course.iter().enumerate() {
        if open(course) != (Some(index) == last) {
            return Err(ScheduleError::Gap { vaccine: id() });
        }
        if let Some(to) = &course.otherwise {
            let later = vaccine.course.iter().skip(index + 1);
            if !later.into_iter().any(|course| course.id == *to) {
                return Err(ScheduleError::DeadLink {
                    vaccine: id(),
                    course: course.id.clone(),
                    to: to.clone(),
                });
            }
        }
        check_doses(vaccine, course)?;
    }
    if last.is_none() {
        return Err(ScheduleError::Gap { vaccine: id() });
    }
    Ok(())
}

fn check_doses(vaccine: &Vaccine, course: &Course) -> Result<(), ScheduleError> {
    let refuse = |dose: usize, problem: &'static str| {
        Err(ScheduleError::Dose {
            vaccine: vaccine.id.clone(),
            course: course.id.clone(),
            dose,
            problem,
        })
    };
    let count = course.dose.len();
    if count == 0 {
        return refuse(0, "a course has at least one dose");
    }
    for (index, dose) in course.dose.iter().enumerate() {
        let number = index + 1;
        let may_be_left_out = dose.not_after.is_some() || dose.omit_if_previous_after.is_some();
        if may_be_left_out && (number == 1 || number == count) {
            return refuse(number, "the first and the last dose are never left out");
        }
        let counts_back = !dose.gap.is_empty()
            || dose.standard.gap_from.is_some()
            || dose.standard.gap_to.is_some();
        if number == 1 && counts_back {
            return refuse(number, "the first dose has no dose before it");
        }
        if number > 1 && !dose.gap.iter().any(|gap| gap.since == Since::Previous) {
            return refuse(number, "no interval to the dose before");
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../catalogue/vaccines.toml");

    fn refusal(from: &str, to: &str) -> String {
        assert!(TEXT.contains(from), "{from}");
        Schedule::read(&TEXT.replacen(from, to, 1))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_builtin_schedule_holds_every_vaccine_of_the_door() {
        let schedule = Schedule::builtin().unwrap();
        let ids: Vec<&str> = schedule
            .vaccines()
            .iter()
            .map(|vaccine| vaccine.id.as_str())
            .collect();
        assert_eq!(
            ids,
            [
                "hepatitis_b",
                "rotavirus_rv1",
                "rotavirus_rv5",
                "dpt_ipv_hib",
                "pneumococcal_child",
                "bcg",
                "mr_1",
                "mr_2",
                "varicella",
                "je_1",
                "je_2",
                "dt_2",
                "hpv",
                "rsv_maternal",
            ]
        );
        assert_eq!(
            schedule.vaccine("pcv"),
            schedule.vaccine("pneumococcal_child")
        );
        assert_eq!(schedule.vaccine("mumps"), None);
        assert!(
            NoteCode::ALL
                .iter()
                .all(|code| schedule.note(*code).is_some())
        );
    }

    #[test]
    fn contradictions_are_refused_by_name() {
        assert_eq!(
            refusal("aliases = [\"mr1\"]", "aliases = [\"bcg\"]"),
            "bcg names two vaccines"
        );
        assert_eq!(
            refusal("otherwise = \"three_doses\"", "otherwise = \"four_doses\""),
            "hpv: course two_doses leads to \"four_doses\", which is not a later course"
        );
        assert_eq!(
            refusal(
                "id = \"from_24_months\"",
                "id = \"from_24_months\"\nstarted_by = { months = 60 }"
            ),
            "pneumococcal_child: the courses do not cover every start"
        );
        assert_eq!(
            refusal("gap = [{ since = \"previous\", days = 27 }]", ""),
            "hepatitis_b: course three_doses, dose 2: no interval to the dose before"
        );
        assert_eq!(
            refusal(
                "part = \"booster\"",
                "part = \"booster\"\nnot_after = { months = 24 }"
            ),
            "dpt_ipv_hib: course three_and_booster, dose 4: the first and the last dose are never left out"
        );
        for (from, to) in [
            ("days = 139 }", "days = 139, months = 5 }"),
            (
                "births_from = \"2016-04-01\"",
                "births_from = \"2016-04-31\"",
            ),
            ("part = \"primary\"", "part = \"primary\"\ndosage = 1"),
            ("[note]", "[note]\nnonsense = { ja = \"\", en = \"\" }"),
        ] {
            assert_eq!(refusal(from, to), "vaccines");
        }
        let without = TEXT.lines().filter(|line| !line.starts_with("girls_only"));
        let text: String = without.flat_map(|line| [line, "\n"]).collect();
        assert!(matches!(
            Schedule::read(&text),
            Err(ScheduleError::NoWords {
                code: NoteCode::GirlsOnly
            })
        ));
    }
}
