//! 自動で進むこと: what goes on by itself, as officers see it: what is prepared and why, until when it can be stopped; and
//! the payments that come of it.
//!
//! Answers for these pages and their forms; the steps are the store's, each in one transaction with its audit line. Looking
//! needs [`Right::SeeCases`], accounts [`Right::SeeContent`], stopping and letting go [`Right::Veto`].

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use tokio::sync::Notify;
use ubugoe_procedures::Filing;
use ubugoe_procedures::Lang;
use ubugoe_procedures::codes::{AccountHolder, bank, branch};

use super::console::{badge, by, find, note};
use super::family::{Tongue, hops, yen_words};
use super::guard::{Officer, Posted};
use super::page::{Part, console as frame, csrf};
use super::{Failure, Shared, t};
use crate::casework::roles::Right;
use crate::jst;
use crate::nonstop::Engine;
use crate::nonstop::payments::Payer;
use crate::receipt::MAX_NOTE;
use crate::store::FilingRecord;
use crate::store::nonstop::{
    Account, Aside, CaseLine, FileRow, Item, ItemKind, ItemState, Needs, NonstopCounts,
    NoticeState, Shelf, Step, StopReason, Unpayable,
};

/// Most items on a page.
const LIST: u32 = 200;

/// What the pages need of the city that acts by itself.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Knows the procedures.
    pub engine: Arc<Engine>,
    /// Rung when something is due now.
    pub bell: Arc<Notify>,
    /// Who pays, if files are made here.
    pub payer: Option<Arc<Payer>>,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/nonstop", get(list))
        .route("/console/nonstop/batch", post(batch))
        .route("/console/nonstop/payments", get(payments).post(release))
        .route("/console/nonstop/payments/{id}/file", get(download))
        .route("/console/nonstop/{id}", get(open))
        .route("/console/nonstop/{id}/approve", post(approve))
        .route("/console/nonstop/{id}/stop", post(stop))
        .route("/console/nonstop/{id}/account", post(another_account))
        .route("/console/filings/{id}/nonstop", get(case))
        .route("/console/filings/{id}/loss", post(loss))
}

/// From a filing to what goes on in its case.
pub(super) fn case_link(lang: Lang, record: &FilingRecord) -> Markup {
    html! { p.links { a href={ "/console/filings/" (record.row.id) "/nonstop" } { (t(lang, "この家族で自動で進むこと", "What goes on by itself for this family")) } } }
}

async fn framed(
    app: &Shared,
    officer: &Officer,
    title: &str,
    body: &Markup,
) -> Result<Markup, Failure> {
    let counts = badge(app, officer).await?;
    Ok(frame(
        officer,
        app.office.name.get(officer.lang),
        counts,
        Part::Nonstop,
        title,
        body,
    ))
}

fn kind_words(lang: Lang, kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::ByItself => t(lang, "申請不要", "No application"),
        ItemKind::Offer => t(lang, "確認だけ", "One yes"),
        ItemKind::Claim => t(lang, "請求済み", "Claimed"),
        ItemKind::Apply => t(lang, "申請が必要", "Must apply"),
        ItemKind::Maybe => t(lang, "該当は不明", "May apply"),
        ItemKind::Informs => t(lang, "案内", "Informs"),
        ItemKind::Later => t(lang, "これから", "Later"),
    }
}

fn state_words(lang: Lang, item: &Item) -> &'static str {
    match item.state {
        ItemState::Open => t(lang, "案内中", "Shown"),
        ItemState::Offered => t(lang, "家族の確認待ち", "Waits for the family"),
        ItemState::Prepared => t(lang, "実施予定", "Prepared"),
        ItemState::Held => t(lang, "職員の確認待ち", "Held"),
        ItemState::Done if item.needs == Needs::Check => {
            t(lang, "口座の確認待ち", "Account to check")
        }
        ItemState::Done => t(lang, "実施済み", "Done"),
        ItemState::Stopped => t(lang, "停止", "Stopped"),
        ItemState::Declined => t(lang, "辞退", "Declined"),
        ItemState::Cancelled => t(lang, "取りやめ", "Ended"),
    }
}

