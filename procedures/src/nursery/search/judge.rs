//! One facility against one family's wishes: fast for the walk, in words for the page. Both rest on the same outcomes.

use std::ops::Range;

use jiff::civil::Date;

use super::super::age::{AgeClass, ChildAge, MinAge};
use super::super::facility::{Facility, FacilityKind, Weekdays};
use super::super::vacancy::Vacancy;
use super::super::words::{Say, Sentence, Words};
use super::index::{Index, Vector, chord, metres, vector};
use super::names::NameQuery;
use super::{Finding, Hit, Outcome, Wish, Wishes};
use crate::calendar::{Month, plus_days};

/// What the walk needs of a facility, close together in memory. What the list does not say stands as a value that no wish
/// misses.
#[derive(Debug)]
pub(super) struct Row {
    place: Option<Vector>,
    facility: u32,
    rank: u32,
    vacancies: Range<u32>,
    /// 0 where the list names no fee.
    fee: u32,
    /// Its kind as a bit, and whether it is for employees only.
    kind: u16,
    min_days: u16,
    min_months: u16,
    open: u16,
    close: u16,
    /// Classes that are not taken.
    refused: u8,
    /// Classes that a table of free places says are not offered; they are refused as well.
    not_offered: u8,
    days: Weekdays,
    licensed: bool,
}

/// Stands beside the bits of the kinds.
const STAFF_ONLY: u16 = 1 << 15;

