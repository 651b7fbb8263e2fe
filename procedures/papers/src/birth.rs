//! 出生届 on A3: the notification on the left, the hospital's certificate (出生証明書) on the right.
//!
//! Boxes and their numbers as on the form of 戸籍法施行規則 附録第十一号様式; its exact measures are general knowledge, unverified.
//! On the right only what the filing took from the certificate stands; the hospital's own data are a paper of their own, so
//! what the filing does not hold is left empty.

use ubugoe_procedures::{Lang, Source};

use crate::fonts::{FontProblem, Fonts};
use crate::sheet::{A3_LYING, Align, Area, Paper, Sheet, VALUE, words};
use crate::{Standing, Values, ticked};

/// Left edge of the notification, and its width.
const LEFT: f32 = 12.0;
const WIDTH: f32 = 190.0;
/// Left edge of the certificate, and its width.
const RIGHT: f32 = 218.0;
const RIGHT_WIDTH: f32 = 190.0;
const NUMBER: f32 = 8.0;
const LABEL: f32 = 34.0;

pub(crate) fn paper(
    fonts: &Fonts,
    values: &mut Values<'_>,
    standing: &Standing<'_>,
) -> Result<Paper, FontProblem> {
    let mut sheet = Sheet::new(fonts, A3_LYING, "出生届");
    left(&mut sheet, values, standing);
    right(&mut sheet, values, standing);
    sheet.line((210.0, 8.0), (210.0, 289.0), 0.3);
    sheet.text(
        Area::new(LEFT, 287.0, WIDTH, 4.0),
        &standing.foot("届出"),
        words(6.0),
        Align::Left,
    );
    sheet.finish()
}

/// A row of the form under way, from its left edge on.
struct Line<'s, 'f> {
    sheet: &'s mut Sheet<'f>,
    x: f32,
    y: f32,
    high: f32,
}

impl Line<'_, '_> {
    fn label(&mut self, text: &str, width: f32) -> &mut Self {
        let area = Area::new(self.x, self.y, width, self.high);
        self.sheet.ground(area, 0.95);
        self.sheet.frame(area, 0.4);
        self.sheet
            .text(area.inset(0.6), text, words(8.0), Align::Middle);
        self.x += width;
        self
    }

    fn value(&mut self, text: &str, width: f32) -> &mut Self {
        let area = Area::new(self.x, self.y, width, self.high);
        self.sheet.frame(area, 0.4);
        self.sheet.text(area.inset(1.0), text, VALUE, Align::Left);
        self.x += width;
        self
    }

    /// A value under a small word of its own.
    fn named(&mut self, name: &str, text: &str, width: f32) -> &mut Self {
        let area = Area::new(self.x, self.y, width, self.high);
        self.sheet.frame(area, 0.4);
        let head = Area::new(area.x + 1.0, area.y + 0.4, width - 2.0, 3.2);
        self.sheet.text(head, name, words(6.0), Align::Left);
        let body = Area::new(area.x + 1.0, area.y + 3.6, width - 2.0, self.high - 4.2);
        self.sheet.text(body, text, VALUE, Align::Left);
        self.x += width;
        self
    }
}

fn line<'s, 'f>(sheet: &'s mut Sheet<'f>, x: f32, y: &mut f32, high: f32) -> Line<'s, 'f> {
    let at = *y;
    *y += high;
    Line {
        sheet,
        x,
        y: at,
        high,
    }
}