fn reason_words(lang: Lang, reason: StopReason) -> &'static str {
    match reason {
        StopReason::Facts => t(lang, "事実が届出と異なる", "The facts are other than filed"),
        StopReason::Already => t(lang, "別に済んでいる", "Done already elsewhere"),
        StopReason::Wish => t(lang, "家族の希望", "The family asked for it"),
        StopReason::Talk => t(lang, "先に相談が必要", "Needs a talk first"),
        StopReason::Elsewhere => t(lang, "担当の役所が違う", "Another office is competent"),
    }
}

/// Address parameters of the list.
#[derive(Debug, Default, Deserialize)]
struct Choice {
    shelf: Option<String>,
}

const SHELVES: [(&str, Shelf); 4] = [
    ("prepared", Shelf::Prepared),
    ("offered", Shelf::Offered),
    ("done", Shelf::Done),
    ("ended", Shelf::Ended),
];

fn tabs(lang: Lang, shown: &str, counts: NonstopCounts) -> Markup {
    let count = |shelf: Shelf| match shelf {
        Shelf::Prepared => Some(counts.prepared),
        Shelf::Offered => Some(counts.offered),
        Shelf::Done | Shelf::Ended => None,
    };
    let name = |shelf: Shelf| match shelf {
        Shelf::Prepared => t(lang, "確認できるもの", "To look at"),
        Shelf::Offered => t(lang, "家族の確認待ち", "Waiting for families"),
        Shelf::Done => t(lang, "実施済み", "Done"),
        Shelf::Ended => t(lang, "停止・辞退・取りやめ", "Stopped, declined, ended"),
    };
    html! {
        nav.tabs aria-label=(t(lang, "一覧の種類", "Lists")) {
            @for (code, shelf) in SHELVES {
                a href={ "/console/nonstop?shelf=" (code) } aria-current=[(code == shown).then_some("page")] {
                    (name(shelf)) @if let Some(count) = count(shelf) { " " span.count { (count) } }
                }
            }
            a href="/console/nonstop/payments" aria-current=[(shown == "payments").then_some("page")] {
                (t(lang, "支払い", "Payments")) " " span.count { (counts.due) }
            }
        }
    }
}

async fn list(
    State(app): State<Shared>,
    officer: Officer,
    Query(choice): Query<Choice>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let lang = officer.lang;
    let (code, shelf) = SHELVES
        .into_iter()
        .find(|(code, _)| Some(*code) == choice.shelf.as_deref())
        .unwrap_or(("prepared", Shelf::Prepared));
    let items = app.store.nonstop_items(shelf, LIST).await?;
    let counts = app.store.nonstop_counts().await?;
    note(&app, &officer, "nonstop.viewed", "-", code).await?;
    let boxes = shelf == Shelf::Prepared && officer.may(Right::Veto);
    let table = html! {
        div.scroll { table.list id="nonstop" {
            thead { tr {
                @if boxes { th scope="col" { (t(lang, "選ぶ", "Choose")) } }
                th scope="col" { (t(lang, "いつまで止められるか", "Can be stopped until")) }
                th scope="col" { (t(lang, "手続き", "Procedure")) }
                th scope="col" { (t(lang, "種類", "Kind")) }
                th scope="col" { (t(lang, "状態", "State")) }
                th scope="col" { (t(lang, "理由", "Why")) }
            } }
            tbody { @for item in &items { (line(lang, item, boxes)) } }
        } }
    };
    let title = t(lang, "自動で進むこと", "What goes on by itself");
    let body = html! {
        h1 { (title) }
        (tabs(lang, code, counts))
        p.lead { (t(lang,
            "受理した届出から、申請なしで進められるものを準備しています。期限までに止めなければ、そのまま実施されます。",
            "Prepared from accepted filings, without an application. What is not stopped in time is carried out.")) }
        @if items.is_empty() {
            p.empty { (t(lang, "ありません。", "There are none.")) }
        } @else if boxes {
            form method="post" action="/console/nonstop/batch" id="batch" {
                (csrf(&officer))
                (table)
                div.buttons {
                    button.primary type="submit" name="what" value="chosen" { (t(lang, "選んだものを実施", "Let the chosen go")) }
                    button.secondary type="submit" name="what" value="all" { (t(lang, "この画面のものをすべて実施", "Let all on this page go")) }
                }
                input type="hidden" name="shown" value=(items.iter().filter(|item| item.state == ItemState::Prepared).map(|item| item.id.to_string()).collect::<Vec<_>>().join(","));
            }
            p.hint { (t(lang, "「すべて」に、職員の確認待ちのもの（ご不幸のあった家族、口座の確認）は含まれません。", "“All” leaves out what is held for an officer: families with a loss, accounts to check.")) }
        } @else { (table) }
    };
    framed(&app, &officer, title, &body).await
}

