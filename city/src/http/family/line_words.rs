//! Words of the line and of the filings' states. Japanese and English of states and returns are casework's own, which a test holds.

use super::words::{Said, Tongue, said};
use crate::casework::{FilingState, ReturnReason};

pub(super) const TITLE: Said = said([
    "手続きの状況",
    "てつづきは いま",
    "Where your filings stand",
    "手续进度",
    "Andamento dos procedimentos",
    "Tình trạng thủ tục",
    "Kalagayan ng mga aplikasyon",
    "प्रक्रियाको स्थिति",
]);

/// What a state is called.
pub(super) const fn state(state: FilingState) -> &'static Said {
    const ARRIVED: Said = said([
        "審査中",
        "しらべて います",
        "Being examined",
        "审查中",
        "Em análise",
        "Đang xem xét",
        "Sinusuri",
        "जाँच हुँदै",
    ]);
    const ACCEPTED: Said = said([
        "受理",
        "うけつけました",
        "Accepted",
        "已受理",
        "Aceito",
        "Đã tiếp nhận",
        "Tinanggap",
        "स्वीकृत",
    ]);
    const RETURNED: Said = said([
        "補正のお願い",
        "なおして ください",
        "Please correct",
        "请补正",
        "Correção necessária",
        "Cần sửa lại",
        "Pakitama",
        "सच्याउनुहोस्",
    ]);
    match state {
        FilingState::Arrived => &ARRIVED,
        FilingState::Accepted => &ACCEPTED,
        FilingState::Returned => &RETURNED,
    }
}

/// What happens next.
pub(super) const fn next_step(state: FilingState) -> &'static Said {
    const ARRIVED: Said = said([
        "市役所に届いています。職員が内容を確認しています。いま、していただくことはありません。",
        "市役所に とどいて います。いま しらべて います。あなたが する ことは ありません。",
        "It has arrived at city hall. An officer is examining it. There is nothing for you to do now.",
        "已送达市政府，工作人员正在审查。您现在无需做任何事。",
        "Chegou à prefeitura e está sendo analisado. Você não precisa fazer nada agora.",
        "Hồ sơ đã đến tòa thị chính và đang được xem xét. Bây giờ bạn không cần làm gì.",
        "Dumating na ito sa munisipyo at sinusuri ng kawani. Wala kang kailangang gawin ngayon.",
        "नगर कार्यालयमा पुगेको छ। कर्मचारीले जाँच गर्दैछन्। अहिले तपाईंले केही गर्नु पर्दैन।",
    ]);
    const ACCEPTED: Said = said([
        "手続きは受け付けられました。していただくことはありません。",
        "てつづきを うけつけました。あなたが する ことは ありません。",
        "It has been accepted. There is nothing more for you to do.",
        "手续已受理。您无需再做任何事。",
        "Foi aceito. Você não precisa fazer mais nada.",
        "Thủ tục đã được tiếp nhận. Bạn không cần làm gì thêm.",
        "Tinanggap na ito. Wala ka nang kailangang gawin.",
        "स्वीकृत भयो। अब तपाईंले केही गर्नु पर्दैन।",
    ]);
    const RETURNED: Said = said([
        "次の点を直すと、手続きを進められます。届いた日は変わりません。",
        "つぎの ことを なおすと すすみます。とどいた 日は かわりません。",
        "It can go on once the following is put right. The day it arrived stays the same.",
        "更正以下内容后即可继续办理。送达日期不变。",
        "Continua depois de corrigido o seguinte. A data de chegada não muda.",
        "Sau khi sửa điểm dưới đây, thủ tục sẽ tiếp tục. Ngày nộp không thay đổi.",
        "Magpapatuloy ito kapag naitama ang sumusunod. Hindi magbabago ang araw ng pagdating.",
        "तलको कुरा सच्याएपछि अघि बढ्छ। पुगेको मिति फेरिँदैन।",
    ]);
    match state {
        FilingState::Arrived => &ARRIVED,
        FilingState::Accepted => &ACCEPTED,
        FilingState::Returned => &RETURNED,
    }
}

