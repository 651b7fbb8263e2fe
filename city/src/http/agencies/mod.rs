//! What goes to and comes from agencies: how far each question is, and the tasks among them.
//!
//! Officers see all of it; a clerk of an agency sees what concerns that agency and nothing else. Codes and numbers only: what
//! a question says about a family stays in the database.

mod certificates;
mod consents;
mod ward;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::routing::{get, post};
use maud::{Markup, html};
use ubugoe_exchange::MessageId;
use ubugoe_procedures::Lang;

use super::console::{badge, note};
use super::guard::{Officer, Posted};
use super::page::{Part, console as frame, csrf};
use super::{Failure, Shared, t};
use crate::agencies::hops::{HopState, Reason};
use crate::agencies::meaning;
use crate::agencies::send::{Sender, Word};
use crate::casework::roles::Right;
use crate::config::AgencyConfig;
use crate::jst;
use crate::store::agencies::Hop;

pub(super) use consents::record_consent;

const LIST: u32 = 200;

/// The addresses of this part.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/agencies", get(list))
        .route("/console/agencies/requests/{id}/again", post(again))
        .route("/console/agencies/requests/{id}/settled", post(settled))
        .route("/console/agencies/requests/{id}/left", post(left))
        .route("/console/agencies/certificates", get(certificates::list))
        .route(
            "/console/agencies/certificates/{id}/link",
            post(certificates::link),
        )
        .route(
            "/console/agencies/consents/{filing}",
            get(consents::list).post(consents::give),
        )
        .route(
            "/console/agencies/consents/{filing}/withdraw",
            post(consents::withdraw),
        )
        .route(
            "/console/agencies/ward/{kind}",
            get(ward::form).post(ward::enter),
        )
}

/// Whoever asks agencies; no page where the city is linked to nobody.
fn sender(app: &Shared) -> Result<&Sender, Failure> {
    app.agencies.as_deref().ok_or(Failure::NotFound)
}

/// The agency of a clerk.
fn own<'a>(app: &'a Shared, officer: &Officer) -> Result<&'a AgencyConfig, Failure> {
    officer.must(Right::SeeOwnPart)?;
    sender(app)?
        .book
        .of_clerk(&officer.account.id)
        .ok_or(Failure::NotYours)
}

/// All agencies for an officer, one for its clerk.
fn scope<'a>(app: &'a Shared, officer: &Officer) -> Result<Option<&'a AgencyConfig>, Failure> {
    if officer.may(Right::SeeCases) {
        sender(app)?;
        return Ok(None);
    }
    own(app, officer).map(Some)
}

/// A page of this part.
async fn page(
    app: &Shared,
    officer: &Officer,
    title: &str,
    body: &Markup,
) -> Result<Markup, Failure> {
    let waiting = badge(app, officer).await?;
    let office = app.office.name.get(officer.lang);
    Ok(frame(officer, office, waiting, Part::Agencies, title, body))
}

async fn list(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    let scope = scope(&app, &officer)?;
    let lang = officer.lang;
    let id = scope.map(|agency| agency.id.as_str());
    let hops = app.store.requests(id, LIST).await?;
    note(&app, &officer, "requests.viewed", "-", id.unwrap_or("all")).await?;
    let book = &sender(&app)?.book;
    let title = t(lang, "関係機関への照会", "Questions to agencies");
    let body = html! {
        h1 { (title) }
        @if let Some(agency) = scope { p.lead { (agency.name.get(lang)) } }
        (links(&officer))
        @if hops.is_empty() {
            p.empty { (t(lang, "照会はありません。", "There are none.")) }
        } @else {
            div.scroll { table.list id="requests" {
                thead { tr {
                    th scope="col" { (t(lang, "状態", "State")) }
                    th scope="col" { (t(lang, "機関", "Agency")) }
                    th scope="col" { (t(lang, "内容", "Question")) }
                    th scope="col" { (t(lang, "受付番号", "Application")) }
                    th scope="col" { (t(lang, "根拠", "Basis")) }
                    th scope="col" { (t(lang, "日時", "Times")) }
                    th scope="col" { (t(lang, "送信", "Sent")) }
                } }
                tbody { @for hop in &hops {
                    (line(&officer, hop, book.by_id(&hop.request.agency)))
                } }
            } }
            p.hint { (t(lang, "職員の対応が必要なものが先頭です。", "What needs an officer comes first.")) }
        }
    };
    page(&app, &officer, title, &body).await
}

