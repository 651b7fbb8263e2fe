//! What is stored of a filing, byte for byte: signed content, signature, receipt, attachments.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::super::guard::Officer;
use super::super::{Failure, Shared};
use super::{find, look_at, note};
use crate::casework::roles::Right;
use crate::store::FilingRecord;

/// The canonical bytes.
pub(in crate::http) async fn canonical(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::SeeContent, id.as_str());
    let record = look_at(&app, &officer, what, ("filing.downloaded", "content")).await?;
    Ok(download(
        &record,
        "json",
        "application/json",
        record.canonical.clone(),
    ))
}

/// The detached CMS signature.
pub(in crate::http) async fn signature(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::SeeContent, id.as_str());
    let record = look_at(&app, &officer, what, ("filing.downloaded", "signature")).await?;
    Ok(download(
        &record,
        "p7s",
        "application/pkcs7-signature",
        record.signature.clone(),
    ))
}

/// The signed receipt.
pub(in crate::http) async fn receipt(
    State(app): State<Shared>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let what = (Right::SeeContent, id.as_str());
    let record = look_at(&app, &officer, what, ("filing.downloaded", "receipt")).await?;
    Ok(download(
        &record,
        "cose",
        "application/cose",
        record.receipt.clone(),
    ))
}

/// An attachment as it was signed. It comes from outside and may be anything: saved, never shown.
pub(in crate::http) async fn attachment(
    State(app): State<Shared>,
    officer: Officer,
    Path((id, number)): Path<(String, u32)>,
) -> Result<Response, Failure> {
    officer.must(Right::SeeContent)?;
    let record = find(&app, &id).await?;
    let position = number.checked_sub(1).ok_or(Failure::NotFound)?;
    let found = app.store.attachment(record.row.id, position).await?;
    let bytes = found.ok_or(Failure::NotFound)?;
    note(
        &app,
        &officer,
        "filing.downloaded",
        &record.row.id.to_string(),
        &format!("attachment {number}"),
    )
    .await?;
    let mut response = download(
        &record,
        &format!("{number}.bin"),
        "application/octet-stream",
        bytes,
    );
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    Ok(response)
}

fn download(record: &FilingRecord, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let name = format!(
        "attachment; filename=\"filing-{}.{ending}\"",
        record.row.arrival_no
    );
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response()
}
