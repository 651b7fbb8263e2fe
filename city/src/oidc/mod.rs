//! Asks the town's identity provider who somebody is (OpenID Connect Core 1.0, authorisation code flow with PKCE).
//!
//! Answers for who signs in at the desk: for reading what somebody may out of the claims of their provider. What any provider is
//! asked, and how its answers are checked, is in [`party`]; the service that lets a family sign is in [`signing`], on the same.
//! Must not know of cookies, pages or sessions.

mod claims;
mod key;
mod party;
pub mod signing;

use openidconnect::core::CoreGenderClaim;
use openidconnect::url::Url;
use openidconnect::{
    ClientId, ClientSecret, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, UserInfoClaims, UserInfoError,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::claims::Arrival;
use self::claims::{Claims, Said};
use self::party::{FRESH, Party, Proves, Tokens, shown, unreachable_by};
use crate::Clock;
use crate::config::OidcConfig;
pub use crate::fetch::FetchSetUpError;
use crate::fetch::{Fetch, loopback};

/// Where a provider sends browsers back to, below the public address.
pub const BACK: &str = "/console/sign-in/back";
/// Where it sends them after signing out.
const HOME: &str = "/console/sign-in";

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

    pub(in crate::oidc) fn nonce(&self) -> Nonce {
        Nonce::new(self.derived("ubugoe sign-in nonce"))
    }

    pub(in crate::oidc) fn verifier(&self) -> PkceCodeVerifier {
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

/// The town's identity provider.
pub struct Provider {
    config: OidcConfig,
    party: Party,
    home: PostLogoutRedirectUrl,
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
        let party = Party::new(
            (&config.issuer, &config.client_id),
            Proves::Secret(ClientSecret::new(config.client_secret.to_string())),
            &format!("{public_url}{BACK}"),
            Fetch::new(&config.ca_pem, config.patience)?,
            clock,
        )?;
        Ok(Self {
            party,
            home: PostLogoutRedirectUrl::new(format!("{public_url}{HOME}"))?,
            config,
        })
    }

    /// The issuer that is configured.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.party.issuer()
    }

    /// Where to send a browser to.
    ///
    /// # Errors
    /// [`SignInError::Unreachable`].
    pub async fn way_there(&self, way: &Way) -> Result<String, SignInError> {
        self.party.way_there(way, &self.config.scopes, &[]).await
    }

    /// Who came back with this code.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn arrive(&self, way: &Way, code: &str) -> Result<Arrival, SignInError> {
        let (metadata, tokens, claims) = self.party.arrive(way, code).await?;
        let mut said = Said::from_id_token(&claims);
        if !said.suffices(&self.config) {
            said = self.ask_more(&metadata, &tokens, said).await?;
        }
        said.arrival(&self.config, self.issuer())
    }

    /// Asks the UserInfo endpoint for what the ID token leaves out. Its subject must be the ID token's.
    async fn ask_more(
        &self,
        metadata: &ProviderMetadataWithLogout,
        tokens: &Tokens,
        said: Said,
    ) -> Result<Said, SignInError> {
        let client = self.party.client(metadata);
        let Ok(request) = client.user_info(tokens.access_token().clone(), Some(said.subject()))
        else {
            return Ok(said);
        };
        let more: Result<UserInfoClaims<Claims, CoreGenderClaim>, _> =
            request.request_async(&self.party.fetch).await;
        match more {
            Ok(more) => Ok(said.with(&more)),
            Err(UserInfoError::Request(error)) => Err(unreachable_by(&error)),
            Err(error) => Err(SignInError::Token(error.to_string())),
        }
    }

    /// Where a browser that signed out here signs out there, if the provider has such a place and is to be had.
    pub async fn way_out(&self) -> Option<String> {
        let metadata = self.party.metadata(FRESH).await.ok()?;
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
