//! Words that several rooms share.

use super::super::words::Said;

pub(in super::super) const CHILD_BEFORE: Said = Said {
    ja: "",
    easy: "",
    en: "Child ",
    zh: "第",
    pt: "Criança ",
    vi: "Bé thứ ",
    tl: "Anak ",
    ne: "बच्चा ",
};

pub(in super::super) const CHILD_AFTER: Said = Said {
    ja: "人目のお子さん",
    easy: "人目の こども",
    en: "",
    zh: "个孩子",
    pt: "",
    vi: "",
    tl: "",
    ne: "",
};

pub(in super::super) const STALE: Said = Said {
    ja: "ほかの画面で先に変更がありました。いまの内容を表示しています。もう一度お試しください。",
    easy: "ほかの ページで 先に かわりました。いまの ないようです。もういちど ためして ください。",
    en: "Something was changed on another page first. This is how it stands now; please try again.",
    zh: "内容已在其他页面更改。现显示最新内容，请重试。",
    pt: "Algo foi alterado antes em outra página. Esta é a situação atual; tente de novo.",
    vi: "Nội dung đã được thay đổi ở trang khác. Đây là nội dung hiện tại, hãy thử lại.",
    tl: "May nabago muna sa ibang pahina. Ito ang kasalukuyan; pakisubukang muli.",
    ne: "अर्को पृष्ठमा पहिले नै परिवर्तन भयो। अहिलेको विवरण यही हो; फेरि प्रयास गर्नुहोस्।",
};

pub(in super::super) const PHONE: Said = Said {
    ja: "電話",
    easy: "でんわ",
    en: "Telephone",
    zh: "电话",
    pt: "Telefone",
    vi: "Điện thoại",
    tl: "Telepono",
    ne: "फोन",
};

pub(in super::super) const PLACE: Said = Said {
    ja: "場所",
    easy: "ばしょ",
    en: "Place",
    zh: "地点",
    pt: "Local",
    vi: "Địa điểm",
    tl: "Lugar",
    ne: "स्थान",
};

/// Every one of them, for the test that looks at them.
#[cfg(test)]
pub(in super::super) const ALL: &[(&str, Said)] = &[
    ("CHILD_BEFORE", CHILD_BEFORE),
    ("CHILD_AFTER", CHILD_AFTER),
    ("STALE", STALE),
    ("PHONE", PHONE),
    ("PLACE", PLACE),
];
