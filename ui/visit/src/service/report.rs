//! The self-test's result: enums and numbers, names of devices and versions. Nothing about a person has a place here.

use serde::Serialize;

/// The result of a self-test, as page and as the compact JSON of its QR code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelfTest {
    /// `ubugoe-self-test`.
    pub format: &'static str,
    /// Of this shape.
    pub v: u8,
    /// The device's opaque id.
    pub device: String,
    /// Where it was registered to stand, as staff call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ward: Option<String>,
    /// When, seconds since 1970 UTC by the device's clock.
    pub at: i64,
    /// Card reader.
    pub reader: Reader,
    /// Printers: of receipts and of pages.
    pub printer: Presence,
    /// Codes of what is wrong with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub printer_codes: Vec<&'static str>,
    /// Front panel.
    pub panel: Presence,
    /// What the front panel says of itself, if it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel_says: Option<PanelCheck>,
    /// Network.
    pub network: NetworkCheck,
    /// The device's own certificate; `None` where the device does not renew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateCheck>,
    /// Clock.
    pub clock: ClockCheck,
    /// Storage.
    pub storage: StorageCheck,
    /// Outbox.
    pub queue: QueueCheck,
    /// Versions.
    pub versions: Versions,
}

/// The card reader and its service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// Whether the card service answers.
    pub service: bool,
    /// The readers' names.
    pub names: Vec<String>,
}

/// A device that may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It answers.
    Ok,
    /// It is there and does not answer.
    Faulty,
    /// There is none.
    Absent,
}

/// What a front panel says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "findings that are independent of each other"
)]
pub struct PanelCheck {
    /// The version of its firmware.
    pub firmware: u32,
    /// It was built from the same message table as this program.
    pub same_tables: bool,
    /// The case is open.
    pub case_open: bool,
    /// How often the case was opened since the panel started.
    pub openings: u16,
    /// The sensor for presence answers.
    pub sensor: bool,
    /// The "needs help" lamp is driven and takes no current.
    pub lamp_broken: bool,
    /// How often it cut the device's power since it started.
    pub power_cycles: u16,
}

/// The way to the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkCheck {
    /// Connected and subscribed.
    pub connected: bool,
    /// Since when (or since when not), seconds since 1970 UTC.
    pub since: Option<i64>,
    /// When the broker last took a row (PUBACK).
    pub last_ack: Option<i64>,
    /// Configured brokers.
    pub brokers: Vec<String>,
    /// This device's addresses on the way to them.
    pub addresses: Vec<String>,
    /// What keeps it from them, while it is not connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<LinkTrouble>,
}

/// What keeps the device from its broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkTrouble {
    /// No answer, or no route.
    Unreachable,
    /// The proxy lets nothing through.
    Proxy,
    /// A network that wants somebody to log in first.
    Captive,
    /// The broker's certificate is not one to trust. Somebody may be listening in between.
    Untrusted,
    /// The broker's certificate was revoked.
    BrokerRevoked,
    /// The broker does not take this device's certificate.
    CertificateRefused,
    /// The broker says no.
    Refused,
    /// It connects, and breaks again.
    Unstable,
}

/// The device's own certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CertificateCheck {
    /// Its last moment, seconds since 1970 UTC.
    pub until: i64,
    /// A new one was asked for: the end is near, or somebody wished it.
    pub asked: bool,
    /// A new one came and did not work.
    pub rejected: bool,
}

/// The clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockCheck {
    /// May be believed.
    pub synchronised: bool,
    /// What says so: `timesyncd` or `system`.
    pub source: &'static str,
}

/// The disk and the outbox on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StorageCheck {
    /// Free bytes on the file system.
    pub free: Option<u64>,
    /// Size of the outbox in bytes.
    pub used: Option<u64>,
    /// Most it may take.
    pub quota: Option<u64>,
    /// Whether another visit fits.
    pub room: bool,
    /// Whether SQLite finds the outbox sound; `None` when it could not be asked.
    pub sound: Option<bool>,
}

/// What is in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct QueueCheck {
    /// Not with the broker.
    pub queued: u64,
    /// With the broker, without a receipt.
    pub sent: u64,
    /// With a receipt.
    pub arrived: u64,
    /// Refused.
    pub refused: u64,
    /// When the oldest open row was stored.
    pub oldest: Option<i64>,
}

/// Versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// This program.
    pub kiosk: String,
    /// The catalogue inside it.
    pub catalogue: String,
    /// The card library.
    pub card: String,
    /// The wire protocol.
    pub protocol: u8,
}

/// How a part of the device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Well.
    Good,
    /// Worth a look.
    Look,
    /// Does not work.
    Bad,
}

impl SelfTest {
    /// `format`.
    pub const FORMAT: &'static str = "ubugoe-self-test";
    /// `v`.
    pub const VERSION: u8 = 1;

    /// The reader's health.
    #[must_use]
    pub fn reader_health(&self) -> Health {
        if self.reader.service && !self.reader.names.is_empty() {
            Health::Good
        } else {
            Health::Bad
        }
    }

    /// The front panel's; `None` where there is none.
    #[must_use]
    pub fn panel_health(&self) -> Option<Health> {
        match (self.panel, self.panel_says) {
            (Presence::Absent, _) => None,
            (Presence::Faulty, _) => Some(Health::Bad),
            (Presence::Ok, Some(said))
                if said.case_open || said.openings > 0 || !said.sensor || said.lamp_broken =>
            {
                Some(Health::Look)
            }
            (Presence::Ok, _) => Some(Health::Good),
        }
    }

    /// The network's. A device without one goes on working, so it is never worse than worth a look.
    #[must_use]
    pub const fn network_health(&self) -> Health {
        if self.network.connected {
            Health::Good
        } else {
            Health::Look
        }
    }

    /// The certificate's, if the device looks after one. Without a certificate nothing leaves the device any more.
    #[must_use]
    pub const fn certificate_health(&self) -> Option<Health> {
        const NEAR: i64 = 30 * 86_400;
        let Some(certificate) = self.certificate else {
            return None;
        };
        let left = certificate.until.saturating_sub(self.at);
        Some(if left <= 0 {
            Health::Bad
        } else if left <= NEAR || certificate.rejected {
            Health::Look
        } else {
            Health::Good
        })
    }

    /// The clock's.
    #[must_use]
    pub const fn clock_health(&self) -> Health {
        if self.clock.synchronised {
            Health::Good
        } else {
            Health::Bad
        }
    }

    /// The storage's.
    #[must_use]
    pub const fn storage_health(&self) -> Health {
        match (self.storage.sound, self.storage.room) {
            (Some(true), true) => Health::Good,
            (Some(true), false) | (None, true) => Health::Look,
            (Some(false), _) | (None, false) => Health::Bad,
        }
    }

    /// The queue's: a refused row wants somebody's eyes.
    #[must_use]
    pub const fn queue_health(&self) -> Health {
        if self.queue.refused > 0 {
            Health::Look
        } else {
            Health::Good
        }
    }
}
