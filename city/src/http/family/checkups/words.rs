//! Words of the room for check-ups.

use super::super::words::Said;

pub(super) const TITLE: Said = Said {
    ja: "健診の予約",
    easy: "けんしんの よやく",
    en: "Book a check-up",
    zh: "预约健康检查",
    pt: "Agendar exame",
    vi: "Đặt lịch khám",
    tl: "Mag-book ng check-up",
    ne: "स्वास्थ्य जाँच बुकिङ",
};

pub(super) const ABOUT: Said = Said {
    ja: "時間を選んで予約し、前日まで変更や取り消しができます。",
    easy: "じかんを えらんで よやくします。前の日まで かえたり やめたり できます。",
    en: "Choose a time; change or cancel until the day before.",
    zh: "选择时间预约，前一天前可更改或取消。",
    pt: "Escolha um horário; mude ou cancele até o dia anterior.",
    vi: "Chọn giờ; có thể đổi hoặc hủy đến ngày hôm trước.",
    tl: "Pumili ng oras; puwedeng baguhin o kanselahin hanggang sa araw bago nito.",
    ne: "समय छान्नुहोस्; अघिल्लो दिनसम्म परिवर्तन वा रद्द गर्न सकिन्छ।",
};

pub(super) const WINDOW: Said = Said {
    ja: "受けられる期間",
    easy: "うけられる じき",
    en: "When it can be held",
    zh: "可检查的时期",
    pt: "Período possível",
    vi: "Thời gian có thể khám",
    tl: "Kailan puwede",
    ne: "गर्न सकिने अवधि",
};

pub(super) const HELD: Said = Said {
    ja: "この時間を仮に取ってあります",
    easy: "この じかんを すこしの あいだ とって あります",
    en: "This time is held for you",
    zh: "已暂时为您保留此时间",
    pt: "Este horário está reservado por pouco tempo",
    vi: "Giờ này đang được giữ cho bạn",
    tl: "Nakareserba muna ang oras na ito para sa iyo",
    ne: "यो समय तपाईंका लागि अस्थायी रूपमा राखिएको छ",
};

pub(super) const HELD_UNTIL: Said = Said {
    ja: "確定の期限",
    easy: "きめる しめきり",
    en: "Confirm before",
    zh: "请在此前确认",
    pt: "Confirme antes de",
    vi: "Xác nhận trước",
    tl: "Kumpirmahin bago ang",
    ne: "यो समयअघि पक्का गर्नुहोस्",
};

pub(super) const HELD_HINT: Said = Said {
    ja: "過ぎると自動で取り消され、ほかの方が予約できるようになります。",
    easy: "すぎると きえます。ほかの 人が よやく できます。",
    en: "After that it lapses by itself and others can book it.",
    zh: "过时将自动取消，其他人即可预约。",
    pt: "Depois disso a reserva cai sozinha e outros podem agendar.",
    vi: "Quá giờ sẽ tự hủy và người khác có thể đặt.",
    tl: "Pagkalampas, kusa itong mawawala at puwedeng i-book ng iba.",
    ne: "त्यसपछि आफैं रद्द हुन्छ र अरूले बुक गर्न सक्छन्।",
};

pub(super) const CONFIRM: Said = Said {
    ja: "この予約を確定する",
    easy: "これに きめる",
    en: "Confirm this booking",
    zh: "确认预约",
    pt: "Confirmar",
    vi: "Xác nhận lịch này",
    tl: "Kumpirmahin",
    ne: "यो बुकिङ पक्का गर्नुहोस्",
};

pub(super) const GIVE_BACK: Said = Said {
    ja: "この時間をやめる",
    easy: "この じかんを やめる",
    en: "Give this time back",
    zh: "放弃此时间",
    pt: "Desistir deste horário",
    vi: "Bỏ giờ này",
    tl: "Bitawan ang oras na ito",
    ne: "यो समय छोड्नुहोस्",
};

pub(super) const BOOKED: Said = Said {
    ja: "予約済みです",
    easy: "よやく できました",
    en: "Booked",
    zh: "已预约",
    pt: "Agendado",
    vi: "Đã đặt lịch",
    tl: "Naka-book na",
    ne: "बुक भयो",
};

