//! One filing: what to check first, then what is proven, with its certificate, its duplicates and its history beside it.

use axum::extract::{Path, State};
use maud::{Markup, html};
use ubugoe_procedures::{Filing, Lang, ParsedFiling};

use super::super::guard::{Officer, Posted};
use super::super::page::{csrf, say};
use super::super::papers::outputs;
use super::super::{Failure, Shared, t};
use super::aside::{attachments, history_box, receipt_box, signature_box};
use super::fields::{Sheet, sheet};
use super::{
    Names, certificate, codes, find, framed, needs_two, note, severity, staff_name, state_mark,
    summary, title,
};
use crate::casework::roles::Right;
use crate::casework::words::review;
use crate::casework::{FilingState, ReasonCode};
use crate::jst;
use crate::store::desk::{OnDesk, reason_word};
use crate::store::{FilingRecord, Reason};

/// One filing.
pub(super) async fn open(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let what = (Right::SeeContent, id.as_str());
    view(&app, &officer, what, ("filing.viewed", false)).await
}

/// The same with masked values shown; a form of its own, so that it is never done by a mere link, and logged.
pub(super) async fn reveal(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Markup, Failure> {
    let what = (Right::Unmask, id.as_str());
    view(&app, &posted.officer, what, ("filing.unmasked", true)).await
}

/// The page, and its line in the audit chain while it is made: nobody gets it without one.
async fn view(
    app: &Shared,
    officer: &Officer,
    (right, id): (Right, &str),
    (action, revealed): (&str, bool),
) -> Result<Markup, Failure> {
    officer.must(right)?;
    let record = find(app, id).await?;
    let subject = record.row.id.to_string();
    let line = note(app, officer, action, &subject, "");
    let page = filing_page(app, officer, &record, revealed);
    tokio::try_join!(line, page).map(|((), page)| page)
}

async fn filing_page(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    revealed: bool,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let parsed = Filing::parse(&record.canonical).ok();
    let heading = title(lang, &record.row.facts).to_owned();
    let masked = record.row.facts.protected && !revealed;
    let certificate = async {
        match &parsed {
            Some(parsed) => certificate::beside(app, lang, record, parsed, masked).await,
            None => Ok(Markup::default()),
        }
    };
    let desk = async { Ok(app.store.on_desk(record.row.id).await?) };
    let names = async { Ok(app.store.officer_names().await?) };
    let (desk, names, papers, second, voices, certificate) = tokio::try_join!(
        desk,
        names,
        outputs(app, officer, record),
        super::super::second::signed_twice(app, lang, record),
        super::family::voices_box(app, officer, record),
        certificate,
    )?;
    let page = Sheet {
        app,
        officer,
        record,
        desk: &desk,
        names: &names,
        masked,
        may_tick: officer.may(Right::Propose),
    };
    let body = html! {
        p.back { a href="/console/filings" { "← " (t(lang, "届出一覧", "Filings")) } }
        div.heading {
            h1 { (heading) }
            (state_mark(lang, record.row.state))
            @if record.row.facts.protected { span.flag.guarded { (t(lang, "支援措置", "Protected")) } }
            span.grow {}
            (actions(app, officer, record, &desk))
        }
        (super::super::nonstop::case_link(lang, record))
        (super::services::case_link(lang, record))
        (second_officer(app, officer, record, (&desk, &names)))
        (summary(lang, app, record))
        (hands(app, officer, record, (&desk, &names)))
        div.columns {
            div.form-side {
                (reasons(lang, record, parsed.as_ref()))
                (attachments(lang, record))
                @if masked { (mask_bar(officer, &format!("/console/filings/{}/reveal", record.row.id))) }
                @match &parsed {
                    Some(parsed) => {
                        (sheet(&page, parsed))
                        (certificate)
                    },
                    None if record.canonical.is_empty() => p.notice id="erased" { (t(lang, "保存期間が満了したため、内容は消去されています。", "The content was erased after its period had passed.")) },
                    None => p.alert { (t(lang, "内容を表示できません。原本をダウンロードして確認してください。", "The content cannot be shown. Download the original.")) },
                }
            }
            aside.facts-side aria-label=(t(lang, "署名・受付・経過", "Signature, receipt, history")) {
                (signature_box(lang, record))
                (second)
                (receipt_box(lang, app, record, masked))
                (papers)
                (voices)
                (history_box(lang, app, record, &desk, &names))
            }
        }
    };
    framed(app, officer, &heading, &body).await
}

fn actions(app: &Shared, officer: &Officer, record: &FilingRecord, desk: &OnDesk) -> Markup {
    let lang = officer.lang;
    let state = record.row.state;
    let two = needs_two(app, record);
    let (may, words) = match (two, &desk.proposed_by) {
        (false, _) => (officer.may(Right::Decide), t(lang, "受理する", "Accept")),
        (true, None) => (
            officer.may(Right::Propose),
            t(lang, "受理を提案する", "Propose to accept"),
        ),
        (true, Some(maker)) => (
            officer.may(Right::Decide) && *maker != officer.account.id,
            t(lang, "提案を確かめる", "Look at the proposal"),
        ),
    };
    html! {
        @if state.may_become(FilingState::Returned) && officer.may(Right::GiveBack) {
            a.button.secondary id="return" href={ "/console/filings/" (record.row.id) "/return" } { (t(lang, "補正を依頼する", "Return for correction")) }
        }
        @if state.may_become(FilingState::Accepted) && may {
            a.button.primary id="accept" href={ "/console/filings/" (record.row.id) "/accept" } { (words) }
        }
    }
}

/// That two officers are needed, and how far they are.
pub(in crate::http) fn second_officer(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    (desk, names): (&OnDesk, &Names),
) -> Markup {
    let lang = officer.lang;
    if !needs_two(app, record) || record.row.state == FilingState::Accepted {
        return Markup::default();
    }
    match desk.proposal() {
        None => html! {
            p.notice-bar id="two-officers" { (t(lang, "この手続きの受理には、職員2人の確認が必要です。", "Accepting this needs two officers.")) }
        },
        Some(proposal) => html! {
            div.notice-bar id="two-officers" data-proposed-by=(proposal.actor) {
                p {
                    strong { (t(lang, "別の職員の承認を待っています。", "Waiting for another officer.")) } " "
                    (t(lang, "提案：", "Proposed by ")) (staff_name(app, names, &proposal.actor)) "（" (jst::short(proposal.at)) "）"
                }
                @if let Some(words) = &proposal.note { p.lines lang="ja" { (words) } }
                @if proposal.actor == officer.account.id { p { (t(lang, "提案した本人は承認できません。", "Whoever proposed cannot confirm.")) } }
            }
        },
    }
}

/// Who has the filing, and taking or giving it back.
fn hands(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    (desk, names): (&OnDesk, &Names),
) -> Markup {
    let lang = officer.lang;
    let base = format!("/console/filings/{}", record.row.id);
    let mine = desk.assignee.as_deref() == Some(officer.account.id.as_str());
    let open = record.row.state != FilingState::Accepted && officer.may(Right::Propose);
    html! {
        div.hands id="hands" {
            span {
                (t(lang, "担当：", "In hand of: "))
                strong id="assignee" { @match &desk.assignee {
                    Some(id) => (staff_name(app, names, id)),
                    None => (t(lang, "なし", "nobody")),
                } }
            }
            @if mine {
                form method="post" action={ (base) "/put-back" } {
                    (csrf(officer))
                    button.quiet type="submit" id="put-back" { (t(lang, "担当をはずれる", "Give it back")) }
                }
            } @else if open {
                form method="post" action={ (base) "/take" } {
                    (csrf(officer))
                    input type="hidden" name="from" value=(desk.assignee.as_deref().unwrap_or_default());
                    button.quiet type="submit" id="take" { @if desk.assignee.is_some() { (t(lang, "担当を引き継ぐ", "Take over")) } @else { (t(lang, "担当する", "Take it")) } }
                }
            }
        }
    }
}

/// The bar above masked values.
pub(super) fn mask_bar(officer: &Officer, action: &str) -> Markup {
    let lang = officer.lang;
    html! {
        form.mask-bar method="post" action=(action) {
            (csrf(officer))
            span { (t(lang, "支援措置のため、住所などを伏せています。表示すると記録に残ります。", "Addresses are masked (support measure). Showing them is logged.")) }
            @if officer.may(Right::Unmask) { button.secondary type="submit" id="reveal" { (t(lang, "表示する", "Show")) } }
        }
    }
}

fn reasons(lang: Lang, record: &FilingRecord, parsed: Option<&ParsedFiling>) -> Markup {
    let codes = codes(&record.row);
    html! {
        @if !codes.is_empty() {
            section.card.reasons aria-labelledby="reasons" {
                h2 id="reasons" { (t(lang, "確認すること", "To check")) }
                ul {
                    @for code in codes {
                        li class=(severity(code)) data-reason=(reason_word(code)) {
                            strong { (say(lang, code.flag())) }
                            p { (say(lang, code.explain())) }
                            p.advice { (say(lang, code.advice())) }
                            (reason_detail(lang, code, record, parsed))
                        }
                    }
                }
            }
        }
    }
}

fn reason_detail(
    lang: Lang,
    code: ReasonCode,
    record: &FilingRecord,
    parsed: Option<&ParsedFiling>,
) -> Markup {
    match code {
        ReasonCode::DuplicateChild => html! {
            ul.links { @for other in &record.duplicates { li {
                a.compare href={ "/console/filings/" (record.row.id) "/compare/" (other.id) } {
                    "No. " (other.arrival_no) " " (t(lang, "と並べて比べる", "side by side"))
                }
                " " (state_mark(lang, other.state))
            } } }
        },
        ReasonCode::ReviewValue => html! {
            ul.details { @for reason in record.row.facts.reasons.iter().filter(|reason| reason.code == code) {
                li { (review_line(lang, reason, parsed)) }
            } }
        },
        _ => html! {},
    }
}

/// "child_mei|SecondCodePoint" in words.
fn review_line(lang: Lang, reason: &Reason, parsed: Option<&ParsedFiling>) -> Markup {
    let (path, code) = reason
        .detail
        .as_deref()
        .unwrap_or_default()
        .split_once('|')
        .unwrap_or_default();
    let label = parsed
        .and_then(|filing| filing.rows.iter().find(|row| row.path.as_str() == path))
        .map(|row| row.label.get(lang));
    html! { (label.unwrap_or(path)) "：" (say(lang, review(code))) }
}
