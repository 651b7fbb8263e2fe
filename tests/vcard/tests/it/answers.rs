//! Selection, reading, PINs and status words, against the literals of the published descriptions.

use ubugoe_vcard::{Card, Persona};

use super::{
    SELECT_COMMON, SELECT_ISD, SELECT_JPKI, SELECT_TEXT, check, data, issuer, powered, read_all,
    send,
};

#[test]
fn without_power_there_is_no_answer() {
    let mut card = issuer().issue("hana").unwrap();
    assert!(card.transmit(&[0x00, 0xA4, 0x00, 0x00]).is_empty());
}

#[test]
fn the_answer_to_reset_is_a_contactless_readers() {
    let card = issuer().issue("hana").unwrap();
    assert_eq!(hex::encode_upper(card.atr()), "3B888001000005E0B381A1007F");
}

#[test]
fn applications_are_selected_by_name_or_by_its_beginning() {
    check(
        &mut powered("hana"),
        &[
            (SELECT_JPKI, "9000"),
            (SELECT_TEXT, "9000"),
            (SELECT_COMMON, "9000"),
            (SELECT_ISD, "9000"),
            ("00A4040C02D392", "9000"),
            ("00A4040C03D392F0", "9000"),
            ("00A4040C0AD392F000260100000002", "6A82"),
            ("00A4040C0BD392F00026010000000100", "6A82"),
            ("00A4040C07A0000000031010", "6A82"),
            ("00A4040C00", "6700"),
        ],
    );
}

#[test]
fn the_master_file_cannot_be_selected_and_pretends_otherwise_inside_an_application() {
    let mut card = powered("hana");
    check(
        &mut card,
        &[
            ("00A40000", "6A86"),
            ("00A40000023F00", "6A82"),
            (SELECT_JPKI, "9000"),
            ("00A40000", "9000"),
            ("00A40000023F00", "6A82"),
            // the application is still the JPKI one
            ("00A4020C02000A", "9000"),
        ],
    );
}

#[test]
fn files_are_selected_with_p1_02_only() {
    check(
        &mut powered("hana"),
        &[
            ("00A4020C020006", "6A82"),
            (SELECT_JPKI, "9000"),
            ("00A4020C020006", "9000"),
            ("00A4090C020006", "6A86"),
            ("00A4020C020003", "6A82"),
            ("00A4020C0106", "6700"),
        ],
    );
}

#[test]
fn reading_gives_up_to_256_bytes_less_at_the_end_and_6b00_beyond() {
    let mut card = powered("hana");
    check(
        &mut card,
        &[
            ("00B0000000", "6986"),
            (SELECT_JPKI, "9000"),
            ("00B0000000", "6986"),
        ],
    );
    assert_eq!(data(&mut card, "00B0860000").len(), 160);
    assert_eq!(data(&mut card, "00B0000010").len(), 16);
    assert_eq!(data(&mut card, "00B000900F").len(), 15);
    assert_eq!(data(&mut card, "00B0009000").len(), 16);
    assert_eq!(data(&mut card, "00B0869F00").len(), 1);
    check(
        &mut card,
        &[
            ("00B000A000", "6B00"),
            ("00B0000000000000", "6700"),
            ("00B00000000101", "6700"),
            ("00B00000", "6700"),
            ("00B0830000", "6A82"),
            ("00B0A60000", "6A86"),
            ("00B0980000", "6981"),
        ],
    );
}

#[test]
fn a_certificate_is_longer_than_one_read_and_followed_by_filler() {
    let mut card = powered("hana");
    check(
        &mut card,
        &[(SELECT_JPKI, "9000"), ("00A4020C02000A", "9000")],
    );
    let file = read_all(&mut card);
    let length = usize::from(file[2]) << 8 | usize::from(file[3]);
    assert_eq!(file[..2], [0x30, 0x82]);
    // seven reads of 256 bytes at most: the budget of the card driver counts on it
    assert!((1500..1792).contains(&(length + 4)), "{length}");
    assert_eq!(file[length + 4..], [0xFF; 16]);
}

