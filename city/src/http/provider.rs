//! Signing in through the town's identity provider, and the pages between here and there.
//!
//! Answers for binding a sign-in to one browser and for making it a session once. What the provider says is judged by
//! [`crate::oidc`]. A browser follows no redirect to another site after a form under our policy (`form-action 'self'`), and
//! sends no strict cookie on the way back; so both ways end in a small page that goes on by itself, without script.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use ubugoe_procedures::Lang;

use super::fields::Fields;
use super::guard::{
    cookie, covers, drop_cookie, form_cookie_name, home, language, read_form, same,
    session_cookie_name, set_cookie, set_lax_cookie, token_hash, way_cookie_name,
};
use super::sign_in::{entry, open, with_cookies};
use super::{Failure, Shared, page, t};
use crate::oidc::{Arrival, Provider, SignInError, Way};
use crate::random_token;

/// How long somebody may take at the provider, seconds.
const WITHIN: i64 = 600;

fn provider(app: &Shared) -> Result<&Provider, Failure> {
    app.provider.as_ref().ok_or(Failure::NotFound)
}

/// A page that goes on by itself, with a link for whoever it does not take.
fn onwards(lang: Lang, to: &str, words: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(page::code(lang)) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta http-equiv="refresh" content={ "0; url=" (to) };
                title { (words) }
                link rel="stylesheet" href="/assets/city.css";
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
            }
            body {
                main.notice id="main" {
                    h1 { (words) }
                    p { a href=(to) id="onwards" { (t(lang, "進まないときはこちら", "Continue here if nothing happens")) } }
                }
            }
        }
    }
}

/// The page between signing out here and there.
pub(super) fn out_there(lang: Lang, to: &str) -> Markup {
    onwards(lang, to, t(lang, "サインアウトしました", "Signed out"))
}

/// Begins: remembers this browser, and sends it to the provider.
pub(super) async fn begin(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, Failure> {
    let provider = provider(&app)?;
    let (parts, body) = request.into_parts();
    let lang = language(&parts);
    let secure = app.http.secure_cookies;
    let fields = read_form(&parts.headers, body).await?;
    let form = cookie(&parts.headers, form_cookie_name(secure)).ok_or(Failure::ForgedForm)?;
    if !fields.get("csrf").is_some_and(|given| same(given, form)) {
        return Err(Failure::ForgedForm);
    }
    // twice 128 random bits: this one secret is what state, nonce and verifier are made of
    let secret = format!("{}{}", random_token()?, random_token()?);
    let there = match provider.way_there(&Way::new(&secret)).await {
        Ok(there) => there,
        Err(error) => return Err(trouble(&app, "-", &error).await?),
    };
    let now = app.now();
    app.store
        .begin_sign_in(token_hash(&secret), now, now + WITHIN)
        .await?;
    let words = t(
        lang,
        "サインインの画面へ移動します",
        "Going to the sign-in page",
    );
    let way = set_lax_cookie(way_cookie_name(secure), &secret, WITHIN, secure);
    with_cookies(onwards(lang, &there, words), &[way])
}

/// Ends: somebody came back from the provider.
pub(super) async fn back(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let provider = provider(&app)?;
    let (parts, _) = request.into_parts();
    let secure = app.http.secure_cookies;
    let outcome = come_back(&app, provider, &parts).await;
    // this way is over, whatever came of it; only somebody else's answer does not end it
    let over = !matches!(outcome, Err(Failure::Stray));
    let mut cookies = Vec::new();
    if over {
        cookies.push(drop_lax_cookie(secure));
    }
    match outcome {
        Ok((lang, to, session)) => {
            cookies.push(set_cookie(session_cookie_name(secure), &session, secure));
            cookies.push(drop_cookie(form_cookie_name(secure), secure));
            let words = t(lang, "サインインしました", "Signed in");
            with_cookies(onwards(lang, to, words), &cookies)
        }
        Err(failure) => with_cookies(failure, &cookies),
    }
}

fn drop_lax_cookie(secure: bool) -> String {
    set_lax_cookie(way_cookie_name(secure), "", 0, secure)
}

/// The page to go to, and the new session's token.
async fn come_back(
    app: &Shared,
    provider: &Provider,
    parts: &Parts,
) -> Result<(Lang, &'static str, String), Failure> {
    let now = app.now();
    let fields = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes())?;
    let secret = cookie(&parts.headers, way_cookie_name(app.http.secure_cookies))
        .filter(|secret| !secret.is_empty())
        .ok_or(Failure::Stray)?;
    let way = Way::new(secret);
    if !fields
        .get("state")
        .is_some_and(|state| same(state, &way.state()))
    {
        app.store.audit(failed(now, "-", "state")).await?;
        return Err(Failure::Stray);
    }
    if !app.store.end_sign_in(token_hash(secret), now).await? {
        app.store.audit(failed(now, "-", "again")).await?;
        return Err(Failure::SignInAgain);
    }
    // who answers names itself (RFC 9207), so that no other provider's answer is taken for this one's
    if fields
        .get("iss")
        .is_some_and(|issuer| issuer != provider.issuer())
    {
        app.store.audit(failed(now, "-", "issuer")).await?;
        return Err(Failure::SignInAgain);
    }
    let Some(code) = fields.get("code").filter(|_| fields.get("error").is_none()) else {
        app.store.audit(failed(now, "-", "declined")).await?;
        return Err(Failure::SignInAgain);
    };
    let Arrival { id, person } = match provider.arrive(&way, code).await {
        Ok(arrival) => arrival,
        Err(error) => return Err(trouble(app, "-", &error).await?),
    };
    if !covers(app, &person.jurisdiction) {
        app.store.audit(failed(now, &id, "elsewhere")).await?;
        return Err(Failure::Elsewhere);
    }
    let to = home(app, &person.roles);
    let session = open(app, &parts.headers, &id, person).await?;
    let done = entry(now, &id, "sign_in.done", "oidc");
    app.store.audit(done).await?;
    Ok((language(parts), to, session))
}

fn failed(now: i64, actor: &str, why: &str) -> crate::casework::audit::AuditEntry {
    entry(now, actor, "sign_in.failed", why)
}

/// Writes down what went wrong: its word in the audit log, its details in the program's.
async fn trouble(app: &Shared, actor: &str, error: &SignInError) -> Result<Failure, Failure> {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "a sign-in through the identity provider failed"
    );
    app.store
        .audit(failed(app.now(), actor, error.code()))
        .await?;
    Ok(match error {
        SignInError::Unreachable(_) => Failure::ProviderAway,
        SignInError::Code(_) | SignInError::Token(_) => Failure::SignInAgain,
        SignInError::NoRole => Failure::NoRole,
    })
}

/// The button of the sign-in page.
pub(super) fn button(lang: Lang, token: &str) -> Markup {
    html! {
        form method="post" action="/console/sign-in/provider" {
            input type="hidden" name="csrf" value=(token);
            button.primary.wide type="submit" id="sign-in-provider" { (t(lang, "職員アカウントでサインイン", "Sign in with your staff account")) }
        }
    }
}

/// Signing out here and there.
pub(super) async fn way_out(app: &Shared, lang: Lang, issuer: Option<&str>) -> Option<Response> {
    let provider = app.provider.as_ref()?;
    if issuer != Some(provider.issuer()) {
        return None;
    }
    let to = provider.way_out().await?;
    Some((StatusCode::OK, out_there(lang, &to)).into_response())
}
