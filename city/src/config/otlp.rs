//! `[otlp]`: may be left out; then no trace leaves the program.

use hyper::Uri;
use hyper::header::HeaderValue;
use toml::Table;

use super::Form;
use super::door::DEBIAN_ROOTS;
use crate::fetch::loopback;

/// Where traces go.
#[derive(Clone)]
pub struct OtlpConfig {
    /// The collector's address without `/v1/traces`. Plain http on loopback only.
    pub endpoint: String,
    /// Authorities whose certificates the collector may show, PEM; empty for one on loopback.
    pub ca_pem: Vec<u8>,
    /// What the collector wants to read in `Authorization`.
    pub authorization: Option<HeaderValue>,
    /// Of a hundred traces so many are kept.
    pub percent: u8,
}

impl std::fmt::Debug for OtlpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OtlpConfig({}, {} %)", self.endpoint, self.percent)
    }
}

impl Form<'_> {
    /// Nothing where there is no such section, and where something of it is wrong, which is then a problem.
    pub(super) fn otlp(&mut self, root: &mut Table) -> Option<OtlpConfig> {
        const P: &str = "otlp";
        const ENDPOINT: &str = "\"https://collector.asukoe.example:4318\"";
        const SECRET: &str = "\"otlp-authorization.txt\"";
        if !root.contains_key(P) {
            return None;
        }
        let mut t = self.section(root, P, "[otlp]")?;
        let uri: Option<Uri> = self.parsed(&mut t, P, "endpoint", ENDPOINT);
        let here = uri.as_ref().and_then(Uri::host).is_some_and(loopback);
        let scheme = uri.as_ref().map(|uri| uri.scheme_str().unwrap_or_default());
        if scheme.is_some_and(|scheme| scheme != "https" && !(scheme == "http" && here)) {
            return self.problem(
                "otlp.endpoint".to_owned(),
                "must begin with https://; plain http is for a collector on loopback only",
                ENDPOINT,
            );
        }
        let ca_pem = if t.contains_key("ca") {
            self.file(&mut t, P, "ca", "\"collector-ca.pem\"")
        } else if scheme == Some("https") {
            self.read_file("otlp.ca".to_owned(), DEBIAN_ROOTS, "\"collector-ca.pem\"")
        } else {
            Some(Vec::new())
        };
        let authorization = if t.contains_key("authorization") {
            self.file(&mut t, P, "authorization", SECRET).map(|bytes| {
                let value = HeaderValue::from_bytes(bytes.trim_ascii()).ok();
                let value = value.filter(|value| !value.is_empty());
                value.or_else(|| {
                    let key = "otlp.authorization".to_owned();
                    self.problem(key, "does not hold one line for a header", SECRET)
                })
            })
        } else {
            Some(None)
        };
        let percent: Option<u8> = self.number(&mut t, P, "percent", Some(100), "10");
        self.leftovers(P, &t);
        let percent = percent?;
        if !(1..=100).contains(&percent) {
            return self.problem(
                "otlp.percent".to_owned(),
                format!("{percent} is not between 1 and 100"),
                "10",
            );
        }
        let endpoint = uri?.to_string();
        Some(OtlpConfig {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            ca_pem: ca_pem?,
            authorization: authorization?.map(|mut value| {
                value.set_sensitive(true);
                value
            }),
            percent,
        })
    }
}
