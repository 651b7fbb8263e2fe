//! Writes the file. All problems are found before a byte is written.

use ubugoe_procedures::codes::{AccountKind, BankAccount, BranchCode, bank, branch};

use super::layout::{RECORD, Record, Shape};
use super::text::{byte, name_allowed, to_ledger};
use super::{CLIENT, HOLDER, Header, LineEnd, MOST_TRANSFERS, MOST_YEN, Problem, Transfer};

/// Something that is as the layout wants it, and that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The holder's name has more than thirty characters: its first thirty stand in the file, as banks ask
    /// (`sihd-bk.jp` 「振込先口座名義の入力に関するご注意」: from the beginning, all thirty places).
    HolderCut {
        /// Which transfer, from nought.
        transfer: usize,
        /// How many characters were left away.
        left: usize,
    },
    /// The payer's name has more than forty characters: its first forty stand in the file.
    ClientCut {
        /// How many characters were left away.
        left: usize,
    },
    /// The bank is not in this program's table: its name is left blank, its number stands.
    UnknownBank {
        /// Which transfer, from nought; none for the payer.
        transfer: Option<usize>,
    },
    /// The branch is not in this program's table: its name is left blank, its number stands.
    UnknownBranch {
        /// Which transfer, from nought; none for the payer.
        transfer: Option<usize>,
    },
}

/// A file, and what is to be known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its notes, payer first, then by transfer.
    pub notes: Vec<Note>,
    /// 合計金額.
    pub total_yen: u64,
}

/// Writes a file of transfers.
///
/// # Errors
/// Every [`Problem`] at once.
pub fn write(header: &Header, transfers: &[Transfer]) -> Result<Vec<u8>, Vec<Problem>> {
    write_noted(header, transfers).map(|written| written.bytes)
}

/// Writes a file of transfers, with notes on what was cut or is not in the table of banks.
///
/// # Errors
/// Every [`Problem`] at once.
pub fn write_noted(header: &Header, transfers: &[Transfer]) -> Result<Written, Vec<Problem>> {
    let mut problems = Vec::new();
    let client = to_ledger(&header.client_name);
    check_header(header, &client, &mut problems);
    let holders: Vec<String> = transfers.iter().map(|one| to_ledger(&one.holder)).collect();
    for (index, (transfer, holder)) in transfers.iter().zip(&holders).enumerate() {
        check_transfer(index, transfer, holder, &mut problems);
    }
    let sum: u128 = transfers.iter().map(|one| u128::from(one.yen)).sum();
    match transfers.len() {
        0 => problems.push(Problem::Nothing),
        count if count > MOST_TRANSFERS => problems.push(Problem::TooMany(count)),
        _ => {}
    }
    let total_yen = match u64::try_from(sum) {
        Ok(total) if total < 1_000_000_000_000 => total,
        _ => {
            problems.push(Problem::Sum(sum));
            0
        }
    };
    if !problems.is_empty() {
        return Err(problems);
    }

    let mut out = Out::new(header.line_end, transfers.len());
    out.header(header, &client);
    for (index, (transfer, holder)) in transfers.iter().zip(&holders).enumerate() {
        out.transfer(index, transfer, holder);
    }
    let count = transfers.len().to_string();
    out.record(Record::Trailer, &["8", &count, &total_yen.to_string(), ""]);
    out.record(Record::End, &["9", ""]);
    Ok(Written {
        bytes: out.bytes,
        notes: out.notes,
        total_yen,
    })
}

/// What is wrong with one transfer, whatever else is in the file.
#[must_use]
pub fn check(transfer: &Transfer) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_transfer(0, transfer, &to_ledger(&transfer.holder), &mut problems);
    problems
}

fn check_header(header: &Header, client: &str, problems: &mut Vec<Problem>) {
    if header.client_code > 9_999_999_999 {
        problems.push(Problem::ClientCode);
    }
    if header.account.kind == AccountKind::Savings {
        problems.push(Problem::ClientAccount);
    }
    if client.is_empty() {
        problems.push(Problem::ClientName);
    }
    problems
        .extend(illegal(client).map(|(at, character)| Problem::ClientCharacter { at, character }));
}

