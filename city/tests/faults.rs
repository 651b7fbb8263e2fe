//! The real city behind a broker that does what it must not: each filing is kept once, with one receipt; a curious broker
//! learns what it must to carry messages; and whoever has a broker or a stolen credential, and no key, achieves nothing.
#![allow(clippy::print_stdout, reason = "counts belong into the test report")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant};

use crate::support::device::{Device, PATIENCE};
use crate::support::office::{Letter, NOON, Office, Running, letter};
use crate::support::papers::{ADDRESS, CHILD_MEI, MOTHER, allowance, birth, canonical};
use ubugoe_bench::envelope;
use ubugoe_bench::scripted::codec::{CONNECT, PUBLISH};
use ubugoe_bench::scripted::{Deed, Limits, Point, Record, Rule, Scripted, Seen, chance};
use ubugoe_city::ingest::no_faults;
use ubugoe_city::server::City;
use ubugoe_city::store::QuarantineReason;
use ubugoe_protocol::{
    Downlink, FilingBody, FilingId, Header, Kind, Receipt, SigningKey, VERSION, open_down, peek,
    seal,
};

const CITY: &str = "city-asukoe";
const UP: &str = "ubg/v1/up/ward-1/asukoe";
const DOWN: &str = "ubg/v1/down/ward-1/receipt";
/// How long a device here waits for a receipt before it sends again.
const AGAIN: Duration = Duration::from_millis(700);

fn with_broker() -> (Office, Scripted) {
    let mut office = Office::new();
    let broker = Scripted::start(&office.pki).unwrap();
    office.broker_port = broker.port();
    (office, broker)
}

fn presences(record: &Record) -> usize {
    let said = |s: &&Seen| s.client == CITY && s.retained && s.payload == b"online";
    record.packets(PUBLISH, true).filter(said).count()
}

/// Waits until the city said for the nth time that it listens.
fn listens(broker: &Scripted, times: usize) {
    tokio::task::block_in_place(|| broker.wait("the city's presence", |r| presences(r) >= times))
        .unwrap();
}

fn letters(count: usize) -> Vec<Letter> {
    (0..count)
        .map(|n| letter(canonical(&birth(&format!("ASK-{n}")))))
        .collect()
}

/// Receipts by filing, each in all the forms it came in.
type Receipts = BTreeMap<FilingId, BTreeSet<Vec<u8>>>;

/// Does what an outbox does: sends what has no receipt, again and again.
async fn until_receipted(
    office: &Office,
    device: &mut Device,
    letters: &[Letter],
    found: &mut Receipts,
) -> usize {
    let end = Instant::now() + PATIENCE * 6;
    let mut sent = 0;
    while letters.iter().any(|l| !found.contains_key(&l.id)) {
        assert!(Instant::now() < end, "{} receipts", found.len());
        for letter in letters.iter().filter(|l| !found.contains_key(&l.id)) {
            device.post("asukoe", office.envelope(letter)).await;
            sent += 1;
        }
        gather(office, device, found).await;
        // Time goes on, or the city would think that its connections never last and pause longer and longer.
        office.hands.forward(31);
    }
    sent
}

/// Takes receipts until none came for a while.
async fn gather(office: &Office, device: &mut Device, found: &mut Receipts) {
    let key = office.device_open(device.id.as_str());
    while let Some(bytes) = device.within(AGAIN).await {
        // What does not open was damaged, or meant for somebody else.
        let Ok(Downlink::Receipts(items)) = open_down(&bytes, &device.id, &key) else {
            continue;
        };
        for signed in items {
            let receipt = Receipt::verify(&signed, &office.receipt_key()).unwrap();
            found.entry(receipt.id).or_default().insert(signed);
        }
    }
}

