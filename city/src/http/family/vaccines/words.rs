//! Words of the room for vaccinations.

use super::super::words::Said;

pub(super) const TITLE: Said = Said {
    ja: "予防接種の時期",
    easy: "ワクチンを うける じき",
    en: "Vaccination windows",
    zh: "疫苗接种时期",
    pt: "Períodos das vacinas",
    vi: "Thời gian tiêm chủng",
    tl: "Panahon ng bakuna",
    ne: "खोप लगाउने समय",
};

pub(super) const ABOUT: Said = Said {
    ja: "いつからいつまでに何を受けるか、いま受けられるものは何か。",
    easy: "いつ どの ワクチンを うけるか わかります。",
    en: "What comes when, and what is due now.",
    zh: "何时接种何种疫苗，现在可接种哪些。",
    pt: "O que vem quando e o que já pode ser aplicado.",
    vi: "Khi nào tiêm gì và hiện nay tiêm được gì.",
    tl: "Ano ang kailan, at ano ang puwede na ngayon.",
    ne: "कहिले के लगाउने र अहिले के लगाउन मिल्छ।",
};

pub(super) const HONEST: Said = Said {
    ja: "市には、この画面で使える接種の記録がありません。「受けた」と教えていただいた分だけを、ご家族の申告として計算に入れます。正しい記録は母子健康手帳です。",
    easy: "市には うけた きろくが ありません。みなさんが おしえた ものだけを つかいます。ほんとうの きろくは 母子手帳です。",
    en: "No dose is recorded here. Only what you tell us counts, marked as told by the family. The true record is the mother-and-child handbook.",
    zh: "这里没有接种记录。只计入您告知的接种（家属申报）。正式记录以母子健康手册为准。",
    pt: "Nenhuma dose está registrada aqui. Conta só o que a família informar. O registro verdadeiro é a caderneta materno-infantil.",
    vi: "Ở đây không có hồ sơ tiêm. Chỉ tính những gì gia đình khai. Hồ sơ đúng là sổ mẹ và bé.",
    tl: "Walang nakatalang dosis dito. Ang sinabi lang ng pamilya ang binibilang. Ang tunay na tala ay ang handbook.",
    ne: "यहाँ कुनै खोपको अभिलेख छैन। परिवारले भनेको मात्र गणना हुन्छ। सही अभिलेख आमा-बच्चा पुस्तिका हो।",
};

pub(super) const NOW: Said = Said {
    ja: "いま受けられるもの",
    easy: "いま うけられる もの",
    en: "Due now",
    zh: "现在可接种",
    pt: "Já podem ser aplicadas",
    vi: "Hiện có thể tiêm",
    tl: "Puwede na ngayon",
    ne: "अहिले लगाउन मिल्ने",
};

pub(super) const SOON: Said = Said {
    ja: "これから受けるもの",
    easy: "これから うける もの",
    en: "Coming up",
    zh: "即将接种",
    pt: "Em breve",
    vi: "Sắp tới",
    tl: "Susunod",
    ne: "आउँदै गरेका",
};

pub(super) const LATER: Said = Said {
    ja: "1年より先のもの",
    easy: "1年より あとの もの",
    en: "More than a year ahead",
    zh: "一年以后",
    pt: "Daqui a mais de um ano",
    vi: "Hơn một năm nữa",
    tl: "Higit isang taon pa",
    ne: "एक वर्षपछि",
};

pub(super) const DONE: Said = Said {
    ja: "受け終わったもの",
    easy: "おわった もの",
    en: "Complete",
    zh: "已完成",
    pt: "Completas",
    vi: "Đã hoàn thành",
    tl: "Kumpleto",
    ne: "पूरा भएका",
};

pub(super) const OVER: Said = Said {
    ja: "定期接種の期間を過ぎたもの",
    easy: "じきが すぎた もの",
    en: "The routine window has passed",
    zh: "已过定期接种时期",
    pt: "Período de rotina encerrado",
    vi: "Đã quá thời gian tiêm định kỳ",
    tl: "Lumipas na ang panahon",
    ne: "नियमित अवधि सकिएका",
};

pub(super) const ASK: Said = Said {
    ja: "医療機関に確認するもの",
    easy: "びょういんに きく もの",
    en: "Ask the clinic",
    zh: "请咨询医疗机构",
    pt: "Consulte a clínica",
    vi: "Hỏi cơ sở y tế",
    tl: "Itanong sa klinika",
    ne: "क्लिनिकमा सोध्ने",
};

pub(super) const DOSE_BEFORE: Said = Said {
    ja: "",
    easy: "",
    en: "Dose ",
    zh: "第",
    pt: "Dose ",
    vi: "Mũi ",
    tl: "Dosis ",
    ne: "मात्रा ",
};

pub(super) const DOSE_AFTER: Said = Said {
    ja: "回目",
    easy: "回目",
    en: "",
    zh: "次",
    pt: "",
    vi: "",
    tl: "",
    ne: "",
};

