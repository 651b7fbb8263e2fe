//! The family's languages, and the words of the frame.
//!
//! Answers for which language a page is in and for saying one thing in all eight: Japanese first, plain Japanese with spaces
//! between its words, and the six languages of the device at the bedside. Must not know any procedure.

use axum::http::{HeaderMap, Uri, header};
use jiff::civil::{Date, Weekday};
use maud::{Markup, html};
use ubugoe_procedures::{Lang, Text};

use super::super::guard::{cookie, set_lax_cookie};
use crate::jst;

/// Keeps the language a family chose.
const COOKIE: &str = "ubugoe_tongue";
/// So long, seconds.
const YEAR: i64 = 365 * 86_400;

/// A language of the family's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Tongue {
    /// 日本語.
    Ja,
    /// やさしい日本語, plain Japanese.
    Easy,
    /// English.
    En,
    /// 中文.
    Zh,
    /// Português.
    Pt,
    /// Tiếng Việt.
    Vi,
    /// Tagalog.
    Tl,
    /// नेपाली.
    Ne,
}

impl Tongue {
    /// Every one, in the order they are offered.
    pub(in super::super) const ALL: [Self; 8] = [
        Self::Ja,
        Self::Easy,
        Self::En,
        Self::Zh,
        Self::Pt,
        Self::Vi,
        Self::Tl,
        Self::Ne,
    ];

    /// Its word in an address and in the cookie.
    pub(in super::super) const fn word(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::Easy => "easy",
            Self::En => "en",
            Self::Zh => "zh",
            Self::Pt => "pt",
            Self::Vi => "vi",
            Self::Tl => "tl",
            Self::Ne => "ne",
        }
    }

    /// What a page says its language is.
    pub(in super::super) const fn code(self) -> &'static str {
        match self {
            Self::Ja | Self::Easy => "ja",
            Self::Zh => "zh-Hans",
            other => other.word(),
        }
    }

    /// Its name in itself.
    pub(in super::super) const fn name(self) -> &'static str {
        match self {
            Self::Ja => "日本語",
            Self::Easy => "やさしい日本語",
            Self::En => "English",
            Self::Zh => "中文",
            Self::Pt => "Português",
            Self::Vi => "Tiếng Việt",
            Self::Tl => "Tagalog",
            Self::Ne => "नेपाली",
        }
    }

    /// The language of the catalogue and of papers beside it: Japanese, which is what was filed, wherever there is no translation.
    pub(in super::super) const fn lang(self) -> Lang {
        match self {
            Self::En => Lang::En,
            _ => Lang::Ja,
        }
    }

    /// What marks words of the catalogue and of the office where they are in another language than the page.
    pub(in super::super) const fn foreign(self) -> Option<&'static str> {
        match self {
            Self::Ja | Self::Easy | Self::En => None,
            _ => Some("ja"),
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The language an address asks for.
    pub(in super::super) fn asked(uri: &Uri) -> Option<Self> {
        uri.query()?
            .split('&')
            .find_map(|pair| Self::of_word(pair.strip_prefix("lang=")?))
    }

    /// The address first, then the cookie, then what the browser prefers, then Japanese.
    pub(in super::super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        Self::asked(uri)
            .or_else(|| Self::of_word(cookie(headers, COOKIE)?))
            .or_else(|| {
                preferred(
                    headers
                        .get(header::ACCEPT_LANGUAGE)
                        .and_then(|value| value.to_str().ok())?,
                )
            })
            .unwrap_or(Self::Ja)
    }

    /// A `Set-Cookie` value that keeps it.
    pub(in super::super) fn cookie(self, secure: bool) -> String {
        set_lax_cookie(COOKIE, self.word(), YEAR, secure)
    }
}

impl From<Lang> for Tongue {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Ja => Self::Ja,
            Lang::En => Self::En,
        }
    }
}

/// The best language of an `Accept-Language` line (RFC 9110 §12.5.4) that there is; among equals the first.
fn preferred(line: &str) -> Option<Tongue> {
    let mut best: Option<(u32, Tongue)> = None;
    for part in line.split(',').take(32) {
        let mut halves = part.split(';');
        let range = halves.next().unwrap_or_default().trim();
        let weight = halves
            .find_map(|half| half.trim().strip_prefix("q="))
            .map_or(Some(1_000), thousandths)
            .unwrap_or(0);
        let primary = range.split('-').next().unwrap_or_default();
        let tongue = match primary.to_ascii_lowercase().as_str() {
            "ja" => Tongue::Ja,
            "en" => Tongue::En,
            "zh" => Tongue::Zh,
            "pt" => Tongue::Pt,
            "vi" => Tongue::Vi,
            "tl" | "fil" => Tongue::Tl,
            "ne" => Tongue::Ne,
            _ => continue,
        };
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, tongue));
        }
    }
    best.map(|(_, tongue)| tongue)
}

