//! Files for core systems, in the layouts that the console's export has; each filing leaves once per layout.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ApiRight, Caller, Endpoint, Gives, Json, Parameter, Problem};
use crate::export::{self, Format, Layout};
use crate::http::Shared;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "get",
        path: "/api/v1/layouts",
        id: "layouts",
        summary: "The layouts in which files are made",
        right: Some(ApiRight::Export),
        parameters: &[],
        gives: Gives::Shape(SchemaGenerator::subschema_for::<LayoutList>),
        also: &[],
        answer: || get(layouts),
    },
    Endpoint {
        method: "post",
        path: "/api/v1/exports/{layout}",
        id: "export",
        summary: "Takes what is ready in a layout: the file is recorded and given once; protected addresses are in it, so the right `protected` is needed too",
        right: Some(ApiRight::Export),
        parameters: &[
            Parameter {
                name: "layout",
                place: "path",
                about: "The layout's id",
                schema: || json!({ "type": "string", "pattern": "^[a-z0-9_]{1,64}$" }),
            },
            Parameter {
                name: "format",
                place: "query",
                about: "The kind of file",
                schema: || json!({ "type": "string", "enum": ["csv", "json"], "default": "json" }),
            },
        ],
        gives: Gives::File(&["text/csv", "application/json"]),
        also: &[404, 409],
        answer: || post(take),
    },
];

/// Layouts.
#[derive(Serialize, JsonSchema)]
struct LayoutList {
    /// All of them.
    layouts: Vec<LayoutLine>,
}

/// A layout.
#[derive(Serialize, JsonSchema)]
struct LayoutLine {
    /// Its id.
    id: String,
    /// Which procedure's filings it carries.
    procedure: String,
    /// Its title in Japanese.
    title: String,
}

fn known() -> Result<Vec<Layout>, Problem> {
    export::builtin().map_err(|_| Problem::NotFound)
}

async fn layouts(State(app): State<Shared>, caller: Caller) -> Result<Json<LayoutList>, Problem> {
    caller.must(ApiRight::Export)?;
    caller
        .note(&app, "api.layouts", "-".to_owned(), String::new())
        .await?;
    let layouts = known()?
        .into_iter()
        .map(|layout| LayoutLine {
            id: layout.id,
            procedure: layout.procedure,
            title: layout.title_ja,
        })
        .collect();
    Ok(Json(LayoutList { layouts }))
}

/// Parameters of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    #[serde(default)]
    format: Kind,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Csv,
    #[default]
    Json,
}

async fn take(
    State(app): State<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Wish>, QueryRejection>,
) -> Result<Response, Problem> {
    caller.must(ApiRight::Export)?;
    caller.must(ApiRight::Protected)?;
    let Query(wish) = query.map_err(|_| Problem::Request("unknown or unreadable parameters"))?;
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    let layout = known()?
        .into_iter()
        .find(|layout| layout.id == id)
        .ok_or(Problem::NotFound)?;
    let (format, kind) = match wish.format {
        Kind::Csv => (Format::Csv, "text/csv; charset=utf-8"),
        Kind::Json => (Format::Json, "application/json"),
    };
    let prepared = export::prepare(app.store.as_ref(), &layout, format, (0, false)).await?;
    if prepared.filings.is_empty() {
        return Err(Problem::NothingReady);
    }
    // recorded first, with its audit line: a file that was given away is never given again by itself
    let actor = format!("api:{}", caller.id);
    let record = prepared.record(&layout, app.now(), &actor, false);
    if !app.store.note_export(record).await? {
        return Err(Problem::NothingReady);
    }
    Ok(([(header::CONTENT_TYPE, kind)], prepared.bytes).into_response())
}
