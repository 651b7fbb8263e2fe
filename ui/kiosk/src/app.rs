//! Starting and ending a kiosk: files become keys, parts become one program, and everything stops in order.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use tokio::signal::unix::{SignalKind, signal};
use ubugoe_card::{CardDate, CardService, IntegrityPolicy, IssuerRoot, IssuerRootError};
use ubugoe_edge::{
    Hold, HoldError, Identities, IdentityError, Link, LinkError, OpenError as OutboxError, Outbox,
    OutboxHandle, Tpm, TpmError, keys, link, outbox,
};
use ubugoe_panel::Panel;
use ubugoe_procedures::{
    Catalogue, CatalogueError, Lang, MunicipalityCode, Tongue,
    nursery::{self, Index, Measure, Town, VacancyRow, import, import_vacancies},
};
use ubugoe_protocol::{
    KeyError, RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey,
    cades::{CadesError, Trust},
};
use ubugoe_tech::order;
use ubugoe_view::{ComponentHandle as _, OpenError as ViewError, PlatformError, Screen, Weak};

use ubugoe_visit::Comfort;

use crate::{
    board::Board,
    clock::Clock,
    config::{self, Config},
    core::{self, Canvas, End, Input, Parts, Report, Sender, Wake},
    desk::{City, Desk},
    drafts::Drafts,
    input::{self, Input as Typing, Order},
    keyless,
    orders::Gate,
    panelside::PanelSide,
    presenters::{self, Picture},
    printing::Printing,
    records::{RecordError, RecordKey},
    service::{
        self,
        accounts::Accounts,
        errands::{self, Errands},
    },
    setup,
    updates::{Place, Updates},
    watch::{self, Supervisor},
    wiping,
};

/// How the program was asked to show itself, and where it found its configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The configuration file.
    pub config: PathBuf,
    /// Draw in memory, in a window of this size, instead of on a display.
    #[cfg(feature = "drive")]
    pub in_memory: Option<(u32, u32)>,
    /// Listen here for orders.
    #[cfg(feature = "drive")]
    pub control: Option<PathBuf>,
    /// Who is to hear that the kiosk lives.
    pub supervisor: Option<Supervisor>,
}

