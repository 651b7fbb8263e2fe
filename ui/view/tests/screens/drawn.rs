//! What is drawn from data: QR codes, and the shapes that a kanji can have.

use ubugoe_view::{qr_image, shapes};

#[test]
fn a_matrix_keeps_its_modules_and_gains_four_white_ones_around() {
    let image = qr_image(2, &[true, false, false, true]);
    assert_eq!((image.size().width, image.size().height), (10, 10));
    let pixels = image.to_rgba8().unwrap();
    let dark: Vec<usize> = pixels
        .as_slice()
        .iter()
        .enumerate()
        .filter(|(_, p)| p.r == 0)
        .map(|(i, _)| i)
        .collect();
    assert_eq!(dark, [4 * 10 + 4, 5 * 10 + 5]);
}

#[test]
fn a_matrix_of_the_wrong_length_draws_nothing() {
    assert_eq!(qr_image(3, &[true; 8]).size().width, 0);
    assert_eq!(qr_image(0, &[]).size().width, 0);
}

#[test]
fn the_shapes_of_a_kanji_are_itself_and_its_registered_variants() {
    assert_eq!(shapes('葛'), ["葛", "葛\u{E0100}", "葛\u{E0101}"]);
    assert_eq!(shapes('邊').len(), 9);
    assert_eq!(shapes('子'), ["子"]);
    assert_eq!(shapes('あ'), ["あ"]);
}

#[test]
fn every_line_of_the_list_was_read() {
    for line in include_str!("../../data/shapes.txt").lines() {
        if line.starts_with('#') {
            continue;
        }
        let mut words = line.split(' ');
        let kanji = words.next().unwrap().chars().next().unwrap();
        let selectors = words.count();
        assert!(selectors > 1, "{line}");
        assert_eq!(shapes(kanji).len(), 1 + selectors, "{line}");
    }
}
