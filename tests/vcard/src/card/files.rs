//! What is on a card: applications, their files, who may read them, and the data objects of the card manager.
//! Built once from a persona; the state machine in the parent module is the only reader.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rsa::RsaPrivateKey;
use sha2::{Digest as _, Sha256};

use crate::{
    Error,
    persona::{Holder, Kind, Persona, Pins, birthday},
    pki::{
        CardKeys, Pki, TEXT_ISSUER_KEY_ID, TEXT_ROOT_KEY_ID, cv_certificate, key_object,
        sign_sha256,
    },
    tlv::{LengthForm, tlv, tlv_as, wrap},
};

/// 公的個人認証AP.
pub const JPKI_AID: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
/// 券面事項入力補助AP (text AP).
pub const TEXT_AID: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];
/// 共通カードAP.
pub const COMMON_AID: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00];
/// GlobalPlatform issuer security domain, current at power-up.
pub const ISD_AID: [u8; 7] = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];

/// The only answer this card knows to "whose number is this": none. The format of EF 0001 needs twelve digits.
const NO_NUMBER: &[u8; 12] = b"000000000000";
/// The true contact ATR without TS, data object 5F51.
const CONTACT_ATR: [u8; 18] = [
    0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73, 0xC6, 0x01,
    0xC0, 0x3B,
];

/// Which application a file belongs to; the issuer security domain is "none of them".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum App {
    Jpki,
    Text,
    Common,
}

/// Who may read a file or use a key: nobody asked, or one of these secrets presented.
pub(crate) type Needs = &'static [u16];

/// The form a replaced secret must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    FourDigits,
    SignPassword,
    /// 照合番号: fixed at issue.
    Fixed,
}

/// A PIN, password or check number with its counter. `value` is `None` where nothing will ever match.
#[derive(Clone)]
pub(crate) struct Secret {
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) left: u8,
    pub(crate) max: u8,
    pub(crate) form: Form,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({} of {} left)", self.left, self.max)
    }
}

/// What an elementary file is.
#[derive(Debug, Clone)]
pub(crate) enum Ef {
    /// Read by offset; `None` as needs: never readable.
    Transparent {
        bytes: Vec<u8>,
        needs: Option<Needs>,
    },
    /// Read by record, free.
    Records(Vec<Vec<u8>>),
    /// Presented with VERIFY.
    Secret(Secret),
    /// Signs; the secrets are those it needs.
    Key {
        key: Box<RsaPrivateKey>,
        needs: Needs,
    },
}

/// Everything on one card.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) efs: BTreeMap<(App, u16), Ef>,
    /// Applications in the order a prefix SELECT finds them.
    pub(crate) apps: Vec<(App, [u8; 10])>,
    /// GET DATA at card-manager level.
    pub(crate) objects: BTreeMap<u16, Vec<u8>>,
}

impl Files {
    pub(crate) fn issue(persona: &Persona, pki: &Pki) -> Result<Self, Error> {
        let mut files = Self {
            efs: BTreeMap::new(),
            apps: Vec::new(),
            objects: BTreeMap::new(),
        };
        let (Some(holder), Some(pins)) = (&persona.holder, &persona.pins) else {
            return Ok(files);
        };
        let keys = pki.card_keys(persona)?;
        let plastic = persona.kind == Kind::MyNumberCard;
        files.jpki(persona, pins, &keys, pki);
        if plastic {
            let expiry = birthday(holder.birth, pki.today(), persona.card.expires_in_years)
                .map_err(|_| Error::Calendar {
                    persona: persona.name.clone(),
                })?;
            files.text(persona, holder, pins, &keys, pki, expiry)?;
            files.common(persona, pins, &keys, expiry);
            files.manager(persona, pki, expiry)?;
        }
        Ok(files)
    }

    fn put(&mut self, app: App, id: u16, ef: Ef) {
        self.efs.insert((app, id), ef);
    }

