//! One provider of OpenID Connect, as this city is its client (OpenID Connect Core 1.0, authorisation code flow with PKCE).
//!
//! Answers for discovery, the way to the provider, the exchange of the code and the check of the ID token, for whoever in this
//! city asks one. Knows any provider by its discovery document. Must not know what claims mean, nor of cookies, pages or sessions;
//! keeps nothing but the discovery document.

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
    AccessToken, AccessTokenHash, AsyncHttpClient, AuthType, AuthorizationCode, Client, ClientId,
    ClientSecret, CsrfToken, DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenClaims, IdTokenFields,
    IssuerUrl, OAuth2TokenResponse as _, PkceCodeChallenge, ProviderMetadataWithLogout,
    RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _,
};
use tokio::sync::Mutex;

use super::claims::Claims;
use super::key::ClientKey;
use super::{SignInError, Way};
use crate::Clock;
use crate::fetch::{Fetch, FetchError, loopback};

/// How long a discovery document is believed, seconds …
pub(super) const FRESH: i64 = 600;
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
pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
pub(super) type TownClient = Client<
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

/// How this city shows the provider that it is its client.
pub(super) enum Proves {
    /// By a secret that both know.
    Secret(ClientSecret),
    /// By its key (`private_key_jwt`, OpenID Connect Core 1.0, 9).
    Key(Box<ClientKey>),
}

/// What is known of the provider.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<ProviderMetadataWithLogout>, i64)>,
    failed_at: Option<i64>,
}

/// What an ID token says.
pub(super) type Said = IdTokenClaims<Claims, CoreGenderClaim>;

/// A provider, and this city as its client.
pub(super) struct Party {
    issuer: IssuerUrl,
    client_id: ClientId,
    proves: Proves,
    back: RedirectUrl,
    pub(super) fetch: Fetch,
    known: Mutex<Known>,
    clock: Clock,
}

impl Party {
    /// Asks nothing yet.
    pub(super) fn new(
        (issuer, client_id): (&str, &str),
        proves: Proves,
        back: &str,
        fetch: Fetch,
        clock: Clock,
    ) -> Result<Self, openidconnect::url::ParseError> {
        Ok(Self {
            issuer: IssuerUrl::new(issuer.to_owned())?,
            client_id: ClientId::new(client_id.to_owned()),
            proves,
            back: RedirectUrl::new(back.to_owned())?,
            fetch,
            known: Mutex::default(),
            clock,
        })
    }

    pub(super) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    /// The extra fields with which a request to the token endpoint says whose it is; none where a secret does.
    fn assertion(
        &self,
        metadata: &ProviderMetadataWithLogout,
    ) -> Result<Vec<(&'static str, String)>, SignInError> {
        let Proves::Key(key) = &self.proves else {
            return Ok(Vec::new());
        };
        let endpoint = metadata
            .token_endpoint()
            .ok_or_else(|| SignInError::Unreachable("it has no token endpoint".to_owned()))?;
        let jwt = key.assertion(self.client_id.as_str(), endpoint.as_str(), self.now())?;
        Ok(vec![
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
            ),
            ("client_assertion", jwt),
        ])
    }

    /// A token of this city's own (client credentials, RFC 6749, 4.4).
    pub(super) async fn own_token(&self, scope: &str) -> Result<AccessToken, SignInError> {
        let metadata = self.metadata(FRESH).await?;
        let client = self.client(&metadata);
        let mut request = client
            .exchange_client_credentials()
            .map_err(|_| SignInError::Unreachable("it has no token endpoint".to_owned()))?
            .add_scope(Scope::new(scope.to_owned()));
        for (name, value) in self.assertion(&metadata)? {
            request = request.add_extra_param(name, value);
        }
        let tokens = request.request_async(&self.fetch).await;
        Ok(tokens.map_err(unexchanged)?.access_token().clone())
    }

    /// The discovery document and its keys, not older than `age` seconds. One asks, the others wait for its answer.
    pub(super) async fn metadata(
        &self,
        age: i64,
    ) -> Result<Arc<ProviderMetadataWithLogout>, SignInError> {
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

    pub(super) fn client(&self, metadata: &ProviderMetadataWithLogout) -> TownClient {
        let methods = metadata.token_endpoint_auth_methods_supported();
        // without a word about it, Basic is what a provider takes (OpenID Connect Discovery 1.0, 3)
        let basic =
            methods.is_none_or(|list| list.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let secret = match &self.proves {
            Proves::Secret(secret) => Some(secret.clone()),
            Proves::Key(_) => None,
        };
        TownClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), secret)
            .set_redirect_uri(self.back.clone())
            .set_auth_type(if basic {
                AuthType::BasicAuth
            } else {
                AuthType::RequestBody
            })
    }

    /// Where to send a browser to, with these fields beside the usual ones.
    pub(super) async fn way_there(
        &self,
        way: &Way,
        scopes: &[String],
        more: &[(&'static str, &str)],
    ) -> Result<String, SignInError> {
        let metadata = self.metadata(FRESH).await?;
        let client = self.client(&metadata);
        let (state, nonce) = (CsrfToken::new(way.state()), way.nonce());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&way.verifier());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .add_scopes(scopes.iter().map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge);
        for (name, value) in more {
            request = request.add_extra_param(*name, *value);
        }
        shown(&request.url().0)
    }

    /// What the provider says about whoever came back with this code, and their tokens.
    pub(super) async fn arrive(
        &self,
        way: &Way,
        code: &str,
    ) -> Result<(Arc<ProviderMetadataWithLogout>, Tokens, Said), SignInError> {
        let mut metadata = self.metadata(FRESH).await?;
        let tokens = self.exchange(&metadata, way, code).await?;
        let mut said = self.read(&metadata, way, &tokens);
        if said.is_err() {
            // the provider may have a new key since we looked
            metadata = self.metadata(RECENT).await?;
            said = self.read(&metadata, way, &tokens);
        }
        Ok((metadata, tokens, said?))
    }

    async fn exchange(
        &self,
        metadata: &ProviderMetadataWithLogout,
        way: &Way,
        code: &str,
    ) -> Result<Tokens, SignInError> {
        let client = self.client(metadata);
        let mut request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| SignInError::Unreachable("it has no token endpoint".to_owned()))?
            .set_pkce_verifier(way.verifier());
        for (name, value) in self.assertion(metadata)? {
            request = request.add_extra_param(name, value);
        }
        let tokens = request.request_async(&self.fetch).await;
        tokens.map_err(unexchanged)
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
        Ok(claims.clone())
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
pub(super) fn shown(url: &Url) -> Result<String, SignInError> {
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

pub(super) fn unreachable_by(error: &FetchError) -> SignInError {
    SignInError::Unreachable(error.to_string())
}

fn undiscovered(error: &DiscoveryError<FetchError>) -> SignInError {
    match error {
        DiscoveryError::Request(error) => unreachable_by(error),
        other => SignInError::Unreachable(other.to_string()),
    }
}

fn unexchanged(
    error: RequestTokenError<FetchError, StandardErrorResponse<CoreErrorResponseType>>,
) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(said) => {
            SignInError::Code(said.error().as_ref().to_owned())
        }
        RequestTokenError::Request(error) => unreachable_by(&error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            SignInError::Unreachable("the answer about the code cannot be read".to_owned())
        }
    }
}
