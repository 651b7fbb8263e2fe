//! The shapes of a kanji that this screen can draw: itself, and itself with each variation selector that the font knows.
//!
//! A list of facts about the font (`data/shapes.txt`). It chooses nothing: which shape is somebody's name only they know.

use std::{collections::BTreeMap, sync::LazyLock};

static SHAPES: LazyLock<BTreeMap<char, Vec<char>>> = LazyLock::new(|| {
    include_str!("../data/shapes.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split(' ');
            let kanji = words.next()?.chars().next()?;
            let selectors = words
                .filter_map(|word| selector(word.parse().ok()?))
                .collect();
            Some((kanji, selectors))
        })
        .collect()
});

/// A variation selector by its number: 17 is U+E0100, the first of the supplement.
fn selector(number: u32) -> Option<char> {
    char::from_u32(0xE0100 + number.checked_sub(17)?)
}

/// The kanji as it is, then each of its shapes, as one would write them into a name: base character and selector.
/// Only itself where the font has but one.
#[must_use]
pub fn shapes(kanji: char) -> Vec<String> {
    let with = SHAPES.get(&kanji).into_iter().flatten();
    std::iter::once(String::from(kanji))
        .chain(with.map(|selector| String::from_iter([kanji, *selector])))
        .collect()
}