/// Why something came back.
pub(super) const fn returned(reason: ReturnReason) -> &'static Said {
    const MISSING: Said = said([
        "記入されていないところがあります。",
        "かいて いない ところが あります。",
        "Something has not been filled in.",
        "有未填写的内容。",
        "Falta preencher algo.",
        "Có mục chưa được điền.",
        "May hindi pa napupunan.",
        "केही भर्न छुटेको छ।",
    ]);
    const MISMATCH: Said = said([
        "出生証明書や登録の内容と違うところがあります。",
        "しょうめいしょなどと ちがう ところが あります。",
        "Something differs from the birth certificate or the register.",
        "与出生证明或登记内容有不一致之处。",
        "Algo difere da certidão de nascimento ou do registro.",
        "Có điểm khác với giấy chứng sinh hoặc sổ đăng ký.",
        "May naiiba sa birth certificate o sa rehistro.",
        "जन्म प्रमाणपत्र वा दर्तासँग केही फरक छ।",
    ]);
    const NAME: Said = said([
        "お名前の文字または読み方について、確認したいことがあります。",
        "なまえの 字や よみかたに ついて ききたい ことが あります。",
        "We would like to check the characters or the reading of the name.",
        "想确认姓名的文字或读法。",
        "Queremos confirmar os caracteres ou a leitura do nome.",
        "Chúng tôi muốn xác nhận chữ hoặc cách đọc tên.",
        "Gusto naming tiyakin ang mga titik o bigkas ng pangalan.",
        "नामको अक्षर वा उच्चारण जाँच गर्न चाहन्छौं।",
    ]);
    const AGAIN: Said = said([
        "もう一度、カードで署名をお願いします。",
        "もういちど カードで サインして ください。",
        "Please sign once more with the card.",
        "请再次用卡签名。",
        "Assine mais uma vez com o cartão.",
        "Vui lòng ký lại một lần nữa bằng thẻ.",
        "Pakipirmahan muli gamit ang card.",
        "कार्डले फेरि हस्ताक्षर गर्नुहोस्।",
    ]);
    const DOCUMENT: Said = said([
        "書類が1つ必要です。",
        "かみが もう 1つ いります。",
        "One more document is needed.",
        "还需要一份文件。",
        "É preciso mais um documento.",
        "Cần thêm một giấy tờ.",
        "Kailangan pa ng isang dokumento.",
        "अर्को एउटा कागजात चाहिन्छ।",
    ]);
    const PLACE: Said = said([
        "この手続きの提出先は別の市区町村です。",
        "この てつづきは ほかの まちに だします。",
        "This procedure belongs to another municipality.",
        "此手续应向其他市区町村办理。",
        "Este procedimento é de outro município.",
        "Thủ tục này thuộc về địa phương khác.",
        "Ang prosesong ito ay sa ibang munisipyo.",
        "यो प्रक्रिया अर्को नगरपालिकामा पर्छ।",
    ]);
    const TWICE: Said = said([
        "同じ届出が既に届いています。もう一度出す必要はありません。",
        "おなじ ものが もう とどいて います。もういちど ださなくて いいです。",
        "The same thing has already been filed. There is no need to file it again.",
        "已收到相同的申报，无需再次提交。",
        "O mesmo já foi entregue. Não é preciso entregar de novo.",
        "Hồ sơ giống vậy đã được nộp. Không cần nộp lại.",
        "Nai-file na ang kapareho nito. Hindi na kailangang ulitin.",
        "उही कुरा पहिले नै दर्ता भइसक्यो। फेरि दिनु पर्दैन।",
    ]);
    const CONTACT: Said = said([
        "担当からご連絡します。",
        "市役所から れんらく します。",
        "The office will contact you.",
        "负责人员会与您联系。",
        "A prefeitura entrará em contato.",
        "Nhân viên phụ trách sẽ liên hệ với bạn.",
        "Makikipag-ugnayan sa iyo ang munisipyo.",
        "कार्यालयले सम्पर्क गर्नेछ।",
    ]);
    match reason {
        ReturnReason::Missing => &MISSING,
        ReturnReason::Mismatch => &MISMATCH,
        ReturnReason::NameCheck => &NAME,
        ReturnReason::SignatureAgain => &AGAIN,
        ReturnReason::DocumentNeeded => &DOCUMENT,
        ReturnReason::WrongPlace => &PLACE,
        ReturnReason::FiledTwice => &TWICE,
        ReturnReason::WillContact => &CONTACT,
    }
}

