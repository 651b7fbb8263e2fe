//! Words of the room for nurseries.

use super::super::words::Said;

pub(super) const TITLE: Said = Said {
    ja: "保育園を探す・申し込む",
    easy: "ほいくえんを さがす・もうしこむ",
    en: "Find and apply for nurseries",
    zh: "寻找和申请保育园",
    pt: "Procurar e pedir creche",
    vi: "Tìm và đăng ký nhà trẻ",
    tl: "Maghanap at mag-apply sa nursery",
    ne: "नर्सरी खोज्ने र आवेदन दिने",
};

pub(super) const ABOUT: Said = Said {
    ja: "空きや時間を調べ、希望の順に並べて、市に申し込めます。",
    easy: "あいている ところを しらべて、すきな じゅんに ならべて、市に もうしこみます。",
    en: "See free places and hours, rank your wishes, apply to the city.",
    zh: "查询空位和时间，排列志愿，向市里申请。",
    pt: "Veja vagas e horários, ordene suas opções e faça o pedido à cidade.",
    vi: "Xem chỗ trống và giờ, xếp thứ tự, nộp đơn cho thành phố.",
    tl: "Tingnan ang bakante at oras, iayos ang mga gusto, mag-apply sa lungsod.",
    ne: "खाली ठाउँ र समय हेर्नुहोस्, क्रम मिलाउनुहोस्, नगरमा आवेदन दिनुहोस्।",
};

pub(super) const NOT_SUBMITTED: Said = Said {
    ja: "まだ提出していません",
    easy: "まだ だして いません",
    en: "Not submitted yet",
    zh: "尚未提交",
    pt: "Ainda não enviado",
    vi: "Chưa nộp",
    tl: "Hindi pa naisusumite",
    ne: "अझै बुझाएको छैन",
};

pub(super) const SUBMITTED: Said = Said {
    ja: "提出済みです",
    easy: "だしました",
    en: "Submitted",
    zh: "已提交",
    pt: "Enviado",
    vi: "Đã nộp",
    tl: "Naisumite na",
    ne: "बुझाइयो",
};

pub(super) const WITHDRAWN: Said = Said {
    ja: "取り下げました",
    easy: "とりさげました",
    en: "Withdrawn",
    zh: "已撤回",
    pt: "Retirado",
    vi: "Đã rút",
    tl: "Binawi",
    ne: "फिर्ता लिइयो",
};

pub(super) const NUMBER: Said = Said {
    ja: "受付番号",
    easy: "うけつけ ばんごう",
    en: "Receipt number",
    zh: "受理编号",
    pt: "Número do protocolo",
    vi: "Số tiếp nhận",
    tl: "Numero ng resibo",
    ne: "दर्ता नम्बर",
};

pub(super) const AT: Said = Said {
    ja: "提出した日時",
    easy: "だした 日",
    en: "Submitted on",
    zh: "提交时间",
    pt: "Enviado em",
    vi: "Nộp lúc",
    tl: "Isinumite noong",
    ne: "बुझाएको समय",
};

pub(super) const CHANGED_SINCE: Said = Said {
    ja: "提出したあとに、希望か世帯のことが変わっています。変えた内容は、まだ提出されていません。",
    easy: "だした あとに かわりました。かえた ものは まだ だして いません。",
    en: "Your wishes or household have changed since. The change is not submitted yet.",
    zh: "提交后内容有更改，更改尚未提交。",
    pt: "Suas opções ou dados mudaram depois. A mudança ainda não foi enviada.",
    vi: "Nội dung đã thay đổi sau khi nộp. Thay đổi chưa được nộp.",
    tl: "May nabago pagkatapos. Hindi pa naisusumite ang pagbabago.",
    ne: "बुझाएपछि विवरण बदलियो। परिवर्तन अझै बुझाएको छैन।",
};

pub(super) const CLOSES: Said = Said {
    ja: "締め切り",
    easy: "しめきり",
    en: "Closes",
    zh: "截止日",
    pt: "Prazo",
    vi: "Hạn nộp",
    tl: "Huling araw",
    ne: "अन्तिम दिन",
};

pub(super) const OPENS: Said = Said {
    ja: "受け付け開始",
    easy: "うけつけの はじまり",
    en: "Opens",
    zh: "开始受理",
    pt: "Início",
    vi: "Bắt đầu nhận",
    tl: "Simula",
    ne: "सुरु",
};

