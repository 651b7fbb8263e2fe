//! The municipality's gift (記念品): choose one, or decline. No right to it and no duty to take it.
//!
//! Answers for this room's page and its form. What there is to choose from is the profile's. Never open after a loss: the item of
//! the line that leads here is gone then.

mod words;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use ubugoe_procedures::catalogue::Gift;

use super::super::{Failure, Shared};
use super::services::{Around, STALE, complaint, home, to, went_well};
use super::{Guest, Room, Said, Sent, catalogue, frame, moment, note};
use crate::nonstop::engine::KnownChild;
use crate::services::GIFT;
use crate::store::services::{Acted, GiftRow, GiftState};

#[cfg(test)]
pub(super) use words::ALL as WORDS;

/// How it is handed over: the word of the form, and what it means.
const WAYS: [(&str, Said); 2] = [("counter", words::COUNTER), ("visit", words::VISIT)];

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/f/{token}/gift", get(page).post(answer))
}

fn gift(app: &Shared) -> Option<&Gift> {
    app.catalogue
        .profile(&app.office.municipality)?
        .gift
        .as_ref()
}

fn answered<'a>(around: &'a Around, child: &KnownChild) -> Option<&'a GiftRow> {
    around
        .services
        .gifts
        .iter()
        .find(|gift| gift.child == child.child)
}

fn state_words(row: Option<&GiftRow>) -> &'static Said {
    match row.map(|row| row.state) {
        None => &words::UNANSWERED,
        Some(GiftState::Chosen) => &words::CHOSEN,
        Some(GiftState::Handed) => &words::HANDED,
        Some(GiftState::Declined | GiftState::Ended) => &words::DECLINED,
    }
}

pub(super) fn room(app: &Shared, guest: &Guest, around: &Around) -> Option<Room> {
    gift(app)?;
    let children = around.children_in(GIFT);
    let (_, first) = children.first()?;
    Some(Room {
        path: "gift",
        title: &words::TITLE,
        about: html! {
            @match answered(around, first) {
                None => (guest.say(&words::ABOUT)),
                row => (guest.say(state_words(row))),
            }
        },
    })
}

async fn page(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    show(&app, &guest, None).await
}

async fn show(app: &Shared, guest: &Guest, said: Option<&Said>) -> Result<Response, Failure> {
    let (Some(around), Some(gift)) = (Around::of(app, guest).await?, gift(app)) else {
        return Ok(home(guest));
    };
    let children = around.children_in(GIFT);
    if children.is_empty() {
        return Ok(home(guest));
    }
    note(app, guest, "family.viewed", "gift").await?;
    let body = html! {
        (complaint(guest, said))
        p { (catalogue(guest.tongue, &gift.what)) }
        p.hint { (catalogue(guest.tongue, &gift.how)) }
        @for (number, child) in &children { (card(guest, &around, (*number, child), gift)) }
    };
    let status = if said.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((status, frame(app, guest, &words::TITLE, body)).into_response())
}

fn card(
    guest: &Guest,
    around: &Around,
    (number, child): (usize, &KnownChild),
    gift: &Gift,
) -> Markup {
    let tongue = guest.tongue;
    let row = answered(around, child);
    let state = row.map(|row| row.state);
    let chosen = row.and_then(|row| row.choice.as_deref());
    let way = row.and_then(|row| row.way.as_deref());
    // with nothing to choose from there is the one thing
    let choices: Vec<&ubugoe_procedures::Text> = if gift.choices.is_empty() {
        vec![&gift.what]
    } else {
        gift.choices.iter().collect()
    };
    html! {
        article.filing data-state=[state.map(GiftState::code)] {
            @if around.children.len() > 1 { h2 { (around.which(tongue, number)) } }
            p class=(if state == Some(GiftState::Handed) { "big-state accepted" } else { "big-state" }) { (guest.say(state_words(row))) }
            @if let Some(what) = choices.iter().find(|one| Some(one.ja.as_str()) == chosen) { p { strong { (catalogue(tongue, what)) } } }
            @if let Some((at, _)) = row.and_then(|row| row.handed.as_ref()) {
                p { (moment(tongue, *at)) }
            } @else {
                p.hint { (guest.say(&words::CHANGEABLE)) }
                form method="post" action={ (guest.home()) "/gift" } {
                    (guest.hidden())
                    input type="hidden" name="child" value=(number);
                    fieldset.picks {
                        legend { (guest.say(&words::CHOICE)) }
                        @for (at, choice) in choices.iter().enumerate() {
                            label.check { input type="radio" name="choice" value=(at + 1) required checked[Some(choice.ja.as_str()) == chosen]; span { (catalogue(tongue, choice)) } }
                        }
                        label.check { input type="radio" name="choice" value="none" checked[state == Some(GiftState::Declined)]; span { (guest.say(&words::DECLINE)) } }
                    }
                    fieldset.picks {
                        legend { (guest.say(&words::WAY)) }
                        @for (code, said) in &WAYS {
                            label.check { input type="radio" name="way" value=(code) checked[way == Some(*code)]; span { (guest.say(said)) } }
                        }
                    }
                    button.primary.wide type="submit" { (guest.say(&words::SEND)) }
                }
            }
        }
    }
}

async fn answer(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let guest = &sent.guest;
    let (Some(around), Some(gift)) = (Around::of(&app, guest).await?, gift(&app)) else {
        return Ok(home(guest));
    };
    let Some(child) = around.child(sent.fields.get("child"), GIFT) else {
        return Ok(home(guest));
    };
    let choice = match sent.fields.get("choice") {
        Some("none") => None,
        Some(number) => {
            let at = number
                .parse::<usize>()
                .ok()
                .and_then(|at| at.checked_sub(1));
            let what = match at {
                Some(0) if gift.choices.is_empty() => Some(&gift.what),
                Some(at) => gift.choices.get(at),
                None => None,
            };
            let way = sent
                .fields
                .get("way")
                .and_then(|word| WAYS.iter().find(|(code, _)| *code == word));
            match (what, way) {
                (Some(what), Some((way, _))) => Some((what.ja.clone(), (*way).to_owned())),
                _ => return show(&app, guest, Some(&words::PICK)).await,
            }
        }
        None => return show(&app, guest, Some(&words::PICK)).await,
    };
    let acted = app
        .store
        .answer_gift(around.act(guest, child, GIFT), child.filing, choice)
        .await?;
    if went_well(acted) {
        return Ok(to(guest, "gift"));
    }
    let said = if acted == Acted::TooLate {
        &words::NOW_HANDED
    } else {
        &STALE
    };
    show(&app, guest, Some(said)).await
}
