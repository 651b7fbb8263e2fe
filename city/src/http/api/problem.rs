//! What goes wrong, as `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiRight;
use crate::export::ExportError;
use crate::store::StoreError;

/// A problem as it is answered (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Shape {
    /// Which problem: `urn:ubugoe:problem:…`.
    r#type: String,
    /// In words.
    title: String,
    /// The status again.
    status: u16,
    /// More about this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::http) enum Problem {
    #[error("the request cannot be read")]
    Request(&'static str),
    #[error("no token that is known here")]
    Token,
    #[error("this client may not do this")]
    Right(ApiRight),
    #[error("there is no such thing")]
    NotFound,
    #[error("this address takes another method")]
    Method,
    #[error("nothing is ready")]
    NothingReady,
    #[error("its content was erased after its period had passed")]
    Gone,
    #[error("too many requests")]
    TooMany(u32),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("a file could not be made")]
    Export(#[from] ExportError),
}

impl Problem {
    /// Status and code.
    fn what(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Request(_) => (StatusCode::BAD_REQUEST, "request"),
            Self::Token => (StatusCode::UNAUTHORIZED, "token"),
            Self::Right(_) => (StatusCode::FORBIDDEN, "right"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::NothingReady => (StatusCode::CONFLICT, "nothing-ready"),
            Self::Gone => (StatusCode::GONE, "erased"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too-many"),
            Self::Store(StoreError::Unavailable { .. }) => {
                (StatusCode::SERVICE_UNAVAILABLE, "store-away")
            }
            Self::Store(_) | Self::Export(_) => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.what();
        if status.is_server_error() {
            tracing::error!(
                error = &self as &dyn std::error::Error,
                "the API could not answer"
            );
        }
        let detail = match &self {
            Self::Request(what) => Some((*what).to_owned()),
            Self::Right(right) => Some(format!("the right '{}' is needed", right.code())),
            _ => None,
        };
        let shape = Shape {
            r#type: format!("urn:ubugoe:problem:{code}"),
            title: self.to_string(),
            status: status.as_u16(),
            detail,
        };
        let body = serde_json::to_vec(&shape).unwrap_or_default();
        let kind = (header::CONTENT_TYPE, "application/problem+json");
        let mut response = (status, [kind], body).into_response();
        let headers = response.headers_mut();
        match self {
            Self::Token => {
                let bearer = HeaderValue::from_static("Bearer realm=\"ubugoe\"");
                headers.insert(header::WWW_AUTHENTICATE, bearer);
            }
            Self::TooMany(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        response
    }
}
