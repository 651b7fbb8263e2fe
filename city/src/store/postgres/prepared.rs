//! Connections on which every statement is prepared once: what a page asks is planned before it is asked, and asked in one
//! exchange instead of two.
//!
//! Statements name their columns, so a migration in another program makes none of them wrong.

use deadpool_postgres::GenericClient;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

/// A connection of the pool.
pub(super) struct Object(deadpool_postgres::Object);

/// A transaction on one; rolled back unless committed.
pub(super) struct Transaction<'c>(deadpool_postgres::Transaction<'c>);

impl From<deadpool_postgres::Object> for Object {
    fn from(client: deadpool_postgres::Object) -> Self {
        Self(client)
    }
}

impl Object {
    pub(super) async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        self.0.transaction().await.map(Transaction)
    }
}

impl Transaction<'_> {
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.0.commit().await
    }
}

/// What both can be asked.
pub(super) trait Asks: Sync {
    /// What it stands for.
    type Inner: GenericClient;

    fn inner(&self) -> &Self::Inner;

    async fn query(&self, sql: &str, with: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let statement = self.inner().prepare_cached(sql).await?;
        self.inner().query(&statement, with).await
    }

    async fn query_one(&self, sql: &str, with: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        let statement = self.inner().prepare_cached(sql).await?;
        self.inner().query_one(&statement, with).await
    }

    async fn query_opt(
        &self,
        sql: &str,
        with: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        let statement = self.inner().prepare_cached(sql).await?;
        self.inner().query_opt(&statement, with).await
    }

    async fn execute(&self, sql: &str, with: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        let statement = self.inner().prepare_cached(sql).await?;
        self.inner().execute(&statement, with).await
    }

    /// Several statements without values, prepared by nobody: migrations and upkeep.
    async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.inner().batch_execute(sql).await
    }
}

impl Asks for Object {
    type Inner = deadpool_postgres::Object;

    fn inner(&self) -> &Self::Inner {
        &self.0
    }
}

impl<'c> Asks for Transaction<'c> {
    type Inner = deadpool_postgres::Transaction<'c>;

    fn inner(&self) -> &Self::Inner {
        &self.0
    }
}
