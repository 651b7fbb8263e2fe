//! Words of the rooms: comments, who looked, and what else there is.

use super::words::{Said, said};
use crate::casework::roles::Role;

// コエ

pub(super) const VOICE: Said = said([
    "この手続きについてのコエ",
    "この てつづきは どうでしたか",
    "How was this for you?",
    "您对此手续的感受",
    "Como foi para você?",
    "Bạn thấy thủ tục này thế nào?",
    "Kumusta ito para sa iyo?",
    "यो प्रक्रिया कस्तो लाग्यो?",
]);
pub(super) const GOOD: Said = said([
    "良かった",
    "よかった",
    "It was good",
    "很好",
    "Foi bom",
    "Tốt",
    "Maayos",
    "राम्रो",
]);
pub(super) const HARD: Said = said([
    "困った",
    "こまった",
    "It was hard",
    "有困难",
    "Foi difícil",
    "Khó khăn",
    "Mahirap",
    "गाह्रो",
]);
pub(super) const ADD_WORDS: Said = said([
    "ことばを添える（任意）",
    "ことばも かく",
    "Add a few words (optional)",
    "附上几句话（可选）",
    "Escrever algo (opcional)",
    "Viết thêm vài lời (tùy chọn)",
    "Magdagdag ng ilang salita (opsiyonal)",
    "केही शब्द थप्ने (ऐच्छिक)",
]);
pub(super) const TELL: Said = said([
    "職員に伝えたいこと",
    "市役所の 人に 言いたい こと",
    "Something to tell the office",
    "想告诉工作人员的话",
    "Dizer algo à prefeitura",
    "Điều muốn nói với nhân viên",
    "Nais sabihin sa munisipyo",
    "कार्यालयलाई भन्न चाहेको कुरा",
]);
pub(super) const WORDS_HINT: Said = said([
    "400文字まで。担当の職員だけが読みます。",
    "400字まで。市役所の 人だけが 読みます。",
    "Up to 400 characters. Only officers read it.",
    "400字以内。仅负责人员阅读。",
    "Até 400 caracteres. Só a prefeitura lê.",
    "Tối đa 400 ký tự. Chỉ nhân viên đọc.",
    "Hanggang 400 titik. Mga kawani lang ang makakabasa.",
    "४०० अक्षरसम्म। कर्मचारीले मात्र पढ्छन्।",
]);
pub(super) const SEND: Said = said([
    "伝える",
    "つたえる",
    "Send",
    "发送",
    "Enviar",
    "Gửi",
    "Ipadala",
    "पठाउने",
]);
pub(super) const RECEIVED: Said = said([
    "受け取りました",
    "うけとりました",
    "Received",
    "已收到",
    "Recebido",
    "Đã nhận",
    "Natanggap",
    "प्राप्त भयो",
]);

// who looked

