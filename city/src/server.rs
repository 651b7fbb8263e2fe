//! Joins the parts into one running city.
//!
//! Answers for the order of starting and stopping: store first, then the door for browsers, then the link to the broker;
//! on stopping the link ends first, so that nothing is taken in that cannot be finished.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use ubugoe_exchange::{Dialer, TlsError, server as exchange};
use ubugoe_procedures::nursery::Index;
use ubugoe_procedures::{Catalogue, CatalogueError, MunicipalityCode};
use ubugoe_protocol::cades::Trust;
use ubugoe_protocol::{DeviceId, RecipientId, SigningKey};

use crate::Clock;
use crate::agencies::{Book, desk, send};
use crate::config::{
    AgenciesConfig, BrokerConfig, CityKeys, Config, Device, EnrolConfig, NonstopConfig,
    NurseryConfig, Office, OidcConfig, PapersConfig, PushConfig, ReplicasConfig, SigningConfig,
    StoreAddress,
};
use crate::http::enrol::{self as enrol_door, Door};
use crate::http::limits::Limiter;
use crate::http::password::Throttle;
use crate::http::{self, App, nonstop};
use crate::ingest::lease::{Holder, Inbox};
use crate::ingest::link::{self, LinkError, LinkParts};
use crate::ingest::{Desk, Faults, Ingest, Registry};
use crate::metrics::Metrics;
use crate::nonstop::{Engine, Worker};
use crate::oidc::signing::AuthAndSign;
use crate::oidc::{Provider, SetUpError};
use crate::operate::{OperateError, enrol};
use crate::papers::Fontcase;
use crate::push::{PushSetUpError, Pusher};
use crate::receipt::CitySealer;
use crate::retention::Keeper;
use crate::services::nursery::Nurseries;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{Sealer, Store, StoreError, desk as desk_store};

