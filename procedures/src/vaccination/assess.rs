//! One vaccine, one person, the doses given, one day: the status and the next dose's window.
//!
//! Pure. The record is untrusted: doses in any order, twice, before the birth, by the hundred thousand. Cost is that of
//! sorting them.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::data::{
    Course, DoseRule, Gap, Length, NoteCode, OnlyFor, Part, PastStandard, Recipient, Schedule,
    Since, Span, Vaccine,
};
use crate::calendar::{last_day_of_months, plus_days};
use crate::facts::Sex;
use crate::milestone::{Anchors, Milestone};

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssessError {
    /// The window is counted from a birth that is not known.
    #[error("{vaccine} is counted from the date of birth, which is missing")]
    NoBirth {
        /// The vaccine.
        vaccine: String,
    },
    /// The window is counted from a due date that is not known.
    #[error("{vaccine} is counted from the expected day of delivery, which is missing")]
    NoDueDate {
        /// The vaccine.
        vaccine: String,
    },
}

/// Whose doses they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Date of birth of the child.
    pub birth: Option<Date>,
    /// Expected day of delivery, for vaccines of the mother.
    pub due: Option<Date>,
    /// Sex of the child; asked where a vaccine is for one sex only, and then taken as fitting where not known.
    pub sex: Option<Sex>,
    /// The mother is HBs antigen positive.
    pub mother_hbs_positive: bool,
    /// Days of injections of other live vaccines.
    pub live_injections: Vec<Date>,
    /// Staying away from the municipality of residence (里帰り).
    pub away: bool,
}

/// A dose given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dose {
    /// The day.
    pub day: Date,
    /// The product's name, where known.
    pub product: Option<String>,
}

impl From<Date> for Dose {
    fn from(day: Date) -> Self {
        Self { day, product: None }
    }
}

/// Where a vaccination stands; the table is in the module's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The next dose's standard time has not passed.
    DueWindow,
    /// The standard time has passed; the dose is still permitted.
    Late,
    /// Today is the last permitted day of the next dose.
    LastDay,
    /// The next dose can no longer be given in the routine programme.
    Expired,
    /// Every dose was given.
    Complete,
    /// The record does not fit the order: the clinic must decide.
    NeedsDoctor,
    /// A course with fewer doses holds, because it began late or a dose is left out because of age.
    LateSeries,
    /// Not part of the routine programme for this child.
    NotRoutine,
}

/// The next dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextDose {
    /// Which injection or drink it is, from 1.
    pub number: usize,
    /// Primary or booster.
    pub part: Part,
    /// First permitted day; may lie in the past.
    pub earliest: Date,
    /// First and last day of the standard time; `None` where the interval ends after it.
    pub recommended: Option<(Date, Date)>,
    /// Last permitted day.
    pub latest: Date,
    /// The last day on which it leaves room for the rest of the course at the shortest intervals; `None` where there is
    /// no room any more.
    pub whole_course_by: Option<Date>,
}

/// Where one vaccination stands on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Its status.
    pub status: Status,
    /// The next dose; only with a status under which one can be said.
    pub next: Option<NextDose>,
    /// The last day of the vaccine's window; `None` where it is not routine.
    pub closes: Option<Date>,
    /// Doses counted.
    pub given: usize,
    /// Remarks.
    pub notes: Vec<NoteCode>,
}

impl Outlook {
    fn without_window(status: Status, notes: Vec<NoteCode>) -> Self {
        Self {
            status,
            next: None,
            closes: None,
            given: 0,
            notes,
        }
    }
}

impl Schedule {
    /// Where a vaccination stands on a day.
    ///
    /// # Errors
    /// [`AssessError`] when the day it is counted from is not known.
    pub fn assess(
        &self,
        vaccine: &Vaccine,
        person: &Person,
        doses: &[Dose],
        as_of: Date,
    ) -> Result<Outlook, AssessError> {
        let case = Case::new(self, vaccine, person)?;
        Ok(case.outlook(doses, as_of))
    }
}