pub(super) const LOOKS_TITLE: Said = said([
    "だれが見たか",
    "だれが 見たか",
    "Who looked",
    "谁查看过",
    "Quem consultou",
    "Ai đã xem",
    "Sino ang tumingin",
    "कसले हेर्‍यो",
]);
pub(super) const LOOKS_ABOUT: Said = said([
    "ご家族の手続きを、いつ、どの役割の人が見たり進めたりしたか。",
    "いつ、どんな しごとの 人が 見たか。",
    "When your case was opened or worked on, and in which role.",
    "何时由何种职责的人查看或办理。",
    "Quando e por qual função seu caso foi visto ou tratado.",
    "Hồ sơ được xem hoặc xử lý khi nào, bởi vai trò nào.",
    "Kailan at anong tungkulin ang tumingin o gumawa.",
    "कहिले र कुन भूमिकाले हेर्‍यो वा काम गर्‍यो।",
]);
pub(super) const LOOKS_LEAD: Said = said([
    "消したり書き換えたりできない記録から、新しい順に表示しています。職員の氏名は表示しません。お心当たりのないことは窓口へお電話ください。",
    "けせない きろくです。あたらしい じゅんです。市役所の 人の なまえは でません。おかしいと 思ったら 電話して ください。",
    "From a record that cannot be changed, newest first. Officers' names are not shown. If something puzzles you, call the office.",
    "来自不可更改的记录，按新到旧排列。不显示工作人员姓名。如有疑问请致电窗口。",
    "De um registro que não pode ser alterado, do mais novo ao mais antigo. Nomes de funcionários não aparecem. Em caso de dúvida, telefone.",
    "Từ bản ghi không thể thay đổi, mới nhất trước. Không hiển thị tên nhân viên. Nếu thấy lạ, hãy gọi điện.",
    "Mula sa talaang hindi nababago, pinakabago muna. Hindi ipinapakita ang pangalan ng kawani. Kung may kakaiba, tumawag.",
    "बदल्न नमिल्ने अभिलेखबाट, नयाँ पहिले। कर्मचारीको नाम देखाइँदैन। शङ्का लागे फोन गर्नुहोस्।",
]);
pub(super) const FAMILY: Said = said([
    "ご家族（このリンク）",
    "かぞく（この リンク）",
    "The family (this link)",
    "家人（此链接）",
    "A família (este link)",
    "Gia đình (đường dẫn này)",
    "Ang pamilya (link na ito)",
    "परिवार (यो लिङ्क)",
]);
pub(super) const SOMEBODY: Said = said([
    "このリンクを使った人",
    "この リンクを つかった 人",
    "Somebody with this link",
    "使用此链接的人",
    "Alguém com este link",
    "Người dùng đường dẫn này",
    "May gumamit ng link na ito",
    "यो लिङ्क प्रयोग गर्ने कोही",
]);
pub(super) const MACHINE: Said = said([
    "自動の処理（機械）",
    "きかいが しました",
    "A machine, by itself",
    "自动处理（机器）",
    "Uma máquina, automaticamente",
    "Máy tự động",
    "Makina, kusang gumawa",
    "मेसिन, स्वचालित",
]);
pub(super) const AGENCY: Said = said([
    "関係機関",
    "ほかの やくしょ・びょういん",
    "Another institution",
    "相关机构",
    "Outra instituição",
    "Cơ quan liên quan",
    "Ibang institusyon",
    "सम्बन्धित निकाय",
]);
pub(super) const STAFF: Said = said([
    "市役所の職員",
    "市役所の 人",
    "An officer of the city",
    "市政府工作人员",
    "Funcionário da prefeitura",
    "Nhân viên tòa thị chính",
    "Kawani ng munisipyo",
    "नगर कर्मचारी",
]);

/// What somebody works as, for families.
pub(super) const fn role(role: Role) -> &'static Said {
    const RECEPTION: Said = said([
        "受付の職員",
        "うけつけの 人",
        "An officer at reception",
        "接待人员",
        "Recepção",
        "Nhân viên tiếp nhận",
        "Kawani sa reception",
        "स्वागत कर्मचारी",
    ]);
    const EXAMINER: Said = said([
        "審査の職員",
        "しらべる 人",
        "An examining officer",
        "审查人员",
        "Analista",
        "Nhân viên xem xét",
        "Kawaning sumusuri",
        "जाँच गर्ने कर्मचारी",
    ]);
    const DECIDER: Said = said([
        "決裁の職員",
        "きめる 人",
        "A deciding officer",
        "审批人员",
        "Responsável pela decisão",
        "Nhân viên quyết định",
        "Kawaning nagpapasya",
        "निर्णय गर्ने कर्मचारी",
    ]);
    const AUDITOR: Said = said([
        "監査の職員",
        "ただしいか たしかめる 人",
        "An auditor",
        "审计人员",
        "Auditor",
        "Kiểm toán viên",
        "Auditor",
        "लेखापरीक्षक",
    ]);
    const ADMINISTRATOR: Said = said([
        "システムの担当",
        "きかいの たんとうの 人",
        "Whoever runs the system",
        "系统管理员",
        "Administração do sistema",
        "Quản trị hệ thống",
        "Tagapangasiwa ng sistema",
        "प्रणाली व्यवस्थापक",
    ]);
    match role {
        Role::Reception => &RECEPTION,
        Role::Examiner => &EXAMINER,
        Role::Decider => &DECIDER,
        Role::Auditor => &AUDITOR,
        Role::Administrator => &ADMINISTRATOR,
        Role::Agency => &AGENCY,
    }
}

