//! The sheet of what is due: which forms go to which counter, by when, and what to take along.
//!
//! Answers for the sheet's words. It names nobody and shows no value of a filing.

use ubugoe_procedures::Tongue;

use crate::fonts::{FontProblem, Fonts};
use crate::sheet::{A4, Align, Area, Paper, Sheet, words};
use crate::words::Say;

/// One form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    /// Title of the procedure in Japanese.
    pub title: String,
    /// The same in the visitor's language, if another.
    pub also: Option<String>,
    /// Until when, in Japanese and in the visitor's language if another; `None`: nothing presses, or no day is known.
    pub until: Option<(String, Option<String>)>,
    /// Days that are left; less than none: it is late, and still taken.
    pub days: Option<i32>,
    /// The form is printed with this sheet.
    pub printed: bool,
}

/// One counter, and what goes there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DueOffice {
    /// Its name.
    pub name: String,
    /// Where it is, when it is open, its telephone, the desk for nights: a line each.
    pub lines: Vec<String>,
    /// What goes there.
    pub items: Vec<DueItem>,
}

/// What the sheet is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueSheet {
    /// The visitor's language.
    pub tongue: Tongue,
    /// The day, in Japanese; `None` while the clock is not right.
    pub day: Option<String>,
    /// After a loss: no word more than is needed.
    pub quiet: bool,
    /// The counters.
    pub offices: Vec<DueOffice>,
}

const LEFT: f32 = 20.0;
const WIDTH: f32 = 170.0;
const BOTTOM: f32 = 278.0;

/// Sets the sheet.
///
/// # Errors
/// [`FontProblem`].
pub fn due(fonts: &Fonts, due: &DueSheet) -> Result<Paper, FontProblem> {
    let mut sheet = Sheet::new(fonts, A4, Say::Due.ja());
    sheet.text(
        Area::new(LEFT, 16.0, 120.0, 12.0),
        Say::Due.ja(),
        words(20.0),
        Align::Left,
    );
    let day = due.day.as_deref().unwrap_or_default();
    sheet.text(
        Area::new(142.0, 18.0, 48.0, 8.0),
        day,
        words(10.0),
        Align::Left,
    );
    let mut y = 29.0;
    if let Some(also) = Say::Due.also(due.tongue) {
        y = sheet.paragraph((LEFT, y), WIDTH, also, 13.0) + 1.0;
    }
    y = say(&mut sheet, due.tongue, Say::Safer, y, 10.5) + 4.0;
    for office in &due.offices {
        y = counter(&mut sheet, office, y);
    }
    if y + 42.0 > BOTTOM {
        sheet.page();
        y = 20.0;
    }
    let bring = if due.quiet {
        Say::BringQuietly
    } else {
        Say::Bring
    };
    y = say(&mut sheet, due.tongue, bring, y + 2.0, 11.0) + 2.0;
    y = say(&mut sheet, due.tongue, Say::Anybody, y, 11.0) + 4.0;
    say(&mut sheet, due.tongue, Say::NoNames, y, 8.5);
    sheet.finish()
}

fn say(sheet: &mut Sheet<'_>, tongue: Tongue, what: Say, y: f32, size: f32) -> f32 {
    let end = sheet.paragraph((LEFT, y), WIDTH, what.ja(), size);
    match what.also(tongue) {
        Some(also) => sheet.paragraph((LEFT, end), WIDTH, also, size - 1.0),
        None => end,
    }
}

fn counter(sheet: &mut Sheet<'_>, office: &DueOffice, from: f32) -> f32 {
    let mut y = from;
    if y + 40.0 > BOTTOM {
        sheet.page();
        y = 20.0;
    }
    let bar = Area::new(LEFT, y, WIDTH, 9.0);
    sheet.ground(bar, 0.9);
    sheet.text(bar.inset(1.5), &office.name, words(13.0), Align::Left);
    y += 10.5;
    for line in &office.lines {
        y = sheet.paragraph((LEFT + 2.0, y), WIDTH - 4.0, line, 10.5);
    }
    y += 2.0;
    for item in &office.items {
        y = row(sheet, item, y);
    }
    y + 4.0
}

fn row(sheet: &mut Sheet<'_>, item: &DueItem, from: f32) -> f32 {
    const DAY: f32 = 62.0;
    let mut title = item.title.clone();
    if let Some(also) = &item.also {
        title = format!("{title}\n{also}");
    }
    title.push_str(if item.printed {
        "\n届け書をいっしょに印刷しました"
    } else {
        "\n用紙は窓口にあります"
    });
    let mut until = String::new();
    if let Some((day, also)) = &item.until {
        until = match item.days {
            Some(0) => format!("きょう {day} まで"),
            Some(days @ 1..) => format!("{day} まで　あと{days}日"),
            Some(_) => format!("{day} を過ぎましたが、いまからでも出せます"),
            None => format!("{day} まで"),
        };
        if let Some(also) = also {
            until = format!("{until}\n{also}");
        }
    }
    let high = sheet
        .height(&title, 11.0, WIDTH - DAY - 14.0)
        .max(sheet.height(&until, 11.0, DAY - 4.0))
        + 4.0;
    let mut y = from;
    if y + high > BOTTOM {
        sheet.page();
        y = 20.0;
    }
    let box_area = Area::new(LEFT, y, 10.0, high);
    let title_area = Area::new(LEFT + 10.0, y, WIDTH - DAY - 10.0, high);
    let day_area = Area::new(LEFT + WIDTH - DAY, y, DAY, high);
    for area in [box_area, title_area, day_area] {
        sheet.frame(area, 0.5);
    }
    sheet.text(box_area.inset(1.0), "□", words(14.0), Align::Middle);
    sheet.text(title_area.inset(2.0), &title, words(11.0), Align::Left);
    sheet.text(day_area.inset(2.0), &until, words(11.0), Align::Left);
    y + high
}
