//! Who is asking, and did the form come from our page.
//!
//! Answers for cookies, sessions and the CSRF check. [`Posted`] is the only way a console handler gets form fields, so no
//! handler can forget the check. Must not render pages.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use ubugoe_procedures::Lang;

use super::fields::Fields;
use super::{Failure, MAX_BODY, Shared, page};
use crate::casework::audit::AuditEntry;
use crate::casework::roles::{Right, Role, may};
use crate::store::Session;

/// A session dies after this many seconds without use …
pub(super) const IDLE: i64 = 30 * 60;
/// … and in any case after a working day.
pub(super) const LONGEST: i64 = 10 * 3_600;

const LANGUAGE: &str = "ubugoe_lang";

/// Cookie that carries the session. The `__Host-` prefix binds it to this host over TLS.
pub(super) fn session_cookie_name(secure: bool) -> &'static str {
    if secure {
        "__Host-ubugoe_session"
    } else {
        "ubugoe_session"
    }
}

/// Cookie that ties the sign-in form to this browser before there is a session.
pub(super) fn form_cookie_name(secure: bool) -> &'static str {
    if secure {
        "__Host-ubugoe_form"
    } else {
        "ubugoe_form"
    }
}

/// Cookie that ties the way to the identity provider and back to this browser.
pub(super) fn way_cookie_name(secure: bool) -> &'static str {
    if secure {
        "__Host-ubugoe_way"
    } else {
        "ubugoe_way"
    }
}

/// A `Set-Cookie` value that a browser also sends when another site's page leads here, and forgets after `seconds`.
pub(super) fn set_lax_cookie(name: &str, value: &str, seconds: i64, secure: bool) -> String {
    format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{}",
        if secure { "; Secure" } else { "" }
    )
}

/// A `Set-Cookie` value.
pub(super) fn set_cookie(name: &str, value: &str, secure: bool) -> String {
    format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Strict{}",
        if secure { "; Secure" } else { "" }
    )
}

/// A `Set-Cookie` value that removes a cookie.
pub(super) fn drop_cookie(name: &str, secure: bool) -> String {
    format!("{}; Max-Age=0", set_cookie(name, "", secure))
}

pub(super) fn language_cookie(lang: Lang, secure: bool) -> String {
    set_cookie(LANGUAGE, page::code(lang), secure)
}

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Compares without telling by its duration where two texts differ.
pub(super) fn same(left: &str, right: &str) -> bool {
    let (left, right) = (Sha256::digest(left), Sha256::digest(right));
    left.iter()
        .zip(right.iter())
        .fold(0, |differing, (l, r)| differing | (l ^ r))
        == 0
}

/// What is stored instead of a token.
pub(super) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Language of the page: the address first, then the cookie, then Japanese.
pub(super) fn language(parts: &Parts) -> Lang {
    page::language_choice(&parts.uri).unwrap_or_else(|| match cookie(&parts.headers, LANGUAGE) {
        Some("en") => Lang::En,
        _ => Lang::Ja,
    })
}

/// Whether somebody with this jurisdiction works for this office: by its recipient's id or its municipality's code.
pub(super) fn covers(app: &Shared, jurisdiction: &[String]) -> bool {
    let office = &app.office;
    jurisdiction
        .iter()
        .any(|code| code == office.recipient.as_str() || *code == office.municipality.to_string())
}

/// The first page of somebody with these roles.
pub(super) fn home(app: &Shared, roles: &[Role]) -> &'static str {
    [
        (Right::SeeCases, "/console/filings"),
        (Right::SeeQuarantine, "/console/quarantine"),
        (Right::SeeAudit, "/console/audit"),
        (Right::SeeOwnPart, "/console/agencies"),
    ]
    .into_iter()
    // a clerk's part is there only where the city is linked to somebody
    .filter(|(right, _)| *right != Right::SeeOwnPart || app.agencies.is_some())
    .find_map(|(right, page)| may(roles, right).then_some(page))
    .unwrap_or("/console")
}

/// Who is signed in, as pages and the audit log know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
}

