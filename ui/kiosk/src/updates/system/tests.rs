//! Orders for a system on a device whose root side is played by files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure")]

use jiff::civil::Date;
use ubugoe_protocol::{SigningKey, digest, update::Content, update::cut};

use super::super::{Check, Updates};
use super::*;

const OLD: &str = "0.8.0+2026";
const NEW: &str = "0.8.1+2027";

struct Device {
    folder: tempfile::TempDir,
    key: SigningKey,
    updates: Updates,
}

fn check() -> Check {
    Check {
        birthplace: "991015".parse().unwrap(),
        today: Date::constant(2026, 11, 24),
        in_use: Vec::new(),
    }
}

fn state(report: &Report) -> (UpdateState, &str) {
    match report {
        Report::Update { state, detail, .. } => (*state, detail),
        other => panic!("{other:?}"),
    }
}

fn states(said: &[Report]) -> Vec<UpdateState> {
    said.iter().map(|one| state(one).0).collect()
}

fn started(folder: &Path, key: &SigningKey) -> Updates {
    let place = Place {
        root: folder.join("root"),
        proxy: Some(("proxy.example".to_owned(), 3128)),
    };
    let key = key.verifying().unwrap();
    let mut updates = Updates::open(&folder.join("updates"), key, Duration::ZERO, place);
    assert_eq!(updates.load().unwrap().1, Vec::new());
    updates
}

impl Device {
    /// One that runs this version of the image.
    fn new(running: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::generate().unwrap();
        let updates = started(folder.path(), &key);
        let device = Self {
            folder,
            key,
            updates,
        };
        if let Some(running) = running {
            device.write("etc/rauc/system.conf", "[system]\ncompatible=ubugoe-pc\n");
            device.runs(running);
        }
        device
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("root").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn runs(&self, version: &str) {
        let text = format!("ID=ubugoe\nIMAGE_VERSION={version}\n");
        self.write("etc/os-release", &text);
    }

    fn outcome(&self, id: UpdateId, words: &str) {
        self.write("var/lib/ubugoe-system/outcome", &format!("{id} {words}\n"));
    }

    /// What the kiosk left for root.
    fn left(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path("var/lib/ubugoe/system").join(name)).ok()
    }

    fn lands(&mut self, version: u64, change: impl FnOnce(&mut SystemOrder)) -> UpdateId {
        let mut order = SystemOrder {
            url: "https://systems.asukoe.example/a.raucb".to_owned(),
            compatible: "ubugoe-pc".to_owned(),
            version: NEW.parse().unwrap(),
            sha256: [0xab; 32],
            len: 1_000,
        };
        change(&mut order);
        self.lands_as(version, &order.to_bytes().unwrap())
    }

    fn lands_as(&mut self, version: u64, whole: &[u8]) -> UpdateId {
        let id = UpdateId::from_bytes([u8::try_from(version).unwrap(); 16]);
        let manifest = Manifest {
            id,
            content: Content::System,
            version,
            sha256: digest(whole),
            len: whole.len() as u64,
            at: 1_795_300_000,
        };
        let signed = manifest.sign(&self.key).unwrap();
        let mut said: Vec<Report> = self
            .updates
            .announced(&manifest, &signed)
            .into_iter()
            .collect();
        said.extend(
            cut(id, whole)
                .iter()
                .filter_map(|part| self.updates.part(part)),
        );
        assert_eq!(states(&said), [UpdateState::Staged]);
        id
    }

    fn between_visits(&mut self) -> Vec<Report> {
        let (loaded, said) = self.updates.switch(&check());
        assert!(loaded.is_none(), "a system is no catalogue");
        said
    }

    /// As when the time for it has come.
    fn look(&mut self, resting: bool) -> Vec<Report> {
        self.updates.systems.as_mut().unwrap().look(resting)
    }

    fn restarts(&mut self) {
        self.updates = started(self.folder.path(), &self.key);
    }

    fn handed_over() -> (Self, UpdateId) {
        let mut device = Self::new(Some(OLD));
        let id = device.lands(1, |_| {});
        assert_eq!(device.between_visits(), Vec::new());
        assert!(device.left("order").is_some());
        (device, id)
    }