/// Title, to whom, when; the office's boxes.
fn head(sheet: &mut Sheet<'_>, values: &mut Values<'_>, standing: &Standing<'_>) {
    sheet.text(
        Area::new(LEFT, 10.0, 60.0, 12.0),
        "出　生　届",
        words(20.0),
        Align::Left,
    );
    let drawn = match standing {
        Standing::Received(_) => ubugoe_procedures::calendar::japanese(values.filing.drafted_on),
        Standing::ToHandIn(_) => "令和　　年　　月　　日".to_owned(),
    };
    sheet.text(
        Area::new(LEFT, 23.0, 60.0, 6.0),
        &format!("{drawn} 届出"),
        words(10.0),
        Align::Left,
    );
    let to = values.take("addressee_name");
    let to = if to.is_empty() { standing.office() } else { to };
    sheet.text(
        Area::new(LEFT, 30.0, 66.0, 7.0),
        &format!("{to} 殿"),
        words(12.0),
        Align::Left,
    );
    let office = Area::new(82.0, 10.0, LEFT + WIDTH - 82.0, 27.0);
    sheet.frame(office, 0.8);
    let blank = "　　年　　月　　日";
    let sent = format!("送付　{blank}　第　　　　　号");
    let lines = match standing {
        Standing::Received(received) => {
            let accepted = received.accepted.as_deref().unwrap_or(blank);
            [
                format!("到達　{}", received.arrived),
                format!("受理　{accepted}　第 {} 号", received.arrival_no),
                sent,
            ]
        }
        Standing::ToHandIn(_) => {
            let taken = format!("受理　{blank}　第　　　　　号");
            [taken, sent, String::new()]
        }
    };
    for (at, text) in (0_u8..).zip(&lines) {
        let y = office.y + 1.0 + 6.0 * f32::from(at);
        sheet.text(
            Area::new(office.x + 2.0, y, office.w - 4.0, 6.0),
            text,
            words(9.0),
            Align::Left,
        );
    }
    let steps = [
        "書類調査",
        "戸籍記載",
        "記載調査",
        "調査票",
        "附票",
        "住民票",
        "通知",
    ];
    let wide = office.w / 7.0;
    for (at, step) in (0_u8..).zip(steps) {
        let area = Area::new(office.x + wide * f32::from(at), office.y + 19.0, wide, 8.0);
        sheet.frame(area, 0.4);
        let top = Area::new(area.x, area.y + 0.4, area.w, 3.2);
        sheet.text(top, step, words(6.0), Align::Middle);
    }
}

fn left(sheet: &mut Sheet<'_>, values: &mut Values<'_>, standing: &Standing<'_>) {
    head(sheet, values, standing);
    let mut y = 40.0;
    child(sheet, values, &mut y);
    parents(sheet, values, &mut y);
    household(sheet, values, &mut y);
    other(sheet, values, &mut y);
    filer(sheet, values, standing, &mut y);
    contact(sheet, values, y);
    sheet.frame(Area::new(LEFT, 40.0, WIDTH, 244.0), 1.0);
}

/// (1) to (4).
fn child(sheet: &mut Sheet<'_>, values: &mut Values<'_>, y: &mut f32) {
    let rest = WIDTH - NUMBER - LABEL;
    let (family, given) = (values.take("child_sei_kana"), values.take("child_mei_kana"));
    line(sheet, LEFT, y, 8.0)
        .label("", NUMBER)
        .label("よみかた", LABEL)
        .value(family, 37.0)
        .value(given, 37.0)
        .label("父母との続き柄", rest - 74.0);
    let (family, given) = (values.take("child_sei"), values.take("child_mei"));
    let legit = ticked(&values.options("legit"));
    let kind = [legit.as_str(), values.take("tsuzukigara")].join("\u{3000}");
    line(sheet, LEFT, y, 15.0)
        .label("(1)", NUMBER)
        .label("子の氏名", LABEL)
        .named("氏", family, 37.0)
        .named("名", given, 37.0)
        .value(kind.trim(), rest - 74.0);
    line(sheet, LEFT, y, 9.0)
        .label("(2)", NUMBER)
        .label("生まれたとき", LABEL)
        .value(values.take("birth_dt"), rest - 55.0)
        .label("性別", 15.0)
        .value(values.take("sex"), 40.0);
    line(sheet, LEFT, y, 10.0)
        .label("(3)", NUMBER)
        .label("生まれたところ", LABEL)
        .value(values.take("birth_place.full"), rest);
    let head_name = values.take("head_name");
    let relation = values.take("head_rel");
    line(sheet, LEFT, y, 10.0)
        .label("(4)", NUMBER)
        .label("住所\n（住民登録をするところ）", LABEL)
        .value(values.take("addr.full"), rest);
    line(sheet, LEFT, y, 11.0)
        .label("", NUMBER)
        .label("世帯主", LABEL)
        .named("世帯主の氏名", head_name, rest - 50.0)
        .named("世帯主との続き柄", relation, 50.0);
}

