//! Tables of free places. The standard list of facilities has no column for them; municipalities publish them apart, each
//! month, and they are old the day after.
//!
//! Two layouts are read: one row a facility with a column for each class (Yokohama), and one row a facility, class and month
//! (ours: `facility_id, fiscal_ym, age_class, capacity, enrolled, vacancies, applicants, as_of`).

use jiff::civil::Date;

use super::age::AgeClass;
use super::import::{Cells, ImportError, Problem, RowProblem, Table, VacancyColumn, decode};
use super::text::{fold, is_nothing, leading_number, squeeze};
use crate::calendar::{Era, Month, from_wareki};

/// The free places of one class of one facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vacancy {
    /// The class.
    pub class: AgeClass,
    /// The month of entry they are for, where the table says.
    pub month: Option<Month>,
    /// Whether the class exists there; `-` in a table means it does not.
    pub offered: bool,
    /// Places.
    pub capacity: Option<u32>,
    /// Children enrolled.
    pub enrolled: Option<u32>,
    /// Free places.
    pub vacancies: Option<u32>,
    /// Applicants, or children waiting.
    pub applicants: Option<u32>,
    /// The day the table speaks of.
    pub as_of: Option<Date>,
}

impl Vacancy {
    fn of(class: AgeClass) -> Self {
        Self {
            class,
            month: None,
            offered: true,
            capacity: None,
            enrolled: None,
            vacancies: None,
            applicants: None,
            as_of: None,
        }
    }
}

/// One entry of a table, for a facility it names by id or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VacancyRow {
    /// The line of the file.
    pub line: u64,
    /// The facility's id, where the table has ids.
    pub facility_id: Option<Box<str>>,
    /// The facility's name, where the table has names.
    pub facility_name: Option<Box<str>>,
    /// The places.
    pub vacancy: Vacancy,
}

/// What the numbers of a table with a column for each class count. Yokohama publishes one file for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// 受入可能数.
    Vacancies,
    /// 入所児童数.
    Enrolled,
    /// 入所待ち人数.
    Applicants,
    /// 定員.
    Capacity,
}

/// A table that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VacancyImport {
    /// The entries.
    pub rows: Vec<VacancyRow>,
    /// What was wrong.
    pub problems: Vec<RowProblem>,
}

/// Reads a table of free places. `measure` says what a table with a column for each class counts; a title above the header
/// that says so itself goes before it.
///
/// # Errors
/// [`ImportError`] when the file is too large or no line of it names the columns.
pub fn import_vacancies(bytes: &[u8], measure: Measure) -> Result<VacancyImport, ImportError> {
    let table: Table<VacancyColumn> = decode(
        bytes,
        "a facility (facility_id, 施設・事業名 …) and classes (0歳児 …) or age_class",
        |columns| {
            let facility = columns.iter().any(|column| {
                matches!(
                    column,
                    VacancyColumn::FacilityId | VacancyColumn::FacilityName
                )
            });
            let classes = columns
                .iter()
                .any(|column| matches!(column, VacancyColumn::Class(_) | VacancyColumn::AgeClass));
            facility && classes
        },
    )?;
    let measure = said_by(&table.title).unwrap_or(measure);
    let mut import = VacancyImport {
        rows: Vec::new(),
        problems: Vec::new(),
    };
    for row in &table.rows {
        let mut cells = Cells::new(row, &table.header);
        if cells.check_shape() {
            let facility_id = cells.kept(VacancyColumn::FacilityId);
            let facility_name = cells.kept(VacancyColumn::FacilityName);
            if facility_id.is_none() && facility_name.is_none() {
                cells.whole(Problem::NoName);
            } else {
                let vacancies = entries(&mut cells, measure);
                import
                    .rows
                    .extend(vacancies.into_iter().map(|vacancy| VacancyRow {
                        line: row.line,
                        facility_id: facility_id.clone(),
                        facility_name: facility_name.clone(),
                        vacancy,
                    }));
            }
        }
        import.problems.extend(cells.into_problems());
    }
    Ok(import)
}

fn said_by(title: &str) -> Option<Measure> {
    [
        ("受入可能", Measure::Vacancies),
        ("入所待ち", Measure::Applicants),
        ("入所児童", Measure::Enrolled),
        ("定員", Measure::Capacity),
    ]
    .into_iter()
    .find(|(word, _)| title.contains(word))
    .map(|(_, measure)| measure)
}

