//! Devices that registered themselves: codes, keys, certificates, moves, revocations, last words.
//!
//! Statements that both databases understand, written once on [`super::nonstop`]'s transactions. Whether a request is good is
//! for [`crate::operate::enrol`]; here a code is spent once, a device is one device, and every step leaves a line in the chain.

use async_trait::async_trait;
use ubugoe_protocol::{DeviceId, RecipientPublicKey, VerifyingKey};

use super::nonstop::{Row, Transacts, Tx, cells};
use super::{StoreError, device_id, fixed, system_line};
use crate::casework::audit::AuditEntry;
use crate::config::Device;

/// A new one-time code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    /// The ward it is for.
    pub ward: String,
    /// When it was made, unix seconds.
    pub made_at: i64,
    /// After this it lets nobody in, unix seconds.
    pub ends_at: i64,
    /// Who made it.
    pub actor: String,
}

/// A code as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    /// The ward it is for.
    pub ward: String,
    /// When it was made, unix seconds.
    pub made_at: i64,
    /// After this it lets nobody in, unix seconds.
    pub ends_at: i64,
    /// Who made it.
    pub actor: String,
    /// Whom it let in, and when.
    pub spent: Option<(DeviceId, i64)>,
}

/// What is written when a device is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The code it came with; none if a bench vouched for it.
    pub code: Option<[u8; 32]>,
    /// In whose name: the code's name ([`code_name`]) or `bench:<id>`.
    pub voucher: String,
    /// Which device.
    pub device: DeviceId,
    /// Where it stands.
    pub ward: String,
    /// Verifies what it sends.
    pub sign: VerifyingKey,
    /// What is sent to it is sealed to this.
    pub seal: RecipientPublicKey,
    /// SHA-256 of the device's part of the request.
    pub request: [u8; 32],
    /// What it is told.
    pub answer: Vec<u8>,
    /// Its certificate's serial number and last day.
    pub certificate: (Vec<u8>, i64),
    /// When, unix seconds.
    pub at: i64,
}

/// What became of an admission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// It is in.
    Now,
    /// It was in by this very request before: what it was told then.
    Before(Vec<u8>),
    /// There is no such code.
    Unknown,
    /// The code let somebody else in.
    Spent,
    /// The code is too old.
    Expired,
    /// Another device has this id, or this device was revoked.
    Taken,
}

/// A device that registered itself.
#[derive(Debug, Clone)]
pub struct EnrolledDevice {
    /// Which.
    pub id: DeviceId,
    /// As the configuration would have it.
    pub device: Device,
    /// When it was let in, unix seconds.
    pub enrolled_at: i64,
    /// In whose name.
    pub voucher: String,
    /// When the city heard that it was wiped, unix seconds.
    pub wiped_at: Option<i64>,
}

/// What the city keeps of devices that register themselves. One behaviour, two databases.
#[async_trait]
pub trait EnrolStore {
    /// Keeps a new code.
    async fn make_code(&self, code: NewCode) -> Result<(), StoreError>;
    /// A code by the hash of its secret.
    async fn code(&self, hash: [u8; 32]) -> Result<Option<CodeRow>, StoreError>;
    /// Codes, newest first.
    async fn codes(&self, limit: u32) -> Result<Vec<CodeRow>, StoreError>;
    /// Takes a code back that nobody has used. `false`: there is none.
    async fn withdraw_code(
        &self,
        hash: [u8; 32],
        at: i64,
        actor: String,
    ) -> Result<bool, StoreError>;
    /// What was answered to this request before, if it was.
    async fn answered(&self, request: [u8; 32]) -> Result<Option<Vec<u8>>, StoreError>;
    /// Spends the code and registers the device, or neither.
    async fn admit(&self, admission: Admission) -> Result<Admitted, StoreError>;
    /// A line about somebody who was not let in.
    async fn turned_away(&self, entry: AuditEntry) -> Result<(), StoreError>;
    /// All devices that registered themselves.
    async fn enrolled(&self) -> Result<Vec<EnrolledDevice>, StoreError>;
    /// Notes a certificate: serial number and last day.
    async fn note_certificate(
        &self,
        device: DeviceId,
        serial: Vec<u8>,
        until: i64,
        at: i64,
    ) -> Result<(), StoreError>;
    /// A new certificate for a device that is known, given at its door.
    async fn renewed(
        &self,
        device: DeviceId,
        certificate: (Vec<u8>, i64),
        at: i64,
    ) -> Result<(), StoreError>;
    /// Trusts a device no more. `false`: it did not register itself, or is not trusted already.
    async fn revoke_device(
        &self,
        device: DeviceId,
        at: i64,
        why: String,
        actor: String,
    ) -> Result<bool, StoreError>;
    /// Serial numbers of certificates that have not ended, of devices that are not trusted, with the moment of it.
    async fn revoked_serials(&self, now: i64) -> Result<Vec<(Vec<u8>, i64)>, StoreError>;
    /// Keeps a device's signed last word and trusts it no more. `false`: it was known before.
    async fn wiped(
        &self,
        device: DeviceId,
        signed: Vec<u8>,
        at: i64,
        detail: String,
        actor: String,
    ) -> Result<bool, StoreError>;
}

