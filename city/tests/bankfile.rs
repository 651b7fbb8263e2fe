//! The payment file, byte by byte against the published layout, and read back whatever it holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use proptest::prelude::*;
use ubugoe_city::bankfile::{
    Fault, Header, LineEnd, Note, Problem, Transfer, name_allowed, read, to_ledger, write,
    write_noted,
};
use ubugoe_procedures::codes::{AccountKind, BankAccount};

fn account(bank: &str, branch: &str, kind: AccountKind, number: &str) -> BankAccount {
    BankAccount {
        bank: bank.parse().unwrap(),
        branch: branch.parse().unwrap(),
        kind,
        number: number.parse().unwrap(),
    }
}

fn header() -> Header {
    Header {
        client_code: 1_234_567,
        client_name: "アスコエシ カイケイカンリシャ".to_owned(),
        day: jiff::civil::date(2026, 12, 10),
        account: account("0001", "001", AccountKind::Ordinary, "7654321"),
        line_end: LineEnd::None,
    }
}

fn transfer(holder: &str, yen: u64) -> Transfer {
    Transfer {
        account: account("9900", "018", AccountKind::Ordinary, "1234567"),
        holder: holder.to_owned(),
        yen,
        reference: 42,
    }
}

/// Written out by hand from the table in docs/export.md.
#[test]
fn a_file_is_byte_for_byte_what_the_layout_says() {
    let transfers = [
        transfer("ヤマダ　ハナコ", 15_000),
        Transfer {
            account: account("0001", "009", AccountKind::Savings, "89"),
            holder: "ジョン・Smith".replace('・', " "),
            yen: 9_999_999_999,
            reference: 9_999_999_999,
        },
    ];
    let expected = [
        // 1 21 0 code(10) name(40) MMDD bank(4) name(15) branch(3) name(15) kind number(7) blank(17)
        format!(
            "1210{}{:<40}12100001{:<15}001{:<15}17654321{:17}",
            "0001234567", "ｱｽｺｴｼ ｶｲｹｲｶﾝﾘｼﾔ", "ﾐｽﾞﾎ", "ﾄｳｷﾖｳ", ""
        ),
        // 2 bank(4) name(15) branch(3) name(15) 0000 kind number(7) holder(30) yen(10) 0 ref(10) 0(10) 7 blank(1+7)
        format!(
            "29900{:<15}018{:<15}000011234567{:<30}00000150000000000004200000000007{:8}",
            "ﾕｳﾁﾖ", "ｾﾞﾛｲﾁﾊﾁ", "ﾔﾏﾀﾞ ﾊﾅｺ", ""
        ),
        format!(
            "20001{:<15}009{:<15}00004{}{:<30}99999999990999999999900000000007{:8}",
            "ﾐｽﾞﾎ", "ｶﾝﾀﾞｴｷﾏｴ", "0000089", "ｼﾞﾖﾝ SMITH", ""
        ),
        format!("8000002010000014999{:101}", ""),
        format!("9{:119}", ""),
    ];
    let shift_jis = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let plain: Vec<u8> = expected.iter().flat_map(|line| shift_jis(line)).collect();
    assert_eq!(plain.len(), 5 * 120);
    assert_eq!(write(&header(), &transfers).unwrap(), plain);
    let lines: Vec<u8> = expected
        .iter()
        .flat_map(|line| shift_jis(&format!("{line}\r\n")))
        .collect();
    let header = Header {
        line_end: LineEnd::CrLf,
        ..header()
    };
    assert_eq!(write(&header, &transfers).unwrap(), lines);
}

#[test]
fn long_names_fill_every_place_and_are_reported() {
    let long = "ガ".repeat(20);
    let written = write_noted(&header(), &[transfer("ヤマダ", 1), transfer(&long, 1)]).unwrap();
    assert_eq!(
        written.notes,
        [Note::HolderCut {
            transfer: 1,
            left: 10
        }]
    );
    let file = read(&written.bytes).unwrap();
    assert_eq!(file.transfers[1].holder, "ｶﾞ".repeat(15));
}

#[test]
fn a_bank_that_is_not_in_the_table_is_a_note_and_no_refusal() {
    let mut gone = transfer("ヤマダ", 1);
    gone.account.bank = "9898".parse().unwrap();
    let mut moved = transfer("ヤマダ", 1);
    moved.account.branch = "001".parse().unwrap();
    let written = write_noted(&header(), &[gone, moved]).unwrap();
    assert_eq!(
        written.notes,
        [
            Note::UnknownBank { transfer: Some(0) },
            Note::UnknownBranch { transfer: Some(1) }
        ]
    );
    let file = read(&written.bytes).unwrap();
    assert_eq!(
        (
            file.transfers[0].bank.as_str(),
            file.transfers[0].bank_name.as_str()
        ),
        ("9898", "")
    );
}

