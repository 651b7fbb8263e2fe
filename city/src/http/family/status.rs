//! Where each filing of a case stands, and what else there is behind the link.
//!
//! Answers for the first page after the door. Must not show an address, a date of birth or a value of a filing.

use axum::extract::State;
use maud::{Markup, html};
use ubugoe_procedures::{Lang, Profile};

use super::super::page::{code, say};
use super::super::{Failure, Shared, t};
use super::{Guest, Room, Said, line, note, services, sheet};
use crate::casework::{FilingState, ReturnReason};
use crate::jst;
use crate::store::FamilyFiling;

const TITLE: Said = Said {
    ja: "手続きの状況",
    easy: "てつづきは いま",
    en: "Where your filings stand",
    zh: "手续进度",
    pt: "Andamento dos procedimentos",
    vi: "Tình trạng thủ tục",
    tl: "Kalagayan ng mga aplikasyon",
    ne: "प्रक्रियाको स्थिति",
};

/// The page.
pub(super) async fn status(State(app): State<Shared>, guest: Guest) -> Result<Markup, Failure> {
    let page = page(&app, &guest, None).await?;
    note(&app, &guest, "family.viewed", "line").await?;
    Ok(page)
}

/// What else there is, each part with its own page. One line per part.
async fn rooms(app: &Shared, guest: &Guest) -> Result<Vec<Room>, Failure> {
    let mut rooms = Vec::new();
    rooms.extend(services::rooms(app, guest).await?);
    Ok(rooms)
}

/// The page as it is now, with what was wrong with an account.
pub(super) async fn page(
    app: &Shared,
    guest: &Guest,
    complaint: Option<line::Complaint>,
) -> Result<Markup, Failure> {
    let lang = guest.tongue.lang();
    let filings = app.store.family(guest.hash).await?;
    let line = line::part(app, guest, complaint).await?;
    let rooms = rooms(app, guest).await?;
    let profile = app.catalogue.profile(&app.office.municipality);
    let body = html! {
        main.family id="main" {
            h1 { (guest.say(&TITLE)) }
            @for filing in &filings { (filing_card(lang, filing)) }
            @if !rooms.is_empty() { (room_list(guest, &rooms)) }
            (line)
            (contact(lang, app, profile))
            p { a id="leaflet" href={ (guest.home()) "/leaflet.pdf?lang=" (code(lang)) } { (t(lang, "印刷用の紙（PDF）", "Leaflet to print (PDF)")) } }
            p.hint { (t(lang,
                "このページに氏名や住所は表示されません。リンクを知っている人は、だれでも状況を見られます。",
                "This page shows no names or addresses. Anyone who has the link can see these states.")) }
        }
    };
    Ok(sheet(app, guest, &TITLE, &body))
}

fn room_list(guest: &Guest, rooms: &[Room]) -> Markup {
    html! {
        nav.rooms aria-label=(guest.say(&TITLE)) { ul {
            @for room in rooms {
                li data-room=(room.path) {
                    a href={ (guest.home()) "/" (room.path) } { (guest.say(room.title)) }
                    div.about { (room.about) }
                }
            }
        } }
    }
}

fn filing_card(lang: Lang, filing: &FamilyFiling) -> Markup {
    let title = match lang {
        Lang::Ja => &filing.title_ja,
        Lang::En => &filing.title_en,
    };
    let decided = filing.state != FilingState::Arrived;
    html! {
        article class={ "filing " (filing.state.code()) } data-state=(filing.state.code()) {
            h2 { (title) }
            p class={ "big-state " (filing.state.code()) } {
                span.mark aria-hidden="true" { (mark(filing.state)) }
                (say(lang, filing.state.family()))
            }
            p { (say(lang, filing.state.next_step())) }
            @if filing.state == FilingState::Returned { (what_to_correct(lang, filing)) }
            ol.steps {
                li.done { span.step { (t(lang, "到達（市役所に届きました）", "Arrived at city hall")) } span.when { (jst::moment(filing.arrived_at, lang)) } }
                @if decided {
                    li.done { span.step { (say(lang, filing.state.family())) } span.when { (jst::moment(filing.state_at, lang)) } }
                } @else {
                    li.now { span.step { (t(lang, "審査", "Examination")) } span.when { (t(lang, "進行中", "going on")) } }
                }
            }
            p.number { (t(lang, "到達番号", "Arrival no.")) " " (filing.arrival_no) }
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

fn what_to_correct(lang: Lang, filing: &FamilyFiling) -> Markup {
    let reason = filing
        .reason
        .as_deref()
        .and_then(ReturnReason::from_code)
        .unwrap_or(ReturnReason::WillContact);
    html! {
        div.correct {
            p { strong { (say(lang, reason.family())) } }
            @if let Some(note) = &filing.note { p.lines lang="ja" { (note) } }
            p { (t(lang, "直し方が分からないときは、下の窓口へお電話ください。", "If you are unsure what to do, call the office below.")) }
        }
    }
}

fn contact(lang: Lang, app: &Shared, profile: Option<&Profile>) -> Markup {
    let phone = app
        .office
        .phone
        .as_deref()
        .or_else(|| profile.map(|profile| profile.counter.tel.as_str()));
    html! {
        section.contact {
            h2 { (t(lang, "お問い合わせ", "Contact")) }
            p { (app.office.name.get(lang)) }
            @if let Some(phone) = phone { p { a.phone href={ "tel:" (phone) } { (phone) } } }
            @if let Some(profile) = profile { p.hint { (profile.counter.hours.get(lang)) } }
        }
    }
}
