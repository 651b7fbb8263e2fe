//! Prefectures, municipalities and wards by code and by name: same names in two prefectures, wards of designated cities,
//! codes that lived until a day.
//!
//! Choosing is by code, with the prefecture shown: 府中市 is two cities (traps.md 22). The six villages of the Northern
//! Territories have codes and no postcodes, and are not here; nor are invented municipalities, which live in profiles.

use std::sync::LazyLock;

use jiff::civil::Date;

use crate::ids::MunicipalityCode;

/// See the head of the file.
static TABLE: &str = include_str!("../../data/municipalities.tsv");

/// What a code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MunicipalityKind {
    /// 都道府県.
    Prefecture,
    /// 指定都市; residents belong to one of its wards.
    DesignatedCity,
    /// 指定都市の区: part of a city, not a municipality of its own.
    Ward,
    /// 特別区 of Tokyo.
    SpecialWard,
    /// 市.
    City,
    /// 町.
    Town,
    /// 村.
    Village,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Its code.
    pub code: MunicipalityCode,
    /// What it is.
    pub kind: MunicipalityKind,
    /// The prefecture's name.
    pub prefecture: &'static str,
    /// The county (郡) of a town or village, the city of a ward; else empty.
    pub within: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// The reading of `within` and `name`, in katakana, as Japan Post has it.
    pub kana: &'static str,
    /// The first day of the code, where this table knows one (general knowledge).
    pub first_day: Option<Date>,
    /// The last day of the code, where it has died (general knowledge).
    pub last_day: Option<Date>,
}

impl Municipality {
    /// County or city, and name: as an address has it behind the prefecture.
    #[must_use]
    pub fn in_prefecture(&self) -> String {
        format!("{}{}", self.within, self.name)
    }

    /// The whole name, prefecture first.
    #[must_use]
    pub fn full_name(&self) -> String {
        match self.kind {
            MunicipalityKind::Prefecture => self.name.to_owned(),
            _ => format!("{}{}{}", self.prefecture, self.within, self.name),
        }
    }

    /// Whether the code is in force on a day.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.first_day.is_none_or(|first| first <= day)
            && self.last_day.is_none_or(|last| day <= last)
    }
}

// In ascending order of codes, as the table has it.
static ALL: LazyLock<Vec<Municipality>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(row).collect()
});

fn row(line: &'static str) -> Option<Municipality> {
    let mut cells = line.split('\t');
    let code = cells.next()?.parse().ok()?;
    let kind = match cells.next()? {
        "P" => MunicipalityKind::Prefecture,
        "D" => MunicipalityKind::DesignatedCity,
        "W" => MunicipalityKind::Ward,
        "S" => MunicipalityKind::SpecialWard,
        "C" => MunicipalityKind::City,
        "T" => MunicipalityKind::Town,
        "V" => MunicipalityKind::Village,
        _ => return None,
    };
    let municipality = Municipality {
        code,
        kind,
        prefecture: cells.next()?,
        within: cells.next()?,
        name: cells.next()?,
        kana: cells.next()?,
        first_day: cells.next()?.parse().ok(),
        last_day: cells.next()?.parse().ok(),
    };
    Some(municipality)
}

/// Every code, prefectures and dead wards among them, in ascending order.
#[must_use]
pub fn municipalities() -> &'static [Municipality] {
    &ALL
}

/// What a code names, on whatever day; `None` where the table has no such code.
#[must_use]
pub fn municipality(code: MunicipalityCode) -> Option<&'static Municipality> {
    let at = ALL.binary_search_by_key(&code, |row| row.code);
    at.ok().and_then(|at| ALL.get(at))
}

/// The same by the five digits of JIS X 0402, which have no check digit.
#[must_use]
pub fn municipality_by_jis(code5: &str) -> Option<&'static Municipality> {
    let wanted: [u8; 5] = super::digits(code5)?;
    let first_five = |row: &Municipality| row.code.digits().first_chunk().copied();
    let at = ALL.binary_search_by_key(&Some(wanted), first_five);
    at.ok().and_then(|at| ALL.get(at))
}

/// Everything of this name: its own, with county or city, or with the prefecture before it. In ascending order of codes.
#[must_use]
pub fn municipalities_named(name: &str) -> Vec<&'static Municipality> {
    let called = |row: &Municipality| {
        let behind =
            |text: &str| text == row.name || text.strip_prefix(row.within) == Some(row.name);
        let bare = name
            .strip_prefix(row.prefecture)
            .filter(|rest| !rest.is_empty());
        behind(name) || bare.is_some_and(behind)
    };
    ALL.iter().filter(|row| called(row)).collect()
}

/// The wards of a designated city that are in force on a day; empty for every other code.
#[must_use]
pub fn wards(city: MunicipalityCode, day: Date) -> Vec<&'static Municipality> {
    let Some(city) = municipality(city) else {
        return Vec::new();
    };
    ALL.iter()
        .filter(|row| row.kind == MunicipalityKind::Ward && row.within == city.name)
        .filter(|row| row.prefecture == city.prefecture && row.in_force(day))
        .collect()
}
