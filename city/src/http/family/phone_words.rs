//! Words of the page about telling a phone.

use super::words::{Said, said};

pub(super) const TITLE: Said = said([
    "この端末に知らせる",
    "この スマホに しらせる",
    "Tell this phone",
    "通知此设备",
    "Avisar neste aparelho",
    "Báo cho máy này",
    "Abisuhan ang phone na ito",
    "यो फोनमा सूचना",
]);
pub(super) const ABOUT: Said = said([
    "新しいお知らせがあるときだけ。内容は通知に出ません。",
    "あたらしい ことが ある ときだけ。なかみは でません。",
    "Only that there is something new. The content never leaves this page.",
    "仅在有新通知时。通知中不含内容。",
    "Só que há algo novo. O conteúdo não aparece no aviso.",
    "Chỉ báo khi có tin mới. Không hiện nội dung.",
    "Kung may bago lang. Hindi lalabas ang laman.",
    "नयाँ कुरा हुँदा मात्र। सामग्री देखिँदैन।",
]);
pub(super) const LEAD: Said = said([
    "お知らせが届いたことだけを、この端末の通知でお伝えします。通知に、お名前や手続きの内容は出ません。いつでもやめられます。",
    "おしらせが とどいた ことだけ スマホに でます。なまえや なかみは でません。いつでも やめられます。",
    "A notification says only that there is something new. It shows no name and nothing about your filings. You can stop it at any time.",
    "通知只告知有新消息，不显示姓名和手续内容。可随时停止。",
    "A notificação diz só que há algo novo. Não mostra nomes nem o conteúdo. Pode parar quando quiser.",
    "Thông báo chỉ cho biết có tin mới, không hiện tên hay nội dung thủ tục. Có thể dừng bất cứ lúc nào.",
    "Sasabihin lang ng abiso na may bago. Walang pangalan o laman. Maaaring itigil anumang oras.",
    "सूचनाले नयाँ कुरा छ भन्ने मात्र बताउँछ। नाम वा विवरण देखिँदैन। जुनसुकै बेला रोक्न सकिन्छ।",
]);
pub(super) const ON: Said = said([
    "知らせてもらう",
    "しらせて もらう",
    "Turn on",
    "开启通知",
    "Ativar",
    "Bật thông báo",
    "I-on",
    "सूचना खोल्ने",
]);
pub(super) const OFF: Said = said([
    "すべての端末への知らせをやめる",
    "ぜんぶ やめる",
    "Stop telling all phones",
    "停止通知所有设备",
    "Parar em todos os aparelhos",
    "Ngừng báo cho mọi máy",
    "Itigil sa lahat ng phone",
    "सबै फोनमा रोक्ने",
]);
pub(super) const UNABLE: Said = said([
    "この端末では使えないか、通知が許可されていません。お知らせは、いつものページで読めます。",
    "この スマホでは つかえません。おしらせは いつもの ページで 読めます。",
    "This phone cannot do it, or notifications are not allowed. Everything can be read on the page as always.",
    "此设备不支持，或未允许通知。仍可在页面上阅读通知。",
    "Este aparelho não permite, ou as notificações estão bloqueadas. Tudo continua na página.",
    "Máy này không dùng được, hoặc chưa cho phép thông báo. Bạn vẫn đọc được trên trang.",
    "Hindi kaya ng phone na ito, o hindi pinayagan. Mababasa pa rin ang lahat sa pahina.",
    "यो फोनमा मिल्दैन वा अनुमति छैन। पृष्ठमा सधैं पढ्न सकिन्छ।",
]);
pub(super) const HOW_MANY: Said = said([
    "知らせている端末の数",
    "しらせて いる スマホの かず",
    "Phones that are told",
    "已通知的设备数",
    "Aparelhos avisados",
    "Số máy đang được báo",
    "Bilang ng inaabisuhang phone",
    "सूचना पाउने फोन संख्या",
]);
