//! The card as a PC/SC client sees it through real pcscd: comings and goings, faults, restarts. Each test runs in a
//! copy of itself, because the client library takes the service's socket from the environment.

use std::{
    ffi::CString,
    path::Path,
    time::{Duration, Instant},
};

use pcsc::{Card, Context, Disposition, Error as PcscError, Protocols, Scope, ShareMode, State};
use ubugoe_vcard::{Effect, Fault, Pcscd, PcscdConfig, SimConfig, SimReader};

use super::{LIMIT, SELECT_COMMON, SELECT_JPKI, SELECT_TEXT, issuer, private, wait_for};

const PIN: &str = "002000910431333537";
const WRONG_PIN: &str = "002000910430303030";
const ATTRIBUTES: &str = "00B0820000";

/// A service, a card and a client.
struct Bench {
    client: Context,
    name: CString,
    reader: SimReader,
    service: Pcscd,
}

impl Bench {
    fn at(socket: &Path) -> Self {
        let config = PcscdConfig {
            socket: Some(socket.to_owned()),
            ..PcscdConfig::default()
        };
        let service = Pcscd::start(config).unwrap();
        let config = SimConfig {
            port: service.port(),
            trace: None,
        };
        let card = issuer().issue("hana").unwrap();
        let reader = SimReader::start(&config, issuer().clone(), card).unwrap();
        let name = CString::new(service.reader_name()).unwrap();
        let client = Context::establish(Scope::User).unwrap();
        Self {
            client,
            name,
            reader,
            service,
        }
    }

    /// Waits until the reader reports `wanted`.
    fn wait(&self, wanted: State) {
        wait_for(&self.client, &self.name, wanted);
    }

    fn connect(&self) -> Card {
        self.client
            .connect(&self.name, ShareMode::Exclusive, Protocols::ANY)
            .unwrap()
    }

    fn with_card(socket: &Path) -> (Self, Card) {
        let bench = Self::at(socket);
        bench.reader.insert();
        bench.wait(State::PRESENT);
        let card = bench.connect();
        (bench, card)
    }
}

/// The raw answer in hexadecimal.
fn send(card: &Card, command: &str) -> Result<String, PcscError> {
    let mut buffer = vec![0; 66_000];
    let command = hex::decode(command).unwrap();
    card.transmit(&command, &mut buffer).map(hex::encode_upper)
}

fn status(card: &Card, command: &str) -> String {
    let answer = send(card, command).unwrap();
    answer[answer.len() - 4..].to_owned()
}

#[test]
fn attributes_are_three_commands_away() {
    private("service::attributes_are_three_commands_away", |socket| {
        let (bench, card) = Bench::with_card(socket);
        bench.reader.reset_counters();
        assert_eq!(status(&card, SELECT_TEXT), "9000");
        assert_eq!(status(&card, PIN), "9000");
        let record = send(&card, ATTRIBUTES).unwrap();
        let name = hex::encode_upper("山田\u{3000}花子");
        assert!(record.contains(&name), "{record}");
        let counters = bench.reader.counters();
        assert_eq!((counters.apdus, counters.bytes_in), (3, 15 + 9 + 5));
    });
}

#[test]
fn an_extended_answer_passes_pcscd_whole() {
    private("service::an_extended_answer_passes_pcscd_whole", |socket| {
        let (bench, card) = Bench::with_card(socket);
        drop(card);
        bench.reader.take("extended").unwrap();
        bench.wait(State::EMPTY);
        bench.reader.insert();
        bench.wait(State::PRESENT);
        let card = bench.connect();
        assert_eq!(status(&card, SELECT_JPKI), "9000");
        let whole = send(&card, "00B08A00000000").unwrap();
        assert!(whole.len() / 2 > 1500, "{}", whole.len() / 2);
    });
}