    fn free(&mut self, app: App, id: u16, bytes: Vec<u8>) {
        self.put(
            app,
            id,
            Ef::Transparent {
                bytes,
                needs: Some(&[]),
            },
        );
    }

    fn behind(&mut self, app: App, id: u16, needs: Needs, bytes: Vec<u8>) {
        self.put(
            app,
            id,
            Ef::Transparent {
                bytes,
                needs: Some(needs),
            },
        );
    }

    fn secret(&mut self, app: App, id: u16, secret: Secret) {
        self.put(app, id, Ef::Secret(secret));
    }

    fn jpki(&mut self, persona: &Persona, pins: &Pins, keys: &CardKeys, pki: &Pki) {
        use App::Jpki;
        self.apps.push((Jpki, JPKI_AID));
        let fill = |der: &[u8]| filled(der.to_vec(), persona);
        if let Some(der) = &keys.sign_certificate {
            self.behind(Jpki, 0x0001, &[0x001B], fill(der));
        }
        self.free(Jpki, 0x0002, fill(pki.sign_ca()));
        self.free(Jpki, 0x0006, token_info(persona));
        let mark = |there: bool| if there { 0x8F } else { 0x00 };
        let wants = &persona.certificates;
        self.free(Jpki, 0x0008, vec![mark(wants.sign), mark(wants.auth), 0x00]);
        self.put(
            Jpki,
            0x0009,
            Ef::Transparent {
                bytes: vec![0xFF; 16],
                needs: None,
            },
        );
        // Plastic gives the authentication certificate to anyone; a phone wants its PIN first.
        let auth_needs: Needs = match persona.kind {
            Kind::SmartphoneAndroid | Kind::SmartphoneIphone => &[0x0018],
            Kind::MyNumberCard | Kind::OtherCard => &[],
        };
        if let Some(der) = &keys.auth_certificate {
            self.behind(Jpki, 0x000A, auth_needs, fill(der));
        }
        self.free(Jpki, 0x000B, fill(pki.auth_ca()));
        let key = |key: &RsaPrivateKey, needs| Ef::Key {
            key: Box::new(key.clone()),
            needs,
        };
        self.put(Jpki, 0x0017, key(&keys.auth, &[0x0018]));
        self.put(Jpki, 0x001A, key(&keys.sign, &[0x001B]));
        self.secret(
            Jpki,
            0x0018,
            four_digits(pins.auth.reveal(), persona.tries.auth),
        );
        let password = Secret {
            value: wants.sign.then(|| pins.sign.reveal().as_bytes().to_vec()),
            left: persona.tries.sign.unwrap_or(5),
            max: 5,
            form: Form::SignPassword,
        };
        self.secret(Jpki, 0x001B, password);
    }

