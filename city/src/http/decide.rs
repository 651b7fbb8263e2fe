//! Accepting a filing and returning it, each confirmed on a second page.
//!
//! Answers for the forms and their checks; the step itself is the store's, in one transaction. No page edits a filing.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use ubugoe_procedures::{Filing, Lang, Source, Value};

use super::console::preview;
use super::console::{
    find, framed, look_at, needs_two, note, remaining, second_officer, summary, ticks_of, work,
};
use super::fields::Fields;
use super::guard::{Officer, Posted};
use super::page::{csrf, say};
use super::{Failure, Shared, t};
use crate::casework::roles::Right;
use crate::casework::{FilingState, ReturnReason};
use crate::receipt::MAX_NOTE;
use crate::store::desk::{Concluded, Conclusion, OnDesk, Proposal};
use crate::store::{Decided, Decision, FilingRecord, Finding};

/// Whether every part of the signature that can be checked was found right.
fn signature_holds(record: &FilingRecord) -> bool {
    let finding = &record.row.facts.signature;
    [finding.math, finding.chain, finding.validity]
        .iter()
        .all(|part| *part == Finding::Ok)
}

/// What is wrong with a form that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Complaint {
    NoReason,
    NoNote,
    NoWords,
    TooLong,
    NamesSomebody,
    Unprintable,
}

impl Complaint {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::NoReason => t(lang, "理由を選んでください。", "Choose a reason."),
            Self::NoNote => t(
                lang,
                "本人確認の方法と判断の理由を書いてください。",
                "Write down how the person was identified and why this is accepted.",
            ),
            Self::NoWords => t(lang, "差し戻しの理由を書いてください。", "Write down why."),
            Self::TooLong => t(
                lang,
                "500文字以内で書いてください。",
                "Use at most 500 characters.",
            ),
            Self::NamesSomebody => t(
                lang,
                "届出の氏名や住所が含まれています。家族向けページにも表示されるため、氏名・住所を書かずに説明してください。",
                "This contains a name or address from the filing. Families see it on a page without names, so please leave those out.",
            ),
            Self::Unprintable => t(
                lang,
                "使えない文字が含まれています。",
                "This contains characters that cannot be shown.",
            ),
        }
    }
}

/// The officer's free words: line ends unified, nothing invisible, bounded. Empty is `None`.
fn free_words(fields: &Fields) -> Result<Option<String>, Complaint> {
    let text = fields
        .get("note")
        .unwrap_or_default()
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let text = text.trim();
    if text.len() > MAX_NOTE || text.chars().count() > 500 {
        return Err(Complaint::TooLong);
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Complaint::Unprintable);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Whether words meant for the family contain a name, address or other free text of the filing. What the system or the
/// municipality's profile put in (出生, the mayor as addressee) tells nothing about anybody.
fn names_somebody(record: &FilingRecord, words: &str) -> bool {
    let Ok(parsed) = Filing::parse(&record.canonical) else {
        return false;
    };
    parsed.rows.iter().any(|row| match &row.value {
        Value::Text(text) if !matches!(row.source, Source::System | Source::Profile) => {
            text.chars().count() >= 2 && words.contains(text.as_str())
        }
        _ => false,
    })
}

/// First page of accepting: what it means. Where two officers are needed, it proposes or confirms.
pub(super) async fn ask_accept(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    officer.must(Right::Propose)?;
    let record = find(&app, &id).await?;
    let desk = app.store.on_desk(record.row.id).await?;
    let step = step(&app, &officer, &record, &desk)?;
    note(
        &app,
        &officer,
        "filing.viewed",
        &record.row.id.to_string(),
        "accept",
    )
    .await?;
    if !record.row.state.may_become(FilingState::Accepted) {
        return stale(&app, &officer, &record, false).await;
    }
    if step == Step::Wait {
        return stale(&app, &officer, &record, true).await;
    }
    accept_page(&app, &officer, &record, &desk, step, None)
        .await
        .map(IntoResponse::into_response)
}

/// What accepting means for this officer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// One officer is enough.
    Accept,
    /// The first of two.
    Propose,
    /// The second of two, about the proposal of this number.
    Confirm(u32),
    /// The first of two, who has proposed.
    Wait,
}

