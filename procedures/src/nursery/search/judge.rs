//! One facility against one family's wishes: fast for the walk, in words for the page. Both rest on the same outcomes.

use std::ops::Range;

use jiff::civil::Date;

use super::super::age::{AgeClass, ChildAge, MinAge};
use super::super::facility::{Facility, FacilityKind};
use super::super::vacancy::Vacancy;
use super::super::words::{Say, Sentence, Words};
use super::index::{Index, Vector, metres, vector};
use super::names::NameQuery;
use super::{Finding, Hit, Outcome, Wish, Wishes};
use crate::calendar::{Month, plus_days};

/// What the walk needs of a facility, close together in memory.
#[derive(Debug)]
pub(super) struct Row {
    place: Option<Vector>,
    facility: u32,
    rank: u32,
    vacancies: Range<u32>,
    fee: Option<u32>,
    hours: Option<(u16, u16)>,
    min: Option<MinAge>,
    kind: FacilityKind,
    /// Classes that are taken.
    classes: u8,
    /// Classes that a table of free places says are not offered.
    not_offered: u8,
    days: super::Weekdays,
    ages_known: bool,
    staff_only: bool,
    round_the_clock: bool,
}

impl Row {
    pub(super) fn of(
        facility: &Facility,
        index: usize,
        rank: u32,
        range: Range<usize>,
        vacancies: &[Vacancy],
    ) -> Self {
        let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let takes = |class: &AgeClass| {
            let old_enough = !matches!(facility.ages.min, Some(MinAge::Class(min)) if *class < min);
            old_enough && facility.ages.takes(*class) != Some(false)
        };
        let mut not_offered = 0;
        for class in AgeClass::ALL {
            let latest = vacancies
                .iter()
                .filter(|vacancy| vacancy.class == class)
                .max_by_key(|vacancy| (vacancy.as_of, vacancy.month));
            if latest.is_some_and(|latest| !latest.offered) {
                not_offered |= class.bit();
            }
        }
        Self {
            place: facility.position.map(vector),
            facility: narrow(index),
            rank,
            vacancies: narrow(range.start)..narrow(range.end),
            fee: facility.fee,
            hours: facility
                .open
                .zip(facility.close)
                .map(|(open, close)| (open.minutes(), close.minutes())),
            min: facility.ages.min,
            kind: facility.kind,
            classes: AgeClass::ALL
                .iter()
                .filter(|class| takes(class))
                .fold(0, |bits, class| bits | class.bit()),
            not_offered,
            days: facility.days.unwrap_or_default(),
            ages_known: facility.ages.understood,
            staff_only: facility.staff_only,
            round_the_clock: facility.round_the_clock,
        }
    }

    pub(super) fn facility(&self) -> usize {
        self.facility as usize
    }

    pub(super) fn rank(&self) -> u32 {
        self.rank
    }
}

/// Wishes, made ready.
#[derive(Debug)]
pub(super) struct Query<'a> {
    wishes: &'a Wishes,
    from: Option<Vector>,
    child: Option<ChildAge>,
    hours: Option<(u16, u16)>,
    kinds: u16,
    pub(super) name: Option<NameQuery>,
    month: Option<Month>,
    /// Vacancies before this day are old.
    fresh_from: Option<Date>,
}

impl<'a> Query<'a> {
    pub(super) fn new(wishes: &'a Wishes) -> Self {
        Self {
            wishes,
            from: wishes.at.map(vector),
            child: wishes
                .child
                .map(|(birth, entry)| ChildAge::on(birth, entry)),
            hours: wishes
                .hours
                .map(|(from, to)| (from.minutes(), to.minutes())),
            kinds: wishes.kinds.iter().fold(0, |bits, kind| bits | kind.bit()),
            name: wishes.name.as_deref().and_then(NameQuery::new),
            month: wishes.child.map(|(_, entry)| Month::of(entry)),
            fresh_from: wishes
                .today
                .map(|today| plus_days(today, -i32::from(wishes.fresh_days))),
        }
    }

