//! The other parent signs what was signed first, from the family's pages.
//!
//! Answers for showing the very bytes (read from those bytes, with their SHA-256 and themselves to be saved), for sending one
//! browser to the signing service, and for taking it back once. What a signature is worth is judged by
//! [`crate::casework::second`]. Never stops anything: whoever does not sign holds up nobody.
//!
//! These pages show what a filing says, unlike the family's others, for nobody should sign what they have not seen. So there are
//! none for a case in which anybody asked for confidential handling (支援措置), nor for a filing that names one parent only.
//!
//! A browser follows no redirect to another site after a form under our policy (`form-action 'self'`), so the way there goes
//! over a small page that goes on by itself. The way back arrives at an address that names no family; which one it is stands in
//! the browser's own cookie.
//!
//! With a card at a device of the city: `card`.

mod card;
mod desk;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts as Head;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest, Sha256};
use ubugoe_procedures::{Filing, Lang};
use ubugoe_protocol::cades::{self, Trust};

use super::family::{Guest, Room, Said, Sent, Tongue, catalogue, frame, moment, note};
use super::fields::Fields;
use super::guard::{cookie, same, set_lax_cookie, token_hash};
use super::{Failure, Shared, page};
use crate::casework::FilingState;
use crate::casework::audit::AuditEntry;
use crate::casework::second::{First, Outcome, judge, names_two};
use crate::oidc::Way;
use crate::oidc::signing::{BACK, Signed, SigningError, SigningService};
use crate::random_token;
use crate::store::second::{AskedFiling, SecondKind, SecondSignature, TakenUp};

pub(super) use desk::signed_twice;

/// Its place below the family's link.
const PLACE: &str = "second-signature";
/// How long somebody may take at the service, seconds.
const WITHIN: i64 = 15 * 60;

/// What this part needs of the city.
pub struct Parts {
    /// The service with which the other parent signs on a phone, if there is one.
    pub service: Option<Arc<dyn SigningService>>,
    /// Whether they may sign with a card at a device of this city.
    pub card: bool,
    /// Procedures whose filings they are asked to sign.
    pub procedures: BTreeSet<String>,
    /// Authorities whose signature certificates are trusted.
    pub trust: Trust,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/f/{token}/second-signature", get(look).post(begin))
        .route(
            "/f/{token}/second-signature/{id}/filing.json",
            get(download),
        )
        .route(BACK, get(back))
        .merge(card::routes())
        .merge(desk::routes())
}

fn cookie_name(secure: bool) -> &'static str {
    if secure {
        "__Host-ubugoe_second"
    } else {
        "ubugoe_second"
    }
}

fn parts(app: &Shared) -> Result<&Parts, Failure> {
    app.second.as_ref().ok_or(Failure::NotFound)
}

/// The service on a phone; not found where a city has none.
fn service(parts: &Parts) -> Result<&dyn SigningService, Failure> {
    parts.service.as_deref().ok_or(Failure::NotFound)
}

/// The filings that the other parent may be asked about. None in a case where somebody is protected.
async fn asked(app: &Shared, guest: &Guest) -> Result<Vec<AskedFiling>, Failure> {
    let parts = parts(app)?;
    let case = app.store.second_asked(guest.case_ref).await?;
    if case.protected {
        return Ok(Vec::new());
    }
    let mut filings = case.filings;
    filings.retain(|filing| {
        !filing.replaced
            && parts.procedures.contains(&filing.procedure)
            && names_two(&filing.canonical)
    });
    Ok(filings)
}

/// Whether it can be signed now.
fn open(filing: &AskedFiling) -> bool {
    filing.state == FilingState::Arrived && filing.given_at.is_none()
}

/// What the line says about it; nothing where nobody is asked.
pub(super) async fn room(app: &Shared, guest: &Guest) -> Result<Option<Room>, Failure> {
    if app.second.is_none() {
        return Ok(None);
    }
    let filings = asked(app, guest).await?;
    if filings.is_empty() {
        return Ok(None);
    }
    let about = html! { @for filing in &filings { (standing(guest, filing)) } };
    Ok(Some(Room {
        path: PLACE,
        title: &words::TITLE,
        about,
    }))
}

/// Where a filing's second signature stands, in a line or two.
fn standing(guest: &Guest, filing: &AskedFiling) -> Markup {
    let waits = match filing.state {
        FilingState::Arrived => Some(&words::ASKED),
        FilingState::Returned => Some(&words::RETURNED),
        FilingState::Accepted => Some(&words::ACCEPTED),
    };
    html! {
        @if filing.again && open(filing) { p.alert role="status" data-second="again" { (guest.say(&words::AGAIN)) } }
        @if let Some(at) = filing.given_at {
            p data-second="given" { span.mark aria-hidden="true" { "✓ " } (guest.say(&words::GIVEN)) " " span.hint { (moment(guest.tongue, at)) } }
        } @else if let Some(words) = waits {
            p data-second=(filing.state.code()) { (guest.say(words)) }
        }
        @if filing.strange_at.is_some() && filing.given_at.is_none() { p data-second="strange" { (guest.say(&words::STRANGE)) } }
    }
}

