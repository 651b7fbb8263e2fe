//! The words of the second signature, in the family's eight languages.

use super::super::family::Said;
use crate::casework::second::Outcome;

pub(super) const TITLE: Said = Said {
    ja: "もうひとりの親の署名",
    easy: "もう ひとりの 親の サイン（署名）",
    en: "The other parent's signature",
    zh: "另一位家长的签名",
    pt: "Assinatura do outro responsável",
    vi: "Chữ ký của người cha hoặc mẹ còn lại",
    tl: "Lagda ng isa pang magulang",
    ne: "अर्को अभिभावकको हस्ताक्षर",
};

pub(super) const WHAT: Said = Said {
    ja: "はじめに署名した人のほかに、もうひとりの親も、同じ内容に署名できます。署名がなくても、手続きは止まりません。",
    easy: "さいしょに サインを した 人の ほかに、もう ひとりの 親も、同じ ものに サインが できます。サインが なくても、手続きは 止まりません。",
    en: "Beside whoever signed first, the other parent can sign the same content. The procedure goes on without this signature.",
    zh: "除首位签名人外，另一位家长也可以对同一内容签名。即使没有签名，手续也会继续办理。",
    pt: "Além de quem assinou primeiro, o outro responsável pode assinar o mesmo conteúdo. O procedimento continua mesmo sem esta assinatura.",
    vi: "Ngoài người ký đầu tiên, người cha hoặc mẹ còn lại có thể ký cùng nội dung. Thủ tục vẫn tiếp tục dù không có chữ ký này.",
    tl: "Bukod sa unang lumagda, maaaring lagdaan ng isa pang magulang ang parehong nilalaman. Tuloy ang proseso kahit walang lagdang ito.",
    ne: "पहिले हस्ताक्षर गर्ने बाहेक अर्को अभिभावकले पनि उही सामग्रीमा हस्ताक्षर गर्न सक्छन्। यो हस्ताक्षर नभए पनि प्रक्रिया रोकिँदैन।",
};

pub(super) const SEE: Said = Said {
    ja: "署名する内容",
    easy: "サインを する もの",
    en: "What is signed",
    zh: "签名的内容",
    pt: "O que é assinado",
    vi: "Nội dung được ký",
    tl: "Ang lalagdaan",
    ne: "हस्ताक्षर गरिने सामग्री",
};

pub(super) const SAME: Said = Said {
    ja: "はじめに署名された内容そのものです。1文字も変わっていません。",
    easy: "さいしょに サインを した ものと 同じです。1文字も 変わって いません。",
    en: "This is exactly what was signed first; not one character differs.",
    zh: "这就是首次签名的内容，一个字也没有改动。",
    pt: "É exatamente o que foi assinado primeiro; nenhum caractere mudou.",
    vi: "Đây đúng là nội dung đã được ký lần đầu, không thay đổi một ký tự nào.",
    tl: "Ito mismo ang unang nilagdaan; walang nabagong titik.",
    ne: "यो पहिले हस्ताक्षर भएकै सामग्री हो; एउटा अक्षर पनि फेरिएको छैन।",
};

pub(super) const DIGEST: Said = Said {
    ja: "内容の照合値（SHA-256）",
    easy: "内容を たしかめる 値（SHA-256）",
    en: "Check value of the content (SHA-256)",
    zh: "内容校验值（SHA-256）",
    pt: "Valor de verificação do conteúdo (SHA-256)",
    vi: "Giá trị kiểm tra nội dung (SHA-256)",
    tl: "Halagang pansuri ng nilalaman (SHA-256)",
    ne: "सामग्री जाँच गर्ने मान (SHA-256)",
};

pub(super) const SAVE: Said = Said {
    ja: "署名する内容をそのまま保存する",
    easy: "サインを する ものを そのまま 保存する",
    en: "Save exactly what is signed",
    zh: "原样保存签名内容",
    pt: "Salvar exatamente o que é assinado",
    vi: "Lưu đúng nội dung được ký",
    tl: "I-save ang mismong lalagdaan",
    ne: "हस्ताक्षर गरिने सामग्री जस्ताको तस्तै सुरक्षित गर्नुहोस्",
};

