//! What this city does as the operator of devices: orders, updates, certificates, and the way back after a restore.
//!
//! Answers for what is signed with the operator's key. Must not read files or a clock: the binary hands both in. Nothing
//! here reads, changes or drops a filing.

pub mod ca;
pub mod certificate;
pub mod enrol;
pub mod restore;
pub mod rollout;

use ubugoe_protocol::{
    Command, CommandId, DeviceId, IdError, Order, RecipientId, SignedError, SigningKey, WireError,
};

use crate::casework::audit::AuditEntry;
use crate::config::Config;
use crate::ingest::Desk;
use crate::store::{NewOrder, Store, StoreError};

/// Who orders on the command line, in the audit chain.
pub const OPERATOR: &str = "operator";
/// Seconds an order stands unless said otherwise: 7 days.
pub const STANDS: i64 = 7 * 86_400;

/// Why something could not be ordered.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The configuration names no operator's key.
    #[error("recipient.operate is not configured: this city operates no devices")]
    NoKey,
    /// Not in the configuration, or revoked.
    #[error("device {0} is not registered here, or is revoked")]
    NoSuchDevice(DeviceId),
    /// None of the wards has a device.
    #[error("none of the wards {0:?} has a device")]
    NoCanary(Vec<String>),
    /// Longer than an update may be, or empty.
    #[error("an update has 1 byte to 22 MiB, this has {0}")]
    Length(usize),
    /// No order for a system, or one that no device would take.
    #[error("not an order that a device would take")]
    Order(#[from] WireError),
    /// Another program published at the same time, or a rollout is on its canaries.
    #[error(
        "another rollout of this content is on its canaries (or was published this very moment); see `ubugoe-city rollouts`"
    )]
    Occupied,
    /// No such request.
    #[error("device {0} does not ask for a certificate")]
    NotAsked(DeviceId),
    /// The request is not what it must be.
    #[error("the request cannot be granted: {0}")]
    Request(&'static str),
    /// The CA's certificate or key cannot be used, or signing failed.
    #[error("the certificate cannot be made")]
    Certificate(#[source] rcgen::Error),
    /// Signing with the operator's key failed.
    #[error("cannot sign")]
    Sign(#[from] SignedError),
    /// No random bytes.
    #[error("no random id")]
    Random(#[from] IdError),
    /// The database.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Signs in the name of one operator.
#[derive(Debug, Clone, Copy)]
pub struct Operator<'a> {
    recipient: &'a RecipientId,
    key: &'a SigningKey,
}

impl<'a> Operator<'a> {
    /// The operator of a configuration.
    ///
    /// # Errors
    /// [`OperateError::NoKey`].
    pub fn of(config: &'a Config) -> Result<Self, OperateError> {
        Ok(Self {
            recipient: &config.office.recipient,
            key: config.keys.operate.as_ref().ok_or(OperateError::NoKey)?,
        })
    }

    /// The operator of a running city, if it is one.
    #[must_use]
    pub fn at(desk: &'a Desk) -> Option<Self> {
        Some(Self {
            recipient: &desk.office.recipient,
            key: desk.keys.operate.as_ref()?,
        })
    }

    /// Signs an order that stands from `at` until `expires`, unix seconds.
    ///
    /// # Errors
    /// No random bytes, or the signer's.
    pub fn order(
        &self,
        device: &DeviceId,
        order: Order,
        (at, expires): (i64, i64),
        actor: &str,
    ) -> Result<NewOrder, OperateError> {
        let command = Command {
            id: CommandId::generate()?,
            device: device.clone(),
            recipient: self.recipient.clone(),
            at,
            expires,
            order,
        };
        Ok(NewOrder {
            id: command.id,
            device: command.device.clone(),
            what: words(order),
            signed: command.sign(self.key)?,
            at,
            expires,
            actor: actor.to_owned(),
        })
    }

    fn entry(&self, at: i64, action: &str, detail: String) -> AuditEntry {
        AuditEntry {
            at,
            actor: OPERATOR.to_owned(),
            action: action.to_owned(),
            subject: self.recipient.to_string(),
            detail,
        }
    }
}

/// Joins the devices that registered themselves to those of the configuration: for commands that know one configuration.
///
/// # Errors
/// The store's.
pub async fn join_enrolled(config: &mut Config, store: &dyn Store) -> Result<(), StoreError> {
    for enrolled in store.enrolled().await? {
        config.devices.entry(enrolled.id).or_insert(enrolled.device);
    }
    Ok(())
}

/// A device that may be ordered about: registered, and not revoked.
///
/// # Errors
/// [`OperateError::NoSuchDevice`].
pub fn device(config: &Config, id: &DeviceId) -> Result<(), OperateError> {
    match config.devices.get(id) {
        Some(device) if device.revoked_at.is_none() => Ok(()),
        _ => Err(OperateError::NoSuchDevice(id.clone())),
    }
}

/// All devices that may be ordered about.
#[must_use]
pub fn devices(config: &Config) -> Vec<DeviceId> {
    let trusted = |device: &crate::config::Device| device.revoked_at.is_none();
    config
        .devices
        .iter()
        .filter(|(_, device)| trusted(device))
        .map(|(id, _)| id.clone())
        .collect()
}

/// An order in one word or two.
#[must_use]
pub fn words(order: Order) -> String {
    match order {
        Order::Resend { since, .. } => format!("resend since={since}"),
        Order::Close => "close".to_owned(),
        Order::Open => "open".to_owned(),
        Order::Restart => "restart".to_owned(),
        Order::Renew => "renew".to_owned(),
        Order::Withdraw { update } => format!("withdraw {update}"),
        Order::Diagnose => "diagnose".to_owned(),
    }
}
