//! `code`: whether a code is well formed, and what the tables know of it.
//!
//! What was given is never repeated unless it was well formed: it may be an individual number.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{
    self, AccountKind, AccountNumber, BankCode, BranchCode, CodeError, CorporateBody,
    CorporateNumber, InsurerKind, InsurerNumber, Municipality, MunicipalityKind,
};
use crate::door::{Context, DoorError, Kind};
use crate::ids::{IdError, MunicipalityCode};

pub(crate) struct Code;

/// A code.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// What kind of code it is.
    kind: CodeKind,
    /// The code as text. A bank account is `bank`, `bank-branch`, `bank-branch-number` or `bank-branch-kind-number`, a
    /// ゆうちょ account `symbol-number`; both may also be an object of their parts.
    value: Given,
    /// The day on which a municipality's code should be in force, if not the door's own.
    #[serde(default)]
    as_of: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CodeKind {
    /// 全国地方公共団体コード, six digits.
    Municipality,
    /// 法人番号, thirteen digits.
    Corporate,
    /// 保険者番号, eight or six digits.
    Insurer,
    /// ゆうちょ 記号・番号.
    Yucho,
    /// Bank, branch, kind and number.
    Bank,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a code is a text or an object of its parts")]
enum Given {
    /// As text.
    Text(String),
    /// In parts.
    Parts(Parts),
}

/// The parts of an account, those that are there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "an object of the parts of a code")]
struct Parts {
    /// ゆうちょ 記号, five digits.
    #[serde(default, alias = "symbol")]
    kigo: Option<String>,
    /// ゆうちょ 番号, up to eight digits.
    #[serde(default)]
    bango: Option<String>,
    /// Bank code, four digits.
    #[serde(default)]
    bank: Option<String>,
    /// Branch code, three digits.
    #[serde(default)]
    branch: Option<String>,
    /// 1 普通, 2 当座, 4 貯蓄.
    #[serde(default)]
    kind: Option<String>,
    /// Account number, up to seven digits.
    #[serde(default)]
    number: Option<String>,
}

/// What is known of the code.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// Whether it is well formed and its check digit right. A valid code may still be nobody's.
    valid: bool,
    /// The check digit that belongs there; null where the kind has none or the rest is not well formed.
    expected_check: Option<u8>,
    /// What is wrong: `shape`, `check_digit`, `bank`, `branch`, `account_kind`, `number`, `symbol`; null when valid.
    problem: Option<&'static str>,
    /// Whether the table has it; null where there is no table or the code is not valid.
    known: Option<bool>,
    /// What it is called.
    name: Option<String>,
    /// The municipality.
    #[serde(skip_serializing_if = "Option::is_none")]
    municipality: Option<MunicipalityAnswer>,
    /// The kind of insurance.
    #[serde(skip_serializing_if = "Option::is_none")]
    insurance: Option<&'static str>,
    /// The account as other banks know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountAnswer>,
}

/// A municipality of the table.
#[derive(Debug, Serialize, JsonSchema)]
struct MunicipalityAnswer {
    /// Six digits.
    code: String,
    /// `prefecture`, `designated_city`, `ward`, `special_ward`, `city`, `town` or `village`.
    kind: &'static str,
    /// Its prefecture.
    prefecture: &'static str,
    /// The county of a town or village, the city of a ward; else empty.
    within: &'static str,
    /// Its own name.
    name: &'static str,
    /// Whether the code is in force on the day asked about.
    in_force: bool,
    /// Other codes in force of the same name: choose by code, with the prefecture shown.
    same_name: Vec<String>,
}

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
struct AccountAnswer {
    /// Four digits.
    bank: String,
    /// The bank's name, if it is in the table.
    bank_name: Option<&'static str>,
    /// Three digits.
    branch: Option<String>,
    /// The branch's name, if it is in the table.
    branch_name: Option<&'static str>,
    /// 1 普通, 2 当座, 4 貯蓄.
    kind: Option<String>,
    /// Seven digits with leading zeros.
    number: Option<String>,
}

impl Answer {
    fn wrong(problem: &'static str, expected_check: Option<u8>) -> Self {
        Self {
            expected_check,
            problem: Some(problem),
            ..Self::default()
        }
    }
}

