//! The session against a card made of a few files in memory: every bad answer at every place. What a real card
//! does over a real reader is tested in `tests/`.
#![allow(
    clippy::unwrap_used,
    reason = "a failed expectation should stop the test"
)]

use std::collections::HashMap;
use std::sync::OnceLock;

use proptest::prelude::*;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};

use super::*;
use crate::text::tests::file;

pub(crate) const PIN: &str = "7391";
const PASSWORD: &str = "HIMITSU7";
const JPKI: &str = "d392f000260100000001";
const TEXT: &str = "d3921000310001010408";
const COMMON: &str = "d3921000310001010100";

fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap())
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let mut bytes = vec![tag];
    match value.len() {
        length @ 0..=127 => bytes.push(u8::try_from(length).unwrap()),
        length @ 128..=255 => bytes.extend([0x81, u8::try_from(length).unwrap()]),
        length => {
            bytes.push(0x82);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend(value);
    bytes
}

/// A certificate with our key in it and nobody's signature on it: nothing here verifies certificates.
fn certificate(serial: u8) -> Vec<u8> {
    let sha256_rsa = hex::decode("300d06092a864886f70d01010b0500").unwrap();
    let rsa = hex::decode("300d06092a864886f70d0101010500").unwrap();
    let name = |text: &str| {
        let value = der(0x0C, &[text.as_bytes()]);
        let attribute = der(0x30, &[&[0x06, 0x03, 0x55, 0x04, 0x03], &value]);
        der(0x30, &[&der(0x31, &[&attribute])])
    };
    let validity = der(
        0x30,
        &[
            &der(0x17, &[b"250101000000Z"]),
            &der(0x17, &[b"300101000000Z"]),
        ],
    );
    let public = key().to_public_key().to_pkcs1_der().unwrap();
    let spki = der(0x30, &[&rsa, &der(0x03, &[&[0], public.as_bytes()])]);
    let tbs = der(
        0x30,
        &[
            &[0xA0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, serial],
            &sha256_rsa,
            &name("Test issuer"),
            &validity,
            &name("A card of the tests"),
            &spki,
        ],
    );
    der(0x30, &[&tbs, &sha256_rsa, &der(0x03, &[&[0], &[0; 128]])])
}

#[derive(Clone)]
enum Odd {
    Answer(Vec<u8>),
    Lost,
    /// Power gone and back before this command.
    Reset,
    /// Another card before this command.
    Swap,
}

/// A card: applications, files, counters, and the odd thing at the n-th command.
#[derive(Clone)]
pub(crate) struct Fake {
    files: HashMap<(&'static str, u8), Vec<u8>>,
    tries: HashMap<u8, u8>,
    expiry: Vec<u8>,
    selected: Option<&'static str>,
    current: u8,
    open: Option<u8>,
    extended: bool,
    sfi_makes_current: bool,
    odd: HashMap<usize, Odd>,
    pub(crate) sent: Vec<String>,
}

impl Fake {
    pub(crate) fn healthy() -> Self {
        let mut token = b"JPKIAPICCTOKEN2".to_vec();
        token.resize(160, b' ');
        let mut attributes = file("産声\u{3000}花", "あすこえ市一丁目２番", b"19970704", b"2");
        attributes.extend([0xFF; 20]);
        let mut signing = certificate(9);
        signing.extend([0xFF; 30]);
        let information = hex::decode("ff4082009fdf410401000e01df4210").unwrap();
        Self {
            files: HashMap::from([
                ((JPKI, 0x01), signing),
                ((JPKI, 0x06), token),
                ((JPKI, 0x08), vec![0x8F, 0x8F, 0x00]),
                ((JPKI, 0x0A), certificate(1)),
                ((TEXT, 0x02), attributes),
                ((TEXT, 0x05), information),
            ]),
            tries: HashMap::from([(0x11, 3), (0x18, 3), (0x1B, 5)]),
            expiry: b"20350704".to_vec(),
            selected: None,
            current: 0,
            open: None,
            extended: false,
            sfi_makes_current: true,
            odd: HashMap::new(),
            sent: Vec::new(),
        }
    }

    fn odd(mut self, at: usize, odd: Odd) -> Self {
        self.odd.insert(at, odd);
        self
    }

    fn with_extended(mut self) -> Self {
        self.extended = true;
        self.files.get_mut(&(TEXT, 0x05)).unwrap()[9] = 0x03;
        let long = der(0x30, &[&[7; 500]]);
        self.files.insert((TEXT, 0x04), long);
        self
    }

    fn power_cycle(&mut self) {
        self.selected = None;
        self.current = 0;
        self.open = None;
    }

    fn needs(&self, sfi: u8) -> Option<u8> {
        match (self.selected, sfi) {
            (Some(TEXT), 0x02 | 0x03) => Some(0x11),
            (Some(JPKI), 0x01) => Some(0x1B),
            _ => None,
        }
    }

    fn read(&self, sfi: u8, offset: usize, le: usize) -> Vec<u8> {
        let Some(file) = self.selected.and_then(|ap| self.files.get(&(ap, sfi))) else {
            return status(0x6A82);
        };
        if self.needs(sfi).is_some_and(|key| self.open != Some(key)) {
            return status(0x6982);
        }
        match file.get(offset..) {
            Some(rest) if !rest.is_empty() => ok(&rest[..le.min(rest.len())]),
            _ => status(0x6B00),
        }
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        match command {
            [0, 0xA4, 4, 0x0C, _, aid @ ..] => {
                let known = [JPKI, TEXT, COMMON, "a0000001510000"]
                    .into_iter()
                    .find(|ap| *ap == hex::encode(aid));
                let Some(known) = known else {
                    return status(0x6A82);
                };
                if self.selected != Some(known) {
                    self.open = None;
                }
                self.selected = Some(known);
                status(0x9000)
            }
            [0, 0xCA, 0, 0xF2, 0] if self.selected.is_none() => ok(&self.expiry),
            [0, 0xA4, 2, 0x0C, 2, 0, file] => {
                self.current = *file;
                status(0x9000)
            }
            [0, 0xB2, 1, 0x0C, 0] if self.selected == Some(COMMON) => {
                ok(&[&[0x01, 0x1C][..], b"40000001271984399999", &self.expiry].concat())
            }
            [0, 0xB0, p1 @ 0x80..=0xFF, offset, le @ ..] => {
                if self.sfi_makes_current {
                    self.current = p1 & 0x1F;
                }
                self.long_or_short(p1 & 0x1F, usize::from(*offset), le)
            }
            [0, 0xB0, high, low, le @ ..] => {
                if self.current == 0 {
                    return status(0x6986);
                }
                let offset = usize::from(u16::from_be_bytes([*high, *low]));
                self.long_or_short(self.current, offset, le)
            }
            [0, 0x20, 0, p2] => {
                let left = self.tries.get(&(p2 & 0x1F));
                match (self.selected, left) {
                    (Some(JPKI | TEXT), Some(left)) => status(0x63C0 | u16::from(*left)),
                    _ => status(0x6A82),
                }
            }
            [0, 0x20, 0, p2, _, secret @ ..] => self.verify(p2 & 0x1F, secret),
            [0x80, 0x2A, 0, 0x9A, 51, info @ .., 0] if self.open == Some(0x1B) => {
                ok(&key().sign(Pkcs1v15Sign::new_unprefixed(), info).unwrap())
            }
            _ => status(0x6985),
        }
    }

    fn long_or_short(&self, sfi: u8, offset: usize, le: &[u8]) -> Vec<u8> {
        match le {
            [0] => self.read(sfi, offset, 256),
            [le] => self.read(sfi, offset, usize::from(*le)),
            [0, high, low] if self.extended => {
                self.read(sfi, offset, usize::from(u16::from_be_bytes([*high, *low])))
            }
            _ => status(0x6700),
        }
    }

    fn verify(&mut self, file: u8, secret: &[u8]) -> Vec<u8> {
        let expected = match (self.selected, file) {
            (Some(TEXT), 0x11) => PIN.as_bytes(),
            (Some(JPKI), 0x1B) => PASSWORD.as_bytes(),
            _ => return status(0x6A82),
        };
        let left = self.tries.get_mut(&file).unwrap();
        if *left == 0 {
            return status(0x6984);
        }
        if secret == expected {
            self.open = Some(file);
            return status(0x9000);
        }
        *left -= 1;
        status(0x63C0 | u16::from(*left))
    }
}

fn ok(data: &[u8]) -> Vec<u8> {
    [data, &[0x90, 0x00]].concat()
}

fn status(word: u16) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}

impl Transmit for Fake {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        self.sent.push(hex::encode(command));
        match self.odd.get(&(self.sent.len() - 1)).cloned() {
            Some(Odd::Answer(bytes)) => return Ok(bytes),
            Some(Odd::Lost) => return Err(TransmitError::Empty),
            Some(Odd::Reset) => self.power_cycle(),
            Some(Odd::Swap) => {
                self.power_cycle();
                self.files.insert((JPKI, 0x0A), certificate(2));
            }
            None => {}
        }
        Ok(self.answer(command))
    }
}

