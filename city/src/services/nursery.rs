//! Nursery places: the list a family searches, the rounds it can apply in, and the points its household is estimated at.
//!
//! Answers for asking `ubugoe_procedures::nursery` and the municipality's profile. Says nothing about how likely a place is: a
//! point is a rank (trap 62). Days of rounds are the profile's and are not rolled over closing days.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use ubugoe_procedures::Text;
use ubugoe_procedures::calendar::{MonthDay, fiscal_year, plus_days};
use ubugoe_procedures::catalogue::Profile;
use ubugoe_procedures::milestone::school_entry;
use ubugoe_procedures::nursery::{
    Certification, Employment, Facility, Guardian, Household, Index, NeedReason, NeedRules,
    PointTables, Score, Town, certify, towns,
};

use crate::jst;

/// Before that the mother may not work (労働基準法65 II), and nurseries take no child.
const EARLIEST_DAYS: i32 = 57;
/// Most wishes where the profile names no number.
pub const MOST_WISHES: usize = 20;

/// The nurseries of a city.
#[derive(Debug, Clone)]
pub struct Nurseries {
    index: Arc<Index>,
    towns: Vec<Town>,
}

impl Nurseries {
    /// Takes the list that was read, and the municipality's name as it stands in addresses.
    #[must_use]
    pub fn new(index: Index, municipality: &str) -> Self {
        let towns = towns(index.facilities(), municipality);
        Self {
            index: Arc::new(index),
            towns,
        }
    }

    /// For searching.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Towns, to measure distances from.
    #[must_use]
    pub fn towns(&self) -> &[Town] {
        &self.towns
    }

    /// A facility by its id, with its place in the list.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Facility> {
        self.index
            .facilities()
            .iter()
            .find(|facility| &*facility.id == id)
    }
}

/// A round of applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// `2027-04-1` for the first round of April 2027, `2027-02-m` for a place from February.
    pub key: String,
    /// First day of the month of entry.
    pub entry: Date,
    /// Which round of April; none for the other months.
    pub number: Option<u8>,
    /// First day of applying; none: at any time before the last.
    pub from: Option<Date>,
    /// Last day of applying.
    pub to: Date,
}

impl Round {
    /// Whether one can apply on a day.
    #[must_use]
    pub fn is_open(&self, today: Date) -> bool {
        self.from.is_none_or(|from| from <= today) && today <= self.to
    }

    /// The first moment at which it is over, unix seconds.
    #[must_use]
    pub fn closes_at(&self) -> i64 {
        jst::at(plus_days(self.to, 1), 0)
    }
}

/// The rounds that are open or still to come for a child: the next April's, and the next three months'.
#[must_use]
pub fn rounds(profile: &Profile, birth: Date, today: Date) -> Vec<Round> {
    let earliest = plus_days(birth, EARLIEST_DAYS).max(today);
    let school = school_entry(birth);
    let mut found = Vec::new();
    for year in [earliest.year(), earliest.year().saturating_add(1)] {
        let Ok(april) = Date::new(year, 4, 1) else {
            continue;
        };
        if april < earliest || april >= school {
            continue;
        }
        let before = profile.nursery.april.iter().filter_map(|round| {
            Some(Round {
                key: format!("{year}-04-{}", round.round),
                entry: april,
                number: Some(round.round),
                from: Some(last_before(april, round.from)?),
                to: last_before(april, round.to)?,
            })
        });
        let open: Vec<Round> = before.filter(|round| today <= round.to).collect();
        if !open.is_empty() {
            found.extend(open);
            break;
        }
    }
    let day = i8::try_from(profile.nursery.monthly_until_day).unwrap_or(28);
    let mut months = 0;
    let mut first = today.first_of_month();
    for _ in 0..12 {
        let Ok(next) = first.checked_add(1.month()) else {
            break;
        };
        let before = first;
        first = next;
        if first.month() == 4 || first < earliest || first >= school {
            continue;
        }
        let Ok(to) = Date::new(
            before.year(),
            before.month(),
            day.min(before.days_in_month()),
        ) else {
            continue;
        };
        if to < today {
            continue;
        }
        found.push(Round {
            key: format!("{}-{:02}-m", first.year(), first.month()),
            entry: first,
            number: None,
            from: None,
            to,
        });
        months += 1;
        if months == 3 {
            break;
        }
    }
    found.sort_by_key(|round| (round.to, round.entry));
    found
}

/// The last such day before a day.
fn last_before(day: Date, wanted: MonthDay) -> Option<Date> {
    [day.year(), day.year() - 1]
        .into_iter()
        .filter_map(|year| Date::new(year, wanted.month, wanted.day).ok())
        .find(|found| *found < day)
}

