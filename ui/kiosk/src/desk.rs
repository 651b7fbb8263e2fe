//! The desk: where forms are made ready for the card, sealed for the cities and written into the outbox.
//!
//! Three steps, each with its own data: [`Signing`] goes to the card's thread and comes back with CMS objects;
//! [`Desk::store`] seals and writes them in one transaction; [`Desk::refresh`] says how far they have come.
//! The desk never decides what a person sees.

use std::sync::{Arc, Mutex, PoisonError};

use ubugoe_edge::{
    LinkEvent, Untrusted,
    outbox::{NewRow, NoRoom, Outbox, OutboxHandle, Row, RowKind, RowState, StoreError},
};
use ubugoe_procedures::{BirthCertificate, CardHolder, MunicipalityCode, ProcedureId};
use ubugoe_protocol::{
    CaseId, CaseState, DeviceId, FilingBody, FilingId, Header, IdError, Kind, Receipt, RecipientId,
    RecipientPublicKey, Refusal, SealError, SecondBody, SigningKey, VERSION, VerifyingKey,
    VisitCode, VisitTree,
    cades::{self, CadesError, CertificateFacts, Purpose, Trust},
    digest, seal,
    second::seal_second,
};
use ubugoe_visit::{CardIdentity, CardTrouble, ChildKey, Delivery, DeliveryState, Prepared};

use crate::clock::Clock;
use crate::records::{FiledForm, RecordError, RecordKey, VisitRecord};

/// The schema name on every envelope; says nothing about the procedure inside.
const SCHEMA: &str = "ubugoe-filing/1";
const SECOND_SCHEMA: &str = "ubugoe-second/1";

/// One city as the desk needs it.
#[derive(Debug, Clone)]
pub struct City {
    /// Its opaque id.
    pub id: RecipientId,
    /// Its municipality code.
    pub municipality: MunicipalityCode,
    /// Envelopes are sealed to this key.
    pub hpke: RecipientPublicKey,
    /// Receipts verify under this key.
    pub receipt: VerifyingKey,
}

/// One earlier visit of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The children it is about.
    pub children: Vec<ChildKey>,
    /// The family's address is protected.
    pub protected: bool,
    /// The filings as they stand now.
    pub deliveries: Vec<Delivery>,
}