fn policy() -> Policy {
    Policy {
        check_integrity: false,
        ..Policy::default()
    }
}

fn session(card: Fake) -> CardSession<Fake> {
    CardSession::new(card, policy())
}

fn looked(card: Fake) -> CardSession<Fake> {
    let mut session = session(card);
    session.look().unwrap();
    session
}

fn pin() -> Pin {
    Pin::new(PIN).unwrap()
}

fn sign(session: &mut CardSession<Fake>) -> Result<(Signed, Cost), CardError> {
    session.sign(&SignPassword::new(PASSWORD).unwrap(), |_| Ok(vec![[5; 32]]))
}

/// Look, attributes, authentication certificate, signature, log-out; the first failure.
fn story(session: &mut CardSession<Fake>) -> Result<(), String> {
    let text = |error: CardError| format!("{error:?}");
    session.look().map_err(|error| format!("{error:?}"))?;
    session.attributes(&pin()).map_err(text)?;
    session.auth_certificate().map_err(text)?;
    sign(session).map_err(text)?;
    session.log_out().map_err(text)
}

fn length_of_story() -> usize {
    let mut session = session(Fake::healthy());
    story(&mut session).unwrap();
    session.link.sent.len()
}

#[test]
fn a_look_reads_everything_that_needs_no_pin_and_spends_no_try() {
    let mut session = session(Fake::healthy());
    let look = session.look().unwrap();
    assert_eq!(look.token, Token::Card);
    assert_eq!(
        look.tries,
        Tries {
            attributes: Some(3),
            sign: Some(5),
            auth: Some(3)
        }
    );
    assert!(look.has_auth_cert && look.has_sign_cert && !look.extended_length);
    assert_eq!(look.card_expiry, CardDate::parse(b"20350704").ok());
    assert_eq!(session.traffic().apdus, 10);
    assert!(
        session
            .link
            .sent
            .iter()
            .all(|command| !command.starts_with("0020") || command.len() == 8)
    );
}