/// How long a link may take to end.
const PARTING: Duration = Duration::from_secs(5);

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
    /// TLS files for the exchange with agencies.
    #[error("the exchange with agencies cannot be set up")]
    Exchange(#[from] TlsError),
    /// The identity provider's addresses or certificates.
    #[error("the identity provider cannot be set up")]
    Provider(#[from] SetUpError),
    /// The device CA, or a key of the city.
    #[error("devices cannot be let in")]
    Enrol(#[from] OperateError),
    /// A name for this run.
    #[error("no random bytes")]
    Random(#[from] crate::NoRandomness),
    /// The key or the authorities for telling phones.
    #[error("phones cannot be told")]
    Push(#[from] PushSetUpError),
    /// The server for browsers ended.
    #[error("the server for browsers ended")]
    Http(#[source] std::io::Error),
}

/// Opens the configured database, as this office.
///
/// # Errors
/// [`StoreError`].
pub async fn open_store(
    address: &StoreAddress,
    office: &RecipientId,
) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match address {
        StoreAddress::Sqlite(path) => Arc::new(SqliteStore::open(path, office).await?),
        StoreAddress::Postgres {
            url,
            connections,
            schema,
            ca_pem,
        } => Arc::new(
            PostgresStore::open(
                (url, ca_pem.as_deref()),
                *connections,
                schema.as_ref(),
                office,
            )
            .await?,
        ),
    })
}

/// The typefaces of a configuration.
#[must_use]
pub fn fontcase(papers: PapersConfig) -> Fontcase {
    Fontcase::new(papers.fonts, |path| {
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(path).ok()?;
        file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    })
}

/// The devices of the configuration and those that registered themselves.
///
/// # Errors
/// What the store says.
pub async fn known(
    devices: BTreeMap<DeviceId, Device>,
    store: &dyn Store,
) -> Result<Registry, StoreError> {
    let registry = Registry::from(devices);
    registry.refresh(store.enrolled().await?);
    Ok(registry)
}

/// The ingest alone, without a broker and without pages: for what is carried by hand. It may run beside a running city.
///
/// # Errors
/// [`ServeError`].
pub async fn open_ingest(config: Config, clock: Clock) -> Result<Ingest, ServeError> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    let sealer = CitySealer::new(
        config.office.recipient.clone(),
        config.keys.sign.clone(),
        &config.http.public_url,
    );
    let devices = known(config.devices, store.as_ref()).await?;
    let desk = Desk {
        office: config.office,
        keys: config.keys,
        devices,
        trust: config.trust,
        catalogue: Catalogue::builtin()?,
    };
    Ok(Ingest::new(Arc::new(desk), store, Arc::new(sealer), clock))
}

/// The inboxes that a program takes in, each with whoever holds its lease where there are several, and the ways to the broker.
type Inboxes = Vec<(Option<Holder>, Vec<link::MqttOptions>)>;

/// Whoever erases what is due, if the town lets anything be erased.
fn keeper(app: &App) -> Option<Keeper> {
    app.retention.erase.then(|| Keeper {
        store: Arc::clone(&app.store),
        policy: Arc::new(app.retention.policy.clone()),
        hour: app.retention.hour,
        clock: Arc::clone(&app.clock),
    })
}

/// One inbox for a program alone; several, each with its lease, where programs share the work.
fn inboxes(
    replicas: Option<ReplicasConfig>,
    broker: &BrokerConfig,
    office: &Office,
    store: &Arc<dyn Store>,
) -> Result<Inboxes, ServeError> {
    let Some(config) = replicas else {
        let ways = link::options(broker, &office.recipient, Inbox::WHOLE)?;
        return Ok(vec![(None, ways)]);
    };
    let owner = format!("{}#{}", config.name, crate::random_token()?);
    let held = Arc::default();
    (0..config.inboxes)
        .map(|number| {
            let inbox = Inbox {
                number,
                of: config.inboxes,
            };
            let holder = Holder {
                store: Arc::clone(store),
                config: config.clone(),
                recipient: office.recipient.clone(),
                inbox,
                owner: owner.clone(),
                held: Arc::clone(&held),
            };
            Ok((
                Some(holder),
                link::options(broker, &office.recipient, inbox)?,
            ))
        })
        .collect()
}

async fn listen_if(address: Option<SocketAddr>) -> Result<Option<TcpListener>, ServeError> {
    match address {
        Some(address) => listen(address).await.map(Some),
        None => Ok(None),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| ServeError::Listen { address, source })
}

/// What goes on by itself: its pages' part, and who does it.
fn by_itself(
    config: NonstopConfig,
    (catalogue, municipality): (Arc<Catalogue>, MunicipalityCode),
    (store, clock): (&Arc<dyn Store>, &Clock),
) -> (nonstop::Parts, Worker) {
    let parts = nonstop::Parts {
        engine: Arc::new(Engine::new(catalogue, municipality, config.veto_days)),
        bell: Arc::new(Notify::new()),
        payer: config.payer.map(Arc::new),
    };
    let worker = Worker {
        store: Arc::clone(store),
        planner: Arc::clone(&parts.engine) as _,
        clock: Arc::clone(clock),
        bell: Arc::clone(&parts.bell),
        done: Arc::new(Notify::new()),
    };
    (parts, worker)
}

/// How the other parent signs, if this city asks them to.
fn second(
    config: Option<SigningConfig>,
    trust: Trust,
    public_url: &str,
    clock: &Clock,
) -> Result<Option<http::second::Parts>, SetUpError> {
    let Some(config) = config else {
        return Ok(None);
    };
    let service = config
        .service
        .map(|service| AuthAndSign::new(service, public_url, Arc::clone(clock)))
        .transpose()?;
    Ok(Some(http::second::Parts {
        service: service.map(|service| Arc::new(service) as Arc<_>),
        card: config.card,
        procedures: config.procedures,
        trust,
    }))
}

/// The town's identity provider, if it has one.
fn provider(
    config: Option<OidcConfig>,
    public_url: &str,
    clock: &Clock,
) -> Result<Option<Provider>, SetUpError> {
    config
        .map(|oidc| Provider::new(oidc, public_url, Arc::clone(clock)))
        .transpose()
}

/// The nurseries that families search, with the towns of this municipality.
fn nurseries(
    lists: Option<NurseryConfig>,
    catalogue: &Catalogue,
    office: &Office,
) -> Option<Nurseries> {
    let lists = lists?;
    let profile = catalogue.profile(&office.municipality);
    let name = profile.map_or(&office.name.ja, |profile| &profile.name.ja);
    let index = Index::build(lists.facilities, &lists.vacancies);
    Some(Nurseries::new(index, name))
}

/// Who tells families' phones, if anybody does.
fn pusher(config: Option<&PushConfig>) -> Result<Option<Arc<Pusher>>, PushSetUpError> {
    Ok(config.map(Pusher::new).transpose()?.map(Arc::new))
}

/// How often a program looks for devices that others let in, moved or revoked.
const LOOK: Duration = Duration::from_secs(5);

/// Keeps the registry at what the store says. What came from a device before it was known leaves the quarantine then: also
/// where this program's own door let it in, which rings.
async fn keep_registry(
    registry: Registry,
    ingest: Ingest,
    store: Arc<dyn Store>,
    let_in: Arc<Notify>,
) {
    let mut due = tokio::time::interval(LOOK);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // owed until it is done, whatever fails meanwhile
    let mut retry = false;
    loop {
        tokio::select! {
            _ = due.tick() => {}
            () = let_in.notified() => retry = true,
        }
        let looked = async {
            retry |= registry.refresh(store.enrolled().await?);
            if retry {
                ingest.retry_quarantine().await?;
                retry = false;
            }
            Ok::<(), StoreError>(())
        };
        if let Err(error) = looked.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "devices could not be looked at"
            );
        }
    }
}

