//! The real parts of one script: an outbox, two cities with their databases, and what is under way between them as real bytes.
//!
//! The broker is a map, for the model's broker is a set. Device and city are the product's code on the product's SQLite; a
//! crash drops the value and opens the file again. Nothing is compared but what is read back from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::{envelope, rig};
use ubugoe_chaos::paper::Writer;
use ubugoe_chaos::town::city_toml;
use ubugoe_city::casework::FilingState;
use ubugoe_city::config::{Config as CityConfig, StoreAddress};
use ubugoe_city::ingest::{Answer, Desk, Ingest, Message};
use ubugoe_city::operate::restore::after_restore;
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::receipt::outbox::{Handed, next_attempt};
use ubugoe_city::server::{open_ingest, open_store};
use ubugoe_city::store::desk::{Concluded, Conclusion};
use ubugoe_city::store::{Attempt, Decided, DownKind, FilingRecord, Store, WakeWindow};
use ubugoe_edge::outbox::{Config, NewRow, Noted, Outbox, Recipients, Retired, RowKind, RowState};
use ubugoe_edge::{Broker, SettleError, StoreError};
use ubugoe_model::way::{
    Action, CITIES, Decision, Holds, Kind, ROWS, Stand, State, WAYS, city_of, visit_of,
};
use ubugoe_procedures::Catalogue;
use ubugoe_protocol::report::{Outcome, seal_report};
use ubugoe_protocol::{
    CaseId, CaseState, Command, DeviceId, Downlink, FilingBody, FilingId, Header, Kind as Sealed,
    Order, Receipt, RecipientId, RecipientPublicKey, RecipientSecretKey, Refusal, Report,
    SigningKey, StatusNotice, VERSION, VerifyingKey, digest, open_down, seal,
};

const DEVICE: &str = "d-0000";
const NAMES: [&str; CITIES] = ["r-00", "r-01"];
/// A fixed moment, seconds since 1970 UTC.
const NOW: i64 = 1_795_300_000;
/// When a city is restored: later than everything that it signed before.
const ERA: i64 = NOW + 1;
/// When notices were last sent: long enough ago for a sign of life to wake them.
const SENT: i64 = NOW - 1000;

type Place = (usize, usize, Kind);

struct Hall {
    name: RecipientId,
    config: CityConfig,
    desk: Arc<Desk>,
    sealer: Arc<CitySealer>,
    /// `None` while the database is exchanged.
    open: Option<(Ingest, Arc<dyn Store>)>,
}

/// The parts.
pub(crate) struct World {
    folder: TempDir,
    runtime: Runtime,
    outbox: Option<Outbox>,
    halls: Vec<Hall>,
    rows: Vec<NewRow>,
    /// How many of them are filed in this script.
    filed: usize,
    /// Other content under the same ids, sealed with the device's own key.
    others: Vec<(Vec<u8>, [u8; 32])>,
    device: DeviceId,
    signing: SigningKey,
    opening: RecipientSecretKey,
    seals: Vec<RecipientPublicKey>,
    recipients: Recipients,
    stranger: SigningKey,
    bag: BTreeMap<Place, Vec<u8>>,
    owed: BTreeMap<Place, Vec<u8>>,
    orders: BTreeMap<(usize, usize, bool), Vec<u8>>,
    /// The first arrival number each row ever got.
    numbers: [Option<u64>; ROWS],
    /// Transactions that were broken off before their commit.
    pub(crate) torn: u64,
}

fn folder() -> Result<TempDir> {
    // Syncs are not what is tested here, and thousands of them would be most of the time.
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    Ok(tempfile::Builder::new()
        .prefix("ubugoe-model-")
        .tempdir_in(place)?)
}