/// Why a visit could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The catalogue routed a form to a city this device has no key for.
    #[error("no key for municipality {0}")]
    UnknownCity(MunicipalityCode),
    /// No randomness for an id.
    #[error("no id could be made")]
    Id(#[source] IdError),
    /// Sealing failed.
    #[error("a filing could not be sealed")]
    Seal(#[source] SealError),
    /// The local record failed.
    #[error("the local record could not be made")]
    Record(#[source] RecordError),
    /// The clock lost its last certainty between the signature and here.
    #[error("the time is not certain enough to sign")]
    Time(#[source] Untrusted),
    /// More forms than a visit may have.
    #[error("{0} forms in one visit")]
    Forms(usize),
    /// The outbox refused.
    #[error("the outbox did not take the visit")]
    Store(#[source] StoreError),
}

impl DeskError {
    /// Whether the device is full rather than broken.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        match self {
            Self::Store(StoreError::Full { .. }) => true,
            Self::Store(_)
            | Self::UnknownCity(_)
            | Self::Id(_)
            | Self::Seal(_)
            | Self::Record(_)
            | Self::Time(_)
            | Self::Forms(_) => false,
        }
    }
}

/// Who may sign.
#[derive(Debug, Clone)]
pub enum Signer {
    /// The holder of the card, as its attributes name them.
    Holder(CardHolder),
    /// Anybody but the holder of the certificate with this SHA-256, who signed first.
    Other([u8; 32]),
}

/// Forms on their way to the card and back.
///
/// The certificate is known only while the card is verified, and the bytes to sign depend on it: so the first half
/// runs inside the card's session ([`Signing::prepare`]), the second after it ([`Signing::finish`]).
#[derive(Debug, Clone)]
pub struct Signing {
    canonical: Vec<Vec<u8>>,
    signer: Signer,
    trust: Arc<Trust>,
    at: i64,
    prepared: Arc<Mutex<Vec<cades::Prepared>>>,
    refused: Arc<Mutex<Option<CardTrouble>>>,
}

impl Signing {
    /// Forms to be signed at `at` (seconds since 1970-01-01 UTC).
    #[must_use]
    pub fn new(canonical: Vec<Vec<u8>>, signer: Signer, trust: Arc<Trust>, at: i64) -> Self {
        Self {
            canonical,
            signer,
            trust,
            at,
            prepared: Arc::default(),
            refused: Arc::default(),
        }
    }

    /// Checks the certificate and returns one SHA-256 to sign per form.
    ///
    /// # Errors
    /// A [`CardTrouble`] when the certificate may not sign these forms; kept for [`Signing::refusal`].
    pub fn prepare(&self, certificate: &[u8]) -> Result<Vec<[u8; 32]>, CardTrouble> {
        self.digests(certificate).inspect_err(|why| {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(*why);
        })
    }

    fn digests(&self, certificate: &[u8]) -> Result<Vec<[u8; 32]>, CardTrouble> {
        let facts = cades::check_certificate(certificate, &self.trust, Purpose::Signature, self.at)
            .map_err(|error| refused(&error))?;
        match &self.signer {
            Signer::Holder(holder) if names_somebody_else(&facts, holder) => {
                return Err(CardTrouble::SignerDiffers);
            }
            Signer::Other(first) if digest(certificate) == *first => {
                return Err(CardTrouble::FirstSigner);
            }
            Signer::Holder(_) | Signer::Other(_) => {}
        }
        let prepared = self
            .canonical
            .iter()
            .map(|bytes| cades::prepare(bytes, certificate, self.at))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| refused(&error))?;
        let digests = prepared.iter().map(|p| p.to_sign_sha256).collect();
        *self.prepared.lock().unwrap_or_else(PoisonError::into_inner) = prepared;
        Ok(digests)
    }

    /// Why [`Signing::prepare`] refused, if it did.
    #[must_use]
    pub fn refusal(&self) -> Option<CardTrouble> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the card's signatures into CMS objects and verifies each against its form.
    ///
    /// # Errors
    /// [`CadesError`] when a signature is not what it should be: nothing unverified leaves the device.
    pub fn finish(&self, signatures: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, CadesError> {
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if prepared.len() != signatures.len() || prepared.len() != self.canonical.len() {
            return Err(CadesError::Signature);
        }
        prepared
            .iter()
            .zip(signatures)
            .zip(&self.canonical)
            .map(|((prepared, signature), canonical)| {
                let cms = prepared.assemble(signature)?;
                cades::verify(&cms, canonical, &self.trust, self.at)?;
                Ok(cms)
            })
            .collect()
    }
}

fn refused(error: &CadesError) -> CardTrouble {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "signature certificate refused"
    );
    CardTrouble::CertificateInvalid
}

/// Whether a signature certificate is of another person than the attributes.
///
/// Names count only where the certificate says that it has every character as registered (代替文字 flags all 0), and
/// without regard to the space between them: how it is written in certificates is not documented.
fn names_somebody_else(facts: &CertificateFacts, holder: &CardHolder) -> bool {
    let born_otherwise = facts
        .birth_date()
        .is_some_and(|b| (b.year, b.month, b.day) != civil_parts(holder));
    let together = |name: &str| name.replace([' ', '\u{3000}'], "");
    let named_otherwise = facts.name_is_as_registered()
        && facts
            .name
            .as_deref()
            .is_some_and(|name| together(name) != together(&holder.name));
    born_otherwise || named_otherwise
}

fn civil_parts(holder: &CardHolder) -> (u16, u8, u8) {
    let narrow = |n: i8| u8::try_from(n).unwrap_or_default();
    (
        u16::try_from(holder.birth.year()).unwrap_or_default(),
        narrow(holder.birth.month()),
        narrow(holder.birth.day()),
    )
}

/// What the forms of one visit share.
struct Batch<'a> {
    case: CaseId,
    tree: &'a VisitTree,
    /// The device's counter before them.
    counted: u64,
    clock: &'a Clock,
}

/// The desk.
#[derive(Debug)]
pub struct Desk {
    device: DeviceId,
    key: SigningKey,
    records: RecordKey,
    cities: Vec<City>,
    outbox: OutboxHandle,
}

