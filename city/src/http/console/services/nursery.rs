//! Applications for nursery places: by round, with points, and as a file for the allocation.

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use ubugoe_procedures::Lang;
use ubugoe_procedures::nursery::Household;

use super::super::super::guard::{Officer, Posted};
use super::super::super::page::csrf;
use super::super::super::{Failure, Shared, t};
use super::super::note;
use super::{filing_link, framed, tabs};
use crate::casework::roles::Right;
use crate::jst;
use crate::services::nursery::{Estimate, estimate};
use crate::store::services::{ApplicationRow, ApplicationState};

/// Address parameters of the list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    round: Option<String>,
}

fn name(app: &Shared, id: &str) -> String {
    app.nurseries
        .as_ref()
        .and_then(|all| all.find(id))
        .map_or_else(|| id.to_owned(), |facility| facility.name.to_string())
}

/// Counted anew from what was submitted; a table that changed since shows here.
fn points(app: &Shared, application: &ApplicationRow) -> Option<Estimate> {
    let profile = app.catalogue.profile(&app.office.municipality)?;
    let household: Household = serde_json::from_str(&application.household).ok()?;
    let entry: Date = application.entry.parse().ok()?;
    estimate(profile, &household, None, entry)
}

pub(super) async fn list(
    State(app): State<Shared>,
    officer: Officer,
    Query(choice): Query<Choice>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeContent)?;
    note(&app, &officer, "services.viewed", "-", "nursery").await?;
    let lang = officer.lang;
    let rounds = app.store.nursery_rounds().await?;
    let round = choice
        .round
        .filter(|round| rounds.iter().any(|(known, _)| known == round))
        .or_else(|| rounds.first().map(|(round, _)| round.clone()));
    let mut applications = match &round {
        Some(round) => app.store.nursery_applications(round.clone()).await?,
        None => Vec::new(),
    };
    // greater standing first, as the allocation goes
    applications.sort_by_cached_key(|application| {
        let standing = points(&app, application).map(|found| found.score.standing());
        (std::cmp::Reverse(standing), application.id)
    });
    let title = t(lang, "利用調整の申込み", "Nursery applications");
    let body = html! {
        h1 { (title) }
        (tabs(&officer, "/nursery"))
        @if rounds.is_empty() { p.empty { (t(lang, "申込みはまだありません。", "No applications yet.")) } }
        @else {
            nav.queues aria-label=(t(lang, "回", "Rounds")) { @for (known, count) in &rounds {
                a href={ "/console/services/nursery?round=" (known) } aria-current=[(round.as_ref() == Some(known)).then_some("page")] { (known) " " span.count { (count) } }
            } }
            p.hint { (t(lang, "点数は家族の申告から計算した見込みです［GK］。書類で確かめて決めてください。", "Points are an estimate from what families say [GK]. Check the papers and decide.")) }
            (table(&app, lang, &applications))
            @if let Some(round) = round.as_ref().filter(|_| officer.may(Right::Export)) {
                form method="post" action="/console/services/nursery" {
                    (csrf(&officer))
                    input type="hidden" name="round" value=(round);
                    div.buttons { button.secondary type="submit" id="export" { (t(lang, "CSVで書き出す", "Export as CSV")) } }
                }
            }
        }
    };
    framed(&app, &officer, title, &body).await
}

fn table(app: &Shared, lang: Lang, applications: &[ApplicationRow]) -> Markup {
    html! {
        div.scroll { table.list id="applications" {
            thead { tr {
                th scope="col" { (t(lang, "受付番号", "Receipt no.")) }
                th scope="col" { (t(lang, "出生届", "Birth notification")) }
                th scope="col" { (t(lang, "点数の見込み", "Points, estimated")) }
                th scope="col" { (t(lang, "希望", "Wishes")) }
                th scope="col" { (t(lang, "提出", "Submitted")) }
            } }
            tbody { @for application in applications {
                tr data-application=(application.id) {
                    td { a.open href={ "/console/filings/" (application.filing) "/services" } { (application.receipt()) } }
                    td { (filing_link(application.filing, &application.arrival_no)) }
                    td { @if let Some(points) = application.points { (points) } @else { "—" } }
                    td lang="ja" { @for (at, id) in application.wishes.iter().enumerate() { @if at > 0 { " → " } (name(app, id)) } }
                    td.when { (jst::short(application.submitted_at)) @if application.times > 1 { " (" (application.times) ")" } }
                }
            } }
        } }
    }
}

