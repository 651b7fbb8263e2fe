//! What will be erased next, and what an officer holds against it.
//!
//! Answers for showing periods with their sources, how much is due by each, the filings that go first, and the holds. Shows ids and
//! numbers, no content. Erases nothing: the keeper does ([`crate::retention`]).

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use ubugoe_procedures::Lang;
use ubugoe_protocol::FilingId;

use super::console::{badge, by, find, note};
use super::guard::{Officer, Posted};
use super::page::{Part, console as frame, csrf};
use super::{Failure, Shared, t};
use crate::casework::roles::Right;
use crate::jst;
use crate::retention::{Counted, Kind, Period, Rule, Sure};
use crate::store::retention::{DueCount, DueFiling, Hold};

/// Longest reason of a hold, in characters.
const REASON: usize = 200;
/// Most holds on the page.
const HOLDS: u32 = 200;

/// Where.
const HERE: &str = "/console/retention";

/// This part's addresses.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route(HERE, get(page))
        .route("/console/retention/holds", post(hold))
        .route("/console/retention/holds/{id}/lift", post(lift))
}

async fn page(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    if !officer.may(Right::Hold) {
        officer.must(Right::SeeAudit)?;
    }
    let lang = officer.lang;
    note(&app, &officer, "retention.viewed", "-", "").await?;
    let mut counts = Vec::new();
    let mut next = Vec::new();
    for due in app.retention.policy.due(app.now()) {
        next.extend(app.store.due_filings(due.clone()).await?);
        counts.push((due.kind, app.store.count_due(due).await?));
    }
    let holds = app.store.holds(HOLDS).await?;
    let badge = badge(&app, &officer).await?;
    let title = t(lang, "保存期間と消去", "Retention");
    let body = html! {
        h1 { (title) }
        @if app.retention.erase {
            p.lead { (t(lang,
                "保存期間が満了したものは、毎晩まとめて消去されます。審査中・支給中の件と、消去を止めた件は消去されません。",
                "What has passed its period is erased every night. Open cases, and cases that are held, stay.")) }
        } @else {
            p.notice id="not-erasing" { (t(lang,
                "まだ何も消去されません。文書管理規程の保存年限を設定に書き、消去を有効にしてください（retention.erase）。",
                "Nothing is erased yet: set your own periods and switch erasing on (retention.erase).")) }
        }
        (periods(lang, &app, &counts))
        (filings(lang, &next))
        (held(&officer, &holds))
    };
    Ok(frame(
        &officer,
        app.office.name.get(lang),
        badge,
        Part::Retention,
        title,
        &body,
    ))
}

fn kind_words(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Filing => t(lang, "届出・申請", "Filings"),
        Kind::FamilyNotice => t(lang, "家族へのお知らせ", "Notices to families"),
        Kind::OrphanPiece => t(lang, "届出のない添付の一部", "Attachments without a filing"),
        Kind::Certificate => t(
            lang,
            "届出のない出生証明書",
            "Certificates without a filing",
        ),
        Kind::AgencyAnswer => t(lang, "関係機関への回答", "Answers to agencies"),
        Kind::BankFile => t(lang, "振込ファイル", "Bank files"),
        Kind::QuarantineResolved => t(
            lang,
            "読めない届き物（解決済み）",
            "Unreadable messages, resolved",
        ),
        Kind::Quarantine => t(lang, "読めない届き物", "Unreadable messages"),
        Kind::Addressee => t(lang, "宛名番号の対応表", "Table of 宛名番号"),
        Kind::Session => t(lang, "終わったサインイン", "Ended sessions"),
        Kind::SignIn => t(lang, "途中のサインイン", "Sign-ins on their way"),
        Kind::Officer => t(lang, "職員の名前", "Names of staff"),
        Kind::Audit => t(lang, "操作記録", "Audit log"),
    }
}

fn period_words(lang: Lang, rule: &Rule) -> String {
    let (number, ja, en) = match rule.period {
        Period::Years(n) => (n, "年", "years"),
        Period::Months(n) => (n, "か月", "months"),
        Period::Days(n) => (n, "日", "days"),
    };
    let fiscal = rule.counted == Counted::FiscalYear;
    match lang {
        Lang::Ja if fiscal => format!("翌年度4月1日から{number}{ja}"),
        Lang::Ja => format!("{number}{ja}"),
        Lang::En if fiscal => format!("{number} {en} from the next 1 April"),
        Lang::En => format!("{number} {en}"),
    }
}

