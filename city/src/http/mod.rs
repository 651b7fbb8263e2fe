//! The city's pages: the staff console and the family's status page.
//!
//! Answers for HTTP: addresses, headers, sessions, forms, pages. Rendered on the server; works without any script (one
//! page that a family need not open has one, under a policy of its own) and loads nothing from anywhere else. Decides nothing and stores nothing by itself.

mod agencies;
pub mod api;
mod audit;
mod console;
mod decide;
mod door;
pub(crate) mod enrol;
mod family;
mod fields;
mod guard;
mod health;
pub mod limits;
pub mod nonstop;
#[doc(hidden)]
pub mod outside;
mod oversight;
mod page;
mod papers;
pub mod password;
mod provider;
mod retention;
pub mod routes;
pub mod second;
mod sign_in;

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use ubugoe_procedures::{Catalogue, Lang};

use crate::Clock;
use crate::config::{CaseworkConfig, HttpConfig, Office, RetentionConfig, StaffAccount};
use crate::export::ExportError;
use crate::ingest::Registry;
use crate::metrics::Metrics;
use crate::oidc::Provider;
use crate::papers::{FontProblem, Fontcase};
use crate::store::{Sealer, Store, StoreError};

/// Nothing but our own style sheet, icon and forms; no script at all.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Largest form body taken.
const MAX_BODY: usize = 16 * 1024;

/// Everything the pages need.
pub struct App {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// Signs notices.
    pub sealer: Arc<dyn Sealer>,
    /// Known procedures.
    pub catalogue: Arc<Catalogue>,
    /// Who this city is.
    pub office: Office,
    /// Registered devices, and where each stands.
    pub devices: Registry,
    /// Addresses and cookies.
    pub http: HttpConfig,
    /// Local accounts.
    pub staff: Vec<StaffAccount>,
    /// The town's identity provider, if it has one.
    pub provider: Option<Provider>,
    /// How fast browsers may ask.
    pub limits: limits::Limiter,
    /// How cases are worked.
    pub casework: CaseworkConfig,
    /// The city's clock.
    pub clock: Clock,
    /// Rung after every decision, so that the link sends the notice at once.
    pub decided: Arc<Notify>,
    /// Typefaces of papers.
    pub fonts: Fontcase,
    /// Slows down guessing.
    pub throttle: password::Throttle,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whoever asks agencies, if the city is linked to any.
    pub agencies: Option<Arc<crate::agencies::send::Sender>>,
    /// Who tells families' phones, if anybody does.
    pub pusher: Option<Arc<crate::push::Pusher>>,
    /// What the city does by itself.
    pub nonstop: nonstop::Parts,
    /// How long what is kept.
    pub retention: RetentionConfig,
    /// Other systems that may read.
    pub api: Vec<api::ApiClient>,
    /// How the other parent signs, if this city asks them to.
    pub second: Option<second::Parts>,
    /// Nurseries, where families search and apply here.
    pub nurseries: Option<crate::services::nursery::Nurseries>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({})", self.office.recipient)
    }
}

impl App {
    fn now(&self) -> i64 {
        (self.clock)().as_second()
    }
}

/// Shared state of the handlers.
type Shared = Arc<App>;

/// Answers browsers until `stop` becomes true, and lets open requests end.
pub(crate) async fn serve(
    listener: TcpListener,
    watched: Option<TcpListener>,
    app: App,
    stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let app = Arc::new(app);
    let service = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let pages = axum::serve(listener, service).with_graceful_shutdown(stopped(stop.clone()));
    let Some(watched) = watched else {
        return pages.await;
    };
    let figures = axum::serve(watched, health::figures(app)).with_graceful_shutdown(stopped(stop));
    tokio::try_join!(pages.into_future(), figures.into_future()).map(drop)
}

/// Until `stop` becomes true; a dropped sender means the same.
async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// All addresses, behind the door and under the headers.
fn router(app: Shared) -> Router {
    addresses()
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(Arc::clone(&app), door::door))
        .layer(from_fn_with_state(Arc::clone(&app), headers))
        .layer(from_fn_with_state(Arc::clone(&app), health::count))
        .with_state(app)
}

/// Every address and method that is served, as the router itself tells it: `GET /console/audit`. For the tests that hold
/// [`routes::ROUTES`] against it.
#[must_use]
pub fn served() -> String {
    format!("{:?}", addresses())
}

/// What answers where. Whatever is added here stands in [`routes::ROUTES`] too.
fn addresses() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/console") }))
        .route("/console", get(sign_in::home_page))
        .route("/console/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/console/sign-in/provider", post(provider::begin))
        .route(crate::oidc::BACK, get(provider::back))
        .route("/console/sign-out", post(sign_in::leave))
        .merge(console::routes())
        .route("/console/quarantine", get(oversight::quarantine))
        .route("/console/audit", get(audit::list))
        .route("/console/audit/verify", post(audit::verify))
        .merge(family::routes())
        .merge(second::routes())
        .merge(nonstop::routes())
        .merge(retention::routes())
        .merge(papers::routes())
        .route(
            "/assets/city.css",
            get(async || asset("text/css; charset=utf-8", include_str!("city.css"))),
        )
        .route(
            "/assets/icon.svg",
            get(async || asset("image/svg+xml", include_str!("icon.svg"))),
        )
        .merge(health::routes())
        .merge(agencies::routes())
        .merge(api::routes())
}

