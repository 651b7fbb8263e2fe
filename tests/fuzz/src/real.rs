//! Genuine messages, made by the product's own code with keys that everybody knows: what targets change, and what the
//! corpus begins with.

mod beginning;

use std::sync::LazyLock;

use jiff::civil::{date, datetime};
use serde_json::{Value as Json, json};
use ubugoe_exchange::{Answer, MessageId, Method, Request, Subsystem};
use ubugoe_procedures::portable::{
    Epoch, Generalised, HouseholdShares, KeyRing, Randomness, SlotTable, generalise,
};
use ubugoe_procedures::{
    Answers, BirthCertificate, CardHolder, Catalogue, Draft, Facts, Field, FieldKind, FilerRole,
    Filing, IssuerKind, PlaceKind, Plurality, Sex, Source, StillbirthCertificate, Tongue, Value,
    check, missing, prefill,
};
use ubugoe_protocol::attachment::seal_chunk;
use ubugoe_protocol::cades::{Trust, Verified, prepare, verify};
use ubugoe_protocol::report::{Outcome, UpdateState, seal_report};
use ubugoe_protocol::second::seal_second;
use ubugoe_protocol::update::Content;
use ubugoe_protocol::{
    Anchor, AnchorSource, AttachmentRef, CaseId, CaseState, Chunk, Command, DeviceId, Downlink,
    FilingBody, FilingId, Grant, Header, Kind, Manifest, Order, Part, Receipt, RecipientId,
    Refusal, RefusalReason, Report, SealError, SecondAnswer, SecondBody, SecondGrant, SecondNotice,
    StatusNotice, SystemOrder, TimeClaim, TimeNotice, VERSION, VisitCode, VisitTree, digest, seal,
    seal_down,
};

use crate::keys::{CITY_OPEN, CITY_SIGN, DEVICE_OPEN, DEVICE_SIGN, NOW, PAPERS, sealing, signing};
use crate::sealing::{bstr, decrypted, der, first_value, number, rsa_sign};
use crate::targets::envelope::inside;

pub use beginning::files;

/// The catalogue that is built in.
pub(crate) static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::builtin().expect("the catalogue is whole"));

/// What the parent's genuine signature is over.
pub(crate) const CONTENT: &[u8] = "{\"子の名\":\"葛󠄀飾 𠮷子\"}".as_bytes();

pub(crate) fn device() -> DeviceId {
    "kiosk-07".parse().expect("an id")
}

pub(crate) fn city() -> RecipientId {
    "city-a1".parse().expect("an id")
}

// ---- one function for each message, so that a new field is filled in once ----

pub(crate) fn header() -> Header {
    Header {
        v: VERSION,
        id: FilingId::from_bytes([1; 16]),
        device: device(),
        recipient: city(),
        kind: Kind::Filing,
        schema: "ubugoe-filing/1".to_owned(),
        case: CaseId::from_bytes([2; 16]),
        case_seq: 3,
        created: NOW - 60,
        expires: Some(NOW + 1_000_000),
        key_id: sealing(&CITY_OPEN).key_id(),
    }
}

pub(crate) fn body() -> FilingBody {
    FilingBody {
        canonical: CONTENT.to_vec(),
        signature: vec![0x30; 90],
        attachments: vec![AttachmentRef {
            sha256: [9; 32],
            len: 4096,
            media_type: "application/pdf".to_owned(),
        }],
        time: time_claim(),
        visit: visit().proof(0).expect("the first form"),
    }
}

fn time_claim() -> TimeClaim {
    TimeClaim {
        counter: 17,
        boot: [8; 8],
        ticks: 36_000_000,
        anchor: Anchor {
            source: AnchorSource::City,
            at: NOW - 7200,
            error: 250,
            ticks: Some(28_800_000),
        },
    }
}

/// The three forms of one visit; ours is the first.
fn visit() -> VisitTree {
    VisitTree::new([0x5E; 16], vec![digest(CONTENT), [7; 32], [8; 32]]).expect("three forms")
}

fn receipt() -> Receipt {
    Receipt {
        v: VERSION,
        id: FilingId::from_bytes([1; 16]),
        digest: digest(CONTENT),
        recipient: city(),
        arrived_at: NOW,
        arrival_no: 4711,
        status_token: "0123456789abcdefABCDEF".to_owned(),
        status_url: "https://status.asukoe.example/s/".to_owned(),
        visit: Some(visit().proof(0).expect("the first form").place),
        signed: time_claim().interval(NOW).ok(),
        era: 0,
    }
}