const ARRIVED: Said = said([
    "届出が届きました",
    "てつづきが とどきました",
    "The filing arrived",
    "申报已送达",
    "O pedido chegou",
    "Hồ sơ đã đến",
    "Dumating ang file",
    "निवेदन पुग्यो",
]);
const SEEN: Said = said([
    "届出の内容を見ました",
    "なかみを 見ました",
    "Looked at the filing",
    "查看了申报内容",
    "Viu o conteúdo do pedido",
    "Đã xem nội dung hồ sơ",
    "Tiningnan ang laman",
    "निवेदनको विवरण हेर्‍यो",
]);
const UNMASKED: Said = said([
    "伏せてある項目を表示しました",
    "かくして ある ところを 見ました",
    "Looked at masked values",
    "显示了隐藏的内容",
    "Viu dados ocultos",
    "Đã xem phần bị che",
    "Tiningnan ang nakatagong bahagi",
    "लुकाइएको विवरण हेर्‍यो",
]);
const PRINTED: Said = said([
    "書面や原本を取り出しました",
    "かみを だしました",
    "Took out a paper or the original",
    "取出了文书或原件",
    "Emitiu um papel ou o original",
    "Đã lấy giấy tờ hoặc bản gốc",
    "Naglabas ng papel o orihinal",
    "कागज वा सक्कल निकाल्यो",
]);
const ACCEPTED: Said = said([
    "受理しました",
    "うけつけました",
    "Accepted it",
    "已受理",
    "Aceitou",
    "Đã tiếp nhận",
    "Tinanggap",
    "स्वीकृत गर्‍यो",
]);
const RETURNED: Said = said([
    "補正をお願いしました",
    "なおして くださいと 言いました",
    "Asked for a correction",
    "要求补正",
    "Pediu correção",
    "Đã yêu cầu sửa",
    "Humiling ng pagtatama",
    "सच्याउन भन्यो",
]);
const WORKED: Said = said([
    "審査の作業をしました",
    "しらべる しごとを しました",
    "Worked on it",
    "进行了审查工作",
    "Trabalhou no caso",
    "Đã xử lý hồ sơ",
    "Nagtrabaho rito",
    "यसमा काम गर्‍यो",
]);
const STEP: Said = said([
    "次の手続きを準備・実施しました",
    "つぎの てつづきを しました",
    "Prepared or carried out a next step",
    "准备或办理了下一步手续",
    "Preparou ou fez um próximo passo",
    "Đã chuẩn bị hoặc thực hiện bước tiếp theo",
    "Inihanda o ginawa ang susunod na hakbang",
    "अर्को चरण तयार वा सम्पन्न गर्‍यो",
]);
const ANSWERED: Said = said([
    "確認や口座にお答えになりました",
    "こたえました",
    "Answered a question",
    "回答了确认事项",
    "Respondeu",
    "Đã trả lời",
    "Sumagot",
    "उत्तर दियो",
]);
const CHANGED: Said = said([
    "記録を改めました",
    "きろくを かえました",
    "Changed the record",
    "更改了记录",
    "Alterou o registro",
    "Đã sửa bản ghi",
    "Binago ang talaan",
    "अभिलेख परिवर्तन गर्‍यो",
]);
const ELSEWHERE: Said = said([
    "関係機関とやりとりしました",
    "ほかの やくしょに ききました",
    "Asked or answered another institution",
    "与相关机构联系",
    "Contatou outra instituição",
    "Đã liên hệ cơ quan khác",
    "Nakipag-ugnayan sa ibang institusyon",
    "अर्को निकायसँग सम्पर्क गर्‍यो",
]);
const PAGE: Said = said([
    "ページを見ました",
    "ページを 見ました",
    "Looked at a page",
    "查看了页面",
    "Viu uma página",
    "Đã xem trang",
    "Tumingin sa pahina",
    "पृष्ठ हेर्‍यो",
]);
const OPENED: Said = said([
    "確認の答えが合い、ページを開きました",
    "こたえが あって、ページを ひらきました",
    "Gave the right answer and opened the page",
    "回答正确，打开了页面",
    "Respondeu certo e abriu a página",
    "Trả lời đúng và mở trang",
    "Tama ang sagot at binuksan ang pahina",
    "सही उत्तर दिएर पृष्ठ खोल्यो",
]);
const WRONG: Said = said([
    "確認の答えが合わず、開きませんでした",
    "こたえが ちがって、ひらきませんでした",
    "Gave a wrong answer; nothing opened",
    "回答不符，未打开",
    "Respondeu errado; nada abriu",
    "Trả lời sai; không mở được",
    "Mali ang sagot; hindi nabuksan",
    "गलत उत्तर; खुलेन",
]);
const CLOSED: Said = said([
    "リンクを使えなくしました",
    "リンクを つかえなく しました",
    "Closed the link",
    "停用了链接",
    "Desativou o link",
    "Đã đóng đường dẫn",
    "Isinara ang link",
    "लिङ्क बन्द गर्‍यो",
]);
const RENEWED: Said = said([
    "新しいリンクを出しました",
    "あたらしい リンクを だしました",
    "Gave out a new link",
    "发放了新链接",
    "Emitiu um link novo",
    "Đã cấp đường dẫn mới",
    "Nagbigay ng bagong link",
    "नयाँ लिङ्क दियो",
]);
const SAID_SO: Said = said([
    "コエを伝えました",
    "いけんを 言いました",
    "Sent a comment",
    "提交了意见",
    "Enviou um comentário",
    "Đã gửi ý kiến",
    "Nagpadala ng komento",
    "प्रतिक्रिया पठायो",
]);
const OTHER: Said = said([
    "手続きを進めました",
    "てつづきを すすめました",
    "Did something on the case",
    "办理了手续",
    "Fez algo no caso",
    "Đã thao tác trên hồ sơ",
    "May ginawa sa kaso",
    "केही काम गर्‍यो",
]);

