//! The words of casework, in Japanese first and English beside it.
//!
//! Answers for how states, reasons and returns are called before staff and families. Family words name nobody and
//! accuse nobody.

use super::{FilingState, ReasonCode, ReturnReason};

/// The same thing in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Japanese.
    pub ja: &'static str,
    /// English.
    pub en: &'static str,
}

/// A pair of words.
#[must_use]
pub const fn words(ja: &'static str, en: &'static str) -> Words {
    Words { ja, en }
}

impl FilingState {
    /// As staff call it.
    #[must_use]
    pub fn staff(self) -> Words {
        match self {
            Self::Arrived => words("審査待ち", "To examine"),
            Self::Accepted => words("受理", "Accepted"),
            Self::Returned => words("補正依頼中", "Returned"),
        }
    }

    /// As families read it.
    #[must_use]
    pub fn family(self) -> Words {
        match self {
            Self::Arrived => words("審査中", "Being examined"),
            Self::Accepted => words("受理", "Accepted"),
            Self::Returned => words("補正のお願い", "Please correct"),
        }
    }

    /// What happens next, for families.
    #[must_use]
    pub fn next_step(self) -> Words {
        match self {
            Self::Arrived => words(
                "市役所に届いています。職員が内容を確認しています。いま、していただくことはありません。",
                "It has arrived at city hall. An officer is examining it. There is nothing for you to do now.",
            ),
            Self::Accepted => words(
                "手続きは受け付けられました。していただくことはありません。",
                "It has been accepted. There is nothing more for you to do.",
            ),
            Self::Returned => words(
                "次の点を直すと、手続きを進められます。届いた日は変わりません。",
                "It can go on once the following is put right. The day it arrived stays the same.",
            ),
        }
    }
}

impl ReasonCode {
    /// Short, for a list.
    #[must_use]
    pub fn flag(self) -> Words {
        match self {
            Self::SignatureInvalid => words("署名不一致", "Signature invalid"),
            Self::SignatureUntrusted => words("署名の発行元不明", "Signature untrusted"),
            Self::SignatureExpired => words("証明書期間外", "Certificate expired"),
            Self::DuplicateChild => words("重複？", "Duplicate?"),
            Self::SequenceTaken => words("順序の重なり", "Sequence conflict"),
            Self::Late => words("期限後の到達", "After the due day"),
            Self::DeviceClockAhead => words("端末の時計ずれ", "Device clock ahead"),
            Self::UnknownForm => words("様式の版が不明", "Unknown form version"),
            Self::ReviewValue => words("要確認の値", "Value to check"),
            Self::OtherMunicipality => words("宛先が別の市区町村", "Other municipality"),
            Self::TimeContradiction => words("署名時刻の矛盾", "Signing time contradicts itself"),
            Self::DeviceCopied => words("端末の複製の疑い", "Device copied?"),
            Self::AttachmentWaiting => words("添付待ち", "Attachment on its way"),
            Self::AttachmentDamaged => words("添付の破損", "Attachment damaged"),
        }
    }