    pub(super) fn distance(&self, row: &Row) -> Option<u32> {
        Some(metres(self.from.as_ref()?, row.place.as_ref()?))
    }

    pub(super) fn is_too_far(&self, metres: u32) -> bool {
        self.wishes.within_m.is_some_and(|most| metres > most)
    }

    pub(super) fn misses(&self, row: &Row, distance: Option<u32>, all: &[Vacancy]) -> u8 {
        Wish::ALL
            .iter()
            .filter(|wish| self.outcome(**wish, row, distance, all) == Some(Outcome::Missed))
            .fold(0, |misses, _| misses + 1)
    }

    /// `None` where nothing was wished.
    fn outcome(
        &self,
        wish: Wish,
        row: &Row,
        distance: Option<u32>,
        all: &[Vacancy],
    ) -> Option<Outcome> {
        match wish {
            Wish::Kind => Some(self.kind(row)),
            Wish::Class => self.child.map(|child| class(row, &child)),
            Wish::MinAge => self.child.and_then(|child| min_age(row, &child)),
            Wish::Hours => self.hours.map(|(from, to)| hours(row, from, to)),
            Wish::Days => {
                let wanted = self.wishes.days;
                (!wanted.is_empty()).then(|| match row.days {
                    days if days.is_empty() => Outcome::Unknown,
                    days => met(days.covers(wanted)),
                })
            }
            Wish::Fee => self.wishes.max_fee.map(|most| {
                self.fee(row)
                    .map_or(Outcome::Unknown, |fee| met(fee <= most))
            }),
            Wish::Vacancy => self.wishes.vacancy.then(|| self.vacancy_outcome(row, all)),
            Wish::Distance => self
                .wishes
                .within_m
                .map(|_| distance.map_or(Outcome::Unknown, |metres| met(!self.is_too_far(metres)))),
        }
    }

    fn kind(&self, row: &Row) -> Outcome {
        if row.staff_only {
            Outcome::Missed
        } else if self.kinds != 0 {
            met(self.kinds & row.kind.bit() != 0)
        } else {
            row.kind.is_daily_care().map_or(Outcome::Unknown, met)
        }
    }

    fn fee(&self, row: &Row) -> Option<u32> {
        let licensed = self
            .wishes
            .licensed_fee
            .filter(|_| row.kind.is_licensed_care());
        licensed.or(row.fee)
    }

