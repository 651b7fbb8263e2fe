//! What is attached to the device: its printers and its front panel, each really asked.
//!
//! A kiosk that runs has them for itself: two programs on one line would take each other's answers. Then its own self-test says
//! how they are.

use std::time::Duration;

use serde_json::json;
use ubugoe_panel::{Ask, AskError, Client, Identity, Lamp, Presence, Senses};
use ubugoe_printer::{Config, Place, Printers, Queue, Server, Trouble};

use super::{Part, State, nothing};
use crate::device;
use crate::say::{Words, words};

/// Longest wait for both printers.
const LOOK: Duration = Duration::from_secs(8);
/// Longest wait for each word of the panel.
const PATIENCE: Duration = Duration::from_millis(500);

type Looked = (State, Words, Words, serde_json::Value);

fn part(id: &'static str, name: Words, (state, reason, todo, facts): Looked) -> Part {
    Part {
        id,
        name,
        state,
        reason,
        todo,
        facts,
    }
}

fn absent() -> Looked {
    let reason = words("設定されていません", "not configured");
    (State::Absent, reason, nothing(), json!({}))
}

fn in_use() -> Looked {
    (
        State::Look,
        words(
            "キオスクが使っているので聞けません",
            "the kiosk has it: not asked",
        ),
        words(
            "画面の自己診断を見るか、キオスクを止める",
            "see the self-test on the screen, or stop the kiosk",
        ),
        json!({ "in_use": true }),
    )
}

// ---------------------------------------------------------------------------------------------- printers

pub(super) fn printer(printers: &device::Printers, free: bool) -> Part {
    let name = words("プリンタ", "printer");
    let config = match (receipts(printers), pages(printers)) {
        (Ok(None), Ok(None)) => return part("printer", name, absent()),
        (Ok(receipts), Ok(pages)) => Config { receipts, pages },
        (Err(wrong), _) | (_, Err(wrong)) => {
            let todo = words("設定を直す", "mend the configuration");
            return part("printer", name, (State::Bad, wrong, todo, json!({})));
        }
    };
    if !free {
        return part("printer", name, in_use());
    }
    let looked = match Printers::start(config, |_| {}) {
        Ok(printers) => asked(printers.look(LOOK)),
        Err(error) => (
            State::Bad,
            words("聞けません", format!("cannot be asked: {error}")),
            nothing(),
            json!({}),
        ),
    };
    part("printer", name, looked)
}

fn receipts(printers: &device::Printers) -> Result<Option<(Place, bool)>, Words> {
    let Some(set) = &printers.receipts else {
        return Ok(None);
    };
    let place = match (&set.device, &set.serial, &set.host) {
        (Some(path), None, None) => Place::Device(path.clone()),
        (None, Some(path), None) => Place::Serial {
            path: path.clone(),
            baud: set.baud.unwrap_or(19_200),
        },
        (None, None, Some(host)) => Place::Tcp {
            host: host.clone(),
            port: set.port.unwrap_or(9100),
        },
        _ => {
            return Err(words(
                "[printer.receipts] の場所がわかりません",
                "[printer.receipts] names no place, or two",
            ));
        }
    };
    Ok(Some((place, set.answers.unwrap_or(true))))
}

fn pages(printers: &device::Printers) -> Result<Option<Queue>, Words> {
    let Some(set) = &printers.pages else {
        return Ok(None);
    };
    let server = match (&set.socket, &set.host) {
        (Some(path), None) => Server::Socket(path.clone()),
        (None, Some(host)) => Server::Tcp {
            host: host.clone(),
            port: set.port.unwrap_or(631),
        },
        _ => {
            return Err(words(
                "[printer.pages] の場所がわかりません",
                "[printer.pages] names no server, or two",
            ));
        }
    };
    Ok(Some(Queue {
        server,
        name: set.queue.clone(),
        user: set.user.clone(),
    }))
}

/// `Some(None)`: there, and well.
type Answer = Option<Option<Trouble>>;

fn asked((receipts, pages): (Answer, Answer)) -> Looked {
    let each = [(receipts, "受付票", "receipts"), (pages, "用紙", "pages")];
    let (mut state, mut todo) = (State::Good, nothing());
    let (mut ja, mut en) = (Vec::new(), Vec::new());
    for (answer, kind_ja, kind_en) in each {
        let Some(trouble) = answer else { continue };
        let (how, reason, help) = trouble.map_or_else(
            || (State::Good, words("使えます", "well"), nothing()),
            wrong,
        );
        ja.push(format!("{kind_ja}: {}", reason.ja));
        en.push(format!("{kind_en}: {}", reason.en));
        if how > state {
            (state, todo) = (how, help);
        }
    }
    let code = |answer: Answer| answer.map(|trouble| trouble.map_or("good", code));
    let facts = json!({ "receipts": code(receipts), "pages": code(pages) });
    (state, words(ja.join("、"), en.join(", ")), todo, facts)
}

