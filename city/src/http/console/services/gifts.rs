//! Gifts: how many of each, and handing them over.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::super::super::guard::{Officer, Posted};
use super::super::super::page::csrf;
use super::super::super::{Failure, Shared, t};
use super::super::note;
use super::{by, filing_link, framed, gift_words, tabs, way_words};
use crate::casework::roles::Right;
use crate::jst;
use crate::store::services::{Acted, GiftRow, GiftState};

/// Most gifts of a page.
const LIST: u32 = 500;

pub(super) async fn list(State(app): State<Shared>, officer: Officer) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    note(&app, &officer, "services.viewed", "-", "gifts").await?;
    let lang = officer.lang;
    let gifts = app.store.gifts(LIST).await?;
    let counts = app.store.gift_counts().await?;
    let title = t(lang, "記念品", "Gifts");
    let body = html! {
        h1 { (title) }
        (tabs(&officer, "/gifts"))
        @if gifts.is_empty() { p.empty { (t(lang, "回答はまだありません。", "No answers yet.")) } }
        @else {
            dl.summary id="counts" { @for (choice, state, count) in &counts {
                div { dt { (choice.as_deref().unwrap_or(t(lang, "（受け取らない）", "(none)"))) " " (gift_words(lang, *state)) } dd { (count) } }
            } }
            div.scroll { table.list id="gifts" {
                thead { tr {
                    th scope="col" { (t(lang, "到達番号", "Arrival no.")) }
                    th scope="col" { (t(lang, "品物", "Item")) }
                    th scope="col" { (t(lang, "受け取り方", "How")) }
                    th scope="col" { (t(lang, "回答", "Answered")) }
                    th scope="col" { (t(lang, "状態", "State")) }
                } }
                tbody { @for gift in &gifts { (row(&officer, gift)) } }
            } }
        }
    };
    framed(&app, &officer, title, &body).await
}

fn row(officer: &Officer, gift: &GiftRow) -> Markup {
    let lang = officer.lang;
    html! {
        tr data-state=(gift.state.code()) {
            td { (filing_link(gift.filing, &gift.arrival_no)) }
            td lang="ja" { (gift.choice.as_deref().unwrap_or("—")) }
            td { (way_words(lang, gift)) }
            td.when { (jst::short(gift.answered_at)) }
            td {
                @if let Some((at, who)) = &gift.handed {
                    (gift_words(lang, gift.state)) " " (jst::short(*at)) " " (who)
                } @else if gift.state == GiftState::Chosen && officer.may(Right::Propose) {
                    form method="post" action={ "/console/services/gifts/" (gift.filing) } {
                        (csrf(officer))
                        input type="hidden" name="child" value=(gift.child);
                        button.secondary type="submit" { (t(lang, "お渡しした", "Handed over")) span.unseen { " " (gift.arrival_no) } }
                    }
                } @else {
                    (gift_words(lang, gift.state))
                }
            }
        }
    }
}

pub(super) async fn hand(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Propose)?;
    let record = super::super::find(&app, &id).await?;
    let child = fields.get("child").unwrap_or_default();
    let of_case = app.store.case_services(record.row.id, app.now()).await?;
    if !of_case.gifts.iter().any(|gift| gift.child == child) {
        return Err(Failure::NotFound);
    }
    match app
        .store
        .hand_gift(child.to_owned(), by(&app, &officer))
        .await?
    {
        Acted::Done | Acted::Already => Ok(Redirect::to("/console/services/gifts").into_response()),
        _ => Err(Failure::NotFound),
    }
}
