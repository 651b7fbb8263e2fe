//! The family's pages, phone first, opened by the link on the receipt.
//!
//! Answers for who may open them ([`Guest`]), for the frame that every one of them shares and for the audit lines they write.
//! No page here shows a name, an address or a value of a filing unless its own header says so. Works without any script.

mod checkups;
mod door;
mod door_words;
mod for_you;
mod gift;
mod line;
mod line_words;
mod looks;
mod nursery;
mod phone;
mod phone_words;
mod room_words;
mod services;
mod status;
mod vaccines;
mod voice;
mod words;

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use sha2::{Digest, Sha256};

use super::fields::Fields;
use super::guard::{cookie, read_form, same, token_hash};
use super::page::document_in;
use super::{Failure, Shared};
use crate::casework::audit::AuditEntry;
pub(super) use line::{hops, yen_words};
pub(super) use words::{Said, Tongue, catalogue, day, moment};

/// Every address of this folder.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/f/{token}", get(status::status))
        .route("/f/{token}/open", post(door::open))
        .route("/f/{token}/close", get(door::ask_close).post(door::close))
        .route("/f/{token}/news", get(phone::page).post(phone::keep))
        .route("/assets/family-push.js", get(phone::script))
        .route("/assets/family-worker.js", get(phone::worker))
        .route("/f/{token}/looks", get(looks::page))
        .route("/f/{token}/for-you", get(for_you::page))
        .route("/f/{token}/voice", post(voice::keep))
        .merge(line::routes())
        .merge(checkups::routes())
        .merge(nursery::routes())
        .merge(vaccines::routes())
        .merge(gift::routes())
}

/// Somebody who holds a family's link and has shown what only the family knows.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    /// What stands in the address. Never in a log or a title.
    pub(super) token: String,
    /// Its hash, as the store looks links up.
    pub(super) hash: [u8; 32],
    /// The case, whatever link it was opened by: what tables are keyed by.
    pub(super) case_ref: [u8; 32],
    /// The first filing of the case, as audit lines name it.
    pub(super) filing: ubugoe_protocol::FilingId,
    /// The session's token, which ties forms to this browser.
    session: String,
    /// Language of the page.
    pub(super) tongue: Tongue,
    /// Path asked for, for the language links.
    pub(super) here: String,
}

impl Guest {
    /// The address of the line; everything else of the family stands below it.
    pub(super) fn home(&self) -> String {
        format!("/f/{}", self.token)
    }

    /// Words in the page's language.
    pub(super) fn say(&self, said: &Said) -> &'static str {
        said.get(self.tongue)
    }

    /// Ties a form to the link it was opened by, and to the session that did.
    fn form_token(&self) -> String {
        form_token(&self.token, &self.session)
    }

    /// The hidden field every form carries.
    pub(super) fn hidden(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.form_token()); }
    }

    /// Whether a form came from a page of this guest.
    ///
    /// # Errors
    /// [`Failure::ForgedForm`].
    pub(super) fn form(&self, fields: &Fields) -> Result<(), Failure> {
        if fields
            .get("csrf")
            .is_some_and(|given| same(given, &self.form_token()))
        {
            Ok(())
        } else {
            Err(Failure::ForgedForm)
        }
    }
}

fn form_token(token: &str, session: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"ubugoe family form\0");
    for part in [token, session] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

impl FromRequestParts<Shared> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let tongue = Tongue::of(&parts.uri, &parts.headers);
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(IntoResponse::into_response)?;
        let token = params
            .iter()
            .find_map(|(name, value)| (name == "token").then(|| value.to_owned()))
            .unwrap_or_default();
        let here = parts.uri.path().to_owned();
        let hash = token_hash(&token);
        let session = cookie(&parts.headers, door::cookie_name(app.http.secure_cookies))
            .unwrap_or_default()
            .to_owned();
        let asked = (!session.is_empty()).then(|| token_hash(&session));
        // the store looks up the hash, so how long it takes says nothing about how much of a guess was right
        let link = app
            .store
            .family_link(hash, asked, app.now())
            .await
            .map_err(|failed| Failure::Store(failed).into_response())?;
        let Some(link) = link else {
            return Err(unknown(tongue));
        };
        if !link.opened {
            let looking = matches!(parts.method, Method::GET | Method::HEAD);
            let door = door::ask(app, link, (&token, &here, looking), tongue).await;
            return Err(door.unwrap_or_else(IntoResponse::into_response));
        }
        Ok(Self {
            token,
            hash,
            case_ref: link.case_ref,
            filing: link.filing,
            session,
            tongue,
            here,
        })
    }
}

