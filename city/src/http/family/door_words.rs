//! Words of the family's door: the question, what came of it, and closing the link.

use super::words::{Said, said};

pub(super) const TITLE: Said = said([
    "ページを開く前に",
    "ページを ひらく まえに",
    "Before the page opens",
    "打开页面之前",
    "Antes de abrir a página",
    "Trước khi mở trang",
    "Bago magbukas ang pahina",
    "पृष्ठ खोल्नुअघि",
]);
pub(super) const MOTHER: Said = said([
    "お母さん（出産した方）の生年月日を入れてください。",
    "おかあさん（あかちゃんを うんだ ひと）が うまれた 日を 入れて ください。",
    "Please enter the mother's date of birth.",
    "请输入母亲（分娩者）的出生日期。",
    "Informe a data de nascimento da mãe.",
    "Vui lòng nhập ngày sinh của mẹ.",
    "Ilagay ang petsa ng kapanganakan ng ina.",
    "आमाको जन्ममिति लेख्नुहोस्।",
]);
pub(super) const FILER: Said = said([
    "届け出た方（申請した方）の生年月日を入れてください。",
    "てつづきを した ひとが うまれた 日を 入れて ください。",
    "Please enter the date of birth of the person who filed.",
    "请输入申报人（申请人）的出生日期。",
    "Informe a data de nascimento de quem fez o pedido.",
    "Vui lòng nhập ngày sinh của người đã nộp thủ tục.",
    "Ilagay ang petsa ng kapanganakan ng nag-file.",
    "निवेदन दिने व्यक्तिको जन्ममिति लेख्नुहोस्।",
]);
pub(super) const CHILD: Said = said([
    "お子さんの生年月日を入れてください。",
    "こどもが うまれた 日を 入れて ください。",
    "Please enter the child's date of birth.",
    "请输入孩子的出生日期。",
    "Informe a data de nascimento da criança.",
    "Vui lòng nhập ngày sinh của con.",
    "Ilagay ang petsa ng kapanganakan ng bata.",
    "बच्चाको जन्ममिति लेख्नुहोस्।",
]);
pub(super) const CODE: Said = said([
    "窓口の職員がお伝えした8けたの番号を入れてください。",
    "市役所の 人から きいた 8けたの ばんごうを 入れて ください。",
    "Please enter the 8-digit number an officer gave you.",
    "请输入窗口工作人员告知的8位号码。",
    "Digite o número de 8 dígitos informado pela prefeitura.",
    "Vui lòng nhập số 8 chữ số mà nhân viên đã cho bạn.",
    "Ilagay ang 8-digit na numerong ibinigay ng kawani.",
    "कर्मचारीले दिएको ८ अङ्कको नम्बर लेख्नुहोस्।",
]);
pub(super) const NOTHING: Said = said([
    "このページを開くための番号を窓口でお渡しします。下の窓口へお電話ください。",
    "この ページを ひらく ばんごうを 市役所で わたします。電話して ください。",
    "The office will give you a number that opens this page. Please call.",
    "窗口会给您打开此页面的号码。请致电下方窗口。",
    "A prefeitura lhe dará um número para abrir esta página. Telefone, por favor.",
    "Tòa thị chính sẽ cho bạn số để mở trang này. Vui lòng gọi điện.",
    "Bibigyan ka ng munisipyo ng numerong magbubukas nito. Tumawag po.",
    "यो पृष्ठ खोल्ने नम्बर कार्यालयले दिन्छ। फोन गर्नुहोस्।",
]);
pub(super) const WHY: Said = said([
    "控えを拾った人などに見られないようにするためです。届出の内容と照らし合わせるだけで、入れた日付は残しません。",
    "ほかの 人が 見ない ように たしかめます。入れた 日は のこしません。",
    "So that nobody who finds your receipt can look in. It is compared with your filing and not kept.",
    "这是为了防止捡到收据的人查看。只与申报内容核对，不会保存。",
    "Assim, quem achar o comprovante não consegue ver. O dado é só comparado, não é guardado.",
    "Để người nhặt được biên nhận không xem được. Chỉ đối chiếu với hồ sơ, không lưu lại.",
    "Para hindi makita ng makakapulot ng resibo. Ikinukumpara lang ito at hindi iniimbak.",
    "रसिद भेट्ने अरूले हेर्न नसकून् भनेर। निवेदनसँग मिलाएर हेरिन्छ, राखिँदैन।",
]);
pub(super) const ERA: Said = said([
    "年の数え方",
    "としの かぞえかた",
    "Calendar",
    "纪年",
    "Calendário",
    "Cách tính năm",
    "Kalendaryo",
    "वर्ष गणना",
]);
pub(super) const WESTERN: Said = said([
    "西暦",
    "西暦（1996など）",
    "Western",
    "公历",
    "Ocidental",
    "Dương lịch",
    "Kanluranin",
    "ईस्वी",
]);
pub(super) const YEAR: Said = said(["年", "年", "Year", "年", "Ano", "Năm", "Taon", "वर्ष"]);
pub(super) const MONTH: Said = said(["月", "月", "Month", "月", "Mês", "Tháng", "Buwan", "महिना"]);
pub(super) const DAY: Said = said(["日", "日", "Day", "日", "Dia", "Ngày", "Araw", "दिन"]);
pub(super) const NUMBER: Said = said([
    "8けたの番号",
    "8けたの ばんごう",
    "8-digit number",
    "8位号码",
    "Número de 8 dígitos",
    "Số 8 chữ số",
    "8-digit na numero",
    "८ अङ्कको नम्बर",
]);
pub(super) const OPEN: Said = said([
    "開く",
    "ひらく",
    "Open",
    "打开",
    "Abrir",
    "Mở",
    "Buksan",
    "खोल्नुहोस्",
]);
pub(super) const ONE_DAY: Said = said([
    "この端末では、1日のあいだ入れ直さずに見られます。",
    "この スマホでは、1日の あいだ もう 入れなくて いいです。",
    "On this phone it stays open for one day.",
    "在此设备上，一天内无需再次输入。",
    "Neste aparelho, fica aberta por um dia.",
    "Trên máy này, trang mở được trong một ngày.",
    "Sa phone na ito, bukas ito nang isang araw.",
    "यो फोनमा एक दिनसम्म खुला रहन्छ।",
]);
pub(super) const WRONG: Said = said([
    "届出の内容と合いませんでした。もう一度お確かめください。",
    "あって いません。もういちど たしかめて ください。",
    "That does not match the filing. Please check and try again.",
    "与申报内容不符。请再确认一次。",
    "Não confere com o pedido. Verifique e tente de novo.",
    "Không khớp với hồ sơ. Vui lòng kiểm tra lại.",
    "Hindi tugma sa nai-file. Pakisuri at subukan muli.",
    "निवेदनसँग मिलेन। फेरि जाँच गर्नुहोस्।",
]);
pub(super) const UNREADABLE: Said = said([
    "数字で入れてください。例：1996年 4月 5日",
    "すうじで 入れて ください。たとえば 1996年 4月 5日",
    "Please use numbers, for example 1996, 4, 5.",
    "请输入数字，例如 1996年 4月 5日。",
    "Use números, por exemplo ano 1996, mês 4, dia 5.",
    "Vui lòng nhập số, ví dụ năm 1996, tháng 4, ngày 5.",
    "Gumamit ng numero, halimbawa 1996, 4, 5.",
    "अङ्क प्रयोग गर्नुहोस्, जस्तै 1996, 4, 5।",
]);
pub(super) const WAIT: Said = said([
    "続けて合わなかったため、しばらくお待ちください。次の時刻から、また入れられます。お急ぎのときは窓口へお電話ください。",
    "すこし まって ください。この 時間から また 入れられます。いそぐ ときは 電話して ください。",
    "Several answers did not match, so please wait. You can try again from this time. If it is urgent, call the office.",
    "多次不符，请稍候。可在以下时间后再试。紧急时请致电窗口。",
    "Várias respostas não conferiram. Aguarde e tente de novo a partir deste horário. Se for urgente, telefone.",
    "Nhiều lần không khớp, vui lòng đợi. Bạn có thể thử lại từ thời điểm này. Nếu gấp, hãy gọi điện.",
    "Ilang ulit na hindi tumugma, maghintay muna. Maaaring subukan muli mula sa oras na ito. Kung apurado, tumawag.",
    "धेरै पटक मिलेन, केही बेर पर्खनुहोस्। यो समयपछि फेरि प्रयास गर्न सकिन्छ। हतार भए फोन गर्नुहोस्।",
]);
pub(super) const CONTACT: Said = said([
    "お問い合わせ",
    "きく ところ",
    "Contact",
    "咨询",
    "Contato",
    "Liên hệ",
    "Kontak",
    "सम्पर्क",
]);

