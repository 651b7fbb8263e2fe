//! What the stories share: a person, a world for them, and the checks that hold at the end of every story.

use std::io::ErrorKind;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use ubugoe_bench::{
    kiosk::{Kiosk, Report, Until},
    office::Office,
    rig::{self, Database, Rig, RigConfig},
    story::{self, Visit},
};

use crate::memory::Words;

/// An invented person and the secrets of their virtual card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) persona: &'static str,
    /// As the card writes it, with U+3000 between the parts.
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) pin: &'static str,
    pub(crate) password: &'static str,
}

pub(crate) const HANA: Person = Person {
    persona: "hana",
    name: "山田\u{3000}花子",
    address: "あすこえ市汐見町三丁目１２－７\u{3000}潮風ハイツ２０５",
    pin: "1357",
    password: "UBUGOE2026",
};

pub(crate) const SORA: Person = Person {
    persona: "sora",
    name: "佐藤\u{3000}空",
    address: "あすこえ市浜通り二丁目７－１１",
    pin: "9753",
    password: "SORANAMI91",
};

/// A world whose ward has this person's birth certificate, with a kiosk at rest.
pub(crate) fn world(person: Person) -> anyhow::Result<Rig> {
    world_with(person, |config| config)
}

/// As [`world`], on PostgreSQL.
pub(crate) fn world_on_postgres(person: Person) -> anyhow::Result<Rig> {
    world_with(person, |config| RigConfig {
        database: Database::Postgres,
        ..config
    })
}

/// As [`world`], with other settings.
pub(crate) fn world_with(
    person: Person,
    other: impl FnOnce(RigConfig) -> RigConfig,
) -> anyhow::Result<Rig> {
    let today = rig::today();
    let config = RigConfig {
        persona: person.persona.to_owned(),
        ..RigConfig::plain(today)
    };
    let mut rig = Rig::start(other(config))?;
    let yesterday = today.yesterday()?;
    let paper = story::certificate(
        "ASK-2026-0001",
        person.name,
        &format!("{yesterday}T23:41"),
        &yesterday.to_string(),
    );
    rig.register_certificate("asukoe-0001.json", &paper)?;
    rig.start_kiosk()?;
    Visit::new(rig.kiosk()?).reach("resting")?;
    Ok(rig)
}

/// Card down, and everything up to the page that asks for the signature password.
pub(crate) fn up_to_password(rig: &mut Rig, person: Person) -> anyhow::Result<()> {
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.identify(person.pin)?;
    visit.accept_certificate()?;
    visit.answer_all()?;
    visit.review_all()?;
    Ok(())
}

/// From rest to this page, with the card down. What was kept of an earlier visit is left alone.
pub(crate) fn up_to(rig: &mut Rig, person: Person, page: &str) -> anyhow::Result<Report> {
    if page == "resting" {
        return Ok(rig.kiosk()?.wait_stage(&[page])?);
    }
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    if page == "notice" {
        return Ok(visit.reach(page)?);
    }
    let report = visit.read_notice()?;
    if page == "attributes-pin" {
        return Ok(report);
    }
    visit.pin(person.pin, "次へ")?;
    let report = visit.reach("identity")?;
    if page == "identity" {
        return Ok(report);
    }
    rig.kiosk()?.tap("はい、わたしです")?;
    let stages = &["certificate", "resume", "trouble", "card-away"];
    if rig.kiosk()?.wait_stage(stages)?.stage() == "resume" {
        rig.kiosk()?.tap("はじめから")?;
    }
    let mut visit = Visit::new(rig.kiosk()?);
    let report = visit.reach("certificate")?;
    if page == "certificate" {
        return Ok(report);
    }
    visit.kiosk().tap("まちがいありません")?;
    let report = visit.reach("line")?;
    if page == "line" {
        return Ok(report);
    }
    visit.kiosk().tap("始める")?;
    let report = visit.reach("asking")?;
    if page == "asking" {
        return Ok(report);
    }
    visit.answer_all()?;
    if page == "reviewing" {
        return Ok(visit.kiosk().report()?);
    }
    visit.review_all()?;
    ensure!(page == "sign-password", "{page} is no page of a visit");
    Ok(visit.kiosk().report()?)
}

/// Signs, and gives back what the page says right after "stored".
pub(crate) fn sign(rig: &mut Rig, person: Person) -> anyhow::Result<Report> {
    let mut visit = Visit::new(rig.kiosk()?);
    visit.sign(person.password)?;
    Ok(visit.reach("following")?)
}