    /// What it means and what an officer can do.
    #[must_use]
    pub fn explain(self) -> Words {
        match self {
            Self::SignatureInvalid => words(
                "電子署名が届いた内容と一致しないか、読み取れません。到達はしています。本人確認の方法を決めてから判断してください。",
                "The electronic signature does not match what arrived, or cannot be read. The filing has arrived all the same. Decide how the person is to be identified first.",
            ),
            Self::SignatureUntrusted => words(
                "署名は内容と一致しますが、証明書の発行元を確認できません。",
                "The signature matches the content, but the issuer of its certificate is not known here.",
            ),
            Self::SignatureExpired => words(
                "署名の証明書が、到達の時点で有効期間の外にあります。",
                "The certificate was outside its validity when the filing arrived.",
            ),
            Self::DuplicateChild => words(
                "同じ出生証明書番号・同じ出生順の届出が別にあります。父母がそれぞれ届け出た可能性があります（双子は別の番号・順のため該当しません）。",
                "Another filing has the same certificate number and birth order. Father and mother may both have filed. (Twins differ in number or order and are not marked.)",
            ),
            Self::SequenceTaken => words(
                "この案件の同じ順番に、別の届出があります。どちらが新しいか確認してください。",
                "Another filing already holds this place in the case. Check which one counts.",
            ),
            Self::Late => words(
                "法定の期限の後に到達しました。受理はできます。必要な手続き（理由書など）を確認してください。",
                "It arrived after the legal due day. It can still be accepted; check what else is then needed.",
            ),
            Self::DeviceClockAhead => words(
                "端末が記録した作成時刻が、到達時刻より後です。期限の判断には到達時刻を使ってください。",
                "The device's time of making lies after the arrival. Use the arrival time for deadlines.",
            ),
            Self::UnknownForm => words(
                "この市の目録にない手続きまたは様式の版です。署名された内容をそのまま表示しています。",
                "A procedure or form version that is not in this city's catalogue. Shown exactly as signed.",
            ),
            Self::ReviewValue => words(
                "端末では受け付けましたが、職員の確認が必要な値があります。",
                "The device took this value, but it wants an officer's eye.",
            ),
            Self::OtherMunicipality => words(
                "届出の宛先が、この市区町村ではありません。",
                "The filing names another municipality as its addressee.",
            ),
            Self::TimeContradiction => words(
                "端末による署名時刻の説明が矛盾しています。到達時刻は確かです。期限の判断には到達時刻を使ってください。",
                "The device's account of when it was signed contradicts itself. The arrival is certain; use it for deadlines.",
            ),
            Self::DeviceCopied => words(
                "同じ端末の同じ通し番号が、別の届出にも使われています。端末が複製された疑いがあります。管理者に知らせ、届出人に確認してください。",
                "The same count of the same device stands on another filing. The device may have been copied: tell the administrator and check with the person.",
            ),
            Self::AttachmentWaiting => words(
                "届出は到達していますが、添付の一部がまだ届いていません。",
                "The filing has arrived; a part of what is attached has not.",
            ),
            Self::AttachmentDamaged => words(
                "届いた添付が、署名された内容と一致しません。別の方法で受け取ってください。",
                "What is attached is not what was signed. Obtain it in another way.",
            ),
        }
    }
}

impl ReasonCode {
    /// What an officer does about it. Never that the machine refuses: whether a filing is accepted is a person's decision.
    #[must_use]
    pub fn advice(self) -> Words {
        match self {
            Self::SignatureInvalid => words(
                "内容を電話などで本人に確かめ、方法と理由を記録してから受理するか、署名のやり直しを依頼してください。",
                "Confirm the content with the person in another way and record how, or ask for a new signature.",
            ),
            Self::SignatureUntrusted | Self::SignatureExpired => words(
                "証明書の種類と期間を確かめ、本人確認の方法と理由を記録してください。到達の日は変わりません。",
                "Check the certificate's kind and dates, and record how the person was identified. The day of arrival stays.",
            ),
            Self::DuplicateChild => words(
                "2件を並べて比べてください。先に受理したものが有効です。もう一方は、届出人に確認して「同じ届出が既にある」で補正を依頼します。双子・三つ子は1人につき1件で、重複ではありません。",
                "Compare both side by side. The one accepted first counts; return the other as filed twice, after asking. Twins have one filing each and are no duplicates.",
            ),
            Self::SequenceTaken => words(
                "同じ案件の届出を開き、どちらを審査するかを決めてください。",
                "Open the filings of the same case and decide which one is examined.",
            ),
            Self::Late => words(
                "期限を過ぎても受理できます。戸籍の届出では失期通知が必要になることがあります。",
                "It can be accepted after the due day. For the register a notice of lateness may be needed.",
            ),
            Self::DeviceClockAhead | Self::TimeContradiction => words(
                "期限は到達時刻で判断し、端末の時計を管理者に知らせてください。",
                "Judge deadlines by the arrival, and tell the administrator about the device's clock.",
            ),
            Self::UnknownForm => words(
                "署名された原本を開き、様式の版を確かめてください。",
                "Open the signed content and check the version of the form.",
            ),
            Self::ReviewValue => words(
                "下の項目で、値と理由を確かめて「確認した」に印を付けてください。",
                "Check the value and the reason below, and tick it.",
            ),
            Self::OtherMunicipality => words(
                "提出先が違うときは「提出先が違う」で補正を依頼してください。届いた日は変わりません。",
                "If it belongs elsewhere, return it as such. The day of arrival stays.",
            ),
            Self::DeviceCopied => words(
                "管理者が端末を止めるまで、この端末の届出は電話で本人に確かめてください。",
                "Until the administrator has stopped the device, confirm its filings with the person.",
            ),
            Self::AttachmentWaiting => words(
                "添付がなくても審査を始められます。届かないときは「書類が必要」で依頼してください。",
                "The examination can begin without it. If it does not come, ask for the document.",
            ),
            Self::AttachmentDamaged => words(
                "原本の提示を依頼するか、「書類が必要」で補正を依頼してください。",
                "Ask to be shown the original, or return it for the document.",
            ),
        }
    }
}

