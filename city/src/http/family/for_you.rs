//! 使える / お探し / こんなサービスも: what can be used now, what was looked for, and what else there is.
//!
//! Answers for handing what the case tells to the catalogue's recommendations and for showing them with their reasons. What may
//! not be shown after a loss or to a protected family is decided there, by the same guards as on the line. Private offers are
//! not made here: nobody was asked whether they want any.

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use ubugoe_procedures::catalogue::Stage;
use ubugoe_procedures::recommend::{Attributes, Recommendation, Shelf, recommend};
use ubugoe_procedures::{Filing, Value};

use super::super::{Failure, Shared};
use super::room_words as said;
use super::{Guest, Room, Said, catalogue, frame, note};
use crate::jst;
use crate::store::family::CaseFile;

/// Younger than this, in months, a child's mother is hardly expecting another.
const NEWBORN: u16 = 6;

pub(super) async fn room(app: &Shared, guest: &Guest) -> Result<Option<Room>, Failure> {
    let case = app.store.family_case(guest.case_ref).await?;
    let about = if case.lost() {
        &said::FOR_YOU_QUIET
    } else {
        &said::FOR_YOU_ABOUT
    };
    Ok(Some(Room {
        path: "for-you",
        title: &said::FOR_YOU,
        about: html! { p { (guest.say(about)) } },
    }))
}

/// Address parameters: what is looked for, a tag of the universal menu.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wish {
    r#for: Option<String>,
}

/// The page.
pub(super) async fn page(
    State(app): State<Shared>,
    guest: Guest,
    Query(wish): Query<Wish>,
) -> Result<Response, Failure> {
    let case = app.store.family_case(guest.case_ref).await?;
    note(&app, &guest, "family.viewed", "for-you").await?;
    let wish = said::WISHES
        .iter()
        .map(|(tag, _)| *tag)
        .find(|tag| wish.r#for.as_deref() == Some(tag));
    let today = jst::date(app.now()).unwrap_or_default();
    let attributes = Attributes {
        region: Some(app.office.municipality),
        looking_for: wish.into_iter().map(str::to_owned).collect(),
        ..known(&case, today)
    };
    let mut found = recommend(&app.catalogue, &attributes, today);
    // what ends with a birth is not for whoever has just given one
    let newborn = attributes
        .child_months
        .is_some_and(|(months, _)| months < NEWBORN);
    found.retain(|one| !newborn || one.procedure.stage != Stage::Pregnancy);
    let shelf = |shelf: Shelf, words: &'static Said| {
        let here: Vec<&Recommendation<'_>> =
            found.iter().filter(|one| one.shelf == shelf).collect();
        html! {
            @if !here.is_empty() {
                section.line data-shelf=(words.en) {
                    h2 { (guest.say(words)) }
                    @for one in here { (entry(&guest, one)) }
                }
            }
        }
    };
    let base = format!("{}/for-you", guest.home());
    let body = html! {
        nav.wishes aria-labelledby="wishes" {
            p id="wishes" { (guest.say(&said::LOOK_FOR)) }
            ul.tongues { @for (tag, words) in &said::WISHES {
                li { @if wish == Some(*tag) { span aria-current="true" { (guest.say(words)) } } @else { a href={ (base) "?for=" (tag) } { (guest.say(words)) } } }
            } }
        }
        @if found.is_empty() { p.empty { (guest.say(&said::NOTHING)) } }
        (shelf(Shelf::Searched, &said::SEARCHED))
        (shelf(Shelf::Usable, &said::USABLE))
        (shelf(Shelf::Also, &said::ALSO))
    };
    Ok(frame(&app, &guest, &said::FOR_YOU, body))
}

/// What the case tells of the family, as far as recommendations ask.
fn known(case: &CaseFile, today: Date) -> Attributes {
    let youngest = case
        .papers
        .iter()
        .filter_map(|paper| Some(Filing::parse(&paper.canonical).ok()?.answers()))
        .filter_map(|answers| {
            [
                "birth_dt",
                "child.birth",
                "child[0].birth",
                "newborn[0].birth",
            ]
            .iter()
            .find_map(|path| match answers.value(path) {
                Some(Value::Date(day)) => Some(*day),
                Some(Value::DateTime(at)) => Some(at.date()),
                _ => None,
            })
        })
        .max();
    let loss = case.lost();
    let months = youngest
        .filter(|_| !loss)
        .and_then(|birth| months_since(birth, today));
    Attributes {
        child: months.map(|_| true),
        child_months: months.map(|months| (months, months)),
        loss,
        dv_support: case.papers.iter().any(|paper| paper.facts.protected),
        ..Attributes::default()
    }
}

/// Whole months from a birth; nothing before it.
fn months_since(birth: Date, today: Date) -> Option<u16> {
    let months = (i32::from(today.year()) - i32::from(birth.year())) * 12
        + i32::from(today.month())
        - i32::from(birth.month())
        - i32::from(today.day() < birth.day());
    u16::try_from(months).ok()
}

fn entry(guest: &Guest, one: &Recommendation<'_>) -> Markup {
    let tongue = guest.tongue;
    html! {
        article.filing data-procedure=(one.procedure.id) {
            h3 { (catalogue(tongue, &one.procedure.title)) }
            p { (catalogue(tongue, &one.procedure.summary)) }
            details.why {
                summary { (guest.say(&said::WHY)) }
                ul.plain { @for why in &one.why { li { (catalogue(tongue, why)) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_are_whole() {
        let today = date(2026, 11, 27);
        for (birth, months) in [
            (date(2026, 11, 22), Some(0)),
            (date(2026, 10, 27), Some(1)),
            (date(2026, 10, 28), Some(0)),
            (date(2025, 11, 27), Some(12)),
            (date(2026, 12, 1), None),
        ] {
            assert_eq!(months_since(birth, today), months, "{birth}");
        }
    }
}
