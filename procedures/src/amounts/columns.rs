//! The allowance of very many households at once, without reasons.
//!
//! Children lie in columns, oldest first within a household, each as the few numbers the law asks for: month of birth,
//! end of the fiscal year of birth, last month of life, and flags. Seven bytes a child and five a household, four bytes
//! more per child for the way back to the question. The same amounts as [`super::allowance()`], which a property test
//! holds it to; must not have rules of its own.

use std::ops::Range;

use super::AmountError;
use super::allowance::{AllowanceTable, Household, IncomeClass, Lives, Residence, Until, Version};
use super::month::MonthNumber;

const ELIGIBLE: u8 = 1;
const ELIGIBLE_OLDER: u8 = 2;

/// Why a household does not fit the columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// More children than an index can name.
    #[error("more than {most} children", most = u32::MAX)]
    TooManyChildren,
}

/// Prepared households.
#[derive(Debug, Clone)]
pub struct AllowanceColumns {
    /// Where each household begins, and where the last one ends.
    starts: Vec<u32>,
    income: Vec<IncomeClass>,
    birth: Vec<u16>,
    /// The March that ends the fiscal year of birth (R-FYEND for age 0).
    school: Vec<u16>,
    /// The last month of life.
    last: Vec<u16>,
    flags: Vec<u8>,
    /// Place of the child in its household as it was pushed.
    asked: Vec<u32>,
}

impl Default for AllowanceColumns {
    fn default() -> Self {
        Self {
            starts: vec![0],
            income: Vec::new(),
            birth: Vec::new(),
            school: Vec::new(),
            last: Vec::new(),
            flags: Vec::new(),
            asked: Vec::new(),
        }
    }
}

/// A month in a column. What lies outside the range of the column lies outside every table too: far past or not yet.
fn column(month: MonthNumber) -> u16 {
    let inside = month.number().clamp(0, i32::from(u16::MAX));
    u16::try_from(inside).unwrap_or(u16::MAX)
}

impl AllowanceColumns {
    /// Adds a household.
    ///
    /// # Errors
    /// [`ColumnsError`] after four thousand million children.
    pub fn push(&mut self, household: &Household) -> Result<(), ColumnsError> {
        let end = self
            .birth
            .len()
            .checked_add(household.children.len())
            .and_then(|end| u32::try_from(end).ok())
            .ok_or(ColumnsError::TooManyChildren)?;
        let mut oldest_first: Vec<_> = (0..).zip(&household.children).collect();
        oldest_first.sort_by_key(|(_, child)| child.age_order());
        for (asked, child) in oldest_first {
            let placed = child.residence != Residence::Abroad && child.lives == Lives::AtHome;
            let mut flags = 0;
            if placed && child.custody {
                flags |= ELIGIBLE;
            }
            if placed && child.supported {
                flags |= ELIGIBLE_OLDER;
            }
            self.birth.push(column(MonthNumber::of(child.birth)));
            self.school
                .push(column(MonthNumber::fiscal_year_end(child.birth, 0)));
            self.last.push(
                child
                    .died
                    .map_or(u16::MAX, |died| column(MonthNumber::of(died))),
            );
            self.flags.push(flags);
            self.asked.push(asked);
        }
        self.starts.push(end);
        self.income.push(household.income);
        Ok(())
    }

    /// How many households.
    #[must_use]
    pub fn households(&self) -> usize {
        self.income.len()
    }

    /// How many children.
    #[must_use]
    pub fn children(&self) -> usize {
        self.birth.len()
    }

    /// Bytes the columns take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.starts.len() * size_of::<u32>()
            + self.income.len() * size_of::<IncomeClass>()
            + self.children() * (3 * size_of::<u16>() + size_of::<u8>() + size_of::<u32>())
    }

    /// The children of a household, as indices into [`AllowanceAmounts::per_child`].
    #[must_use]
    pub fn of_household(&self, household: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(household)?;
        let end = *self.starts.get(household.checked_add(1)?)?;
        Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// Where a child stood in its household when it was pushed.
    #[must_use]
    pub fn asked(&self, child: usize) -> Option<u32> {
        self.asked.get(child).copied()
    }
}

