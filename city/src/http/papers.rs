//! Papers and exports on the console, and the family's leaflet.
//!
//! Answers for who may have which paper, and for the audit line before it leaves. What stands on a paper is
//! [`crate::papers`]'s, what stands in a file [`crate::export`]'s business.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use ubugoe_procedures::{Filing, Lang, calendar};

use super::console::{look_at, note};
use super::family::{self, Guest};
use super::guard::{Officer, Posted};
use super::page::{Part, console as frame, csrf, say};
use super::{Failure, Shared, t};
use crate::casework::roles::Right;
use crate::casework::{FilingState, ReturnReason};
use crate::export::{self, Format, Layout};
use crate::jst;
use crate::papers::{
    FontProblem, Fonts, Leaflet, LeafletLine, Notice, Outcome, Paper, Received,
    leaflet as set_leaflet, notice as set_notice, paper as set_paper,
};
use crate::store::{FamilyFiling, FilingRecord};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route(
            "/console/filings/{id}/paper.pdf",
            get(paper).post(paper_unmasked),
        )
        .route("/console/filings/{id}/notice.pdf", get(notice))
        .route(
            "/console/filings/{id}/leaflet.pdf",
            get(leaflet_for_officer),
        )
        .route("/console/export", get(exports))
        .route("/console/export/{layout}", post(export))
        .route("/f/{token}/leaflet.pdf", get(leaflet))
}

/// Sets a paper on a thread that may wait.
async fn set(
    app: &Shared,
    work: impl FnOnce(&Fonts) -> Result<Paper, FontProblem> + Send + 'static,
) -> Result<Vec<u8>, Failure> {
    let app = Arc::clone(app);
    let paper = tokio::task::spawn_blocking(move || work(app.fonts.fonts()?.as_ref()))
        .await
        .map_err(|_| Failure::PaperStopped)??;
    if paper.overflows > 0 {
        tracing::warn!(
            boxes = paper.overflows,
            "a paper has boxes that are too small for their text"
        );
    }
    if !paper.missing.is_empty() {
        tracing::warn!(
            pieces = paper.missing.len(),
            "a paper shows code points in place of glyphs: no typeface has them"
        );
    }
    Ok(paper.pdf)
}

fn file(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
        ],
        bytes,
    )
        .into_response()
}

/// The filing as its form looks; addresses of a protected filer stay hidden.
async fn paper(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::SeeContent, id.as_str());
    let record = look_at(&app, &officer, what, ("filing.printed", "paper")).await?;
    let masked = record.row.facts.protected;
    filing_paper(&app, record, masked).await
}

/// The same with everything shown; a form of its own, and logged like showing it on the screen.
async fn paper_unmasked(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let what = (Right::Unmask, id.as_str());
    let record = look_at(&app, &posted.officer, what, ("filing.unmasked", "paper")).await?;
    filing_paper(&app, record, false).await
}

async fn filing_paper(
    app: &Shared,
    record: FilingRecord,
    masked: bool,
) -> Result<Response, Failure> {
    let filing = Filing::parse(&record.canonical).map_err(|_| Failure::NotFound)?;
    let received = Received {
        office: app.office.name.get(Lang::Ja).to_owned(),
        arrival_no: record.row.arrival_no,
        arrived: jst::moment(record.row.arrived_at, Lang::Ja),
        accepted: reached(&record, FilingState::Accepted),
        digest: hex::encode(record.digest),
    };
    let known = Arc::clone(app);
    let pdf = set(app, move |fonts| {
        let procedure = known
            .catalogue
            .procedure(&filing.procedure)
            .filter(|procedure| procedure.form.version == filing.form_version);
        set_paper(fonts, &filing, procedure, &received, masked)
    })
    .await?;
    let name = format!("filing-{}.pdf", record.row.arrival_no);
    Ok(file(&name, "application/pdf", pdf))
}

/// When it last came into a state, in Japanese words.
fn reached(record: &FilingRecord, state: FilingState) -> Option<String> {
    let mut entries = record.history.iter().rev();
    let entry = entries.find(|entry| entry.state == state)?;
    Some(jst::moment(entry.at, Lang::Ja))
}