/// (5) and (6).
fn parents(sheet: &mut Sheet<'_>, values: &mut Values<'_>, y: &mut f32) {
    let half = (WIDTH - NUMBER - LABEL) / 2.0;
    let name = |values: &mut Values<'_>, who: &str| {
        let (family, given) = (
            values.take(&format!("{who}.sei")),
            values.take(&format!("{who}.mei")),
        );
        [family, given].join("\u{3000}").trim().to_owned()
    };
    let (father, mother) = (name(values, "father"), name(values, "mother"));
    line(sheet, LEFT, y, 13.0)
        .label("(5)", NUMBER)
        .label("父母の氏名", LABEL)
        .named("父", &father, half)
        .named("母", &mother, half);
    let born = |values: &mut Values<'_>, who: &str| {
        let birth = values.take(&format!("{who}.birth"));
        let age = values.take(&format!("{who}.age"));
        match age {
            "" => birth.to_owned(),
            age => format!("{birth}（満{age}歳）"),
        }
    };
    let (father, mother) = (born(values, "father"), born(values, "mother"));
    line(sheet, LEFT, y, 9.0)
        .label("", NUMBER)
        .label("生年月日（子が生まれた\nときの年齢）", LABEL)
        .value(&father, half)
        .value(&mother, half);
    let honseki = values.take("honseki");
    let first = values.take("hittosha");
    line(sheet, LEFT, y, 12.0)
        .label("(6)", NUMBER)
        .label("本籍（外国人のときは\n国籍）", LABEL)
        .value(
            [honseki, values.take("nationality")].join(" ").trim(),
            half + 14.0,
        )
        .named("筆頭者の氏名", first, half - 14.0);
}

/// (7) to (9).
fn household(sheet: &mut Sheet<'_>, values: &mut Values<'_>, y: &mut f32) {
    let rest = WIDTH - NUMBER - LABEL;
    line(sheet, LEFT, y, 8.0)
        .label("(7)", NUMBER)
        .label("同居を始めたとき", LABEL)
        .value(values.take("cohabit_ym"), rest);
    let work = ticked(&values.options("work_code"));
    line(sheet, LEFT, y, 26.0)
        .label("(8)", NUMBER)
        .label("子が生まれたときの世帯\nのおもな仕事", LABEL)
        .value(&work, rest);
    let jobs = (values.take("f_job"), values.take("m_job"));
    line(sheet, LEFT, y, 9.0)
        .label("(9)", NUMBER)
        .label("父母の職業", LABEL)
        .named("父の職業", jobs.0, rest / 2.0)
        .named("母の職業", jobs.1, rest / 2.0);
}

/// その他: what the form has no box for stands here too, nothing is left out.
fn other(sheet: &mut Sheet<'_>, values: &mut Values<'_>, y: &mut f32) {
    let own = values.take("other");
    // placed below, in boxes of their own
    let later = ["filer", "contact", "sign"];
    let rest: Vec<String> = values
        .filing
        .rows
        .iter()
        .filter(|row| {
            let path = row.path.as_str();
            let below = later.iter().any(|block| path.starts_with(block));
            !below && !values.placed.contains(&path) && values.shows(path)
        })
        .map(|row| format!("{}：{}", row.label.get(Lang::Ja), values.words(row)))
        .collect();
    for row in &values.filing.rows {
        let path = row.path.as_str();
        if !later.iter().any(|block| path.starts_with(block)) {
            values.placed.push(path);
        }
    }
    let mut text = own.to_owned();
    for words in &rest {
        if !text.is_empty() {
            text.push('\u{3000}');
        }
        text.push_str(words);
    }
    line(sheet, LEFT, y, 30.0)
        .label("その他", NUMBER + LABEL)
        .value(&text, WIDTH - NUMBER - LABEL);
}

fn filer(sheet: &mut Sheet<'_>, values: &mut Values<'_>, standing: &Standing<'_>, y: &mut f32) {
    let rest = WIDTH - NUMBER - LABEL;
    let capacity = ticked(&values.options("filer_cap"));
    let parent = values.take("filer_parent");
    let capacity = [capacity.as_str(), parent].join("\u{3000}");
    line(sheet, LEFT, y, 14.0)
        .label("届\n出", NUMBER)
        .label("届出人の資格", LABEL)
        .value(capacity.trim(), rest);
    line(sheet, LEFT, y, 10.0)
        .label("人", NUMBER)
        .label("住所", LABEL)
        .value(values.take("filer_addr.full"), rest);
    let (honseki, first) = (values.take("filer_honseki"), values.take("filer_hittosha"));
    line(sheet, LEFT, y, 11.0)
        .label("", NUMBER)
        .label("本籍", LABEL)
        .value(honseki, rest - 55.0)
        .named("筆頭者の氏名", first, 55.0);
    let parts = [
        values.take("filer.name"),
        values.take("filer.sei"),
        values.take("filer.mei"),
    ];
    let name = parts.join("\u{3000}");
    line(sheet, LEFT, y, 13.0)
        .label("", NUMBER)
        .label(standing.signature(), LABEL)
        .named(standing.signed(), standing.signer(name.trim()), rest - 55.0)
        .named("生年月日", values.take("filer.birth"), 55.0);
}