#[test]
fn attributes_are_verify_read_and_log_out_by_leaving() {
    let mut session = looked(Fake::healthy());
    let (attributes, cost) = session.attributes(&pin()).unwrap();
    assert_eq!(attributes.name, "産声\u{3000}花");
    assert_eq!(attributes.address, "あすこえ市一丁目２番");
    assert_eq!(
        attributes.integrity,
        Integrity::NotChecked(NotChecked::SwitchedOff)
    );
    assert_eq!(cost.job.apdus, 3);
    assert_eq!(
        session.link.sent[10..],
        [
            "00200091".to_owned() + "04" + &hex::encode(PIN),
            "00b0820000".to_owned(),
            format!("00a4040c0a{JPKI}"),
        ]
    );
    assert_eq!(session.link.open, None, "logged out");
}

#[test]
fn a_signature_is_verify_sign_and_log_out_by_leaving() {
    let mut session = looked(Fake::healthy());
    session.attributes(&pin()).unwrap();
    let (signed, cost) = sign(&mut session).unwrap();
    assert_eq!(signed.signatures.len(), 1);
    assert_eq!(signed.certificate, certificate(9), "without filler");
    assert_eq!((cost.job.apdus, cost.certificate.apdus), (3, 2));
    assert_eq!(session.link.open, None, "logged out");
}