pub(super) const CLOSED: Said = Said {
    ja: "締め切りを過ぎたため、ここでは変えられません。窓口へご相談ください。",
    easy: "しめきりが すぎました。市役所に きいて ください。",
    en: "The round has closed, so it cannot be changed here. Please ask the office.",
    zh: "已过截止日，无法在此更改。请咨询窗口。",
    pt: "O prazo terminou; não é possível mudar aqui. Consulte a prefeitura.",
    vi: "Đã hết hạn nên không thể đổi ở đây. Hãy hỏi tòa thị chính.",
    tl: "Sarado na ang round kaya hindi na mababago rito. Magtanong sa munisipyo.",
    ne: "म्याद सकियो, यहाँ परिवर्तन हुँदैन। कार्यालयमा सोध्नुहोस्।",
};

pub(super) const WITHDRAW: Said = Said {
    ja: "申し込みを取り下げる",
    easy: "もうしこみを とりさげる",
    en: "Withdraw the application",
    zh: "撤回申请",
    pt: "Retirar o pedido",
    vi: "Rút đơn",
    tl: "Bawiin ang aplikasyon",
    ne: "आवेदन फिर्ता लिनुहोस्",
};

pub(super) const SURE: Said = Said {
    ja: "取り下げてよい",
    easy: "とりさげても いい",
    en: "Yes, withdraw it",
    zh: "确定撤回",
    pt: "Sim, retirar",
    vi: "Đồng ý rút",
    tl: "Oo, bawiin",
    ne: "हो, फिर्ता लिने",
};

pub(super) const WISHES: Said = Said {
    ja: "希望の順番",
    easy: "すきな じゅんばん",
    en: "Your wishes in order",
    zh: "志愿顺序",
    pt: "Suas opções em ordem",
    vi: "Thứ tự nguyện vọng",
    tl: "Mga gusto ayon sa ayos",
    ne: "रोजाइको क्रम",
};

pub(super) const NO_WISHES: Said = Said {
    ja: "まだありません。下で探して加えてください。",
    easy: "まだ ありません。下で さがして ください。",
    en: "None yet. Search below and add some.",
    zh: "还没有。请在下方搜索并添加。",
    pt: "Nenhuma ainda. Procure abaixo e adicione.",
    vi: "Chưa có. Hãy tìm bên dưới và thêm vào.",
    tl: "Wala pa. Maghanap sa ibaba at magdagdag.",
    ne: "अझै छैन। तल खोजेर थप्नुहोस्।",
};

pub(super) const MOST: Said = Said {
    ja: "希望できる数",
    easy: "えらべる かず",
    en: "How many you may rank",
    zh: "可填志愿数",
    pt: "Quantas pode escolher",
    vi: "Số nguyện vọng tối đa",
    tl: "Ilan ang puwedeng piliin",
    ne: "कति छान्न मिल्छ",
};

pub(super) const UP: Said = Said {
    ja: "上へ",
    easy: "うえへ",
    en: "Up",
    zh: "上移",
    pt: "Subir",
    vi: "Lên",
    tl: "Itaas",
    ne: "माथि",
};

pub(super) const DOWN: Said = Said {
    ja: "下へ",
    easy: "したへ",
    en: "Down",
    zh: "下移",
    pt: "Descer",
    vi: "Xuống",
    tl: "Ibaba",
    ne: "तल",
};

pub(super) const REMOVE: Said = Said {
    ja: "外す",
    easy: "はずす",
    en: "Remove",
    zh: "移除",
    pt: "Tirar",
    vi: "Bỏ",
    tl: "Alisin",
    ne: "हटाउनुहोस्",
};

pub(super) const ADD: Said = Said {
    ja: "希望に加える",
    easy: "すきな じゅんに いれる",
    en: "Add to my wishes",
    zh: "加入志愿",
    pt: "Adicionar às opções",
    vi: "Thêm vào nguyện vọng",
    tl: "Idagdag sa mga gusto",
    ne: "रोजाइमा थप्नुहोस्",
};

pub(super) const IN_LIST: Said = Said {
    ja: "希望に入っています",
    easy: "もう はいって います",
    en: "In your wishes",
    zh: "已在志愿中",
    pt: "Já está nas opções",
    vi: "Đã có trong nguyện vọng",
    tl: "Nasa mga gusto na",
    ne: "रोजाइमा छ",
};

pub(super) const SEARCH: Said = Said {
    ja: "園を探す",
    easy: "えんを さがす",
    en: "Find a nursery",
    zh: "寻找保育园",
    pt: "Procurar creche",
    vi: "Tìm nhà trẻ",
    tl: "Maghanap ng nursery",
    ne: "नर्सरी खोज्नुहोस्",
};

pub(super) const NEAR: Said = Said {
    ja: "近くの町",
    easy: "ちかくの まち",
    en: "Near which town",
    zh: "附近的町",
    pt: "Perto de",
    vi: "Gần khu nào",
    tl: "Malapit saang bayan",
    ne: "कुन टोल नजिक",
};

