//! `[[api_client]]`: other systems of the municipality that may read; there may be none.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{Form, key};
use crate::http::api::{ApiClient, ApiRight};

impl Form<'_> {
    /// `None`: there are problems with one.
    pub(super) fn api_clients(&mut self, root: &mut Table) -> Option<Vec<ApiClient>> {
        let items = match root.remove("api_client") {
            None => return Some(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => {
                return self.problem(
                    "api_client".to_owned(),
                    "must be [[api_client]] sections",
                    "[[api_client]]",
                );
            }
        };
        let mut clients: Option<Vec<ApiClient>> = Some(Vec::new());
        for (at, item) in items.into_iter().enumerate() {
            let prefix = format!("api_client[{at}]");
            let Value::Table(table) = item else {
                clients = self.problem(prefix, "must be a section", "[[api_client]]");
                continue;
            };
            let client = self.api_client(&prefix, table);
            let taken = |known: &ApiClient, one: &ApiClient| {
                known.id == one.id || known.token_sha256 == one.token_sha256
            };
            match (client, &mut clients) {
                (Some(one), Some(all)) if all.iter().any(|known| taken(known, &one)) => {
                    clients = self.problem(prefix, "id or token is another client's", "");
                }
                (Some(one), Some(all)) => all.push(one),
                (Some(_), None) => {}
                (None, _) => clients = None,
            }
        }
        clients
    }

    fn api_client(&mut self, prefix: &str, mut t: Table) -> Option<ApiClient> {
        const RIGHTS: &str = "[\"list\", \"content\"]";
        const TOKEN: &str = "\"…\" (64 hexadecimal digits, from `ubugoe-city make-token`)";
        let id = self.text(&mut t, prefix, "id", "\"juki\"");
        let token = self.text(&mut t, prefix, "token_sha256", TOKEN);
        let codes = self.text_list(&mut t, prefix, "rights", RIGHTS, true);
        self.leftovers(prefix, &t);
        let id = id.and_then(|id| {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if id.len() <= 40 && id.chars().all(fits) {
                Some(id)
            } else {
                let what = format!("{id:?}: lower-case letters, digits and hyphens, at most 40");
                self.problem(key(prefix, "id"), what, "\"juki\"")
            }
        });
        let token = token.and_then(|token| {
            let fits = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if token.len() == 64 && token.chars().all(fits) {
                Some(token)
            } else {
                self.problem(
                    key(prefix, "token_sha256"),
                    "is no SHA-256 in hexadecimal",
                    TOKEN,
                )
            }
        });
        let mut rights = Some(BTreeSet::new());
        for code in codes? {
            match (ApiRight::from_code(&code), &mut rights) {
                (Some(right), Some(all)) => {
                    all.insert(right);
                }
                (Some(_), None) => {}
                (None, _) => {
                    let what = format!("{code:?} is no right");
                    rights = self.problem(key(prefix, "rights"), what, RIGHTS);
                }
            }
        }
        Some(ApiClient {
            id: id?,
            token_sha256: token?,
            rights: rights?,
        })
    }
}
