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
use crate::store::{Sealer, Store, StoreError};

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

/// The ingest alone, without broker and browsers: for what is carried by hand.
///
/// # Errors
/// [`ServeError::Store`] or [`ServeError::Catalogue`].
pub async fn open_ingest(config: Config, clock: Clock) -> Result<Ingest, ServeError> {
    let store = open_store(&config.store).await?;
    let sealer = Arc::new(sealer(&config));
    Ok(Ingest::new(Arc::new(desk(config)?), store, sealer, clock))
}

fn sealer(config: &Config) -> CitySealer {
    CitySealer::new(
        config.office.recipient.clone(),
        config.keys.sign.clone(),
        &config.http.public_url,
    )
}

fn desk(config: Config) -> Result<Desk, CatalogueError> {
    Ok(Desk {
        office: config.office,
        keys: config.keys,
        devices: config.devices,
        trust: config.trust,
        catalogue: Catalogue::builtin()?,
    })
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
        let options = link::options(&config.broker, &config.office.recipient)?;
        let sealer = Arc::new(sealer(&config));
        let wards = config
            .devices
            .iter()
            .map(|(id, device)| (id.clone(), device.ward.clone()))
            .collect();
        let (office, http, staff) = (
            config.office.clone(),
            config.http.clone(),
            config.staff.clone(),
        );
        let desk = Arc::new(desk(config)?);
        let catalogue = Arc::new(desk.catalogue.clone());
        let ingest = Ingest::new(
            desk,
            Arc::clone(&store),
            Arc::clone(&sealer),
            Arc::clone(&clock),
        );
        ingest.retry_quarantine().await?;
        let address = http.bind;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| ServeError::Listen { address, source })?;
        let decided = Arc::new(Notify::new());
        let parts = LinkParts {
            ingest,
            store: Arc::clone(&store),
            recipient: office.recipient.clone(),
            clock: Arc::clone(&clock),
            decided: Arc::clone(&decided),
            faults,
        };
        let throttle = Throttle::new(staff.first().map(|account| account.password.as_str()));
        let app = App {
            store,
            sealer: sealer as Arc<dyn Sealer>,
            catalogue,
            office,
            wards,
            http,
            staff,
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
        let link = tokio::spawn(link::run(self.options, self.parts, stop.clone()));
        let served = http::serve(self.listener, self.app, stop)
            .await
            .map_err(ServeError::Http);
        link.abort();
        let _ = link.await;
        served
    }
}