impl Step {
    fn heading(self, lang: Lang) -> &'static str {
        match self {
            Self::Accept | Self::Wait => t(lang, "この届出を受理しますか", "Accept this filing?"),
            Self::Propose => t(
                lang,
                "この届出の受理を提案しますか",
                "Propose to accept this filing?",
            ),
            Self::Confirm(_) => t(lang, "提案のとおり受理しますか", "Accept as proposed?"),
        }
    }

    fn button(self, lang: Lang) -> &'static str {
        match self {
            Self::Accept | Self::Wait => t(lang, "受理する", "Accept"),
            Self::Propose => t(lang, "受理を提案する", "Propose to accept"),
            Self::Confirm(_) => t(lang, "承認して受理する", "Confirm and accept"),
        }
    }
}

fn step(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    desk: &OnDesk,
) -> Result<Step, Failure> {
    if !needs_two(app, record) {
        officer.must(Right::Decide)?;
        return Ok(Step::Accept);
    }
    match desk.proposal() {
        None => {
            officer.must(Right::Propose)?;
            Ok(Step::Propose)
        }
        Some(proposal) if proposal.actor == officer.account.id => Ok(Step::Wait),
        Some(proposal) => {
            officer.must(Right::Decide)?;
            Ok(Step::Confirm(proposal.seq))
        }
    }
}

async fn accept_page(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    desk: &OnDesk,
    step: Step,
    complaint: Option<Complaint>,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let doubtful = !signature_holds(record);
    let names = app.store.officer_names().await?;
    let parsed = Filing::parse(&record.canonical).ok();
    let masked = record.row.facts.protected;
    let base = format!("/console/filings/{}", record.row.id);
    let body = html! {
        (back(lang, record))
        h1 { (step.heading(lang)) }
        (second_officer(app, officer, record, (desk, &names)))
        (summary(lang, app, record))
        section.card {
            h2 { (t(lang, "受理すると", "What happens")) }
            ul.plain {
                @if step == Step::Propose { li { (t(lang, "まだ受理されません。別の職員が承認したときに受理となります。", "It is not accepted yet, but when another officer confirms.")) } }
                li { (t(lang, "届出人の端末と家族向けページに「受理」と表示されます。", "The device and the family's page show “accepted”.")) }
                li { (t(lang, "受理した届出は、この画面では変更も取消もできません。訂正は法定の手続きによります。", "An accepted filing cannot be changed or undone here; corrections have their own procedures.")) }
                li { (t(lang, "届出が到達した日は変わりません。", "The day of arrival stays the same.")) }
            }
        }
        (preview::accepted(lang, parsed.as_ref()))
        (preview::next_steps(app, lang, parsed.as_ref()))
        form.decision method="post" action={ (base) "/accept" } {
            (csrf(officer))
            input type="hidden" name="version" value=(record.version());
            @if let Step::Confirm(number) = step { input type="hidden" name="proposal" value=(number); }
            @if let Some(parsed) = &parsed { (remaining(lang, record, parsed, desk, masked)) }
            @if doubtful {
                p.alert { (t(lang, "電子署名に不備があります。受理する場合は、本人確認の方法と判断の理由を記録してください。", "The electronic signature has a defect. To accept, record how the person was identified and why.")) }
            }
            (complain(lang, complaint))
            @if doubtful || step == Step::Propose {
                label for="note" { (t(lang, "判断の記録（庁内のみ）", "Record of the decision (office only)")) }
                textarea id="note" name="note" rows="3" maxlength="500" required[doubtful] {}
            }
            div.buttons {
                a.button.secondary href=(base) { (t(lang, "やめる", "Cancel")) }
                button.primary type="submit" id="confirm" { (step.button(lang)) }
            }
        }
        @if let Step::Confirm(number) = step {
            form.decision id="send-back-form" method="post" action={ (base) "/send-back" } {
                (csrf(officer))
                input type="hidden" name="proposal" value=(number);
                h2 { (t(lang, "提案を差し戻す", "Send the proposal back")) }
                label for="back-note" { (t(lang, "差し戻しの理由（庁内のみ）", "Why (office only)")) }
                textarea id="back-note" name="note" rows="2" maxlength="500" required {}
                div.buttons { button.secondary type="submit" id="send-back" { (t(lang, "差し戻す", "Send back")) } }
            }
        }
    };
    framed(
        app,
        officer,
        t(lang, "受理の確認", "Confirm acceptance"),
        &html! { div.narrow { (body) } },
    )
    .await
}

fn back(lang: Lang, record: &FilingRecord) -> Markup {
    html! { p.back { a href={ "/console/filings/" (record.row.id) } { "← " (t(lang, "届出に戻る", "Back to the filing")) } } }
}

fn complain(lang: Lang, complaint: Option<Complaint>) -> Markup {
    html! { @if let Some(complaint) = complaint { p.alert id="complaint" role="alert" { (complaint.words(lang)) } } }
}