/// What a household comes to by the municipality's table.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// Points and the reason for each.
    pub score: Score,
    /// Name of the table.
    pub table: Text,
    /// Whether the table is invented.
    pub fictional: bool,
    /// Said where another fiscal year's table was used.
    pub year_note: Option<Text>,
    /// The certification that the reasons lead to; none without a date of birth.
    pub certification: Option<Certification>,
}

/// Estimates; none where the municipality has no table or the built-in data is broken.
#[must_use]
pub fn estimate(
    profile: &Profile,
    household: &Household,
    birth: Option<Date>,
    entry: Date,
) -> Option<Estimate> {
    let year = fiscal_year(entry);
    let table = PointTables::builtin()
        .ok()?
        .find(&profile.nursery.points, year)?;
    let mut household = household.clone();
    let supposed = household.suppose_employees().ok()?;
    let mut score = table.score(&household).ok()?;
    score.lines.extend(supposed);
    let certification = birth
        .zip(NeedRules::builtin().ok())
        .and_then(|(birth, mut rules)| {
            rules.minimum_hours_month = profile.nursery.least_work_hours;
            certify(&rules, birth, entry, &household.guardians, false, false).ok()
        });
    Some(Estimate {
        score,
        table: table.name.clone(),
        fictional: table.fictional,
        year_note: table.year_note(year).ok().flatten(),
        certification,
    })
}

/// How many nurseries a family may rank.
#[must_use]
pub fn most_wishes(profile: Option<&Profile>) -> usize {
    profile
        .and_then(|profile| profile.nursery.choices)
        .map_or(MOST_WISHES, usize::from)
}

/// What is done to a ranked list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// To its end.
    Add,
    /// One place up.
    Up,
    /// One place down.
    Down,
    /// Away.
    Remove,
}

impl Turn {
    /// Reads the word of a form.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "add" => Self::Add,
            "up" => Self::Up,
            "down" => Self::Down,
            "remove" => Self::Remove,
            _ => return None,
        })
    }

    /// The list after it; none where there is nothing to do or no room.
    #[must_use]
    pub fn on(self, list: &[String], id: &str, most: usize) -> Option<Vec<String>> {
        let at = list.iter().position(|known| known == id);
        let mut list = list.to_vec();
        match (self, at) {
            (Self::Add, None) if list.len() < most => list.push(id.to_owned()),
            (Self::Up, Some(at)) if at > 0 => list.swap(at, at - 1),
            (Self::Down, Some(at)) if at + 1 < list.len() => list.swap(at, at + 1),
            (Self::Remove, Some(at)) => {
                list.remove(at);
            }
            _ => return None,
        }
        Some(list)
    }
}

/// The reasons of need a form offers, in the order of the regulation (子ども・子育て支援法施行規則1条の5).
pub const REASONS: [NeedReason; 11] = [
    NeedReason::Work,
    NeedReason::PregnancyBirth,
    NeedReason::Illness,
    NeedReason::Disability,
    NeedReason::Care,
    NeedReason::Disaster,
    NeedReason::JobSearch,
    NeedReason::Study,
    NeedReason::Abuse,
    NeedReason::Leave,
    NeedReason::Other,
];

/// Ways of working a form offers.
pub const WORK: [(&str, Employment); 4] = [
    ("employee", Employment::Employee),
    ("self_employed", Employment::SelfEmployed),
    ("family_helper", Employment::FamilyHelper),
    ("home_worker", Employment::HomeWorker),
];