/// Ways to the other pages of this part.
fn links(officer: &Officer) -> Markup {
    let lang = officer.lang;
    html! {
        nav.tabs aria-label=(t(lang, "関係機関", "Agencies")) {
            a href="/console/agencies" { (t(lang, "照会", "Questions")) }
            @if officer.may(Right::SeeContent) {
                a href="/console/agencies/certificates" { (t(lang, "届いた証明書", "Certificates received")) }
            }
            @if officer.may(Right::SeeOwnPart) {
                a href="/console/agencies/ward/birth" { (t(lang, "出生証明書の入力", "Enter a birth certificate")) }
                a href="/console/agencies/ward/stillbirth" { (t(lang, "死産証書の入力", "Enter a certificate of stillbirth")) }
            }
        }
    }
}

fn line(officer: &Officer, hop: &Hop, agency: Option<&AgencyConfig>) -> Markup {
    let lang = officer.lang;
    let request = &hop.request;
    let name = agency.map_or(request.agency.as_str(), |agency| agency.name.get(lang));
    html! {
        tr data-state=(hop.state.code()) data-reason=[hop.reason.map(Reason::code)] {
            td {
                strong { (state_words(lang, hop.state)) }
                @if let Some(reason) = hop.reason { br; (reason_words(lang, reason)) }
                @if let Some(words) = said(hop) { br; span.hint lang="ja" { "「" (words) "」" } }
                @if hop.state == HopState::GivenUp && officer.may(Right::Propose) { (task(officer, hop)) }
            }
            td { (name) }
            td { (request.service) br; span.hint { (request.purpose) } }
            td { (request.issue) }
            td { @match &request.law {
                Some(law) => (law),
                None => (t(lang, "ご家族の同意", "The family's consent")),
            } }
            td.when {
                (jst::short(request.at)) " – " (jst::short(hop.state_at))
                @if let Some(next) = hop.next_at { br; (t(lang, "次回 ", "next ")) (jst::short(next)) }
            }
            td { (hop.attempts) (t(lang, "回", " times")) }
        }
    }
}

/// The agency's own words with an answer that is no yes.
fn said(hop: &Hop) -> Option<String> {
    let answered = hop.reason.is_some_and(Reason::is_answer);
    hop.answer
        .as_deref()
        .filter(|_| answered)
        .and_then(meaning::said)
}

fn task(officer: &Officer, hop: &Hop) -> Markup {
    let lang = officer.lang;
    let id = hop.request.id;
    let answered = hop.reason.is_some_and(Reason::is_answer);
    html! {
        form method="post" action={ "/console/agencies/requests/" (id) "/again" } {
            (csrf(officer))
            button.quiet type="submit" { @if answered { (t(lang, "改めて照会する", "Ask anew")) } @else { (t(lang, "もう一度送る", "Send again")) } }
        }
        form method="post" action={ "/console/agencies/requests/" (id) "/settled" } {
            (csrf(officer))
            button.quiet type="submit" { (t(lang, "別の方法で対応済み", "Settled otherwise")) }
        }
        form method="post" action={ "/console/agencies/requests/" (id) "/left" } {
            (csrf(officer))
            button.quiet type="submit" { (t(lang, "この結果で終える", "Leave it at that")) }
        }
    }
}

async fn again(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    word(&app, &id, &posted, Word::Again).await
}

async fn settled(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    word(&app, &id, &posted, Word::Settled).await
}

async fn left(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    word(&app, &id, &posted, Word::Left).await
}

async fn word(app: &Shared, id: &str, posted: &Posted, said: Word) -> Result<Redirect, Failure> {
    let officer = &posted.officer;
    officer.must(Right::Propose)?;
    let id: MessageId = id.parse().map_err(|_| Failure::NotFound)?;
    // the step and its line in the audit chain are one transaction; a task that is gone by now is shown as it is
    sender(app)?.officer(id, said, &officer.account.id).await?;
    Ok(Redirect::to("/console/agencies"))
}