impl Kind for Code {
    const NAME: &'static str = "code";
    const ABOUT: &'static str =
        "whether a municipality, corporate, insurer, bank or ゆうちょ code is right";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let day = question.as_of.unwrap_or(cx.as_of);
        match (question.kind, question.value) {
            (CodeKind::Municipality, Given::Text(text)) => Ok(municipality(cx, &text, day)),
            (CodeKind::Corporate, Given::Text(text)) => Ok(corporate(&text)),
            (CodeKind::Insurer, Given::Text(text)) => Ok(insurer(&text)),
            (CodeKind::Yucho, value) => yucho(value),
            (CodeKind::Bank, value) => bank(value),
            (_, Given::Parts(_)) => Err(DoorError::impossible("this kind of code is a text")),
        }
    }
}

fn municipality(cx: &Context, text: &str, day: Date) -> Answer {
    let code: MunicipalityCode = match text.parse() {
        Ok(code) => code,
        Err(IdError::MunicipalityCheckDigit { expected, .. }) => {
            return Answer::wrong("check_digit", Some(expected));
        }
        // Five digits are the same code without its check digit.
        Err(_) => return Answer::wrong("shape", MunicipalityCode::check_digit(text)),
    };
    let found = codes::municipality(code);
    let profile = cx.catalogue.profile(&code);
    Answer {
        valid: true,
        expected_check: code.digits().last().copied(),
        known: Some(found.is_some() || profile.is_some()),
        name: found
            .map(Municipality::full_name)
            .or_else(|| profile.map(|profile| profile.name.ja.clone())),
        municipality: found.map(|found| described(found, day)),
        ..Answer::default()
    }
}

fn described(found: &Municipality, day: Date) -> MunicipalityAnswer {
    let same = codes::municipalities_named(found.name);
    MunicipalityAnswer {
        code: found.code.to_text(),
        kind: match found.kind {
            MunicipalityKind::Prefecture => "prefecture",
            MunicipalityKind::DesignatedCity => "designated_city",
            MunicipalityKind::Ward => "ward",
            MunicipalityKind::SpecialWard => "special_ward",
            MunicipalityKind::City => "city",
            MunicipalityKind::Town => "town",
            MunicipalityKind::Village => "village",
        },
        prefecture: found.prefecture,
        within: found.within,
        name: found.name,
        in_force: found.in_force(day),
        same_name: same
            .into_iter()
            .filter(|other| other.code != found.code && other.in_force(day))
            .map(|other| other.code.to_text())
            .collect(),
    }
}

fn corporate(text: &str) -> Answer {
    let number: CorporateNumber = match text.parse() {
        Ok(number) => number,
        Err(CodeError::CorporateCheckDigit { expected }) => {
            return Answer::wrong("check_digit", Some(expected));
        }
        Err(_) => return Answer::wrong("shape", None),
    };
    let body = match number.body() {
        CorporateBody::Municipality(code) => codes::municipality(code),
        CorporateBody::State | CorporateBody::Other => None,
    };
    Answer {
        valid: true,
        expected_check: text.get(1..).and_then(CorporateNumber::check_digit),
        // Of the five million numbers only those of municipalities follow from a table here.
        known: body.map(|_| true),
        name: body.map(Municipality::full_name),
        ..Answer::default()
    }
}

fn insurer(text: &str) -> Answer {
    let number: InsurerNumber = match text.parse() {
        Ok(number) => number,
        Err(CodeError::InsurerCheckDigit { expected }) => {
            return Answer::wrong("check_digit", Some(expected));
        }
        // Seven or five digits are the same number without its check digit.
        Err(_) => return Answer::wrong("shape", InsurerNumber::check_digit(text)),
    };
    let kind = match number.kind() {
        InsurerKind::Kokuho => "kokuho",
        InsurerKind::KyokaiKenpo => "kyokai_kenpo",
        InsurerKind::Seamen => "seamen",
        InsurerKind::KenpoKumiai => "kenpo_kumiai",
        InsurerKind::SelfDefence => "self_defence",
        InsurerKind::Kyosai => "kyosai",
        InsurerKind::LateElderly => "late_elderly",
        InsurerKind::Other => "other",
    };
    Answer {
        valid: true,
        expected_check: text
            .get(..text.len() - 1)
            .and_then(InsurerNumber::check_digit),
        insurance: Some(kind),
        ..Answer::default()
    }
}