/// The door for devices that register, if there is one.
struct Enrolling {
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    door: Arc<Door>,
}

impl Enrolling {
    async fn start(
        config: Option<EnrolConfig>,
        (office, keys): (&Office, &CityKeys),
        (store, registry, clock): (&Arc<dyn Store>, &Registry, &Clock),
    ) -> Result<Option<Self>, ServeError> {
        let Some(config) = config else {
            return Ok(None);
        };
        let Some(door) = config.door.clone() else {
            return Ok(None);
        };
        let desk = enrol::Desk::new(config, office, keys)?;
        let listener = listen(door.bind).await?;
        Ok(Some(Self {
            listener,
            tls: door.tls,
            door: Arc::new(Door::new(
                desk,
                Arc::clone(store),
                registry.clone(),
                Arc::clone(clock),
            )),
        }))
    }
}

/// A city that listens but does not run yet.
pub struct City {
    listener: TcpListener,
    /// Where its figures are read.
    watched: Option<TcpListener>,
    app: App,
    inboxes: Inboxes,
    parts: LinkParts,
    agencies: Option<Exchange>,
    enrolling: Option<Enrolling>,
    registry: Registry,
    worker: Worker,
    keeper: Option<Keeper>,
}

/// The door for agencies, and whoever asks them.
struct Exchange {
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    desk: Arc<desk::Desk>,
    sender: Arc<send::Sender>,
}

/// What the exchange needs of the rest.
type ExchangeParts = (Arc<dyn Store>, SigningKey, Clock);

impl Exchange {
    async fn start(
        config: AgenciesConfig,
        office: &Office,
        (store, key, clock): ExchangeParts,
    ) -> Result<Self, ServeError> {
        let listener = listen(config.bind).await?;
        let book = Book::new(config.own, office.municipality, config.agencies);
        let dialer = Dialer::new(config.identity.client()?, key.clone(), config.patience);
        Ok(Self {
            listener,
            tls: config.identity.server()?,
            desk: Arc::new(desk::Desk {
                book: book.clone(),
                store: Arc::clone(&store),
                key: key.clone(),
                clock: Arc::clone(&clock),
                recipient: office.recipient.clone(),
            }),
            sender: Arc::new(send::Sender {
                book,
                store,
                dialer,
                key,
                clock,
                patience: config.patience,
                tries: config.tries,
                queued: Notify::new(),
            }),
        })
    }

