//! A municipality's filings, made and copied into PostgreSQL.
//!
//! Answers for rows as the city itself writes them: every kind is landed once through the real ingest, and then repeated with other
//! people, places and days. Indexes are taken away while rows are copied and made again after. Names follow how common they are (general
//! knowledge, not a statistic); nobody is meant.

use std::collections::BTreeSet;
use std::ops::Range;
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
/// So many are looked at, and so many names looked for.
const SOME: usize = 5_000;
/// Rows copied at once.
const PIECE: usize = 20_000;
/// Five years of arrivals.
const SPAN: i64 = 5 * 365 * 86_400;

/// What the load has to know.
pub(crate) struct Town {
    /// Filings.
    pub(crate) cases: i64,
    /// Filings that wait for an officer, in the order of their arrival.
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
        facts.claimant = facts.claimant.map(|_| mother_name);
        One {
            canonical: text.into_bytes(),
            facts,
            due: due.to_string(),
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

/// Fills the database, or brings one that was filled before up to date: as many wait for an officer as then, and nobody is
/// signed in. The store has been opened before, so all tables are there.
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
    let count = async |sql: &str| {
        let row = client.query_one(sql, &[]).await.unwrap();
        usize::try_from(row.get::<_, i64>(0)).unwrap()
    };
    let there = count("SELECT last_arrival FROM counters").await - kinds.len();
    let open = OPEN.min(cases / 4);
    let mut filling = Filling {
        client: &client,
        kinds: &kinds,
        numbers: Numbers(seed.wrapping_add(there as u64)),
        chain: Chain::of(&client).await,
        tables: Tables::new(),
    };
    if there < cases {
        assert!(there == 0, "the folder holds another town, of {there}");
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
        filling.add(0..cases, (SPAN, cases - open)).await;
        for sql in again {
            client.batch_execute(&sql).await.unwrap();
        }
    } else {
        // what the last run decided is not told again: its devices are gone
        client
            .batch_execute(
                "DELETE FROM sessions; UPDATE notices SET next_at = NULL WHERE next_at IS NOT NULL",
            )
            .await
            .unwrap();
        let waiting = count("SELECT count(*) FROM filings WHERE state = 'arrived'").await;
        let missing = open.saturating_sub(waiting);
        filling.add(there..there + missing, (600, 0)).await;
    }
    for sql in ["VACUUM ANALYZE", "CHECKPOINT"] {
        client.batch_execute(sql).await.unwrap();
    }
    let town = town(&client, seed).await;
    connection.abort();
    town
}

/// What copies filings.
struct Filling<'a> {
    client: &'a Client,
    kinds: &'a [Kind; 2],
    numbers: Numbers,
    chain: Chain,
    tables: Tables,
}

impl Filling<'_> {
    /// Adds these filings, whose arrivals are spread over the last `span` seconds; those from `decided` on wait for an officer.
    async fn add(&mut self, which: Range<usize>, (span, decided): (i64, usize)) {
        let (end, count) = (now() - 600, which.len());
        let last: i64 = self
            .client
            .query_one("SELECT last_arrival FROM counters", &[])
            .await
            .unwrap()
            .get(0);
        for (at, n) in which.enumerate() {
            let share = span * i64::try_from(at).unwrap() / i64::try_from(count).unwrap();
            let arrived_at = end - span + share;
            let kind = &self.kinds[usize::from(self.numbers.below(10) >= 6)];
            let state = match at {
                at if at >= decided => "arrived",
                _ if self.numbers.below(50) == 0 => "returned",
                _ => "accepted",
            };
            let one = kind.one(&mut self.numbers, n, arrived_at);
            let no = last + 1 + i64::try_from(at).unwrap();
            let what = (n, no, arrived_at, state);
            self.tables
                .add(kind, &one, what, &mut self.numbers, &mut self.chain);
            if (at + 1) % PIECE == 0 || at + 1 == count {
                for table in self.tables.all() {
                    table.flush(self.client).await;
                }
            }
        }
        self.client
            .execute(
                "UPDATE counters SET last_arrival = last_arrival + $1",
                &[&i64::try_from(count).unwrap()],
            )
            .await
            .unwrap();
    }
}

/// What the load has to know, from the database.
async fn town(client: &Client, seed: u64) -> Town {
    let id = |row: &tokio_postgres::Row| {
        FilingId::from_bytes(row.get::<_, Vec<u8>>(0).try_into().unwrap())
    };
    let open = "SELECT id FROM filings WHERE state = 'arrived' ORDER BY arrival_no";
    let open = client.query(open, &[]).await.unwrap();
    let cases: i64 = client
        .query_one("SELECT last_arrival FROM counters", &[])
        .await
        .unwrap()
        .get(0);
    let mut numbers = Numbers(seed);
    let asked: Vec<i64> = (0..SOME)
        .map(|_| 1 + i64::try_from(numbers.below(cases.unsigned_abs())).unwrap())
        .collect();
    let some = client
        .query(
            "SELECT id, facts FROM filings WHERE arrival_no = ANY($1)",
            &[&asked],
        )
        .await
        .unwrap();
    let name = |row: &tokio_postgres::Row| {
        let facts: Facts = serde_json::from_str(row.get(1)).unwrap();
        facts.claimant
    };
    let mut town = Town {
        cases,
        open: open.iter().map(id).collect(),
        some: some.iter().map(id).collect(),
        names: some.iter().filter_map(name).collect(),
        bytes: 0,
        largest: Vec::new(),
    };
    measure(client, &mut town).await;
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

impl Chain {
    async fn of(client: &Client) -> Self {
        let last = client
            .query_one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[])
            .await
            .unwrap();
        Self {
            seq: last.get(0),
            head: last.get::<_, Vec<u8>>(1).try_into().unwrap(),
        }
    }
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
            terms: Table::new("COPY search_terms (kind, term, filing, arrived_at) FROM STDIN BINARY", &[T, T, B, N]),
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
        (n, no, at, state): (usize, i64, i64, &'static str),
        numbers: &mut Numbers,
        chain: &mut Chain,
    ) {
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
            row!(self.terms; "n", term, id.to_vec(), at);
        }
        let digest = Sha256::digest(&one.canonical).to_vec();
        let child = Sha256::digest(format!("{}{n}", kind.procedure)).to_vec();
        row!(self.filings; id.to_vec(), "asukoe", device, case.to_vec(), 0_i64, false, no, at, "ubugoe-filing/1", at - 60, digest,
            one.canonical.clone(), kind.signature.clone(), kind.procedure, child, one.due.clone(), state,
            serde_json::to_string(&one.facts).unwrap());
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