pub(super) const ARRIVED: Said = said([
    "到達（市役所に届きました）",
    "市役所に とどきました",
    "Arrived at city hall",
    "送达（已到市政府）",
    "Chegou à prefeitura",
    "Đã đến tòa thị chính",
    "Dumating sa munisipyo",
    "नगर कार्यालयमा पुग्यो",
]);
pub(super) const EXAMINING: Said = said([
    "審査",
    "しらべる",
    "Examination",
    "审查",
    "Análise",
    "Xem xét",
    "Pagsusuri",
    "जाँच",
]);
pub(super) const GOING_ON: Said = said([
    "進行中",
    "いま しています",
    "going on",
    "进行中",
    "em andamento",
    "đang tiến hành",
    "kasalukuyan",
    "हुँदैछ",
]);
pub(super) const NUMBER: Said = said([
    "到達番号",
    "とどいた ばんごう",
    "Arrival no.",
    "送达编号",
    "Nº de chegada",
    "Số tiếp nhận",
    "Bilang ng pagdating",
    "दर्ता नं.",
]);
pub(super) const UNSURE: Said = said([
    "直し方が分からないときは、下の窓口へお電話ください。",
    "わからない ときは 下の ところに 電話して ください。",
    "If you are unsure what to do, call the office below.",
    "不知如何更正时，请致电下方窗口。",
    "Em caso de dúvida, telefone para a prefeitura abaixo.",
    "Nếu không rõ cách sửa, hãy gọi văn phòng bên dưới.",
    "Kung hindi sigurado, tumawag sa opisina sa ibaba.",
    "के गर्ने थाहा नभए तलको कार्यालयमा फोन गर्नुहोस्।",
]);
pub(super) const CHILDS_NAME: Said = said([
    "受理されたお子さんのお名前",
    "こどもの なまえ",
    "Your child's name as accepted",
    "已受理的孩子姓名",
    "Nome da criança aceito",
    "Tên con đã được tiếp nhận",
    "Tinanggap na pangalan ng bata",
    "स्वीकृत बच्चाको नाम",
]);
pub(super) const LEAFLET: Said = said([
    "印刷用の紙（PDF）",
    "いんさつ する かみ（PDF）",
    "Leaflet to print (PDF)",
    "打印用资料（PDF）",
    "Folheto para imprimir (PDF)",
    "Tờ để in (PDF)",
    "Papel na maaaring i-print (PDF)",
    "छाप्ने कागज (PDF)",
]);
pub(super) const NO_NAMES: Said = said([
    "このページに住所や口座は表示されません。リンクと確認の答えを知っている人だけが見られます。",
    "この ページに じゅうしょは でません。リンクと こたえを しって いる 人だけが 見られます。",
    "This page shows no addresses or accounts. Only who has the link and knows the answer can see it.",
    "此页面不显示地址和账户。只有持有链接并知道答案的人才能查看。",
    "Esta página não mostra endereços nem contas. Só vê quem tem o link e sabe a resposta.",
    "Trang này không hiển thị địa chỉ hay tài khoản. Chỉ người có đường dẫn và biết câu trả lời mới xem được.",
    "Walang address o account dito. Makikita lang ito ng may link at alam ang sagot.",
    "यो पृष्ठमा ठेगाना वा खाता देखिँदैन। लिङ्क र उत्तर जान्नेले मात्र हेर्न सक्छन्।",
]);
pub(super) const ROOMS: Said = said([
    "できること",
    "できる こと",
    "What you can do here",
    "可以办理的事项",
    "O que você pode fazer aqui",
    "Những việc bạn có thể làm",
    "Mga magagawa rito",
    "यहाँ गर्न सकिने",
]);

pub(super) const YES_GROUP: Said = said([
    "確認をお待ちしているもの",
    "「はい」を まって いる もの",
    "Waiting for your yes",
    "等待您确认的事项",
    "Aguardando o seu sim",
    "Đang chờ bạn đồng ý",
    "Naghihintay ng iyong oo",
    "तपाईंको सहमति पर्खँदै",
]);
pub(super) const ONE_THING: Said = said([
    "あと1つだけ教えてください",
    "あと 1つだけ おしえて ください",
    "One thing is missing",
    "只差一项信息",
    "Falta só uma coisa",
    "Chỉ còn thiếu một điều",
    "Isa na lang ang kulang",
    "एउटा कुरा मात्र बाँकी",
]);
pub(super) const APPLY: Said = said([
    "申請が必要なもの",
    "じぶんで する てつづき",
    "You need to apply",
    "需要申请的事项",
    "Você precisa solicitar",
    "Cần nộp đơn",
    "Kailangang mag-apply",
    "निवेदन दिनुपर्ने",
]);
pub(super) const BY_ITSELF: Said = said([
    "申請なしで進むもの・済んだもの",
    "なにも しなくて いい もの",
    "Done without asking you again",
    "无需申请即可办理・已完成的事项",
    "Feito sem precisar pedir",
    "Được làm mà không cần xin",
    "Gagawin nang hindi na hihilingin",
    "निवेदन बिनै हुने",
]);
pub(super) const LATER: Said = said([
    "これからのこと",
    "これからの こと",
    "Later",
    "今后的事项",
    "Mais tarde",
    "Sau này",
    "Sa susunod",
    "पछि",
]);
pub(super) const INFORMS: Said = said([
    "そのほかのこと",
    "ほかの こと",
    "Good to know",
    "其他事项",
    "Outras informações",
    "Thông tin khác",
    "Iba pang kaalaman",
    "अन्य जानकारी",
]);