#[test]
fn acknowledgements_are_not_delayed() {
    private("service::acknowledgements_are_not_delayed", |socket| {
        let (_bench, card) = Bench::with_card(socket);
        assert_eq!(status(&card, SELECT_JPKI), "9000");
        let begin = Instant::now();
        for _ in 0..200 {
            assert_eq!(status(&card, "00B0860010"), "9000");
        }
        let each = begin.elapsed() / 200;
        // the kernel's delayed acknowledgement alone is 40 ms
        assert!(each < Duration::from_millis(30), "{each:?} per APDU");
    });
}

#[test]
fn the_security_status_outlives_connection_and_reset_and_ends_with_power() {
    private(
        "service::the_security_status_outlives_connection_and_reset_and_ends_with_power",
        |socket| {
            let (bench, mut card) = Bench::with_card(socket);
            assert_eq!(status(&card, SELECT_TEXT), "9000");
            assert_eq!(status(&card, PIN), "9000");
            for (leave, expected) in [
                (Disposition::LeaveCard, "9000"),
                (Disposition::ResetCard, "9000"),
                (Disposition::UnpowerCard, "6982"),
            ] {
                card.disconnect(leave).map_err(|(_, error)| error).unwrap();
                card = bench.connect();
                assert_eq!(status(&card, SELECT_TEXT), "9000");
                assert_eq!(status(&card, ATTRIBUTES), expected, "{leave:?}");
            }
        },
    );
}

#[test]
fn removal_and_insertion_reach_the_client_and_counters_stay_on_the_card() {
    private(
        "service::removal_and_insertion_reach_the_client_and_counters_stay_on_the_card",
        |socket| {
            let (bench, card) = Bench::with_card(socket);
            assert_eq!(status(&card, SELECT_TEXT), "9000");
            assert_eq!(status(&card, WRONG_PIN), "63C2");
            bench.reader.remove();
            bench.wait(State::EMPTY);
            assert!(send(&card, SELECT_TEXT).is_err());
            drop(card);
            bench.reader.insert();
            bench.wait(State::PRESENT);
            let card = bench.connect();
            assert_eq!(status(&card, SELECT_TEXT), "9000");
            assert_eq!(status(&card, "00200091"), "63C2");
        },
    );
}

#[test]
fn a_card_pulled_before_during_or_after_a_pin_counts_it_accordingly() {
    private(
        "service::a_card_pulled_before_during_or_after_a_pin_counts_it_accordingly",
        |socket| {
            let (bench, card) = Bench::with_card(socket);
            drop(card);
            for (effect, answered, left) in [
                (Effect::PullBefore, false, 3),
                (Effect::PullDuring, false, 2),
                (Effect::PullAfter, true, 1),
            ] {
                let card = bench.connect();
                bench.reader.fault(Fault::next(2, effect.clone())).unwrap();
                assert_eq!(status(&card, SELECT_TEXT), "9000");
                // vpcd reports success with nothing in it where real readers report an error
                let got = send(&card, WRONG_PIN).is_ok_and(|answer| answer.len() >= 4);
                assert_eq!(got, answered, "{effect:?}");
                assert_eq!(bench.reader.status().tries[0], Some(left), "{effect:?}");
                bench.wait(State::EMPTY);
                drop(card);
                bench.reader.insert();
                bench.wait(State::PRESENT);
            }
        },
    );
}

