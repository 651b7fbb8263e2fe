//! Looks at everything the device needs, one part after the other: how it is, why, and what to do. Changes nothing, and leaves a line that
//! somebody looked.
//!
//! With `--json`: `parts` is a list of `{"part","state","reason":{"ja","en"},"do":{"ja","en"},"facts":{…}}`; `state` is `good`,
//! `look`, `bad` or `absent`. Facts are numbers, names of devices and moments (seconds since 1970 UTC); never a person's.

mod attached;
mod broker;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use ubugoe_edge::outbox::{Config, Counts, Health, Outbox};
use ubugoe_edge::{KeyTrouble, identity};

use crate::device::{Kiosk, tpm_words};
use crate::say::{Done, FOUND, Words, words};
use crate::{Bench, Outcome, audit};

pub(crate) use broker::{Found, Identity, probe};

/// Days before its end at which a certificate is worth a look.
const NEAR: i64 = 30 * 86_400;
/// Free bytes below which a disk is worth a look.
const LOW: u64 = 256 * 1024 * 1024;

/// What is looked at.
#[derive(Debug, Args)]
pub struct Diagnose {
    /// The kiosk's configuration, where the device was set up by hand.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Absent,
    Good,
    Look,
    Bad,
}

impl State {
    const fn code(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Good => "good",
            Self::Look => "look",
            Self::Bad => "bad",
        }
    }

    const fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Absent => ("－ なし", "- none"),
            Self::Good => ("○ 良好", "o good"),
            Self::Look => ("△ 注意", "! look"),
            Self::Bad => ("× 不良", "x bad"),
        }
    }
}

/// One part.
struct Part {
    id: &'static str,
    name: Words,
    state: State,
    reason: Words,
    todo: Words,
    facts: Value,
}

fn nothing() -> Words {
    words("", "")
}

/// Looks at everything.
///
/// # Errors
/// A device that nobody registered, or whose configuration cannot be read.
pub fn run(bench: &Bench<'_>, diagnose: &Diagnose) -> Outcome {
    let kiosk = Kiosk::read(bench, diagnose.config.as_deref())?;
    let steps = bench.steps(8 + kiosk.broker.len() as u64);
    let mut parts = Vec::new();
    let mut look = |part: Part| {
        steps.next(&part.name);
        parts.push(part);
    };
    for part in reader() {
        look(part);
    }
    look(clock(&kiosk));
    look(certificate(&kiosk, bench.at));
    look(key(&kiosk));
    for broker in &kiosk.broker {
        look(network(&kiosk, &broker.host, broker.port));
    }
    for part in outbox(&kiosk) {
        look(part);
    }
    // What the kiosk speaks with is not asked behind its back.
    let hold = kiosk.hold();
    look(attached::printer(&kiosk.printer, hold.is_ok()));
    look(attached::panel(kiosk.panel.as_ref(), hold.is_ok()));
    drop(hold);
    // a disk that takes no line any more is what was looked for
    let _ = audit::note(bench, "diagnosed", &format!("device={}", kiosk.device));
    Ok(report(&kiosk, bench.at, &parts))
}

fn report(kiosk: &Kiosk, at: i64, parts: &[Part]) -> Done {
    let worst = parts.iter().map(|part| part.state).max();
    let bad = parts.iter().filter(|part| part.state == State::Bad).count();
    let head = words(
        format!("端末 {}: 不良 {bad} 件", kiosk.device),
        format!("device {}: {bad} parts do not work", kiosk.device),
    );
    let mut done = Done::new(head, json!({ "device": kiosk.device, "at": at }));
    for part in parts {
        let (ja, en) = part.state.mark();
        let todo = |todo: &str| {
            if todo.is_empty() {
                String::new()
            } else {
                format!(" → {todo}")
            }
        };
        done.lines.push(words(
            format!(
                "{ja}  {}: {}{}",
                part.name.ja,
                part.reason.ja,
                todo(&part.todo.ja)
            ),
            format!(
                "{en}  {}: {}{}",
                part.name.en,
                part.reason.en,
                todo(&part.todo.en)
            ),
        ));
    }
    let listed: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({
                "part": part.id,
                "state": part.state.code(),
                "reason": part.reason.json(),
                "do": part.todo.json(),
                "facts": part.facts,
            })
        })
        .collect();
    done.fields.insert("parts".to_owned(), listed.into());
    if worst == Some(State::Bad) {
        done.code = FOUND;
    }
    done
}