/// What the columns come to; reused between calls, so that no month allocates.
#[derive(Debug, Clone, Default)]
pub struct AllowanceAmounts {
    /// Yen by child, oldest first within a household.
    pub per_child: Vec<u32>,
    /// Yen by household.
    pub totals: Vec<u64>,
}

/// A version as the loop needs it.
struct Program {
    count_until: u32,
    count_supported_until: u32,
    third_from: u32,
    bands: Vec<Step>,
}

/// An age band: months after a base, and its two amounts.
#[derive(Clone, Copy)]
struct Step {
    after_birth: bool,
    months: u32,
    yen: [u32; 2],
}

impl Program {
    fn new(version: &Version) -> Self {
        let months = |years: i32| u32::try_from(12 * years).unwrap_or(0);
        Self {
            count_until: months(version.count_until),
            count_supported_until: months(version.count_supported_until),
            third_from: version.third_from,
            bands: version
                .bands
                .iter()
                .map(|band| {
                    let (after_birth, years) = match band.until {
                        Until::Birthday(years) => (true, years),
                        Until::FiscalYearEnd(years) => (false, years),
                    };
                    Step {
                        after_birth,
                        months: months(years),
                        yen: band.yen,
                    }
                })
                .collect(),
        }
    }
}

/// The allowance of every household for a month.
///
/// # Errors
/// [`AmountError`] for a month before the oldest table or outside the range of a column.
pub fn allowance_columns(
    columns: &AllowanceColumns,
    month: MonthNumber,
    table: &AllowanceTable,
    out: &mut AllowanceAmounts,
) -> Result<(), AmountError> {
    let version = table.version(month)?;
    let program = Program::new(version);
    let now = u16::try_from(month.number()).map_err(|_| AmountError::MonthOutOfRange { month })?;
    let flat = [
        IncomeClass::Below,
        IncomeClass::Above,
        IncomeClass::OverUpper,
    ]
    .map(|class| version.flat(class, month));
    out.totals.clear();
    out.totals.reserve(columns.households());
    out.per_child.clear();
    out.per_child.reserve(columns.children());

    let mut children = columns
        .birth
        .iter()
        .zip(&columns.school)
        .zip(&columns.last)
        .zip(&columns.flags)
        .map(|(((birth, school), last), flags)| (*birth, *school, *last, *flags));
    for (bounds, income) in columns.starts.windows(2).zip(&columns.income) {
        let size = match bounds {
            [start, end] => end - start,
            _ => 0,
        };
        let flat = match income {
            IncomeClass::Below => flat[0],
            IncomeClass::Above => flat[1],
            IncomeClass::OverUpper => flat[2],
        };
        let mut rank = 0;
        let mut total = 0;
        for _ in 0..size {
            let Some(child) = children.next() else { break };
            let yen = amount(&program, u32::from(now), flat, child, &mut rank);
            total += u64::from(yen);
            out.per_child.push(yen);
        }
        out.totals.push(total);
    }
    Ok(())
}

#[inline]
fn amount(
    program: &Program,
    now: u32,
    flat: Option<u32>,
    (birth, school, last, flags): (u16, u16, u16, u8),
    rank: &mut u32,
) -> u32 {
    let (birth, school) = (u32::from(birth), u32::from(school));
    let young = now <= school + program.count_until;
    let counts = if young {
        flags & ELIGIBLE != 0
    } else {
        flags & ELIGIBLE_OLDER != 0 && now <= school + program.count_supported_until
    };
    // Children not yet born come last in a household: counting them moves nobody.
    if !counts || now > u32::from(last) {
        return 0;
    }
    *rank += 1;
    if !young || now <= birth {
        return 0;
    }
    let third = *rank >= program.third_from;
    for band in &program.bands {
        let base = if band.after_birth { birth } else { school };
        if now <= base + band.months {
            return flat.unwrap_or(if third { band.yen[1] } else { band.yen[0] });
        }
    }
    0
}