impl Desk {
    /// A desk over an open outbox.
    #[must_use]
    pub fn new(
        device: DeviceId,
        key: SigningKey,
        records: RecordKey,
        cities: Vec<City>,
        outbox: OutboxHandle,
    ) -> Self {
        Self {
            device,
            key,
            records,
            cities,
            outbox,
        }
    }

    /// The outbox.
    #[must_use]
    pub const fn outbox(&self) -> &OutboxHandle {
        &self.outbox
    }

    /// The key for what is kept on this device.
    #[must_use]
    pub const fn records(&self) -> &RecordKey {
        &self.records
    }

    /// Whether another visit may begin, at `now` in seconds since 1970-01-01 UTC. Old visits are forgotten on the way; where
    /// space is short, sealed filings that arrived go before their week is over: they are an insurance, a visit is not.
    #[must_use]
    pub fn has_room(&self, now: i64) -> bool {
        let mut outbox = self.outbox.lock();
        forget_old(&mut outbox, now);
        let room = outbox.can_accept_visit().or_else(|_| {
            outbox.forget_sealed(now).map_err(NoRoom::Store)?;
            outbox.can_accept_visit()
        });
        room.inspect_err(|why| {
            tracing::warn!(
                error = why as &dyn std::error::Error,
                "no room for another visit"
            );
        })
        .is_ok()
    }

    fn city(&self, municipality: MunicipalityCode) -> Result<&City, DeskError> {
        self.cities
            .iter()
            .find(|c| c.municipality == municipality)
            .ok_or(DeskError::UnknownCity(municipality))
    }

    /// Seals every form to its city and writes all of them, with the local record, in one transaction.
    ///
    /// When this returns, the filings survive a power cut; nothing was stored if it fails.
    ///
    /// # Errors
    /// [`DeskError`], by what failed.
    pub fn store(
        &mut self,
        prepared: &[Prepared],
        signatures: Vec<Vec<u8>>,
        card: CardIdentity,
        children: Vec<ChildKey>,
        protected: bool,
        clock: &Clock,
    ) -> Result<Vec<Delivery>, DeskError> {
        let case = CaseId::generate().map_err(DeskError::Id)?;
        let seed = *FilingId::generate().map_err(DeskError::Id)?.as_bytes();
        let digests = prepared.iter().map(|form| digest(&form.canonical));
        let tree =
            VisitTree::new(seed, digests.collect()).ok_or(DeskError::Forms(prepared.len()))?;
        let counted = self.outbox.lock().last_counter();
        let batch = Batch {
            case,
            tree: &tree,
            counted: counted.map_err(DeskError::Store)?,
            clock,
        };
        let mut rows = Vec::with_capacity(prepared.len());
        let mut forms = Vec::with_capacity(prepared.len());
        for ((position, form), cms) in (0..).zip(prepared).zip(signatures) {
            let (row, filed) = self.seal_one(form, cms, &batch, position)?;
            rows.push(row);
            forms.push(filed);
        }
        let record = VisitRecord {
            card: card.0,
            children,
            protected,
            forms,
            seed: Some(seed),
        };
        let now = clock.unix();
        let sealed_record = self.records.seal(&record).map_err(DeskError::Record)?;
        self.outbox
            .lock()
            .store(case.as_bytes(), &rows, &sealed_record, now)
            .map_err(DeskError::Store)?;
        Ok(record.forms.into_iter().map(stored).collect())
    }

