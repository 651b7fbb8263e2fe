//! Real catalogues as updates, good ones and every kind of bad one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure")]

use ubugoe_protocol::{SigningKey, digest, update::cut};

use super::*;

struct Device {
    folder: tempfile::TempDir,
    key: SigningKey,
    updates: Updates,
    catalogue: Catalogue,
    label: String,
}

fn check() -> Check {
    Check {
        birthplace: "991015".parse().unwrap(),
        today: Date::constant(2026, 11, 24),
        in_use: vec!["shussei_todoke".parse().unwrap()],
    }
}

/// What a city publishes: the catalogue of this program, changed.
fn changed(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let mut files = builtin();
    files.retain(|name, _| !Catalogue::is_fixed(name));
    change(&mut files);
    bundle::pack(&files).unwrap()
}

fn put(files: &mut Files, name: &str, from: &str, to: &str) {
    let text = files.get_mut(name).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    *text = text.replacen(from, to, 1);
}

/// An update that may be seen: the city has another name.
fn renamed() -> Vec<u8> {
    changed(|files| {
        put(
            files,
            "profiles.toml",
            "en = \"Asukoe City\"",
            "en = \"New Asukoe\"",
        );
    })
}

fn city(catalogue: &Catalogue) -> String {
    let profile = catalogue.profile(&check().birthplace).unwrap();
    profile.name.get(ubugoe_procedures::Lang::En).to_owned()
}

fn state(report: &Report) -> (UpdateState, String) {
    match report {
        Report::Update { state, detail, .. } => (*state, detail.clone()),
        other => panic!("{other:?}"),
    }
}

impl Device {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::generate().unwrap();
        let (updates, catalogue, label, said) = start(folder.path(), &key);
        assert_eq!(said, Vec::new());
        Self {
            folder,
            key,
            updates,
            catalogue,
            label,
        }
    }

    /// The program starts again; what the operator hears of it.
    fn again(&mut self) -> Vec<Report> {
        let (updates, catalogue, label, said) = start(self.folder.path(), &self.key);
        (self.updates, self.catalogue, self.label) = (updates, catalogue, label);
        said
    }

    fn lands(&mut self, id: u8, version: u64, content: Content, whole: &[u8]) -> UpdateId {
        let id = UpdateId::from_bytes([id; 16]);
        let manifest = Manifest {
            id,
            content,
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
        for part in cut(id, whole) {
            said.extend(self.updates.part(&part));
        }
        assert_eq!(
            said.iter().map(|one| state(one).0).collect::<Vec<_>>(),
            [UpdateState::Staged]
        );
        id
    }

    fn switch(&mut self, check: &Check) -> Vec<Report> {
        let (loaded, said) = self.updates.switch(check);
        self.uses(loaded);
        said
    }

    fn prove(&mut self, check: &Check) -> Vec<Report> {
        let (loaded, said) = self.updates.prove(&self.catalogue, check);
        self.uses(loaded);
        said
    }

    fn uses(&mut self, loaded: Option<Loaded>) {
        if let Some(loaded) = loaded {
            (self.catalogue, self.label) = (loaded.catalogue, loaded.label);
        }
    }
}

fn start(folder: &Path, key: &SigningKey) -> (Updates, Catalogue, String, Vec<Report>) {
    let key = key.verifying().unwrap();
    let place = Place {
        root: folder.join("no image"),
        proxy: None,
    };
    let mut updates = Updates::open(folder, key, Duration::from_mins(10), place);
    let (loaded, said) = updates.load().unwrap();
    (updates, loaded.catalogue, loaded.label, said)
}

#[test]
fn a_good_catalogue_is_used_from_the_next_rest_on_and_after_every_start_once_it_is_proven() {
    let mut device = Device::new();
    let own = device.label.clone();
    device.lands(1, 1, Content::Catalogue, &renamed());
    assert_eq!(
        city(&device.catalogue),
        "Asukoe City",
        "not before the switch"
    );
    assert!(device.updates.is_waiting());
    assert_eq!(device.switch(&check()), Vec::new());
    assert_eq!(city(&device.catalogue), "New Asukoe");
    assert!(
        device.label.ends_with(" c1") && !device.label.starts_with(&own),
        "{}",
        device.label
    );
    assert!(device.updates.due().is_some());
    assert!(!device.updates.is_waiting());
    let said = device.prove(&check());
    assert_eq!(
        said.iter().map(|one| state(one).0).collect::<Vec<_>>(),
        [UpdateState::Healthy]
    );
    for _ in 0..5 {
        assert_eq!(device.again(), Vec::new());
        assert_eq!(city(&device.catalogue), "New Asukoe");
    }
}

