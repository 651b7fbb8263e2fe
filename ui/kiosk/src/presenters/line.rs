//! The line: what is due, to whom, by when, why and by which law; and what may be added to this visit.

use jiff::civil::Date;
use ubugoe_procedures::{Text, Tongue, calendar};
use ubugoe_view::{ComponentHandle, LineAdapter, LineEntry, Screen};
use ubugoe_visit::{
    Draft, Event, LineDate, LineFiling, LineRow, LineSection, LineView, PaperAdvice,
};

use super::{Around, Picture, words};
use crate::core::{Input, Sender};

/// The procedure whose last day the page shows by itself.
const BIRTH: &str = "shussei_todoke";

pub(super) fn show(draft: &Draft, around: &Around<'_>, tongue: Tongue) -> Picture {
    let Some(view) = around.line else {
        return Box::new(|_| {});
    };
    let names = names(draft);
    let section = |wanted: &[LineSection]| -> Vec<LineEntry> {
        let rows = view.public.iter();
        rows.filter(|row| wanted.contains(&row.section))
            .map(|row| entry(row, view, &names, tongue))
            .collect()
    };
    let now = section(&[LineSection::Now]);
    let confirm = section(&[LineSection::Confirm]);
    let by_itself = section(&[LineSection::ByItself]);
    let waits = section(&[LineSection::Waits, LineSection::Elsewhere]);
    let later = section(&[LineSection::Later]);
    let offers = view.private.iter();
    let offers: Vec<LineEntry> = offers.map(|row| entry(row, view, &names, tongue)).collect();
    let filed = draft.forms.iter().filter(|form| form.chosen).count();
    let birth = view
        .public
        .iter()
        .find(|row| row.procedure.as_str() == BIRTH);
    let due = birth.and_then(|row| until(row, view));
    let paper = view.paper != PaperAdvice::NotNeeded;
    let fresh = around.fresh;
    Box::new(move |screen| {
        let page = screen.global::<LineAdapter>();
        page.set_now(words::model(now));
        page.set_confirm(words::model(confirm));
        page.set_by_itself(words::model(by_itself));
        page.set_waits(words::model(waits));
        page.set_later(words::model(later));
        page.set_offers(words::model(offers));
        page.set_filed_here(words::count(filed));
        let day = due.map(|(day, _)| calendar::written(day, tongue));
        page.set_deadline_text(day.unwrap_or_default().into());
        page.set_deadline_days(due.map(|(_, days)| days).unwrap_or_default());
        page.set_paper_advised(paper);
        if fresh {
            page.set_opened("".into());
            page.set_offers_open(false);
        }
    })
}

/// What the children are called: their names, once they were said; else their place in the delivery.
fn names(draft: &Draft) -> Vec<String> {
    (0..draft.certificates.len())
        .map(|child| words::child(draft, child))
        .collect()
}

fn until(row: &LineRow, view: &LineView) -> Option<(Date, i32)> {
    match row.date? {
        LineDate::Until { open_until, .. } => Some((open_until, days(view.today?, open_until)?)),
        LineDate::From(_) | LineDate::Between(..) => None,
    }
}

fn days(today: Date, last: Date) -> Option<i32> {
    Some(today.until(last).ok()?.get_days())
}

fn entry(row: &LineRow, view: &LineView, names: &[String], tongue: Tongue) -> LineEntry {
    let lang = tongue.lang();
    let due = until(row, view);
    let from = match row.date {
        Some(LineDate::From(day) | LineDate::Between(day, _)) if view.today.is_some() => {
            calendar::written(day, tongue)
        }
        _ => String::new(),
    };
    let texts = |texts: &[Text]| {
        let texts: Vec<&str> = texts.iter().map(|text| text.get(lang)).collect();
        texts.join("、")
    };
    LineEntry {
        id: row.procedure.as_str().into(),
        title: row.title.get(lang).into(),
        whom: row
            .child
            .and_then(|child| names.get(child))
            .map(String::as_str)
            .unwrap_or_default()
            .into(),
        to: texts(&row.to).into(),
        due_text: due
            .map(|(day, _)| calendar::written(day, tongue))
            .unwrap_or_default()
            .into(),
        due_days: due.map(|(_, days)| days).unwrap_or_default(),
        from_text: from.into(),
        reason: row.reason.get(lang).into(),
        law: words::law(&row.law).into(),
        yen_text: row
            .yen
            .map(|(yen, _)| words::thousands(yen))
            .unwrap_or_default()
            .into(),
        monthly: row.yen.is_some_and(|(_, monthly)| monthly),
        waits_for: texts(&row.waits_for).into(),
        here: row.filing.is_filed(),
        optional: matches!(row.filing, LineFiling::Added | LineFiling::CanAdd),
        ticked: row.filing == LineFiling::Added,
        ..LineEntry::default()
    }
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<LineAdapter>();
    page.set_now(words::model(Vec::new()));
    page.set_confirm(words::model(Vec::new()));
    page.set_by_itself(words::model(Vec::new()));
    page.set_waits(words::model(Vec::new()));
    page.set_later(words::model(Vec::new()));
    page.set_offers(words::model(Vec::new()));
    page.set_opened("".into());
    page.set_deadline_text("".into());
    page.set_by_itself_open(false);
    page.set_waits_open(false);
    page.set_later_open(false);
    page.set_offers_open(false);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<LineAdapter>();
    let send = to.clone();
    page.on_start(move || send.send(Input::Visit(Event::LineSeen)));
    let send = to.clone();
    page.on_toggle(move |id| {
        if let Ok(procedure) = id.parse() {
            send.send(Input::Visit(Event::ItemToggled(procedure)));
        }
    });
    let send = to.clone();
    page.on_paper(move || send.send(Input::Visit(Event::PaperWanted)));
}
