//! `[agencies]`: this city's place in the exchange, and one `[[agencies.agency]]` for each authority it is linked to.
//!
//! What is not written here is forbidden: a service that an agency may call, a question that the city may ask.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use toml::{Table, Value};
use ubugoe_exchange::{Identity, Part, Subsystem};
use ubugoe_procedures::{ProcedureId, Text};
use ubugoe_protocol::VerifyingKey;
use zeroize::Zeroizing;

use super::{Form, key};
use crate::agencies::Offered;
use crate::agencies::meaning::{Answers, Meaning};

/// This city's place in the exchange.
#[derive(Debug, Clone)]
pub struct AgenciesConfig {
    /// The city's own address.
    pub own: Subsystem,
    /// Where agencies reach the city; port 0 takes any free one.
    pub bind: SocketAddr,
    /// TLS, for asking and being asked.
    pub identity: Identity,
    /// How long one question may take.
    pub patience: Duration,
    /// After how many sendings an officer gets it.
    pub tries: u32,
    /// Who the city is linked to.
    pub agencies: Vec<AgencyConfig>,
}

/// An authority or company that the city is linked to.
#[derive(Clone)]
pub struct AgencyConfig {
    /// Short id, in logs and the database.
    pub id: String,
    /// Name for staff and families.
    pub name: Text,
    /// Its address.
    pub address: Subsystem,
    /// The DNS name in its certificate.
    pub tls_name: String,
    /// `host:port` where it listens, if it can be asked.
    pub at: Option<String>,
    /// Verifies what it signs.
    pub verify: VerifyingKey,
    /// Prefectures (2 digits) and municipalities (6 digits) it is competent for; empty: all.
    pub jurisdiction: Vec<String>,
    /// What of ours it may call.
    pub calls: Vec<Call>,
    /// What of its we may ask.
    pub asks: Vec<Ask>,
    /// Accounts of its clerks on the console.
    pub clerks: Vec<String>,
}

impl fmt::Debug for AgencyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgencyConfig({})", self.id)
    }
}

/// A right to call one of our services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub service: Offered,
    /// What for, as in consents.
    pub purpose: String,
    /// The article by which no consent is needed.
    pub law: Option<String>,
}

/// A question that the city may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The agency's service.
    pub service: String,
    /// What for, as in consents.
    pub purpose: String,
    /// The article by which no consent is needed.
    pub law: Option<String>,
    /// Whether it would be out of place after a loss.
    pub joyful: bool,
    /// Procedures whose items of the line wait for the answer to this, by id; empty: it is asked by hand only.
    pub items: Vec<String>,
    /// What the agency may answer, and what that means.
    pub answers: Answers,
}

const ADDRESS: &str = "\"JPX/GOV/991015/UBUGOE\"";