    /// Runs until `stop` becomes true.
    async fn run(self, stop: watch::Receiver<bool>) {
        let asked = exchange::serve(self.listener, self.tls, self.desk, stop.clone());
        tokio::join!(asked, self.sender.run(stop));
    }
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
        let store = open_store(&config.store, &config.office.recipient).await?;
        let catalogue = Catalogue::builtin()?;
        let inboxes = inboxes(config.replicas, &config.broker, &config.office, &store)?;
        let (own, sign) = (config.office.recipient.clone(), config.keys.sign.clone());
        let sealer = Arc::new(CitySealer::new(own, sign, &config.http.public_url));
        let agencies = match config.agencies {
            Some(agencies) => {
                let parts = (
                    Arc::clone(&store),
                    config.keys.sign.clone(),
                    Arc::clone(&clock),
                );
                Some(Exchange::start(agencies, &config.office, parts).await?)
            }
            None => None,
        };
        let devices = known(config.devices, store.as_ref()).await?;
        let own = (&config.office, &config.keys);
        let enrolling = Enrolling::start(config.enrol, own, (&store, &devices, &clock)).await?;
        let metrics = Arc::new(Metrics::new());
        let desk = Desk {
            office: config.office.clone(),
            keys: config.keys,
            devices: devices.clone(),
            trust: config.trust.clone(),
            catalogue: catalogue.clone(),
        };
        let public_url = &config.http.public_url;
        let second = second(config.signing, config.trust, public_url, &clock)?;
        let ingest = Ingest::new(
            Arc::new(desk),
            Arc::clone(&store),
            Arc::clone(&sealer),
            Arc::clone(&clock),
        )
        .counting(Arc::clone(&metrics));
        ingest.retry_quarantine().await?;
        let listener = listen(config.http.bind).await?;
        let decided = Arc::new(Notify::new());
        let catalogue = Arc::new(catalogue);
        let (nonstop, worker) = by_itself(
            config.nonstop,
            (Arc::clone(&catalogue), config.office.municipality),
            (&store, &clock),
        );
        let parts = LinkParts {
            ingest,
            store: Arc::clone(&store),
            recipient: config.office.recipient.clone(),
            clock: Arc::clone(&clock),
            decided: Arc::clone(&decided),
            faults,
            inbox: Inbox::WHOLE,
        };
        let first = config.staff.first().map(|one| one.password.as_str());
        let throttle = Throttle::new(first);
        let provider = provider(config.oidc, public_url, &clock)?;
        let pusher = pusher(config.push.as_ref())?;
        let app = App {
            nurseries: nurseries(config.nursery, &catalogue, &config.office),
            pusher,
            provider,
            limits: Limiter::new(config.limits),
            store,
            sealer: sealer as Arc<dyn Sealer>,
            catalogue,
            office: config.office,
            devices: devices.clone(),
            http: config.http,
            staff: config.staff,
            casework: config.casework,
            clock,
            decided,
            fonts: fontcase(config.papers),
            throttle,
            metrics,
            agencies: agencies.as_ref().map(|all| Arc::clone(&all.sender)),
            nonstop,
            retention: config.retention,
            api: config.api,
            second,
        };
        let keeper = keeper(&app);
        let watched = listen_if(config.metrics).await?;
        Ok(Self {
            listener,
            watched,
            app,
            inboxes,
            parts,
            agencies,
            enrolling,
            registry: devices,
            worker,
            keeper,
        })
    }

    /// Where devices register, if they may.
    #[must_use]
    pub fn enrol_address(&self) -> Option<SocketAddr> {
        let enrolling = self.enrolling.as_ref()?;
        enrolling.listener.local_addr().ok()
    }

    /// Where agencies find it, if it is linked to any.
    #[must_use]
    pub fn exchange_address(&self) -> Option<SocketAddr> {
        self.agencies
            .as_ref()
            .and_then(|all| all.listener.local_addr().ok())
    }

    /// Whoever asks agencies, if there are any: for the parts of the city that want something asked.
    #[must_use]
    pub fn sender(&self) -> Option<Arc<send::Sender>> {
        self.agencies.as_ref().map(|all| Arc::clone(&all.sender))
    }

    /// Where browsers find it; with port 0 in the configuration this is the port that was taken.
    ///
    /// # Errors
    /// [`ServeError::Http`] when the system cannot say.
    pub fn address(&self) -> Result<SocketAddr, ServeError> {
        self.listener.local_addr().map_err(ServeError::Http)
    }

    /// Where its figures are read, if anywhere; with port 0 in the configuration this is the port that was taken.
    ///
    /// # Errors
    /// [`ServeError::Http`] when the system cannot say.
    pub fn metrics_address(&self) -> Result<Option<SocketAddr>, ServeError> {
        let watched = self.watched.as_ref().map(TcpListener::local_addr);
        watched.transpose().map_err(ServeError::Http)
    }

    /// Runs until `stop` becomes true.
    ///
    /// # Errors
    /// [`ServeError::Http`].
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), ServeError> {
        let catching_up = tokio::spawn(catch_up(Arc::clone(&self.app.store)));
        let links: Vec<_> = self
            .inboxes
            .into_iter()
            .map(|(holder, ways)| {
                let (parts, stop) = (self.parts.clone(), stop.clone());
                match holder {
                    Some(holder) => tokio::spawn(holder.run(ways, parts, stop)),
                    None => tokio::spawn(link::run(ways, parts, stop)),
                }
            })
            .collect();
        let let_in = self.enrolling.as_ref().map(|all| &all.door.let_in);
        let looking = tokio::spawn(keep_registry(
            self.registry,
            self.parts.ingest.clone(),
            Arc::clone(&self.app.store),
            let_in.cloned().unwrap_or_default(),
        ));
        drop(self.parts);
        let enrolling = self.enrolling.map(|all| {
            tokio::spawn(enrol_door::serve(
                all.listener,
                all.tls,
                all.door,
                stop.clone(),
            ))
        });
        let agencies = self.agencies.map(|all| tokio::spawn(all.run(stop.clone())));
        let done = Arc::clone(&self.worker.done);
        let pusher = self.app.pusher.as_ref().map(|pusher| {
            let parts = (Arc::clone(&self.app.store), Arc::clone(&self.app.clock));
            tokio::spawn(Arc::clone(pusher).run(parts, done, stop.clone()))
        });
        let worker = tokio::spawn(self.worker.run(stop.clone()));
        let keeper = self
            .keeper
            .map(|keeper| tokio::spawn(keeper.run(stop.clone())));
        let served = http::serve(self.listener, self.watched, self.app, stop)
            .await
            .map_err(ServeError::Http);
        // it ends by the same flag, after what it is in the middle of; whatever it had not begun is due at the next start
        worker.abort();
        let _ = worker.await;
        if let Some(pusher) = pusher {
            pusher.abort();
            let _ = pusher.await;
        }
        looking.abort();
        let _ = looking.await;
        if let Some(enrolling) = enrolling {
            enrolling.abort();
            let _ = enrolling.await;
        }
        catching_up.abort();
        for link in links {
            // it ends by the same flag, and gives back what it holds
            let abort = link.abort_handle();
            if tokio::time::timeout(PARTING, link).await.is_err() {
                abort.abort();
            }
        }
        let _ = catching_up.await;
        if let Some(keeper) = keeper {
            // what it had not erased is due still
            keeper.abort();
            let _ = keeper.await;
        }
        if let Some(agencies) = agencies {
            agencies.abort();
            let _ = agencies.await;
        }
        served
    }
}

/// Makes what arrived before there was a search findable, in short steps beside the city's work. What is left when the city
/// stops goes on at the next start.
async fn catch_up(store: Arc<dyn Store>) {
    loop {
        match desk_store::catch_up(store.as_ref()).await {
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