/// Each letter is kept once, as it was signed, and all its receipts are the one in the store.
async fn kept_once(
    name: &str,
    office: &Office,
    broker: &Scripted,
    letters: &[Letter],
    found: &Receipts,
) {
    let store = office.store().await;
    let stored = store.filings(None, 1_000).await.unwrap();
    let ids: BTreeSet<FilingId> = stored.iter().map(|row| row.id).collect();
    let lost = letters.iter().filter(|l| !ids.contains(&l.id)).count();
    let doubled = stored.len() - ids.len();
    let record = broker.record();
    let to_city = |s: &&Seen| s.client == CITY;
    let sent = record
        .packets(PUBLISH, true)
        .filter(|s| !to_city(s))
        .count();
    let came = record.packets(PUBLISH, false).filter(to_city).count();
    println!(
        "{name}: {} filings, {lost} lost, {doubled} doubled; sent {sent} times, {came} came to the city; {} misdeeds",
        letters.len(),
        record.misdeeds()
    );
    assert_eq!((lost, doubled, ids.len()), (0, 0, letters.len()), "{name}");
    for letter in letters {
        let record = store.filing(letter.id).await.unwrap().unwrap();
        assert_eq!(record.canonical, letter.canonical, "{name}");
        let receipts = &found[&letter.id];
        assert_eq!(
            receipts.iter().collect::<Vec<_>>(),
            [&record.receipt],
            "{name}: another receipt"
        );
    }
}

fn publish(deed: Deed) -> Rule {
    Rule::at(Point::Publish, deed).client("ward-1")
}

fn deliver(topic: &str, deed: Deed) -> Rule {
    Rule::at(Point::Deliver, deed).topic(topic)
}