pub(super) const ATTENDED: Said = Said {
    ja: "受診済みです",
    easy: "けんしんに 行きました",
    en: "Attended",
    zh: "已检查",
    pt: "Realizado",
    vi: "Đã khám",
    tl: "Natapos na",
    ne: "जाँच भइसक्यो",
};

pub(super) const WHEN: Said = Said {
    ja: "日時",
    easy: "日と じかん",
    en: "When",
    zh: "日期时间",
    pt: "Data e hora",
    vi: "Ngày giờ",
    tl: "Petsa at oras",
    ne: "मिति र समय",
};

pub(super) const COVER: Said = Said {
    ja: "費用",
    easy: "ひよう",
    en: "Cost",
    zh: "费用",
    pt: "Custo",
    vi: "Chi phí",
    tl: "Bayad",
    ne: "खर्च",
};

pub(super) const VOUCHER: Said = Said {
    ja: "お住まいの市区町村の受診票が使えます。",
    easy: "すんでいる 市の 受診票が つかえます。",
    en: "The voucher of your municipality is taken.",
    zh: "可使用居住地的受诊券。",
    pt: "O vale do seu município é aceito.",
    vi: "Dùng được phiếu khám của nơi bạn ở.",
    tl: "Tinatanggap ang voucher ng inyong munisipyo.",
    ne: "तपाईंको नगरपालिकाको भौचर चल्छ।",
};

pub(super) const REFUND: Said = Said {
    ja: "いったん支払い、あとで払い戻しを申請します。領収書をとっておいてください。",
    easy: "さきに はらいます。あとで お金が もどる 申し込みを します。りょうしゅうしょを とって おいて ください。",
    en: "You pay first and claim a refund later. Please keep the receipt.",
    zh: "先付款，之后申请退款。请保留收据。",
    pt: "Paga-se primeiro e pede-se o reembolso depois. Guarde o recibo.",
    vi: "Trả trước, sau đó xin hoàn lại. Hãy giữ biên lai.",
    tl: "Magbayad muna at mag-claim ng refund. Itabi ang resibo.",
    ne: "पहिले तिर्नुहोस्, पछि फिर्ता माग्नुहोस्। रसिद राख्नुहोस्।",
};

pub(super) const CALENDAR: Said = Said {
    ja: "カレンダーに入れる（.ics）",
    easy: "カレンダーに いれる（.ics）",
    en: "Add to your calendar (.ics)",
    zh: "添加到日历（.ics）",
    pt: "Pôr no calendário (.ics)",
    vi: "Thêm vào lịch (.ics)",
    tl: "Idagdag sa kalendaryo (.ics)",
    ne: "क्यालेन्डरमा राख्नुहोस् (.ics)",
};

pub(super) const CANCEL: Said = Said {
    ja: "予約を取り消す",
    easy: "よやくを やめる",
    en: "Cancel this booking",
    zh: "取消预约",
    pt: "Cancelar",
    vi: "Hủy lịch",
    tl: "Kanselahin",
    ne: "बुकिङ रद्द गर्नुहोस्",
};

pub(super) const SURE: Said = Said {
    ja: "取り消してよい",
    easy: "やめても いい",
    en: "Yes, cancel it",
    zh: "确定取消",
    pt: "Sim, cancelar",
    vi: "Đồng ý hủy",
    tl: "Oo, kanselahin",
    ne: "हो, रद्द गर्ने",
};

pub(super) const LAST_CHANGE: Said = Said {
    ja: "変更・取り消しの期限",
    easy: "かえる・やめる しめきり",
    en: "Change or cancel until",
    zh: "更改或取消截止",
    pt: "Mudar ou cancelar até",
    vi: "Đổi hoặc hủy đến",
    tl: "Baguhin o kanselahin hanggang",
    ne: "परिवर्तन वा रद्द गर्ने अन्तिम दिन",
};

