//! Accepted filings: a list to read on from, one filing's facts, what it says, its signature.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::json;
use ubugoe_protocol::FilingId;

use super::{ApiRight, Caller, Endpoint, Gives, Json, Parameter, Problem};
use crate::casework::FilingState;
use crate::http::Shared;
use crate::store::desk::reason_word;
use crate::store::{AttachmentState, FilingRecord, Finding};

/// Most filings of one answer.
const MOST: u32 = 200;

const ID: Parameter = Parameter {
    name: "id",
    place: "path",
    about: "The filing's id",
    schema: || json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }),
};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "get",
        path: "/api/v1/filings/accepted",
        id: "accepted",
        summary: "Filings in the order in which they were accepted, to read on from the last cursor",
        right: Some(ApiRight::List),
        parameters: &[
            Parameter {
                name: "after",
                place: "query",
                about: "The `next` of the last answer; 0 or nothing begins with the oldest",
                schema: || json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX }),
            },
            Parameter {
                name: "limit",
                place: "query",
                about: "At most so many",
                schema: || json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": 50 }),
            },
        ],
        gives: Gives::Shape(SchemaGenerator::subschema_for::<AcceptedList>),
        also: &[],
        answer: || get(accepted),
    },
    Endpoint {
        method: "get",
        path: "/api/v1/filings/{id}",
        id: "filing",
        summary: "What the city knows about one accepted filing, without what it says",
        right: Some(ApiRight::List),
        parameters: &[ID],
        gives: Gives::Shape(SchemaGenerator::subschema_for::<FilingFacts>),
        also: &[404],
        answer: || get(facts),
    },
    Endpoint {
        method: "get",
        path: "/api/v1/filings/{id}/content",
        id: "content",
        summary: "What it says: the bytes that were shown and signed, unchanged; protected filings need the right `protected` too",
        right: Some(ApiRight::Content),
        parameters: &[ID],
        gives: Gives::Shape(|_| schemars::json_schema!({ "type": "object" })),
        also: &[404, 410],
        answer: || get(content),
    },
    Endpoint {
        method: "get",
        path: "/api/v1/filings/{id}/signature",
        id: "signature",
        summary: "The detached CMS signature over those bytes",
        right: Some(ApiRight::Content),
        parameters: &[ID],
        gives: Gives::File(&["application/pkcs7-signature"]),
        also: &[404, 410],
        answer: || get(signature),
    },
];

/// Parameters of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    after: Option<u64>,
    limit: Option<u32>,
}

/// Accepted filings, and where to read on.
#[derive(Serialize, JsonSchema)]
struct AcceptedList {
    /// In the order in which they were accepted.
    filings: Vec<AcceptedLine>,
    /// The cursor to read on from; as given when there is nothing new.
    next: i64,
    /// Whether there may be more at once.
    more: bool,
}

/// One accepted filing.
#[derive(Serialize, JsonSchema)]
struct AcceptedLine {
    /// Its place in the order; grows, with gaps.
    cursor: i64,
    /// Its id, 32 hexadecimal digits.
    id: String,
    /// Its number at the city, as on the family's receipt.
    arrival_no: i64,
    /// Unix seconds.
    arrived_at: i64,
    /// Unix seconds.
    accepted_at: i64,
    /// Procedure id.
    procedure: String,
    /// SHA-256 of what was signed, lower-case hexadecimal.
    digest: String,
    /// A support measure protects somebody's address in it.
    protected: bool,
    /// Its content was erased after its period had passed.
    erased: bool,
}

async fn accepted(
    State(app): State<Shared>,
    caller: Caller,
    query: Result<Query<Reading>, QueryRejection>,
) -> Result<Json<AcceptedList>, Problem> {
    caller.must(ApiRight::List)?;
    let Query(from) = query.map_err(|_| Problem::Request("unknown or unreadable parameters"))?;
    let after = i64::try_from(from.after.unwrap_or(0))
        .map_err(|_| Problem::Request("'after' is no cursor"))?;
    let limit = from.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::Request("'limit' is between 1 and 200"));
    }
    let recipient = app.office.recipient.to_string();
    let (found, next) = app.store.accepted_after(recipient, after, limit).await?;
    let detail = format!("after={after} found={}", found.len());
    caller
        .note(&app, "api.listed", "-".to_owned(), detail)
        .await?;
    let more = found.len() == limit as usize;
    let filings = found
        .into_iter()
        .map(|filing| AcceptedLine {
            cursor: filing.cursor,
            id: filing.id.to_string(),
            arrival_no: filing.arrival_no,
            arrived_at: filing.arrived_at,
            accepted_at: filing.accepted_at,
            procedure: filing.procedure,
            digest: hex::encode(filing.digest),
            protected: filing.protected,
            erased: filing.erased,
        })
        .collect();
    Ok(Json(AcceptedList {
        filings,
        next,
        more,
    }))
}

