//! Registering this device: over the network, by a stick, by a bench; and moving it to another ward, which is the same.

use std::io::{BufRead as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use serde_json::json;
use ubugoe_edge::enrol::{AskedFor, State};
use ubugoe_edge::{Enrolment, enrol as edge};
use ubugoe_protocol::SigningKey;
use ubugoe_protocol::enrol::{Bundle, EnrolCode, Pin, Request, Voucher};
use zeroize::Zeroizing;

use crate::device::{enrol_failed, enrolment};
use crate::net::{self, NetError, Reply};
use crate::say::{Done, NOBODY, SAID_NO, Words, file, words};
use crate::{Bench, DOOR, Failed, Outcome, audit, not_enrolled, order};

/// Over the network.
#[derive(Debug, Args)]
pub struct Online {
    /// The code, as typed or scanned from its QR code; `-` reads it from standard input, where no list of processes shows it.
    #[arg(long, default_value = "-", conflicts_with = "bench")]
    code: String,
    /// The city's door, `host:port`; not needed with a QR code, with a bench, or where the device came through it before.
    #[arg(long)]
    city: Option<String>,
    /// A bench's file, in place of a code.
    #[arg(long, requires = "ward")]
    bench: Option<PathBuf>,
    /// The ward, with a bench.
    #[arg(long, requires = "bench")]
    ward: Option<String>,
}

impl Online {
    /// By a code, as somebody typed or scanned it; `city` only where a code that was typed needs it.
    #[must_use]
    pub const fn by_code(code: String, city: Option<String>) -> Self {
        Self {
            code,
            city,
            bench: None,
            ward: None,
        }
    }
}

/// By a stick, the way there.
#[derive(Debug, Args)]
pub struct Ask {
    /// The code; `-` reads it from standard input. It does not go to the stick: whoever runs the city's command types it again.
    #[arg(long, default_value = "-")]
    code: String,
    /// The folder of the stick.
    #[arg(long)]
    to: PathBuf,
}

/// By a stick, the way back.
#[derive(Debug, Args)]
pub struct TakeAnswer {
    /// The answer's file.
    #[arg(long)]
    file: PathBuf,
}

/// A bench's key.
#[derive(Debug, Args)]
pub struct BenchKey {
    /// What the bench is called.
    #[arg(long)]
    id: String,
    /// The city's door, `host:port`.
    #[arg(long)]
    city: String,
    /// The pin of the city, as `ubugoe-city device-ca pin` prints it.
    #[arg(long)]
    pin: String,
    /// The folder: `<id>.bench` (secret) and `<id>.pub` are written there.
    #[arg(long)]
    out: PathBuf,
}

/// `<id>.bench`, TOML.
#[derive(Deserialize)]
struct BenchFile {
    id: String,
    city: String,
    pin: String,
    key: String,
}

/// By what the device is let in.
enum Vouch {
    Code(EnrolCode),
    Bench {
        id: String,
        ward: String,
        pin: Pin,
        key: SigningKey,
    },
}

impl Vouch {
    fn pin(&self) -> Pin {
        match self {
            Self::Code(code) => code.pin(),
            Self::Bench { pin, .. } => *pin,
        }
    }

    fn request(&self, asked: Vec<u8>) -> Result<Request, Failed> {
        match self {
            Self::Code(code) => Ok(Request {
                voucher: Voucher::Secret(code.secret_bytes()),
                core: asked,
            }),
            Self::Bench { id, ward, key, .. } => Request::by_bench(asked, id, ward, key)
                .map_err(|error| bench_unusable().because(&error)),
        }
    }
}

fn bench_unusable() -> Failed {
    Failed::new(
        "bench",
        words("作業台の鍵を読めません", "the bench's file is unusable"),
    )
}

fn read_code(given: &str) -> Result<(EnrolCode, Option<String>), Failed> {
    let mut line = Zeroizing::new(given.to_owned());
    if given == "-" {
        line.clear();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(file("read", Path::new("standard input")))?;
    }
    EnrolCode::from_any(&line).map_err(|error| {
        Failed::new(
            "mistyped",
            words(
                "コードが正しくありません。打ちまちがいがないか見てください。まだ何も送っていません",
                "the code is mistyped; nothing was sent",
            ),
        )
        .because(&error)
    })
}

const DOOR_FILE: &str = "door";

/// Where the city's door was when this device last came through it.
#[must_use]
pub fn door(bench: &Bench<'_>) -> Option<String> {
    let text = std::fs::read_to_string(bench.layout.enrolled.join(DOOR_FILE)).ok()?;
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}

/// The ward this device was given, and its id, where it is registered.
#[must_use]
pub fn place(bench: &Bench<'_>) -> Option<(String, String)> {
    let device = crate::device::Kiosk::read(bench, None).ok()?.device;
    let ward = Enrolment::open(bench.layout.clone()).ok()?.ward()?;
    Some((device, ward))
}

/// An address with a port.
pub(crate) fn with_port(address: &str) -> String {
    let address = address.trim();
    if address.contains(':') {
        address.to_owned()
    } else {
        format!("{address}:{DOOR}")
    }
}

/// The door that was named, or the one that is known.
pub(crate) fn known_door(bench: &Bench<'_>, named: Option<&str>) -> Result<String, Failed> {
    let named = named.map(str::to_owned).or_else(|| door(bench));
    named.map(|address| with_port(&address)).ok_or_else(|| {
        Failed::new(
            "no-address",
            words(
                "自治体の接続先がわかりません。--city host:port で指定してください",
                "where the city is stands in no typed code: name it with --city host:port",
            ),
        )
    })
}

fn vouch(bench: &Bench<'_>, online: &Online) -> Result<(Vouch, String), Failed> {
    let (vouch, address) = if let (Some(path), Some(ward)) = (&online.bench, &online.ward) {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(file("read", path))?;
        let read: BenchFile = toml::from_str(&text).map_err(|_| bench_unusable())?;
        let vouch = Vouch::Bench {
            id: read.id,
            ward: ward.clone(),
            pin: read.pin.parse().map_err(|_| bench_unusable())?,
            key: SigningKey::from_text(&read.key).map_err(|_| bench_unusable())?,
        };
        (vouch, Some(read.city))
    } else {
        let (code, address) = read_code(&online.code)?;
        (Vouch::Code(code), address)
    };
    let named = online.city.clone().filter(|city| !city.trim().is_empty());
    let address = known_door(bench, named.or(address).as_deref())?;
    Ok((vouch, address))
}

const STEPS: [(&str, &str); 4] = [
    ("鍵を作る", "making keys"),
    ("自治体に申請", "asking the city"),
    ("返答を確かめて書く", "verifying and writing"),
    ("記録", "noting it"),
];

fn step(at: usize) -> Words {
    let (ja, en) = STEPS.get(at).copied().unwrap_or_default();
    words(ja, en)
}

/// Registers this device, or moves it.
///
/// # Errors
/// What was mistyped, who did not answer, why the city said no.
pub fn online(bench: &Bench<'_>, online: &Online, move_it: bool) -> Outcome {
    let (vouch, address) = vouch(bench, online)?;
    std::fs::create_dir_all(bench.home).map_err(file("make", bench.home))?;
    let mut enrolment = enrolment(&bench.layout)?;
    check_state(&enrolment, move_it)?;
    let steps = bench.steps(STEPS.len() as u64);
    steps.next(&step(0));
    let asked = enrolment
        .ask(vouch.pin(), bench.at)
        .map_err(|error| enrol_failed(&error))?;
    let request = vouch.request(asked.core.clone())?;
    steps.next(&step(1));
    let sent = net::post(&address, "/enrol/v1", &request.to_bytes(), vouch.pin());
    let reply = match sent {
        Ok(reply) if reply.status == 200 => reply,
        Ok(reply) => {
            let refused = said_no(&reply);
            // What the city refused is not asked again under the same name; a city that was busy is.
            if refused.code == SAID_NO {
                let _ = enrolment.give_up();
            }
            audit::note(bench, "enrol.refused", refused.why)?;
            return Err(refused);
        }
        Err(error) => return Err(unreachable(&error)),
    };
    steps.next(&step(2));
    let done = take(bench, &mut enrolment, &reply.body, &asked, || {
        steps.next(&step(3));
    })?;
    // known the next time; a device that cannot keep it is registered all the same
    let _ = write_whole(
        &bench.layout.enrolled.join(DOOR_FILE),
        format!("{address}\n").as_bytes(),
    );
    Ok(done)
}

fn check_state(enrolment: &Enrolment, move_it: bool) -> Result<(), Failed> {
    match (enrolment.state(), move_it) {
        (State::Enrolled, false) => Err(Failed::new(
            "enrolled",
            words(
                "この端末は登録ずみです。病棟を変えるには move-ward を使ってください",
                "this device is enrolled: to move it to another ward, use move-ward",
            ),
        )),
        (State::Nothing | State::Asked, true) => Err(not_enrolled()),
        _ => Ok(()),
    }
}

fn take(
    bench: &Bench<'_>,
    enrolment: &mut Enrolment,
    answer: &[u8],
    asked: &AskedFor,
    written: impl FnOnce(),
) -> Outcome {
    let moved = enrolment.state() == State::Enrolled;
    if !moved {
        // What was ordered here was ordered of whom this was before.
        order::forget(bench.home).map_err(file("remove", bench.home))?;
    }
    let bundle = enrolment
        .take(answer)
        .map_err(|error| enrol_failed(&error))?;
    for folder in [&bench.layout.data, &bench.layout.certificates] {
        std::fs::create_dir_all(folder).map_err(file("make", folder))?;
    }
    written();
    let action = if moved { "moved" } else { "enrolled" };
    let in_tpm = enrolment.in_tpm();
    let key = if in_tpm { "tpm" } else { "file" };
    audit::note(
        bench,
        action,
        &format!("device={} ward={:?} key={key}", asked.device, bundle.ward),
    )?;
    Ok(told(enrolment, &bundle, (moved, in_tpm), bench.at))
}

fn told(enrolment: &Enrolment, bundle: &Bundle, (moved, in_tpm): (bool, bool), at: i64) -> Done {
    let until = edge::until(bundle);
    let kiosk = enrolment.kiosk();
    let line = if moved {
        words(
            format!("端末 {} を「{}」へ移しました", bundle.device, bundle.ward),
            format!("device {} now belongs to {:?}", bundle.device, bundle.ward),
        )
    } else {
        words(
            format!("端末 {} を「{}」に登録しました", bundle.device, bundle.ward),
            format!("device {} is enrolled in {:?}", bundle.device, bundle.ward),
        )
    };
    // How far this device's clock is from the city's: it does not set it.
    let ahead = at.saturating_sub(bundle.at);
    let mut done = Done::new(
        line,
        json!({
            "device": bundle.device.as_str(),
            "ward": bundle.ward,
            "municipality": bundle.municipality,
            "moved": moved,
            "key": if in_tpm { "tpm" } else { "file" },
            "kiosk": kiosk,
            "certificate_until": until,
            "brokers": bundle.brokers.iter().map(|(host, port)| format!("{host}:{port}")).collect::<Vec<_>>(),
            "cities": bundle.cities.iter().map(|city| city.id.as_str()).collect::<Vec<_>>(),
            "clock_ahead_seconds": ahead,
        }),
    );
    done.lines.push(words(
        format!("設定: {}", kiosk.display()),
        format!("configuration: {}", kiosk.display()),
    ));
    done.lines.push(if in_tpm {
        words("鍵: TPM の中", "keys: in the TPM")
    } else {
        words("鍵: ファイル", "keys: files")
    });
    if ahead.abs() > 300 {
        done.lines.push(words(
            format!("端末の時計が自治体と {ahead} 秒ちがいます"),
            format!("this device's clock is {ahead} seconds from the city's"),
        ));
    }
    done
}

/// The city's no, in words a technician can act upon.
fn said_no(reply: &Reply) -> Failed {
    let said: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let word = said.get("refused").and_then(|word| word.as_str());
    let (why, words) = match word {
        Some("unknown") => (
            "unknown",
            words(
                "そのコードはありません。新しいコードを発行してもらってください",
                "there is no such code: ask for a new one",
            ),
        ),
        Some("spent") => (
            "spent",
            words(
                "そのコードは使用ずみです。心当たりがなければ自治体にすぐ知らせてください",
                "the code was used: if not by you, tell the city at once",
            ),
        ),
        Some("expired") => (
            "expired",
            words(
                "コードの期限が切れています。新しいコードを発行してもらってください",
                "the code is too old: ask for a new one",
            ),
        ),
        Some("bench") => (
            "bench-refused",
            words(
                "この作業台では、その病棟の端末を登録できません",
                "the city does not let this bench vouch for that ward",
            ),
        ),
        Some("taken" | "not-known") => (
            "revoked",
            words(
                "この端末は失効しているか、自治体に登録がありません。消去して登録しなおしてください",
                "this device was revoked or is not known: wipe it and enrol it anew",
            ),
        ),
        _ => {
            return Failed::new(
                "city",
                words(
                    "自治体がいま応じられません。少し待って同じコードでもう一度",
                    "the city cannot answer now: wait and try the same code again",
                ),
            )
            .coded(NOBODY);
        }
    };
    Failed::new(why, words).coded(SAID_NO)
}

pub(crate) fn unreachable(error: &NetError) -> Failed {
    let (why, words) = match error {
        NetError::Stranger(_) => (
            "stranger",
            words(
                "接続先は、コードの自治体ではありません。コードは送っていません",
                "whoever answers there is not the city that the code is for; the code was not sent",
            ),
        ),
        NetError::Address(_) => (
            "address",
            words(
                "接続先の書き方が正しくありません",
                "that is no address: host:port",
            ),
        ),
        _ => (
            "unreachable",
            words(
                "自治体につながりません。ケーブルとネットワークを確かめるか、USB で登録してください",
                "nobody answers at the city: look at the cable and the network, or enrol with a stick",
            ),
        ),
    };
    Failed::new(why, words).coded(NOBODY).because(error)
}

/// Asks the door for a renewal, or anything else a known device may ask.
pub(crate) fn ask_door(address: &str, request: &Request, pin: Pin) -> Result<Vec<u8>, Failed> {
    match net::post(address, "/enrol/v1", &request.to_bytes(), pin) {
        Ok(reply) if reply.status == 200 => Ok(reply.body),
        Ok(reply) => Err(said_no(&reply)),
        Err(error) => Err(unreachable(&error)),
    }
}

/// Writes the request to a stick.
///
/// # Errors
/// A code that is none; a stick that takes no file.
pub fn ask(bench: &Bench<'_>, ask: &Ask) -> Outcome {
    let (code, _) = read_code(&ask.code)?;
    std::fs::create_dir_all(bench.home).map_err(file("make", bench.home))?;
    let mut enrolment = enrolment(&bench.layout)?;
    let asked = enrolment
        .ask(code.pin(), bench.at)
        .map_err(|error| enrol_failed(&error))?;
    let request = Request {
        voucher: Voucher::Proof(code.proof(&asked.core)),
        core: asked.core,
    };
    let path = ask.to.join(format!("{}.ask", asked.device));
    write_whole(&path, &request.to_bytes())?;
    audit::note(bench, "enrol.asked", &format!("device={}", asked.device))?;
    let mut done = Done::new(
        words(
            format!("申請を {} に書きました", path.display()),
            format!("the request is in {}", path.display()),
        ),
        json!({ "device": asked.device.as_str(), "file": path }),
    );
    done.lines.push(words(
        "市役所で: ubugoe-city enrol --config … --request この申請 --answer 返答.ans（コードを聞かれます）",
        "at city hall: ubugoe-city enrol --config … --request this --answer answer.ans (it asks for the code)",
    ));
    Ok(done)
}

/// Takes in what came back.
///
/// # Errors
/// An answer that is not for this device, or not from the code's city.
pub fn answer(bench: &Bench<'_>, answer: &TakeAnswer) -> Outcome {
    let mut enrolment = enrolment(&bench.layout)?;
    let bytes = std::fs::read(&answer.file).map_err(file("read", &answer.file))?;
    let asked = enrolment.asked().map_err(|error| enrol_failed(&error))?;
    take(bench, &mut enrolment, &bytes, &asked, || {})
}

/// Makes a bench's key.
///
/// # Errors
/// A folder that takes no file, or has that key.
pub fn bench_key(_: &Bench<'_>, key: &BenchKey) -> Outcome {
    let unusable = |error: &dyn std::error::Error| bench_unusable().because(error);
    let pin: Pin = key.pin.parse().map_err(|error| unusable(&error))?;
    let secret = SigningKey::generate().map_err(|error| unusable(&error))?;
    let public = secret.verifying().map_err(|error| unusable(&error))?;
    let text = Zeroizing::new(format!(
        "# A bench that may vouch for devices: as good as a code, for its wards. Keep it as a key.\nid = {:?}\ncity = {:?}\npin = \"{}\"\nkey = \"{}\"\n",
        key.id,
        key.city,
        pin.to_text(),
        secret.to_text().as_str(),
    ));
    let (bench, public_path) = (
        key.out.join(format!("{}.bench", key.id)),
        key.out.join(format!("{}.pub", key.id)),
    );
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&bench)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(file("create", &bench))?;
    write_whole(&public_path, format!("{}\n", public.to_text()).as_bytes())?;
    let mut done = Done::new(
        words(
            format!("作業台の鍵を {} に作りました", bench.display()),
            format!("the bench's key is in {}", bench.display()),
        ),
        json!({ "file": bench, "public": public_path }),
    );
    done.lines.push(words(
        "自治体の設定に:",
        format!(
            "[[enrol.bench]]\n  id = {:?}\n  key = \"{}.pub\"\n  wards = [\"…\"]\n  until = 2026-12-31T00:00:00+09:00",
            key.id, key.id
        ),
    ));
    Ok(done)
}

/// Whole or not at all: the stick may be pulled.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    std::fs::File::create(&part)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&part, path))
        .map_err(file("write", path))?;
    // The name too. A stick's file system that cannot say so has written it, or never will.
    if let Some(folder) = path.parent() {
        let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}
