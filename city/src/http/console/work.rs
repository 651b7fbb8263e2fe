//! Taking a filing, giving it back, ticking what was checked.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use ubugoe_procedures::Filing;

use super::super::guard::{Officer, Posted};
use super::super::{Failure, Shared, decide};
use super::{find, ticks_of};
use crate::casework::roles::Right;
use crate::store::FilingRecord;
use crate::store::desk::{Done, Hand};

/// Who does it, to what, now.
pub(in crate::http) fn hand(app: &Shared, officer: &Officer, record: &FilingRecord) -> Hand {
    Hand {
        filing: record.row.id,
        actor: officer.account.id.clone(),
        at: app.now(),
    }
}

/// Takes a filing from whoever had it when the page was made.
pub(super) async fn take(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Propose)?;
    let record = find(&app, &id).await?;
    // empty: nobody had it
    let from = fields.get("from").ok_or(Failure::BadForm("from"))?;
    let from = Some(from).filter(|from| !from.is_empty());
    let done = app
        .store
        .take(hand(&app, &officer, &record), from.map(str::to_owned))
        .await?;
    answer(&app, &officer, &record, &done).await
}

/// Gives a filing back.
pub(super) async fn put_back(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let officer = posted.officer;
    officer.must(Right::SeeCases)?;
    let record = find(&app, &id).await?;
    let done = app.store.put_back(hand(&app, &officer, &record)).await?;
    answer(&app, &officer, &record, &done).await
}

/// Records which values were checked.
pub(super) async fn tick(
    State(app): State<Shared>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { officer, fields } = posted;
    officer.must(Right::Propose)?;
    let record = find(&app, &id).await?;
    let version = fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or(Failure::BadForm("version"))?;
    let parsed = Filing::parse(&record.canonical).ok();
    let paths = ticks_of(&fields, &record, parsed.as_ref());
    let done = app
        .store
        .tick(hand(&app, &officer, &record), version, paths)
        .await?;
    answer(&app, &officer, &record, &done).await
}

/// Back to the filing, or that something else happened first.
pub(in crate::http) async fn answer(
    app: &Shared,
    officer: &Officer,
    record: &FilingRecord,
    done: &Done,
) -> Result<Response, Failure> {
    match done {
        Done::Yes => {
            Ok(Redirect::to(&format!("/console/filings/{}", record.row.id)).into_response())
        }
        Done::NotFound => Err(Failure::NotFound),
        Done::Stale | Done::SamePerson => {
            let same = *done == Done::SamePerson;
            decide::stale(app, officer, record, same).await
        }
    }
}
