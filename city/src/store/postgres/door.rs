//! Sessions, sign-ins and officers' names, in the PostgreSQL store.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::prepared::Asks as _;
use super::write::append_audit;
use super::{PostgresStore, failed};
use crate::store::door::{
    DoorStore, Rotation, SEEN_EVERY, Session, columns, person, sessions_ended,
};
use crate::store::{StoreError, fixed};

#[async_trait]
impl DoorStore for PostgresStore {
    async fn open_session(&self, session: Session) -> Result<(), StoreError> {
        const DOING: &str = "opening a session";
        let (issuer, sub, name, roles, jurisdiction) = columns(session.person.as_ref());
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        tx.execute(
            "INSERT INTO sessions (token_sha256, staff, csrf, created_at, seen_at, expires_at, rotated_at,
                                   issuer, sub, name, roles, jurisdiction)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                &session.token_sha256.as_slice(),
                &session.staff,
                &session.csrf,
                &session.created_at,
                &session.seen_at,
                &session.expires_at,
                &session.rotated_at,
                &issuer,
                &sub,
                &name,
                &roles,
                &jurisdiction,
            ],
        )
        .await
        .map_err(failed(DOING))?;
        if issuer.is_some() {
            tx.execute(
                "INSERT INTO officers (id, issuer, sub, name, signed_in_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (id) DO UPDATE SET issuer = excluded.issuer, name = excluded.name, signed_in_at = excluded.signed_in_at",
                &[&session.staff, &issuer, &sub, &name, &session.created_at],
            )
            .await
            .map_err(failed(DOING))?;
        }
        tx.commit().await.map_err(failed(DOING))
    }

    async fn session(
        &self,
        token_sha256: [u8; 32],
        now: i64,
        idle: i64,
    ) -> Result<Option<Session>, StoreError> {
        const DOING: &str = "reading a session";
        let client = self.client(DOING).await?;
        let found = client
            .query_opt(
                "SELECT token_sha256, staff, csrf, created_at, seen_at, expires_at, rotated_at,
                        issuer, sub, name, roles, jurisdiction FROM sessions
                 WHERE (token_sha256 = $1 OR earlier_sha256 = $1 AND earlier_until > $2) AND expires_at > $2 AND seen_at > $2 - $3",
                &[&token_sha256.as_slice(), &now, &idle],
            )
            .await
            .map_err(failed(DOING))?;
        let Some(row) = found else { return Ok(None) };
        let newest: Vec<u8> = row.try_get(0).map_err(failed(DOING))?;
        let mut seen_at: i64 = row.try_get(4).map_err(failed(DOING))?;
        if now - seen_at >= SEEN_EVERY {
            client
                .execute(
                    "UPDATE sessions SET seen_at = $2 WHERE token_sha256 = $1 AND seen_at < $2",
                    &[&newest, &now],
                )
                .await
                .map_err(failed(DOING))?;
            seen_at = now;
        }
        let created_at: i64 = row.try_get(3).map_err(failed(DOING))?;
        let rotated_at: Option<i64> = row.try_get(6).map_err(failed(DOING))?;
        let text = |column: usize| row.try_get(column).map_err(failed(DOING));
        Ok(Some(Session {
            token_sha256: fixed("session token", &newest)?,
            staff: row.try_get(1).map_err(failed(DOING))?,
            csrf: row.try_get(2).map_err(failed(DOING))?,
            created_at,
            seen_at,
            expires_at: row.try_get(5).map_err(failed(DOING))?,
            rotated_at: rotated_at.unwrap_or(created_at),
            person: person((text(7)?, text(8)?, text(9)?, text(10)?, text(11)?)),
        }))
    }

    async fn rotate_session(&self, rotation: Rotation) -> Result<bool, StoreError> {
        const DOING: &str = "changing a session's token";
        let changed = self
            .client(DOING)
            .await?
            .execute(
                "UPDATE sessions SET token_sha256 = $2, earlier_sha256 = $1, earlier_until = $4, rotated_at = $3
                 WHERE token_sha256 = $1",
                &[
                    &rotation.old.as_slice(),
                    &rotation.new.as_slice(),
                    &rotation.at,
                    &rotation.overlap_until,
                ],
            )
            .await
            .map_err(failed(DOING))?;
        Ok(changed == 1)
    }

    async fn close_session(&self, token_sha256: [u8; 32], now: i64) -> Result<(), StoreError> {
        const DOING: &str = "closing a session";
        self.client(DOING)
            .await?
            .execute(
                "DELETE FROM sessions WHERE token_sha256 = $1 OR earlier_sha256 = $1 OR expires_at <= $2",
                &[&token_sha256.as_slice(), &now],
            )
            .await
            .map_err(failed(DOING))?;
        Ok(())
    }

    async fn close_sessions_of(
        &self,
        account: &str,
        by: &str,
        now: i64,
    ) -> Result<u64, StoreError> {
        const DOING: &str = "ending somebody's sessions";
        let mut client = self.client(DOING).await?;
        let tx = client.transaction().await.map_err(failed(DOING))?;
        let ended = tx
            .execute("DELETE FROM sessions WHERE staff = $1", &[&account])
            .await
            .map_err(failed(DOING))?;
        append_audit(&tx, &sessions_ended(account, by, now, ended)).await?;
        tx.commit().await.map_err(failed(DOING))?;
        Ok(ended)
    }

    async fn begin_sign_in(
        &self,
        token_sha256: [u8; 32],
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        const DOING: &str = "beginning a sign-in";
        self.client(DOING)
            .await?
            .execute(
                "WITH swept AS (DELETE FROM sign_ins WHERE expires_at <= $2)
                 INSERT INTO sign_ins (token_sha256, expires_at) VALUES ($1, $3)",
                &[&token_sha256.as_slice(), &now, &expires_at],
            )
            .await
            .map_err(failed(DOING))?;
        Ok(())
    }

    async fn end_sign_in(&self, token_sha256: [u8; 32], now: i64) -> Result<bool, StoreError> {
        const DOING: &str = "ending a sign-in";
        let gone = self
            .client(DOING)
            .await?
            .execute(
                "DELETE FROM sign_ins WHERE token_sha256 = $1 AND expires_at > $2",
                &[&token_sha256.as_slice(), &now],
            )
            .await
            .map_err(failed(DOING))?;
        Ok(gone == 1)
    }

    async fn officer_names(&self) -> Result<BTreeMap<String, String>, StoreError> {
        const DOING: &str = "reading officers";
        let rows = self
            .client(DOING)
            .await?
            .query("SELECT id, name FROM officers", &[])
            .await
            .map_err(failed(DOING))?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, tokio_postgres::Error>>()
            .map_err(failed(DOING))
    }
}