#[test]
fn a_poisoned_catalogue_is_refused_by_name_and_the_one_in_use_stays() {
    let mut device = Device::new();
    let poisons: [(Vec<u8>, &str); 6] = [
        (b"no catalogue at all".to_vec(), "not readable"),
        (
            changed(|files| put(files, "holidays.toml", "[", "[[[")),
            "holidays.toml",
        ),
        (
            changed(|files| drop(files.remove("procedures/shussei_todoke.toml"))),
            "shussei_todoke",
        ),
        // reads well, and no birth is registered any more
        (
            changed(|files| {
                put(
                    files,
                    "procedures/shussei_todoke.toml",
                    "bedside = true",
                    "bedside = false",
                );
            }),
            "no registration",
        ),
        (
            changed(|files| put(files, "profiles.toml", "991015", "991023")),
            "",
        ),
        // of which a filing waits
        (
            changed(|files| drop(files.remove("procedures/famisapo.toml"))),
            "famisapo",
        ),
    ];
    let mut check = check();
    check.in_use.push("famisapo".parse().unwrap());
    for (version, (whole, why)) in (1..).zip(poisons) {
        device.lands(version, u64::from(version), Content::Catalogue, &whole);
        let said = device.switch(&check);
        let [said] = said.as_slice() else {
            panic!("{version}: {said:?}")
        };
        let (state, detail) = state(said);
        assert_eq!(state, UpdateState::Failed, "{version}");
        assert!(
            detail.contains(why) && detail.len() <= 500,
            "{version}: {detail}"
        );
        assert_eq!(city(&device.catalogue), "Asukoe City");
        assert!(!device.updates.is_waiting() && device.updates.due().is_none());
        assert_eq!(device.again(), Vec::new());
    }
    // control: the same way with a good one
    device.lands(20, 20, Content::Catalogue, &renamed());
    assert_eq!(device.switch(&check), Vec::new());
    assert_eq!(city(&device.catalogue), "New Asukoe");
}

#[test]
fn a_profile_lies_over_whatever_catalogue_is_in_use_and_is_nothing_but_a_profile() {
    let mut device = Device::new();
    let profile = |name: &str| {
        let mut files = builtin();
        files.retain(|file, _| file == "profiles.toml");
        put(
            &mut files,
            "profiles.toml",
            "en = \"Asukoe City\"",
            &format!("en = \"{name}\""),
        );
        bundle::pack(&files).unwrap()
    };
    device.lands(1, 1, Content::Profile, &profile("By The Sea"));
    assert_eq!(device.switch(&check()), Vec::new());
    device.prove(&check());
    device.lands(2, 1, Content::Catalogue, &renamed());
    assert_eq!(device.switch(&check()), Vec::new());
    assert_eq!(city(&device.catalogue), "By The Sea");
    assert!(device.label.ends_with(" c1 p1"), "{}", device.label);
    device.prove(&check());
    let more = changed(|files| files.retain(|name, _| is_profile(name) || name == "holidays.toml"));
    device.lands(3, 2, Content::Profile, &more);
    let said = device.switch(&check());
    assert!(state(&said[0]).1.contains("is no profile"), "{said:?}");
    // going back from the catalogue leaves the profile
    let one = UpdateId::from_bytes([2; 16]);
    let (loaded, said) = device.updates.withdraw(one).unwrap();
    device.uses(loaded);
    assert_eq!(state(&said[0]).0, UpdateState::Withdrawn);
    assert!(
        device.label.ends_with(" p1") && !device.label.contains(" c"),
        "{}",
        device.label
    );
    assert_eq!(city(&device.catalogue), "By The Sea");
}

#[test]
fn a_catalogue_with_which_the_program_does_not_stay_up_goes_by_itself() {
    let mut device = Device::new();
    device.lands(1, 1, Content::Catalogue, &renamed());
    device.switch(&check());
    // told to end and started again, as often as you like
    for _ in 0..4 {
        device.updates.ended_well();
        assert_eq!(device.again(), Vec::new());
    }
    // killed twice
    assert_eq!(device.again(), Vec::new());
    assert_eq!(city(&device.catalogue), "New Asukoe");
    let said = device.again();
    assert_eq!(state(&said[0]).0, UpdateState::Failed, "{said:?}");
    assert_eq!(city(&device.catalogue), "Asukoe City");
    assert!(device.updates.due().is_none());
    assert_eq!(state(&device.updates.standing()[0]).0, UpdateState::Failed);
}

#[test]
fn a_catalogue_that_does_not_do_well_on_trial_goes_and_so_does_one_that_is_damaged() {
    let mut device = Device::new();
    device.lands(1, 1, Content::Catalogue, &renamed());
    device.switch(&check());
    let mut stricter = check();
    stricter.in_use.push("no_such_procedure".parse().unwrap());
    let said = device.prove(&stricter);
    assert_eq!(state(&said[0]).0, UpdateState::Failed);
    assert_eq!(city(&device.catalogue), "Asukoe City");

    device.lands(2, 2, Content::Catalogue, &renamed());
    device.switch(&check());
    device.prove(&check());
    let folder = device.folder.path().join("catalogue");
    let file = folder.join("00000000000000000002.update");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let said = device.again();
    assert_eq!(state(&said[0]).0, UpdateState::Failed);
    assert_eq!(city(&device.catalogue), "Asukoe City");
}

#[test]
fn while_one_is_on_trial_the_next_waits() {
    let mut device = Device::new();
    device.lands(1, 1, Content::Catalogue, &renamed());
    device.switch(&check());
    let next = changed(|files| {
        put(
            files,
            "profiles.toml",
            "en = \"Asukoe City\"",
            "en = \"Newer\"",
        );
    });
    device.lands(2, 2, Content::Catalogue, &next);
    assert!(!device.updates.is_waiting());
    assert_eq!(device.switch(&check()), Vec::new());
    assert_eq!(city(&device.catalogue), "New Asukoe");
    device.prove(&check());
    assert!(device.updates.is_waiting());
    device.switch(&check());
    assert_eq!(city(&device.catalogue), "Newer");
}
