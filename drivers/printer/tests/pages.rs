//! Pages through CUPS itself, to a printer that keeps what it gets: what came out, and what a spool still holds.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use ubugoe_printer::{
    Config, Document, Event, Job, Media, Printers, Queue, Server, Stale, State, Trouble,
};
use ubugoe_vprinter::SimWardPrinter;

const BOUND: Duration = Duration::from_secs(40);

/// What nobody looks into on the way. The words stand in it as they are.
fn file(words: &str) -> Document {
    Document {
        media: Media::A4,
        pdf: format!("%PDF-1.4\n% {words}\n").into_bytes(),
    }
}

fn job(words: &str) -> Job {
    Job::Pages(vec![
        Document {
            media: Media::A3,
            ..file(&format!("{words}, the form"))
        },
        file(&format!("{words}, what is due")),
    ])
}

fn printers(queue: Queue) -> (Printers, mpsc::Receiver<Event>) {
    let (to, events) = mpsc::channel();
    let config = Config {
        receipts: None,
        pages: Some(queue),
    };
    let printers = Printers::start(config, move |event| {
        let _ = to.send(event);
    });
    (printers.unwrap(), events)
}

fn hears(events: &mpsc::Receiver<Event>, wanted: State) {
    let mut heard = Vec::new();
    while heard.last() != Some(&wanted) {
        let event = events.recv_timeout(BOUND);
        heard.push(
            event
                .unwrap_or_else(|_| panic!("{wanted:?} after {heard:?}"))
                .state,
        );
    }
}

fn holds(paths: &[std::path::PathBuf], words: &str) -> bool {
    let found = |path: &Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes
            .windows(words.len())
            .any(|part| part == words.as_bytes())
    };
    paths.iter().any(|path| found(path))
}

#[test]
fn pages_come_out_in_their_order_and_the_spool_is_empty_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let ward = SimWardPrinter::start(folder.path()).unwrap();
    let (printers, events) = printers(ward.queue("kiosk"));
    let visit = printers.begin();
    printers.print(visit, 1, job("set one")).unwrap().unwrap();
    hears(&events, State::Done);
    let out = ward.printed().unwrap();
    assert_eq!(out.len(), 2);
    assert!(holds(&out[..1], "set one, the form"));
    assert!(holds(&out[1..], "set one, what is due"));
    assert!(ward.spooled().unwrap().is_empty());
    assert!(!holds(&ward.keeps().unwrap(), "set one"));
}

#[test]
fn paper_that_is_out_is_told_and_the_set_goes_on_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let ward = SimWardPrinter::start(folder.path()).unwrap();
    let (printers, events) = printers(ward.queue("kiosk"));
    let visit = printers.begin();
    ward.paper(false).unwrap();
    printers.print(visit, 1, job("waits")).unwrap().unwrap();
    hears(&events, State::Waiting(Trouble::NoPaper));
    assert_eq!(
        ward.spooled().unwrap().len(),
        2,
        "they are in the spool meanwhile"
    );
    ward.paper(true).unwrap();
    hears(&events, State::Done);
    assert_eq!(ward.printed().unwrap().len(), 2);
}

#[test]
fn a_visit_that_ends_takes_its_pages_out_of_the_queue_and_out_of_the_spool() {
    let folder = tempfile::tempdir().unwrap();
    let ward = SimWardPrinter::start(folder.path()).unwrap();
    let (printers, events) = printers(ward.queue("kiosk"));
    let first = printers.begin();
    ward.paper(false).unwrap();
    printers
        .print(first, 1, job("of the first visitor"))
        .unwrap()
        .unwrap();
    hears(&events, State::Waiting(Trouble::NoPaper));
    let second = printers.begin();
    assert_eq!(printers.print(first, 2, job("again")), Err(Stale));
    printers
        .print(second, 3, job("of the second visitor"))
        .unwrap()
        .unwrap();
    hears(&events, State::Waiting(Trouble::NoPaper));
    assert!(!holds(&ward.keeps().unwrap(), "of the first visitor"));
    ward.paper(true).unwrap();
    hears(&events, State::Done);
    let out = ward.printed().unwrap();
    assert!(!holds(&out, "of the first visitor"));
    assert!(holds(&out, "of the second visitor"));
    assert!(ward.spooled().unwrap().is_empty());
}

#[test]
fn what_a_crash_left_in_the_queue_is_taken_out_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let ward = SimWardPrinter::start(folder.path()).unwrap();
    ward.paper(false).unwrap();
    let (crashed, events) = printers(ward.queue("kiosk"));
    let visit = crashed.begin();
    crashed
        .print(visit, 1, job("before the crash"))
        .unwrap()
        .unwrap();
    hears(&events, State::Waiting(Trouble::NoPaper));
    // as when the current is cut: nobody ends the visit, and the server has its spool on disk
    std::mem::forget(crashed);
    let ward = ward.killed_and_started_anew().unwrap();
    assert!(holds(&ward.keeps().unwrap(), "before the crash"), "control");
    let (printers, events) = printers(ward.queue("kiosk"));
    let visit = printers.begin();
    printers.print(visit, 1, job("after it")).unwrap().unwrap();
    hears(&events, State::Waiting(Trouble::NoPaper));
    assert!(!holds(&ward.keeps().unwrap(), "before the crash"));
    ward.paper(true).unwrap();
    hears(&events, State::Done);
    assert!(!holds(&ward.printed().unwrap(), "before the crash"));
}

#[test]
fn a_server_or_queue_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ward = SimWardPrinter::start(folder.path()).unwrap();
    let other = Queue {
        name: "other".to_owned(),
        ..ward.queue("kiosk")
    };
    let (no_queue, events) = printers(other);
    let visit = no_queue.begin();
    no_queue.print(visit, 1, job("x")).unwrap().unwrap();
    hears(&events, State::Failed(Trouble::Absent));
    assert_eq!(no_queue.look(BOUND), (None, Some(Some(Trouble::Absent))));
    let (no_server, events) = printers(Queue {
        server: Server::Socket(folder.path().join("nothing.sock")),
        ..ward.queue("kiosk")
    });
    let visit = no_server.begin();
    no_server.print(visit, 1, job("x")).unwrap().unwrap();
    hears(&events, State::Failed(Trouble::Offline));
    let (there, _events) = printers(ward.queue("kiosk"));
    assert_eq!(there.look(BOUND), (None, Some(None)));
}