/// The page.
async fn look(State(app): State<Shared>, guest: Guest) -> Result<Response, Failure> {
    let filings = asked(&app, &guest).await?;
    note(&app, &guest, "family.viewed", "second").await?;
    Ok(sheet(&app, &guest, &filings, None))
}

fn sheet(
    app: &Shared,
    guest: &Guest,
    filings: &[AskedFiling],
    trouble: Option<Outcome>,
) -> Response {
    let trouble = trouble.and_then(words::said);
    let body = html! {
        @if let Some(words) = trouble { p.alert role="alert" data-second="trouble" { (guest.say(words)) } }
        @if filings.is_empty() { p id="nothing" { (guest.say(&words::NOTHING)) } }
        @else { p { (guest.say(&words::WHAT)) } }
        @for filing in filings { (article(app, guest, filing, trouble.is_some())) }
    };
    frame(app, guest, &words::TITLE, body)
}

fn article(app: &Shared, guest: &Guest, filing: &AskedFiling, told: bool) -> Markup {
    let sum: [u8; 32] = Sha256::digest(&filing.canonical).into();
    let parsed = Filing::parse(&filing.canonical).ok();
    // what cannot be shown is not signed
    let shown = parsed.filter(|_| sum == filing.digest);
    let last = filing
        .last
        .filter(|_| open(filing) && !told)
        .and_then(|last| Some((last, words::said(last)?)));
    html! {
        article.filing data-filing=(filing.id) data-state=(filing.state.code()) {
            h2 { (catalogue(guest.tongue, &filing.title)) }
            (standing(guest, filing))
            @if let Some((last, words)) = last { p.alert data-second=(last.code()) { (guest.say(words)) } }
            @match shown {
                Some(shown) => {
                    h3 { (guest.say(&words::SEE)) }
                    p.hint { (guest.say(&words::SAME)) }
                    (content(guest, &shown))
                    dl.small {
                        dt { (guest.say(&words::DIGEST)) }
                        dd.code.sum data-sha256="yes" { (grouped(&sum)) }
                    }
                    p { a href={ (guest.home()) "/" (PLACE) "/" (filing.id) "/filing.json" } { (guest.say(&words::SAVE)) } }
                    @if open(filing) { (ways(app, guest, filing, &sum)) }
                },
                None => p.alert { (guest.say(&words::UNSHOWN)) },
            }
        }
    }
}

/// The ways to sign: on a phone, and with a card at a device. Whichever there is.
fn ways(app: &Shared, guest: &Guest, filing: &AskedFiling, sum: &[u8; 32]) -> Markup {
    let (phone, card) = app.second.as_ref().map_or((false, false), |parts| {
        (parts.service.is_some(), parts.card)
    });
    let shown = html! {
        (guest.hidden())
        input type="hidden" name="filing" value=(filing.id);
        input type="hidden" name="sha256" value=(hex::encode(sum));
    };
    html! {
        @if phone {
            form.decision method="post" action={ (guest.home()) "/" (PLACE) } {
                (shown)
                p { (guest.say(&words::NEEDS)) }
                div.buttons { button.primary type="submit" { (guest.say(&words::SIGN)) } }
            }
        }
        @if card {
            form.decision method="post" action={ (guest.home()) "/" (PLACE) "/number" } data-way="card" {
                (shown)
                p { (guest.say(&words::CARD_NEEDS)) }
                div.buttons { button.primary[!phone] type="submit" { (guest.say(&words::CARD)) } }
            }
        }
    }
}

/// Every row of the bytes, in the words that stand in them. They have Japanese and English.
fn content(guest: &Guest, filing: &ubugoe_procedures::ParsedFiling) -> Markup {
    let lang = match guest.tongue {
        Tongue::En => Lang::En,
        _ => Lang::Ja,
    };
    html! {
        div.signed-content lang=(page::code(lang)) {
            @for section in filing.sections(lang) {
                h4 { (section.title) }
                dl { @for row in &section.rows {
                    div data-path=(row.path) { dt { (row.label) } dd { (row.value) } }
                } }
            }
        }
    }
}

/// In groups of four, as people compare them.
fn grouped(sum: &[u8; 32]) -> String {
    let pairs: Vec<String> = sum.chunks(2).map(hex::encode).collect();
    pairs.join(" ")
}

