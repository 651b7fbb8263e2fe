//! Nursery places: what is looked for, what is found, and the choices in their order.

use jiff::civil::Date;
use ubugoe_procedures::nursery::{Hit, Outcome};
use ubugoe_procedures::{Tongue, Value, calendar};
use ubugoe_view::{
    ComponentHandle, Finding, NurseryAdapter, NurseryChoice, NurseryFinding, NurseryHit,
    NurseryOption, Screen,
};
use ubugoe_visit::{Draft, Event, NURSERY_KINDS, NurseryWish};

use super::{Around, Picture, words};
use crate::core::{Input, NurseryAsk, Sender};

/// For how many months ahead entry is offered.
const MONTHS: i8 = 18;

/// A place as plain data: the view's own struct holds a model, which must not cross threads.
struct Found {
    id: String,
    name: String,
    kind: String,
    distance_m: i32,
    free: i32,
    free_old: bool,
    free_text: String,
    fits: bool,
    rank: i32,
    findings: Vec<NurseryFinding>,
}

pub(super) fn show(draft: &Draft, around: &Around<'_>, tongue: Tongue) -> Picture {
    let (hits, more) = around.found;
    let found: Vec<Found> = hits
        .iter()
        .filter_map(|hit| place(hit, draft, around, tongue))
        .collect();
    let form = draft
        .forms
        .iter()
        .find(|form| form.chosen && form.procedure.as_str() == ubugoe_visit::NURSERY_APPLICATION);
    let start = form.and_then(|form| form.answers.value("start").cloned());
    let months = months(
        around.today.unwrap_or(draft.drafted_on),
        start.as_ref(),
        tongue,
    );
    let kinds = kinds(&draft.nursery.wish, around);
    let chosen = |options: &[NurseryOption]| {
        let chosen: Vec<&str> = options
            .iter()
            .filter(|option| option.selected)
            .map(|option| option.label.as_str())
            .collect();
        chosen.join("、")
    };
    let origins = origins(&draft.nursery.wish, around);
    let (month_text, kinds_text) = (chosen(&months), chosen(&kinds));
    let origin_text = chosen(&origins);
    let ranked: Vec<NurseryChoice> = draft
        .nursery
        .choices
        .iter()
        .map(|choice| NurseryChoice {
            id: choice.id.as_str().into(),
            name: choice.name.as_str().into(),
        })
        .collect();
    let child = form
        .and_then(|form| form.child)
        .filter(|_| draft.several())
        .map(|child| words::child(draft, child))
        .unwrap_or_default();
    let (at_most, more, fresh) = (words::count(around.most_choices), *more, around.fresh);
    Box::new(move |screen| {
        let page = screen.global::<NurseryAdapter>();
        let hits = found.into_iter().map(|found| NurseryHit {
            id: found.id.into(),
            name: found.name.into(),
            kind: found.kind.into(),
            distance_m: found.distance_m,
            free: found.free,
            free_old: found.free_old,
            free_text: found.free_text.into(),
            fits: found.fits,
            rank: found.rank,
            findings: words::model(found.findings),
        });
        page.set_hits(words::model(hits.collect()));
        page.set_more(more);
        page.set_searching(false);
        page.set_months(words::model(months));
        page.set_month_text(month_text.into());
        page.set_origins(words::model(origins));
        page.set_origin_text(origin_text.into());
        page.set_kinds(words::model(kinds));
        page.set_kinds_text(kinds_text.into());
        page.set_ranked(words::model(ranked));
        page.set_at_most(at_most);
        page.set_child(child.into());
        if fresh {
            page.set_ranking(false);
        }
    })
}