    fn seal_one(
        &self,
        form: &Prepared,
        signature: Vec<u8>,
        batch: &Batch<'_>,
        position: u16,
    ) -> Result<(NewRow, FiledForm), DeskError> {
        let city = self.city(form.filing.recipient)?;
        let id = FilingId::generate().map_err(DeskError::Id)?;
        let counter = batch.counted + 1 + u64::from(position);
        let time = batch.clock.claim(counter).map_err(DeskError::Time)?;
        let visit = batch
            .tree
            .proof(position)
            .ok_or(DeskError::Forms(usize::from(position)))?;
        let header = Header {
            v: VERSION,
            id,
            device: self.device.clone(),
            recipient: city.id.clone(),
            kind: Kind::Filing,
            schema: SCHEMA.to_owned(),
            case: batch.case,
            case_seq: u32::from(position),
            created: batch.clock.unix(),
            expires: None,
            key_id: city.hpke.key_id(),
        };
        let digest = digest(&form.canonical);
        let body = FilingBody {
            canonical: form.canonical.clone(),
            signature,
            attachments: Vec::new(),
            time,
            visit,
        };
        let sealed = seal(&header, &body, &city.hpke, &self.key).map_err(DeskError::Seal)?;
        let filed = FiledForm {
            id: *id.as_bytes(),
            procedure: form.filing.procedure.clone(),
            recipient: form.filing.recipient,
            digest,
            child: form.child,
            open_until: form.due.map(|due| due.open_until),
        };
        Ok((
            NewRow {
                id,
                kind: RowKind::Filing,
                counter: Some(counter),
                recipient: city.id.clone(),
                digest,
                sealed,
                legal_due: form.due.and_then(|due| end_of(due.open_until)),
            },
            filed,
        ))
    }

    /// Seals a second signature to a city and writes it. The local record ties it to nobody.
    ///
    /// When this returns, it survives a power cut; nothing was stored if it fails.
    ///
    /// # Errors
    /// [`DeskError`], by what failed.
    pub fn store_second(
        &self,
        municipality: MunicipalityCode,
        ticket: [u8; 16],
        signature: Vec<u8>,
        clock: &Clock,
    ) -> Result<[u8; 16], DeskError> {
        let city = self.city(municipality)?;
        let id = FilingId::generate().map_err(DeskError::Id)?;
        let last = self.outbox.lock().last_counter();
        let counter = last.map_err(DeskError::Store)? + 1;
        let header = Header {
            v: VERSION,
            id,
            device: self.device.clone(),
            recipient: city.id.clone(),
            kind: Kind::Second,
            schema: SECOND_SCHEMA.to_owned(),
            case: CaseId::generate().map_err(DeskError::Id)?,
            case_seq: 0,
            created: clock.unix(),
            expires: None,
            key_id: city.hpke.key_id(),
        };
        let digest = digest(&signature);
        let body = SecondBody {
            ticket,
            signature,
            time: clock.claim(counter).map_err(DeskError::Time)?,
        };
        let sealed = seal_second(&header, &body, &city.hpke, &self.key).map_err(DeskError::Seal)?;
        let row = NewRow {
            id,
            kind: RowKind::Filing,
            counter: Some(counter),
            recipient: city.id.clone(),
            digest,
            sealed,
            legal_due: None,
        };
        // Of this visit the device remembers nothing: no card, no child, no form.
        let record = VisitRecord {
            card: [0; 32],
            children: Vec::new(),
            protected: false,
            forms: Vec::new(),
            seed: None,
        };
        let record = self.records.seal(&record).map_err(DeskError::Record)?;
        self.outbox
            .lock()
            .store(header.case.as_bytes(), &[row], &record, clock.unix())
            .map_err(DeskError::Store)?;
        Ok(*id.as_bytes())
    }

    /// Whether an envelope has its receipt.
    #[must_use]
    pub fn has_arrived(&self, id: [u8; 16]) -> bool {
        let row = self.outbox.lock().row(&FilingId::from_bytes(id));
        matches!(row, Ok(Some(row)) if row.state == RowState::Arrived)
    }

    /// How many filings wait for their receipt.
    #[must_use]
    pub fn pending(&self) -> usize {
        let counts = self.outbox.lock().counts();
        counts.map_or(0, |c| {
            usize::try_from(c.queued + c.sent).unwrap_or(usize::MAX)
        })
    }

