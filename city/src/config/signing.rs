//! `[second_signature]`: the service with which the other parent signs, and which filings they are asked for. May be left out.
//!
//! Answers for reading it. Keys are read and tried here, so that a wrong one is named at the start.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use toml::Table;
use zeroize::Zeroizing;

use super::Form;
use crate::oidc::signing::{ClientKey, KeyProblem, OpeningKey};

/// The service with which the other parent signs.
pub struct SigningConfig {
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
    /// Procedures whose filings the other parent is asked to sign, by id.
    pub procedures: BTreeSet<String>,
    /// Authorities whose certificates the service may show, PEM; empty for one on loopback.
    pub ca_pem: Vec<u8>,
    /// Longest wait for one answer of the service.
    pub patience: Duration,
}

impl fmt::Debug for SigningConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningConfig({})", self.issuer)
    }
}

/// Name of the section.
pub(super) const P: &str = "second_signature";

impl Form<'_> {
    /// `None`: there are problems with it. Only to be called if there is such a section.
    pub(super) fn signing(&mut self, root: &mut Table) -> Option<SigningConfig> {
        const PROCEDURES: &str = "[\"shussei_todoke\"]";
        let mut t = self.section(root, P, "[second_signature]")?;
        let issuer = self.outside(
            &mut t,
            "issuer",
            "\"https://auth-and-sign.go.jp/api/realms/main\"",
        );
        let transactions = self.outside(
            &mut t,
            "transactions",
            "\"https://auth-and-sign.go.jp/api/sign-transactions\"",
        );
        let client_id = self.text(&mut t, P, "client_id", "\"RP00000001\"");
        let client_key = self.private_key(&mut t, "client_key", ClientKey::from_pem);
        let opening_key = self.private_key(&mut t, "opening_key", OpeningKey::from_pem);
        let procedures = if t.contains_key("procedures") {
            self.text_list(&mut t, P, "procedures", PROCEDURES, true)
                .and_then(|ids| self.procedure_ids(P, "procedures", ids, PROCEDURES))
        } else {
            Some(BTreeSet::from(["shussei_todoke".to_owned()]))
        };
        let patience = self.number::<u16>(&mut t, P, "patience_seconds", Some(10), "10");
        let plain = issuer
            .as_ref()
            .is_some_and(|issuer| issuer.starts_with("http://"));
        let ca_pem = match (t.contains_key("ca"), plain) {
            (true, _) => self.file(&mut t, P, "ca", "\"signing-ca.pem\""),
            (false, true) => Some(Vec::new()),
            (false, false) => self.read_file(
                "second_signature.ca".into(),
                super::door::DEBIAN_ROOTS,
                "\"signing-ca.pem\"",
            ),
        };
        self.leftovers(P, &t);
        Some(SigningConfig {
            issuer: issuer?,
            transactions: transactions?,
            client_id: client_id?,
            client_key: client_key?,
            opening_key: opening_key?,
            procedures: procedures?,
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