/// The notice of what became of it.
async fn notice(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::SeeContent, id.as_str());
    let record = look_at(&app, &officer, what, ("filing.printed", "notice")).await?;
    let state = record.row.state;
    let last = record.history.last();
    let outcome = match state {
        FilingState::Arrived => Outcome::Arrived,
        FilingState::Accepted => Outcome::Accepted,
        FilingState::Returned => Outcome::Returned {
            reason: returned_for(last.and_then(|entry| entry.reason.as_deref()), Lang::Ja)
                .to_owned(),
            note: last
                .and_then(|entry| entry.note.clone())
                .unwrap_or_default(),
        },
    };
    let facts = &record.row.facts;
    let step = record
        .row
        .procedure
        .parse()
        .ok()
        .and_then(|id| app.catalogue.procedure(&id))
        .and_then(|procedure| procedure.officer_item.as_ref())
        .map(|item| item.title.get(Lang::Ja).to_owned());
    let words = Notice {
        to: facts.claimant.clone(),
        office: app.office.name.get(Lang::Ja).to_owned(),
        phone: app.office.phone.clone(),
        day: today(&app, Lang::Ja),
        procedure: facts.title_ja.clone(),
        step,
        child: facts.child.clone(),
        arrival_no: record.row.arrival_no,
        arrived: jst::moment(record.row.arrived_at, Lang::Ja),
        at: reached(&record, state).unwrap_or_default(),
        outcome,
    };
    let pdf = set(&app, move |fonts| set_notice(fonts, &words)).await?;
    let name = format!("notice-{}.pdf", record.row.arrival_no);
    Ok(file(&name, "application/pdf", pdf))
}

fn today(app: &Shared, lang: Lang) -> String {
    let day = jst::date(app.now());
    day.map_or_else(String::new, |day| match lang {
        Lang::Ja => calendar::japanese(day),
        Lang::En => calendar::english(day),
    })
}

fn returned_for(reason: Option<&str>, lang: Lang) -> &'static str {
    let reason = reason
        .and_then(ReturnReason::from_code)
        .unwrap_or(ReturnReason::WillContact);
    say(lang, reason.family())
}

/// The family's leaflet, behind the same link as their page.
async fn leaflet(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    let lang = guest.tongue.lang();
    family::note(&app, &guest, "family.viewed", "leaflet").await?;
    leaflet_of(&app, lang, guest.hash).await
}

/// The same, handed over by an officer.
async fn leaflet_for_officer(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::SeeContent, id.as_str());
    let record = look_at(&app, &officer, what, ("filing.printed", "leaflet")).await?;
    let link = app.store.family_link_state(record.row.id).await?;
    let case_ref = link.ok_or(Failure::NotFound)?.case_ref;
    leaflet_of(&app, officer.lang, case_ref).await
}

async fn leaflet_of(app: &Shared, lang: Lang, link: [u8; 32]) -> Result<Response, Failure> {
    let filings = app.store.family(link).await?;
    let profile = app.catalogue.profile(&app.office.municipality);
    let phone = app
        .office
        .phone
        .clone()
        .or_else(|| profile.map(|profile| profile.counter.tel.clone()));
    let hours = profile.map(|profile| profile.counter.hours.get(lang).to_owned());
    let words = Leaflet {
        lang,
        office: app.office.name.get(lang).to_owned(),
        contact: phone.into_iter().chain(hours).collect(),
        day: today(app, lang),
        lines: filings
            .iter()
            .map(|filing| leaflet_line(lang, filing))
            .collect(),
    };
    let pdf = set(app, move |fonts| set_leaflet(fonts, &words)).await?;
    Ok(file("leaflet.pdf", "application/pdf", pdf))
}

fn leaflet_line(lang: Lang, filing: &FamilyFiling) -> LeafletLine {
    let returned = filing.state == FilingState::Returned;
    let mut correct = Vec::new();
    if returned {
        correct.push(returned_for(filing.reason.as_deref(), lang).to_owned());
        correct.extend(filing.note.clone());
    }
    LeafletLine {
        title: match lang {
            Lang::Ja => filing.title_ja.clone(),
            Lang::En => filing.title_en.clone(),
        },
        done: filing.state == FilingState::Accepted,
        theirs: returned,
        state: say(lang, filing.state.family()).to_owned(),
        next: say(lang, filing.state.next_step()).to_owned(),
        correct,
        arrived: jst::moment(filing.arrived_at, lang),
        arrival_no: filing.arrival_no,
    }
}

