//! The line: what is due, to whom, by when, why and by which law.

use jiff::civil::Date;
use ubugoe_procedures::{Lang, LineItem};
use ubugoe_view::{ComponentHandle, LineAdapter, LineEntry as Row, Screen};
use ubugoe_visit::{Draft, Event};

use super::{Around, Picture, words};
use crate::core::{Input, Sender};

pub(super) fn show(draft: &Draft, around: &Around<'_>, lang: Lang) -> Picture {
    let (now, later): (Vec<Row>, Vec<Row>) = draft
        .line
        .items
        .iter()
        .map(|item| row(item, draft.files(item), around, lang))
        .partition(|row| row.here);
    Box::new(move |screen| {
        let page = screen.global::<LineAdapter>();
        page.set_filed_here(i32::try_from(now.len()).unwrap_or(i32::MAX));
        page.set_now(words::model(now));
        page.set_later(words::model(later));
    })
}

fn row(item: &LineItem, now: bool, around: &Around<'_>, lang: Lang) -> Row {
    let due = item.due.as_ref();
    Row {
        title: words::title(around.catalogue, &item.procedure, lang).into(),
        // What is not filed here goes to a municipality that this device does not know.
        to: if now {
            words::municipality(around.catalogue, item.recipient, lang).into()
        } else {
            "".into()
        },
        due_text: due
            .map(|d| words::date(d.open_until, lang))
            .unwrap_or_default()
            .into(),
        due_days: due
            .and_then(|d| days_until(around.today?, d.open_until))
            .unwrap_or_default(),
        reason: item.reason.get(lang).into(),
        law: words::law(&item.law).into(),
        here: now,
        ..Row::default()
    }
}

fn days_until(today: Date, last: Date) -> Option<i32> {
    Some(today.until(last).ok()?.get_days())
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<LineAdapter>();
    page.set_now(words::model(Vec::new()));
    page.set_later(words::model(Vec::new()));
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let send = to.clone();
    screen
        .global::<LineAdapter>()
        .on_start(move || send.send(Input::Visit(Event::LineSeen)));
}
