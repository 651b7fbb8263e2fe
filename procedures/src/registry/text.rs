//! Making somebody else's text harmless: markup and characters nobody can see out, lengths limited, links found.
//!
//! Nothing is normalised beyond that: the words stay as they were written.

use super::record::Link;

/// The longest running text, in characters.
pub(super) const LONG: usize = 20_000;
/// The longest name or short remark.
pub(super) const SHORT: usize = 1_000;
/// The longest address of a web page.
const MAX_URI: usize = 2_000;

/// A text and what was done to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cleaned {
    pub(super) text: String,
    pub(super) markup: bool,
    pub(super) invisible: bool,
    pub(super) cut: bool,
}

/// Cleans a text. Doing it twice changes nothing more.
pub(super) fn clean(text: &str, limit: usize) -> Cleaned {
    let (visible, invisible) = without_invisible(text);
    let (mut plain, markup) = without_markup(&visible);
    let mut cut = false;
    if let Some((end, _)) = plain.char_indices().nth(limit) {
        plain.truncate(end);
        cut = true;
    }
    Cleaned {
        text: plain.trim().to_owned(),
        markup,
        invisible,
        cut,
    }
}

/// Line ends become `\n`, tabs blanks; other control characters and what hides or turns text around goes.
fn without_invisible(text: &str) -> (String, bool) {
    let mut visible = String::with_capacity(text.len());
    let mut removed = false;
    let mut after_cr = false;
    for c in text.chars() {
        match c {
            '\n' if after_cr => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => visible.push('\n'),
            '\t' => visible.push(' '),
            c if c.is_control() || is_hidden(c) => removed = true,
            c => visible.push(c),
        }
        after_cr = c == '\r';
    }
    (visible, removed)
}

/// Zero-width blanks, marks of direction, tag characters, byte order marks. Variation selectors and joiners are part of
/// how characters look and stay.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Takes tags out, innermost first, so that taking one out cannot leave another: `<<b>script>` leaves nothing. Scripts and
/// styles go with what is in them. A `<` that could still begin a tag becomes `＜`; any other is a sign for "less than".
fn without_markup(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<usize> = Vec::new();
    let mut hidden_from: Option<usize> = None;
    let mut markup = false;
    for c in text.chars() {
        match c {
            '<' => {
                open.push(out.len());
                out.push('<');
            }
            '>' => {
                let tag = loop {
                    match open.pop() {
                        Some(at) if begins_tag(&out, at) => break Some(at),
                        Some(_) => {}
                        None => break None,
                    }
                };
                let Some(at) = tag else {
                    out.push('>');
                    continue;
                };
                markup = true;
                let tag = out.split_off(at);
                if hides(&tag) {
                    hidden_from.get_or_insert(at);
                } else if ends_hiding(&tag)
                    && let Some(from) = hidden_from.take()
                {
                    out.truncate(from.min(out.len()));
                    open.retain(|&start| start < out.len());
                }
                // What stood before an outer tag may go with it.
                hidden_from = hidden_from.filter(|&from| from <= out.len());
            }
            c => out.push(c),
        }
    }
    let left = (0..out.len()).any(|at| begins_tag(&out, at));
    if left {
        markup = true;
        out = disarm(&out);
    }
    (out, markup)
}

fn begins_tag(text: &str, at: usize) -> bool {
    let mut bytes = text.as_bytes().iter().skip(at);
    bytes.next() == Some(&b'<')
        && bytes
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?'))
}

fn named(tag: &str, names: [&str; 2]) -> bool {
    let name = tag.trim_start_matches('<');
    names.iter().any(|wanted| {
        name.get(..wanted.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(wanted))
            && !name
                .as_bytes()
                .get(wanted.len())
                .is_some_and(u8::is_ascii_alphanumeric)
    })
}

fn hides(tag: &str) -> bool {
    named(tag, ["script", "style"])
}

fn ends_hiding(tag: &str) -> bool {
    named(tag, ["/script", "/style"])
}

