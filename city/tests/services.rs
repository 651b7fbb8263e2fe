//! The family's services: check-ups booked and never overbooked, doses told, gifts, nurseries ranked and applied for; and after a
//! loss nothing of it is left. Pictures are written to `CARGO_TARGET_TMPDIR/services` for people to look at.
#![allow(clippy::too_many_lines, reason = "stories, told in their order")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::support::browser::{Browser, Reply};
use crate::support::office::{Office, Running, accept, land, letter, on_each_store};
use crate::support::papers::{Paper, birth, canonical, catalogue};
use crate::support::shown::{accessible, fits_a_finger, fits_a_phone, narrow, value, violations};
use proptest::prelude::{ProptestConfig, any, prop};
use proptest::test_runner::TestRunner;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use ubugoe_bench::browser::Browser as Chromium;
use ubugoe_city::nonstop::{Engine, Worker};
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::services::slots;
use ubugoe_city::store::nonstop::By;
use ubugoe_city::store::services::{
    Act, Acted, ApplicationState, BookingState, GiftState, NurseryDraft, PlaceAsked, SlotRefusal,
    SlotRow, Submission,
};
use ubugoe_city::store::{Decided, Sealer, Store};
use ubugoe_protocol::FilingId;

const DAY: i64 = 86_400;
const CHECKUP: &str = "kenshin_1m";
const HEAD: &str = "slot_id,checkup,facility,facility_name,address,phone,start,minutes,capacity,days_from,days_to,contracts";

/// Times within the month of a child born on 22 November 2026, one too early, one whose facility takes no voucher of this city.
fn times() -> String {
    format!(
        "{HEAD}\n\
        EARLY,kenshin_1m,SHIMIN,あすこえ市民病院 小児科,あすこえ市本町1-1,000-000-0003,2026-12-15T09:00,30,4,,,991015\n\
        A0900,kenshin_1m,SHIMIN,あすこえ市民病院 小児科,あすこえ市本町1-1,000-000-0003,2026-12-25T09:00,30,1,,,991015\n\
        A0930,kenshin_1m,SHIMIN,あすこえ市民病院 小児科,あすこえ市本町1-1,000-000-0003,2026-12-25T09:30,30,2,,,991015\n\
        B1400,kenshin_1m,UBU,うぶ町こどもクリニック,うぶ町2-3,,2026-12-28T14:00,20,2,,,994049\n"
    )
}

/// A family with one birth, accepted and planned.
struct Family {
    filing: FilingId,
    token: String,
    hash: [u8; 32],
    child: String,
}

impl Family {
    fn act(&self, procedure: &str, at: i64) -> Act {
        Act {
            token_sha256: self.hash,
            child: self.child.clone(),
            procedure: procedure.to_owned(),
            at,
        }
    }
}

/// An office whose city has nurseries to search.
pub(crate) fn with_nurseries(office: &mut Office) {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../procedures/catalogue/nurseries");
    for name in ["991015.csv", "991015_vacancies.csv"] {
        std::fs::copy(lists.join(name), office.folder.path().join(name)).unwrap();
    }
    office
        .more
        .push_str("[nursery]\nlist = \"991015.csv\"\nvacancies = \"991015_vacancies.csv\"\n");
}

/// Families, each with a child of its own or several of one delivery.
async fn families(office: &Office, births: &[&[Paper]]) -> Vec<Family> {
    let config = office.config();
    let store = office.store().await;
    let sealer: Arc<dyn Sealer> = Arc::new(CitySealer::new(
        config.office.recipient.clone(),
        config.keys.sign.clone(),
        &config.http.public_url,
    ));
    let engine = Arc::new(Engine::new(catalogue(), config.office.municipality, 3));
    let worker = Worker {
        store: Arc::clone(&store),
        planner: Arc::clone(&engine) as _,
        clock: office.hands.clock(),
        bell: Arc::new(Notify::new()),
        done: Arc::new(Notify::new()),
    };
    let ingest = office.ingest().await;
    let mut all = Vec::new();
    for papers in births {
        let first = letter(canonical(&papers[0]));
        let mut token = String::new();
        for (seq, paper) in papers.iter().enumerate() {
            let letter = crate::support::office::Letter {
                id: if seq == 0 {
                    first.id
                } else {
                    FilingId::generate().unwrap()
                },
                case: first.case,
                case_seq: u32::try_from(seq).unwrap(),
                ..letter(canonical(paper))
            };
            token = land(office, &ingest, &letter).await.status_token;
            let decided = accept(store.as_ref(), &sealer, letter.id, office.now()).await;
            assert!(matches!(decided, Decided::Done { .. }));
        }
        all.push((first.id, token));
    }
    worker.work_off().await.unwrap();
    let mut found = Vec::new();
    for (filing, token) in all {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let case = store
            .services_case(hash, office.now())
            .await
            .unwrap()
            .unwrap();
        let child = engine.children(&case.seen)[0].child.clone();
        found.push(Family {
            filing,
            token,
            hash,
            child,
        });
    }
    found
}

fn by(at: i64) -> By {
    By {
        actor: "sato".to_owned(),
        at,
    }
}

pub(crate) fn rows() -> Vec<SlotRow> {
    slots::read(times().as_bytes()).unwrap()
}

fn asked(family: &Family, slot: &str, until: i64, moves: Option<i64>) -> PlaceAsked {
    PlaceAsked {
        slot: slot.to_owned(),
        filing: family.filing,
        until,
        cover: "voucher",
        moves,
    }
}

async fn left(store: &dyn Store, slot: &str, now: i64) -> i64 {
    let (seen, _) = store.slot(slot.to_owned(), now).await.unwrap().unwrap();
    seen.left()
}

