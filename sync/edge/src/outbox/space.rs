//! Whether there is room for one more visit, and how the store is. The first is asked before anyone types; a visit that
//! began is never turned away here.

use super::{NoRoom, Outbox, StoreError, failed};

/// What one visit may need at most: ten envelopes of 128 KiB, their pages and the log.
const ONE_VISIT: u64 = 4 * 1024 * 1024;

/// How the store is, for a technician.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// SQLite finds the file sound (`quick_check`).
    pub sound: bool,
    /// Bytes in use.
    pub used: u64,
    /// Most bytes it may use.
    pub quota: Option<u64>,
    /// Free bytes on the file system; `None` when the system does not say.
    pub free: Option<u64>,
}

impl Outbox {
    /// Looks at every page of the file. Takes as long as reading it: ask on a connection of its own.
    pub fn health(&self) -> Result<Health, StoreError> {
        const DOING: &str = "looking at its health";
        let number = |name: &str| {
            self.db
                .pragma_query_value(None, name, |r| r.get::<_, i64>(0))
                .map(i64::unsigned_abs)
                .map_err(failed(DOING))
        };
        let said: String = self
            .db
            .query_row("PRAGMA quick_check(1)", [], |r| r.get(0))
            .map_err(failed(DOING))?;
        let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
        Ok(Health {
            sound: said == "ok",
            used: pages.saturating_mul(number("page_size")?),
            quota: self.config.max_bytes,
            free: free_bytes(&self.config.path).ok(),
        })
    }

    /// Whether the next visit may begin: the store works, and enough space is in reserve to finish it.
    pub fn can_accept_visit(&self) -> Result<(), NoRoom> {
        let number = |name: &str| {
            self.db
                .pragma_query_value(None, name, |r| r.get::<_, i64>(0))
                .map(i64::unsigned_abs)
                .map_err(|e| NoRoom::Store(failed("asking for its size")(e)))
        };
        if let Some(max) = self.config.max_bytes {
            let used = (number("page_count")?.saturating_sub(number("freelist_count")?))
                * number("page_size")?;
            if used.saturating_add(ONE_VISIT) > max {
                return Err(NoRoom::Quota { used, max });
            }
        }
        let free = free_bytes(&self.config.path).map_err(NoRoom::FileSystem)?;
        let floor = self.config.free_floor.max(ONE_VISIT);
        if free < floor {
            return Err(NoRoom::Space { free, floor });
        }
        self.try_write()
            .map_err(|e| NoRoom::Store(failed("trying to write")(e)))
    }

    /// Writes and syncs one page without changing anything: reading, or taking a lock, would not notice a file
    /// system that went read-only.
    fn try_write(&self) -> rusqlite::Result<()> {
        let schema: i64 = self
            .db
            .pragma_query_value(None, "user_version", |r| r.get(0))?;
        self.db.pragma_update(None, "user_version", schema)
    }
}

fn free_bytes(path: &std::path::Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
