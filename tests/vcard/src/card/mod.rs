//! The card as a pure state machine: bytes in, bytes out, no clock, no sockets. It answers as public sources describe
//! the real card and refuses what they say it refuses; where they are silent it takes the stricter reading.
//! It knows nothing of readers, faults or threads.

mod commands;
mod files;
mod sign;

use std::collections::BTreeSet;

use rand_chacha::ChaCha20Rng;

use crate::{
    Error,
    apdu::{Command, Sw},
    persona::{Kind, Persona},
    pki::Pki,
};
use files::{App, Ef, Files};
pub use files::{COMMON_AID, ISD_AID, JPKI_AID, TEXT_AID};

/// A contactless reader's ATR for the card; OpenSC's table holds it.
const CONTACTLESS_ATR: [u8; 13] = [
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x7F,
];

/// A secret of the holder, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretName {
    /// 券面事項入力補助用 (text 0011).
    Attributes,
    /// 署名用パスワード (JPKI 001B).
    Sign,
    /// 利用者証明用 (JPKI 0018).
    Auth,
    /// 住民基本台帳用 (common 001C).
    Resident,
}

impl SecretName {
    fn file(self) -> (App, u16) {
        match self {
            Self::Attributes => (App::Text, 0x0011),
            Self::Sign => (App::Jpki, 0x001B),
            Self::Auth => (App::Jpki, 0x0018),
            Self::Resident => (App::Common, 0x001C),
        }
    }

    /// The name used in personas and control commands.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "attributes" => Some(Self::Attributes),
            "sign" => Some(Self::Sign),
            "auth" => Some(Self::Auth),
            "resident" => Some(Self::Resident),
            _ => None,
        }
    }
}

/// A virtual card. PIN counters live as long as this value; everything else ends with [`Card::power_off`].
#[derive(Debug, Clone)]
pub struct Card {
    persona: Persona,
    atr: Vec<u8>,
    files: Files,
    session: Session,
    random: ChaCha20Rng,
}

/// What a power cut forgets.
#[derive(Debug, Clone, Default)]
struct Session {
    powered: bool,
    /// Whether a command has been answered since power-up.
    awake: bool,
    /// The selected application; `None` is the issuer security domain.
    app: Option<App>,
    /// The selected elementary file.
    ef: Option<u16>,
    /// The application the presented secrets belong to: it outlives a warm reset, and goes when another is selected.
    verified_in: Option<App>,
    verified: BTreeSet<u16>,
}

impl Card {
    /// Makes a persona's card, with keys and certificates from `pki`.
    pub fn issue(persona: &Persona, pki: &Pki) -> Result<Self, Error> {
        let atr = match &persona.card.atr {
            None => CONTACTLESS_ATR.to_vec(),
            Some(text) => hex::decode(text).map_err(|source| Error::Atr {
                atr: text.clone(),
                source,
            })?,
        };
        Ok(Self {
            persona: persona.clone(),
            atr,
            files: Files::issue(persona, pki)?,
            session: Session::default(),
            random: crate::pki::random_for(&format!("{}-card", persona.name)),
        })
    }

    /// Whose card this is.
    #[must_use]
    pub fn persona(&self) -> &Persona {
        &self.persona
    }

    /// The answer to reset.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// Whether the field is on.
    #[must_use]
    pub fn is_powered(&self) -> bool {
        self.session.powered
    }

    /// The field comes on: the issuer security domain is current, nothing is verified.
    pub fn power_on(&mut self) {
        if !self.session.powered {
            self.session = Session {
                powered: true,
                ..Session::default()
            };
        }
    }

    /// The field goes: everything but the counters is forgotten.
    pub fn power_off(&mut self) {
        self.session = Session::default();
    }

    /// A warm reset (`SCARD_RESET_CARD`): selection is lost, the security status is not. Measured on a real card.
    pub fn reset(&mut self) {
        self.session.powered = true;
        self.session.app = None;
        self.session.ef = None;
    }

    /// Tries left on a secret; `None` where this card has no such secret.
    #[must_use]
    pub fn tries(&self, secret: SecretName) -> Option<u8> {
        match self.files.efs.get(&secret.file()) {
            Some(Ef::Secret(secret)) => Some(secret.left),
            _ => None,
        }
    }