fn entries(cells: &mut Cells<'_, VacancyColumn>, measure: Measure) -> Vec<Vacancy> {
    let as_of = cells.date();
    let month = cells.month();
    let mut found = Vec::new();
    for class in AgeClass::ALL {
        let column = VacancyColumn::Class(class.number());
        let raw = cells.raw(column);
        if raw.is_empty() {
            continue;
        }
        let mut vacancy = Vacancy {
            month,
            as_of,
            ..Vacancy::of(class)
        };
        if is_nothing(raw) {
            vacancy.offered = false;
        } else {
            let number = cells.number(column, &["人", "名"]);
            if number.is_none() {
                continue;
            }
            match measure {
                Measure::Vacancies => vacancy.vacancies = number,
                Measure::Enrolled => vacancy.enrolled = number,
                Measure::Applicants => vacancy.applicants = number,
                Measure::Capacity => vacancy.capacity = number,
            }
        }
        found.push(vacancy);
    }
    let raw = cells.raw(VacancyColumn::AgeClass);
    if !raw.is_empty() {
        match class(raw) {
            None => cells.at(
                VacancyColumn::AgeClass,
                Problem::Class {
                    text: raw.chars().take(80).collect(),
                },
            ),
            Some(class) => {
                let not_offered = |text: &str| !text.is_empty() && is_nothing(text);
                found.push(Vacancy {
                    month,
                    as_of,
                    offered: !not_offered(cells.raw(VacancyColumn::Vacancies)),
                    capacity: cells.number(VacancyColumn::Capacity, &["人", "名"]),
                    enrolled: cells.number(VacancyColumn::Enrolled, &["人", "名"]),
                    vacancies: cells.number(VacancyColumn::Vacancies, &["人", "名"]),
                    applicants: cells.number(VacancyColumn::Applicants, &["人", "名"]),
                    class,
                });
            }
        }
    }
    found
}

fn class(text: &str) -> Option<AgeClass> {
    let folded = squeeze(text);
    let (number, rest) = leading_number(&folded)?;
    matches!(rest, "" | "歳" | "歳児" | "歳児クラス").then_some(())?;
    AgeClass::new(u8::try_from(number).ok()?)
}

impl Cells<'_, VacancyColumn> {
    fn date(&mut self) -> Option<Date> {
        let raw = self.raw(VacancyColumn::AsOf);
        if is_nothing(raw) {
            return None;
        }
        let date = read_date(raw);
        if date.is_none() {
            let text = raw.chars().take(80).collect();
            self.at(VacancyColumn::AsOf, Problem::Date { text });
        }
        date
    }

    fn month(&mut self) -> Option<Month> {
        let raw = self.raw(VacancyColumn::Month);
        if is_nothing(raw) {
            return None;
        }
        let month = read_month(raw);
        if month.is_none() {
            let text = raw.chars().take(80).collect();
            self.at(VacancyColumn::Month, Problem::Date { text });
        }
        month
    }
}

/// `2026-11-01`, `2026/11/1`, `2026年11月1日`, `令和8年11月1日`, `20261101`.
pub(super) fn read_date(text: &str) -> Option<Date> {
    let folded = squeeze(text);
    if folded.len() == 8 && folded.bytes().all(|b| b.is_ascii_digit()) {
        return folded.parse().ok();
    }
    let (era, [year, month, day]) = numbers(&folded)?;
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    match era {
        Some(era) => from_wareki(era, i16::try_from(year).ok()?, month, day).ok(),
        None => Date::new(i16::try_from(year).ok()?, month, day).ok(),
    }
}

/// `2027-04`, `2027/4`, `202704`, `2027年4月`, `令和9年4月`, or a day of that month.
pub(super) fn read_month(text: &str) -> Option<Month> {
    let folded = fold(text);
    let folded = folded.trim();
    if let Some(day) = read_date(folded) {
        return Some(Month::of(day));
    }
    let six = folded.len() == 6 && folded.bytes().all(|b| b.is_ascii_digit());
    let day = if six {
        format!("{folded}01")
    } else {
        format!("{}-1", folded.trim_end_matches('月'))
    };
    read_date(&day).map(Month::of)
}

/// The day a month of entry begins, or the day itself where one is given.
#[must_use]
pub fn entry_day(text: &str) -> Option<Date> {
    read_date(text).or_else(|| {
        let month = read_month(text)?;
        Date::new(month.year, month.month, 1).ok()
    })
}

fn numbers(folded: &str) -> Option<(Option<Era>, [u16; 3])> {
    let (era, rest) = match folded
        .strip_prefix("令和")
        .or_else(|| folded.strip_prefix('R'))
    {
        Some(rest) => (Some(Era::Reiwa), rest),
        None => (None, folded),
    };
    let rest = rest.replace("元年", "1年");
    let mut parts = rest
        .split(['-', '/', '.', '年', '月', '日'])
        .filter(|part| !part.is_empty());
    let mut next = || parts.next()?.parse().ok();
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some((era, numbers))
}