pub(super) const NEEDS: Said = Said {
    ja: "ご自身のマイナンバーカードと、署名用パスワード（6〜16文字）を使います。パスワードは署名のアプリに入れてください。このページでは聞きません。",
    easy: "じぶんの マイナンバーカードと、署名用パスワード（6〜16文字）を つかいます。パスワードは アプリに 入れて ください。この ページでは 聞きません。",
    en: "You need your own My Number card and its signature password (6 to 16 characters). The signing app asks for it; this page never does.",
    zh: "需要您本人的个人编号卡和签名用密码（6～16位）。密码请在签名应用中输入，本页面不会询问。",
    pt: "Você precisa do seu próprio cartão My Number e da senha de assinatura (6 a 16 caracteres). O aplicativo pede a senha; esta página nunca.",
    vi: "Bạn cần thẻ My Number của chính mình và mật khẩu chữ ký (6–16 ký tự). Ứng dụng ký sẽ hỏi mật khẩu; trang này không bao giờ hỏi.",
    tl: "Kailangan ang sarili mong My Number card at ang password sa paglagda (6–16 titik). Ang app ang hihingi nito; hindi kailanman ang pahinang ito.",
    ne: "आफ्नै My Number कार्ड र हस्ताक्षर पासवर्ड (६–१६ अक्षर) चाहिन्छ। पासवर्ड एपमा हाल्नुहोस्; यो पृष्ठले कहिल्यै सोध्दैन।",
};

pub(super) const SIGN: Said = Said {
    ja: "スマートフォンで署名する",
    easy: "スマートフォンで サインを する",
    en: "Sign with your phone",
    zh: "用手机签名",
    pt: "Assinar com o celular",
    vi: "Ký bằng điện thoại",
    tl: "Lumagda gamit ang telepono",
    ne: "फोनबाट हस्ताक्षर गर्नुहोस्",
};

pub(super) const CARD: Said = Said {
    ja: "カードで、お近くの端末で署名する",
    easy: "カードで、ちかくの 端末で サインを する",
    en: "Sign with your card at a kiosk",
    zh: "用卡在附近的终端签名",
    pt: "Assinar com o cartão em um terminal",
    vi: "Ký bằng thẻ tại máy gần bạn",
    tl: "Lumagda gamit ang card sa kiosk",
    ne: "नजिकको मेसिनमा कार्डले हस्ताक्षर गर्नुहोस्",
};

pub(super) const CARD_NEEDS: Said = Said {
    ja: "病院や市役所の窓口にあるこの市の端末でも署名できます。もうひとりの親が、ご自身のマイナンバーカードと、署名用パスワードを持って行きます。次のページに10けたの番号が出ます。",
    easy: "病院や 市役所に ある 端末でも サインが できます。もう ひとりの 親が、じぶんの マイナンバーカードを 持って いきます。署名用パスワードも つかいます。つぎの ページに 10けたの 番号が 出ます。",
    en: "The other parent can also sign at a kiosk of this city, in the hospital or at city hall, with their own My Number card and its signature password. The next page shows a number of ten digits.",
    zh: "也可以在医院或市政府窗口的本市终端签名。另一位家长需携带本人的个人编号卡，并使用签名用密码。下一页会显示10位号码。",
    pt: "O outro responsável também pode assinar em um terminal desta cidade, no hospital ou na prefeitura, com o próprio cartão My Number e a senha de assinatura. A próxima página mostra um número de dez dígitos.",
    vi: "Cũng có thể ký tại máy của thành phố đặt ở bệnh viện hoặc tòa thị chính, bằng thẻ My Number của chính người đó và mật khẩu chữ ký. Trang sau hiện một số gồm 10 chữ số.",
    tl: "Maaari ring lumagda sa kiosk ng lungsod na ito, sa ospital o city hall, gamit ang sariling My Number card at password sa paglagda. Ipapakita sa susunod na pahina ang numerong may sampung digit.",
    ne: "अस्पताल वा नगरपालिकामा रहेको यस नगरको मेसिनमा पनि आफ्नै My Number कार्ड र हस्ताक्षर पासवर्डले हस्ताक्षर गर्न सकिन्छ। अर्को पृष्ठमा १० अङ्कको नम्बर देखिन्छ।",
};

pub(super) const NUMBER_TITLE: Said = Said {
    ja: "端末で署名するための番号",
    easy: "端末で サインを する ための 番号",
    en: "Your number for the kiosk",
    zh: "用于终端签名的号码",
    pt: "Número para o terminal",
    vi: "Số để ký tại máy",
    tl: "Numero para sa kiosk",
    ne: "मेसिनका लागि नम्बर",
};

