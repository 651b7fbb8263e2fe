//! `[push]`: may be left out; then families are told nothing beside their page.

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use toml::Table;
use zeroize::Zeroizing;

use super::Form;
use super::door::DEBIAN_ROOTS;

/// Push services of the browsers that phones have.
const SERVICES: [&str; 4] = [
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    "*.notify.windows.com",
];

/// How phones are told.
#[derive(Clone)]
pub struct PushConfig {
    /// The sender's key (VAPID): P-256, PKCS#8, DER.
    pub key: Zeroizing<Vec<u8>>,
    /// Whom a push service may ask about the sender: `mailto:` or `https:`.
    pub subject: String,
    /// Hosts of push services that may be asked; `*.` stands for whatever is below.
    pub services: Vec<String>,
    /// Authorities whose certificates they may show, PEM.
    pub ca_pem: Vec<u8>,
}

impl std::fmt::Debug for PushConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PushConfig({})", self.services.join(" "))
    }
}

impl Form<'_> {
    /// Nothing where there is no such section, and where something of it is wrong, which is then a problem.
    pub(super) fn push(&mut self, root: &mut Table) -> Option<PushConfig> {
        const P: &str = "push";
        const KEY: &str = "\"push.pem\"";
        const SUBJECT: &str = "\"mailto:koho@asukoe.example\"";
        if !root.contains_key(P) {
            return None;
        }
        let mut t = self.section(root, P, "[push]")?;
        let key = self.file(&mut t, P, "key", KEY).and_then(|pem| {
            let pem = Zeroizing::new(pem);
            match PrivatePkcs8KeyDer::from_pem_slice(&pem) {
                Ok(key) => Some(Zeroizing::new(key.secret_pkcs8_der().to_vec())),
                Err(_) => self.problem("push.key".to_owned(), "is no PKCS#8 key in PEM", KEY),
            }
        });
        let subject = self.text(&mut t, P, "subject", SUBJECT).and_then(|text| {
            if text.starts_with("mailto:") || text.starts_with("https://") {
                Some(text)
            } else {
                self.problem(
                    "push.subject".to_owned(),
                    "must begin with mailto: or https://",
                    SUBJECT,
                )
            }
        });
        let services = if t.contains_key("services") {
            self.text_list(&mut t, P, "services", "[\"fcm.googleapis.com\"]", true)
        } else {
            Some(SERVICES.map(str::to_owned).to_vec())
        };
        let ca_pem = if t.contains_key("ca") {
            self.file(&mut t, P, "ca", "\"push-ca.pem\"")
        } else {
            self.read_file("push.ca".to_owned(), DEBIAN_ROOTS, "\"push-ca.pem\"")
        };
        self.leftovers(P, &t);
        Some(PushConfig {
            key: key?,
            subject: subject?,
            services: services?,
            ca_pem: ca_pem?,
        })
    }
}
