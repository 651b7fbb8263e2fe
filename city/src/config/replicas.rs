//! `[replicas]`: only where several programs share one database; without it a program takes in everything itself.

use std::time::Duration;

use toml::Table;

use super::Form;
use crate::ingest::lease::ReplicasConfig;

/// Most inboxes.
const MOST: u32 = 64;

impl Form<'_> {
    /// Only to be called if there is such a section.
    pub(super) fn replicas(&mut self, root: &mut Table) -> Option<ReplicasConfig> {
        const P: &str = "replicas";
        const NAME: &str = "\"city-1\"";
        let mut t = self.section(root, P, "[replicas]")?;
        let name = self.text(&mut t, P, "name", NAME);
        let inboxes: Option<u32> = self.number(&mut t, P, "inboxes", Some(4), "4");
        let seconds: Option<u32> = self.number(&mut t, P, "lease_seconds", Some(10), "10");
        self.leftovers(P, &t);
        let (name, inboxes, seconds) = (name?, inboxes?, seconds?);
        if !(1..=MOST).contains(&inboxes) {
            return self.problem(
                "replicas.inboxes".to_owned(),
                format!("{inboxes} is not between 1 and {MOST}"),
                "4",
            );
        }
        if !(1..=300).contains(&seconds) {
            return self.problem(
                "replicas.lease_seconds".to_owned(),
                format!("{seconds} is not between 1 and 300"),
                "10",
            );
        }
        Some(ReplicasConfig {
            name,
            inboxes,
            lease: Duration::from_secs(u64::from(seconds)),
        })
    }
}
