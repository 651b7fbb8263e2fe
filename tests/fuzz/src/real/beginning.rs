//! The inputs that the corpus begins with.

use ubugoe_procedures::fhir::{write_birth, write_stillbirth, write_withdrawal};
use ubugoe_procedures::{BirthCertificate, Plurality};
use ubugoe_protocol::{CaseState, Downlink, Order, Receipt, SecondAnswer, seal_down, topics};
use ubugoe_vcard::Card;

use super::{
    CONFIG, DOWNLINK, ENAMDICT, ENVELOPE, PIECE, RECEIPT, REFUSAL, SECOND, SIGNATURE, SKK, STATUS,
    TIME_CLAIM, VISIT_PROOF, WORD, between_authorities, canonical, city, code, command, conversion,
    device, grant, manifest, orders, part, portable_ids, questions, returned, second_grant,
    second_notice, signed_attributes, status, stillbirth, system_order, time_notice, visit,
    ward_form, word, words,
};
use crate::keys::{
    CITY_OPEN, CITY_SIGN, DEVICE_OPEN, PAPERS, opening, public, sealing, signing, town, verifying,
};
use crate::sealing::{bstr, decrypted, first_value, number, signed_payload};
use crate::targets::card::{self, Between, card_file};
use crate::targets::{carried, city_desk, door};

/// Takes the answers of a genuine card down.
struct Taped(Vec<u8>);

impl Between for Taped {
    fn answer(&mut self, command: &[u8], card: &mut Card) -> Vec<u8> {
        let answer = card.transmit(command);
        if let Ok(count @ 0..=0xFE) = u8::try_from(answer.len()) {
            self.0.push(count);
        } else {
            self.0.push(0xFF);
            let count = u16::try_from(answer.len()).unwrap_or(0);
            self.0.extend(count.to_be_bytes());
        }
        self.0.extend_from_slice(&answer);
        answer
    }
}

/// The inputs that the corpus begins with: target, file name, content.
#[must_use]
pub fn files() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut files = Vec::new();
    messages(&mut files);
    signatures(&mut files);
    proofs(&mut files);
    visits(&mut files);
    papers(&mut files);
    cards(&mut files);
    places(&mut files);
    files
}