pub(super) const ANYWHERE: Said = Said {
    ja: "どこでも",
    easy: "どこでも",
    en: "Anywhere",
    zh: "任何地点",
    pt: "Qualquer lugar",
    vi: "Bất cứ đâu",
    tl: "Kahit saan",
    ne: "जहाँ पनि",
};

pub(super) const ENTRY: Said = Said {
    ja: "入園する月",
    easy: "はいる 月",
    en: "Month of entry",
    zh: "入园月份",
    pt: "Mês de entrada",
    vi: "Tháng vào học",
    tl: "Buwan ng pagpasok",
    ne: "भर्ना महिना",
};

pub(super) const ONLY_FREE: Said = Said {
    ja: "空きのある園だけ",
    easy: "あいている えんだけ",
    en: "Only with free places",
    zh: "仅显示有空位的",
    pt: "Só com vagas",
    vi: "Chỉ nơi còn chỗ",
    tl: "May bakante lang",
    ne: "खाली ठाउँ भएका मात्र",
};

pub(super) const FIND: Said = Said {
    ja: "探す",
    easy: "さがす",
    en: "Search",
    zh: "搜索",
    pt: "Procurar",
    vi: "Tìm",
    tl: "Maghanap",
    ne: "खोज्नुहोस्",
};

pub(super) const RESULTS: Said = Said {
    ja: "見つかった園",
    easy: "みつかった えん",
    en: "Found",
    zh: "搜索结果",
    pt: "Resultados",
    vi: "Kết quả",
    tl: "Nakita",
    ne: "भेटिएका",
};

pub(super) const NOTHING: Said = Said {
    ja: "見つかりませんでした。",
    easy: "みつかりませんでした。",
    en: "Nothing was found.",
    zh: "未找到。",
    pt: "Nada encontrado.",
    vi: "Không tìm thấy.",
    tl: "Walang nakita.",
    ne: "केही भेटिएन।",
};

pub(super) const FREE: Said = Said {
    ja: "空き",
    easy: "あき",
    en: "Free places",
    zh: "空位",
    pt: "Vagas",
    vi: "Chỗ trống",
    tl: "Bakante",
    ne: "खाली",
};

pub(super) const AS_OF: Said = Said {
    ja: "いつの数か",
    easy: "いつの かずか",
    en: "As of",
    zh: "截至",
    pt: "Em",
    vi: "Tính đến",
    tl: "Noong",
    ne: "मिति",
};

pub(super) const OLD: Said = Said {
    ja: "古い情報です",
    easy: "ふるい じょうほうです",
    en: "This is old",
    zh: "信息较旧",
    pt: "Informação antiga",
    vi: "Thông tin cũ",
    tl: "Luma na ito",
    ne: "पुरानो जानकारी",
};

pub(super) const HOURS: Said = Said {
    ja: "開いている時間",
    easy: "あいている じかん",
    en: "Open",
    zh: "开放时间",
    pt: "Horário",
    vi: "Giờ mở cửa",
    tl: "Bukas",
    ne: "खुल्ने समय",
};

pub(super) const DAYS: Said = Said {
    ja: "開いている曜日",
    easy: "あいている よう日",
    en: "Days",
    zh: "开放日",
    pt: "Dias",
    vi: "Ngày mở cửa",
    tl: "Mga araw",
    ne: "दिनहरू",
};

pub(super) const KIND: Said = Said {
    ja: "種類",
    easy: "しゅるい",
    en: "Kind",
    zh: "种类",
    pt: "Tipo",
    vi: "Loại",
    tl: "Uri",
    ne: "प्रकार",
};

pub(super) const CAPACITY: Said = Said {
    ja: "定員",
    easy: "ていいん",
    en: "Places",
    zh: "定员",
    pt: "Lugares",
    vi: "Số chỗ",
    tl: "Kapasidad",
    ne: "क्षमता",
};

pub(super) const DISTANCE: Said = Said {
    ja: "距離（直線）",
    easy: "きょり（まっすぐ）",
    en: "Distance (as the crow flies)",
    zh: "直线距离",
    pt: "Distância (linha reta)",
    vi: "Khoảng cách (đường chim bay)",
    tl: "Layo (tuwid)",
    ne: "दूरी (सिधा)",
};

pub(super) const DETAILS: Said = Said {
    ja: "くわしく見る",
    easy: "くわしく みる",
    en: "Details",
    zh: "详情",
    pt: "Detalhes",
    vi: "Chi tiết",
    tl: "Detalye",
    ne: "विवरण",
};