const CODE: &str = "SELECT hash, ward, made_at, ends_at, actor, device, spent_at FROM enrol_codes";

fn entry(at: i64, actor: &str, action: &str, subject: &str, detail: String) -> AuditEntry {
    AuditEntry {
        at,
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail,
    }
}

/// How a code is called in the chain: the beginning of its hash, which lets nobody in.
#[must_use]
pub fn code_name(hash: &[u8; 32]) -> String {
    format!("code-{}", hex::encode(hash.get(..4).unwrap_or_default()))
}

fn code_row(mut row: Row) -> Result<CodeRow, StoreError> {
    let hash = fixed("code", &row.blob()?)?;
    let (ward, made_at, ends_at, actor) = (row.text()?, row.int()?, row.int()?, row.text()?);
    let spent = match (row.maybe_text()?, row.maybe_int()?) {
        (Some(device), Some(at)) => Some((device_id(&device)?, at)),
        _ => None,
    };
    Ok(CodeRow {
        hash,
        ward,
        made_at,
        ends_at,
        actor,
        spent,
    })
}

fn enrolled_row(mut row: Row) -> Result<EnrolledDevice, StoreError> {
    let corrupt = |what: &'static str| {
        move |error: ubugoe_protocol::KeyError| StoreError::Corrupt {
            what,
            detail: error.to_string(),
        }
    };
    Ok(EnrolledDevice {
        id: device_id(&row.text()?)?,
        device: Device {
            ward: row.text()?,
            sign: VerifyingKey::from_text(&row.text()?).map_err(corrupt("device key"))?,
            seal: RecipientPublicKey::from_text(&row.text()?).map_err(corrupt("device key"))?,
            revoked_at: row.maybe_int()?,
        },
        enrolled_at: row.int()?,
        voucher: row.text()?,
        wiped_at: row.maybe_int()?,
    })
}

fn certificate(
    tx: &dyn Tx,
    device: &DeviceId,
    (serial, until): &(Vec<u8>, i64),
    at: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO device_certificates (serial, device, until, at) VALUES ($1, $2, $3, $4)";
    tx.run(sql, cells![serial.as_slice(), device.as_str(), *until, at])
        .map(drop)
}

/// Whether the code may be spent by this request; `None`: it may.
fn stands(tx: &dyn Tx, hash: [u8; 32], new: &Admission) -> Result<Option<Admitted>, StoreError> {
    // whoever comes second waits here for whoever came first
    tx.run(
        "UPDATE enrol_codes SET made_at = made_at WHERE hash = $1",
        cells![hash],
    )?;
    let sql = "SELECT ward, ends_at, request, answer FROM enrol_codes WHERE hash = $1";
    let Some(mut row) = tx.rows(sql, cells![hash])?.into_iter().next() else {
        return Ok(Some(Admitted::Unknown));
    };
    let (ward, ends_at) = (row.text()?, row.int()?);
    Ok(match row.maybe_blob()? {
        Some(request) if request == new.request => Some(Admitted::Before(row.blob()?)),
        Some(_) => Some(Admitted::Spent),
        None if ends_at < new.at => Some(Admitted::Expired),
        None if ward != new.ward => Some(Admitted::Unknown),
        None => None,
    })
}