pub(super) const NUMBER_WHAT: Said = Said {
    ja: "この番号を端末に入れると、はじめに署名された内容が出ます。",
    easy: "この 番号を 端末に 入れると、さいしょに サインを した ものが 出ます。",
    en: "Typed at a kiosk, this number brings up exactly what was signed first.",
    zh: "在终端输入此号码，即显示首次签名的内容。",
    pt: "Digitado no terminal, este número mostra exatamente o que foi assinado primeiro.",
    vi: "Nhập số này vào máy sẽ hiện đúng nội dung đã được ký lần đầu.",
    tl: "Kapag inilagay sa kiosk, ipapakita ng numerong ito ang mismong unang nilagdaan.",
    ne: "यो नम्बर मेसिनमा हाल्दा पहिले हस्ताक्षर भएको सामग्री देखिन्छ।",
};

pub(super) const NUMBER_UNTIL: Said = Said {
    ja: "1回だけ使えます。使えるのはここまで：",
    easy: "1回だけ つかえます。つかえるのは ここまで：",
    en: "It works once, until",
    zh: "仅可使用一次，有效至：",
    pt: "Vale uma única vez, até",
    vi: "Chỉ dùng được một lần, đến",
    tl: "Isang beses lang magagamit, hanggang",
    ne: "एक पटक मात्र प्रयोग हुन्छ, यो समयसम्म:",
};

pub(super) const STEP_PLACE: Said = Said {
    ja: "病院や市役所にある、この市の端末へ行きます。",
    easy: "病院や 市役所に ある 端末に いきます。",
    en: "Go to a kiosk of this city, in the hospital or at city hall.",
    zh: "前往医院或市政府内的本市终端。",
    pt: "Vá a um terminal desta cidade, no hospital ou na prefeitura.",
    vi: "Đến máy của thành phố này tại bệnh viện hoặc tòa thị chính.",
    tl: "Pumunta sa kiosk ng lungsod na ito sa ospital o city hall.",
    ne: "अस्पताल वा नगरपालिकामा रहेको यस नगरको मेसिनमा जानुहोस्।",
};

pub(super) const STEP_CHOOSE: Said = Said {
    ja: "画面で「もうひとりの親として署名する」を選びます。",
    easy: "画面で「もうひとりの 親として サインを する」を えらびます。",
    en: "On the screen, choose “Sign as the other parent”.",
    zh: "在画面上选择“作为另一位家长签名”。",
    pt: "Na tela, escolha “Assinar como o outro responsável”.",
    vi: "Trên màn hình, chọn “Ký với tư cách người cha hoặc mẹ còn lại”.",
    tl: "Sa screen, piliin ang “Lumagda bilang isa pang magulang”.",
    ne: "स्क्रिनमा “अर्को अभिभावकका रूपमा हस्ताक्षर” छान्नुहोस्।",
};

pub(super) const STEP_CARD: Said = Said {
    ja: "もうひとりの親のマイナンバーカードを置き、この番号を入れます。",
    easy: "もう ひとりの 親の マイナンバーカードを おいて、この 番号を 入れます。",
    en: "Place the other parent's My Number card and type this number.",
    zh: "放置另一位家长的个人编号卡，输入此号码。",
    pt: "Coloque o cartão My Number do outro responsável e digite este número.",
    vi: "Đặt thẻ My Number của người cha hoặc mẹ còn lại và nhập số này.",
    tl: "Ilagay ang My Number card ng isa pang magulang at i-type ang numerong ito.",
    ne: "अर्को अभिभावकको My Number कार्ड राखेर यो नम्बर हाल्नुहोस्।",
};

pub(super) const STEP_SIGN: Said = Said {
    ja: "内容を最後まで見て、署名用パスワードで署名します。",
    easy: "さいごまで 見て、署名用パスワードで サインを します。",
    en: "Read everything to its end and sign with the signature password.",
    zh: "看完全部内容后，用签名用密码签名。",
    pt: "Leia tudo até o fim e assine com a senha de assinatura.",
    vi: "Đọc hết nội dung rồi ký bằng mật khẩu chữ ký.",
    tl: "Basahin hanggang dulo at lumagda gamit ang password sa paglagda.",
    ne: "सबै अन्त्यसम्म हेरेर हस्ताक्षर पासवर्डले हस्ताक्षर गर्नुहोस्।",
};