/// Waits until everything that is followed has arrived.
pub(crate) fn arrived(rig: &mut Rig) -> anyhow::Result<Report> {
    Ok(Visit::new(rig.kiosk()?).delivered("arrived")?)
}

/// The card is taken away, and the kiosk has noticed: a card that is back before the card service looks again never
/// left. Some pages stay then, so that they can be read to the end.
pub(crate) fn take_away(rig: &mut Rig) -> anyhow::Result<()> {
    rig.reader.remove();
    rig.kiosk()?.wait(&Until {
        card: Some(false),
        timeout: Some(Duration::from_secs(30)),
        ..Until::default()
    })?;
    Ok(())
}

/// Everything the screen says, one label or value per line.
pub(crate) fn screen(kiosk: &mut Kiosk) -> anyhow::Result<String> {
    let labels = kiosk.labels()?;
    let words = labels
        .into_iter()
        .flat_map(|l| [l.label, l.value.unwrap_or_default()]);
    Ok(words.collect::<Vec<_>>().join("\n"))
}

/// What must not be left on a screen or in a log of this person: parts of the name, of the address, the secrets.
pub(crate) fn traces(person: Person) -> Vec<&'static str> {
    let mut traces: Vec<_> = person.name.split('\u{3000}').collect();
    traces.extend(person.address.split('\u{3000}'));
    traces.extend([person.pin, person.password]);
    // A name of one character is found in many words.
    traces.retain(|trace| trace.chars().count() > 1);
    traces
}

/// What the story's answers add: the child's name, the father's and his birth, a telephone number, work, a register.
pub(crate) const ANSWERS: [&str; 10] = [
    "湊",
    "ミナト",
    "ヤマダ",
    "ハナコ",
    "大地",
    "19930802",
    "1993-08-02",
    "0900000000",
    "あすこえ文具店",
    "三丁目１２番",
];

/// The screen says nothing of this person, nor of their child.
pub(crate) fn screen_is_clean_of(kiosk: &mut Kiosk, person: Person) -> anyhow::Result<()> {
    let page = screen(kiosk)?;
    ensure!(!page.trim().is_empty(), "an empty screen proves nothing");
    for trace in traces(person).into_iter().chain(ANSWERS) {
        ensure!(!page.contains(trace), "{trace:?} is still there:\n{page}");
    }
    Ok(())
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else if path.is_file() {
            all.push(path);
        }
    }
    Ok(all)
}

/// No file that the kiosk or its conversion server writes, or has open, holds anything of a person: what is kept is
/// sealed.
pub(crate) fn files_hold_nothing_of(rig: &mut Rig, person: Person) -> anyhow::Result<()> {
    let outbox = rig.outbox();
    let mut all = files(outbox.parent().context("the kiosk's folder")?)?;
    ensure!(all.contains(&outbox), "the kiosk's data lies here");
    all.extend(files(rig.typing())?);
    let kiosk = rig.kiosk()?.process.pid();
    let mut processes = crate::memory::children(kiosk)?;
    processes.push((kiosk, "ubugoe-kiosk".to_owned()));
    for (pid, _) in processes {
        for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
            // Gone since the list was made, or no file at all.
            let path = entry?.path();
            let what = fs::metadata(&path);
            if what.is_ok_and(|what| what.is_file()) {
                all.push(path);
            }
        }
    }
    let words = Words::whole(traces(person).into_iter().chain(ANSWERS))?;
    for path in all {
        let bytes = match fs::read(&path) {
            // Its content went into another file, or away: it is nowhere to be found any more.
            Err(error) if error.kind() == ErrorKind::NotFound && path != outbox => continue,
            bytes => bytes?,
        };
        let held = words.within(&bytes);
        ensure!(held.is_empty(), "{} holds {held:?}", path.display());
    }
    Ok(())
}