    /// To the end, in the new system.
    fn healthy() -> (Self, UpdateId) {
        let (mut device, id) = Self::handed_over();
        device.outcome(id, "ready 1");
        device.runs(NEW);
        device.restarts();
        device.write("run/ubugoe-health/good", "");
        assert_eq!(states(&device.look(true)), [UpdateState::Healthy]);
        (device, id)
    }
}

#[test]
fn an_order_that_fits_is_handed_over_between_visits_and_the_machine_starts_anew_between_visits() {
    let mut device = Device::new(Some(OLD));
    let id = device.lands(1, |_| {});
    assert!(device.updates.is_waiting());
    assert_eq!(device.left("order"), None, "somebody may be at the device");
    assert_eq!(device.between_visits(), Vec::new());
    let order = device.left("order").unwrap();
    let expected = format!(
        "ubugoe-system/1\nid {id}\nurl https://systems.asukoe.example/a.raucb\ncompatible ubugoe-pc\nversion {NEW}\nsha256 {}\nlen 1000\nproxy proxy.example:3128\n",
        "ab".repeat(32)
    );
    assert_eq!(order, expected);
    assert!(!device.updates.is_waiting());
    // hours of fetching, starts in between, a cut that lost the order's copy
    for words in ["fetching", "installing 1"] {
        device.outcome(id, words);
        device.restarts();
        assert_eq!(device.look(true), Vec::new());
        assert_eq!(states(&device.updates.standing()), [UpdateState::Staged]);
    }
    // another order's end is not this one's
    fs::remove_file(device.path("var/lib/ubugoe/system/order")).unwrap();
    device.outcome(UpdateId::from_bytes([9; 16]), "failed long ago");
    assert_eq!(device.look(true), Vec::new());
    assert_eq!(device.left("order"), Some(expected));
    // it is there, and a visit runs
    device.outcome(id, "ready 0123");
    assert_eq!(device.look(false), Vec::new());
    assert_eq!(device.left("start"), None);
    assert_eq!(device.look(true), Vec::new());
    assert_eq!(device.left("start"), Some(format!("{id}\n")));
    // the new system, and then it is marked good
    device.runs(NEW);
    device.restarts();
    assert!(device.updates.due().is_some_and(|at| at <= Instant::now()));
    assert_eq!(device.look(true), Vec::new());
    assert_eq!(states(&device.updates.standing()), [UpdateState::Staged]);
    device.write("run/ubugoe-health/good", "");
    assert_eq!(states(&device.look(true)), [UpdateState::Healthy]);
    assert_eq!((device.left("order"), device.left("start")), (None, None));
    assert!(device.updates.due().is_none());
    device.restarts();
    assert_eq!(device.look(true), Vec::new());
    assert_eq!(states(&device.updates.standing()), [UpdateState::Healthy]);
}

#[test]
fn an_order_for_another_machine_an_older_one_and_junk_are_refused_by_name() {
    let mut device = Device::new(Some(NEW));
    let mut none = Device::new(None);
    device.lands(1, |order| order.compatible = "ubugoe-rpi".to_owned());
    let mut refused = vec![device.between_visits()];
    device.lands(2, |order| order.version = OLD.parse().unwrap());
    refused.push(device.between_visits());
    device.lands_as(3, b"a bundle by mistake");
    refused.push(device.between_visits());
    none.lands(1, |_| {});
    refused.push(none.between_visits());
    let words = [
        "for ubugoe-rpi, this machine is ubugoe-pc",
        "0.8.0+2026 is older than 0.8.1+2027",
        "not readable",
        "does not run the image",
    ];
    for (said, why) in refused.iter().zip(words) {
        let [said] = said.as_slice() else {
            panic!("{why}: {said:?}")
        };
        let (state, detail) = state(said);
        assert_eq!(state, UpdateState::Failed);
        assert!(detail.contains(why), "{detail}");
    }
    assert_eq!((device.left("order"), none.left("order")), (None, None));
    assert!(!device.updates.is_waiting() && !none.updates.is_waiting());
}

#[test]
fn a_system_that_came_by_a_stick_before_its_order_is_healthy_at_once() {
    let mut device = Device::new(Some(NEW));
    device.write("run/ubugoe-health/good", "");
    device.lands(1, |_| {});
    assert_eq!(states(&device.between_visits()), [UpdateState::Healthy]);
    assert_eq!(device.left("order"), None);
}