/// What was done, for families. Of a loss only that the record changed.
pub(super) fn act(action: &str) -> &'static Said {
    match action {
        "filing.arrived" | "filing.restored" | "attachment.complete" | "attachment.damaged" => {
            &ARRIVED
        }
        "filing.viewed" | "nonstop.viewed" | "consents.viewed" | "family-link.viewed" => &SEEN,
        "filing.unmasked" => &UNMASKED,
        "filing.downloaded" | "filing.printed" => &PRINTED,
        "filing.accepted" => &ACCEPTED,
        "filing.returned" => &RETURNED,
        "nonstop.confirmed" | "nonstop.declined" | "nonstop.account_named" => &ANSWERED,
        "case.loss" | "nonstop.held" | "nonstop.cancelled" => &CHANGED,
        "family.viewed" => &PAGE,
        "family.opened" => &OPENED,
        "family.wrong" => &WRONG,
        "family.closed" => &CLOSED,
        "family.renewed" => &RENEWED,
        "family.said" => &SAID_SO,
        other => match other.split('.').next() {
            Some("filing" | "desk") => &WORKED,
            Some("nonstop") => &STEP,
            Some("request" | "consent" | "agency" | "certificate") => &ELSEWHERE,
            _ => &OTHER,
        },
    }
}

// 使える / お探し / こんなサービスも

