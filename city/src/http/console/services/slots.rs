//! Times for check-ups: what there is, who has them, importing more.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use ubugoe_procedures::Lang;

use super::super::super::guard::{Officer, Posted};
use super::super::super::page::csrf;
use super::super::super::{Failure, Shared, t};
use super::super::note;
use super::{booking_words, by, checkup_title, cover_words, filing_link, framed, tabs};
use crate::casework::roles::Right;
use crate::jst;
use crate::services::slots::{COLUMNS, read};
use crate::store::services::{Acted, BookingRow, BookingState, Imported, SlotRefusal, SlotSeen};

/// How far the list looks back, and ahead.
const BACK: i64 = 86_400;
const AHEAD: i64 = 120 * 86_400;

/// What came of an import.
enum Came {
    Nothing,
    Done(Imported),
    Wrong(Vec<String>),
}

pub(super) async fn list(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    note(&app, &officer, "services.viewed", "-", "slots").await?;
    page(&app, &officer, &Came::Nothing).await
}

async fn page(app: &Shared, officer: &Officer, came: &Came) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let now = app.now();
    let slots = app
        .store
        .slots(None, (now - BACK, now + AHEAD), now)
        .await?;
    let title = t(lang, "健診の予約", "Check-ups");
    let body = html! {
        h1 { (title) }
        (tabs(officer, ""))
        (outcome(lang, came))
        @if slots.is_empty() { p.empty { (t(lang, "予約できる時間はまだありません。", "There are no times yet.")) } }
        @else { (table(lang, &slots)) }
        @if officer.may(Right::Propose) { (form(officer)) }
    };
    framed(app, officer, title, &body).await
}

fn outcome(lang: Lang, came: &Came) -> Markup {
    html! {
        @match came {
            Came::Nothing => {}
            Came::Wrong(problems) => div.alert role="alert" id="wrong" {
                p { (t(lang, "取り込めませんでした。何も変わっていません。", "Nothing was imported.")) }
                ul.plain { @for problem in problems { li { (problem) } } }
            },
            Came::Done(done) if done.refused.is_empty() => div.notice-bar role="status" id="imported" {
                p { (t(lang, "取り込みました。", "Imported.")) " " (t(lang, "新しい", "new")) " " (done.new) " / " (t(lang, "変更", "changed")) " " (done.changed)
                    " / " (t(lang, "同じ", "same")) " " (done.same) }
            },
            Came::Done(done) => div.alert role="alert" id="refused" {
                p { (t(lang, "予約が入っている時間があるため、取り込みませんでした。何も変わっていません。", "Families have booked some of these, so nothing was imported.")) }
                ul.plain { @for (id, why) in &done.refused {
                    li { (id) ": " (match why {
                        SlotRefusal::Booked => t(lang, "日時・場所・健診は変えられません。", "its time, place and check-up cannot change."),
                        SlotRefusal::Taken => t(lang, "予約の数より少なくできません。", "it cannot be smaller than what is taken."),
                    }) }
                } }
            },
        }
    }
}

fn table(lang: Lang, slots: &[SlotSeen]) -> Markup {
    html! {
        div.scroll { table.list id="slots" {
            thead { tr {
                th scope="col" { (t(lang, "日時", "When")) }
                th scope="col" { (t(lang, "健診", "Check-up")) }
                th scope="col" { (t(lang, "場所", "Where")) }
                th scope="col" { (t(lang, "予約 / 定員", "Taken / places")) }
                th scope="col" { "slot_id" }
            } }
            tbody { @for seen in slots {
                tr data-slot=(seen.slot.id) {
                    td.when { a.open href={ "/console/services/slots/" (hex::encode(&seen.slot.id)) } { (jst::moment(seen.slot.starts_at, lang)) } }
                    td { (checkup_title(lang, &seen.slot.checkup)) }
                    td lang="ja" { (seen.slot.facility_name) }
                    td { (seen.taken) " / " (seen.slot.capacity) }
                    td.code { (seen.slot.id) }
                }
            } }
        } }
    }
}

