//! The sign-in page, signing in with a local account, signing out.
//!
//! Answers for local accounts: everybody's at one desk; beside an identity provider only for set-up (break-glass). What goes
//! through a provider is in [`super::provider`].

use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use ubugoe_procedures::Lang;
use zeroize::Zeroizing;

use super::guard::{
    LONGEST, Officer, Posted, cookie, drop_cookie, form_cookie_name, home, language, read_form,
    same, session_cookie_name, set_cookie, token_hash,
};
use super::{Failure, Shared, page, password, provider, t};
use crate::casework::audit::AuditEntry;
use crate::random_token;
use crate::store::{Person, Session};

/// The form.
pub(super) async fn form(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let (mut parts, _) = request.into_parts();
    if let Ok(officer) = Officer::from_request_parts(&mut parts, &app).await {
        return Ok(Redirect::to(home(&app, &officer.account.roles)).into_response());
    }
    let token = random_token()?;
    let lang = language(&parts);
    with_cookies(
        page_of(&app, lang, &token, false),
        &[set_cookie(
            form_cookie_name(app.http.secure_cookies),
            &token,
            app.http.secure_cookies,
        )],
    )
}

/// The first page of whoever is signed in; somebody without any page of their own learns so.
pub(super) async fn home_page(
    State(app): State<Shared>,
    officer: Officer,
) -> Result<Redirect, Failure> {
    match home(&app, &officer.account.roles) {
        "/console" => Err(Failure::NotYours),
        page => Ok(Redirect::to(page)),
    }
}

/// Adds cookies to an answer.
pub(super) fn with_cookies(
    answer: impl IntoResponse,
    cookies: &[String],
) -> Result<Response, Failure> {
    let mut response = answer.into_response();
    for cookie in cookies {
        let value = HeaderValue::from_str(cookie).map_err(|_| Failure::BadForm("cookie"))?;
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// A sign-in.
pub(super) async fn submit(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let lang = language(&parts);
    let secure = app.http.secure_cookies;
    let fields = read_form(&parts.headers, body).await?;
    let token = cookie(&parts.headers, form_cookie_name(secure)).ok_or(Failure::ForgedForm)?;
    if !fields.get("csrf").is_some_and(|given| same(given, token)) {
        return Err(Failure::ForgedForm);
    }
    let now = app.now();
    let (name, given) = (
        fields.get("account").unwrap_or_default(),
        fields.get("password").unwrap_or_default(),
    );
    let given = Zeroizing::new(given.chars().take(password::LONGEST).collect::<String>());
    let account = app.staff.iter().find(|account| account.id == name);
    if account.is_some_and(|account| app.throttle.must_wait(&account.id, now)) {
        return Err(Failure::SlowDown);
    }
    let right = app
        .throttle
        .check(account.map(|account| account.password.as_str()), given)
        .await;
    if let Some(account) = account {
        app.throttle.note(&account.id, right, now);
    }
    let Some(account) = account.filter(|_| right) else {
        let actor = account.map_or("-", |account| account.id.as_str());
        app.store
            .audit(entry(now, actor, "sign_in.failed", ""))
            .await?;
        return Ok((StatusCode::UNAUTHORIZED, page_of(&app, lang, token, true)).into_response());
    };
    let person = Person {
        issuer: None,
        sub: account.id.clone(),
        name: account.name.clone(),
        roles: account.roles.clone(),
        jurisdiction: vec![app.office.recipient.to_string()],
    };
    let to = home(&app, &person.roles);
    let fresh = open(&app, &parts.headers, &account.id, person).await?;
    // beside a provider a local account breaks the glass, and everybody who reads the log shall see it
    let done = if app.provider.is_some() {
        entry(now, &account.id, "sign_in.break_glass", "")
    } else {
        entry(now, &account.id, "sign_in.done", "")
    };
    app.store.audit(done).await?;
    with_cookies(
        Redirect::to(to),
        &[
            set_cookie(session_cookie_name(secure), &fresh, secure),
            drop_cookie(form_cookie_name(secure), secure),
        ],
    )
}

/// Opens a session for somebody and answers its token. A session that this browser already had ends here: signing in always
/// gives a new one.
pub(super) async fn open(
    app: &Shared,
    headers: &HeaderMap,
    id: &str,
    person: Person,
) -> Result<String, Failure> {
    let now = app.now();
    if let Some(old) = cookie(headers, session_cookie_name(app.http.secure_cookies)) {
        app.store.close_session(token_hash(old), now).await?;
    }
    let fresh = random_token()?;
    let session = Session {
        token_sha256: token_hash(&fresh),
        staff: id.to_owned(),
        csrf: random_token()?,
        created_at: now,
        seen_at: now,
        expires_at: now + LONGEST,
        rotated_at: now,
        person: Some(person),
    };
    app.store.open_session(session).await?;
    Ok(fresh)
}

/// Signing out.
pub(super) async fn leave(State(app): State<Shared>, posted: Posted) -> Result<Response, Failure> {
    let now = app.now();
    app.store
        .close_session(posted.officer.session.token_sha256, now)
        .await?;
    app.store
        .audit(entry(now, &posted.officer.account.id, "sign_out", ""))
        .await?;
    let secure = app.http.secure_cookies;
    let person = posted.officer.session.person.as_ref();
    let issuer = person.and_then(|person| person.issuer.as_deref());
    let there = provider::way_out(&app, posted.officer.lang, issuer).await;
    let mut response = with_cookies(
        there.unwrap_or_else(|| Redirect::to("/console/sign-in").into_response()),
        &[drop_cookie(session_cookie_name(secure), secure)],
    )?;
    response.headers_mut().insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""),
    );
    Ok(response)
}

pub(super) fn entry(at: i64, actor: &str, action: &str, detail: &str) -> AuditEntry {
    AuditEntry {
        at,
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: "-".to_owned(),
        detail: detail.to_owned(),
    }
}

fn page_of(app: &Shared, lang: Lang, token: &str, failed: bool) -> Markup {
    let beside = app.provider.is_some();
    let body = html! {
        main.sign-in id="main" {
            h1 { (t(lang, "職員サインイン", "Staff sign-in")) }
            p.office { (app.office.name.get(lang)) }
            @if beside { (provider::button(lang, token)) }
            @if beside && !app.staff.is_empty() {
                details open[failed] {
                    summary { (t(lang, "非常用アカウント（初期設定と復旧のときだけ）", "Break-glass account (for set-up and recovery only)")) }
                    p.hint { (t(lang, "使用は「非常用サインイン」として操作記録に残ります。", "Its use is written to the audit log as such.")) }
                    (local_form(lang, token, failed))
                }
            } @else if !beside { (local_form(lang, token, failed)) }
        }
    };
    page::document(
        lang,
        t(lang, "職員サインイン", "Staff sign-in"),
        &page::bare_header(lang, "/console/sign-in"),
        &body,
    )
}

fn local_form(lang: Lang, token: &str, failed: bool) -> Markup {
    html! {
        @if failed {
            p.alert role="alert" { (t(lang, "アカウント名またはパスワードが違います。", "The account name or the password is wrong.")) }
        }
        form method="post" action="/console/sign-in" {
            input type="hidden" name="csrf" value=(token);
            label for="account" { (t(lang, "アカウント名", "Account name")) }
            input type="text" id="account" name="account" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus[!failed];
            label for="password" { (t(lang, "パスワード", "Password")) }
            input type="password" id="password" name="password" autocomplete="current-password" required;
            button.primary.wide type="submit" id="sign-in" { (t(lang, "サインイン", "Sign in")) }
        }
    }
}
