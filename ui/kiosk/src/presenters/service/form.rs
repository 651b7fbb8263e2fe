//! Writing a certificate: the question page for words and choices, boxes for moments and figures, and the check of
//! everything at the end.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
};
use ubugoe_procedures::{
    Answers, Catalogue, Field, FieldKind, Lang, Value, calendar, shown as reads,
};
use ubugoe_view::{
    CheckAdapter, CheckRow, ComponentHandle, FigureBox, FigureKind, FiguresAdapter, Model, Page,
    Screen, ServicePage,
};
use ubugoe_visit::service::{
    CERTIFICATE_FORM, Form, Service, ServiceEvent, Sheet, Staff, sheet_fields,
};

use super::{Around, Picture, nothing, shown};
use crate::{
    core::{Input, Sender},
    presenters::{question, words},
};

/// Days to choose from, today included.
const DAYS: i64 = 15;

/// The field of a certificate that the question page shows.
pub(crate) fn certificate_field<'a>(
    service: &Service,
    catalogue: &'a Catalogue,
) -> Option<&'a Field> {
    match &service.form()?.sheet {
        sheet @ Sheet::Field(_) => sheet_fields(sheet, catalogue).first().copied(),
        Sheet::Moment | Sheet::Order | Sheet::Figures | Sheet::Review => None,
    }
}

pub(super) fn page(form: &Form, who: &Staff, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    let fields = sheet_fields(&form.sheet, around.catalogue);
    match &form.sheet {
        Sheet::Field(_) => match fields.first() {
            Some(field) => (Page::Question, ask(form, field, around, lang)),
            None => shown(ServicePage::Check, nothing()),
        },
        Sheet::Moment => figures(moment(form), Some(days(form, around, lang)), form, around),
        Sheet::Order => figures(order(form), None, form, around),
        Sheet::Figures => figures(measures(form), None, form, around),
        Sheet::Review => check(form, who, around, lang),
    }
}

fn ask(form: &Form, field: &Field, around: &Around<'_>, lang: Lang) -> Picture {
    let narrow = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let index = narrow(form.asked.len()) + 1;
    // A plain birth has five pages.
    let number = (index, index.max(5));
    let problems: Vec<_> = form
        .problems
        .iter()
        .map(|(_, problem)| problem.clone())
        .collect();
    question::show_field(field, &form.answers, &problems, number, around.fresh, lang)
}

// ---------------------------------------------------------------------------------------------- boxes

