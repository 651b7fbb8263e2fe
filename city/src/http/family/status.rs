//! Where each filing of a case stands, and what else there is behind the link.
//!
//! Answers for the first page after the door. Must not show an address, a date of birth or a value of a filing.

use axum::extract::State;
use maud::{Markup, html};
use ubugoe_procedures::Text;
use ubugoe_protocol::FilingId;

use super::super::page::code;
use super::super::{Failure, Shared};
use super::line_words as said;
use super::voice::{self, Told};
use super::{Guest, Room, catalogue, door, line, moment, note, sheet};
use crate::casework::{FilingState, ReturnReason};
use crate::store::FamilyFiling;
use crate::store::family::CaseFile;

/// The page.
pub(super) async fn status(State(app): State<Shared>, guest: Guest) -> Result<Markup, Failure> {
    let page = page(&app, &guest, None).await?;
    note(&app, &guest, "family.viewed", "line").await?;
    Ok(page)
}

/// What else there is, each part with its own page. One line per part.
async fn rooms(app: &Shared, guest: &Guest) -> Result<Vec<Room>, Failure> {
    let rooms = [
        super::for_you::room(app, guest).await?,
        super::super::second::room(app, guest).await?,
        super::phone::room(app, guest).await?,
        super::looks::room(app, guest).await?,
    ];
    Ok(rooms.into_iter().flatten().collect())
}

/// The page as it is now, with what was wrong with an account.
pub(super) async fn page(
    app: &Shared,
    guest: &Guest,
    complaint: Option<line::Complaint>,
) -> Result<Markup, Failure> {
    let filings = app.store.family(guest.hash).await?;
    let case = app.store.family_case(guest.case_ref).await?;
    let kept = app.store.family_line(guest.hash, app.now()).await?;
    let voices = app.store.family_voices(guest.case_ref).await?;
    let told = Told::of(&case, &kept, voices);
    let rooms = rooms(app, guest).await?;
    let body = html! {
        main.family id="main" {
            h1 { (guest.say(&said::TITLE)) }
            @for filing in &filings { (filing_card(guest, filing, named(&case, filing.id, told.loss()), &told)) }
            @if !rooms.is_empty() { (room_list(guest, &rooms)) }
            (line::whole(guest, &kept, &told, complaint))
            (door::contact(app, guest.tongue))
            ul.more {
                li { a id="leaflet" href={ (guest.home()) "/leaflet.pdf?lang=" (code(guest.tongue.lang())) } { (guest.say(&said::LEAFLET)) } }
                li { a id="close-link" href={ (guest.home()) "/close" } { (guest.say(&super::door_words::CLOSE_TITLE)) } }
            }
            p.hint { (guest.say(&said::NO_NAMES)) }
        }
    };
    Ok(sheet(app, guest, &said::TITLE, &body))
}

fn room_list(guest: &Guest, rooms: &[Room]) -> Markup {
    html! {
        nav.rooms aria-label=(guest.say(&said::ROOMS)) { ul {
            @for room in rooms {
                li data-room=(room.path) {
                    a href={ (guest.home()) "/" (room.path) } { (guest.say(room.title)) }
                    div.about { (room.about) }
                }
            }
        } }
    }
}

/// The child's name of an accepted notification, by code points as filed. Not while anybody of the case is protected, and not
/// after a loss.
fn named(case: &CaseFile, filing: FilingId, loss: bool) -> Option<&str> {
    let guarded = loss || case.papers.iter().any(|paper| paper.facts.protected);
    let paper = case.papers.iter().find(|paper| paper.id == filing)?;
    let birth = paper.procedure == "shussei_todoke" && paper.state == FilingState::Accepted;
    paper.facts.child.as_deref().filter(|_| birth && !guarded)
}

fn filing_card(guest: &Guest, filing: &FamilyFiling, named: Option<&str>, told: &Told) -> Markup {
    let title = Text {
        ja: filing.title_ja.clone(),
        en: filing.title_en.clone(),
    };
    let tongue = guest.tongue;
    let state = said::state(filing.state);
    let decided = filing.state != FilingState::Arrived;
    html! {
        article class={ "filing " (filing.state.code()) } id={ "filing-" (filing.id) } data-state=(filing.state.code()) {
            h2 { (catalogue(tongue, &title)) }
            p class={ "big-state " (filing.state.code()) } {
                span.mark aria-hidden="true" { (mark(filing.state)) }
                (guest.say(state))
            }
            @if let Some(name) = named {
                p.childs-name { span.hint { (guest.say(&said::CHILDS_NAME)) } strong lang="ja" id="childs-name" { (name) } }
            }
            p { (guest.say(said::next_step(filing.state))) }
            @if filing.state == FilingState::Returned { (what_to_correct(guest, filing)) }
            ol.steps {
                li.done { span.step { (guest.say(&said::ARRIVED)) } span.when { (moment(tongue, filing.arrived_at)) } }
                @if decided {
                    li.done { span.step { (guest.say(state)) } span.when { (moment(tongue, filing.state_at)) } }
                } @else {
                    li.now { span.step { (guest.say(&said::EXAMINING)) } span.when { (guest.say(&said::GOING_ON)) } }
                }
            }
            p.number { (guest.say(&said::NUMBER)) " " (filing.arrival_no) }
            (voice::ask(guest, told, &voice::Step::Filing(filing.id)))
        }
    }
}

fn mark(state: FilingState) -> &'static str {
    match state {
        FilingState::Arrived => "…",
        FilingState::Accepted => "✓",
        FilingState::Returned => "!",
    }
}

fn what_to_correct(guest: &Guest, filing: &FamilyFiling) -> Markup {
    let reason = filing
        .reason
        .as_deref()
        .and_then(ReturnReason::from_code)
        .unwrap_or(ReturnReason::WillContact);
    html! {
        div.correct {
            p { strong { (guest.say(said::returned(reason))) } }
            @if let Some(note) = &filing.note { p.lines lang="ja" { (note) } }
            p { (guest.say(&said::UNSURE)) }
        }
    }
}