const fn code(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Absent => "absent",
        Trouble::NoPaper => "no_paper",
        Trouble::CoverOpen => "cover_open",
        Trouble::Offline => "offline",
        Trouble::Busy => "busy",
        Trouble::Broken => "broken",
    }
}

fn wrong(trouble: Trouble) -> (State, Words, Words) {
    match trouble {
        Trouble::Absent => (
            State::Bad,
            words("見つかりません", "not there"),
            words("ケーブルと電源を見る", "look at cable and power"),
        ),
        Trouble::NoPaper => (
            State::Look,
            words("用紙がありません", "no paper"),
            words("用紙を入れる", "put paper in"),
        ),
        Trouble::CoverOpen => (
            State::Look,
            words("カバーが開いています", "its cover is open"),
            words("カバーを閉じる", "close it"),
        ),
        Trouble::Offline => (
            State::Bad,
            words("応じません", "it does not answer"),
            words("電源とケーブルを見る", "look at power and cable"),
        ),
        Trouble::Busy => (
            State::Look,
            words("印刷中で、答えません", "it prints, and does not answer"),
            words("少し待ってもう一度", "wait, then look again"),
        ),
        Trouble::Broken => (
            State::Bad,
            words("故障と言っています", "it says that it is out of order"),
            words("表示を見る", "look at its display"),
        ),
    }
}

// ---------------------------------------------------------------------------------------------- the panel

pub(super) fn panel(panel: Option<&device::Panel>, free: bool) -> Part {
    let name = words("前面パネル", "front panel");
    let Some(panel) = panel else {
        return part("panel", name, absent());
    };
    if !free {
        return part("panel", name, in_use());
    }
    part("panel", name, ask(panel))
}

fn ask(panel: &device::Panel) -> Looked {
    let mut client = match Client::open(&panel.port, PATIENCE) {
        Ok(client) => client,
        Err(error) => return silent(&error),
    };
    let identity = match client.identify() {
        Ok(identity) => identity,
        Err(error) => return silent(&error),
    };
    // its lamps light one after the other, and it measures what flows through them
    let tested = client.tell(&Ask::TestLamps);
    match tested.and_then(|_| client.tell(&Ask::Sense)) {
        Ok(senses) => sensed(&identity, &senses),
        Err(AskError::OtherSchema { .. }) => (
            State::Bad,
            words(
                format!("ファームウェア {} は、この版と合いません", identity.version),
                format!(
                    "firmware {} was built from other tables than this program",
                    identity.version
                ),
            ),
            words(
                "合うファームウェアを入れる（panelctl update）",
                "give it firmware that fits (panelctl update)",
            ),
            facts(&identity, None),
        ),
        Err(error) => silent(&error),
    }
}

fn silent(error: &AskError) -> Looked {
    let (ja, en) = match error {
        AskError::Gone(_) => ("つながっていません", "its port is not there"),
        _ => ("応じません", "it does not answer"),
    };
    (
        State::Bad,
        words(ja, format!("{en}: {error}")),
        words("ケーブルを差しなおす", "plug it in again"),
        json!({}),
    )
}

fn facts(identity: &Identity, senses: Option<&Senses>) -> serde_json::Value {
    let mut facts = json!({
        "board": format!("{:?}", identity.board), "firmware": identity.version, "slot": format!("{:?}", identity.slot),
        "trial": identity.trial, "fell_back": identity.fell_back, "tables": format!("{:016x}", identity.ask),
        "same_tables": senses.is_some(),
    });
    if let (Some(senses), Some(object)) = (senses, facts.as_object_mut()) {
        let more = json!({
            "case_open": senses.tamper.open, "openings": senses.tamper.openings,
            "sensor": senses.presence != Presence::Unknown, "lamp_broken": senses.help == Lamp::Broken,
            "uptime": senses.uptime, "power_cycles": senses.power_cycles,
        });
        object.extend(more.as_object().cloned().unwrap_or_default());
    }
    facts
}

fn sensed(identity: &Identity, senses: &Senses) -> Looked {
    let facts = facts(identity, Some(senses));
    let found = if senses.tamper.open {
        Some((
            words("ケースが開いています", "the case is open"),
            words("閉じる", "close it"),
        ))
    } else if senses.help == Lamp::Broken {
        Some((
            words(
                "呼び出しランプが切れています",
                "the lamp for help is broken",
            ),
            words("ランプを替える", "replace the lamp"),
        ))
    } else if senses.presence == Presence::Unknown {
        Some((
            words(
                "人を見るセンサーが答えません",
                "the sensor for presence does not answer",
            ),
            words("センサーの線を見る", "look at its wires"),
        ))
    } else if identity.fell_back {
        Some((
            words(
                "新しいファームウェアは残りませんでした",
                "the last firmware did not stay",
            ),
            words("ログを見る", "look at the log"),
        ))
    } else {
        None
    };
    let well = words(
        format!("ファームウェア {}", identity.version),
        format!("firmware {}", identity.version),
    );
    match found {
        Some((reason, todo)) => (State::Look, reason, todo, facts),
        None => (State::Good, well, nothing(), facts),
    }
}