fn reader() -> [Part; 2] {
    let asked = ubugoe_card::ask_readers();
    let service = Part {
        id: "card_service",
        name: words("カードサービス", "card service"),
        state: if asked.is_ok() {
            State::Good
        } else {
            State::Bad
        },
        reason: match &asked {
            Ok(_) => words("動いています", "pcscd answers"),
            Err(_) => words("pcscd が応じません", "pcscd does not answer"),
        },
        todo: match &asked {
            Ok(_) => nothing(),
            Err(_) => words("systemctl restart pcscd", "systemctl restart pcscd"),
        },
        facts: json!({}),
    };
    let names = asked.unwrap_or_default();
    let there = !names.is_empty();
    let reader = Part {
        id: "reader",
        name: words("カードリーダー", "card reader"),
        state: if there { State::Good } else { State::Bad },
        reason: if there {
            words(names.join("、"), names.join(", "))
        } else {
            words("見つかりません", "none is there")
        },
        todo: if there {
            nothing()
        } else {
            words("USB を差しなおす", "plug it in again")
        },
        facts: json!({ "names": names }),
    };
    [service, reader]
}

fn clock(kiosk: &Kiosk) -> Part {
    let (state, reason, todo) = match kiosk.clock.as_deref() {
        Some("system") => (
            State::Look,
            words(
                "時刻を保証するものがありません",
                "nobody vouches for the time (clock = \"system\")",
            ),
            words(
                "本番では時刻同期を設定する",
                "configure the file of systemd-timesyncd",
            ),
        ),
        Some(path) if Path::new(path).exists() => (
            State::Good,
            words("同期しています", "synchronised"),
            nothing(),
        ),
        _ => (
            State::Bad,
            words(
                "同期していません。署名できません",
                "not synchronised: it signs nothing",
            ),
            words(
                "ネットワークと systemd-timesyncd を見る",
                "look at the network and at systemd-timesyncd",
            ),
        ),
    };
    Part {
        id: "clock",
        name: words("時計", "clock"),
        state,
        reason,
        todo,
        facts: json!({ "source": kiosk.clock }),
    }
}

fn certificate(kiosk: &Kiosk, at: i64) -> Part {
    let life = Identity::of(kiosk)
        .ok()
        .and_then(|identity| identity::validity(&identity.chain_pem).ok());
    let days = life.map(|(_, until)| until.saturating_sub(at) / 86_400);
    let (state, reason, todo) = match life {
        None => (
            State::Bad,
            words("読めません", "unreadable"),
            words("登録しなおす", "enrol it anew"),
        ),
        Some((from, until)) if from > at || until <= at => (
            State::Bad,
            words("期限の外です", "it is not good now"),
            words(
                "時計を確かめ、ubugoe-tech rotate",
                "look at the clock, then ubugoe-tech rotate",
            ),
        ),
        Some((_, until)) if until - at <= NEAR => (
            State::Look,
            words("まもなく切れます", "it ends soon"),
            words("ubugoe-tech rotate", "ubugoe-tech rotate"),
        ),
        Some(_) => {
            let days = days.unwrap_or_default();
            (
                State::Good,
                words(format!("あと {days} 日"), format!("{days} days left")),
                nothing(),
            )
        }
    };
    Part {
        id: "certificate",
        name: words("証明書", "certificate"),
        state,
        reason,
        todo,
        facts: json!({ "from": life.map(|(from, _)| from), "until": life.map(|(_, until)| until) }),
    }
}

