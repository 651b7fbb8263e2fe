//! Connections on which every statement is prepared once: what a page asks is planned before it is asked, and asked in one
//! exchange instead of two. Statements that need nothing of each other's answers go together, in one exchange for all of them.
//!
//! Statements name their columns, so a migration in another program makes none of them wrong.

use std::future::poll_fn;
use std::task::Poll;

use deadpool_postgres::GenericClient;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};

/// A statement with its values.
pub(super) type Asked<'a> = (&'a str, &'a [&'a (dyn ToSql + Sync)]);

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

    /// Runs these in their order, in one exchange: each sees what those before it did.
    async fn query_all<const N: usize>(&self, all: [Asked<'_>; N]) -> Result<[Vec<Row>; N], Error> {
        let mut answers = self.query_each(&all).await?.into_iter();
        Ok(std::array::from_fn(|_| answers.next().unwrap_or_default()))
    }

    /// The same for any number of them.
    async fn query_each(&self, all: &[Asked<'_>]) -> Result<Vec<Vec<Row>>, Error> {
        let statements = self.prepare_all(all).await?;
        let asked = statements.iter().zip(all);
        in_order(asked.map(|(statement, (_, with))| self.inner().query(statement, with))).await
    }

    /// The same for what answers nothing but a count.
    async fn execute_all(&self, all: &[Asked<'_>]) -> Result<Vec<u64>, Error> {
        let statements = self.prepare_all(all).await?;
        let asked = statements.iter().zip(all);
        in_order(asked.map(|(statement, (_, with))| self.inner().execute(statement, with))).await
    }

    async fn prepare_all(&self, all: &[Asked<'_>]) -> Result<Vec<Statement>, Error> {
        let mut statements = Vec::with_capacity(all.len());
        for (sql, _) in all {
            statements.push(self.inner().prepare_cached(sql).await?);
        }
        Ok(statements)
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

/// Sends all of them in their order before it waits for any.
async fn in_order<T, F>(asked: impl Iterator<Item = F>) -> Result<Vec<T>, Error>
where
    F: Future<Output = Result<T, Error>> + Unpin,
{
    let mut asked: Vec<Result<T, F>> = asked.map(Err).collect();
    poll_fn(|context| {
        let mut waits = false;
        for one in &mut asked {
            let Err(future) = one else { continue };
            match std::pin::Pin::new(future).poll(context) {
                Poll::Ready(Ok(answer)) => *one = Ok(answer),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => waits = true,
            }
        }
        if waits {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    })
    .await?;
    Ok(asked.into_iter().filter_map(Result::ok).collect())
}