fn asset(kind: &'static str, body: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ],
        body,
    )
        .into_response()
}

async fn not_found(request: Request) -> Response {
    if request.uri().path().starts_with(api::PREFIX) {
        return api::Problem::NotFound.into_response();
    }
    Failure::NotFound.into_response()
}

/// Headers of every answer.
async fn headers(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let chosen = page::language_choice(request.uri());
    let console = request.uri().path().starts_with("/console");
    let tongue =
        family::Tongue::asked(request.uri()).filter(|_| request.uri().path().starts_with("/f/"));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // what comes from outside is served under an even stricter one
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if app.http.secure_cookies {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    if let Some(lang) = chosen.filter(|_| console)
        && let Ok(value) =
            HeaderValue::from_str(&guard::language_cookie(lang, app.http.secure_cookies))
    {
        headers.append(header::SET_COOKIE, value);
    }
    if let Some(tongue) = tongue
        && let Ok(value) = HeaderValue::from_str(&tongue.cookie(app.http.secure_cookies))
    {
        headers.append(header::SET_COOKIE, value);
    }
    response
}

/// Why a request got no page. Every variant becomes a calm page in both languages.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("not signed in")]
    SignInFirst,
    #[error("a room of the family is closed")]
    Closed(String),
    #[error("no such page")]
    NotFound,
    #[error("not within this person's roles")]
    NotYours,
    #[error("the form did not come from its page")]
    ForgedForm,
    #[error("the form cannot be read: {0}")]
    BadForm(&'static str),
    #[error("the form is larger than {MAX_BODY} bytes")]
    TooLarge,
    #[error("too many failed sign-ins")]
    SlowDown,
    #[error("too many requests; again in {0} s")]
    TooMany(u32),
    #[error("nothing here waits for this answer of a provider")]
    Stray,
    #[error("the sign-in has to begin anew")]
    SignInAgain,
    #[error("the identity provider is away")]
    ProviderAway,
    #[error("no role means anything here")]
    NoRole,
    #[error("works for another office")]
    Elsewhere,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("no paper can be set")]
    Fonts(#[from] FontProblem),
    #[error("setting a paper stopped")]
    PaperStopped,
    #[error("nothing is ready, or it left in the meantime")]
    NothingReady,
    #[error("an export failed")]
    Export(#[from] ExportError),
    #[error("no random bytes")]
    Random(#[from] crate::NoRandomness),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignInFirst | Self::Closed(_) => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotYours
            | Self::ForgedForm
            | Self::Stray
            | Self::SignInAgain
            | Self::NoRole
            | Self::Elsewhere => StatusCode::FORBIDDEN,
            Self::BadForm(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowDown | Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::ProviderAway => StatusCode::BAD_GATEWAY,
            Self::NothingReady => StatusCode::CONFLICT,
            Self::Fonts(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Random(_) | Self::PaperStopped | Self::Export(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn words(&self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::SignInFirst | Self::Closed(_) | Self::NotFound => [
                ("ページが見つかりません", "アドレスをご確認ください。"),
                ("Page not found", "Please check the address."),
            ],
            Self::NotYours => [
                (
                    "この画面を開く権限がありません",
                    "必要な場合は、管理者に役割の追加を依頼してください。何も変更されていません。",
                ),
                (
                    "You are not allowed to open this page",
                    "Ask your administrator for the role, if you need it. Nothing was changed.",
                ),
            ],
            Self::ForgedForm => [
                (
                    "操作を確認できませんでした",
                    "画面を開き直して、もう一度操作してください。何も変更されていません。",
                ),
                (
                    "This form could not be confirmed",
                    "Open the page again and repeat. Nothing was changed.",
                ),
            ],
            Self::BadForm(_) | Self::TooLarge => [
                (
                    "入力を受け取れませんでした",
                    "前の画面に戻り、入力を確認してください。何も変更されていません。",
                ),
                (
                    "The form could not be read",
                    "Go back and check what was entered. Nothing was changed.",
                ),
            ],
            Self::SlowDown => [
                (
                    "しばらくお待ちください",
                    "サインインに続けて失敗しました。1分ほど待ってから、もう一度お試しください。",
                ),
                (
                    "Please wait a moment",
                    "Signing in failed several times. Try again in a minute.",
                ),
            ],
            Self::TooMany(_)
            | Self::Stray
            | Self::SignInAgain
            | Self::ProviderAway
            | Self::NoRole
            | Self::Elsewhere => self.words_at_the_door(),
            Self::Fonts(_) => [
                (
                    "書面を作れません",
                    "このサーバーに書体がありません。管理者に、Debianのパッケージ fonts-noto-cjk を入れるか、設定の papers.fonts を直すよう伝えてください。届出の審査は続けられます。",
                ),
                (
                    "No paper can be made",
                    "This server has no typeface. Ask your administrator to install Debian's fonts-noto-cjk, or to mend papers.fonts in the configuration. Casework goes on.",
                ),
            ],
            Self::NothingReady => [
                (
                    "書き出すものがありません",
                    "ほかの職員が先に書き出したか、受理の状態が変わりました。何も書き出していません。",
                ),
                (
                    "There is nothing to export",
                    "A colleague was first, or a state has changed. Nothing was exported.",
                ),
            ],
            Self::Store(_) | Self::Random(_) | Self::PaperStopped | Self::Export(_) => [
                (
                    "いま処理できません",
                    "時間をおいて、もう一度お試しください。続く場合は管理者に連絡してください。",
                ),
                (
                    "This cannot be done right now",
                    "Please try again later. If it goes on, tell your administrator.",
                ),
            ],
        }
    }

    /// Of what happens before anybody is known.
    fn words_at_the_door(&self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::TooMany(_) => [
                (
                    "しばらくお待ちください",
                    "短い時間に多くの操作がありました。少し待ってから、もう一度お試しください。何も失われていません。",
                ),
                (
                    "Please wait a moment",
                    "There were many requests in a short time. Try again shortly; nothing is lost.",
                ),
            ],
            Self::ProviderAway => [
                (
                    "いまサインインできません",
                    "職員アカウントの認証サービスにつながりません。時間をおいて、もう一度お試しください。届出の受付は続いています。",
                ),
                (
                    "Signing in is not possible right now",
                    "The service for staff accounts cannot be reached. Try again later; filings go on arriving.",
                ),
            ],
            Self::NoRole => [
                (
                    "このシステムの役割がありません",
                    "サインインはできましたが、役割が割り当てられていません。管理者に依頼してください。",
                ),
                (
                    "You have no role here",
                    "You are known, but no role is assigned to you. Ask your administrator.",
                ),
            ],
            Self::Elsewhere => [
                (
                    "担当する市区町村ではありません",
                    "このアカウントは、この窓口の担当として登録されていません。管理者に確認してください。",
                ),
                (
                    "This is not your municipality",
                    "This account does not work for this office. Ask your administrator.",
                ),
            ],
            _ => [
                (
                    "サインインを確認できませんでした",
                    "サインインの画面を開き直して、もう一度お試しください。",
                ),
                (
                    "This sign-in could not be confirmed",
                    "Open the sign-in page again and repeat.",
                ),
            ],
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if matches!(self, Self::SignInFirst) {
            return Redirect::to("/console/sign-in").into_response();
        }
        // back to the line, without a word
        if let Self::Closed(line) = &self {
            return Redirect::to(line).into_response();
        }
        if matches!(
            self,
            Self::Store(_)
                | Self::Random(_)
                | Self::Fonts(_)
                | Self::PaperStopped
                | Self::Export(_)
        ) {
            tracing::error!(
                error = &self as &dyn std::error::Error,
                "a page could not be served"
            );
        }
        let mut response = (self.status(), page::plain(self.words())).into_response();
        if matches!(self, Self::NotYours) {
            response.extensions_mut().insert(door::Refused);
        }
        let wait = match self {
            Self::TooMany(seconds) => seconds,
            Self::SlowDown => 60,
            _ => return response,
        };
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait));
        response
    }
}

/// Picks words by language.
fn t(lang: Lang, ja: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::collections::BTreeMap;

    /// Names and values of the custom properties in a text.
    fn properties(css: &str) -> BTreeMap<String, String> {
        css.split(['{', ';', '}'])
            .filter_map(|part| part.trim().strip_prefix("--")?.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn the_style_sheet_has_the_design_systems_tokens_and_no_colour_of_its_own() {
        let sheet = include_str!("city.css");
        let file: serde_json::Value =
            serde_json::from_str(include_str!("tokens/design-tokens.json")).unwrap();
        let (_, rest) = sheet.split_once("/* tokens: begin").unwrap();
        let (block, own) = rest.split_once("/* tokens: end */").unwrap();
        let version = file["version"].as_str().unwrap();
        assert!(block.contains(&format!("design-tokens {version}, MIT")));
        let tokens = properties(block);
        assert!(tokens.len() > 20, "{tokens:?}");
        for (name, value) in &tokens {
            assert_eq!(
                file["tokens"][name].as_str(),
                Some(value.as_str()),
                "{name}"
            );
        }
        let known = properties(own);
        for used in own
            .split("var(--")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            assert!(
                tokens.contains_key(used) || known.contains_key(used),
                "--{used} is defined nowhere"
            );
        }
        let bare = own.split('#').skip(1).filter(|rest| {
            let hex = rest.chars().take_while(char::is_ascii_hexdigit).count();
            matches!(hex, 3 | 4 | 6 | 8)
        });
        assert_eq!(bare.count(), 0, "a colour that is no token");
    }
}