#[test]
fn the_extended_persona_gives_a_whole_file_to_an_extended_length() {
    let mut card = powered("extended");
    check(&mut card, &[(SELECT_JPKI, "9000")]);
    let whole = data(&mut card, "00B08A00000000");
    assert_eq!(whole[..2], [0x30, 0x82]);
    assert!(whole.len() > 1500);
    assert_eq!(data(&mut card, "00B08A00000400").len(), 1024);
    let mut plain = powered("hana");
    check(
        &mut plain,
        &[
            (SELECT_JPKI, "9000"),
            ("00B08A00000000", "6700"),
            ("00B08A00000101", "6700"),
        ],
    );
    assert_eq!(data(&mut plain, "00B08A00000100").len(), 256);
}

#[test]
fn logical_channels_and_unknown_commands_are_refused_in_their_own_words() {
    check(
        &mut powered("hana"),
        &[
            ("01A4040C0AD392F000260100000001", "6881"),
            ("03B0000000", "6881"),
            ("A0A4000000", "6E00"),
            ("FFCA000000", "6E00"),
            ("0012000000", "6D00"),
            ("80FC0000", "6700"),
            ("00A404", "6700"),
        ],
    );
}

#[test]
fn a_wrong_pin_counts_down_to_63c0_and_then_answers_6984() {
    check(
        &mut powered("hana"),
        &[
            (SELECT_TEXT, "9000"),
            ("00A4020C020011", "9000"),
            ("00200080", "63C3"),
            ("00200080", "63C3"),
            ("002000800430303030", "63C2"),
            ("00200080", "63C2"),
            ("002000800430303030", "63C1"),
            ("002000800430303030", "63C0"),
            ("00200080", "63C0"),
            ("002000800430303030", "6984"),
            // not even the right one helps now
            ("002000800431333537", "6984"),
            ("00200080", "63C0"),
        ],
    );
}

#[test]
fn only_success_resets_the_counter_and_the_query_never_says_9000() {
    let mut card = powered("hana");
    check(
        &mut card,
        &[
            (SELECT_TEXT, "9000"),
            ("002000910430303030", "63C2"),
            ("002000910430303030", "63C1"),
        ],
    );
    card.power_off();
    card.power_on();
    check(
        &mut card,
        &[
            (SELECT_TEXT, "9000"),
            ("00200091", "63C1"),
            ("002000910431333537", "9000"),
            ("00200091", "63C3"),
            ("00B0820000", "9000"),
        ],
    );
}

#[test]
fn every_secret_has_the_tries_of_a_real_card() {
    check(
        &mut powered("hana"),
        &[
            (SELECT_JPKI, "9000"),
            ("00200098", "63C3"),
            ("0020009B", "63C5"),
            (SELECT_TEXT, "9000"),
            ("00200091", "63C3"),
            ("00200092", "63C0"),
            ("002000920430303030", "6984"),
            ("00200094", "63CA"),
            ("00200095", "63CA"),
            (SELECT_COMMON, "9000"),
            ("0020009C", "63C3"),
        ],
    );
}

#[test]
fn verify_is_refused_where_it_makes_no_sense() {
    check(
        &mut powered("hana"),
        &[
            (SELECT_JPKI, "9000"),
            ("00200080", "6986"),
            ("00200086", "6981"),
            ("00200083", "6A82"),
            ("00200180", "6A86"),
            ("00200000", "6A86"),
            ("0020009B113030303030303030303030303030303030", "6700"),
            ("0020009B", "63C5"),
        ],
    );
}

#[test]
fn the_sign_password_is_compared_byte_by_byte_and_opens_the_sign_certificate() {
    check(
        &mut powered("hana"),
        &[
            (SELECT_JPKI, "9000"),
            ("00B0810000", "6982"),
            // "ubugoe2026": the card does not fold to upper case
            ("0020009B0A756275676F6532303236", "63C4"),
            ("0020009B0A554255474F4532303236", "9000"),
            ("00B0810000", "9000"),
            // the authentication PIN is not presented by that
            ("802A0097010100", "6982"),
        ],
    );
}

/// Presents the text PIN of `hana` and reads the attributes.
const OPEN_TEXT: [(&str, &str); 3] = [
    (SELECT_TEXT, "9000"),
    ("002000910431333537", "9000"),
    ("00B0820000", "9000"),
];

#[test]
fn the_security_status_outlives_reselection_and_warm_reset() {
    let mut card = powered("hana");
    check(&mut card, &OPEN_TEXT);
    check(&mut card, &[(SELECT_TEXT, "9000"), ("00B0820000", "9000")]);
    card.reset();
    check(
        &mut card,
        &[
            ("00B0820000", "6986"),
            (SELECT_TEXT, "9000"),
            ("00B0820000", "9000"),
        ],
    );
    // a failed SELECT changes nothing
    check(
        &mut card,
        &[("00A4040C02AABB", "6A82"), ("00B0820000", "9000")],
    );
}