/// The bytes themselves.
async fn download(
    State(app): State<Shared>,
    guest: Guest,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let filing = one(&app, &guest, &id).await?;
    note(&app, &guest, "family.downloaded", "second").await?;
    Ok((
        [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            ),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::from_static("attachment; filename=\"signed-content.json\""),
            ),
        ],
        filing.canonical,
    )
        .into_response())
}

/// One of the guest's own filings.
async fn one(app: &Shared, guest: &Guest, id: &str) -> Result<AskedFiling, Failure> {
    let filings = asked(app, guest).await?;
    let found = filings
        .into_iter()
        .find(|filing| same(&filing.id.to_string(), id));
    found.ok_or(Failure::NotFound)
}

/// The page once more, with what went wrong.
async fn again(app: &Shared, guest: &Guest, trouble: Option<Outcome>) -> Result<Response, Failure> {
    let filings = asked(app, guest).await?;
    Ok(sheet(app, guest, &filings, trouble))
}

/// The filing whose button was pressed, as it was shown; or the page once more, with what is other now.
async fn pressed(
    app: &Shared,
    guest: &Guest,
    fields: &Fields,
) -> Result<Result<AskedFiling, Response>, Failure> {
    let filing = one(app, guest, fields.get("filing").unwrap_or_default()).await?;
    let seen = hex::encode(Sha256::digest(&filing.canonical));
    if fields.get("sha256") != Some(seen.as_str()) || Filing::parse(&filing.canonical).is_err() {
        return again(app, guest, Some(Outcome::Replaced)).await.map(Err);
    }
    if !open(&filing) {
        return again(app, guest, None).await.map(Err);
    }
    Ok(Ok(filing))
}

/// Begins: remembers this browser, and sends it to the service.
async fn begin(State(app): State<Shared>, sent: Sent) -> Result<Response, Failure> {
    let Sent { guest, fields } = sent;
    let service = service(parts(&app)?)?;
    let filing = match pressed(&app, &guest, &fields).await? {
        Ok(filing) => filing,
        Err(page) => return Ok(page),
    };
    // twice 128 random bits: this one secret is what state, nonce and verifier are made of
    let secret = format!("{}{}", random_token()?, random_token()?);
    let way = Way::new(&secret);
    let going = match service.begin(filing.digest).await {
        Ok(reference) => {
            let there = service.way_there(&way, &reference).await;
            there.map(|there| (reference, there))
        }
        Err(error) => Err(error),
    };
    let (reference, there) = match going {
        Ok(going) => going,
        Err(error) => {
            let outcome = trouble(&error);
            note(&app, &guest, "second.failed", outcome.code()).await?;
            return again(&app, &guest, Some(outcome)).await;
        }
    };
    let now = app.now();
    app.store
        .second_begin(
            token_hash(&secret),
            (filing.id, filing.digest, reference),
            (now, now + WITHIN),
        )
        .await?;
    let secure = app.http.secure_cookies;
    let value = format!("{secret}.{}", guest.token);
    let cookie = set_lax_cookie(cookie_name(secure), &value, WITHIN, secure);
    Ok(with_cookie(
        onwards(guest.tongue, &there, &words::GOING).into_response(),
        &cookie,
    ))
}

/// Writes down what went wrong, and answers what is said about it.
fn trouble(error: &SigningError) -> Outcome {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "a second signature failed"
    );
    match error {
        SigningError::Away(_) | SigningError::Nothing(_) => Outcome::Away,
        SigningError::Unbelieved(_) | SigningError::Shut(_) => Outcome::Unread,
    }
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A page that goes on by itself, with a link for whoever it does not take.
fn onwards(tongue: Tongue, to: &str, said: &Said) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(tongue.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta http-equiv="refresh" content={ "0; url=" (to) };
                title { (said.get(tongue)) }
                link rel="stylesheet" href="/assets/city.css";
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
            }
            body {
                main.notice id="main" {
                    h1 { (said.get(tongue)) }
                    p { a href=(to) id="onwards" { (words::CONTINUE.get(tongue)) } }
                }
            }
        }
    }
}

/// Somebody came back whom nobody here waits for.
fn stray() -> Response {
    let words = [
        (
            "署名を確認できませんでした",
            "お手元の控えのQRコードから、手続きのページを開き直してください。署名は受け取っていません。",
        ),
        (
            "This signature could not be confirmed",
            "Open your pages again with the QR code of your receipt. No signature was taken.",
        ),
    ];
    (StatusCode::FORBIDDEN, page::plain(words)).into_response()
}