pub(super) const NUMBER_CARE: Said = Said {
    ja: "この番号を知っている人は、端末で届出の内容を見ることができます。もうひとりの親のほかには教えないでください。",
    easy: "この 番号を 知って いる 人は、端末で 届出を 見る ことが できます。もう ひとりの 親の ほかの 人には おしえないで ください。",
    en: "Whoever knows this number can read the filing at a kiosk. Give it to nobody but the other parent.",
    zh: "知道此号码的人可以在终端查看申报内容。请勿告诉另一位家长以外的人。",
    pt: "Quem souber este número pode ler o documento no terminal. Não o passe a ninguém além do outro responsável.",
    vi: "Người biết số này có thể xem nội dung đơn tại máy. Chỉ đưa cho người cha hoặc mẹ còn lại.",
    tl: "Mababasa sa kiosk ang dokumento ng sinumang nakakaalam ng numerong ito. Ibigay lamang sa isa pang magulang.",
    ne: "यो नम्बर थाहा पाउनेले मेसिनमा कागजात हेर्न सक्छ। अर्को अभिभावकबाहेक अरूलाई नदिनुहोस्।",
};

pub(super) const NUMBER_AGAIN: Said = Said {
    ja: "番号はこのページにだけ出ます。なくしたとき、時間が過ぎたときは、新しい番号を出せます。前の番号は使えなくなります。署名がなくても、手続きは止まりません。",
    easy: "番号は この ページにだけ 出ます。なくした とき、時間が すぎた ときは、新しい 番号を 出す ことが できます。まえの 番号は つかえなく なります。サインが なくても、手続きは 止まりません。",
    en: "The number stands on this page only. If it is lost or too old, make a new one; the earlier one then no longer works. The procedure goes on without this signature.",
    zh: "号码只显示在本页。遗失或过期时可重新生成，之前的号码随即失效。即使没有签名，手续也会继续。",
    pt: "O número aparece só nesta página. Se o perder ou o prazo passar, gere outro; o anterior deixa de valer. O procedimento continua mesmo sem esta assinatura.",
    vi: "Số chỉ hiện trên trang này. Nếu mất hoặc quá giờ, hãy lấy số mới; số cũ sẽ không dùng được nữa. Thủ tục vẫn tiếp tục dù không có chữ ký này.",
    tl: "Sa pahinang ito lamang makikita ang numero. Kung nawala o lumipas ang oras, gumawa ng bago; mawawalan ng bisa ang nauna. Tuloy ang proseso kahit walang lagdang ito.",
    ne: "नम्बर यही पृष्ठमा मात्र देखिन्छ। हराए वा समय बितेमा नयाँ लिनुहोस्; अघिल्लो काम गर्दैन। यो हस्ताक्षर नभए पनि प्रक्रिया रोकिँदैन।",
};

pub(super) const NUMBER_MANY: Said = Said {
    ja: "きょうはこれ以上番号を出せません。あすもう一度お試しいただくか、スマートフォンで署名してください。手続きは進んでいます。",
    easy: "きょうは もう 番号を 出す ことが できません。あした もう 一度 ためして ください。手続きは すすんで います。",
    en: "No more numbers can be made today. Please try again tomorrow, or sign with a phone. The procedure goes on.",
    zh: "今天不能再生成号码。请明天再试，或用手机签名。手续仍在继续。",
    pt: "Hoje não é possível gerar mais números. Tente amanhã ou assine com o celular. O procedimento continua.",
    vi: "Hôm nay không thể lấy thêm số. Hãy thử lại vào ngày mai hoặc ký bằng điện thoại. Thủ tục vẫn đang tiếp tục.",
    tl: "Hindi na makakagawa ng numero ngayong araw. Subukan bukas o lumagda gamit ang telepono. Tuloy ang proseso.",
    ne: "आज थप नम्बर लिन मिल्दैन। भोलि फेरि प्रयास गर्नुहोस् वा फोनबाट हस्ताक्षर गर्नुहोस्। प्रक्रिया चलिरहेको छ।",
};