#[test]
fn the_security_status_ends_with_another_application_the_card_manager_or_the_field() {
    for other in [SELECT_JPKI, SELECT_COMMON, SELECT_ISD] {
        let mut card = powered("hana");
        check(&mut card, &OPEN_TEXT);
        check(
            &mut card,
            &[
                (other, "9000"),
                (SELECT_TEXT, "9000"),
                ("00B0820000", "6982"),
            ],
        );
    }
    let mut card = powered("hana");
    check(&mut card, &OPEN_TEXT);
    card.power_off();
    card.power_on();
    check(&mut card, &[(SELECT_TEXT, "9000"), ("00B0820000", "6982")]);
}

#[test]
fn the_other_application_after_a_warm_reset_still_ends_the_security_status() {
    let mut card = powered("hana");
    check(&mut card, &OPEN_TEXT);
    card.reset();
    check(
        &mut card,
        &[
            (SELECT_ISD, "9000"),
            (SELECT_TEXT, "9000"),
            ("00B0820000", "6982"),
        ],
    );
}

#[test]
fn a_wrong_pin_takes_back_what_the_right_one_opened() {
    let mut card = powered("hana");
    check(&mut card, &OPEN_TEXT);
    check(
        &mut card,
        &[("002000910430303030", "63C2"), ("00B0820000", "6982")],
    );
}

#[test]
fn a_pin_is_replaced_only_after_it_was_presented_and_only_by_one_of_its_form() {
    let mut card = powered("hana");
    check(
        &mut card,
        &[
            (SELECT_TEXT, "9000"),
            ("00A4020C020011", "9000"),
            ("002401800439393939", "6982"),
            ("002000800431333537", "9000"),
            ("0024018003393939", "6A80"),
            ("002401800439393939", "9000"),
            (SELECT_COMMON, "9000"),
            (SELECT_TEXT, "9000"),
            ("002000910431333537", "63C2"),
            ("002000910439393939", "9000"),
            (SELECT_COMMON, "9000"),
            ("00A4020C02001C", "9000"),
            ("002000800438363432", "9000"),
            ("803200800431313131", "9000"),
            ("002000800431313131", "9000"),
        ],
    );
}

#[test]
fn the_card_says_without_a_pin_when_it_ends_and_who_issued_it() {
    let mut card = powered("hana");
    // hana was born on 17 May 1994; her card ends six years after this year
    assert_eq!(data(&mut card, "00CA00F200"), b"20320517");
    assert_eq!(data(&mut card, "00CA00F000"), b"99001");
    check(
        &mut card,
        &[
            ("00CA00F800", "6700"),
            ("00CA00F8000000", "9000"),
            ("00CA123400", "6A88"),
            (SELECT_COMMON, "9000"),
        ],
    );
    check(&mut card, &[("00CA00F200", "6A88"), ("00CA5F5100", "9000")]);
    let record = data(&mut card, "00B2010C00");
    assert_eq!(record[..2], [0x01, 0x1C]);
    assert_eq!(&record[2 + 15..], b"9900120320517");
    check(
        &mut card,
        &[
            ("00B2020400", "6A83"),
            ("00B2000400", "6A86"),
            ("00B0000000", "6981"),
            ("00A4020C020001", "9000"),
            ("00B2010400", "9000"),
        ],
    );
}

#[test]
fn challenges_have_the_length_asked_for_and_differ() {
    let mut card = powered("hana");
    let first = data(&mut card, "0084000010");
    assert_eq!(first.len(), 16);
    assert_ne!(first, data(&mut card, "0084000010"));
    assert_eq!(data(&mut card, "0084000000").len(), 256);
    check(
        &mut card,
        &[
            ("00840000000010", "6985"),
            ("0084010010", "6A86"),
            ("00840000", "6700"),
        ],
    );
}

#[test]
fn a_child_has_no_signing_certificate_and_says_so_without_a_pin() {
    let mut card = powered("child");
    check(
        &mut card,
        &[
            (SELECT_JPKI, "9000"),
            ("00B0810000", "6A82"),
            ("00B08A0000", "9000"),
            ("0020009B", "63C0"),
        ],
    );
    assert_eq!(data(&mut card, "00B0880000"), [0x00, 0x8F, 0x00]);
    assert_eq!(
        data(&mut powered_jpki("hana"), "00B0880000"),
        [0x8F, 0x8F, 0x00]
    );
}