#[test]
fn one_job_signs_several_digests_with_one_verify() {
    let mut session = looked(Fake::healthy());
    session.attributes(&pin()).unwrap();
    let password = SignPassword::new("himitsu7").unwrap();
    let (signed, cost) = session
        .sign(&password, |_| Ok(vec![[1; 32], [2; 32]]))
        .unwrap();
    assert_eq!((signed.signatures.len(), cost.job.apdus), (2, 4));
}

#[test]
fn the_caller_may_refuse_after_seeing_the_certificate_and_the_card_is_logged_out() {
    let mut session = looked(Fake::healthy());
    session.attributes(&pin()).unwrap();
    let reason = || PrepareRefused {
        reason: "somebody else".to_owned(),
    };
    let result = session.sign(&SignPassword::new(PASSWORD).unwrap(), |_| Err(reason()));
    assert_eq!(result.err(), Some(CardError::Refused(reason())));
    assert_eq!(session.link.open, None);
}

#[test]
fn the_last_try_is_never_sent_to_the_card() {
    for (left, expected) in [
        (
            0,
            CardError::Locked {
                secret: SecretKind::Attributes,
            },
        ),
        (
            1,
            CardError::LastTryKept {
                secret: SecretKind::Attributes,
            },
        ),
    ] {
        let mut card = Fake::healthy();
        card.tries.insert(0x11, left);
        let mut session = looked(card);
        let before = session.link.sent.len();
        assert_eq!(session.attributes(&pin()).err(), Some(expected));
        assert_eq!(session.link.sent.len(), before, "nothing was sent");
    }
}

#[test]
fn wrong_pins_are_counted_down_to_the_last_try_and_no_further() {
    let mut session = looked(Fake::healthy());
    let wrong = Pin::new("0000").unwrap();
    let secret = SecretKind::Attributes;
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(session.attributes(&wrong).err().unwrap());
    }
    assert_eq!(
        outcomes,
        [
            CardError::WrongPin { secret, left: 2 },
            CardError::WrongPin { secret, left: 1 },
            CardError::LastTryKept { secret },
            CardError::LastTryKept { secret },
        ]
    );
    assert_eq!(session.link.tries[&0x11], 1);
}

#[test]
fn a_counter_that_is_not_told_is_asked_for_and_without_an_answer_nothing_is_sent() {
    let card = Fake::healthy()
        .odd(8, Odd::Answer(status(0x6300)))
        .odd(10, Odd::Answer(status(0x6300)));
    let mut session = looked(card);
    assert_eq!(
        session.attributes(&pin()).err(),
        Some(CardError::Status {
            step: Step::Tries(SecretKind::Attributes),
            status: StatusWord(0x6300)
        })
    );
    assert_eq!(session.link.sent.last().unwrap(), "00200091");
    // The next time it answers, and the job goes on.
    assert!(session.attributes(&pin()).is_ok());
}

#[test]
fn a_card_without_a_signing_certificate_is_not_asked_for_the_password() {
    let mut card = Fake::healthy();
    card.files.insert((JPKI, 0x08), vec![0x00, 0x8F, 0x00]);
    let mut session = looked(card);
    let before = session.link.sent.len();
    assert_eq!(sign(&mut session).err(), Some(CardError::NoSignCertificate));
    assert_eq!(session.link.sent.len(), before);
}

#[test]
fn a_card_without_certificates_is_known_by_its_serial_number() {
    let mut card = Fake::healthy();
    card.files.insert((JPKI, 0x08), vec![0x00, 0x00, 0x00]);
    let mut session = looked(card);
    assert!(session.attributes(&pin()).is_ok());
    assert_eq!(
        session.auth_certificate().err(),
        Some(CardError::NoAuthCertificate)
    );
    // Parked in JPKI now; going back to the text application has the card prove itself by its serial.
    assert!(session.attributes(&pin()).is_ok());
}