pub(super) const PREPARING: Said = said([
    "役所が準備しています。していただくことはありません。",
    "市役所が じゅんび して います。あなたが する ことは ありません。",
    "The office is preparing it. There is nothing for you to do.",
    "政府正在准备。您无需做任何事。",
    "A prefeitura está preparando. Você não precisa fazer nada.",
    "Tòa thị chính đang chuẩn bị. Bạn không cần làm gì.",
    "Inihahanda ng munisipyo. Wala kang kailangang gawin.",
    "कार्यालयले तयार गर्दैछ। तपाईंले केही गर्नु पर्दैन।",
]);
pub(super) const CHECKING: Said = said([
    "口座を受け取りました。担当が確かめます。",
    "こうざを うけとりました。市役所が たしかめます。",
    "We have your account; an officer checks it.",
    "已收到账户，工作人员会核对。",
    "Recebemos a sua conta; ela será conferida.",
    "Đã nhận tài khoản; nhân viên sẽ kiểm tra.",
    "Natanggap ang account; susuriin ito ng kawani.",
    "खाता प्राप्त भयो; कर्मचारीले जाँच्नेछन्।",
]);
pub(super) const DONE: Said = said([
    "済みました。",
    "おわりました。",
    "Done.",
    "已完成。",
    "Concluído.",
    "Đã xong.",
    "Tapos na.",
    "सकियो।",
]);
pub(super) const STOPPED: Said = said([
    "自動では進めていません。担当からご連絡します。",
    "いま とまって います。市役所から れんらく します。",
    "It does not go on by itself. The office will contact you.",
    "不会自动进行。负责人员会与您联系。",
    "Não segue automaticamente. A prefeitura entrará em contato.",
    "Không tự động tiến hành. Nhân viên sẽ liên hệ với bạn.",
    "Hindi ito kusang magpapatuloy. Makikipag-ugnayan ang munisipyo.",
    "आफैं अघि बढ्दैन। कार्यालयले सम्पर्क गर्नेछ।",
]);
pub(super) const DECLINED: Said = said([
    "辞退されました。必要になったら窓口へお申し出ください。",
    "「いりません」と ききました。ほしく なったら 市役所に 言って ください。",
    "You said no. Tell the office if you change your mind.",
    "您已谢绝。如有需要请告知窗口。",
    "Você recusou. Se mudar de ideia, avise a prefeitura.",
    "Bạn đã từ chối. Nếu đổi ý, hãy báo cho tòa thị chính.",
    "Tumanggi ka. Sabihin sa munisipyo kung magbago ang isip.",
    "तपाईंले नलिने भन्नुभयो। मन फेरिए कार्यालयलाई भन्नुहोस्।",
]);
pub(super) const AMOUNT: Said = said([
    "金額",
    "おかね",
    "Amount",
    "金额",
    "Valor",
    "Số tiền",
    "Halaga",
    "रकम",
]);
pub(super) const YEN: Said = said(["円", "円", "yen", "日元", "ienes", "yên", "yen", "येन"]);
pub(super) const MONTHLY: Said = said([
    "（月額）",
    "（1か月）",
    " a month",
    "（每月）",
    " por mês",
    " mỗi tháng",
    " bawat buwan",
    " प्रति महिना",
]);
pub(super) const UNTIL: Said = said([
    "期限",
    "いつまで",
    "Until",
    "期限",
    "Até",
    "Hạn",
    "Hanggang",
    "अन्तिम मिति",
]);
pub(super) const WHEN: Said = said([
    "時期",
    "いつ",
    "When",
    "时期",
    "Quando",
    "Thời gian",
    "Kailan",
    "समय",
]);
pub(super) const OFFICE: Said = said([
    "窓口",
    "うけつけ",
    "Office",
    "窗口",
    "Balcão",
    "Nơi nhận",
    "Opisina",
    "कार्यालय",
]);
pub(super) const WHY: Said = said([
    "理由と根拠",
    "どうして？",
    "Why",
    "理由与依据",
    "Por quê",
    "Lý do",
    "Bakit",
    "किन",
]);
pub(super) const MISSING: Said = said([
    "わかると決まること",
    "まだ わからない こと",
    "What would have to be known",
    "还需了解的事项",
    "O que falta saber",
    "Điều cần biết thêm",
    "Kailangan pang malaman",
    "अझै थाहा हुनुपर्ने",
]);
pub(super) const HOSPITAL: Said = said([
    "病院の証明",
    "びょういんの しょうめい",
    "Hospital's certificate",
    "医院证明",
    "Certificado do hospital",
    "Giấy chứng nhận của bệnh viện",
    "Sertipiko ng ospital",
    "अस्पतालको प्रमाणपत्र",
]);
pub(super) const CITY: Said = said([
    "市役所",
    "市役所",
    "City hall",
    "市政府",
    "Prefeitura",
    "Tòa thị chính",
    "Munisipyo",
    "नगर कार्यालय",
]);
pub(super) const INSURER: Said = said([
    "健康保険",
    "けんこう ほけん",
    "Health insurer",
    "健康保险",
    "Seguro de saúde",
    "Bảo hiểm y tế",
    "Health insurance",
    "स्वास्थ्य बीमा",
]);
pub(super) const PAYMENT: Said = said([
    "振込",
    "おかねが とどく",
    "Payment",
    "汇款",
    "Pagamento",
    "Chuyển khoản",
    "Bayad",
    "भुक्तानी",
]);
pub(super) const TO_COME: Said = said([
    "これから",
    "これから",
    "to come",
    "待进行",
    "a fazer",
    "sắp tới",
    "susunod",
    "आउँदै",
]);
pub(super) const HALTED: Said = said([
    "取りやめ",
    "やめました",
    "stopped",
    "已取消",
    "cancelado",
    "đã dừng",
    "itinigil",
    "रोकियो",
]);