pub(super) const GIVEN: Said = Said {
    ja: "もうひとりの親の署名を受け取りました。",
    easy: "もう ひとりの 親の サインを うけとりました。",
    en: "We have the other parent's signature.",
    zh: "已收到另一位家长的签名。",
    pt: "Recebemos a assinatura do outro responsável.",
    vi: "Đã nhận chữ ký của người cha hoặc mẹ còn lại.",
    tl: "Natanggap na ang lagda ng isa pang magulang.",
    ne: "अर्को अभिभावकको हस्ताक्षर प्राप्त भयो।",
};

pub(super) const STRANGE: Said = Said {
    ja: "届出に名前のない方の署名を受け取りました。職員が確かめます。もうひとりの親も、まだ署名できます。",
    easy: "届出に 名前が ない 人の サインを うけとりました。職員が たしかめます。もう ひとりの 親も、まだ サインが できます。",
    en: "Somebody whom the filing does not name has signed. An officer looks at it. The other parent can still sign.",
    zh: "收到了申报书中未列名者的签名，将由工作人员确认。另一位家长仍可签名。",
    pt: "Recebemos a assinatura de alguém que não consta no documento. Um funcionário vai verificar. O outro responsável ainda pode assinar.",
    vi: "Đã nhận chữ ký của người không có tên trong đơn. Nhân viên sẽ kiểm tra. Người cha hoặc mẹ còn lại vẫn có thể ký.",
    tl: "May lumagda na wala sa dokumento. Titingnan ito ng kawani. Maaari pa ring lumagda ang isa pang magulang.",
    ne: "कागजातमा नाम नभएको व्यक्तिले हस्ताक्षर गर्नुभयो। कर्मचारीले हेर्नेछन्। अर्को अभिभावकले अझै हस्ताक्षर गर्न सक्छन्।",
};

pub(super) const AGAIN: Said = Said {
    ja: "おふたりが署名した後に、届出が直されました。前の署名は使えません。新しい内容を見て、もう一度署名してください。",
    easy: "ふたりが サインを した あとに、届出が 直されました。まえの サインは つかえません。新しい 内容を 見て、もう一度 サインを して ください。",
    en: "The filing was corrected after both of you had signed. The earlier signature does not count for it. Please look at the new content and sign again.",
    zh: "双方签名后，申报内容已更正，之前的签名不再有效。请查看新内容并重新签名。",
    pt: "O documento foi corrigido depois que os dois assinaram. A assinatura anterior não vale para ele. Veja o novo conteúdo e assine de novo.",
    vi: "Đơn đã được sửa sau khi cả hai đã ký. Chữ ký trước không còn hiệu lực. Hãy xem nội dung mới và ký lại.",
    tl: "Itinama ang dokumento matapos kayong dalawa lumagda. Hindi na bisa ang naunang lagda. Tingnan ang bagong nilalaman at lumagda muli.",
    ne: "तपाईं दुवैले हस्ताक्षर गरेपछि कागजात सच्याइयो। अघिल्लो हस्ताक्षर यसका लागि मान्य हुँदैन। नयाँ सामग्री हेरेर फेरि हस्ताक्षर गर्नुहोस्।",
};

pub(super) const RETURNED: Said = Said {
    ja: "市役所から直しのお願いが出ています。直した届出が届いてから、署名をお願いします。",
    easy: "市役所が 直して ほしいと 言って います。直した 届出が 届いてから、サインを して ください。",
    en: "City hall asked for a correction. The other parent can sign when the corrected filing has arrived.",
    zh: "市政府要求更正。更正后的申报送达后即可签名。",
    pt: "A prefeitura pediu uma correção. O outro responsável poderá assinar quando o documento corrigido chegar.",
    vi: "Tòa thị chính yêu cầu chỉnh sửa. Có thể ký khi đơn đã sửa được gửi đến.",
    tl: "Humingi ng pagwawasto ang city hall. Maaaring lumagda kapag dumating ang naitamang dokumento.",
    ne: "नगरपालिकाले सच्याउन भनेको छ। सच्याइएको कागजात आएपछि हस्ताक्षर गर्न सकिन्छ।",
};

pub(super) const ACCEPTED: Said = Said {
    ja: "この届出は受理されました。署名は必要ありません。",
    easy: "この 届出は うけつけが おわりました。サインは いりません。",
    en: "This filing was accepted. No signature is needed any more.",
    zh: "该申报已受理，无需再签名。",
    pt: "Este documento foi aceito. Não é preciso mais assinar.",
    vi: "Đơn này đã được chấp nhận. Không cần ký nữa.",
    tl: "Tinanggap na ang dokumentong ito. Hindi na kailangang lumagda.",
    ne: "यो कागजात स्वीकृत भयो। अब हस्ताक्षर चाहिँदैन।",
};