/// Why a kiosk does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Whoever started it cannot be told that it runs.
    #[error("cannot tell systemd that the kiosk runs")]
    Supervisor(#[source] io::Error),
    /// A file that the configuration names.
    #[error("cannot read {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A key file's content.
    #[error("{path} holds no usable key")]
    Key {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: KeyError,
    },
    /// The device's own keys rest in its TPM.
    #[error("the TPM does not give out the device's keys")]
    Tpm(#[source] TpmError),
    /// A key that certifies issuers of attribute records.
    #[error("{path} names no issuer of attribute records")]
    AttributeRoot {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: IssuerRootError,
    },
    /// The proxy's login.
    #[error("{0} is not one line of user:password")]
    Login(PathBuf),
    /// The folder of the device's own certificates.
    #[error("the folder of the device's certificates does not open")]
    Identities(#[source] IdentityError),
    /// The roots for signature certificates.
    #[error("the roots for signature certificates are not usable")]
    Roots(#[source] CadesError),
    /// Birth notifications go to the municipality of birth, and no key for it is configured.
    #[error("no recipient is configured for the ward's own municipality {0}")]
    NoCity(MunicipalityCode),
    /// The catalogue inside the program.
    #[error("the catalogue does not load")]
    Catalogue(#[source] CatalogueError),
    /// Another kiosk runs on this device, or a technician's tool is replacing what it works with.
    #[error("this device is not free")]
    Held(#[source] HoldError),
    /// The outbox. Never answered with a new, empty one.
    #[error("the outbox does not open")]
    Outbox(#[source] OutboxError),
    /// The outbox opens, and what it knows about time cannot be read.
    #[error("the outbox is not readable")]
    OutboxUnreadable(#[source] ubugoe_edge::StoreError),
    /// The key for local records.
    #[error("no key for local records")]
    Records(#[source] RecordError),
    /// The card service.
    #[error("the card service does not start")]
    Card(#[source] ubugoe_card::StartError),
    /// The link.
    #[error("the link does not start")]
    Link(#[source] LinkError),
    /// The screen.
    #[error("no screen")]
    View(#[source] ViewError),
    /// The window system.
    #[error("the window system failed")]
    Window(#[source] PlatformError),
    /// A thread.
    #[error("no thread for the loop")]
    Thread(#[source] io::Error),
    /// The loop.
    #[error("the loop ended in a panic")]
    Panicked,
    /// The in-memory screen.
    #[cfg(feature = "drive")]
    #[error("no screen in memory")]
    InMemory(#[source] ubugoe_view::drive::DriveError),
    /// The control socket.
    #[cfg(feature = "drive")]
    #[error("no control socket at {path}")]
    Control {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Draws on the UI thread and posts the report once it is drawn.
struct OnScreen {
    screen: Weak<Screen>,
    board: Arc<Board>,
    typing: Typing,
}

impl Canvas for OnScreen {
    fn draw(&mut self, picture: Picture, report: Report) {
        let board = Arc::clone(&self.board);
        // Fails only when the event loop has ended: then there is nothing left to draw on.
        let _ = self.screen.upgrade_in_event_loop(move |screen| {
            picture(&screen);
            board.post(report);
        });
    }

    fn wipe(&mut self) {
        self.typing.send(Order::Wipe);
        let _ = self
            .screen
            .upgrade_in_event_loop(|screen| presenters::wipe(&screen));
    }

    fn settle(&mut self, done: mpsc::Sender<()>) {
        let _ = self.screen.upgrade_in_event_loop(move |_| {
            let _ = done.send(());
        });
    }
}

/// Whatever ends the loop, a panic included, ends the program and empties the screen: nothing about a person may stay
/// in front of a device that no longer listens.
struct EndOfLoop(Weak<Screen>);

impl Drop for EndOfLoop {
    fn drop(&mut self) {
        // Fails only when the event loop has ended by itself, and the screen with it.
        let _ = self.0.upgrade_in_event_loop(|screen| {
            presenters::wipe(&screen);
            let _ = ubugoe_view::quit_event_loop();
        });
    }
}

/// Ends the loop on SIGTERM and SIGINT, so that the card is logged out and its power cut.
fn end_on_signal(inputs: Sender) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Thread)?;
    let signals = {
        let _inside = runtime.enter();
        signal(SignalKind::terminate())
            .and_then(|term| Ok((term, signal(SignalKind::interrupt())?)))
    };
    let (mut terminate, mut interrupt) = signals.map_err(StartError::Thread)?;
    let wait = move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        inputs.send(Input::Stop);
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .map_err(StartError::Thread)?;
    Ok(())
}

/// The window, or the one in memory.
fn open_screen(tongue: Tongue, options: &Options) -> Result<Screen, StartError> {
    #[cfg(feature = "drive")]
    if options.in_memory.is_some() {
        ubugoe_view::drive::in_memory().map_err(StartError::InMemory)?;
    }
    let screen = ubugoe_view::open(presenters::language(tongue)).map_err(StartError::View)?;
    #[cfg(feature = "drive")]
    if let Some((width, height)) = options.in_memory {
        ubugoe_view::drive::resize(&screen, width, height);
    }
    #[cfg(not(feature = "drive"))]
    let Options {
        config: _,
        supervisor: _,
    } = options;
    Ok(screen)
}

/// Where tools drive the kiosk, if they were asked to.
#[cfg(feature = "drive")]
fn listen(
    options: &Options,
    screen: &Screen,
    board: &Arc<Board>,
    inputs: &Sender,
) -> Result<(), StartError> {
    let Some(path) = &options.control else {
        return Ok(());
    };
    let failed = |source| StartError::Control {
        path: path.clone(),
        source,
    };
    crate::control::listen(path, screen.as_weak(), Arc::clone(board), inputs.clone())
        .map_err(failed)?;
    // Whoever started us to drive us waits for this line.
    let ready = format!(
        "{}\n",
        serde_json::json!({ "event": "ready", "control": path })
    );
    io::Write::write_all(&mut io::stdout(), ready.as_bytes()).map_err(failed)
}

/// Shows the screen until it or the loop behind it ends, which ends the other.
fn attend(
    screen: &Screen,
    options: &Options,
    works: bool,
    inputs: &Sender,
    worker: thread::JoinHandle<End>,
) -> Result<End, StartError> {
    if let Some(supervisor) = &options.supervisor {
        watch::start(supervisor, works, inputs.clone()).map_err(StartError::Supervisor)?;
    }
    let ran = screen.run().map_err(StartError::Window);
    inputs.send(Input::Stop);
    let end = worker.join().map_err(|_| StartError::Panicked);
    ran.and(end)
}

/// Shows a device that has no city the page on which it is registered; [`End::Restart`] once it is.
///
/// # Errors
/// [`StartError`], by what did not start.
pub fn set_up(home: &Path, options: &Options) -> Result<End, StartError> {
    tracing::info!("no city yet: the screen asks for its code");
    without_a_city(home, None, options)
}

/// Destroys a device whose own screen ordered that; [`End::Restart`] once it is done, or taken back.
///
/// # Errors
/// [`StartError`], by what did not start.
pub fn wipe(home: &Path, order: order::Order, options: &Options) -> Result<End, StartError> {
    tracing::info!("a wipe was ordered");
    without_a_city(home, Some(order), options)
}

fn without_a_city(
    home: &Path,
    order: Option<order::Order>,
    options: &Options,
) -> Result<End, StartError> {
    let screen = open_screen(Tongue::Ja, options)?;
    let (inputs, from) = Sender::channel();
    let typing = input::start(None, screen.as_weak()).map_err(StartError::Thread)?;
    presenters::bind(&screen, &inputs, &typing);
    end_on_signal(inputs.clone())?;
    let (loaded, _) = Updates::default().load().map_err(StartError::Catalogue)?;
    let clock = Clock::new(config::ClockTrust::System, 0);
    let parts = setup::Parts::new(home, loaded.catalogue, clock, inputs.clone());
    let board = Arc::new(Board::default());
    #[cfg(feature = "drive")]
    listen(options, &screen, &board, &inputs)?;
    let mut canvas = OnScreen {
        screen: screen.as_weak(),
        board,
        typing,
    };
    let worker = thread::Builder::new()
        .name("setup".to_owned())
        .spawn(move || {
            let _end = EndOfLoop(canvas.screen.clone());
            match order {
                Some(order) => wiping::run(&parts, &order, &from, &mut canvas),
                None => setup::run(&parts, &from, &mut canvas),
            }
        })
        .map_err(StartError::Thread)?;
    attend(&screen, options, true, &inputs, worker)
}

/// Shows that a device cannot be used whose TPM does not give out its keys; [`End::Restart`] once it does.
fn wait_for_keys(
    config: &Config,
    options: &Options,
    screen: &Screen,
    (inputs, from): (&Sender, mpsc::Receiver<Input>),
    typing: Typing,
) -> Result<End, StartError> {
    let (loaded, _) = Updates::default().load().map_err(StartError::Catalogue)?;
    let board = Arc::new(Board::default());
    #[cfg(feature = "drive")]
    listen(options, screen, &board, inputs)?;
    let mut canvas = OnScreen {
        screen: screen.as_weak(),
        board,
        typing,
    };
    let (files, tpm, tongue) = (config.keys.clone(), config.tpm.clone(), config.tongue);
    let worker = thread::Builder::new()
        .name("keyless".to_owned())
        .spawn(move || {
            let _end = EndOfLoop(canvas.screen.clone());
            let there = || Own::read(&files, tpm.as_deref()).is_ok();
            keyless::run(&loaded.catalogue, tongue, &there, &from, &mut canvas)
        })
        .map_err(StartError::Thread)?;
    attend(screen, options, false, inputs, worker)
}

/// Runs a kiosk until its window is closed, or a signal or order ends it.
///
/// # Errors
/// [`StartError`], by what did not start.
pub fn run(config: &Config, options: &Options) -> Result<End, StartError> {
    let screen = open_screen(config.tongue, options)?;
    let (inputs, from) = Sender::channel();
    let typing =
        input::start(config.input.clone(), screen.as_weak()).map_err(StartError::Thread)?;
    presenters::bind(&screen, &inputs, &typing);
    let _hold = hold(config)?;
    let outbox = open_outbox(config)?;
    let floor = outbox.time_floor().map_err(StartError::OutboxUnreadable)?;
    let clock = Arc::new(Clock::new(config.clock.clone(), floor));
    let outbox = OutboxHandle::new(outbox);
    end_on_signal(inputs.clone())?;
    if !config
        .recipients
        .iter()
        .any(|r| r.municipality == config.birthplace)
    {
        return Err(StartError::NoCity(config.birthplace));
    }
    let cities = cities(config)?;
    let own = match Own::read(&config.keys, config.tpm.as_deref()) {
        Err(StartError::Tpm(error)) => {
            tracing::error!(%error, "the device's keys rest in a TPM that does not give them out: closed");
            return wait_for_keys(config, options, &screen, (&inputs, from), typing);
        }
        read => read?,
    };
    let identities = identities(config)?;
    // Before the link: what it carries down is for these.
    let mut parts = parts(
        config,
        options,
        &own,
        cities.clone(),
        outbox.clone(),
        Arc::clone(&clock),
        inputs.clone(),
    )?;
    parts.service.identities.clone_from(&identities);
    let link = start_link(config, own, &cities, &outbox, &clock, identities, &inputs)?;
    let board = Arc::new(Board::default());
    #[cfg(feature = "drive")]
    listen(options, &screen, &board, &inputs)?;
    let card = start_card(config, &clock, &inputs)?;
    let operator = config.operator.as_ref().map(|o| o.recipient.clone());
    let mut canvas = OnScreen {
        screen: screen.as_weak(),
        board,
        typing,
    };
    let worker = thread::Builder::new()
        .name("core".to_owned())
        .spawn(move || {
            let _end = EndOfLoop(canvas.screen.clone());
            let wake = |what| match what {
                Wake::Rows => link.wake(),
                Wake::Certificate => link.renewed(),
            };
            let say = |report| {
                // Ids, states and counts.
                tracing::info!(target: "operator", ?report, "said");
                if let Some(operator) = &operator {
                    link.say(operator.clone(), report);
                }
            };
            let ask = |city, report| link.say(city, report);
            let end = core::run(&mut parts, &card, &wake, &say, &ask, &from, &mut canvas);
            // In this order: no new card events, then no new network events.
            drop(card);
            drop(link);
            end
        })
        .map_err(StartError::Thread)?;
    attend(&screen, options, true, &inputs, worker)
}

fn read(path: &Path) -> Result<Vec<u8>, StartError> {
    fs::read(path).map_err(|source| StartError::File {
        path: path.to_owned(),
        source,
    })
}

fn text(path: &Path) -> Result<String, StartError> {
    fs::read_to_string(path).map_err(|source| StartError::File {
        path: path.to_owned(),
        source,
    })
}

/// A key of one line of text.
fn key<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, KeyError>) -> Result<T, StartError> {
    let line = zeroize::Zeroizing::new(text(path)?);
    parse(line.trim_end()).map_err(|source| StartError::Key {
        path: path.to_owned(),
        source,
    })
}

/// The device's own keys, read once: a TPM takes its time.
struct Own {
    sign: SigningKey,
    open: RecipientSecretKey,
    /// The text of `open`: the key for local records is derived from it.
    secret: zeroize::Zeroizing<String>,
}

impl Own {
    fn read(files: &config::Keys, tpm: Option<&Path>) -> Result<Self, StartError> {
        let tpm = tpm.map(Tpm::at).unwrap_or_default();
        let secret = |path: &Path| {
            let line = zeroize::Zeroizing::new(text(path)?);
            keys::secret(&line, &tpm).map_err(StartError::Tpm)
        };
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| StartError::Key { path, source }
        };
        let (sign, open) = (secret(&files.sign)?, secret(&files.hpke)?);
        Ok(Self {
            sign: SigningKey::from_text(&sign).map_err(unusable(&files.sign))?,
            open: RecipientSecretKey::from_text(&open).map_err(unusable(&files.hpke))?,
            secret: open,
        })
    }
}

fn outbox_config(config: &Config) -> outbox::Config {
    outbox::Config::at(config.data_dir.join("outbox.sqlite"))
}

/// For as long as this program runs nobody replaces or destroys what it works with.
fn hold(config: &Config) -> Result<Hold, StartError> {
    fs::create_dir_all(&config.data_dir).map_err(|source| StartError::File {
        path: config.data_dir.clone(),
        source,
    })?;
    Hold::take(&config.data_dir).map_err(StartError::Held)
}

fn open_outbox(config: &Config) -> Result<Outbox, StartError> {
    Outbox::open(&outbox_config(config)).map_err(StartError::Outbox)
}

fn cities(config: &Config) -> Result<Vec<City>, StartError> {
    config
        .recipients
        .iter()
        .map(|city| {
            Ok(City {
                id: city.id.clone(),
                municipality: city.municipality,
                hpke: key(&city.hpke, RecipientPublicKey::from_text)?,
                receipt: key(&city.receipt, VerifyingKey::from_text)?,
            })
        })
        .collect()
}

fn identities(config: &Config) -> Result<Option<Arc<Mutex<Identities>>>, StartError> {
    let folder = config.identities.as_deref();
    let opened = folder.map(Identities::open).transpose();
    let tpm = config.tpm.as_ref().map(Tpm::at);
    Ok(opened
        .map_err(StartError::Identities)?
        .map(|found| Arc::new(Mutex::new(found.with_tpm(tpm)))))
}

fn start_link(
    config: &Config,
    own: Own,
    cities: &[City],
    outbox: &OutboxHandle,
    clock: &Arc<Clock>,
    identities: Option<Arc<Mutex<Identities>>>,
    inputs: &Sender,
) -> Result<Link, StartError> {
    let clock = Arc::clone(clock);
    let settings = link::Config {
        brokers: config.brokers.iter().map(broker).collect(),
        network: network(&config.network)?,
        identities,
        tls: link::Tls {
            ca_pem: read(&config.tls.ca)?,
            crl_pem: config
                .tls
                .crl
                .as_deref()
                .map(read)
                .transpose()?
                .unwrap_or_default(),
            cert_pem: read(&config.tls.certificate)?,
            key_pem: read(&config.tls.key)?,
        },
        device: config.device.clone(),
        device_key: own.open,
        recipients: cities.iter().map(|c| (c.id.clone(), c.receipt)).collect(),
        voice: Some(link::Voice {
            signing: own.sign,
            seal: cities.iter().map(|c| (c.id.clone(), c.hpke)).collect(),
            operator: config.operator.as_ref().map(operator).transpose()?,
            time: Some(clock.trusted().clone()),
        }),
        clock: Arc::new(move || clock.unix()),
        tuning: link::Tuning::default(),
    };
    let inputs = inputs.clone();
    Link::start(settings, outbox.clone(), move |event| {
        inputs.send(Input::Link(event));
    })
    .map_err(StartError::Link)
}

fn operator(operator: &config::Operator) -> Result<link::Operator, StartError> {
    Ok(link::Operator {
        id: operator.recipient.clone(),
        key: key(&operator.key, VerifyingKey::from_text)?,
    })
}

fn network(network: &config::Network) -> Result<link::Network, StartError> {
    let proxy = network.proxy.as_ref().map(|proxy| {
        let login = proxy.login.as_ref().map(|path| {
            let line = zeroize::Zeroizing::new(text(path)?);
            link::Login::from_text(&line).ok_or_else(|| StartError::Login(path.clone()))
        });
        Ok(link::Proxy {
            host: proxy.host.clone(),
            port: proxy.port,
            login: login.transpose()?,
        })
    });
    Ok(link::Network {
        proxy: proxy.transpose()?,
        cap: link::Cap {
            up: network.up,
            down: network.down,
        },
    })
}

fn broker(broker: &config::Broker) -> link::Broker {
    link::Broker {
        host: broker.host.clone(),
        port: broker.port,
    }
}

fn parts(
    config: &Config,
    options: &Options,
    own: &Own,
    cities: Vec<City>,
    outbox: OutboxHandle,
    clock: Arc<Clock>,
    inputs: Sender,
) -> Result<Parts, StartError> {
    let pem: String = config
        .sign_roots
        .iter()
        .map(|path| text(path))
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let records = RecordKey::derive(&own.secret).map_err(StartError::Records)?;
    let signing = own.sign.clone();
    let operator = config.operator.as_ref().map(operator).transpose()?;
    let proxy = config.network.proxy.as_ref();
    let mut updates = operator.as_ref().map_or_else(Updates::default, |operator| {
        let folder = config.data_dir.join("updates");
        let place = Place {
            root: config.system_root.clone(),
            proxy: proxy.map(|proxy| (proxy.host.clone(), proxy.port)),
        };
        Updates::open(&folder, operator.key, config.prove_updates, place)
    });
    let (loaded, said) = updates.load().map_err(StartError::Catalogue)?;
    let nurseries = nurseries(config);
    let printing = Printing::start(&config.printers, &inputs).map_err(StartError::Thread)?;
    Ok(Parts {
        printing,
        panel: panel(config.panel.as_ref(), &inputs)?,
        towns: towns(nurseries.as_ref(), &loaded.catalogue),
        catalogue: Arc::new(loaded.catalogue),
        gate: Gate::read(&config.data_dir),
        updates: (updates, said),
        operator: operator.map(|operator| operator.key),
        clock,
        birthplace: config.birthplace,
        certificates: config.certificates.clone(),
        trust: Arc::new(Trust::from_pem(&pem).map_err(StartError::Roots)?),
        desk: Desk::new(config.device.clone(), signing, records, cities, outbox),
        tongue: config.tongue,
        comfort: Comfort {
            night: config.night,
            ..Comfort::default()
        },
        nurseries,
        drafts: Drafts::in_folder(&config.data_dir),
        service: service::Settings {
            accounts: Accounts::open(
                config.staff.clone(),
                config.technician.clone(),
                config.data_dir.join("staff-tries.json"),
            ),
            switch: config.service_switch.clone(),
            usual: config.usual.clone(),
            device: config.device.to_string(),
            brokers: config.brokers.clone(),
            outbox: outbox_config(config),
            catalogue: loaded.label,
            errands: errands(config, options),
            identities: None,
            inputs,
        },
    })
}

fn errands(config: &Config, options: &Options) -> Errands {
    let (home, by_hand) = errands::home(&options.config, &config.data_dir);
    Errands {
        home,
        config: by_hand,
        sticks: config.sticks.clone(),
        logs: config.logs.clone(),
    }
}

/// The list of nursery places. Without one, or where it cannot be read, choices are asked as words.
fn nurseries(config: &Config) -> Option<Index> {
    let path = config.nurseries.as_ref()?;
    let bytes = fs::read(path)
        .inspect_err(
            |error| tracing::error!(path = %path.display(), %error, "nursery list not read"),
        )
        .ok()?;
    let read = import::import(&bytes)
        .inspect_err(|error| {
            let error = error as &dyn std::error::Error;
            tracing::error!(path = %path.display(), error, "nursery list not read");
        })
        .ok()?;
    tracing::info!(
        places = read.facilities.len(),
        problems = read.problems.len(),
        "nursery list read"
    );
    Some(Index::build(read.facilities, &vacancies(path)))
}

/// The towns of a list of nursery places; none where there is no list, or where it names no towns.
pub(crate) fn towns(index: Option<&Index>, catalogue: &Catalogue) -> Vec<Town> {
    let places = index.map(Index::facilities).unwrap_or_default();
    let code = places
        .iter()
        .find_map(|place| place.municipality.as_deref()?.parse().ok());
    code.and_then(|code: MunicipalityCode| catalogue.profile(&code))
        .map(|profile| nursery::towns(places, profile.name.get(Lang::Ja)))
        .unwrap_or_default()
}

/// Free places, where the municipality's table of them lies beside its list: `<list>_vacancies.csv`.
fn vacancies(list: &Path) -> Vec<VacancyRow> {
    let stem = list.file_stem().unwrap_or_default().to_string_lossy();
    let path = list.with_file_name(format!("{stem}_vacancies.csv"));
    let Ok(bytes) = fs::read(&path) else {
        return Vec::new();
    };
    match import_vacancies(&bytes, Measure::Vacancies) {
        Ok(read) => {
            tracing::info!(rows = read.rows.len(), "free places read");
            read.rows
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(path = %path.display(), error, "free places not read");
            Vec::new()
        }
    }
}

/// Its thread runs whether there is a panel or not: one that is plugged in later is found.
fn panel(config: Option<&config::FrontPanel>, inputs: &Sender) -> Result<PanelSide, StartError> {
    let Some(config) = config else {
        return Ok(PanelSide::default());
    };
    let inputs = inputs.clone();
    let panel = Panel::start(ubugoe_panel::Config::at(config.port.clone()), move |news| {
        inputs.send(Input::Panel(news));
    })
    .map_err(StartError::Thread)?;
    let images = config.firmware.iter().flat_map(|folder| {
        let path = |name| folder.join(name);
        [path("a.ubpi"), path("b.ubpi")]
    });
    let images: Vec<Vec<u8>> = images
        .filter_map(|path| {
            let read = fs::read(&path);
            if let Err(error) = &read {
                tracing::error!(path = %path.display(), %error, "the panel's firmware is not read");
            }
            read.ok()
        })
        .collect();
    // Now, before anybody is in a visit.
    if !images.is_empty() {
        panel.offer(images);
    }
    Ok(PanelSide::new(Some(panel)))
}

fn start_card(
    config: &Config,
    clock: &Arc<Clock>,
    inputs: &Sender,
) -> Result<CardService, StartError> {
    let clock = Arc::clone(clock);
    let today = move || {
        clock.today().map(|d| CardDate {
            year: d.year(),
            month: d.month(),
            day: d.day(),
        })
    };
    let roots = config.card.attribute_roots.iter().map(|path| {
        let root = text(path)?.parse::<IssuerRoot>();
        root.map_err(|source| StartError::AttributeRoot {
            path: path.clone(),
            source,
        })
    });
    let settings = ubugoe_card::Config {
        reader_name_contains: config.card.reader.clone(),
        mute_after: config.card.mute_after,
        today: Some(Arc::new(today)),
        integrity: IntegrityPolicy {
            check: true,
            roots: roots.collect::<Result<_, _>>()?,
        },
        ..ubugoe_card::Config::default()
    };
    let inputs = inputs.clone();
    CardService::start(settings, move |event| inputs.send(Input::Card(event)))
        .map_err(StartError::Card)
}
