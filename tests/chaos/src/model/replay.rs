//! The model's scripts, driven through the real outbox and the real ingest with its real database.
//!
//! A random walk through the model says what happens; here it happens. The broker's bag holds real sealed bytes. After each
//! action the real rows and the real database must stand as the model says.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::rig;
use ubugoe_city::casework::audit::AuditEntry;
use ubugoe_city::config::{Config, StoreAddress};
use ubugoe_city::ingest::{Ingest, Message as Wire};
use ubugoe_city::server::{open_ingest, open_store};
use ubugoe_edge::{Retired, RowState};
use ubugoe_protocol::{
    DeviceId, Downlink, FilingId, Receipt, Report, SigningKey, VERSION, open_down,
};

use super::{Action, CITIES, Message, Protocol, ROWS, Stand, State, city_of};
use crate::dice::Dice;
use crate::town::{self, Kiosk, city_toml};

/// A fixed moment, seconds since 1970 UTC.
const NOW: i64 = 1_795_300_000;

/// When the first city is restored: later than everything it signs.
const ERA: i64 = NOW + 1;

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Walks.
    pub scripts: u64,
    /// Actions.
    pub actions: u64,
    /// Walks that ended with everything filed and held.
    pub ended: u64,
}

/// The real parts of one walk.
struct World {
    folder: tempfile::TempDir,
    kiosk: Option<Kiosk>,
    cities: Vec<String>,
    ids: Vec<FilingId>,
    /// Bytes of what is under way, by what it is.
    bag: BTreeMap<Message, Vec<Vec<u8>>>,
    runtime: tokio::runtime::Runtime,
    ingests: Vec<Ingest>,
    stranger: SigningKey,
    /// Of the console's password; nobody signs in.
    hash: String,
}

/// Drives walks of at most `length` actions through the real parts.
///
/// # Errors
/// At the first difference, with the walk that led to it.
pub fn replay(scripts: u64, length: usize, seed: u64) -> Result<Replayed> {
    let mut dice = Dice::new(seed);
    let hash = rig::password_hash("model only: 産声の窓口")?;
    let mut done = Replayed::default();
    for script in 0..scripts {
        let mut world = World::new(&hash)?;
        let mut state = State::first();
        let mut walk = Vec::new();
        for step in 0..length {
            let next = state.next(Protocol::Ours);
            // Towards the end nothing more goes wrong, or few walks would ever get there.
            let calm = step * 2 > length;
            let choices: Vec<_> = next
                .into_iter()
                .filter(|(a, _)| !calm || is_calm(*a))
                .collect();
            let at = usize::try_from(dice.below(u64::try_from(choices.len())?))?;
            let Some((action, after)) = choices.into_iter().nth(at) else {
                break;
            };
            walk.push(action);
            world
                .act(action, &state)
                .and_then(|()| world.compare(&after))
                .with_context(|| format!("script {script} of seed {seed}: {walk:?}"))?;
            done.actions += 1;
            state = after;
            if state.is_end() && calm {
                break;
            }
        }
        done.scripts += 1;
        done.ended += u64::from(state.is_end());
    }
    Ok(done)
}

const fn is_calm(action: Action) -> bool {
    matches!(
        action,
        Action::Send(_) | Action::Requeue | Action::Deliver(_) | Action::SendOrder
    )
}

impl World {
    fn new(hash: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let device = town::device(0);
        let cities: Vec<String> = (0..CITIES).map(town::city).collect();
        let names: Vec<&str> = cities.iter().map(String::as_str).collect();
        Pki::with(folder.path().join("pki"), &[device.as_str()], &names)?;
        let mut kiosk = Kiosk::open(folder.path(), &device, &cities)?;
        let mut ids = Vec::new();
        for row in 0..ROWS {
            ids.extend(kiosk.file(&format!("MODEL-{row}"), &[city_of(row)], NOW)?);
        }
        let mut world = Self {
            folder,
            kiosk: Some(kiosk),
            cities,
            ids,
            bag: BTreeMap::new(),
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?,
            ingests: Vec::new(),
            stranger: SigningKey::generate()?,
            hash: hash.to_owned(),
        };
        for n in 0..CITIES {
            let ingest = world.open_city(n)?;
            world.ingests.push(ingest);
        }
        Ok(world)
    }

    fn database(&self, n: usize) -> std::path::PathBuf {
        self.folder.path().join(format!("{}.sqlite", town::city(n)))
    }

