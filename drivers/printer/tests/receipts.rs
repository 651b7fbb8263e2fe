//! Receipts on a printer that is not there, over a socket and over a serial line: what is on paper is read back, and what
//! must not be there is looked for.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use std::sync::mpsc;
use std::time::Duration;

use ubugoe_printer::{Bitmap, Config, Event, Job, Printers, Stale, State, Trouble};
use ubugoe_vprinter::{SimPrinter, Slip};

/// No step takes so long unless something is broken.
const BOUND: Duration = Duration::from_secs(40);

/// A picture of a code with a black bar at its end, as tall as some bands.
fn picture(text: &str) -> Bitmap {
    const ROW: usize = 72;
    let code = qrcode::QrCode::new(text).unwrap();
    let modules = code.width();
    let dots = (ROW * 8) / (modules + 8);
    let mut bytes = vec![0_u8; ROW * (modules + 8) * dots];
    for (at, colour) in code.to_colors().into_iter().enumerate() {
        if colour == qrcode::Color::Dark {
            let (x, y) = ((at % modules + 4) * dots, (at / modules + 4) * dots);
            for row in y..y + dots {
                for column in x..x + dots {
                    bytes[row * ROW + column / 8] |= 0x80 >> (column % 8);
                }
            }
        }
    }
    bytes.extend([0xff; ROW * 4]);
    Bitmap { row: ROW, bytes }
}

fn read(slip: &Slip) -> Option<String> {
    let (width, height) = slip.size();
    let grey = |x, y| if slip.is_black(x, y) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    grids.first().and_then(|grid| Some(grid.decode().ok()?.1))
}

struct Bench {
    sim: SimPrinter,
    printers: Printers,
    events: mpsc::Receiver<Event>,
}

impl Bench {
    fn new(sim: SimPrinter) -> Self {
        let (to, events) = mpsc::channel();
        let config = Config {
            receipts: Some((sim.place(), true)),
            pages: None,
        };
        let printers = Printers::start(config, move |event| {
            let _ = to.send(event);
        });
        Self {
            sim,
            printers: printers.unwrap(),
            events,
        }
    }

    fn hears(&self, wanted: State) -> Vec<State> {
        let mut heard = Vec::new();
        loop {
            let event = self.events.recv_timeout(BOUND);
            let state = event
                .unwrap_or_else(|_| panic!("{wanted:?} after {heard:?}"))
                .state;
            heard.push(state);
            if state == wanted {
                return heard;
            }
        }
    }
}

fn both() -> [Bench; 2] {
    [SimPrinter::tcp(), SimPrinter::serial()].map(|sim| Bench::new(sim.unwrap()))
}

#[test]
fn a_code_comes_out_and_is_read_back_from_the_paper() {
    for bench in both() {
        let visit = bench.printers.begin();
        let job = Job::Receipt(picture("受け取り 葛\u{E0100}城 𠮷"));
        bench
            .printers
            .print(visit, 1, job.clone())
            .unwrap()
            .unwrap();
        bench.hears(State::Done);
        let slips = bench.sim.slips();
        assert_eq!(slips.len(), 1);
        assert_eq!(
            read(&slips[0]).as_deref(),
            Some("受け取り 葛\u{E0100}城 𠮷")
        );
        let Job::Receipt(sent) = job else { panic!() };
        assert_eq!(slips[0].bytes, sent.bytes, "dot for dot");
        assert!(slips[0].letters.is_empty());
        assert!(bench.sim.hanging().is_blank());
    }
}

#[test]
fn a_roll_that_ends_in_the_middle_is_told_and_the_sheet_goes_on_with_the_next_roll() {
    for bench in both() {
        let visit = bench.printers.begin();
        bench.sim.roll_ends_after(130);
        let job = Job::Receipt(picture("halfway"));
        bench.printers.print(visit, 1, job).unwrap().unwrap();
        bench.hears(State::Waiting(Trouble::NoPaper));
        assert!(bench.sim.slips().is_empty());
        bench.sim.refill();
        bench.hears(State::Done);
        assert_eq!(read(&bench.sim.slips()[0]).as_deref(), Some("halfway"));
    }
}

#[test]
fn an_open_cover_is_told_by_its_name_and_before_anything_is_sent() {
    for bench in both() {
        bench.sim.open_cover(true);
        let visit = bench.printers.begin();
        let job = Job::Receipt(picture("cover"));
        bench.printers.print(visit, 1, job).unwrap().unwrap();
        let heard = bench.hears(State::Waiting(Trouble::CoverOpen));
        assert!(!heard.contains(&State::Printing));
        bench.sim.open_cover(false);
        bench.hears(State::Done);
        assert_eq!(read(&bench.sim.slips()[0]).as_deref(), Some("cover"));
    }
}

