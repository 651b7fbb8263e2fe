//! Words of the room for the gift.

use super::super::words::Said;

pub(super) const TITLE: Said = Said {
    ja: "市からの贈り物",
    easy: "市からの プレゼント",
    en: "A gift from the city",
    zh: "市里的礼物",
    pt: "Um presente da cidade",
    vi: "Quà của thành phố",
    tl: "Regalo mula sa lungsod",
    ne: "नगरको उपहार",
};

pub(super) const ABOUT: Said = Said {
    ja: "選ぶことも、受け取らないこともできます。",
    easy: "えらんでも、もらわなくても いいです。",
    en: "Choose one, or decline.",
    zh: "可选择，也可不领取。",
    pt: "Escolha um ou recuse.",
    vi: "Chọn một món hoặc từ chối.",
    tl: "Pumili ng isa, o tumanggi.",
    ne: "एउटा छान्नुहोस्, वा नलिनुहोस्।",
};

pub(super) const CHOICE: Said = Said {
    ja: "品物",
    easy: "プレゼント",
    en: "Item",
    zh: "礼品",
    pt: "Item",
    vi: "Món quà",
    tl: "Regalo",
    ne: "वस्तु",
};

pub(super) const DECLINE: Said = Said {
    ja: "受け取らない",
    easy: "もらわない",
    en: "I would rather not",
    zh: "不领取",
    pt: "Prefiro não receber",
    vi: "Không nhận",
    tl: "Hindi ko tatanggapin",
    ne: "लिन्नँ",
};

pub(super) const WAY: Said = Said {
    ja: "受け取り方",
    easy: "うけとりかた",
    en: "How to receive it",
    zh: "领取方式",
    pt: "Como receber",
    vi: "Cách nhận",
    tl: "Paano tatanggapin",
    ne: "लिने तरिका",
};

pub(super) const COUNTER: Said = Said {
    ja: "窓口で受け取る",
    easy: "市役所で うけとる",
    en: "At the counter",
    zh: "在窗口领取",
    pt: "No balcão",
    vi: "Tại quầy",
    tl: "Sa counter",
    ne: "काउन्टरमा",
};

pub(super) const VISIT: Said = Said {
    ja: "赤ちゃん訪問のときに受け取る",
    easy: "あかちゃんの 家に くる ときに うけとる",
    en: "At the home visit",
    zh: "家访时领取",
    pt: "Na visita domiciliar",
    vi: "Khi có người đến thăm nhà",
    tl: "Sa pagbisita sa bahay",
    ne: "घर भेटमा",
};

pub(super) const SEND: Said = Said {
    ja: "この内容で答える",
    easy: "これで こたえる",
    en: "Send this answer",
    zh: "提交回答",
    pt: "Enviar a resposta",
    vi: "Gửi câu trả lời",
    tl: "Ipadala ang sagot",
    ne: "यो जवाफ पठाउनुहोस्",
};

pub(super) const CHOSEN: Said = Said {
    ja: "お答え：受け取ります",
    easy: "こたえ：もらいます",
    en: "Your answer: yes",
    zh: "您的回答：领取",
    pt: "Sua resposta: sim",
    vi: "Câu trả lời: nhận",
    tl: "Sagot mo: oo",
    ne: "तपाईंको जवाफ: लिन्छु",
};

pub(super) const DECLINED: Said = Said {
    ja: "お答え：受け取りません",
    easy: "こたえ：もらいません",
    en: "Your answer: no",
    zh: "您的回答：不领取",
    pt: "Sua resposta: não",
    vi: "Câu trả lời: không nhận",
    tl: "Sagot mo: hindi",
    ne: "तपाईंको जवाफ: लिन्नँ",
};

pub(super) const UNANSWERED: Said = Said {
    ja: "まだお答えいただいていません",
    easy: "まだ こたえて いません",
    en: "Not answered yet",
    zh: "尚未回答",
    pt: "Ainda sem resposta",
    vi: "Chưa trả lời",
    tl: "Wala pang sagot",
    ne: "अझै जवाफ छैन",
};

pub(super) const CHANGEABLE: Said = Said {
    ja: "お渡しするまで、何度でも変えられます。",
    easy: "わたすまで なんども かえられます。",
    en: "You can change it until it is handed over.",
    zh: "领取前可随时更改。",
    pt: "Pode mudar até a entrega.",
    vi: "Có thể đổi cho đến khi nhận.",
    tl: "Puwedeng baguhin hanggang sa maibigay.",
    ne: "नदिएसम्म परिवर्तन गर्न सकिन्छ।",
};

pub(super) const HANDED: Said = Said {
    ja: "お渡ししました",
    easy: "わたしました",
    en: "Handed over",
    zh: "已领取",
    pt: "Entregue",
    vi: "Đã trao",
    tl: "Naibigay na",
    ne: "दिइयो",
};

pub(super) const PICK: Said = Said {
    ja: "品物と受け取り方、または「受け取らない」を選んでください。",
    easy: "プレゼントと うけとりかた、または「もらわない」を えらんで ください。",
    en: "Choose an item and a way, or decline.",
    zh: "请选择礼品和领取方式，或选择不领取。",
    pt: "Escolha um item e uma forma, ou recuse.",
    vi: "Hãy chọn món quà và cách nhận, hoặc từ chối.",
    tl: "Pumili ng regalo at paraan, o tumanggi.",
    ne: "वस्तु र तरिका छान्नुहोस्, वा नलिने रोज्नुहोस्।",
};

pub(super) const NOW_HANDED: Said = Said {
    ja: "すでにお渡ししたため、変えられません。",
    easy: "もう わたしたので かえられません。",
    en: "It was handed over, so it cannot be changed.",
    zh: "已领取，无法更改。",
    pt: "Já foi entregue; não pode mudar.",
    vi: "Đã trao nên không thể đổi.",
    tl: "Naibigay na kaya hindi na mababago.",
    ne: "दिइसकेकाले परिवर्तन हुँदैन।",
};

/// Every one of them, for the test that looks at them.
#[cfg(test)]
pub(in super::super) const ALL: &[(&str, Said)] = &[
    ("TITLE", TITLE),
    ("ABOUT", ABOUT),
    ("CHOICE", CHOICE),
    ("DECLINE", DECLINE),
    ("WAY", WAY),
    ("COUNTER", COUNTER),
    ("VISIT", VISIT),
    ("SEND", SEND),
    ("CHOSEN", CHOSEN),
    ("DECLINED", DECLINED),
    ("UNANSWERED", UNANSWERED),
    ("CHANGEABLE", CHANGEABLE),
    ("HANDED", HANDED),
    ("PICK", PICK),
    ("NOW_HANDED", NOW_HANDED),
];
