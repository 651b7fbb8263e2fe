//! The desk's part of the store, told to both databases: queues, hands, ticks, two officers, races, search.

use std::sync::Arc;

use crate::support::office::{Letter, Office, decide, land, letter, message, on_each_store};
use crate::support::papers::{Paper, allowance, birth, canonical};
use ubugoe_city::casework::{FilingState, ReasonCode};
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::store::desk::{
    CaseLine, Concluded, Conclusion, DeskStep, Done, Hand, Look, NEVER, Proposal, Queue, Whose,
    catch_up,
};
use ubugoe_city::store::{Decided, Decision, Sealer, Store};
use ubugoe_protocol::FilingId;

fn hand(letter: &Letter, actor: &str) -> Hand {
    Hand {
        filing: letter.id,
        actor: actor.to_owned(),
        at: 1_800_000_000,
    }
}

fn accept(letter: &Letter, actor: &str) -> Decision {
    Decision {
        filing: letter.id,
        version: 1,
        to: FilingState::Accepted,
        reason: None,
        note: None,
        actor: actor.to_owned(),
        at: 1_800_000_000,
    }
}

fn proposal(letter: &Letter, actor: &str) -> Proposal {
    Proposal {
        hand: hand(letter, actor),
        version: 1,
        ticks: vec!["child_mei".to_owned()],
        note: Some("異体字を確認しました。".to_owned()),
    }
}

fn sealer(office: &Office) -> Arc<dyn Sealer> {
    let config = office.config();
    Arc::new(CitySealer::new(
        config.office.recipient.clone(),
        config.keys.sign.clone(),
        &config.http.public_url,
    ))
}

fn numbers(lines: &[CaseLine]) -> Vec<u64> {
    lines.iter().map(|line| line.row.arrival_no).collect()
}