/// Eight letters go while a rule holds.
async fn survives(name: &str, rule: Rule) {
    const LETTERS: usize = 8;
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker, 1);
    broker.rule(rule);
    let letters = letters(LETTERS);
    let mut found = Receipts::new();
    until_receipted(&office, &mut device, &letters, &mut found).await;
    broker.calm();
    // What was held back arrives now; and one that has its receipt is sent once more.
    device.post("asukoe", office.envelope(&letters[0])).await;
    gather(&office, &mut device, &mut found).await;
    kept_once(name, &office, &broker, &letters, &found).await;
    let record = broker.record();
    assert!(record.misdeeds() > 0, "{name}: the broker was honest");
    assert_eq!(record.violations, Vec::<String>::new(), "{name}");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_broker_does_to_filings_each_is_kept_once_with_one_receipt() {
    let every = |rule: Rule| rule.every(2).times(4);
    let to_city = |deed| every(deliver(UP, deed));
    for (name, rule) in [
        ("drops filings", every(publish(Deed::Drop))),
        ("acknowledges and forgets", every(publish(Deed::Lie))),
        ("doubles filings", to_city(Deed::Twice)),
        ("reorders filings", to_city(Deed::After)),
        ("replays filings", to_city(Deed::Old)),
        ("holds filings back", to_city(Deed::Hold)),
        ("changes a bit in filings", to_city(Deed::Alter(500))),
        (
            "cuts filings and the city's connection",
            deliver(UP, Deed::Cut(200)).times(1),
        ),
        (
            "takes no acknowledgement from the city",
            Rule::at(Point::Acknowledge, Deed::Drop).client(CITY),
        ),
    ] {
        survives(name, rule).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_broker_does_to_receipts_there_is_one_for_each_filing() {
    let to_ward = |deed| deliver(DOWN, deed).every(2).times(4);
    for (name, rule) in [
        ("drops receipts", to_ward(Deed::Drop)),
        ("doubles receipts", to_ward(Deed::Twice)),
        ("reorders receipts", to_ward(Deed::After)),
        ("replays receipts", to_ward(Deed::Old)),
        (
            "gives receipts to the city",
            to_ward(Deed::Misdeliver(CITY.to_owned())),
        ),
        (
            "acknowledges receipts and forgets them",
            Rule::at(Point::Publish, Deed::Lie)
                .client(CITY)
                .topic(DOWN)
                .times(3),
        ),
        (
            "refuses the city's receipts",
            Rule::at(Point::Publish, Deed::Refuse(0x87))
                .client(CITY)
                .topic(DOWN)
                .times(3),
        ),
        (
            "acknowledges receipts under a wrong id",
            Rule::at(Point::Publish, Deed::WrongId)
                .client(CITY)
                .topic(DOWN)
                .times(1),
        ),
        (
            "never acknowledges receipts",
            Rule::at(Point::Publish, Deed::Unacknowledged)
                .client(CITY)
                .topic(DOWN),
        ),
    ] {
        survives(name, rule).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_comes_back_to_a_broker_that_breaks_its_connection_in_any_way() {
    let connect = |deed| Rule::at(Point::Connect, deed).client(CITY).times(2);
    let subscribe = |deed| Rule::at(Point::Subscribe, deed).client(CITY).times(2);
    let accept = |deed| Rule::at(Point::Accept, deed).times(1);
    let ends = |read, written| accept(Deed::EndAt { read, written });
    for (name, rules) in [
        ("is busy", vec![connect(Deed::Refuse(0x89))]),
        ("does not authorise", vec![connect(Deed::Refuse(0x87))]),
        (
            "answers CONNECT with rubbish",
            vec![connect(Deed::Rubbish(vec![0xFF; 9]))],
        ),
        (
            "denies the subscription",
            vec![subscribe(Deed::Refuse(0x87))],
        ),
        ("closes at SUBSCRIBE", vec![subscribe(Deed::Close)]),
        ("accepts and hangs up", vec![accept(Deed::Close)]),
        ("accepts and never answers", vec![accept(Deed::Silence)]),
        ("accepts and never reads", vec![accept(Deed::Deaf)]),
        (
            "ends connections at odd bytes",
            vec![
                ends(20, u64::MAX),
                ends(u64::MAX, 3),
                ends(u64::MAX, 8),
                ends(110, u64::MAX),
            ],
        ),
    ] {
        let (office, broker) = with_broker();
        let deeds = rules.len() as u64;
        for rule in rules {
            broker.rule(rule);
        }
        let city = office.open().await;
        tokio::task::block_in_place(|| broker.wait(name, |r| r.misdeeds() >= deeds)).unwrap();
        listens(&broker, 1);
        broker.calm();
        let mut device = Device::connect(&office, "ward-1").await;
        let mut found = Receipts::new();
        let letters = letters(2);
        until_receipted(&office, &mut device, &letters, &mut found).await;
        kept_once(name, &office, &broker, &letters, &found).await;
        city.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_whose_session_and_connection_are_lost_again_and_again_keeps_each_filing_once() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker, 1);
    let letters = letters(9);
    let mut found = Receipts::new();
    for (n, some) in letters.chunks(3).enumerate() {
        let answers = |r: &Record| {
            let all = r.packets(PUBLISH, true).filter(|s| s.client == CITY);
            all.count() - presences(r)
        };
        let before = answers(&broker.record());
        // Its answers get stuck, so that they are lost with the connection.
        broker.rule(deliver(DOWN, Deed::Hold).times(2));
        for letter in some {
            device.post("asukoe", office.envelope(letter)).await;
        }
        tokio::task::block_in_place(|| broker.wait("an answer", |r| answers(r) > before)).unwrap();
        broker.forget(CITY);
        broker.kick(CITY);
        listens(&broker, n + 2);
        until_receipted(&office, &mut device, some, &mut found).await;
        broker.calm();
    }
    gather(&office, &mut device, &mut found).await;
    kept_once(
        "loses the city's session",
        &office,
        &broker,
        &letters,
        &found,
    )
    .await;
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_whose_session_is_lost_while_its_connection_stays_hears_again_within_a_minute() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    listens(&broker, 1);
    broker.forget(CITY);
    let mut device = Device::connect(&office, "ward-1").await;
    let letters = letters(2);
    let mut found = Receipts::new();
    until_receipted(&office, &mut device, &letters, &mut found).await;
    kept_once("loses the session only", &office, &broker, &letters, &found).await;
    assert_eq!(presences(&broker.record()), 1, "on the same connection");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_whose_receipts_the_broker_takes_and_never_acknowledges_leaves_it() {
    // As many as the city has under way at once: it could send nothing any more, not even acknowledgements.
    const UNDER_WAY: u32 = 64;
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker, 1);
    broker.rule(
        Rule::at(Point::Publish, Deed::Unacknowledged)
            .client(CITY)
            .topic(DOWN)
            .times(UNDER_WAY),
    );
    let letters = letters(4);
    let mut found = Receipts::new();
    while broker.record().misdeeds() < u64::from(UNDER_WAY) {
        device.post("asukoe", office.envelope(&letters[0])).await;
        device.within(AGAIN).await;
    }
    until_receipted(&office, &mut device, &letters, &mut found).await;
    kept_once(
        "takes and never acknowledges",
        &office,
        &broker,
        &letters,
        &found,
    )
    .await;
    assert_eq!(presences(&broker.record()), 2, "on a new connection");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_leaves_a_connection_that_is_only_half_there() {
    // Nothing but its keep-alive can tell it; that takes it half a minute.
    for deed in [Deed::Silence, Deed::Deaf] {
        let (office, broker) = with_broker();
        let city = office.open().await;
        listens(&broker, 1);
        broker.rule(Rule::at(Point::Ping, deed.clone()).client(CITY).times(1));
        listens(&broker, 2);
        let mut device = Device::connect(&office, "ward-1").await;
        let letters = letters(1);
        let mut found = Receipts::new();
        until_receipted(&office, &mut device, &letters, &mut found).await;
        kept_once("half-open", &office, &broker, &letters, &found).await;
        city.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_does_not_speak_to_a_broker_whose_certificate_is_of_another_year() {
    let (mut office, broker) = with_broker();
    office.pki.add_broker("broker-past", 2019, 2020).unwrap();
    broker.show("broker-past").unwrap();
    let city = office.open().await;
    tokio::task::block_in_place(|| broker.wait("failed handshakes", |r| r.unshaken >= 2)).unwrap();
    assert_eq!(broker.record().seen, []);
    broker.show("broker").unwrap();
    listens(&broker, 1);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_ever_passed_is_played_again_days_later_and_changes_nothing() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut device = Device::connect(&office, "ward-1").await;
    listens(&broker, 1);
    let letters = letters(10);
    let mut found = Receipts::new();
    until_receipted(&office, &mut device, &letters, &mut found).await;
    office.hands.forward(9 * 86_400);
    let record = broker.record();
    let up: Vec<&Seen> = record
        .packets(PUBLISH, true)
        .filter(|s| s.client == "ward-1")
        .collect();
    let mut again = 0;
    for _ in 0..3 {
        for seen in up.iter().rev() {
            broker.replay(seen);
            again += 1;
        }
    }
    let answered = |r: &Record| {
        r.packets(PUBLISH, false)
            .filter(|s| s.client == CITY)
            .count()
            >= up.len() + again
    };
    tokio::task::block_in_place(|| broker.wait("the replays", answered)).unwrap();
    gather(&office, &mut device, &mut found).await;
    kept_once("plays everything again", &office, &broker, &letters, &found).await;
    let counts = office.store().await.counts().await.unwrap();
    assert_eq!((counts.arrived, counts.quarantined), (10, 0));
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_dice_do_between_devices_and_city_each_filing_is_kept_once() {
    for seed in 1..=3 {
        let (office, broker) = with_broker();
        let city = office.open().await;
        let mut device = Device::connect(&office, "ward-1").await;
        listens(&broker, 1);
        // The device here is no link and does not survive its connection; the link's own dice are in sync/edge.
        let mut dice = chance(seed, 4, 60, &[CITY, "ward-1", ""]);
        broker.follow(Box::new(move |sight| {
            let kind = !matches!(
                sight.point,
                Point::Accept | Point::Connect | Point::Subscribe
            );
            let deed = dice(sight).filter(|_| kind);
            let breaks = matches!(
                deed,
                Some(
                    Deed::Close
                        | Deed::CloseAfter
                        | Deed::Cut(_)
                        | Deed::Rubbish(_)
                        | Deed::WrongId
                        | Deed::Doubly
                )
            );
            deed.filter(|_| sight.client == CITY || !breaks)
        }));
        let letters = letters(40);
        let mut found = Receipts::new();
        until_receipted(&office, &mut device, &letters, &mut found).await;
        broker.calm();
        gather(&office, &mut device, &mut found).await;
        kept_once(&format!("seed {seed}"), &office, &broker, &letters, &found).await;
        let misdeeds = broker.record().misdeeds();
        assert!(misdeeds > 10, "seed {seed}: only {misdeeds} misdeeds");
        city.stop().await;
    }
}

// ---- hostile ----

/// Everything a broker saw, searched for a text of which nothing may be seen; eight bytes of it are enough.
fn leaks(record: &Record, secret: &[u8]) -> usize {
    let windows: HashSet<&[u8]> = secret.windows(8).collect();
    let seen = |s: &Seen| s.frame.windows(8).any(|w| windows.contains(w));
    record.seen.iter().filter(|s| seen(s)).count()
}

/// What may be seen.
fn outside(office: &Office, record: &Record, letters: &[Letter]) {
    // Topics: of the documented form, with ids that say nothing.
    let topics: BTreeSet<&str> = record
        .seen
        .iter()
        .filter_map(|s| s.topic.as_deref())
        .collect();
    assert_eq!(
        topics.into_iter().collect::<Vec<_>>(),
        [
            "ubg/v1/city/asukoe/presence",
            "ubg/v1/down/ward-1/receipt",
            "ubg/v1/down/ward-2/receipt",
            "ubg/v1/up/ward-1/asukoe",
            "ubg/v1/up/ward-2/asukoe",
        ]
    );
    // Kept: presence, and nothing else.
    let kept: BTreeSet<(&str, &[u8])> = record
        .seen
        .iter()
        .filter(|s| s.retained)
        .map(|s| (s.topic.as_deref().unwrap_or_default(), s.payload.as_slice()))
        .collect();
    let presence: (&str, &[u8]) = ("ubg/v1/city/asukoe/presence", b"online");
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [presence]);
    // Headers: what is needed to carry it. The device's clock is seen to the second.
    for seen in record.packets(PUBLISH, true).filter(|s| s.client != CITY) {
        let header = peek(&seen.payload).unwrap();
        let letter = letters.iter().find(|l| l.id == header.id).unwrap();
        assert_eq!(
            header,
            Header {
                v: VERSION,
                id: letter.id,
                device: letter.device.parse().unwrap(),
                recipient: "asukoe".parse().unwrap(),
                kind: Kind::Filing,
                schema: "ubugoe-filing/1".to_owned(),
                case: letter.case,
                case_seq: letter.case_seq,
                created: NOON - 60,
                expires: None,
                key_id: office.seal_key().key_id(),
            }
        );
    }
}

/// What may not.
fn inside(office: &Office, record: &Record, letters: &[Letter], found: &Receipts) {
    // Words: none, in no packet of any kind.
    for letter in letters {
        let text = String::from_utf8(letter.canonical.clone()).unwrap();
        // The one text that stands outside and inside alike is the name of the format.
        for part in text.split("ubugoe-filing/1") {
            assert_eq!(leaks(record, part.as_bytes()), 0);
        }
        assert_eq!(leaks(record, &letter.signature), 0);
    }
    for receipts in found.values().flatten() {
        // Id and recipient stand outside as well; everything else on a receipt is the family's.
        let receipt = Receipt::verify(receipts, &office.receipt_key()).unwrap();
        let (_, signature) = receipts.split_at(receipts.len() - 64);
        for part in [
            receipt.status_token.as_bytes(),
            receipt.status_url.as_bytes(),
            &receipt.digest,
            signature,
        ] {
            assert_eq!(leaks(record, part), 0, "receipts are sealed as well");
        }
    }
    let words = [
        MOTHER,
        "𠮷子",
        CHILD_MEI,
        ADDRESS,
        "あすこえ市",
        "shussei",
        "jido_teate",
        "todoke",
        "nintei",
        "http",
        "991015",
    ];
    for word in words {
        let found = record
            .seen
            .iter()
            .any(|s| s.frame.windows(word.len()).any(|w| w == word.as_bytes()));
        assert!(!found, "{word}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_curious_broker_sees_who_sends_to_whom_when_and_how_much_and_no_word_of_a_filing() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut one = Device::connect(&office, "ward-1").await;
    let mut two = Device::connect(&office, "ward-2").await;
    listens(&broker, 1);
    let letters = [
        letter(canonical(&birth("ASK-1"))),
        letter(canonical(&allowance("ASK-1"))),
        Letter {
            device: "ward-2",
            ..letter(canonical(&birth("ASK-2")))
        },
    ];
    let mut found = Receipts::new();
    until_receipted(&office, &mut one, &letters[..2], &mut found).await;
    until_receipted(&office, &mut two, &letters[2..], &mut found).await;
    city.stop().await;
    let record = broker.record();
    outside(&office, &record, &letters);
    inside(&office, &record, &letters, &found);
    let sizes: BTreeSet<usize> = record
        .packets(PUBLISH, true)
        .map(|s| s.frame.len())
        .collect();
    println!(
        "a curious broker saw {} packets, {} bytes; sizes of publishes {sizes:?}",
        record.seen.len(),
        record.seen.iter().map(|s| s.frame.len()).sum::<usize>()
    );
    assert!(record.packets(CONNECT, true).count() >= 3);
    // The control: were one of them not sealed, the search would say so.
    broker.inject(DOWN, letters[0].canonical.clone());
    broker.inject(DOWN, found[&letters[0].id].first().unwrap().clone());
    let record = broker.record();
    assert!(leaks(&record, &letters[0].canonical) > 0);
    assert!(leaks(&record, found[&letters[0].id].first().unwrap()) > 0);
}

/// What came of an attack: quarantined for this reason, and nothing else at all.
async fn set_aside(name: &str, office: &Office, attacks: usize, reason: QuarantineReason) {
    let store = office.store().await;
    let items = store.quarantine(1_000).await.unwrap();
    let filings = store.filings(None, 1_000).await.unwrap().len();
    println!(
        "{name}: {attacks} attacks, {filings} filings, {} set aside",
        items.len()
    );
    let reasons: Vec<_> = items.iter().map(|item| item.reason).collect();
    assert_eq!((reasons, filings), (vec![reason; attacks], 0), "{name}");
}

/// Lands attacks that arrived on a topic of ward 1, straight from the broker.
async fn attack(office: &Office, broker: &Scripted, wires: Vec<Vec<u8>>) -> (Running, Device) {
    let city = office.open().await;
    let device = Device::connect(office, "ward-1").await;
    listens(broker, 1);
    let wanted = wires.len();
    for wire in wires {
        broker.inject(UP, wire);
    }
    let taken = |r: &Record| {
        r.packets(ubugoe_bench::scripted::codec::PUBACK, true)
            .filter(|s| s.client == CITY)
            .count()
            >= wanted
    };
    tokio::task::block_in_place(|| broker.wait("the city's acknowledgements", taken)).unwrap();
    (city, device)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_whose_header_or_version_was_changed_is_set_aside_and_not_answered() {
    let (office, broker) = with_broker();
    let letter = letter(canonical(&birth("ASK-1")));
    let wire = office.envelope(&letter);
    // In the header's map the version stands before the id: 1: v, 2: 16 bytes.
    let id: Vec<u8> = [&[0x02, 0x50], letter.id.as_bytes().as_slice()].concat();
    let at = wire.windows(id.len()).position(|w| w == id).unwrap();
    assert_eq!(wire[at - 2..at], [1, VERSION], "key and version");
    let changed = |at: usize, byte: u8| {
        let mut bytes = wire.clone();
        bytes[at] = byte;
        bytes
    };
    let downgrades = vec![
        changed(at - 1, 0),
        changed(at - 1, VERSION + 1),
        changed(at - 1, 0x17),
    ];
    let (city, mut device) = attack(&office, &broker, downgrades).await;
    set_aside("another version", &office, 3, QuarantineReason::Malformed).await;
    assert!(device.nothing_came(), "the attacker was answered");
    city.stop().await;

    // Each value of the header, changed to one that is well-formed.
    let (office, broker) = with_broker();
    let wire = office.envelope(&letter);
    let key_id = office.seal_key().key_id();
    let end = wire
        .windows(key_id.len())
        .position(|w| w == key_id)
        .unwrap();
    let start = wire.windows(id.len()).position(|w| w == id).unwrap();
    let mut wires = Vec::new();
    for at in start + 2..end + key_id.len() {
        let mut bytes = wire.clone();
        bytes[at] ^= 1;
        // Those that stay readable are the interesting ones: for them only the signature speaks.
        if peek(&bytes).is_ok_and(|h| h.device.as_str() == "ward-1") {
            wires.push(bytes);
        }
    }
    assert!(wires.len() > 40, "{}", wires.len());
    let attacks = wires.len();
    let (city, mut device) = attack(&office, &broker, wires).await;
    set_aside(
        "an altered header",
        &office,
        attacks,
        QuarantineReason::BadDeviceSignature,
    )
    .await;
    assert!(device.nothing_came(), "the attacker was answered");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_that_is_swapped_to_another_recipient_is_nothing_there_and_arrives_where_it_belongs()
 {
    let (office, broker) = with_broker();
    let asukoe = office.open().await;
    let text = office
        .toml()
        .replace("city-asukoe", "city-tonari")
        .replace("id = \"asukoe\"", "id = \"tonari\"")
        .replace("sqlite:city.db", "sqlite:tonari.db");
    let config = office.config_of(&text).unwrap();
    let store = ubugoe_city::server::open_store(&config.store, &config.office.recipient)
        .await
        .unwrap();
    let city = City::start(config, office.hands.clock(), no_faults())
        .await
        .unwrap();
    let (raise, stop) = tokio::sync::watch::channel(false);
    let tonari = tokio::spawn(async move { city.run(stop).await.unwrap() });
    listens(&broker, 1);
    tokio::task::block_in_place(|| {
        broker.wait("the other city", |r| {
            r.packets(PUBLISH, true)
                .any(|s| s.client == "city-tonari" && s.retained)
        })
    })
    .unwrap();
    let mut device = Device::connect(&office, "ward-1").await;
    let letters = letters(2);
    broker.rule(publish(Deed::Divert("ubg/v1/up/ward-1/tonari".to_owned())).times(2));
    let mut found = Receipts::new();
    until_receipted(&office, &mut device, &letters, &mut found).await;
    kept_once("swaps recipients", &office, &broker, &letters, &found).await;
    let items = store.quarantine(10).await.unwrap();
    let reasons: Vec<_> = items.iter().map(|item| item.reason).collect();
    assert_eq!(reasons, [QuarantineReason::Undecryptable; 2]);
    assert_eq!(store.filings(None, 10).await.unwrap().len(), 0);
    raise.send(true).unwrap();
    tonari.await.unwrap();
    asukoe.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_tls_credential_without_the_signing_key_files_nothing_and_hears_nothing_it_can_read()
 {
    let (office, broker) = with_broker();
    let city = office.open().await;
    listens(&broker, 1);
    // The thief connects as ward 1: the broker and TLS believe it.
    let mut thief = Device::connect(&office, "ward-1").await;
    let letter = letter(canonical(&birth("ASK-1")));
    let signed_by = |key: &SigningKey, device: &str| {
        let to = office.seal_key();
        let header = Header {
            v: VERSION,
            id: letter.id,
            device: device.parse().unwrap(),
            recipient: "asukoe".parse().unwrap(),
            kind: Kind::Filing,
            schema: "ubugoe-filing/1".to_owned(),
            case: letter.case,
            case_seq: 0,
            created: NOON,
            expires: None,
            key_id: to.key_id(),
        };
        let body = FilingBody {
            canonical: letter.canonical.clone(),
            signature: letter.signature.clone(),
            attachments: Vec::new(),
            time: envelope::claim(1, NOON),
            visit: envelope::alone(&letter.canonical),
        };
        seal(&header, &body, &to, key).unwrap()
    };
    let own = SigningKey::generate().unwrap();
    let others = office.device_sign("ward-2");
    let city_key =
        SigningKey::from_text(office.pki.text("city-asukoe.receipt").unwrap().trim_end()).unwrap();
    for key in [&own, &others, &city_key] {
        thief.send("asukoe", signed_by(key, "ward-1")).await;
    }
    // Truly said by ward 2, on ward 1's topic: a device speaks for itself on its own topic only.
    let word = ubugoe_protocol::Report::TimeAsk([7; 16]);
    thief.send("asukoe", office.report("ward-2", &word)).await;
    let taken = |r: &Record| {
        r.packets(ubugoe_bench::scripted::codec::PUBACK, true)
            .filter(|s| s.client == CITY)
            .count()
            >= 4
    };
    tokio::task::block_in_place(|| broker.wait("the city's acknowledgements", taken)).unwrap();
    assert!(thief.nothing_came(), "the thief was answered");
    let store = office.store().await;
    let mut reasons: Vec<_> = store
        .quarantine(10)
        .await
        .unwrap()
        .iter()
        .map(|item| item.reason.code())
        .collect();
    reasons.sort_unstable();
    let bad = QuarantineReason::BadDeviceSignature.code();
    let mut wanted = [bad, bad, bad, QuarantineReason::DeviceMismatch.code()];
    wanted.sort_unstable();
    assert_eq!(reasons, wanted);
    assert_eq!(store.filings(None, 10).await.unwrap().len(), 0);
    // What comes down to the true device reaches the thief as well, sealed to a key it does not have.
    broker.inject(UP, office.envelope(&letter));
    let bytes = thief.within(PATIENCE).await.unwrap();
    let thiefs = office.device_open("ward-2");
    assert!(open_down(&bytes, &thief.id, &thiefs).is_err());
    assert!(open_down(&bytes, &thief.id, &office.device_open("ward-1")).is_ok());
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_for_one_device_does_not_open_for_another_under_any_topic() {
    let (office, broker) = with_broker();
    let city = office.open().await;
    let mut one = Device::connect(&office, "ward-1").await;
    let mut two = Device::connect(&office, "ward-2").await;
    listens(&broker, 1);
    broker.rule(deliver(DOWN, Deed::Divert("ubg/v1/down/ward-2/receipt".to_owned())).times(1));
    broker.rule(deliver(DOWN, Deed::Misdeliver("ward-2".to_owned())).times(1));
    let letters = letters(1);
    let mut found = Receipts::new();
    let sent = until_receipted(&office, &mut one, &letters, &mut found).await;
    assert!(sent >= 3, "two receipts went astray");
    let key = office.device_open("ward-2");
    for _ in 0..2 {
        let bytes = two.within(PATIENCE).await.unwrap();
        assert!(open_down(&bytes, &two.id, &key).is_err());
    }
    kept_once("swaps receipts", &office, &broker, &letters, &found).await;
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_takes_less_than_it_did_is_obeyed_by_the_city() {
    let (office, broker) = with_broker();
    broker.limit(Limits {
        receive_maximum: Some(1),
        ..Limits::default()
    });
    let city = office.open().await;
    let mut one = Device::connect(&office, "ward-1").await;
    listens(&broker, 1);
    let letters = letters(12);
    let mut found = Receipts::new();
    until_receipted(&office, &mut one, &letters, &mut found).await;
    kept_once("a window of one", &office, &broker, &letters, &found).await;
    let cities: Vec<_> = broker
        .record()
        .violations
        .into_iter()
        .filter(|v| v.starts_with(CITY))
        .collect();
    assert_eq!(cities, Vec::<String>::new());
    city.stop().await;
}