/// A vaccine and a person, with the days that do not depend on doses.
struct Case<'a> {
    schedule: &'a Schedule,
    vaccine: &'a Vaccine,
    person: &'a Person,
    anchors: Anchors,
    opens: Date,
    closes: Date,
    longer: bool,
}

/// The doses laid against a course.
struct Laid {
    /// Days of the doses counted, in order.
    given: Vec<Date>,
    /// Place of the next dose in the course.
    next: usize,
    left_out: bool,
    surplus: bool,
}

impl<'a> Case<'a> {
    fn new(
        schedule: &'a Schedule,
        vaccine: &'a Vaccine,
        person: &'a Person,
    ) -> Result<Self, AssessError> {
        let anchors = Anchors {
            birth: person.birth,
            due: person.due,
        };
        let missing = || match vaccine.recipient {
            Recipient::Child => AssessError::NoBirth {
                vaccine: vaccine.id.clone(),
            },
            Recipient::Mother => AssessError::NoDueDate {
                vaccine: vaccine.id.clone(),
            },
        };
        let opens = vaccine.window.from.day(anchors).ok_or_else(missing)?;
        let mut closes = vaccine.window.to.day(anchors).ok_or_else(missing)?;
        let mut longer = false;
        if let Some(birth) = person.birth {
            for window in &vaccine.longer_for {
                let born_then = (window.births_from..=window.births_to).contains(&birth);
                if let Some(to) = window
                    .to
                    .day(anchors)
                    .filter(|to| born_then && *to > closes)
                {
                    closes = to;
                    longer = true;
                }
            }
            if vaccine.recipient == Recipient::Mother {
                // A dose for the unborn has no place after the birth.
                closes = closes.min(birth);
            }
        }
        Ok(Self {
            schedule,
            vaccine,
            person,
            anchors,
            opens,
            closes,
            longer,
        })
    }

    fn outlook(&self, doses: &[Dose], as_of: Date) -> Outlook {
        let mut notes = Vec::new();
        if let Some(why) = self.not_routine() {
            return Outlook::without_window(Status::NotRoutine, vec![why]);
        }
        if self.vaccine.sex.is_some() && self.person.sex.is_none_or(|sex| sex != Sex::Female) {
            notes.push(NoteCode::GirlsOnly);
        }
        let doses = self.counted(doses, &mut notes);
        let laid = match self.lay(&doses, as_of, &mut notes) {
            Ok(laid) => laid,
            Err(why) => {
                notes.push(why);
                return Outlook {
                    status: Status::NeedsDoctor,
                    next: None,
                    closes: Some(self.closes),
                    given: doses.len(),
                    notes,
                };
            }
        };
        let (course, laid) = laid;
        if laid.surplus {
            notes.push(NoteCode::MoreDosesThanPlanned);
        }
        if laid.given.last().is_some_and(|day| *day > self.closes) {
            notes.push(NoteCode::DoseOutsideWindow);
        }
        self.ahead(course, laid, as_of, notes)
    }

    /// Why the vaccine is not part of the programme for this person.
    fn not_routine(&self) -> Option<NoteCode> {
        let vaccine = self.vaccine;
        let boy = vaccine.sex == Some(OnlyFor::Female) && self.person.sex == Some(Sex::Male);
        let born_before = vaccine
            .births_from
            .zip(self.person.birth)
            .is_some_and(|(first, birth)| birth < first);
        if boy {
            Some(NoteCode::GirlsOnly)
        } else if vaccine.not_if_mother_hbs_positive && self.person.mother_hbs_positive {
            Some(NoteCode::InsuranceCourse)
        } else if born_before {
            Some(NoteCode::BornBeforeRoutine)
        } else if vaccine
            .programme_from
            .is_some_and(|first| self.closes < first)
        {
            Some(NoteCode::BeforeProgramme)
        } else {
            None
        }
    }