    fn text(
        &mut self,
        persona: &Persona,
        holder: &Holder,
        pins: &Pins,
        keys: &CardKeys,
        pki: &Pki,
        expiry: Date,
    ) -> Result<(), Error> {
        use App::Text;
        self.apps.push((Text, TEXT_AID));
        let any: Needs = &[0x0011, 0x0014, 0x0015];
        let number = [&[0xFF, 0x10, 0x0C][..], NO_NUMBER, &[0xFF, 0xFF]].concat();
        let (record, signed_part) = text_record(persona, holder, &holder.address);
        let integrity = integrity(&number, &signed_part, pki)?;
        let record = if persona.card.forged {
            // same length, so that only the digest tells
            text_record(persona, holder, &holder.address.replace('０', "９")).0
        } else {
            record
        };
        self.behind(Text, 0x0001, &[0x0011, 0x0014], number);
        self.behind(Text, 0x0002, &[0x0011, 0x0015], filled(record, persona));
        self.behind(Text, 0x0003, any, filled(integrity, persona));
        let certificate = cv_certificate(
            pki.text_root_key(),
            TEXT_ROOT_KEY_ID,
            &pki.text_issuer_key().to_public_key(),
            TEXT_ISSUER_KEY_ID,
        )?;
        self.free(Text, 0x0004, filled(tlv(0x7F21, &certificate), persona));
        self.free(Text, 0x0005, text_info());
        let session_key = tlv(0xA1, &key_object(&keys.shared.to_public_key()));
        self.behind(Text, 0x0006, any, filled(session_key, persona));
        self.behind(
            Text,
            0x0007,
            any,
            filled(card_key_record(keys, pki)?, persona),
        );
        self.free(Text, 0x0008, vec![0xFF; 16]);
        self.put(
            Text,
            0x0013,
            Ef::Key {
                key: Box::new(keys.card.clone()),
                needs: &[],
            },
        );
        self.secret(
            Text,
            0x0011,
            four_digits(pins.attributes.reveal(), persona.tries.attributes),
        );
        // blocked on every card ever examined; nothing is known to match it
        let blocked = Secret {
            value: None,
            left: 0,
            max: 0,
            form: Form::Fixed,
        };
        self.secret(Text, 0x0012, blocked);
        self.secret(Text, 0x0014, check_number(NO_NUMBER.to_vec()));
        let number_b = check_number_b(holder, expiry, &persona.card.security_code);
        self.secret(Text, 0x0015, check_number(number_b.into_bytes()));
        Ok(())
    }

    fn common(&mut self, persona: &Persona, pins: &Pins, keys: &CardKeys, expiry: Date) {
        use App::Common;
        self.apps.push((Common, COMMON_AID));
        let digits = format!(
            "{}{}{}",
            card_serial(persona),
            persona.card.municipality,
            expiry.strftime("%Y%m%d")
        );
        let record = tlv(0x01, digits.as_bytes());
        self.put(Common, 0x0001, Ef::Records(vec![record]));
        self.put(
            Common,
            0x0002,
            Ef::Records(vec![tlv(0x01, &TEXT_ISSUER_KEY_ID)]),
        );
        self.put(
            Common,
            0x0019,
            Ef::Key {
                key: Box::new(keys.shared.clone()),
                needs: &[],
            },
        );
        self.secret(
            Common,
            0x001C,
            four_digits(pins.resident.reveal(), persona.tries.resident),
        );
    }

    fn manager(&mut self, persona: &Persona, pki: &Pki, expiry: Date) -> Result<(), Error> {
        let root = pki.text_root_key();
        let issuer = &pki.text_issuer_key().to_public_key();
        let upper = cv_certificate(root, TEXT_ROOT_KEY_ID, issuer, TEXT_ISSUER_KEY_ID)?;
        let lower = cv_certificate(
            pki.text_issuer_key(),
            TEXT_ISSUER_KEY_ID,
            issuer,
            TEXT_ISSUER_KEY_ID,
        )?;
        // The header list that stands before the certificate in GET DATA.
        let header = [
            0x4D, 0x0A, 0x42, 0x10, 0x5F, 0x20, 0x10, 0x5F, 0x49, 0x82, 0x01, 0x09,
        ];
        let platform = wrap(
            0x73,
            &[&tlv(0x06, &[0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01])],
        );
        self.objects = BTreeMap::from([
            (0x0042, TEXT_ISSUER_KEY_ID.to_vec()),
            (0x0045, card_serial(persona).into_bytes()),
            (0x0066, platform),
            (0x00F0, persona.card.municipality.clone().into_bytes()),
            (0x00F2, expiry.strftime("%Y%m%d").to_string().into_bytes()),
            (0x00F7, TEXT_ISSUER_KEY_ID.to_vec()),
            (0x00F8, [&header[..], &upper].concat()),
            (0x7F21, [&header[..], &lower].concat()),
            (0x5F51, CONTACT_ATR.to_vec()),
        ]);
        Ok(())
    }
}

fn filled(mut object: Vec<u8>, persona: &Persona) -> Vec<u8> {
    let size = object.len() + usize::from(persona.card.filler);
    object.resize(size, 0xFF);
    object
}

