//! The sections about who comes in, and how fast: `[oidc]` and `[limits]`.
//!
//! Answers for reading them; what they mean is done in [`crate::oidc`] and [`crate::http`]. As everywhere here, every problem is
//! named at once and no secret is shown.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::{Form, key};
use crate::casework::roles::Role;

/// Where Debian keeps the authorities that everybody trusts.
pub(super) const DEBIAN_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The town's identity provider.
#[derive(Clone)]
pub struct OidcConfig {
    /// Issuer identifier, as in the provider's discovery document. Plain http on loopback only.
    pub issuer: String,
    /// This city's id there.
    pub client_id: String,
    /// This city's secret there.
    pub client_secret: Zeroizing<String>,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that names what somebody works as; dots lead into objects (`realm_access.roles`).
    pub roles_claim: String,
    /// What its values mean here. A value that is not in it means nothing.
    pub roles: BTreeMap<String, Vec<Role>>,
    /// The claim with the recipients' ids or municipality codes somebody works for.
    pub jurisdiction_claim: String,
    /// Authorities whose certificates the provider may show, PEM; empty for a provider on loopback.
    pub ca_pem: Vec<u8>,
    /// Longest wait for one answer of the provider.
    pub patience: Duration,
}

impl fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OidcConfig({})", self.issuer)
    }
}

/// So many at once, and so many more each minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests at once.
    pub burst: u32,
    /// Requests that come back each minute.
    pub per_minute: u32,
}

/// How fast browsers may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Everything from one address (IPv6: one /64). A town hall, or a carrier's phones, may share one.
    pub address: Rate,
    /// Everything of one session.
    pub session: Rate,
    /// Attempts at signing in from one address.
    pub sign_in: Rate,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address: Rate {
                burst: 3_000,
                per_minute: 3_000,
            },
            session: Rate {
                burst: 600,
                per_minute: 600,
            },
            sign_in: Rate {
                burst: 120,
                per_minute: 60,
            },
            trusted_proxies: Vec::new(),
        }
    }
}

impl Form<'_> {
    /// `None`: there are problems with it. Only to be called if there is such a section.
    pub(super) fn oidc(&mut self, root: &mut Table) -> Option<OidcConfig> {
        const P: &str = "oidc";
        let mut t = self.section(root, P, "[oidc]")?;
        let issuer = self.issuer(&mut t);
        let client_id = self.text(&mut t, P, "client_id", "\"ubugoe\"");
        let client_secret = self.key_file(&mut t, P, "client_secret", "\"oidc.secret\"", |text| {
            if text.is_empty() {
                Err("it is empty")
            } else {
                Ok(Zeroizing::new(text.to_owned()))
            }
        });
        let scopes = self.text_list(&mut t, P, "scopes", "[\"profile\", \"groups\"]", false);
        let roles_claim = self.text(&mut t, P, "roles_claim", "\"groups\"");
        let jurisdiction_claim =
            self.text(&mut t, P, "jurisdiction_claim", "\"ubugoe_jurisdiction\"");
        let roles = self.role_mapping(&mut t);
        let patience = self.number::<u16>(&mut t, P, "patience_seconds", Some(10), "10");
        let plain = issuer
            .as_ref()
            .is_some_and(|issuer| issuer.starts_with("http://"));
        let ca_pem = match (t.contains_key("ca"), plain) {
            (true, _) => self.file(&mut t, P, "ca", "\"town-ca.pem\""),
            (false, true) => Some(Vec::new()),
            (false, false) => self.read_file("oidc.ca".into(), DEBIAN_ROOTS, "\"town-ca.pem\""),
        };
        self.leftovers(P, &t);
        Some(OidcConfig {
            issuer: issuer?,
            client_id: client_id?,
            client_secret: client_secret?,
            scopes: scopes?,
            roles_claim: roles_claim?,
            roles: roles?,
            jurisdiction_claim: jurisdiction_claim?,
            ca_pem: ca_pem?,
            patience: Duration::from_secs(u64::from(patience?.max(1))),
        })
    }

    fn issuer(&mut self, t: &mut Table) -> Option<String> {
        const EXAMPLE: &str = "\"https://id.asukoe.example\"";
        let issuer = self.text(t, "oidc", "issuer", EXAMPLE)?;
        match crate::oidc::check_issuer(&issuer) {
            Ok(()) => Some(issuer),
            Err(what) => self.problem("oidc.issuer".into(), format!("{issuer:?}: {what}"), EXAMPLE),
        }
    }

    fn role_mapping(&mut self, t: &mut Table) -> Option<BTreeMap<String, Vec<Role>>> {
        const EXAMPLE: &str = "{ \"todoke-shinsa\" = [\"examiner\"] }";
        let table = match t.remove("roles") {
            Some(Value::Table(table)) if !table.is_empty() => table,
            Some(Value::Table(_)) => {
                return self.problem("oidc.roles".into(), "maps nothing", EXAMPLE);
            }
            Some(_) => return self.problem("oidc.roles".into(), "must be a section", EXAMPLE),
            None => return self.problem("oidc.roles".into(), "section is missing", EXAMPLE),
        };
        let mut mapping = BTreeMap::new();
        for (value, codes) in table {
            let mut one = Table::new();
            let codes = match codes {
                Value::String(code) => Value::Array(vec![Value::String(code)]),
                other => other,
            };
            one.insert(value.clone(), codes);
            if let Some(codes) = self.text_list(&mut one, "oidc.roles", &value, EXAMPLE, true) {
                let roles = self.role_codes(&key("oidc.roles", &value), &codes, EXAMPLE);
                mapping.insert(value, roles);
            }
        }
        Some(mapping)
    }

    /// `None`: there is such a section, with problems.
    pub(super) fn limits(&mut self, root: &mut Table) -> Option<Limits> {
        const P: &str = "limits";
        const EXAMPLE: &str = "[\"127.0.0.1\"]";
        let usual = Limits::default();
        if !root.contains_key(P) {
            return Some(usual);
        }
        let mut t = self.section(root, P, "[limits]")?;
        let address = self.rate(&mut t, "address", usual.address);
        let session = self.rate(&mut t, "session", usual.session);
        let sign_in = self.rate(&mut t, "sign_in", usual.sign_in);
        let texts = self.text_list(&mut t, P, "trusted_proxies", EXAMPLE, false);
        let mut trusted_proxies = Vec::new();
        for (at, text) in texts.unwrap_or_default().iter().enumerate() {
            match text.parse() {
                Ok(address) => trusted_proxies.push(address),
                Err(_) => {
                    self.problem::<()>(
                        format!("limits.trusted_proxies[{at}]"),
                        format!("{text:?} is no IP address"),
                        EXAMPLE,
                    );
                }
            }
        }
        self.leftovers(P, &t);
        Some(Limits {
            address: address?,
            session: session?,
            sign_in: sign_in?,
            trusted_proxies,
        })
    }

    fn rate(&mut self, t: &mut Table, name: &'static str, usual: Rate) -> Option<Rate> {
        const P: &str = "limits";
        let burst = self.number(t, P, &format!("{name}_burst"), Some(usual.burst), "300");
        let per_minute = self.number(
            t,
            P,
            &format!("{name}_per_minute"),
            Some(usual.per_minute),
            "300",
        );
        let rate = Rate {
            burst: burst?,
            per_minute: per_minute?,
        };
        if rate.burst == 0 || rate.per_minute == 0 {
            return self.problem(
                format!("{P}.{name}"),
                "burst and per_minute must be at least 1",
                "300",
            );
        }
        Some(rate)
    }
}
