//! What a provider says of somebody, and what that means here.
//!
//! Answers for reading claims: pure. A claim that is not configured, or a value that is not mapped, gives nothing.

use std::collections::BTreeMap;

use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AdditionalClaims, EndUserName, EndUserUsername, IdTokenClaims, LocalizedClaim,
    SubjectIdentifier, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SignInError;
use crate::casework::roles::Role;
use crate::config::OidcConfig;
use crate::store::Person;

/// Longest name shown, in code points.
const LONGEST_NAME: usize = 100;
/// Longest subject (OpenID Connect Core 1.0, 2: 255 ASCII characters).
const LONGEST_SUBJECT: usize = 255;
/// Most codes of a jurisdiction that are kept.
const MOST_CODES: usize = 64;

/// Every claim that is not a standard one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Claims {
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}

impl AdditionalClaims for Claims {}

/// Somebody whom the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Their id here: `oidc:` and the provider's subject. No local account has a colon.
    pub id: String,
    /// What is kept with their session.
    pub person: Person,
}

/// What the provider said so far.
#[derive(Debug, Clone)]
pub(super) struct Said {
    sub: SubjectIdentifier,
    name: Option<String>,
    claims: Claims,
}

impl Said {
    pub(super) fn from_id_token(claims: &IdTokenClaims<Claims, CoreGenderClaim>) -> Self {
        Self {
            sub: claims.subject().clone(),
            name: name(claims.name(), claims.preferred_username()),
            claims: claims.additional_claims().clone(),
        }
    }

    /// The ID token first: it is signed.
    pub(super) fn with(mut self, more: &UserInfoClaims<Claims, CoreGenderClaim>) -> Self {
        self.name = self
            .name
            .or_else(|| name(more.name(), more.preferred_username()));
        for (claim, value) in &more.additional_claims().all {
            let known = self.claims.all.entry(claim.clone());
            known.or_insert_with(|| value.clone());
        }
        self
    }

    pub(super) fn subject(&self) -> SubjectIdentifier {
        self.sub.clone()
    }

    /// Whether everything that is looked for was said.
    pub(super) fn suffices(&self, config: &OidcConfig) -> bool {
        self.name.is_some()
            && [&config.roles_claim, &config.jurisdiction_claim]
                .iter()
                .all(|claim| self.claims.at(claim).is_some())
    }

    /// Who that is here.
    pub(super) fn arrival(self, config: &OidcConfig, issuer: &str) -> Result<Arrival, SignInError> {
        let sub = self.sub.as_str();
        let plain = sub.bytes().all(|byte| byte.is_ascii_graphic());
        if sub.is_empty() || sub.len() > LONGEST_SUBJECT || !plain {
            return Err(SignInError::Token("the subject is not plain".to_owned()));
        }
        let mut roles: Vec<Role> = Vec::new();
        let mapped = self.claims.words(&config.roles_claim).into_iter();
        for role in mapped.filter_map(|word| config.roles.get(&word)).flatten() {
            if !roles.contains(role) {
                roles.push(*role);
            }
        }
        if roles.is_empty() {
            return Err(SignInError::NoRole);
        }
        roles.sort_unstable();
        let plain = |code: &String| {
            !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let codes = self.claims.words(&config.jurisdiction_claim).into_iter();
        Ok(Arrival {
            id: format!("oidc:{sub}"),
            person: Person {
                issuer: Some(issuer.to_owned()),
                sub: sub.to_owned(),
                name: self.name.unwrap_or_else(|| sub.to_owned()),
                roles,
                jurisdiction: codes.filter(plain).take(MOST_CODES).collect(),
            },
        })
    }
}

/// A name to show: by code points as it came, bounded, on one line.
fn name(
    full: Option<&LocalizedClaim<EndUserName>>,
    login: Option<&EndUserUsername>,
) -> Option<String> {
    let full = full
        .and_then(|names| {
            names
                .get(None)
                .or_else(|| names.iter().next().map(|(_, name)| name))
        })
        .map(|name| name.as_str().to_owned());
    let usable = |text: &String| {
        !text.trim().is_empty()
            && text.chars().count() <= LONGEST_NAME
            && !text.chars().any(char::is_control)
    };
    full.filter(usable)
        .or_else(|| login.map(|login| login.as_str().to_owned()).filter(usable))
}

impl Claims {
    /// A claim by its name, or by a way into objects with dots.
    fn at(&self, claim: &str) -> Option<&Value> {
        if let Some(found) = self.all.get(claim) {
            return Some(found);
        }
        let mut steps = claim.split('.');
        let first = self.all.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    }

    /// The words of a claim: one, or a list.
    fn words(&self, claim: &str) -> Vec<String> {
        match self.at(claim) {
            Some(Value::String(word)) => vec![word.clone()],
            Some(Value::Array(words)) => words
                .iter()
                .filter_map(|word| word.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::time::Duration;

    use serde_json::json;
    use zeroize::Zeroizing;

    use super::*;

    fn config() -> OidcConfig {
        OidcConfig {
            issuer: "https://id.example".into(),
            client_id: "ubugoe".into(),
            client_secret: Zeroizing::new("s".into()),
            scopes: Vec::new(),
            roles_claim: "realm_access.roles".into(),
            roles: BTreeMap::from([
                ("kessai".to_owned(), vec![Role::Decider, Role::Examiner]),
                ("kansa".to_owned(), vec![Role::Auditor]),
            ]),
            jurisdiction_claim: "towns".into(),
            ca_pem: Vec::new(),
            patience: Duration::from_secs(1),
        }
    }

    fn said(sub: &str, claims: Value) -> Said {
        Said {
            sub: SubjectIdentifier::new(sub.to_owned()),
            name: None,
            claims: serde_json::from_value(claims).unwrap(),
        }
    }

    #[test]
    fn only_mapped_values_of_the_configured_claim_give_roles() {
        let claims = json!({
            "realm_access": { "roles": ["kessai", "administrator", "kansa", "kessai", 7] },
            "roles": ["kansa"], "towns": "asukoe",
        });
        let arrival = said("u1", claims)
            .arrival(&config(), "https://id.example")
            .unwrap();
        assert_eq!(arrival.id, "oidc:u1");
        assert_eq!(
            arrival.person.roles,
            [Role::Examiner, Role::Decider, Role::Auditor]
        );
        assert_eq!(arrival.person.jurisdiction, ["asukoe"]);
        for none in [
            json!({}),
            json!({"realm_access": {"roles": ["decider"]}}),
            json!({"realm_access": "kessai"}),
        ] {
            assert!(matches!(
                said("u1", none).arrival(&config(), "https://id.example"),
                Err(SignInError::NoRole)
            ));
        }
    }

    #[test]
    fn a_subject_that_could_be_mistaken_is_refused_and_codes_with_spaces_are_none() {
        let claims =
            || json!({"realm_access.roles": "kansa", "towns": ["asukoe tonari", "", "991015"]});
        for sub in ["", "a b", "佐藤", "a\n"] {
            assert!(matches!(
                said(sub, claims()).arrival(&config(), "i"),
                Err(SignInError::Token(_))
            ));
        }
        let arrival = said("u1", claims()).arrival(&config(), "i").unwrap();
        assert_eq!(arrival.person.jurisdiction, ["991015"]);
    }
}