fn admit(tx: &dyn Tx, new: &Admission) -> Result<Admitted, StoreError> {
    if let Some(hash) = new.code
        && let Some(no) = stands(tx, hash, new)?
    {
        return Ok(no);
    }
    let (sign, seal) = (new.sign.to_text(), new.seal.to_text());
    let sql = "SELECT sign, seal, revoked_at, ward FROM enrolled_devices WHERE device = $1";
    let known = tx
        .rows(sql, cells![new.device.as_str()])?
        .into_iter()
        .next();
    let (action, from) = match known {
        None => {
            let sql =
                "INSERT INTO enrolled_devices (device, ward, sign, seal, enrolled_at, voucher)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
            let with = cells![
                new.device.as_str(),
                new.ward.as_str(),
                sign,
                seal,
                new.at,
                new.voucher.as_str(),
            ];
            if tx.run(sql, with)? == 0 {
                return Ok(Admitted::Taken);
            }
            ("device.enrolled", String::new())
        }
        Some(mut row) => {
            let same = row.text()? == sign && row.text()? == seal;
            if !same || row.maybe_int()?.is_some() {
                return Ok(Admitted::Taken);
            }
            let from = row.text()?;
            let sql = "UPDATE enrolled_devices SET ward = $2, voucher = $3 WHERE device = $1";
            tx.run(
                sql,
                cells![new.device.as_str(), new.ward.as_str(), new.voucher.as_str()],
            )?;
            ("device.moved", format!(" from={from:?}"))
        }
    };
    certificate(tx, &new.device, &new.certificate, new.at)?;
    if let Some(hash) = new.code {
        let sql = "UPDATE enrol_codes SET spent_at = $2, device = $3, request = $4, answer = $5
                 WHERE hash = $1";
        tx.run(
            sql,
            cells![
                hash,
                new.at,
                new.device.as_str(),
                new.request,
                new.answer.as_slice(),
            ],
        )?;
    } else {
        let sql = "INSERT INTO enrol_answers (request, device, answer, at) VALUES ($1, $2, $3, $4)";
        tx.run(
            sql,
            cells![
                new.request,
                new.device.as_str(),
                new.answer.as_slice(),
                new.at
            ],
        )?;
    }
    let detail = format!("by={} ward={:?}{from}", new.voucher, new.ward);
    tx.audit(system_line(new.at, action, &new.device, detail));
    Ok(Admitted::Now)
}

fn revoke(tx: &dyn Tx, device: &DeviceId, at: i64) -> Result<bool, StoreError> {
    let sql =
        "UPDATE enrolled_devices SET revoked_at = $2 WHERE device = $1 AND revoked_at IS NULL";
    Ok(tx.run(sql, cells![device.as_str(), at])? == 1)
}

#[async_trait]
impl<S: Transacts> EnrolStore for S {
    async fn make_code(&self, code: NewCode) -> Result<(), StoreError> {
        self.transact("keeping a code", move |tx| {
            let sql = "INSERT INTO enrol_codes (hash, ward, made_at, ends_at, actor) VALUES ($1, $2, $3, $4, $5)";
            let with = cells![
                code.hash,
                code.ward.as_str(),
                code.made_at,
                code.ends_at,
                code.actor.as_str(),
            ];
            tx.run(sql, with)?;
            let detail = format!("ward={:?} until={}", code.ward, code.ends_at);
            tx.audit(entry(
                code.made_at,
                &code.actor,
                "code.made",
                &code_name(&code.hash),
                detail,
            ));
            Ok(())
        })
        .await
    }

    async fn code(&self, hash: [u8; 32]) -> Result<Option<CodeRow>, StoreError> {
        self.transact("reading a code", move |tx| {
            let sql = format!("{CODE} WHERE hash = $1");
            let found = tx.rows(&sql, cells![hash])?.into_iter().next();
            found.map(code_row).transpose()
        })
        .await
    }

    async fn codes(&self, limit: u32) -> Result<Vec<CodeRow>, StoreError> {
        self.transact("listing codes", move |tx| {
            let sql = format!("{CODE} ORDER BY made_at DESC, hash LIMIT $1");
            let found = tx.rows(&sql, cells![i64::from(limit)])?;
            found.into_iter().map(code_row).collect()
        })
        .await
    }