impl World {
    /// Builds everything once; [`World::reset`] begins each script.
    pub(crate) fn new() -> Result<Self> {
        let folder = folder()?;
        let pki = Pki::with(folder.path().join("pki"), &[DEVICE], &NAMES)?;
        let text = |name: String| -> Result<String> {
            Ok(pki.text(&name).context(name)?.trim_end().to_owned())
        };
        let key = |n: usize| {
            let text = text(format!("city-{}.receipt.pub", NAMES[n]))?;
            anyhow::Ok((NAMES[n].parse()?, VerifyingKey::from_text(&text)?))
        };
        let seal_key = |n: usize| {
            let text = text(format!("city-{}.hpke.pub", NAMES[n]))?;
            anyhow::Ok(RecipientPublicKey::from_text(&text)?)
        };
        let mut world = Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            outbox: None,
            halls: Vec::new(),
            rows: Vec::new(),
            filed: ROWS,
            others: Vec::new(),
            device: DEVICE.parse()?,
            signing: SigningKey::from_text(&text(format!("device-{DEVICE}.sign"))?)?,
            opening: RecipientSecretKey::from_text(&text(format!("device-{DEVICE}.hpke"))?)?,
            seals: (0..CITIES).map(seal_key).collect::<Result<_>>()?,
            recipients: (0..CITIES).map(key).collect::<Result<_>>()?,
            stranger: SigningKey::generate()?,
            bag: BTreeMap::new(),
            owed: BTreeMap::new(),
            orders: BTreeMap::new(),
            numbers: [None; ROWS],
            torn: 0,
            folder,
        };
        let writer = Writer::new(rig::today())?;
        for row in 0..ROWS {
            let id = FilingId::generate()?;
            let (new, _) = world.sealed(id, row, writer.canonical(&format!("MODEL-{row}"))?)?;
            world.rows.push(new);
            let other = writer.canonical(&format!("OTHER-{row}"))?;
            let (other, digest) = world.sealed(id, row, other)?;
            world.others.push((other.sealed, digest));
        }
        let hash = rig::password_hash("model only: 産声の窓口")?;
        for n in 0..CITIES {
            let hall = world.hall(n, &hash)?;
            world.halls.push(hall);
        }
        drop(Outbox::open(&Config::at(world.outbox_file("")))?);
        fs::rename(world.outbox_file(""), world.outbox_file("new"))?;
        for n in 0..CITIES {
            world.halls[n].open = None;
            fs::rename(world.database(n, ""), world.database(n, "new"))?;
        }
        world.reset(ROWS)?;
        Ok(world)
    }

    fn hall(&self, n: usize, hash: &str) -> Result<Hall> {
        let store = StoreAddress::Sqlite(self.database(n, ""));
        let pki = self.folder.path().join("pki");
        // Nobody connects: what travels is handed over here.
        let nowhere = [Broker {
            host: "localhost".to_owned(),
            port: 1,
        }];
        let devices = [DEVICE.to_owned()];
        let text = city_toml(NAMES[n], &pki, &store, &devices, (1, &nowhere), hash)?;
        let config = CityConfig::from_toml(&text, self.folder.path(), &|path| fs::read(path))?;
        let twin = CityConfig::from_toml(&text, self.folder.path(), &|path| fs::read(path))?;
        // Once as the server opens it, so that what follows stands on the same database; then piece by piece.
        let clock = Arc::new(|| Timestamp::from_second(NOW).unwrap_or_default());
        drop(self.runtime.block_on(open_ingest(config, clock))?);
        let sealer = CitySealer::new(
            twin.office.recipient.clone(),
            twin.keys.sign.clone(),
            &twin.http.public_url,
        );
        let again = CityConfig::from_toml(&text, self.folder.path(), &|path| fs::read(path))?;
        let desk = Desk {
            office: again.office,
            keys: again.keys,
            devices: again.devices.into(),
            trust: again.trust,
            catalogue: Catalogue::builtin()?,
        };
        Ok(Hall {
            name: NAMES[n].parse()?,
            config: twin,
            desk: Arc::new(desk),
            sealer: Arc::new(sealer),
            open: None,
        })
    }

    /// One row of one form in a visit of its own, with what a test has no opinion about left to others.
    fn sealed(&self, id: FilingId, row: usize, canonical: Vec<u8>) -> Result<(NewRow, [u8; 32])> {
        let city = city_of(row);
        let header = self.header(
            id,
            city,
            Sealed::Filing,
            "ubugoe-filing/1",
            u8::try_from(row)?,
        )?;
        let body = FilingBody {
            signature: vec![0x30; 1500],
            attachments: Vec::new(),
            time: envelope::claim(u64::try_from(row)? + 1, NOW),
            visit: envelope::alone(&canonical),
            canonical,
        };
        let digest = digest(&body.canonical);
        let new = NewRow {
            id,
            kind: RowKind::Filing,
            counter: None,
            recipient: NAMES[city].parse()?,
            digest,
            sealed: seal(&header, &body, &self.seals[city], &self.signing)?,
            legal_due: None,
        };
        Ok((new, digest))
    }

    fn header(
        &self,
        id: FilingId,
        city: usize,
        kind: Sealed,
        schema: &str,
        case: u8,
    ) -> Result<Header> {
        Ok(Header {
            v: VERSION,
            id,
            device: self.device.clone(),
            recipient: NAMES[city].parse()?,
            kind,
            schema: schema.to_owned(),
            case: CaseId::from_bytes([case; 16]),
            case_seq: 0,
            created: NOW,
            expires: None,
            key_id: self.seals[city].key_id(),
        })
    }

    fn outbox_file(&self, which: &str) -> PathBuf {
        self.folder.path().join(format!("outbox{which}.db"))
    }

    fn database(&self, n: usize, which: &str) -> PathBuf {
        self.folder
            .path()
            .join(format!("{}{which}.sqlite", NAMES[n]))
    }

    /// Everything as on the first day, for a script with this many rows.
    pub(crate) fn reset(&mut self, filed: usize) -> Result<()> {
        self.filed = filed;
        self.outbox = None;
        exchange(&self.outbox_file("new"), &self.outbox_file(""))?;
        self.outbox = Some(Outbox::open(&Config::at(self.outbox_file("")))?);
        for n in 0..CITIES {
            self.halls[n].open = None;
            exchange(&self.database(n, "new"), &self.database(n, ""))?;
            exchange(&self.database(n, "new"), &self.database(n, "saved"))?;
            self.open_city(n)?;
        }
        self.bag.clear();
        self.owed.clear();
        self.orders.clear();
        self.numbers = [None; ROWS];
        Ok(())
    }

    fn open_city(&mut self, n: usize) -> Result<()> {
        let address = StoreAddress::Sqlite(self.database(n, ""));
        let store = self
            .runtime
            .block_on(open_store(&address, &NAMES[n].parse()?))?;
        let hall = &mut self.halls[n];
        let clock = Arc::new(|| Timestamp::from_second(NOW).unwrap_or_default());
        let (desk, sealer) = (Arc::clone(&hall.desk), Arc::clone(&hall.sealer));
        hall.open = Some((Ingest::new(desk, Arc::clone(&store), sealer, clock), store));
        Ok(())
    }

    fn outbox(&mut self) -> Result<&mut Outbox> {
        self.outbox.as_mut().context("the outbox is open")
    }

    fn ingest(&self, n: usize) -> Result<&Ingest> {
        Ok(&self.halls[n].open.as_ref().context("the city is open")?.0)
    }

    fn store(&self, n: usize) -> Result<&Arc<dyn Store>> {
        Ok(&self.halls[n].open.as_ref().context("the city is open")?.1)
    }

    fn bytes(&self, place: Place) -> Result<Vec<u8>> {
        let bytes = self.bag.get(&place).cloned();
        bytes.with_context(|| format!("{place:?} is not under way"))
    }

    /// Lets happen what the model says.
    pub(crate) fn act(&mut self, action: Action, before: &State) -> Result<()> {
        match action {
            Action::Store(visit) => self.store_visit(visit)?,
            Action::Connect(_) => {
                self.outbox()?.reopen_unsettled()?;
                // What the link would send now.
                let ids: BTreeSet<FilingId> =
                    self.outbox()?.pending()?.iter().map(|p| p.id).collect();
                for (row, r) in before.rows.iter().enumerate().take(self.filed) {
                    let waits = matches!(r.stand, Stand::Queued | Stand::Sent) || r.again;
                    ensure!(
                        ids.contains(&self.rows[row].id) == waits,
                        "row {row}: pending is not {waits}"
                    );
                }
            }
            Action::Disconnect | Action::Leave => {}
            Action::CrashDevice => {
                self.tear_device(before)?;
                self.outbox = None;
                self.outbox = Some(Outbox::open(&Config::at(self.outbox_file("")))?);
            }
            Action::Publish(row) => {
                let way = usize::from(before.connected.context("connected")?);
                self.send(way, row)?;
            }
            Action::Acknowledge(row) => {
                let id = self.rows[row].id;
                self.outbox()?.mark_sent(&[id], NOW)?;
            }
            Action::Export(row) => self.send(1, row)?,
            Action::Land(way, row, kind) => self.land(way, row, kind, before)?,
            Action::Answer(way, row, kind) => {
                let place = (way, row, kind);
                let bytes = self.owed.remove(&place).context("it is owed")?;
                self.bag.insert(place, bytes);
            }
            Action::CrashCity(n) => {
                self.tear_city(n, before)?;
                self.halls[n].open = None;
                self.owed.retain(|(_, row, _), _| city_of(*row) != n);
                self.open_city(n)?;
            }
            Action::Take(way, row, kind) => self.take(way, row, kind, before)?,
            Action::Drop(way, row, kind) => drop(self.bag.remove(&(way, row, kind))),
            Action::Forget(way) => {
                self.bag.retain(|(w, _, _), _| *w != way);
                self.orders.retain(|(w, _, _), _| *w != way);
            }
            Action::Inject(way, row) => {
                let other = self.others[row].0.clone();
                self.bag.insert((way, row, Kind::Other), other);
            }
            Action::Forge(row) => {
                let city = city_of(row);
                let stranger = self.stranger.clone();
                self.abuse(row, city, &stranger)?;
            }
            Action::Misuse(row) => {
                // In its own name, and in the name of the city the row is for.
                let other = 1 - city_of(row);
                let key = self.halls[other].config.keys.sign.clone();
                self.abuse(row, other, &key)?;
                self.abuse(row, city_of(row), &key)?;
            }
            Action::Decide(row) => self.decide(row, before)?,
            Action::Notify(row) => self.notify(row, before)?,
            Action::Rest(row) => {
                let (filing, n) = (self.rows[row].id, city_of(row));
                let due = self
                    .runtime
                    .block_on(self.store(n)?.due_notices(i64::MAX, 10))?;
                let notice = due.into_iter().find(|d| d.filing == filing);
                // Taken by the broker for the fourth time.
                let next_at = next_attempt(Handed::Taken, 4, SENT);
                self.attempted(n, filing, notice.context("it is due")?.seq, Some(next_at))?;
            }
            Action::Hello => {
                let report = self.report(0, &Report::TimeAsk([7; 16]))?;
                let said = self.deliver(0, report)?;
                ensure!(
                    matches!(
                        said.as_slice(),
                        [Answer {
                            content: Downlink::Times(_),
                            ..
                        }]
                    ),
                    "asked for the time, got {said:?}"
                );
                self.wake(0)?;
            }
            Action::BackUp(n) => self.back_up(n)?,
            Action::Restore(n) => self.restore(n)?,
            Action::Order(_)
            | Action::TakeOrder(..)
            | Action::TakeObeyed(..)
            | Action::DropOrder(..) => self.order(action, before)?,
            Action::MoveCity(n) => self.owed.retain(|(_, row, _), _| city_of(*row) != n),
        }
        Ok(())
    }

    fn store_visit(&mut self, visit: usize) -> Result<()> {
        let rows: Vec<NewRow> = self.rows_of(visit);
        let id = [u8::try_from(visit)?; 16];
        self.outbox()?.store(&id, &rows, b"record", NOW)?;
        Ok(())
    }

    fn rows_of(&self, visit: usize) -> Vec<NewRow> {
        let of = self.rows.iter().enumerate().take(self.filed);
        of.filter(|(row, _)| visit_of(*row) == visit)
            .map(|(_, new)| new.clone())
            .collect()
    }

    fn send(&mut self, way: usize, row: usize) -> Result<()> {
        let id = self.rows[row].id;
        let sealed = self.outbox()?.to_send(&id)?.context("it is to be sent")?;
        self.bag.insert((way, row, Kind::Own), sealed);
        Ok(())
    }

    fn report(&self, n: usize, report: &Report) -> Result<Vec<u8>> {
        let id = FilingId::generate()?;
        let header = self.header(id, n, Sealed::Report, "ubugoe-report/1", 0)?;
        Ok(seal_report(&header, report, &self.seals[n], &self.signing)?)
    }

    /// The device says something for itself, if somebody hears it.
    fn say(&mut self, row: usize, kind: Kind, report: &Report, before: &State) -> Result<()> {
        if let Some(way) = before.connected {
            let bytes = self.report(city_of(row), report)?;
            self.bag.insert((usize::from(way), row, kind), bytes);
        }
        Ok(())
    }

    fn deliver(&self, n: usize, wire: Vec<u8>) -> Result<Vec<Answer>> {
        let message = Message {
            device: Some(self.device.clone()),
            wire,
        };
        Ok(self.runtime.block_on(self.ingest(n)?.land(vec![message]))?)
    }

    fn land(&mut self, way: usize, row: usize, kind: Kind, before: &State) -> Result<()> {
        let n = city_of(row);
        let wire = self.bytes((way, row, kind))?;
        for answer in self.deliver(n, wire)? {
            let sealed = self.ingest(n)?.seal(&answer)?.context("a known device")?;
            match answer.content {
                Downlink::Receipts(items) => {
                    for item in items {
                        let kind = self.receipt_kind(row, &item)?;
                        self.owed.insert((way, row, kind), sealed.clone());
                    }
                }
                Downlink::Refusals(items) => {
                    for item in items {
                        let key = &self.recipients[&self.halls[n].name];
                        let refusal = Refusal::verify(&item, key)?;
                        let own = refusal.envelope == digest(&self.rows[row].sealed);
                        let kind = if own {
                            Kind::RefusalOwn
                        } else {
                            Kind::RefusalOther
                        };
                        self.owed.insert((way, row, kind), sealed.clone());
                    }
                }
                other => bail!("answered with {other:?}"),
            }
        }
        // As the city's link does after everything that came from the broker.
        let by_hand = way == 1 && usize::from(before.cities[n].at) != 1;
        if !by_hand {
            self.wake(n)?;
        }
        Ok(())
    }

    fn wake(&self, n: usize) -> Result<()> {
        let window = WakeWindow {
            now: NOW,
            decided_since: 0,
            not_sent_since: NOW - 60,
        };
        let store = self.store(n)?;
        self.runtime
            .block_on(store.wake_notices(&self.device, window))?;
        Ok(())
    }

    fn receipt_kind(&mut self, row: usize, signed: &[u8]) -> Result<Kind> {
        let key = &self.recipients[&self.halls[city_of(row)].name];
        let receipt = Receipt::verify(signed, key)?;
        ensure!(receipt.id == self.rows[row].id, "a receipt for another row");
        if receipt.digest != self.rows[row].digest {
            ensure!(
                receipt.digest == self.others[row].1,
                "a receipt for nothing"
            );
            return Ok(Kind::ReceiptOther);
        }
        let first = *self.numbers[row].get_or_insert(receipt.arrival_no);
        Ok(match (receipt.era, receipt.arrival_no == first) {
            (0, true) => Kind::Receipt,
            (ERA, true) => Kind::ReceiptAfter,
            (ERA, false) => Kind::ReceiptRenumbered,
            other => bail!("a receipt of {other:?}"),
        })
    }

    /// As `link::inbox` does.
    fn take(&mut self, way: usize, row: usize, kind: Kind, before: &State) -> Result<()> {
        let bytes = self.bytes((way, row, kind))?;
        let recipients = self.recipients.clone();
        match open_down(&bytes, &self.device, &self.opening)? {
            Downlink::Receipts(items) => {
                let outcomes = self.outbox()?.retire_all(&items, &recipients, NOW)?;
                for outcome in outcomes {
                    match outcome {
                        Ok(Retired::Stale(_)) => {
                            self.say(row, Kind::Proof, &Report::Earlier(items.clone()), before)?;
                        }
                        Ok(Retired::Renumbered { proof, .. }) => {
                            self.say(row, Kind::Proof, &Report::Earlier(vec![proof]), before)?;
                        }
                        Ok(Retired::First(_) | Retired::Again(_))
                        | Err(SettleError::OtherContent { .. }) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Downlink::Refusals(items) => {
                for item in items {
                    match self.outbox()?.refuse(&item, &recipients, NOW) {
                        Ok(_)
                        | Err(SettleError::OtherContent { .. } | SettleError::AlreadyArrived(_)) => {
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Downlink::Statuses(items) => {
                for item in items {
                    let (Noted::New(notice) | Noted::Old(notice)) =
                        self.outbox()?.note_status(&item, &recipients)?;
                    let seen = Report::Seen(vec![(notice.id, notice.seq)]);
                    let number = self.decision(city_of(row), &item)?.number();
                    self.say(row, Kind::Seen(number), &seen, before)?;
                }
            }
            other => bail!("{kind:?} is {other:?}"),
        }
        Ok(())
    }

    /// Somebody signs a receipt that he may not sign; the outbox must not believe it.
    fn abuse(&mut self, row: usize, by: usize, key: &SigningKey) -> Result<()> {
        let receipt = Receipt {
            v: VERSION,
            id: self.rows[row].id,
            digest: self.rows[row].digest,
            recipient: NAMES[by].parse()?,
            arrived_at: NOW,
            arrival_no: 1,
            status_token: String::new(),
            status_url: String::new(),
            visit: None,
            signed: None,
            era: 0,
        };
        let signed = receipt.sign(key)?;
        let recipients = self.recipients.clone();
        let believed = self.outbox()?.retire(&signed, &recipients, NOW);
        ensure!(believed.is_err(), "a receipt was believed: {believed:?}");
        Ok(())
    }

    fn decide(&self, row: usize, before: &State) -> Result<()> {
        let (n, id) = (city_of(row), self.rows[row].id);
        let store = Arc::clone(self.store(n)?);
        let record = self
            .runtime
            .block_on(store.filing(id))?
            .context("a filing")?;
        let anew = before.rows[row].ever[2];
        let decision = ubugoe_city::store::Decision {
            filing: id,
            version: record.version(),
            to: if anew {
                FilingState::Returned
            } else {
                FilingState::Accepted
            },
            reason: anew.then(|| "name_check".to_owned()),
            note: None,
            actor: "madoguchi".to_owned(),
            at: NOW,
        };
        let sealer = Arc::clone(&self.halls[n].sealer);
        let alone = Conclusion::default();
        let outcome = self
            .runtime
            .block_on(store.conclude(decision, alone, sealer))?;
        let done = matches!(outcome, Concluded::Decided(Decided::Done { .. }));
        ensure!(done, "{outcome:?}");
        Ok(())
    }

    fn attempted(&self, n: usize, filing: FilingId, seq: u32, next_at: Option<i64>) -> Result<()> {
        let attempt = Attempt {
            filing,
            seq,
            attempts: 1,
            now: SENT,
            next_at,
        };
        Ok(self
            .runtime
            .block_on(self.store(n)?.notices_attempted(vec![attempt]))?)
    }

    fn notify(&mut self, row: usize, before: &State) -> Result<()> {
        let (n, filing) = (city_of(row), self.rows[row].id);
        let due = self
            .runtime
            .block_on(self.store(n)?.due_notices(i64::MAX, 10))?;
        let notice = due.into_iter().find(|d| d.filing == filing);
        let notice = notice.context("it is due")?;
        self.attempted(n, filing, notice.seq, Some(NOW))?;
        let kind = Kind::Notice(self.decision(n, &notice.signed)?);
        let answer = Answer {
            device: self.device.clone(),
            content: Downlink::Statuses(vec![notice.signed]),
        };
        let sealed = self.ingest(n)?.seal(&answer)?.context("a known device")?;
        let at = usize::from(before.cities[n].at);
        self.bag.insert((at, row, kind), sealed);
        Ok(())
    }

    fn decision(&self, n: usize, signed: &[u8]) -> Result<Decision> {
        let key = &self.recipients[&self.halls[n].name];
        let notice = StatusNotice::verify(signed, key)?;
        Ok(match (&notice.state, notice.seq) {
            // The first one may come after a restore, too.
            (CaseState::Accepted, _) => Decision::First,
            (CaseState::Returned { .. }, 1) => Decision::AnewNumberOne,
            (CaseState::Returned { .. }, _) => Decision::AnewNumberTwo,
            other => bail!("a notice of {other:?}"),
        })
    }

    fn back_up(&mut self, n: usize) -> Result<()> {
        self.halls[n].open = None;
        exchange(&self.database(n, ""), &self.database(n, "saved"))?;
        self.open_city(n)
    }

    /// What the operator does: the file, an era, an order to every device.
    fn restore(&mut self, n: usize) -> Result<()> {
        self.halls[n].open = None;
        exchange(&self.database(n, "saved"), &self.database(n, ""))?;
        self.owed.retain(|(_, row, _), _| city_of(*row) != n);
        self.open_city(n)?;
        let store = Arc::clone(self.store(n)?);
        let config = &self.halls[n].config;
        self.runtime
            .block_on(after_restore(config, store.as_ref(), 0, 1000, ERA))?;
        Ok(())
    }

    fn order(&mut self, action: Action, before: &State) -> Result<()> {
        match action {
            Action::Order(n) => {
                let due = self.runtime.block_on(self.store(n)?.due_down(ERA, 10))?;
                let open = due.into_iter().find(|item| item.kind == DownKind::Command);
                let answer = Answer {
                    device: self.device.clone(),
                    content: Downlink::Commands(vec![open.context("an open order")?.payload]),
                };
                let sealed = self.ingest(n)?.seal(&answer)?.context("a known device")?;
                let at = usize::from(before.cities[n].at);
                self.orders.insert((at, n, false), sealed);
            }
            Action::TakeOrder(way, n) => {
                let bytes = self.orders.get(&(way, n, false)).context("an order")?;
                let opened = open_down(bytes, &self.device, &self.opening)?;
                let Downlink::Commands(items) = opened else {
                    bail!("not an order: {opened:?}")
                };
                for item in items {
                    self.obey(way, n, &item, before)?;
                }
            }
            Action::TakeObeyed(way, n) => {
                let bytes = self.orders.get(&(way, n, true)).context("an answer")?;
                let said = self.deliver(n, bytes.clone())?;
                ensure!(said.is_empty(), "answered with {said:?}");
            }
            Action::DropOrder(way, n, answer) => drop(self.orders.remove(&(way, n, answer))),
            _ => bail!("{action:?} is no order"),
        }
        Ok(())
    }

    /// As `link::inbox` does: a city asks for its own, and each order is done once.
    fn obey(&mut self, way: usize, n: usize, raw: &[u8], before: &State) -> Result<()> {
        let said = Command::peek(raw)?;
        let command = Command::verify(raw, &self.recipients[&said.recipient])?;
        let Order::Resend { since, era } = command.order else {
            bail!("ordered {:?}", command.order)
        };
        let kept = self.outbox()?.keep_command(command.id, raw, NOW)?;
        if kept.outcome.is_none() {
            let name = command.recipient.clone();
            let proofs = self.outbox()?.ask_again(&name, since, era)?;
            for proof in proofs {
                let id = Receipt::peek(&proof)?.id;
                let row = self.rows.iter().position(|r| r.id == id);
                let row = row.context("a row of ours")?;
                self.say(row, Kind::Proof, &Report::Earlier(vec![proof]), before)?;
            }
            self.outbox()?
                .finish_command(&command.id, Outcome::Done, "", NOW)?;
        }
        let report = Report::Command {
            id: command.id,
            outcome: Outcome::Done,
            detail: String::new(),
        };
        let bytes = self.report(n, &report)?;
        self.orders.insert((way, n, true), bytes);
        Ok(())
    }

    /// The process dies inside a transaction: its statements ran, its commit did not. A trigger breaks the last statement.
    fn tear_device(&mut self, before: &State) -> Result<()> {
        let rows = self.rows_of(0);
        // The last row of a visit, or the only one of a receipt.
        let last = format!(
            "INSERT ON filing WHEN (SELECT count(*) FROM filing) >= {}",
            rows.len()
        );
        let trigger = |when: &str| {
            format!("CREATE TRIGGER torn AFTER {when} BEGIN SELECT RAISE(ABORT, 'torn'); END")
        };
        let taken = before.rows.iter().enumerate().find_map(|(row, r)| {
            let open = matches!(r.stand, Stand::Queued | Stand::Sent);
            let here = (0..WAYS).find(|way| r.bag[*way].has(Kind::Receipt))?;
            open.then_some((here, row))
        });
        let file = self.outbox_file("");
        let full = before.rows[0].stand != Stand::Unstored;
        if !full {
            Connection::open(&file)?.execute_batch(&trigger(&last))?;
            let stored = self.outbox()?.store(&[0; 16], &rows, b"record", NOW);
            ensure!(stored.is_err(), "a torn visit was stored");
        } else if let Some((way, row)) = taken {
            Connection::open(&file)?.execute_batch(&trigger("UPDATE ON filing"))?;
            let bytes = self.bytes((way, row, Kind::Receipt))?;
            let Downlink::Receipts(items) = open_down(&bytes, &self.device, &self.opening)? else {
                bail!("no receipts")
            };
            let recipients = self.recipients.clone();
            let outcomes = self.outbox()?.retire_all(&items, &recipients, NOW)?;
            let torn = |o: &Result<Retired, SettleError>| {
                matches!(o, Err(SettleError::Store(StoreError::Sqlite { .. })))
            };
            ensure!(outcomes.iter().all(torn), "a torn receipt: {outcomes:?}");
        } else {
            return Ok(());
        }
        self.torn += 1;
        self.outbox = None;
        Connection::open(&file)?.execute_batch("DROP TRIGGER torn")?;
        Ok(())
    }

    /// The same at a city, at the last statement of a landing.
    fn tear_city(&mut self, n: usize, before: &State) -> Result<()> {
        let under_way = before.rows.iter().enumerate().find_map(|(row, r)| {
            let fits = city_of(row) == n && r.record.holds == Holds::Nothing;
            let here = (0..WAYS).find(|way| r.bag[*way].has(Kind::Own))?;
            fits.then_some((here, row))
        });
        let Some((way, row)) = under_way else {
            return Ok(());
        };
        let file = self.database(n, "");
        Connection::open(&file)?.execute_batch(
            "CREATE TRIGGER torn AFTER INSERT ON audit BEGIN SELECT RAISE(ABORT, 'torn'); END",
        )?;
        let landed = self.deliver(n, self.bytes((way, row, Kind::Own))?);
        ensure!(landed.is_err(), "a torn landing was answered: {landed:?}");
        self.torn += 1;
        self.halls[n].open = None;
        Connection::open(&file)?.execute_batch("DROP TRIGGER torn")?;
        Ok(())
    }

    /// Whether the real parts stand as the model says.
    pub(crate) fn compare(&mut self, model: &State) -> Result<()> {
        for row in 0..self.filed {
            self.compare_device(model, row)
                .and_then(|()| self.compare_city(model, row))
                .with_context(|| format!("row {row}; the model says {:?}", model.rows[row]))?;
        }
        for n in 0..CITIES {
            let orders = self.runtime.block_on(self.store(n)?.orders(10))?;
            let asking = orders.iter().any(|o| o.answer.is_none());
            ensure!(asking == model.cities[n].asking, "city {n} asks: {asking}");
        }
        let of = |pick: fn(&State, usize, usize) -> ubugoe_model::way::Kinds| {
            let mut all = BTreeSet::new();
            for row in 0..ROWS {
                for way in 0..WAYS {
                    all.extend(pick(model, row, way).iter().map(|kind| (way, row, kind)));
                }
            }
            all
        };
        let real: BTreeSet<Place> = self.bag.keys().copied().collect();
        let says = of(|s, row, way| s.rows[row].bag[way]);
        ensure!(real == says, "under way {real:?}; the model says {says:?}");
        let real: BTreeSet<Place> = self.owed.keys().copied().collect();
        let says = of(|s, row, way| s.rows[row].owed[way]);
        ensure!(real == says, "owed {real:?}; the model says {says:?}");
        Ok(())
    }

    fn compare_device(&mut self, model: &State, row: usize) -> Result<()> {
        let (says, id) = (model.rows[row], self.rows[row].id);
        let first = self.numbers[row];
        let Some(real) = self.outbox()?.row(&id)? else {
            ensure!(says.stand == Stand::Unstored, "it is not stored");
            return Ok(());
        };
        let stand = match real.state {
            RowState::Queued => Stand::Queued,
            RowState::Sent => Stand::Sent,
            RowState::Arrived => Stand::Arrived,
            RowState::Refused => Stand::Refused,
        };
        ensure!(stand == says.stand, "it stands {stand:?}");
        ensure!(real.again == says.again, "asked again: {}", real.again);
        let kept = self.outbox()?.sealed(&id)?.is_some();
        ensure!(kept == says.kept, "sealed bytes kept: {kept}");
        let shown = match (&real.answer, real.state) {
            (Some(receipt), RowState::Arrived) => {
                let number = Receipt::peek(receipt)?.arrival_no;
                if Some(number) == first { 1 } else { 2 }
            }
            _ => 0,
        };
        ensure!(shown == says.shown, "it shows number {shown}");
        let told = match self.outbox()?.latest_status(&id)? {
            Some((_, raw)) => Some(self.decision(city_of(row), &raw)?),
            None => None,
        };
        ensure!(told == says.told, "it was told {told:?}");
        Ok(())
    }

    fn compare_city(&self, model: &State, row: usize) -> Result<()> {
        let (says, id, n) = (model.rows[row].record, self.rows[row].id, city_of(row));
        let store = self.store(n)?;
        let (all, record, due) = self.runtime.block_on(async {
            anyhow::Ok((
                store.filings(None, 1000).await?,
                store.filing(id).await?,
                store.due_notices(i64::MAX, 10).await?,
            ))
        })?;
        let count = all.iter().filter(|f| f.id == id).count();
        let holds = match (&record, count) {
            (None, 0) => Holds::Nothing,
            (Some(f), 1) if f.digest == self.rows[row].digest => Holds::Own,
            (Some(f), 1) if f.digest == self.others[row].1 => Holds::Other,
            (_, 2..) => Holds::Two,
            other => bail!("it holds {other:?}"),
        };
        ensure!(holds == says.holds, "it holds {holds:?}");
        // What it says to the device and the family: the number of before, if it was shown that.
        let said = |f: &FilingRecord| f.earlier.map_or(f.row.arrival_no, |(number, _)| number);
        let number = match (&record, holds) {
            (Some(f), Holds::Own) if Some(said(f)) == self.numbers[row] => 1,
            (Some(_), Holds::Own) => 2,
            _ => 0,
        };
        ensure!(number == says.number, "its number is {number}");
        let state = record.map(|f| f.row.state);
        let decided = match state {
            None | Some(FilingState::Arrived) => None,
            Some(FilingState::Accepted) => Some(false),
            Some(FilingState::Returned) => Some(true),
        };
        let says_decided = says.decided.map(|d| d != Decision::First);
        ensure!(decided == says_decided, "it decided {state:?}");
        let due = due.iter().any(|d| d.filing == id);
        ensure!(due == says.due, "a notice is due: {due}");
        let db = Connection::open(self.database(n, ""))?;
        let bytes = id.as_bytes().as_slice();
        let (seen, proof): (bool, bool) = db.query_row(
            "SELECT EXISTS (SELECT 1 FROM notices WHERE filing = ?1 AND seen_at IS NOT NULL),
                    EXISTS (SELECT 1 FROM earlier WHERE filing = ?1)",
            [bytes],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        ensure!(seen == says.seen, "a notice was seen: {seen}");
        // Once the row is there, the proof has done its work.
        if holds == Holds::Nothing {
            ensure!(
                proof == model.rows[row].proof,
                "a receipt came back: {proof}"
            );
        }
        Ok(())
    }
}

/// Puts a closed database in the place of another.
fn exchange(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    for end in ["-wal", "-shm"] {
        let beside = |path: &std::path::Path| PathBuf::from(format!("{}{end}", path.display()));
        let left = fs::metadata(beside(from)).map_or(0, |m| m.len());
        ensure!(end == "-shm" || left == 0, "the log is not in the file");
        if beside(to).exists() {
            fs::remove_file(beside(to))?;
        }
    }
    fs::copy(from, to)?;
    Ok(())
}