fn form(officer: &Officer) -> Markup {
    let lang = officer.lang;
    html! {
        section.card {
            h2 { (t(lang, "時間を取り込む（CSV）", "Import times (CSV)")) }
            form.decision method="post" action="/console/services/slots" {
                (csrf(officer))
                label for="csv" { (t(lang, "1行目に列名、2行目から1行に1つの時間", "Columns first, then one time a line")) }
                p.hint.code id="columns" { (COLUMNS.join(",")) }
                textarea id="csv" name="csv" rows="8" required aria-describedby="columns" spellcheck="false" {}
                p.hint { (t(lang, "同じ slot_id は上書きします。予約の入った時間の日時は変えられません。大きなファイルは ubugoe-city import-slots で取り込みます。",
                    "A slot_id that is there is replaced; a time that is booked cannot move. Large files: ubugoe-city import-slots.")) }
                div.buttons { button.primary type="submit" { (t(lang, "取り込む", "Import")) } }
            }
        }
    }
}

pub(super) async fn import(State(app): State<Shared>, posted: Posted) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Propose)?;
    let text = fields.get("csv").unwrap_or_default();
    let came = match read(text.as_bytes()) {
        Ok(slots) => Came::Done(app.store.import_slots(slots, by(&app, &officer)).await?),
        Err(problems) => Came::Wrong(problems.iter().map(ToString::to_string).collect()),
    };
    let status = match &came {
        Came::Nothing => StatusCode::OK,
        Came::Done(done) if done.refused.is_empty() => StatusCode::OK,
        Came::Done(_) => StatusCode::CONFLICT,
        Came::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((status, page(&app, &officer, &came).await?).into_response())
}

/// One time and who has it.
pub(super) async fn open(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let lang = officer.lang;
    let id = hex::decode(&id)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(Failure::NotFound)?;
    let (seen, bookings) = app
        .store
        .slot(id, app.now())
        .await?
        .ok_or(Failure::NotFound)?;
    note(&app, &officer, "services.viewed", "-", "slot").await?;
    let title = t(lang, "健診の時間", "A time for check-ups");
    let body = html! {
        p.back { a href="/console/services" { "← " (t(lang, "一覧に戻る", "Back to the list")) } }
        h1 { (title) }
        dl.summary {
            div { dt { (t(lang, "日時", "When")) } dd { (jst::moment(seen.slot.starts_at, lang)) } }
            div { dt { (t(lang, "健診", "Check-up")) } dd { (checkup_title(lang, &seen.slot.checkup)) } }
            div { dt { (t(lang, "場所", "Where")) } dd lang="ja" { (seen.slot.facility_name) "　" (seen.slot.address) } }
            div { dt { (t(lang, "予約 / 定員", "Taken / places")) } dd { (seen.taken) " / " (seen.slot.capacity) } }
        }
        @if bookings.is_empty() { p.empty { (t(lang, "予約はありません。", "No bookings.")) } }
        @for booking in &bookings { (card(&officer, booking)) }
    };
    framed(&app, &officer, title, &body).await
}

fn card(officer: &Officer, booking: &BookingRow) -> Markup {
    let lang = officer.lang;
    html! {
        section.card data-booking=(booking.id) data-state=(booking.state.code()) {
            p { strong { (booking_words(lang, booking.state)) } " " (cover_words(lang, booking)) " "
                (filing_link(booking.filing, t(lang, "出生届を開く", "Open the birth notification"))) }
            @if booking.state == BookingState::Confirmed && officer.may(Right::Propose) {
                form method="post" action={ "/console/services/bookings/" (booking.id) "/attended" } {
                    (csrf(officer))
                    button.secondary type="submit" { (t(lang, "受診した", "They came")) }
                }
            }
        }
    }
}

pub(super) async fn attended(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let officer = posted.officer;
    officer.must(Right::Propose)?;
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    match app.store.attended(id, by(&app, &officer)).await? {
        Acted::Done | Acted::Already => Ok(Redirect::to("/console/services").into_response()),
        _ => Err(Failure::NotFound),
    }
}