/// A household from the fields of a form.
///
/// # Errors
/// The name of the first field that cannot be read.
pub fn household<'f>(field: impl Fn(&str) -> Option<&'f str>) -> Result<Household, &'static str> {
    let mut household = Household {
        single_parent: field("single") == Some("yes"),
        welfare: field("welfare") == Some("yes"),
        in_unlicensed_care: field("unlicensed") == Some("yes"),
        child_disability: field("disability") == Some("yes"),
        leave_extension: field("extension") == Some("yes"),
        grandparent_at_home: field("grandparent") == Some("yes"),
        ..Household::default()
    };
    let count = |name: &'static str| match field(name).map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse::<u32>()
            .ok()
            .filter(|count| *count <= 12)
            .map(Some)
            .ok_or(name),
    };
    household.siblings_enrolled = count("enrolled")?;
    household.siblings_applying = count("applying")?;
    let names = [
        ("g1_reason", "g1_work", "g1_hours", "g1_returns"),
        ("g2_reason", "g2_work", "g2_hours", "g2_returns"),
    ];
    let guardians = if household.single_parent { 1 } else { 2 };
    for (reason, work, hours, returns) in names.into_iter().take(guardians) {
        let given = field(reason).unwrap_or_default();
        let known = REASONS.into_iter().find(|one| one.id() == given);
        let Some(why) = known else {
            return Err(reason);
        };
        let hours_week = match field(hours).map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(
                text.parse::<u8>()
                    .ok()
                    .filter(|hours| *hours <= 100)
                    .map(f64::from)
                    .ok_or(hours)?,
            ),
        };
        household.guardians.push(Guardian {
            reason: Some(why),
            employment: field(work)
                .and_then(|word| WORK.into_iter().find(|(known, _)| *known == word))
                .map(|(_, employment)| employment),
            hours_week,
            returns_from_leave: field(returns) == Some("yes"),
            ..Guardian::default()
        });
    }
    Ok(household)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use jiff::civil::date;
    use ubugoe_procedures::Catalogue;

    use super::*;

    fn profile() -> Profile {
        let catalogue = Catalogue::builtin().unwrap();
        catalogue
            .profile(&"991015".parse().unwrap())
            .unwrap()
            .clone()
    }

    fn keys(birth: Date, today: Date) -> Vec<String> {
        rounds(&profile(), birth, today)
            .into_iter()
            .map(|round| round.key)
            .collect()
    }

    #[test]
    fn rounds_close_on_the_profiles_days() {
        let birth = date(2026, 11, 20);
        assert_eq!(
            keys(birth, date(2026, 11, 27)),
            [
                "2027-04-1",
                "2027-02-m",
                "2027-03-m",
                "2027-04-2",
                "2027-05-m"
            ]
        );
        // the last day counts, the day after does not
        assert_eq!(keys(birth, date(2026, 11, 30))[0], "2027-04-1");
        assert_eq!(keys(birth, date(2026, 12, 1))[0], "2027-02-m");
        // a place from February: until 10 January
        assert_eq!(keys(birth, date(2027, 1, 10))[0], "2027-02-m");
        assert_eq!(keys(birth, date(2027, 1, 11))[0], "2027-03-m");
        // the next April's first round is not open before it begins
        let all = rounds(&profile(), birth, date(2027, 2, 11));
        let next = all.iter().find(|round| round.key == "2028-04-1").unwrap();
        assert!(!next.is_open(date(2027, 2, 11)) && next.is_open(date(2027, 10, 15)));
    }

    #[test]
    fn a_child_is_not_taken_before_the_57_days_nor_at_school_age() {
        // born so late that 1 April comes before the 57 days
        assert!(!keys(date(2027, 2, 5), date(2027, 2, 8)).contains(&"2027-04-2".to_owned()));
        assert!(keys(date(2027, 2, 2), date(2027, 2, 8)).contains(&"2027-04-2".to_owned()));
        assert!(keys(date(2020, 5, 1), date(2027, 5, 1)).is_empty());
    }

    #[test]
    fn a_round_is_over_at_midnight_after_its_last_day() {
        let round = rounds(&profile(), date(2026, 11, 20), date(2026, 11, 27)).remove(0);
        assert_eq!(round.to, date(2026, 11, 30));
        assert_eq!(jst::date(round.closes_at()), Some(date(2026, 12, 1)));
        assert_eq!(jst::date(round.closes_at() - 1), Some(date(2026, 11, 30)));
    }

    #[test]
    fn a_list_is_turned_once_and_never_outgrows_its_room() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let abc = list("A B C");
        assert_eq!(Turn::Up.on(&abc, "B", 10), Some(list("B A C")));
        assert_eq!(Turn::Down.on(&abc, "B", 10), Some(list("A C B")));
        assert_eq!(Turn::Remove.on(&abc, "B", 10), Some(list("A C")));
        assert_eq!(Turn::Add.on(&abc, "D", 4), Some(list("A B C D")));
        for (turn, id) in [
            (Turn::Up, "A"),
            (Turn::Down, "C"),
            (Turn::Remove, "D"),
            (Turn::Add, "B"),
            (Turn::Add, "D"),
        ] {
            assert_eq!(turn.on(&abc, id, 3), None, "{turn:?} {id}");
        }
    }

    #[test]
    fn points_follow_the_household_and_say_that_they_are_no_truth() {
        let form = |reason: &'static str, hours: &'static str| {
            move |name: &str| match name {
                "g1_reason" => Some("work"),
                "g1_work" => Some("employee"),
                "g1_hours" => Some("40"),
                "g2_reason" => Some(reason),
                "g2_hours" => Some(hours),
                _ => None,
            }
        };
        let points = |household: &Household| {
            let found = estimate(
                &profile(),
                household,
                Some(date(2026, 11, 20)),
                date(2027, 4, 1),
            );
            let found = found.unwrap();
            assert!(found.fictional && found.score.note.ja.contains("見込みは示しません"));
            found.score.total
        };
        let full = points(&household(form("work", "40")).unwrap());
        let part = points(&household(form("work", "20")).unwrap());
        assert_eq!((full, part), (24, 19));
        assert_eq!(household(form("rest", "20")).unwrap_err(), "g2_reason");
        assert_eq!(household(form("work", "101")).unwrap_err(), "g2_hours");
    }
}