fn refusal() -> Refusal {
    Refusal {
        id: FilingId::from_bytes([1; 16]),
        recipient: city(),
        envelope: [5; 32],
        reason: RefusalReason::Undecryptable,
        at: NOW,
    }
}

fn notice(state: CaseState) -> StatusNotice {
    StatusNotice {
        id: FilingId::from_bytes([1; 16]),
        recipient: city(),
        seq: 2,
        state,
        at: NOW,
    }
}

fn piece() -> Chunk {
    Chunk {
        filing: FilingId::from_bytes([1; 16]),
        sha256: [9; 32],
        number: 1,
        of: 2,
        bytes: b"the last piece".to_vec(),
    }
}

fn words() -> Vec<(&'static str, Report)> {
    let id = FilingId::from_bytes([3; 16]);
    vec![
        (
            "seen",
            Report::Seen(vec![(FilingId::from_bytes([1; 16]), 2), (id, 0)]),
        ),
        ("time", Report::TimeAsk([6; 16])),
        (
            "update",
            Report::Update {
                id,
                state: UpdateState::Failed,
                detail: "検査に失敗".to_owned(),
            },
        ),
        (
            "command",
            Report::Command {
                id,
                outcome: Outcome::Done,
                detail: "12 rows".to_owned(),
            },
        ),
        ("certificate", Report::CertificateAsk(vec![0x30, 0])),
        ("earlier", Report::Earlier(vec![RECEIPT.clone()])),
        (
            "second",
            Report::SecondAsk {
                nonce: [6; 16],
                number: "1234567897".parse().expect("a number"),
            },
        ),
    ]
}

fn orders() -> Vec<(&'static str, Order)> {
    let update = FilingId::from_bytes([4; 16]);
    vec![
        (
            "resend",
            Order::Resend {
                since: NOW - 1000,
                era: NOW,
            },
        ),
        ("close", Order::Close),
        ("withdraw", Order::Withdraw { update }),
        ("diagnose", Order::Diagnose),
    ]
}

fn command(order: Order) -> Vec<u8> {
    let command = Command {
        id: FilingId::from_bytes([5; 16]),
        device: device(),
        recipient: city(),
        at: NOW,
        expires: NOW + 86_400,
        order,
    };
    command.sign(&signing(&CITY_SIGN)).expect("signing")
}

fn time_notice() -> Vec<u8> {
    let notice = TimeNotice {
        nonce: [6; 16],
        device: device(),
        recipient: city(),
        at_ms: 1_795_489_200_000,
    };
    notice.sign(&signing(&CITY_SIGN)).expect("signing")
}

fn second_notice(answer: SecondAnswer) -> Vec<u8> {
    let notice = SecondNotice {
        nonce: [6; 16],
        device: device(),
        recipient: city(),
        answer,
    };
    notice.sign(&signing(&CITY_SIGN)).expect("signing")
}

fn second_grant() -> SecondAnswer {
    SecondAnswer::Granted(SecondGrant {
        ticket: [8; 16],
        canonical: CONTENT.to_vec(),
        first: [9; 32],
    })
}

fn grant() -> Vec<u8> {
    let grant = Grant {
        device: device(),
        request: [2; 32],
        chain_pem: "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n".to_owned(),
    };
    grant.sign(&signing(&CITY_SIGN)).expect("signing")
}

fn part() -> Vec<u8> {
    let part = Part {
        id: FilingId::from_bytes([4; 16]),
        number: 0,
        bytes: b"an update".to_vec(),
    };
    part.to_bytes()
}

fn system_order() -> Vec<u8> {
    let order = SystemOrder {
        url: "https://systems.asukoe.example/ubugoe.raucb".to_owned(),
        compatible: "ubugoe-generic-amd64".to_owned(),
        version: "0.8.2+2026".parse().expect("a version"),
        sha256: digest(b"a bundle"),
        len: 8,
    };
    order.to_bytes().expect("an order")
}