fn line(lang: Lang, item: &Item, boxes: bool) -> Markup {
    html! {
        tr data-item=(item.id) data-state=(item.state.code()) {
            @if boxes { td { input type="checkbox" name={ "i" (item.id) } value="on" aria-label=(item.detail.title.get(lang)); } }
            td.when { @if let Some(until) = item.hold_until { (jst::short(until)) } @else { "—" } }
            td { a.open href={ "/console/nonstop/" (item.id) } { (item.detail.title.get(lang)) } }
            td { (kind_words(lang, item.kind)) }
            td { span class={ "state " (item.state.code()) } { (state_words(lang, item)) } }
            td { @if let Some(because) = item.detail.because.last() { (because.sentence.get(lang)) } }
        }
    }
}

/// Several at once.
async fn batch(State(app): State<Shared>, posted: Posted) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Veto)?;
    let ids: Vec<i64> = match fields.get("what") {
        Some("all") => fields
            .get("shown")
            .unwrap_or_default()
            .split(',')
            .filter_map(|id| id.parse().ok())
            .take(LIST as usize)
            .collect(),
        Some("chosen") => fields
            .into_pairs()
            .iter()
            .filter_map(|(name, _)| name.strip_prefix('i')?.parse().ok())
            .collect(),
        _ => return Err(Failure::BadForm("what")),
    };
    app.store.approve_items(ids, by(&app, &officer)).await?;
    app.nonstop.bell.notify_one();
    Ok(Redirect::to("/console/nonstop").into_response())
}

async fn item(app: &Shared, id: &str) -> Result<Item, Failure> {
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    app.store.nonstop_item(id).await?.ok_or(Failure::NotFound)
}

async fn open(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let item = item(&app, &id).await?;
    note(&app, &officer, "nonstop.viewed", &item.id.to_string(), "").await?;
    item_page(&app, &officer, &item, None).await
}