/// `0.8` as 800; nothing where it is no weight.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u32 = format!("{part:0<3}").parse().ok()?;
    Some((whole * 1_000 + part).min(1_000))
}

/// One thing, said in all eight.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Said {
    /// 日本語.
    pub(in super::super) ja: &'static str,
    /// やさしい日本語: short, few kanji, spaces between words.
    pub(in super::super) easy: &'static str,
    /// English.
    pub(in super::super) en: &'static str,
    /// 中文.
    pub(in super::super) zh: &'static str,
    /// Português.
    pub(in super::super) pt: &'static str,
    /// Tiếng Việt.
    pub(in super::super) vi: &'static str,
    /// Tagalog.
    pub(in super::super) tl: &'static str,
    /// नेपाली.
    pub(in super::super) ne: &'static str,
}

impl Said {
    /// In one of them.
    pub(in super::super) const fn get(&self, tongue: Tongue) -> &'static str {
        match tongue {
            Tongue::Ja => self.ja,
            Tongue::Easy => self.easy,
            Tongue::En => self.en,
            Tongue::Zh => self.zh,
            Tongue::Pt => self.pt,
            Tongue::Vi => self.vi,
            Tongue::Tl => self.tl,
            Tongue::Ne => self.ne,
        }
    }
}

/// The same, from words in the order of [`Tongue::ALL`].
pub(in super::super) const fn said(words: [&'static str; 8]) -> Said {
    let [ja, easy, en, zh, pt, vi, tl, ne] = words;
    Said {
        ja,
        easy,
        en,
        zh,
        pt,
        vi,
        tl,
        ne,
    }
}

/// Words of the catalogue, which has Japanese and English: English for English, else Japanese, marked as such.
pub(in super::super) fn catalogue(tongue: Tongue, words: &Text) -> Markup {
    match tongue {
        Tongue::Ja | Tongue::Easy => html! { (words.ja) },
        Tongue::En => html! { (words.en) },
        _ => html! { span lang="ja" { (words.ja) } },
    }
}

/// A day, with its weekday.
pub(in super::super) fn day(tongue: Tongue, day: Date) -> String {
    let (year, month, number) = (day.year(), day.month(), day.day());
    let weekday = weekday(tongue, day.weekday());
    match tongue {
        Tongue::Ja | Tongue::Zh => format!("{year}年{month}月{number}日（{weekday}）"),
        Tongue::Easy => format!("{year}年 {month}月 {number}日（{weekday}）"),
        Tongue::En => jst::day(day, Lang::En),
        Tongue::Pt | Tongue::Vi => format!("{weekday}, {number}/{month}/{year}"),
        Tongue::Tl => format!("{weekday}, {month}/{number}/{year}"),
        Tongue::Ne => format!("{year}/{month:02}/{number:02} ({weekday})"),
    }
}

/// A moment, in Japan's time.
pub(in super::super) fn moment(tongue: Tongue, at: i64) -> String {
    jst::civil(at).map_or_else(
        || "—".to_owned(),
        |when| {
            let day = day(tongue, when.date());
            let (hour, minute) = (when.hour(), when.minute());
            match tongue {
                Tongue::En => format!("{day}, {hour}:{minute:02}"),
                _ => format!("{day} {hour}:{minute:02}"),
            }
        },
    )
}

fn weekday(tongue: Tongue, weekday: Weekday) -> &'static str {
    let at = usize::try_from(weekday.to_sunday_zero_offset()).unwrap_or(0);
    let week: [&'static str; 7] = match tongue {
        Tongue::Ja => ["日", "月", "火", "水", "木", "金", "土"],
        Tongue::Easy => [
            "にちよう",
            "げつよう",
            "かよう",
            "すいよう",
            "もくよう",
            "きんよう",
            "どよう",
        ],
        Tongue::En => ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        Tongue::Zh => ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
        Tongue::Pt => ["dom.", "seg.", "ter.", "qua.", "qui.", "sex.", "sáb."],
        Tongue::Vi => [
            "Chủ nhật",
            "Thứ hai",
            "Thứ ba",
            "Thứ tư",
            "Thứ năm",
            "Thứ sáu",
            "Thứ bảy",
        ],
        Tongue::Tl => [
            "Linggo",
            "Lunes",
            "Martes",
            "Miyerkules",
            "Huwebes",
            "Biyernes",
            "Sabado",
        ],
        Tongue::Ne => ["आइत", "सोम", "मंगल", "बुध", "बिही", "शुक्र", "शनि"],
    };
    week.get(at).copied().unwrap_or_default()
}

/// Beside the languages.
pub(super) const LANGUAGE: &str = "ことば / Language";