fn manifest() -> Vec<u8> {
    let manifest = Manifest {
        id: FilingId::from_bytes([4; 16]),
        content: Content::Catalogue,
        version: 12,
        sha256: digest(b"an update"),
        len: 9,
        at: NOW,
    };
    manifest.sign(&signing(&CITY_SIGN)).expect("signing")
}

/// The signature's bytes in a genuine body: they are not looked into where it is opened.
const UNREAD: [u8; 90] = [0x30; 90];

/// A filing's body about [`CONTENT`] with whatever claim of time and place in a visit.
pub(crate) fn filing_body(time: &[u8], visit: &[u8]) -> Vec<u8> {
    [
        &[0xA5, 0x01][..],
        &bstr(CONTENT),
        &[0x02],
        &bstr(&UNREAD),
        &[0x03, 0x80, 0x04],
        time,
        &[0x05],
        visit,
    ]
    .concat()
}

/// The time claim of the genuine filing, CBOR.
pub(crate) static TIME_CLAIM: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let at = usize::try_from(NOW - 7200).expect("after 1970");
    [
        &[0xA7, 0x01][..],
        &number(17),
        &[0x02],
        &bstr(&[8; 8]),
        &[0x03],
        &number(36_000_000),
        &[0x04, 0x02, 0x05],
        &number(at),
        &[0x06],
        &number(250),
        &[0x07],
        &number(28_800_000),
    ]
    .concat()
});

/// The place in its visit of the genuine filing, CBOR.
pub(crate) static VISIT_PROOF: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let proof = visit().proof(0).expect("the first form");
    let path: Vec<u8> = proof.path.iter().flat_map(|hash| bstr(hash)).collect();
    let length = u8::try_from(proof.path.len()).expect("a short path");
    [
        &[0xA5, 0x01][..],
        &bstr(&proof.place.root),
        &[0x02],
        &number(usize::from(proof.place.index)),
        &[0x03],
        &number(usize::from(proof.place.count)),
        &[0x04],
        &bstr(&proof.salt),
        &[0x05, 0x80 | length],
        &path,
    ]
    .concat()
});

/// A code with the genuine receipt.
fn code() -> VisitCode {
    VisitCode {
        receipt: RECEIPT.clone(),
        tree: visit(),
    }
}

// ---- as they travel ----

/// A sealed message and what is in it.
pub(crate) struct Sealed {
    pub(crate) message: Vec<u8>,
    pub(crate) header: Vec<u8>,
    pub(crate) plaintext: Vec<u8>,
}

/// From the device to the city.
pub(crate) static ENVELOPE: LazyLock<Sealed> = LazyLock::new(|| {
    let to = sealing(&CITY_OPEN);
    envelope(seal(&header(), &body(), &to, &signing(&DEVICE_SIGN)))
});

/// An envelope that was made by the product, and what is in it.
fn envelope(message: Result<Vec<u8>, SealError>) -> Sealed {
    let message = message.expect("sealing");
    let (header, plaintext) = inside(&message);
    Sealed {
        message,
        header,
        plaintext,
    }
}

/// A piece of an attachment, from the device to the city.
pub(crate) static PIECE: LazyLock<Sealed> = LazyLock::new(|| {
    let header = Header {
        kind: Kind::Attachment,
        ..header()
    };
    let to = sealing(&CITY_OPEN);
    envelope(seal_chunk(&header, &piece(), &to, &signing(&DEVICE_SIGN)))
});

fn word(report: &Report) -> Sealed {
    let header = Header {
        kind: Kind::Report,
        ..header()
    };
    let to = sealing(&CITY_OPEN);
    envelope(seal_report(&header, report, &to, &signing(&DEVICE_SIGN)))
}

/// A second signature from the device to the city.
pub(crate) static SECOND: LazyLock<Sealed> = LazyLock::new(|| {
    let header = Header {
        kind: Kind::Second,
        ..header()
    };
    let body = SecondBody {
        ticket: [8; 16],
        signature: SIGNATURE.message.clone(),
        time: time_claim(),
    };
    let to = sealing(&CITY_OPEN);
    envelope(seal_second(&header, &body, &to, &signing(&DEVICE_SIGN)))
});

/// Word from the device to the city.
pub(crate) static WORD: LazyLock<Sealed> = LazyLock::new(|| word(&Report::TimeAsk([6; 16])));