async fn item_page(
    app: &Shared,
    officer: &Officer,
    item: &Item,
    complaint: Option<&str>,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let detail = &item.detail;
    let account = match &item.account {
        Some(account) if officer.may(Right::SeeContent) => {
            Some(account_box(app, lang, item, account).await?)
        }
        _ => None,
    };
    let body = html! {
        p.back { a href="/console/nonstop" { "← " (t(lang, "自動で進むこと", "What goes on by itself")) } }
        div.heading {
            h1 { (detail.title.get(lang)) }
            span class={ "state " (item.state.code()) } { (state_words(lang, item)) }
        }
        @if let Some(complaint) = complaint { p.alert role="alert" { (complaint) } }
        div.columns {
            div.form-side {
                section.card {
                    h2 { (t(lang, "理由", "Why")) }
                    ul.plain id="because" { @for because in &detail.because {
                        li {
                            (because.sentence.get(lang))
                            @if let Some(article) = &because.article { " " span.hint lang="ja" { "（" (article) "）" } }
                            @if !because.sure { " " span.flag { "[GK]" } }
                        }
                    } }
                    @if !detail.missing.is_empty() {
                        p { (t(lang, "わかっていないこと", "Not known")) ": " @for (at, one) in detail.missing.iter().enumerate() { @if at > 0 { "、" } (one.get(lang)) } }
                    }
                }
                @if let Some(account) = account { (account) }
                @if officer.may(Right::Veto) && item.waits_for_officer() { (forms(lang, officer, item)) }
                @if let Some(reason) = item.reason {
                    section.card {
                        h2 { (t(lang, "停止の理由", "Why it was stopped")) }
                        p { (reason_words(lang, reason)) }
                        @if let Some(note) = &item.note { p.lines { (note) } }
                    }
                }
            }
            aside.facts-side {
                section.card {
                    dl.small {
                        dt { (t(lang, "種類", "Kind")) } dd { (kind_words(lang, item.kind)) }
                        @if let Some(officer) = &detail.officer { dt { (t(lang, "職員の仕事", "Officer's task")) } dd { (officer.get(lang)) } }
                        @if let Some(until) = item.hold_until { dt { (t(lang, "いつまで止められるか", "Can be stopped until")) } dd { (jst::moment(until, lang)) } }
                        @if let Some(day) = detail.deadline { dt { (t(lang, "期限", "Deadline")) } dd { (jst::day(day, lang)) } }
                        @if let Some(yen) = item.yen { dt { (t(lang, "金額", "Amount")) } dd { (yen_words(yen)) " " (t(lang, "円", "yen")) @if item.monthly { (t(lang, "（月額・初回の月）", " (the first month)")) } } }
                        dt { (t(lang, "最後の変更", "Last change")) } dd { (jst::moment(item.state_at, lang)) " " (item.actor) }
                        dt { (t(lang, "目録の版", "Catalogue")) } dd.code id="catalogue" { (item.catalogue) }
                    }
                    p.links {
                        a href={ "/console/filings/" (item.filing) } { (t(lang, "もとの届出", "The filing")) }
                        " " a href={ "/console/filings/" (item.filing) "/nonstop" } { (t(lang, "この家族の全体", "The whole family")) }
                    }
                }
                @if !item.hops.is_empty() { section.card { h2 { (t(lang, "流れ", "Chain")) } (hops(Tongue::from(lang), item)) } }
            }
        }
    };
    framed(app, officer, detail.title.get(lang), &body).await
}

fn forms(lang: Lang, officer: &Officer, item: &Item) -> Markup {
    html! {
        section.card {
            h2 { (t(lang, "判断", "Decide")) }
            form method="post" action={ "/console/nonstop/" (item.id) "/approve" } id="approve" {
                (csrf(officer))
                div.buttons { button.primary type="submit" { @if item.state == ItemState::Done {
                    (t(lang, "この口座で支払う", "Pay into this account"))
                } @else { (t(lang, "いま実施する", "Let it go now")) } } }
            }
            @if item.stoppable() {
                form.decision method="post" action={ "/console/nonstop/" (item.id) "/stop" } id="stop" {
                    (csrf(officer))
                    label for="reason" { (t(lang, "止める理由", "Why it is stopped")) }
                    select id="reason" name="reason" required {
                        option value="" { (t(lang, "選んでください", "Choose one")) }
                        @for reason in StopReason::ALL { option value=(reason.code()) { (reason_words(lang, *reason)) } }
                    }
                    label for="note" { (t(lang, "記録（任意・家族には表示されません）", "For the file (optional; families do not see it)")) }
                    textarea id="note" name="note" rows="3" maxlength="500" {}
                    div.buttons { button.secondary type="submit" { (t(lang, "止める", "Stop it")) } }
                }
            }
        }
    }
}

