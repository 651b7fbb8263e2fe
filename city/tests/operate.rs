//! The city as an operator of devices: orders, updates that go out step by step, certificates, revoked devices.

use std::collections::BTreeMap;

use crate::support::broker::{listens, with_broker};
use crate::support::device::Device;
use crate::support::office::{NOON, Office, land, letter, message, on_each_store};
use crate::support::papers::{birth, canonical};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use ubugoe_bench::envelope::claim;
use ubugoe_city::ingest::Ingest;
use ubugoe_city::operate::certificate::{self, Authority};
use ubugoe_city::operate::rollout::{HEARD, OBSERVE, OBSERVE_SYSTEM, publish};
use ubugoe_city::operate::{OPERATOR, OperateError, Operator};
use ubugoe_city::store::{DownAttempt, DownKind, QuarantineReason, RolloutState, Store};
use ubugoe_protocol::report::{Outcome, UpdateState};
use ubugoe_protocol::update::{Content, PART_LEN, join};
use ubugoe_protocol::{
    Command, DeviceId, Downlink, FilingId, Grant, Manifest, Order, Part, Report, SystemOrder,
    UpdateId, VerifyingKey, digest,
};

fn operator_key(office: &Office) -> VerifyingKey {
    VerifyingKey::from_text(
        office
            .pki
            .text("city-asukoe.operate.pub")
            .unwrap()
            .trim_end(),
    )
    .unwrap()
}

fn device(id: &str) -> DeviceId {
    id.parse().unwrap()
}

async fn order(office: &Office, store: &dyn Store, order: Order, stands: i64) -> FilingId {
    let config = office.config();
    let now = office.now();
    let operator = Operator::of(&config).unwrap();
    let new = operator
        .order(&device("ward-1"), order, (now, now + stands), OPERATOR)
        .unwrap();
    let id = new.id;
    store.order(vec![new]).await.unwrap();
    id
}

async fn say(office: &Office, ingest: &Ingest, id: &str, report: Report) {
    let wire = office.report(id, &report);
    assert_eq!(ingest.land(vec![message(id, wire)]).await.unwrap(), []);
}

async fn actions(store: &dyn Store) -> Vec<String> {
    let lines = store.audit_lines(0, 10_000).await.unwrap();
    lines.into_iter().map(|line| line.entry.action).collect()
}

