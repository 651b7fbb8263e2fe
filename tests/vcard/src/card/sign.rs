//! Signing: COMPUTE DIGITAL SIGNATURE in the six schemes of the JPKI AP, the text AP's key without a PIN, and the
//! common AP's INTERNAL AUTHENTICATE. RSA-2048 with SHA-256 throughout, as on today's cards.

use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use sha2::{Digest as _, Sha256};

use super::{App, Card, Ef};
use crate::apdu::{Command, Sw};

/// P1 of `80 2A`. What the names say happens on the card; the rest the caller has done.
#[derive(Debug, Clone, Copy)]
enum Scheme {
    /// `00`: PKCS#1 v1.5 over the data as given.
    AsGiven,
    /// `01`: hash, then PKCS#1 v1.5 over the bare hash.
    HashBare,
    /// `02`: put a given hash into a DigestInfo.
    WrapHash,
    /// `03`: hash and wrap.
    HashWrap,
    /// `04`: PSS over a given hash.
    PssHash,
    /// `05`: hash, then PSS.
    HashPss,
}

impl Scheme {
    fn from_p1(p1: u8) -> Result<Self, Sw> {
        match p1 {
            0x00 => Ok(Self::AsGiven),
            0x01 => Ok(Self::HashBare),
            0x02 => Ok(Self::WrapHash),
            0x03 => Ok(Self::HashWrap),
            0x04 => Ok(Self::PssHash),
            0x05 => Ok(Self::HashPss),
            _ => Err(Sw::BAD_P1P2),
        }
    }

    fn accepts(self, length: usize) -> bool {
        match self {
            // 256 bytes of RSA less 11 of padding
            Self::AsGiven => (1..=245).contains(&length),
            Self::WrapHash | Self::PssHash => length == 32,
            Self::HashBare | Self::HashWrap | Self::HashPss => true,
        }
    }
}

impl Card {
    /// COMPUTE DIGITAL SIGNATURE.
    pub(super) fn compute_signature(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        let scheme = Scheme::from_p1(command.p1)?;
        let short_id = match (self.session.app, command.p1, command.p2) {
            (Some(App::Jpki), _, 0x80..=0x9E) => command.p2 & 0x1F,
            // the text AP's default key, which is the card's own
            (Some(App::Text), 0x00, 0x00) => 0x13,
            _ => return Err(Sw::BAD_P1P2),
        };
        // a signature is 256 bytes and is never given in part
        if command.le.is_none_or(|le| le < 256) || command.data.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        let key = self.key(short_id)?;
        if !scheme.accepts(command.data.len()) {
            return Err(Sw::CONDITIONS);
        }
        self.sign(scheme, &key, command.data)
    }

    /// INTERNAL AUTHENTICATE: only the common AP's key 0019 answers, and to anyone.
    pub(super) fn internal_authenticate(&mut self, command: &Command<'_>) -> Result<Vec<u8>, Sw> {
        if command.p1 != 0 || !(0x80..=0x9E).contains(&command.p2) {
            return Err(Sw::BAD_P1P2);
        }
        if command.le.is_none_or(|le| le < 256) || command.data.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        let key = self.key(command.p2 & 0x1F)?;
        if self.session.app != Some(App::Common) {
            return Err(Sw::CONDITIONS);
        }
        self.sign(Scheme::HashWrap, &key, command.data)
    }

    /// The key a command means, if the secrets it asks for are presented.
    fn key(&mut self, short_id: u8) -> Result<RsaPrivateKey, Sw> {
        let file = self.target(short_id)?;
        match self.files.efs.get(&file) {
            Some(Ef::Key { key, needs }) => {
                self.allowed(needs)?;
                Ok(key.as_ref().clone())
            }
            _ => Err(Sw::WRONG_FILE_TYPE),
        }
    }

    fn sign(&mut self, scheme: Scheme, key: &RsaPrivateKey, data: &[u8]) -> Result<Vec<u8>, Sw> {
        let plain = Pkcs1v15Sign::new_unprefixed;
        let wrapped = Pkcs1v15Sign::new::<Sha256>;
        let hash = Sha256::digest(data);
        match scheme {
            Scheme::AsGiven => key.sign(plain(), data),
            Scheme::HashBare => key.sign(plain(), &hash),
            Scheme::WrapHash => key.sign(wrapped(), data),
            Scheme::HashWrap => key.sign(wrapped(), &hash),
            Scheme::PssHash => key.sign_with_rng(&mut self.random, Pss::new::<Sha256>(), data),
            Scheme::HashPss => key.sign_with_rng(&mut self.random, Pss::new::<Sha256>(), &hash),
        }
        .map_err(|_| Sw::INTERNAL)
    }
}