fn four_digits(pin: &str, left: Option<u8>) -> Secret {
    Secret {
        value: Some(pin.as_bytes().to_vec()),
        left: left.unwrap_or(3),
        max: 3,
        form: Form::FourDigits,
    }
}

fn check_number(value: Vec<u8>) -> Secret {
    Secret {
        value: Some(value),
        left: 10,
        max: 10,
        form: Form::Fixed,
    }
}

/// 照合番号B: birth `YYMMDD` in the Japanese era (Western for foreign residents), expiry `YYYY`, security code.
fn check_number_b(holder: &Holder, expiry: Date, code: &str) -> String {
    let birth = holder.birth;
    let first_year = match (birth.year(), birth.month(), birth.day()) {
        _ if holder.western_years => birth.year() / 100 * 100,
        day if day >= (2019, 5, 1) => 2018,
        day if day >= (1989, 1, 8) => 1988,
        day if day >= (1926, 12, 25) => 1925,
        day if day >= (1912, 7, 30) => 1911,
        _ => 1867,
    };
    let year = birth.year() - first_year;
    format!(
        "{year:02}{}{:04}{code}",
        birth.strftime("%m%d"),
        expiry.year()
    )
}

/// Fifteen digits, always the same for the same persona.
fn card_serial(persona: &Persona) -> String {
    let hash: [u8; 32] = Sha256::digest(persona.name.as_bytes()).into();
    let digits: String = hash
        .iter()
        .take(14)
        .map(|b| char::from(b'0' + b % 10))
        .collect();
    format!("4{digits}")
}

/// EF 0002, and the part of it that the issuer's digest covers: everything behind the offset table.
fn text_record(persona: &Persona, holder: &Holder, address: &str) -> (Vec<u8>, Vec<u8>) {
    let form = if persona.card.non_minimal_lengths {
        LengthForm::TwoBytes
    } else {
        LengthForm::Minimal
    };
    let birth = holder.birth.strftime("%Y%m%d").to_string();
    let sex = holder.sex.to_string();
    let objects = [
        tlv_as(form, 0xDF22, holder.name.as_bytes()),
        tlv_as(form, 0xDF23, address.as_bytes()),
        tlv_as(form, 0xDF24, birth.as_bytes()),
        tlv_as(form, 0xDF25, sex.as_bytes()),
    ];
    let fields = objects.concat();
    let table_header = tlv_as(form, 0xDF21, &[0; 8]).len();
    let whole = tlv_as(form, 0xFF20, &vec![0; table_header + fields.len()]).len();
    let mut offset = whole - fields.len();
    let mut table = Vec::new();
    for object in &objects {
        table.extend(u16::try_from(offset).unwrap_or(u16::MAX).to_be_bytes());
        offset += object.len();
    }
    let content = [tlv_as(form, 0xDF21, &table), fields.clone()].concat();
    (tlv_as(form, 0xFF20, &content), fields)
}

/// EF 0003: digests of number file (whole) and record (from DF22 on), signed by the key of EF 0004.
fn integrity(number: &[u8], fields: &[u8], pki: &Pki) -> Result<Vec<u8>, Error> {
    let digests = [
        tlv(0xDF31, &Sha256::digest(number)),
        tlv(0xDF32, &Sha256::digest(fields)),
    ]
    .concat();
    let signature = sign_sha256(pki.text_issuer_key(), &digests, "the integrity record")?;
    Ok(wrap(0xFF30, &[&digests, &tlv(0xDF33, &signature)]))
}

/// EF 0005, with the non-minimal lengths seen on a real card.
fn text_info() -> Vec<u8> {
    let mut trailing = Sha256::digest(b"ubugoe-vcard text AP").to_vec();
    trailing.resize(128, 0xFF);
    let content = [
        tlv(0xDF41, &[0x01, 0x03, 0x0E, 0x01]),
        tlv(0xDF42, &TEXT_ROOT_KEY_ID),
        tlv_as(LengthForm::TwoBytes, 0xDF43, &trailing),
    ]
    .concat();
    tlv_as(LengthForm::TwoBytes, 0xFF40, &content)
}