pub(super) const DIRECT: Said = Said {
    ja: "市ではなく、園に直接申し込むところです。",
    easy: "えんに もうしこみます。市では ありません。",
    en: "You apply there directly, not to the city.",
    zh: "请直接向园方申请，而非向市里。",
    pt: "O pedido é feito lá, não na cidade.",
    vi: "Đăng ký trực tiếp tại đó, không qua thành phố.",
    tl: "Doon mismo mag-apply, hindi sa lungsod.",
    ne: "सिधै त्यहीँ आवेदन दिनुहोस्, नगरमा होइन।",
};

pub(super) const APPLY: Said = Said {
    ja: "申し込みに進む",
    easy: "もうしこみに すすむ",
    en: "Go on to apply",
    zh: "前往申请",
    pt: "Seguir para o pedido",
    vi: "Tiếp tục đăng ký",
    tl: "Magpatuloy sa aplikasyon",
    ne: "आवेदनमा जानुहोस्",
};

pub(super) const APPLY_TITLE: Said = Said {
    ja: "申し込みの内容",
    easy: "もうしこみの ないよう",
    en: "Your application",
    zh: "申请内容",
    pt: "Seu pedido",
    vi: "Nội dung đơn",
    tl: "Iyong aplikasyon",
    ne: "आवेदनको विवरण",
};

pub(super) const ROUND: Said = Said {
    ja: "申し込みの回",
    easy: "いつの もうしこみ",
    en: "Round",
    zh: "申请批次",
    pt: "Rodada",
    vi: "Đợt đăng ký",
    tl: "Round",
    ne: "चरण",
};

pub(super) const ROUND_BEFORE: Said = Said {
    ja: "",
    easy: "",
    en: "round ",
    zh: "第",
    pt: "rodada ",
    vi: "đợt ",
    tl: "round ",
    ne: "चरण ",
};

pub(super) const ROUND_AFTER: Said = Said {
    ja: "次募集",
    easy: "回目",
    en: "",
    zh: "次招募",
    pt: "",
    vi: "",
    tl: "",
    ne: "",
};

pub(super) const NO_ROUND: Said = Said {
    ja: "いま申し込める回はありません。",
    easy: "いまは もうしこめません。",
    en: "No round is open right now.",
    zh: "目前没有可申请的批次。",
    pt: "Nenhuma rodada aberta agora.",
    vi: "Hiện không có đợt nào.",
    tl: "Walang bukas na round ngayon.",
    ne: "अहिले कुनै चरण खुला छैन।",
};

pub(super) const GUARDIAN: Said = Said {
    ja: "保護者",
    easy: "ほごしゃ",
    en: "Guardian",
    zh: "监护人",
    pt: "Responsável",
    vi: "Người giám hộ",
    tl: "Tagapag-alaga",
    ne: "अभिभावक",
};

pub(super) const REASON: Said = Said {
    ja: "保育が必要な理由",
    easy: "ほいくが ひつような わけ",
    en: "Why care is needed",
    zh: "需要保育的理由",
    pt: "Por que precisa",
    vi: "Lý do cần gửi trẻ",
    tl: "Bakit kailangan",
    ne: "किन आवश्यक",
};

pub(super) const WORK: Said = Said {
    ja: "働き方",
    easy: "はたらきかた",
    en: "How you work",
    zh: "工作方式",
    pt: "Como trabalha",
    vi: "Hình thức làm việc",
    tl: "Paano nagtatrabaho",
    ne: "कामको प्रकार",
};

pub(super) const NOT_SAID: Said = Said {
    ja: "えらばない",
    easy: "えらばない",
    en: "Not said",
    zh: "不填",
    pt: "Não informar",
    vi: "Không chọn",
    tl: "Hindi sasabihin",
    ne: "नछान्ने",
};

pub(super) const HOURS_WEEK: Said = Said {
    ja: "1週間の時間（働く・学ぶ・介護など）",
    easy: "1しゅうかんの じかん",
    en: "Hours a week",
    zh: "每周小时数",
    pt: "Horas por semana",
    vi: "Số giờ mỗi tuần",
    tl: "Oras kada linggo",
    ne: "हप्ताको घण्टा",
};

pub(super) const RETURNS: Said = Said {
    ja: "入園の月までに育休から仕事に戻る",
    easy: "はいる 月までに しごとに もどる",
    en: "Returns from childcare leave by the month of entry",
    zh: "入园月前结束育儿休假复工",
    pt: "Volta da licença até o mês de entrada",
    vi: "Đi làm lại trước tháng vào học",
    tl: "Babalik sa trabaho bago ang buwan ng pagpasok",
    ne: "भर्ना महिनासम्म बिदाबाट फर्किने",
};

pub(super) const HOUSEHOLD: Said = Said {
    ja: "世帯のこと",
    easy: "かぞくの こと",
    en: "Your household",
    zh: "家庭情况",
    pt: "Sua família",
    vi: "Gia đình bạn",
    tl: "Iyong sambahayan",
    ne: "तपाईंको परिवार",
};

