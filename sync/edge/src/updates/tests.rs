//! An update's way on the device, whatever comes in between, the power going included.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::similar_names,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use ubugoe_protocol::update::cut;
use ubugoe_protocol::{SigningKey, digest};

use super::*;
use crate::disk::model::{Crash, Model, Shared};

struct Operator(SigningKey);

/// An update as it comes down.
struct Sent {
    manifest: Manifest,
    signed: Vec<u8>,
    whole: Vec<u8>,
    parts: Vec<Part>,
}

impl Operator {
    fn new() -> Self {
        Self(SigningKey::generate().unwrap())
    }

    fn send(&self, id: u8, version: u64, len: usize) -> Sent {
        let id = UpdateId::from_bytes([id; 16]);
        let whole: Vec<u8> = (0..=250_u8).cycle().take(len).collect();
        let manifest = Manifest {
            id,
            content: Content::Catalogue,
            version,
            sha256: digest(&whole),
            len: whole.len() as u64,
            at: 1_795_300_000,
        };
        Sent {
            manifest,
            signed: manifest.sign(&self.0).unwrap(),
            parts: cut(id, &whole),
            whole,
        }
    }

    fn shelf(&self, disk: &Shared) -> Shelf {
        self.open(disk).unwrap()
    }

    fn open(&self, disk: &Shared) -> Result<Shelf, UpdateError> {
        Shelf::on(
            Box::new(disk.clone()),
            Content::Catalogue,
            self.0.verifying().unwrap(),
        )
    }
}

fn disk() -> Shared {
    Shared::of(Model {
        fuse: usize::MAX,
        ..Model::default()
    })
}

fn state(report: Option<Report>) -> Option<UpdateState> {
    report.map(|report| match report {
        Report::Update { state, .. } => state,
        other => panic!("{other:?}"),
    })
}

impl Sent {
    /// Everything at once; the last answer.
    fn land(&self, shelf: &mut Shelf) -> Result<Option<Report>, UpdateError> {
        let mut said = shelf.announced(&self.manifest, &self.signed)?;
        for part in &self.parts {
            said = shelf.part(part)?.or(said);
        }
        Ok(said)
    }

    fn used(&self, shelf: &mut Shelf) {
        self.land(shelf).unwrap();
        shelf.switch().unwrap();
        assert_eq!(state(shelf.proven().unwrap()), Some(UpdateState::Healthy));
    }
}

const LONG: usize = 2 * PART_LEN + 5;

#[test]
fn parts_in_any_order_twice_and_across_a_restart_become_the_update_that_was_announced() {
    let (operator, disk) = (Operator::new(), disk());
    let sent = operator.send(1, 1, LONG);
    let mut shelf = operator.shelf(&disk);
    assert_eq!(
        shelf.part(&sent.parts[0]).unwrap(),
        None,
        "not announced yet"
    );
    assert_eq!(shelf.announced(&sent.manifest, &sent.signed).unwrap(), None);
    for part in [&sent.parts[2], &sent.parts[0], &sent.parts[2]] {
        assert_eq!(shelf.part(part).unwrap(), None);
    }
    let mut shelf = operator.shelf(&disk);
    let short = Part {
        bytes: vec![0; 5],
        ..sent.parts[1].clone()
    };
    assert_eq!(shelf.part(&short).unwrap(), None);
    assert_eq!(shelf.announced(&sent.manifest, &sent.signed).unwrap(), None);
    let said = shelf.part(&sent.parts[1]).unwrap();
    assert_eq!(state(said), Some(UpdateState::Staged));
    assert_eq!(shelf.read_staged().unwrap().unwrap(), sent.whole);
    assert_eq!(shelf.current(), None, "not used before it is switched to");
    shelf.switch().unwrap();
    assert_eq!(shelf.read_current().unwrap().unwrap(), sent.whole);
    assert_eq!(
        state(shelf.standing().pop()),
        Some(UpdateState::Staged),
        "nothing is well before it is proven"
    );
    assert_eq!(state(shelf.proven().unwrap()), Some(UpdateState::Healthy));
    let left = disk.held().names.keys().cloned().collect::<Vec<_>>();
    assert_eq!(left, [name_of(1), STATE.to_owned()]);
    // announced again: known
    let again = shelf.announced(&sent.manifest, &sent.signed).unwrap();
    assert_eq!(state(again), Some(UpdateState::Healthy));
}