    async fn withdraw_code(
        &self,
        hash: [u8; 32],
        at: i64,
        actor: String,
    ) -> Result<bool, StoreError> {
        self.transact("withdrawing a code", move |tx| {
            let sql = "DELETE FROM enrol_codes WHERE hash = $1 AND spent_at IS NULL";
            let gone = tx.run(sql, cells![hash])? == 1;
            if gone {
                let name = code_name(&hash);
                tx.audit(entry(at, &actor, "code.withdrawn", &name, String::new()));
            }
            Ok(gone)
        })
        .await
    }

    async fn answered(&self, request: [u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        self.transact("reading an answer", move |tx| {
            let sql = "SELECT answer FROM enrol_codes WHERE request = $1
                 UNION ALL SELECT answer FROM enrol_answers WHERE request = $1";
            let found = tx.rows(sql, cells![request])?.into_iter().next();
            found.map(|mut row| row.blob()).transpose()
        })
        .await
    }

    async fn admit(&self, admission: Admission) -> Result<Admitted, StoreError> {
        self.transact("letting a device in", move |tx| admit(tx, &admission))
            .await
    }

    async fn turned_away(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.transact("noting who was turned away", move |tx| {
            tx.audit(entry);
            Ok(())
        })
        .await
    }

    async fn enrolled(&self) -> Result<Vec<EnrolledDevice>, StoreError> {
        self.transact("reading devices", move |tx| {
            let sql = "SELECT device, ward, sign, seal, revoked_at, enrolled_at, voucher, wiped_at
                 FROM enrolled_devices ORDER BY device";
            tx.rows(sql, cells![])?
                .into_iter()
                .map(enrolled_row)
                .collect()
        })
        .await
    }

    async fn note_certificate(
        &self,
        device: DeviceId,
        serial: Vec<u8>,
        until: i64,
        at: i64,
    ) -> Result<(), StoreError> {
        self.transact("noting a certificate", move |tx| {
            certificate(tx, &device, &(serial, until), at)
        })
        .await
    }

    async fn renewed(
        &self,
        device: DeviceId,
        new: (Vec<u8>, i64),
        at: i64,
    ) -> Result<(), StoreError> {
        self.transact("noting a renewal", move |tx| {
            certificate(tx, &device, &new, at)?;
            let detail = format!("serial={}", hex::encode(&new.0));
            tx.audit(entry(
                at,
                device.as_str(),
                "certificate.renewed",
                device.as_str(),
                detail,
            ));
            Ok(())
        })
        .await
    }

    async fn revoke_device(
        &self,
        device: DeviceId,
        at: i64,
        why: String,
        actor: String,
    ) -> Result<bool, StoreError> {
        self.transact("revoking a device", move |tx| {
            let done = revoke(tx, &device, at)?;
            if done {
                tx.audit(entry(
                    at,
                    &actor,
                    "device.revoked",
                    device.as_str(),
                    format!("why={why:?}"),
                ));
            }
            Ok(done)
        })
        .await
    }

    async fn revoked_serials(&self, now: i64) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
        self.transact("reading revoked certificates", move |tx| {
            let sql = "SELECT c.serial, d.revoked_at FROM device_certificates c
                 JOIN enrolled_devices d ON d.device = c.device
                 WHERE d.revoked_at IS NOT NULL AND c.until >= $1 ORDER BY c.serial";
            tx.rows(sql, cells![now])?
                .into_iter()
                .map(|mut row| Ok((row.blob()?, row.int()?)))
                .collect()
        })
        .await
    }

    async fn wiped(
        &self,
        device: DeviceId,
        signed: Vec<u8>,
        at: i64,
        detail: String,
        actor: String,
    ) -> Result<bool, StoreError> {
        self.transact("noting a wipe", move |tx| {
            let sql = "INSERT INTO wipe_records (device, at, signed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            let known = tx.rows(
                "SELECT 1 FROM wipe_records WHERE device = $1 AND signed = $2",
                cells![device.as_str(), signed.as_slice()],
            )?;
            if !known.is_empty() || tx.run(sql, cells![device.as_str(), at, signed.as_slice()])? == 0
            {
                return Ok(false);
            }
            revoke(tx, &device, at)?;
            let sql = "UPDATE enrolled_devices SET wiped_at = $2 WHERE device = $1";
            tx.run(sql, cells![device.as_str(), at])?;
            tx.audit(entry(at, &actor, "device.wiped", device.as_str(), detail));
            Ok(true)
        })
        .await
    }
}
