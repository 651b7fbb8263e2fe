//! A municipality's filings, made and copied into PostgreSQL.
//!
//! Answers for rows as the city itself writes them: every kind is landed once through the real ingest, and then repeated with other
//! people, places and days. Indexes are taken away while rows are copied and made again after. Names follow how common they are (general
//! knowledge, not a statistic); nobody is meant.

use std::collections::BTreeSet;
use std::pin::pin;

use sha2::{Digest, Sha256};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls};
use ubugoe_city::casework::audit::{AuditEntry, line_hash};
use ubugoe_city::casework::search;
use ubugoe_city::store::Facts;
use ubugoe_protocol::FilingId;

use crate::support::office::{Office, land, letter};
use crate::support::papers::{MOTHER, allowance, birth, canonical};
use crate::{Numbers, now};

/// Surnames with their readings, the most common first; a few in forms that only registers have.
const SURNAMES: [(&str, &str); 48] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("山口", "ヤマグチ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("斎藤", "サイトウ"),
    ("清水", "シミズ"),
    ("山崎", "ヤマザキ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
    ("阿部", "アベ"),
    ("石川", "イシカワ"),
    ("山下", "ヤマシタ"),
    ("中島", "ナカジマ"),
    ("石井", "イシイ"),
    ("小川", "オガワ"),
    ("前田", "マエダ"),
    ("岡田", "オカダ"),
    ("長谷川", "ハセガワ"),
    ("藤田", "フジタ"),
    ("後藤", "ゴトウ"),
    ("近藤", "コンドウ"),
    ("髙橋", "タカハシ"),
    ("渡邉", "ワタナベ"),
    ("渡邊", "ワタナベ"),
    ("齋藤", "サイトウ"),
    ("齊藤", "サイトウ"),
    ("山﨑", "ヤマザキ"),
    ("\u{20BB7}田", "ヨシダ"),
    ("葛\u{e0100}城", "カツラギ"),
    ("濵田", "ハマダ"),
    ("德永", "トクナガ"),
    ("神宮寺", "ジングウジ"),
    ("産声", "ウブゴエ"),
];

/// Given names of children with their readings.
const CHILDREN: [(&str, &str); 32] = [
    ("さくら", "サクラ"),
    ("ひかり", "ヒカリ"),
    ("あおい", "アオイ"),
    ("つむぎ", "ツムギ"),
    ("陽葵", "ヒマリ"),
    ("凛", "リン"),
    ("結菜", "ユイナ"),
    ("芽依", "メイ"),
    ("咲良", "サクラ"),
    ("美月", "ミツキ"),
    ("莉子", "リコ"),
    ("心春", "コハル"),
    ("陽菜", "ヒナ"),
    ("紬", "ツムギ"),
    ("澪", "ミオ"),
    ("葵", "アオイ"),
    ("蓮", "レン"),
    ("陽翔", "ハルト"),
    ("湊", "ミナト"),
    ("蒼", "アオ"),
    ("樹", "イツキ"),
    ("悠真", "ユウマ"),
    ("大翔", "ヒロト"),
    ("律", "リツ"),
    ("朝陽", "アサヒ"),
    ("奏汰", "カナタ"),
    ("颯", "ハヤテ"),
    ("伊織", "イオリ"),
    ("碧", "アオ"),
    ("凪", "ナギ"),
    ("暖", "ダン"),
    ("新", "アラタ"),
];

/// Given names of parents.
const PARENTS: [(&str, &str); 16] = [
    ("花子", "ハナコ"),
    ("愛", "アイ"),
    ("美咲", "ミサキ"),
    ("彩", "アヤ"),
    ("麻衣", "マイ"),
    ("優子", "ユウコ"),
    ("恵", "メグミ"),
    ("由美", "ユミ"),
    ("千尋", "チヒロ"),
    ("真由美", "マユミ"),
    ("さやか", "サヤカ"),
    ("舞", "マイ"),
    ("梓", "アズサ"),
    ("遥", "ハルカ"),
    ("\u{20BB7}乃", "ヨシノ"),
    ("智子", "トモコ"),
];

/// So many wait for an officer, at least.
const OPEN: usize = 3_000;
/// Rows copied at once.
const PIECE: usize = 20_000;
/// Five years of arrivals.
const SPAN: i64 = 5 * 365 * 86_400;

/// What the load has to know.
pub(crate) struct Town {
    /// Filings that wait for an officer.
    pub(crate) open: Vec<FilingId>,
    /// Some of all.
    pub(crate) some: Vec<FilingId>,
    /// Names to look for.
    pub(crate) names: Vec<String>,
    /// Size of the database.
    pub(crate) bytes: i64,
    /// Its largest tables with their indexes.
    pub(crate) largest: Vec<(String, i64)>,
}

/// The common before the rare: the n-th comes about 1/n as often as the first.
fn zipf<'t, T>(numbers: &mut Numbers, from: &'t [T]) -> &'t T {
    let share = numbers.below(1 << 32) as f64 / f64::from(u32::MAX);
    let at = (from.len() as f64 + 1.0).powf(share) - 1.0;
    &from[(at as usize).min(from.len() - 1)]
}

