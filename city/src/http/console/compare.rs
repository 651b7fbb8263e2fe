//! Two filings for the same child, side by side: father and mother may both have filed.
//!
//! Answers only for filings that the store takes for duplicates (same procedure, certificate number and order of birth);
//! twins never are. Which of them counts is the officer's decision.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use maud::{Markup, html};
use ubugoe_procedures::{Filing, ParsedRow};

use super::super::guard::{Officer, Posted};
use super::super::{Failure, Shared, t};
use super::case::mask_bar;
use super::fields::source_mark;
use super::{find, framed, hidden_words, note, state_mark, tells_where, title};
use crate::casework::roles::Right;
use crate::jst;
use crate::store::FilingRecord;

/// Both, masked.
pub(super) async fn open(
    State(app): State<Shared>,
    officer: Officer,
    Path((id, other)): Path<(String, String)>,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeContent)?;
    page(&app, &officer, (&id, &other), false).await
}

/// Both, with masked values shown; logged for each.
pub(super) async fn reveal(
    State(app): State<Shared>,
    Path((id, other)): Path<(String, String)>,
    posted: Posted,
) -> Result<Markup, Failure> {
    posted.officer.must(Right::Unmask)?;
    page(&app, &posted.officer, (&id, &other), true).await
}

async fn page(
    app: &Shared,
    officer: &Officer,
    (id, other): (&str, &str),
    revealed: bool,
) -> Result<Markup, Failure> {
    let lang = officer.lang;
    let left = find(app, id).await?;
    let right = find(app, other).await?;
    if !left.duplicates.iter().any(|row| row.id == right.row.id) {
        return Err(Failure::NotFound);
    }
    let action = if revealed {
        "filing.unmasked"
    } else {
        "filing.viewed"
    };
    for record in [&left, &right] {
        note(app, officer, action, &record.row.id.to_string(), "compare").await?;
    }
    // what one of them asks to be kept hidden, the other may not tell
    let protected = left.row.facts.protected || right.row.facts.protected;
    let masked = protected && !revealed;
    let heading = t(lang, "同じ子の届出を比べる", "Filings for the same child");
    let address = format!("/console/filings/{}/compare/{}", left.row.id, right.row.id);
    let body = html! {
        p.back { a href={ "/console/filings/" (left.row.id) } { "← " (t(lang, "届出に戻る", "Back to the filing")) } }
        h1 { (heading) }
        p.lead { (t(lang, "同じ証明書番号・同じ出生順です。先に受理した届出が有効です。もう一方は、届出人に確認のうえ、取下げまたは不受理として扱います。", "Same certificate number and order of birth. The one accepted first counts; the other is withdrawn or not accepted, after asking who filed it.")) }
        @if masked { (mask_bar(officer, &address)) }
        div.scroll tabindex="0" role="region" aria-label=(heading) {
            table.beside id="side-by-side" {
                thead { tr {
                    th scope="col" { (t(lang, "項目", "Item")) }
                    @for record in [&left, &right] { th scope="col" { (head(app, lang, record, masked)) } }
                } }
                tbody { (rows(lang, &left, &right, masked)) }
            }
        }
    };
    framed(app, officer, heading, &body).await
}

fn head(
    app: &Shared,
    lang: ubugoe_procedures::Lang,
    record: &FilingRecord,
    masked: bool,
) -> Markup {
    let ward = app.devices.ward(&record.device);
    html! {
        a href={ "/console/filings/" (record.row.id) } { "No. " (record.row.arrival_no) " " (title(lang, &record.row.facts)) }
        " " (state_mark(lang, record.row.state))
        span.number { (t(lang, "到達 ", "Arrived ")) (jst::short(record.row.arrived_at)) }
        span.number { @if masked { (hidden_words(lang)) } @else { (ward.as_deref().unwrap_or(record.device.as_str())) } }
    }
}

/// Every field that one of them has: those that differ first, marked in words.
fn rows(
    lang: ubugoe_procedures::Lang,
    left: &FilingRecord,
    right: &FilingRecord,
    masked: bool,
) -> Markup {
    let sides = [left, right].map(|record| {
        Filing::parse(&record.canonical)
            .map(|filing| filing.rows)
            .unwrap_or_default()
    });
    let [left, right] = &sides;
    let by_path: BTreeMap<&str, &ParsedRow> =
        right.iter().map(|row| (row.path.as_str(), row)).collect();
    let mut pairs: Vec<(Option<&ParsedRow>, Option<&ParsedRow>)> = left
        .iter()
        .map(|row| (Some(row), by_path.get(row.path.as_str()).copied()))
        .collect();
    let only_right = right
        .iter()
        .filter(|row| !left.iter().any(|other| other.path == row.path))
        .map(|row| (None, Some(row)));
    pairs.extend(only_right);
    let differs = |(left, right): &(Option<&ParsedRow>, Option<&ParsedRow>)| {
        left.map(|row| &row.value) != right.map(|row| &row.value)
    };
    pairs.sort_by_key(|pair| !differs(pair));
    html! {
        @for pair in &pairs { @if let Some(any) = pair.0.or(pair.1) {
            tr class=(if differs(pair) { "differs" } else { "same" }) data-path=(any.path) {
                th scope="row" {
                    (any.label.get(lang))
                    @if differs(pair) { span.result { (t(lang, "異なります", "differs")) } }
                }
                @for side in [pair.0, pair.1] { td lang="ja" { @match side {
                    Some(row) => {
                        @if masked && tells_where(row) { (hidden_words(lang)) } @else { (row.shown.get(lang)) }
                        " " (source_mark(lang, row.source))
                    },
                    None => "—",
                } } }
            }
        } }
    }
}