pub(super) const CLOSE_TITLE: Said = said([
    "このリンクを使えなくする",
    "この リンクを つかえなく する",
    "Close this link",
    "停用此链接",
    "Desativar este link",
    "Đóng đường dẫn này",
    "Isara ang link na ito",
    "यो लिङ्क बन्द गर्ने",
]);
pub(super) const CLOSE_ABOUT: Said = said([
    "控えをなくしたときや、ほかの人に知られたときに使います。",
    "かみを なくした ときや、ほかの 人に しられた ときに つかいます。",
    "For when the receipt is lost or somebody else has the link.",
    "收据遗失或链接被他人知道时使用。",
    "Para quando o comprovante se perdeu ou outra pessoa tem o link.",
    "Dùng khi mất biên nhận hoặc người khác biết đường dẫn.",
    "Kung nawala ang resibo o may ibang nakakaalam ng link.",
    "रसिद हराएमा वा अरूले लिङ्क थाहा पाएमा प्रयोग गर्ने।",
]);
pub(super) const CLOSE_WHAT: Said = said([
    "控えのQRコードとこのリンクは、すぐに開けなくなり、元に戻せません。手続きはそのまま進みます。新しいQRコードは窓口でお渡しします。",
    "いまの QRコードは もう つかえません。もとに もどせません。てつづきは とまりません。あたらしい QRコードは 市役所で もらえます。",
    "The QR code and this link stop working at once, for good. Your filings go on as before. The office can give you a new code.",
    "收据上的二维码和此链接将立即失效，无法恢复。手续照常进行。新的二维码可在窗口领取。",
    "O código QR e este link deixam de funcionar já, para sempre. Os pedidos continuam. A prefeitura pode dar um código novo.",
    "Mã QR và đường dẫn này ngừng hoạt động ngay và không khôi phục được. Thủ tục vẫn tiếp tục. Tòa thị chính có thể cấp mã mới.",
    "Agad na hindi na gagana ang QR code at link na ito. Tuloy pa rin ang mga aplikasyon. Makakakuha ng bagong code sa munisipyo.",
    "QR कोड र यो लिङ्क तुरुन्तै सधैंका लागि बन्द हुन्छ। प्रक्रिया चलिरहन्छ। नयाँ कोड कार्यालयमा पाइन्छ।",
]);
pub(super) const CLOSE_YES: Said = said([
    "使えなくする",
    "つかえなく する",
    "Close the link",
    "停用",
    "Desativar",
    "Đóng đường dẫn",
    "Isara ang link",
    "बन्द गर्नुहोस्",
]);
pub(super) const CLOSE_NO: Said = said([
    "やめる",
    "やめる",
    "Keep it",
    "取消",
    "Cancelar",
    "Không đóng",
    "Huwag isara",
    "रद्द गर्नुहोस्",
]);
pub(super) const CLOSED_TITLE: Said = said([
    "リンクを使えなくしました",
    "リンクは もう つかえません",
    "The link is closed",
    "链接已停用",
    "O link foi desativado",
    "Đã đóng đường dẫn",
    "Naisara na ang link",
    "लिङ्क बन्द भयो",
]);
pub(super) const CLOSED: Said = said([
    "手続きはそのまま進みます。状況は窓口でもお答えします。",
    "てつづきは とまりません。市役所でも きく ことが できます。",
    "Your filings go on as before. The office can tell you how they stand.",
    "手续照常进行。您也可以向窗口询问进度。",
    "Os pedidos continuam. A prefeitura também informa o andamento.",
    "Thủ tục vẫn tiếp tục. Bạn có thể hỏi tình trạng tại tòa thị chính.",
    "Tuloy pa rin ang mga aplikasyon. Maaari ring magtanong sa munisipyo.",
    "प्रक्रिया चलिरहन्छ। अवस्था कार्यालयमा सोध्न सकिन्छ।",
]);