#[test]
fn a_visit_that_ends_while_paper_is_out_leaves_nothing_for_the_next_one() {
    for bench in both() {
        let first = bench.printers.begin();
        bench.sim.roll_ends_after(100);
        let secret = Job::Receipt(picture("of the first visitor"));
        bench
            .printers
            .print(first, 1, secret.clone())
            .unwrap()
            .unwrap();
        bench.hears(State::Waiting(Trouble::NoPaper));
        bench.printers.end();
        // a retry of what is over is refused, whoever is there now
        let second = bench.printers.begin();
        assert_eq!(bench.printers.print(first, 2, secret), Err(Stale));
        let own = Job::Receipt(picture("of the second visitor"));
        bench.printers.print(second, 3, own).unwrap().unwrap();
        bench.hears(State::Waiting(Trouble::NoPaper));
        assert!(bench.sim.cleared() > 0);
        let before = bench.sim.hanging();
        assert_eq!(
            before.size().1,
            100,
            "what was on paper when the roll ended"
        );
        bench.sim.refill();
        bench.hears(State::Done);
        let slips = bench.sim.slips();
        let texts: Vec<Option<String>> = slips.iter().map(read).collect();
        assert_eq!(
            texts.iter().flatten().collect::<Vec<_>>(),
            ["of the second visitor"]
        );
        // of the first one only what was on paper already, cut off before the second one's begins
        let Job::Receipt(sent) = Job::Receipt(picture("of the second visitor")) else {
            panic!()
        };
        assert_eq!(slips.last().unwrap().bytes, sent.bytes);
        let dots = |slip: &Slip| slip.bytes.iter().filter(|byte| **byte != 0).count();
        let left: usize = slips[..slips.len() - 1].iter().map(dots).sum();
        assert_eq!(
            left,
            dots(&before),
            "nothing more of the first visitor's came out"
        );
    }
}

#[test]
fn a_visitor_who_leaves_in_the_middle_takes_the_rest_along() {
    for bench in both() {
        let first = bench.printers.begin();
        bench.sim.roll_ends_after(60);
        let job = Job::Receipt(picture("gone"));
        bench.printers.print(first, 1, job).unwrap().unwrap();
        bench.hears(State::Waiting(Trouble::NoPaper));
        bench.printers.end();
        bench.sim.refill();
        assert!(
            bench.sim.wait_for(BOUND, |slips, hanging| !slips.is_empty()
                && hanging.bytes.is_empty()),
            "what was printed of it falls out by itself"
        );
        assert_eq!(bench.sim.buffered(), 0);
        assert!(bench.sim.slips().iter().all(|slip| read(slip).is_none()));
        assert!(
            bench.events.try_recv().is_err(),
            "nobody is told about a visit that is over"
        );
    }
}

#[test]
fn a_cable_that_is_pulled_is_said_and_the_next_sheet_is_whole() {
    let bench = Bench::new(SimPrinter::tcp().unwrap());
    let visit = bench.printers.begin();
    bench.sim.roll_ends_after(90);
    let job = Job::Receipt(picture("pulled"));
    bench
        .printers
        .print(visit, 1, job.clone())
        .unwrap()
        .unwrap();
    bench.hears(State::Waiting(Trouble::NoPaper));
    bench.sim.unplug(true);
    bench.hears(State::Failed(Trouble::Offline));
    bench.sim.unplug(false);
    bench.sim.refill();
    bench.printers.print(visit, 2, job).unwrap().unwrap();
    bench.hears(State::Done);
    let slips = bench.sim.slips();
    assert_eq!(read(slips.last().unwrap()).as_deref(), Some("pulled"));
}

#[test]
fn a_printer_that_falls_silent_fails_in_time_and_one_that_is_not_there_at_once() {
    for bench in both() {
        bench.sim.stall(true);
        let visit = bench.printers.begin();
        let job = Job::Receipt(picture("silent"));
        bench
            .printers
            .print(visit, 1, job.clone())
            .unwrap()
            .unwrap();
        bench.hears(State::Failed(Trouble::Offline));
        bench.sim.stall(false);
        bench.printers.print(visit, 2, job).unwrap().unwrap();
        bench.hears(State::Done);
        assert_eq!(
            read(bench.sim.slips().last().unwrap()).as_deref(),
            Some("silent")
        );
    }
    let (to, events) = mpsc::channel();
    let nowhere = ubugoe_printer::Place::Device("/dev/usb/lp-nowhere".into());
    let config = Config {
        receipts: Some((nowhere, true)),
        pages: None,
    };
    let printers = Printers::start(config, move |event| {
        let _ = to.send(event);
    })
    .unwrap();
    let visit = printers.begin();
    printers
        .print(visit, 1, Job::Receipt(picture("x")))
        .unwrap()
        .unwrap();
    let said: Event = events.recv_timeout(BOUND).unwrap();
    assert_eq!(said.state, State::Failed(Trouble::Absent));
    assert_eq!(
        printers.print(visit, 2, Job::Pages(Vec::new())),
        Ok(Err(Trouble::Absent))
    );
}

#[test]
fn a_visitor_may_stop_a_sheet_and_print_another() {
    let bench = Bench::new(SimPrinter::tcp().unwrap());
    let visit = bench.printers.begin();
    bench.sim.roll_ends_after(70);
    let job = |text| Job::Receipt(picture(text));
    bench
        .printers
        .print(visit, 1, job("first"))
        .unwrap()
        .unwrap();
    bench.hears(State::Waiting(Trouble::NoPaper));
    bench.printers.cancel();
    bench
        .printers
        .print(visit, 2, job("second"))
        .unwrap()
        .unwrap();
    bench.sim.refill();
    bench.hears(State::Done);
    let texts: Vec<String> = bench.sim.slips().iter().filter_map(read).collect();
    assert_eq!(texts, ["second"]);
}
