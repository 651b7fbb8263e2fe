//! Any form on A4: its fields in the form's order, numbered, under the form's headings.

use ubugoe_procedures::Lang;

use crate::fonts::{FontProblem, Fonts};
use crate::sheet::{A4, Align, Area, Paper, Sheet, words};
use crate::{Standing, Values};

const LEFT: f32 = 18.0;
const WIDTH: f32 = 174.0;
const NUMBER: f32 = 9.0;
const LABEL: f32 = 55.0;
const TOP: f32 = 18.0;
const BOTTOM: f32 = 276.0;
const PAD: f32 = 1.5;
/// Sizes of labels and values.
const SMALL: f32 = 8.5;
const NORMAL: f32 = 10.5;

pub(crate) fn paper(
    fonts: &Fonts,
    values: &Values<'_>,
    standing: &Standing<'_>,
) -> Result<Paper, FontProblem> {
    let title = values.filing.title.get(Lang::Ja);
    let mut sheet = Sheet::new(fonts, A4, title);
    let mut y = head(&mut sheet, title, values, standing);
    let mut section = "";
    let mut number = 0_u32;
    for row in &values.filing.rows {
        if !values.shows(row.path.as_str()) {
            continue;
        }
        number += 1;
        let heading = row.section.get(Lang::Ja);
        let value = values.words(row);
        let label = row.label.get(Lang::Ja);
        let high = sheet
            .height(value, NORMAL, WIDTH - NUMBER - LABEL - 2.0 * PAD)
            .max(sheet.height(label, SMALL, LABEL - 2.0 * PAD))
            .max(4.5)
            + 2.0 * PAD;
        let begins = heading != section;
        if y + high + if begins { 9.0 } else { 0.0 } > BOTTOM {
            foot(&mut sheet, standing);
            sheet.page();
            let line = format!("{title}（続き）");
            sheet.text(
                Area::new(LEFT, 10.0, WIDTH, 6.0),
                &line,
                words(9.0),
                Align::Left,
            );
            y = TOP;
        }
        if begins {
            section = heading;
            let bar = Area::new(LEFT, y + 2.0, WIDTH, 7.0);
            sheet.ground(bar, 0.9);
            sheet.frame(bar, 0.5);
            sheet.text(bar.inset(1.0), heading, words(10.0), Align::Left);
            y += 9.0;
        }
        let number_area = Area::new(LEFT, y, NUMBER, high);
        let label_area = Area::new(LEFT + NUMBER, y, LABEL, high);
        let value_area = Area::new(LEFT + NUMBER + LABEL, y, WIDTH - NUMBER - LABEL, high);
        for area in [number_area, label_area, value_area] {
            sheet.frame(area, 0.5);
        }
        sheet.text(
            number_area.inset(0.5),
            &format!("({number})"),
            words(7.5),
            Align::Middle,
        );
        sheet.text(label_area.inset(PAD), label, words(SMALL), Align::Left);
        sheet.text(value_area.inset(PAD), value, words(NORMAL), Align::Left);
        y += high;
    }
    foot(&mut sheet, standing);
    sheet.finish()
}

/// Title, to whom, when, and the box of the office; answers where the form begins.
fn head(sheet: &mut Sheet<'_>, title: &str, values: &Values<'_>, standing: &Standing<'_>) -> f32 {
    sheet.text(
        Area::new(LEFT, TOP, 110.0, 12.0),
        title,
        words(18.0),
        Align::Left,
    );
    let drawn = ubugoe_procedures::calendar::japanese(values.filing.drafted_on);
    sheet.text(
        Area::new(LEFT, TOP + 14.0, 110.0, 6.0),
        &format!("{drawn} 作成"),
        words(10.0),
        Align::Left,
    );
    let to = standing.addressed();
    sheet.text(
        Area::new(LEFT, TOP + 20.0, 110.0, 6.0),
        &to,
        words(11.0),
        Align::Left,
    );
    let stamp = Area::new(132.0, TOP, 60.0, 26.0);
    sheet.frame(stamp, 0.8);
    let lines = match standing {
        Standing::Received(received) => [
            ("到達番号", received.arrival_no.to_string()),
            ("到達", received.arrived.clone()),
            ("受理", received.accepted.clone().unwrap_or_default()),
        ],
        Standing::ToHandIn(_) => ["受付番号", "受付", "署名"].map(|label| (label, String::new())),
    };
    for (at, (label, value)) in (0_u8..).zip(&lines) {
        let y = stamp.y + 1.0 + 8.0 * f32::from(at);
        sheet.text(
            Area::new(stamp.x + 2.0, y, 16.0, 8.0),
            label,
            words(8.0),
            Align::Left,
        );
        sheet.text(
            Area::new(stamp.x + 18.0, y, 40.0, 8.0),
            value,
            words(9.0),
            Align::Left,
        );
    }
    TOP + 32.0
}

fn foot(sheet: &mut Sheet<'_>, standing: &Standing<'_>) {
    sheet.text(
        Area::new(LEFT, 282.0, WIDTH, 5.0),
        &standing.foot("届出・申請"),
        words(6.0),
        Align::Left,
    );
}