/// A kind of filing as it landed.
struct Kind {
    text: String,
    signature: Vec<u8>,
    receipt: Vec<u8>,
    facts: Facts,
    procedure: &'static str,
}

async fn kind(office: &Office, procedure: &'static str) -> Kind {
    let paper = if procedure == "shussei_todoke" {
        birth("BENCH-TEMPLATE")
    } else {
        allowance("BENCH-TEMPLATE")
    };
    let letter = letter(canonical(&paper));
    let ingest = office.ingest().await;
    land(office, &ingest, &letter).await;
    let record = office
        .store()
        .await
        .filing(letter.id)
        .await
        .unwrap()
        .unwrap();
    Kind {
        text: String::from_utf8(letter.canonical).unwrap(),
        signature: letter.signature,
        receipt: record.receipt,
        facts: record.row.facts,
        procedure,
    }
}

/// One filing's own values.
struct One {
    canonical: Vec<u8>,
    facts: Facts,
    due: String,
    name: String,
}

impl Kind {
    fn one(&self, numbers: &mut Numbers, n: usize, arrived_at: i64) -> One {
        let (sei, sei_kana) = *zipf(numbers, &SURNAMES);
        let (mei, mei_kana) = *zipf(numbers, &CHILDREN);
        let (mother, mother_kana) = *zipf(numbers, &PARENTS);
        let mother_name = format!("{sei}\u{3000}{mother}");
        let born = ubugoe_city::jst::date(arrived_at - 3 * 86_400).unwrap();
        let due = ubugoe_procedures::calendar::plus_days(born, 14);
        let wide = |n: u64| {
            n.to_string()
                .chars()
                .map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap())
                .collect::<String>()
        };
        let place = format!(
            "うぶ町{}丁目{}番",
            wide(1 + numbers.below(9)),
            wide(1 + numbers.below(40))
        );
        let text = self
            .text
            .replace(MOTHER, &mother_name)
            .replace("葛\u{e0100}城", sei)
            .replace("カツラギ", sei_kana)
            .replace("ヨシコ", mother_kana)
            .replace("さくら", mei)
            .replace("サクラ", mei_kana)
            .replace("うぶ町１丁目２番", &place)
            .replace("BENCH-TEMPLATE", &format!("BN-{n:09}"))
            .replace("2026-11-22", &born.to_string());
        let mut facts = self.facts.clone();
        facts.child = facts.child.map(|_| format!("{sei}\u{3000}{mei}"));
        facts.claimant = facts.claimant.map(|_| mother_name.clone());
        One {
            canonical: text.into_bytes(),
            facts,
            due: due.to_string(),
            name: mother_name,
        }
    }
}

/// A table that rows are copied into.
struct Table {
    sql: &'static str,
    types: &'static [Type],
    rows: Vec<Vec<Box<dyn ToSql + Sync + Send>>>,
}

impl Table {
    const fn new(sql: &'static str, types: &'static [Type]) -> Self {
        Self {
            sql,
            types,
            rows: Vec::new(),
        }
    }

    async fn flush(&mut self, client: &Client) {
        let sink = client.copy_in(self.sql).await.unwrap();
        let mut writer = pin!(BinaryCopyInWriter::new(sink, self.types));
        for row in self.rows.drain(..) {
            writer
                .as_mut()
                .write_raw(row.iter().map(|value| &**value as &(dyn ToSql + Sync)))
                .await
                .unwrap();
        }
        writer.as_mut().finish().await.unwrap();
    }
}

macro_rules! row {
    ($table:expr; $($value:expr),* $(,)?) => { $table.rows.push(vec![$(Box::new($value) as Box<dyn ToSql + Sync + Send>),*]) };
}

