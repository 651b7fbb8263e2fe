//! Birth notifications of an invented family, every one with its own content and its own signature.
//!
//! The signatures are made by the real driver on a virtual card in this process, without a card service
//! between: making them is not what is measured.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use jiff::civil::Date;
use ubugoe_bench::envelope;
use ubugoe_bench::rig::{CITY, DEVICE};
use ubugoe_card::{CardSession, Policy, PrepareRefused, SignPassword, Transmit, TransmitError};
use ubugoe_chaos::paper::Writer;
use ubugoe_edge::{NewRow, RowKind};
use ubugoe_procedures::Filing;
use ubugoe_protocol::cades::{self, Prepared, Trust};
use ubugoe_protocol::{
    CaseId, DeviceId, FilingBody, FilingId, Header, Kind, RecipientId, RecipientPublicKey,
    RecipientSecretKey, SigningKey, VERSION, digest, open, seal,
};
use ubugoe_vcard::{Card, Issuer, Persona};

use crate::report::rate;

/// A filing as it lies on the kiosk before it is sealed.
pub(crate) struct Paper {
    pub(crate) canonical: Vec<u8>,
    pub(crate) cms: Vec<u8>,
}

/// Writes `count` notifications that differ in their birth certificates' numbers, signs each with the
/// persona's card, and checks each signature as a city does.
pub(crate) fn write_and_sign(
    count: usize,
    issuer: &Issuer,
    persona: &str,
    today: Date,
    now: i64,
) -> Result<Vec<Paper>> {
    let writer = Writer::new(today)?;
    let contents = (1..=count)
        .map(|n| writer.canonical(&format!("FIG-{n:05}")))
        .collect::<Result<Vec<_>>>()?;
    let papers = sign(contents, issuer, persona, now)?;
    let trust = Trust::new(&[issuer.pki().sign_ca().to_vec()])?;
    for paper in &papers {
        cades::verify(&paper.cms, &paper.canonical, &trust, now)?;
    }
    Ok(papers)
}

/// What one core manages when it does nothing but the work that is in a filing.
pub(crate) struct Alone {
    /// Filings per second.
    pub(crate) rate: f64,
    /// Which step takes how much of it.
    pub(crate) shares: String,
}

/// Seals, opens, parses and checks these filings, one after the other.
pub(crate) fn alone(papers: &[Paper], issuer: &Issuer, now: i64) -> Result<Alone> {
    let (sealer, secret) = Sealer::alone()?;
    let device = sealer.signing.verifying()?;
    let trust = Trust::new(&[issuer.pki().sign_ca().to_vec()])?;
    let mut steps = ["seal", "open", "parse", "check CMS"].map(|name| (name, Duration::ZERO));
    for paper in papers {
        let start = Instant::now();
        let (row, _) = sealer.seal(paper, now)?;
        let closed = Instant::now();
        let body = open(&row.sealed, &secret, |_| Some(device))?.body;
        let opened = Instant::now();
        Filing::parse(&body.canonical)?;
        let parsed = Instant::now();
        cades::verify(&body.signature, &body.canonical, &trust, now)?;
        let ends = [closed, opened, parsed, Instant::now()];
        let starts = [start, closed, opened, parsed];
        for ((_, sum), (start, end)) in steps.iter_mut().zip(starts.iter().zip(ends)) {
            *sum += end.duration_since(*start);
        }
    }
    let all: Duration = steps.iter().map(|(_, took)| *took).sum();
    let share = |(name, took): &(&str, Duration)| {
        format!(
            "{name} {:.0} %",
            100.0 * took.as_secs_f64() / all.as_secs_f64()
        )
    };
    Ok(Alone {
        rate: rate(papers.len(), all),
        shares: steps.iter().map(share).collect::<Vec<_>>().join(", "),
    })
}

/// A virtual card without a reader.
struct InHand(Card);

impl Transmit for InHand {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        Ok(self.0.transmit(command))
    }
}

