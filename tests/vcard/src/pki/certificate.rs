//! X.509 certificates in the profile of the real ones: same distinguished-name shape, same extensions in the same
//! order, test policy arc. Written byte by byte because the order and the odd forms are the point; no revocation.

use const_oid::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
};
use rsa::{RsaPrivateKey, RsaPublicKey, pkcs8::EncodePublicKey as _, traits::PublicKeyParts as _};
use sha2::{Digest as _, Sha256};

use super::{Authority, cvc::sign_sha256};
use crate::{
    Error,
    persona::{Persona, birthday},
    tlv::{bits, oid, seq, tlv, unsigned, utf8, wrap},
};

const RSA_SHA256: &str = "1.2.840.113549.1.1.11";
const RSA: &str = "1.2.840.113549.1.1.1";
/// The arc of 公的個人認証.
const JPKI_ARC: &str = "1.2.392.200149.8.5";

/// Which of the two hierarchies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// 署名用.
    Sign,
    /// 利用者証明用.
    Auth,
}

impl Purpose {
    fn unit(self) -> &'static str {
        match self {
            Self::Sign => "JPKI for digital signature",
            Self::Auth => "JPKI for user authentication",
        }
    }

    fn unit_ja(self) -> &'static str {
        match self {
            Self::Sign => "公的個人認証サービス署名用（試験）",
            Self::Auth => "公的個人認証サービス利用者証明用（試験）",
        }
    }

    /// Policies of the `O=JPKI-TEST` hierarchy; production uses `….1.1.20` and `….1.3.30`.
    fn policy(self) -> String {
        match self {
            Self::Sign => format!("{JPKI_ARC}.1.0.20"),
            Self::Auth => format!("{JPKI_ARC}.1.0.30"),
        }
    }
}

/// One relative distinguished name: attribute and value. `C` is a PrintableString, all else UTF8String.
fn rdn(attribute: &str, value: &str) -> Vec<u8> {
    let string = match attribute {
        "2.5.4.6" => tlv(0x13, value.as_bytes()),
        _ => utf8(value),
    };
    wrap(0x31, &[&seq(&[&id(attribute), &string])])
}

/// All identifiers in this file are literals; one that is not an OID would show in every test as an empty object.
fn id(text: &str) -> Vec<u8> {
    ObjectIdentifier::new(text).map(oid).unwrap_or_default()
}

const C: &str = "2.5.4.6";
const O: &str = "2.5.4.10";
const OU: &str = "2.5.4.11";
const L: &str = "2.5.4.7";
const CN: &str = "2.5.4.3";

fn name(parts: &[(&str, &str)]) -> Vec<u8> {
    let parts: Vec<u8> = parts.iter().flat_map(|(a, v)| rdn(a, v)).collect();
    tlv(0x30, &parts)
}

/// The issuer: the real shape, with the operator's name replaced by the truth.
fn issuer_name(purpose: Purpose) -> Vec<u8> {
    name(&[
        (C, "JP"),
        (O, "JPKI-TEST"),
        (OU, purpose.unit()),
        (OU, "Ubugoe virtual card test CA (not J-LIS)"),
    ])
}

fn issuer_name_ja(purpose: Purpose) -> Vec<u8> {
    name(&[
        (C, "JP"),
        (O, "公的個人認証サービス（試験）"),
        (OU, purpose.unit_ja()),
        (OU, "産声 仮想カード試験用認証局"),
    ])
}