const ACCOUNT: Said = said([
    "この口座には振り込めませんでした。口座をもう一度入力してください",
    "この こうざには おかねを おくれませんでした。もういちど こうざを いれて ください",
    "this account could not be paid into; please enter an account again",
    "无法汇入该账户，请重新填写账户",
    "não foi possível pagar nesta conta; informe a conta novamente",
    "không thể chuyển vào tài khoản này; vui lòng nhập lại tài khoản",
    "hindi mabayaran ang account na ito; ilagay muli ang account",
    "यो खातामा पठाउन सकिएन; कृपया खाता फेरि लेख्नुहोस्",
]);
pub(super) const ANSWERED_NO: Said = said([
    "認められませんでした。市の職員が確認しています",
    "「できません」と へんじが ありました。しやくしょの ひとが かくにん して います",
    "not granted; an officer of the city is looking into it",
    "未获批准，市政府工作人员正在确认",
    "não foi aprovado; um funcionário da prefeitura está verificando",
    "không được chấp thuận; nhân viên thành phố đang xem xét",
    "hindi naaprubahan; sinusuri ng kawani ng lungsod",
    "स्वीकृत भएन; नगरका कर्मचारीले हेर्दै हुनुहुन्छ",
]);
pub(super) const ANSWERED_MORE: Said = said([
    "追加の確認が必要です。市の職員が確認しています",
    "もっと しらべる ことが あります。しやくしょの ひとが かくにん して います",
    "something more is needed; an officer of the city is looking into it",
    "需要补充确认，市政府工作人员正在确认",
    "falta algo; um funcionário da prefeitura está verificando",
    "cần bổ sung; nhân viên thành phố đang xem xét",
    "may kulang pa; sinusuri ng kawani ng lungsod",
    "थप कुरा चाहिन्छ; नगरका कर्मचारीले हेर्दै हुनुहुन्छ",
]);
pub(super) const ANSWERED_UNKNOWN: Said = said([
    "記録が見つかりませんでした。市の職員が確認しています",
    "きろくが ありませんでした。しやくしょの ひとが かくにん して います",
    "no record was found there; an officer of the city is looking into it",
    "没有找到记录，市政府工作人员正在确认",
    "não foi encontrado registro; um funcionário da prefeitura está verificando",
    "không tìm thấy hồ sơ; nhân viên thành phố đang xem xét",
    "walang nakitang tala; sinusuri ng kawani ng lungsod",
    "अभिलेख भेटिएन; नगरका कर्मचारीले हेर्दै हुनुहुन्छ",
]);

