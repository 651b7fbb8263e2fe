//! Asks the town's identity provider who somebody is (OpenID Connect Core 1.0, authorisation code flow with PKCE).
//!
//! Answers for discovery, the way to the provider, the exchange of the code, the check of the ID token, and for reading what
//! somebody may out of its claims. Knows any provider by its discovery document. Must not know of cookies, pages or sessions, and
//! keeps nothing but the discovery document.

mod claims;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthType, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse as _, UserInfoClaims, UserInfoError,
};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

pub use self::claims::Arrival;
use self::claims::{Claims, Said};
use crate::Clock;
use crate::config::OidcConfig;
pub use crate::fetch::FetchSetUpError;
use crate::fetch::{Fetch, FetchError, loopback};

/// Where a provider sends browsers back to, below the public address.
pub const BACK: &str = "/console/sign-in/back";
/// Where it sends them after signing out.
const HOME: &str = "/console/sign-in";

/// How long a discovery document is believed, seconds …
const FRESH: i64 = 600;
/// … how long it must have been believed before an unknown key makes us ask again …
const RECENT: i64 = 30;
/// … and how long nobody is asked again after nobody answered.
const PAUSE: i64 = 3;
/// How far the ID token's time of issue may lie back or ahead, seconds.
const ISSUED_WITHIN: i64 = 600;

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type TownClient = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Signatures with a public key of the provider. Never the ones made with our own secret.
const SIGNED_WITH: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why somebody could not be signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The provider cannot be reached, or speaks something else.
    #[error("the identity provider cannot be asked: {0}")]
    Unreachable(String),
    /// The provider does not take the code.
    #[error("the identity provider refuses the code: {0}")]
    Code(String),
    /// What the provider says of somebody is not to be believed.
    #[error("the ID token is not to be believed: {0}")]
    Token(String),
    /// Nothing of what somebody works as means anything here.
    #[error("no role")]
    NoRole,
}

impl SignInError {
    /// The word in the audit log.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Code(_) => "code",
            Self::Token(_) => "token",
            Self::NoRole => "no_role",
        }
    }
}

/// One browser's way to the provider and back. State, nonce and PKCE verifier follow from one secret that only its cookie holds
/// (OpenID Connect Core 1.0, 15.5.2), so nothing of them is stored here.
pub struct Way(Zeroizing<String>);

impl Way {
    /// From the cookie's secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(Zeroizing::new(secret.to_owned()))
    }

    fn derived(&self, label: &str) -> String {
        hex::encode(
            Sha256::new()
                .chain_update(label)
                .chain_update([0])
                .chain_update(self.0.as_bytes())
                .finalize(),
        )
    }

    /// What the provider must hand back unchanged.
    #[must_use]
    pub fn state(&self) -> String {
        self.derived("ubugoe sign-in state")
    }

    fn nonce(&self) -> Nonce {
        Nonce::new(self.derived("ubugoe sign-in nonce"))
    }

    fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.derived("ubugoe sign-in code verifier"))
    }
}

/// Whether an issuer may be configured.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_issuer(issuer: &str) -> Result<(), &'static str> {
    let url = Url::parse(issuer).map_err(|_| "is no address")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must be an address without ? or #");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if url.host_str().is_some_and(loopback) => Ok(()),
        "http" => Err("plain http is for a provider on loopback only"),
        _ => Err("must be an https address"),
    }
}

/// What is known of the provider.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<ProviderMetadataWithLogout>, i64)>,
    failed_at: Option<i64>,
}

/// The town's identity provider.
pub struct Provider {
    config: OidcConfig,
    issuer: IssuerUrl,
    back: RedirectUrl,
    home: PostLogoutRedirectUrl,
    fetch: Fetch,
    known: Mutex<Known>,
    clock: Clock,
}