/// What the city knows about a filing.
#[derive(Serialize, JsonSchema)]
struct FilingFacts {
    /// Its id, 32 hexadecimal digits.
    id: String,
    /// Its number at the city.
    arrival_no: u64,
    /// Unix seconds.
    arrived_at: i64,
    /// Unix seconds.
    accepted_at: i64,
    /// Procedure id.
    procedure: String,
    /// Schema of its content.
    schema: String,
    /// SHA-256 of what was signed, lower-case hexadecimal.
    digest: String,
    /// A support measure protects somebody's address in it.
    protected: bool,
    /// Its content was erased after its period had passed.
    erased: bool,
    /// How far its signature was checked: `ok`, `bad` or `unknown` for each part. Revocation is never checked here.
    signature: Checked,
    /// Codes of what an officer was shown.
    reasons: Vec<String>,
    /// Its attachments, in order.
    attachments: Vec<AttachmentFacts>,
}

/// How far a signature was checked.
#[derive(Serialize, JsonSchema)]
struct Checked {
    /// The value.
    math: &'static str,
    /// The way to a trusted authority.
    chain: &'static str,
    /// The dates.
    validity: &'static str,
    /// Revocation.
    revocation: &'static str,
}

/// An attachment.
#[derive(Serialize, JsonSchema)]
struct AttachmentFacts {
    /// SHA-256, lower-case hexadecimal.
    sha256: String,
    /// Bytes.
    len: u64,
    /// All of it is here and undamaged.
    complete: bool,
}

const fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Ok => "ok",
        Finding::Bad => "bad",
        Finding::Unknown => "unknown",
    }
}

/// An accepted filing of this office, and when it was accepted. Others are not there.
async fn find(
    app: &Shared,
    id: Result<Path<String>, PathRejection>,
) -> Result<(FilingRecord, i64), Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    let id: FilingId = id.parse().map_err(|_| Problem::NotFound)?;
    let record = app.store.filing(id).await?.ok_or(Problem::NotFound)?;
    let accepted = record
        .history
        .iter()
        .rev()
        .find(|entry| entry.state == FilingState::Accepted)
        .map(|entry| entry.at);
    let ours = record.recipient == app.office.recipient;
    match accepted.filter(|_| ours && record.row.state == FilingState::Accepted) {
        Some(at) => Ok((record, at)),
        None => Err(Problem::NotFound),
    }
}

async fn facts(
    State(app): State<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<FilingFacts>, Problem> {
    caller.must(ApiRight::List)?;
    let (record, accepted_at) = find(&app, id).await?;
    let id = record.row.id.to_string();
    caller
        .note(&app, "api.facts", id.clone(), String::new())
        .await?;
    let facts = &record.row.facts;
    let reasons = facts.reasons.iter().map(|reason| reason_word(reason.code));
    Ok(Json(FilingFacts {
        id,
        arrival_no: record.row.arrival_no,
        arrived_at: record.row.arrived_at,
        accepted_at,
        procedure: record.row.procedure.clone(),
        schema: record.schema.clone(),
        digest: hex::encode(record.digest),
        protected: facts.protected,
        erased: record.canonical.is_empty(),
        signature: Checked {
            math: finding(facts.signature.math),
            chain: finding(facts.signature.chain),
            validity: finding(facts.signature.validity),
            revocation: finding(facts.signature.revocation),
        },
        reasons: reasons.collect(),
        attachments: record
            .attachments
            .iter()
            .map(|attachment| AttachmentFacts {
                sha256: hex::encode(attachment.sha256),
                len: attachment.len,
                complete: attachment.state == AttachmentState::Complete,
            })
            .collect(),
    }))
}

/// A filing whose content this client may have.
async fn readable(
    app: &Shared,
    caller: &Caller,
    id: Result<Path<String>, PathRejection>,
    action: &str,
) -> Result<FilingRecord, Problem> {
    caller.must(ApiRight::Content)?;
    let (record, _) = find(app, id).await?;
    if app.store.case_is_protected(record.row.id).await? {
        caller.must(ApiRight::Protected)?;
    }
    if record.canonical.is_empty() {
        return Err(Problem::Gone);
    }
    caller
        .note(app, action, record.row.id.to_string(), String::new())
        .await?;
    Ok(record)
}

async fn content(
    State(app): State<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let record = readable(&app, &caller, id, "api.content").await?;
    let kind = (header::CONTENT_TYPE, "application/json");
    Ok(([kind], record.canonical).into_response())
}

async fn signature(
    State(app): State<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let record = readable(&app, &caller, id, "api.signature").await?;
    let kind = (header::CONTENT_TYPE, "application/pkcs7-signature");
    Ok(([kind], record.signature).into_response())
}
