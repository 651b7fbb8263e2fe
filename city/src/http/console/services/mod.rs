//! 予約・記念品・保育: the family's services as officers see them: times and bookings of check-ups, gifts to hand over, applications
//! for nursery places, and everything of one case.
//!
//! Answers for these pages and their forms. Times, bookings and gifts need [`Right::SeeCases`], what a household says of itself
//! [`Right::SeeContent`]; importing, noting who came and handing over [`Right::Propose`]; the file of applications
//! [`Right::Export`]. Shows arrival numbers, not names: a name is behind the filing's own page.

mod gifts;
mod nursery;
mod slots;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use maud::{Markup, html};
use ubugoe_procedures::Lang;
use ubugoe_procedures::checkups::Checkups;
use ubugoe_procedures::vaccination::Schedule;
use ubugoe_protocol::FilingId;

use super::super::guard::Officer;
use super::super::page::{Part, console as frame};
use super::super::{Failure, Shared, t};
use super::{badge, by, look_at};
use crate::casework::roles::Right;
use crate::jst;
use crate::store::FilingRecord;
use crate::store::services::{BookingRow, BookingState, GiftRow, GiftState};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/services", get(slots::list))
        .route("/console/services/slots", post(slots::import))
        .route("/console/services/slots/{id}", get(slots::open))
        .route(
            "/console/services/bookings/{id}/attended",
            post(slots::attended),
        )
        .route("/console/services/gifts", get(gifts::list))
        .route("/console/services/gifts/{id}", post(gifts::hand))
        .route(
            "/console/services/nursery",
            get(nursery::list).post(nursery::export),
        )
        .route("/console/filings/{id}/services", get(case))
}

/// From a filing to the services of its case.
pub(super) fn case_link(lang: Lang, record: &FilingRecord) -> Markup {
    html! { p.links { a href={ "/console/filings/" (record.row.id) "/services" } { (t(lang, "この家族の予約・接種・記念品・保育", "Bookings, doses, gift and nursery of this family")) } } }
}

async fn framed(
    app: &Shared,
    officer: &Officer,
    title: &str,
    body: &Markup,
) -> Result<Markup, Failure> {
    let waiting = badge(app, officer).await?;
    let office = app.office.name.get(officer.lang);
    Ok(frame(officer, office, waiting, Part::Services, title, body))
}

/// The three lists.
fn tabs(officer: &Officer, here: &str) -> Markup {
    let lang = officer.lang;
    let all = [
        ("", t(lang, "健診の予約", "Check-ups"), Right::SeeCases),
        ("/gifts", t(lang, "記念品", "Gifts"), Right::SeeCases),
        (
            "/nursery",
            t(lang, "利用調整の申込み", "Nursery applications"),
            Right::SeeContent,
        ),
    ];
    html! {
        nav.tabs aria-label=(t(lang, "一覧", "Lists")) {
            @for (path, title, right) in all {
                @if officer.may(right) {
                    a href={ "/console/services" (path) } aria-current=[(path == here).then_some("page")] { (title) }
                }
            }
        }
    }
}

/// To the filing, by the number people know it by.
fn filing_link(id: FilingId, words: &str) -> Markup {
    html! { a href={ "/console/filings/" (id) } { (words) } }
}

fn checkup_title(lang: Lang, id: &str) -> String {
    Checkups::builtin()
        .ok()
        .and_then(|all| all.checkup(id))
        .map_or_else(|| id.to_owned(), |one| one.title.get(lang).to_owned())
}

fn booking_words(lang: Lang, state: BookingState) -> &'static str {
    match state {
        BookingState::Held => t(lang, "仮予約", "Held"),
        BookingState::Confirmed => t(lang, "予約済み", "Booked"),
        BookingState::Attended => t(lang, "受診", "Came"),
        BookingState::Cancelled => t(lang, "取消", "Cancelled"),
        BookingState::Lapsed => t(lang, "時間切れ", "Ran out"),
        BookingState::Past => t(lang, "終了（受診の記録なし）", "Past, no word"),
    }
}

fn cover_words(lang: Lang, booking: &BookingRow) -> &'static str {
    if booking.cover == "voucher" {
        t(lang, "受診票", "Voucher")
    } else {
        t(lang, "償還払い", "Refund")
    }
}

fn gift_words(lang: Lang, state: GiftState) -> &'static str {
    match state {
        GiftState::Chosen => t(lang, "お渡し待ち", "To be handed over"),
        GiftState::Declined => t(lang, "辞退", "Declined"),
        GiftState::Handed => t(lang, "お渡し済み", "Handed over"),
        GiftState::Ended => t(lang, "取りやめ", "Ended"),
    }
}

fn way_words(lang: Lang, gift: &GiftRow) -> &'static str {
    match gift.way.as_deref() {
        Some("counter") => t(lang, "窓口", "Counter"),
        Some("visit") => t(lang, "赤ちゃん訪問", "Home visit"),
        _ => "—",
    }
}

/// Everything of one case.
async fn case(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let record = look_at(
        &app,
        &officer,
        (Right::SeeContent, id.as_str()),
        ("services.viewed", "case"),
    )
    .await?;
    let lang = officer.lang;
    let all = app.store.case_services(record.row.id, app.now()).await?;
    let title = t(
        lang,
        "この家族の予約・接種・記念品・保育",
        "Bookings, doses, gift and nursery of this family",
    );
    let vaccine = |id: &str| {
        Schedule::builtin()
            .ok()
            .and_then(|schedule| schedule.vaccine(id))
            .map_or_else(|| id.to_owned(), |one| one.title.get(lang).to_owned())
    };
    let nothing = all.bookings.is_empty()
        && all.doses.is_empty()
        && all.gifts.is_empty()
        && all.applications.is_empty();
    let body = html! {
        p.back { a href={ "/console/filings/" (record.row.id) } { "← " (t(lang, "届出に戻る", "Back to the filing")) } }
        h1 { (title) }
        @if nothing { p.empty { (t(lang, "まだありません。", "Nothing yet.")) } }
        @if !all.bookings.is_empty() { section.card id="bookings" {
            h2 { (t(lang, "健診の予約", "Check-ups")) }
            ul.plain { @for booking in &all.bookings {
                li data-state=(booking.state.code()) { (checkup_title(lang, &booking.checkup)) " " (jst::moment(booking.slot.starts_at, lang)) " "
                    (booking.slot.facility_name) " " strong { (booking_words(lang, booking.state)) } " " (cover_words(lang, booking)) }
            } }
        } }
        @if !all.doses.is_empty() { section.card id="doses" {
            h2 { (t(lang, "接種（家族の申告）", "Doses, told by the family")) }
            ul.plain { @for dose in &all.doses { li { (vaccine(&dose.vaccine)) " " (dose.day) } } }
        } }
        @if !all.gifts.is_empty() { section.card id="gifts" {
            h2 { (t(lang, "記念品", "Gift")) }
            ul.plain { @for gift in &all.gifts {
                li data-state=(gift.state.code()) { (gift.choice.as_deref().unwrap_or("—")) " " (way_words(lang, gift)) " " strong { (gift_words(lang, gift.state)) } }
            } }
        } }
        @for application in &all.applications { (nursery::detail(&app, lang, application)) }
    };
    framed(&app, &officer, title, &body).await
}