/// Why a provider cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// TLS.
    #[error("TLS towards the identity provider")]
    Fetch(#[from] FetchSetUpError),
    /// An address.
    #[error("an address of the identity provider or of this city cannot be read")]
    Address(#[from] openidconnect::url::ParseError),
}

impl Provider {
    /// The provider of a city with this public address. Asks nothing yet.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub fn new(config: OidcConfig, public_url: &str, clock: Clock) -> Result<Self, SetUpError> {
        Ok(Self {
            issuer: IssuerUrl::new(config.issuer.clone())?,
            back: RedirectUrl::new(format!("{public_url}{BACK}"))?,
            home: PostLogoutRedirectUrl::new(format!("{public_url}{HOME}"))?,
            fetch: Fetch::new(&config.ca_pem, config.patience)?,
            known: Mutex::default(),
            config,
            clock,
        })
    }

    /// The issuer that is configured.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    /// The discovery document and its keys, not older than `age` seconds. One asks, the others wait for its answer.
    async fn metadata(&self, age: i64) -> Result<Arc<ProviderMetadataWithLogout>, SignInError> {
        let mut known = self.known.lock().await;
        let now = self.now();
        if let Some((metadata, at)) = &known.metadata
            && (0..=age).contains(&(now - at))
        {
            return Ok(Arc::clone(metadata));
        }
        if known
            .failed_at
            .is_some_and(|at| (0..PAUSE).contains(&(now - at)))
        {
            return Err(SignInError::Unreachable("it was asked just now".to_owned()));
        }
        match ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.fetch).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known {
                    metadata: Some((Arc::clone(&metadata), now)),
                    failed_at: None,
                };
                Ok(metadata)
            }
            Err(error) => {
                known.failed_at = Some(now);
                Err(undiscovered(&error))
            }
        }
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> TownClient {
        let methods = metadata.token_endpoint_auth_methods_supported();
        // without a word about it, Basic is what a provider takes (OpenID Connect Discovery 1.0, 3)
        let basic =
            methods.is_none_or(|list| list.contains(&CoreClientAuthMethod::ClientSecretBasic));
        TownClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.config.client_id.clone()),
            Some(ClientSecret::new(self.config.client_secret.to_string())),
        )
        .set_redirect_uri(self.back.clone())
        .set_auth_type(if basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        })
    }

    /// Where to send a browser to.
    ///
    /// # Errors
    /// [`SignInError::Unreachable`].
    pub async fn way_there(&self, way: &Way) -> Result<String, SignInError> {
        let metadata = self.metadata(FRESH).await?;
        let client = self.client(&metadata);
        let (state, nonce) = (CsrfToken::new(way.state()), way.nonce());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&way.verifier());
        let scopes = self.config.scopes.iter();
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge)
            .url();
        shown(&url)
    }

    /// Who came back with this code.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn arrive(&self, way: &Way, code: &str) -> Result<Arrival, SignInError> {
        let mut metadata = self.metadata(FRESH).await?;
        let tokens = self.exchange(&metadata, way, code).await?;
        let mut said = self.read(&metadata, way, &tokens);
        if said.is_err() {
            // the provider may have a new key since we looked
            metadata = self.metadata(RECENT).await?;
            said = self.read(&metadata, way, &tokens);
        }
        let mut said = said?;
        if !said.suffices(&self.config) {
            said = self.ask_more(&metadata, &tokens, said).await?;
        }
        said.arrival(&self.config, self.issuer())
    }

    async fn exchange(
        &self,
        metadata: &ProviderMetadataWithLogout,
        way: &Way,
        code: &str,
    ) -> Result<Tokens, SignInError> {
        let client = self.client(metadata);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| SignInError::Unreachable("it has no token endpoint".to_owned()))?
            .set_pkce_verifier(way.verifier())
            .request_async(&self.fetch)
            .await;
        tokens.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => {
                SignInError::Code(said.error().as_ref().to_owned())
            }
            RequestTokenError::Request(error) => unreachable_by(&error),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                SignInError::Unreachable("the answer about the code cannot be read".to_owned())
            }
        })
    }

    /// Checks signature, issuer, audience, times, nonce and the access token's hash.
    fn read(
        &self,
        metadata: &ProviderMetadataWithLogout,
        way: &Way,
        tokens: &Tokens,
    ) -> Result<Said, SignInError> {
        let bad = |why: &dyn std::fmt::Display| SignInError::Token(why.to_string());
        let client = self.client(metadata);
        let token = tokens.id_token().ok_or_else(|| bad(&"there is none"))?;
        let now = self.now();
        let moment = UNIX_EPOCH + Duration::from_secs(now.max(0).unsigned_abs());
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(SIGNED_WITH)
            .set_time_fn(move || moment.into())
            .set_issue_time_verifier_fn(move |at| {
                if (at.timestamp() - now).abs() <= ISSUED_WITHIN {
                    Ok(())
                } else {
                    Err("it was not issued just now".to_owned())
                }
            });
        let claims = token
            .claims(&verifier, &way.nonce())
            .map_err(|error| bad(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|error| bad(&error))?;
            let key = token.signing_key(&verifier).map_err(|error| bad(&error))?;
            let found = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
                .map_err(|error| bad(&error))?;
            if found != *expected {
                return Err(bad(&"it is not about this access token"));
            }
        }
        Ok(Said::from_id_token(claims))
    }

    /// Asks the UserInfo endpoint for what the ID token leaves out. Its subject must be the ID token's.
    async fn ask_more(
        &self,
        metadata: &ProviderMetadataWithLogout,
        tokens: &Tokens,
        said: Said,
    ) -> Result<Said, SignInError> {
        let client = self.client(metadata);
        let Ok(request) = client.user_info(tokens.access_token().clone(), Some(said.subject()))
        else {
            return Ok(said);
        };
        let more: Result<UserInfoClaims<Claims, CoreGenderClaim>, _> =
            request.request_async(&self.fetch).await;
        match more {
            Ok(more) => Ok(said.with(&more)),
            Err(UserInfoError::Request(error)) => Err(unreachable_by(&error)),
            Err(error) => Err(SignInError::Token(error.to_string())),
        }
    }

    /// Where a browser that signed out here signs out there, if the provider has such a place and is to be had.
    pub async fn way_out(&self) -> Option<String> {
        let metadata = self.metadata(FRESH).await.ok()?;
        let place = metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let url = LogoutRequest::from(place)
            .set_client_id(ClientId::new(self.config.client_id.clone()))
            .set_post_logout_redirect_uri(self.home.clone())
            .http_get_url();
        shown(&url).ok()
    }
}

