//! Accepting a filing and returning it, each confirmed on a second page.
//!
//! Answers for the forms and their checks; the step itself is the store's, in one transaction. No page edits a filing.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use ubugoe_procedures::{Filing, Lang, Source, Value};

use super::console::{find, note, summary};
use super::fields::Fields;
use super::guard::{Officer, Posted};
use super::page::{Part, console as frame, csrf, say};
use super::{Failure, Shared, t};
use crate::casework::roles::Right;
use crate::casework::{FilingState, ReturnReason};
use crate::jst;
use crate::receipt::MAX_NOTE;
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

/// First page of accepting: what it means.
pub(super) async fn ask_accept(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    officer.must(Right::Decide)?;
    let record = find(&app, &id).await?;
    note(
        &app,
        &officer,
        "filing.viewed",
        &record.row.id.to_string(),
        "accept",
    )
    .await?;
    if !record.row.state.may_become(FilingState::Accepted) {
        return stale(&app, &officer, &record).await;
    }
    accept_page(&app, &officer, &record, None)
        .await
        .map(IntoResponse::into_response)
}

async fn accept_page(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    complaint: Option<Complaint>,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let doubtful = !signature_holds(record);
    let body = html! {
        (back(lang, record))
        h1 { (t(lang, "この届出を受理しますか", "Accept this filing?")) }
        (summary(lang, record, jst::date(app.now())))
        section.card {
            h2 { (t(lang, "受理すると", "What happens")) }
            ul.plain {
                li { (t(lang, "届出人の端末と家族向けページに「受理」と表示されます。", "The device and the family's page show “accepted”.")) }
                li { (t(lang, "受理した届出は、この画面では変更も取消もできません。訂正は法定の手続きによります。", "An accepted filing cannot be changed or undone here; corrections have their own procedures.")) }
                li { (t(lang, "届出が到達した日は変わりません。", "The day of arrival stays the same.")) }
            }
        }
        form.decision method="post" action={ "/console/filings/" (record.row.id) "/accept" } {
            (csrf(officer))
            input type="hidden" name="version" value=(record.version());
            @if doubtful {
                p.alert { (t(lang, "電子署名に不備があります。受理する場合は、本人確認の方法と判断の理由を記録してください。", "The electronic signature has a defect. To accept, record how the person was identified and why.")) }
                (complain(lang, complaint))
                label for="note" { (t(lang, "判断の記録（庁内のみ）", "Record of the decision (office only)")) }
                textarea id="note" name="note" rows="3" maxlength="500" required {}
            } @else { (complain(lang, complaint)) }
            div.buttons {
                a.button.secondary href={ "/console/filings/" (record.row.id) } { (t(lang, "やめる", "Cancel")) }
                button.primary type="submit" id="confirm" { (t(lang, "受理する", "Accept")) }
            }
        }
    };
    framed(
        app,
        officer,
        t(lang, "受理の確認", "Confirm acceptance"),
        &body,
    )
    .await
}

async fn framed(
    app: &Shared,
    officer: &Officer,
    title: &str,
    body: &Markup,
) -> Result<Markup, Failure> {
    let counts = app.store.counts().await?;
    Ok(frame(
        officer,
        app.office.name.get(officer.lang),
        counts,
        Part::Filings,
        title,
        &html! { div.narrow { (body) } },
    ))
}

fn back(lang: Lang, record: &FilingRecord) -> Markup {
    html! { p.back { a href={ "/console/filings/" (record.row.id) } { "← " (t(lang, "届出に戻る", "Back to the filing")) } } }
}

fn complain(lang: Lang, complaint: Option<Complaint>) -> Markup {
    html! { @if let Some(complaint) = complaint { p.alert id="complaint" role="alert" { (complaint.words(lang)) } } }
}

/// Accepting.
pub(super) async fn accept(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Decide)?;
    let record = find(&app, &id).await?;
    let words = match free_words(&fields) {
        Ok(None) if !signature_holds(&record) => Err(Complaint::NoNote),
        other => other,
    };
    let words = match words {
        Ok(words) => words,
        Err(complaint) => {
            let page = accept_page(&app, &officer, &record, Some(complaint)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    carry_out(
        &app,
        &officer,
        &record,
        &fields,
        FilingState::Accepted,
        None,
        words,
    )
    .await
}

async fn carry_out(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    fields: &Fields,
    to: FilingState,
    reason: Option<ReturnReason>,
    note: Option<String>,
) -> Result<Response, Failure> {
    let version = fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or(Failure::BadForm("version"))?;
    let decision = Decision {
        filing: record.row.id,
        version,
        to,
        reason: reason.map(|reason| reason.code().to_owned()),
        note,
        actor: officer.account.id.clone(),
        at: app.now(),
    };
    match app
        .store
        .decide(decision, std::sync::Arc::clone(&app.sealer))
        .await?
    {
        Decided::Done { .. } => {
            app.decided.notify_one();
            app.nonstop.bell.notify_one();
            Ok(Redirect::to(&format!("/console/filings/{}", record.row.id)).into_response())
        }
        Decided::NotFound => Err(Failure::NotFound),
        Decided::Stale { .. } => stale(app, officer, record).await,
    }
}

/// Somebody else was first, or the step is not open.
async fn stale(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
) -> Result<Response, Failure> {
    let lang = officer.lang;
    let body = html! {
        (back(lang, record))
        h1 { (t(lang, "ほかの操作が先に行われました", "Something else happened first")) }
        p { (t(lang, "この届出は、画面を開いた後に状態が変わりました。いまの状態を確認してください。何も変更していません。", "The filing's state changed after this page was opened. Please look at it again. Nothing was changed.")) }
    };
    let page = framed(
        app,
        officer,
        t(lang, "状態が変わっています", "State has changed"),
        &body,
    )
    .await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// First page of returning: the reason.
pub(super) async fn ask_return(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    officer.must(Right::GiveBack)?;
    let record = find(&app, &id).await?;
    note(
        &app,
        &officer,
        "filing.viewed",
        &record.row.id.to_string(),
        "return",
    )
    .await?;
    if !record.row.state.may_become(FilingState::Returned) {
        return stale(&app, &officer, &record).await;
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
        (summary(lang, record, jst::date(app.now())))
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
        &body,
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
        return carry_out(
            &app,
            &officer,
            &record,
            &fields,
            FilingState::Returned,
            Some(reason),
            words,
        )
        .await;
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
    let body = html! {
        (back(lang, record))
        h1 { (t(lang, "この内容で補正を依頼しますか", "Return it with these words?")) }
        (summary(lang, record, jst::date(app.now())))
        section.card {
            h2 { (t(lang, "家族に表示される内容", "What the family reads")) }
            p.preview lang="ja" { (reason.family().ja) }
            @if let Some(words) = words { p.preview.lines lang="ja" { (words) } }
            p.hint { (t(lang, "到達の日は変わりません。", "The day of arrival stays the same.")) }
        }
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
        &body,
    )
    .await
}