fn disarm(text: &str) -> String {
    text.char_indices()
        .map(|(at, c)| {
            if c == '<' && begins_tag(text, at) {
                '＜'
            } else {
                c
            }
        })
        .collect()
}

/// Whether something is the address of a web page: `http` or `https`, a host, nothing that breaks out of an attribute, no
/// user name that could pass for a host.
pub(super) fn is_web(uri: &str) -> bool {
    let after_scheme = ["https://", "http://"].iter().find_map(|scheme| {
        let start = uri.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| uri.get(scheme.len()..))?
    });
    let Some(rest) = after_scheme else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let harmless =
        |c: char| !(c.is_whitespace() || c.is_control() || is_hidden(c) || "<>\"'`\\".contains(c));
    !host.is_empty()
        && !host.starts_with(':')
        && !host.contains('@')
        && uri.chars().count() <= MAX_URI
        && uri.chars().all(harmless)
}

/// An address inside running text.
struct Found<'t> {
    /// Where its title begins, or where it begins itself.
    title_at: usize,
    /// Where the separator stands, or where it begins itself.
    separator_at: usize,
    /// Where it begins and ends.
    uri_at: usize,
    end: usize,
    title: Option<&'t str>,
}

/// Addresses in running text. The published texts write them as `title;URL`; a title begins after a line end, a full
/// stop or the address before.
fn addresses(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut floor = 0;
    let mut cursor = 0;
    while let Some(uri_at) = text
        .get(cursor..)
        .and_then(|rest| rest.find("http"))
        .map(|at| cursor + at)
    {
        cursor = uri_at + "http".len();
        let Some(rest) = text.get(uri_at..) else {
            break;
        };
        if !(rest.starts_with("http://") || rest.starts_with("https://")) {
            continue;
        }
        let stop = rest
            .char_indices()
            .find(|&(at, c)| {
                !c.is_ascii_graphic()
                    || "<>\"'`\\".contains(c)
                    || (c == ';' && rest.get(at + 1..).is_some_and(|r| r.starts_with("http")))
            })
            .map_or(rest.len(), |(at, _)| at);
        let address = rest
            .get(..stop)
            .unwrap_or_default()
            .trim_end_matches(['.', ',', ';']);
        let end = uri_at + address.len();
        cursor = end.max(cursor);
        if !is_web(address) {
            continue;
        }
        let before = text.get(floor..uri_at).unwrap_or_default();
        let titled = before.strip_suffix([';', '；']).map(|title| {
            let start = title.rfind(['\n', '。']).map_or(0, |at| {
                at + title
                    .get(at..)
                    .and_then(|t| t.chars().next())
                    .map_or(0, char::len_utf8)
            });
            (
                floor + start,
                floor + title.len(),
                title.get(start..).unwrap_or_default().trim(),
            )
        });
        let (title_at, separator_at, title) = match titled {
            Some((title_at, separator_at, title)) => (
                title_at,
                separator_at,
                Some(title).filter(|t| !t.is_empty()),
            ),
            None => (uri_at, uri_at, None),
        };
        found.push(Found {
            title_at,
            separator_at,
            uri_at,
            end,
            title,
        });
        floor = end;
    }
    found
}

/// The links in a running text.
#[must_use]
pub fn links_in(text: &str) -> Vec<Link> {
    addresses(text)
        .into_iter()
        .filter_map(|found| {
            Some(Link {
                title: found.title.map(str::to_owned),
                uri: Some(text.get(found.uri_at..found.end)?.to_owned()),
            })
        })
        .collect()
}

/// A running text for reading: of `title;URL` only the title.
#[must_use]
pub fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut from = 0;
    for found in addresses(text) {
        if found.title_at == found.uri_at {
            continue;
        }
        plain.push_str(text.get(from..found.separator_at).unwrap_or_default());
        from = found.end;
    }
    plain.push_str(text.get(from..).unwrap_or_default());
    plain
}