impl Form<'_> {
    pub(super) fn agencies(&mut self, root: &mut Table) -> Option<AgenciesConfig> {
        const P: &str = "agencies";
        let Value::Table(mut t) = root.remove(P)? else {
            return self.problem(P.to_owned(), "must be a section", "[agencies]");
        };
        let own: Option<Subsystem> = self.parsed(&mut t, P, "address", ADDRESS);
        let bind: Option<SocketAddr> = self.parsed(&mut t, P, "bind", "\"0.0.0.0:8443\"");
        let ca_pem = self.file(&mut t, P, "ca", "\"exchange-ca.pem\"");
        let cert_pem = self.file(&mut t, P, "cert", "\"exchange.pem\"");
        let key_pem = self
            .file(&mut t, P, "key", "\"exchange.key\"")
            .map(Zeroizing::new);
        let patience = self.number(&mut t, P, "patience_ms", Some(10_000_u32), "10000");
        let tries = self.number(&mut t, P, "tries", Some(12_u32), "12");
        for (name, number) in [("patience_ms", patience), ("tries", tries)] {
            if number == Some(0) {
                self.problem::<()>(key(P, name), "must be at least 1", "12");
            }
        }
        let mut agencies = Vec::new();
        let mut seen = BTreeSet::new();
        let sections = self.sections(&mut t, "agency", "[[agencies.agency]]");
        for (prefix, table) in sections {
            let prefix = key(P, &prefix);
            let Some(agency) = self.agency(table, &prefix) else {
                continue;
            };
            for word in [
                format!("id {}", agency.id),
                format!("address {}", agency.address),
                format!("tls_name {}", agency.tls_name),
            ] {
                if !seen.insert(word.clone()) {
                    self.problem::<()>(prefix.clone(), format!("{word} appears twice"), "");
                }
            }
            agencies.push(agency);
        }
        self.leftovers(P, &t);
        let identity = Identity {
            ca_pem: ca_pem?,
            cert_pem: cert_pem?,
            key_pem: key_pem?,
        };
        if let Err(error) = identity.server().and_then(|_| identity.client()) {
            return self.problem(key(P, "cert"), error.to_string(), "\"exchange.pem\"");
        }
        Some(AgenciesConfig {
            own: own?,
            bind: bind?,
            identity,
            patience: Duration::from_millis(patience?.into()),
            tries: tries?,
            agencies,
        })
    }

    fn agency(&mut self, mut t: Table, p: &str) -> Option<AgencyConfig> {
        let id = self.word(&mut t, p, "id", "\"insurer\"");
        let ja = self.text(&mut t, p, "name_ja", "\"あすこえ健康保険組合\"");
        let en = self.text(&mut t, p, "name_en", "\"Asukoe Health Insurance\"");
        let address: Option<Subsystem> =
            self.parsed(&mut t, p, "address", "\"JPX/INS/99000001/CLAIMS\"");
        let tls_name = self.text(&mut t, p, "tls_name", "\"insurer.exchange.example\"");
        let at = self.optional_text(&mut t, p, "at", "\"insurer.example:8443\"");
        let verify = self.key_file(
            &mut t,
            p,
            "verify",
            "\"insurer.sign.pub\"",
            VerifyingKey::from_text,
        );
        let jurisdiction = self.text_list(&mut t, p, "jurisdiction", "[\"99\"]", false);
        for area in jurisdiction.iter().flatten() {
            if !matches!(area.len(), 2 | 6) || !area.bytes().all(|b| b.is_ascii_digit()) {
                self.problem::<()>(
                    key(p, "jurisdiction"),
                    format!("{area:?} is neither a prefecture nor a municipality"),
                    "[\"99\", \"991015\"]",
                );
            }
        }
        let clerks = self.text_list(&mut t, p, "clerks", "[\"hoken-1\"]", false);
        let calls = self
            .some_sections(&mut t, p, "calls")
            .into_iter()
            .filter_map(|(prefix, table)| self.call(table, &prefix))
            .collect();
        let asks: Vec<Ask> = self
            .some_sections(&mut t, p, "asks")
            .into_iter()
            .filter_map(|(prefix, table)| self.ask(table, &prefix))
            .collect();
        if at.is_none() && !asks.is_empty() {
            self.problem::<()>(
                key(p, "at"),
                "is needed where something is asked",
                "\"insurer.example:8443\"",
            );
        }
        self.leftovers(p, &t);
        Some(AgencyConfig {
            id: id?,
            name: Text { ja: ja?, en: en? },
            address: address?,
            tls_name: tls_name?,
            at,
            verify: verify?,
            jurisdiction: jurisdiction?,
            calls,
            asks,
            clerks: clerks?,
        })
    }

    fn call(&mut self, mut t: Table, p: &str) -> Option<Call> {
        const EXAMPLE: &str = "\"birthStatus\"";
        let code = self.text(&mut t, p, "service", EXAMPLE);
        let purpose = self.word(&mut t, p, "purpose", "\"lump-sum\"");
        let law = self.optional_text(&mut t, p, "law", "\"人口動態調査令第3条\"");
        self.leftovers(p, &t);
        let code = code?;
        let Some(service) = Offered::from_code(&code) else {
            let known = Offered::ALL.map(Offered::code).join(", ");
            return self.problem(
                key(p, "service"),
                format!("{code:?} is none of {known}"),
                EXAMPLE,
            );
        };
        Some(Call {
            service,
            purpose: purpose?,
            law,
        })
    }

    fn ask(&mut self, mut t: Table, p: &str) -> Option<Ask> {
        const EXAMPLE: &str = "\"lumpSum\"";
        let service = self.text(&mut t, p, "service", EXAMPLE);
        let purpose = self.word(&mut t, p, "purpose", "\"lump-sum\"");
        let law = self.optional_text(&mut t, p, "law", "\"人口動態調査令第3条\"");
        let joyful = self.bool_or(&mut t, p, "joyful", false);
        let items = self.text_list(&mut t, p, "items", "[\"shussan_ikuji_ichijikin\"]", false);
        for id in items.iter().flatten() {
            if let Err(error) = id.parse::<ProcedureId>() {
                self.problem::<()>(
                    key(p, "items"),
                    error.to_string(),
                    "[\"shussan_ikuji_ichijikin\"]",
                );
            }
        }
        let answers = self.answers(&mut t, p);
        self.leftovers(p, &t);
        let service = service?;
        if let Err(error) = Part::new(&service) {
            return self.problem(key(p, "service"), error.to_string(), EXAMPLE);
        }
        Some(Ask {
            service,
            purpose: purpose?,
            law,
            joyful,
            items: items?,
            answers: answers?,
        })
    }

    /// `answers = { "支給" = "granted", "不支給" = "refused" }`: the agency's words and what they mean. One of them is a yes.
    fn answers(&mut self, t: &mut Table, p: &str) -> Option<Answers> {
        const EXAMPLE: &str = "{ \"支給\" = \"granted\", \"不支給\" = \"refused\" }";
        let words = match t.remove("answers") {
            None => return Some(Answers::default()),
            Some(Value::Table(words)) => words,
            Some(_) => return self.problem(key(p, "answers"), "must be a table", EXAMPLE),
        };
        let mut known = Vec::new();
        for (word, meaning) in words {
            let Some(meaning) = meaning.as_str().and_then(Meaning::from_code) else {
                let all = Meaning::ALL.map(Meaning::code).join(", ");
                let what = format!("{word:?} must mean one of {all}");
                return self.problem(key(p, "answers"), what, EXAMPLE);
            };
            known.push((word, meaning));
        }
        if !known
            .iter()
            .any(|(_, meaning)| *meaning == Meaning::Granted)
        {
            return self.problem(key(p, "answers"), "has no word for a yes", EXAMPLE);
        }
        Some(known.into_iter().collect())
    }

    /// 2 to 40 of a–z 0–9 and dashes.
    fn word(
        &mut self,
        t: &mut Table,
        p: &str,
        name: &str,
        example: &'static str,
    ) -> Option<String> {
        let word = self.text(t, p, name, example)?;
        let fits = (2..=40).contains(&word.len())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            return Some(word);
        }
        self.problem(
            key(p, name),
            format!("{word:?} must be 2 to 40 of a-z 0-9 and -"),
            example,
        )
    }

    /// Sections that may be absent.
    pub(super) fn some_sections(
        &mut self,
        t: &mut Table,
        p: &str,
        name: &str,
    ) -> Vec<(String, Table)> {
        if !t.contains_key(name) {
            return Vec::new();
        }
        self.sections(t, name, "[[agencies.agency.calls]]")
            .into_iter()
            .map(|(prefix, table)| (key(p, &prefix), table))
            .collect()
    }
}
