//! Who came through the console's door: sessions, sign-ins on their way, and the names of officers.
//!
//! Answers for the shapes and the promises of keeping them. Must not decide who may enter: that is [`crate::http`]'s.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::StoreError;
use crate::casework::audit::AuditEntry;
use crate::casework::roles::Role;

/// A staff session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's token; the token itself is not stored.
    pub token_sha256: [u8; 32],
    /// Who: the id of a local account, or `oidc:` and the provider's subject.
    pub staff: String,
    /// CSRF token of this session's forms; stays when the cookie's token is changed.
    pub csrf: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Last use, unix seconds.
    pub seen_at: i64,
    /// Absolute end, unix seconds.
    pub expires_at: i64,
    /// When the token was last changed, unix seconds.
    pub rotated_at: i64,
    /// What was known of the person at sign-in; none in a session from before this was kept.
    pub person: Option<Person>,
}

/// A person as they were at sign-in. What they may is what stands here, for the session's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The provider that vouches for them; none for a local account.
    pub issuer: Option<String>,
    /// The provider's name for them, or the local account's id.
    pub sub: String,
    /// Name shown to colleagues, by code points as it came.
    pub name: String,
    /// What they work as.
    pub roles: Vec<Role>,
    /// Recipients and municipalities they work for, by their codes.
    pub jurisdiction: Vec<String>,
}

/// A new token for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// SHA-256 of the token that the cookie has.
    pub old: [u8; 32],
    /// SHA-256 of the one that it gets.
    pub new: [u8; 32],
    /// Now, unix seconds.
    pub at: i64,
    /// Until when the old one is still taken, unix seconds.
    pub overlap_until: i64,
}

/// Seconds between two notes of a session's last use.
pub const SEEN_EVERY: i64 = 60;

/// The door's part of the store.
#[async_trait]
pub trait DoorStore: Send + Sync {
    /// Stores a session, and the name of somebody whom a provider vouches for.
    async fn open_session(&self, session: Session) -> Result<(), StoreError>;
    /// The session of a cookie, if it lives at `now`; its last use becomes `now`, unless it was within [`SEEN_EVERY`]: a page is
    /// worth no write to the disk for that, and an idle session ends so much earlier. A token that was changed is taken until its
    /// overlap ends; the answer carries the session's newest.
    async fn session(
        &self,
        token_sha256: [u8; 32],
        now: i64,
        idle: i64,
    ) -> Result<Option<Session>, StoreError>;
    /// Changes a session's token. `false`: another request did it first, or the session is gone.
    async fn rotate_session(&self, rotation: Rotation) -> Result<bool, StoreError>;
    /// Ends a session, and sweeps the dead ones.
    async fn close_session(&self, token_sha256: [u8; 32], now: i64) -> Result<(), StoreError>;
    /// Ends every session of an account, with a line in the audit chain. Answers how many.
    async fn close_sessions_of(&self, account: &str, by: &str, now: i64)
    -> Result<u64, StoreError>;
    /// Notes that a browser was sent to a provider, and sweeps the sign-ins that never came back.
    async fn begin_sign_in(
        &self,
        token_sha256: [u8; 32],
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError>;
    /// Ends a sign-in. `false`: it never began, has ended before, or took too long.
    async fn end_sign_in(&self, token_sha256: [u8; 32], now: i64) -> Result<bool, StoreError>;
    /// Names of everybody who came through a provider, by their ids.
    async fn officer_names(&self) -> Result<BTreeMap<String, String>, StoreError>;
}

/// The line for somebody's sessions that were ended by somebody else.
pub(crate) fn sessions_ended(account: &str, by: &str, at: i64, count: u64) -> AuditEntry {
    AuditEntry {
        at,
        actor: by.to_owned(),
        action: "sessions.ended".to_owned(),
        subject: account.to_owned(),
        detail: count.to_string(),
    }
}

/// Roles as stored text.
pub(crate) fn roles_to_text(roles: &[Role]) -> String {
    let codes: Vec<&str> = roles.iter().map(|role| role.code()).collect();
    codes.join(" ")
}

/// Roles from stored text; a role that no longer exists gives nothing.
pub(crate) fn roles_from_text(text: &str) -> Vec<Role> {
    text.split(' ').filter_map(Role::from_code).collect()
}

/// The columns `issuer, sub, name, roles, jurisdiction`, as both databases have them.
pub(crate) type PersonColumns = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// A person from their columns; none if the session is from before they were kept.
pub(crate) fn person((issuer, sub, name, roles, jurisdiction): PersonColumns) -> Option<Person> {
    Some(Person {
        issuer,
        sub: sub?,
        name: name?,
        roles: roles_from_text(&roles?),
        jurisdiction: jurisdiction?
            .split(' ')
            .filter(|code| !code.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

/// The columns of a person.
pub(crate) fn columns(person: Option<&Person>) -> PersonColumns {
    let Some(person) = person else {
        return PersonColumns::default();
    };
    (
        person.issuer.clone(),
        Some(person.sub.clone()),
        Some(person.name.clone()),
        Some(roles_to_text(&person.roles)),
        Some(person.jurisdiction.join(" ")),
    )
}