/// Accepting, proposing to, or confirming.
pub(super) async fn accept(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Propose)?;
    let record = find(&app, &id).await?;
    let desk = app.store.on_desk(record.row.id).await?;
    let step = step(&app, &officer, &record, &desk)?;
    let words = match free_words(&fields) {
        Ok(None) if !signature_holds(&record) => Err(Complaint::NoNote),
        other => other,
    };
    let words = match words {
        Ok(words) => words,
        Err(complaint) => {
            let page = accept_page(&app, &officer, &record, &desk, step, Some(complaint)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let version = version(&fields)?;
    let parsed = Filing::parse(&record.canonical).ok();
    let ticks = ticks_of(&fields, &record, parsed.as_ref());
    let confirms = match step {
        Step::Accept => None,
        Step::Wait => return stale(&app, &officer, &record, true).await,
        Step::Propose => {
            let proposal = Proposal {
                hand: work::hand(&app, &officer, &record),
                version,
                ticks,
                note: words,
            };
            let done = app.store.propose(proposal).await?;
            return work::answer(&app, &officer, &record, &done).await;
        }
        // what is confirmed is the proposal that was read, not one that came since
        Step::Confirm(_) => {
            let number = fields.get("proposal").and_then(|text| text.parse().ok());
            Some(number.ok_or(Failure::BadForm("proposal"))?)
        }
    };
    let decision = Decision {
        filing: record.row.id,
        version,
        to: FilingState::Accepted,
        reason: None,
        note: words,
        actor: officer.account.id.clone(),
        at: app.now(),
    };
    carry_out(
        &app,
        &officer,
        &record,
        decision,
        Conclusion { confirms, ticks },
    )
    .await
}

/// Sending a proposal back to its maker.
pub(super) async fn send_back(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Decide)?;
    let record = find(&app, &id).await?;
    let number = fields.get("proposal").and_then(|text| text.parse().ok());
    let number = number.ok_or(Failure::BadForm("proposal"))?;
    let words = match free_words(&fields).and_then(|words| words.ok_or(Complaint::NoWords)) {
        Ok(words) => words,
        Err(complaint) => {
            let desk = app.store.on_desk(record.row.id).await?;
            let step = Step::Confirm(number);
            let page = accept_page(&app, &officer, &record, &desk, step, Some(complaint)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let hand = work::hand(&app, &officer, &record);
    let done = app.store.send_back(hand, number, words).await?;
    work::answer(&app, &officer, &record, &done).await
}

/// The version of the filing that the officer saw.
fn version(fields: &Fields) -> Result<u32, Failure> {
    fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or(Failure::BadForm("version"))
}

async fn carry_out(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    decision: Decision,
    conclusion: Conclusion,
) -> Result<Response, Failure> {
    let sealer = std::sync::Arc::clone(&app.sealer);
    match app.store.conclude(decision, conclusion, sealer).await? {
        Concluded::Decided(Decided::Done { .. }) => {
            app.decided.notify_one();
            app.nonstop.bell.notify_one();
            Ok(Redirect::to(&format!("/console/filings/{}", record.row.id)).into_response())
        }
        Concluded::Decided(Decided::NotFound) => Err(Failure::NotFound),
        Concluded::Decided(Decided::Stale { .. }) | Concluded::NoProposal => {
            stale(app, officer, record, false).await
        }
        Concluded::SamePerson => stale(app, officer, record, true).await,
    }
}

/// Somebody else was first, or the step is not open; `same`: whoever proposed may not confirm.
pub(super) async fn stale(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    same: bool,
) -> Result<Response, Failure> {
    let lang = officer.lang;
    let (heading, words) = if same {
        (
            t(
                lang,
                "別の職員の承認が必要です",
                "Another officer has to confirm",
            ),
            t(
                lang,
                "提案した本人は承認できません。別の職員に依頼してください。何も変更していません。",
                "Whoever proposed cannot confirm. Ask a colleague. Nothing was changed.",
            ),
        )
    } else {
        (
            t(
                lang,
                "ほかの操作が先に行われました",
                "Something else happened first",
            ),
            t(
                lang,
                "この届出は、画面を開いた後に状態が変わりました。いまの状態を確認してください。何も変更していません。",
                "The filing's state changed after this page was opened. Please look at it again. Nothing was changed.",
            ),
        )
    };
    let body = html! {
        (back(lang, record))
        h1 { (heading) }
        p { (words) }
    };
    let page = framed(app, officer, heading, &html! { div.narrow { (body) } }).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// First page of returning: the reason.
pub(super) async fn ask_return(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::GiveBack, id.as_str());
    let record = look_at(&app, &officer, what, ("filing.viewed", "return")).await?;
    if !record.row.state.may_become(FilingState::Returned) {
        return stale(&app, &officer, &record, false).await;
    }
    return_form(&app, &officer, &record, &Fields::default(), None)
        .await
        .map(IntoResponse::into_response)
}

async fn return_form(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    fields: &Fields,
    complaint: Option<Complaint>,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let chosen = fields.get("reason").unwrap_or_default();
    let body = html! {
        (back(lang, record))
        h1 { (t(lang, "補正を依頼する", "Return for correction")) }
        (summary(lang, app, record))
        form.decision method="post" action={ "/console/filings/" (record.row.id) "/return" } {
            (csrf(officer))
            input type="hidden" name="version" value=(record.version());
            (complain(lang, complaint))
            label for="reason" { (t(lang, "理由", "Reason")) }
            select id="reason" name="reason" required {
                option value="" { (t(lang, "選んでください", "Choose one")) }
                @for reason in ReturnReason::ALL {
                    option value=(reason.code()) selected[reason.code() == chosen] { (say(lang, reason.staff())) }
                }
            }
            label for="note" { (t(lang, "家族への説明（任意・500文字まで）", "Explanation for the family (optional, up to 500 characters)")) }
            p.hint id="note-hint" { (t(lang, "端末と家族向けページに表示されます。氏名・住所・生年月日は書かないでください。", "Shown on the device and on the family's page. Leave out names, addresses and birth dates.")) }
            textarea id="note" name="note" rows="4" maxlength="500" aria-describedby="note-hint" { (fields.get("note").unwrap_or_default()) }
            div.buttons {
                a.button.secondary href={ "/console/filings/" (record.row.id) } { (t(lang, "やめる", "Cancel")) }
                button.primary type="submit" id="next" { (t(lang, "確認へ進む", "Continue")) }
            }
        }
    };
    framed(
        app,
        officer,
        t(lang, "補正の依頼", "Return for correction"),
        &html! { div.narrow { (body) } },
    )
    .await
}

/// Second page of returning, and the return itself.
pub(super) async fn give_back(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::GiveBack)?;
    let record = find(&app, &id).await?;
    let checked = (|| {
        let reason = fields
            .get("reason")
            .and_then(ReturnReason::from_code)
            .ok_or(Complaint::NoReason)?;
        let words = free_words(&fields)?;
        if words
            .as_deref()
            .is_some_and(|words| names_somebody(&record, words))
        {
            return Err(Complaint::NamesSomebody);
        }
        Ok((reason, words))
    })();
    let (reason, words) = match checked {
        Ok(checked) => checked,
        Err(complaint) => {
            let page = return_form(&app, &officer, &record, &fields, Some(complaint)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    if fields.get("confirmed") == Some("yes") {
        let decision = Decision {
            filing: record.row.id,
            version: version(&fields)?,
            to: FilingState::Returned,
            reason: Some(reason.code().to_owned()),
            note: words,
            actor: officer.account.id.clone(),
            at: app.now(),
        };
        return carry_out(&app, &officer, &record, decision, Conclusion::default()).await;
    }
    confirm_return(&app, &officer, &record, reason, words.as_deref())
        .await
        .map(IntoResponse::into_response)
}

async fn confirm_return(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    reason: ReturnReason,
    words: Option<&str>,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let parsed = Filing::parse(&record.canonical).ok();
    let body = html! {
        (back(lang, record))
        h1 { (t(lang, "この内容で補正を依頼しますか", "Return it with these words?")) }
        (summary(lang, app, record))
        (preview::returned(lang, parsed.as_ref(), reason, words))
        form.decision method="post" action={ "/console/filings/" (record.row.id) "/return" } {
            (csrf(officer))
            input type="hidden" name="version" value=(record.version());
            input type="hidden" name="reason" value=(reason.code());
            input type="hidden" name="note" value=(words.unwrap_or_default());
            input type="hidden" name="confirmed" value="yes";
            div.buttons {
                a.button.secondary href={ "/console/filings/" (record.row.id) "/return" } { (t(lang, "書き直す", "Change")) }
                button.primary type="submit" id="confirm" { (t(lang, "補正を依頼する", "Return for correction")) }
            }
        }
    };
    framed(
        app,
        officer,
        t(lang, "補正の依頼の確認", "Confirm the return"),
        &html! { div.narrow { (body) } },
    )
    .await
}