#[test]
fn other_things_on_the_reader_are_told_apart_before_any_secret() {
    let label = |text: &str| {
        let mut card = Fake::healthy();
        card.files
            .insert((JPKI, 0x06), format!("{text:<160}").into_bytes());
        session(card).look().unwrap_err()
    };
    assert_eq!(
        label("JPKIAPGPSETOKEN"),
        Unusable::Smartphone(Token::Android)
    );
    assert_eq!(label("JPKIAPIOSTOKEN"), Unusable::Smartphone(Token::Iphone));
    assert_eq!(
        label("JPKIAPICCTOKEN"),
        Unusable::NotMyNumberCard {
            token: Some(Token::OldCard)
        }
    );
    for word in [0x6A82, 0x6D00, 0x6E00, 0x6A86, 0x6999] {
        let card = Fake::healthy().odd(1, Odd::Answer(status(word)));
        assert_eq!(
            session(card).look().unwrap_err(),
            Unusable::NotMyNumberCard { token: None }
        );
    }
    let card = Fake::healthy().odd(7, Odd::Answer(status(0x6A82)));
    assert_eq!(
        session(card).look().unwrap_err(),
        Unusable::Incomplete {
            missing: Application::Text
        }
    );
}

#[test]
fn the_first_command_after_power_up_may_fail_once() {
    let mut session = session(Fake::healthy().odd(0, Odd::Answer(status(0x6F00))));
    let look = session.look().unwrap();
    assert_eq!(session.traffic().apdus, 11);
    assert!(look.card_expiry.is_some());
    let card = Fake::healthy().odd(1, Odd::Answer(status(0x6F00)));
    assert!(matches!(
        looked_error(card),
        Unusable::Failed(CardError::Status { .. })
    ));
}

fn looked_error(card: Fake) -> Unusable {
    session(card).look().unwrap_err()
}

#[test]
fn a_missing_expiry_is_looked_for_in_the_common_application() {
    let mut card = Fake::healthy().odd(0, Odd::Answer(status(0x6A88)));
    card.expiry = b"20310102".to_vec();
    let look = session(card).look().unwrap();
    assert_eq!(look.card_expiry, CardDate::parse(b"20310102").ok());
}

#[test]
fn extended_length_is_used_only_after_it_was_seen_to_work() {
    let mut session = looked(Fake::healthy().with_extended());
    assert_eq!(session.traffic().apdus, 11);
    session.attributes(&pin()).unwrap();
    let (read, cost) = session.auth_certificate().unwrap();
    assert_eq!((read, cost.job.apdus), (certificate(1), 1));

    // Offered, but refused or clipped by the reader: short reads, the same bytes.
    for answer in [status(0x6700), ok(&[0x30; 256]), status(0x6F00)] {
        let card = Fake::healthy().with_extended().odd(10, Odd::Answer(answer));
        let mut session = looked(card);
        session.attributes(&pin()).unwrap();
        let (read, cost) = session.auth_certificate().unwrap();
        assert_eq!(read, certificate(1));
        assert_eq!(cost.job.apdus, 2);
    }
}

#[test]
fn a_probe_that_does_not_come_back_leaves_its_mark() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let out = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&out);
    let card = Fake::healthy().with_extended().odd(10, Odd::Lost);
    let mut session = session(card).on_probe(move |probing| mark.store(probing, Ordering::SeqCst));
    assert!(session.look().is_err());
    assert!(out.load(Ordering::SeqCst));
}

#[test]
fn a_later_refusal_of_extended_length_falls_back() {
    let mut session = looked(Fake::healthy().with_extended());
    session.link.extended = false;
    assert!(session.attributes(&pin()).is_ok());
    assert_eq!(session.auth_certificate().unwrap().0, certificate(1));
}

#[test]
fn a_card_whose_short_reads_do_not_select_the_file_is_read_all_the_same() {
    let mut card = Fake::healthy();
    card.sfi_makes_current = false;
    let mut session = looked(card);
    session.attributes(&pin()).unwrap();
    assert_eq!(session.auth_certificate().unwrap().0, certificate(1));
}