#[test]
fn what_is_not_signed_by_the_operator_or_was_changed_on_the_disk_is_not_used() {
    let (operator, disk) = (Operator::new(), disk());
    operator.send(1, 1, LONG).used(&mut operator.shelf(&disk));
    let mut other = Shelf::on(
        Box::new(disk.clone()),
        Content::Catalogue,
        Operator::new().0.verifying().unwrap(),
    )
    .unwrap();
    assert!(matches!(
        other.read_current(),
        Err(UpdateError::Unsigned(_))
    ));
    {
        let mut model = disk.held();
        let file = model.names[&name_of(1)];
        let last = model.files[file].0.len() - 1;
        model.files[file].0[last] ^= 1;
    }
    let mut shelf = operator.shelf(&disk);
    assert!(matches!(shelf.read_current(), Err(UpdateError::Content)));
    let said = shelf.back(UpdateState::Failed, "damaged").unwrap();
    assert_eq!(state(said), Some(UpdateState::Failed));
    assert_eq!(shelf.current(), None);
}

#[test]
fn a_damaged_part_costs_a_repetition_and_nothing_else() {
    let (operator, disk) = (Operator::new(), disk());
    let sent = operator.send(1, 1, LONG);
    let mut shelf = operator.shelf(&disk);
    shelf.announced(&sent.manifest, &sent.signed).unwrap();
    let mut wrong = sent.parts[0].clone();
    wrong.bytes[0] ^= 1;
    for part in [&wrong, &sent.parts[1], &sent.parts[2]] {
        assert_eq!(shelf.part(part).unwrap(), None);
    }
    assert_eq!(
        state(sent.land(&mut shelf).unwrap()),
        Some(UpdateState::Staged)
    );
}

#[test]
fn no_version_is_taken_that_is_not_above_every_one_before() {
    let (operator, disk) = (Operator::new(), disk());
    let mut shelf = operator.shelf(&disk);
    operator.send(1, 1, 9).used(&mut shelf);
    operator.send(3, 3, 9).used(&mut shelf);
    for (id, version) in [(2, 2), (9, 3), (8, 0)] {
        let old = operator.send(id, version, 9);
        assert_eq!(
            state(old.land(&mut shelf).unwrap()),
            Some(UpdateState::Failed)
        );
        assert_eq!(shelf.staged(), None);
    }
    // an old announcement that is only late is no news
    assert_eq!(operator.send(1, 1, 9).land(&mut shelf).unwrap(), None);
    // not after a withdrawal either, which goes back
    let three = UpdateId::from_bytes([3; 16]);
    assert!(matches!(shelf.withdraw(three).unwrap(), Withdrawn::Back(_)));
    assert_eq!(shelf.current(), Some(1));
    let again = operator.send(3, 3, 9).land(&mut shelf).unwrap();
    assert_eq!(state(again), Some(UpdateState::Withdrawn));
    let said = operator.send(2, 2, 9).land(&mut shelf).unwrap();
    assert_eq!(state(said), Some(UpdateState::Failed));
    // control: a higher one is taken
    let said = operator.send(4, 4, 9).land(&mut shelf).unwrap();
    assert_eq!(state(said), Some(UpdateState::Staged));
    // and while one is on its way, a lower one does not push it aside
    let five = operator.send(6, 6, LONG);
    shelf.announced(&five.manifest, &five.signed).unwrap();
    let said = operator.send(5, 5, 9).land(&mut shelf).unwrap();
    assert_eq!(state(said), Some(UpdateState::Failed));
    for part in &five.parts {
        shelf.part(part).unwrap();
    }
    assert_eq!(shelf.staged().unwrap().version, 6);
}

#[test]
fn two_starts_that_end_badly_lead_back_and_starts_that_end_well_do_not() {
    let (operator, disk) = (Operator::new(), disk());
    let mut shelf = operator.shelf(&disk);
    operator.send(1, 1, 9).used(&mut shelf);
    let two = operator.send(2, 2, 9);
    two.land(&mut shelf).unwrap();
    shelf.switch().unwrap();
    for _ in 0..5 {
        shelf.ended_well().unwrap();
        shelf = operator.shelf(&disk);
        assert_eq!(shelf.started().unwrap(), None);
    }
    // the first bad end
    shelf = operator.shelf(&disk);
    assert_eq!(shelf.started().unwrap(), None);
    assert_eq!(shelf.current(), Some(2));
    // the second
    shelf = operator.shelf(&disk);
    assert_eq!(state(shelf.started().unwrap()), Some(UpdateState::Failed));
    assert_eq!(shelf.current(), Some(1));
    // proven, it stays however often the power goes
    shelf = operator.shelf(&disk);
    for _ in 0..5 {
        shelf = operator.shelf(&disk);
        assert_eq!(shelf.started().unwrap(), None);
    }
    assert_eq!(shelf.current(), Some(1));
    let told = shelf.standing().into_iter().map(Some).map(state);
    assert_eq!(
        told.collect::<Vec<_>>(),
        [Some(UpdateState::Failed), Some(UpdateState::Healthy)]
    );
}