/// UTCTime up to 2049, GeneralizedTime after (RFC 5280 4.1.2.5).
fn time(at: DateTime) -> Vec<u8> {
    if at.year() < 2050 {
        tlv(0x17, at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        tlv(0x18, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}

/// 23:59:59 of a Japanese day, in UTC: where JPKI's validity periods end.
fn end_of_day(day: Date) -> DateTime {
    day.at(14, 59, 59, 0)
}

fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[0x01, 0x01, 0xFF] } else { &[] };
    seq(&[&id(oid), flag, &tlv(0x04, value)])
}

fn key_info(key: &RsaPublicKey) -> Vec<u8> {
    let bare = seq(&[
        &unsigned(&key.n().to_bytes_be()),
        &unsigned(&key.e().to_bytes_be()),
    ]);
    seq(&[&seq(&[&id(RSA), &[0x05, 0x00]]), &bits(&bare)])
}

/// 160 bits of SHA-256 over the key (RFC 7093 method 1).
fn key_id(key: &RsaPublicKey) -> Vec<u8> {
    let bare = seq(&[
        &unsigned(&key.n().to_bytes_be()),
        &unsigned(&key.e().to_bytes_be()),
    ]);
    Sha256::digest(bare).iter().take(20).copied().collect()
}

/// Three bytes like the real serial numbers, always the same for the same label.
fn serial(label: &str) -> Vec<u8> {
    let hash: [u8; 32] = Sha256::digest(label.as_bytes()).into();
    let [a, b, c, ..] = hash;
    unsigned(&[a & 0x7F | 0x40, b, c])
}

fn ca_serial(purpose: Purpose) -> Vec<u8> {
    serial(purpose.unit())
}

fn directory_name(name: &[u8]) -> Vec<u8> {
    tlv(0xA4, name)
}

fn crl_point(name: &[u8]) -> Vec<u8> {
    let point = wrap(0xA0, &[&wrap(0xA0, &[&directory_name(name)])]);
    extension("2.5.29.31", false, &seq(&[&seq(&[&point])]))
}

fn subject_key(key: &RsaPublicKey) -> Vec<u8> {
    extension("2.5.29.14", false, &tlv(0x04, &key_id(key)))
}

/// keyid, issuer and serial, all three.
fn authority_key(purpose: Purpose, key: &RsaPublicKey) -> Vec<u8> {
    let serial = ca_serial(purpose);
    let digits = serial.get(2..).unwrap_or_default();
    let value = seq(&[
        &tlv(0x80, &key_id(key)),
        &wrap(0xA1, &[&directory_name(&issuer_name(purpose))]),
        &tlv(0x82, digits),
    ]);
    extension("2.5.29.35", false, &value)
}

fn policies(purpose: Purpose) -> Vec<u8> {
    let cps = seq(&[
        &id("1.3.6.1.5.5.7.2.1"),
        &tlv(0x16, b"http://www.jpki.go.jp/cps.html"),
    ]);
    let value = seq(&[&seq(&[&id(&purpose.policy()), &seq(&[&cps])])]);
    extension("2.5.29.32", true, &value)
}

/// The parts that differ from certificate to certificate.
struct Body {
    serial: Vec<u8>,
    from: DateTime,
    until: DateTime,
    subject: Vec<u8>,
    key: Vec<u8>,
    extensions: Vec<Vec<u8>>,
}

fn issue(purpose: Purpose, signer: &RsaPrivateKey, body: &Body) -> Result<Vec<u8>, Error> {
    let algorithm = seq(&[&id(RSA_SHA256), &[0x05, 0x00]]);
    let tbs = seq(&[
        &[0xA0, 0x03, 0x02, 0x01, 0x02],
        &body.serial,
        &algorithm,
        &issuer_name(purpose),
        &seq(&[&time(body.from), &time(body.until)]),
        &body.subject,
        &body.key,
        &wrap(0xA3, &[&tlv(0x30, &body.extensions.concat())]),
    ]);
    let signature = sign_sha256(signer, &tbs, "a certificate")?;
    Ok(seq(&[&tbs, &algorithm, &bits(&signature)]))
}

/// A self-signed CA certificate, wide enough for every persona's dates around `today`.
pub(super) fn authority(
    purpose: Purpose,
    key: &RsaPrivateKey,
    today: Date,
) -> Result<Vec<u8>, Error> {
    let out = |_| Error::Calendar {
        persona: "(test CA)".to_owned(),
    };
    let public = key.to_public_key();
    let own = issuer_name(purpose);
    let alternative = name(&[(C, "JP"), (O, "公的個人認証サービス（試験）")]);
    let body = Body {
        serial: ca_serial(purpose),
        from: today.checked_sub(10.years()).map_err(out)?.at(0, 0, 0, 0),
        until: end_of_day(today.checked_add(12.years()).map_err(out)?),
        subject: own.clone(),
        key: key_info(&public),
        extensions: vec![
            // keyCertSign, cRLSign
            extension("2.5.29.15", true, &[0x03, 0x02, 0x01, 0x06]),
            extension("2.5.29.17", false, &seq(&[&directory_name(&alternative)])),
            extension("2.5.29.19", true, &seq(&[&[0x01, 0x01, 0xFF]])),
            crl_point(&own),
            subject_key(&public),
        ],
    };
    issue(purpose, key, &body)
}

/// Whether a CA certificate kept on disk is this key's and covers seven years around `today`.
pub(super) fn still_good(der: &[u8], key: &RsaPrivateKey, today: Date) -> bool {
    let Ok(certificate) = x509_cert::Certificate::from_der(der) else {
        return false;
    };
    let tbs = &certificate.tbs_certificate;
    let same_key = key.to_public_key().to_public_key_der().is_ok_and(|spki| {
        tbs.subject_public_key_info
            .to_der()
            .is_ok_and(|own| own == spki.as_bytes())
    });
    let year =
        |time: &x509_cert::time::Time| i16::try_from(time.to_date_time().year()).unwrap_or(0);
    same_key
        && year(&tbs.validity.not_before) <= today.year() - 7
        && year(&tbs.validity.not_after) >= today.year() + 7
}

/// A holder's certificate.
pub(super) fn leaf(
    authority: &Authority,
    persona: &Persona,
    key: &RsaPublicKey,
    today: Date,
) -> Result<Vec<u8>, Error> {
    let purpose = authority.purpose;
    let gone = || Error::Calendar {
        persona: persona.name.clone(),
    };
    let holder = persona.holder.as_ref().ok_or_else(gone)?;
    let years = persona.certificates.expire_in_years;
    let last = birthday(holder.birth, today, years).map_err(|_| gone())?;
    // Five years before their end, but never later than a week ago.
    let issued = last
        .checked_sub(5.years())
        .map_err(|_| gone())?
        .min(today.checked_sub(7.days()).map_err(|_| gone())?);
    let (subject, extensions) = match purpose {
        Purpose::Sign => sign_parts(persona, &holder_san(persona, holder), issued),
        Purpose::Auth => auth_parts(persona),
    };
    let own_key = authority.key.to_public_key();
    let mut extensions = extensions;
    extensions.push(authority_key(purpose, &own_key));
    extensions.push(subject_key(key));
    let body = Body {
        serial: serial(&format!("{}-{}", persona.name, purpose.unit())),
        from: issued.at(1, 35, 57, 0),
        until: end_of_day(last),
        subject,
        key: key_info(key),
        extensions,
    };
    issue(purpose, &authority.key, &body)
}

fn office(persona: &Persona) -> String {
    format!("{}003A", persona.card.municipality)
}

fn crl_name(purpose: Purpose) -> Vec<u8> {
    name(&[
        (C, "JP"),
        (O, "JPKI-TEST"),
        (OU, purpose.unit()),
        (OU, "CRL Distribution Points"),
        (OU, "Namioto-ken"),
        (CN, "Asukoe-shi CRLDP"),
    ])
}

fn issuer_alternative(purpose: Purpose) -> Vec<u8> {
    let value = seq(&[&directory_name(&issuer_name_ja(purpose))]);
    extension("2.5.29.18", false, &value)
}

/// Subject and extensions of the signing certificate: SAN with the basic four, no AIA.
fn sign_parts(persona: &Persona, san: &[u8], issued: Date) -> (Vec<u8>, Vec<Vec<u8>>) {
    let common = format!(
        "{}17260000134{}",
        issued.strftime("%Y%m%d"),
        office(persona)
    );
    let subject = name(&[
        (C, "JP"),
        (L, "Namioto-ken"),
        (L, "Asukoe-shi"),
        (CN, &common),
    ]);
    let extensions = vec![
        // digitalSignature, nonRepudiation
        extension("2.5.29.15", true, &[0x03, 0x02, 0x06, 0xC0]),
        extension("2.5.29.17", false, san),
        policies(Purpose::Sign),
        issuer_alternative(Purpose::Sign),
        crl_point(&crl_name(Purpose::Sign)),
    ];
    (subject, extensions)
}

/// Subject and extensions of the authentication certificate: opaque name, no personal data.
fn auth_parts(persona: &Persona) -> (Vec<u8>, Vec<Vec<u8>>) {
    let hash: [u8; 32] = Sha256::digest(persona.name.as_bytes()).into();
    // 14 opaque capitals and digits as on real certificates
    let alphabet = b"ACEGI1379BDF2468";
    let opaque: String = hash
        .iter()
        .take(14)
        .filter_map(|b| alphabet.get(usize::from(b & 0x0F)))
        .map(|b| char::from(*b))
        .collect();
    let subject = name(&[(C, "JP"), (CN, &format!("{opaque}{}", office(persona)))]);
    let ocsp = seq(&[
        &id("1.3.6.1.5.5.7.48.1"),
        &tlv(0x86, b"http://ocsp.ubugoe-test.invalid"),
    ]);
    let extensions = vec![
        // digitalSignature
        extension("2.5.29.15", true, &[0x03, 0x02, 0x07, 0x80]),
        extension("2.5.29.37", false, &seq(&[&id("1.3.6.1.5.5.7.3.2")])),
        policies(Purpose::Auth),
        issuer_alternative(Purpose::Auth),
        crl_point(&crl_name(Purpose::Auth)),
        extension("1.3.6.1.5.5.7.1.1", false, &seq(&[&ocsp])),
    ];
    (subject, extensions)
}

/// Era digit and Gregorian date: 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和.
fn era_date(birth: Date) -> String {
    let era = match (birth.year(), birth.month(), birth.day()) {
        day if day >= (2019, 5, 1) => '5',
        day if day >= (1989, 1, 8) => '4',
        day if day >= (1926, 12, 25) => '3',
        day if day >= (1912, 7, 30) => '2',
        _ => '1',
    };
    format!("{era}{}", birth.strftime("%Y%m%d"))
}

/// Six otherName entries in the order of the real certificates: name, birth, sex, address, and one digit per
/// character telling which characters stand for others (0: none).
fn holder_san(persona: &Persona, holder: &crate::persona::Holder) -> Vec<u8> {
    let name = persona
        .certificates
        .sign_name
        .as_ref()
        .unwrap_or(&holder.name);
    let flags = |text: &str| "0".repeat(text.chars().count());
    let entries: Vec<u8> = [
        (1, name.clone()),
        (4, era_date(holder.birth)),
        (3, holder.sex.to_string()),
        (5, holder.address.clone()),
        (2, flags(name)),
        (6, flags(&holder.address)),
    ]
    .iter()
    .flat_map(|(arc, value)| {
        let type_id = id(&format!("{JPKI_ARC}.5.{arc}"));
        wrap(0xA0, &[&type_id, &wrap(0xA0, &[&utf8(value)])])
    })
    .collect();
    tlv(0x30, &entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn birth_dates_carry_their_era_digit() {
        assert_eq!(era_date(date(1980, 2, 17)), "319800217");
        assert_eq!(era_date(date(1989, 1, 7)), "319890107");
        assert_eq!(era_date(date(1989, 1, 8)), "419890108");
        assert_eq!(era_date(date(2019, 4, 30)), "420190430");
        assert_eq!(era_date(date(2019, 5, 1)), "520190501");
        assert_eq!(era_date(date(1912, 7, 29)), "119120729");
        assert_eq!(era_date(date(1912, 7, 30)), "219120730");
    }

    #[test]
    fn every_object_identifier_in_this_file_parses() {
        for text in [
            RSA_SHA256,
            RSA,
            C,
            O,
            OU,
            L,
            CN,
            "2.5.29.31",
            "2.5.29.14",
            "2.5.29.35",
            "1.3.6.1.5.5.7.2.1",
            "2.5.29.32",
            "2.5.29.15",
            "2.5.29.17",
            "2.5.29.19",
            "2.5.29.18",
            "2.5.29.37",
            "1.3.6.1.5.5.7.3.2",
            "1.3.6.1.5.5.7.48.1",
            "1.3.6.1.5.5.7.1.1",
        ] {
            assert!(id(text).len() > 2, "{text}");
        }
        assert!(id(&Purpose::Sign.policy()).len() > 2 && id(&Purpose::Auth.policy()).len() > 2);
    }
}
