//! The family's status page, opened by the link on the receipt.
//!
//! Answers for showing where each filing of one case stands, phone first. Must not show a name, an address, a date of
//! birth or any value of a filing: whoever holds the link learns only states. An unknown link gets the same calm page as
//! a mistyped one, after the same work.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use ubugoe_procedures::{Lang, Profile};

use super::guard::token_hash;
use super::page::{bare_header_for_family, document, language_choice, say};
use super::{Failure, Shared, family_line, t};
use crate::casework::{FilingState, ReturnReason};
use crate::jst;
use crate::store::FamilyFiling;

/// The page.
pub(super) async fn status(
    State(app): State<Shared>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let lang = language_choice(request.uri()).unwrap_or(Lang::Ja);
    // the store looks up the hash, so how long it takes says nothing about how much of a guess was right
    let filings = app.store.family(token_hash(&token)).await?;
    let here = request.uri().path().to_owned();
    if filings.is_empty() {
        return Ok((StatusCode::NOT_FOUND, unknown(lang, &here)).into_response());
    }
    let line = family_line::part(&app, lang, &token, None).await?;
    Ok(page(&app, lang, &here, &filings, &line).into_response())
}

pub(super) fn unknown(lang: Lang, here: &str) -> Markup {
    let title = t(lang, "ページが見つかりません", "Page not found");
    let body = html! {
        main.family id="main" {
            h1 { (title) }
            p { (t(lang,
                "リンクが途中で切れていないか、お手元の控えのQRコードをもう一度お確かめください。",
                "Please check that the link is complete, or scan the QR code on your receipt again.")) }
        }
    };
    document(lang, title, &bare_header_for_family(lang, here, ""), &body)
}

pub(super) fn page(
    app: &Shared,
    lang: Lang,
    here: &str,
    filings: &[FamilyFiling],
    line: &Markup,
) -> Markup {
    let title = t(lang, "手続きの状況", "Where your filings stand");
    let profile = app.catalogue.profile(&app.office.municipality);
    let body = html! {
        main.family id="main" {
            h1 { (title) }
            @for filing in filings { (filing_card(lang, filing)) }
            (line)
            (contact(lang, app, profile))
            p { a id="leaflet" href={ (here) "/leaflet.pdf?lang=" (super::page::code(lang)) } { (t(lang, "印刷用の紙（PDF）", "Leaflet to print (PDF)")) } }
            p.hint { (t(lang,
                "このページに氏名や住所は表示されません。リンクを知っている人は、だれでも状況を見られます。",
                "This page shows no names or addresses. Anyone who has the link can see these states.")) }
        }
    };
    document(
        lang,
        title,
        &bare_header_for_family(lang, here, app.office.name.get(lang)),
        &body,
    )
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