impl<'c> AsyncHttpClient<'c> for Fetch {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// An address a browser may be sent to.
fn shown(url: &Url) -> Result<String, SignInError> {
    let safe = match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(loopback),
        _ => false,
    };
    if safe {
        Ok(url.to_string())
    } else {
        Err(SignInError::Unreachable(
            "it names an address without TLS".to_owned(),
        ))
    }
}

fn unreachable_by(error: &FetchError) -> SignInError {
    SignInError::Unreachable(error.to_string())
}

fn undiscovered(error: &DiscoveryError<FetchError>) -> SignInError {
    match error {
        DiscoveryError::Request(error) => unreachable_by(error),
        other => SignInError::Unreachable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_nonce_and_verifier_are_three_secrets_of_one_cookie() {
        let (way, other) = (Way::new("a"), Way::new("b"));
        let three = [
            way.state(),
            way.nonce().secret().clone(),
            way.verifier().secret().clone(),
        ];
        assert!(three.iter().all(|text| text.len() == 64));
        assert!(three[0] != three[1] && three[1] != three[2] && three[0] != three[2]);
        assert_ne!(way.state(), other.state());
        assert_eq!(way.state(), Way::new("a").state());
    }

    #[test]
    fn an_issuer_needs_tls_anywhere_but_here() {
        for good in [
            "https://id.asukoe.example",
            "https://id.example/realms/town",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
        ] {
            assert_eq!(check_issuer(good), Ok(()), "{good}");
        }
        for bad in [
            "http://id.asukoe.example",
            "id.example",
            "ftp://127.0.0.1",
            "https://id.example/?a",
            "https://id.example/#a",
        ] {
            assert!(check_issuer(bad).is_err(), "{bad}");
        }
    }
}