async fn queue(store: &dyn Store, queue: Queue) -> Vec<u64> {
    let limit = if queue.limit == 0 { 100 } else { queue.limit };
    numbers(&store.queue(Queue { limit, ..queue }).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
async fn queues_are_in_order_of_deadline_page_without_gaps_and_filter() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let mut all = Vec::new();
        for n in 0..7 {
            let paper = if n % 2 == 0 {
                birth(&format!("Q-{n}"))
            } else {
                allowance(&format!("Q-{n}"))
            };
            let paper = Paper {
                protected: n == 3,
                ..paper
            };
            all.push(Letter {
                device: if n < 4 { "ward-1" } else { "ward-2" },
                ..letter(canonical(&paper))
            });
        }
        for letter in &all {
            land(office, &ingest, letter).await;
        }
        let whole = store
            .queue(Queue {
                limit: 100,
                ..Queue::default()
            })
            .await
            .unwrap();
        assert_eq!(whole.len(), 7);
        let keys: Vec<_> = whole
            .iter()
            .map(|line| (line.place().due_key, line.row.arrival_no))
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(whole.iter().all(|line| line.place().due_key != NEVER));
        // pages of two, each from the place of the last line, are the whole once
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = store
                .queue(Queue {
                    after,
                    limit: 2,
                    ..Queue::default()
                })
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.place());
            paged.extend(numbers(&page));
        }
        assert_eq!(paged, numbers(&whole));
        let births = Queue {
            procedure: Some("shussei_todoke".into()),
            ..Queue::default()
        };
        assert_eq!(queue(store.as_ref(), births).await.len(), 4);
        // a ward's queue does not tell where a protected family was
        let ward = |id: &str| Queue {
            device: Some(id.parse().unwrap()),
            ..Queue::default()
        };
        assert_eq!(queue(store.as_ref(), ward("ward-1")).await.len(), 3);
        assert_eq!(queue(store.as_ref(), ward("ward-2")).await.len(), 3);
        let urgent = |day: &str| Queue {
            due_until: Some(day.into()),
            ..Queue::default()
        };
        assert_eq!(queue(store.as_ref(), urgent("2026-12-06")).await.len(), 0);
        assert_eq!(queue(store.as_ref(), urgent("2099-01-01")).await.len(), 7);
        let late = |reason| Queue {
            reason: Some(reason),
            ..Queue::default()
        };
        assert_eq!(queue(store.as_ref(), late(ReasonCode::Late)).await.len(), 0);
        // father and mother: found by the reason of the moment; twins are not
        let father = Letter {
            device: "ward-2",
            ..letter(canonical(&birth("Q-0")))
        };
        land(office, &ingest, &father).await;
        let twin = letter(canonical(&Paper {
            order: 2,
            child: "つぼみ".into(),
            ..birth("Q-2")
        }));
        land(office, &ingest, &twin).await;
        assert_eq!(
            queue(store.as_ref(), late(ReasonCode::DuplicateChild)).await,
            [1, 8]
        );
        office.hands.forward(40 * 86_400);
        let late_one = letter(canonical(&birth("Q-9")));
        land(office, &ingest, &late_one).await;
        assert_eq!(queue(store.as_ref(), late(ReasonCode::Late)).await, [10]);
        // hands
        assert_eq!(
            store.take(hand(&all[0], "a"), None).await.unwrap(),
            Done::Yes
        );
        let mine = Queue {
            whose: Whose::Of("a".into()),
            ..Queue::default()
        };
        assert_eq!(queue(store.as_ref(), mine).await, [1]);
        let free = Queue {
            whose: Whose::Nobody,
            ..Queue::default()
        };
        assert_eq!(queue(store.as_ref(), free).await.len(), 9);
        let counts = store
            .queue_counts("a".into(), "2026-12-31".into())
            .await
            .unwrap();
        assert_eq!(
            (counts.arrived, counts.mine, counts.free, counts.proposed),
            (10, 1, 9, 0)
        );
        assert_eq!(counts.urgent, 10);
        office.hands.forward(-40 * 86_400);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_hands_one_takes_and_what_was_seen_is_asked_again() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let one = letter(canonical(&birth("H-1")));
        land(office, &ingest, &one).await;
        let takers = (0..8).map(|n| {
            let (store, hand) = (Arc::clone(&store), hand(&one, &format!("officer-{n}")));
            tokio::spawn(async move { store.take(hand, None).await.unwrap() })
        });
        let mut won = 0;
        for taker in takers.collect::<Vec<_>>() {
            match taker.await.unwrap() {
                Done::Yes => won += 1,
                other => assert_eq!(other, Done::Stale),
            }
        }
        assert_eq!(won, 1);
        let holder = store.on_desk(one.id).await.unwrap().assignee.unwrap();
        assert_eq!(
            store.put_back(hand(&one, "nobody")).await.unwrap(),
            Done::Stale
        );
        assert_eq!(
            store.take(hand(&one, "head"), Some(holder)).await.unwrap(),
            Done::Yes,
            "taken over from whom it was seen with"
        );
        assert_eq!(store.put_back(hand(&one, "head")).await.unwrap(), Done::Yes);
        assert_eq!(store.on_desk(one.id).await.unwrap().assignee, None);
        // ticks belong to the version that was read
        let ticks = || vec!["child_sei".to_owned(), "child_mei".to_owned()];
        assert_eq!(
            store.tick(hand(&one, "a"), 1, ticks()).await.unwrap(),
            Done::Yes
        );
        assert_eq!(
            store.tick(hand(&one, "a"), 2, ticks()).await.unwrap(),
            Done::Stale
        );
        let desk = store.on_desk(one.id).await.unwrap();
        assert_eq!(desk.tick("child_mei").unwrap().actor, "a");
        assert!(desk.tick("job").is_none());
        let steps: Vec<_> = desk
            .log
            .iter()
            .map(|entry| (entry.seq, entry.what))
            .collect();
        assert_eq!(
            steps,
            [
                (0, DeskStep::Taken),
                (1, DeskStep::Taken),
                (2, DeskStep::GivenBack),
                (3, DeskStep::Ticked),
                (4, DeskStep::Ticked)
            ]
        );
        let gone = Hand {
            filing: FilingId::from_bytes([9; 16]),
            ..hand(&one, "a")
        };
        assert_eq!(store.take(gone, None).await.unwrap(), Done::NotFound);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