/// From the city to the device.
pub(crate) static DOWNLINK: LazyLock<Sealed> = LazyLock::new(|| {
    let items = Downlink::Receipts(vec![RECEIPT.clone()]);
    let message = seal_down(&items, &device(), &sealing(&DEVICE_OPEN)).expect("sealing");
    let (header, plaintext) =
        decrypted("ubugoe-downlink/1", &message, &DEVICE_OPEN).expect("what was sealed opens");
    Sealed {
        message,
        header,
        plaintext,
    }
});

pub(crate) static RECEIPT: LazyLock<Vec<u8>> =
    LazyLock::new(|| receipt().sign(&signing(&CITY_SIGN)).expect("signing"));
pub(crate) static REFUSAL: LazyLock<Vec<u8>> =
    LazyLock::new(|| refusal().sign(&signing(&CITY_SIGN)).expect("signing"));
pub(crate) static STATUS: LazyLock<Vec<u8>> = LazyLock::new(|| status(returned()));

/// An order of the operator.
pub(crate) static COMMAND: LazyLock<Vec<u8>> = LazyLock::new(|| command(Order::Diagnose));

fn returned() -> CaseState {
    CaseState::Returned {
        reason: "子の氏名のふりがなをご確認ください".to_owned(),
    }
}

fn status(state: CaseState) -> Vec<u8> {
    let signed = notice(state).sign(&signing(&CITY_SIGN));
    signed.expect("signing")
}

/// The parent's signature over [`CONTENT`].
pub(crate) struct Signature {
    pub(crate) message: Vec<u8>,
    pub(crate) trust: Trust,
    pub(crate) verified: Verified,
}

pub(crate) static SIGNATURE: LazyLock<Signature> = LazyLock::new(|| {
    let trust = Trust::new(&[PAPERS.pki.sign_ca().to_vec()]).expect("an anchor");
    let message = cms(CONTENT);
    let verified = verify(&message, CONTENT, &trust, NOW).expect("the card's signature holds");
    Signature {
        message,
        trust,
        verified,
    }
});

/// A CMS as the card would make it. The product puts the signature in; the digest to sign covers what is signed.
fn cms(content: &[u8]) -> Vec<u8> {
    let prepared = prepare(content, &PAPERS.certificate, NOW).expect("a certificate");
    // The card signs the digest alone; this key signs a message, so the message is taken out of an unsigned CMS.
    let unsigned = prepared.assemble(&[0; 256]).expect("a shape");
    let attributes = signed_attributes(&unsigned);
    let signature = rsa_sign(&PAPERS.person, &der(0x31, &[&attributes]));
    prepared.assemble(&signature).expect("a shape")
}

/// The contents of the signed attributes of a CMS of the profile's shape.
fn signed_attributes(cms: &[u8]) -> Vec<u8> {
    // content-type is the first of them, after the tag and length of the whole and its own.
    let mark = [
        0x30, 0x18, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03,
    ];
    let at = cms.windows(mark.len()).position(|window| window == mark);
    let at = at.expect("content-type");
    let start = (at.saturating_sub(4)..at)
        .find(|start| {
            let rest = cms.get(*start..).unwrap_or_default();
            rest.first() == Some(&0xA0)
                && first_value(rest)
                    .is_some_and(|(whole, inside)| whole.len() - inside.len() == at - start)
        })
        .expect("signed attributes");
    let (_, inside) = first_value(cms.get(start..).unwrap_or_default()).expect("a value");
    inside.to_vec()
}

// ---- papers ----

fn ward_form() -> BirthCertificate {
    BirthCertificate {
        number: "ASK-2026-000123".to_owned(),
        name: None,
        sex: Sex::Female,
        birth_dt: datetime(2026, 11, 22, 23, 59, 0, 0),
        place_kind: PlaceKind::Hospital,
        place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        place_name: Some("あすこえ市民病院".to_owned()),
        weight_g: 3012,
        length_mm: 495,
        plurality: Plurality::Single,
        mother: "葛\u{e0100}城\u{3000}𠮷子".to_owned(),
        weeks: 39,
        days: 2,
        live_births: 1,
        stillbirths: 0,
        issued: date(2026, 11, 23),
        issuer_kind: IssuerKind::Doctor,
        issuer_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        issuer_name: "海野\u{3000}渚".to_owned(),
    }
}

