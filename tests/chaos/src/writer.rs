//! The program whose current is cut: a kiosk's outbox in all it does, saying aloud what it holds for durable.
//!
//! Words, one a line, each written after the outbox returned:
//!
//! ```text
//! stored <visit> <how many rows> <id>=<SHA-256 of the sealed bytes> …
//! retired <id>      refused <id>      command <id>
//! ```

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use ubugoe_bench::envelope;
use ubugoe_edge::outbox::{Config, NewRow, Outbox, Recipients, RowKind};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{
    CaseId, CaseState, FilingBody, FilingId, Header, Kind, Receipt, RecipientId,
    RecipientPublicKey, RecipientSecretKey, Refusal, RefusalReason, SigningKey, StatusNotice,
    VERSION, digest, seal,
};

/// The moment at which everything happens, seconds since 1970 UTC.
const NOW: i64 = 1_795_300_000;

struct City {
    id: RecipientId,
    signing: SigningKey,
    seal: RecipientPublicKey,
}

/// Writes this many visits into `folder`, and the words about them into `<folder>.acks`.
///
/// # Errors
/// Whatever the outbox refuses.
pub fn write(folder: &Path, visits: u32) -> Result<()> {
    let mut acks = File::create(format!("{}.acks", folder.display()))?;
    let mut say = |words: String| acks.write_all(format!("{words}\n").as_bytes());
    let mut outbox = Outbox::open(&Config::at(folder.join("outbox.sqlite")))?;
    let device = SigningKey::generate()?;
    let cities = [city("city-a")?, city("city-b")?];
    let recipients = cities
        .iter()
        .map(|c| Ok((c.id.clone(), c.signing.verifying()?)))
        .collect::<Result<Recipients>>()?;
    let mut counter = outbox.last_counter()?;
    let mut open: Vec<(NewRow, usize)> = Vec::new();
    for visit in 0..visits {
        let mut rows = Vec::new();
        for n in 0..=(visit % 3) {
            let at = usize::try_from((visit + n) % 2)?;
            let city = cities.get(at).context("two cities")?;
            counter += 1;
            let row = row(visit, n, city, &device, counter)?;
            open.push((row.clone(), at));
            rows.push(row);
        }
        let id = *FilingId::generate()?.as_bytes();
        outbox.store(&id, &rows, &[u8::try_from(rows.len())?; 300], NOW)?;
        let list: Vec<String> = rows
            .iter()
            .map(|r| format!("{}={}", r.id, hex::encode(digest(&r.sealed))))
            .collect();
        say(format!(
            "stored {} {} {}",
            hex::encode(id),
            rows.len(),
            list.join(" ")
        ))?;
        let sent: Vec<FilingId> = open.iter().map(|(row, _)| row.id).collect();
        outbox.mark_sent(&sent, NOW)?;
        if visit % 4 == 3 {
            settle(&mut outbox, &mut say, &mut open, &cities, &recipients)?;
        }
        if visit % 5 == 4 {
            let order = FilingId::generate()?;
            outbox.keep_command(order, b"signed order", NOW)?;
            say(format!("command {order}"))?;
            outbox.finish_command(&order, Outcome::Done, "", NOW)?;
            outbox.reopen_unsettled()?;
        }
        if visit % 7 == 6 {
            outbox.purge_records_before(NOW + 1)?;
            outbox.forget_sealed(NOW + 1)?;
        }
    }
    Ok(())
}

/// Receipts for most of what is open, a refusal for one, a status for another.
fn settle(
    outbox: &mut Outbox,
    say: &mut impl FnMut(String) -> std::io::Result<()>,
    open: &mut Vec<(NewRow, usize)>,
    cities: &[City],
    recipients: &Recipients,
) -> Result<()> {
    for (at, (row, of)) in std::mem::take(open).into_iter().enumerate() {
        let city = cities.get(of).context("two cities")?;
        match at {
            0 => {
                let refusal = Refusal {
                    id: row.id,
                    recipient: city.id.clone(),
                    envelope: digest(&row.sealed),
                    reason: RefusalReason::Malformed,
                    at: NOW,
                };
                outbox.refuse(&refusal.sign(&city.signing)?, recipients, NOW)?;
                say(format!("refused {}", row.id))?;
            }
            1 => open.push((row, of)),
            _ => {
                let receipt = receipt(&row, city).sign(&city.signing)?;
                outbox.retire(&receipt, recipients, NOW)?;
                say(format!("retired {}", row.id))?;
                let notice = StatusNotice {
                    id: row.id,
                    recipient: city.id.clone(),
                    seq: 1,
                    state: CaseState::Accepted,
                    at: NOW,
                };
                outbox.note_status(&notice.sign(&city.signing)?, recipients)?;
            }
        }
    }
    Ok(())
}

fn city(id: &str) -> Result<City> {
    Ok(City {
        id: id.parse()?,
        signing: SigningKey::generate()?,
        seal: RecipientSecretKey::generate()?.public()?,
    })
}

fn receipt(row: &NewRow, city: &City) -> Receipt {
    Receipt {
        v: VERSION,
        id: row.id,
        digest: row.digest,
        recipient: city.id.clone(),
        arrived_at: NOW,
        arrival_no: 1,
        status_token: "token".to_owned(),
        status_url: "https://todoke.asukoe.example/f/".to_owned(),
        visit: None,
        signed: None,
        era: 0,
    }
}

fn row(visit: u32, n: u32, city: &City, device: &SigningKey, counter: u64) -> Result<NewRow> {
    let id = FilingId::generate()?;
    let length = 1500 + usize::try_from(visit * 397 + n * 1013)? % 5000;
    let mut canonical = format!("visit {visit} form {n} ").into_bytes();
    canonical.resize(length, b'x');
    let header = Header {
        v: VERSION,
        id,
        device: "kiosk-1".parse()?,
        recipient: city.id.clone(),
        kind: Kind::Filing,
        schema: "ubugoe-filing/1".to_owned(),
        case: CaseId::from_bytes(*id.as_bytes()),
        case_seq: n,
        created: NOW,
        expires: None,
        key_id: city.seal.key_id(),
    };
    let body = FilingBody {
        signature: vec![1; 900],
        attachments: Vec::new(),
        time: envelope::claim(counter, NOW),
        visit: envelope::alone(&canonical),
        canonical,
    };
    Ok(NewRow {
        id,
        kind: RowKind::Filing,
        counter: Some(counter),
        recipient: city.id.clone(),
        digest: digest(&body.canonical),
        sealed: seal(&header, &body, &city.seal, device)?,
        legal_due: Some(NOW + 14 * 86_400),
    })
}