pub(super) const NOTHING: Said = Said {
    ja: "いま署名をお願いしている届出はありません。",
    easy: "いま サインを おねがいして いる 届出は ありません。",
    en: "There is nothing to sign at the moment.",
    zh: "目前没有需要签名的申报。",
    pt: "No momento não há nada para assinar.",
    vi: "Hiện không có gì cần ký.",
    tl: "Walang lalagdaan sa ngayon.",
    ne: "अहिले हस्ताक्षर गर्नुपर्ने केही छैन।",
};

pub(super) const UNSHOWN: Said = Said {
    ja: "内容を表示できないため、ここでは署名できません。窓口へお電話ください。",
    easy: "内容を 見せる ことが できません。ここでは サインが できません。窓口に 電話を して ください。",
    en: "The content cannot be shown, so it cannot be signed here. Please call the office.",
    zh: "无法显示内容，因此不能在此签名。请致电窗口。",
    pt: "O conteúdo não pode ser mostrado, então não é possível assinar aqui. Ligue para o balcão.",
    vi: "Không hiển thị được nội dung nên không thể ký ở đây. Vui lòng gọi cho quầy.",
    tl: "Hindi maipakita ang nilalaman, kaya hindi malalagdaan dito. Tumawag sa tanggapan.",
    ne: "सामग्री देखाउन सकिएन, त्यसैले यहाँ हस्ताक्षर गर्न मिल्दैन। कार्यालयमा फोन गर्नुहोस्।",
};

pub(super) const GOING: Said = Said {
    ja: "署名の画面へ移動します",
    easy: "サインの ページへ いきます",
    en: "Going to the signing page",
    zh: "正在前往签名页面",
    pt: "Indo para a página de assinatura",
    vi: "Đang chuyển đến trang ký",
    tl: "Papunta sa pahina ng paglagda",
    ne: "हस्ताक्षर पृष्ठमा जाँदै",
};

pub(super) const RETURNING: Said = Said {
    ja: "手続きのページへ戻ります",
    easy: "手続きの ページへ もどります",
    en: "Going back to your pages",
    zh: "正在返回手续页面",
    pt: "Voltando às suas páginas",
    vi: "Đang quay lại trang của bạn",
    tl: "Pabalik sa iyong mga pahina",
    ne: "तपाईंका पृष्ठमा फर्कँदै",
};

pub(super) const CONTINUE: Said = Said {
    ja: "進まないときはこちら",
    easy: "うごかない ときは ここを おして ください",
    en: "Continue here if nothing happens",
    zh: "如未跳转请点此",
    pt: "Continue aqui se nada acontecer",
    vi: "Nhấn vào đây nếu không tự chuyển",
    tl: "Pindutin dito kung walang nangyari",
    ne: "केही नभए यहाँबाट जानुहोस्",
};

pub(super) const ASKED: Said = Said {
    ja: "署名できます（任意）",
    easy: "サインが できます（しなくても いいです）",
    en: "Can be signed (optional)",
    zh: "可以签名（自愿）",
    pt: "Pode ser assinado (opcional)",
    vi: "Có thể ký (không bắt buộc)",
    tl: "Maaaring lagdaan (opsyonal)",
    ne: "हस्ताक्षर गर्न सकिन्छ (ऐच्छिक)",
};

const REFUSED: Said = Said {
    ja: "署名は取りやめになりました。何も変わっていません。いつでも、もう一度できます。",
    easy: "サインを やめました。何も 変わって いません。いつでも もう一度 できます。",
    en: "The signature was cancelled. Nothing has changed, and you can try again at any time.",
    zh: "签名已取消，没有任何变化。可随时重试。",
    pt: "A assinatura foi cancelada. Nada mudou; você pode tentar de novo quando quiser.",
    vi: "Đã hủy việc ký. Không có gì thay đổi; bạn có thể thử lại bất cứ lúc nào.",
    tl: "Kinansela ang paglagda. Walang nabago; maaari kang sumubok muli anumang oras.",
    ne: "हस्ताक्षर रद्द भयो। केही फेरिएको छैन; जुनसुकै बेला फेरि गर्न सकिन्छ।",
};

