//! Japanese eras (和暦), both ways. Data is always in the Western calendar; this is for paper and screens.
//!
//! Era boundaries are general knowledge checked against the resident-record guide (GIF 441); days before
//! 1873-01-01 were counted in another calendar and have no answer here.

use jiff::civil::{Date, DateTime, date};

/// An era.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// 明治, in this calendar from 1873-01-01 (明治6年).
    Meiji,
    /// 大正, from 1912-07-30.
    Taisho,
    /// 昭和, from 1926-12-25.
    Showa,
    /// 平成, from 1989-01-08.
    Heisei,
    /// 令和, from 2019-05-01.
    Reiwa,
}

/// Era, its first day, the year before its year 1. Latest first.
const ERAS: [(Era, Date, i16); 5] = [
    (Era::Reiwa, date(2019, 5, 1), 2018),
    (Era::Heisei, date(1989, 1, 8), 1988),
    (Era::Showa, date(1926, 12, 25), 1925),
    (Era::Taisho, date(1912, 7, 30), 1911),
    (Era::Meiji, date(1873, 1, 1), 1867),
];

impl Era {
    /// The era's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Meiji => "明治",
            Self::Taisho => "大正",
            Self::Showa => "昭和",
            Self::Heisei => "平成",
            Self::Reiwa => "令和",
        }
    }
}

/// A day as the Japanese calendar counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wareki {
    /// The era.
    pub era: Era,
    /// Year of the era, from 1 (元年).
    pub year: i16,
    /// The same day in the Western calendar.
    pub day: Date,
}

/// Why a wareki date is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WarekiError {
    /// No such day in the calendar.
    #[error("{era}{year}年{month}月{day}日 is no day")]
    NoSuchDay {
        /// Era name.
        era: &'static str,
        /// Year of the era.
        year: i16,
        /// Month.
        month: i8,
        /// Day.
        day: i8,
    },
    /// The day exists and lies in another era.
    #[error("{western} does not lie in {era}")]
    OutsideEra {
        /// The day.
        western: Date,
        /// Era name.
        era: &'static str,
    },
}

/// The wareki of a day; `None` before 1873-01-01.
#[must_use]
pub fn wareki(day: Date) -> Option<Wareki> {
    let (era, _, before) = ERAS.into_iter().find(|(_, first, _)| day >= *first)?;
    Some(Wareki {
        era,
        year: day.year() - before,
        day,
    })
}

/// The day a wareki date names. Year 1 is 元年.
///
/// # Errors
/// [`WarekiError`] when there is no such day or it lies in another era.
pub fn from_wareki(era: Era, year: i16, month: i8, day: i8) -> Result<Date, WarekiError> {
    let no_such_day = WarekiError::NoSuchDay {
        era: era.name(),
        year,
        month,
        day,
    };
    let before = ERAS
        .iter()
        .find(|(candidate, ..)| *candidate == era)
        .map_or(0, |(_, _, before)| *before);
    if year < 1 {
        return Err(no_such_day);
    }
    let western = before
        .checked_add(year)
        .and_then(|western| Date::new(western, month, day).ok())
        .ok_or(no_such_day)?;
    match wareki(western) {
        Some(found) if found.era == era => Ok(western),
        _ => Err(WarekiError::OutsideEra {
            western,
            era: era.name(),
        }),
    }
}

impl Wareki {
    /// `令和8年`, `令和元年`.
    #[must_use]
    pub fn year_text(&self) -> String {
        if self.year == 1 {
            format!("{}元年", self.era.name())
        } else {
            format!("{}{}年", self.era.name(), self.year)
        }
    }
}

impl std::fmt::Display for Wareki {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}{}月{}日",
            self.year_text(),
            self.day.month(),
            self.day.day()
        )
    }
}

/// A day in Japanese: wareki, or the Western year where there is none.
#[must_use]
pub fn japanese(day: Date) -> String {
    wareki(day).map_or_else(
        || format!("西暦{}年{}月{}日", day.year(), day.month(), day.day()),
        |wareki| wareki.to_string(),
    )
}

/// A month in Japanese. A month in which an era changes is named by its first day.
#[must_use]
pub fn japanese_month(year: i16, month: i8) -> String {
    let named = Date::new(year, month, 1).ok().and_then(wareki);
    named.map_or_else(
        || format!("西暦{year}年{month}月"),
        |first| format!("{}{month}月", first.year_text()),
    )
}

/// A day and minute in Japanese, on the form's twelve-hour clock: 午前0時 is midnight, 午後0時 is noon.
#[must_use]
pub fn japanese_minute(at: DateTime) -> String {
    let (half, hour) = if at.hour() < 12 {
        ("午前", at.hour())
    } else {
        ("午後", at.hour() - 12)
    };
    format!("{} {half}{hour}時{:02}分", japanese(at.date()), at.minute())
}