    /// The doses of this period, in order.
    fn counted(&self, doses: &[Dose], notes: &mut Vec<NoteCode>) -> Vec<Dose> {
        let earlier = self.vaccine.earlier_period.and_then(|span| self.days(span));
        let mut counted: Vec<Dose> = doses
            .iter()
            .filter(|dose| earlier.is_none_or(|(from, to)| !(from..=to).contains(&dose.day)))
            .cloned()
            .collect();
        if counted.len() < doses.len() {
            notes.push(NoteCode::EarlierPeriod);
        }
        counted.sort();
        counted
    }

    fn days(&self, span: Span) -> Option<(Date, Date)> {
        span.from.day(self.anchors).zip(span.to.day(self.anchors))
    }

    /// Finds the course and lays the doses against it, or says why the record does not fit the order.
    fn lay(
        &self,
        doses: &[Dose],
        as_of: Date,
        notes: &mut Vec<NoteCode>,
    ) -> Result<(&'a Course, Laid), NoteCode> {
        let before_birth = |dose: &Dose| {
            let child = self.vaccine.recipient == Recipient::Child;
            child && self.person.birth.is_some_and(|birth| dose.day < birth)
        };
        if doses.iter().any(before_birth) {
            return Err(NoteCode::DoseBeforeBirth);
        }
        if doses.last().is_some_and(|dose| dose.day > as_of) {
            return Err(NoteCode::DoseAfterToday);
        }
        let courses = &self.vaccine.course;
        let one_product = doses.iter().all(|dose| self.is_own_product(dose));
        if !one_product && !courses.iter().any(|course| course.only_products) {
            return Err(NoteCode::OtherProduct);
        }
        let started = doses.first().map_or(as_of.max(self.opens), |dose| dose.day);
        // The last course asks nothing, so there is one; data that says otherwise is not read.
        let Some(mut course) = self.course_begun(started, one_product) else {
            return Err(NoteCode::OtherProduct);
        };
        if !one_product {
            notes.push(NoteCode::ThirdDoseFollows);
        }
        loop {
            let why = match self.lay_against(course, doses) {
                Ok(laid) => return Ok((course, laid)),
                Err(why) => why,
            };
            // Each course leads to a later one only, so this ends.
            let otherwise = course
                .otherwise
                .as_ref()
                .and_then(|id| courses.iter().find(|course| course.id == *id));
            course = otherwise.ok_or(why)?;
            notes.push(NoteCode::ThirdDoseFollows);
        }
    }