/// Takes the indexes of these tables away; answers what makes them again.
async fn without_indexes(client: &Client, tables: &[&str]) -> Vec<String> {
    let names: Vec<String> = tables.iter().map(|&name| name.to_owned()).collect();
    let rows = client
        .query(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = ANY($1)
             AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)",
            &[&names],
        )
        .await
        .unwrap();
    let mut again =
        vec!["ALTER TABLE search_terms ADD PRIMARY KEY (kind, term, filing)".to_owned()];
    for row in &rows {
        let (name, sql): (String, String) = (row.get(0), row.get(1));
        client
            .batch_execute(&format!("DROP INDEX {name}"))
            .await
            .unwrap();
        again.push(sql);
    }
    client
        .batch_execute("ALTER TABLE search_terms DROP CONSTRAINT search_terms_pkey")
        .await
        .unwrap();
    again
}

/// Fills the database. The store has been opened before, so all tables are there.
pub(crate) async fn fill(office: &Office, cases: usize, seed: u64) -> Town {
    let kinds = [
        kind(office, "shussei_todoke").await,
        kind(office, "jido_teate_nintei").await,
    ];
    let (client, connection) = tokio_postgres::connect(&office.store_url, NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    // keys to other tables are right by construction, and nothing is lost by a power cut that would not be made again
    client
        .batch_execute("SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
        .await
        .unwrap();
    let again = without_indexes(
        &client,
        &[
            "filings",
            "cases",
            "history",
            "audit",
            "receipts",
            "search_terms",
        ],
    )
    .await;
    let mut town = Town {
        open: Vec::new(),
        some: Vec::new(),
        names: Vec::new(),
        bytes: 0,
        largest: Vec::new(),
    };
    let last = client
        .query_one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[])
        .await
        .unwrap();
    let mut chain = Chain {
        seq: last.get(0),
        head: last.get::<_, Vec<u8>>(1).try_into().unwrap(),
    };
    let mut tables = Tables::new();
    let mut numbers = Numbers(seed);
    let (end, first_no) = (now() - 600, 3_i64);
    let open = OPEN.min(cases / 4);
    for n in 0..cases {
        let arrived_at =
            end - SPAN + SPAN * i64::try_from(n).unwrap() / i64::try_from(cases).unwrap();
        let kind = &kinds[usize::from(numbers.below(10) >= 6)];
        let state = match cases - n {
            left if left <= open => "arrived",
            _ if numbers.below(50) == 0 => "returned",
            _ => "accepted",
        };
        let one = kind.one(&mut numbers, n, arrived_at);
        let id = tables.add(
            kind,
            &one,
            (n, first_no, arrived_at, state),
            &mut numbers,
            &mut chain,
        );
        if state == "arrived" {
            town.open.push(id);
        }
        if numbers.below(u64::try_from(cases / 5_000 + 1).unwrap()) == 0 {
            town.some.push(id);
            town.names.push(one.name);
        }
        if (n + 1) % PIECE == 0 || n + 1 == cases {
            for table in tables.all() {
                table.flush(&client).await;
            }
        }
    }
    let numbers = first_no + i64::try_from(cases).unwrap();
    client
        .execute("UPDATE counters SET last_arrival = $1", &[&numbers])
        .await
        .unwrap();
    for sql in again {
        client.batch_execute(&sql).await.unwrap();
    }
    for sql in ["VACUUM ANALYZE", "CHECKPOINT"] {
        client.batch_execute(sql).await.unwrap();
    }
    measure(&client, &mut town).await;
    connection.abort();
    town
}

/// Sizes on the disk.
async fn measure(client: &Client, town: &mut Town) {
    town.bytes = client
        .query_one("SELECT pg_database_size(current_database())", &[])
        .await
        .unwrap()
        .get(0);
    let largest = client
        .query(
            "SELECT relname::text, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' ORDER BY 2 DESC LIMIT 6",
            &[],
        )
        .await
        .unwrap();
    for row in &largest {
        town.largest.push((row.get(0), row.get(1)));
    }
}

struct Chain {
    seq: i64,
    head: [u8; 32],
}

struct Tables {
    cases: Table,
    filings: Table,
    slots: Table,
    receipts: Table,
    history: Table,
    terms: Table,
    audit: Table,
}

const T: Type = Type::TEXT;
const N: Type = Type::INT8;
const B: Type = Type::BYTEA;

impl Tables {
    const fn new() -> Self {
        Self {
            cases: Table::new(
                "COPY cases (recipient, device, case_id, token, token_sha256, opened_at) FROM STDIN BINARY",
                &[T, T, B, T, B, N],
            ),
            filings: Table::new(
                "COPY filings (id, recipient, device, case_id, case_seq, sequence_taken, arrival_no, arrived_at, schema, created, digest,
                   canonical, signature, procedure, child_key, due, state, facts) FROM STDIN BINARY",
                &[B, T, T, B, N, Type::BOOL, N, N, T, N, B, B, B, T, B, T, T, T],
            ),
            slots: Table::new(
                "COPY case_slots (recipient, device, case_id, case_seq, filing) FROM STDIN BINARY",
                &[T, T, B, N, B],
            ),
            receipts: Table::new("COPY receipts (filing, signed) FROM STDIN BINARY", &[B, B]),
            history: Table::new(
                "COPY history (filing, seq, at, actor, state) FROM STDIN BINARY",
                &[B, N, N, T, T],
            ),
            terms: Table::new("COPY search_terms (kind, term, filing) FROM STDIN BINARY", &[T, T, B]),
            audit: Table::new(
                "COPY audit (seq, at, actor, action, subject, detail, prev, hash) FROM STDIN BINARY",
                &[N, N, T, T, T, T, B, B],
            ),
        }
    }

    fn all(&mut self) -> [&mut Table; 7] {
        [
            &mut self.cases,
            &mut self.filings,
            &mut self.slots,
            &mut self.receipts,
            &mut self.history,
            &mut self.terms,
            &mut self.audit,
        ]
    }

    fn add(
        &mut self,
        kind: &Kind,
        one: &One,
        (n, first_no, at, state): (usize, i64, i64, &'static str),
        numbers: &mut Numbers,
        chain: &mut Chain,
    ) -> FilingId {
        let bytes = |numbers: &mut Numbers| {
            let mut bytes = [0_u8; 16];
            bytes[..8].copy_from_slice(&numbers.next().to_be_bytes());
            bytes[8..].copy_from_slice(&numbers.next().to_be_bytes());
            bytes
        };
        let (id, case, token) = (bytes(numbers), bytes(numbers), hex::encode(bytes(numbers)));
        let device = if numbers.below(2) == 0 {
            "ward-1"
        } else {
            "ward-2"
        };
        let filing = FilingId::from_bytes(id);
        row!(self.cases; "asukoe", device, case.to_vec(), token.clone(), Sha256::digest(&token).to_vec(), at);
        row!(self.slots; "asukoe", device, case.to_vec(), 0_i64, id.to_vec());
        row!(self.receipts; id.to_vec(), kind.receipt.clone());
        row!(self.history; id.to_vec(), 0_i64, at, "system", "arrived");
        let no = first_no + i64::try_from(n).unwrap();
        self.line(
            chain,
            at,
            "system",
            "filing.arrived",
            filing,
            format!("no={no} device={device}"),
        );
        if state != "arrived" {
            let decided = at + 3_600;
            row!(self.history; id.to_vec(), 1_i64, decided, "sato", state);
            let action = if state == "accepted" {
                "filing.accepted"
            } else {
                "filing.returned"
            };
            self.line(chain, decided, "sato", action, filing, String::new());
        }
        let terms: BTreeSet<String> = search::terms_of(&one.canonical);
        for term in terms {
            row!(self.terms; "n", term, id.to_vec());
        }
        let digest = Sha256::digest(&one.canonical).to_vec();
        let child = Sha256::digest(format!("{}{n}", kind.procedure)).to_vec();
        row!(self.filings; id.to_vec(), "asukoe", device, case.to_vec(), 0_i64, false, no, at, "ubugoe-filing/1", at - 60, digest,
            one.canonical.clone(), kind.signature.clone(), kind.procedure, child, one.due.clone(), state,
            serde_json::to_string(&one.facts).unwrap());
        filing
    }

    fn line(
        &mut self,
        chain: &mut Chain,
        at: i64,
        actor: &str,
        action: &str,
        filing: FilingId,
        detail: String,
    ) {
        let entry = AuditEntry {
            at,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: filing.to_string(),
            detail,
        };
        let prev = chain.head;
        chain.seq += 1;
        chain.head = line_hash(chain.seq, &prev, &entry);
        row!(self.audit; chain.seq, at, entry.actor, entry.action, entry.subject, entry.detail, prev.to_vec(), chain.head.to_vec());
    }
}