#[test]
fn what_root_gives_up_is_failed_in_its_words_and_a_later_order_is_taken() {
    let (mut device, id) = Device::handed_over();
    device.outcome(id, "failed the file is not the one that was ordered");
    let said = device.look(true);
    let (failed, detail) = state(&said[0]);
    assert_eq!(failed, UpdateState::Failed);
    assert_eq!(detail, "the file is not the one that was ordered");
    assert_eq!(device.left("order"), None);
    // a stranger's file is bounded and read as it is
    let next = device.lands(2, |order| order.version = "0.8.2+1".parse().unwrap());
    assert_eq!(device.between_visits(), Vec::new());
    device.outcome(next, &format!("failed {}", "\u{7}x".repeat(10_000)));
    let said = device.look(true);
    let (failed, detail) = state(&said[0]);
    assert_eq!(failed, UpdateState::Failed);
    assert!(detail.len() <= 480 && !detail.contains('\u{7}'));
    device.restarts();
    assert_eq!(states(&device.updates.standing()), [UpdateState::Failed]);
}

#[test]
fn a_newer_order_takes_the_place_of_one_that_is_still_fetched() {
    let (mut device, _) = Device::handed_over();
    let next = device.lands(2, |order| order.version = "0.9.0+1".parse().unwrap());
    assert!(device.updates.is_waiting());
    assert_eq!(states(&device.between_visits()), [UpdateState::Failed]);
    let order = device.left("order").unwrap();
    assert!(order.contains(&format!("id {next}\n")) && order.contains("version 0.9.0+1\n"));
    // it fails: nobody says then that the one before is well
    device.outcome(next, "failed no room");
    assert_eq!(states(&device.look(true)), [UpdateState::Failed]);
    assert_eq!(states(&device.updates.standing()), [UpdateState::Failed]);
}

#[test]
fn withdrawn_before_it_is_started_the_order_is_gone_and_does_not_come_again() {
    for ready in [false, true] {
        let (mut device, id) = Device::handed_over();
        if ready {
            device.outcome(id, "ready 1");
            device.look(true);
        }
        let (loaded, said) = device.updates.withdraw(id).unwrap();
        assert!(loaded.is_none());
        assert_eq!(states(&said), [UpdateState::Withdrawn]);
        for name in ["order", "start", "back"] {
            assert_eq!(device.left(name), None, "{name}");
        }
        device.restarts();
        assert_eq!(device.look(true), Vec::new());
        assert_eq!(states(&device.updates.standing()), [UpdateState::Withdrawn]);
        assert_eq!(device.left("order"), None);
    }
}

#[test]
fn withdrawn_after_it_was_started_the_one_before_is_asked_for_and_started_between_visits() {
    let (mut device, id) = Device::healthy();
    let (_, said) = device.updates.withdraw(id).unwrap();
    assert_eq!(states(&said), [UpdateState::Withdrawn]);
    assert_eq!(device.left("back"), Some(format!("{id} {NEW}\n")));
    assert!(device.updates.due().is_some());
    // the outcome of its installation is still there until root has looked
    device.outcome(id, "back");
    device.look(true);
    assert_eq!(device.left("start"), None);
    device.outcome(id, "ready 2");
    device.look(false);
    assert_eq!(device.left("start"), None);
    device.restarts();
    device.look(true);
    assert_eq!(device.left("start"), Some(format!("{id}\n")));
    device.runs(OLD);
    device.restarts();
    assert_eq!(device.look(true), Vec::new());
    assert_eq!((device.left("back"), device.left("start")), (None, None));
    assert!(device.updates.due().is_none());
}

#[test]
fn where_the_one_before_is_not_there_any_more_the_operator_hears_so() {
    let (mut device, id) = Device::healthy();
    device.updates.withdraw(id).unwrap();
    device.outcome(id, "failed what was in use before is not there any more");
    let said = device.look(true);
    let (withdrawn, detail) = state(&said[0]);
    assert_eq!(withdrawn, UpdateState::Withdrawn);
    assert!(detail.contains("not there any more"), "{detail}");
    assert_eq!(device.left("back"), None);
}
