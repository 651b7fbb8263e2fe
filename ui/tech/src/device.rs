//! What this tool needs of a kiosk's configuration. It reads it as it is and checks no more than it uses: the kiosk checks it all.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use ubugoe_edge::{Enrolment, Hold, HoldError, Layout, enrol};
use ubugoe_protocol::{DeviceId, RecipientId, SigningKey};

use crate::say::{file, words};
use crate::{Bench, Failed, not_enrolled};

/// A part of `kiosk.toml`.
#[derive(Debug, Deserialize)]
pub(crate) struct Kiosk {
    pub(crate) device: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) clock: Option<String>,
    #[serde(default)]
    pub(crate) broker: Vec<Broker>,
    pub(crate) tls: Tls,
    pub(crate) identities: Option<PathBuf>,
    pub(crate) keys: Keys,
    pub(crate) certificates: Option<PathBuf>,
    #[serde(default)]
    recipient: Vec<Recipient>,
    #[serde(default)]
    pub(crate) printer: Printers,
    pub(crate) panel: Option<Panel>,
}

#[derive(Debug, Deserialize)]
struct Recipient {
    id: String,
}

/// As `ui/kiosk/src/config.rs` has them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Printers {
    pub(crate) receipts: Option<Receipts>,
    pub(crate) pages: Option<Pages>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Receipts {
    pub(crate) device: Option<PathBuf>,
    pub(crate) serial: Option<PathBuf>,
    pub(crate) baud: Option<u32>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) answers: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pages {
    pub(crate) socket: Option<PathBuf>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) queue: String,
    pub(crate) user: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Panel {
    pub(crate) port: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Broker {
    pub(crate) host: String,
    pub(crate) port: u16,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tls {
    pub(crate) ca: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Keys {
    pub(crate) sign: PathBuf,
    pub(crate) hpke: PathBuf,
}

impl Kiosk {
    /// The configuration of the enrolment, or one that is named.
    pub(crate) fn read(bench: &Bench<'_>, named: Option<&Path>) -> Result<Self, Failed> {
        let path = named.map_or_else(
            || bench.layout.enrolled.join(enrol::KIOSK),
            Path::to_path_buf,
        );
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                return Err(not_enrolled());
            }
            Err(error) => return Err(file("read", &path)(error)),
        };
        toml::from_str(&text).map_err(|error| {
            Failed::new(
                "configuration",
                words(
                    "端末の設定ファイルを読めません",
                    "the kiosk's configuration cannot be used",
                ),
            )
            .because(&error)
        })
    }

    pub(crate) fn device(&self) -> Result<DeviceId, Failed> {
        self.device.parse().map_err(|error| {
            Failed::new(
                "configuration",
                words("端末IDが正しくありません", "the device's id is none"),
            )
            .because(&error)
        })
    }

    /// The key that signs what this device says.
    pub(crate) fn sign(&self) -> Result<SigningKey, Failed> {
        let path = &self.keys.sign;
        let text = std::fs::read_to_string(path).map_err(file("read", path))?;
        SigningKey::from_text(&text).map_err(|error| {
            Failed::new(
                "key",
                words("端末の鍵を読めません", "the device's key is unreadable"),
            )
            .because(&error)
        })
    }

    /// The cities it may send to.
    pub(crate) fn recipients(&self) -> Vec<RecipientId> {
        let ids = self.recipient.iter();
        ids.filter_map(|one| one.id.parse().ok()).collect()
    }

    /// Takes the device for oneself; refused while a kiosk runs on it. Nothing to take where nothing was ever kept.
    pub(crate) fn hold(&self) -> Result<Option<Hold>, Failed> {
        match Hold::take(&self.data_dir) {
            Ok(hold) => Ok(Some(hold)),
            Err(HoldError::Held) => Err(Failed::new(
                "kiosk-runs",
                words(
                    "キオスクが動いています。止めてから、もう一度（systemctl stop ubugoe-kiosk）",
                    "the kiosk is running: stop it first (systemctl stop ubugoe-kiosk)",
                ),
            )),
            Err(HoldError::File(_)) if !self.data_dir.exists() => Ok(None),
            Err(error) => Err(Failed::new(
                "disk",
                words("端末に書けません", "cannot write on this device"),
            )
            .because(&error)),
        }
    }

    pub(crate) fn outbox(&self) -> PathBuf {
        self.data_dir.join("outbox.sqlite")
    }
}

/// Opens the enrolment of this device.
pub(crate) fn enrolment(layout: &Layout) -> Result<Enrolment, Failed> {
    Enrolment::open(layout.clone()).map_err(|error| enrol_failed(&error))
}

pub(crate) fn enrol_failed(error: &enrol::EnrolError) -> Failed {
    use enrol::EnrolError as E;
    use ubugoe_protocol::enrol::AnswerError;
    let (why, words, code) = match error {
        E::Answer(AnswerError::Stranger) | E::Chain(_) => (
            "stranger",
            words(
                "コードの自治体とは別の自治体の返答です。使いません",
                "the answer is from another city than the code is for; it is not used",
            ),
            crate::say::NOBODY,
        ),
        E::Answer(_) | E::Wire(_) => (
            "answer",
            words("返答が壊れています", "the answer is damaged"),
            1,
        ),
        E::Elsewhere(_) => (
            "elsewhere",
            words(
                "この返答は、この端末の今の申請に対するものではありません",
                "this answer is not for what this device asked",
            ),
            1,
        ),
        E::NotAsked => (
            "not-asked",
            words("この端末は申請していません", "this device asked nothing"),
            1,
        ),
        _ => (
            "disk",
            words("端末に書けません", "cannot write on this device"),
            1,
        ),
    };
    Failed::new(why, words).coded(code).because(error)
}

/// A key of the device is there and does not serve.
pub(crate) fn key_unusable(error: &dyn std::error::Error) -> Failed {
    Failed::new(
        "key",
        words("端末の鍵を使えません", "the device's key is unusable"),
    )
    .because(error)
}
