//! Birth notifications of an invented family, every one with its own content and its own signature.
//!
//! The signatures are made by the real driver on a virtual card in this process, without a card service
//! between: making them is not what is measured.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use jiff::civil::{Date, date};
use ubugoe_bench::envelope;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::rig::{CITY, DEVICE, MUNICIPALITY};
use ubugoe_bench::story::{self, Reply};
use ubugoe_card::{CardSession, Policy, PrepareRefused, SignPassword, Transmit, TransmitError};
use ubugoe_edge::{NewRow, RowKind};
use ubugoe_procedures::{
    Answers, BirthCertificate, CardHolder, Catalogue, Draft, Facts, Field, FieldKind, FilerRole,
    Filing, MunicipalityCode, Procedure, Sex, Source, Tongue, Value, missing, prefill,
};
use ubugoe_protocol::cades::{self, Prepared, Trust};
use ubugoe_protocol::{
    CaseId, DeviceId, FilingBody, FilingId, Header, Kind, RecipientId, RecipientPublicKey,
    RecipientSecretKey, SigningKey, VERSION, digest, open, seal,
};
use ubugoe_vcard::{Card, Issuer, Persona};

use crate::report::rate;

/// The procedure that is filed.
const PROCEDURE: &str = "shussei_todoke";
/// The mother, as on her card.
const MOTHER: &str = "山田　花子";

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
    let catalogue = Catalogue::builtin()?;
    let procedure = catalogue
        .procedure(&PROCEDURE.parse()?)
        .context("no birth notification in the catalogue")?;
    let contents = (1..=count)
        .map(|n| content(&catalogue, procedure, &format!("FIG-{n:05}"), today))
        .collect::<Result<Vec<_>>>()?;
    let papers = sign(contents, issuer, persona, now)?;
    let trust = Trust::new(&[issuer.pki().sign_ca().to_vec()])?;
    for paper in &papers {
        cades::verify(&paper.cms, &paper.canonical, &trust, now)?;
    }
    Ok(papers)
}

fn content(
    catalogue: &Catalogue,
    procedure: &Procedure,
    number: &str,
    today: Date,
) -> Result<Vec<u8>> {
    let home: MunicipalityCode = MUNICIPALITY.parse()?;
    let day = today.yesterday()?;
    let certificate =
        story::certificate(number, MOTHER, &format!("{day}T04:12"), &today.to_string());
    let facts = Facts {
        holder: CardHolder {
            name: MOTHER.to_owned(),
            address: "あすこえ市汐見町三丁目１２－７　潮風ハイツ２０５".to_owned(),
            birth: date(1994, 5, 17),
            sex: Sex::Female,
        },
        role: FilerRole::Mother,
        certificate: Some(BirthCertificate::from_json(
            certificate.to_string().as_bytes(),
        )?),
        today,
        home,
        birthplace: home,
    };
    let answers = interview(procedure, prefill(procedure, &facts, catalogue))?;
    let draft = Draft {
        recipient: home,
        lang_shown: Tongue::Ja,
        certificate_number: Some(number.to_owned()),
        child_order: Some(1),
        drafted_on: today,
    };
    Ok(Filing::assemble(procedure, &answers, &draft)?.canonical(procedure))
}

/// Answers every question that is left as the family of the demonstration does.
fn interview(procedure: &Procedure, mut answers: Answers) -> Result<Answers> {
    while let Some(field) = missing(procedure, &answers).first().copied() {
        let path = field.path.as_str();
        let reply = story::answer(PROCEDURE, path)
            .with_context(|| format!("asked for {path}, and nobody knows"))?;
        answers.set(field.path.clone(), value(field, &reply)?, Source::Parent);
    }
    Ok(answers)
}

fn value(field: &Field, reply: &Reply) -> Result<Value> {
    Ok(match (reply, &field.kind) {
        (Reply::Choice(label), FieldKind::Bool) => Value::Bool(*label == "はい"),
        (Reply::Choice(label), _) => {
            let found = field.options.iter().find(|o| o.label.ja == *label);
            let option =
                found.with_context(|| format!("{:?} has no option {label}", field.path))?;
            Value::Choice(option.id.clone())
        }
        (Reply::Digits(digits), FieldKind::Date) => Value::Date(Date::strptime("%Y%m%d", digits)?),
        (Reply::Text(text) | Reply::Digits(text), FieldKind::Text | FieldKind::Kana) => {
            Value::Text((*text).to_owned())
        }
        (reply, kind) => bail!("{:?} is a {kind:?}, the answer a {reply:?}", field.path),
    })
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
        };
        Ok((sealer, secret))
    }

    /// The rig's device, sealing to the rig's city.
    pub(crate) fn of(pki: &Pki) -> Result<Self> {
        Ok(Self {
            device: DEVICE.parse()?,
            recipient: CITY.parse()?,
            to: RecipientPublicKey::from_text(&pki.text(&format!("city-{CITY}.hpke.pub"))?)?,
            signing: SigningKey::from_text(&pki.text(&format!("device-{DEVICE}.sign"))?)?,
        })
    }

    /// A row for the outbox under a fresh id, and its sealed bytes.
    pub(crate) fn seal(&self, paper: &Paper, now: i64) -> Result<(NewRow, Vec<u8>)> {
        let id = FilingId::generate()?;
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
            time: envelope::claim(1, now),
            visit: envelope::alone(&paper.canonical),
        };
        let sealed = seal(&header, &body, &self.to, &self.signing)?;
        let row = NewRow {
            id,
            kind: RowKind::Filing,
            counter: None,
            recipient: self.recipient.clone(),
            digest: digest(&paper.canonical),
            sealed: sealed.clone(),
            legal_due: None,
        };
        Ok((row, sealed))
    }
}