#[test]
fn a_check_that_ends_the_program_twice_is_not_begun_a_third_time() {
    let (operator, disk) = (Operator::new(), disk());
    operator
        .send(1, 1, 9)
        .land(&mut operator.shelf(&disk))
        .unwrap();
    for may in [true, true, false] {
        assert_eq!(operator.shelf(&disk).begin_check().unwrap(), may);
    }
    let mut shelf = operator.shelf(&disk);
    let said = shelf
        .unfit("the program ended while it was checked")
        .unwrap();
    assert_eq!(state(said), Some(UpdateState::Failed));
    // the next one has its own
    operator.send(2, 2, 9).land(&mut shelf).unwrap();
    assert!(shelf.begin_check().unwrap());
}

#[test]
fn an_update_can_be_withdrawn_before_while_and_after_it_comes() {
    let operator = Operator::new();
    let id = UpdateId::from_bytes([2; 16]);
    for stage in 0..5 {
        let disk = disk();
        let mut shelf = operator.shelf(&disk);
        operator.send(1, 1, 9).used(&mut shelf);
        let sent = operator.send(2, 2, LONG);
        match stage {
            0 => {}
            1 => drop(shelf.announced(&sent.manifest, &sent.signed).unwrap()),
            2 => drop(sent.land(&mut shelf).unwrap()),
            3 => {
                sent.land(&mut shelf).unwrap();
                shelf.switch().unwrap();
            }
            _ => {
                // it is what a later one would go back to
                sent.used(&mut shelf);
                operator.send(3, 3, 9).used(&mut shelf);
            }
        }
        let back = matches!(shelf.withdraw(id).unwrap(), Withdrawn::Back(_));
        assert_eq!(back, stage == 3, "{stage}");
        let mut shelf = operator.shelf(&disk);
        assert_eq!(
            shelf.current(),
            Some(if stage == 4 { 3 } else { 1 }),
            "{stage}"
        );
        let said = sent.land(&mut shelf).unwrap();
        assert_eq!(state(said), Some(UpdateState::Withdrawn), "{stage}");
        assert!(shelf.staged().is_none());
        // twice is once
        assert!(matches!(shelf.withdraw(id).unwrap(), Withdrawn::NotUsed(_)));
        shelf.back(UpdateState::Failed, "control").unwrap();
        assert_ne!(shelf.current(), Some(2), "{stage}");
    }
}

/// The whole way of a second update with the power gone at `fuse`; then what is left, and whether the way goes on.
fn cut_at(operator: &Operator, fuse: usize, crash: Crash, lies: bool) -> Result<bool, String> {
    let disk = disk();
    let (one, two) = (operator.send(1, 1, 9), operator.send(2, 2, LONG));
    let mut shelf = operator.shelf(&disk);
    one.used(&mut shelf);
    {
        let mut model = disk.held();
        model.fuse = model.steps + fuse;
        model.lies = lies;
    }
    let way = |shelf: &mut Shelf| -> Result<(), UpdateError> {
        two.land(shelf)?;
        shelf.switch()?;
        shelf.proven()?;
        Ok(())
    };
    let went = way(&mut shelf).is_err();
    let after = Shared::of(disk.held().after(crash));
    let words = |error: UpdateError| format!("{error}");
    let mut shelf = operator.open(&after).map_err(words)?;
    shelf.started().map_err(words)?;
    let whole = shelf
        .read_current()
        .map_err(words)?
        .ok_or("nothing is used")?;
    let known = if shelf.current() == Some(2) {
        &two
    } else {
        &one
    };
    if whole != known.whole {
        return Err("what is used is neither the one nor the other".to_owned());
    }
    way(&mut shelf).map_err(words)?;
    if shelf.current() != Some(2) || shelf.on_trial() {
        return Err("the way did not go on".to_owned());
    }
    let left = after.held().names.len();
    if left != 3 {
        return Err(format!("left over: {:?}", after.held().names));
    }
    Ok(went)
}

#[test]
fn the_power_may_go_between_any_two_operations_and_the_update_goes_on() {
    let operator = Operator::new();
    let mut cuts = 0;
    for crash in [Crash::Killed, Crash::Cut, Crash::NamesFirst] {
        for fuse in 0.. {
            let went = cut_at(&operator, fuse, crash, false);
            let went = went.unwrap_or_else(|error| panic!("{crash:?} at {fuse}: {error}"));
            if !went {
                break;
            }
            cuts += 1;
        }
    }
    assert!(cuts > 60, "{cuts}");
}

#[test]
fn control_a_disk_that_lies_about_having_written_is_found_out() {
    let operator = Operator::new();
    let found = (0..60).any(|fuse| cut_at(&operator, fuse, Crash::NamesFirst, true).is_err());
    assert!(found);
}