fn yucho(value: Given) -> Result<Answer, DoorError> {
    let (kigo, bango) = match value {
        Given::Parts(Parts {
            kigo: Some(kigo),
            bango: Some(bango),
            ..
        }) => (kigo, bango),
        Given::Parts(_) => return Err(DoorError::impossible("kigo and bango are needed")),
        Given::Text(text) => {
            let parts: Vec<&str> = text.split(['-', ' ']).collect();
            match parts.as_slice() {
                // A single digit between the two is not part of either.
                [kigo, bango] | [kigo, _, bango] => ((*kigo).to_owned(), (*bango).to_owned()),
                _ => return Ok(Answer::wrong("shape", None)),
            }
        }
    };
    match codes::yucho_account(&kigo, &bango) {
        Ok(account) => Ok(account_answer(
            account.bank,
            Some(account.branch),
            Some(account.kind),
            Some(account.number),
        )),
        Err(CodeError::YuchoSymbol) => Ok(Answer::wrong("symbol", None)),
        Err(_) => Ok(Answer::wrong("number", None)),
    }
}

fn bank(value: Given) -> Result<Answer, DoorError> {
    let parts = match value {
        Given::Parts(parts) => parts,
        Given::Text(text) => {
            let own = |part: &str| Some(part.to_owned());
            let given: Vec<&str> = text.split('-').collect();
            let (bank, branch, kind, number) = match given.as_slice() {
                [bank] => (own(bank), None, None, None),
                [bank, branch] => (own(bank), own(branch), None, None),
                [bank, branch, number] => (own(bank), own(branch), None, own(number)),
                [bank, branch, kind, number] => (own(bank), own(branch), own(kind), own(number)),
                _ => return Ok(Answer::wrong("shape", None)),
            };
            Parts {
                bank,
                branch,
                kind,
                number,
                ..Parts::default()
            }
        }
    };
    let Some(bank) = &parts.bank else {
        return Err(DoorError::impossible("a bank is needed"));
    };
    let Ok(bank) = bank.parse::<BankCode>() else {
        return Ok(Answer::wrong("bank", None));
    };
    let Ok(branch) = parts
        .branch
        .map(|text| text.parse::<BranchCode>())
        .transpose()
    else {
        return Ok(Answer::wrong("branch", None));
    };
    let Ok(kind) = parts
        .kind
        .map(|text| text.parse::<AccountKind>())
        .transpose()
    else {
        return Ok(Answer::wrong("account_kind", None));
    };
    let Ok(number) = parts
        .number
        .map(|text| text.parse::<AccountNumber>())
        .transpose()
    else {
        return Ok(Answer::wrong("number", None));
    };
    Ok(account_answer(bank, branch, kind, number))
}

fn account_answer(
    bank: BankCode,
    branch: Option<BranchCode>,
    kind: Option<AccountKind>,
    number: Option<AccountNumber>,
) -> Answer {
    let found_bank = codes::bank(bank);
    let found_branch = branch.and_then(|code| codes::branch(bank, code));
    let name = match (found_bank, found_branch) {
        (Some(bank), Some(branch)) => Some(format!("{} {}", bank.name, branch.name)),
        (Some(bank), None) => Some(bank.name.to_owned()),
        (None, _) => None,
    };
    Answer {
        valid: true,
        known: Some(found_bank.is_some() && branch.is_some() == found_branch.is_some()),
        name,
        account: Some(AccountAnswer {
            bank: bank.to_string(),
            bank_name: found_bank.map(|bank| bank.name),
            branch: branch.map(|branch| branch.to_string()),
            branch_name: found_branch.map(|branch| branch.name),
            kind: kind.map(|kind| kind.to_string()),
            number: number.map(|number| number.to_string()),
        }),
        ..Answer::default()
    }
}