/// The account, with a hint whether it may be the claimant's own.
async fn account_box(
    app: &Shared,
    lang: Lang,
    item: &Item,
    account: &Account,
) -> Result<Markup, Failure> {
    let found = account.bank.parse().ok();
    let bank_name = found.and_then(bank).map(|one| one.name);
    let branch_name = found
        .zip(account.branch.parse().ok())
        .and_then(|(bank, code)| branch(bank, code))
        .map(|one| one.name);
    let reading = match app.store.filing(item.filing).await? {
        Some(record) => reading(&record),
        None => None,
    };
    let own = reading.and_then(|reading| {
        let holder: AccountHolder = account.holder.parse().ok()?;
        Some(holder.may_be(&reading))
    });
    Ok(html! {
        section.card id="account" {
            h2 { (t(lang, "口座", "Account")) }
            dl.small {
                dt { (t(lang, "金融機関", "Bank")) } dd { (account.bank) " " (bank_name.unwrap_or("—")) }
                dt { (t(lang, "支店", "Branch")) } dd { (account.branch) " " (branch_name.unwrap_or(t(lang, "（表にありません）", "(not in the table)"))) }
                dt { (t(lang, "種目・番号", "Kind and number")) } dd { (if account.kind == "2" { t(lang, "当座", "Current") } else { t(lang, "普通", "Ordinary") }) " " (account.number) }
                dt { (t(lang, "名義", "Holder")) } dd { (account.holder) }
            }
            @match own {
                Some(true) => p.hint { (t(lang, "請求者の読みと一致します。", "The holder's name reads as the claimant's.")) },
                Some(false) => p.problem { (t(lang, "請求者の読みと一致しません。ご本人の口座か確かめてください。", "The holder's name does not read as the claimant's. Check that it is their own account.")) },
                None => p.problem { (t(lang, "名義を届出と比べられません。ご本人の口座か確かめてください。", "The holder cannot be compared with the filing. Check that it is their own account.")) },
            }
        }
    })
}

fn reading(record: &FilingRecord) -> Option<String> {
    let answers = Filing::parse(&record.canonical).ok()?.answers();
    let sei = answers.text("claimant.sei_kana")?;
    let mei = answers.text("claimant.mei_kana")?;
    Some(format!("{sei} {mei}"))
}

async fn approve(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let officer = posted.officer;
    officer.must(Right::Veto)?;
    let item = item(&app, &id).await?;
    let went = app
        .store
        .approve_items(vec![item.id], by(&app, &officer))
        .await?;
    app.nonstop.bell.notify_one();
    if went == 0 {
        return stale(&app, &officer, item.id).await;
    }
    Ok(Redirect::to(&format!("/console/nonstop/{}", item.id)).into_response())
}