    /// The city's program starts: its own memory is gone, its database is not.
    fn open_city(&self, n: usize) -> Result<Ingest> {
        let pki = self.folder.path().join("pki");
        let store = StoreAddress::Sqlite(self.database(n));
        let text = city_toml(
            &town::city(n),
            &pki,
            &store,
            &[town::device(0)],
            (1, 1),
            &self.hash,
        )?;
        let config = Config::from_toml(&text, self.folder.path(), &|path| fs::read(path))?;
        let clock = Arc::new(|| Timestamp::from_second(NOW).unwrap_or_default());
        Ok(self.runtime.block_on(open_ingest(config, clock))?)
    }

    fn kiosk(&self) -> Result<&Kiosk> {
        self.kiosk.as_ref().context("the kiosk runs")
    }

    fn id(&self, row: usize) -> Result<FilingId> {
        self.ids.get(row).copied().context("a row")
    }

    fn put(&mut self, message: Message, bytes: Vec<u8>) {
        self.bag.entry(message).or_default().push(bytes);
    }

    fn take(&mut self, message: Message) -> Result<Vec<u8>> {
        let some = self.bag.get_mut(&message).context("it is under way")?;
        some.pop().context("it is under way")
    }

    fn look(&self, message: Message) -> Result<Vec<u8>> {
        let some = self.bag.get(&message).and_then(|s| s.last());
        some.cloned().context("it is under way")
    }

    /// Lets happen what the model says, from the state before it.
    fn act(&mut self, action: Action, before: &State) -> Result<()> {
        let full = before.under_way.len() >= super::UNDER_WAY;
        match action {
            Action::Send(row) => {
                let id = self.id(row)?;
                let sealed = self.kiosk()?.outbox().lock().to_send(&id)?;
                self.put(Message::Envelope(row), sealed.context("it is to be sent")?);
                self.kiosk()?.outbox().lock().mark_sent(&[id], NOW)?;
            }
            Action::Requeue => {
                // As after a crash: the outbox is opened anew, and every connection begins like this.
                self.kiosk = None;
                let kiosk = Kiosk::open(self.folder.path(), &town::device(0), &self.cities)?;
                kiosk.outbox().lock().reopen_unsettled()?;
                self.kiosk = Some(kiosk);
            }
            Action::Deliver(message) => {
                let bytes = self.take(message)?;
                // The model counts the message that arrives as gone before its answer needs room.
                self.deliver(message, bytes, false, before)?;
            }
            Action::CommitAndCrash(row) => {
                let bytes = self.look(Message::Envelope(row))?;
                self.deliver(Message::Envelope(row), bytes, true, before)?;
                let n = city_of(row);
                let again = self.open_city(n)?;
                *self.ingests.get_mut(n).context("a city")? = again;
            }
            Action::Lose(message) => drop(self.take(message)?),
            Action::Repeat(message) => {
                let bytes = self.look(message)?;
                self.put(message, bytes);
            }
            Action::Forget => self.bag.clear(),
            Action::BackUp => {
                self.checkpoint()?;
                fs::copy(self.database(0), self.folder.path().join("backup"))?;
            }
            Action::Restore => self.restore()?,
            Action::SendOrder => {
                ensure!(!full, "the model has room");
                self.put(Message::Order, Vec::new());
            }
            Action::Forge(row) => {
                let receipt = Receipt {
                    v: VERSION,
                    id: self.id(row)?,
                    digest: self
                        .kiosk()?
                        .outbox()
                        .lock()
                        .row(&self.id(row)?)?
                        .context("a row")?
                        .digest,
                    recipient: town::city(city_of(row)).parse()?,
                    arrived_at: NOW,
                    arrival_no: 1,
                    status_token: String::new(),
                    status_url: String::new(),
                    visit: None,
                    signed: None,
                    era: 0,
                };
                let forged = receipt.sign(&self.stranger)?;
                self.put(Message::Forged(row), forged);
            }
        }
        Ok(())
    }