async fn two_officers_are_two_people_whatever_the_race() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let sealer = sealer(office);
        let conclude = async |letter: &Letter, actor: &str, number: u32| {
            let conclusion = Conclusion {
                confirms: Some(number),
                ticks: vec!["job".into()],
            };
            store
                .conclude(accept(letter, actor), conclusion, Arc::clone(&sealer))
                .await
                .unwrap()
        };
        let one = letter(canonical(&birth("T-1")));
        land(office, &ingest, &one).await;
        assert_eq!(conclude(&one, "b", 0).await, Concluded::NoProposal);
        assert_eq!(store.propose(proposal(&one, "a")).await.unwrap(), Done::Yes);
        assert_eq!(
            store.propose(proposal(&one, "c")).await.unwrap(),
            Done::Stale,
            "one at a time"
        );
        let number = store.on_desk(one.id).await.unwrap().proposal().unwrap().seq;
        assert_eq!(conclude(&one, "a", number).await, Concluded::SamePerson);
        assert_eq!(
            store
                .send_back(hand(&one, "a"), number, "x".into())
                .await
                .unwrap(),
            Done::SamePerson
        );
        assert_eq!(
            store.filing(one.id).await.unwrap().unwrap().row.state,
            FilingState::Arrived,
            "nothing happened yet"
        );
        // sent back and proposed anew: the old number confirms nothing
        assert_eq!(
            store
                .send_back(hand(&one, "b"), number, "読みを確認".into())
                .await
                .unwrap(),
            Done::Yes
        );
        assert_eq!(store.propose(proposal(&one, "a")).await.unwrap(), Done::Yes);
        assert_eq!(conclude(&one, "b", number).await, Concluded::NoProposal);
        let number = store.on_desk(one.id).await.unwrap().proposal().unwrap().seq;
        // eight colleagues and the proposer confirm, two send back, all at once: one wins, and never the proposer
        let race = (0..9).map(|n| {
            let (store, sealer) = (Arc::clone(&store), Arc::clone(&sealer));
            let actor = if n == 0 {
                "a".to_owned()
            } else {
                format!("second-{n}")
            };
            let (decision, hand) = (accept(&one, &actor), hand(&one, &actor));
            tokio::spawn(async move {
                if n > 6 {
                    return store.send_back(hand, number, "x".into()).await.unwrap() == Done::Yes;
                }
                let conclusion = Conclusion {
                    confirms: Some(number),
                    ticks: Vec::new(),
                };
                let done = store.conclude(decision, conclusion, sealer).await.unwrap();
                let won = matches!(done, Concluded::Decided(Decided::Done { .. }));
                assert!(!(won && actor == "a"), "the proposer confirmed");
                won
            })
        });
        let mut won = 0;
        for each in race.collect::<Vec<_>>() {
            won += u32::from(each.await.unwrap());
        }
        assert_eq!(won, 1);
        let desk = store.on_desk(one.id).await.unwrap();
        assert_eq!(
            desk.proposed_by, None,
            "decided or sent back, it does not wait any more"
        );
        let second = desk.log.iter().filter(|entry| {
            matches!(entry.what, DeskStep::Confirmed)
                || (entry.what == DeskStep::SentBack && entry.seq > number)
        });
        assert_eq!(second.count(), 1);
        // a return ends a proposal
        let two = letter(canonical(&birth("T-2")));
        land(office, &ingest, &two).await;
        assert_eq!(store.propose(proposal(&two, "a")).await.unwrap(), Done::Yes);
        let number = store.on_desk(two.id).await.unwrap().proposal().unwrap().seq;
        let back = Decision {
            to: FilingState::Returned,
            reason: Some("missing".into()),
            ..accept(&two, "a")
        };
        decide(store.as_ref(), back, &sealer).await;
        assert!(store.on_desk(two.id).await.unwrap().proposal().is_none());
        assert!(matches!(
            conclude(&two, "b", number).await,
            Concluded::Decided(Decided::Stale { .. })
        ));
        // one officer where one is enough
        let three = letter(canonical(&birth("T-3")));
        land(office, &ingest, &three).await;
        let alone = store
            .conclude(
                accept(&three, "a"),
                Conclusion::default(),
                Arc::clone(&sealer),
            )
            .await
            .unwrap();
        assert!(matches!(alone, Concluded::Decided(Decided::Done { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_found_by_any_form_in_a_batch_alone_and_after_catching_up() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        // two in one batch, one alone
        let letters: Vec<Letter> = ["つばさ", "みのり"]
            .into_iter()
            .zip(["S-1", "S-2"])
            .map(|(child, number)| {
                letter(canonical(&Paper {
                    child: child.into(),
                    ..birth(number)
                }))
            })
            .collect();
        let batch = letters
            .iter()
            .map(|letter| message(letter.device, office.envelope(letter)))
            .collect();
        ingest.land(batch).await.unwrap();
        let alone = letter(canonical(&allowance("S-3")));
        let receipt = land(office, &ingest, &alone).await;
        let found = async |look: Look| {
            let mut found = numbers(&store.look(look).await.unwrap());
            found.sort_unstable();
            found
        };
        let name = |typed: &str| Look::Name {
            folded: ubugoe_city::casework::search::fold(typed),
            most: 101,
        };
        let check = async |when: &str| {
            for (typed, expected) in [
                ("葛城", vec![1, 2, 3]),
                ("葛\u{e0100}城\u{3000}つばさ", vec![1]),
                ("ツバサ", vec![1]),
                ("みのり", vec![2]),
                ("カツラギ", vec![1, 2, 3]),
                ("かつらぎ", vec![1, 2, 3]),
                ("吉子", vec![1, 2, 3]),
                ("桂城", vec![]),
            ] {
                assert_eq!(found(name(typed)).await, expected, "{typed} {when}");
            }
        };
        check("as it landed").await;
        let recipient = office.config().office.recipient;
        assert_eq!(found(Look::Number(recipient.clone(), 2)).await, [2]);
        assert_eq!(found(Look::Number(recipient, 99)).await, Vec::<u64>::new());
        assert_eq!(found(Look::Id(letters[0].id)).await, [1]);
        let token: [u8; 32] = ubugoe_protocol::digest(receipt.status_token.as_bytes());
        assert_eq!(found(Look::Token(token)).await, [3]);
        assert_eq!(found(Look::Token([7; 32])).await, Vec::<u64>::new());
        // as if all of it had arrived before there was a search
        forget(office).await;
        assert_eq!(found(name("葛城")).await, Vec::<u64>::new());
        while catch_up(store.as_ref()).await.unwrap() {}
        check("after catching up").await;
        assert!(store.unsearchable(10).await.unwrap().is_empty());
        // the stored name is as it came
        let record = store.filing(letters[0].id).await.unwrap().unwrap();
        assert_eq!(
            record.row.facts.child.as_deref(),
            Some("葛\u{e0100}城\u{3000}つばさ")
        );
    })
    .await;
}

/// Takes what was made searchable away and says that it is still to be done.
async fn forget(office: &Office) {
    const SQL: &str =
        "DELETE FROM search_terms; INSERT INTO search_todo (filing) SELECT id FROM filings";
    if office.store_url.starts_with("sqlite:") {
        let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
        c.execute_batch(SQL).unwrap();
        return;
    }
    let (client, connection) = tokio_postgres::connect(&office.store_url, tokio_postgres::NoTls)
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute(SQL).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_officers_did_at_the_desk_is_never_changed_or_removed() {
    let office = Office::new();
    let (ingest, store) = (office.ingest().await, office.store().await);
    let one = letter(canonical(&birth("A-1")));
    land(&office, &ingest, &one).await;
    store.take(hand(&one, "a"), None).await.unwrap();
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    for sql in ["UPDATE desk_log SET actor = 'b'", "DELETE FROM desk_log"] {
        let error = c.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
}