pub(super) const SINGLE: Said = Said {
    ja: "ひとり親（保護者1人だけ）",
    easy: "ひとりおや",
    en: "Single parent (one guardian only)",
    zh: "单亲（仅一名监护人）",
    pt: "Pai ou mãe só",
    vi: "Cha hoặc mẹ đơn thân",
    tl: "Solong magulang",
    ne: "एकल अभिभावक",
};

pub(super) const WELFARE: Said = Said {
    ja: "生活保護を受けている",
    easy: "せいかつほごを うけている",
    en: "On welfare",
    zh: "领取生活保护",
    pt: "Recebe assistência social",
    vi: "Nhận trợ cấp sinh hoạt",
    tl: "May welfare",
    ne: "जीविका सहायता लिने",
};

pub(super) const UNLICENSED: Said = Said {
    ja: "仕事のため、いま認可外の園に預けている",
    easy: "いま にんかがいの えんに あずけている",
    en: "In unlicensed care now because of work",
    zh: "因工作现托于未许可园",
    pt: "Em creche não licenciada por trabalho",
    vi: "Đang gửi nơi chưa cấp phép vì công việc",
    tl: "Nasa hindi lisensyadong nursery dahil sa trabaho",
    ne: "कामका कारण अनुमति नभएको ठाउँमा राखिएको",
};

pub(super) const DISABILITY: Said = Said {
    ja: "お子さんに障害がある",
    easy: "こどもに しょうがいが ある",
    en: "The child has a disability",
    zh: "孩子有残疾",
    pt: "A criança tem deficiência",
    vi: "Bé có khuyết tật",
    tl: "May kapansanan ang bata",
    ne: "बच्चामा अपाङ्गता छ",
};

pub(super) const EXTENSION: Said = Said {
    ja: "入れなければ、育休の延長でもよい",
    easy: "はいれない ときは 休みを のばしても いい",
    en: "If there is no place, extending leave is fine",
    zh: "若无名额，可延长育儿休假",
    pt: "Sem vaga, pode prolongar a licença",
    vi: "Nếu không có chỗ, kéo dài nghỉ cũng được",
    tl: "Kung walang puwesto, ayos lang pahabain ang leave",
    ne: "ठाउँ नपाए बिदा लम्ब्याए हुन्छ",
};

pub(super) const GRANDPARENT: Said = Said {
    ja: "65歳未満の祖父母が同居している",
    easy: "65さいより わかい そふぼと すんでいる",
    en: "A grandparent under 65 lives with you",
    zh: "与65岁以下祖父母同住",
    pt: "Avô ou avó com menos de 65 mora junto",
    vi: "Có ông bà dưới 65 tuổi sống cùng",
    tl: "May lolo o lola na wala pang 65 sa bahay",
    ne: "६५ वर्षमुनिका हजुरबुबा/आमा सँगै",
};

pub(super) const ENROLLED: Said = Said {
    ja: "すでに園に通うきょうだいの数",
    easy: "もう えんに いっている きょうだいの かず",
    en: "Siblings already in a nursery",
    zh: "已入园的兄弟姐妹数",
    pt: "Irmãos já na creche",
    vi: "Số anh chị em đang học",
    tl: "Kapatid na nasa nursery na",
    ne: "पहिले नै जाने दाजुभाइ दिदीबहिनी",
};

pub(super) const APPLYING: Said = Said {
    ja: "同時に申し込むきょうだいの数",
    easy: "いっしょに もうしこむ きょうだいの かず",
    en: "Siblings applying at the same time",
    zh: "同时申请的兄弟姐妹数",
    pt: "Irmãos pedindo ao mesmo tempo",
    vi: "Số anh chị em cùng đăng ký",
    tl: "Kapatid na sabay mag-aapply",
    ne: "सँगै आवेदन दिने दाजुभाइ दिदीबहिनी",
};

pub(super) const CHECK: Said = Said {
    ja: "内容を確かめる（まだ提出されません）",
    easy: "ないようを みる（まだ だしません）",
    en: "Check it (not submitted yet)",
    zh: "确认内容（尚未提交）",
    pt: "Conferir (ainda não envia)",
    vi: "Kiểm tra (chưa nộp)",
    tl: "Tingnan (hindi pa isusumite)",
    ne: "हेर्नुहोस् (अझै बुझाइँदैन)",
};

pub(super) const REVIEW: Said = Said {
    ja: "提出の前の確認",
    easy: "だす 前に たしかめる",
    en: "Before you submit",
    zh: "提交前确认",
    pt: "Antes de enviar",
    vi: "Trước khi nộp",
    tl: "Bago isumite",
    ne: "बुझाउनुअघि",
};