pub(super) const SKIP: Said = Said {
    ja: "本文へ",
    easy: "なかみへ",
    en: "Skip to content",
    zh: "跳到正文",
    pt: "Ir para o conteúdo",
    vi: "Đến nội dung",
    tl: "Pumunta sa nilalaman",
    ne: "मुख्य भागमा जानुहोस्",
};

pub(super) const BACK: Said = Said {
    ja: "手続きの状況へ戻る",
    easy: "てつづきの ページに もどる",
    en: "Back to your filings",
    zh: "返回手续进度",
    pt: "Voltar aos procedimentos",
    vi: "Quay lại tình trạng thủ tục",
    tl: "Bumalik sa mga aplikasyon",
    ne: "प्रक्रियाको स्थितिमा फर्कनुहोस्",
};

pub(super) const UNKNOWN_TITLE: Said = Said {
    ja: "ページが見つかりません",
    easy: "ページが ありません",
    en: "Page not found",
    zh: "找不到页面",
    pt: "Página não encontrada",
    vi: "Không tìm thấy trang",
    tl: "Hindi makita ang pahina",
    ne: "पृष्ठ भेटिएन",
};

pub(super) const UNKNOWN: Said = Said {
    ja: "リンクが途中で切れていないか、お手元の控えのQRコードをもう一度お確かめください。リンクが新しくなったときは、新しいQRコードからお開きください。分からないときは窓口へお電話ください。",
    easy: "リンクが ぜんぶ あるか、QRコードを もういちど たしかめて ください。あたらしい QRコードを もらった ときは、あたらしい ほうを つかって ください。わからない ときは 市役所に 電話して ください。",
    en: "Please check that the link is complete, or scan the QR code on your receipt again. If you were given a new code, use the new one. If in doubt, call the office.",
    zh: "请确认链接是否完整，或重新扫描收据上的二维码。如果您收到了新的二维码，请使用新的。不清楚时请致电窗口。",
    pt: "Confira se o link está completo ou leia novamente o código QR do comprovante. Se recebeu um código novo, use o novo. Em caso de dúvida, telefone para a prefeitura.",
    vi: "Hãy kiểm tra xem đường dẫn có đầy đủ không, hoặc quét lại mã QR trên biên nhận. Nếu bạn đã nhận mã mới, hãy dùng mã mới. Nếu không rõ, hãy gọi cho tòa thị chính.",
    tl: "Tiyaking kumpleto ang link, o i-scan muli ang QR code sa iyong resibo. Kung may bago kang code, iyon ang gamitin. Kung hindi sigurado, tumawag sa munisipyo.",
    ne: "लिङ्क पूरा छ कि छैन हेर्नुहोस्, वा रसिदको QR कोड फेरि स्क्यान गर्नुहोस्। नयाँ कोड पाउनुभएको छ भने नयाँ प्रयोग गर्नुहोस्। थाहा नभए कार्यालयमा फोन गर्नुहोस्।",
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_browsers_preferences_are_weighed() {
        for (line, expect) in [
            ("pt-BR,pt;q=0.9,en;q=0.8", Some(Tongue::Pt)),
            ("en;q=0.2, ne;q=0.9", Some(Tongue::Ne)),
            ("fil-PH", Some(Tongue::Tl)),
            ("zh-TW;q=0.5,de", Some(Tongue::Zh)),
            ("de-DE,de;q=0.9", None),
            ("vi;q=0, ja;q=0.1", Some(Tongue::Ja)),
            ("en;q=2,vi;q=0.1", Some(Tongue::Vi)),
            ("", None),
        ] {
            assert_eq!(preferred(line), expect, "{line}");
        }
    }

    #[test]
    fn the_address_beats_the_cookie_and_the_cookie_the_browser() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "vi".parse().unwrap());
        let of = |uri: &str, headers: &HeaderMap| Tongue::of(&uri.parse().unwrap(), headers);
        assert_eq!(of("/f/x", &headers), Tongue::Vi);
        headers.insert(header::COOKIE, "ubugoe_tongue=tl".parse().unwrap());
        assert_eq!(of("/f/x", &headers), Tongue::Tl);
        assert_eq!(of("/f/x?lang=easy", &headers), Tongue::Easy);
        assert_eq!(of("/f/x?lang=xx", &headers), Tongue::Tl);
    }

    #[test]
    fn days_are_written_as_each_language_writes_them() {
        let date = jiff::civil::date(2026, 11, 27);
        let all = Tongue::ALL.map(|tongue| day(tongue, date));
        assert_eq!(
            all,
            [
                "2026年11月27日（金）",
                "2026年 11月 27日（きんよう）",
                "Fri 27 Nov 2026",
                "2026年11月27日（周五）",
                "sex., 27/11/2026",
                "Thứ sáu, 27/11/2026",
                "Biyernes, 11/27/2026",
                "2026/11/27 (शुक्र)",
            ]
        );
    }
}