/// Ends: somebody came back from the service.
async fn back(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let parts = parts(&app)?;
    let service = service(parts)?;
    let (head, _) = request.into_parts();
    let secure = app.http.secure_cookies;
    let Some((secret, token)) = kept(&head, secure) else {
        return Ok(stray());
    };
    let fields = Fields::parse(head.uri.query().unwrap_or_default().as_bytes())?;
    let way = Way::new(secret);
    let state = fields.get("state");
    if !state.is_some_and(|state| same(state, &way.state())) {
        app.store
            .audit(AuditEntry {
                at: app.now(),
                actor: "family".to_owned(),
                action: "second.failed".to_owned(),
                subject: "-".to_owned(),
                detail: "state".to_owned(),
            })
            .await?;
        return Ok(stray());
    }
    // from here on this way is over, whatever comes of it
    let hash = token_hash(secret);
    if let TakenUp::Now(filing, digest, reference) =
        app.store.second_take_up(hash, app.now()).await?
    {
        // a link that was closed in the meantime opens nothing, and takes nothing
        let closed = app
            .store
            .family_link(token_hash(token), None, app.now())
            .await?
            .is_none();
        let came = match answered(service.issuer(), &fields) {
            _ if closed => Err(Outcome::Late),
            Ok(code) => service
                .signed(&way, code, &reference)
                .await
                .map_err(|error| trouble(&error)),
            Err(outcome) => Err(outcome),
        };
        let came = match came {
            Ok(signed) => weighed(&app, parts, (filing, digest), &signed).await?,
            Err(outcome) => Err(outcome),
        };
        app.store.second_end(hash, came, app.now()).await?;
    }
    let tongue = Tongue::of(&head.uri, &head.headers);
    let to = format!("/f/{token}/{PLACE}");
    let gone = set_lax_cookie(cookie_name(secure), "", 0, secure);
    Ok(with_cookie(
        onwards(tongue, &to, &words::RETURNING).into_response(),
        &gone,
    ))
}

/// The browser's secret, and the link it came from.
fn kept(head: &Head, secure: bool) -> Option<(&str, &str)> {
    let (secret, token) = cookie(&head.headers, cookie_name(secure))?.split_once('.')?;
    let plain =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain(secret) && plain(token)).then_some((secret, token))
}

/// The code, if the answer is the service's and says yes.
fn answered<'f>(own: &str, fields: &'f Fields) -> Result<&'f str, Outcome> {
    // who answers names itself (RFC 9207), so that no other provider's answer is taken for this one's
    if fields.get("iss").is_some_and(|issuer| issuer != own) {
        return Err(Outcome::Unread);
    }
    match fields.get("error") {
        // RFC 6749, 4.1.2.1, and OpenID Connect Core 1.0, 3.1.2.6
        Some("access_denied" | "login_required" | "interaction_required" | "consent_required") => {
            Err(Outcome::Refused)
        }
        Some("server_error" | "temporarily_unavailable") => Err(Outcome::Away),
        Some(_) => Err(Outcome::Unread),
        None => fields.get("code").ok_or(Outcome::Unread),
    }
}

/// A signature, judged against the filing as it is kept.
async fn weighed(
    app: &Shared,
    parts: &Parts,
    (filing, digest): (ubugoe_protocol::FilingId, [u8; 32]),
    signed: &Signed,
) -> Result<Result<SecondSignature, Outcome>, Failure> {
    let record = app.store.filing(filing).await?.ok_or(Failure::NotFound)?;
    if record.digest != digest {
        return Ok(Err(Outcome::Replaced));
    }
    let now = app.now();
    let first = First {
        canonical: &record.canonical,
        cms: &record.signature,
    };
    let value = (signed.certificate.as_slice(), signed.signature.as_slice());
    let finding = match judge(first, value, &parts.trust, now) {
        Ok(finding) => finding,
        Err(outcome) => return Ok(Err(outcome)),
    };
    let Ok(cms) = cades::wrap_bare(&signed.certificate, &signed.signature) else {
        return Ok(Err(Outcome::Unread));
    };
    Ok(Ok(SecondSignature {
        signer: Sha256::digest(&signed.certificate).into(),
        kind: SecondKind::App,
        digest,
        given_at: now,
        cms,
        finding,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_grouped_so_that_no_twelve_digits_stand_in_a_row() {
        let text = grouped(&[0x12; 32]);
        assert_eq!(text.len(), 32 * 2 + 15);
        assert!(text.split(' ').all(|group| group == "1212"));
    }

    #[test]
    fn every_outcome_but_the_good_ones_has_its_words_in_every_language() {
        for outcome in Outcome::ALL {
            let good = matches!(outcome, Outcome::Given | Outcome::Already);
            assert_eq!(words::said(outcome).is_none(), good, "{outcome:?}");
            if let Some(said) = words::said(outcome) {
                for tongue in Tongue::ALL {
                    assert!(!said.get(tongue).is_empty());
                }
            }
        }
    }
}
