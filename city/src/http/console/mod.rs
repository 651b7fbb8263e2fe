//! The officers' desk: queues, search, one filing with everything an officer needs to decide, duplicates side by side.
//!
//! Answers for its addresses and for what several of its pages share. No page edits a filing, and nothing personal stands
//! in an address.

mod aside;
mod case;
mod certificate;
mod compare;
mod family;
mod fields;
mod files;
pub(super) mod preview;
mod queue;
mod search;
mod services;
pub(super) mod work;

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::{get, post};
use jiff::civil::Date;
use maud::{Markup, html};
use ubugoe_procedures::{Lang, ParsedRow};
use ubugoe_protocol::FilingId;

use super::guard::Officer;
use super::page::{Part, console as frame, say};
use super::{Failure, Shared, decide, t};
use crate::casework::audit::AuditEntry;
use crate::casework::roles::Right;
use crate::casework::{self, FilingState, ReasonCode};
use crate::jst;
use crate::store::desk::reason_word;
use crate::store::nonstop::By;
use crate::store::{AttachmentState, Facts, FilingRecord, FilingRow};

pub(super) use aside::checks;
pub(super) use case::second_officer;
pub(super) use fields::{remaining, ticks_of};

/// The desk's addresses.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/filings", get(queue::list))
        .route("/console/search", get(search::ask).post(search::find))
        .route("/console/filings/{id}", get(case::open))
        .route("/console/filings/{id}/reveal", post(case::reveal))
        .route("/console/filings/{id}/take", post(work::take))
        .route("/console/filings/{id}/put-back", post(work::put_back))
        .route("/console/filings/{id}/checks", post(work::tick))
        .route(
            "/console/filings/{id}/compare/{other}",
            get(compare::open).post(compare::reveal),
        )
        .route(
            "/console/filings/{id}/accept",
            get(decide::ask_accept).post(decide::accept),
        )
        .route("/console/filings/{id}/send-back", post(decide::send_back))
        .route(
            "/console/filings/{id}/return",
            get(decide::ask_return).post(decide::give_back),
        )
        .route("/console/filings/{id}/family", get(family::open))
        .route("/console/filings/{id}/family/close", post(family::close))
        .route("/console/filings/{id}/family/renew", post(family::renew))
        .route("/console/voices", get(family::voices))
        .route("/console/filings/{id}/filing.json", get(files::canonical))
        .route("/console/filings/{id}/signature.p7s", get(files::signature))
        .route("/console/filings/{id}/receipt.cose", get(files::receipt))
        .route(
            "/console/filings/{id}/attachments/{number}",
            get(files::attachment),
        )
        .merge(services::routes())
}

/// A page of the desk in the console's frame.
pub(super) async fn framed(
    app: &Shared,
    officer: &Officer,
    title: &str,
    body: &Markup,
) -> Result<Markup, Failure> {
    let waiting = badge(app, officer).await?;
    Ok(within(app, officer, waiting, title, body))
}

/// The same where the number on every page (see [`badge`]) was asked for beside the rest.
pub(super) fn within(
    app: &Shared,
    officer: &Officer,
    waiting: u64,
    title: &str,
    body: &Markup,
) -> Markup {
    let office = app.office.name.get(officer.lang);
    frame(officer, office, waiting, Part::Filings, title, body)
}

/// Who acts, and when, as the store notes it.
pub(in crate::http) fn by(app: &Shared, officer: &Officer) -> By {
    By {
        actor: officer.account.id.clone(),
        at: app.now(),
    }
}

/// The one number on every page, for those who see it.
pub(super) async fn badge(app: &Shared, officer: &Officer) -> Result<u64, Failure> {
    if officer.may(Right::SeeQuarantine) {
        Ok(app.store.badge().await?)
    } else {
        Ok(0)
    }
}

/// The last day whose filings are urgent today, as the store compares it.
pub(super) fn urgent_day(app: &Shared) -> String {
    let days = i64::from(app.casework.urgent_days);
    jst::date(app.now() + days * 86_400).map_or_else(String::new, |day| day.to_string())
}

/// Whether this filing needs two officers.
pub(super) fn needs_two(app: &Shared, record: &FilingRecord) -> bool {
    app.casework.two_officers.contains(&record.row.procedure)
}

/// Names of whoever came through an identity provider, by their ids.
pub(super) type Names = BTreeMap<String, String>;

/// How an account is called; the id where the account is gone.
pub(super) fn staff_name<'a>(app: &'a Shared, names: &'a Names, id: &'a str) -> &'a str {
    let local = app.staff.iter().find(|account| account.id == id);
    let local = local.map(|account| account.name.as_str());
    local
        .or_else(|| names.get(id).map(String::as_str))
        .unwrap_or(id)
}

/// What stands where a value is masked.
pub(super) fn hidden_words(lang: Lang) -> &'static str {
    t(lang, "●●●（非表示）", "●●● (hidden)")
}

/// Writes a line of the audit chain; nothing is shown if it cannot be written.
pub(super) async fn note(
    app: &Shared,
    officer: &Officer,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), Failure> {
    let entry = AuditEntry {
        at: app.now(),
        actor: officer.account.id.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
    };
    Ok(app.store.audit(entry).await?)
}