impl ReturnReason {
    /// As officers choose it.
    #[must_use]
    pub fn staff(self) -> Words {
        match self {
            Self::Missing => words("記入漏れがある", "Something is not filled in"),
            Self::Mismatch => words(
                "出生証明書・住民票等と一致しない",
                "Differs from the certificate or register",
            ),
            Self::NameCheck => words(
                "名の文字・読みの確認が必要",
                "Name or reading needs checking",
            ),
            Self::SignatureAgain => words("署名をやり直す必要がある", "Needs a new signature"),
            Self::DocumentNeeded => words("書類が必要", "A document is needed"),
            Self::WrongPlace => words("提出先が違う", "Belongs to another municipality"),
            Self::FiledTwice => words("同じ届出が既にある", "Filed twice"),
            Self::WillContact => words("その他（連絡する）", "Other (we will contact them)"),
        }
    }

    /// As families read it.
    #[must_use]
    pub fn family(self) -> Words {
        match self {
            Self::Missing => words(
                "記入されていないところがあります。",
                "Something has not been filled in.",
            ),
            Self::Mismatch => words(
                "出生証明書や登録の内容と違うところがあります。",
                "Something differs from the birth certificate or the register.",
            ),
            Self::NameCheck => words(
                "お名前の文字または読み方について、確認したいことがあります。",
                "We would like to check the characters or the reading of the name.",
            ),
            Self::SignatureAgain => words(
                "もう一度、カードで署名をお願いします。",
                "Please sign once more with the card.",
            ),
            Self::DocumentNeeded => words("書類が1つ必要です。", "One more document is needed."),
            Self::WrongPlace => words(
                "この手続きの提出先は別の市区町村です。",
                "This procedure belongs to another municipality.",
            ),
            Self::FiledTwice => words(
                "同じ届出が既に届いています。もう一度出す必要はありません。",
                "The same thing has already been filed. There is no need to file it again.",
            ),
            Self::WillContact => words("担当からご連絡します。", "The office will contact you."),
        }
    }
}

/// What an officer should check about a value, by the name of the domain's review code.
#[must_use]
pub fn review(code: &str) -> Words {
    match code {
        "SecondCodePoint" => words(
            "常用漢字のもう一つの字形（符号位置）です",
            "the second code point of a jōyō kanji",
        ),
        "VariantInName" => words(
            "名に異体字の指定があります",
            "a variant selector in a given name",
        ),
        "MarkOutOfPlace" => words(
            "長音・くり返し記号の位置を確認",
            "a lengthening or repeat mark out of place",
        ),
        "KanaUnclear" => words(
            "資料により扱いの異なる仮名です",
            "a kana on which sources disagree",
        ),
        "UnlikelyCharacter" => words(
            "戸籍ではまれな文字です",
            "a character unlikely in a register",
        ),
        "NameUndecided" => words(
            "名は未定です（追完届が必要）",
            "the name is not decided yet (to be completed later)",
        ),
        "SexUndetermined" => words(
            "性別は未確定です（追完届が必要）",
            "the sex is undetermined (to be completed later)",
        ),
        "LeftToOffice" => words(
            "届出人が分からないため、戸籍等で確認",
            "left to the office to look up",
        ),
        "DiffersFromCertificate" => words(
            "出生証明書と異なります",
            "differs from the birth certificate",
        ),
        "SpouseEarnsMore" => words(
            "配偶者の方が所得が高いとの申告です",
            "the spouse is said to earn more",
        ),
        "NoConsent" => words(
            "情報照会の同意がありません（書類が必要）",
            "no consent to look-ups; papers are needed",
        ),
        "FamilyNameDiffers" => words(
            "子の氏が母の氏と異なります",
            "the child's family name is not the mother's",
        ),
        "AccountKind" => words("口座の種類を確認", "an unusual kind of account"),
        "UnlikelyDate" => words("日付を確認", "an unlikely date"),
        _ => words("値を確認", "check this value"),
    }
}