    /// The course of somebody whose first dose was on a day.
    fn course_begun(&self, started: Date, one_product: bool) -> Option<&'a Course> {
        self.vaccine.course.iter().find(|course| {
            let in_time = course
                .started_by
                .and_then(|by| by.day(self.anchors))
                .is_none_or(|by| started <= by);
            in_time && (one_product || !course.only_products)
        })
    }

    fn lay_against(&self, course: &Course, doses: &[Dose]) -> Result<Laid, NoteCode> {
        let mut laid = Laid {
            given: Vec::new(),
            next: 0,
            left_out: false,
            surplus: false,
        };
        for dose in doses {
            let Some(rule) = self.next_rule(course, &mut laid, dose.day) else {
                laid.surplus = true;
                break;
            };
            if dose.day < first_by_gap(rule, &laid.given) {
                return Err(NoteCode::DosesTooClose);
            }
            if dose.day < self.first_by_age(rule) {
                return Err(NoteCode::DoseTooEarly);
            }
            laid.given.push(dose.day);
            laid.next += 1;
        }
        Ok(laid)
    }

    /// The next dose of the course as seen on a day: doses that age has left behind are passed over.
    fn next_rule<'c>(
        &self,
        course: &'c Course,
        laid: &mut Laid,
        day: Date,
    ) -> Option<&'c DoseRule> {
        loop {
            let rule = course.dose.get(laid.next)?;
            if !self.left_out(rule, &laid.given, day) {
                return Some(rule);
            }
            laid.next += 1;
            laid.left_out = true;
        }
    }

    fn left_out(&self, rule: &DoseRule, given: &[Date], day: Date) -> bool {
        let at = |milestone: Option<Milestone>| milestone.and_then(|at| at.day(self.anchors));
        let too_old =
            at(rule.not_after).is_some_and(|last| day > last || first_by_gap(rule, given) > last);
        let previous_too_late = at(rule.omit_if_previous_after)
            .zip(given.last().copied())
            .is_some_and(|(last, previous)| previous > last);
        too_old || previous_too_late
    }

    fn first_by_age(&self, rule: &DoseRule) -> Date {
        rule.not_before
            .and_then(|at| at.day(self.anchors))
            .map_or(self.opens, |first| first.max(self.opens))
    }

    /// The status and window of the dose after those laid.
    fn ahead(
        &self,
        course: &Course,
        mut laid: Laid,
        as_of: Date,
        mut notes: Vec<NoteCode>,
    ) -> Outlook {
        let rule = self.next_rule(course, &mut laid, as_of);
        if course.reduced {
            notes.push(NoteCode::StartedLate);
        }
        if laid.left_out {
            notes.push(NoteCode::DoseLeftOut);
        }
        let given = laid.given.len();
        let outlook = |status, next, notes| Outlook {
            status,
            next,
            closes: Some(self.closes),
            given,
            notes,
        };
        let Some(rule) = rule else {
            return outlook(Status::Complete, None, notes);
        };
        let next = self.window(course, &laid, rule);
        if as_of > next.latest {
            notes.push(NoteCode::WindowClosed);
            return outlook(Status::Expired, None, notes);
        }
        if next.earliest > next.latest {
            notes.push(NoteCode::IntervalRunsOut);
            return outlook(Status::Expired, None, notes);
        }
        self.remark(&laid.given, as_of, &mut notes);
        let past_standard = next.recommended.is_none_or(|(_, to)| as_of > to);
        if past_standard && rule.past_standard == PastStandard::AskClinic {
            notes.push(NoteCode::PastAdvisedStart);
        }
        let status = if as_of == next.latest {
            Status::LastDay
        } else if course.reduced || laid.left_out {
            Status::LateSeries
        } else if past_standard {
            Status::Late
        } else {
            Status::DueWindow
        };
        outlook(status, Some(next), notes)
    }

    fn remark(&self, given: &[Date], as_of: Date, notes: &mut Vec<NoteCode>) {
        if self.longer {
            notes.push(NoteCode::LongerWindow);
        }
        if self.live_gap(given).is_some_and(|first| first > as_of) {
            notes.push(NoteCode::LiveInjectionGap);
        }
        if self.person.away {
            notes.push(NoteCode::RequestLetter);
        }
        if self.vaccine.recipient == Recipient::Mother {
            notes.push(NoteCode::NotWithinFourteenDays);
        }
    }

    /// The first day after other injected live vaccines, for a vaccine that is one.
    fn live_gap(&self, given: &[Date]) -> Option<Date> {
        if !self.vaccine.live_injection {
            return None;
        }
        let last = self.person.live_injections.iter().max()?;
        // Injections on one day are no interval, and its own doses have their own.
        let length = Length::Days(self.schedule.live_injections().days);
        (!given.contains(last)).then(|| after_length(length, *last))
    }

    fn window(&self, course: &Course, laid: &Laid, rule: &DoseRule) -> NextDose {
        let given = &laid.given;
        let mut earliest = self
            .first_by_age(rule)
            .max(first_by_gap(rule, given))
            .max(self.live_gap(given).unwrap_or(Date::MIN));
        if let Some(first) = self.vaccine.programme_from {
            earliest = earliest.max(first);
        }
        let latest = self.last(rule);
        NextDose {
            number: given.len() + 1,
            part: rule.part,
            earliest,
            recommended: self.standard(rule, given, earliest, latest),
            latest,
            whole_course_by: self.whole_course_by(course, laid, earliest, latest),
        }
    }

    fn last(&self, rule: &DoseRule) -> Date {
        rule.not_after
            .and_then(|at| at.day(self.anchors))
            .map_or(self.closes, |last| last.min(self.closes))
    }

    fn standard(
        &self,
        rule: &DoseRule,
        given: &[Date],
        earliest: Date,
        latest: Date,
    ) -> Option<(Date, Date)> {
        let standard = rule.standard;
        let by_age = |at: Option<Milestone>| at.and_then(|at| at.day(self.anchors));
        let by_gap = |gap: Option<Gap>| gap.and_then(|gap| after(gap, given));
        let from = [by_age(standard.from), by_gap(standard.gap_from)]
            .into_iter()
            .flatten()
            .fold(earliest, Date::max);
        let to = [by_age(standard.to), by_gap(standard.gap_to)]
            .into_iter()
            .flatten()
            .fold(latest, Date::min);
        (from <= to).then_some((from, to))
    }

    /// Later days leave less room, so the last day with room is found by halving.
    fn whole_course_by(
        &self,
        course: &Course,
        laid: &Laid,
        earliest: Date,
        latest: Date,
    ) -> Option<Date> {
        if earliest > latest || !self.rest_fits(course, laid, earliest) {
            return None;
        }
        let (mut fits, mut span) = (earliest, earliest.until(latest).ok()?.get_days());
        while span > 0 {
            let half = span - span / 2;
            let candidate = plus_days(fits, half);
            if self.rest_fits(course, laid, candidate) {
                fits = candidate;
                span -= half;
            } else {
                span = half - 1;
            }
        }
        Some(fits)
    }

    fn rest_fits(&self, course: &Course, laid: &Laid, day: Date) -> bool {
        let mut rest = Laid {
            given: laid.given.clone(),
            next: laid.next,
            left_out: false,
            surplus: false,
        };
        // A first dose decides the course by its own day, not by today.
        let begun = self
            .course_begun(day, true)
            .filter(|_| laid.given.is_empty());
        let course = begun.unwrap_or(course);
        let mut day = day;
        loop {
            rest.given.push(day);
            rest.next += 1;
            let Some(rule) = self.next_rule(course, &mut rest, day) else {
                return true;
            };
            day = self.first_by_age(rule).max(first_by_gap(rule, &rest.given));
            if day > self.last(rule) {
                return false;
            }
        }
    }

    /// Whether a dose is of this vaccine's product, as far as its name is known.
    fn is_own_product(&self, dose: &Dose) -> bool {
        let products = &self.vaccine.products;
        let Some(name) = dose.product.as_deref().filter(|_| !products.is_empty()) else {
            return true;
        };
        let plain: String = name
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_'))
            .flat_map(char::to_lowercase)
            .collect();
        plain.is_empty() || products.contains(&plain)
    }
}

fn first_by_gap(rule: &DoseRule, given: &[Date]) -> Date {
    rule.gap
        .iter()
        .filter_map(|gap| after(*gap, given))
        .max()
        .unwrap_or(Date::MIN)
}

/// The first day after an interval; `None` without the dose it is counted from.
fn after(gap: Gap, given: &[Date]) -> Option<Date> {
    let since = match gap.since {
        Since::First => given.first(),
        Since::Previous => given.last(),
    };
    since.map(|day| after_length(gap.length, *day))
}

fn after_length(length: Length, day: Date) -> Date {
    match length {
        Length::Days(days) => plus_days(day, i32::from(days).saturating_add(1)),
        Length::Months(months) => plus_days(last_day_of_months(day, months), 1),
    }
}