fn state_words(lang: Lang, state: HopState) -> &'static str {
    match state {
        HopState::Queued => t(lang, "送信待ち", "Queued"),
        HopState::Sent => t(lang, "送信中", "Sent"),
        HopState::Answered => t(lang, "認める回答あり", "Granted"),
        HopState::Failed => t(lang, "再送待ち", "Failed, is sent again"),
        HopState::GivenUp => t(lang, "要対応", "Needs an officer"),
        HopState::ByHand => t(lang, "別途対応済み", "Settled otherwise"),
        HopState::Stopped => t(lang, "中止", "Stopped"),
    }
}

fn reason_words(lang: Lang, reason: Reason) -> &'static str {
    match reason {
        Reason::Down => t(lang, "接続できない", "Cannot be reached"),
        Reason::Untrusted => t(lang, "証明書が信頼できない", "Certificate not trusted"),
        Reason::BrokenOff => t(lang, "通信が途切れた", "Connection broke off"),
        Reason::TimedOut => t(lang, "時間内に回答がない", "No answer in time"),
        Reason::TooLarge => t(lang, "回答が大きすぎる", "Answer too large"),
        Reason::Garbled => t(lang, "回答を読み取れない", "Answer unreadable"),
        Reason::Stranger => t(lang, "別の照会への回答", "Answer to another question"),
        Reason::BadSignature => t(lang, "回答の署名が不正", "Answer wrongly signed"),
        Reason::Unsendable => t(lang, "送信できない内容", "Cannot be sent as it is"),
        Reason::NotNow => t(lang, "先方が処理できない", "The agency cannot do it now"),
        Reason::Refused => t(lang, "先方が拒否", "The agency refuses"),
        Reason::NoRight => t(lang, "照会の権限がない", "The city may not ask this"),
        Reason::NoConsent => t(lang, "同意がない", "No consent"),
        Reason::Silenced => t(lang, "送らないことになった", "Not to be sent any more"),
        Reason::Declined => t(lang, "回答：認められない", "Answer: not granted"),
        Reason::NeedsMore => t(
            lang,
            "回答：追加の確認が必要",
            "Answer: something more is needed",
        ),
        Reason::NotKnown => t(lang, "回答：記録がない", "Answer: nothing known"),
        Reason::Meaningless => t(
            lang,
            "取り決めにない回答",
            "Answer in words not agreed upon",
        ),
        Reason::LeftAtThat => t(lang, "職員がこの結果で終了", "Left at that by an officer"),
        Reason::AskedAnew => t(lang, "改めて照会", "Asked anew"),
    }
}

/// What an action of the audit log means, as far as it belongs to this part.
pub(super) fn action_words(lang: Lang, action: &str) -> &'static str {
    match action {
        "agency.told" => t(lang, "関係機関への回答", "Answered an agency"),
        "request.queued" => t(lang, "照会の登録", "Question queued"),
        "request.sent" => t(lang, "照会の送信", "Question sent"),
        "request.answered" => t(lang, "照会への回答", "Question answered"),
        "request.failed" => t(lang, "照会の失敗", "Question failed"),
        "request.given-up" => t(lang, "照会が要対応に", "Question needs an officer"),
        "request.by-hand" => t(lang, "照会を別途対応", "Question settled otherwise"),
        "request.stopped" => t(lang, "照会の中止", "Question stopped"),
        "requests.viewed" => t(lang, "照会一覧の閲覧", "Questions viewed"),
        "certificate.came" | "certificate.came-of-loss" => {
            t(lang, "証明書の到着", "Certificate received")
        }
        "certificate.entered" | "certificate.entered-again" => {
            t(lang, "証明書の入力", "Certificate entered")
        }
        "certificate.withdrawn" => t(lang, "証明書の取り消し", "Certificate withdrawn"),
        "certificate.linked" => t(lang, "証明書と届出の対応付け", "Certificate linked"),
        "certificates.viewed" => t(lang, "証明書一覧の閲覧", "Certificates viewed"),
        "consent.given" => t(lang, "同意の記録", "Consent recorded"),
        "consent.withdrawn" => t(lang, "同意の撤回", "Consent withdrawn"),
        "consents.viewed" => t(lang, "同意の閲覧", "Consents viewed"),
        _ => "",
    }
}
