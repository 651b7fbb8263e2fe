//! Words of the page on which a family says who may be asked.

use super::Said;

pub(super) const TITLE: Said = Said {
    ja: "ほかの機関への確認",
    easy: "ほかの ところに 聞いて いいですか",
    en: "Asking others",
    zh: "向其他机构确认",
    pt: "Consulta a outras instituições",
    vi: "Hỏi các cơ quan khác",
    tl: "Pagtatanong sa ibang tanggapan",
    ne: "अरू निकायसँग सोध्ने",
};
pub(super) const ABOUT_OPEN: Said = Said {
    ja: "健康保険などに確認してよいか、お返事をお待ちしています。",
    easy: "けんこうほけん などに 聞いて いいか、教えて ください。",
    en: "We would like to ask your health insurance; please say whether we may.",
    zh: "请告知我们是否可以向健康保险等机构确认。",
    pt: "Gostaríamos de consultar o seguro de saúde; diga se podemos.",
    vi: "Xin cho biết chúng tôi có thể hỏi bảo hiểm y tế hay không.",
    tl: "Sabihin po kung maaari naming tanungin ang health insurance.",
    ne: "स्वास्थ्य बीमासँग सोध्न मिल्छ कि मिल्दैन, जवाफ दिनुहोस्।",
};
pub(super) const ABOUT: Said = Said {
    ja: "同意したことを見たり、取り消したりできます。",
    easy: "「いい」と 言った ことを 見たり、やめたり できます。",
    en: "See what you agreed to, or withdraw it.",
    zh: "可以查看或撤回您的同意。",
    pt: "Veja o que autorizou ou retire a autorização.",
    vi: "Xem những gì bạn đã đồng ý hoặc rút lại.",
    tl: "Tingnan ang pinahintulutan o bawiin ito.",
    ne: "दिएको सहमति हेर्न वा फिर्ता लिन सकिन्छ।",
};
pub(super) const LEAD: Said = Said {
    ja: "手続きを進めるために、次の機関に確認したいことがあります。同意がなければ、問い合わせません。",
    easy: "手つづきの ために、つぎの ところに 聞きたい ことが あります。あなたが「いい」と 言わなければ、聞きません。",
    en: "To go on, the city would like to ask the following. Without your consent nothing is asked.",
    zh: "为了办理手续，我们希望向以下机构确认。未经您同意，我们不会询问。",
    pt: "Para prosseguir, a prefeitura gostaria de consultar as instituições abaixo. Sem a sua autorização, nada será perguntado.",
    vi: "Để tiếp tục thủ tục, chúng tôi muốn hỏi các cơ quan sau. Nếu bạn không đồng ý, chúng tôi sẽ không hỏi.",
    tl: "Para magpatuloy, nais naming magtanong sa mga sumusunod. Kung hindi kayo papayag, hindi kami magtatanong.",
    ne: "प्रक्रिया अघि बढाउन हामी तलका निकायसँग सोध्न चाहन्छौं। तपाईंको सहमति बिना केही सोधिँदैन।",
};
pub(super) const NOTHING: Said = Said {
    ja: "いま確認が必要なことはありません。",
    easy: "いま、聞きたい ことは ありません。",
    en: "There is nothing to ask now.",
    zh: "目前没有需要确认的事项。",
    pt: "Não há nada a consultar agora.",
    vi: "Hiện không có gì cần hỏi.",
    tl: "Walang kailangang itanong ngayon.",
    ne: "अहिले सोध्नुपर्ने केही छैन।",
};
pub(super) const WHAT_FOR: Said = Said {
    ja: "次の手続きのために、加入の有無などを確認します。",
    easy: "つぎの 手つづきの ために、入って いるか どうかを 聞きます。",
    en: "For the following, to confirm whether you are insured there:",
    zh: "为以下手续确认是否参保等：",
    pt: "Para o seguinte, confirmar se há inscrição:",
    vi: "Để xác nhận việc tham gia cho thủ tục sau:",
    tl: "Para sa sumusunod, titiyakin kung kasapi:",
    ne: "तलको प्रक्रियाका लागि आबद्धता आदि पुष्टि गर्न:",
};
pub(super) const WHAT_IS_TOLD: Said = Said {
    ja: "先方に伝えるのは、手続きの種類と受付番号だけです。",
    easy: "つたえるのは、手つづきの しゅるいと 番号だけ です。",
    en: "They are told only the kind of procedure and the application number.",
    zh: "仅告知对方手续种类和受理编号。",
    pt: "Só informamos o tipo de procedimento e o número do pedido.",
    vi: "Chúng tôi chỉ cho họ biết loại thủ tục và số tiếp nhận.",
    tl: "Ang uri ng proseso at numero ng aplikasyon lamang ang sasabihin.",
    ne: "प्रक्रियाको प्रकार र दर्ता नम्बर मात्र बताइन्छ।",
};
pub(super) const AGREE: Said = Said {
    ja: "確認することに同意する",
    easy: "聞いて いいです",
    en: "I agree",
    zh: "同意确认",
    pt: "Autorizo a consulta",
    vi: "Tôi đồng ý",
    tl: "Pumapayag ako",
    ne: "म सहमत छु",
};
pub(super) const AGREED: Said = Said {
    ja: "同意しています",
    easy: "「いい」と 言いました",
    en: "You agreed",
    zh: "已同意",
    pt: "Autorizado",
    vi: "Đã đồng ý",
    tl: "Pumayag na",
    ne: "सहमति दिइएको छ",
};
pub(super) const WITHDRAW: Said = Said {
    ja: "同意を取り消す",
    easy: "やっぱり やめます",
    en: "Withdraw",
    zh: "撤回同意",
    pt: "Retirar a autorização",
    vi: "Rút lại sự đồng ý",
    tl: "Bawiin ang pahintulot",
    ne: "सहमति फिर्ता लिने",
};
pub(super) const WITHOUT: Said = Said {
    ja: "同意しない場合は、窓口で書類により確認します。手続きが受けられなくなることはありません。",
    easy: "いやな ときは、市の まどぐちで 紙を 見せて ください。手つづきは できます。",
    en: "If you do not agree, the office checks your papers instead. You lose nothing.",
    zh: "如不同意，将在窗口以文件确认，不影响办理手续。",
    pt: "Se não autorizar, o balcão confere os seus documentos. O seu pedido não é prejudicado.",
    vi: "Nếu không đồng ý, chúng tôi sẽ kiểm tra giấy tờ tại quầy. Quyền lợi của bạn không bị ảnh hưởng.",
    tl: "Kung hindi papayag, susuriin ang mga papeles sa tanggapan. Hindi maaapektuhan ang aplikasyon.",
    ne: "सहमत नभए काउन्टरमा कागजातबाट जाँच गरिन्छ। प्रक्रिया रोकिँदैन।",
};