    /// The table's entry for the child's class: of the month of entry if there is one, else the latest.
    fn vacancy<'v>(&self, row: &Row, all: &'v [Vacancy]) -> Option<&'v Vacancy> {
        let class = self.child?.class?;
        let own = all.get(row.vacancies.start as usize..row.vacancies.end as usize)?;
        own.iter()
            .filter(|vacancy| vacancy.class == class)
            .max_by_key(|vacancy| {
                let this_month = vacancy.month.is_some() && vacancy.month == self.month;
                (this_month, vacancy.as_of, vacancy.month)
            })
    }

    fn is_stale(&self, vacancy: &Vacancy) -> bool {
        vacancy
            .as_of
            .is_none_or(|day| self.fresh_from.is_some_and(|from| day < from))
    }

    fn vacancy_outcome(&self, row: &Row, all: &[Vacancy]) -> Outcome {
        match self.vacancy(row, all) {
            Some(vacancy) if !vacancy.offered => Outcome::Missed,
            Some(vacancy) if self.is_stale(vacancy) => Outcome::Unknown,
            Some(vacancy) => vacancy
                .vacancies
                .map_or(Outcome::Unknown, |count| met(count > 0)),
            None => Outcome::Unknown,
        }
    }

    // ---- in words ----

    pub(super) fn explain(
        &self,
        row: &Row,
        facility: &Facility,
        index: &Index,
        words: &Words,
    ) -> Hit {
        let all = &index.vacancies;
        let seen = Seen {
            row,
            facility,
            distance: self.distance(row),
            vacancy: self.vacancy(row, all),
            words,
        };
        let findings = Wish::ALL
            .into_iter()
            .filter_map(|wish| {
                let outcome = self.outcome(wish, row, seen.distance, all)?;
                let (sentence, values) = self.sentence(wish, outcome, &seen);
                Some(Finding {
                    wish,
                    outcome,
                    text: words.say(sentence, &values),
                })
            })
            .collect();
        Hit {
            facility: row.facility(),
            distance_m: seen.distance,
            findings,
            vacancy: seen
                .vacancy
                .map(|vacancy| (*vacancy, self.is_stale(vacancy))),
        }
    }

    fn sentence(&self, wish: Wish, outcome: Outcome, seen: &Seen<'_>) -> Said {
        use Outcome::{Met, Missed, Unknown};
        let row = seen.row;
        match wish {
            Wish::Kind => {
                let sentence = match outcome {
                    _ if row.staff_only => Sentence::StaffOnly,
                    Met => Sentence::KindFits,
                    Missed if self.kinds != 0 => Sentence::KindNotWanted,
                    Missed => Sentence::KindNotDaily,
                    Unknown => Sentence::KindUnknown,
                };
                (sentence, vec![("kind", seen.words.kind(seen.facility))])
            }
            Wish::Class => self.class_sentence(outcome, seen),
            Wish::MinAge => self.min_age_sentence(outcome, row),
            Wish::Hours => self.hours_sentence(outcome, seen),
            Wish::Days => {
                let lacking = row.days.lacking(self.wishes.days);
                let sentence = match outcome {
                    Met => Sentence::DaysCover,
                    Missed => Sentence::DaysLacking,
                    Unknown => Sentence::DaysUnknown,
                };
                (sentence, vec![("days", Say::plain(lacking))])
            }
            Wish::Fee => {
                let sentence = match outcome {
                    Met => Sentence::FeeWithin,
                    Missed => Sentence::FeeOver,
                    Unknown => Sentence::FeeUnknown,
                };
                let values = vec![
                    ("fee", Say::plain(self.fee(row).unwrap_or_default())),
                    ("max", Say::plain(self.wishes.max_fee.unwrap_or_default())),
                ];
                (sentence, values)
            }
            Wish::Vacancy => self.vacancy_sentence(outcome, seen.vacancy),
            Wish::Distance => {
                let sentence = match outcome {
                    Met => Sentence::DistanceWithin,
                    Missed => Sentence::DistanceOver,
                    Unknown => Sentence::DistanceUnknown,
                };
                let most = self.wishes.within_m.unwrap_or_default();
                let values = vec![
                    ("distance", Say::plain(seen.distance.unwrap_or_default())),
                    ("max", Say::plain(most)),
                ];
                (sentence, values)
            }
        }
    }

    fn class_sentence(&self, outcome: Outcome, seen: &Seen<'_>) -> Said {
        let Some(class) = self.child.and_then(|child| child.class) else {
            return (Sentence::SchoolAge, Vec::new());
        };
        let ages = &seen.facility.ages;
        let min = match ages.min {
            Some(MinAge::Class(min)) => min.number(),
            _ => 0,
        };
        let values = vec![
            ("class", Say::plain(class)),
            ("min", Say::plain(min)),
            ("max", Say::plain(ages.max.map_or(5, AgeClass::number))),
        ];
        let sentence = match outcome {
            Outcome::Met => Sentence::ClassTaken,
            Outcome::Missed if seen.row.not_offered & class.bit() != 0 => {
                Sentence::VacancyNotOffered
            }
            Outcome::Missed => Sentence::ClassNotTaken,
            Outcome::Unknown => Sentence::ClassUnknown,
        };
        (sentence, values)
    }

    fn min_age_sentence(&self, outcome: Outcome, row: &Row) -> Said {
        if self.child.is_some_and(|child| child.days < 0) {
            return (Sentence::NotBorn, Vec::new());
        }
        let (Some(min), Some((birth, _))) = (row.min, self.wishes.child) else {
            return (Sentence::AgeUnknown, Vec::new());
        };
        let values = vec![
            ("age", Say::age(min)),
            ("day", Say::day(min.first_day(birth))),
        ];
        let sentence = match outcome {
            Outcome::Met => Sentence::AgeReached,
            Outcome::Missed => Sentence::AgeNotReached,
            Outcome::Unknown => Sentence::AgeUnknown,
        };
        (sentence, values)
    }

    fn hours_sentence(&self, outcome: Outcome, seen: &Seen<'_>) -> Said {
        let mut values = Vec::new();
        if let Some((from, to)) = self.wishes.hours {
            values.extend([("from", Say::plain(from)), ("to", Say::plain(to))]);
        }
        if let (Some(open), Some(close)) = (seen.facility.open, seen.facility.close) {
            values.extend([("open", Say::plain(open)), ("close", Say::plain(close))]);
        }
        let sentence = match outcome {
            _ if seen.row.round_the_clock => Sentence::HoursRoundTheClock,
            Outcome::Met => Sentence::HoursCover,
            Outcome::Missed => Sentence::HoursShort,
            Outcome::Unknown => Sentence::HoursUnknown,
        };
        (sentence, values)
    }

    fn vacancy_sentence(&self, outcome: Outcome, vacancy: Option<&Vacancy>) -> Said {
        let Some(vacancy) = vacancy else {
            return (Sentence::VacancyUnknown, Vec::new());
        };
        let mut values = vec![
            ("class", Say::plain(vacancy.class)),
            ("count", Say::plain(vacancy.vacancies.unwrap_or_default())),
        ];
        if !vacancy.offered {
            return (Sentence::VacancyNotOffered, values);
        }
        let Some(day) = vacancy.as_of else {
            return (Sentence::VacancyUnknown, values);
        };
        values.push(("day", Say::day(day)));
        let sentence = match outcome {
            _ if self.is_stale(vacancy) => Sentence::VacancyStale,
            Outcome::Met => Sentence::VacancyFree,
            Outcome::Missed => Sentence::VacancyNone,
            Outcome::Unknown => Sentence::VacancyUnknown,
        };
        (sentence, values)
    }
}