    /// Sets the tries left on a secret, as years of use would have.
    ///
    /// # Errors
    /// Fails where the card has no such secret.
    pub fn set_tries(&mut self, secret: SecretName, left: u8) -> Result<(), Error> {
        match self.files.efs.get_mut(&secret.file()) {
            Some(Ef::Secret(held)) => {
                held.left = left.min(held.max);
                Ok(())
            }
            _ => Err(Error::NotOnCard(format!("{secret:?}"))),
        }
    }

    /// Answers one command APDU with data and status word; without power there is no answer at all (empty).
    pub fn transmit(&mut self, apdu: &[u8]) -> Vec<u8> {
        if !self.session.powered {
            return Vec::new();
        }
        let first = !std::mem::replace(&mut self.session.awake, true);
        let answer = if first && self.persona.card.first_answer_6f00 {
            Err(Sw::INTERNAL)
        } else {
            self.answer(apdu)
        };
        let (mut bytes, status) = match answer {
            Ok(data) => (data, Sw::OK),
            Err(status) => (Vec::new(), status),
        };
        bytes.extend(status.0.to_be_bytes());
        bytes
    }

    fn answer(&mut self, apdu: &[u8]) -> Result<Vec<u8>, Sw> {
        let command = Command::parse(apdu)?;
        match command.cla {
            0x00 | 0x80 => {}
            // secure messaging is not offered here
            cla if cla & 0x0C != 0 && cla & 0x70 == 0 => return Err(Sw::SECURE_MESSAGING),
            cla if cla & 0x03 != 0 && cla & 0x7C == 0 => return Err(Sw::CHANNEL),
            _ => return Err(Sw::UNKNOWN_CLA),
        }
        match (command.cla, command.ins) {
            (0x00, 0xA4) => self.select(&command),
            (0x00, 0xB0) => self.read_binary(&command),
            (0x00, 0xB2) => self.read_record(&command),
            (0x00, 0x20) => self.verify(&command),
            (0x00, 0x24) => self.change_reference_data(&command),
            (0x80, 0x32) => self.change_key(&command),
            (0x00, 0xCA) => self.get_data(&command),
            (0x00, 0x84) => self.get_challenge(&command),
            (0x00, 0x88) => self.internal_authenticate(&command),
            (0x80, 0x2A) => self.compute_signature(&command),
            (0x80, 0xA2) => Err(Sw::BAD_P1P2),
            (0x80, 0xAE) => self.set_session_key(),
            (0x80, 0xFC) => self.last_command_indicator(),
            (
                0x00 | 0x80,
                0xA4 | 0xB0 | 0xB2 | 0x20 | 0x24 | 0x32 | 0xCA | 0x84 | 0x88 | 0x2A | 0xA2 | 0xAE,
            ) => Err(Sw::UNKNOWN_CLA),
            _ => Err(Sw::UNKNOWN_INS),
        }
    }

    /// Whether the secrets a file or key asks for are presented: any one of them is enough.
    fn allowed(&self, needs: &[u16]) -> Result<(), Sw> {
        let presented = self.session.verified_in == self.session.app
            && needs.iter().any(|id| self.session.verified.contains(id));
        if needs.is_empty() || presented {
            Ok(())
        } else {
            Err(Sw::SECURITY)
        }
    }

    /// The file a command means: by short identifier, which selects it, or the current one.
    fn target(&mut self, short_id: u8) -> Result<(App, u16), Sw> {
        let app = self.session.app.ok_or(Sw::NO_EF)?;
        let id = match short_id {
            0 => self.session.ef.ok_or(Sw::NO_EF)?,
            id => u16::from(id),
        };
        if !self.files.efs.contains_key(&(app, id)) {
            return Err(Sw::NOT_FOUND);
        }
        self.session.ef = Some(id);
        Ok((app, id))
    }

    fn is_phone(&self) -> bool {
        matches!(
            self.persona.kind,
            Kind::SmartphoneAndroid | Kind::SmartphoneIphone
        )
    }
}