pub(super) const NOT_YET: Said = Said {
    ja: "まだ提出されていません。下のボタンで市に提出します。",
    easy: "まだ だして いません。下の ボタンで 市に だします。",
    en: "Nothing is submitted yet. The button below submits it to the city.",
    zh: "尚未提交。按下方按钮提交给市里。",
    pt: "Ainda não foi enviado. O botão abaixo envia à cidade.",
    vi: "Chưa nộp. Nút bên dưới sẽ nộp cho thành phố.",
    tl: "Hindi pa naisusumite. Isusumite ng button sa ibaba.",
    ne: "अझै बुझाएको छैन। तलको बटनले नगरमा बुझाउँछ।",
};

pub(super) const POINTS: Said = Said {
    ja: "点数の見込み",
    easy: "てんすうの めやす",
    en: "Estimated points",
    zh: "预估分数",
    pt: "Pontos estimados",
    vi: "Điểm ước tính",
    tl: "Tantiyang puntos",
    ne: "अनुमानित अङ्क",
};

pub(super) const ESTIMATE: Said = Said {
    ja: "市の表から計算した目安です［GK］。正しい点数は、書類を見て市が決めます。",
    easy: "めやすです［GK］。ほんとうの てんすうは 市が きめます。",
    en: "An estimate from the city’s table [GK]. The city decides the points from your papers.",
    zh: "根据市的评分表估算［GK］。正式分数由市里审核材料后决定。",
    pt: "Estimativa pela tabela da cidade [GK]. A cidade decide os pontos pelos documentos.",
    vi: "Ước tính theo bảng của thành phố [GK]. Thành phố quyết định điểm theo giấy tờ.",
    tl: "Tantiya mula sa talahanayan ng lungsod [GK]. Ang lungsod ang magpapasya ayon sa papeles.",
    ne: "नगरको तालिकाबाट अनुमान [GK]। कागज हेरेर नगरले अङ्क तोक्छ।",
};

pub(super) const SUBMIT: Said = Said {
    ja: "この内容で市に提出する",
    easy: "これを 市に だす",
    en: "Submit this to the city",
    zh: "提交给市里",
    pt: "Enviar à cidade",
    vi: "Nộp cho thành phố",
    tl: "Isumite sa lungsod",
    ne: "नगरमा बुझाउनुहोस्",
};

pub(super) const PAPERS: Said = Said {
    ja: "就労証明書などの書類は、別に窓口か郵送でお出しください。",
    easy: "しごとの しょうめいしょなどは 市役所に もってくるか おくって ください。",
    en: "Hand in papers such as the certificate of work at the counter or by post.",
    zh: "工作证明等材料请另行提交到窗口或邮寄。",
    pt: "Entregue os documentos, como o atestado de trabalho, no balcão ou pelo correio.",
    vi: "Giấy tờ như giấy xác nhận việc làm, hãy nộp tại quầy hoặc qua bưu điện.",
    tl: "Isumite ang papeles tulad ng certificate of work sa counter o sa koreo.",
    ne: "काम प्रमाणपत्र जस्ता कागज काउन्टर वा हुलाकबाट दिनुहोस्।",
};

pub(super) const CHANGE_UNTIL: Said = Said {
    ja: "締め切りまでは、何度でも出し直せます。最後に出したものが有効です。",
    easy: "しめきりまで なんども だせます。さいごの ものを つかいます。",
    en: "Until it closes you can submit again; the last one counts.",
    zh: "截止前可多次重新提交，以最后一次为准。",
    pt: "Até o prazo pode enviar de novo; vale o último.",
    vi: "Đến hạn có thể nộp lại; bản cuối cùng có hiệu lực.",
    tl: "Hanggang sa huling araw, puwedeng magsumite ulit; ang huli ang bilang.",
    ne: "म्यादसम्म फेरि बुझाउन सकिन्छ; अन्तिम मान्य हुन्छ।",
};

pub(super) const BAD_FIELD: Said = Said {
    ja: "この欄を確かめてください",
    easy: "ここを たしかめて ください",
    en: "Please check this field",
    zh: "请确认此栏",
    pt: "Confira este campo",
    vi: "Hãy kiểm tra ô này",
    tl: "Pakitingnan ang patlang na ito",
    ne: "यो ठाउँ जाँच्नुहोस्",
};

pub(super) const NEED_WISH: Said = Said {
    ja: "希望の園を1つ以上加えてください。",
    easy: "えんを 1つ いじょう えらんで ください。",
    en: "Add at least one nursery to your wishes.",
    zh: "请至少添加一个志愿。",
    pt: "Adicione pelo menos uma creche.",
    vi: "Hãy thêm ít nhất một nguyện vọng.",
    tl: "Magdagdag ng kahit isang nursery.",
    ne: "कम्तीमा एउटा रोज्नुहोस्।",
};

