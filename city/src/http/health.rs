//! For machines that watch over the city: alive, ready, figures.
//!
//! Answers for `/healthz` (the program answers), `/readyz` (it can work: the database answers in time; what the broker does is
//! said and changes nothing, for officers work without it) and the figures, which have an address of their own that is not for
//! the world. Says nothing about a person.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::Shared;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// What anybody may ask.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
}

/// What only those on the inside may ask.
pub(super) fn figures(app: Shared) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(app)
}

async fn ready(State(app): State<Shared>) -> Response {
    let asked = tokio::time::timeout(PATIENCE, app.store.next_due_at()).await;
    let there = matches!(asked, Ok(Ok(_)));
    let broker = if app.metrics.is_connected() {
        "connected"
    } else {
        "not connected"
    };
    let (status, database) = if there {
        (StatusCode::OK, "answers")
    } else {
        tracing::warn!("not ready: the database does not answer");
        (StatusCode::SERVICE_UNAVAILABLE, "does not answer")
    };
    (status, format!("database: {database}\nbroker: {broker}\n")).into_response()
}

async fn metrics(State(app): State<Shared>) -> Response {
    let Ok(counts) = app.store.counts().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match app.metrics.text(counts) {
        Ok(text) => (
            [(
                header::CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            )],
            text,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Counts every answer under its route as it is written in the program, and traces the way to it.
pub(super) async fn count(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method(request.method());
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    // fields: OpenTelemetry's semantic conventions for HTTP servers
    let span = tracing::info_span!(
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    let start = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
    app.metrics.answered(method, route, status, start.elapsed());
    response
}

/// The method, of those we know: others are as many as somebody cares to make up.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