pub(super) const YES: Said = said([
    "はい、お願いします",
    "はい、おねがい します",
    "Yes, please",
    "是的，拜托了",
    "Sim, por favor",
    "Vâng, tôi đồng ý",
    "Oo, pakiusap",
    "हुन्छ, गर्नुहोस्",
]);
pub(super) const NO: Said = said([
    "いりません",
    "いりません",
    "No, thank you",
    "不需要",
    "Não, obrigado",
    "Không cần",
    "Hindi, salamat",
    "चाहिँदैन",
]);
pub(super) const ACCOUNT_ABOUT: Said = said([
    "受け取る方ご本人の口座を入れてください。一度だけ登録できます。変更は窓口へお申し出ください。",
    "おかねを うけとる 人の こうざを 入れて ください。1かいだけ できます。かえる ときは 市役所に 言って ください。",
    "The account of whoever receives the money. It can be entered once; to change it, please ask the office.",
    "请输入领取人本人的账户。只能登记一次，变更请联系窗口。",
    "A conta de quem recebe o dinheiro. Só pode ser informada uma vez; para mudar, fale com a prefeitura.",
    "Tài khoản của chính người nhận tiền. Chỉ đăng ký được một lần; muốn đổi hãy liên hệ tòa thị chính.",
    "Account ng tatanggap ng pera. Isang beses lang maaaring ilagay; para baguhin, magtanong sa munisipyo.",
    "पैसा पाउने व्यक्तिको खाता लेख्नुहोस्। एक पटक मात्र दर्ता हुन्छ; फेर्न कार्यालयमा भन्नुहोस्।",
]);
pub(super) const BANK: Said = said([
    "金融機関コード（4けた。ゆうちょ銀行は 9900）",
    "ぎんこうの コード（4けた。ゆうちょ ぎんこうは 9900）",
    "Bank code (4 digits; Japan Post Bank: 9900)",
    "金融机构代码（4位；邮储银行为9900）",
    "Código do banco (4 dígitos; Japan Post Bank: 9900)",
    "Mã ngân hàng (4 chữ số; Ngân hàng Bưu điện: 9900)",
    "Bank code (4 digit; Japan Post Bank: 9900)",
    "बैंक कोड (४ अङ्क; जापान पोस्ट बैंक: 9900)",
]);
pub(super) const BRANCH: Said = said([
    "支店コード（3けた）",
    "してんの コード（3けた）",
    "Branch code (3 digits)",
    "分行代码（3位）",
    "Código da agência (3 dígitos)",
    "Mã chi nhánh (3 chữ số)",
    "Branch code (3 digit)",
    "शाखा कोड (३ अङ्क)",
]);
pub(super) const KIND: Said = said([
    "口座の種類",
    "こうざの しゅるい",
    "Kind of account",
    "账户类型",
    "Tipo de conta",
    "Loại tài khoản",
    "Uri ng account",
    "खाताको प्रकार",
]);
pub(super) const ORDINARY: Said = said([
    "普通",
    "ふつう",
    "Ordinary",
    "普通",
    "Comum",
    "Thông thường",
    "Karaniwan",
    "साधारण",
]);
pub(super) const CURRENT: Said = said([
    "当座",
    "とうざ",
    "Current",
    "活期支票",
    "Corrente",
    "Vãng lai",
    "Current",
    "चल्ती",
]);
pub(super) const ACCOUNT_NUMBER: Said = said([
    "口座番号（7けた）",
    "こうざ ばんごう（7けた）",
    "Account number (7 digits)",
    "账号（7位）",
    "Número da conta (7 dígitos)",
    "Số tài khoản (7 chữ số)",
    "Numero ng account (7 digit)",
    "खाता नम्बर (७ अङ्क)",
]);
pub(super) const POST_BANK: Said = said([
    "ゆうちょ銀行は、支店コードと口座番号のかわりに、記号と番号を入れてください。",
    "ゆうちょ ぎんこうは きごうと ばんごうを 入れて ください。",
    "Japan Post Bank: enter symbol and number instead of branch and account number.",
    "邮储银行请输入记号和番号，代替分行代码和账号。",
    "Japan Post Bank: informe símbolo e número em vez de agência e conta.",
    "Ngân hàng Bưu điện: nhập ký hiệu và số thay cho chi nhánh và số tài khoản.",
    "Japan Post Bank: ilagay ang simbolo at numero sa halip na branch at account.",
    "जापान पोस्ट बैंक: शाखा र खाता नम्बरको सट्टा चिन्ह र नम्बर लेख्नुहोस्।",
]);
pub(super) const KIGO: Said = said([
    "記号（ゆうちょ銀行・5けた）",
    "きごう（ゆうちょ・5けた）",
    "Symbol (Japan Post Bank, 5 digits)",
    "记号（邮储银行，5位）",
    "Símbolo (Japan Post Bank, 5 dígitos)",
    "Ký hiệu (Bưu điện, 5 chữ số)",
    "Simbolo (Japan Post Bank, 5 digit)",
    "चिन्ह (पोस्ट बैंक, ५ अङ्क)",
]);
pub(super) const BANGO: Said = said([
    "番号（ゆうちょ銀行）",
    "ばんごう（ゆうちょ）",
    "Number (Japan Post Bank)",
    "番号（邮储银行）",
    "Número (Japan Post Bank)",
    "Số (Bưu điện)",
    "Numero (Japan Post Bank)",
    "नम्बर (पोस्ट बैंक)",
]);
pub(super) const HOLDER: Said = said([
    "口座名義（カナ）",
    "なまえ（カタカナ）",
    "Holder's name in kana",
    "户名（片假名）",
    "Nome do titular em kana",
    "Tên chủ tài khoản (kana)",
    "Pangalan ng may-ari (kana)",
    "खातावालाको नाम (काना)",
]);
pub(super) const RECEIVE: Said = said([
    "この口座で受け取る",
    "この こうざで うけとる",
    "Receive it there",
    "用此账户领取",
    "Receber nesta conta",
    "Nhận vào tài khoản này",
    "Dito tatanggapin",
    "यो खातामा लिने",
]);
pub(super) const SAVE_ACCOUNT: Said = said([
    "口座を登録する",
    "こうざを とうろく する",
    "Save the account",
    "登记账户",
    "Registrar a conta",
    "Đăng ký tài khoản",
    "Irehistro ang account",
    "खाता दर्ता गर्ने",
]);
pub(super) const WRONG_BANK: Said = said([
    "金融機関コードを確かめてください（4けた）。",
    "ぎんこうの コードを たしかめて ください（4けた）。",
    "Please check the bank code (4 digits).",
    "请确认金融机构代码（4位）。",
    "Confira o código do banco (4 dígitos).",
    "Vui lòng kiểm tra mã ngân hàng (4 chữ số).",
    "Pakisuri ang bank code (4 digit).",
    "बैंक कोड जाँच गर्नुहोस् (४ अङ्क)।",
]);
pub(super) const WRONG_YUCHO: Said = said([
    "ゆうちょ銀行の記号と番号を確かめてください。",
    "ゆうちょの きごうと ばんごうを たしかめて ください。",
    "Please check the symbol and number of Japan Post Bank.",
    "请确认邮储银行的记号和番号。",
    "Confira o símbolo e o número do Japan Post Bank.",
    "Vui lòng kiểm tra ký hiệu và số của Ngân hàng Bưu điện.",
    "Pakisuri ang simbolo at numero ng Japan Post Bank.",
    "पोस्ट बैंकको चिन्ह र नम्बर जाँच गर्नुहोस्।",
]);
pub(super) const ONLY_YUCHO: Said = said([
    "記号と番号は、ゆうちょ銀行（9900）だけで使います。",
    "きごうと ばんごうは ゆうちょ（9900）だけで つかいます。",
    "Symbol and number are for Japan Post Bank (9900) only.",
    "记号和番号仅用于邮储银行（9900）。",
    "Símbolo e número são só para o Japan Post Bank (9900).",
    "Ký hiệu và số chỉ dùng cho Ngân hàng Bưu điện (9900).",
    "Ang simbolo at numero ay para lang sa Japan Post Bank (9900).",
    "चिन्ह र नम्बर पोस्ट बैंक (9900) का लागि मात्र हो।",
]);
pub(super) const WRONG_BRANCH: Said = said([
    "支店コードを確かめてください（3けた）。",
    "してんの コードを たしかめて ください（3けた）。",
    "Please check the branch code (3 digits).",
    "请确认分行代码（3位）。",
    "Confira o código da agência (3 dígitos).",
    "Vui lòng kiểm tra mã chi nhánh (3 chữ số).",
    "Pakisuri ang branch code (3 digit).",
    "शाखा कोड जाँच गर्नुहोस् (३ अङ्क)।",
]);
pub(super) const WRONG_KIND: Said = said([
    "口座の種類を選んでください。",
    "こうざの しゅるいを えらんで ください。",
    "Please choose the kind of account.",
    "请选择账户类型。",
    "Escolha o tipo de conta.",
    "Vui lòng chọn loại tài khoản.",
    "Piliin ang uri ng account.",
    "खाताको प्रकार छान्नुहोस्।",
]);
pub(super) const WRONG_NUMBER: Said = said([
    "口座番号を確かめてください（7けた）。",
    "こうざ ばんごうを たしかめて ください（7けた）。",
    "Please check the account number (7 digits).",
    "请确认账号（7位）。",
    "Confira o número da conta (7 dígitos).",
    "Vui lòng kiểm tra số tài khoản (7 chữ số).",
    "Pakisuri ang numero ng account (7 digit).",
    "खाता नम्बर जाँच गर्नुहोस् (७ अङ्क)।",
]);
pub(super) const WRONG_HOLDER: Said = said([
    "口座名義をカナで入れてください（30文字まで）。",
    "なまえを カタカナで 入れて ください（30字まで）。",
    "Please enter the holder's name in kana (up to 30 characters).",
    "请用片假名输入户名（30字以内）。",
    "Informe o nome do titular em kana (até 30 caracteres).",
    "Vui lòng nhập tên chủ tài khoản bằng kana (tối đa 30 ký tự).",
    "Ilagay ang pangalan ng may-ari sa kana (hanggang 30 titik).",
    "खातावालाको नाम कानामा लेख्नुहोस् (३० अक्षरसम्म)।",
]);