// ---- orders ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_repeated_until_its_device_answers_and_the_first_answer_stands() {
    on_each_store(async |office| {
        office.operates = true;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let id = order(office, store.as_ref(), Order::Close, 86_400).await;
        assert_eq!(store.next_due_at().await.unwrap(), Some(NOON));
        let due = store.due_down(NOON, 10).await.unwrap();
        assert_eq!(
            (due.len(), due[0].kind, due[0].attempts),
            (1, DownKind::Command, 0)
        );
        let command = Command::verify(&due[0].payload, &operator_key(office)).unwrap();
        assert_eq!(
            (command.id, command.order, command.expires),
            (id, Order::Close, NOON + 86_400)
        );
        let attempt = DownAttempt {
            id: due[0].id,
            attempts: 1,
            now: NOON,
            next_at: Some(NOON + 600),
        };
        store.down_attempted(attempt).await.unwrap();
        assert!(store.due_down(NOON + 599, 10).await.unwrap().is_empty());
        assert_eq!(store.due_down(NOON + 600, 10).await.unwrap()[0].attempts, 1);
        let answer = |outcome, detail: &str| Report::Command {
            id,
            outcome,
            detail: detail.into(),
        };
        // another device's word is none
        say(office, &ingest, "ward-2", answer(Outcome::Done, "")).await;
        assert_eq!(store.orders(10).await.unwrap()[0].answer, None);
        office.hands.forward(700);
        say(office, &ingest, "ward-1", answer(Outcome::Done, "closed")).await;
        say(office, &ingest, "ward-1", answer(Outcome::Refused, "no")).await;
        let listed = store.orders(10).await.unwrap();
        assert_eq!(
            (listed[0].id, listed[0].what.as_str(), listed[0].attempts),
            (id, "close", 1)
        );
        assert_eq!(
            listed[0].answer,
            Some((Outcome::Done, "closed".into(), NOON + 700))
        );
        assert!(store.due_down(NOON + 90_000, 10).await.unwrap().is_empty());
        assert_eq!(store.next_due_at().await.unwrap(), None);
        let actions = actions(store.as_ref()).await;
        assert_eq!(actions, ["command.ordered", "command.done"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_expired_is_not_sent_any_more_and_no_sign_of_life_wakes_it() {
    on_each_store(async |office| {
        office.operates = true;
        let store = office.store().await;
        order(office, store.as_ref(), Order::Restart, 3_600).await;
        assert_eq!(store.due_down(NOON + 3_599, 10).await.unwrap().len(), 1);
        assert!(store.due_down(NOON + 3_600, 10).await.unwrap().is_empty());
        let window = ubugoe_city::store::WakeWindow {
            now: NOON + 3_700,
            decided_since: 0,
            not_sent_since: NOON + 3_700,
        };
        store.wake_notices(&device("ward-1"), window).await.unwrap();
        assert!(store.due_down(NOON + 9_999, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_reaches_its_device_over_the_broker_and_its_answer_comes_back() {
    let (mut office, broker) = with_broker();
    office.operates = true;
    let city = office.open().await;
    let mut ward = Device::connect(&office, "ward-1").await;
    listens(&broker);
    let store = office.store().await;
    let id = order(&office, store.as_ref(), Order::Diagnose, 86_400).await;
    // a sign of life makes the city look; the time comes back as well
    ward.send("asukoe", office.report("ward-1", &Report::TimeAsk([1; 16])))
        .await;
    let mut came = (false, false);
    while came != (true, true) {
        match ward.next().await {
            Downlink::Times(_) => came.0 = true,
            Downlink::Commands(items) => {
                let command = Command::verify(&items[0], &operator_key(&office)).unwrap();
                assert_eq!((command.id, command.order), (id, Order::Diagnose));
                came.1 = true;
            }
            other => panic!("not to be expected: {other:?}"),
        }
    }
    let answer = Report::Command {
        id,
        outcome: Outcome::Done,
        detail: "rows=3".into(),
    };
    ward.send("asukoe", office.report("ward-1", &answer)).await;
    // nobody answers an answer: it is there once it was taken in
    let start = std::time::Instant::now();
    let answered = loop {
        if let Some(answer) = store.orders(10).await.unwrap().remove(0).answer {
            break answer;
        }
        assert!(start.elapsed() < std::time::Duration::from_mins(1));
        tokio::task::yield_now().await;
    };
    assert_eq!(answered, (Outcome::Done, "rows=3".into(), NOON));
    city.stop().await;
}

// ---- updates ----

/// Ward 1 is the canary, ward 2 is everybody else.
const CANARY: &str = "あすこえ市民病院 3階";

async fn published(office: &Office, store: &dyn Store, whole: &[u8]) -> (UpdateId, u64) {
    let wards = (vec![CANARY.to_owned()], OBSERVE);
    publish(
        &office.config(),
        store,
        (Content::Catalogue, whole),
        wards,
        office.now(),
    )
    .await
    .unwrap()
}

async fn going_down(store: &dyn Store, now: i64) -> BTreeMap<String, Vec<DownKind>> {
    let mut found: BTreeMap<String, Vec<DownKind>> = BTreeMap::new();
    for item in store.due_down(now, 1_000).await.unwrap() {
        found
            .entry(item.device.to_string())
            .or_default()
            .push(item.kind);
    }
    found
}

fn update(id: UpdateId, state: UpdateState) -> Report {
    Report::Update {
        id,
        state,
        detail: "checked".into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_goes_to_the_canaries_first_and_to_the_rest_when_they_were_well_for_a_day() {
    on_each_store(async |office| {
        office.operates = true;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let whole = vec![5; PART_LEN + 1];
        let (id, version) = published(office, store.as_ref(), &whole).await;
        assert_eq!(version, 1);
        let both_parts = vec![DownKind::Manifest, DownKind::Part, DownKind::Part];
        let down = going_down(store.as_ref(), NOON).await;
        assert_eq!(
            down,
            BTreeMap::from([("ward-1".to_owned(), both_parts.clone())])
        );
        let config = office.config();
        let occupied = publish(
            &config,
            store.as_ref(),
            (Content::Catalogue, b"another"),
            (vec![CANARY.to_owned()], OBSERVE),
            NOON,
        );
        assert!(matches!(occupied.await, Err(OperateError::Occupied)));
        say(office, &ingest, "ward-1", update(id, UpdateState::Healthy)).await;
        // late word that it is staged changes nothing
        say(office, &ingest, "ward-1", update(id, UpdateState::Staged)).await;
        office.hands.forward(OBSERVE - 1);
        ingest.look_at_rollouts().await.unwrap();
        assert!(
            going_down(store.as_ref(), office.now()).await.is_empty(),
            "observed for too short"
        );
        office.hands.forward(1);
        ingest.look_at_rollouts().await.unwrap();
        ingest.look_at_rollouts().await.unwrap();
        let down = going_down(store.as_ref(), office.now()).await;
        assert_eq!(down, BTreeMap::from([("ward-2".to_owned(), both_parts)]));
        let rollout = store.rollouts(true).await.unwrap().remove(0);
        assert_eq!(
            (rollout.id, rollout.state, rollout.state_at),
            (id, RolloutState::Everywhere, NOON + OBSERVE)
        );
        let told: Vec<_> = rollout
            .devices
            .iter()
            .map(|d| {
                (
                    d.device.as_str(),
                    d.canary,
                    d.report.as_ref().map(|(state, _)| *state),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("ward-1", true, Some(UpdateState::Healthy)),
                ("ward-2", false, None)
            ]
        );
        // a newer one takes the older one's place in the queue
        let (_, version) = published(office, store.as_ref(), b"newer").await;
        assert_eq!(version, 2);
        let (other, _) = publish(
            &office.config(),
            store.as_ref(),
            (Content::Profile, b"a profile"),
            (vec![CANARY.to_owned()], OBSERVE),
            office.now(),
        )
        .await
        .unwrap();
        assert_ne!(other, id);
        assert_eq!(
            actions(store.as_ref())
                .await
                .iter()
                .filter(|a| *a == "rollout.everywhere")
                .count(),
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_fails_on_a_canary_withdraws_itself_and_reaches_nobody_else() {
    on_each_store(async |office| {
        office.operates = true;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let (id, _) = published(office, store.as_ref(), b"a bad one").await;
        say(office, &ingest, "ward-1", update(id, UpdateState::Failed)).await;
        ingest.look_at_rollouts().await.unwrap();
        ingest.look_at_rollouts().await.unwrap();
        let due = store.due_down(office.now(), 10).await.unwrap();
        assert_eq!(due.len(), 1, "{due:?}");
        let command = Command::verify(&due[0].payload, &operator_key(office)).unwrap();
        assert_eq!(
            (command.device.as_str(), command.order),
            ("ward-1", Order::Withdraw { update: id })
        );
        office.hands.forward(30 * 86_400);
        ingest.look_at_rollouts().await.unwrap();
        assert!(
            !going_down(store.as_ref(), office.now())
                .await
                .contains_key("ward-2")
        );
        assert_eq!(
            store.rollouts(false).await.unwrap()[0].state,
            RolloutState::Withdrawn
        );
        assert!(store.rollouts(true).await.unwrap().is_empty());
        assert_eq!(store.orders(10).await.unwrap()[0].actor, "system");
        // the next version counts on
        assert_eq!(published(office, store.as_ref(), b"a good one").await.1, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_is_there_and_silent_withdraws_and_one_that_is_away_is_waited_for() {
    on_each_store(async |office| {
        office.operates = true;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let (id, _) = published(office, store.as_ref(), b"which?").await;
        office.hands.forward(OBSERVE + 1);
        ingest.look_at_rollouts().await.unwrap();
        let state = async || store.rollouts(false).await.unwrap()[0].state;
        assert_eq!(state().await, RolloutState::Canary, "it was away");
        // it files, but says nothing about the update
        land(office, &ingest, &letter(canonical(&birth("ASK-1")))).await;
        ingest.look_at_rollouts().await.unwrap();
        assert_eq!(state().await, RolloutState::Canary, "it has only just come");
        office.hands.forward(HEARD);
        ingest.look_at_rollouts().await.unwrap();
        assert_eq!(state().await, RolloutState::Withdrawn);
        let orders = store.orders(10).await.unwrap();
        assert_eq!(
            (orders.len(), orders[0].what.clone()),
            (1, format!("withdraw {id}"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_travels_over_the_broker_in_parts_and_is_whole_again() {
    let (mut office, broker) = with_broker();
    office.operates = true;
    let city = office.open().await;
    let mut one = Device::connect(&office, "ward-1").await;
    let mut two = Device::connect(&office, "ward-2").await;
    listens(&broker);
    let store = office.store().await;
    let whole: Vec<u8> = (0..=250_u8).cycle().take(2 * PART_LEN + 5).collect();
    let (id, _) = published(&office, store.as_ref(), &whole).await;
    one.send("asukoe", office.report("ward-1", &Report::TimeAsk([1; 16])))
        .await;
    assert_eq!(received(&office, &mut one).await, whole);
    one.send(
        "asukoe",
        office.report("ward-1", &update(id, UpdateState::Healthy)),
    )
    .await;
    // taken in, and observed for a day
    one.send("asukoe", office.report("ward-1", &Report::TimeAsk([2; 16])))
        .await;
    while !matches!(one.next().await, Downlink::Times(_)) {}
    assert!(two.nothing_came(), "the rest gets nothing before its time");
    office.hands.forward(OBSERVE);
    one.send("asukoe", office.report("ward-1", &Report::TimeAsk([3; 16])))
        .await;
    assert_eq!(received(&office, &mut two).await, whole);
    city.stop().await;
}

fn system_order() -> SystemOrder {
    SystemOrder {
        url: "https://systems.asukoe.example/ubugoe.raucb".to_owned(),
        compatible: "ubugoe-generic-amd64".to_owned(),
        version: "0.8.2+2026".parse().unwrap(),
        sha256: [9; 32],
        len: 214_000_000,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_goes_out_as_a_short_order_in_the_same_waves_and_a_long_fetch_is_no_silence() {
    on_each_store(async |office| {
        office.operates = true;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let order = system_order().to_bytes().unwrap();
        let config = office.config();
        let send = async |whole: &[u8]| {
            let wards = (vec![CANARY.to_owned()], OBSERVE_SYSTEM);
            let now = office.now();
            publish(
                &config,
                store.as_ref(),
                (Content::System, whole),
                wards,
                now,
            )
            .await
        };
        // what no device would take is not even signed
        let junk = send(b"a bundle by mistake").await;
        assert!(matches!(junk, Err(OperateError::Order(_))), "{junk:?}");
        let (first, version) = send(&order).await.unwrap();
        assert_eq!(version, 1);
        // the catalogue has waves of its own meanwhile
        published(office, store.as_ref(), b"a catalogue").await;
        let part = store.due_down(NOON, 10).await.unwrap();
        let part = part.iter().filter(|down| down.kind == DownKind::Part);
        let texts: Vec<_> = part.map(|down| Part::from_bytes(&down.payload)).collect();
        assert!(texts.iter().flatten().any(|part| part.bytes == order));
        // the canary comes a day before the end and fetches for a day
        let state = async |id| {
            let all = store.rollouts(false).await.unwrap();
            all.into_iter().find(|one| one.id == id).unwrap().state
        };
        office.hands.forward(OBSERVE_SYSTEM - 86_400);
        say(
            office,
            &ingest,
            "ward-1",
            update(first, UpdateState::Staged),
        )
        .await;
        office.hands.forward(2 * 86_400);
        ingest.look_at_rollouts().await.unwrap();
        assert_eq!(state(first).await, RolloutState::Canary);
        say(
            office,
            &ingest,
            "ward-1",
            update(first, UpdateState::Healthy),
        )
        .await;
        ingest.look_at_rollouts().await.unwrap();
        assert_eq!(state(first).await, RolloutState::Everywhere);
        assert!(
            going_down(store.as_ref(), office.now())
                .await
                .contains_key("ward-2"),
            "the next wave"
        );
        // one whose canary fell back goes nowhere else
        let (second, version) = send(&order).await.unwrap();
        assert_eq!(version, 2);
        say(
            office,
            &ingest,
            "ward-1",
            update(second, UpdateState::Failed),
        )
        .await;
        ingest.look_at_rollouts().await.unwrap();
        assert_eq!(state(second).await, RolloutState::Withdrawn);
        // one that is silent to the end of its time neither
        let (third, _) = send(&order).await.unwrap();
        office.hands.forward(HEARD);
        say(
            office,
            &ingest,
            "ward-1",
            update(third, UpdateState::Staged),
        )
        .await;
        office.hands.forward(OBSERVE_SYSTEM);
        ingest.look_at_rollouts().await.unwrap();
        assert_eq!(state(third).await, RolloutState::Withdrawn);
        let actions = actions(store.as_ref()).await;
        let withdrawn = actions.iter().filter(|a| *a == "rollout.withdrawn");
        assert!(withdrawn.count() >= 2, "{actions:?}");
    })
    .await;
}

/// Takes an update together from what comes down.
async fn received(office: &Office, device: &mut Device) -> Vec<u8> {
    let mut manifest = None;
    let mut parts: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
    loop {
        match device.next().await {
            Downlink::Manifests(items) => {
                manifest = Some(Manifest::verify(&items[0], &operator_key(office)).unwrap());
            }
            Downlink::Parts(items) => {
                let part = Part::from_bytes(&items[0]).unwrap();
                parts.insert(part.number, part.bytes);
            }
            Downlink::Times(_) => {}
            other => panic!("not to be expected: {other:?}"),
        }
        if let Some(manifest) = &manifest
            && parts.len() == manifest.parts()
        {
            let parts: Vec<Vec<u8>> = parts.into_values().collect();
            return join(manifest, &parts).unwrap();
        }
    }
}

// ---- certificates ----

struct Ca {
    cert_pem: String,
    key_pem: String,
}

fn authority() -> Ca {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Ubugoe device CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    Ca {
        cert_pem: params.self_signed(&key).unwrap().pem(),
        key_pem: key.serialize_pem(),
    }
}

impl Ca {
    fn lend(&self) -> Authority<'_> {
        Authority {
            cert_pem: &self.cert_pem,
            key_pem: &self.key_pem,
        }
    }
}

/// A request of a device for itself, or for whatever name it would like; it also asks to be a CA.
fn request(names: &[&str]) -> Vec<u8> {
    let mut params = CertificateParams::new(["broker.example".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, name) in [DnType::CommonName, DnType::OrganizationName]
        .into_iter()
        .zip(names)
    {
        params.distinguished_name.push(kind, *name);
    }
    let key = KeyPair::generate().unwrap();
    params.serialize_request(&key).unwrap().der().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_gets_the_certificate_it_asked_for_and_nothing_else_it_asked_for() {
    on_each_store(async |office| {
        office.operates = true;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let ca = authority();
        let config = office.config();
        let grant = async |days| {
            certificate::grant(
                &config,
                store.as_ref(),
                &device("ward-1"),
                ca.lend(),
                (days, NOON),
            )
            .await
        };
        assert!(matches!(grant(30).await, Err(OperateError::NotAsked(_))));
        let old = request(&["ward-1"]);
        let csr = request(&["ward-1"]);
        for ask in [&old, &csr] {
            say(
                office,
                &ingest,
                "ward-1",
                Report::CertificateAsk(ask.clone()),
            )
            .await;
        }
        let asks = store.certificate_asks().await.unwrap();
        assert_eq!(
            (asks.len(), asks[0].request, asks[0].granted_at),
            (1, digest(&csr), None)
        );
        grant(30).await.unwrap();
        assert_eq!(
            store.certificate_asks().await.unwrap()[0].granted_at,
            Some(NOON)
        );
        let due = store.due_down(NOON, 10).await.unwrap();
        assert_eq!((due.len(), due[0].kind), (1, DownKind::Grant));
        let granted = Grant::verify(&due[0].payload, &operator_key(office)).unwrap();
        assert_eq!(
            (granted.device.as_str(), granted.request),
            ("ward-1", digest(&csr))
        );
        let leaf = granted
            .chain_pem
            .split_inclusive("-----END CERTIFICATE-----\n")
            .next()
            .unwrap();
        let params = Issuer::from_ca_cert_pem(leaf, KeyPair::generate().unwrap()).unwrap();
        assert_eq!(params.key_usages(), [KeyUsagePurpose::DigitalSignature]);
        assert!(granted.chain_pem.ends_with(&ca.cert_pem));
        let text = String::from_utf8_lossy(&rustls_der(leaf)).into_owned();
        assert!(text.contains("ward-1") && !text.contains("broker.example"));
        // as long as the device asks it is sent, and no longer
        let attempt = |attempts, now, next_at| DownAttempt {
            id: due[0].id,
            attempts,
            now,
            next_at,
        };
        store.down_attempted(attempt(4, NOON, None)).await.unwrap();
        assert_eq!(store.next_due_at().await.unwrap(), None);
        let window = ubugoe_city::store::WakeWindow {
            now: NOON + 9_000,
            decided_since: 0,
            not_sent_since: NOON + 9_000,
        };
        store.wake_notices(&device("ward-1"), window).await.unwrap();
        assert_eq!(
            store.next_due_at().await.unwrap(),
            None,
            "a sign of life is no question"
        );
        office.hands.forward(7_200);
        say(office, &ingest, "ward-1", Report::CertificateAsk(csr)).await;
        assert_eq!(store.next_due_at().await.unwrap(), Some(NOON + 7_200));
        say(office, &ingest, "ward-1", Report::CertificateAsk(old)).await;
        assert_eq!(
            store.next_due_at().await.unwrap(),
            None,
            "a newer question makes it void"
        );
    })
    .await;
}

fn rustls_der(pem: &str) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject;
    rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes())
        .unwrap()
        .to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_for_another_name_or_without_the_key_is_not_granted() {
    let mut office = Office::new();
    office.operates = true;
    let (ingest, store) = (office.ingest().await, office.store().await);
    let ca = authority();
    let mut forged = request(&["ward-1"]);
    let end = forged.len() - 1;
    forged[end] ^= 1;
    for (csr, why) in [
        (
            request(&["ward-2"]),
            "its subject is not the device's own id",
        ),
        (
            request(&["ward-1", "ward-1"]),
            "its subject is not the device's own id",
        ),
        (request(&[]), "its subject is not the device's own id"),
        (forged, "the certificate cannot be made"),
        (
            b"no request at all".to_vec(),
            "the certificate cannot be made",
        ),
    ] {
        say(&office, &ingest, "ward-1", Report::CertificateAsk(csr)).await;
        let refused = certificate::grant(
            &office.config(),
            store.as_ref(),
            &device("ward-1"),
            ca.lend(),
            (30, NOON),
        )
        .await
        .unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
        assert!(store.due_down(NOON, 10).await.unwrap().is_empty());
    }
}

// ---- revoked devices ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_device_counts_for_what_it_signed_before_and_for_nothing_after() {
    on_each_store(async |office| {
        office.operates = true;
        let store = office.store().await;
        let revoked_at = NOON - 30;
        office.revoked = "revoked_at = 2026-11-24T11:59:30+09:00".to_owned();
        let ingest = office.ingest().await;
        // signed a minute before noon, and arrives after the device was revoked
        let before = letter(canonical(&birth("ASK-1")));
        assert!(before.time.interval(NOON).unwrap().until <= revoked_at);
        let mut after = letter(canonical(&birth("ASK-2")));
        after.time = claim(after.time.counter, NOON - 20);
        let mut unclear = letter(canonical(&birth("ASK-3")));
        unclear.time.anchor.ticks = Some(unclear.time.ticks + 1);
        let wires = [&before, &after, &unclear].map(|l| message("ward-1", office.envelope(l)));
        let answers = ingest.land(wires.to_vec()).await.unwrap();
        assert_eq!(answers.len(), 1);
        assert_eq!(
            ingest.seal(&answers[0]).unwrap(),
            None,
            "nothing goes down to it"
        );
        assert!(store.filing(before.id).await.unwrap().is_some());
        let said = Report::TimeAsk([1; 16]);
        say(office, &ingest, "ward-1", said).await;
        let kept = store.quarantine(10).await.unwrap();
        assert_eq!(kept.len(), 3);
        assert!(
            kept.iter()
                .all(|item| item.reason == QuarantineReason::RevokedDevice)
        );
        // the same from a device that is not revoked, for control
        let other = crate::support::office::Letter {
            device: "ward-2",
            time: after.time,
            ..letter(canonical(&birth("ASK-2")))
        };
        land(office, &ingest, &other).await;
        // neither orders nor updates
        let config = office.config();
        assert!(ubugoe_city::operate::device(&config, &device("ward-1")).is_err());
        let canary = (vec![CANARY.to_owned()], OBSERVE);
        let refused = publish(
            &config,
            store.as_ref(),
            (Content::Catalogue, b"x"),
            canary,
            NOON,
        )
        .await;
        assert!(matches!(refused, Err(OperateError::NoCanary(_))));
        // it was a mistake: what was set aside lands
        office.revoked = String::new();
        office.ingest().await.retry_quarantine().await.unwrap();
        assert!(store.filing(after.id).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_waits_without_end_for_a_revoked_device_and_is_never_sent() {
    let (mut office, broker) = with_broker();
    office.operates = true;
    let (ingest, store) = (office.ingest().await, office.store().await);
    let filed = letter(canonical(&birth("ASK-1")));
    land(&office, &ingest, &filed).await;
    office.accept(store.as_ref(), filed.id).await;
    order(&office, store.as_ref(), Order::Close, 86_400).await;
    office.revoked = "revoked_at = 2026-11-24T11:59:30+09:00".to_owned();
    let city = office.open().await;
    let mut one = Device::connect(&office, "ward-1").await;
    let mut two = Device::connect(&office, "ward-2").await;
    listens(&broker);
    // ward 2 hears from a city that has looked at what was due
    two.send("asukoe", office.report("ward-2", &Report::TimeAsk([1; 16])))
        .await;
    assert!(matches!(two.next().await, Downlink::Times(_)));
    two.send("asukoe", office.report("ward-2", &Report::TimeAsk([2; 16])))
        .await;
    assert!(matches!(two.next().await, Downlink::Times(_)));
    assert_eq!(store.next_due_at().await.unwrap(), None);
    assert!(one.nothing_came());
    city.stop().await;
}
