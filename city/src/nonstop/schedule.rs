//! The moments of a life that come later: when check-ups, vaccinations, nursery rounds and school open and close.
//!
//! Pure: turns the dates of a plan's item into notices, at nine o'clock in Japan of their day. Whether they may still leave
//! when the day has come is looked at again by the store. Knows no procedure; joy and guards are the catalogue's.

use jiff::civil::Date;
use ubugoe_procedures::Text;
use ubugoe_procedures::calendar::plus_days;
use ubugoe_procedures::catalogue::Joyful;
use ubugoe_procedures::plan::{Item, Status};

use crate::jst;
use crate::store::nonstop::{NewNotice, NoticeDetail, Shown};

/// The hour at which notices leave.
const HOUR: i8 = 9;
/// Days before a window closes, and before a deadline.
const CLOSES: i32 = 14;
const DEADLINE: i32 = 5;

/// For whom a notice is, and how it may be shown.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The child, as the engine names children; empty for the family's.
    pub child: &'a str,
    /// To whom it may be shown.
    pub shown: Shown,
    /// What becomes of it after a loss.
    pub loss_guard: Shown,
    /// It must never reach a family that lost this child.
    pub joyful: bool,
    /// It congratulates, gives or offers.
    pub congrats: bool,
}

/// The moments of an item that lie after a day. Nothing for what only staff may bring up.
#[must_use]
pub fn moments(item: &Item<'_>, today: Date, about: About<'_>) -> Vec<NewNotice> {
    // whether to look for a nursery is the family's own question: its rounds are told to everybody
    let asked = item.state == Status::Question && !item.procedure.joyful.contains(&Joyful::Nursery);
    let ended = asked
        || matches!(
            item.state,
            Status::Done | Status::Closed | Status::Elsewhere
        );
    if ended || about.shown >= Shown::Staff {
        return Vec::new();
    }
    let mut notices = Vec::new();
    let mut add = |code, on: Date, number: String, detail: NoticeDetail| {
        if on > today {
            notices.push(NewNotice {
                child: about.child.to_owned(),
                procedure: item.procedure.id.to_string(),
                code,
                number,
                detail,
                shown: about.shown,
                loss_guard: about.loss_guard,
                joyful: about.joyful,
                congrats: about.congrats,
                due_at: jst::at(on, HOUR),
            });
        }
    };
    let detail = |label: Option<&Text>, from: Option<Date>, to: Option<Date>| NoticeDetail {
        title: item.procedure.title.clone(),
        label: label.cloned(),
        from,
        to,
    };
    for window in &item.windows {
        let about = |from, to| detail(window.label.as_ref(), from, to);
        // the day stands in the number: a window of another year is another moment
        if let Some(from) = window.from {
            add(
                "opens",
                from,
                from.to_string(),
                about(Some(from), window.to),
            );
        }
        if let Some(to) = window.to {
            let warn = plus_days(to, -CLOSES);
            if window.from.is_none_or(|from| from < warn) {
                add("closes", warn, to.to_string(), about(window.from, Some(to)));
            }
        }
    }
    for dose in &item.doses {
        let from = dose.recommended.map_or(dose.earliest, |(from, _)| from);
        let number = format!("{}@{from}", dose.vaccine);
        let about = detail(Some(dose.title), Some(from), Some(dose.latest));
        add("dose", from, number, about);
    }
    if let Some(deadline) = &item.deadline
        && matches!(
            item.state,
            Status::Now | Status::Offer | Status::Late | Status::WaitsFor
        )
    {
        let last = deadline.open_until;
        let about = detail(None, None, Some(last));
        add(
            "deadline",
            plus_days(last, -DEADLINE),
            last.to_string(),
            about,
        );
    }
    notices
}
