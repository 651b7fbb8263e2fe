//! Staff at the bedside: a midwife registers a certificate, signs out, and the mother's card finds it.

use anyhow::ensure;
use ubugoe_bench::{
    kiosk::Kiosk,
    rig::{self, MIDWIFE, Rig, RigConfig},
    story::Visit,
};

use crate::world::{self, HANA};

/// Touches keys one by one.
fn keys(kiosk: &mut Kiosk, keys: &str) -> anyhow::Result<()> {
    for key in keys.chars() {
        kiosk.tap(&key.to_string())?;
    }
    Ok(())
}

pub(crate) fn sign_in(kiosk: &mut Kiosk, pin: &str) -> anyhow::Result<()> {
    let (number, ..) = MIDWIFE;
    kiosk.tap("スタッフの方")?;
    kiosk.wait_stage(&["staff-number"])?;
    keys(kiosk, number)?;
    kiosk.tap("次へ")?;
    kiosk.wait_stage(&["staff-pin"])?;
    keys(kiosk, pin)?;
    kiosk.tap("サインイン")?;
    Ok(())
}

/// Five pages, the check, and "I have checked this".
fn register(kiosk: &mut Kiosk, mother: &str) -> anyhow::Result<()> {
    kiosk.tap("新しく登録する")?;
    kiosk.wait_stage(&["ward-form"])?;
    kiosk.type_text(mother)?;
    kiosk.tap("次へ")?;
    kiosk.tap("前の日")?;
    keys(kiosk, "2341")?;
    kiosk.tap("次へ")?;
    kiosk.tap("男")?;
    kiosk.tap("次へ")?;
    kiosk.tap("いいえ")?;
    kiosk.tap("次へ")?;
    keys(kiosk, "3120495392")?;
    keys(kiosk, "1")?;
    kiosk.tap("22週以後の死産")?;
    keys(kiosk, "0")?;
    kiosk.tap("次へ")?;
    while kiosk.labels()?.iter().any(|l| l.label == "続きを見る") {
        kiosk.tap("続きを見る")?;
    }
    kiosk.tap("確かめました。登録する")?;
    kiosk.wait_stage(&["ward-paper"])?;
    Ok(())
}

#[test]
fn a_midwife_registers_a_certificate_and_the_mothers_card_finds_it() -> anyhow::Result<()> {
    let config = RigConfig {
        persona: HANA.persona.to_owned(),
        ..RigConfig::plain(rig::today())
    };
    let mut rig = Rig::start(config)?;
    rig.start_kiosk()?;
    let kiosk = rig.kiosk()?;
    kiosk.wait_stage(&["resting"])?;
    sign_in(kiosk, "111222")?;
    kiosk.wait_stage(&["staff-pin"])?;
    let said = world::screen(kiosk)?;
    ensure!(
        said.contains("ちがう番号でした"),
        "a wrong PIN is said: {said}"
    );
    let (.., pin) = MIDWIFE;
    keys(kiosk, pin)?;
    kiosk.tap("サインイン")?;
    kiosk.wait_stage(&["ward-list"])?;
    register(kiosk, HANA.name)?;
    kiosk.tap("サインアウト")?;
    kiosk.wait_stage(&["resting"])?;
    world::screen_is_clean_of(kiosk, HANA)?;
    world::up_to_password(&mut rig, HANA)?;
    world::sign(&mut rig, HANA)?;
    let arrived = world::arrived(&mut rig)?;
    world::both_arrived_once(&rig, &arrived)?;
    // The mother's card ends a session of staff at once, whatever was on their screen.
    rig.kiosk()?.tap("おわる")?;
    world::take_away(&mut rig)?;
    let kiosk = rig.kiosk()?;
    kiosk.wait_stage(&["resting"])?;
    sign_in(kiosk, pin)?;
    kiosk.wait_stage(&["ward-list"])?;
    let list = world::screen(kiosk)?;
    ensure!(
        list.contains("届け出を保管"),
        "the list knows it is in use: {list}"
    );
    rig.reader.insert();
    Visit::new(rig.kiosk()?).reach("notice")?;
    for (path, text) in rig.logs()? {
        for line in text.lines() {
            ensure!(
                !line.split(|c: char| !c.is_alphanumeric()).any(|w| w == pin),
                "{} holds the midwife's PIN: {line}",
                path.display()
            );
        }
    }
    world::logs_hold_nothing_of(&rig, HANA)
}
