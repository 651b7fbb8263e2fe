//! What a family is due, in yen or in months: the amounts of every benefit around a birth, with the reasons.
//!
//! The numbers are dated tables under `catalogue/amounts`, each sentence with its law; the code here only knows how such
//! tables behave. Arithmetic is in whole yen. Nothing here knows a clock: the month asked about is handed in. It must
//! never promise: an amount follows from what was said, and the office decides.
//!
//! The way through: [`Amounts::builtin`] → [`allowance()`] for one household with its reasons, or
//! [`allowance_columns`] for many without; [`claim_window`] and [`AllowanceTable::paid_in`] for when it begins and comes;
//! one function for each other benefit.

mod allowance;
mod benefits;
mod claim;
mod clause;
mod columns;
mod deadlines;
mod load;
mod month;

use std::sync::LazyLock;

pub use allowance::{
    Allowance, AllowanceTable, Child, ChildAmount, Household, IncomeClass, Lives, Payer, Residence,
    allowance,
};
pub use benefits::{
    Benefits, Childbirth, ChildcareRelief, Class, DisabledChild, GradedChildren, MaternityPay,
    MaternityRelief, Means, Outcome, Parent, Part, Pregnancy, PregnancySupport, RearingClaim, Unit,
};
pub use claim::{ClaimEvent, ClaimWindow, claim_window};
pub use clause::{Clause, Numbers, Reason};
pub use columns::{AllowanceAmounts, AllowanceColumns, ColumnsError, allowance_columns};
pub use deadlines::{DeadlineRow, Deadlines, EventPlace, Period, PeriodRule};
pub use month::{MonthError, MonthNumber};

use load::File;

/// Why the amount tables were refused. A test keeps that from being released.
#[derive(Debug, thiserror::Error)]
pub enum AmountsError {
    /// A file is not what its kind of file should be.
    #[error("amount table {file}")]
    File {
        /// Its name.
        file: &'static str,
        /// What the TOML reader said.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A clause that the benefit needs is not there.
    #[error("{file}: no clause {clause:?}")]
    NoSuchClause {
        /// The file.
        file: &'static str,
        /// The clause.
        clause: String,
    },
    /// A clause that nothing uses.
    #[error("{file}: nothing uses clause {clause:?}")]
    StrayClause {
        /// The file.
        file: &'static str,
        /// The clause.
        clause: String,
    },
    /// Two clauses share an id.
    #[error("{file}: clause {clause:?} appears twice")]
    TwiceClause {
        /// The file.
        file: &'static str,
        /// The clause.
        clause: String,
    },
    /// A clause names a law that the file does not list.
    #[error("{file}: clause {clause:?} rests on {law:?}, which is not listed")]
    NoSuchLaw {
        /// The file.
        file: &'static str,
        /// The clause.
        clause: String,
        /// The key of the law.
        law: String,
    },
    /// A sentence has a slot for a number there is none of.
    #[error("{file}: clause {clause:?} has a slot {slot:?}")]
    NoSuchSlot {
        /// The file.
        file: &'static str,
        /// The clause.
        clause: String,
        /// The slot.
        slot: String,
    },
    /// A table without a version.
    #[error("{file}: no version")]
    NoVersion {
        /// The file.
        file: &'static str,
    },
    /// A version does not begin after the one before it.
    #[error("{file}: the version from {from} does not follow the one before it")]
    Order {
        /// The file.
        file: &'static str,
        /// Where it begins.
        from: MonthNumber,
    },
    /// Numbers that contradict each other.
    #[error("{file}: {problem}")]
    Contradiction {
        /// The file.
        file: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Why an amount cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The month lies before the oldest table.
    #[error("no amounts for {month}: the table begins with {first}")]
    BeforeTable {
        /// The month asked about.
        month: MonthNumber,
        /// The first month of the table.
        first: MonthNumber,
    },
    /// A column holds months of the years 0 to 5460.
    #[error("month {month} does not fit a column")]
    MonthOutOfRange {
        /// The month asked about.
        month: MonthNumber,
    },
    /// A number that nobody can mean.
    #[error("{what} is {given}, which is more than {most}")]
    TooLarge {
        /// Which number.
        what: &'static str,
        /// What was given.
        given: i64,
        /// What is taken.
        most: i64,
    },
    /// A number below zero where none can be.
    #[error("{what} is {given}, which is below zero")]
    BelowZero {
        /// Which number.
        what: &'static str,
        /// What was given.
        given: i64,
    },
    /// Something without which nothing can be said.
    #[error("{what} is needed")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// A grade the allowance does not have.
    #[error("there is no grade {given}; the grades are 1 and 2")]
    NoSuchGrade {
        /// What was given.
        given: i64,
    },
}

macro_rules! table {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../catalogue/amounts/", $name)),
        )
    };
}

/// All amount tables.
#[derive(Debug, Clone)]
pub struct Amounts {
    /// 児童手当.
    pub allowance: AllowanceTable,
    /// Every other benefit.
    pub benefits: Benefits,
    /// Deadlines that no procedure's own file says yet.
    pub deadlines: Deadlines,
}

impl Amounts {
    /// The tables that are part of the program, read once.
    ///
    /// # Errors
    /// [`AmountsError`] when a table contradicts itself; a test keeps that from being released.
    pub fn builtin() -> Result<&'static Self, &'static AmountsError> {
        static BUILTIN: LazyLock<Result<Amounts, AmountsError>> = LazyLock::new(Amounts::load);
        BUILTIN.as_ref()
    }

    fn load() -> Result<Self, AmountsError> {
        const DEADLINES: File = (
            "deadlines.toml",
            include_str!("../../catalogue/deadlines.toml"),
        );
        Ok(Self {
            allowance: AllowanceTable::load(table!("jido_teate.toml"))?,
            benefits: Benefits::load(&benefits::Files {
                childbirth: table!("shussan_ikuji_ichijikin.toml"),
                maternity_pay: table!("shussan_teatekin.toml"),
                pregnancy: table!("ninpu_shien.toml"),
                rearing: table!("jido_fuyo_teate.toml"),
                special: table!("tokuji_teate.toml"),
                disabled: table!("shogaiji_fukushi_teate.toml"),
                relief: table!("premium_relief.toml"),
            })?,
            deadlines: Deadlines::load(DEADLINES)?,
        })
    }
}