pub(super) const FOR_YOU: Said = said([
    "使える・お探し・こんなサービスも",
    "つかえる サービス",
    "Services for you",
    "可使用的服务",
    "Serviços para você",
    "Dịch vụ dành cho bạn",
    "Mga serbisyo para sa iyo",
    "तपाईंका लागि सेवा",
]);
pub(super) const FOR_YOU_ABOUT: Said = said([
    "お子さんの年齢と市の制度から、理由といっしょに。",
    "こどもの としから えらびます。",
    "From your child's age and the city's schemes, with reasons.",
    "根据孩子年龄和市的制度，并附理由。",
    "Pela idade da criança e os programas da cidade, com motivos.",
    "Dựa trên tuổi của con và chế độ của thành phố, kèm lý do.",
    "Batay sa edad ng bata at mga programa ng lungsod, may dahilan.",
    "बच्चाको उमेर र सहरका योजनाबाट, कारणसहित।",
]);
pub(super) const FOR_YOU_QUIET: Said = said([
    "市の制度から、理由といっしょに。",
    "市の サービスから えらびます。",
    "From the city's schemes, with reasons.",
    "来自市的制度，并附理由。",
    "Dos programas da cidade, com motivos.",
    "Từ chế độ của thành phố, kèm lý do.",
    "Mula sa mga programa ng lungsod, may dahilan.",
    "सहरका योजनाबाट, कारणसहित।",
]);
pub(super) const USABLE: Said = said([
    "使える",
    "いま つかえる",
    "Can be used now",
    "现在可用",
    "Pode usar agora",
    "Dùng được ngay",
    "Magagamit ngayon",
    "अहिले प्रयोग गर्न सकिने",
]);
pub(super) const SEARCHED: Said = said([
    "お探し",
    "さがして いる もの",
    "What you look for",
    "您要找的",
    "O que você procura",
    "Điều bạn tìm",
    "Hinahanap mo",
    "खोजेको",
]);
pub(super) const ALSO: Said = said([
    "こんなサービスも",
    "ほかにも",
    "These too",
    "还有这些",
    "Estes também",
    "Những dịch vụ khác",
    "Ito rin",
    "यी पनि",
]);
pub(super) const LOOK_FOR: Said = said([
    "何をお探しですか",
    "なにを さがしますか",
    "What are you looking for?",
    "您在找什么？",
    "O que você procura?",
    "Bạn tìm gì?",
    "Ano ang hinahanap mo?",
    "के खोज्नुहुन्छ?",
]);
pub(super) const WHY: Said = said([
    "表示の理由",
    "どうして？",
    "Why it is shown",
    "显示理由",
    "Por que aparece",
    "Lý do hiển thị",
    "Bakit ipinapakita",
    "किन देखाइयो",
]);
pub(super) const NOTHING: Said = said([
    "いまお知らせできるものはありません。窓口でもご相談ください。",
    "いま ありません。市役所でも きいて ください。",
    "Nothing to show at present. You can also ask the office.",
    "目前没有可显示的内容。也可咨询窗口。",
    "Nada a mostrar agora. Pergunte também à prefeitura.",
    "Hiện không có gì. Bạn có thể hỏi tòa thị chính.",
    "Wala sa ngayon. Maaari ring magtanong sa munisipyo.",
    "अहिले केही छैन। कार्यालयमा सोध्न सकिन्छ।",
]);

/// What may be looked for: a tag of the universal menu, and its words.
pub(super) const WISHES: [(&str, Said); 4] = [
    (
        "004",
        said([
            "預ける・保育",
            "あずける",
            "Childcare",
            "托育",
            "Creche",
            "Gửi trẻ",
            "Pag-aalaga ng bata",
            "बालस्याहार",
        ]),
    ),
    (
        "027",
        said([
            "健康・医療",
            "けんこう・びょういん",
            "Health",
            "健康・医疗",
            "Saúde",
            "Sức khỏe",
            "Kalusugan",
            "स्वास्थ्य",
        ]),
    ),
    (
        "079",
        said([
            "手当・支援",
            "おかね・たすけ",
            "Benefits and support",
            "津贴・支援",
            "Auxílios e apoio",
            "Trợ cấp, hỗ trợ",
            "Tulong at suporta",
            "भत्ता र सहयोग",
        ]),
    ),
    (
        "005",
        said([
            "学校",
            "がっこう",
            "School",
            "学校",
            "Escola",
            "Trường học",
            "Paaralan",
            "विद्यालय",
        ]),
    ),
];