async fn standing(store: &dyn Store, family: &Family, now: i64) -> Vec<(i64, BookingState)> {
    let all = store.family_services(family.hash, now).await.unwrap();
    all.bookings
        .iter()
        .map(|booking| (booking.id, booking.state))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_kept_alike_on_both_databases() {
    on_each_store(async |office| {
        places_are_held_confirmed_moved_and_given_back(office).await;
        many_at_once_get_as_many_places_as_there_are(office).await;
        doses_gifts_and_applications_are_kept_once(office).await;
        a_loss_gives_everything_back(office).await;
    })
    .await;
}

async fn places_are_held_confirmed_moved_and_given_back(office: &Office) {
    let all = families(office, &[&[birth("SV-1")], &[birth("SV-2")]]).await;
    let (one, two) = (&all[0], &all[1]);
    let store = office.store().await;
    let now = office.now();
    let done = store.import_slots(rows(), by(now)).await.unwrap();
    assert_eq!((done.new, done.changed, done.same), (4, 0, 0));
    let again = store.import_slots(rows(), by(now)).await.unwrap();
    assert_eq!((again.new, again.changed, again.same), (0, 0, 4));

    let act = |family: &Family, at: i64| family.act(CHECKUP, at);
    let until = now + 600;
    let take = async |family: &Family, slot: &str, at: i64, moves| {
        store
            .take_place(act(family, at), asked(family, slot, at + 600, moves))
            .await
            .unwrap()
    };
    assert_eq!(take(one, "A0900", now, None).await, Acted::Done);
    assert_eq!(take(one, "A0900", now, None).await, Acted::Already, "twice");
    assert_eq!(take(two, "A0900", now, None).await, Acted::Full);
    // another time instead of the one that is held: the first is free again at once
    assert_eq!(take(one, "A0930", now + 1, None).await, Acted::Done);
    assert_eq!(left(store.as_ref(), "A0900", now + 1).await, 1);
    assert_eq!(take(one, "A0900", now + 2, None).await, Acted::Done);
    let (id, state) = standing(store.as_ref(), one, now + 2).await[0];
    assert_eq!(state, BookingState::Held);

    // a hold ends by itself, for everybody, in the second it is said to
    let ends = now + 602;
    assert!(ends > until);
    assert_eq!(left(store.as_ref(), "A0900", ends - 1).await, 0);
    assert_eq!(left(store.as_ref(), "A0900", ends).await, 1);
    let late = store.confirm_booking(act(one, ends), id).await.unwrap();
    assert_eq!(late, Acted::RanOut);
    assert_eq!(take(two, "A0900", ends, None).await, Acted::Done);
    let (theirs, _) = standing(store.as_ref(), two, ends).await[0];
    for expect in [Acted::Done, Acted::Already] {
        let acted = store.confirm_booking(act(two, ends + 1), theirs).await;
        assert_eq!(acted.unwrap(), expect);
    }
    // neither another family's booking, nor another child, nor another check-up
    for wrong in [
        act(one, ends),
        two.act("kenshin_3_4m", ends),
        two.act("kinenhin", ends),
    ] {
        let acted = store.cancel_booking(wrong, theirs).await.unwrap();
        assert_eq!(acted, Acted::Closed);
    }
    // one booking for a child and a check-up; it moves whole or not at all
    assert_eq!(take(two, "A0930", ends + 2, None).await, Acted::Booked);
    assert_eq!(take(one, "A0930", ends + 2, None).await, Acted::Done);
    assert_eq!(
        take(two, "A0930", ends + 3, Some(theirs)).await,
        Acted::Done
    );
    assert_eq!(left(store.as_ref(), "A0900", ends + 3).await, 1);
    assert_eq!(left(store.as_ref(), "A0930", ends + 3).await, 0);
    assert_eq!(
        take(two, "A0930", ends + 4, Some(theirs)).await,
        Acted::Already
    );

    // a time with a booking neither moves nor shrinks, and nothing beside it is imported then
    let mut moved = rows();
    moved[2].starts_at += 3_600;
    moved[1].capacity = 9;
    let refused = store.import_slots(moved, by(ends + 5)).await.unwrap();
    assert_eq!(refused.refused, [("A0930".to_owned(), SlotRefusal::Booked)]);
    let mut smaller = rows();
    smaller[2].capacity = 1;
    let refused = store.import_slots(smaller, by(ends + 5)).await.unwrap();
    assert_eq!(refused.refused, [("A0930".to_owned(), SlotRefusal::Taken)]);
    assert_eq!(left(store.as_ref(), "A0900", ends + 5).await, 1);
    let mut wider = rows();
    wider[1].capacity = 3;
    wider[3].capacity = 0;
    let done = store.import_slots(wider, by(ends + 5)).await.unwrap();
    assert_eq!((done.changed, done.same), (2, 2));
    assert_eq!(left(store.as_ref(), "A0900", ends + 5).await, 3);

    for expect in [Acted::Done, Acted::Already] {
        let acted = store.cancel_booking(act(two, ends + 6), theirs).await;
        assert_eq!(acted.unwrap(), expect);
    }
    assert_eq!(left(store.as_ref(), "A0930", ends + 6).await, 1);
    // who came is noted once, and only of whoever was expected
    assert_eq!(take(two, "A0900", ends + 7, None).await, Acted::Done);
    let (mine, _) = *standing(store.as_ref(), two, ends + 7)
        .await
        .last()
        .unwrap();
    assert_eq!(
        store.attended(mine, by(ends + 8)).await.unwrap(),
        Acted::Closed
    );
    store
        .confirm_booking(act(two, ends + 8), mine)
        .await
        .unwrap();
    for expect in [Acted::Done, Acted::Already] {
        assert_eq!(store.attended(mine, by(ends + 9)).await.unwrap(), expect);
    }
}

/// Twelve families on two programs ask for one time with three places in the same moment.
async fn many_at_once_get_as_many_places_as_there_are(office: &Office) {
    let papers: Vec<Paper> = (0..12).map(|n| birth(&format!("SVM-{n}"))).collect();
    let births: Vec<&[Paper]> = papers.iter().map(std::slice::from_ref).collect();
    let all = families(office, &births).await;
    let (first, second) = (office.store().await, office.store().await);
    let now = office.now();
    let slot = SlotRow {
        id: "RUSH".to_owned(),
        capacity: 3,
        ..rows().remove(1)
    };
    first.import_slots(vec![slot], by(now)).await.unwrap();
    let mut asking = Vec::new();
    for (at, family) in all.iter().enumerate() {
        let store = Arc::clone(if at % 2 == 0 { &first } else { &second });
        let (act, asked) = (
            family.act(CHECKUP, now),
            asked(family, "RUSH", now + 600, None),
        );
        asking.push(tokio::spawn(async move {
            store.take_place(act, asked).await.unwrap()
        }));
    }
    let mut got = BTreeMap::new();
    for one in asking {
        *got.entry(format!("{:?}", one.await.unwrap())).or_insert(0) += 1;
    }
    let expected = [("Done".to_owned(), 3), ("Full".to_owned(), 9)];
    assert_eq!(got, BTreeMap::from(expected));
    let (seen, bookings) = first.slot("RUSH".to_owned(), now).await.unwrap().unwrap();
    assert_eq!((seen.taken, bookings.len()), (3, 3));
}

async fn doses_gifts_and_applications_are_kept_once(office: &Office) {
    let family = families(office, &[&[birth("SV-3")]]).await.remove(0);
    let store = office.store().await;
    let now = office.now();
    let dose = async |given: bool, day: &str| {
        let act = family.act("yobosesshu", now);
        let told = store.tell_dose(act, "hepatitis_b".to_owned(), day.to_owned(), given);
        told.await.unwrap()
    };
    assert_eq!(dose(true, "2026-11-24").await, Acted::Done);
    assert_eq!(dose(true, "2026-11-24").await, Acted::Already);
    assert_eq!(dose(true, "2026-11-23").await, Acted::Done);
    assert_eq!(dose(false, "2026-11-23").await, Acted::Done);
    assert_eq!(dose(false, "2026-11-23").await, Acted::Already);

    let gift = async |choice: Option<&str>| {
        let choice = choice.map(|what| (what.to_owned(), "counter".to_owned()));
        let act = family.act("kinenhin", now);
        store.answer_gift(act, family.filing, choice).await.unwrap()
    };
    assert_eq!(gift(Some("絵本")).await, Acted::Done);
    assert_eq!(gift(Some("絵本")).await, Acted::Already);
    assert_eq!(gift(None).await, Acted::Done);
    let hand = async || {
        store
            .hand_gift(family.child.clone(), by(now))
            .await
            .unwrap()
    };
    assert_eq!(hand().await, Acted::Closed, "nothing to hand over");
    assert_eq!(gift(Some("木のおもちゃ")).await, Acted::Done);
    assert_eq!(hand().await, Acted::Done);
    assert_eq!(hand().await, Acted::Already);
    assert_eq!(gift(None).await, Acted::TooLate);
    let counts = store.gift_counts().await.unwrap();
    assert!(counts.contains(&(Some("木のおもちゃ".to_owned()), GiftState::Handed, 1)));

    let draft = async |wishes: &[&str], version: i64| {
        let draft = NurseryDraft {
            wishes: wishes.iter().map(|id| (*id).to_owned()).collect(),
            household: Some("{}".to_owned()),
            version,
        };
        let act = family.act("hoiku_nintei_riyo", now);
        store.change_nursery_draft(act, draft).await.unwrap()
    };
    let submit = async |version: i64, at: i64| {
        let submission = Submission {
            filing: family.filing,
            version,
            round: "2027-04-1".to_owned(),
            entry: "2027-04-01".to_owned(),
            points: Some(24),
            closes_at: now + 100,
        };
        let act = family.act("hoiku_nintei_riyo", at);
        store.submit_nursery(act, submission).await.unwrap()
    };
    assert_eq!(submit(0, now).await, Acted::Closed, "an empty list");
    assert_eq!(draft(&["AS0001"], 0).await, Acted::Done);
    assert_eq!(draft(&["AS0002"], 0).await, Acted::Stale, "another page");
    assert_eq!(submit(0, now).await, Acted::Stale);
    assert_eq!(submit(1, now).await, Acted::Done);
    assert_eq!(submit(1, now).await, Acted::Already);
    assert_eq!(draft(&["AS0002", "AS0001"], 1).await, Acted::Done);
    assert_eq!(submit(2, now + 99).await, Acted::Done);
    assert_eq!(draft(&["AS0002"], 2).await, Acted::Done);
    assert_eq!(
        submit(3, now + 100).await,
        Acted::TooLate,
        "the round closed"
    );
    let kept = store
        .nursery_applications("2027-04-1".to_owned())
        .await
        .unwrap();
    let [one] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(
        (one.times, one.wishes.as_slice()),
        (2, ["AS0002", "AS0001"].map(str::to_owned).as_slice())
    );
    assert!(one.receipt().starts_with("N2027-0000"));
    let withdraw = async |at: i64| {
        let act = family.act("hoiku_nintei_riyo", at);
        store.withdraw_nursery(act, one.id).await.unwrap()
    };
    assert_eq!(withdraw(now + 100).await, Acted::TooLate);
    assert_eq!(withdraw(now + 99).await, Acted::Done);
    assert_eq!(withdraw(now + 100).await, Acted::Already);
    assert!(store.nursery_rounds().await.unwrap().is_empty());
}

/// An officer's mark of one child, of every child, and an accepted notification: what the family had is given back in silence.
async fn a_loss_gives_everything_back(office: &Office) {
    let twins = [
        birth("SV-4"),
        Paper {
            order: 2,
            child: "みのり".into(),
            ..birth("SV-4")
        },
    ];
    let all = families(office, &[&twins, &[birth("SV-5")]]).await;
    let store = office.store().await;
    let now = office.now();
    let times: Vec<SlotRow> = rows()
        .into_iter()
        .map(|row| SlotRow {
            id: format!("{}-L", row.id),
            capacity: 9,
            ..row
        })
        .collect();
    store.import_slots(times, by(now)).await.unwrap();
    let case = store
        .services_case(all[0].hash, now)
        .await
        .unwrap()
        .unwrap();
    let engine = Engine::new(catalogue(), office.config().office.municipality, 3);
    let other = engine.children(&case.seen)[1].child.clone();
    let twin = Family {
        filing: all[0].filing,
        token: all[0].token.clone(),
        hash: all[0].hash,
        child: other,
    };
    let everybody = [&all[0], &twin, &all[1]];
    for family in everybody {
        let took = store
            .take_place(
                family.act(CHECKUP, now),
                asked(family, "A0900-L", now + 600, None),
            )
            .await;
        assert_eq!(took.unwrap(), Acted::Done);
        let gift = Some(("絵本".to_owned(), "visit".to_owned()));
        let answered = store.answer_gift(family.act("kinenhin", now), family.filing, gift);
        assert_eq!(answered.await.unwrap(), Acted::Done);
    }
    assert_eq!(left(store.as_ref(), "A0900-L", now).await, 6);
    let alive = |family: &Family| {
        let (hash, child) = (family.hash, family.child.clone());
        let store = Arc::clone(&store);
        async move {
            let all = store.family_services(hash, now + 1).await.unwrap();
            let booking = all.bookings.iter().find(|one| one.child == child).unwrap();
            let gift = all.gifts.iter().find(|one| one.child == child).unwrap();
            (booking.state, gift.state)
        }
    };
    // one of two: the other keeps its check-up, and no gift is left to this family
    store
        .mark_loss(all[0].filing, all[0].child.clone(), by(now + 1))
        .await
        .unwrap();
    let gone = (BookingState::Cancelled, GiftState::Ended);
    assert_eq!(alive(&all[0]).await, gone);
    assert_eq!(alive(&twin).await, (BookingState::Held, GiftState::Ended));
    assert_eq!(
        alive(&all[1]).await,
        (BookingState::Held, GiftState::Chosen)
    );
    assert_eq!(left(store.as_ref(), "A0900-L", now + 1).await, 7);
    // the room stays closed, whatever is sent from a page that was open
    let refused = store
        .take_place(
            all[0].act(CHECKUP, now + 2),
            asked(&all[0], "A0930-L", now + 600, None),
        )
        .await;
    assert_eq!(refused.unwrap(), Acted::Closed);
    let gift = Some(("絵本".to_owned(), "visit".to_owned()));
    let refused = store.answer_gift(twin.act("kinenhin", now + 2), twin.filing, gift);
    assert_eq!(refused.await.unwrap(), Acted::Closed);
    // every child
    store
        .mark_loss(all[1].filing, String::new(), by(now + 2))
        .await
        .unwrap();
    assert_eq!(alive(&all[1]).await, gone);
    let audit = store.audit_lines(0, 2_000).await.unwrap();
    assert!(
        audit
            .iter()
            .all(|line| line.entry.action != "checkup.cancelled" || line.entry.actor == "family"),
        "no word to anybody about what a loss ended"
    );
}

/// Random scripts of three families on two programs: never more children than places, never two bookings of one child.
#[test]
fn whatever_families_do_no_time_is_overbooked() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let office = Office::new();
    let papers: Vec<Paper> = (0..3).map(|n| birth(&format!("SVP-{n}"))).collect();
    let births: Vec<&[Paper]> = papers.iter().map(std::slice::from_ref).collect();
    let all = Arc::new(runtime.block_on(families(&office, &births)));
    let stores = runtime.block_on(async { [office.store().await, office.store().await] });
    let rounds = std::cell::Cell::new(0);
    let seen_full = std::cell::Cell::new(0);
    let strategy = prop::collection::vec((0_usize..3, 0_u8..5, any::<bool>(), 0_i64..700), 4..24);
    TestRunner::new(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
    .run(&strategy, |script| {
        let round = rounds.get() + 1;
        rounds.set(round);
        // every script has times and a clock of its own
        let start = office.now() + round * 3_600;
        let ids = [format!("P{round}-1"), format!("P{round}-2")];
        let new = ids.iter().map(|id| SlotRow {
            id: id.clone(),
            capacity: 1,
            ..rows().remove(1)
        });
        let new: Vec<SlotRow> = new.collect();
        runtime.block_on(async {
            stores[0].import_slots(new, by(start)).await.unwrap();
            let mut clock = start;
            for pair in script.chunks(2) {
                let mut doing = Vec::new();
                for (at, (who, what, slot, wait)) in pair.iter().enumerate() {
                    clock += if at == 0 { *wait } else { 0 };
                    let (store, all) = (Arc::clone(&stores[at]), Arc::clone(&all));
                    let slot = ids[usize::from(*slot)].clone();
                    let (who, what) = (*who, *what);
                    doing.push(tokio::spawn(async move {
                        deed(store.as_ref(), &all[who], what, &slot, clock).await
                    }));
                }
                for one in doing {
                    if one.await.unwrap() == Some(Acted::Full) {
                        seen_full.set(seen_full.get() + 1);
                    }
                }
                for id in &ids {
                    let found = stores[0].slot(id.clone(), clock).await.unwrap();
                    let (seen, bookings) = found.unwrap();
                    assert!(seen.taken <= seen.slot.capacity, "{id} is overbooked");
                    assert!(bookings.len() <= 1, "{id}: {bookings:?}");
                }
                for family in all.iter() {
                    let of = standing(stores[0].as_ref(), family, clock).await;
                    let stands = of.iter().filter(|(_, state)| {
                        matches!(state, BookingState::Held | BookingState::Confirmed)
                    });
                    assert!(stands.count() <= 1, "two bookings of one child: {of:?}");
                }
            }
            // what is left is given back, for the next script
            for family in all.iter() {
                deed(stores[0].as_ref(), family, 4, "", clock).await;
            }
        });
        Ok(())
    })
    .unwrap();
    assert!(seen_full.get() > 0, "the scripts never met a full time");
    the_database_itself_refuses_to_overbook(&office);
}

async fn deed(store: &dyn Store, family: &Family, what: u8, slot: &str, at: i64) -> Option<Acted> {
    let act = family.act(CHECKUP, at);
    let has = standing(store, family, at)
        .await
        .into_iter()
        .rev()
        .find(|(_, state)| matches!(state, BookingState::Held | BookingState::Confirmed));
    let acted = match (what, has) {
        (0 | 1, _) => {
            let moves = has
                .filter(|(_, state)| what == 1 && *state == BookingState::Confirmed)
                .map(|(id, _)| id);
            let asked = asked(family, slot, at + 600, moves);
            store.take_place(act, asked).await
        }
        (2 | 3, Some((id, _))) => store.confirm_booking(act, id).await,
        (_, Some((id, _))) => store.cancel_booking(act, id).await,
        _ => return None,
    };
    Some(acted.unwrap())
}

/// The control: past every line of our own, the constraints hold.
fn the_database_itself_refuses_to_overbook(office: &Office) {
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    c.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    let insert = |child: &str, slot: &str, place: i64| {
        c.execute(
            "INSERT INTO checkup_bookings (case_ref, filing, child, checkup, slot, place, state, cover, created_at, state_at, actor)
             SELECT case_ref, filing, ?1, 'kenshin_1m', ?2, ?3, 'confirmed', 'voucher', 0, 0, 'x' FROM nonstop_items LIMIT 1",
            rusqlite::params![child, slot, place],
        )
        .map_err(|error| error.to_string())
    };
    assert_eq!(insert("one", "P1-1", 1), Ok(1));
    for (child, slot, place, why) in [
        ("two", "P1-1", 1, "UNIQUE"),
        ("two", "P1-1", 2, "FOREIGN KEY"),
        ("one", "P1-2", 1, "UNIQUE"),
    ] {
        let refused = insert(child, slot, place).unwrap_err();
        assert!(refused.contains(why), "{child} {slot} {place}: {refused}");
    }
}

/// The version of the list that a page shows.
fn version_of(page: &Reply) -> String {
    let text = page.text();
    match text.split_once("data-version=\"") {
        Some((_, rest)) => rest.split('"').next().unwrap().to_owned(),
        None => page.hidden("version"),
    }
}

fn see_other(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{} {}", reply.brief(), reply.text());
    reply.header("location").unwrap().to_owned()
}

/// A running city with one family, its phone, and an officer's browser.
async fn town(numbers: &[&str]) -> (Office, Running, Vec<Family>, Browser, Browser) {
    let mut office = Office::new();
    with_nurseries(&mut office);
    let papers: Vec<Paper> = numbers.iter().map(|number| birth(number)).collect();
    let births: Vec<&[Paper]> = papers.iter().map(std::slice::from_ref).collect();
    let all = families(&office, &births).await;
    let city = office.open().await;
    let mut phone = Browser::new(city.address);
    phone.open_family(&all[0].token).await;
    let mut desk = Browser::new(city.address);
    desk.sign_in().await;
    (office, city, all, phone, desk)
}

/// The form fields of a page, with more.
fn with<'f>(csrf: &'f str, more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut fields = vec![("csrf", csrf)];
    fields.extend_from_slice(more);
    fields
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_books_a_check_up_and_a_loss_closes_the_room_in_silence() {
    let (office, city, all, mut phone, mut desk) = town(&["SVB-1", "SVB-2"]).await;
    // the operator imports; a file with a mistake changes nothing and says where
    let file = office.folder.path().join("times.csv");
    std::fs::write(&file, times().replace("09:30,30,2", "09:30,30,many")).unwrap();
    let (ok, said) = import(&office, &file);
    assert!(
        !ok && said.contains("line 4, capacity") && said.contains("nothing was imported"),
        "{said}"
    );
    std::fs::write(&file, times()).unwrap();
    assert_eq!(
        import(&office, &file),
        (true, "4 new, 0 changed, 0 as they were\n".to_owned())
    );
    // an officer imports one more on the console
    let list = desk.get("/console/services").await;
    let one = times()
        .lines()
        .take(2)
        .collect::<Vec<_>>()
        .join("\n")
        .replace("EARLY", "EARLY2");
    let csrf = list.hidden("csrf");
    let reply = desk
        .post("/console/services/slots", &with(&csrf, &[("csv", &one)]))
        .await;
    assert!(
        reply.status == 200 && reply.text().contains("id=\"imported\""),
        "{}",
        reply.text()
    );
    let reply = desk
        .post(
            "/console/services/slots",
            &with(&csrf, &[("csv", "slot_id\nx")]),
        )
        .await;
    assert_eq!(reply.status, 422);

    let here = format!("/f/{}/checkups", all[0].token);
    let line = phone.get(&format!("/f/{}", all[0].token)).await;
    assert!(line.text().contains("data-room=\"checkups\""));
    let page = phone.get(&here).await;
    // what lies outside the window is not offered; who pays is said
    assert!(page.text().contains("9:00") && !page.text().contains("EARLY"));
    assert!(page.text().contains("払い戻し"));
    let csrf = page.hidden("csrf");
    let post = async |phone: &mut Browser, way: &str, more: &[(&str, &str)]| {
        let mut fields = vec![
            ("csrf", csrf.as_str()),
            ("child", "1"),
            ("checkup", CHECKUP),
        ];
        fields.extend_from_slice(more);
        phone.post(&format!("{here}/{way}"), &fields).await
    };
    let early = post(&mut phone, "take", &[("slot", "EARLY")]).await;
    assert!(early.status == 409 && early.text().contains("期間の外"));
    for _ in 0..2 {
        let reply = post(&mut phone, "take", &[("slot", "A0900")]).await;
        assert_eq!(see_other(&reply), here, "twice is once");
    }
    let held = phone.get(&here).await;
    assert!(held.text().contains("data-state=\"held\"") && held.text().contains("12:10"));
    let booking = held.hidden("booking");
    // the other family meets a full time
    let mut other = Browser::new(city.address);
    other.open_family(&all[1].token).await;
    let theirs = format!("/f/{}/checkups", all[1].token);
    let form = other.get(&theirs).await;
    let token = form.hidden("csrf");
    let fields = [
        ("csrf", token.as_str()),
        ("child", "1"),
        ("checkup", CHECKUP),
        ("slot", "A0900"),
    ];
    let full = other.post(&format!("{theirs}/take"), &fields).await;
    assert!(full.status == 409 && full.text().contains("埋まりました"));
    // and cannot touch what is not theirs
    let fields = [
        ("csrf", token.as_str()),
        ("child", "1"),
        ("checkup", CHECKUP),
        ("booking", booking.as_str()),
        ("sure", "yes"),
    ];
    let reply = other.post(&format!("{theirs}/cancel"), &fields).await;
    assert_eq!(reply.status, 409);
    for _ in 0..2 {
        let reply = post(&mut phone, "confirm", &[("booking", &booking)]).await;
        assert_eq!(see_other(&reply), here);
    }
    let booked = phone.get(&here).await;
    assert!(booked.text().contains("予約済みです") && booked.text().contains("12月24日"));
    // the calendar file: where and when, no name and no link
    let ics = phone.get(&format!("{here}/{booking}/checkup.ics")).await;
    assert_eq!(
        ics.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    let file = ics.text().replace("\r\n ", "");
    assert!(
        file.contains("DTSTART:20261225T000000Z")
            && file.contains("LOCATION:あすこえ市民病院 小児科")
    );
    for private in ["さくら", "葛", all[0].token.as_str(), "/f/"] {
        assert!(!file.contains(private), "{private}");
    }
    let stolen = other.get(&format!("{theirs}/{booking}/checkup.ics")).await;
    assert_eq!(stolen.status, 303, "not theirs");
    // an officer sees who comes, by the filing
    let slot = desk
        .get(&format!("/console/services/slots/{}", hex::encode("A0900")))
        .await;
    assert!(slot.text().contains(&all[0].filing.to_string()) && !slot.text().contains("さくら"));
    // changed while it can be: the old place is free
    let reply = post(
        &mut phone,
        "take",
        &[("slot", "A0930"), ("booking", &booking)],
    )
    .await;
    assert_eq!(see_other(&reply), here);
    assert_eq!(
        left(office.store().await.as_ref(), "A0900", office.now()).await,
        1
    );
    // on the day itself it is too late, the day before it is not
    let evening = jiff::civil::date(2026, 12, 24).at(23, 59, 0, 0);
    office
        .hands
        .forward(ubugoe_city::jst::instant(evening) - office.now());
    phone.open_family(&all[0].token).await;
    let page = phone.get(&here).await;
    let fresh = page.hidden("csrf");
    let cancel = [
        ("csrf", fresh.as_str()),
        ("child", "1"),
        ("checkup", CHECKUP),
        ("booking", booking.as_str()),
        ("sure", "yes"),
    ];
    office.hands.forward(60);
    let late = phone.post(&format!("{here}/cancel"), &cancel).await;
    assert!(
        late.status == 409 && late.text().contains("前日を過ぎた"),
        "{}",
        late.brief()
    );
    office.hands.forward(-60);
    let reply = phone.post(&format!("{here}/cancel"), &cancel).await;
    assert_eq!(see_other(&reply), here);

    // a loss: the bookings are gone, and so is every room, without a word
    let again = [
        ("csrf", fresh.as_str()),
        ("child", "1"),
        ("checkup", CHECKUP),
        ("slot", "B1400"),
    ];
    assert_eq!(
        see_other(&phone.post(&format!("{here}/take"), &again).await),
        here
    );
    let store = office.store().await;
    store
        .mark_loss(all[0].filing, String::new(), by(office.now()))
        .await
        .unwrap();
    let line = phone.get(&format!("/f/{}", all[0].token)).await;
    assert_eq!(line.status, 200);
    for room in ["checkups", "vaccines", "gift", "nursery"] {
        assert!(
            !line.text().contains(&format!("data-room=\"{room}\"")),
            "{room}"
        );
        let reply = phone.get(&format!("/f/{}/{room}", all[0].token)).await;
        assert_eq!(see_other(&reply), format!("/f/{}", all[0].token), "{room}");
    }
    let reply = phone.post(&format!("{here}/take"), &again).await;
    assert_eq!(see_other(&reply), format!("/f/{}", all[0].token));
    assert_eq!(left(store.as_ref(), "B1400", office.now()).await, 2);
    city.stop().await;
}

/// Runs the program's own import.
fn import(office: &Office, file: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ubugoe-city"))
        .args(["import-slots", "--config"])
        .arg(office.write_config())
        .arg("--file")
        .arg(file)
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_ranks_nurseries_and_applies_once_until_the_round_closes() {
    let (office, city, all, mut phone, mut desk) = town(&["SVN-1"]).await;
    let root = format!("/f/{}/nursery", all[0].token);
    assert_eq!(see_other(&phone.get(&root).await), format!("{root}/1"));
    let here = format!("{root}/1");
    let page = phone.get(&here).await;
    assert!(page.text().contains("まだ提出していません") && page.text().contains("汐見町"));
    let csrf = page.hidden("csrf");
    // the town that is looked for stands in no address
    let found = phone
        .post(
            &format!("{here}/search"),
            &with(
                &csrf,
                &[("town", "汐見町"), ("entry", "2027-04-01"), ("free", "yes")],
            ),
        )
        .await;
    assert_eq!(found.status, 200);
    assert!(found.text().contains("しおみ保育園") && found.text().contains("2026年11月15日"));
    let first = found.text().find("しおみ保育園").unwrap();
    let far = found.text().find("本町保育園");
    assert!(far.is_none_or(|far| far > first), "nearest first");
    let turn = async |phone: &mut Browser, turn: &str, id: &str| {
        let page = phone.get(&here).await;
        let version = version_of(&page);
        let fields = [
            ("csrf", csrf.as_str()),
            ("version", version.as_str()),
            ("turn", turn),
            ("facility", id),
        ];
        // twice: the second changes nothing
        for _ in 0..2 {
            assert_eq!(
                see_other(&phone.post(&format!("{here}/list"), &fields).await),
                here
            );
        }
    };
    for (what, id) in [
        ("add", "AS0002"),
        ("add", "AS0001"),
        ("add", "AS0003"),
        ("up", "AS0003"),
        ("up", "AS0003"),
        ("remove", "AS0002"),
    ] {
        turn(&mut phone, what, id).await;
    }
    let store = office.store().await;
    let draft = store.nursery_draft(all[0].child.clone()).await.unwrap();
    assert_eq!(draft.wishes, ["AS0003", "AS0001"]);
    let place = phone.get(&format!("{here}/place/0")).await;
    assert!(place.text().contains("7:00 – 19:00") && place.text().contains("110"));
    // the household; a field that cannot be read comes back with what was written
    let version = draft.version.to_string();
    let mut household = vec![
        ("csrf", csrf.as_str()),
        ("version", version.as_str()),
        ("round", "2027-04-1"),
        ("g1_reason", "work"),
        ("g1_work", "employee"),
        ("g1_hours", "many"),
        ("g2_reason", "work"),
        ("g2_work", "employee"),
        ("g2_hours", "40"),
    ];
    let reply = phone.post(&format!("{here}/apply"), &household).await;
    assert!(
        reply.status == 422
            && reply.text().contains("value=\"many\"")
            && reply.text().contains("aria-invalid")
    );
    household[5] = ("g1_hours", "20");
    let review = see_other(&phone.post(&format!("{here}/apply"), &household).await);
    assert_eq!(review, format!("{here}/review/2027-04-1"));
    let page = phone.get(&review).await;
    assert!(
        page.text().contains("id=\"not-yet\"") && page.text().contains("点数の見込み: 19"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("［GK］") && page.text().contains("見込みは示しません"));
    assert!(
        store.nursery_rounds().await.unwrap().is_empty(),
        "a look submits nothing"
    );
    let submit = with(&csrf, &[("round", "2027-04-1")]);
    let version = version_of(&page);
    let submit: Vec<(&str, &str)> = submit
        .into_iter()
        .chain([("version", version.as_str())])
        .collect();
    for _ in 0..2 {
        assert_eq!(
            see_other(&phone.post(&format!("{here}/submit"), &submit).await),
            here
        );
    }
    let page = phone.get(&here).await;
    assert!(page.text().contains("提出済みです") && page.text().contains("N2027-00001"));
    assert!(!page.text().contains("id=\"changed\""));
    // changed after: what counts is the submitted one, and the page says so
    turn(&mut phone, "up", "AS0001").await;
    let page = phone.get(&here).await;
    assert!(page.text().contains("id=\"changed\""));
    let kept = store
        .nursery_applications("2027-04-1".to_owned())
        .await
        .unwrap();
    assert_eq!(
        (kept.len(), kept[0].wishes[0].as_str(), kept[0].times),
        (1, "AS0003", 1)
    );

    // officers: by points, on the case, and as a file without names
    let list = desk.get("/console/services/nursery").await;
    assert!(
        list.text().contains("N2027-00001")
            && list.text().contains("あすこえ中央こども園 → しおみ保育園")
    );
    let case = desk
        .get(&format!("/console/filings/{}/services", all[0].filing))
        .await;
    assert!(case.text().contains("N2027-00001") && case.text().contains("週20時間以上28時間未満"));
    let csrf_desk = list.hidden("csrf");
    let file = desk
        .post(
            "/console/services/nursery",
            &with(&csrf_desk, &[("round", "2027-04-1")]),
        )
        .await;
    let text = file.text();
    assert!(
        text.starts_with("\u{FEFF}receipt,arrival_no,round")
            && text.contains(",2027-04-01,19,AS0003 AS0001,"),
        "{text}"
    );
    assert!(!text.contains("さくら") && !text.contains("葛"));

    // submitted anew before the end; after it nothing moves
    let submit = [
        ("csrf", csrf.as_str()),
        ("round", "2027-04-1"),
        ("version", &version_of(&phone.get(&here).await)),
    ];
    assert_eq!(
        see_other(&phone.post(&format!("{here}/submit"), &submit).await),
        here
    );
    let kept = store
        .nursery_applications("2027-04-1".to_owned())
        .await
        .unwrap();
    assert_eq!((kept[0].wishes[0].as_str(), kept[0].times), ("AS0001", 2));
    let closed = jiff::civil::date(2026, 12, 1).at(0, 0, 0, 0);
    office
        .hands
        .forward(ubugoe_city::jst::instant(closed) - office.now());
    phone.open_family(&all[0].token).await;
    let page = phone.get(&here).await;
    assert!(page.text().contains("締め切りを過ぎた"));
    let csrf = page.hidden("csrf");
    let application = kept[0].id.to_string();
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "0"),
        ("application", application.as_str()),
        ("sure", "yes"),
    ];
    let late = phone.post(&format!("{here}/withdraw"), &fields).await;
    assert_eq!(late.status, 409);
    let all_kept = store
        .family_services(all[0].hash, office.now())
        .await
        .unwrap();
    assert_eq!(all_kept.applications[0].state, ApplicationState::Submitted);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_tells_doses_and_answers_about_the_gift() {
    let (office, city, all, mut phone, mut desk) = town(&["SVV-1"]).await;
    // ten weeks old
    office.hands.forward(70 * DAY);
    phone.open_family(&all[0].token).await;
    let here = format!("/f/{}/vaccines", all[0].token);
    let page = phone.get(&here).await;
    let text = page.text();
    assert!(text.contains("id=\"honest\"") && text.contains("data-group=\"now\""));
    // a mother's vaccine is not the child's
    assert!(text.contains("data-vaccine=\"hepatitis_b\"") && !text.contains("rsv_maternal"));
    let csrf = page.hidden("csrf");
    let tell = async |phone: &mut Browser, vaccine: &str, day: &str, what: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("child", "1"),
            ("vaccine", vaccine),
            ("day", day),
            ("what", what),
        ];
        phone.post(&here, &fields).await
    };
    for _ in 0..2 {
        let reply = tell(&mut phone, "rotavirus_rv1", "2027-01-25", "given").await;
        assert_eq!(see_other(&reply), here);
    }
    let page = phone.get(&here).await;
    assert!(
        page.text().contains("ご家族の申告") && page.text().contains("data-day=\"2027-01-25\"")
    );
    // planned anew: the second dose, and the other product of the group falls away
    assert!(
        page.text().contains("<strong>2回目</strong>") && !page.text().contains("rotavirus_rv5")
    );
    for (day, why) in [
        ("2026-11-21", "before the birth"),
        ("2027-06-01", "not come yet"),
        ("yesterday", "no day"),
    ] {
        let reply = tell(&mut phone, "bcg", day, "given").await;
        assert_eq!(reply.status, 422, "{why}");
    }
    assert_eq!(
        tell(&mut phone, "nothing", "2027-01-25", "given")
            .await
            .status,
        400
    );
    see_other(&tell(&mut phone, "rotavirus_rv1", "2027-01-25", "not").await);
    assert!(phone.get(&here).await.text().contains("rotavirus_rv5"));

    let here = format!("/f/{}/gift", all[0].token);
    let page = phone.get(&here).await;
    assert!(page.text().contains("絵本") && page.text().contains("受け取らない"));
    let answer = async |phone: &mut Browser, choice: &str, way: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("child", "1"),
            ("choice", choice),
            ("way", way),
        ];
        phone.post(&here, &fields).await
    };
    assert_eq!(answer(&mut phone, "2", "").await.status, 422);
    assert_eq!(answer(&mut phone, "9", "visit").await.status, 422);
    see_other(&answer(&mut phone, "none", "").await);
    see_other(&answer(&mut phone, "2", "visit").await);
    // the officer's session ended in ten weeks
    desk.sign_in().await;
    let list = desk.get("/console/services/gifts").await;
    assert!(list.text().contains("絵本") && list.text().contains("赤ちゃん訪問"));
    let token = list.hidden("csrf");
    let fields = [("csrf", token.as_str()), ("child", &list.hidden("child"))];
    for _ in 0..2 {
        let reply = desk
            .post(
                &format!("/console/services/gifts/{}", all[0].filing),
                &fields,
            )
            .await;
        assert_eq!(see_other(&reply), "/console/services/gifts");
    }
    let late = answer(&mut phone, "1", "counter").await;
    assert!(late.status == 422 && late.text().contains("すでにお渡しした"));
    city.stop().await;
}

