//! The card's commands apart from signing, one function each. Each checks form first, then access, then acts.

use rand_chacha::rand_core::RngCore as _;

use super::{
    App, Card, Ef,
    files::{Form, ISD_AID, Secret},
};
use crate::{
    apdu::{Command, Sw},
    persona::{Kind, sign_password},
};

/// What SELECT by name found.
enum Named {
    Manager,
    Application(App),
}

impl Card {
    /// SELECT: by name `04`, EF `02`; "SELECT MF" has the quirks measured on a real card.
    pub(super) fn select(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        match (command.p1, command.p2, command.data) {
            (0x04, 0x0C, name) => self.select_name(name),
            (0x02, 0x0C, [high, low]) => self.select_ef(u16::from_be_bytes([*high, *low])),
            (0x02, 0x0C, _) => Err(Sw::WRONG_LENGTH),
            // inside an application this succeeds and changes nothing
            (0x00, 0x00, []) => self.session.app.map(|_| Vec::new()).ok_or(Sw::BAD_P1P2),
            (0x00, _, [0x3F, 0x00]) => Err(Sw::NOT_FOUND),
            _ => Err(Sw::BAD_P1P2),
        }
    }

    fn select_name(&mut self, name: &[u8]) -> Result<Vec<u8>, Sw> {
        if !(1..=16).contains(&name.len()) {
            return Err(Sw::WRONG_LENGTH);
        }
        let app = match self.find(name)? {
            Named::Manager => None,
            Named::Application(app) => Some(app),
        };
        // the card forgets the PIN only when another application is selected
        if self.session.verified_in != app {
            self.session.verified.clear();
            self.session.verified_in = None;
        }
        self.session.app = app;
        self.session.ef = None;
        Ok(Vec::new())
    }

    /// A name may be cut short: the first application that begins with it answers.
    fn find(&self, name: &[u8]) -> Result<Named, Sw> {
        if ISD_AID.starts_with(name) && !self.is_phone() {
            return Ok(Named::Manager);
        }
        let found = self
            .files
            .apps
            .iter()
            .find(|(_, aid)| aid.starts_with(name));
        found
            .map(|(app, _)| Named::Application(*app))
            .ok_or(Sw::NOT_FOUND)
    }

    fn select_ef(&mut self, id: u16) -> Result<Vec<u8>, Sw> {
        let app = self.session.app.ok_or(Sw::NOT_FOUND)?;
        if !self.files.efs.contains_key(&(app, id)) {
            return Err(Sw::NOT_FOUND);
        }
        self.session.ef = Some(id);
        Ok(Vec::new())
    }

    /// READ BINARY: 15-bit offset into the current file, or short identifier and 8-bit offset.
    pub(super) fn read_binary(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        let le = command.le.ok_or(Sw::WRONG_LENGTH)?;
        if !command.data.is_empty() || (le > 256 && !self.persona.card.extended_length) {
            return Err(Sw::WRONG_LENGTH);
        }
        let (short_id, offset) = match command.p1 {
            0..=0x7F => (0, usize::from(u16::from_be_bytes([command.p1, command.p2]))),
            0x81..=0x9E => (command.p1 & 0x1F, usize::from(command.p2)),
            _ => return Err(Sw::BAD_P1P2),
        };
        let file = self.target(short_id)?;
        match self.files.efs.get(&file) {
            Some(Ef::Transparent { bytes, needs }) => {
                self.allowed(needs.ok_or(Sw::SECURITY)?)?;
                let rest = bytes.get(offset..).filter(|rest| !rest.is_empty());
                let rest = rest.ok_or(Sw::OFFSET)?;
                Ok(rest.iter().take(le).copied().collect())
            }
            _ => Err(Sw::WRONG_FILE_TYPE),
        }
    }

    /// READ RECORD by number, current file (`P2 = 04`) or short identifier in the upper five bits.
    pub(super) fn read_record(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        let le = command.le.ok_or(Sw::WRONG_LENGTH)?;
        if !command.data.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        if command.p2 & 0x07 != 0x04 || command.p1 == 0 {
            return Err(Sw::BAD_P1P2);
        }
        let file = self.target(command.p2 >> 3)?;
        match self.files.efs.get(&file) {
            Some(Ef::Records(records)) => {
                let record = records
                    .get(usize::from(command.p1) - 1)
                    .ok_or(Sw::NO_RECORD)?;
                Ok(record.iter().take(le).copied().collect())
            }
            _ => Err(Sw::WRONG_FILE_TYPE),
        }
    }

