//! One parent's visit, as a finger would do it: which page comes, what is touched, what is answered.
//!
//! The labels are the Japanese ones of the pages; the answers are those of an invented family. Used by the demo and
//! by every story test, so that they all walk the same way.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    Error,
    kiosk::{Kiosk, Report, Until},
};

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Typed on a hardware keyboard.
    Text(&'static str),
    /// Touched on the page's own digit keys.
    Digits(&'static str),
    /// The option with this label.
    Choice(&'static str),
}

/// The family of the plain story: 山田花子's answers, by form and field.
#[must_use]
pub fn answer(form: &str, field: &str) -> Option<Reply> {
    use Reply::{Choice, Digits, Text};
    Some(match (form, field) {
        ("shussei_todoke", "child_mei") => Text("湊"),
        ("shussei_todoke", "child_mei_kana") => Text("ミナト"),
        ("shussei_todoke", "child_sei_kana") | ("kodomo_iryohi", "guardian.sei_kana") => {
            Text("ヤマダ")
        }
        ("shussei_todoke", "parents_marriage") => Choice("出している"),
        ("shussei_todoke", "parents") => Choice("父母とも日本"),
        ("shussei_todoke", "father.mei") => Text("大地"),
        ("shussei_todoke", "father.birth") => Digits("19930802"),
        ("shussei_todoke", "head_who" | "hittosha_who") => Choice("お子さんの父"),
        ("shussei_todoke", "honseki") => Text("ことほぎ県あすこえ市汐見町三丁目１２番"),
        ("shussei_todoke", "work_code") => Choice("会社・個人商店などに勤める（働く人が1〜99人）"),
        ("shussei_todoke", "contact.tel") => Digits("0900000000"),
        ("jido_teate_nintei", "claimant.mei_kana") | ("kodomo_iryohi", "guardian.mei_kana") => {
            Text("ハナコ")
        }
        ("jido_teate_nintei", "claimant.sex") => Choice("女"),
        ("jido_teate_nintei", "job" | "spouse_job") => Choice("会社員など（勤めている）"),
        ("jido_teate_nintei", "employer") => Text("あすこえ文具店"),
        ("jido_teate_nintei", "pension") => Choice("厚生年金（会社などに勤めている）"),
        ("jido_teate_nintei", "spouse_living") => Choice("同居"),
        ("jido_teate_nintei", "higher") => Choice("わたし（請求する人）"),
        ("jido_teate_nintei", "has_other_children") => Choice("いいえ"),
        ("jido_teate_nintei", "addr_same_0101" | "acct.kokin" | "consent")
        | ("kodomo_iryohi", "ins.pending" | "consent") => Choice("はい"),
        ("kodomo_iryohi", "rel") => Choice("母"),
        _ => return None,
    })
}

/// A birth certificate as the ward's form writes it, for a mother of this name.
#[must_use]
pub fn certificate(number: &str, mother: &str, born: &str, issued: &str) -> Value {
    json!({
        "format": "ubugoe-birth-certificate", "version": 1, "number": number, "name": null, "sex": 1,
        "birth_dt": born, "place_kind": 1,
        "place_addr": "ことほぎ県あすこえ市みなと町四丁目５番", "place_name": "あすこえ産院",
        "weight_g": 3120, "length_cm": "49.5", "plural": false, "order_of": null, "mother": mother,
        "weeks": 39, "days": 2, "live_births": 1, "stillbirths": 0, "issued": issued, "issuer_kind": 2,
        "issuer_addr": "ことほぎ県あすこえ市みなと町四丁目５番", "issuer_name": "海野　渚",
    })
}

/// The steps of a visit, on one kiosk.
#[derive(Debug)]
pub struct Visit<'a> {
    kiosk: &'a mut Kiosk,
    pictures: Option<PathBuf>,
    pace: Duration,
}

impl<'a> Visit<'a> {
    /// A visit without pictures.
    #[must_use]
    pub const fn new(kiosk: &'a mut Kiosk) -> Self {
        Self {
            kiosk,
            pictures: None,
            pace: Duration::ZERO,
        }
    }

    /// Writes a picture of every page into this folder.
    #[must_use]
    pub fn with_pictures(mut self, folder: &Path) -> Self {
        self.pictures = Some(folder.to_owned());
        self
    }

    /// Rests on every page for this long: somebody is watching.
    #[must_use]
    pub const fn with_pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Takes a picture of the page, if pictures are wanted. Numbers go on from what the folder holds.
    ///
    /// # Errors
    /// [`Error`] of the kiosk, as for every step.
    pub fn picture(&mut self, name: &str) -> Result<(), Error> {
        if let Some(folder) = &self.pictures {
            let taken = std::fs::read_dir(folder)
                .map_err(Error::file("list", folder))?
                .count();
            self.kiosk
                .snapshot(&folder.join(format!("{:02}-{name}.png", taken + 1)))?;
        }
        if !self.pace.is_zero() {
            #[expect(
                clippy::disallowed_methods,
                reason = "a person watches the demo; nothing waits for this"
            )]
            std::thread::sleep(self.pace);
        }
        Ok(())
    }

    /// Waits for one of these stages.
    ///
    /// # Errors
    /// When it does not come, or a trouble comes instead.
    pub fn reach(&mut self, stage: &str) -> Result<Report, Error> {
        let wanted = [stage, "notice", "trouble", "card-away"];
        let mut report = self.kiosk.wait_stage(&wanted)?;
        // What will happen is said before the PIN is asked for; whoever wants to get on has read it.
        if report.stage() == "notice" && stage != "notice" {
            self.picture("notice")?;
            self.kiosk.tap("わかりました")?;
            report = self.kiosk.wait_stage(&[stage, "trouble", "card-away"])?;
        }
        if report.stage() == stage {
            return Ok(report);
        }
        Err(Error::Astray {
            wanted: stage.to_owned(),
            found: report.value.to_string(),
        })
    }

    /// Touches the keys of the PIN pad, one by one, and then `done`.
    ///
    /// # Errors
    /// [`Error`] of the kiosk.
    pub fn pin(&mut self, secret: &str, done: &str) -> Result<Report, Error> {
        for key in secret.chars() {
            self.kiosk.tap(&key.to_string())?;
        }
        self.kiosk.tap(done)
    }

    /// Card in the reader up to the PIN: what will happen is read, unless it was.
    ///
    /// # Errors
    /// [`Error`] of the kiosk, or [`Error::Astray`].
    pub fn read_notice(&mut self) -> Result<Report, Error> {
        let stages = &["notice", "attributes-pin", "trouble", "card-away"];
        if self.kiosk.wait_stage(stages)?.stage() == "notice" {
            self.picture("notice")?;
            self.kiosk.tap("わかりました")?;
        }
        self.reach("attributes-pin")
    }

    /// Card in the reader up to "is this your child": notice, PIN, identity.
    ///
    /// # Errors
    /// [`Error`] of the kiosk, or [`Error::Astray`].
    pub fn identify(&mut self, pin: &str) -> Result<(), Error> {
        self.read_notice()?;
        self.picture("attributes-pin")?;
        self.pin(pin, "次へ")?;
        self.reach("identity")?;
        self.picture("identity")?;
        self.kiosk.tap("はい、わたしです")?;
        Ok(())
    }

    /// From the certificate to the first question.
    ///
    /// # Errors
    /// As [`Visit::identify`].
    pub fn accept_certificate(&mut self) -> Result<(), Error> {
        self.accept_certificate_with(&[])
    }

    /// The same, with these items of the line, by title, beside what is due anyway.
    ///
    /// # Errors
    /// As [`Visit::identify`].
    pub fn accept_certificate_with(&mut self, items: &[&str]) -> Result<(), Error> {
        self.reach("certificate")?;
        self.picture("certificate")?;
        self.kiosk.tap("まちがいありません")?;
        self.reach("line")?;
        for item in items {
            self.kiosk.tap(&format!("一緒に出す：{item}"))?;
        }
        self.picture("line")?;
        self.kiosk.tap("始める")?;
        Ok(())
    }

    /// Answers every question until the review comes. Returns how many were asked.
    ///
    /// # Errors
    /// [`Error::Unanswered`] for a question that this family has no answer to.
    pub fn answer_all(&mut self) -> Result<usize, Error> {
        let asked = self.answer_some(usize::MAX)?;
        self.reach("reviewing")?;
        Ok(asked)
    }

    /// Answers so many questions, or as many as there are before the review. Returns how many were asked.
    ///
    /// # Errors
    /// As [`Visit::answer_all`].
    pub fn answer_some(&mut self, most: usize) -> Result<usize, Error> {
        let mut asked = 0;
        let mut report = self
            .kiosk
            .wait_stage(&["asking", "reviewing", "trouble", "card-away"])?;
        while asked < most
            && let Some((form, field)) =
                report.question().map(|(a, b)| (a.to_owned(), b.to_owned()))
        {
            let reply = answer(&form, &field).ok_or_else(|| Error::Unanswered {
                form,
                field: field.clone(),
            })?;
            self.give(&reply)?;
            self.picture(&format!("question-{}", field.replace('.', "-")))?;
            let before = self.kiosk.tap("次へ")?;
            asked += 1;
            let stages = &["asking", "reviewing", "trouble", "card-away"];
            report = self.kiosk.wait(&Until {
                stages,
                since: Some(before.revision),
                ..Until::default()
            })?;
        }
        Ok(asked)
    }

    fn give(&mut self, reply: &Reply) -> Result<(), Error> {
        match reply {
            Reply::Choice(label) => self.kiosk.tap(label).map(drop),
            Reply::Digits(digits) => digits
                .chars()
                .try_for_each(|d| self.kiosk.tap(&d.to_string()).map(drop)),
            Reply::Text(text) => {
                let mut there = self.kiosk.labels()?;
                // An address begins with its postcode; invented towns have none.
                let words = "ことばで書く";
                if there.iter().any(|l| l.label == words) {
                    self.kiosk.tap(words)?;
                    there = self.kiosk.labels()?;
                }
                let input = there
                    .into_iter()
                    .find(|l| l.role == "TextInput")
                    .ok_or(Error::NoTextInput)?;
                self.kiosk.tap(&input.label)?;
                self.kiosk.type_text(text)
            }
        }
    }

    /// Reads every form to its end and goes on to the signature.
    ///
    /// # Errors
    /// As [`Visit::identify`].
    pub fn review_all(&mut self) -> Result<(), Error> {
        self.reach("reviewing")?;
        // A form longer than this would be read page by page for ever: something is wrong then.
        for page in 1..=60 {
            self.picture(&format!("review-{page}"))?;
            let labels = self.kiosk.labels()?;
            let primary = ["書類の形で見る", "続きを読む", "次の書類へ", "署名へ進む"]
                .into_iter()
                .find(|wanted| labels.iter().any(|l| l.label == *wanted && l.enabled));
            self.kiosk
                .tap(primary.ok_or(Error::NoWayOn { page: "review" })?)?;
            if primary == Some("署名へ進む") {
                self.reach("sign-password")?;
                return Ok(());
            }
        }
        Err(Error::NoWayOn { page: "review" })
    }

    /// Enters the signature password.
    ///
    /// # Errors
    /// As [`Visit::identify`].
    pub fn sign(&mut self, password: &str) -> Result<(), Error> {
        self.reach("sign-password")?;
        self.picture("sign-password")?;
        self.pin(password, "署名する")?;
        Ok(())
    }

    /// Everything from the card in the reader to "stored".
    ///
    /// # Errors
    /// As every step.
    pub fn through(&mut self, pin: &str, password: &str) -> Result<Report, Error> {
        self.identify(pin)?;
        self.accept_certificate()?;
        self.answer_all()?;
        self.review_all()?;
        self.sign(password)?;
        self.reach("following")
    }

    /// Waits until every filing is in this state.
    ///
    /// # Errors
    /// When it does not come in two minutes.
    pub fn delivered(&mut self, state: &str) -> Result<Report, Error> {
        self.kiosk.wait(&Until {
            stages: &["following"],
            delivered: &[state],
            ..Until::default()
        })
    }

    /// The kiosk itself.
    pub const fn kiosk(&mut self) -> &mut Kiosk {
        self.kiosk
    }
}