fn check_transfer(transfer: usize, one: &Transfer, holder: &str, problems: &mut Vec<Problem>) {
    if holder.is_empty() {
        problems.push(Problem::HolderName { transfer });
    }
    problems.extend(
        illegal(holder).map(|(at, character)| Problem::HolderCharacter {
            transfer,
            at,
            character,
        }),
    );
    if !(1..=MOST_YEN).contains(&one.yen) {
        let yen = one.yen;
        problems.push(Problem::Amount { transfer, yen });
    }
    if one.reference > 9_999_999_999 {
        problems.push(Problem::Reference { transfer });
    }
}

fn illegal(name: &str) -> impl Iterator<Item = (usize, char)> {
    name.chars()
        .enumerate()
        .filter(|(_, character)| !name_allowed(*character))
}

/// The file as it grows.
struct Out {
    bytes: Vec<u8>,
    notes: Vec<Note>,
    line_end: LineEnd,
}

impl Out {
    fn new(line_end: LineEnd, transfers: usize) -> Self {
        Self {
            bytes: Vec::with_capacity((transfers + 3) * (RECORD + 2)),
            notes: Vec::new(),
            line_end,
        }
    }

    fn header(&mut self, header: &Header, client: &str) {
        let left = client.chars().count().saturating_sub(CLIENT);
        if left > 0 {
            self.notes.push(Note::ClientCut { left });
        }
        let (bank_kana, branch_kana) = self.names(&header.account, None);
        let day = format!("{:02}{:02}", header.day.month(), header.day.day());
        let account = &header.account;
        let items = [
            "1",
            "21",
            "0",
            &header.client_code.to_string(),
            client,
            &day,
            &account.bank.to_string(),
            &bank_kana,
            &account.branch.to_string(),
            &branch_kana,
            &account.kind.to_string(),
            &account.number.to_string(),
            "",
        ];
        self.record(Record::Header, &items);
    }

    fn transfer(&mut self, index: usize, transfer: &Transfer, holder: &str) {
        let left = holder.chars().count().saturating_sub(HOLDER);
        if left > 0 {
            self.notes.push(Note::HolderCut {
                transfer: index,
                left,
            });
        }
        let (bank_kana, branch_kana) = self.names(&transfer.account, Some(index));
        let account = &transfer.account;
        let items = [
            "2",
            &account.bank.to_string(),
            &bank_kana,
            &account.branch.to_string(),
            &branch_kana,
            // 手形交換所番号: not used
            "0",
            &account.kind.to_string(),
            &account.number.to_string(),
            holder,
            &transfer.yen.to_string(),
            // 新規コード: other
            "0",
            &transfer.reference.to_string(),
            "0",
            // 電信扱
            "7",
            "",
            "",
        ];
        self.record(Record::Data, &items);
    }

    /// Readings of bank and branch as the table has them.
    fn names(&mut self, account: &BankAccount, transfer: Option<usize>) -> (String, String) {
        let Some(known) = bank(account.bank) else {
            self.notes.push(Note::UnknownBank { transfer });
            return (String::new(), String::new());
        };
        let known_branch = |code: BranchCode| branch(account.bank, code);
        let branch_kana = known_branch(account.branch).map(|branch| printable(branch.kana));
        if branch_kana.is_none() {
            self.notes.push(Note::UnknownBranch { transfer });
        }
        (printable(known.kana), branch_kana.unwrap_or_default())
    }

    fn record(&mut self, record: Record, values: &[&str]) {
        for (item, value) in record.items().iter().zip(values) {
            let bytes = value.chars().filter_map(byte).take(item.width);
            let before = self.bytes.len();
            match item.shape {
                Shape::Text => {
                    self.bytes.extend(bytes);
                    self.bytes.resize(before + item.width, b' ');
                }
                Shape::Digits => {
                    let missing = item.width.saturating_sub(value.len());
                    self.bytes.resize(before + missing, b'0');
                    self.bytes.extend(bytes);
                }
            }
        }
        if self.line_end == LineEnd::CrLf {
            self.bytes.extend_from_slice(b"\r\n");
        }
    }
}

/// A bank's or branch's reading, without what its name field may not have; the number beside it is what counts.
fn printable(kana: &str) -> String {
    to_ledger(kana)
        .chars()
        .filter(|c| name_allowed(*c))
        .collect()
}