#[test]
fn t0_readers_that_make_one_ask_twice_are_obeyed() {
    let mut session = looked(Fake::healthy());
    let file = session.link.files[&(TEXT, 0x02)].clone();
    let count = u8::try_from(file.len()).unwrap();
    session
        .link
        .odd
        .insert(11, Odd::Answer(status(0x6C00 | u16::from(count))));
    assert!(session.attributes(&pin()).is_ok());
    assert_eq!(session.link.sent[12], format!("00b08200{count:02x}"));

    let mut session = looked(Fake::healthy());
    session
        .link
        .odd
        .insert(11, Odd::Answer([&file[..10], &[0x61, count - 10]].concat()));
    session.link.odd.insert(12, Odd::Answer(ok(&file[10..])));
    assert!(session.attributes(&pin()).is_ok());
    assert_eq!(session.link.sent[12], format!("00c00000{:02x}", count - 10));
}

#[test]
fn an_answer_without_end_is_given_up() {
    let mut session = looked(Fake::healthy());
    for at in 11..60 {
        session
            .link
            .odd
            .insert(at, Odd::Answer(vec![0xFF, 0x61, 0x01]));
    }
    assert!(matches!(
        session.attributes(&pin()).err(),
        Some(CardError::Garbage {
            problem: Malformed::Endless,
            ..
        })
    ));
}

#[test]
fn a_card_put_in_its_place_is_found_before_it_is_sent_a_secret_it_could_count() {
    // Before the attributes, before the certificate, before the signature; 13 is after the attributes job.
    let mut session = looked(Fake::healthy());
    session.link.odd.insert(10, Odd::Swap);
    assert_eq!(session.attributes(&pin()).err(), Some(CardError::Swapped));
    assert_eq!(session.link.tries[&0x11], 3);

    let mut session = looked(Fake::healthy());
    session.attributes(&pin()).unwrap();
    session.link.odd.insert(13, Odd::Swap);
    assert_eq!(sign(&mut session).err(), Some(CardError::Swapped));
    assert_eq!(session.link.tries[&0x1B], 5);

    let mut session = looked(Fake::healthy());
    session.attributes(&pin()).unwrap();
    session.link.odd.insert(13, Odd::Swap);
    assert_eq!(session.auth_certificate().err(), Some(CardError::Swapped));

    // Parked elsewhere than the job needs: the guard finds it.
    let mut session = looked(Fake::healthy());
    session.link.odd.insert(10, Odd::Swap);
    assert_eq!(sign(&mut session).err(), Some(CardError::Swapped));
    assert_eq!(session.link.tries[&0x1B], 5);
}

#[test]
fn the_same_card_after_a_moment_without_power_is_told_apart_from_another() {
    let mut session = looked(Fake::healthy());
    session.link.odd.insert(10, Odd::Reset);
    assert_eq!(
        session.attributes(&pin()).err(),
        Some(CardError::PowerLost {
            step: Step::Verify(SecretKind::Attributes)
        })
    );
    let mut session = looked(Fake::healthy());
    session.link.odd.insert(11, Odd::Reset);
    assert!(matches!(
        session.attributes(&pin()).err(),
        Some(CardError::PowerLost {
            step: Step::Read { file: 2, .. }
        })
    ));
}

#[test]
fn a_lost_card_ends_the_session_for_good_at_every_command() {
    for at in 0..length_of_story() {
        let mut session = session(Fake::healthy().odd(at, Odd::Lost));
        let result = story(&mut session);
        // Losing it in the SELECT that leaves an application is found by the next job.
        assert!(
            result.as_ref().is_err_and(|error| error.contains("Gone")),
            "{at}: {result:?}"
        );
        let sent = session.link.sent.len();
        assert!(session.attributes(&pin()).is_err() && session.log_out().is_err());
        assert_eq!(
            session.link.sent.len(),
            sent,
            "{at}: nothing goes out any more"
        );
    }
}