/// Somebody signed in.
#[derive(Debug, Clone)]
pub(super) struct Officer {
    pub(super) session: Session,
    pub(super) account: Account,
    /// A local account beside an identity provider: for set-up, when the provider is away.
    pub(super) break_glass: bool,
    /// The city is linked to other authorities, so there is a page of them.
    pub(super) linked: bool,
    pub(super) lang: Lang,
    /// Path and query asked for, for the language switch.
    pub(super) here: String,
}

impl Officer {
    /// Whether one of their roles gives this right.
    pub(super) fn may(&self, right: Right) -> bool {
        may(&self.account.roles, right)
    }

    /// The same, or the page is not for them.
    pub(super) fn must(&self, right: Right) -> Result<(), Failure> {
        if self.may(right) {
            Ok(())
        } else {
            Err(Failure::NotYours)
        }
    }
}

/// Who a session is, and whether it is a local account; none if it is nobody any more.
fn account(app: &Shared, session: &Session) -> Option<(Account, bool)> {
    let issuer = session
        .person
        .as_ref()
        .and_then(|person| person.issuer.as_deref());
    if let (Some(issuer), Some(person)) = (issuer, &session.person) {
        // a provider taken out of the configuration vouches for nobody
        let vouched = app
            .provider
            .as_ref()
            .is_some_and(|provider| provider.issuer() == issuer);
        let account = Account {
            id: session.staff.clone(),
            name: person.name.clone(),
            roles: person.roles.clone(),
        };
        return vouched.then_some((account, false));
    }
    // an account taken out of the configuration is out at once, and so is a role
    let staff = app.staff.iter().find(|staff| staff.id == session.staff)?;
    let had = |role: &Role| {
        session
            .person
            .as_ref()
            .is_none_or(|person| person.roles.contains(role))
    };
    let account = Account {
        id: staff.id.clone(),
        name: staff.name.clone(),
        roles: staff.roles.iter().copied().filter(had).collect(),
    };
    Some((account, true))
}

impl FromRequestParts<Shared> for Officer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Failure> {
        // the door looked it up
        let session = parts
            .extensions
            .get::<Session>()
            .ok_or(Failure::SignInFirst)?
            .clone();
        let (account, local) = account(app, &session).ok_or(Failure::SignInFirst)?;
        let elsewhere = session
            .person
            .as_ref()
            .is_some_and(|person| !covers(app, &person.jurisdiction));
        if elsewhere {
            app.store
                .audit(AuditEntry {
                    at: app.now(),
                    actor: account.id,
                    action: "door.elsewhere".to_owned(),
                    subject: "-".to_owned(),
                    detail: String::new(),
                })
                .await?;
            return Err(Failure::Elsewhere);
        }
        Ok(Self {
            session,
            account,
            break_glass: local && app.provider.is_some(),
            linked: app.agencies.is_some(),
            lang: language(parts),
            here: parts.uri.path().to_owned(),
        })
    }
}

/// A form sent by somebody signed in, from a page of this session.
pub(super) struct Posted {
    pub(super) officer: Officer,
    pub(super) fields: Fields,
}

impl FromRequest<Shared> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let officer = Officer::from_request_parts(&mut parts, app).await?;
        let fields = read_form(&parts.headers, body).await?;
        if fields
            .get("csrf")
            .is_some_and(|given| same(given, &officer.session.csrf))
        {
            Ok(Self { officer, fields })
        } else {
            Err(Failure::ForgedForm)
        }
    }
}

/// Reads a form body, bounded.
pub(super) async fn read_form(
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<Fields, Failure> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(Failure::BadForm("not a form"));
    }
    let bytes = axum::body::to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Failure::TooLarge)?;
    Fields::parse(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_http_only_and_same_site_strict() {
        assert_eq!(
            set_cookie(session_cookie_name(true), "abc", true),
            "__Host-ubugoe_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            set_cookie(session_cookie_name(false), "abc", false),
            "ubugoe_session=abc; Path=/; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn comparing_finds_equal_and_different_texts() {
        assert!(same("0123", "0123"));
        assert!(!same("0123", "0124"));
        assert!(!same("", "0"));
    }
}