/// What is said of a facility rests on this.
struct Seen<'s> {
    row: &'s Row,
    facility: &'s Facility,
    distance: Option<u32>,
    vacancy: Option<&'s Vacancy>,
    words: &'s Words,
}

/// A sentence and its values.
type Said = (Sentence, Vec<(&'static str, Say)>);

fn met(met: bool) -> Outcome {
    if met { Outcome::Met } else { Outcome::Missed }
}

fn class(row: &Row, child: &ChildAge) -> Outcome {
    let Some(class) = child.class else {
        return Outcome::Missed;
    };
    if row.not_offered & class.bit() != 0 || row.classes & class.bit() == 0 {
        Outcome::Missed
    } else if row.ages_known {
        Outcome::Met
    } else {
        Outcome::Unknown
    }
}

/// `None` where the class says it all.
fn min_age(row: &Row, child: &ChildAge) -> Option<Outcome> {
    if child.days < 0 {
        return Some(Outcome::Missed);
    }
    match row.min {
        Some(MinAge::Class(_)) => None,
        Some(min) => Some(met(min.reached_by(child))),
        None => Some(Outcome::Unknown),
    }
}

fn hours(row: &Row, from: u16, to: u16) -> Outcome {
    if row.round_the_clock {
        return Outcome::Met;
    }
    row.hours.map_or(Outcome::Unknown, |(open, close)| {
        met(open <= from && to <= close)
    })
}