/// What leaves a case as paper, and the number that core systems know its signer by.
pub(super) async fn outputs(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let serial = record.row.facts.signature.serial.clone();
    let numbers = app
        .store
        .addressees(serial.iter().cloned().collect())
        .await?;
    let number = serial.and_then(|serial| numbers.get(&serial).cloned());
    let base = format!("/console/filings/{}", record.row.id);
    Ok(html! {
        section.card aria-labelledby="outputs-title" {
            h2 id="outputs-title" { (t(lang, "書面と番号", "Papers and number")) }
            dl.small {
                dt { (t(lang, "届出人の宛名番号", "Addressee number of the signer")) }
                dd.code id="addressee" { (number.as_deref().unwrap_or(t(lang, "（取り込んだ表にありません）", "(not in the imported table)"))) }
            }
            p.links {
                a id="paper" href={ (base) "/paper.pdf" } { (t(lang, "届出書（PDF）", "Form (PDF)")) }
                a id="notice-paper" href={ (base) "/notice.pdf" } { (t(lang, "お知らせ（PDF）", "Notice (PDF)")) }
                a href={ (base) "/leaflet.pdf" } { (t(lang, "家族向けの紙（PDF）", "Family leaflet (PDF)")) }
            }
            @if record.row.facts.protected && officer.may(Right::Unmask) {
                form method="post" action={ (base) "/paper.pdf" } {
                    (csrf(officer))
                    button.secondary type="submit" id="paper-unmasked" { (t(lang, "住所を表示した届出書（記録に残ります）", "Form with addresses (logged)")) }
                }
            }
        }
    })
}

/// What is ready for core systems, and what left before.
async fn exports(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::Export)?;
    let lang = officer.lang;
    let counts = app.store.counts().await?;
    note(&app, &officer, "export.viewed", "-", "").await?;
    let mut ready = Vec::new();
    for layout in layouts()? {
        let prepared =
            export::prepare(app.store.as_ref(), &layout, Format::Csv, (0, false)).await?;
        ready.push((layout, prepared));
    }
    let past = app.store.exports(50).await?;
    let title = t(lang, "基幹システムへの引き渡し", "Hand on to core systems");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "受理した届出を、取込様式ごとに一度だけ書き出します。文字は置き換えません。様式に入らない値があるものは書き出さず、下に示します。様式は架空のものです。",
            "Accepted filings leave once per layout. No character is replaced: what a layout cannot carry stays here and is named below. The layouts are fictional.")) }
        @for (layout, prepared) in &ready {
            section.card id={ "layout-" (layout.id) } {
                h2 { (t_layout(lang, layout)) }
                p { (t(lang, "書き出せる届出：", "Ready: ")) strong data-ready=(prepared.filings.len()) { (prepared.filings.len()) } }
                @if !prepared.report.held.is_empty() {
                    ul.details { @for held in &prepared.report.held { li lang="en" { (held) } } }
                }
                @if !prepared.report.without_addressee.is_empty() {
                    p.hint { (t(lang, "宛名番号のない届出：", "Without an addressee number: "))
                        @for number in &prepared.report.without_addressee { "No. " (number) " " } }
                }
                @if !prepared.filings.is_empty() {
                    form method="post" action={ "/console/export/" (layout.id) } {
                        (csrf(&officer))
                        button.primary type="submit" name="format" value="csv" { (t(lang, "CSVで書き出す", "Export as CSV")) }
                        " "
                        button.secondary type="submit" name="format" value="json" { (t(lang, "JSONで書き出す", "Export as JSON")) }
                    }
                }
            }
        }
        section.card {
            h2 { (t(lang, "これまでの書き出し", "Past exports")) }
            @if past.is_empty() { p.empty { (t(lang, "ありません。", "There are none.")) } } @else {
                div.scroll { table.list id="exports" { tbody { @for row in &past {
                    tr { td { (jst::short(row.at)) } td { (row.layout) } td { (row.filings) } td { (row.actor) } td.code { "sha256 " (hex::encode(row.sha256)) } }
                } } } }
            }
        }
    };
    Ok(frame(
        &officer,
        app.office.name.get(lang),
        counts,
        Part::Filings,
        title,
        &body,
    ))
}

fn t_layout(lang: Lang, layout: &Layout) -> &str {
    match lang {
        Lang::Ja => &layout.title_ja,
        Lang::En => &layout.title_en,
    }
}

fn layouts() -> Result<Vec<Layout>, Failure> {
    export::builtin().map_err(|_| Failure::NotFound)
}

/// Records an export, then hands the file out.
async fn export(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.officer.must(Right::Export)?;
    let layout = layouts()?
        .into_iter()
        .find(|layout| layout.id == id)
        .ok_or(Failure::NotFound)?;
    let (format, ending, kind) = match posted.fields.get("format") {
        Some("csv") => (Format::Csv, "csv", "text/csv; charset=utf-8"),
        Some("json") => (Format::Json, "json", "application/json"),
        _ => return Err(Failure::BadForm("no such format")),
    };
    let prepared = export::prepare(app.store.as_ref(), &layout, format, (0, false)).await?;
    if prepared.filings.is_empty() {
        return Err(Failure::NothingReady);
    }
    let record = prepared.record(&layout, app.now(), &posted.officer.account.id, false);
    if !app.store.note_export(record).await? {
        return Err(Failure::NothingReady);
    }
    let name = format!("{}-{}.{ending}", layout.id, app.now());
    Ok(file(&name, kind, prepared.bytes))
}
