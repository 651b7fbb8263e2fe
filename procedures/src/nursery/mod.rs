//! 保育 (childcare): what places there are, which of them suit a child, how a municipality ranks the families that ask,
//! and how places are given out.
//!
//! * [`import`](import::import) reads the lists that municipalities publish, as they are, and [`import_vacancies`] the
//!   tables of free places;
//! * [`Index`] answers a search: near, right for the child's age, open long enough, and why;
//! * [`certify`] says which certification (1号, 2号, 3号; 標準, 短時間) a household's reasons lead to;
//! * [`PointTable`] counts a municipality's points (利用調整) with the reason for each;
//! * [`allot`] gives out places (deferred acceptance);
//! * [`FeeTable`] says what a place costs a household.
//!
//! Facts of municipalities are data (`catalogue/points`, `catalogue/fees`, `catalogue/nursery.toml`). Nothing here says
//! how likely a place is: a rank is a rank, and the next year's applicants are unknown (trap 62).

mod age;
mod facility;
mod fees;
pub mod import;
mod matching;
mod need;
mod points;
mod search;
mod text;
mod vacancy;
mod words;

pub use age::{AgeClass, Ages, ChildAge, MinAge};
pub use facility::{Clock, Facility, FacilityKind, Position, Weekdays};
pub use fees::{Fee, FeeHousehold, FeeSibling, FeeTable, FeeTables, Tax, tax_fiscal_year};
pub use matching::{
    Allotment, Applicant, Blocking, Choice, Instance, InstanceError, Place, Refusal, SiblingGroup,
    SiblingPolicy, allot, blocking,
};
pub use need::{
    CareHours, Certification, CertificationClass, NeedDecision, NeedReason, NeedRules, certify,
};
pub use points::{
    Employment, Guardian, Household, Illness, PointLine, PointTable, PointTables, Score, Standing,
    TieValue,
};
pub use search::{Finding, Hit, Index, Outcome, Page, Town, Wish, Wishes, towns};
pub use vacancy::{Measure, Vacancy, VacancyImport, VacancyRow, entry_day, import_vacancies};
pub use words::DataError;