/// EF 0007: the card's own public key, signed by the issuer.
fn card_key_record(keys: &CardKeys, pki: &Pki) -> Result<Vec<u8>, Error> {
    let key = tlv(0xDF51, &key_object(&keys.card.to_public_key()));
    let signature = sign_sha256(pki.text_issuer_key(), &key, "the card's public key")?;
    Ok(wrap(0xFF50, &[&key, &tlv(0xDF52, &signature)]))
}

/// EF 0006: `CK_TOKEN_INFO` with big-endian 32-bit numbers, 160 bytes.
fn token_info(persona: &Persona) -> Vec<u8> {
    let label = match persona.kind {
        Kind::MyNumberCard | Kind::OtherCard => "JPKIAPICCTOKEN2",
        Kind::SmartphoneAndroid => "JPKIAPGPSETOKEN",
        Kind::SmartphoneIphone => "JPKIAPIOSTOKEN",
    };
    let padded = |text: &str, size: usize| {
        let mut field = text.as_bytes().to_vec();
        field.resize(size, b' ');
        field
    };
    let mut out = [
        padded(label, 32),
        padded("00000000000000000000000000000001", 32),
        padded("UBUGOE", 16),
        padded("0000000020500003", 16),
    ]
    .concat();
    let unavailable = u32::MAX;
    // flags, sessions, PIN lengths, memory
    for number in [
        0x040D,
        1,
        0,
        1,
        0,
        16,
        6,
        unavailable,
        unavailable,
        unavailable,
        unavailable,
    ] {
        out.extend(number.to_be_bytes());
    }
    out.extend(b"0301");
    out.resize(160, b'9');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_check_number_of_the_published_test_card_comes_out() {
        let holder = Holder {
            name: String::new(),
            address: String::new(),
            birth: date(1980, 2, 17),
            sex: 1,
            western_years: false,
        };
        assert_eq!(
            check_number_b(&holder, date(2035, 2, 17), "2285"),
            "55021720352285"
        );
        let western = Holder {
            western_years: true,
            ..holder
        };
        assert_eq!(
            check_number_b(&western, date(2035, 2, 17), "2285"),
            "80021720352285"
        );
    }

    #[test]
    fn the_contact_atr_checks_its_sum() {
        assert_eq!(CONTACT_ATR.iter().fold(0, |sum, b| sum ^ b), 0);
    }

    #[test]
    fn token_info_is_160_bytes_with_the_flags_of_a_real_card() {
        let info = token_info(&Persona::built_in("hana").unwrap());
        assert_eq!(info.len(), 160);
        assert_eq!(&info[..32], b"JPKIAPICCTOKEN2                 ");
        assert_eq!(&info[96..100], [0, 0, 4, 0x0D]);
        assert_eq!(&info[140..144], b"0301");
        assert_eq!(&info[144..], [b'9'; 16]);
    }

    /// The offsets and lengths of a published test card's EF 0002, for a name of 15 and an address of 54 bytes.
    #[test]
    fn a_record_is_laid_out_as_on_the_published_test_card() {
        let mut hana = Persona::built_in("hana").unwrap();
        let holder = hana.holder.as_mut().unwrap();
        holder.name = "一二\u{3000}三四".to_owned();
        holder.address = "あ".repeat(18);
        let holder = holder.clone();
        let (record, fields) = text_record(&hana, &holder, &holder.address);
        assert_eq!(record[..3], [0xFF, 0x20, 0x65]);
        assert_eq!(
            record[3..14],
            [
                0xDF, 0x21, 0x08, 0x00, 0x0E, 0x00, 0x20, 0x00, 0x59, 0x00, 0x64
            ]
        );
        assert_eq!(record.len(), 0x68);
        assert_eq!(&record[14..], fields);
    }
}