type Files = Vec<(&'static str, String, Vec<u8>)>;

fn put(into: &mut Files, target: &'static str, name: &str, bytes: impl Into<Vec<u8>>) {
    into.push((target, name.to_owned(), bytes.into()));
}

fn messages(into: &mut Files) {
    put(into, "envelope", "genuine", ENVELOPE.message.clone());
    put(into, "envelope_header", "genuine", ENVELOPE.header.clone());
    put(into, "envelope_body", "genuine", ENVELOPE.plaintext.clone());
    put(into, "envelope", "piece", PIECE.message.clone());
    put(into, "envelope", "word", WORD.message.clone());
    put(into, "envelope_header", "piece", PIECE.header.clone());
    put(into, "envelope_header", "word", WORD.header.clone());
    put(into, "piece", "last", PIECE.plaintext.clone());
    put(into, "envelope", "second", SECOND.message.clone());
    put(into, "envelope_header", "second", SECOND.header.clone());
    put(into, "second_body", "genuine", SECOND.plaintext.clone());
    for (name, report) in words() {
        put(into, "report", name, word(&report).plaintext);
    }
    put(into, "downlink", "genuine", DOWNLINK.message.clone());
    put(into, "downlink_header", "genuine", DOWNLINK.header.clone());
    put(
        into,
        "downlink_items",
        "receipts",
        DOWNLINK.plaintext.clone(),
    );
    for (name, items) in [
        ("refusals", Downlink::Refusals(vec![REFUSAL.clone()])),
        (
            "statuses",
            Downlink::Statuses(vec![status(CaseState::Accepted), STATUS.clone()]),
        ),
        ("manifests", Downlink::Manifests(vec![manifest()])),
        ("parts", Downlink::Parts(vec![part()])),
        ("commands", Downlink::Commands(vec![command(Order::Open)])),
        ("times", Downlink::Times(vec![time_notice()])),
        ("grants", Downlink::Grants(vec![grant()])),
        (
            "seconds",
            Downlink::Seconds(vec![second_notice(SecondAnswer::Busy)]),
        ),
    ] {
        let sealed = seal_down(&items, &device(), &sealing(&DEVICE_OPEN)).expect("sealing");
        let inside = decrypted("ubugoe-downlink/1", &sealed, &DEVICE_OPEN).expect("it opens");
        put(into, "downlink_items", name, inside.1);
    }
}

fn signatures(into: &mut Files) {
    let city_key = public(&CITY_SIGN);
    let inside = |typ, message: &[u8]| {
        signed_payload(typ, message, &city_key)
            .expect("what was signed verifies")
            .to_vec()
    };
    put(
        into,
        "receipt",
        "genuine",
        inside("ubugoe-receipt/1", &RECEIPT),
    );
    put(
        into,
        "refusal",
        "genuine",
        inside("ubugoe-refusal/1", &REFUSAL),
    );
    for (name, state) in [("accepted", CaseState::Accepted), ("returned", returned())] {
        put(
            into,
            "status",
            name,
            inside("ubugoe-status/1", &status(state)),
        );
    }
    for (name, answer) in [
        ("granted", second_grant()),
        ("unknown", SecondAnswer::Unknown),
        ("busy", SecondAnswer::Busy),
    ] {
        put(
            into,
            "second_notice",
            name,
            inside("ubugoe-second/1", &second_notice(answer)),
        );
    }
    for (name, order) in orders() {
        put(
            into,
            "command",
            name,
            inside("ubugoe-command/1", &command(order)),
        );
    }
    put(into, "part", "whole", part());
    put(into, "system", "genuine", system_order());
    for (name, typ, message) in [
        ("time_notice", "ubugoe-time/1", time_notice()),
        ("grant", "ubugoe-grant/1", grant()),
        ("manifest", "ubugoe-manifest/1", manifest()),
    ] {
        put(into, name, "genuine", inside(typ, &message));
        put(into, "signed_answers", name, message);
    }
    put(into, "signed_answers", "command", command(Order::Renew));
    put(into, "signed_answers", "receipt", RECEIPT.clone());
    put(into, "signed_answers", "refusal", REFUSAL.clone());
    put(into, "signed_answers", "status", STATUS.clone());
    let text = Receipt::qr_text(&RECEIPT).expect("a receipt can be printed");
    put(into, "qr", "genuine", text);
}

fn proofs(into: &mut Files) {
    put(into, "cms", "genuine", SIGNATURE.message.clone());
    put(
        into,
        "cms_attributes",
        "genuine",
        signed_attributes(&SIGNATURE.message),
    );
    put(into, "certificate", "person", PAPERS.certificate.clone());
    put(into, "certificate", "authority", PAPERS.pki.sign_ca());
    let (_, outer) = first_value(&PAPERS.certificate).expect("a certificate");
    let (body, _) = first_value(outer).expect("its body");
    put(into, "certificate_body", "person", body);
    for which in 0..9 {
        put(into, "edited", &format!("unchanged-{which}"), vec![which]);
        let flip = vec![which + 9, 0, 0, 9, 3, 5, 1, 2, 2, 0xAA, 0xBB];
        put(into, "edited", &format!("changed-{which}"), flip);
    }
    let (device, city) = (device(), city());
    put(into, "identifiers", "device", device.as_str());
    put(into, "identifiers", "filing", "0123456789abcdef".repeat(2));
    put(into, "identifiers", "municipality", "991015");
    put(into, "identifiers", "procedure", "shussei_todoke");
    put(into, "identifiers", "path", "child[0].mei");
    put(into, "identifiers", "up", topics::up(&device, &city));
    put(
        into,
        "identifiers",
        "down",
        topics::down(&device, topics::Channel::Receipt),
    );
    let secret = opening(&CITY_OPEN).to_text().to_string();
    put(into, "key_texts", "open", secret + "\n");
    put(into, "key_texts", "seal", sealing(&CITY_OPEN).to_text());
    put(
        into,
        "key_texts",
        "sign",
        signing(&CITY_SIGN).to_text().to_string(),
    );
    put(into, "key_texts", "verify", verifying(&CITY_SIGN).to_text());
}

fn visits(into: &mut Files) {
    put(into, "time_claim", "running", TIME_CLAIM.clone());
    // Without the count at the anchor, and one field fewer.
    let mut off = TIME_CLAIM.clone();
    off.truncate(off.len() - number(28_800_000).len() - 1);
    if let Some(first) = off.first_mut() {
        *first = 0xA6;
    }
    put(into, "time_claim", "switched-off", off);
    put(into, "visit_proof", "first", VISIT_PROOF.clone());
    for size in [1, 2, 3, 7, 64] {
        let index = size / 2;
        put(
            into,
            "visit_tree",
            &format!("of-{size}"),
            vec![size - 1, index, 5],
        );
    }
    put(into, "visit_tree", "changed", vec![6, 3, 5, 5, 0, 1, 0, 0]);
    put(into, "visit_code", "genuine", code().to_text());
    let digests: Vec<u8> = visit().digests().concat();
    let inside = [
        &[0xA4, 0x01, 0x01, 0x02][..],
        &bstr(&RECEIPT),
        &[0x03],
        &bstr(visit().seed()),
        &[0x04],
        &bstr(&digests),
    ];
    put(into, "visit_code_body", "genuine", inside.concat());
}

fn papers(into: &mut Files) {
    for procedure in ["shussei_todoke", "jido_teate_nintei"] {
        let bytes = canonical(procedure).expect("an invented family can file");
        put(into, "filing", procedure, bytes.clone());
        put(into, "city_facts", procedure, bytes);
    }
    put(into, "ward_form", "single", ward_form().to_json());
    let twin = BirthCertificate {
        plurality: Plurality::Multiple { order: 1, of: 2 },
        live_births: 2,
        ..ward_form()
    };
    put(into, "ward_form", "twin", twin.to_json());
    put(into, "fhir_bundle", "single", write_birth(&ward_form()));
    put(into, "fhir_bundle", "twin", write_birth(&twin));
    put(into, "fhir_bundle", "loss", write_stillbirth(&stillbirth()));
    let withdrawal = write_withdrawal("ASK-2026-000123", false);
    put(into, "fhir_bundle", "withdrawn", withdrawal);
    let (question, answer) = between_authorities();
    put(into, "agency_head", "question", question.head());
    put(into, "agency_head", "answer", answer.head());
    put(into, "city_config", "whole", CONFIG);
    put(into, "conversion", "one", conversion());
    for (which, text) in [(0, SKK), (1, SKK), (2, SKK), (3, ENAMDICT)] {
        let (bytes, _, _) = encoding_rs::EUC_JP.encode(text);
        put(
            into,
            "dictionaries",
            &format!("book-{which}"),
            [&[which][..], &bytes].concat(),
        );
    }
    for (kind, question) in questions() {
        let number = door::kind(kind).expect("a kind of the door");
        let line = question.to_string();
        put(
            into,
            "door",
            kind,
            [&[number][..], line.as_bytes()].concat(),
        );
    }
    for (number, id) in portable_ids().into_iter().enumerate() {
        put(into, "portable_id", &format!("token-{number}"), id);
    }
    put(
        into,
        "registry",
        "sample",
        &include_bytes!("../../../../procedures/tests/data/registry_sample.json")[..],
    );
    let list = include_bytes!("../../../../procedures/tests/data/nurseries/352071_preschool.csv");
    let head: Vec<u8> = list
        .split_inclusive(|byte| *byte == b'\n')
        .take(6)
        .flatten()
        .copied()
        .collect();
    put(into, "nursery_csv", "head", head);
    put(
        into,
        "nursery_csv",
        "vacancies",
        "施設名,0歳児,1歳児,2歳児\nうぶ町保育園,3,0,△\nみなと保育園,×,1,2\n",
    );
    put(
        into,
        "catalogue",
        "procedure",
        &include_bytes!("../../../../procedures/catalogue/procedures/jido_teate_nintei.toml")[..],
    );
}

fn cards(into: &mut Files) {
    let mut tape = Taped(Vec::new());
    let _visited = card::visit(&mut tape);
    put(into, "card_answers", "genuine", tape.0);
    put(into, "card_edited", "unchanged", vec![0]);
    put(
        into,
        "card_edited",
        "late",
        vec![20, 1, 0, 4, 9, 3, 0, 0, 8, 1],
    );
    for at in 0..8 {
        let file = card_file(at).unwrap_or_default();
        put(
            into,
            "card_files",
            &format!("file-{at}"),
            [&[at][..], &file].concat(),
        );
    }
}

/// What is read where it arrives: by the device and by the city.
fn places(into: &mut Files) {
    for (name, bytes) in carried::genuine() {
        put(into, "carried", name, bytes);
    }
    for (name, bytes) in city_desk::genuine() {
        put(into, "city_desk", name, bytes);
    }
    put(
        into,
        "city_form",
        "decision",
        "csrf=0123abcd&decision=return&note=%E5%AD%90%E3%81%AE%E6%B0%8F%E5%90%8D+%2B%0D%0A",
    );
    panel_frames(into);
    put(
        into,
        "proxy_answer",
        "opened",
        "HTTP/1.1 200 Connection established\r\n\r\n",
    );
    put(
        into,
        "proxy_answer",
        "captive",
        "HTTP/1.1 511 Network Authentication Required\r\n\r\n",
    );
    for (kind, name, text) in [
        (0, "pair", town::PAIR),
        (1, "asked", town::ASKED),
        (2, "granted", town::GRANTED),
    ] {
        put(
            into,
            "device_identity",
            name,
            [&[kind][..], text.as_bytes()].concat(),
        );
    }
    for (kind, name, text) in [
        (0, "authority", town::CA),
        (1, "revocations", town::CRL),
        (2, "certificate", town::PAIR),
        (3, "key", town::PAIR),
    ] {
        put(
            into,
            "link_tls",
            name,
            [&[kind][..], text.as_bytes()].concat(),
        );
    }
    put(into, "certificate_request", "device", town::request());
}

/// What kiosk and front panel say to each other, as it stands on the line.
fn panel_frames(into: &mut Files) {
    use ubugoe_icd::{
        Ask, Board, Identity, Pattern, Scene, Senses, ServiceAsk, ServiceTell, Slot, Table, Tell,
        encode, frame::MAX_WIRE,
    };
    fn wire<T: Table>(message: &T) -> Vec<u8> {
        let mut space = [0; MAX_WIRE];
        encode(message, 7, &mut space)
            .map(<[u8]>::to_vec)
            .unwrap_or_default()
    }
    let scene = Scene {
        pattern: Pattern::WantsCard,
        card_slot: true,
        backlight: 100,
        ring: 50,
        ..Scene::default()
    };
    let identity = Identity {
        board: Board::Rp2040,
        version: 3,
        floor: 2,
        slot: Slot::B,
        trial: true,
        fell_back: false,
        ask: Ask::SCHEMA,
        tell: Tell::SCHEMA,
    };
    let write = ServiceAsk::Write {
        offset: 4_096,
        bytes: &[0xA5; 192],
    };
    for (name, bytes) in [
        ("ask", wire(&Ask::Set(scene))),
        ("tell", wire(&Tell::Senses(Senses::default()))),
        ("service-ask", wire(&write)),
        ("service-tell", wire(&ServiceTell::Identity(identity))),
    ] {
        put(into, "panel_frames", name, bytes);
    }
}