const LATE: Said = Said {
    ja: "時間が過ぎたため、署名は受け取っていません。もう一度お試しください。",
    easy: "時間が すぎました。サインは うけとって いません。もう一度 やって みて ください。",
    en: "It took too long, so no signature was taken. Please try again.",
    zh: "已超时，未收到签名。请重试。",
    pt: "Demorou demais e a assinatura não foi recebida. Tente de novo.",
    vi: "Đã quá thời gian nên chưa nhận được chữ ký. Vui lòng thử lại.",
    tl: "Lumampas sa oras kaya walang lagdang natanggap. Subukan muli.",
    ne: "समय सकियो, हस्ताक्षर प्राप्त भएन। फेरि प्रयास गर्नुहोस्।",
};

const AWAY: Said = Said {
    ja: "署名のサービスにつながりませんでした。署名は受け取っていません。手続きは進んでいます。時間をおいてお試しください。",
    easy: "サインの サービスに つながりませんでした。サインは うけとって いません。手続きは すすんで います。あとで やって みて ください。",
    en: "The signing service could not be reached. No signature was taken; the procedure goes on. Please try again later.",
    zh: "无法连接签名服务，未收到签名。手续仍在进行，请稍后再试。",
    pt: "Não foi possível acessar o serviço de assinatura. Nenhuma assinatura foi recebida; o procedimento continua. Tente mais tarde.",
    vi: "Không kết nối được dịch vụ ký. Chưa nhận chữ ký; thủ tục vẫn tiếp tục. Vui lòng thử lại sau.",
    tl: "Hindi maabot ang serbisyo sa paglagda. Walang lagdang natanggap; tuloy ang proseso. Subukan muli mamaya.",
    ne: "हस्ताक्षर सेवामा जडान भएन। हस्ताक्षर प्राप्त भएन; प्रक्रिया चलिरहेको छ। पछि फेरि प्रयास गर्नुहोस्।",
};

const UNREAD: Said = Said {
    ja: "署名を確かめられなかったため、受け取っていません。もう一度お試しください。",
    easy: "サインを たしかめる ことが できませんでした。うけとって いません。もう一度 やって みて ください。",
    en: "The signature could not be checked, so it was not taken. Please try again.",
    zh: "无法核验签名，因此未接收。请重试。",
    pt: "Não foi possível verificar a assinatura, por isso não foi recebida. Tente de novo.",
    vi: "Không kiểm tra được chữ ký nên chưa nhận. Vui lòng thử lại.",
    tl: "Hindi masuri ang lagda kaya hindi ito tinanggap. Subukan muli.",
    ne: "हस्ताक्षर जाँच्न सकिएन, त्यसैले लिइएन। फेरि प्रयास गर्नुहोस्।",
};

const OTHER_BYTES: Said = Said {
    ja: "届いた署名は、この内容への署名ではありませんでした。受け取っていません。もう一度お試しください。",
    easy: "届いた サインは、この 内容の サインでは ありませんでした。うけとって いません。もう一度 やって みて ください。",
    en: "The signature that came back is not over this content. It was not taken. Please try again.",
    zh: "收到的签名不是针对此内容的，未予接收。请重试。",
    pt: "A assinatura recebida não é deste conteúdo e não foi aceita. Tente de novo.",
    vi: "Chữ ký gửi về không phải cho nội dung này nên không được nhận. Vui lòng thử lại.",
    tl: "Ang dumating na lagda ay hindi para sa nilalamang ito at hindi tinanggap. Subukan muli.",
    ne: "आएको हस्ताक्षर यो सामग्रीको होइन, त्यसैले लिइएन। फेरि प्रयास गर्नुहोस्।",
};

const UNTRUSTED: Said = Said {
    ja: "この電子証明書での署名は受け取れません。マイナンバーカードの署名用電子証明書で署名してください。",
    easy: "この 電子証明書の サインは うけとる ことが できません。マイナンバーカードの 署名用電子証明書を つかって ください。",
    en: "A signature with this certificate cannot be taken. Please use the signature certificate of a My Number card.",
    zh: "无法接收此电子证书的签名。请使用个人编号卡的签名用电子证书。",
    pt: "Não podemos aceitar assinatura com este certificado. Use o certificado de assinatura do cartão My Number.",
    vi: "Không thể nhận chữ ký bằng chứng thư này. Hãy dùng chứng thư ký của thẻ My Number.",
    tl: "Hindi matatanggap ang lagda gamit ang sertipikong ito. Gamitin ang sertipiko sa paglagda ng My Number card.",
    ne: "यो प्रमाणपत्रको हस्ताक्षर लिन सकिँदैन। My Number कार्डको हस्ताक्षर प्रमाणपत्र प्रयोग गर्नुहोस्।",
};