/// A filing for somebody who may look at it, with its line in the audit chain: nobody looks without one.
pub(super) async fn look_at(
    app: &Shared,
    officer: &Officer,
    (right, id): (Right, &str),
    (action, detail): (&str, &str),
) -> Result<FilingRecord, Failure> {
    officer.must(right)?;
    let record = find(app, id).await?;
    note(app, officer, action, &record.row.id.to_string(), detail).await?;
    Ok(record)
}

pub(super) fn title(lang: Lang, facts: &Facts) -> &str {
    match lang {
        Lang::Ja => &facts.title_ja,
        Lang::En => &facts.title_en,
    }
}

/// The due day with the days left; by words as well as by colour.
pub(super) fn due(lang: Lang, row: &FilingRow, today: Option<Date>, urgent: u16) -> Markup {
    let Some(day) = row
        .due
        .as_deref()
        .and_then(|text| text.parse::<Date>().ok())
    else {
        return html! { span.hint { (t(lang, "定めなし", "none")) } };
    };
    let left = today
        .and_then(|today| day.since(today).ok())
        .map(|span| span.get_days());
    let open = row.state == FilingState::Arrived;
    html! {
        span.day { (jst::short_day(day, lang)) }
        @if open { @if let Some(left) = left {
            @match left {
                ..0 => span.left.over { (t(lang, "期限を過ぎています", "overdue")) },
                0 => span.left.soon { (t(lang, "今日まで", "today")) },
                days if days <= i32::from(urgent) => span.left.soon { @match lang { Lang::Ja => { "あと" (left) "日" }, Lang::En => { (left) " days left" } } },
                _ => span.left { @match lang { Lang::Ja => { "あと" (left) "日" }, Lang::En => { (left) " days left" } } },
            }
        } }
    }
}

/// Every reason code of a filing, those of the moment included, each once.
pub(super) fn codes(row: &FilingRow) -> Vec<ReasonCode> {
    let mut codes: Vec<ReasonCode> = Vec::new();
    let now = [
        (row.duplicate, ReasonCode::DuplicateChild),
        (row.sequence_taken, ReasonCode::SequenceTaken),
        (row.counter_reused, ReasonCode::DeviceCopied),
        (
            row.attachments == Some(AttachmentState::Damaged),
            ReasonCode::AttachmentDamaged,
        ),
        (
            row.attachments == Some(AttachmentState::Waiting),
            ReasonCode::AttachmentWaiting,
        ),
    ];
    let found = row.facts.reasons.iter().map(|reason| reason.code);
    for code in found.chain(now.into_iter().filter_map(|(is, code)| is.then_some(code))) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

pub(super) fn flags(lang: Lang, row: &FilingRow) -> Markup {
    html! {
        @for code in codes(row) {
            span class={ "flag " (severity(code)) } data-reason=(reason_word(code)) { (say(lang, code.flag())) }
        }
        @if row.facts.protected { span.flag.guarded { (t(lang, "支援措置", "Protected")) } }
    }
}

pub(super) fn severity(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::SignatureInvalid
        | ReasonCode::SignatureUntrusted
        | ReasonCode::SignatureExpired
        | ReasonCode::DeviceCopied
        | ReasonCode::AttachmentDamaged => "grave",
        ReasonCode::DuplicateChild
        | ReasonCode::SequenceTaken
        | ReasonCode::OtherMunicipality
        | ReasonCode::UnknownForm
        | ReasonCode::TimeContradiction => "look",
        ReasonCode::Late
        | ReasonCode::DeviceClockAhead
        | ReasonCode::ReviewValue
        | ReasonCode::AttachmentWaiting => "mild",
    }
}

pub(super) fn state_mark(lang: Lang, state: FilingState) -> Markup {
    html! { span class={ "state " (state.code()) } data-state=(state.code()) { (say(lang, state.staff())) } }
}

/// A filing by the id in the address; anything unreadable is simply not there.
pub(super) async fn find(app: &Shared, id: &str) -> Result<FilingRecord, Failure> {
    let id: FilingId = id.parse().map_err(|_| Failure::NotFound)?;
    let found = app.store.filing(id).await?;
    // another office's filing in the same database is not there either
    found
        .filter(|record| record.recipient == app.office.recipient)
        .ok_or(Failure::NotFound)
}

pub(super) fn summary(lang: Lang, app: &Shared, record: &FilingRecord) -> Markup {
    let today = jst::date(app.now());
    let facts = &record.row.facts;
    html! {
        dl.summary {
            div { dt { (t(lang, "子", "Child")) } dd lang="ja" { (facts.child.as_deref().unwrap_or(t(lang, "（名未定）", "(name undecided)"))) } }
            div { dt { (t(lang, "届出人・請求者", "Filed by")) } dd lang="ja" { (facts.claimant.as_deref().unwrap_or("—")) } }
            div { dt { (t(lang, "到達", "Arrived")) } dd { (jst::moment(record.row.arrived_at, lang)) } }
            div { dt { (t(lang, "期限", "Due")) } dd { (due(lang, &record.row, today, app.casework.urgent_days)) } }
            div { dt { (t(lang, "到達番号", "Arrival no.")) } dd id="arrival-no" { (record.row.arrival_no) } }
        }
    }
}

/// Whether a value could lead somebody to a protected person.
pub(super) fn tells_where(row: &ParsedRow) -> bool {
    casework::tells_where(row.path.as_str(), row.private)
}