fn powered_jpki(persona: &str) -> Card {
    let mut card = powered(persona);
    check(&mut card, &[(SELECT_JPKI, "9000")]);
    card
}

#[test]
fn a_phone_serves_the_jpki_application_only_and_guards_its_authentication_certificate() {
    for (persona, label, pin, indicator) in [
        (
            "smartphone",
            "JPKIAPGPSETOKEN ",
            "002000980432343638",
            "6D00",
        ),
        ("iphone", "JPKIAPIOSTOKEN  ", "002000980432343638", "9000"),
    ] {
        let mut card = powered(persona);
        check(
            &mut card,
            &[
                (SELECT_TEXT, "6A82"),
                (SELECT_COMMON, "6A82"),
                (SELECT_ISD, "6A82"),
                (SELECT_JPKI, "9000"),
                ("00B08A0000", "6982"),
                (pin, "9000"),
                ("00B08A0000", "9000"),
                ("80FC0000", indicator),
            ],
        );
        assert_eq!(&data(&mut card, "00B0860000")[..16], label.as_bytes());
    }
    assert_eq!(
        &data(&mut powered_jpki("hana"), "00B0860000")[..16],
        b"JPKIAPICCTOKEN2 "
    );
}

#[test]
fn another_kind_of_card_knows_none_of_the_applications() {
    check(
        &mut powered("wrong_kind"),
        &[
            (SELECT_JPKI, "6A82"),
            (SELECT_TEXT, "6A82"),
            (SELECT_COMMON, "6A82"),
            (SELECT_ISD, "9000"),
            ("00CA00F200", "6A88"),
        ],
    );
}

#[test]
fn the_locked_and_last_try_personas_begin_there() {
    check(
        &mut powered("locked"),
        &[
            (SELECT_TEXT, "9000"),
            ("00200091", "63C0"),
            ("002000910436303630", "6984"),
            (SELECT_JPKI, "9000"),
            ("0020009B", "63C0"),
            ("00200098", "63C0"),
        ],
    );
    check(
        &mut powered("last_try"),
        &[
            (SELECT_TEXT, "9000"),
            ("00200091", "63C1"),
            ("002000910430303030", "63C0"),
            ("002000910433363930", "6984"),
        ],
    );
}

#[test]
fn an_expired_card_ended_before_today() {
    let mut card = powered("expired");
    assert_eq!(data(&mut card, "00CA00F200"), b"20250314");
}

#[test]
fn a_sleepy_card_answers_6f00_once_after_power_up() {
    let text = include_str!("../../personas/hana.toml");
    let text = text.replace("[card]", "[card]\nfirst_answer_6f00 = true");
    let persona = Persona::parse("sleepy", &text).unwrap();
    let mut card = Card::issue(&persona, issuer().pki()).unwrap();
    card.power_on();
    check(&mut card, &[(SELECT_JPKI, "6F00"), (SELECT_JPKI, "9000")]);
    assert_eq!(send(&mut card, "00B0860000").1, "9000");
}

#[test]
fn no_bytes_from_outside_make_the_card_panic_or_answer_without_a_status_word() {
    let mut card = powered("hana");
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    for round in 0..60_000_u32 {
        let length = usize::from(noise() % 12);
        let mut apdu: Vec<u8> = (0..length).map(|_| noise()).collect();
        // two of three begin like a command the card knows
        if round % 3 != 0 && apdu.len() > 2 {
            apdu[0] = [0x00, 0x80][usize::from(noise() % 2)];
            // all but signing, which takes its time
            let known = [
                0xA4, 0xB0, 0xB2, 0x20, 0x24, 0x32, 0xCA, 0x84, 0xAE, 0xFC, 0xA2,
            ];
            apdu[1] = known[usize::from(noise()) % known.len()];
        }
        assert!(card.transmit(&apdu).len() >= 2, "{apdu:02X?}");
        if round % 16 == 0 {
            card.transmit(
                &hex::decode([SELECT_JPKI, SELECT_TEXT, SELECT_COMMON][usize::from(noise() % 3)])
                    .unwrap(),
            );
        }
    }
}