    /// A delivery as the outbox has it now.
    #[must_use]
    pub fn refresh(&self, delivery: Delivery) -> Delivery {
        self.try_refresh(&delivery).unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "outbox not readable"
            );
            delivery
        })
    }

    fn try_refresh(&self, known: &Delivery) -> Result<Delivery, StoreError> {
        let id = FilingId::from_bytes(known.id);
        let mut delivery = known.clone();
        let (row, status) = {
            let outbox = self.outbox.lock();
            (outbox.row(&id)?, outbox.latest_status(&id)?)
        };
        let Some(row) = row else {
            return Ok(delivery);
        };
        delivery.state = match row.state {
            RowState::Queued if row.attempts == 0 => DeliveryState::Stored,
            RowState::Queued | RowState::Sent => DeliveryState::Sent,
            RowState::Arrived => DeliveryState::Arrived,
            RowState::Refused => DeliveryState::Refused {
                reason: refusal_code(&row),
            },
        };
        if row.state == RowState::Arrived {
            self.receipt(&row, &mut delivery);
            if let Some((notice, _)) = status {
                delivery.state = decided(notice.state);
            }
        }
        Ok(delivery)
    }

    /// Fills in what the receipt says. The outbox verified it before it retired the row; it is verified again here
    /// because it came from the disk.
    fn receipt(&self, row: &Row, delivery: &mut Delivery) {
        let Some(signed) = row.answer.as_deref() else {
            return;
        };
        let Some(city) = self.cities.iter().find(|c| c.id == row.recipient) else {
            return;
        };
        match Receipt::verify(signed, &city.receipt) {
            Ok(receipt) => {
                delivery.arrival_no = Some(receipt.arrival_no);
                delivery.arrived_at = Some(receipt.arrived_at);
                delivery.status_url = Some(receipt.status_link());
                delivery.receipt_text = self
                    .code(row, signed)
                    .or_else(|| Receipt::qr_text(signed).ok());
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "stored receipt does not verify"
            ),
        }
    }

    /// The family's code: this receipt beside the hashes of all forms of its visit. None once the visit's record is forgotten.
    fn code(&self, row: &Row, signed: &[u8]) -> Option<String> {
        let visit = self.outbox.lock().visit(&row.visit).ok()??;
        let tree = self.records.open(&visit.record?).ok()?.tree()?;
        let code = VisitCode {
            receipt: signed.to_vec(),
            tree,
        };
        Some(code.to_text())
    }

    /// What this card filed here before, by certificate and child, each filing as it stands now.
    ///
    /// # Errors
    /// When the outbox or a record in it cannot be read: then nobody knows what was filed, and nothing may be offered.
    pub fn earlier(&self, card: CardIdentity) -> Result<Vec<Earlier>, DeskError> {
        self.visits(|record| record.card == card.0)
    }

    /// What any card filed here before: for the ward's list. No card is named in it.
    ///
    /// # Errors
    /// As [`Desk::earlier`].
    pub fn everything(&self) -> Result<Vec<Earlier>, DeskError> {
        self.visits(|_| true)
    }

    /// The procedures of filings that are not settled: those that wait, and those that an officer sent back.
    ///
    /// # Errors
    /// When the outbox or a record cannot be read.
    pub fn in_use(&self) -> Result<Vec<ProcedureId>, DeskError> {
        let open = |delivery: &Delivery| {
            use DeliveryState as S;
            matches!(
                delivery.state,
                S::Stored | S::Sent | S::Arrived | S::Returned { .. }
            )
        };
        let earlier = self.everything()?;
        let open = earlier
            .into_iter()
            .flat_map(|visit| visit.deliveries)
            .filter(open);
        let mut found: Vec<ProcedureId> = open.map(|delivery| delivery.procedure).collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// The cities that this device has keys of.
    #[must_use]
    pub fn cities(&self) -> &[City] {
        &self.cities
    }

    fn visits(&self, of: impl Fn(&VisitRecord) -> bool) -> Result<Vec<Earlier>, DeskError> {
        let visits = self.outbox.lock().visits().map_err(DeskError::Store)?;
        let mut found = Vec::new();
        for sealed in visits.into_iter().filter_map(|visit| visit.record) {
            let record = self.records.open(&sealed).map_err(DeskError::Record)?;
            if of(&record) {
                found.push(self.as_it_stands(record)?);
            }
        }
        Ok(found)
    }

    fn as_it_stands(&self, record: VisitRecord) -> Result<Earlier, DeskError> {
        let deliveries = record
            .forms
            .into_iter()
            .map(|form| self.try_refresh(&stored(form)));
        Ok(Earlier {
            children: record.children,
            protected: record.protected,
            deliveries: deliveries
                .collect::<Result<_, _>>()
                .map_err(DeskError::Store)?,
        })
    }
}