#[test]
fn every_problem_is_told_at_once_and_nothing_is_written() {
    let broken = Header {
        client_code: 10_000_000_000,
        client_name: "市".to_owned(),
        account: account("0001", "001", AccountKind::Savings, "1"),
        ..header()
    };
    let mut far = transfer("ヤマ田ヲ", 0);
    far.reference = 10_000_000_000;
    assert_eq!(
        write(&broken, &[transfer(" ", 10_000_000_000), far]).unwrap_err(),
        [
            Problem::ClientCode,
            Problem::ClientAccount,
            Problem::ClientCharacter {
                at: 0,
                character: '市'
            },
            Problem::HolderName { transfer: 0 },
            Problem::Amount {
                transfer: 0,
                yen: 10_000_000_000
            },
            Problem::HolderCharacter {
                transfer: 1,
                at: 2,
                character: '田'
            },
            Problem::HolderCharacter {
                transfer: 1,
                at: 3,
                character: 'ｦ'
            },
            Problem::Amount {
                transfer: 1,
                yen: 0
            },
            Problem::Reference { transfer: 1 },
        ]
    );
    assert_eq!(write(&header(), &[]).unwrap_err(), [Problem::Nothing]);
    let rich = vec![transfer("ヤマダ", 9_999_999_999); 101];
    assert_eq!(
        write(&header(), &rich).unwrap_err(),
        [Problem::Sum(1_009_999_999_899)]
    );
}

#[test]
fn a_changed_total_a_lost_record_and_a_cut_file_are_found() {
    let good = write(
        &header(),
        &[transfer("ヤマダ", 100), transfer("サトウ", 200)],
    )
    .unwrap();
    let mut total = good.clone();
    total[3 * 120 + 18] = b'1';
    assert_eq!(
        read(&total).unwrap_err(),
        [Fault::Sum {
            stated: 301,
            found: 300
        }]
    );
    let lost = [&good[..120], &good[240..]].concat();
    assert_eq!(
        read(&lost).unwrap_err(),
        [
            Fault::Count {
                stated: 2,
                found: 1
            },
            Fault::Sum {
                stated: 300,
                found: 200
            }
        ]
    );
    assert_eq!(read(&good[..good.len() - 1]).unwrap_err(), [Fault::Size]);
    assert_eq!(
        read(&good[..480]).unwrap_err().first(),
        Some(&Fault::Order { record: 2 })
    );
    assert_eq!(read(b"").unwrap_err(), [Fault::Size]);
}

fn a_reading() -> impl Strategy<Value = String> {
    "[ァ-ロワンー A-Za-z0-9().ｱ-ﾝ\u{3000}ａ-ｚぁ-ろわん－]{1,44}"
        .prop_filter("a name", |name| !to_ledger(name).is_empty())
}

fn a_transfer() -> impl Strategy<Value = Transfer> {
    let kind = prop_oneof![
        Just(AccountKind::Ordinary),
        Just(AccountKind::Current),
        Just(AccountKind::Savings)
    ];
    (
        0_u32..10_000,
        0_u32..1_000,
        kind,
        0_u32..10_000_000,
        a_reading(),
        1_u64..9_000_000_000,
        0_u64..10_000_000_000,
    )
        .prop_map(
            |(bank, branch, kind, number, holder, yen, reference)| Transfer {
                account: account(
                    &format!("{bank:04}"),
                    &format!("{branch:03}"),
                    kind,
                    &format!("{number:07}"),
                ),
                holder,
                yen,
                reference,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(transfers in prop::collection::vec(a_transfer(), 1..20), crlf: bool) {
        let line_end = if crlf { LineEnd::CrLf } else { LineEnd::None };
        let bytes = write(&Header { line_end, ..header() }, &transfers).unwrap();
        prop_assert_eq!(bytes.len(), (transfers.len() + 3) * if crlf { 122 } else { 120 });
        let file = read(&bytes).unwrap();
        prop_assert_eq!(file.line_end, line_end);
        prop_assert_eq!(file.header.client_code, 1_234_567);
        prop_assert_eq!(file.header.month_day, (12, 10));
        prop_assert_eq!(file.total_yen, transfers.iter().map(|one| one.yen).sum::<u64>());
        prop_assert_eq!(file.transfers.len(), transfers.len());
        for (read, one) in file.transfers.iter().zip(&transfers) {
            let held: String = to_ledger(&one.holder).chars().take(30).collect();
            prop_assert_eq!(&read.holder, held.trim_end());
            prop_assert_eq!(&read.bank, &one.account.bank.to_string());
            prop_assert_eq!(&read.branch, &one.account.branch.to_string());
            prop_assert_eq!(read.kind.to_string(), one.account.kind.to_string());
            prop_assert_eq!(&read.number, &one.account.number.to_string());
            prop_assert_eq!((read.yen, read.reference), (one.yen, one.reference));
        }
    }

    #[test]
    fn every_character_that_banks_do_not_take_is_reported(name in "\\PC{1,30}") {
        let ledger = to_ledger(&name);
        let illegal: Vec<(usize, char)> = ledger.chars().enumerate().filter(|(_, c)| !name_allowed(*c)).collect();
        match write(&header(), &[transfer(&name, 1)]) {
            Ok(_) => prop_assert!(illegal.is_empty() && !ledger.is_empty()),
            Err(problems) => {
                let told: Vec<(usize, char)> = problems.iter().filter_map(|problem| match problem {
                    Problem::HolderCharacter { at, character, .. } => Some((*at, *character)),
                    _ => None,
                }).collect();
                prop_assert_eq!(told, illegal);
                prop_assert!(ledger.is_empty() || problems.len() == ledger.chars().filter(|c| !name_allowed(*c)).count());
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..800)) {
        if let Ok(file) = read(&bytes) {
            prop_assert!(!file.transfers.is_empty());
        }
    }
}
