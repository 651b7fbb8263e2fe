//! Routine vaccinations (定期接種): from the doses given, when the next one may be given, is meant to be given, and can no
//! longer be given.
//!
//! Windows, never advice: whether a child is well enough, which product, what a wrong interval means, is the clinic's to
//! say. The facts stand in `catalogue/vaccines.toml`; this module only counts. It must not be asked for a child that was
//! lost: that is the plan's to know.
//!
//! # How days are counted
//!
//! By the ministry's circular of 2014-03-11 (`counting` in the data):
//! - *n months, n years* are attained on the day before the same day (the month's last day where there is none). A window
//!   「n月から」 opens on that day.
//! - 「至るまで」「達するまで」「未満」 include that day: "until one year" ends on the day before the first birthday.
//! - *weeks after birth* count the birth as 0 weeks 0 days; both ends are included.
//! - 「n日以上の間隔」 is n days in between, so the next dose is possible n + 1 days later; the standard's upper end
//!   「56日まで」 is counted in the same way. 「n月の間隔」 ends on the same day of a later month, or on the first of the month
//!   after where there is no such day.
//! - *fiscal years* are those in which an age is attained; school begins on the 1 April after six is attained.
//!
//! # What a status says
//!
//! The first line that holds:
//!
//! | status | meaning |
//! |---|---|
//! | [`NotRoutine`](Status::NotRoutine) | not part of the programme for this child: born before its first birth date, too old when it began, a boy, the insurance course of a carrier's child |
//! | [`NeedsDoctor`](Status::NeedsDoctor) | the record does not fit the order: a dose before the birth, before its age, too soon after another, of another product, or after the day asked about. Nothing is computed from such a record; only the last day of the window is said |
//! | [`Complete`](Status::Complete) | every dose of the course was given, also where the last came after the window |
//! | [`Expired`](Status::Expired) | the last day has passed, or the interval to the dose before ends after it |
//! | [`LastDay`](Status::LastDay) | today is the last permitted day of the next dose |
//! | [`LateSeries`](Status::LateSeries) | in time for a course with fewer doses, because it began late or a dose is left out because of age |
//! | [`Late`](Status::Late) | the standard time has passed, or the interval ends after it; still permitted. For a first rotavirus dose after 14 weeks 6 days, which the ministry advises against, with the remark [`PastAdvisedStart`](NoteCode::PastAdvisedStart): the clinic decides |
//! | [`DueWindow`](Status::DueWindow) | in the standard time, or before it |
//!
//! Walking through the days with one record, a status only moves down `due_window`, (`late`, `late_series`),
//! `last_day`, `expired`; a dose left out because of age starts its successor's walk.

mod assess;
mod calendar;
mod data;

pub use assess::{AssessError, Dose, NextDose, Outlook, Person, Status};
pub use calendar::{Ahead, Planned, Records};
pub use data::{
    Course, DoseRule, Gap, Length, LiveInjections, LongerWindow, NoteCode, OnlyFor, Part,
    PastStandard, Recipient, Schedule, ScheduleError, Since, Span, Standard, Vaccine,
};
