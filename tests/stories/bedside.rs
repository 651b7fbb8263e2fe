//! What happens beside a bed: somebody falls asleep, comes back two days later, touches everywhere.

use anyhow::{Context as _, ensure};
use ubugoe_bench::{kiosk::Until, rig::Rig, story::Visit};

use crate::world::{self, HANA};

/// Touches at each page of the monkey's story. `UBUGOE_TOUCHES` asks for more.
const TOUCHES: u32 = 400;

#[test]
fn a_visit_is_left_in_the_middle_and_gone_on_with_two_days_later() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.identify(HANA.pin)?;
    visit.accept_certificate()?;
    let asked = visit.answer_some(5)?;
    ensure!(asked == 5, "only {asked} questions");
    let next = rig
        .kiosk()?
        .report()?
        .question()
        .map(|(_, field)| field.to_owned());
    rig.kiosk()?.tap("やめる")?;
    rig.kiosk()?.tap("休んで、あとで続ける")?;
    rig.kiosk()?.wait_stage(&["paused"])?;
    world::take_away(&mut rig)?;
    rig.kiosk()?.wait_stage(&["resting"])?;

    world::files_hold_nothing_of(&mut rig, HANA)?;

    rig.kiosk()?.move_clock(2 * 24 * 3600 - 600)?;
    rig.reader.insert();
    let mut visit = Visit::new(rig.kiosk()?);
    visit.identify(HANA.pin)?;
    visit.reach("resume")?;
    rig.kiosk()?.tap("続きから")?;
    let again = rig.kiosk()?.wait_stage(&["asking"])?;
    assert_eq!(again.question().map(|(_, field)| field.to_owned()), next);
    let mut visit = Visit::new(rig.kiosk()?);
    visit.answer_all()?;
    visit.review_all()?;
    world::sign(&mut rig, HANA)?;
    let arrived = world::arrived(&mut rig)?;
    world::both_arrived_once(&rig, &arrived)?;
    world::logs_hold_nothing_of(&rig, HANA)
}

/// The other languages, as the header names them.
const LANGUAGES: [&str; 7] = [
    "やさしい日本語",
    "English",
    "中文",
    "Português",
    "Tiếng Việt",
    "Tagalog",
    "नेपाली",
];

/// Where the monkey is let loose, and how one gets there.
const PAGES: [&str; 6] = [
    "resting",
    "notice",
    "identity",
    "line",
    "asking",
    "reviewing",
];

/// Takes the card away and waits for the resting screen, moving the clock as patience runs out.
fn back_to_rest(rig: &mut Rig) -> anyhow::Result<()> {
    // Whatever is on the screen, one of these leads away from it at once.
    let ways_out = [
        "消す",
        "画面を消す",
        "おわる",
        "閉じる",
        "サインアウト",
        "もどる",
        "やめて消す",
        "つづける",
    ];
    for _ in 0..12 {
        let report = rig.kiosk()?.report()?;
        if report.stage() == "resting" {
            world::take_away(rig)?;
            rig.kiosk()?.wait_stage(&["resting"])?;
            return Ok(());
        }
        let labels = rig.kiosk()?.labels()?;
        let way = ways_out.iter().find(|way| {
            labels
                .iter()
                .any(|l| l.label == **way && l.enabled && l.role == "Button")
        });
        // The monkey chose a language whose words are not ours: back to Japanese first.
        if way.is_none()
            && let Some(button) = labels
                .iter()
                .find(|l| l.role == "Button" && LANGUAGES.iter().any(|name| l.label.contains(name)))
        {
            rig.kiosk()?.tap(&button.label)?;
            rig.kiosk()?.tap("日本語")?;
            continue;
        }
        let way = way.with_context(|| format!("no way out of {}: {labels:?}", report.value))?;
        rig.kiosk()?.tap(way)?;
        if *way == "消す" || *way == "画面を消す" {
            rig.kiosk()?.wait(&Until {
                stages: &["resting", "trouble"],
                ..Until::default()
            })?;
        }
    }
    anyhow::bail!("no way back to rest: {}", rig.kiosk()?.report()?.value)
}

/// The end of the kiosk's log.
fn last_words(rig: &Rig) -> anyhow::Result<String> {
    let logs = rig.logs()?;
    let kiosk = logs.iter().find(|(path, _)| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("kiosk"))
    });
    let (_, text) = kiosk.context("the kiosk has no log")?;
    let lines: Vec<&str> = text.lines().rev().take(12).collect();
    Ok(lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
}

#[test]
fn touches_anywhere_end_in_no_panic_and_in_no_dead_end() -> anyhow::Result<()> {
    let touches = std::env::var("UBUGOE_TOUCHES")
        .ok()
        .map_or(Ok(TOUCHES), |count| count.parse())?;
    let mut rig = world::world(HANA)?;
    for (number, page) in (1_u64..).zip(PAGES) {
        world::up_to(&mut rig, HANA, page)?;
        // In pieces: the kiosk answers an order when all of its touches are made.
        for piece in 0..touches.div_ceil(TOUCHES) {
            let seed = 1000 * number + u64::from(piece);
            let count = TOUCHES.min(touches - piece * TOUCHES);
            if let Err(error) = rig.kiosk()?.monkey(count, seed) {
                anyhow::bail!("on {page}, seed {seed}: {error}\n{}", last_words(&rig)?);
            }
        }
        back_to_rest(&mut rig)?;
        // The monkey may have spent tries and may have chosen a language.
        rig.reader.reissue(HANA.persona)?;
    }
    for (path, text) in rig.logs()? {
        ensure!(
            !text.contains("panicked"),
            "{} tells of a panic",
            path.display()
        );
    }
    world::logs_hold_nothing_of(&rig, HANA)
}