/// What is true whenever both filings of one visit have arrived: exactly these two lie in the city, each is what was
/// signed on the kiosk, each signature is complete for somebody else's software, each receipt verifies with nothing
/// but the city's public key.
pub(crate) fn both_arrived_once(rig: &Rig, followed: &Report) -> anyhow::Result<Vec<String>> {
    let mut office = Office::sign_in(&rig.city_url())?;
    let mut known = office.filings()?;
    let mut ids = Vec::new();
    for delivery in followed.deliveries() {
        let text = |key: &str| delivery[key].as_str().unwrap_or_default().to_owned();
        let (id, digest) = (text("id"), text("digest"));
        let receipt = rig.verify_receipt(&text("receipt"))?;
        ensure!(
            receipt.id.to_string() == id,
            "the receipt is for another filing"
        );
        ensure!(
            hex(&receipt.digest) == digest,
            "the receipt is about other content"
        );
        let content = office.file(&id, "filing.json")?;
        let signature = office.file(&id, "signature.p7s")?;
        openssl_accepts(rig, &id, &content, &signature)?;
        ensure!(
            sha256(rig, &id)? == digest,
            "the city has other content than was signed"
        );
        ids.push(id);
    }
    known.sort();
    let mut sorted = ids.clone();
    sorted.sort();
    ensure!(
        sorted.len() == 2 && known == sorted,
        "filings in the city: {known:?}; followed: {sorted:?}"
    );
    Ok(ids)
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.concat()
}

/// OpenSSL is software that nobody here wrote.
fn openssl_accepts(rig: &Rig, id: &str, content: &[u8], signature: &[u8]) -> anyhow::Result<()> {
    fs::write(rig.folder().join(format!("{id}.json")), content)?;
    fs::write(rig.folder().join(format!("{id}.p7s")), signature)?;
    let verified = Command::new("openssl")
        .args(["cms", "-verify", "-cades", "-binary", "-inform", "DER"])
        .args([
            "-in",
            &format!("{id}.p7s"),
            "-content",
            &format!("{id}.json"),
        ])
        .arg("-CAfile")
        .arg(rig.pki.path("jpki-sign-ca.pem"))
        .args(["-purpose", "any", "-out", "/dev/null"])
        .current_dir(rig.folder())
        .output()?;
    ensure!(
        verified.status.success(),
        "OpenSSL does not accept the signature: {}",
        String::from_utf8_lossy(&verified.stderr)
    );
    Ok(())
}

fn sha256(rig: &Rig, id: &str) -> anyhow::Result<String> {
    let summed = Command::new("openssl")
        .args(["dgst", "-sha256", "-r", &format!("{id}.json")])
        .current_dir(rig.folder())
        .output()?;
    let text = String::from_utf8(summed.stdout)?;
    Ok(text
        .split(' ')
        .next()
        .context("no digest from OpenSSL")?
        .to_owned())
}

/// No log of any part, in any of its lives, holds anything of a person.
pub(crate) fn logs_hold_nothing_of(rig: &Rig, person: Person) -> anyhow::Result<()> {
    let logs = rig.logs()?;
    ensure!(logs.len() >= 3, "kiosk, city and broker each have a log");
    for (path, text) in logs {
        ensure!(!text.is_empty(), "{} is empty", path.display());
        for line in text.lines() {
            for trace in traces(person).into_iter().chain(ANSWERS) {
                ensure!(
                    !words(line, trace),
                    "{} holds {trace:?}: {line}",
                    path.display()
                );
            }
            let number = line
                .split(|c: char| !c.is_alphanumeric())
                .find(|word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()));
            ensure!(
                number.is_none(),
                "{} holds a 12-digit number: {line}",
                path.display()
            );
        }
    }
    Ok(())
}

/// Four digits may stand inside a port or an id; as a word of their own they would be a PIN. Bytes are printed as
/// hexadecimal or as a list of numbers.
pub(crate) fn words(line: &str, trace: &str) -> bool {
    if trace.is_ascii() {
        let numbers: Vec<_> = trace.bytes().map(|byte| byte.to_string()).collect();
        line.split(|c: char| !c.is_alphanumeric())
            .any(|word| word == trace)
            || line.to_lowercase().contains(&hex(trace.as_bytes()))
            || line.contains(&numbers.join(", "))
    } else {
        line.contains(trace) || line.contains(&trace.escape_unicode().to_string())
    }
}

/// Nothing was worth a warning in kiosk and city.
pub(crate) fn logs_are_calm(rig: &Rig) -> anyhow::Result<()> {
    for (path, text) in rig.logs()? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("kiosk") || name.starts_with("city") {
            let line = text
                .lines()
                .find(|l| l.contains("WARN") || l.contains("ERROR") || l.contains("panicked"));
            ensure!(line.is_none(), "{name}: {}", line.unwrap_or_default());
        }
    }
    Ok(())
}