/// Full-width digits, letters and the marks between them as ASCII: for codes, numbers and dates only, never for words.
/// Not for everything that has an ASCII twin: `＜` stays what it is.
pub(super) fn ascii_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{3000}' => ' ',
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '，' | '－' | '．' | '／' | '：' | '；' => {
                u32::from(c)
                    .checked_sub(0xFEE0)
                    .and_then(char::from_u32)
                    .unwrap_or(c)
            }
            '−' | '‐' | '–' => '-',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        clean(text, LONG).text
    }

    #[test]
    fn tags_go_and_signs_stay() {
        for (given, expected) in [
            ("年収 < 300万円 かつ > 0", "年収 < 300万円 かつ > 0"),
            ("a<b>c</b>d", "acd"),
            ("<p class=\"x\">はい</p>", "はい"),
            ("<br/>", ""),
            ("x<script>alert(1)</script>y", "xy"),
            ("x<SCRIPT src=a>alert('<b>')</script >y", "xy"),
            ("x<style>p{}</style>y", "xy"),
            ("<<b>script>alert(1)</script>", ""),
            ("<scr<b>ipt>alert(1)", "alert(1)"),
            (
                "<img src=x onerror=alert(1)",
                "＜img src=x onerror=alert(1)",
            ),
            ("<script x < 3>z", "z"),
            ("<!-- a -->b", "b"),
            ("1<2>0", "1<2>0"),
            ("<>", "<>"),
            ("<\u{0}script>a</\u{200B}script>b", "b"),
            ("&lt;b&gt;", "&lt;b&gt;"),
        ] {
            assert_eq!(plain(given), expected, "{given:?}");
        }
    }

    #[test]
    fn what_nobody_can_see_goes_and_line_ends_become_one() {
        assert_eq!(
            plain("\u{FEFF}a\r\nb\rc\u{2028}d\te\u{7}\u{202E}f\u{E0041}"),
            "a\nb\nc\nd ef"
        );
        assert_eq!(plain("\u{3000} 神\u{FE00}  "), "神\u{FE00}");
    }

    #[test]
    fn a_hundred_thousand_brackets_take_no_time() {
        for text in [
            "<".repeat(100_000),
            "<a".repeat(50_000),
            "<a>".repeat(40_000),
            format!("{}{}", "<a".repeat(50_000), ">".repeat(50_000)),
        ] {
            clean(&text, LONG);
        }
    }

    #[test]
    fn links_are_found_with_their_titles() {
        let text = "詳しくはこちら。申請書;https://www.example.jp/a.pdf\n案内；http://example.jp/b?x=1;y 次;https://c.example/。https://d.example/e.";
        let found: Vec<(Option<String>, String)> = links_in(text)
            .into_iter()
            .map(|link| (link.title, link.uri.unwrap_or_default()))
            .collect();
        let link = |title: Option<&str>, uri: &str| (title.map(str::to_owned), uri.to_owned());
        assert_eq!(
            found,
            [
                link(Some("申請書"), "https://www.example.jp/a.pdf"),
                link(Some("案内"), "http://example.jp/b?x=1;y"),
                link(Some("次"), "https://c.example/"),
                link(None, "https://d.example/e"),
            ]
        );
        assert_eq!(
            without_links(text),
            "詳しくはこちら。申請書\n案内 次。https://d.example/e."
        );
        assert!(links_in("javascript:alert(1) ;http:// ;https://a@b/ http").is_empty());
    }

    #[test]
    fn only_web_addresses_are_links() {
        for web in [
            "https://a.example",
            "HTTP://a.example/ä",
            "http://a:8080/?q#f",
        ] {
            assert!(is_web(web), "{web}");
        }
        for other in [
            "",
            "https://",
            "https:///a",
            "javascript:alert(1)",
            "data:text/html,x",
            "//a",
            "https://a\"b",
            "https://a b",
            "https://city.example@evil.example/",
            "ftp://a",
            "https://:80/",
            "httpｓ://a",
        ] {
            assert!(!is_web(other), "{other}");
        }
        assert!(!is_web(&format!("https://a/{}", "x".repeat(2_000))));
    }
}