pub(super) const TOO_LATE: Said = Said {
    ja: "前日を過ぎたため、ここでは変更も取り消しもできません。医療機関へお電話ください。",
    easy: "前の日が すぎました。ここでは かえられません。びょういんに 電話して ください。",
    en: "The day before has passed, so it cannot be changed here. Please call the clinic.",
    zh: "已过前一天，无法在此更改或取消。请致电医疗机构。",
    pt: "O dia anterior já passou; não é possível mudar aqui. Ligue para a clínica.",
    vi: "Đã qua ngày hôm trước nên không thể đổi ở đây. Hãy gọi cho cơ sở y tế.",
    tl: "Lumipas na ang araw bago nito, kaya hindi na mababago rito. Tumawag sa klinika.",
    ne: "अघिल्लो दिन बितिसक्यो, यहाँ परिवर्तन हुँदैन। क्लिनिकमा फोन गर्नुहोस्।",
};

pub(super) const CHANGE: Said = Said {
    ja: "日時を変える",
    easy: "日と じかんを かえる",
    en: "Change the time",
    zh: "更改时间",
    pt: "Mudar o horário",
    vi: "Đổi giờ",
    tl: "Baguhin ang oras",
    ne: "समय परिवर्तन गर्नुहोस्",
};

pub(super) const CHOOSE: Said = Said {
    ja: "時間を選ぶ",
    easy: "じかんを えらぶ",
    en: "Choose a time",
    zh: "选择时间",
    pt: "Escolher um horário",
    vi: "Chọn giờ",
    tl: "Pumili ng oras",
    ne: "समय छान्नुहोस्",
};

pub(super) const OTHER: Said = Said {
    ja: "ほかの時間を選ぶ",
    easy: "ほかの じかんを えらぶ",
    en: "Choose another time",
    zh: "选择其他时间",
    pt: "Escolher outro horário",
    vi: "Chọn giờ khác",
    tl: "Pumili ng ibang oras",
    ne: "अर्को समय छान्नुहोस्",
};

pub(super) const TAKE_HINT: Said = Said {
    ja: "選ぶと10分間、その時間を仮に取ります。",
    easy: "えらぶと 10ぷんかん とって おきます。",
    en: "Choosing holds the time for ten minutes.",
    zh: "选择后将保留该时间10分钟。",
    pt: "Ao escolher, o horário fica reservado por dez minutos.",
    vi: "Khi chọn, giờ đó được giữ 10 phút.",
    tl: "Kapag pinili, nakareserba ito nang sampung minuto.",
    ne: "छानेपछि दस मिनेट त्यो समय राखिन्छ।",
};

pub(super) const MOVE_HINT: Said = Said {
    ja: "選ぶと、すぐにその時間に変わります。",
    easy: "えらぶと すぐに かわります。",
    en: "Choosing changes your booking at once.",
    zh: "选择后立即更改预约。",
    pt: "Ao escolher, o agendamento muda na hora.",
    vi: "Khi chọn, lịch sẽ đổi ngay.",
    tl: "Kapag pinili, magbabago agad ang booking.",
    ne: "छान्नेबित्तिकै बुकिङ परिवर्तन हुन्छ।",
};

pub(super) const LEFT: Said = Said {
    ja: "残り",
    easy: "のこり",
    en: "left",
    zh: "剩余",
    pt: "vagas",
    vi: "còn",
    tl: "natitira",
    ne: "बाँकी",
};

pub(super) const NONE: Said = Said {
    ja: "いま予約できる時間はありません。",
    easy: "いま よやく できる じかんは ありません。",
    en: "There are no times to book right now.",
    zh: "目前没有可预约的时间。",
    pt: "No momento não há horários.",
    vi: "Hiện không có giờ nào để đặt.",
    tl: "Walang oras na mabo-book ngayon.",
    ne: "अहिले बुक गर्न मिल्ने समय छैन।",
};

pub(super) const FULL: Said = Said {
    ja: "その時間は、ちょうど埋まりました。ほかの時間を選んでください。",
    easy: "その じかんは もう いっぱいです。ほかの じかんを えらんで ください。",
    en: "That time has just been taken. Please choose another.",
    zh: "该时间刚刚已满，请选择其他时间。",
    pt: "Esse horário acabou de ser ocupado. Escolha outro.",
    vi: "Giờ đó vừa hết chỗ. Hãy chọn giờ khác.",
    tl: "Kakapuno lang ng oras na iyon. Pumili ng iba.",
    ne: "त्यो समय भर्खरै भरियो। अर्को छान्नुहोस्।",
};

