//! What this tool needs of a kiosk's configuration. It reads it as it is and checks no more than it uses: the kiosk checks it all.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use ubugoe_edge::{Enrolment, Hold, HoldError, IdentityError, Layout, Tpm, TpmError, enrol, keys};
use ubugoe_protocol::{DeviceId, KeyError, RecipientId, RecipientSecretKey, SigningKey};
use zeroize::Zeroizing;

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
    /// Where the keys rest in a TPM.
    tpm: Option<PathBuf>,
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

    /// The TPM in which the keys rest, if they do.
    pub(crate) fn tpm(&self) -> Option<Tpm> {
        self.tpm.as_ref().map(Tpm::at)
    }

    fn secret(&self, path: &Path) -> Result<Zeroizing<String>, Failed> {
        let line = std::fs::read_to_string(path).map_err(file("read", path))?;
        keys::secret(&Zeroizing::new(line), &self.tpm().unwrap_or_default()).map_err(tpm_failed)
    }

    /// The key that opens what is sent to this device.
    pub(crate) fn open(&self) -> Result<RecipientSecretKey, Failed> {
        RecipientSecretKey::from_text(&self.secret(&self.keys.hpke)?).map_err(|e| unreadable(&e))
    }

    /// The key that signs what this device says.
    pub(crate) fn sign(&self) -> Result<SigningKey, Failed> {
        SigningKey::from_text(&self.secret(&self.keys.sign)?).map_err(|e| unreadable(&e))
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
    if let E::Tpm(error) | E::Identity(IdentityError::Tpm(error)) = error {
        return tpm_failed(*error);
    }
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

/// How a TPM fails, and what a technician does about it.
pub(crate) const fn tpm_words(
    error: TpmError,
) -> (&'static str, [&'static str; 2], [&'static str; 2]) {
    match error {
        TpmError::Stranger => (
            "tpm-stranger",
            [
                "TPM が消去されたか、別の基板のものです。鍵は失われています",
                "the TPM was cleared, or is another board's: the keys are lost",
            ],
            [
                "自治体で端末を失効し、初期化して登録しなおす",
                "have the city revoke the device, reset it and enrol it anew",
            ],
        ),
        TpmError::Away => (
            "tpm-away",
            ["TPM が見つかりません", "the TPM is not there"],
            [
                "BIOS の設定で TPM が有効か見て、電源を入れなおす",
                "see that the BIOS has it switched on, and switch the device off and on",
            ],
        ),
        TpmError::Denied => (
            "tpm-denied",
            [
                "TPM を使う権限がありません",
                "this user may not use the TPM",
            ],
            [
                "/dev/tpmrm0 のグループを確かめる",
                "look at the group of /dev/tpmrm0",
            ],
        ),
        TpmError::Busy => (
            "tpm-busy",
            ["TPM が応じません（使用中）", "the TPM is busy"],
            [
                "少し待ってもう一度。続くなら電源を入れなおす",
                "wait and try again; if it goes on, switch the device off and on",
            ],
        ),
        TpmError::Locked | TpmError::Owned => (
            "tpm-locked",
            [
                "TPM がロックされているか、所有者のパスワードが設定されています",
                "the TPM is locked, or its owner set a password",
            ],
            [
                "基板の管理者に解除してもらう（消去すると鍵は失われます）",
                "have whoever manages the board unlock it; clearing it destroys the keys",
            ],
        ),
        TpmError::Unusable | TpmError::Broken | TpmError::No(_) => (
            "tpm",
            ["TPM が正しく動きません", "the TPM does not work"],
            [
                "電源を入れなおす。続くなら基板を交換する",
                "switch the device off and on; if it goes on, change the board",
            ],
        ),
    }
}

/// A TPM that does not do its part.
pub(crate) fn tpm_failed(error: TpmError) -> Failed {
    let (why, [ja, en], [ja_do, en_do]) = tpm_words(error);
    Failed::new(
        why,
        words(format!("{ja}。{ja_do}"), format!("{en}: {en_do}")),
    )
    .because(&error)
}

fn unreadable(error: &KeyError) -> Failed {
    Failed::new(
        "key",
        words("端末の鍵を読めません", "the device's key is unreadable"),
    )
    .because(error)
}

/// A key of the device is there and does not serve.
pub(crate) fn key_unusable(error: &dyn std::error::Error) -> Failed {
    Failed::new(
        "key",
        words("端末の鍵を使えません", "the device's key is unusable"),
    )
    .because(error)
}
