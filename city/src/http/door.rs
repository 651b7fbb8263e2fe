//! The door of every page: not too fast, and with a living session's newest token.
//!
//! Answers for rate limits, for finding the session of a cookie once per request, for changing its token as it is used, and for
//! the audit line of a refusal.
//! What a person may is not asked here: [`super::guard::Officer`] does.
//!
//! ```text
//! request ─> address's bucket ─> (signing in: its own) ─> session by cookie ─> session's bucket ─> handler
//!                                                              └─ token older than ROTATE: a new one, Set-Cookie
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::guard::{IDLE, cookie, session_cookie_name, set_cookie, token_hash};
use super::limits::Whose;
use super::{Failure, Shared, api};
use crate::casework::audit::AuditEntry;
use crate::oidc;
use crate::random_token;
use crate::store::{Rotation, Session};

/// On an answer: somebody who is signed in was refused by their roles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused;

/// Where a request comes from, as the door sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin(pub(super) IpAddr);

/// A token is used this long, in seconds, then it is changed.
pub(super) const ROTATE: i64 = 15 * 60;
/// So long the old one is still taken, for requests that were on their way with it, seconds.
pub(super) const OVERLAP: i64 = 30;

/// Lets a request in, or not.
pub(super) async fn door(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let machine = request.uri().path().starts_with(api::PREFIX);
    match enter(&app, request, next).await {
        Ok(response) => response,
        Err(Failure::TooMany(seconds)) if machine => api::Problem::TooMany(seconds).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn enter(app: &Shared, mut request: Request, next: Next) -> Result<Response, Failure> {
    let now = (app.clock)();
    let take = |whose| {
        let taken = app.limits.take(whose, now.as_millisecond());
        taken.map_err(Failure::TooMany)
    };
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| {
            peer.ip()
        });
    let from = app.limits.from(peer, request.headers());
    take(Whose::Address(from))?;
    request.extensions_mut().insert(Origin(from));
    let path = request.uri().path();
    if path == oidc::BACK
        || path == oidc::signing::BACK
        || request.method() == Method::POST && path.ends_with("/second-signature")
        || request.method() == Method::POST && path.starts_with("/console/sign-in")
    {
        take(Whose::SignIn(from))?;
    }
    // what anybody may see needs no session, and looks up none
    let open = ["/assets/", "/f/", "/healthz", api::PREFIX];
    if open.iter().any(|open| path.starts_with(open)) {
        return Ok(next.run(request).await);
    }
    let secure = app.http.secure_cookies;
    let Some(hash) = cookie(request.headers(), session_cookie_name(secure)).map(token_hash) else {
        return Ok(next.run(request).await);
    };
    let second = now.as_second();
    let Some(session) = app.store.session(hash, second, IDLE).await? else {
        return Ok(next.run(request).await);
    };
    take(Whose::Session(token_hash(&session.csrf)))?;
    let fresh = rotate(app, hash, &session, second).await?;
    let who = (session.staff.clone(), token_hash(&session.csrf));
    let route = request.extensions().get::<MatchedPath>().cloned();
    let what = format!(
        "{} {}",
        request.method(),
        route.as_ref().map_or("-", MatchedPath::as_str)
    );
    request.extensions_mut().insert(session);
    let mut response = next.run(request).await;
    if response.extensions().get::<Refused>().is_some() {
        refused(app, who, what).await?;
    }
    if let Some(token) = fresh {
        // a handler that sets or drops the session's cookie itself knows better
        let ours = |value: &HeaderValue| {
            value
                .to_str()
                .is_ok_and(|text| text.starts_with(session_cookie_name(secure)))
        };
        let headers = response.headers_mut();
        if !headers.get_all(header::SET_COOKIE).iter().any(ours)
            && let Ok(value) =
                HeaderValue::from_str(&set_cookie(session_cookie_name(secure), &token, secure))
        {
            headers.append(header::SET_COOKIE, value);
        }
    }
    Ok(response)
}

/// A line for somebody who tried what their roles do not give: a few of each session, so that nobody fills the log.
async fn refused(
    app: &Shared,
    (actor, session): (String, [u8; 32]),
    what: String,
) -> Result<(), Failure> {
    let now = (app.clock)();
    let room = app
        .limits
        .take(Whose::Refused(session), now.as_millisecond());
    if room.is_err() {
        return Ok(());
    }
    app.store
        .audit(AuditEntry {
            at: now.as_second(),
            actor,
            action: "door.refused".to_owned(),
            subject: what,
            detail: String::new(),
        })
        .await?;
    Ok(())
}

/// A new token when the old one has been used long enough. Of requests that come together one gets it; the others still came
/// with a token that is taken for the overlap.
async fn rotate(
    app: &Shared,
    came_with: [u8; 32],
    session: &Session,
    now: i64,
) -> Result<Option<String>, Failure> {
    if came_with != session.token_sha256 || now - session.rotated_at < ROTATE {
        return Ok(None);
    }
    let token = random_token()?;
    let rotation = Rotation {
        old: came_with,
        new: token_hash(&token),
        at: now,
        overlap_until: now + OVERLAP,
    };
    let first = app.store.rotate_session(rotation).await?;
    Ok(first.then_some(token))
}