/// All signatures under one entry of the password.
fn sign(contents: Vec<Vec<u8>>, issuer: &Issuer, persona: &str, now: i64) -> Result<Vec<Paper>> {
    let mut card = issuer.issue(persona)?;
    card.power_on();
    let mut session = CardSession::new(InHand(card), Policy::default());
    session.look()?;
    let mut prepared: Vec<Prepared> = Vec::new();
    let (signed, _) = session.sign(&password(persona)?, |certificate| {
        prepared = contents
            .iter()
            .map(|content| cades::prepare(content, certificate, now))
            .collect::<Result<_, _>>()
            .map_err(|error| PrepareRefused {
                reason: error.to_string(),
            })?;
        Ok(prepared.iter().map(|p| p.to_sign_sha256).collect())
    })?;
    let finished = contents
        .into_iter()
        .zip(prepared.iter().zip(&signed.signatures));
    finished
        .map(|(canonical, (prepared, signature))| {
            let cms = prepared.assemble(signature)?;
            Ok(Paper { canonical, cms })
        })
        .collect()
}

/// The persona's signing password.
pub(crate) fn password(persona: &str) -> Result<SignPassword> {
    let pins = Persona::built_in(persona)?.pins;
    let pins = pins.with_context(|| format!("{persona} has no PINs"))?;
    Ok(SignPassword::new(pins.sign.reveal())?)
}

/// Seals as one device for one recipient.
pub(crate) struct Sealer {
    device: DeviceId,
    recipient: RecipientId,
    to: RecipientPublicKey,
    signing: SigningKey,
    /// The last number in a time claim: a number used twice would cost the city a line about a copied device.
    counter: AtomicU64,
}

impl Sealer {
    /// With keys that nobody else has, for envelopes that go nowhere.
    pub(crate) fn alone() -> Result<(Self, RecipientSecretKey)> {
        let secret = RecipientSecretKey::generate()?;
        let sealer = Self {
            device: DEVICE.parse()?,
            recipient: CITY.parse()?,
            to: secret.public()?,
            signing: SigningKey::generate()?,
            counter: AtomicU64::new(0),
        };
        Ok((sealer, secret))
    }

    /// One of a world's devices, with the keys of this folder, sealing to the rig's city.
    pub(crate) fn of(pki: &Path, device: &str) -> Result<Self> {
        let text = |name: String| fs::read_to_string(pki.join(&name)).context(name);
        let to = text(format!("city-{CITY}.hpke.pub"))?;
        let signing = text(format!("device-{device}.sign"))?;
        Ok(Self {
            device: device.parse()?,
            recipient: CITY.parse()?,
            to: RecipientPublicKey::from_text(to.trim_end())?,
            signing: SigningKey::from_text(signing.trim_end())?,
            counter: AtomicU64::new(0),
        })
    }

    /// A row for the outbox under a fresh id, and its sealed bytes.
    pub(crate) fn seal(&self, paper: &Paper, now: i64) -> Result<(NewRow, Vec<u8>)> {
        let id = FilingId::generate()?;
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) + 1;
        let header = Header {
            v: VERSION,
            id,
            device: self.device.clone(),
            recipient: self.recipient.clone(),
            kind: Kind::Filing,
            schema: "ubugoe-filing/1".to_owned(),
            case: CaseId::from_bytes(*id.as_bytes()),
            case_seq: 0,
            created: now,
            expires: None,
            key_id: self.to.key_id(),
        };
        let body = FilingBody {
            canonical: paper.canonical.clone(),
            signature: paper.cms.clone(),
            attachments: Vec::new(),
            time: envelope::claim(counter, now),
            visit: envelope::alone(&paper.canonical),
        };
        let sealed = seal(&header, &body, &self.to, &self.signing)?;
        let row = NewRow {
            id,
            kind: RowKind::Filing,
            counter: Some(counter),
            recipient: self.recipient.clone(),
            digest: digest(&paper.canonical),
            sealed: sealed.clone(),
            legal_due: None,
        };
        Ok((row, sealed))
    }
}