/// 連絡先, and what else is known of who filed.
fn contact(sheet: &mut Sheet<'_>, values: &mut Values<'_>, y: f32) {
    let telephone = values.take("contact.tel");
    let rest: Vec<String> = values
        .rest()
        .map(|(label, value)| format!("{label}：{value}"))
        .collect();
    let mut at = y;
    let high = 284.0 - y;
    line(sheet, LEFT, &mut at, high)
        .label("連絡先", NUMBER + LABEL)
        .named("電話", telephone, 45.0)
        .value(&rest.join("\u{3000}"), WIDTH - NUMBER - LABEL - 45.0);
}

/// A value, only where the filing has it from the certificate.
fn certified<'a>(values: &Values<'a>, path: &str) -> &'a str {
    values
        .row(path)
        .filter(|row| row.source == Source::Certificate)
        .map_or("", |row| values.words(row))
}

fn right(sheet: &mut Sheet<'_>, values: &mut Values<'_>, standing: &Standing<'_>) {
    sheet.text(
        Area::new(RIGHT, 10.0, RIGHT_WIDTH, 12.0),
        "出　生　証　明　書",
        words(20.0),
        Align::Middle,
    );
    let number = values
        .filing
        .certificate_number
        .as_deref()
        .map_or_else(String::new, |number| format!("証明書番号 {number}"));
    sheet.text(
        Area::new(RIGHT, 24.0, RIGHT_WIDTH, 6.0),
        &number,
        words(10.0),
        Align::Left,
    );
    let rest = RIGHT_WIDTH - NUMBER - LABEL;
    let mut y = 40.0;
    line(sheet, RIGHT, &mut y, 16.0)
        .label("", NUMBER)
        .label("子の氏名", LABEL)
        .value(certified(values, "child_mei"), rest - 60.0)
        .label("男女の別", 20.0)
        .value(certified(values, "sex"), 40.0);
    line(sheet, RIGHT, &mut y, 12.0)
        .label("", NUMBER)
        .label("生まれたとき", LABEL)
        .value(certified(values, "birth_dt"), rest);
    line(sheet, RIGHT, &mut y, 12.0)
        .label("(10)", NUMBER)
        .label("出生したところの種別", LABEL)
        .value("□病院　□診療所　□助産所　□自宅　□その他", rest);
    line(sheet, RIGHT, &mut y, 14.0)
        .label("", NUMBER)
        .label("出生したところ", LABEL)
        .value(certified(values, "birth_place.full"), rest);
    line(sheet, RIGHT, &mut y, 12.0)
        .label("", NUMBER)
        .label("（種別が病院・診療所・\n助産所のとき）施設の名称", LABEL)
        .value("", rest);
    line(sheet, RIGHT, &mut y, 14.0)
        .label("(11)", NUMBER)
        .label("体重及び身長", LABEL)
        .named("体重（グラム）", "", rest / 2.0)
        .named("身長（センチメートル）", "", rest / 2.0);
    let order = certified(values, "order");
    let order = if order.is_empty() {
        "□単胎　□多胎（　　子中第　　子）".to_owned()
    } else {
        order.to_owned()
    };
    line(sheet, RIGHT, &mut y, 12.0)
        .label("(12)", NUMBER)
        .label("単胎・多胎の別", LABEL)
        .value(&order, rest);
    let (family, given) = (
        certified(values, "mother.sei"),
        certified(values, "mother.mei"),
    );
    let mother = [family, given].join("\u{3000}");
    line(sheet, RIGHT, &mut y, 14.0)
        .label("(13)", NUMBER)
        .label("母の氏名", LABEL)
        .value(mother.trim(), rest - 75.0)
        .label("妊娠週数", 20.0)
        .value("満　　週　　日", 55.0);
    line(sheet, RIGHT, &mut y, 16.0)
        .label("(14)", NUMBER)
        .label("この母の出産した子の数", LABEL)
        .named(
            "出生子（この出生子及び出生後死亡した子を含む）",
            "",
            rest / 2.0,
        )
        .named("死産児（妊娠満22週以後）", "", rest / 2.0);
    line(sheet, RIGHT, &mut y, 44.0)
        .label("(15)", NUMBER)
        .label("１ 医師\n２ 助産師\n３ その他", LABEL)
        .named("上記のとおり証明する　（住所・氏名）", "", rest);
    sheet.frame(Area::new(RIGHT, 40.0, RIGHT_WIDTH, y - 40.0), 1.0);
    sheet.text(
        Area::new(RIGHT, y + 4.0, RIGHT_WIDTH, 14.0),
        standing.certificate(),
        words(8.0),
        Align::Left,
    );
}