#[test]
fn every_other_fault_shows_at_its_apdu_and_only_there() {
    private(
        "service::every_other_fault_shows_at_its_apdu_and_only_there",
        |socket| {
            let (bench, card) = Bench::with_card(socket);
            assert_eq!(status(&card, SELECT_JPKI), "9000");
            let info = send(&card, "00B0860000").unwrap();
            let with = |effect: Effect| {
                bench.reader.fault(Fault::next(1, effect)).unwrap();
                let faulty = send(&card, "00B0860000").unwrap();
                assert_eq!(
                    send(&card, "00B0860000").unwrap(),
                    info,
                    "the fault is over"
                );
                faulty
            };
            assert_eq!(with(Effect::Status(0x6F00)), "6F00");
            let garbage = with(Effect::Garbage);
            assert!(garbage.len() == info.len() && garbage != info && garbage.ends_with("9000"));
            assert_eq!(with(Effect::Truncate(3)), info[..6]);
            assert_eq!(with(Effect::Truncate(1)), info[..2]);
            let begin = Instant::now();
            with(Effect::Mute(Some(Duration::from_millis(300))));
            assert!(begin.elapsed() >= Duration::from_millis(300));
            bench.reader.slow(Duration::from_millis(100));
            let begin = Instant::now();
            assert_eq!(send(&card, "00B0860000").unwrap(), info);
            assert!(begin.elapsed() >= Duration::from_millis(100));
            bench.reader.clear_faults();
        },
    );
}

#[test]
fn a_silent_swap_leaves_another_card_in_power_up_state() {
    private(
        "service::a_silent_swap_leaves_another_card_in_power_up_state",
        |socket| {
            let (bench, card) = Bench::with_card(socket);
            assert_eq!(status(&card, SELECT_COMMON), "9000");
            let first = send(&card, "00B2010C00").unwrap();
            bench
                .reader
                .fault(Fault::next(1, Effect::Swap("sora".to_owned())))
                .unwrap();
            // the application is gone with the first card, the handle is not
            assert_eq!(status(&card, "00B2010C00"), "6986");
            assert_eq!(status(&card, SELECT_COMMON), "9000");
            assert_ne!(send(&card, "00B2010C00").unwrap(), first);
            assert_eq!(bench.reader.status().persona, "sora");
        },
    );
}

#[test]
fn a_mute_card_answers_when_it_is_taken_away() {
    private(
        "service::a_mute_card_answers_when_it_is_taken_away",
        |socket| {
            let (bench, card) = Bench::with_card(socket);
            bench
                .reader
                .fault(Fault::next(1, Effect::Mute(None)))
                .unwrap();
            std::thread::scope(|scope| {
                let blocked = scope.spawn(|| send(&card, SELECT_JPKI));
                assert!(bench.reader.wait_until(LIMIT, |status| status.faults == 0));
                bench.reader.remove();
                let answer = blocked.join().unwrap();
                assert!(!answer.is_ok_and(|answer| answer.len() >= 4));
            });
        },
    );
}

#[test]
fn the_service_can_be_killed_and_comes_back_on_the_same_socket_with_the_same_card() {
    private(
        "service::the_service_can_be_killed_and_comes_back_on_the_same_socket_with_the_same_card",
        |socket| {
            let (mut bench, card) = Bench::with_card(socket);
            assert_eq!(status(&card, SELECT_TEXT), "9000");
            assert_eq!(status(&card, PIN), "9000");
            bench.service.stop();
            assert!(send(&card, ATTRIBUTES).is_err());
            assert!(Context::establish(Scope::User).is_err());
            for _ in 0..3 {
                bench.service.restart().unwrap();
                let client = Context::establish(Scope::User).unwrap();
                wait_for(&client, &bench.name, State::PRESENT);
                let card = client
                    .connect(&bench.name, ShareMode::Exclusive, Protocols::ANY)
                    .unwrap();
                assert_eq!(status(&card, SELECT_TEXT), "9000");
                // the field was off in between
                assert_eq!(status(&card, ATTRIBUTES), "6982");
            }
        },
    );
}

#[test]
fn two_services_live_side_by_side() {
    private("service::two_services_live_side_by_side", |socket| {
        let (bench, card) = Bench::with_card(socket);
        let other = Pcscd::start(PcscdConfig::default()).unwrap();
        assert_ne!(other.port().abs_diff(bench.service.port()), 0);
        assert_ne!(other.socket(), bench.service.socket());
        drop(other);
        assert_eq!(status(&card, SELECT_JPKI), "9000");
    });
}
