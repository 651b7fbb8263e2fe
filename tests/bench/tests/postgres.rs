//! What the rig's PostgreSQL survives, asked by a real client.

#![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

use tokio_postgres::{Client, Error, NoTls};
use ubugoe_bench::postgres::Postgres;

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_crash_and_what_was_not_is_gone() {
    let mut postgres = Postgres::start().unwrap();
    let client = connect(&postgres.url()).await.unwrap();
    client
        .batch_execute("CREATE TABLE filing (id int); INSERT INTO filing VALUES (1)")
        .await
        .unwrap();
    client
        .batch_execute("BEGIN; INSERT INTO filing VALUES (2)")
        .await
        .unwrap();

    let port = postgres.port();
    postgres.crash().unwrap();
    assert!(connect(&postgres.url()).await.is_err());
    postgres.restart().unwrap();
    assert_eq!(postgres.port(), port);
    assert!(
        postgres
            .process()
            .output()
            .contains("was not properly shut down")
    );

    let client = connect(&postgres.url()).await.unwrap();
    let rows = client.query("SELECT id FROM filing", &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<i32>>(), [1]);
}

#[tokio::test]
async fn every_commit_waits_for_the_disk_and_text_is_utf_8() {
    let postgres = Postgres::start().unwrap();
    let client = connect(&postgres.url()).await.unwrap();
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("server_encoding", "UTF8"),
        ("listen_addresses", "127.0.0.1"),
    ] {
        let row = client
            .query_one(&format!("SHOW {setting}"), &[])
            .await
            .unwrap();
        assert_eq!(row.get::<_, String>(0), value, "{setting}");
    }
}

#[tokio::test]
async fn the_unix_socket_leads_to_the_same_database() {
    let postgres = Postgres::start().unwrap();
    let over_tcp = connect(&postgres.url()).await.unwrap();
    over_tcp
        .batch_execute("CREATE TABLE here (id int)")
        .await
        .unwrap();
    let over_socket = connect(&postgres.socket_config()).await.unwrap();
    assert!(
        over_socket
            .query("SELECT id FROM here", &[])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn nobody_gets_in_without_the_password() {
    let postgres = Postgres::start().unwrap();
    let url = format!("postgresql://ubugoe@127.0.0.1:{}/ubugoe", postgres.port());
    assert!(connect(&url).await.is_err());
    let url = format!(
        "postgresql://ubugoe:wrong@127.0.0.1:{}/ubugoe",
        postgres.port()
    );
    assert!(connect(&url).await.is_err());
}

#[tokio::test]
async fn databases_of_one_cluster_do_not_see_each_other() {
    let postgres = Postgres::start().unwrap();
    postgres.create_database("other").unwrap();
    let first = connect(&postgres.url()).await.unwrap();
    first
        .batch_execute("CREATE TABLE here (id int)")
        .await
        .unwrap();
    let second = connect(&postgres.url_of("other")).await.unwrap();
    assert!(second.query("SELECT id FROM here", &[]).await.is_err());
}

#[tokio::test]
async fn nothing_is_left_when_it_is_dropped() {
    let postgres = Postgres::start().unwrap();
    let log = postgres.process().log().to_owned();
    let pid = postgres.process().pid();
    let _client = connect(&postgres.url()).await.unwrap();
    drop(postgres);
    assert!(!log.exists());
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}
