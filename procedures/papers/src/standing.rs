//! What a form on paper is: the copy of a filing that an office received, or one that somebody is to sign and hand in.

/// What the receiving office knows beside the signed bytes.
#[derive(Debug, Clone)]
pub struct Received {
    /// The office's name in Japanese.
    pub office: String,
    /// 到達番号.
    pub arrival_no: u64,
    /// Moment of arrival in Japanese words.
    pub arrived: String,
    /// Moment of acceptance in Japanese words, if accepted.
    pub accepted: Option<String>,
    /// SHA-256 of the signed bytes, lower-case hexadecimal.
    pub digest: String,
}

/// What the form is.
#[derive(Debug, Clone)]
pub enum Standing<'a> {
    /// The copy of a filing that was signed on the card and received.
    Received(&'a Received),
    /// To be signed by hand and taken to this office; what is not known yet is to be written in.
    ToHandIn(&'a str),
}

impl Standing<'_> {
    pub(crate) fn office(&self) -> &str {
        match self {
            Self::Received(received) => &received.office,
            Self::ToHandIn(office) => office,
        }
    }

    /// To whom, above a form; nobody where nobody may be named.
    pub(crate) fn addressed(&self) -> String {
        match self {
            Self::Received(received) => format!("{} 御中", received.office),
            Self::ToHandIn("") => String::new(),
            Self::ToHandIn(office) => format!("{office} 殿"),
        }
    }

    /// The line at the foot.
    pub(crate) fn foot(&self, what: &str) -> String {
        match self {
            Self::Received(received) => format!(
                "電子署名された{what}の内容の写し　署名対象のダイジェスト（SHA-256）{}",
                received.digest
            ),
            Self::ToHandIn(_) => format!(
                "窓口へ出すための{what}の用紙です。わかっている項目を印刷しました。空欄を書き、誤りを二重線で直し、署名してください。まだ提出されていません。"
            ),
        }
    }

    pub(crate) const fn signature(&self) -> &'static str {
        match self {
            Self::Received(_) => "署名（電子署名）",
            Self::ToHandIn(_) => "届出人署名",
        }
    }

    pub(crate) const fn signed(&self) -> &'static str {
        match self {
            Self::Received(_) => "氏名",
            Self::ToHandIn(_) => "氏名（ご本人が書いてください）",
        }
    }

    /// Who signed; on a paper to be handed in that is written by hand.
    pub(crate) const fn signer<'a>(&self, name: &'a str) -> &'a str {
        match self {
            Self::Received(_) => name,
            Self::ToHandIn(_) => "",
        }
    }

    /// What the certificate's side of a birth notification is.
    pub(crate) const fn certificate(&self) -> &'static str {
        match self {
            Self::Received(_) => {
                "この面には、届出が出生証明書のデータから取り込んだ項目だけを記しています。空欄は届出に含まれない項目です。出生証明書そのものは病院・助産所のデータまたは原本で確認してください。"
            }
            Self::ToHandIn(_) => {
                "この面は、医師・助産師などが書いて署名します。病院から、記入済みの出生証明書を受け取っているときは、それをそのままお使いください。"
            }
        }
    }
}