impl Earlier {
    /// Whether it rests on this certificate.
    #[must_use]
    pub fn is_about(&self, certificate: &BirthCertificate) -> bool {
        self.place(certificate).is_some()
    }

    /// Which of its children a certificate is about.
    fn place(&self, certificate: &BirthCertificate) -> Option<usize> {
        self.children.iter().position(|child| {
            child.number == certificate.number && child.order == certificate.child_order()
        })
    }

    /// Whether a certificate is done with: every filing that rests on it is on its way, arrived or accepted. One that an
    /// officer returned, or the city refused, may be filed anew.
    #[must_use]
    pub fn settles(&self, certificate: &BirthCertificate) -> bool {
        let Some(child) = self.place(certificate) else {
            return false;
        };
        // Another child's notification that came back does not open this one's.
        let open = |d: &Delivery| {
            d.child.is_none_or(|of| of == child)
                && matches!(
                    d.state,
                    DeliveryState::Returned { .. } | DeliveryState::Refused { .. }
                )
        };
        !self.deliveries.iter().any(open)
    }
}

/// What ties a card to a certificate is kept this long after a visit: as long as its status may be of use here.
const RECORDS_KEPT: i64 = 90 * 24 * 3600;
/// Sealed filings that arrived are kept this long: a city whose database was restored asks for them again.
const SEALED_KEPT: i64 = 7 * 24 * 3600;

fn forget_old(outbox: &mut Outbox, now: i64) {
    let forgotten = outbox
        .purge_records_before(now - RECORDS_KEPT)
        .and_then(|records| Ok((records, outbox.forget_sealed(now - SEALED_KEPT)?)));
    match forgotten {
        Ok((0, 0)) => {}
        Ok((records, sealed)) => tracing::info!(records, sealed, "old visits forgotten"),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "old visits not forgotten"
        ),
    }
}

/// The last second of a day in Japan, as the outbox counts.
fn end_of(day: jiff::civil::Date) -> Option<i64> {
    let jst = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
    let end = day.at(23, 59, 59, 0).to_zoned(jst).ok()?;
    Some(end.timestamp().as_second())
}

/// What news of the link means to the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The broker is reachable, or not any more.
    Online(bool),
    /// Some filing moved: look at the outbox.
    Moved,
    /// Nothing a person needs to see.
    Nothing,
}

/// Sorts an event of the link. The outbox has already taken in what it says.
#[must_use]
pub fn news(event: &LinkEvent) -> News {
    match event {
        LinkEvent::Connected(_) => News::Online(true),
        LinkEvent::Disconnected { .. } => News::Online(false),
        LinkEvent::Sent(_)
        | LinkEvent::Receipt { .. }
        | LinkEvent::Refused(_)
        | LinkEvent::Status(_) => News::Moved,
        // The link has logged its alerts already. Orders and updates are the operator's business; the loop takes them from
        // the event itself.
        LinkEvent::Mode(_)
        | LinkEvent::Alert(_)
        | LinkEvent::Command(_)
        | LinkEvent::Manifest { .. }
        | LinkEvent::Part(_)
        | LinkEvent::Second(_)
        | LinkEvent::Grant(_)
        | LinkEvent::Identity(_) => News::Nothing,
    }
}

fn decided(state: CaseState) -> DeliveryState {
    match state {
        CaseState::Arrived => DeliveryState::Arrived,
        CaseState::Accepted => DeliveryState::Accepted,
        CaseState::Returned { reason } => DeliveryState::Returned { reason },
        CaseState::Refused { reason } => DeliveryState::Refused { reason },
    }
}

fn refusal_code(row: &Row) -> String {
    let refusal = row
        .answer
        .as_deref()
        .and_then(|signed| Refusal::peek(signed).ok());
    refusal
        .map(|r| format!("R-{:02}", r.reason.code()))
        .unwrap_or_default()
}

/// A filing that has just been stored.
fn stored(form: FiledForm) -> Delivery {
    Delivery {
        id: form.id,
        procedure: form.procedure,
        recipient: form.recipient,
        child: form.child,
        open_until: form.open_until,
        digest: form.digest,
        state: DeliveryState::Stored,
        arrival_no: None,
        arrived_at: None,
        receipt_text: None,
        status_url: None,
    }
}