pub(super) const CHANGE: Said = Said {
    ja: "内容を変える",
    easy: "ないようを かえる",
    en: "Change it",
    zh: "更改内容",
    pt: "Mudar",
    vi: "Thay đổi",
    tl: "Baguhin",
    ne: "परिवर्तन गर्नुहोस्",
};

pub(super) const R_WORK: Said = Said {
    ja: "働いている",
    easy: "はたらいている",
    en: "Work",
    zh: "工作",
    pt: "Trabalho",
    vi: "Đi làm",
    tl: "Trabaho",
    ne: "काम",
};

pub(super) const R_BIRTH: Said = Said {
    ja: "妊娠・出産",
    easy: "にんしん・しゅっさん",
    en: "Pregnancy or birth",
    zh: "怀孕、分娩",
    pt: "Gravidez ou parto",
    vi: "Mang thai, sinh con",
    tl: "Pagbubuntis o panganganak",
    ne: "गर्भावस्था वा प्रसव",
};

pub(super) const R_ILLNESS: Said = Said {
    ja: "病気",
    easy: "びょうき",
    en: "Illness",
    zh: "疾病",
    pt: "Doença",
    vi: "Bệnh",
    tl: "Sakit",
    ne: "रोग",
};

pub(super) const R_DISABILITY: Said = Said {
    ja: "障害",
    easy: "しょうがい",
    en: "Disability",
    zh: "残疾",
    pt: "Deficiência",
    vi: "Khuyết tật",
    tl: "Kapansanan",
    ne: "अपाङ्गता",
};

pub(super) const R_CARE: Said = Said {
    ja: "家族の介護・看護",
    easy: "かぞくの かいご",
    en: "Caring for a relative",
    zh: "护理家人",
    pt: "Cuidar de parente",
    vi: "Chăm sóc người thân",
    tl: "Pag-aalaga ng kamag-anak",
    ne: "आफन्तको हेरचाह",
};

pub(super) const R_DISASTER: Said = Said {
    ja: "災害の復旧",
    easy: "さいがいの あとの かたづけ",
    en: "Disaster recovery",
    zh: "灾后恢复",
    pt: "Recuperação de desastre",
    vi: "Khắc phục thiên tai",
    tl: "Pagbangon sa sakuna",
    ne: "विपद् पुनर्स्थापना",
};

pub(super) const R_JOB: Said = Said {
    ja: "仕事を探している",
    easy: "しごとを さがしている",
    en: "Looking for work",
    zh: "求职",
    pt: "Procurando trabalho",
    vi: "Đang tìm việc",
    tl: "Naghahanap ng trabaho",
    ne: "काम खोज्दै",
};

pub(super) const R_STUDY: Said = Said {
    ja: "学校・職業訓練",
    easy: "がっこう・くんれん",
    en: "School or training",
    zh: "上学、职业培训",
    pt: "Escola ou curso",
    vi: "Đi học, học nghề",
    tl: "Pag-aaral o pagsasanay",
    ne: "पढाइ वा तालिम",
};

pub(super) const R_ABUSE: Said = Said {
    ja: "事情があり、窓口で相談したい",
    easy: "市役所で はなしたい",
    en: "I would like to talk at the counter",
    zh: "有特殊情况，想在窗口咨询",
    pt: "Prefiro conversar no balcão",
    vi: "Muốn trao đổi tại quầy",
    tl: "Gusto kong makipag-usap sa counter",
    ne: "काउन्टरमा कुरा गर्न चाहन्छु",
};

pub(super) const R_LEAVE: Said = Said {
    ja: "育児休業中",
    easy: "いくじきゅうぎょうちゅう",
    en: "On childcare leave",
    zh: "育儿休假中",
    pt: "Em licença parental",
    vi: "Đang nghỉ chăm con",
    tl: "Naka-leave para sa bata",
    ne: "बाल हेरचाह बिदामा",
};

pub(super) const R_OTHER: Said = Said {
    ja: "そのほか",
    easy: "そのほか",
    en: "Other",
    zh: "其他",
    pt: "Outro",
    vi: "Khác",
    tl: "Iba pa",
    ne: "अन्य",
};

pub(super) const W_EMPLOYEE: Said = Said {
    ja: "雇われて働く",
    easy: "やとわれて はたらく",
    en: "Employed",
    zh: "受雇",
    pt: "Empregado",
    vi: "Làm thuê",
    tl: "Empleyado",
    ne: "जागिर",
};

pub(super) const W_SELF: Said = Said {
    ja: "自営",
    easy: "じぶんの しごと",
    en: "Self-employed",
    zh: "自营",
    pt: "Autônomo",
    vi: "Tự kinh doanh",
    tl: "Sariling negosyo",
    ne: "स्वरोजगार",
};