/// A form sent by a guest, from a page of theirs.
pub(super) struct Sent {
    pub(super) guest: Guest,
    pub(super) fields: Fields,
}

impl FromRequest<Shared> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let guest = Guest::from_request_parts(&mut parts, app).await?;
        let fields = read_form(&parts.headers, body)
            .await
            .map_err(IntoResponse::into_response)?;
        guest.form(&fields).map_err(IntoResponse::into_response)?;
        Ok(Self { guest, fields })
    }
}

/// A part of the family's pages, as the line lists it.
pub(super) struct Room {
    /// Its address below `/f/{token}/`.
    pub(super) path: &'static str,
    pub(super) title: &'static Said,
    /// A line or two about it.
    pub(super) about: Markup,
}

/// What a link that opens nothing gets: mistyped, never given, or closed.
///
/// Its language links lead nowhere else, so that all such pages are alike but for the language.
pub(super) fn unknown(tongue: Tongue) -> Response {
    let body = html! {
        main.family id="main" {
            h1 { (words::UNKNOWN_TITLE.get(tongue)) }
            p { (words::UNKNOWN.get(tongue)) }
        }
    };
    let page = document(tongue, Some(""), "", &words::UNKNOWN_TITLE, &body);
    (StatusCode::NOT_FOUND, page).into_response()
}

/// A page of the family's with the way back to the line.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a handler makes it for this and has no other use for it"
)]
pub(super) fn frame(app: &Shared, guest: &Guest, title: &Said, body: Markup) -> Response {
    let body = html! {
        main.family id="main" {
            p.back { a href=(guest.home()) { span aria-hidden="true" { "←" } " " (guest.say(&words::BACK)) } }
            h1 { (guest.say(title)) }
            (body)
        }
    };
    sheet(app, guest, title, &body).into_response()
}

/// A page of the family's.
fn sheet(app: &Shared, guest: &Guest, title: &Said, body: &Markup) -> Markup {
    let office = app.office.name.get(guest.tongue.lang());
    document(guest.tongue, Some(&guest.here), office, title, body)
}

/// A whole page; the language links in its head lead to the page itself, if it has an address to come back to.
fn document(
    tongue: Tongue,
    here: Option<&str>,
    office: &str,
    title: &Said,
    body: &Markup,
) -> Markup {
    let header = html! {
        header.top.for-family {
            span.product lang=[tongue.foreign()] { (office) }
            @if let Some(here) = here { details.tongues {
                summary { span { (tongue.name()) } span.hint { (words::LANGUAGE) } }
                nav aria-label=(words::LANGUAGE) { ul { (tongues(tongue, here)) } }
            } }
        }
    };
    document_in(
        tongue.code(),
        words::SKIP.get(tongue),
        title.get(tongue),
        &header,
        body,
    )
}

/// Links to the page in every language.
fn tongues(tongue: Tongue, here: &str) -> Markup {
    html! {
        @for each in Tongue::ALL {
            li { @if each == tongue {
                span aria-current="true" lang=(each.code()) { (each.name()) }
            } @else {
                a href={ (here) "?lang=" (each.word()) } lang=(each.code()) hreflang=(each.code()) { (each.name()) }
            } }
        }
    }
}

/// A line for the audit chain: what a family saw or did. Codes only.
///
/// # Errors
/// When it could not be stored; then nothing is shown.
pub(super) async fn note(
    app: &Shared,
    guest: &Guest,
    action: &str,
    detail: &str,
) -> Result<(), Failure> {
    let entry = AuditEntry {
        at: app.now(),
        actor: "family".to_owned(),
        action: action.to_owned(),
        subject: guest.filing.to_string(),
        detail: detail.to_owned(),
    };
    Ok(app.store.audit(entry).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_tied_to_their_link_and_session() {
        assert_ne!(form_token("a", "s"), form_token("b", "s"));
        assert_ne!(form_token("a", "s"), form_token("a", "t"));
        assert_ne!(form_token("ab", "s"), form_token("a", "bs"));
        assert_eq!(form_token("a", "s").len(), 64);
    }
}