async fn stale(app: &Shared, officer: &Officer, id: i64) -> Result<Response, Failure> {
    let now = item(app, &id.to_string()).await?;
    let words = t(
        officer.lang,
        "画面を開いた後に状態が変わりました。何も変更していません。",
        "Its state changed after this page was opened. Nothing was changed.",
    );
    let page = item_page(app, officer, &now, Some(words)).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

async fn stop(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Veto)?;
    let item = item(&app, &id).await?;
    let lang = officer.lang;
    let words = fields.get("note").unwrap_or_default().replace("\r\n", "\n");
    let words = words.trim();
    let complaint = if words.len() > MAX_NOTE || words.chars().count() > 500 {
        Some(t(
            lang,
            "500文字以内で書いてください。",
            "Use at most 500 characters.",
        ))
    } else if words.chars().any(|c| c.is_control() && c != '\n') {
        Some(t(
            lang,
            "使えない文字が含まれています。",
            "This contains characters that cannot be shown.",
        ))
    } else {
        None
    };
    let reason = fields.get("reason").and_then(StopReason::from_code);
    let (Some(reason), None) = (reason, complaint) else {
        let words = complaint.unwrap_or(t(lang, "理由を選んでください。", "Choose a reason."));
        let page = item_page(&app, &officer, &item, Some(words)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let note = (!words.is_empty()).then(|| words.to_owned());
    let step = app
        .store
        .stop_item(item.id, reason, note, by(&app, &officer))
        .await?;
    app.nonstop.bell.notify_one();
    match step {
        Step::Done | Step::Already => {
            Ok(Redirect::to(&format!("/console/nonstop/{}", item.id)).into_response())
        }
        Step::Closed | Step::NotFound => stale(&app, &officer, item.id).await,
    }
}

/// Everything of one case, and the place where a loss is recorded.
async fn case(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    let lang = officer.lang;
    let record = find(&app, &id).await?;
    let line = app.store.case_line(record.row.id).await?;
    note(
        &app,
        &officer,
        "nonstop.viewed",
        &record.row.id.to_string(),
        "case",
    )
    .await?;
    let title = t(
        lang,
        "この家族で自動で進むこと",
        "What goes on by itself for this family",
    );
    let queued = line
        .notices
        .iter()
        .filter(|notice| notice.state == NoticeState::Queued);
    let body = html! {
        p.back { a href={ "/console/filings/" (record.row.id) } { "← " (t(lang, "届出に戻る", "Back to the filing")) } }
        h1 { (title) }
        @if !line.losses.is_empty() {
            p.alert id="lost" { (t(lang, "お子さんが亡くなったことが記録されています。お祝い・健診・予防接種などの案内は出ません。残る手続きは職員から声をかけて進めてください。",
                "A loss is recorded. No congratulation, check-up, vaccination or offer leaves. Bring up what remains yourself.")) }
        }
        @for item in &line.items { (case_item(lang, item)) }
        @if line.items.is_empty() { p.empty { (t(lang, "まだありません。出生届を受理すると、ここに並びます。", "Nothing yet. It is filled once a birth is accepted.")) } }
        section.card {
            h2 { (t(lang, "これから出るお知らせ", "Notices to come")) }
            ul.plain id="queued" { @for notice in queued {
                li data-code=(notice.code) { (jst::short(notice.due_at)) " " (notice.detail.title.get(lang)) @if let Some(label) = &notice.detail.label { "（" (label.get(lang)) "）" } }
            } }
        }
        @if officer.may(Right::Veto) { (loss_form(lang, &officer, &record, &line)) }
    };
    framed(&app, &officer, title, &body).await
}

fn case_item(lang: Lang, item: &Item) -> Markup {
    html! {
        section.card data-item=(item.id) data-state=(item.state.code()) data-procedure=(item.procedure) {
            h2 { a href={ "/console/nonstop/" (item.id) } { (item.detail.title.get(lang)) } " "
                span class={ "state " (item.state.code()) } { (state_words(lang, item)) } " " span.hint { (kind_words(lang, item.kind)) } }
            @if !item.hops.is_empty() { (hops(Tongue::from(lang), item)) }
        }
    }
}

fn loss_form(lang: Lang, officer: &Officer, record: &FilingRecord, line: &CaseLine) -> Markup {
    let open: Vec<(usize, &String)> = line
        .children
        .iter()
        .enumerate()
        .filter(|(_, child)| !line.losses.contains(child))
        .collect();
    let all = line.losses.iter().any(String::is_empty);
    html! {
        @if !all {
            section.card {
                h2 { (t(lang, "お子さんが亡くなったとき", "When a child has died")) }
                p { (t(lang, "記録すると、喜びを前提にした案内・準備・予約済みのお知らせは、その場ですべて取りやめになります。取り消せません。",
                    "Once recorded, everything that presumes joy ends at once, also what is queued. It cannot be taken back.")) }
                form.decision method="post" action={ "/console/filings/" (record.row.id) "/loss" } id="loss" {
                    (csrf(officer))
                    @if line.children.len() > 1 {
                        label for="child" { (t(lang, "どのお子さんか", "Which child")) }
                        select id="child" name="child" {
                            option value="" { (t(lang, "すべて、または不明", "All, or not known")) }
                            @for (at, child) in open { option value=(child) { (at + 1) (t(lang, "人目", ". child")) } }
                        }
                    }
                    label { input type="checkbox" name="sure" value="yes" required; " " (t(lang, "確かめました", "I have made sure")) }
                    div.buttons { button.secondary type="submit" { (t(lang, "記録する", "Record it")) } }
                }
            }
        }
    }
}

async fn loss(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Veto)?;
    let record = find(&app, &id).await?;
    if fields.get("sure") != Some("yes") {
        return Err(Failure::BadForm("sure"));
    }
    let child = fields.get("child").unwrap_or_default();
    let line = app.store.case_line(record.row.id).await?;
    if !child.is_empty() && !line.children.iter().any(|known| known == child) {
        return Err(Failure::BadForm("child"));
    }
    app.store
        .mark_loss(record.row.id, child.to_owned(), by(&app, &officer))
        .await?;
    app.nonstop.bell.notify_one();
    Ok(Redirect::to(&format!("/console/filings/{}/nonstop", record.row.id)).into_response())
}

async fn payments(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    note(&app, &officer, "payments.viewed", "-", "").await?;
    payments_page(&app, &officer, None).await
}

async fn payments_page(
    app: &Shared,
    officer: &Officer,
    complaint: Option<&str>,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let counts = app.store.nonstop_counts().await?;
    let files = app.store.payment_files(LIST).await?;
    let aside = app.store.payments_aside(LIST).await?;
    let title = t(lang, "支払い", "Payments");
    let yen = t(lang, "円", "yen");
    let body = html! {
        h1 { (title) }
        (tabs(lang, "payments", counts))
        @if let Some(complaint) = complaint { p.alert role="alert" { (complaint) } }
        section.card {
            h2 { (t(lang, "次の振込ファイル", "The next file")) }
            dl.small {
                dt { (t(lang, "入るもの", "Takes")) } dd id="due" { (counts.due) " / " (yen_words(counts.due_yen)) " " (yen) }
                dt { (t(lang, "口座を待っているもの", "Waiting for an account")) } dd { (counts.without_account) }
                dt { (t(lang, "職員の確認待ち（ご不幸のあった家族）", "Held (families with a loss)")) } dd { (counts.held) }
            }
            @if app.nonstop.payer.is_none() {
                p.problem { (t(lang, "設定に [payer] がないため、ここではファイルを作れません。", "There is no [payer] in the configuration, so no file can be made here.")) }
            } @else if officer.may(Right::Veto) && counts.due > 0 {
                form.decision method="post" action="/console/nonstop/payments" id="release" {
                    (csrf(officer))
                    label for="day" { (t(lang, "振込指定日", "Day of transfer")) }
                    input type="text" id="day" name="day" placeholder="2027-02-10" maxlength="10" required inputmode="numeric";
                    div.buttons { button.primary type="submit" { (t(lang, "総合振込ファイルを作る", "Make the file (総合振込)")) } }
                    p.hint { (t(lang, "作ったファイルは変わりません。何度でも保存できます。次のファイルには、新しいものだけが入ります。", "A file never changes and can be saved again; the next one takes only what is new.")) }
                }
            }
        }
        @if !aside.is_empty() { (set_aside(officer, &aside)) }
        @if !files.is_empty() { div.scroll { table.list id="files" {
            thead { tr {
                th scope="col" { "No." }
                th scope="col" { (t(lang, "振込指定日", "Day of transfer")) }
                th scope="col" { (t(lang, "件数", "Transfers")) }
                th scope="col" { (t(lang, "合計", "Sum")) }
                th scope="col" { (t(lang, "作成", "Made")) }
                th scope="col" { "sha256" }
            } }
            tbody { @for file in &files { (file_line(lang, officer, file)) } }
        } } }
    };
    framed(app, officer, title, &body).await
}

/// What the bank's file could not take; the rest went out.
fn set_aside(officer: &Officer, aside: &[Aside]) -> Markup {
    let lang = officer.lang;
    html! {
        section.card {
            h2 { (t(lang, "振り込めなかったもの", "What could not be paid")) }
            p { (t(lang,
                "口座に問題があり、振込ファイルに入りませんでした。ほかの支払いは止まっていません。家族に口座を改めて尋ねると、次のファイルに入ります。",
                "There is something wrong with these accounts; the file went out without them. Once the family has named another, the next file takes them.")) }
            div.scroll { table.list id="aside" {
                thead { tr {
                    th scope="col" { (t(lang, "手続き", "Procedure")) }
                    th scope="col" { (t(lang, "月", "Month")) }
                    th scope="col" { (t(lang, "金額", "Amount")) }
                    th scope="col" { (t(lang, "理由", "Why")) }
                    @if officer.may(Right::Veto) { th scope="col" { (t(lang, "対応", "What to do")) } }
                } }
                tbody { @for one in aside {
                    tr data-item=(one.item) data-why=(one.why.code()) {
                        td { a.open href={ "/console/nonstop/" (one.item) } { (one.title.get(lang)) } }
                        td { @if one.month == "once" { (t(lang, "一回", "Once")) } @else { (one.month) } }
                        td { (yen_words(one.yen)) " " (t(lang, "円", "yen")) }
                        td { (unpayable_words(lang, one.why)) }
                        @if officer.may(Right::Veto) { td {
                            form method="post" action={ "/console/nonstop/" (one.item) "/account" } {
                                (csrf(officer))
                                button.quiet type="submit" { (t(lang, "口座を改めて尋ねる", "Ask for another account")) }
                            }
                        } }
                    }
                } }
            } }
        }
    }
}

fn unpayable_words(lang: Lang, why: Unpayable) -> &'static str {
    match why {
        Unpayable::Holder => t(
            lang,
            "名義に銀行で使えない文字があるか、名義が空です",
            "The holder's name is empty or has characters that banks do not take",
        ),
        Unpayable::Account => t(
            lang,
            "口座の番号を読み取れません",
            "The account does not read as one",
        ),
        Unpayable::Amount => t(
            lang,
            "一件で振り込める額を超えています",
            "More than one transfer can carry",
        ),
    }
}

