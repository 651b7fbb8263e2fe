//! Every page looks as it looked when somebody last looked at it: language, size of words, panel and colours go round.
//!
//! What is kept is small: each pixel the mean of a square of twenty, so that another rounding of a curve is no difference and
//! a line of words elsewhere is one. `UBUGOE_NEW_PICTURES=1 cargo test -p ubugoe-view --test screens pictures` takes them
//! anew; look at them before you keep them (`./ubugoe shots` draws the same pages large).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{samples, screen};
use slint::ComponentHandle;
use ubugoe_view::drive::{self, Picture};
use ubugoe_view::{Comfort, LANGUAGES, Language, TextSize, set_comfort};

/// The side of the square that becomes one pixel.
const SIDE: usize = 20;
/// A pixel differs when one of its colours is off by more than this, of 255.
const OFF: u8 = 12;
/// So many pixels in a thousand may differ.
const MAY_DIFFER: usize = 3;

const SIZES: [TextSize; 3] = [TextSize::Normal, TextSize::Large, TextSize::Largest];
const PANELS: [(u16, u16); 3] = [(1280, 800), (1024, 600), (800, 1280)];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/pictures")
}

fn name(sample: &str, turn: usize) -> String {
    format!("{sample}-{turn}.png")
}

/// The page in the turn's language, size, panel and colours.
fn picture(page: usize, turn: usize) -> Picture {
    let sample = &samples::SAMPLES[page];
    let language = LANGUAGES[(page + 3 * turn) % LANGUAGES.len()];
    let (width, height) = PANELS[(page + turn) % 3];
    let comfort = Comfort {
        text: SIZES[(page / 3 + turn) % 3],
        night: (page + turn) % 2 == 1,
        contrast: (page / 2 + turn) % 4 == 3,
        left_handed: page % 5 == turn,
        glove: page % 7 == turn,
        sound: false,
    };
    let screen = screen(language, width.into(), height.into());
    set_comfort(&screen, comfort);
    (sample.show)(&screen, language);
    let picture = drive::smaller(&drive::picture(&screen).unwrap(), SIDE);
    screen.hide().unwrap();
    picture
}

/// How many pixels in a thousand differ; `None` when the sizes do.
fn differing(a: &Picture, b: &Picture) -> Option<usize> {
    let pixels = a.width * a.height;
    if (a.width, a.height) != (b.width, b.height) || pixels == 0 {
        return None;
    }
    let off = a.rgba.chunks_exact(4).zip(b.rgba.chunks_exact(4));
    let off = off.filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > OFF));
    Some((off.count() * 1000).div_ceil(pixels))
}

fn every_page_looks_as_it_did(turn: usize) {
    let anew = std::env::var_os("UBUGOE_NEW_PICTURES").is_some();
    std::fs::create_dir_all(folder()).unwrap();
    let mut changed = Vec::new();
    for (page, sample) in samples::SAMPLES.iter().enumerate() {
        let name = name(sample.name, turn);
        let now = picture(page, turn);
        if anew {
            drive::write(&folder().join(&name), &now).unwrap();
            continue;
        }
        let kept = drive::read(&folder().join(&name));
        let off = kept.as_ref().ok().and_then(|kept| differing(kept, &now));
        if off.is_none_or(|off| off > MAY_DIFFER) {
            let shown = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
            drive::write(&shown, &now).unwrap();
            changed.push(format!(
                "{name}: {off:?} of 1000 differ, now {}",
                shown.display()
            ));
        }
    }
    assert!(
        !anew,
        "new pictures were taken: look at them, then test without UBUGOE_NEW_PICTURES"
    );
    assert!(
        changed.is_empty(),
        "{} pages look otherwise:\n{}",
        changed.len(),
        changed.join("\n")
    );
}

#[test]
fn every_page_looks_as_it_did_in_one_language_and_size() {
    every_page_looks_as_it_did(0);
}

#[test]
fn every_page_looks_as_it_did_in_another_language_and_size() {
    every_page_looks_as_it_did(1);
}

#[test]
fn every_picture_that_is_kept_is_of_a_page() {
    let names = samples::SAMPLES.iter().map(|sample| sample.name);
    let wanted: BTreeSet<String> = names
        .flat_map(|sample| [name(sample, 0), name(sample, 1)])
        .collect();
    let kept = std::fs::read_dir(folder()).unwrap();
    let kept: BTreeSet<String> = kept
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(kept, wanted);
}

#[test]
fn one_word_more_on_a_button_is_a_difference() {
    let page = samples::SAMPLES
        .iter()
        .position(|sample| sample.name == "04-identity")
        .unwrap();
    let shot = |touched: bool| {
        let screen = screen(Language::Ja, 1280, 800);
        (samples::SAMPLES[page].show)(&screen, Language::Ja);
        // The words of the button that calls staff change when it is pressed.
        screen
            .global::<ubugoe_view::Shell>()
            .set_staff_called(touched);
        let picture = drive::smaller(&drive::picture(&screen).unwrap(), SIDE);
        screen.hide().unwrap();
        picture
    };
    let (before, after) = (shot(false), shot(true));
    assert_eq!(differing(&before, &before), Some(0));
    assert!(differing(&before, &after).unwrap() > MAY_DIFFER);
}