fn place(hit: &Hit, draft: &Draft, around: &Around<'_>, tongue: Tongue) -> Option<Found> {
    let facility = around.nurseries?.facilities().get(hit.facility)?;
    let findings = hit.findings.iter().map(|finding| NurseryFinding {
        outcome: match finding.outcome {
            Outcome::Met => Finding::Met,
            Outcome::Missed => Finding::Missed,
            Outcome::Unknown => Finding::Unknown,
        },
        text: finding.text.get(tongue.lang()).into(),
    });
    let rank = draft
        .nursery
        .choices
        .iter()
        .position(|choice| choice.id == *facility.id);
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let free = hit
        .vacancy
        .as_ref()
        .and_then(|(vacancy, _)| vacancy.vacancies);
    Some(Found {
        id: facility.id.to_string(),
        name: facility.name.to_string(),
        kind: facility.kind_text.to_string(),
        distance_m: hit.distance_m.map_or(-1, number),
        free: free.map_or(-1, number),
        free_text: hit
            .vacancy
            .as_ref()
            .and_then(|(vacancy, _)| vacancy.as_of)
            .map(|day| calendar::written(day, tongue))
            .unwrap_or_default(),
        free_old: hit.vacancy.as_ref().is_some_and(|(_, old)| *old),
        fits: hit.fits(),
        rank: rank.map_or(0, |rank| words::count(rank + 1)),
        findings: findings.collect(),
    })
}

fn months(today: Date, start: Option<&Value>, tongue: Tongue) -> Vec<NurseryOption> {
    let first = today.first_of_month();
    (1..=MONTHS)
        .filter_map(|ahead| first.checked_add(jiff::Span::new().months(ahead)).ok())
        .map(|day| {
            let (year, month) = (day.year(), day.month());
            NurseryOption {
                id: format!("{year:04}-{month:02}").into(),
                label: calendar::written_month(year, month, tongue).into(),
                selected: start == Some(&Value::YearMonth { year, month }),
            }
        })
        .collect()
}

fn origins(wish: &NurseryWish, around: &Around<'_>) -> Vec<NurseryOption> {
    around
        .towns
        .iter()
        .map(|town| NurseryOption {
            id: town.name.as_str().into(),
            label: town.name.as_str().into(),
            selected: wish.from == Some((town.middle.lat(), town.middle.lon())),
        })
        .collect()
}

/// Kinds by the words of the municipality's own list.
fn kinds(wish: &NurseryWish, around: &Around<'_>) -> Vec<NurseryOption> {
    let word = |kind| {
        let places = around.nurseries?.facilities();
        let place = places.iter().find(|place| place.kind == kind)?;
        Some(place.kind_text.to_string())
    };
    NURSERY_KINDS
        .into_iter()
        .filter_map(|kind| {
            Some(NurseryOption {
                id: kind.id().into(),
                label: word(kind)?.into(),
                selected: wish.kinds.iter().any(|id| id == kind.id()),
            })
        })
        .collect()
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<NurseryAdapter>();
    page.set_hits(words::model(Vec::new()));
    page.set_ranked(words::model(Vec::new()));
    page.set_child("".into());
    page.set_month_text("".into());
    page.set_kinds_text("".into());
    page.set_origins(words::model(Vec::new()));
    page.set_origin_text("".into());
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<NurseryAdapter>();
    let send = to.clone();
    page.on_choose_month(move |id| {
        let parts = id.split_once('-');
        let parsed = parts.and_then(|(y, m)| Some((y.parse().ok()?, m.parse().ok()?)));
        if let Some((year, month)) = parsed {
            send.send(Input::Visit(Event::NurseryEntry { year, month }));
        }
    });
    let send = to.clone();
    page.on_choose_origin(move |id| send.send(Input::Nursery(NurseryAsk::From(id.into()))));
    let send = to.clone();
    page.on_show_more(move || send.send(Input::Nursery(NurseryAsk::More)));
    let send = to.clone();
    page.on_toggle_kind(move |id| send.send(Input::Nursery(NurseryAsk::Kind(id.into()))));
    let send = to.clone();
    page.on_add(move |id| send.send(Input::Visit(Event::NurseryAdded(id.into()))));
    let send = to.clone();
    page.on_remove(move |id| send.send(Input::Nursery(NurseryAsk::Remove(id.into()))));
    let send = to.clone();
    page.on_up(move |id| send.send(Input::Nursery(NurseryAsk::Move(id.into(), true))));
    let send = to.clone();
    page.on_down(move |id| send.send(Input::Nursery(NurseryAsk::Move(id.into(), false))));
    let send = to.clone();
    page.on_done(move || send.send(Input::Visit(Event::NurseryDone)));
    let send = to.clone();
    page.on_skip(move || send.send(Input::Visit(Event::NurserySkipped)));
}
