//! Joins the parts into one running city.
//!
//! Answers for the order of starting and stopping: store first, then the door for browsers, then the link to the broker;
//! on stopping the link ends first, so that nothing is taken in that cannot be finished.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use ubugoe_procedures::{Catalogue, CatalogueError};

use crate::Clock;
use crate::config::{Config, StoreAddress};
use crate::http::password::Throttle;
use crate::http::{self, App};
use crate::ingest::link::{self, LinkError, LinkParts};
use crate::ingest::{Desk, Faults, Ingest};
use crate::receipt::CitySealer;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{Sealer, Store, StoreError, desk};

/// Why the city could not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// The built-in catalogue.
    #[error("the built-in catalogue contradicts itself")]
    Catalogue(#[from] CatalogueError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// TLS files for the broker.
    #[error("the link to the broker cannot be set up")]
    Link(#[from] LinkError),
    /// The server for browsers ended.
    #[error("the server for browsers ended")]
    Http(#[source] std::io::Error),
}

/// Opens the configured database.
///
/// # Errors
/// [`StoreError`].
pub async fn open_store(address: &StoreAddress) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match address {
        StoreAddress::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
        StoreAddress::Postgres { url, connections } => {
            Arc::new(PostgresStore::open(url, *connections).await?)
        }
    })
}

/// The ingest alone, without a broker and without pages: for what is carried by hand. It may run beside a running city.
///
/// # Errors
/// [`ServeError`].
pub async fn open_ingest(config: Config, clock: Clock) -> Result<Ingest, ServeError> {
    let store = open_store(&config.store).await?;
    let sealer = CitySealer::new(
        config.office.recipient.clone(),
        config.keys.sign.clone(),
        &config.http.public_url,
    );
    let desk = Desk {
        office: config.office,
        keys: config.keys,
        devices: config.devices,
        trust: config.trust,
        catalogue: Catalogue::builtin()?,
    };
    Ok(Ingest::new(Arc::new(desk), store, Arc::new(sealer), clock))
}

/// A city that listens but does not run yet.
pub struct City {
    listener: TcpListener,
    app: App,
    options: Vec<link::MqttOptions>,
    parts: LinkParts,
}

impl std::fmt::Debug for City {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "City({:?})", self.app)
    }
}

impl City {
    /// Opens the store, listens for browsers, prepares the link, and tries the quarantine again.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start(config: Config, clock: Clock, faults: Faults) -> Result<Self, ServeError> {
        let store = open_store(&config.store).await?;
        let catalogue = Catalogue::builtin()?;
        let options = link::options(&config.broker, &config.office.recipient)?;
        let sealer = Arc::new(CitySealer::new(
            config.office.recipient.clone(),
            config.keys.sign.clone(),
            &config.http.public_url,
        ));
        let wards = config
            .devices
            .iter()
            .map(|(id, device)| (id.clone(), device.ward.clone()))
            .collect();
        let desk = Desk {
            office: config.office.clone(),
            keys: config.keys,
            devices: config.devices,
            trust: config.trust,
            catalogue: catalogue.clone(),
        };
        let ingest = Ingest::new(
            Arc::new(desk),
            Arc::clone(&store),
            Arc::clone(&sealer),
            Arc::clone(&clock),
        );
        ingest.retry_quarantine().await?;
        let address = config.http.bind;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| ServeError::Listen { address, source })?;
        let decided = Arc::new(Notify::new());
        let parts = LinkParts {
            ingest,
            store: Arc::clone(&store),
            recipient: config.office.recipient.clone(),
            clock: Arc::clone(&clock),
            decided: Arc::clone(&decided),
            faults,
        };
        let throttle = Throttle::new(
            config
                .staff
                .first()
                .map(|account| account.password.as_str()),
        );
        let app = App {
            store,
            sealer: sealer as Arc<dyn Sealer>,
            catalogue: Arc::new(catalogue),
            office: config.office,
            wards,
            http: config.http,
            staff: config.staff,
            casework: config.casework,
            clock,
            decided,
            throttle,
        };
        Ok(Self {
            listener,
            app,
            options,
            parts,
        })
    }

    /// Where browsers find it; with port 0 in the configuration this is the port that was taken.
    ///
    /// # Errors
    /// [`ServeError::Http`] when the system cannot say.
    pub fn address(&self) -> Result<SocketAddr, ServeError> {
        self.listener.local_addr().map_err(ServeError::Http)
    }

    /// Runs until `stop` becomes true.
    ///
    /// # Errors
    /// [`ServeError::Http`].
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), ServeError> {
        let catching_up = tokio::spawn(catch_up(Arc::clone(&self.app.store)));
        let link = tokio::spawn(link::run(self.options, self.parts, stop.clone()));
        let served = http::serve(self.listener, self.app, stop)
            .await
            .map_err(ServeError::Http);
        link.abort();
        catching_up.abort();
        let _ = link.await;
        let _ = catching_up.await;
        served
    }
}

/// Makes what arrived before there was a search findable, in short steps beside the city's work. What is left when the city
/// stops goes on at the next start.
async fn catch_up(store: Arc<dyn Store>) {
    loop {
        match desk::catch_up(store.as_ref()).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => return,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "older filings could not be made searchable; the next start tries again"
                );
                return;
            }
        }
    }
}