/// Which of several children.
pub(super) fn nth_child(tongue: Tongue, number: usize) -> String {
    match tongue {
        Tongue::Ja => format!("（{number}人目）"),
        Tongue::Easy => format!("（{number}にんめ）"),
        Tongue::En => format!("(child {number})"),
        Tongue::Zh => format!("（第{number}个孩子）"),
        Tongue::Pt => format!("(criança {number})"),
        Tongue::Vi => format!("(con thứ {number})"),
        Tongue::Tl => format!("(bata {number})"),
        Tongue::Ne => format!("(बच्चा {number})"),
    }
}

pub(super) const NEWS: Said = said([
    "お知らせ",
    "おしらせ",
    "News",
    "通知",
    "Avisos",
    "Thông báo",
    "Mga abiso",
    "सूचना",
]);

const SIGN_AGAIN: Said = said([
    "届出が直されました。もうひとりの親は、もう一度署名できます（任意）",
    "届出が 直されました。もう ひとりの 親は もう一度 サインが できます（しなくても いいです）",
    "was corrected; the other parent may sign it again (optional)",
    "已更正，另一位家长可重新签名（自愿）",
    "foi corrigido; o outro responsável pode assinar de novo (opcional)",
    "đã được sửa; người cha hoặc mẹ còn lại có thể ký lại (không bắt buộc)",
    "naitama na; maaaring lumagda muli ang isa pang magulang (opsyonal)",
    "सच्याइयो; अर्को अभिभावकले फेरि हस्ताक्षर गर्न सक्छन् (ऐच्छिक)",
]);