fn digits(answers: &Answers, path: &str) -> String {
    match answers.value(path) {
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn figure(form: &Form, kind: FigureKind, path: &str, value: String, digits: i32) -> FigureBox {
    FigureBox {
        kind,
        value: value.into(),
        digits,
        wrong: form.problems.iter().any(|(at, _)| at.as_str() == path),
    }
}

fn moment(form: &Form) -> Vec<FigureBox> {
    let (hour, minute) = match form.answers.value("birth_dt") {
        Some(Value::DateTime(at)) => (format!("{:02}", at.hour()), format!("{:02}", at.minute())),
        _ => (String::new(), String::new()),
    };
    vec![
        figure(form, FigureKind::Hour, "birth_dt", hour, 2),
        figure(form, FigureKind::Minute, "birth_dt", minute, 2),
    ]
}

fn order(form: &Form) -> Vec<FigureBox> {
    let number = |path| digits(&form.answers, path);
    let (order, of) = ("order_of.order", "order_of.of");
    vec![
        figure(form, FigureKind::Order, order, number(order), 1),
        figure(form, FigureKind::Of, of, number(of), 1),
    ]
}

fn measures(form: &Form) -> Vec<FigureBox> {
    let number = |path| digits(&form.answers, path);
    let length = form.answers.text("length_cm").unwrap_or_default();
    let (whole, tenth) = length.split_once('.').unwrap_or_default();
    vec![
        figure(form, FigureKind::Weight, "weight_g", number("weight_g"), 4),
        figure(form, FigureKind::Length, "length_cm", whole.to_owned(), 2),
        figure(form, FigureKind::Tenth, "length_cm", tenth.to_owned(), 1),
        figure(form, FigureKind::Weeks, "weeks", number("weeks"), 2),
        figure(form, FigureKind::Days, "days", number("days"), 1),
        figure(
            form,
            FigureKind::Live,
            "live_births",
            number("live_births"),
            2,
        ),
        figure(
            form,
            FigureKind::Still,
            "stillbirths",
            number("stillbirths"),
            2,
        ),
    ]
}

/// Which days may be chosen, and which one is.
struct Days {
    today: Date,
    texts: Vec<String>,
    chosen: i32,
}

fn days(form: &Form, around: &Around<'_>, lang: Lang) -> Days {
    let today = around.today.unwrap_or_default();
    let day = |back: i64| today.checked_sub(back.days()).unwrap_or(today);
    let said = match form.answers.value("birth_dt") {
        Some(Value::DateTime(at)) => today.since(at.date()).map_or(0, |span| span.get_days()),
        _ => 0,
    };
    // A correction may be about a day further back.
    let most = DAYS.max(i64::from(said) + 1);
    Days {
        today,
        texts: (0..most)
            .map(|back| calendar::written(day(back), lang.into()))
            .collect(),
        chosen: said.max(0),
    }
}

fn figures(
    boxes: Vec<FigureBox>,
    days: Option<Days>,
    form: &Form,
    around: &Around<'_>,
) -> (Page, Picture) {
    let (fresh, wrong) = (around.fresh, !form.problems.is_empty());
    shown(
        ServicePage::Figures,
        Box::new(move |screen| {
            let page = screen.global::<FiguresAdapter>();
            page.set_wrong(wrong);
            if fresh {
                let first = boxes
                    .iter()
                    .position(|one| one.wrong || one.value.is_empty());
                page.set_active(first.and_then(|at| i32::try_from(at).ok()).unwrap_or(0));
                page.set_boxes(words::model(boxes));
                let (today, texts, chosen) = days.map_or((String::new(), Vec::new(), 0), |days| {
                    (days.today.to_string(), days.texts, days.chosen)
                });
                let texts: Vec<_> = texts.into_iter().map(Into::into).collect();
                page.set_today(today.into());
                page.set_days(words::model(texts));
                page.set_day(chosen);
            } else {
                // What was typed stays; only what was wrong with it is new.
                let on_screen = page.get_boxes();
                for (at, new) in boxes.into_iter().enumerate() {
                    if let Some(mut old) = on_screen.row_data(at) {
                        old.wrong = new.wrong;
                        on_screen.set_row_data(at, old);
                    }
                }
            }
        }),
    )
}

/// What stands in the boxes, as the fields of the form; `None` for a box that is empty or impossible as it stands.
fn entered(today: &str, day: i32, boxes: &[FigureBox]) -> Vec<(&'static str, Option<Value>)> {
    let text = |kind: FigureKind| {
        let found = boxes.iter().find(|one| one.kind == kind)?;
        Some(found.value.to_string()).filter(|text| !text.is_empty())
    };
    let number = |kind| Some(Value::Number(text(kind)?.parse().ok()?));
    let has = |kind| boxes.iter().any(|one| one.kind == kind);
    let mut found = Vec::new();
    if has(FigureKind::Hour) {
        let at = || -> Option<DateTime> {
            let today: Date = today.parse().ok()?;
            let day = today.checked_sub(i64::from(day).days()).ok()?;
            let hour = text(FigureKind::Hour)?.parse().ok()?;
            let minute = text(FigureKind::Minute)?.parse().ok()?;
            let time = jiff::civil::Time::new(hour, minute, 0, 0).ok()?;
            Some(day.to_datetime(time))
        };
        found.push(("birth_dt", at().map(Value::DateTime)));
    }
    if has(FigureKind::Length) {
        let length = text(FigureKind::Length).zip(text(FigureKind::Tenth));
        let length = length.map(|(whole, tenth)| Value::Text(format!("{whole}.{tenth}")));
        found.push(("length_cm", length));
    }
    for (kind, path) in [
        (FigureKind::Weight, "weight_g"),
        (FigureKind::Weeks, "weeks"),
        (FigureKind::Days, "days"),
        (FigureKind::Live, "live_births"),
        (FigureKind::Still, "stillbirths"),
        (FigureKind::Order, "order_of.order"),
        (FigureKind::Of, "order_of.of"),
    ] {
        if has(kind) {
            found.push((path, number(kind)));
        }
    }
    found
}

/// Which boxes a field is typed into.
const fn boxes_of(path: &str) -> &'static [FigureKind] {
    match path.as_bytes() {
        b"birth_dt" => &[FigureKind::Hour, FigureKind::Minute],
        b"length_cm" => &[FigureKind::Length, FigureKind::Tenth],
        b"weight_g" => &[FigureKind::Weight],
        b"weeks" => &[FigureKind::Weeks],
        b"days" => &[FigureKind::Days],
        b"live_births" => &[FigureKind::Live],
        b"stillbirths" => &[FigureKind::Still],
        b"order_of.order" => &[FigureKind::Order],
        b"order_of.of" => &[FigureKind::Of],
        _ => &[],
    }
}

/// "Next": everything goes out together, or the boxes that keep it back are framed.
fn next(screen: &Screen, to: &Sender) {
    let page = screen.global::<FiguresAdapter>();
    let model = page.get_boxes();
    let boxes: Vec<FigureBox> = model.iter().collect();
    let mut values = Vec::new();
    let mut open = Vec::new();
    for (path, value) in entered(&page.get_today(), page.get_day(), &boxes) {
        match (path.parse(), value) {
            (Ok(path), Some(value)) => values.push((path, value)),
            _ => open.extend_from_slice(boxes_of(path)),
        }
    }
    if open.is_empty() {
        to.send(Input::Service(ServiceEvent::SheetEntered(values)));
        return;
    }
    for (at, mut one) in boxes.into_iter().enumerate() {
        one.wrong = open.contains(&one.kind);
        model.set_row_data(at, one);
    }
    page.set_wrong(true);
    to.send(Input::Service(ServiceEvent::Touched));
}

// ---------------------------------------------------------------------------------------------- the check

fn check(form: &Form, who: &Staff, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    let procedure = around
        .catalogue
        .procedures()
        .find(|procedure| procedure.id.as_str() == CERTIFICATE_FORM);
    let fields = procedure.map(|procedure| procedure.form.fields.as_slice());
    let rows: Vec<CheckRow> = fields
        .unwrap_or_default()
        .iter()
        .filter(|field| field.when.holds(&form.answers) == Some(true))
        .filter_map(|field| row(form, field, lang))
        .collect();
    let (who, correction) = (who.name.clone(), form.corrects.is_some());
    shown(
        ServicePage::Check,
        Box::new(move |screen| {
            let page = screen.global::<CheckAdapter>();
            page.set_rows(words::model(rows));
            page.set_who(who.into());
            page.set_correction(correction);
        }),
    )
}

fn row(form: &Form, field: &Field, lang: Lang) -> Option<CheckRow> {
    let value = form.answers.value(field.path.as_str())?;
    // "Yes" and "no" answer the question, not the form's heading.
    let label = if field.kind == FieldKind::Bool {
        &field.question
    } else {
        &field.label
    };
    Some(CheckRow {
        path: field.path.as_str().into(),
        label: label.get(lang).into(),
        value: reads(field, value).get(lang).into(),
        can_correct: field.path.as_str() != "issued",
    })
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<FiguresAdapter>();
    page.set_boxes(words::model(Vec::new()));
    page.set_days(words::model(Vec::new()));
    page.set_wrong(false);
    let page = screen.global::<CheckAdapter>();
    page.set_rows(words::model(Vec::new()));
    page.set_who("".into());
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let (send, weak) = (to.clone(), screen.as_weak());
    screen.global::<FiguresAdapter>().on_next(move || {
        if let Some(screen) = weak.upgrade() {
            next(&screen, &send);
        }
    });
    let page = screen.global::<CheckAdapter>();
    let send = to.clone();
    page.on_correct(move |path| {
        if let Ok(path) = path.parse() {
            send.send(Input::Service(ServiceEvent::RowChosen(path)));
        }
    });
    let send = to.clone();
    page.on_attest(move || send.send(Input::Service(ServiceEvent::Attested)));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use jiff::civil::datetime;

    use super::*;

    fn one(kind: FigureKind, value: &str) -> FigureBox {
        FigureBox {
            kind,
            value: value.into(),
            digits: 4,
            wrong: false,
        }
    }

    #[test]
    fn a_day_back_and_two_boxes_become_a_minute() {
        let boxes = [one(FigureKind::Hour, "23"), one(FigureKind::Minute, "59")];
        assert_eq!(
            entered("2026-11-24", 1, &boxes),
            [(
                "birth_dt",
                Some(Value::DateTime(datetime(2026, 11, 23, 23, 59, 0, 0)))
            )]
        );
        let impossible = [one(FigureKind::Hour, "24"), one(FigureKind::Minute, "00")];
        assert_eq!(entered("2026-11-24", 0, &impossible), [("birth_dt", None)]);
    }

    #[test]
    fn centimetres_and_their_tenth_become_one_text_and_an_empty_box_becomes_nothing() {
        let boxes = [
            one(FigureKind::Weight, "3012"),
            one(FigureKind::Length, "49"),
            one(FigureKind::Tenth, "5"),
            one(FigureKind::Weeks, ""),
        ];
        assert_eq!(
            entered("", 0, &boxes),
            [
                ("length_cm", Some(Value::Text("49.5".to_owned()))),
                ("weight_g", Some(Value::Number(3012))),
                ("weeks", None),
            ]
        );
    }

    #[test]
    fn every_field_that_boxes_fill_in_has_boxes_and_every_box_a_field() {
        let catalogue = Catalogue::builtin().unwrap();
        for sheet in [Sheet::Moment, Sheet::Order, Sheet::Figures] {
            let fields = sheet_fields(&sheet, &catalogue);
            assert!(!fields.is_empty());
            for field in fields {
                assert!(!boxes_of(field.path.as_str()).is_empty(), "{}", field.path);
            }
        }
    }
}
