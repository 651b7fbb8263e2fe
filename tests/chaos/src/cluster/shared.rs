//! Whether `$share` delivers: several gateways of one city would rest on it.
//!
//! Two members of one group and, as the control, one plain subscriber, each on a node; a device publishes. What a broker
//! says of itself in CONNACK is written beside what it does.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnAck, Packet, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use ubugoe_bench::pki::Pki;
use ubugoe_edge::Broker;

use crate::table::Line;
use crate::town::{city, device};

/// Messages published.
const MESSAGES: u64 = 100;
/// How long anything may take here.
const WITHIN: Duration = Duration::from_mins(1);
/// After the plain subscriber has everything, members are waited for this much longer.
const LONGER: Duration = Duration::from_secs(10);

/// Publishes through `one` what members on `one` and `other` should share.
///
/// # Errors
/// When the control does not get everything, for then nothing was tested.
pub fn test(one: &Broker, other: &Broker, pki: &Pki) -> Result<Line> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(one, other, pki))
}

async fn run(one: &Broker, other: &Broker, pki: &Pki) -> Result<Line> {
    let (city, device) = (city(0), device(0));
    let topic = format!("ubg/v1/up/+/{city}");
    let group = format!("$share/gateways/{topic}");
    let (news, mut inbox) = mpsc::unbounded_channel();
    let mut running = JoinSet::new();
    let mut said = 0_u64;
    let mut refused = 0_u64;
    for (name, at, filter) in [
        ("plain", other, &topic),
        ("share-a", one, &group),
        ("share-b", other, &group),
    ] {
        let mut joined =
            connect(at, pki, &format!("city-{city}"), &format!("{name}-{city}")).await?;
        joined.client.subscribe(filter, QoS::AtLeastOnce).await?;
        let granted = loop {
            if let Event::Incoming(Packet::SubAck(ack)) =
                timeout(WITHIN, joined.events.poll()).await??
            {
                break matches!(
                    ack.return_codes.first(),
                    Some(SubscribeReasonCode::Success(_))
                );
            }
        };
        let shared = joined.ack.properties.as_ref();
        said += u64::from(
            shared
                .and_then(|p| p.shared_subscription_available)
                .unwrap_or(1),
        );
        refused += u64::from(!granted);
        let (news, mut events) = (news.clone(), joined.events);
        running.spawn(async move {
            // The client must live as long as its event loop.
            let _client = joined.client;
            while let Ok(event) = events.poll().await {
                if matches!(event, Event::Incoming(Packet::Publish(_))) && news.send(name).is_err()
                {
                    return;
                }
            }
        });
    }
    let publisher = connect(one, pki, &format!("device-{device}"), &device).await?;
    let (client, mut events) = (publisher.client, publisher.events);
    running.spawn(async move { while events.poll().await.is_ok() {} });
    for _ in 0..MESSAGES {
        let to = format!("ubg/v1/up/{device}/{city}");
        client.publish(to, QoS::AtLeastOnce, false, "x").await?;
    }
    let (mut plain, mut shared) = (0, 0);
    loop {
        let all = plain >= MESSAGES && shared >= MESSAGES;
        let within = if plain < MESSAGES { WITHIN } else { LONGER };
        match timeout(within, inbox.recv()).await {
            _ if all => break,
            Ok(Some("plain")) => plain += 1,
            Ok(Some(_)) => shared += 1,
            Ok(None) => bail!("every subscriber is gone"),
            Err(_) => break,
        }
    }
    ensure!(
        plain >= MESSAGES,
        "the plain subscriber got {plain} of {MESSAGES}"
    );
    let says = if said == 3 {
        "available"
    } else {
        "not available"
    };
    Ok(Line::of(format!("$share, which the broker says is {says}"))
        .with("published", MESSAGES)
        .with("to the plain subscriber", plain)
        .with("to the two members together", shared)
        .with("subscriptions refused", refused))
}

struct Joined {
    client: AsyncClient,
    events: EventLoop,
    ack: ConnAck,
}

async fn connect(at: &Broker, pki: &Pki, stem: &str, id: &str) -> Result<Joined> {
    let mut options = MqttOptions::new(id, &at.host, at.port);
    let tls = Arc::new(tls(pki, stem)?);
    options.set_transport(Transport::Tls(TlsConfiguration::Rustls(tls)));
    options.set_clean_start(true);
    options.set_keep_alive(Duration::from_secs(15));
    let (client, mut events) = AsyncClient::new(options, 256);
    loop {
        let event = timeout(WITHIN, events.poll())
            .await?
            .context(id.to_owned())?;
        if let Event::Incoming(Packet::ConnAck(ack)) = event {
            return Ok(Joined {
                client,
                events,
                ack,
            });
        }
    }
}

fn tls(pki: &Pki, stem: &str) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(pki.path("broker-ca.pem"))? {
        roots.add(root?)?;
    }
    let chain = CertificateDer::pem_file_iter(pki.path(&format!("{stem}.pem")))?;
    let key = PrivateKeyDer::from_pem_file(pki.path(&format!("{stem}.key")))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain.collect::<Result<_, _>>()?, key)?)
}