/// Looks at a page 360 wide: no violation, nothing wider than that, nothing smaller than a finger; a picture.
fn look(browser: &Chromium, folder: &Path, name: &str) {
    narrow(browser);
    accessible(browser, folder, name);
    fits_a_phone(browser, name);
    fits_a_finger(browser, name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_room_is_read_on_a_phone_without_a_script() {
    let (office, city, all, mut phone, _) = town(&["SVX-1"]).await;
    let store = office.store().await;
    let now = office.now();
    store.import_slots(rows(), by(now)).await.unwrap();
    let family = &all[0];
    for id in ["AS0001", "AS0003"] {
        let here = format!("/f/{}/nursery/1", family.token);
        let page = phone.get(&here).await;
        let (csrf, version) = (page.hidden("csrf"), version_of(&page));
        let fields = [
            ("csrf", csrf.as_str()),
            ("version", version.as_str()),
            ("turn", "add"),
            ("facility", id),
        ];
        see_other(&phone.post(&format!("{here}/list"), &fields).await);
    }
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("services");
    std::fs::create_dir_all(&folder).unwrap();
    let home = format!("http://{}/f/{}", city.address, family.token);
    tokio::task::spawn_blocking(move || visit(&folder, &home))
        .await
        .unwrap();
    city.stop().await;
}

fn visit(folder: &Path, home: &str) {
    let logs = tempfile::tempdir().unwrap();
    let browser = Chromium::start(logs.path(), false, (500, 740)).unwrap();
    browser.open(home).unwrap();
    for (id, text) in [("year", "1996"), ("month", "11"), ("day", "23")] {
        browser.fill(id, text).unwrap();
    }
    browser.click("open").unwrap();
    browser.wait_css("[data-room=checkups]").unwrap();
    let go = |path: &str| {
        browser.open(&format!("{home}{path}")).unwrap();
        browser.wait_id("main").unwrap();
    };
    for (name, path) in [
        ("checkups", "/checkups"),
        ("checkups-ne", "/checkups?lang=ne"),
        ("checkups-easy", "/checkups?lang=easy"),
    ] {
        go(path);
        look(&browser, folder, name);
    }
    go("/checkups?lang=ja");
    assert_eq!(value(&browser, "document.scripts.length"), json!(0));
    browser.click_css("ul.times button").unwrap();
    browser.wait_css("[data-state=held]").unwrap();
    look(&browser, folder, "checkups-held");
    browser.click_css(".stack button.primary").unwrap();
    browser.wait_css("[data-state=confirmed]").unwrap();
    look(&browser, folder, "checkups-booked");
    for (name, path) in [
        ("vaccines", "/vaccines"),
        ("vaccines-pt", "/vaccines?lang=pt"),
        ("gift", "/gift?lang=ja"),
        ("nursery", "/nursery/1"),
        ("nursery-vi", "/nursery/1?lang=vi"),
        ("nursery-place", "/nursery/1/place/2?lang=ja"),
        ("nursery-apply", "/nursery/1/apply"),
        ("nursery-apply-tl", "/nursery/1/apply?lang=tl"),
    ] {
        go(path);
        look(&browser, folder, name);
    }
    go("/nursery/1?lang=ja");
    browser.click_css("#search button").unwrap();
    browser.wait_id("results").unwrap();
    look(&browser, folder, "nursery-results");
    go("/nursery/1/apply");
    let chosen = "(() => { for (const n of ['g1_reason', 'g2_reason']) document.getElementById(n).value = 'work'; return true; })()";
    assert_eq!(value(&browser, chosen), json!(true));
    browser.fill("g1_hours", "40").unwrap();
    browser.fill("g2_hours", "20").unwrap();
    browser.click_css("#household button.primary").unwrap();
    browser.wait_id("submit").unwrap();
    look(&browser, folder, "nursery-review");
    browser.click("submit").unwrap();
    browser.wait_id("receipt").unwrap();
    look(&browser, folder, "nursery-submitted");
    go("");
    look(&browser, folder, "line");
    // the check finds what is wrong
    let planted = "(() => { const e = document.createElement('p'); e.textContent = 'うすい文字'; e.style.color = '#bbbbbb';
        e.style.width = '400px'; document.getElementById('main').append(e); return e.getBoundingClientRect().right > 361; })()";
    assert_eq!(value(&browser, planted), json!(true));
    assert!(!violations(&browser).is_empty());
}