async fn another_account(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let officer = posted.officer;
    officer.must(Right::Veto)?;
    let item = item(&app, &id).await?;
    if !app.store.ask_account(item.id, by(&app, &officer)).await? {
        return stale(&app, &officer, item.id).await;
    }
    app.nonstop.bell.notify_one();
    Ok(Redirect::to("/console/nonstop/payments").into_response())
}

fn file_line(lang: Lang, officer: &Officer, file: &FileRow) -> Markup {
    html! {
        tr data-file=(file.id) {
            td { @if officer.may(Right::Export) { a href={ "/console/nonstop/payments/" (file.id) "/file" } { (file.id) " " (t(lang, "保存", "Save")) } } @else { (file.id) } }
            td { (file.transfer_day) }
            td { (file.records) }
            td { (yen_words(file.yen)) " " (t(lang, "円", "yen")) }
            td.when { (jst::short(file.released_at)) " " (file.actor) }
            td.code { (hex::encode(file.sha256).chars().take(16).collect::<String>()) }
        }
    }
}

async fn release(State(app): State<Shared>, posted: Posted) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Veto)?;
    let lang = officer.lang;
    let Some(payer) = app.nonstop.payer.clone() else {
        return Err(Failure::BadForm("payer"));
    };
    let today = jst::date(app.now());
    let day: Option<Date> = fields.get("day").and_then(|text| text.trim().parse().ok());
    // the file carries month and day only: a day of another year would be this year's
    let near = |day: Date| {
        today.is_some_and(|today| {
            day > today && ubugoe_procedures::calendar::plus_days(today, 90) >= day
        })
    };
    let open = |day: Date| {
        app.catalogue
            .roll(&app.office.municipality, day)
            .map_or(true, |rolled| rolled == day)
    };
    let Some(day) = day.filter(|day| near(*day) && open(*day)) else {
        let words = t(
            lang,
            "振込指定日は、明日から90日以内の平日を 2027-02-10 のように入れてください。",
            "Give a working day from tomorrow on, within 90 days, such as 2027-02-10.",
        );
        let page = payments_page(&app, &officer, Some(words)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    app.store
        .release_file(day, payer, by(&app, &officer))
        .await?;
    app.nonstop.bell.notify_one();
    Ok(Redirect::to("/console/nonstop/payments").into_response())
}

async fn download(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    officer.must(Right::Export)?;
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    let (file, bytes) = app.store.payment_file(id).await?.ok_or(Failure::NotFound)?;
    note(
        &app,
        &officer,
        "payments.downloaded",
        &file.id.to_string(),
        &hex::encode(file.sha256),
    )
    .await?;
    let name = format!("attachment; filename=\"furikomi-{}.txt\"", file.id);
    let name = HeaderValue::from_str(&name).map_err(|_| Failure::NotFound)?;
    Ok((
        [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/octet-stream"),
            ),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response())
}