/// What a notice says: a code and the catalogue's title become a sentence here, and nowhere else.
pub(super) fn notice(code: &str) -> Option<&'static Said> {
    const DONE: Said = said([
        "済みました",
        "おわりました",
        "done",
        "已完成",
        "concluído",
        "đã xong",
        "tapos na",
        "सकियो",
    ]);
    const OFFERED: Said = said([
        "確認をお待ちしています",
        "「はい」を まって います",
        "waits for your yes",
        "等待您确认",
        "aguarda o seu sim",
        "đang chờ bạn đồng ý",
        "naghihintay ng iyong oo",
        "तपाईंको सहमति पर्खँदैछ",
    ]);
    const STOPPED: Said = said([
        "自動では進めません。担当からご連絡します",
        "とまって います。市役所から れんらく します",
        "does not go on by itself; the office will contact you",
        "不会自动进行，负责人员会与您联系",
        "não segue automaticamente; a prefeitura entrará em contato",
        "không tự động tiến hành; nhân viên sẽ liên hệ",
        "hindi kusang magpapatuloy; makikipag-ugnayan ang munisipyo",
        "आफैं अघि बढ्दैन; कार्यालयले सम्पर्क गर्नेछ",
    ]);
    const PAID: Said = said([
        "振込の手続きをしました",
        "おかねを おくる てつづきを しました",
        "payment ordered",
        "已办理汇款",
        "pagamento ordenado",
        "đã làm thủ tục chuyển khoản",
        "iniutos na ang bayad",
        "भुक्तानी पठाइयो",
    ]);
    const OPENS: Said = said([
        "受けられる時期になりました",
        "もう うけられます",
        "can be done from now on",
        "现在可以办理了",
        "já pode ser feito",
        "từ nay có thể làm",
        "maaari nang gawin",
        "अब गर्न सकिन्छ",
    ]);
    const CLOSES: Said = said([
        "まもなく期間が終わります",
        "もうすぐ おわります",
        "ends soon",
        "期限即将结束",
        "termina em breve",
        "sắp hết thời hạn",
        "malapit nang matapos",
        "चाँडै सकिन्छ",
    ]);
    const DEADLINE: Said = said([
        "まもなく期限です",
        "もうすぐ しめきりです",
        "the deadline is near",
        "即将到期",
        "o prazo está próximo",
        "sắp đến hạn",
        "malapit na ang takdang araw",
        "म्याद नजिकियो",
    ]);
    const DOSE: Said = said([
        "標準的な接種の時期になりました。受け方は医療機関にご相談ください",
        "ちゅうしゃの じきに なりました。びょういんに きいて ください",
        "its usual time has come; please ask your clinic",
        "已到标准接种时期，请咨询医疗机构",
        "chegou a época usual da vacina; consulte a clínica",
        "đã đến thời điểm tiêm thông thường; hãy hỏi cơ sở y tế",
        "dumating na ang karaniwang panahon; magtanong sa klinika",
        "खोपको सामान्य समय आयो; क्लिनिकमा सोध्नुहोस्",
    ]);
    Some(match code {
        "sign_again" => &SIGN_AGAIN,
        "done" => &DONE,
        "offered" => &OFFERED,
        "stopped" => &STOPPED,
        "paid" => &PAID,
        "account" => &ACCOUNT,
        "opens" => &OPENS,
        "closes" => &CLOSES,
        "deadline" => &DEADLINE,
        "dose" => &DOSE,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::casework::ReturnReason as Reason;

    #[test]
    fn states_and_returns_say_what_casework_says() {
        for each in FilingState::ALL {
            let (called, next) = (each.family(), each.next_step());
            assert_eq!((state(each).ja, state(each).en), (called.ja, called.en));
            assert_eq!((next_step(each).ja, next_step(each).en), (next.ja, next.en));
        }
        for each in Reason::ALL {
            let words = each.family();
            assert_eq!((returned(each).ja, returned(each).en), (words.ja, words.en));
        }
    }
}
