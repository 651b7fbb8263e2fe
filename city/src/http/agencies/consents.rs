//! A family's consents: to which source, for what, proven by which filing; given and withdrawn here on their word.

use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use ubugoe_protocol::FilingId;

use super::{links, page, sender};
use crate::casework::roles::Right;
use crate::http::console::note;
use crate::http::guard::{Officer, Posted};
use crate::http::page::csrf;
use crate::http::{Failure, Shared, t};
use crate::jst;
use crate::store::FilingRecord;
use crate::store::agencies::Consent;

fn filing_id(text: &str) -> Result<FilingId, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

/// Every source and purpose that needs a consent, by both directions.
fn wanted(app: &Shared) -> Result<Vec<(String, String)>, Failure> {
    let mut all: Vec<(String, String)> = Vec::new();
    for agency in sender(app)?.book.agencies() {
        let calls = agency.calls.iter().filter(|call| call.law.is_none());
        let asks = agency.asks.iter().filter(|ask| ask.law.is_none());
        all.extend(calls.map(|call| (agency.id.clone(), call.purpose.clone())));
        all.extend(asks.map(|ask| (agency.id.clone(), ask.purpose.clone())));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

pub(super) async fn list(
    State(app): State<Shared>,
    Path(id): Path<String>,
    officer: Officer,
) -> Result<Markup, Failure> {
    officer.must(Right::SeeCases)?;
    // nothing is looked at, and no line written, where the city is linked to nobody
    super::sender(&app)?;
    let filing = filing_id(&id)?;
    if app.store.filing(filing).await?.is_none() {
        return Err(Failure::NotFound);
    }
    let lang = officer.lang;
    let consents = app.store.consents(filing).await?;
    note(&app, &officer, "consents.viewed", &filing.to_string(), "").await?;
    let stands = |source: &str, purpose: &str| {
        consents.iter().any(|consent| {
            consent.withdrawn_at.is_none() && consent.source == source && consent.purpose == purpose
        })
    };
    let open: Vec<_> = wanted(&app)?
        .into_iter()
        .filter(|(source, purpose)| !stands(source, purpose))
        .collect();
    let title = t(lang, "同意の記録", "Consents");
    let body = html! {
        h1 { (title) }
        (links(&officer))
        p.lead { (t(lang,
            "機関ごと・目的ごとの同意です。撤回すると、その時点で未回答の照会も止まります。",
            "One consent for each source and purpose. Withdrawing one also stops what is not answered yet.")) }
        div.scroll { table.list id="consents" {
            tbody {
                @for consent in &consents { (line(&app, &officer, filing, consent)) }
                @for (source, purpose) in &open {
                    tr {
                        td { (name(&app, &officer, source)) }
                        td { (purpose) }
                        td { (t(lang, "同意なし", "No consent")) }
                        td { @if officer.may(Right::Propose) {
                            form method="post" action={ "/console/agencies/consents/" (filing) } {
                                (csrf(&officer))
                                input type="hidden" name="source" value=(source);
                                input type="hidden" name="purpose" value=(purpose);
                                button.quiet type="submit" { (t(lang, "この届出で同意を確認した", "This filing shows the consent")) }
                            }
                        } }
                    }
                }
            }
        } }
    };
    page(&app, &officer, title, &body).await
}

fn name<'a>(app: &'a Shared, officer: &Officer, source: &'a str) -> &'a str {
    app.agencies
        .as_ref()
        .and_then(|sender| sender.book.by_id(source))
        .map_or(source, |agency| agency.name.get(officer.lang))
}

fn line(app: &Shared, officer: &Officer, filing: FilingId, consent: &Consent) -> Markup {
    let lang = officer.lang;
    html! {
        tr data-source=(consent.source) data-purpose=(consent.purpose) {
            td { (name(app, officer, &consent.source)) }
            td { (consent.purpose) }
            td {
                (t(lang, "同意 ", "given ")) (jst::short(consent.given_at))
                @if let Some(at) = consent.withdrawn_at { br; (t(lang, "撤回 ", "withdrawn ")) (jst::short(at)) }
                br; span.code { "sha256 " (hex::encode(consent.digest)) }
            }
            td { @if consent.withdrawn_at.is_none() && officer.may(Right::Propose) {
                form method="post" action={ "/console/agencies/consents/" (filing) "/withdraw" } {
                    (csrf(officer))
                    input type="hidden" name="consent" value=(hex::encode(consent.id));
                    button.quiet type="submit" { (t(lang, "撤回を記録する", "Record the withdrawal")) }
                }
            } }
        }
    }
}

fn back(filing: FilingId) -> Redirect {
    Redirect::to(&format!("/console/agencies/consents/{filing}"))
}

pub(super) async fn give(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let officer = &posted.officer;
    officer.must(Right::Propose)?;
    let filing = filing_id(&id)?;
    let record = app.store.filing(filing).await?.ok_or(Failure::NotFound)?;
    let (source, purpose) = match (posted.fields.get("source"), posted.fields.get("purpose")) {
        (Some(source), Some(purpose)) => (source.to_owned(), purpose.to_owned()),
        _ => return Err(Failure::BadForm("no source or purpose")),
    };
    if !wanted(&app)?.contains(&(source.clone(), purpose.clone())) {
        return Err(Failure::BadForm("nobody is linked for this"));
    }
    record_consent(&app, &record, (source, purpose), &officer.account.id).await?;
    Ok(back(filing))
}

/// Keeps a consent to an agency (first) and purpose, proven by what was signed in this filing.
pub(in crate::http) async fn record_consent(
    app: &Shared,
    record: &FilingRecord,
    (source, purpose): (String, String),
    given_by: &str,
) -> Result<(), Failure> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(crate::NoRandomness)?;
    let consent = Consent {
        id,
        filing: record.row.id,
        digest: record.digest,
        source,
        purpose,
        given_at: app.now(),
        given_by: given_by.to_owned(),
        withdrawn_at: None,
    };
    app.store.give_consent(consent).await?;
    Ok(())
}

pub(super) async fn withdraw(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let officer = &posted.officer;
    officer.must(Right::Propose)?;
    let filing = filing_id(&id)?;
    let mut consent = [0; 16];
    let given = posted.fields.get("consent").unwrap_or_default();
    hex::decode_to_slice(given, &mut consent).map_err(|_| Failure::BadForm("no consent"))?;
    // only one that the page of this filing shows
    let shown = app.store.consents(filing).await?;
    if !shown.iter().any(|each| each.id == consent) {
        return Err(Failure::NotFound);
    }
    app.store
        .withdraw_consent(consent, &officer.account.id, app.now())
        .await?;
    Ok(back(filing))
}
