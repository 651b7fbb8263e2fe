//! The family's links, as they are kept.
//!
//! Answers for which case a link opens. Statements that both databases understand, written once on
//! [`super::nonstop`]'s transactions. Must not know what a page shows.

mod links;

use async_trait::async_trait;
use ubugoe_protocol::FilingId;

use super::StoreError;
use super::nonstop::Transacts;

/// What a family's link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The case: hash of its first link. Tables of the family are keyed by it, whatever link is used.
    pub case_ref: [u8; 32],
    /// The first filing of the case.
    pub filing: FilingId,
}

/// What the city keeps for the family's pages. One behaviour, two databases.
#[async_trait]
pub trait FamilyStore {
    /// The case of a link that is not closed, also of one printed before a restore.
    async fn family_link(&self, token_sha256: [u8; 32]) -> Result<Option<Link>, StoreError>;
}

#[async_trait]
impl<S: Transacts> FamilyStore for S {
    async fn family_link(&self, token_sha256: [u8; 32]) -> Result<Option<Link>, StoreError> {
        self.transact("looking up a family's link", move |tx| {
            links::find(tx, token_sha256)
        })
        .await
    }
}
