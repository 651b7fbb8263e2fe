//! `[second_signature]`: how the other parent may sign, and which filings they are asked for. May be left out.
//!
//! With a card at a device of the city (`card`, as long as nothing else is said), with a service on a phone, or both.
//!
//! Answers for reading it. Keys are read and tried here, so that a wrong one is named at the start.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use toml::Table;
use zeroize::Zeroizing;

use super::Form;
use crate::oidc::signing::{ClientKey, KeyProblem, OpeningKey};

/// How the other parent may sign.
#[derive(Debug)]
pub struct SigningConfig {
    /// Procedures whose filings the other parent is asked to sign, by id.
    pub procedures: BTreeSet<String>,
    /// With their card, at a device of this city.
    pub card: bool,
    /// With a service, on a phone.
    pub service: Option<ServiceConfig>,
}

/// The service with which the other parent signs on a phone.
pub struct ServiceConfig {
    /// Issuer identifier, as in its discovery document. Plain http on loopback only.
    pub issuer: String,
    /// Where signatures are begun and fetched.
    pub transactions: String,
    /// This city's id there.
    pub client_id: String,
    /// Says there who asks.
    pub client_key: ClientKey,
    /// Opens what is answered.
    pub opening_key: OpeningKey,
    /// Authorities whose certificates the service may show, PEM; empty for one on loopback.
    pub ca_pem: Vec<u8>,
    /// Longest wait for one answer of the service.
    pub patience: Duration,
}

impl fmt::Debug for ServiceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceConfig({})", self.issuer)
    }
}

/// Name of the section.
pub(super) const P: &str = "second_signature";

impl Form<'_> {
    /// `None`: there are problems with it. Only to be called if there is such a section.
    pub(super) fn signing(&mut self, root: &mut Table) -> Option<SigningConfig> {
        const PROCEDURES: &str = "[\"shussei_todoke\"]";
        let mut t = self.section(root, P, "[second_signature]")?;
        let procedures = if t.contains_key("procedures") {
            self.text_list(&mut t, P, "procedures", PROCEDURES, true)
                .and_then(|ids| self.procedure_ids(P, "procedures", ids, PROCEDURES))
        } else {
            Some(BTreeSet::from(["shussei_todoke".to_owned()]))
        };
        let card = self.bool_or(&mut t, P, "card", true);
        let named = [
            "issuer",
            "transactions",
            "client_id",
            "client_key",
            "opening_key",
        ];
        let service = if named.iter().any(|name| t.contains_key(*name)) {
            Some(self.service(&mut t))
        } else {
            None
        };
        if !card && service.is_none() {
            self.problem::<()>(format!("{P}.card"), "no way to sign is left", "card = true");
        }
        self.leftovers(P, &t);
        Some(SigningConfig {
            procedures: procedures?,
            card,
            service: match service {
                Some(service) => Some(service?),
                None => None,
            },
        })
    }

    fn service(&mut self, t: &mut Table) -> Option<ServiceConfig> {
        let issuer = self.outside(
            t,
            "issuer",
            "\"https://auth-and-sign.go.jp/api/realms/main\"",
        );
        let transactions = self.outside(
            t,
            "transactions",
            "\"https://auth-and-sign.go.jp/api/sign-transactions\"",
        );
        let client_id = self.text(t, P, "client_id", "\"RP00000001\"");
        let client_key = self.private_key(t, "client_key", ClientKey::from_pem);
        let opening_key = self.private_key(t, "opening_key", OpeningKey::from_pem);
        let patience = self.number::<u16>(t, P, "patience_seconds", Some(10), "10");
        let plain = issuer
            .as_ref()
            .is_some_and(|issuer| issuer.starts_with("http://"));
        let ca_pem = match (t.contains_key("ca"), plain) {
            (true, _) => self.file(t, P, "ca", "\"signing-ca.pem\""),
            (false, true) => Some(Vec::new()),
            (false, false) => self.read_file(
                "second_signature.ca".into(),
                super::door::DEBIAN_ROOTS,
                "\"signing-ca.pem\"",
            ),
        };
        Some(ServiceConfig {
            issuer: issuer?,
            transactions: transactions?,
            client_id: client_id?,
            client_key: client_key?,
            opening_key: opening_key?,
            ca_pem: ca_pem?,
            patience: Duration::from_secs(u64::from(patience?.max(1))),
        })
    }

    /// An address that this city asks.
    fn outside(&mut self, t: &mut Table, name: &str, example: &'static str) -> Option<String> {
        let address = self.text(t, P, name, example)?;
        match crate::oidc::check_issuer(&address) {
            Ok(()) => Some(address),
            Err(what) => self.problem(
                format!("{P}.{name}"),
                format!("{address:?}: {what}"),
                example,
            ),
        }
    }

    fn private_key<T>(
        &mut self,
        t: &mut Table,
        name: &str,
        read: impl FnOnce(&[u8]) -> Result<T, KeyProblem>,
    ) -> Option<T> {
        const EXAMPLE: &str = "\"signing.key\"";
        let pem = Zeroizing::new(self.file(t, P, name, EXAMPLE)?);
        match read(&pem) {
            Ok(key) => Some(key),
            // never the file's content
            Err(problem) => self.problem(format!("{P}.{name}"), problem.to_string(), EXAMPLE),
        }
    }
}