#[test]
fn every_status_word_at_every_command_is_an_error_or_harmless_and_never_unlocks() {
    let words = [
        0x6283, 0x6300, 0x63C0, 0x63C1, 0x6400, 0x6581, 0x6700, 0x6881, 0x6981, 0x6982, 0x6983,
        0x6984, 0x6985, 0x6986, 0x6988, 0x69FC, 0x6A80, 0x6A82, 0x6A83, 0x6A86, 0x6A88, 0x6B00,
        0x6CFF, 0x61FF, 0x6D00, 0x6E00, 0x6F00, 0x66F1, 0x0000, 0xFFFF,
    ];
    for word in words {
        for at in 0..length_of_story() {
            let mut session = session(Fake::healthy().odd(at, Odd::Answer(status(word))));
            let _ = story(&mut session);
            assert_eq!(
                session.link.open, None,
                "{word:04X} at {at} left it unlocked"
            );
            for (secret, fresh) in [(0x11, 3), (0x1B, 5)] {
                assert_eq!(session.link.tries[&secret], fresh, "{word:04X} at {at}");
            }
        }
    }
}

#[test]
fn short_and_garbled_answers_at_every_command_have_typed_errors() {
    let answers = [
        vec![],
        vec![0x90],
        ok(&[]),
        ok(&[0]),
        ok(&[0xFF; 7]),
        ok(&[0x5A; 255]),
        ok(&[0xFF; 300]),
        ok(&[0x30, 0x82, 0xFF, 0xFF]),
        ok(&[0x30, 0x80]),
    ];
    for answer in answers {
        for at in 0..length_of_story() {
            let mut session = session(Fake::healthy().odd(at, Odd::Answer(answer.clone())));
            let _ = story(&mut session);
            assert_eq!(session.link.open, None, "{answer:?} at {at}");
        }
    }
}

#[test]
fn a_garbled_signature_is_not_passed_on() {
    let mut session = looked(Fake::healthy());
    session.attributes(&pin()).unwrap();
    session.link.odd.insert(16, Odd::Answer(ok(&[0x5A; 128])));
    assert_eq!(
        sign(&mut session).err(),
        Some(CardError::BadSignature { index: 0 })
    );
    assert_eq!(session.link.open, None);
}

#[test]
fn a_file_that_ends_early_is_truncated() {
    let mut card = Fake::healthy();
    card.files.get_mut(&(JPKI, 0x0A)).unwrap().truncate(300);
    let mut session = looked(card);
    assert!(matches!(
        session.auth_certificate().err(),
        Some(CardError::Garbage {
            problem: Malformed::Truncated { have: 300, .. },
            ..
        })
    ));
}

#[test]
fn a_card_that_will_not_leave_the_application_gets_no_more_commands() {
    let mut session = looked(Fake::healthy());
    session.link.odd.insert(12, Odd::Answer(status(0x6F00)));
    session.link.odd.insert(13, Odd::Answer(status(0x6F00)));
    assert!(session.attributes(&pin()).is_ok(), "the data were read");
    assert!(matches!(
        sign(&mut session).err(),
        Some(CardError::Gone { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_answers_whatever_make_the_session_panic(
        answers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..40),
        good in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let mut card = Fake::healthy();
        for (at, mut answer) in answers.into_iter().enumerate() {
            if !good[at] {
                // Mostly "success", or nothing would get past the first status word.
                if answer.first().is_some_and(|first| first % 4 != 0) {
                    answer.extend([0x90, 0x00]);
                }
                card.odd.insert(at, Odd::Answer(answer));
            }
        }
        let mut session = session(card);
        let _ = story(&mut session);
    }
}

#[test]
fn a_certificate_whose_lengths_promise_more_than_there_is_is_refused_before_it_costs_memory() {
    let genuine = certificate(9);
    assert!(x509(&genuine).is_ok());
    // The name's text, deep inside, says that it has 256 MiB.
    let at = genuine
        .windows(4)
        .position(|window| window == [0x0C, 11, b'T', b'e'])
        .unwrap();
    let mut promising = genuine.clone();
    promising.splice(at + 1..at + 2, [0x84, 0x0F, 0xFF, 0xFF, 0xFF]);
    // The levels around it may keep their lengths: nothing but this one is looked at first.
    assert!(!lengths_fit(&promising, MAX_DER_DEPTH));
    assert!(matches!(
        x509(&promising),
        Err(Malformed::Certificate { why }) if why.contains("promises")
    ));
    let deep = (0..100).fold(Vec::new(), |inside, _| der(0x30, &[&inside]));
    assert!(!lengths_fit(&deep, MAX_DER_DEPTH));
}
