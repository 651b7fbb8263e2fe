//! Wrong PINs, down to the last try, which this device never spends.

use std::time::Duration;

use ubugoe_bench::{
    kiosk::{Report, Until},
    rig::Rig,
    story::Visit,
};
use ubugoe_vcard::SecretName;

use crate::world::{self, HANA};

/// Enters a secret and waits for what follows.
fn enter(rig: &mut Rig, secret: &str, done: &str) -> anyhow::Result<Report> {
    let submitted = Visit::new(rig.kiosk()?).pin(secret, done)?;
    Ok(rig.kiosk()?.wait(&Until {
        stages: &[
            "attributes-pin",
            "sign-password",
            "trouble",
            "identity",
            "following",
        ],
        since: Some(submitted.revision),
        ..Until::default()
    })?)
}

/// Waits for a trouble page that was not there before this revision.
fn trouble(rig: &mut Rig, code: &str, since: Option<u64>) -> anyhow::Result<Report> {
    Ok(rig.kiosk()?.wait(&Until {
        stages: &["trouble"],
        code: Some(code),
        since,
        timeout: Some(Duration::from_secs(30)),
        ..Until::default()
    })?)
}

/// Card down; the code must come without anything being touched.
fn refused(rig: &mut Rig, code: &str) -> anyhow::Result<Report> {
    let before = rig.kiosk()?.report()?;
    rig.reader.insert();
    trouble(rig, code, Some(before.revision))
}

/// "I have read it": the page goes, and the next card may come.
fn read_to_the_end(rig: &mut Rig) -> anyhow::Result<()> {
    rig.kiosk()?.tap("おわる")?;
    rig.kiosk()?.wait_stage(&["finished", "resting"])?;
    Ok(())
}

#[test]
fn wrong_pins_stop_before_the_last_try_of_either_secret() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    rig.reader.insert();
    Visit::new(rig.kiosk()?).reach("attributes-pin")?;
    let once = enter(&mut rig, "0000", "次へ")?;
    assert_eq!((once.stage(), once.code()), ("attributes-pin", None));
    assert_eq!(rig.reader.status().tries[0], Some(2));
    let twice = enter(&mut rig, "0000", "次へ")?;
    assert_eq!((twice.stage(), twice.code()), ("trouble", Some("C-302")));
    assert_eq!(rig.reader.status().tries[0], Some(1));
    // Put down again, the card is refused before any PIN page, and its count stays.
    world::take_away(&mut rig)?;
    refused(&mut rig, "C-302")?;
    assert_eq!(rig.reader.status().tries[0], Some(1));
    world::take_away(&mut rig)?;
    read_to_the_end(&mut rig)?;

    // What a right entry at a municipal counter does.
    rig.reader.set_tries(SecretName::Attributes, 3)?;
    world::up_to_password(&mut rig, HANA)?;
    for left in [4, 3, 2] {
        let report = enter(&mut rig, "WRONG12345", "署名する")?;
        assert_eq!((report.stage(), report.code()), ("sign-password", None));
        assert_eq!(rig.reader.status().tries[1], Some(left));
    }
    let last = enter(&mut rig, "WRONG12345", "署名する")?;
    assert_eq!((last.stage(), last.code()), ("trouble", Some("C-304")));
    assert_eq!(rig.reader.status().tries[1], Some(1));
    assert_eq!(last.value["pending"], 0, "nothing was stored");
    world::take_away(&mut rig)?;
    refused(&mut rig, "C-304")?;
    assert_eq!(
        rig.reader.status().tries,
        [Some(3), Some(1), Some(3), Some(3)]
    );
    world::logs_hold_nothing_of(&rig, HANA)
}

#[test]
fn a_card_that_comes_with_one_try_left_is_never_asked_for_a_pin() -> anyhow::Result<()> {
    let mut rig = world::world(HANA)?;
    rig.reader.take("last_try")?;
    rig.reader.take_exchanges();
    refused(&mut rig, "C-302")?;
    let page = world::screen(rig.kiosk()?)?;
    assert!(
        page.contains("C-302") && !page.contains("4けたの暗証番号を入れてください"),
        "{page}"
    );
    assert_eq!(rig.reader.status().tries, [Some(1); 4]);
    // VERIFY with data spends a try; the empty one only asks.
    let sent = rig.reader.take_exchanges();
    assert!(!sent.is_empty());
    assert!(
        sent.iter().all(|e| !e.command.contains('*')),
        "a secret was sent: {sent:?}"
    );
    Ok(())
}