/// One application with what the household says and how its points come about.
pub(super) fn detail(app: &Shared, lang: Lang, application: &ApplicationRow) -> Markup {
    let found = points(app, application);
    let state = match application.state {
        ApplicationState::Submitted => t(lang, "提出済み", "Submitted"),
        ApplicationState::Withdrawn => t(lang, "取下げ", "Withdrawn"),
        ApplicationState::Ended => t(lang, "取りやめ", "Ended"),
    };
    html! {
        section.card data-application=(application.id) data-state=(application.state.code()) {
            h2 { (t(lang, "利用調整の申込み", "Nursery application")) " " (application.receipt()) " " span.state { (state) } }
            dl.small {
                dt { (t(lang, "回", "Round")) } dd { (application.round) }
                dt { (t(lang, "提出", "Submitted")) } dd { (jst::moment(application.submitted_at, lang)) " (" (application.times) ")" }
                dt { (t(lang, "希望", "Wishes")) } dd lang="ja" { ol { @for id in &application.wishes { li { (name(app, id)) } } } }
            }
            @if let Some(found) = &found {
                h3 { (t(lang, "点数の見込み［GK］", "Points, estimated [GK]")) ": " (found.score.total) }
                p.hint { (found.score.note.get(lang)) }
                ul.plain { @for line in &found.score.lines {
                    li { @if let Some(guardian) = line.guardian { (t(lang, "保護者", "Guardian")) " " (guardian) ": " } (line.text.get(lang))
                        @if !line.counted { " " span.hint { (t(lang, "（数えません）", "(not counted)")) } } }
                } }
                @if !found.score.open.is_empty() {
                    p.hint { (t(lang, "決められない項目", "Open")) ": " (found.score.open.iter().map(|(rule, _)| rule.as_str()).collect::<Vec<_>>().join(", ")) }
                }
            }
        }
    }
}

/// The applications of a round as CSV (RFC 4180, UTF-8 with a mark for spreadsheets): numbers, points and wishes, no name.
pub(super) async fn export(State(app): State<Shared>, posted: Posted) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Export)?;
    let round = fields.get("round").ok_or(Failure::BadForm("round"))?;
    let applications = app.store.nursery_applications(round.to_owned()).await?;
    if applications.is_empty() {
        return Err(Failure::NothingReady);
    }
    note(
        &app,
        &officer,
        "nursery.exported",
        "-",
        &format!("round={round} rows={}", applications.len()),
    )
    .await?;
    let bytes = csv(&applications).map_err(|_| Failure::BadForm("csv"))?;
    Ok((
        [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/csv; charset=utf-8"),
            ),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::from_static("attachment; filename=\"riyo-chosei.csv\""),
            ),
        ],
        bytes,
    )
        .into_response())
}

fn csv(applications: &[ApplicationRow]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{FEFF}".as_bytes().to_vec());
    writer.write_record([
        "receipt",
        "arrival_no",
        "round",
        "entry",
        "points_estimated",
        "wishes",
        "submitted_at",
        "times",
    ])?;
    for application in applications {
        writer.write_record([
            application.receipt(),
            application.arrival_no.clone(),
            application.round.clone(),
            application.entry.clone(),
            application
                .points
                .map(|points| points.to_string())
                .unwrap_or_default(),
            application.wishes.join(" "),
            jst::civil(application.submitted_at)
                .map(|at| at.to_string())
                .unwrap_or_default(),
            application.times.to_string(),
        ])?;
    }
    Ok(writer.into_inner()?)
}
