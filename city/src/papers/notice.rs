//! The notice of a result on A4: arrived, accepted, or please correct.
//!
//! Answers for the words of the notice. It names the procedure, never an address or a date of birth; whom it is for stands
//! on it as filed.

use ubugoe_papers::sheet::{A4, Align, Area, Sheet, words};
use ubugoe_papers::{FontProblem, Fonts, Paper};

/// What the notice tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 到達.
    Arrived,
    /// 受理.
    Accepted,
    /// 補正のお願い: why, and the officer's words.
    Returned {
        /// The reason in words for the family.
        reason: String,
        /// The officer's words; may be empty.
        note: String,
    },
}

impl Outcome {
    fn title(&self) -> &'static str {
        match self {
            Self::Arrived => "到達のお知らせ",
            Self::Accepted => "受理のお知らせ",
            Self::Returned { .. } => "補正のお願い",
        }
    }

    fn body(&self) -> &'static str {
        match self {
            Self::Arrived => {
                "次の届出・申請が届きました。職員が内容を確認しています。いま、していただくことはありません。"
            }
            Self::Accepted => "次の届出・申請を受理しました。していただくことはありません。",
            Self::Returned { .. } => {
                "次の届出・申請について、下の点を直していただくと、手続きを進められます。届いた日は変わりません。"
            }
        }
    }
}

/// What a notice is made of. Everything in Japanese words.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Whom it is for, as filed; code points untouched.
    pub to: Option<String>,
    /// The office.
    pub office: String,
    /// Its telephone number.
    pub phone: Option<String>,
    /// The day of the notice.
    pub day: String,
    /// Title of the procedure.
    pub procedure: String,
    /// What the office does with it, as the catalogue names it.
    pub step: Option<String>,
    /// The child's name as filed.
    pub child: Option<String>,
    /// 到達番号.
    pub arrival_no: u64,
    /// Moment of arrival.
    pub arrived: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Moment of that.
    pub at: String,
}

/// Sets a notice.
///
/// # Errors
/// [`FontProblem`].
pub fn notice(fonts: &Fonts, notice: &Notice) -> Result<Paper, FontProblem> {
    const LEFT: f32 = 25.0;
    const WIDTH: f32 = 160.0;
    let mut sheet = Sheet::new(fonts, A4, notice.outcome.title());
    sheet.text(
        Area::new(LEFT + 80.0, 22.0, 80.0, 6.0),
        &notice.day,
        words(10.5),
        Align::Left,
    );
    if let Some(to) = &notice.to {
        sheet.text(
            Area::new(LEFT, 32.0, 90.0, 14.0),
            &format!("{to} 様"),
            words(14.0),
            Align::Left,
        );
    }
    sheet.text(
        Area::new(LEFT + 80.0, 48.0, 80.0, 7.0),
        &notice.office,
        words(12.0),
        Align::Left,
    );
    sheet.text(
        Area::new(LEFT, 66.0, WIDTH, 12.0),
        notice.outcome.title(),
        words(20.0),
        Align::Middle,
    );
    let mut y = sheet.paragraph((LEFT, 86.0), WIDTH, notice.outcome.body(), 11.0) + 6.0;

    let number = notice.arrival_no.to_string();
    let mut lines = vec![("手続き", notice.procedure.as_str())];
    lines.extend(notice.step.as_deref().map(|step| ("役所での処理", step)));
    lines.extend(notice.child.as_deref().map(|child| ("お子さん", child)));
    lines.push(("到達番号", &number));
    lines.push(("届いた日時", &notice.arrived));
    if notice.outcome != Outcome::Arrived {
        let label = match notice.outcome {
            Outcome::Accepted => "受理の日時",
            _ => "お願いの日時",
        };
        lines.push((label, &notice.at));
    }
    if let Outcome::Returned { reason, note } = &notice.outcome {
        lines.push(("直していただく点", reason));
        if !note.is_empty() {
            lines.push(("担当者から", note));
        }
    }
    for (label, value) in lines {
        let high = sheet.height(value, 11.0, WIDTH - 50.0 - 4.0).max(5.0) + 4.0;
        let (left, right) = (
            Area::new(LEFT, y, 50.0, high),
            Area::new(LEFT + 50.0, y, WIDTH - 50.0, high),
        );
        sheet.ground(left, 0.94);
        sheet.frame(left, 0.5);
        sheet.frame(right, 0.5);
        sheet.text(left.inset(2.0), label, words(9.5), Align::Left);
        sheet.text(right.inset(2.0), value, words(11.0), Align::Left);
        y += high;
    }
    let phone = notice
        .phone
        .as_deref()
        .map_or_else(String::new, |phone| format!("　電話 {phone}"));
    let contact = format!("お問い合わせ：{}{phone}", notice.office);
    sheet.paragraph((LEFT, y + 10.0), WIDTH, &contact, 10.5);
    sheet.finish()
}