pub(super) const W_HELPER: Said = Said {
    ja: "家の仕事を手伝う",
    easy: "いえの しごとを てつだう",
    en: "Helps in a family business",
    zh: "帮助家族经营",
    pt: "Ajuda no negócio da família",
    vi: "Phụ việc gia đình",
    tl: "Tumutulong sa negosyo ng pamilya",
    ne: "पारिवारिक व्यवसायमा सहयोग",
};

pub(super) const W_HOME: Said = Said {
    ja: "内職",
    easy: "ないしょく",
    en: "Piecework at home",
    zh: "家庭手工",
    pt: "Trabalho por peça em casa",
    vi: "Gia công tại nhà",
    tl: "Gawaing-bahay na bayad",
    ne: "घरमै काम",
};

/// Every one of them, for the test that looks at them.
#[cfg(test)]
pub(in super::super) const ALL: &[(&str, Said)] = &[
    ("TITLE", TITLE),
    ("ABOUT", ABOUT),
    ("NOT_SUBMITTED", NOT_SUBMITTED),
    ("SUBMITTED", SUBMITTED),
    ("WITHDRAWN", WITHDRAWN),
    ("NUMBER", NUMBER),
    ("AT", AT),
    ("CHANGED_SINCE", CHANGED_SINCE),
    ("CLOSES", CLOSES),
    ("OPENS", OPENS),
    ("CLOSED", CLOSED),
    ("WITHDRAW", WITHDRAW),
    ("SURE", SURE),
    ("WISHES", WISHES),
    ("NO_WISHES", NO_WISHES),
    ("MOST", MOST),
    ("UP", UP),
    ("DOWN", DOWN),
    ("REMOVE", REMOVE),
    ("ADD", ADD),
    ("IN_LIST", IN_LIST),
    ("SEARCH", SEARCH),
    ("NEAR", NEAR),
    ("ANYWHERE", ANYWHERE),
    ("ENTRY", ENTRY),
    ("ONLY_FREE", ONLY_FREE),
    ("FIND", FIND),
    ("RESULTS", RESULTS),
    ("NOTHING", NOTHING),
    ("FREE", FREE),
    ("AS_OF", AS_OF),
    ("OLD", OLD),
    ("HOURS", HOURS),
    ("DAYS", DAYS),
    ("KIND", KIND),
    ("CAPACITY", CAPACITY),
    ("DISTANCE", DISTANCE),
    ("DETAILS", DETAILS),
    ("DIRECT", DIRECT),
    ("APPLY", APPLY),
    ("APPLY_TITLE", APPLY_TITLE),
    ("ROUND", ROUND),
    ("ROUND_BEFORE", ROUND_BEFORE),
    ("ROUND_AFTER", ROUND_AFTER),
    ("NO_ROUND", NO_ROUND),
    ("GUARDIAN", GUARDIAN),
    ("REASON", REASON),
    ("WORK", WORK),
    ("NOT_SAID", NOT_SAID),
    ("HOURS_WEEK", HOURS_WEEK),
    ("RETURNS", RETURNS),
    ("HOUSEHOLD", HOUSEHOLD),
    ("SINGLE", SINGLE),
    ("WELFARE", WELFARE),
    ("UNLICENSED", UNLICENSED),
    ("DISABILITY", DISABILITY),
    ("EXTENSION", EXTENSION),
    ("GRANDPARENT", GRANDPARENT),
    ("ENROLLED", ENROLLED),
    ("APPLYING", APPLYING),
    ("CHECK", CHECK),
    ("REVIEW", REVIEW),
    ("NOT_YET", NOT_YET),
    ("POINTS", POINTS),
    ("ESTIMATE", ESTIMATE),
    ("SUBMIT", SUBMIT),
    ("PAPERS", PAPERS),
    ("CHANGE_UNTIL", CHANGE_UNTIL),
    ("BAD_FIELD", BAD_FIELD),
    ("NEED_WISH", NEED_WISH),
    ("CHANGE", CHANGE),
    ("R_WORK", R_WORK),
    ("R_BIRTH", R_BIRTH),
    ("R_ILLNESS", R_ILLNESS),
    ("R_DISABILITY", R_DISABILITY),
    ("R_CARE", R_CARE),
    ("R_DISASTER", R_DISASTER),
    ("R_JOB", R_JOB),
    ("R_STUDY", R_STUDY),
    ("R_ABUSE", R_ABUSE),
    ("R_LEAVE", R_LEAVE),
    ("R_OTHER", R_OTHER),
    ("W_EMPLOYEE", W_EMPLOYEE),
    ("W_SELF", W_SELF),
    ("W_HELPER", W_HELPER),
    ("W_HOME", W_HOME),
];