pub(super) const STANDARD: Said = Said {
    ja: "標準の時期",
    easy: "ふつうの じき",
    en: "Standard time",
    zh: "标准时期",
    pt: "Período recomendado",
    vi: "Thời gian chuẩn",
    tl: "Karaniwang panahon",
    ne: "सामान्य समय",
};

pub(super) const PERMITTED: Said = Said {
    ja: "受けられる期間",
    easy: "うけられる じき",
    en: "Permitted",
    zh: "可接种期间",
    pt: "Permitido",
    vi: "Thời gian được tiêm",
    tl: "Pinapayagan",
    ne: "अनुमति अवधि",
};

pub(super) const ASSUMES: Said = Said {
    ja: "前の回を標準どおりに受けたときの目安です。",
    easy: "前の かいを ふつうの じきに うけた ときの めやすです。",
    en: "If the doses before come in their standard time.",
    zh: "以前次按标准时期接种为前提。",
    pt: "Se as doses anteriores forem no período recomendado.",
    vi: "Nếu các mũi trước tiêm đúng thời gian chuẩn.",
    tl: "Kung nasa karaniwang panahon ang mga nauna.",
    ne: "अघिल्ला मात्रा सामान्य समयमा लगाएमा।",
};

pub(super) const TOLD: Said = Said {
    ja: "受けた日（ご家族の申告）",
    easy: "うけた 日（みなさんが おしえた）",
    en: "Given on (told by the family)",
    zh: "接种日（家属申报）",
    pt: "Aplicada em (informado pela família)",
    vi: "Ngày tiêm (gia đình khai)",
    tl: "Ibinigay noong (sabi ng pamilya)",
    ne: "लगाएको दिन (परिवारले भनेको)",
};

pub(super) const GIVEN_ON: Said = Said {
    ja: "受けた日",
    easy: "うけた 日",
    en: "Given on",
    zh: "接种日期",
    pt: "Aplicada em",
    vi: "Ngày tiêm",
    tl: "Ibinigay noong",
    ne: "लगाएको मिति",
};

pub(super) const TELL: Said = Said {
    ja: "受けたと伝える",
    easy: "うけたと つたえる",
    en: "Tell us it was given",
    zh: "告知已接种",
    pt: "Informar que foi aplicada",
    vi: "Báo đã tiêm",
    tl: "Sabihing naibigay na",
    ne: "लगाइयो भनी जनाउनुहोस्",
};

pub(super) const TAKE_BACK: Said = Said {
    ja: "この日を取り消す",
    easy: "この 日を けす",
    en: "Take this back",
    zh: "撤回",
    pt: "Retirar",
    vi: "Rút lại",
    tl: "Bawiin",
    ne: "फिर्ता लिनुहोस्",
};

pub(super) const BAD_DAY: Said = Said {
    ja: "生まれた日から今日までの日付を入れてください。",
    easy: "うまれた 日から きょうまでの 日を いれて ください。",
    en: "Please enter a day from the birth until today.",
    zh: "请输入出生日至今天之间的日期。",
    pt: "Informe um dia entre o nascimento e hoje.",
    vi: "Hãy nhập ngày từ khi sinh đến hôm nay.",
    tl: "Maglagay ng araw mula kapanganakan hanggang ngayon.",
    ne: "जन्मदेखि आजसम्मको मिति राख्नुहोस्।",
};

pub(super) const NOT_ADVICE: Said = Said {
    ja: "これは期間の計算で、医師の助言ではありません。体調や間隔は医療機関にご相談ください。",
    easy: "これは じきの けいさんです。からだの ことは おいしゃさんに きいて ください。",
    en: "This counts windows and is no medical advice. Please ask the clinic.",
    zh: "此为时期计算，并非医疗建议。请咨询医疗机构。",
    pt: "Isto calcula períodos e não é conselho médico. Consulte a clínica.",
    vi: "Đây là tính thời gian, không phải lời khuyên y tế. Hãy hỏi cơ sở y tế.",
    tl: "Pagkuwenta ito ng panahon, hindi payong medikal. Magtanong sa klinika.",
    ne: "यो समयको गणना हो, चिकित्सा सल्लाह होइन। क्लिनिकमा सोध्नुहोस्।",
};

/// Every one of them, for the test that looks at them.
#[cfg(test)]
pub(in super::super) const ALL: &[(&str, Said)] = &[
    ("TITLE", TITLE),
    ("ABOUT", ABOUT),
    ("HONEST", HONEST),
    ("NOW", NOW),
    ("SOON", SOON),
    ("LATER", LATER),
    ("DONE", DONE),
    ("OVER", OVER),
    ("ASK", ASK),
    ("DOSE_BEFORE", DOSE_BEFORE),
    ("DOSE_AFTER", DOSE_AFTER),
    ("STANDARD", STANDARD),
    ("PERMITTED", PERMITTED),
    ("ASSUMES", ASSUMES),
    ("TOLD", TOLD),
    ("GIVEN_ON", GIVEN_ON),
    ("TELL", TELL),
    ("TAKE_BACK", TAKE_BACK),
    ("BAD_DAY", BAD_DAY),
    ("NOT_ADVICE", NOT_ADVICE),
];
