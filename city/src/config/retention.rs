//! `[retention]`: may be left out; then nothing is erased, and what would be due is shown only.

use toml::Table;

use super::Form;
use crate::retention::Policy;

/// How long the city keeps what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Whether what is due is erased. Off until the municipality says so: the carried periods are unverified.
    pub erase: bool,
    /// The hour from which it is erased, in Japan.
    pub hour: i8,
    /// The periods.
    pub policy: Policy,
}

impl Form<'_> {
    pub(super) fn retention(&mut self, root: &mut Table) -> Option<RetentionConfig> {
        const P: &str = "retention";
        const EXAMPLE: &str = "\"retention.toml\"";
        let policy = match Policy::builtin() {
            Ok(policy) => policy,
            Err(error) => return self.problem(P.to_owned(), error.to_string(), ""),
        };
        let mut config = RetentionConfig {
            erase: false,
            hour: 2,
            policy,
        };
        if !root.contains_key(P) {
            return Some(config);
        }
        let mut t = self.section(root, P, "[retention]")?;
        config.erase = self.bool_or(&mut t, P, "erase", false);
        let hour: Option<i8> = self.number(&mut t, P, "hour", Some(2), "2");
        let own = t
            .contains_key("periods")
            .then(|| self.file(&mut t, P, "periods", EXAMPLE));
        self.leftovers(P, &t);
        config.hour = hour?;
        if !(0..=23).contains(&config.hour) {
            return self.problem("retention.hour".to_owned(), "is no hour of a day", "2");
        }
        if let Some(own) = own {
            let text = String::from_utf8_lossy(&own?).into_owned();
            match config.policy.with(&text) {
                Ok(policy) => config.policy = policy,
                Err(error) => {
                    return self.problem(
                        "retention.periods".to_owned(),
                        error.to_string(),
                        EXAMPLE,
                    );
                }
            }
        }
        Some(config)
    }
}
