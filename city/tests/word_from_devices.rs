//! What devices say beside their filings: when they signed, pieces of attachments, notices kept, questions for the time.
//! Each story is told to both databases.

use std::sync::Arc;

use crate::support::browser::Browser;
use crate::support::office::{
    Letter, NOON, Office, decide, land, letter, message, on_each_store, only_receipt,
};
use crate::support::papers::{birth, canonical};
use ubugoe_bench::envelope::claim;
use ubugoe_city::casework::{FilingState, ReasonCode};
use ubugoe_city::ingest::{Answer, Ingest};
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::store::{AttachmentState, Decided, Decision, QuarantineReason, Sealer, Store};
use ubugoe_protocol::attachment::{CHUNK, cut};
use ubugoe_protocol::{
    Anchor, AttachmentRef, Chunk, Downlink, FilingId, Interval, Receipt, Refusal, RefusalReason,
    Report, TimeNotice, digest,
};

async fn actions(store: &dyn Store) -> Vec<String> {
    let lines = store.audit_lines(0, 10_000).await.unwrap();
    lines.into_iter().map(|line| line.entry.action).collect()
}

fn count(actions: &[String], wanted: &str) -> usize {
    actions.iter().filter(|action| *action == wanted).count()
}

async fn page(office: &Office, id: FilingId) -> String {
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let page = browser
        .get(&format!("/console/filings/{id}"))
        .await
        .text()
        .to_owned();
    city.stop().await;
    page
}

// ---- when it was signed ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_says_between_which_moments_a_filing_was_signed() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let letter = letter(canonical(&birth("ASK-1")));
        let receipt = land(office, &ingest, &letter).await;
        let expected = letter.time.interval(NOON).unwrap();
        assert!(expected.width() > 0 && expected.until < NOON);
        let record = store.filing(letter.id).await.unwrap().unwrap();
        assert_eq!(record.signed, Some(expected));
        assert_eq!(receipt.signed, Some(expected));
        assert_eq!(record.counter, Some(letter.time.counter));
        assert_eq!(record.visit, receipt.visit);
        let page = page(office, letter.id).await;
        let words = page.split("id=\"signed-between\">").nth(1).unwrap();
        assert!(
            words.starts_with("2026年11月24日（火）11:58:5")
                && words.contains("から2026年11月24日（火）11:59:0")
                && words.contains("の間</dd>"),
            "{}",
            &words[..200]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_of_the_time_that_contradicts_itself_is_received_and_marked() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let mut ahead = letter(canonical(&birth("ASK-1")));
        ahead.time.anchor = Anchor {
            ticks: Some(ahead.time.ticks + 1),
            ..ahead.time.anchor
        };
        let mut after = letter(canonical(&birth("ASK-2")));
        after.time = claim(after.time.counter, NOON + 600);
        for letter in [&ahead, &after] {
            let receipt = land(office, &ingest, letter).await;
            assert_eq!(receipt.signed, None);
            let record = store.filing(letter.id).await.unwrap().unwrap();
            let reasons = &record.row.facts.reasons;
            let marked = reasons
                .iter()
                .any(|reason| reason.code == ReasonCode::TimeContradiction);
            assert!(marked, "{reasons:?}");
            assert_eq!(
                (record.signed, record.counter),
                (None, Some(letter.time.counter))
            );
            let page = page(office, letter.id).await;
            assert!(
                page.contains("data-reason=\"time_contradiction\"")
                    || page.contains("署名時刻の矛盾")
            );
            assert!(page.contains("端末の説明が矛盾しており"), "{page}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_used_for_two_filings_marks_both_and_a_filing_sent_again_marks_none() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let mut first = letter(canonical(&birth("ASK-1")));
        first.time.counter = u64::MAX;
        land(office, &ingest, &first).await;
        land(office, &ingest, &first).await;
        let elsewhere = Letter {
            device: "ward-2",
            time: first.time,
            ..letter(canonical(&birth("ASK-2")))
        };
        land(office, &ingest, &elsewhere).await;
        let reused = async |id| store.filing(id).await.unwrap().unwrap().row.counter_reused;
        assert!(!reused(first.id).await && !reused(elsewhere.id).await);
        assert_eq!(count(&actions(store.as_ref()).await, "device.copied"), 0);
        let copy = Letter {
            time: first.time,
            ..letter(canonical(&birth("ASK-3")))
        };
        land(office, &ingest, &copy).await;
        assert!(reused(first.id).await && reused(copy.id).await);
        assert!(
            !reused(elsewhere.id).await,
            "another device counts for itself"
        );
        assert_eq!(count(&actions(store.as_ref()).await, "device.copied"), 1);
        assert!(page(office, copy.id).await.contains("端末の複製の疑い"));
    })
    .await;
}