/// Where the key under the certificate rests, and whether it signs.
fn key(kiosk: &Kiosk) -> Part {
    let name = words("鍵", "key");
    let Ok(identity) = Identity::of(kiosk) else {
        return Part {
            id: "key",
            name,
            state: State::Bad,
            reason: words("読めません", "unreadable"),
            todo: words("登録しなおす", "enrol it anew"),
            facts: json!({}),
        };
    };
    let (place, ja, en) = if identity.in_tpm() {
        ("tpm", "TPM の中", "in the TPM")
    } else {
        ("file", "ファイル", "a file")
    };
    let (state, reason, todo) = match identity.tried(&kiosk.tpm().unwrap_or_default()) {
        Ok(()) => (State::Good, words(ja, en), nothing()),
        Err(KeyTrouble::Tpm(error)) => {
            let (_, [ja, en], [ja_do, en_do]) = tpm_words(error);
            (State::Bad, words(ja, en), words(ja_do, en_do))
        }
        Err(_) => (
            State::Bad,
            words("読めません", "unreadable"),
            words("登録しなおす", "enrol it anew"),
        ),
    };
    Part {
        id: "key",
        name,
        state,
        reason,
        todo,
        facts: json!({ "place": place }),
    }
}

fn network(kiosk: &Kiosk, host: &str, port: u16) -> Part {
    let found = match Identity::of(kiosk) {
        Ok(identity) => probe(kiosk, &identity, host, port),
        Err(_) => Found::NoIdentity,
    };
    let (state, code, reason, todo) = found.words();
    Part {
        id: "network",
        name: words(
            format!("接続先 {host}:{port}"),
            format!("broker {host}:{port}"),
        ),
        state,
        reason,
        todo,
        facts: json!({ "host": host, "port": port, "found": code }),
    }
}

fn outbox(kiosk: &Kiosk) -> [Part; 2] {
    let opened = Outbox::open_read_only(&Config::at(kiosk.outbox()));
    let new = !kiosk.outbox().exists();
    let opened = opened.as_ref().ok();
    [
        queue(new, opened.and_then(|outbox| outbox.counts().ok())),
        disk(new, opened.and_then(|outbox| outbox.health().ok())),
    ]
}

const REPLACE: (&str, &str) = (
    "ubugoe-tech export を試し、端末を替える",
    "try ubugoe-tech export, then replace the device",
);

fn not_used() -> (State, Words, Words) {
    let reason = words("まだ使われていません", "not used yet");
    (State::Absent, reason, nothing())
}

fn queue(new: bool, counts: Option<Counts>) -> Part {
    let (state, reason, todo) = match counts {
        None if new => not_used(),
        None => (
            State::Bad,
            words("開けません", "it does not open"),
            words(REPLACE.0, REPLACE.1),
        ),
        Some(counts) if counts.refused > 0 => (
            State::Look,
            words(
                format!("自治体が受け取らなかった届出 {} 件", counts.refused),
                format!("{} filings were refused by a city", counts.refused),
            ),
            words("自治体に連絡する", "call the city"),
        ),
        Some(counts) => {
            let (open, arrived) = (counts.queued + counts.sent, counts.arrived);
            (
                State::Good,
                words(
                    format!("未到達 {open} 件、到達 {arrived} 件"),
                    format!("{open} on their way, {arrived} arrived"),
                ),
                nothing(),
            )
        }
    };
    Part {
        id: "outbox",
        name: words("送信箱", "outbox"),
        state,
        reason,
        todo,
        facts: counts.map_or_else(
            || json!({}),
            |c| {
                json!({
                    "queued": c.queued, "sent": c.sent, "arrived": c.arrived, "refused": c.refused,
                    "oldest": c.oldest_open,
                })
            },
        ),
    }
}

fn disk(new: bool, health: Option<Health>) -> Part {
    let free = health.and_then(|health| health.free);
    let mb = free.unwrap_or_default() >> 20;
    let left = words(format!("空き {mb} MB"), format!("{mb} MB free"));
    let (state, reason, todo) = match (health, free) {
        (None, _) if new => not_used(),
        (None, _) => (
            State::Bad,
            words("読めません", "unreadable"),
            words("端末を替える", "replace the device"),
        ),
        (Some(health), _) if !health.sound => (
            State::Bad,
            words("データが壊れています", "the data is damaged"),
            words(REPLACE.0, REPLACE.1),
        ),
        (_, Some(free)) if free < LOW => (
            State::Look,
            left,
            words("不要なログを消す", "remove old logs"),
        ),
        _ => (State::Good, left, nothing()),
    };
    Part {
        id: "disk",
        name: words("ディスク", "disk"),
        state,
        reason,
        todo,
        facts: health.map_or_else(
            || json!({}),
            |h| json!({ "free": h.free, "used": h.used, "quota": h.quota, "sound": h.sound }),
        ),
    }
}