const EXPIRED: Said = Said {
    ja: "署名用電子証明書の有効期間が過ぎています。更新は市区町村の窓口でできます。手続きは署名なしで進みます。",
    easy: "署名用電子証明書の 期間が おわって います。市役所で 新しく できます。手続きは サインが なくても すすみます。",
    en: "The signature certificate is not valid now. A municipal counter renews it; the procedure goes on without a signature.",
    zh: "签名用电子证书已过有效期，可在市区町村窗口更新。即使没有签名，手续也会继续。",
    pt: "O certificado de assinatura está fora da validade. A renovação é feita na prefeitura; o procedimento continua sem assinatura.",
    vi: "Chứng thư ký đã hết hiệu lực. Có thể gia hạn tại quầy của địa phương; thủ tục vẫn tiếp tục không cần chữ ký.",
    tl: "Wala nang bisa ang sertipiko sa paglagda. Maaari itong i-renew sa munisipyo; tuloy ang proseso kahit walang lagda.",
    ne: "हस्ताक्षर प्रमाणपत्रको म्याद सकिएको छ। नगरपालिकामा नवीकरण हुन्छ; हस्ताक्षर बिना पनि प्रक्रिया चल्छ।",
};

const SAME_PERSON: Said = Said {
    ja: "はじめに署名した方と同じ人の署名でした。もうひとりの親の署名としては数えていません。",
    easy: "さいしょに サインを した 人と 同じ 人の サインでした。もう ひとりの 親の サインには なりません。",
    en: "This was signed by the same person who signed first. It does not count as the other parent's signature.",
    zh: "这是首位签名人本人的签名，不计为另一位家长的签名。",
    pt: "Quem assinou foi a mesma pessoa que assinou primeiro. Não conta como assinatura do outro responsável.",
    vi: "Người ký chính là người đã ký lần đầu. Không được tính là chữ ký của người cha hoặc mẹ còn lại.",
    tl: "Ang lumagda ay ang mismong unang lumagda. Hindi ito bilang na lagda ng isa pang magulang.",
    ne: "पहिले हस्ताक्षर गर्ने व्यक्तिले नै हस्ताक्षर गर्नुभयो। यो अर्को अभिभावकको हस्ताक्षर मानिँदैन।",
};

const REPLACED: Said = Said {
    ja: "署名している間に届出が直されました。新しい内容を見て、もう一度署名してください。",
    easy: "サインを して いる あいだに、届出が 直されました。新しい 内容を 見て、もう一度 サインを して ください。",
    en: "The filing was corrected while you were signing. Please look at the new content and sign again.",
    zh: "签名期间申报内容已更正。请查看新内容并重新签名。",
    pt: "O documento foi corrigido enquanto você assinava. Veja o novo conteúdo e assine de novo.",
    vi: "Đơn đã được sửa trong lúc bạn ký. Hãy xem nội dung mới và ký lại.",
    tl: "Itinama ang dokumento habang lumalagda ka. Tingnan ang bagong nilalaman at lumagda muli.",
    ne: "तपाईं हस्ताक्षर गर्दा कागजात सच्याइयो। नयाँ सामग्री हेरेर फेरि हस्ताक्षर गर्नुहोस्।",
};

/// What is said of an attempt; nothing of one that went well or found a signature there already.
pub(super) const fn said(outcome: Outcome) -> Option<&'static Said> {
    Some(match outcome {
        Outcome::Given | Outcome::Already => return None,
        Outcome::Refused => &REFUSED,
        Outcome::Late => &LATE,
        Outcome::Away => &AWAY,
        Outcome::Unread | Outcome::Begun => &UNREAD,
        Outcome::OtherBytes => &OTHER_BYTES,
        Outcome::Untrusted => &UNTRUSTED,
        Outcome::Expired => &EXPIRED,
        Outcome::SamePerson => &SAME_PERSON,
        Outcome::Replaced => &REPLACED,
    })
}
