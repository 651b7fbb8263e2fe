//! The family's leaflet on A4: where each filing stands, what is to be done, what comes next.
//!
//! Answers for the leaflet's words. Like the page behind the same link it names nobody and shows no value of a filing, and
//! it says nothing that would be wrong after a loss: states only, no congratulation, no offer.

use ubugoe_papers::sheet::{A4, Align, Area, Sheet, words};
use ubugoe_papers::{FontProblem, Fonts, Paper};
use ubugoe_procedures::Lang;

/// Where one filing stands.
#[derive(Debug, Clone)]
pub struct LeafletLine {
    /// Title of the procedure.
    pub title: String,
    /// Done: nothing more is to be done by anybody.
    pub done: bool,
    /// The family has to do something.
    pub theirs: bool,
    /// State, in the family's words.
    pub state: String,
    /// What comes next.
    pub next: String,
    /// What is to be corrected, and the officer's words.
    pub correct: Vec<String>,
    /// Moment of arrival.
    pub arrived: String,
    /// 到達番号.
    pub arrival_no: u64,
}

/// What a leaflet is made of.
#[derive(Debug, Clone)]
pub struct Leaflet {
    /// Its language.
    pub lang: Lang,
    /// The office.
    pub office: String,
    /// Telephone number and opening hours.
    pub contact: Vec<String>,
    /// The day it was printed.
    pub day: String,
    /// The filings of the case.
    pub lines: Vec<LeafletLine>,
}

/// Which lines stand under a heading.
type Belongs = fn(&LeafletLine) -> bool;

const LEFT: f32 = 20.0;
const WIDTH: f32 = 170.0;
const BOTTOM: f32 = 275.0;

/// Sets a leaflet.
///
/// # Errors
/// [`FontProblem`].
pub fn leaflet(fonts: &Fonts, leaflet: &Leaflet) -> Result<Paper, FontProblem> {
    let t = |ja, en| match leaflet.lang {
        Lang::Ja => ja,
        Lang::En => en,
    };
    let title = t("手続きの状況", "Where your filings stand");
    let mut sheet = Sheet::new(fonts, A4, title);
    sheet.text(
        Area::new(LEFT, 16.0, 110.0, 12.0),
        title,
        words(20.0),
        Align::Left,
    );
    let side = format!("{}\n{}", leaflet.office, leaflet.day);
    sheet.text(
        Area::new(132.0, 16.0, 58.0, 12.0),
        &side,
        words(9.0),
        Align::Left,
    );
    let mut y = 34.0;
    let parts: [(&str, Belongs); 3] = [
        (t("していただくこと", "For you to do"), |line| {
            line.theirs
        }),
        (
            t("市役所で進めていること", "What city hall is doing"),
            |line| !line.theirs && !line.done,
        ),
        (t("終わったこと", "Done"), |line| {
            line.done && !line.theirs
        }),
    ];
    for (heading, belongs) in parts {
        let lines: Vec<&LeafletLine> = leaflet.lines.iter().filter(|line| belongs(line)).collect();
        if lines.is_empty() {
            continue;
        }
        if y + 34.0 > BOTTOM {
            sheet.page();
            y = 20.0;
        }
        let bar = Area::new(LEFT, y, WIDTH, 8.0);
        sheet.ground(bar, 0.9);
        sheet.text(bar.inset(1.0), heading, words(12.0), Align::Left);
        y += 11.0;
        for line in lines {
            y = entry(&mut sheet, leaflet.lang, line, y);
        }
        y += 3.0;
    }
    if y + 24.0 > BOTTOM {
        sheet.page();
        y = 20.0;
    }
    sheet.line((LEFT, y), (LEFT + WIDTH, y), 0.5);
    y = sheet.paragraph((LEFT, y + 3.0), WIDTH, t("お問い合わせ", "Contact"), 9.0);
    y = sheet.paragraph((LEFT, y), WIDTH, &leaflet.office, 11.0);
    for line in &leaflet.contact {
        y = sheet.paragraph((LEFT, y), WIDTH, line, 10.5);
    }
    let foot = t(
        "この紙に氏名や住所は載っていません。最新の状況は、控えのQRコードのページでご覧ください。",
        "This sheet shows no names or addresses. The page behind the QR code on your receipt has the latest.",
    );
    sheet.paragraph((LEFT, y + 4.0), WIDTH, foot, 8.5);
    sheet.finish()
}

fn entry(sheet: &mut Sheet<'_>, lang: Lang, line: &LeafletLine, from: f32) -> f32 {
    let inner = WIDTH - 8.0;
    let arrived = match lang {
        Lang::Ja => format!("到達番号 {}　{} 到達", line.arrival_no, line.arrived),
        Lang::En => format!("Arrival no. {}, arrived {}", line.arrival_no, line.arrived),
    };
    let head = format!("{}　{}", line.title, line.state);
    let mut texts = vec![(head, 12.0), (line.next.clone(), 10.5)];
    texts.extend(
        line.correct
            .iter()
            .map(|words| (format!("・{words}"), 10.5)),
    );
    texts.push((arrived, 8.5));
    let high: f32 = texts
        .iter()
        .map(|(text, size)| sheet.height(text, *size, inner))
        .sum::<f32>()
        + 5.0;
    let mut y = from;
    if y + high > BOTTOM {
        sheet.page();
        y = 20.0;
    }
    sheet.frame(Area::new(LEFT, y, WIDTH, high), 0.5);
    let mut at = y + 2.0;
    for (text, size) in &texts {
        at = sheet.paragraph((LEFT + 4.0, at), inner, text, *size);
    }
    y + high + 3.0
}