fn periods(lang: Lang, app: &Shared, counts: &[(Kind, DueCount)]) -> Markup {
    let policy = &app.retention.policy;
    let rule = |kind: Kind, code: &str| match code.split_once('.') {
        Some((_, procedure)) => policy
            .procedures()
            .find_map(|(known, rule)| (known == procedure).then_some(rule)),
        None => policy.rule(kind),
    };
    html! {
        h2 { (t(lang, "保存期間と、満了した件数", "Periods, and how much is due")) }
        div.scroll { table.list id="periods" {
            thead { tr {
                th scope="col" { (t(lang, "種類", "Kind")) }
                th scope="col" { (t(lang, "保存期間", "Period")) }
                th scope="col" { (t(lang, "根拠", "Source")) }
                th scope="col" { (t(lang, "満了", "Due")) }
                th scope="col" { (t(lang, "停止中", "Held")) }
            } }
            tbody { @for (kind, count) in counts { @if let Some(rule) = rule(*kind, &count.code) {
                tr data-code=(count.code) {
                    td { (kind_words(lang, *kind)) br; span.hint { (count.code) } }
                    td { (period_words(lang, rule)) }
                    td { (rule.source) @if rule.confidence == Sure::Gk { " " span.flag.mild { (t(lang, "未確認", "[GK] unverified")) } } }
                    td { (count.rows) @if let Some(oldest) = count.oldest.and_then(jst::date) { br; span.hint { (jst::day(oldest, lang)) } } }
                    td { (count.held) }
                }
            } } }
        } }
    }
}

fn filings(lang: Lang, next: &[DueFiling]) -> Markup {
    html! {
        h2 { (t(lang, "次に消去される届出・申請", "Filings that go next")) }
        @if next.is_empty() {
            p.empty { (t(lang, "ありません。", "There are none.")) }
        } @else {
            div.scroll { table.list id="due" {
                thead { tr {
                    th scope="col" { (t(lang, "到達番号", "Arrival no.")) }
                    th scope="col" { (t(lang, "手続", "Procedure")) }
                    th scope="col" { (t(lang, "到達", "Arrived")) }
                    th scope="col" { "ID" }
                } }
                tbody { @for filing in next {
                    tr {
                        td { (filing.arrival_no) }
                        td { (filing.procedure) }
                        td { (jst::moment(filing.arrived_at, lang)) }
                        td.code { (filing.id) }
                    }
                } }
            } }
        }
    }
}

fn held(officer: &Officer, holds: &[Hold]) -> Markup {
    let lang = officer.lang;
    let may = officer.may(Right::Hold);
    html! {
        h2 { (t(lang, "消去を止めている件", "Held cases")) }
        @if holds.is_empty() {
            p.empty { (t(lang, "ありません。", "There are none.")) }
        } @else {
            div.scroll { table.list id="holds" {
                thead { tr {
                    th scope="col" { "ID" }
                    th scope="col" { (t(lang, "理由", "Reason")) }
                    th scope="col" { (t(lang, "だれが・いつ", "Who and when")) }
                    th scope="col" { (t(lang, "状態", "State")) }
                } }
                tbody { @for hold in holds {
                    tr {
                        td.code { (hold.filing) }
                        td { (hold.reason) }
                        td.when { (hold.placed_by) br; (jst::short(hold.placed_at)) }
                        td {
                            @if let Some(by) = &hold.lifted_by {
                                (t(lang, "解除", "Lifted")) " " (by)
                            } @else if may {
                                form method="post" action={ (HERE) "/holds/" (hold.id) "/lift" } {
                                    (csrf(officer))
                                    button.quiet type="submit" { (t(lang, "解除する", "Lift")) }
                                }
                            } @else {
                                (t(lang, "停止中", "Held"))
                            }
                        }
                    }
                } }
            } }
        }
        @if may {
            h2 { (t(lang, "消去を止める", "Hold a case")) }
            form method="post" action={ (HERE) "/holds" } id="hold" {
                (csrf(officer))
                label for="filing" { (t(lang, "届出のID", "Id of a filing")) }
                input id="filing" name="filing" required autocomplete="off" maxlength="32";
                label for="reason" { (t(lang, "理由（訴訟・審査請求など。個人の名前は書かないでください）", "Reason (a lawsuit, an appeal …; name nobody)")) }
                input id="reason" name="reason" required maxlength=(REASON);
                button type="submit" { (t(lang, "消去を止める", "Hold")) }
            }
        }
    }
}

async fn hold(State(app): State<Shared>, posted: Posted) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Hold)?;
    let reason = fields.get("reason").unwrap_or_default().trim();
    if reason.is_empty() || reason.chars().count() > REASON {
        return Err(Failure::BadForm("reason"));
    }
    let id: FilingId = fields
        .get("filing")
        .and_then(|text| text.trim().parse().ok())
        .ok_or(Failure::BadForm("filing"))?;
    // another office's filing is not there
    find(&app, &id.to_string()).await?;
    let placed = app
        .store
        .hold(id, reason.to_owned(), by(&app, &officer))
        .await?;
    if placed {
        Ok(Redirect::to(HERE).into_response())
    } else {
        Err(Failure::NotFound)
    }
}

async fn lift(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let officer = posted.officer;
    officer.must(Right::Hold)?;
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    if app.store.lift_hold(id, by(&app, &officer)).await? {
        Ok(Redirect::to(HERE).into_response())
    } else {
        Err(Failure::NotFound)
    }
}
