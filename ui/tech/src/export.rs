//! What no city has receipted, onto a stick: sealed to its city and signed by this device, as it would have travelled.
//!
//! `ubugoe-city carry` lands it, from any machine of the city, and another device takes it in ([`crate::import`]). It arrives once, whatever the device itself still sends. Beside the
//! envelopes lies a list signed by the device, `<device>.export`: with it `wipe` knows what is safe.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use ubugoe_edge::outbox::{Config, Outbox};
use ubugoe_protocol::enrol::{Carried, Export as List};
use ubugoe_protocol::{FilingId, VerifyingKey, digest};

use crate::device::Kiosk;
use crate::enrol::write_whole;
use crate::say::{Done, FOUND, file, words};
use crate::{Bench, Failed, Outcome, audit};

/// Where to.
#[derive(Debug, Args)]
pub struct Export {
    /// The folder, such as a stick's.
    #[arg(long)]
    pub to: PathBuf,
    /// The kiosk's configuration, where the device was set up by hand.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

pub(crate) fn outbox_failed(error: &dyn std::error::Error) -> Failed {
    Failed::new(
        "outbox",
        words("送信箱を読めません", "the outbox cannot be read"),
    )
    .because(error)
}

/// Opens the outbox without the right to change it; none where the device was never used.
pub(crate) fn open(kiosk: &Kiosk) -> Result<Option<Outbox>, Failed> {
    let path = kiosk.outbox();
    if !path.exists() {
        return Ok(None);
    }
    Outbox::open_read_only(&Config::at(path))
        .map(Some)
        .map_err(|error| outbox_failed(&error))
}

/// Writes everything that waits.
///
/// # Errors
/// When the outbox cannot be read or the folder not be written.
pub fn run(bench: &Bench<'_>, export: &Export) -> Outcome {
    let kiosk = Kiosk::read(bench, export.config.as_deref())?;
    let (device, key) = (kiosk.device()?, kiosk.sign()?);
    let outbox = open(&kiosk)?;
    let pending = match &outbox {
        Some(outbox) => outbox.pending().map_err(|error| outbox_failed(&error))?,
        None => Vec::new(),
    };
    let steps = bench.steps(pending.len() as u64);
    let (mut envelopes, mut bytes, mut unreadable) = (Vec::new(), 0_u64, Vec::new());
    for row in &pending {
        steps.next(&words(row.id.to_string(), row.recipient.to_string()));
        // a dying disk: one row that cannot be read does not keep the others
        let sealed = outbox
            .as_ref()
            .and_then(|outbox| outbox.to_send(&row.id).ok().flatten());
        let Some(sealed) = sealed else {
            unreadable.push(row.id.to_string());
            continue;
        };
        let path = export.to.join(format!("{}-{}.ubg", row.recipient, row.id));
        write_whole(&path, &sealed)?;
        bytes += sealed.len() as u64;
        envelopes.push(Carried {
            id: row.id,
            recipient: row.recipient.clone(),
            envelope: digest(&sealed),
        });
    }
    let count = envelopes.len();
    let list = List {
        device: device.clone(),
        at: bench.at,
        envelopes,
    };
    let signed = list.sign(&key).map_err(|error| {
        Failed::new(
            "key",
            words("一覧に署名できません", "the list cannot be signed"),
        )
        .because(&error)
    })?;
    let path = export.to.join(format!("{device}.export"));
    write_whole(&path, &signed)?;
    audit::note(
        bench,
        "exported",
        &format!(
            "device={device} filings={count} unreadable={}",
            unreadable.len()
        ),
    )?;
    let mut done = Done::new(
        words(
            format!("届出 {count} 件（{bytes} バイト）を書きました。端末にも残っています"),
            format!("{count} filings, {bytes} bytes; they also stay on the device"),
        ),
        json!({
            "device": device.as_str(), "filings": count, "bytes": bytes, "unreadable": unreadable, "list": path,
        }),
    );
    done.lines.push(words(
        "市役所で: ubugoe-city carry --config … --from このフォルダ",
        "at city hall: ubugoe-city carry --config … --from this folder",
    ));
    if !unreadable.is_empty() {
        done.code = FOUND;
        done.lines.push(words(
            format!(
                "読めない届出が {} 件あります。捨てないでください",
                unreadable.len()
            ),
            format!(
                "{} filings cannot be read: do not throw the device away",
                unreadable.len()
            ),
        ));
    }
    Ok(done)
}

/// Which filings lie in this folder, by the device's own list and by their digests.
pub(crate) fn lying_in(
    folder: &Path,
    kiosk: &Kiosk,
    key: &VerifyingKey,
) -> Result<BTreeMap<FilingId, [u8; 32]>, Failed> {
    let path = folder.join(format!("{}.export", kiosk.device));
    let signed = std::fs::read(&path).map_err(file("read", &path))?;
    let list = List::verify(&signed, key).map_err(|error| {
        Failed::new(
            "list",
            words(
                "書き出しの一覧が、この端末のものではありません",
                "the list of what was exported is not this device's",
            ),
        )
        .because(&error)
    })?;
    let mut found = BTreeMap::new();
    for one in list.envelopes {
        let path = folder.join(format!("{}-{}.ubg", one.recipient, one.id));
        // seen again, as it is on the stick now
        let whole = std::fs::read(&path).is_ok_and(|bytes| digest(&bytes) == one.envelope);
        if whole {
            found.insert(one.id, one.envelope);
        }
    }
    Ok(found)
}