    /// VERIFY, or without data the query of the retry counter, which costs nothing and reports `63Cx` even when the
    /// secret is already presented.
    pub(super) fn verify(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        let short_id = match (command.p1, command.p2) {
            (0x00, 0x80..=0x9E) => command.p2 & 0x1F,
            _ => return Err(Sw::BAD_P1P2),
        };
        if command.le.is_some() || command.extended || command.data.len() > 16 {
            return Err(Sw::WRONG_LENGTH);
        }
        let (app, id) = self.target(short_id)?;
        let Some(Ef::Secret(secret)) = self.files.efs.get_mut(&(app, id)) else {
            return Err(Sw::WRONG_FILE_TYPE);
        };
        if command.data.is_empty() {
            return Err(Sw::tries(secret.left));
        }
        let outcome = present(secret, command.data);
        if self.session.verified_in != Some(app) {
            self.session.verified.clear();
        }
        self.session.verified_in = Some(app);
        match outcome {
            Ok(()) => self.session.verified.insert(id),
            Err(_) => self.session.verified.remove(&id),
        };
        outcome.map(|()| Vec::new())
    }

    /// CHANGE REFERENCE DATA (JPKI, text): the old value must be presented already.
    pub(super) fn change_reference_data(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        match (self.session.app, command.p1, command.p2) {
            (Some(App::Jpki | App::Text), 0x01, 0x80) => self.replace(command),
            _ => Err(Sw::BAD_P1P2),
        }
    }

    /// CHANGE KEY (common).
    pub(super) fn change_key(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        match (self.session.app, command.p1, command.p2) {
            (Some(App::Common), 0x00, 0x80) => self.replace(command),
            _ => Err(Sw::BAD_P1P2),
        }
    }

    fn replace(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        if command.data.is_empty() || command.le.is_some() {
            return Err(Sw::WRONG_LENGTH);
        }
        let (app, id) = self.target(0)?;
        self.allowed(&[id])?;
        let Some(Ef::Secret(secret)) = self.files.efs.get_mut(&(app, id)) else {
            return Err(Sw::WRONG_FILE_TYPE);
        };
        let good = match secret.form {
            Form::FourDigits => {
                command.data.len() == 4 && command.data.iter().all(u8::is_ascii_digit)
            }
            Form::SignPassword => sign_password(command.data),
            Form::Fixed => return Err(Sw::CONDITIONS),
        };
        if !good {
            return Err(Sw::BAD_DATA);
        }
        secret.value = Some(command.data.to_vec());
        Ok(Vec::new())
    }

    /// GET DATA: the card manager's objects; inside an application only the contact ATR. Objects of more than 256
    /// bytes want an extended Le and answer `6700` without it.
    pub(super) fn get_data(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        let le = command.le.ok_or(Sw::WRONG_LENGTH)?;
        let tag = u16::from_be_bytes([command.p1, command.p2]);
        let visible = self.session.app.is_none() || tag == 0x5F51;
        let object = self.files.objects.get(&tag).filter(|_| visible);
        let object = object.ok_or(Sw::NO_OBJECT)?;
        if object.len() > le {
            return Err(Sw::WRONG_LENGTH);
        }
        Ok(object.clone())
    }

    /// GET CHALLENGE: 1–256 bytes, short form only.
    pub(super) fn get_challenge(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        if (command.p1, command.p2) != (0, 0) {
            return Err(Sw::BAD_P1P2);
        }
        if command.extended {
            return Err(Sw::CONDITIONS);
        }
        let le = command
            .le
            .filter(|_| command.data.is_empty())
            .ok_or(Sw::WRONG_LENGTH)?;
        let mut challenge = vec![0; le];
        self.random.fill_bytes(&mut challenge);
        Ok(challenge)
    }

    /// SET SESSION KEY: no application here completes it, and they differ in why (`66F1`, `6982`, `6A80`).
    pub(super) fn set_session_key(&self) -> Result<Vec<u8>, Sw> {
        match self.session.app {
            None => Err(Sw::UNKNOWN_INS),
            Some(App::Common) => Err(Sw::NO_KEY_DELIVERY),
            Some(App::Jpki) => Err(Sw::SECURITY),
            Some(App::Text) => self.allowed(&[0x0011]).and(Err(Sw::BAD_DATA)),
        }
    }

    /// `80 FC 00 00` belongs to the iPhone profile; plastic refuses its length.
    pub(super) fn last_command_indicator(&self) -> Result<Vec<u8>, Sw> {
        match self.persona.kind {
            Kind::SmartphoneIphone => Ok(Vec::new()),
            Kind::MyNumberCard => Err(Sw::WRONG_LENGTH),
            Kind::SmartphoneAndroid | Kind::OtherCard => Err(Sw::UNKNOWN_INS),
        }
    }
}

/// One attempt: byte-wise comparison, `63Cx` while tries remain, `63C0` for the one that exhausts them, `6984` after.
fn present(secret: &mut Secret, value: &[u8]) -> Result<(), Sw> {
    if secret.left == 0 {
        return Err(Sw::BLOCKED);
    }
    if secret.value.as_deref() == Some(value) {
        secret.left = secret.max;
        return Ok(());
    }
    secret.left -= 1;
    Err(Sw::tries(secret.left))
}
