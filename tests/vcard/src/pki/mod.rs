//! The test PKI: two certificate authorities with the shape of the real JPKI hierarchy, the issuer chain behind the
//! text record, and one key per persona and purpose. Every key is derived from its name, so tests are repeatable and
//! **anybody can forge these signatures**: never trust these authorities outside a test.

mod certificate;
mod cvc;
mod keys;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rsa::{RsaPrivateKey, RsaPublicKey};

pub(crate) use cvc::{certificate_body as cv_certificate, key_object, sign_sha256};
pub(crate) use keys::random_for;

use crate::{Error, persona::Persona};

/// File name of the signing CA's certificate in the PKI directory, PEM.
pub const SIGN_CA_FILE: &str = "jpki-sign-ca.pem";
/// File name of the authentication CA's certificate in the PKI directory, PEM.
pub const AUTH_CA_FILE: &str = "jpki-auth-ca.pem";
/// File name of the public key that the text AP's issuer chain ends in, SubjectPublicKeyInfo PEM.
pub const TEXT_ROOT_FILE: &str = "text-root.pub.pem";
/// 証明者鍵ID of that root, as EF 0004 names it: seven digits, `08 05`, a generation, four zeros.
/// Real roots are `5000…`, those of the JPKI test cards `6000…`.
pub const TEXT_ROOT_KEY_ID: [u8; 16] = *b"9999033\x08\x05001\0\0\0\0";
/// 被証明者鍵ID of the municipal issuer's key under that root: municipality code with check digit, and `1`.
pub const TEXT_ISSUER_KEY_ID: [u8; 16] = *b"9900191\x08\x05000\0\0\0\0";

/// One of the two authorities.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    pub(crate) key: RsaPrivateKey,
    /// The CA certificate, DER.
    pub(crate) certificate: Vec<u8>,
    pub(crate) purpose: certificate::Purpose,
}

/// The keys and authorities of a PKI directory.
#[derive(Debug, Clone)]
pub struct Pki {
    directory: PathBuf,
    today: Date,
    sign: Authority,
    auth: Authority,
    text_root: RsaPrivateKey,
    text_issuer: RsaPrivateKey,
}

/// What one card carries besides its text.
#[derive(Debug, Clone)]
pub(crate) struct CardKeys {
    pub(crate) sign: RsaPrivateKey,
    pub(crate) auth: RsaPrivateKey,
    /// The card's own key (text AP 0013).
    pub(crate) card: RsaPrivateKey,
    /// SET SESSION KEY (text AP 0006) and INTERNAL AUTHENTICATE (common AP 0019): the same for every persona.
    pub(crate) shared: RsaPrivateKey,
    /// 署名用電子証明書, DER.
    pub(crate) sign_certificate: Option<Vec<u8>>,
    /// 利用者証明用電子証明書, DER.
    pub(crate) auth_certificate: Option<Vec<u8>>,
}

impl Pki {
    /// Opens a PKI directory, making what is missing: about a second per key the first time, read from disk later.
    /// Several processes may share one directory. `today` decides every validity period.
    ///
    /// CA certificates that would not cover every persona's dates any more are written anew under the same keys.
    pub fn open(directory: &Path, today: Date) -> Result<Self, Error> {
        let store = keys::Store::open(directory)?;
        let sign = authority(&store, certificate::Purpose::Sign, SIGN_CA_FILE, today)?;
        let auth = authority(&store, certificate::Purpose::Auth, AUTH_CA_FILE, today)?;
        let text_root = store.key("text-root")?;
        store.write_public(TEXT_ROOT_FILE, &text_root)?;
        let text_issuer = store.key("text-issuer")?;
        Ok(Self {
            directory: directory.to_owned(),
            today,
            sign,
            auth,
            text_root,
            text_issuer,
        })
    }

    /// The directory the PKI lives in.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The day all validity periods are counted from.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// The signing CA's certificate, DER.
    #[must_use]
    pub fn sign_ca(&self) -> &[u8] {
        &self.sign.certificate
    }

    /// The authentication CA's certificate, DER.
    #[must_use]
    pub fn auth_ca(&self) -> &[u8] {
        &self.auth.certificate
    }

    /// The public key that a verifier of text records must hold; named by [`TEXT_ROOT_KEY_ID`] on the card.
    #[must_use]
    pub fn text_root(&self) -> RsaPublicKey {
        self.text_root.to_public_key()
    }

    pub(crate) fn text_root_key(&self) -> &RsaPrivateKey {
        &self.text_root
    }

    pub(crate) fn text_issuer_key(&self) -> &RsaPrivateKey {
        &self.text_issuer
    }

    /// The keys of one persona's card, with certificates made for today.
    pub(crate) fn card_keys(&self, persona: &Persona) -> Result<CardKeys, Error> {
        let store = keys::Store::open(&self.directory)?;
        let key = |purpose: &str| store.key(&format!("{}-{purpose}", persona.name));
        let (sign, auth, card) = (key("sign")?, key("auth")?, key("card")?);
        let leaf = |authority: &Authority, key: &RsaPrivateKey, wanted: bool| {
            if !wanted {
                return Ok(None);
            }
            certificate::leaf(authority, persona, &key.to_public_key(), self.today).map(Some)
        };
        let wants = &persona.certificates;
        Ok(CardKeys {
            sign_certificate: leaf(&self.sign, &sign, wants.sign)?,
            auth_certificate: leaf(&self.auth, &auth, wants.auth)?,
            sign,
            auth,
            card,
            shared: store.key("shared")?,
        })
    }
}

fn authority(
    store: &keys::Store,
    purpose: certificate::Purpose,
    file: &str,
    today: Date,
) -> Result<Authority, Error> {
    let label = file.trim_end_matches(".pem");
    let key = store.key(label)?;
    let kept = store.read_certificate(file)?;
    let good = kept.filter(|der| certificate::still_good(der, &key, today));
    let certificate = if let Some(der) = good {
        der
    } else {
        let der = certificate::authority(purpose, &key, today)?;
        store.write_certificate(file, &der)?;
        der
    };
    Ok(Authority {
        key,
        certificate,
        purpose,
    })
}