fn stillbirth() -> StillbirthCertificate {
    let same = ward_form();
    StillbirthCertificate {
        number: same.number,
        sex: Sex::NotKnown,
        at: same.birth_dt,
        place_kind: same.place_kind,
        place_addr: same.place_addr,
        place_name: same.place_name,
        weight_g: 412,
        length_mm: 270,
        plurality: Plurality::Single,
        mother: same.mother,
        weeks: 21,
        days: 3,
        live_births: 0,
        stillbirths: 1,
        issued: same.issued,
        issuer_kind: same.issuer_kind,
        issuer_addr: same.issuer_addr,
        issuer_name: same.issuer_name,
    }
}

/// A city's question to an insurer, and the insurer's answer.
fn between_authorities() -> (Request, Answer) {
    let insurer: Subsystem = "JPX/INS/99000001/CLAIMS".parse().expect("an address");
    let client: Subsystem = "JPX/GOV/991015/UBUGOE".parse().expect("an address");
    let service = insurer.service("lumpSum").expect("a service");
    let question = Request {
        method: Method::Post,
        service: service.clone(),
        path: String::new(),
        query: None,
        client: client.clone(),
        id: MessageId::from_bytes([7; 16]),
        user: None,
        issue: Some("991015-line-12".to_owned()),
        content_type: Some("application/json".to_owned()),
    };
    let answer = Answer {
        status: 200,
        client,
        service,
        id: question.id,
        request_id: MessageId::from_bytes([8; 16]),
        request_hash: question.hash(b"{}"),
        error: None,
        content_type: Some("application/json".to_owned()),
    };
    (question, answer)
}

/// Something that the field takes; the first of a few.
fn said(field: &Field, answers: &Answers) -> Option<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut tried = match field.kind {
        FieldKind::Text => ["さくら", "4", "1234567", "090-0000-0000", "0001"]
            .map(text)
            .to_vec(),
        FieldKind::Kana => vec![text("サクラ")],
        FieldKind::Number { min, .. } => vec![Value::Number(min)],
        FieldKind::Bool => vec![Value::Bool(true)],
        FieldKind::Date => vec![Value::Date(date(1994, 2, 3))],
        FieldKind::DateTime => vec![Value::DateTime(datetime(2026, 11, 22, 23, 59, 0, 0))],
        FieldKind::YearMonth => vec![Value::YearMonth {
            year: 2026,
            month: 11,
        }],
        FieldKind::Choice => {
            let options = field.options.iter();
            options.map(|o| Value::Choice(o.id.clone())).collect()
        }
    };
    tried.retain(|value| check(field, value, answers).fileable());
    tried.into_iter().next()
}

/// Canonical bytes of a birth notification, with plausible answers.
pub(crate) fn canonical(procedure: &str) -> Option<Vec<u8>> {
    let asukoe = "991015".parse().ok()?;
    let procedure = CATALOGUE.procedure(&procedure.parse().ok()?)?;
    let facts = Facts {
        holder: CardHolder {
            name: "葛\u{e0100}城\u{3000}𠮷子".to_owned(),
            address: "ことほぎ県あすこえ市うぶ町１丁目２番３号".to_owned(),
            birth: date(1996, 11, 23),
            sex: Sex::Female,
        },
        role: FilerRole::Mother,
        certificate: Some(ward_form()),
        today: date(2026, 11, 24),
        home: asukoe,
        birthplace: asukoe,
    };
    let mut answers = prefill(procedure, &facts, &CATALOGUE);
    for _ in 0..300 {
        let Some(field) = missing(procedure, &answers).first().copied() else {
            break;
        };
        let value = said(field, &answers)?;
        answers.set(field.path.clone(), value, Source::Parent);
    }
    let draft = Draft {
        recipient: asukoe,
        lang_shown: Tongue::Ja,
        certificate_number: Some("ASK-2026-000123".to_owned()),
        child_order: Some(1),
        drafted_on: date(2026, 11, 24),
    };
    let filing = Filing::assemble(procedure, &answers, &draft).ok()?;
    Some(filing.canonical(procedure))
}

