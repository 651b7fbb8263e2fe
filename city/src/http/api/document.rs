//! The document: OpenAPI 3.1, made from the table of endpoints and the types that are answered.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::problem::Shape;
use super::{Endpoint, Gives, endpoints};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: "get",
    path: "/api/v1/openapi.json",
    id: "openapi",
    summary: "This document",
    right: None,
    parameters: &[],
    gives: Gives::Shape(|_| schemars::json_schema!({ "type": "object" })),
    also: &[],
    answer: || get(serve),
}];

async fn serve() -> Response {
    let kind = (header::CONTENT_TYPE, "application/json");
    ([kind], document().to_string()).into_response()
}

pub(super) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.for_serialize().into_generator();
    let problem = generator.subschema_for::<Shape>().to_value();
    let mut paths = Map::new();
    for endpoint in endpoints() {
        let operation = operation(endpoint, &problem, &mut generator);
        let entry = paths
            .entry(endpoint.path)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(endpoint.method.to_owned(), operation);
        }
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ubugoe: filings for the systems of a municipality",
            "version": "1",
            "description": "Accepted filings, one by one or as files in a layout. Every answer is `no-store`; whatever is given away has its line in the audit log. The layouts are fictional.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn words(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read",
        401 => "No token that is known here",
        403 => "This client may not do this",
        404 => "There is no such thing, or it is not accepted",
        409 => "Nothing is ready",
        410 => "Its content was erased after its period had passed",
        429 => "Too many requests; Retry-After says when to come again",
        503 => "The database is away",
        _ => "Something failed; nothing was given away",
    }
}

fn operation(endpoint: &Endpoint, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let content = match endpoint.gives {
        Gives::Shape(shape) => {
            json!({ "application/json": { "schema": shape(generator).to_value() } })
        }
        Gives::File(kinds) => {
            let kinds = kinds
                .iter()
                .map(|kind| ((*kind).to_owned(), json!({})))
                .collect();
            Value::Object(kinds)
        }
    };
    responses.insert(
        "200".to_owned(),
        json!({ "description": "Here it is", "content": content }),
    );
    let mut statuses = vec![429, 500];
    if endpoint.right.is_some() {
        statuses.extend([400, 401, 403, 503]);
    }
    statuses.extend(endpoint.also);
    for status in statuses {
        let answer = json!({
            "description": words(status),
            "content": { "application/problem+json": { "schema": problem } },
        });
        responses.insert(status.to_string(), answer);
    }
    let parameters: Vec<Value> = endpoint
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.place == "path",
                "description": parameter.about,
                "schema": (parameter.schema)(),
            })
        })
        .collect();
    let security = match endpoint.right {
        Some(_) => json!([{ "token": [] }]),
        None => json!([]),
    };
    let needs = endpoint
        .right
        .map(|right| format!("Needs the right `{}`.", right.code()));
    json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "description": needs.unwrap_or_else(|| "Needs no token.".to_owned()),
        "parameters": parameters,
        "responses": responses,
        "security": security,
    })
}
