//! Sessions, sign-ins and officers' names, in the SQLite store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::write::{append_audit, begin};
use super::{SqliteStore, failed};
use crate::store::door::{
    DoorStore, Rotation, SEEN_EVERY, Session, columns, person, sessions_ended,
};
use crate::store::{StoreError, fixed};

#[async_trait]
impl DoorStore for SqliteStore {
    async fn open_session(&self, session: Session) -> Result<(), StoreError> {
        self.with("opening a session", move |c| open_session(c, &session))
            .await
    }

    async fn session(
        &self,
        token_sha256: [u8; 32],
        now: i64,
        idle: i64,
    ) -> Result<Option<Session>, StoreError> {
        self.with("reading a session", move |c| {
            session(c, token_sha256, now, idle)
        })
        .await
    }

    async fn rotate_session(&self, rotation: Rotation) -> Result<bool, StoreError> {
        self.with("changing a session's token", move |c| rotate(c, &rotation))
            .await
    }

    async fn close_session(&self, token_sha256: [u8; 32], now: i64) -> Result<(), StoreError> {
        self.with("closing a session", move |c| {
            c.execute(
                "DELETE FROM sessions WHERE token_sha256 = ?1 OR earlier_sha256 = ?1 OR expires_at <= ?2",
                params![token_sha256.as_slice(), now],
            )
            .map_err(failed("closing a session"))?;
            Ok(())
        })
        .await
    }

    async fn close_sessions_of(
        &self,
        account: &str,
        by: &str,
        now: i64,
    ) -> Result<u64, StoreError> {
        const DOING: &str = "ending somebody's sessions";
        let (account, by) = (account.to_owned(), by.to_owned());
        self.with(DOING, move |c| {
            let tx = begin(c, DOING)?;
            let ended = tx
                .execute("DELETE FROM sessions WHERE staff = ?1", [&account])
                .map_err(failed(DOING))? as u64;
            append_audit(&tx, &sessions_ended(&account, &by, now, ended))?;
            tx.commit().map_err(failed(DOING))?;
            Ok(ended)
        })
        .await
    }

    async fn begin_sign_in(
        &self,
        token_sha256: [u8; 32],
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        self.with("beginning a sign-in", move |c| {
            const DOING: &str = "beginning a sign-in";
            let tx = begin(c, DOING)?;
            tx.execute("DELETE FROM sign_ins WHERE expires_at <= ?1", [now])
                .map_err(failed(DOING))?;
            tx.execute(
                "INSERT INTO sign_ins (token_sha256, expires_at) VALUES (?1, ?2)",
                params![token_sha256.as_slice(), expires_at],
            )
            .map_err(failed(DOING))?;
            tx.commit().map_err(failed(DOING))
        })
        .await
    }

    async fn end_sign_in(&self, token_sha256: [u8; 32], now: i64) -> Result<bool, StoreError> {
        self.with("ending a sign-in", move |c| {
            c.execute(
                "DELETE FROM sign_ins WHERE token_sha256 = ?1 AND expires_at > ?2",
                params![token_sha256.as_slice(), now],
            )
            .map(|gone| gone == 1)
            .map_err(failed("ending a sign-in"))
        })
        .await
    }

    async fn officer_names(&self) -> Result<BTreeMap<String, String>, StoreError> {
        self.with("reading officers", |c| {
            const DOING: &str = "reading officers";
            let mut found = c
                .prepare("SELECT id, name FROM officers")
                .map_err(failed(DOING))?;
            let rows = found
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                .map_err(failed(DOING))?;
            rows.collect::<Result<_, _>>().map_err(failed(DOING))
        })
        .await
    }
}

fn open_session(c: &mut Connection, session: &Session) -> Result<(), StoreError> {
    const DOING: &str = "opening a session";
    let (issuer, sub, name, roles, jurisdiction) = columns(session.person.as_ref());
    let tx = begin(c, DOING)?;
    tx.execute(
        "INSERT INTO sessions (token_sha256, staff, csrf, created_at, seen_at, expires_at, rotated_at,
                               issuer, sub, name, roles, jurisdiction)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            session.token_sha256.as_slice(),
            session.staff,
            session.csrf,
            session.created_at,
            session.seen_at,
            session.expires_at,
            session.rotated_at,
            issuer,
            sub,
            name,
            roles,
            jurisdiction
        ],
    )
    .map_err(failed(DOING))?;
    if issuer.is_some() {
        tx.execute(
            "INSERT INTO officers (id, issuer, sub, name, signed_in_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET issuer = excluded.issuer, name = excluded.name, signed_in_at = excluded.signed_in_at",
            params![session.staff, issuer, sub, name, session.created_at],
        )
        .map_err(failed(DOING))?;
    }
    tx.commit().map_err(failed(DOING))
}

fn session(
    c: &Connection,
    token_sha256: [u8; 32],
    now: i64,
    idle: i64,
) -> Result<Option<Session>, StoreError> {
    const DOING: &str = "reading a session";
    let read = |row: &Row<'_>| {
        let token: Vec<u8> = row.get(0)?;
        let created_at: i64 = row.get(3)?;
        let rotated_at: Option<i64> = row.get(6)?;
        let who = (
            row.get(7)?,
            row.get(8)?,
            row.get(9)?,
            row.get(10)?,
            row.get(11)?,
        );
        let session = Session {
            token_sha256,
            staff: row.get(1)?,
            csrf: row.get(2)?,
            created_at,
            seen_at: row.get(4)?,
            expires_at: row.get(5)?,
            rotated_at: rotated_at.unwrap_or(created_at),
            person: person(who),
        };
        Ok((token, session))
    };
    let found = c
        .query_row(
            "SELECT token_sha256, staff, csrf, created_at, seen_at, expires_at, rotated_at,
                    issuer, sub, name, roles, jurisdiction FROM sessions
             WHERE (token_sha256 = ?1 OR earlier_sha256 = ?1 AND earlier_until > ?2) AND expires_at > ?2 AND seen_at > ?2 - ?3",
            params![token_sha256.as_slice(), now, idle],
            read,
        )
        .optional()
        .map_err(failed(DOING))?;
    let Some((newest, mut session)) = found else {
        return Ok(None);
    };
    if now - session.seen_at >= SEEN_EVERY {
        c.execute(
            "UPDATE sessions SET seen_at = ?2 WHERE token_sha256 = ?1 AND seen_at < ?2",
            params![newest, now],
        )
        .map_err(failed(DOING))?;
        session.seen_at = now;
    }
    Ok(Some(Session {
        token_sha256: fixed("session token", &newest)?,
        ..session
    }))
}

fn rotate(c: &Connection, rotation: &Rotation) -> Result<bool, StoreError> {
    c.execute(
        "UPDATE sessions SET token_sha256 = ?2, earlier_sha256 = ?1, earlier_until = ?4, rotated_at = ?3 WHERE token_sha256 = ?1",
        params![
            rotation.old.as_slice(),
            rotation.new.as_slice(),
            rotation.at,
            rotation.overlap_until
        ],
    )
    .map(|changed| changed == 1)
    .map_err(failed("changing a session's token"))
}