fn portable_ids() -> Vec<String> {
    let table = SlotTable::builtin().expect("the table is whole");
    let counts = HouseholdShares::builtin().expect("the figures are whole");
    let ring = KeyRing::new(Epoch(2969), [0x55; 32]);
    let site = "asukoe.example".parse().expect("a site");
    let declared = table.read_code("").ok().unwrap_or_default();
    let Generalised::Released(released) = generalise(table, &declared, counts, 10) else {
        return Vec::new();
    };
    let token = ring.scramble(table, &released, &site, Randomness::new([3; 10]));
    token.map(|token| token.to_string()).into_iter().collect()
}

/// Answers of the conversion server: preedit, candidates, and fields we do not know.
fn conversion() -> Vec<u8> {
    let mut bytes = vec![0x08, 5, 0x10, 1, 0x2A, 20, 0x08, 1, 0x13, 0x18, 2, 0x22, 3];
    bytes.extend("凛".as_bytes());
    bytes.extend([0x28, 1, 0x32, 3]);
    bytes.extend("あ".as_bytes());
    bytes.extend([0x14, 0x18, 0, 0x72, 9, 0x12, 7, 0x08, 0, 0x22, 3]);
    bytes.extend("凛".as_bytes());
    bytes
}

fn questions() -> Vec<(&'static str, Json)> {
    vec![
        (
            "allowance",
            json!({ "month": "2026-11", "recipient": { "civil_servant": false, "income_class": "below" },
            "children": [{ "id": 1, "birth": "2020-01-01", "residence": "japan", "status": "home", "birth_order": 1 }] }),
        ),
        (
            "claim",
            json!({ "event": "birth", "event_date": "2026-11-01", "claim_date": "2026-11-02" }),
        ),
        (
            "code",
            json!({ "kind": "yucho", "value": { "kigo": "10000", "bango": "1" }, "as_of": "2026-11-22" }),
        ),
        (
            "vaccine",
            json!({ "vaccine": "bcg", "birth": "2026-01-01", "doses": [{ "date": "2026-06-01" }] }),
        ),
        (
            "nursery",
            json!({ "entry": "2027-04", "hours": { "from": "08:00", "to": "18:00" }, "kinds": ["nursery"] }),
        ),
        (
            "points",
            json!({ "guardians": [{ "reason": "work", "employment": "employee", "hours_week": 40 }], "children": 1 }),
        ),
        (
            "match",
            json!({ "facilities": [{ "id": "A", "capacity": { "0": 1 }, "priority": ["c"] }],
            "children": [{ "id": "c", "wishes": [{ "facility": "A" }], "class": 0 }] }),
        ),
        (
            "portable-id",
            json!({ "attributes": { "region": "123021" }, "k": 10 }),
        ),
        (
            "plan",
            json!({ "pregnancy": { "due": "2027-03-10", "fetuses": 1 }, "mother": { "birth": "1990-01-01" } }),
        ),
        (
            "recommend",
            json!({ "code": "1230A64", "region": "991015" }),
        ),
        ("name", json!({ "name": "さくら" })),
        ("deadline", json!({ "from": "2026-11-22" })),
        (
            "registry",
            json!({ "record": { "psid": "x" }, "birth": "2026-01-01" }),
        ),
    ]
}

pub(crate) const CONFIG: &str = r#"
[http]
bind = "127.0.0.1:0"
public_url = "http://127.0.0.1:8080"
secure_cookies = false
[store]
url = "sqlite:city.db"
[broker]
host = "127.0.0.1"
port = 1
ca = "ca"
cert = "ca"
key = "ca"
[recipient]
id = "asukoe"
municipality = "991015"
name_ja = "あすこえ市 市民課"
name_en = "Asukoe City"
hpke = "open"
receipt = "sign"
[jpki]
anchors = ["ca"]
[[device]]
id = "ward-1"
ward = "うぶ町産院"
sign = "device"
hpke = "device-seal"
[[staff]]
id = "sato"
name = "佐藤"
roles = ["examiner"]
password = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'
"#;

const SKK: &str = ";; okuri-nasi entries.\nひろと /大翔;名/裕人;人名/廣戸;姓/\nさk /咲;花が咲く/裂/\nみなと /港/\n";
const ENAMDICT: &str =
    "海斗 [かいと] /(m) Kaito/\n咲 [さき] /(f) Saki/\n湊 [みなと] /(s,m) Minato/\n";
