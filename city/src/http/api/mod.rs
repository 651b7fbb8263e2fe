//! The published API: what core systems and other systems of the municipality read.
//!
//! Answers for `/api/v1/…`: bearer tokens, rights for each client, limits, problems as `application/problem+json` (RFC 9457), a line of
//! the audit chain for whatever is given away. One table of endpoints makes both the router and the document
//! (`/api/v1/openapi.json`, OpenAPI 3.1), so they cannot differ. It changes nothing but an export's record.

mod document;
mod filings;
mod problem;
mod tables;

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use serde::Serialize;

use super::Shared;
use super::guard::{same, token_hash};
use super::limits::Whose;
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;

pub(super) use problem::Problem;

/// Under which all of it lies.
pub(super) const PREFIX: &str = "/api/";

/// What a client may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiRight {
    /// Lists what was accepted, and reads what the city knows about one filing.
    List,
    /// What a filing says, and its signature.
    Content,
    /// The same where a support measure (支援措置) protects an address, and exports, which hold such addresses too.
    Protected,
    /// Takes files for core systems.
    Export,
}

impl ApiRight {
    /// Every right.
    pub const ALL: [Self; 4] = [Self::List, Self::Content, Self::Protected, Self::Export];

    /// The word in the configuration.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Content => "content",
            Self::Protected => "protected",
            Self::Export => "export",
        }
    }

    /// Reads [`ApiRight::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.code() == code)
    }
}

/// Another system that may read.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiClient {
    /// Its id; the audit chain calls it `api:<id>`.
    pub id: String,
    /// SHA-256 of its token, lower-case hexadecimal.
    pub token_sha256: String,
    /// What it may.
    pub rights: BTreeSet<ApiRight>,
}

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiClient({}, {:?})", self.id, self.rights)
    }
}

/// A token for a client, and what the configuration keeps of it.
///
/// # Errors
/// [`crate::NoRandomness`].
pub fn make_token() -> Result<(String, String), crate::NoRandomness> {
    let token = format!("{}{}", crate::random_token()?, crate::random_token()?);
    let hash = hex::encode(token_hash(&token));
    Ok((token, hash))
}

/// A parameter of an address.
struct Parameter {
    name: &'static str,
    /// `path` or `query`.
    place: &'static str,
    about: &'static str,
    /// Its JSON Schema.
    schema: fn() -> serde_json::Value,
}

/// What a good answer is.
enum Gives {
    /// A JSON object of this shape.
    Shape(fn(&mut schemars::SchemaGenerator) -> schemars::Schema),
    /// A file of one of these media types.
    File(&'static [&'static str]),
}

/// One endpoint: where it is, who may use it, what it takes and gives, and who answers.
struct Endpoint {
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    /// None: anybody.
    right: Option<ApiRight>,
    parameters: &'static [Parameter],
    gives: Gives,
    /// Further statuses beside those of every endpoint.
    also: &'static [u16],
    answer: fn() -> MethodRouter<Shared>,
}

/// All of them.
const ENDPOINTS: &[&[Endpoint]] = &[document::ENDPOINTS, filings::ENDPOINTS, tables::ENDPOINTS];

fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().copied().flatten()
}

/// The API's addresses.
pub(super) fn routes() -> Router<Shared> {
    endpoints()
        .fold(Router::new(), |router, endpoint| {
            router.route(endpoint.path, (endpoint.answer)())
        })
        .method_not_allowed_fallback(async || Problem::Method)
}

/// The document that describes the API, as it is served.
#[must_use]
pub fn openapi() -> serde_json::Value {
    document::document()
}

/// An answer as JSON.
struct Json<T>(T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(source) => Problem::Store(StoreError::Corrupt {
                what: "answer",
                detail: source.to_string(),
            })
            .into_response(),
        }
    }
}

/// A client whose token is known.
struct Caller {
    id: String,
    rights: BTreeSet<ApiRight>,
}

impl Caller {
    fn must(&self, right: ApiRight) -> Result<(), Problem> {
        if self.rights.contains(&right) {
            Ok(())
        } else {
            Err(Problem::Right(right))
        }
    }

    /// A line of the audit chain; nothing is given away if it cannot be written.
    async fn note(
        &self,
        app: &Shared,
        action: &str,
        subject: String,
        detail: String,
    ) -> Result<(), StoreError> {
        app.store
            .audit(AuditEntry {
                at: app.now(),
                actor: format!("api:{}", self.id),
                action: action.to_owned(),
                subject,
                detail,
            })
            .await
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (given.next(), given.next()) else {
            return Err(Problem::Token);
        };
        let token = value
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Problem::Token)?;
        let hash = token_hash(token);
        let text = hex::encode(hash);
        // all of them are looked at, so that time tells nothing
        let known = app
            .api
            .iter()
            .fold(None, |known, client| {
                if same(&client.token_sha256, &text) {
                    Some(client)
                } else {
                    known
                }
            })
            .ok_or(Problem::Token)?;
        app.limits
            .take(Whose::Session(hash), (app.clock)().as_millisecond())
            .map_err(Problem::TooMany)?;
        Ok(Self {
            id: known.id.clone(),
            rights: known.rights.clone(),
        })
    }
}