impl Row {
    pub(super) fn of(
        facility: &Facility,
        index: usize,
        rank: u32,
        range: Range<usize>,
        vacancies: &[Vacancy],
    ) -> Self {
        let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let (mut refused, mut not_offered) = (0, 0);
        for class in AgeClass::ALL {
            let latest = vacancies
                .iter()
                .filter(|vacancy| vacancy.class == class)
                .max_by_key(|vacancy| (vacancy.as_of, vacancy.month));
            if latest.is_some_and(|latest| !latest.offered) {
                not_offered |= class.bit();
            }
            let too_young = matches!(facility.ages.min, Some(MinAge::Class(min)) if class < min);
            if too_young || facility.ages.takes(class) == Some(false) {
                refused |= class.bit();
            }
        }
        let (min_days, min_months) = match facility.ages.min {
            Some(MinAge::Days(days)) => (days, 0),
            Some(MinAge::Months(months)) => (0, months),
            Some(MinAge::Class(_)) | None => (0, 0),
        };
        let hours = facility.open.zip(facility.close);
        let hours = hours.filter(|_| !facility.round_the_clock);
        let staff_only = if facility.staff_only { STAFF_ONLY } else { 0 };
        Self {
            place: facility.position.map(vector),
            facility: narrow(index),
            rank,
            vacancies: narrow(range.start)..narrow(range.end),
            fee: facility.fee.unwrap_or(0),
            kind: facility.kind.bit() | staff_only,
            min_days,
            min_months,
            open: hours.map_or(0, |(open, _)| open.minutes()),
            close: hours.map_or(u16::MAX, |(_, close)| close.minutes()),
            refused: refused | not_offered,
            not_offered,
            days: facility.days.unwrap_or(Weekdays::ALL),
            licensed: facility.kind.is_licensed_care(),
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
    /// Kinds that miss the wish, employees' nurseries among them.
    unwanted: u16,
    pub(super) name: Option<NameQuery>,
    month: Option<Month>,
    /// Vacancies before this day are old.
    fresh_from: Option<Date>,
    fast: Fast,
}

/// Wishes as limits that a row is compared with; what is not wished is a limit that nothing misses.
#[derive(Debug)]
struct Fast {
    /// All classes at school age.
    classes: u8,
    born: bool,
    days: u16,
    months: u16,
    from: u16,
    to: u16,
    max_fee: u32,
    licensed_fee: Option<u32>,
}

impl Fast {
    fn of(wishes: &Wishes, child: Option<&ChildAge>) -> Self {
        let age = |child: &ChildAge| u16::try_from(child.days.max(0)).unwrap_or(u16::MAX);
        Self {
            classes: child.map_or(0, |child| child.class.map_or(u8::MAX, AgeClass::bit)),
            born: child.is_none_or(|child| child.days >= 0),
            days: child.map_or(u16::MAX, age),
            months: child.map_or(u16::MAX, |child| child.months.unwrap_or(0)),
            from: wishes.hours.map_or(u16::MAX, |(from, _)| from.minutes()),
            to: wishes.hours.map_or(0, |(_, to)| to.minutes()),
            max_fee: wishes.max_fee.unwrap_or(u32::MAX),
            licensed_fee: wishes.licensed_fee,
        }
    }
}

impl<'a> Query<'a> {
    pub(super) fn new(wishes: &'a Wishes) -> Self {
        let child = wishes
            .child
            .map(|(birth, entry)| ChildAge::on(birth, entry));
        let wanted = |kind: FacilityKind| {
            if wishes.kinds.is_empty() {
                kind.is_daily_care() != Some(false)
            } else {
                wishes.kinds.contains(&kind)
            }
        };
        Self {
            wishes,
            from: wishes.at.map(vector),
            unwanted: FacilityKind::ALL
                .into_iter()
                .filter(|kind| !wanted(*kind))
                .fold(STAFF_ONLY, |bits, kind| bits | kind.bit()),
            name: wishes.name.as_deref().and_then(NameQuery::new),
            month: wishes.child.map(|(_, entry)| Month::of(entry)),
            fresh_from: wishes
                .today
                .map(|today| plus_days(today, -i32::from(wishes.fresh_days))),
            fast: Fast::of(wishes, child.as_ref()),
            child,
        }
    }

    /// The straight line to a facility, in radii of the earth.
    pub(super) fn chord(&self, row: &Row) -> Option<f64> {
        Some(chord(self.from.as_ref()?, row.place.as_ref()?))
    }

    pub(super) fn is_too_far(&self, metres: u32) -> bool {
        self.wishes.within_m.is_some_and(|most| metres > most)
    }

    /// How many wishes are missed, that for the distance apart. The same as counting [`Self::outcome`], without asking what
    /// is merely unknown; every search checks that in tests.
    pub(super) fn misses_but_distance(&self, row: &Row, all: &[Vacancy]) -> u8 {
        let fast = &self.fast;
        let licensed = fast.licensed_fee.filter(|_| row.licensed);
        let kind = self.unwanted & row.kind != 0;
        let class = fast.classes == u8::MAX || fast.classes & row.refused != 0;
        let age = !fast.born || fast.days < row.min_days || fast.months < row.min_months;
        let hours = row.open > fast.from || row.close < fast.to;
        let days = !row.days.covers(self.wishes.days);
        let fee = licensed.unwrap_or(row.fee) > fast.max_fee;
        let vacancy = self.wishes.vacancy && self.vacancy_outcome(row, all) == Outcome::Missed;
        [kind, class, age, hours, days, fee, vacancy]
            .into_iter()
            .fold(0, |misses, missed| misses + u8::from(missed))
    }

    /// How a wish is met; `None` where nothing was wished.
    fn outcome(&self, wish: Wish, seen: &Seen<'_>) -> Option<Outcome> {
        let facility = seen.facility;
        match wish {
            Wish::Kind => Some(if facility.staff_only {
                Outcome::Missed
            } else if self.wishes.kinds.is_empty() {
                known(facility.kind.is_daily_care())
            } else {
                met(self.wishes.kinds.contains(&facility.kind))
            }),
            Wish::Class => {
                let Some(class) = self.child?.class else {
                    return Some(Outcome::Missed);
                };
                Some(if seen.row.refused & class.bit() != 0 {
                    Outcome::Missed
                } else {
                    known(facility.ages.takes(class))
                })
            }
            Wish::MinAge => {
                let child = self.child?;
                if child.days < 0 {
                    return Some(Outcome::Missed);
                }
                match facility.ages.min {
                    // The class says it all.
                    Some(MinAge::Class(_)) => None,
                    min => Some(known(min.map(|min| min.reached_by(&child)))),
                }
            }
            Wish::Hours => {
                let (from, to) = self.wishes.hours?;
                let hours = facility.open.zip(facility.close);
                let covers = hours.map(|(open, close)| open <= from && to <= close);
                let always = facility.round_the_clock.then_some(true);
                Some(known(always.or(covers)))
            }
            Wish::Days => {
                let wanted = self.wishes.days;
                let covers = facility.days.map(|days| days.covers(wanted));
                (!wanted.is_empty()).then(|| known(covers))
            }
            Wish::Fee => {
                let most = self.wishes.max_fee?;
                Some(known(self.fee(facility).map(|fee| fee <= most)))
            }
            Wish::Vacancy => {
                let outcome = || self.vacancy_outcome(seen.row, seen.vacancies);
                self.wishes.vacancy.then(outcome)
            }
            Wish::Distance => {
                self.wishes.within_m?;
                Some(known(seen.distance.map(|metres| !self.is_too_far(metres))))
            }
        }
    }

    fn fee(&self, facility: &Facility) -> Option<u32> {
        let licensed = self
            .wishes
            .licensed_fee
            .filter(|_| facility.kind.is_licensed_care());
        licensed.or(facility.fee)
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
            Some(vacancy) => known(vacancy.vacancies.map(|count| count > 0)),
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
        let seen = Seen {
            row,
            facility,
            distance: self.chord(row).map(metres),
            vacancy: self.vacancy(row, &index.vacancies),
            vacancies: &index.vacancies,
            words,
        };
        let findings = Wish::ALL
            .into_iter()
            .filter_map(|wish| {
                let outcome = self.outcome(wish, &seen)?;
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
        let facility = seen.facility;
        match wish {
            Wish::Kind => {
                let sentence = match outcome {
                    _ if facility.staff_only => Sentence::StaffOnly,
                    Met => Sentence::KindFits,
                    Missed if !self.wishes.kinds.is_empty() => Sentence::KindNotWanted,
                    Missed => Sentence::KindNotDaily,
                    Unknown => Sentence::KindUnknown,
                };
                (sentence, vec![("kind", seen.words.kind(facility))])
            }
            Wish::Class => self.class_sentence(outcome, seen),
            Wish::MinAge => self.min_age_sentence(outcome, facility),
            Wish::Hours => self.hours_sentence(outcome, seen),
            Wish::Days => {
                let own = facility.days.unwrap_or_default();
                let lacking = own.lacking(self.wishes.days);
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
                    ("fee", Say::plain(self.fee(facility).unwrap_or_default())),
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

    fn min_age_sentence(&self, outcome: Outcome, facility: &Facility) -> Said {
        if self.child.is_some_and(|child| child.days < 0) {
            return (Sentence::NotBorn, Vec::new());
        }
        let (Some(min), Some((birth, _))) = (facility.ages.min, self.wishes.child) else {
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
            _ if seen.facility.round_the_clock => Sentence::HoursRoundTheClock,
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
    /// Of the child's class.
    vacancy: Option<&'s Vacancy>,
    /// Of all facilities.
    vacancies: &'s [Vacancy],
    words: &'s Words,
}

/// A sentence and its values.
type Said = (Sentence, Vec<(&'static str, Say)>);

fn met(met: bool) -> Outcome {
    if met { Outcome::Met } else { Outcome::Missed }
}

/// What the list says, or that it does not say.
fn known(says: Option<bool>) -> Outcome {
    says.map_or(Outcome::Unknown, met)
}