// ---- attachments ----

/// A letter that names one attachment, and the attachment's pieces.
fn with_attachment(number: &str, attachment: &[u8]) -> (Letter, Vec<Chunk>) {
    let mut letter = letter(canonical(&birth(number)));
    letter.attachments.push(AttachmentRef {
        sha256: digest(attachment),
        len: attachment.len() as u64,
        media_type: "image/jpeg\"><b>".to_owned(),
    });
    let pieces = cut(letter.id, attachment).unwrap();
    (letter, pieces)
}

fn photograph() -> Vec<u8> {
    (0..=250_u8).cycle().take(2 * CHUNK + 10).collect()
}

async fn send(ingest: &Ingest, device: &str, wire: Vec<u8>) -> Vec<Answer> {
    ingest.land(vec![message(device, wire)]).await.unwrap()
}

fn fresh() -> FilingId {
    FilingId::generate().unwrap()
}

async fn state(store: &dyn Store, letter: &Letter) -> (AttachmentState, u64) {
    let record = store.filing(letter.id).await.unwrap().unwrap();
    (record.attachments[0].state, record.attachments[0].have)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_in_any_order_become_the_attachment_that_was_signed() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let whole = photograph();
        let (letter, pieces) = with_attachment("ASK-1", &whole);
        assert_eq!(pieces.len(), 3);
        // the last piece comes before the filing itself
        let early = fresh();
        let wire = office.piece(early, "ward-1", &pieces[2]);
        let signed = only_receipt(&send(&ingest, "ward-1", wire.clone()).await);
        let receipt = Receipt::verify(&signed, &office.receipt_key()).unwrap();
        assert_eq!(
            (
                receipt.id,
                receipt.digest,
                receipt.arrival_no,
                receipt.arrived_at
            ),
            (early, digest(&pieces[2].bytes), 0, NOON)
        );
        assert_eq!(
            (receipt.status_link(), receipt.visit, receipt.signed),
            (String::new(), None, None)
        );
        office.hands.forward(60);
        assert_eq!(
            only_receipt(&send(&ingest, "ward-1", wire).await),
            signed,
            "the same receipt, byte for byte"
        );
        assert_eq!(store.counts().await.unwrap().arrived, 0);
        let filing = land(office, &ingest, &letter).await;
        assert_eq!(filing.arrival_no, 1, "a piece takes no number");
        let row = store.filing(letter.id).await.unwrap().unwrap().row;
        assert_eq!(row.attachments, Some(AttachmentState::Waiting));
        assert_eq!(
            state(store.as_ref(), &letter).await,
            (AttachmentState::Waiting, 1)
        );
        assert_eq!(store.attachment(letter.id, 0).await.unwrap(), None);
        let waiting = page(office, letter.id).await;
        assert!(
            waiting.contains("添付待ち") && waiting.contains("(1/3)"),
            "{waiting}"
        );
        assert!(!waiting.contains("<b>"), "a media type is text");
        // the rest in one batch
        let rest = pieces[..2]
            .iter()
            .map(|piece| message("ward-1", office.piece(fresh(), "ward-1", piece)))
            .collect();
        let answers = ingest.land(rest).await.unwrap();
        assert!(matches!(&answers[0].content, Downlink::Receipts(items) if items.len() == 2));
        assert_eq!(
            state(store.as_ref(), &letter).await,
            (AttachmentState::Complete, 3)
        );
        assert_eq!(store.attachment(letter.id, 0).await.unwrap(), Some(whole));
        assert_eq!(store.attachment(letter.id, 1).await.unwrap(), None);
        assert_eq!(
            count(&actions(store.as_ref()).await, "attachment.complete"),
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attachment_that_is_not_what_was_signed_is_shown_as_damaged() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let (letter, mut pieces) = with_attachment("ASK-1", &photograph());
        land(office, &ingest, &letter).await;
        pieces[1].bytes[7] ^= 1;
        for piece in &pieces {
            send(&ingest, "ward-1", office.piece(fresh(), "ward-1", piece)).await;
        }
        assert_eq!(
            state(store.as_ref(), &letter).await.0,
            AttachmentState::Damaged
        );
        assert_eq!(store.attachment(letter.id, 0).await.unwrap(), None);
        assert!(page(office, letter.id).await.contains("添付の破損"));
        assert_eq!(
            count(&actions(store.as_ref()).await, "attachment.damaged"),
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_from_another_device_is_no_part_of_the_filing() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let (letter, pieces) = with_attachment("ASK-1", b"a short one");
        land(office, &ingest, &letter).await;
        send(
            &ingest,
            "ward-2",
            office.piece(fresh(), "ward-2", &pieces[0]),
        )
        .await;
        assert_eq!(
            state(store.as_ref(), &letter).await,
            (AttachmentState::Waiting, 0)
        );
        send(
            &ingest,
            "ward-1",
            office.piece(fresh(), "ward-1", &pieces[0]),
        )
        .await;
        assert_eq!(
            state(store.as_ref(), &letter).await,
            (AttachmentState::Complete, 1)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_id_of_a_piece_with_other_bytes_is_refused() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let (_, one) = with_attachment("ASK-1", b"one");
        let (_, two) = with_attachment("ASK-2", b"two");
        let id = fresh();
        send(&ingest, "ward-1", office.piece(id, "ward-1", &one[0])).await;
        // other bytes, and the same bytes for another filing
        let moved = Chunk {
            filing: two[0].filing,
            ..one[0].clone()
        };
        for other in [&two[0], &moved] {
            let wire = office.piece(id, "ward-1", other);
            let answers = send(&ingest, "ward-1", wire.clone()).await;
            let [
                Answer {
                    content: Downlink::Refusals(items),
                    ..
                },
            ] = answers.as_slice()
            else {
                panic!("{answers:?}")
            };
            let refusal = Refusal::verify(&items[0], &office.receipt_key()).unwrap();
            assert_eq!(
                (refusal.id, refusal.reason),
                (id, RefusalReason::DigestConflict)
            );
            assert_eq!(refusal.envelope, digest(&wire));
        }
        let kept = store.quarantine(10).await.unwrap();
        assert!(
            kept.len() == 2
                && kept
                    .iter()
                    .all(|k| k.reason == QuarantineReason::DigestConflict)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attachment_is_saved_and_never_shown() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let html = b"<script>alert(1)</script>".to_vec();
    let (letter, pieces) = with_attachment("ASK-1", &html);
    land(&office, &ingest, &letter).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    let address = format!("/console/filings/{}/attachments/1", letter.id);
    assert_eq!(
        browser.get(&address).await.status,
        303,
        "not without a session"
    );
    browser.sign_in().await;
    assert_eq!(browser.get(&address).await.status, 404, "not complete");
    send(
        &ingest,
        "ward-1",
        office.piece(fresh(), "ward-1", &pieces[0]),
    )
    .await;
    let reply = browser.get(&address).await;
    assert_eq!((reply.status, &reply.body), (200, &html));
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        (
            "content-disposition",
            "attachment; filename=\"filing-1.1.bin\"",
        ),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    for beside in ["0", "2", "-1", "4294967296", "x"] {
        let address = format!("/console/filings/{}/attachments/{beside}", letter.id);
        let status = browser.get(&address).await.status;
        assert!(status == 404 || status == 400, "{beside}: {status}");
    }
    city.stop().await;
}

// ---- reports ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_the_device_keeps_is_not_sent_again_and_the_console_says_so() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let letter = letter(canonical(&birth("ASK-1")));
        land(office, &ingest, &letter).await;
        let config = office.config();
        let sealer = CitySealer::new(config.office.recipient, config.keys.sign, "http://x");
        let decision = Decision {
            filing: letter.id,
            version: 1,
            to: FilingState::Accepted,
            reason: None,
            note: None,
            actor: "sato".into(),
            at: NOON,
        };
        let sealer: Arc<dyn Sealer> = Arc::new(sealer);
        let decided = decide(store.as_ref(), decision, &sealer).await;
        assert_eq!(decided, Decided::Done { notice: 1 });
        let due = async || store.due_notices(NOON + 400, 10).await.unwrap().len();
        assert_eq!(due().await, 1);
        // neither another device nor another number is a word for it
        for (device, seq) in [("ward-2", 1), ("ward-1", 2)] {
            let said = Report::Seen(vec![(letter.id, seq)]);
            assert_eq!(
                send(&ingest, device, office.report(device, &said)).await,
                []
            );
            assert_eq!(due().await, 1, "{device} {seq}");
        }
        assert!(
            !page(office, letter.id)
                .await
                .contains("端末が受け取りました")
        );
        office.hands.forward(300);
        let said = Report::Seen(vec![(letter.id, 1), (fresh(), 1)]);
        assert_eq!(
            send(&ingest, "ward-1", office.report("ward-1", &said)).await,
            []
        );
        assert_eq!(due().await, 0);
        let window = ubugoe_city::store::WakeWindow {
            now: NOON + 9_000,
            decided_since: 0,
            not_sent_since: NOON + 9_000,
        };
        let woken = store
            .wake_notices(&"ward-1".parse().unwrap(), window)
            .await
            .unwrap();
        assert_eq!(woken, 0, "a sign of life does not wake it");
        let history = store.filing(letter.id).await.unwrap().unwrap().history;
        assert_eq!(history[1].seen_at, Some(NOON + 300));
        assert!(
            page(office, letter.id)
                .await
                .contains("端末が受け取りました")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_for_the_time_is_answered_before_anything_is_stored() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let wire = office.report("ward-1", &Report::TimeAsk([7; 16]));
    let filing = letter(canonical(&birth("ASK-1")));
    let batch = vec![
        message("ward-1", office.envelope(&filing)),
        message("ward-1", wire),
    ];
    let mut judgement = ingest.judge(batch).await.unwrap();
    let answers = judgement.at_once();
    let [
        Answer {
            device,
            content: Downlink::Times(items),
        },
    ] = answers.as_slice()
    else {
        panic!("{answers:?}")
    };
    let said = TimeNotice::verify(&items[0], &office.receipt_key()).unwrap();
    assert_eq!(
        (said.nonce, said.device, said.at_ms),
        ([7; 16], device.clone(), NOON.unsigned_abs() * 1000)
    );
    let store = office.store().await;
    assert_eq!(store.counts().await.unwrap().arrived, 0, "not stored yet");
    ingest.commit(judgement).await.unwrap();
    assert_eq!(store.counts().await.unwrap().arrived, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_of_this_city_is_remembered_and_one_of_somebody_else_is_not() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let lost = letter(canonical(&birth("ASK-1")));
        let key = &office.config().keys.sign;
        let earlier = Receipt {
            v: 1,
            id: lost.id,
            digest: digest(&lost.canonical),
            recipient: "asukoe".parse().unwrap(),
            arrived_at: NOON - 30,
            arrival_no: 41,
            status_token: "a".repeat(32),
            status_url: "http://127.0.0.1:8080/f/".into(),
            visit: None,
            signed: Some(Interval {
                from: NOON - 61,
                until: NOON - 59,
            }),
            era: 0,
        };
        let forged = Receipt {
            arrival_no: 900,
            ..earlier.clone()
        };
        let forged = forged.sign(&office.device_sign("ward-1")).unwrap();
        let signed = earlier.sign(key).unwrap();
        let report =
            |items: &[&Vec<u8>]| Report::Earlier(items.iter().map(|i| (*i).clone()).collect());
        // another device that found the paper keeps nobody from theirs
        let found = office.report("ward-2", &report(&[&signed]));
        assert_eq!(send(&ingest, "ward-2", found).await, []);
        let own = office.report("ward-1", &report(&[&forged, &signed]));
        // proof and row in one batch
        let batch = vec![
            message("ward-1", own),
            message("ward-1", office.envelope(&lost)),
        ];
        let answers = ingest.land(batch).await.unwrap();
        assert_eq!(only_receipt(&answers), signed, "the very same bytes");
        let record = store.filing(lost.id).await.unwrap().unwrap();
        assert_eq!(
            (record.row.arrival_no, record.row.arrived_at),
            (41, NOON - 30)
        );
        assert_eq!((record.receipt, record.token), (signed, "a".repeat(32)));
        assert_eq!(record.history[0].at, NOON - 30);
        assert_eq!(record.earlier, None);
        assert_eq!(count(&actions(store.as_ref()).await, "filing.restored"), 1);
        // nobody gets a number that was given before
        let next = land(office, &ingest, &letter(canonical(&birth("ASK-2")))).await;
        assert_eq!(next.arrival_no, 42);
    })
    .await;
}