pub(super) const RAN_OUT: Said = Said {
    ja: "10分が過ぎたため、仮の予約は消えました。もう一度選んでください。",
    easy: "10ぷんが すぎたので きえました。もういちど えらんで ください。",
    en: "The ten minutes have passed, so the time was given back. Please choose again.",
    zh: "已超过10分钟，保留已取消。请重新选择。",
    pt: "Os dez minutos passaram e a reserva caiu. Escolha de novo.",
    vi: "Đã quá 10 phút nên giờ giữ đã hủy. Hãy chọn lại.",
    tl: "Lumipas na ang sampung minuto kaya nawala ito. Pumili muli.",
    ne: "दस मिनेट बितेकाले हट्यो। फेरि छान्नुहोस्।",
};

pub(super) const BOOKED_ALREADY: Said = Said {
    ja: "この健診には、すでに予約があります。",
    easy: "この けんしんは もう よやくが あります。",
    en: "There is a booking for this check-up already.",
    zh: "此项检查已有预约。",
    pt: "Já existe um agendamento para este exame.",
    vi: "Lần khám này đã có lịch.",
    tl: "May booking na para sa check-up na ito.",
    ne: "यो जाँचको बुकिङ पहिले नै छ।",
};

pub(super) const NOT_FITTING: Said = Said {
    ja: "その時間は、お子さんの受けられる期間の外です。",
    easy: "その じかんは うけられる じきでは ありません。",
    en: "That time lies outside your child’s period.",
    zh: "该时间不在可检查的时期内。",
    pt: "Esse horário está fora do período da criança.",
    vi: "Giờ đó nằm ngoài thời gian của bé.",
    tl: "Labas sa panahon ng inyong anak ang oras na iyon.",
    ne: "त्यो समय बच्चाको अवधिभन्दा बाहिर छ।",
};

pub(super) const BRING: Said = Said {
    ja: "母子健康手帳と受診票をお持ちください。変更・取り消しは前日までです。",
    easy: "母子手帳と 受診票を もって きて ください。かえる・やめるは 前の日までです。",
    en: "Bring the mother-and-child handbook and the voucher. Change or cancel until the day before.",
    zh: "请携带母子健康手册和受诊券。更改或取消截至前一天。",
    pt: "Traga a caderneta materno-infantil e o vale. Mude ou cancele até o dia anterior.",
    vi: "Mang theo sổ mẹ và bé và phiếu khám. Đổi hoặc hủy đến ngày hôm trước.",
    tl: "Dalhin ang mother-and-child handbook at voucher. Baguhin o kanselahin hanggang sa araw bago nito.",
    ne: "आमा-बच्चा पुस्तिका र भौचर ल्याउनुहोस्। अघिल्लो दिनसम्म परिवर्तन वा रद्द।",
};

/// Every one of them, for the test that looks at them.
#[cfg(test)]
pub(in super::super) const ALL: &[(&str, Said)] = &[
    ("TITLE", TITLE),
    ("ABOUT", ABOUT),
    ("WINDOW", WINDOW),
    ("HELD", HELD),
    ("HELD_UNTIL", HELD_UNTIL),
    ("HELD_HINT", HELD_HINT),
    ("CONFIRM", CONFIRM),
    ("GIVE_BACK", GIVE_BACK),
    ("BOOKED", BOOKED),
    ("ATTENDED", ATTENDED),
    ("WHEN", WHEN),
    ("COVER", COVER),
    ("VOUCHER", VOUCHER),
    ("REFUND", REFUND),
    ("CALENDAR", CALENDAR),
    ("CANCEL", CANCEL),
    ("SURE", SURE),
    ("LAST_CHANGE", LAST_CHANGE),
    ("TOO_LATE", TOO_LATE),
    ("CHANGE", CHANGE),
    ("CHOOSE", CHOOSE),
    ("OTHER", OTHER),
    ("TAKE_HINT", TAKE_HINT),
    ("MOVE_HINT", MOVE_HINT),
    ("LEFT", LEFT),
    ("NONE", NONE),
    ("FULL", FULL),
    ("RAN_OUT", RAN_OUT),
    ("BOOKED_ALREADY", BOOKED_ALREADY),
    ("NOT_FITTING", NOT_FITTING),
    ("BRING", BRING),
];
