//! Names, sizes and places of everything on a page.

use crate::Shown;
use i_slint_backend_testing::{ElementHandle, ElementQuery};
use std::collections::HashSet;
use ubugoe_view::drive::{AccessibleRole, Element, Rect};

pub(crate) fn names_are_unique(shown: &Shown<'_>) {
    let mut seen = HashSet::new();
    for element in shown.touchables() {
        assert!(
            seen.insert(&element.label),
            "{}: {:?} twice",
            shown.page,
            element.label
        );
    }
    assert!(
        seen.len() >= 3,
        "{}: two languages and the staff are always there",
        shown.page
    );
}

fn bits(r: Rect) -> [u32; 4] {
    [r.x, r.y, r.width, r.height].map(f32::to_bits)
}

fn rect(handle: &ElementHandle) -> Rect {
    let (at, size) = (handle.absolute_position(), handle.size());
    Rect {
        x: at.x,
        y: at.y,
        width: size.width,
        height: size.height,
    }
}

pub(crate) fn targets_are_as_high_as_a_finger_needs(shown: &Shown<'_>) {
    let keys: HashSet<[u32; 4]> = ElementQuery::from_root(shown.screen)
        .match_inherits("Key")
        .find_all()
        .iter()
        .map(|key| bits(rect(key)))
        .collect();
    for element in shown.touchables() {
        let is_key = keys.contains(&bits(element.rect));
        // A field is written with the keys below it; touching it only moves the cursor.
        let least = if is_key || element.role == AccessibleRole::TextInput {
            56.0
        } else {
            72.0
        };
        let r = element.rect;
        assert!(
            r.height >= least && r.width >= 56.0,
            "{}: {:?} is {r:?}",
            shown.page,
            element.label
        );
        // A choice grows with its words, two or three lines of them, and not out of all proportion.
        assert!(
            !shown.page.starts_with("07-question") || r.height < 160.0,
            "{}: {:?} is {r:?}",
            shown.page,
            element.label
        );
    }
}

pub(crate) fn nothing_lies_outside_of_the_window(shown: &Shown<'_>) {
    for element in &shown.labels {
        let r = element.rect;
        assert!(
            r.x >= -0.5 && r.x + r.width <= shown.size.width + 0.5,
            "{}: {:?} sticks out sideways: {r:?}",
            shown.page,
            element.label
        );
        assert!(
            element.pane.is_some() || (r.y >= -0.5 && r.y + r.height <= shown.size.height + 0.5),
            "{}: {:?} sticks out: {r:?}",
            shown.page,
            element.label
        );
    }
}

/// Containers hold what they overlap.
fn is_leaf(element: &Element) -> bool {
    element.is_touchable() || element.role == AccessibleRole::Text
}

fn overlap(a: Rect, b: Rect) -> f32 {
    let w = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
    let h = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
    if w > 1.0 && h > 1.0 { h } else { 0.0 }
}

/// Words printed on a card that can be touched as a whole.
fn inside(text: &Element, card: &Element) -> bool {
    let (t, c) = (text.rect, card.rect);
    text.role == AccessibleRole::Text
        && card.is_touchable()
        && t.x >= c.x
        && t.y >= c.y
        && t.x + t.width <= c.x + c.width + 0.5
        && t.y + t.height <= c.y + c.height + 0.5
}

pub(crate) fn nothing_lies_over_anything_else(shown: &Shown<'_>) {
    let leaves: Vec<&Element> = shown.labels.iter().filter(|e| is_leaf(e)).collect();
    for (i, a) in leaves.iter().enumerate() {
        for b in leaves.iter().skip(i + 1) {
            // What scrolls is clipped by its pane and may pass under what stands around it.
            if a.pane.is_some() != b.pane.is_some() || inside(a, b) || inside(b, a) {
                continue;
            }
            assert!(
                overlap(a.rect, b.rect) < 3.0,
                "{}: {:?} {:?} over {:?} {:?}",
                shown.page,
                a.label,
                a.rect,
                b.label,
                b.rect
            );
        }
    }
}

/// Bottom right, flush with the margin, whatever the page.
pub(crate) fn what_moves_the_visit_on_stands_in_its_corner(shown: &Shown<'_>) {
    let primaries = ElementQuery::from_root(shown.screen)
        .match_inherits("PrimaryButton")
        .find_all();
    assert!(primaries.len() <= 1, "{}: several ways on", shown.page);
    for primary in primaries {
        let r = rect(&primary);
        let margin = if shown.size.width < 1200.0 {
            24.0
        } else {
            40.0
        };
        assert!(
            (shown.size.width - r.x - r.width - margin).abs() < 1.0
                && r.y > shown.size.height - 120.0
                && r.height >= 72.0
                && r.width >= 230.0,
            "{}: {r:?}",
            shown.page
        );
    }
}
