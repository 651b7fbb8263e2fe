//! Telling a phone that there is something new: opting in and out.
//!
//! Answers for the only page of the family's that has a script, under a policy of its own. Without the script, or where the phone
//! cannot, the page says so and everything else works as before. Must not be offered after a loss.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use maud::html;

use super::super::{Failure, Shared, asset};
use super::phone_words as said;
use super::{Guest, Room, Sent, frame, note};
use crate::casework::audit::AuditEntry;
use crate::store::family::NewPhone;

/// The policy of this page: its one script, and the worker it registers; still nothing from elsewhere.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) async fn room(app: &Shared, guest: &Guest) -> Result<Option<Room>, Failure> {
    if app.pusher.is_none() || app.store.family_case(guest.case_ref).await?.lost() {
        return Ok(None);
    }
    Ok(Some(Room {
        path: "news",
        title: &said::TITLE,
        about: html! { p { (guest.say(&said::ABOUT)) } },
    }))
}

/// The page.
pub(super) async fn page(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    let pusher = app.pusher.as_ref().ok_or(Failure::NotFound)?;
    if app.store.family_case(guest.case_ref).await?.lost() {
        return Err(Failure::NotFound);
    }
    note(&app, &guest, "family.viewed", "news").await?;
    let told = app.store.family_phones(guest.case_ref).await?;
    let home = guest.home();
    let body = html! {
        p { (guest.say(&said::LEAD)) }
        form #subscribe method="post" action={ (home) "/news" } data-scope={ (home) "/" } data-key=(pusher.public()) hidden {
            (guest.hidden())
            input type="hidden" name="endpoint" value="";
            input type="hidden" name="p256dh" value="";
            input type="hidden" name="auth" value="";
            button.primary type="submit" id="on" { (guest.say(&said::ON)) }
        }
        p.notice-bar id="unable" { (guest.say(&said::UNABLE)) }
        @if told > 0 {
            p id="told" { (guest.say(&said::HOW_MANY)) ": " (told) }
            form method="post" action={ (home) "/news" } {
                (guest.hidden())
                button.secondary type="submit" id="off" name="off" value="yes" { (guest.say(&said::OFF)) }
            }
        }
        script src="/assets/family-push.js" defer {}
    };
    let mut response = frame(&app, &guest, &said::TITLE, body);
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    Ok(response)
}

/// Keeps a phone, or forgets them all.
pub(super) async fn keep(
    State(app): State<Shared>,
    Sent { guest, fields }: Sent,
) -> Result<Response, Failure> {
    let pusher = app.pusher.as_ref().ok_or(Failure::NotFound)?;
    let back = format!("{}/news", guest.home());
    let line = |action: &str| AuditEntry {
        at: app.now(),
        actor: "family".to_owned(),
        action: action.to_owned(),
        subject: guest.filing.to_string(),
        detail: String::new(),
    };
    if fields.get("off") == Some("yes") {
        app.store.forget_phones(guest.case_ref).await?;
        app.store.audit(line("family.news_off")).await?;
        return Ok(Redirect::to(&back).into_response());
    }
    let bytes = |name: &str, length: usize| {
        fields
            .get(name)
            .and_then(|text| Base64UrlUnpadded::decode_vec(text.trim_end_matches('=')).ok())
            .filter(|bytes| bytes.len() == length)
    };
    let endpoint = fields.get("endpoint").unwrap_or_default();
    let (Some(p256dh), Some(auth)) = (bytes("p256dh", 65), bytes("auth", 16)) else {
        return Err(Failure::BadForm("keys"));
    };
    if !pusher.asks(endpoint) {
        return Err(Failure::BadForm("endpoint"));
    }
    if app.store.family_case(guest.case_ref).await?.lost() {
        return Err(Failure::NotFound);
    }
    let kept = app
        .store
        .keep_phone(NewPhone {
            case_ref: guest.case_ref,
            endpoint: endpoint.to_owned(),
            p256dh,
            auth,
            tongue: guest.tongue.word(),
            at: app.now(),
        })
        .await?;
    if kept {
        app.store.audit(line("family.news_on")).await?;
    }
    Ok(Redirect::to(&back).into_response())
}

/// The page's script.
pub(super) async fn script() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../assets/family-push.js"),
    )
}

/// The worker that shows notifications; it may be registered for a family's pages.
pub(super) async fn worker() -> Response {
    let mut response = asset(
        "text/javascript; charset=utf-8",
        include_str!("../assets/family-worker.js"),
    );
    response.headers_mut().insert(
        HeaderName::from_static("service-worker-allowed"),
        HeaderValue::from_static("/f/"),
    );
    response
}
