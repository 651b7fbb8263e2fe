//! What the line waits for that somebody else knows: the family says whether the city may ask them.
//!
//! Answers for giving and withdrawing a consent, one for each agency and purpose. What is asked is said here in words: which
//! procedure of which application, and nothing else of the family. Where a law stands in for consent nothing is asked here.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::super::agencies::record_consent;
use super::super::{Failure, Shared};
use super::consents_words as said;
use super::{Guest, Room, Sent, catalogue, frame, moment, note};
use crate::config::{AgencyConfig, Ask};
use crate::store::agencies::Consent;
use crate::store::nonstop::{Hop, HopState, Item, ItemState, Shown};

/// One agency and purpose, with the items that wait for it.
struct Question<'a> {
    agency: &'a AgencyConfig,
    ask: &'a Ask,
    items: Vec<Item>,
    given: Option<Consent>,
}

/// What this family may be asked about, and what it has agreed to.
async fn questions<'a>(app: &'a Shared, guest: &Guest) -> Result<Vec<Question<'a>>, Failure> {
    let Some(sender) = &app.agencies else {
        return Ok(Vec::new());
    };
    let asks = |agency: &'a AgencyConfig| {
        let asks = agency.asks.iter();
        asks.filter(|ask| ask.law.is_none() && !ask.items.is_empty())
    };
    let agencies = sender.book.agencies();
    // most towns ask nobody by themselves, and every family's first page comes by here
    if agencies.iter().all(|agency| asks(agency).next().is_none()) {
        return Ok(Vec::new());
    }
    let line = app.store.case_line(guest.filing).await?;
    let given = app.store.consents(guest.filing).await?;
    let mut questions = Vec::new();
    for agency in agencies {
        for ask in asks(agency) {
            let waits = |item: &&Item| {
                item.state == ItemState::Done
                    && item.shown < Shown::Staff
                    && ask.items.contains(&item.procedure)
                    && item.hops.iter().any(|hop| hop.hop == Hop::Insurer)
            };
            let items: Vec<Item> = line.items.iter().filter(waits).cloned().collect();
            if items.is_empty() {
                continue;
            }
            let mut stands = given.iter();
            let given = stands.find(|consent| {
                consent.withdrawn_at.is_none()
                    && consent.source == agency.id
                    && consent.purpose == ask.purpose
            });
            questions.push(Question {
                agency,
                ask,
                items,
                given: given.cloned(),
            });
        }
    }
    Ok(questions)
}

fn waits(question: &Question<'_>) -> bool {
    let mut hops = question.items.iter().flat_map(|item| &item.hops);
    hops.any(|hop| hop.hop == Hop::Insurer && hop.state == HopState::Waiting)
}

pub(super) async fn room(app: &Shared, guest: &Guest) -> Result<Option<Room>, Failure> {
    let questions = questions(app, guest).await?;
    let open = questions
        .iter()
        .filter(|one| one.given.is_none() && waits(one))
        .count();
    Ok((!questions.is_empty()).then(|| Room {
        path: "consents",
        title: &said::TITLE,
        about: html! {
            p { (guest.say(if open > 0 { &said::ABOUT_OPEN } else { &said::ABOUT })) }
        },
    }))
}

/// The page.
pub(super) async fn page(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    note(&app, &guest, "family.viewed", "consents").await?;
    let questions = questions(&app, &guest).await?;
    let body = html! {
        p { (guest.say(&said::LEAD)) }
        @if questions.is_empty() { p.empty { (guest.say(&said::NOTHING)) } }
        @for question in &questions { (card(&guest, question)) }
    };
    Ok(frame(&app, &guest, &said::TITLE, body))
}

fn card(guest: &Guest, question: &Question<'_>) -> Markup {
    let tongue = guest.tongue;
    let titles: BTreeSet<&str> = question
        .items
        .iter()
        .map(|item| item.procedure.as_str())
        .collect();
    html! {
        article.filing data-agency=(question.agency.id) data-given=(question.given.is_some()) {
            h2 { (catalogue(tongue, &question.agency.name)) }
            p { (guest.say(&said::WHAT_FOR)) }
            ul.plain { @for procedure in titles {
                @if let Some(item) = question.items.iter().find(|item| item.procedure == procedure) {
                    li { (catalogue(tongue, &item.detail.title)) }
                }
            } }
            p.hint { (guest.say(&said::WHAT_IS_TOLD)) }
            form method="post" action={ (guest.home()) "/consents" } {
                (guest.hidden())
                input type="hidden" name="agency" value=(question.agency.id);
                input type="hidden" name="purpose" value=(question.ask.purpose);
                @if let Some(given) = &question.given {
                    p { strong { (guest.say(&said::AGREED)) } " " span.when { (moment(tongue, given.given_at)) } }
                    button.secondary type="submit" name="answer" value="no" { (guest.say(&said::WITHDRAW)) }
                } @else {
                    button.primary type="submit" name="answer" value="yes" { (guest.say(&said::AGREE)) }
                    p.hint { (guest.say(&said::WITHOUT)) }
                }
            }
        }
    }
}

/// Yes, or not any more. Sent twice, it is done once.
pub(super) async fn answer(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let Sent { guest, fields } = sent;
    let back = Redirect::to(&format!("{}/consents", guest.home())).into_response();
    let questions = questions(&app, &guest).await?;
    let asked = questions.iter().find(|one| {
        fields.get("agency") == Some(one.agency.id.as_str())
            && fields.get("purpose") == Some(one.ask.purpose.as_str())
    });
    let Some(question) = asked else {
        return Ok(back);
    };
    match (fields.get("answer"), &question.given) {
        (Some("yes"), None) => give(&app, &guest, question).await?,
        (Some("no"), Some(given)) => {
            let now = app.now();
            app.store.withdraw_consent(given.id, "family", now).await?;
        }
        (Some("yes" | "no"), _) => {}
        _ => return Err(Failure::BadForm("answer")),
    }
    if let Some(sender) = &app.agencies {
        sender.queued.notify_one();
    }
    Ok(back)
}

async fn give(app: &Shared, guest: &Guest, question: &Question<'_>) -> Result<(), Failure> {
    // the consent is proven by what was signed: the filing that the item rests on
    let filing = question
        .items
        .first()
        .map_or(guest.filing, |item| item.filing);
    let record = app.store.filing(filing).await?.ok_or(Failure::NotFound)?;
    let what = (question.agency.id.clone(), question.ask.purpose.clone());
    record_consent(app, &record, what, "family").await
}
