//! The words on receipts and on the sheet of what is due, in the languages of the screen.
//!
//! Japanese stands first on every paper, for it is shown at a counter; who reads another language finds it below.

use ubugoe_procedures::Tongue;

/// Something said on a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// Title of the receipt.
    Receipt,
    /// The city has it.
    Arrived,
    /// An officer accepted it.
    Accepted,
    /// It came back.
    Returned,
    /// It waits on the machine.
    Stored,
    /// Above the code of the city's receipt.
    SignedCode,
    /// Above the code of the family's page.
    PageCode,
    /// Nobody is named on it.
    NoNames,
    /// Title of the sheet of what is due.
    Due,
    /// What the sheet is for.
    Safer,
    /// Who may take it.
    Anybody,
    /// What to take along.
    Bring,
    /// The same after a loss: no more than is needed.
    BringQuietly,
}

impl Say {
    pub(crate) const fn ja(self) -> &'static str {
        match self {
            Self::Receipt => "受け取りの控え",
            Self::Arrived => "市役所に届きました（到達）",
            Self::Accepted => "受理されました",
            Self::Returned => "直すところがあり、市役所から戻りました",
            Self::Stored => "この機械に保管しました。まだ市役所には届いていません",
            Self::SignedCode => "市役所が署名した受け取り（窓口で見せられます）",
            Self::PageCode => "書類のいまを見るページ（スマートフォンのカメラで）",
            Self::NoNames => "この紙に氏名や住所は載っていません。",
            Self::Due => "窓口へ出すもの",
            Self::Safer => {
                "期限の日までに市役所へ届いたものだけが、間に合います。日が近いものは、紙の届け書を窓口へ出すほうが確かです。"
            }
            Self::Anybody => "ご家族が持っていってもかまいません。",
            Self::Bring => {
                "持っていくもの：印刷した届け書、病院が書いた出生証明書、届け出る人の本人確認書類、母子健康手帳"
            }
            Self::BringQuietly => {
                "持っていくもの：印刷した届け書、病院が書いた証明書、届け出る人の本人確認書類"
            }
        }
    }

    /// Below the Japanese, for who reads another language.
    pub(crate) const fn also(self, tongue: Tongue) -> Option<&'static str> {
        Some(match tongue {
            Tongue::Ja | Tongue::JaEasy => return None,
            Tongue::En => self.en(),
            Tongue::Zh => self.zh(),
            Tongue::Pt => self.pt(),
            Tongue::Vi => self.vi(),
            Tongue::Tl => self.tl(),
            Tongue::Ne => self.ne(),
        })
    }

    const fn en(self) -> &'static str {
        match self {
            Self::Receipt => "Receipt",
            Self::Arrived => "Arrived at the city",
            Self::Accepted => "Accepted",
            Self::Returned => "Sent back by the city: something needs correcting",
            Self::Stored => "Stored on this machine. It has not reached the city yet",
            Self::SignedCode => "The receipt that the city signed; show it at the counter",
            Self::PageCode => "Where your forms are now: point a phone's camera at this square",
            Self::NoNames => "No name and no address is on this paper.",
            Self::Due => "To hand in at the counter",
            Self::Safer => {
                "Only what has reached the city by its last day is in time. Where the day is near, handing in the paper form at the counter is surer."
            }
            Self::Anybody => "Somebody of your family may take it there.",
            Self::Bring => {
                "Take along: the printed forms, the birth certificate written by the hospital, identification of the person who files, the Mother and Child Health Handbook"
            }
            Self::BringQuietly => {
                "Take along: the printed forms, the certificate written by the hospital, identification of the person who files"
            }
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::Receipt => "收件凭证存根",
            Self::Arrived => "已送达市政府（到達）",
            Self::Accepted => "已受理",
            Self::Returned => "有需要修改的地方，市政府已退回",
            Self::Stored => "已保管在本机，还没有送到市政府",
            Self::SignedCode => "市政府签名的收件凭证，可以在窗口出示",
            Self::PageCode => "文件现在到哪了：请用手机相机对准这个方块",
            Self::NoNames => "这张纸上没有姓名和住址。",
            Self::Due => "要交到窗口的材料",
            Self::Safer => {
                "只有在期限日之前送到市政府的才算按时。日期临近的，把纸质申报表交到窗口更稳妥。"
            }
            Self::Anybody => "由家人送去也可以。",
            Self::Bring => {
                "请携带：打印的申报表、医院填写的出生证明、申报人的身份证件、母子健康手册"
            }
            Self::BringQuietly => "请携带：打印的申报表、医院填写的证明、申报人的身份证件",
        }
    }

    const fn pt(self) -> &'static str {
        match self {
            Self::Receipt => "Comprovante",
            Self::Arrived => "Chegou à prefeitura",
            Self::Accepted => "Aceito",
            Self::Returned => "A prefeitura devolveu: há algo a corrigir",
            Self::Stored => "Guardado neste aparelho. Ainda não chegou à prefeitura",
            Self::SignedCode => "Comprovante assinado pela prefeitura; vale mostrar no balcão",
            Self::PageCode => {
                "Onde estão seus formulários: aponte a câmera do celular para este quadrado"
            }
            Self::NoNames => "Este papel não traz nomes nem endereços.",
            Self::Due => "Para entregar no balcão",
            Self::Safer => {
                "Só está no prazo o que chegou à prefeitura até o último dia. Com o dia perto, é mais seguro entregar o formulário de papel no balcão."
            }
            Self::Anybody => "Alguém da família pode levar.",
            Self::Bring => {
                "Levar: os formulários impressos, a certidão de nascimento preenchida pelo hospital, documento de identidade de quem entrega, a Caderneta de Saúde Materno-Infantil"
            }
            Self::BringQuietly => {
                "Levar: os formulários impressos, a certidão preenchida pelo hospital, documento de identidade de quem entrega"
            }
        }
    }

    const fn vi(self) -> &'static str {
        match self {
            Self::Receipt => "Biên nhận",
            Self::Arrived => "Đã đến tòa thị chính",
            Self::Accepted => "Đã được chấp nhận",
            Self::Returned => "Tòa thị chính trả lại: có chỗ cần sửa",
            Self::Stored => "Đã lưu trong máy này. Chưa đến tòa thị chính",
            Self::SignedCode => "Biên nhận do tòa thị chính ký, có thể đưa xem tại quầy",
            Self::PageCode => "Giấy tờ của bạn đang ở đâu: dùng camera điện thoại quét ô vuông này",
            Self::NoNames => "Trên giấy này không có họ tên và địa chỉ.",
            Self::Due => "Giấy tờ nộp tại quầy",
            Self::Safer => {
                "Chỉ giấy tờ đã đến tòa thị chính trước ngày hạn mới kịp. Nếu ngày hạn đã gần, nộp tờ khai giấy tại quầy thì chắc chắn hơn."
            }
            Self::Anybody => "Người nhà có thể mang đi nộp.",
            Self::Bring => {
                "Mang theo: tờ khai đã in, giấy chứng sinh do bệnh viện ghi, giấy tờ tùy thân của người nộp, Sổ tay sức khỏe mẹ và bé"
            }
            Self::BringQuietly => {
                "Mang theo: tờ khai đã in, giấy chứng nhận do bệnh viện ghi, giấy tờ tùy thân của người nộp"
            }
        }
    }

    const fn tl(self) -> &'static str {
        match self {
            Self::Receipt => "Resibo",
            Self::Arrived => "Dumating na sa city hall",
            Self::Accepted => "Tinanggap na",
            Self::Returned => "Ibinalik ng city hall: may kailangang itama",
            Self::Stored => "Naitabi sa machine na ito. Wala pa sa city hall",
            Self::SignedCode => "Resibong pinirmahan ng city hall; puwedeng ipakita sa counter",
            Self::PageCode => {
                "Nasaan na ang mga form ninyo: itapat ang camera ng cellphone sa parisukat na ito"
            }
            Self::NoNames => "Walang pangalan at tirahan sa papel na ito.",
            Self::Due => "Ipapasa sa counter",
            Self::Safer => {
                "Umaabot lang sa takdang araw ang dumating na sa city hall. Kung malapit na ang araw, mas sigurado kung sa counter ipapasa ang papel na form."
            }
            Self::Anybody => "Puwedeng kapamilya ang magdala.",
            Self::Bring => {
                "Dalhin: ang mga naka-print na form, ang birth certificate na isinulat ng ospital, ID ng magpapasa, ang Maternal and Child Health Handbook"
            }
            Self::BringQuietly => {
                "Dalhin: ang mga naka-print na form, ang certificate na isinulat ng ospital, ID ng magpapasa"
            }
        }
    }

    const fn ne(self) -> &'static str {
        match self {
            Self::Receipt => "रसिद",
            Self::Arrived => "नगर कार्यालय पुग्यो",
            Self::Accepted => "स्वीकृत भयो",
            Self::Returned => "नगर कार्यालयबाट फिर्ता आयो: केही सच्याउनुपर्छ",
            Self::Stored => "यो मेसिनमा राखियो। नगर कार्यालय पुगेको छैन",
            Self::SignedCode => "नगर कार्यालयको हस्ताक्षर भएको रसिद। काउन्टरमा देखाउन मिल्छ",
            Self::PageCode => "फाराम अहिले कहाँ छ: मोबाइलको क्यामेरा यो वर्गमा देखाउनुहोस्",
            Self::NoNames => "यो कागजमा नाम र ठेगाना छैन।",
            Self::Due => "काउन्टरमा बुझाउने कागज",
            Self::Safer => {
                "म्यादको दिनभित्र नगर कार्यालय पुगेको मात्र समयमा हुन्छ। दिन नजिक छ भने कागजको फाराम काउन्टरमा बुझाउनु पक्का हुन्छ।"
            }
            Self::Anybody => "परिवारले लगे पनि हुन्छ।",
            Self::Bring => {
                "लैजाने: छापिएको फाराम, अस्पतालले लेखेको जन्म प्रमाणपत्र, बुझाउने व्यक्तिको परिचयपत्र, आमा र बच्चाको स्वास्थ्य पुस्तिका"
            }
            Self::BringQuietly => {
                "लैजाने: छापिएको फाराम, अस्पतालले लेखेको प्रमाणपत्र, बुझाउने व्यक्तिको परिचयपत्र"
            }
        }
    }
}