    fn deliver(
        &mut self,
        message: Message,
        bytes: Vec<u8>,
        dies: bool,
        before: &State,
    ) -> Result<()> {
        let room = self.bag.values().map(Vec::len).sum::<usize>() < super::UNDER_WAY;
        match message {
            Message::Envelope(row) => {
                let answers = self.land(city_of(row), bytes)?;
                if let (Some(sealed), true) = (answers, room && !dies) {
                    let answer = before.receipt(row);
                    self.put(answer, sealed);
                }
            }
            Message::Receipt(row, _) => {
                let kiosk = self.kiosk()?;
                let opened = open_down(&bytes, kiosk.device(), &kiosk.opening_key()?)?;
                let Downlink::Receipts(items) = opened else {
                    anyhow::bail!("no receipts")
                };
                let recipients = kiosk.recipients()?;
                let outcomes = kiosk.outbox().lock().retire_all(&items, &recipients, NOW)?;
                for outcome in outcomes {
                    // As the link does: the city is shown its own word.
                    if let Retired::Stale(_) = outcome? {
                        let proof = self
                            .kiosk()?
                            .report(city_of(row), &Report::Earlier(items.clone()))?;
                        self.land(city_of(row), proof)?;
                    }
                }
            }
            Message::Forged(_) => {
                let kiosk = self.kiosk()?;
                let believed = kiosk
                    .outbox()
                    .lock()
                    .retire(&bytes, &kiosk.recipients()?, NOW);
                ensure!(believed.is_err(), "a forged receipt was believed");
            }
            Message::Order => {
                let city = town::city(0).parse()?;
                let proofs = self.kiosk()?.outbox().lock().ask_again(&city, 0, ERA)?;
                if !proofs.is_empty() {
                    let report = self.kiosk()?.report(0, &Report::Earlier(proofs))?;
                    self.land(0, report)?;
                }
                if room {
                    self.put(Message::Obeyed, Vec::new());
                }
            }
            Message::Obeyed => {}
        }
        Ok(())
    }

    fn land(&self, n: usize, wire: Vec<u8>) -> Result<Option<Vec<u8>>> {
        let device: DeviceId = town::device(0).parse()?;
        let ingest = self.ingests.get(n).context("a city")?;
        let message = Wire {
            device: Some(device),
            wire,
        };
        let answers = self.runtime.block_on(ingest.land(vec![message]))?;
        match answers.as_slice() {
            [] => Ok(None),
            [one] => Ok(ingest.seal(one)?),
            more => anyhow::bail!("{} answers to one message", more.len()),
        }
    }

    /// Everything of the first city's database in its file.
    fn checkpoint(&mut self) -> Result<()> {
        // Closing the last connection does it.
        self.ingests.remove(0);
        let path = self.database(0);
        let wal = path.with_extension("sqlite-wal");
        ensure!(
            fs::metadata(&wal).map_or(0, |m| m.len()) == 0,
            "the log is not in the file"
        );
        let again = self.open_city(0)?;
        self.ingests.insert(0, again);
        Ok(())
    }

    fn restore(&mut self) -> Result<()> {
        self.checkpoint()?;
        self.ingests.remove(0);
        fs::copy(self.folder.path().join("backup"), self.database(0))?;
        self.runtime.block_on(async {
            let store = open_store(&StoreAddress::Sqlite(self.database(0))).await?;
            let entry = AuditEntry {
                at: ERA,
                actor: "operator".to_owned(),
                action: "store.restored".to_owned(),
                subject: String::new(),
                detail: String::new(),
            };
            store
                .begin_era(&town::city(0).parse()?, 1000, entry)
                .await?;
            anyhow::Ok(())
        })?;
        let again = self.open_city(0)?;
        self.ingests.insert(0, again);
        Ok(())
    }

    /// Whether the real parts stand as the model says.
    fn compare(&self, model: &State) -> Result<()> {
        let outbox = self.kiosk()?.outbox().lock();
        for (row, stand) in model.rows.iter().enumerate() {
            let real = outbox.row(&self.id(row)?)?.context("a row")?;
            let fits = match stand {
                Stand::Queued => real.state == RowState::Queued,
                Stand::Sent => real.state == RowState::Sent,
                Stand::Arrived => real.state == RowState::Arrived && !real.again,
                Stand::Again | Stand::AgainSent => real.state == RowState::Arrived && real.again,
            };
            ensure!(
                fits,
                "row {row} is {:?}, again {}; the model says {stand:?}",
                real.state,
                real.again
            );
        }
        drop(outbox);
        for n in 0..CITIES {
            let held = self.runtime.block_on(async {
                let store = open_store(&StoreAddress::Sqlite(self.database(n))).await?;
                store.filings(None, 1000).await
            })?;
            for (row, says) in model
                .held
                .iter()
                .enumerate()
                .filter(|(row, _)| city_of(*row) == n)
            {
                let id = self.id(row)?;
                let real = held.iter().filter(|f| f.id == id).count();
                ensure!(
                    real == usize::from(*says),
                    "city {n} holds row {row} {real} times; the model says {says}"
                );
            }
        }
        let real: usize = self.bag.values().map(Vec::len).sum();
        ensure!(
            real == model.under_way.len(),
            "{real} messages under way; the model says {:?}",
            model.under_way
        );
        Ok(())
    }
}
