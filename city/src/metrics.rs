//! What the running city counts, for whoever watches over it.
//!
//! Answers for names, labels and the text that Prometheus reads. Must not hold anything about a person or a single case:
//! labels come from fixed lists (outcomes, reasons, routes as they are written in the program), never from a request.
//! Format: `OpenMetrics` 1.0.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::store::{Counts, QuarantineReason};

/// Bounds of what takes from a millisecond to ten seconds.
const SECONDS: [f64; 13] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];
/// Bounds of how many messages one transaction lands.
const MESSAGES: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOutcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

/// A route as it is written in the program, with its placeholders: never an address that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfVersion {
    version: &'static str,
}

/// What became of a filing that reached the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there before.
    New,
    /// It was; its receipt goes again.
    Again,
    /// Its id was there with other content; it is refused.
    Conflict,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Again => "again",
            Self::Conflict => "conflict",
        }
    }
}

/// Counters, gauges and histograms of one city.
pub struct Metrics {
    registry: Registry,
    landed: Family<OfOutcome, Counter>,
    quarantined: Family<OfReason, Counter>,
    batch: Histogram,
    judging: Histogram,
    committing: Histogram,
    connections: Counter,
    connected: Gauge,
    requests: Family<OfRequest, Counter>,
    answering: Family<OfRoute, Histogram, fn() -> Histogram>,
    waiting: Family<OfState, Gauge>,
    unreadable: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("ubugoe");
        let landed = Family::default();
        registry.register(
            "filings",
            "Filings that reached the database",
            landed.clone(),
        );
        let quarantined = Family::default();
        registry.register("quarantined", "Messages set aside", quarantined.clone());
        let batch = Histogram::new(MESSAGES);
        registry.register(
            "batch_messages",
            "Messages of one transaction",
            batch.clone(),
        );
        let judging = seconds();
        registry.register_with_unit(
            "judge",
            "Opening and checking the messages of one transaction",
            Unit::Seconds,
            judging.clone(),
        );
        let committing = seconds();
        registry.register_with_unit(
            "commit",
            "From the first statement of one transaction to its commit",
            Unit::Seconds,
            committing.clone(),
        );
        let connections = Counter::default();
        registry.register(
            "broker_connections",
            "Times the subscription at the broker came to stand",
            connections.clone(),
        );
        let connected = Gauge::default();
        registry.register(
            "broker_connected",
            "1 while the subscription at the broker stands",
            connected.clone(),
        );
        let requests = Family::default();
        registry.register("http_requests", "Answers to browsers", requests.clone());
        let answering: Family<OfRoute, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(seconds);
        registry.register_with_unit(
            "http",
            "From a request's head to its answer's",
            Unit::Seconds,
            answering.clone(),
        );
        let waiting = Family::default();
        registry.register("cases", "Filings by state", waiting.clone());
        let unreadable = Gauge::default();
        registry.register(
            "quarantine_open",
            "Messages set aside that have not landed since",
            unreadable.clone(),
        );
        let build = Family::<OfVersion, Gauge>::default();
        let version = env!("CARGO_PKG_VERSION");
        build.get_or_create(&OfVersion { version }).set(1);
        registry.register("build_info", "Which program this is", build);
        Self {
            registry,
            landed,
            quarantined,
            batch,
            judging,
            committing,
            connections,
            connected,
            requests,
            answering,
            waiting,
            unreadable,
        }
    }

    /// A filing reached the database.
    pub fn landed(&self, outcome: Outcome) {
        let outcome = outcome.word();
        self.landed.get_or_create(&OfOutcome { outcome }).inc();
    }

    /// A message was set aside.
    pub fn quarantined(&self, reason: QuarantineReason) {
        let reason = reason.code();
        self.quarantined.get_or_create(&OfReason { reason }).inc();
    }

    /// So many messages were opened and checked in this time.
    pub fn judged(&self, messages: usize, took: Duration) {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        self.batch.observe(f64::from(messages));
        self.judging.observe(took.as_secs_f64());
    }

    /// A transaction was committed in this time.
    pub fn committed(&self, took: Duration) {
        self.committing.observe(took.as_secs_f64());
    }

    /// The subscription at the broker stands, or does not any more.
    pub fn connected(&self, stands: bool) {
        if stands {
            self.connections.inc();
        }
        self.connected.set(i64::from(stands));
    }

    /// Whether the subscription at the broker stands.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected.get() == 1
    }

    /// A browser got its answer.
    pub(crate) fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        let of = OfRequest {
            method,
            route: route.clone(),
            status,
        };
        self.requests.get_or_create(&of).inc();
        let answering = self.answering.get_or_create(&OfRoute { route });
        answering.observe(took.as_secs_f64());
    }

    /// All of it as text, with what the database holds at this moment.
    ///
    /// # Errors
    /// Writing into memory failed.
    pub fn text(&self, counts: Counts) -> Result<String, fmt::Error> {
        for (state, count) in [
            ("arrived", counts.arrived),
            ("accepted", counts.accepted),
            ("returned", counts.returned),
        ] {
            let waiting = self.waiting.get_or_create(&OfState { state });
            waiting.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let unreadable = i64::try_from(counts.quarantined).unwrap_or(i64::MAX);
        self.unreadable.set(unreadable);
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text_under_its_name() {
        let metrics = Metrics::new();
        metrics.landed(Outcome::New);
        metrics.landed(Outcome::New);
        metrics.landed(Outcome::Again);
        metrics.quarantined(QuarantineReason::Malformed);
        metrics.judged(3, Duration::from_millis(4));
        metrics.committed(Duration::from_millis(40));
        metrics.answered("GET", "/f/{token}", 200, Duration::from_millis(3));
        assert!(!metrics.is_connected());
        metrics.connected(true);
        assert!(metrics.is_connected());
        let counts = Counts {
            arrived: 7,
            quarantined: 2,
            ..Counts::default()
        };
        let text = metrics.text(counts).unwrap_or_default();
        for line in [
            "ubugoe_filings_total{outcome=\"new\"} 2",
            "ubugoe_filings_total{outcome=\"again\"} 1",
            "ubugoe_quarantined_total{reason=\"malformed\"} 1",
            "ubugoe_batch_messages_bucket{le=\"2.0\"} 0",
            "ubugoe_batch_messages_bucket{le=\"5.0\"} 1",
            "ubugoe_judge_seconds_bucket{le=\"0.005\"} 1",
            "ubugoe_commit_seconds_count 1",
            "ubugoe_broker_connected 1",
            "ubugoe_broker_connections_total 1",
            "ubugoe_http_requests_total{method=\"GET\",route=\"/f/{token}\",status=\"200\"} 1",
            "ubugoe_cases{state=\"arrived\"} 7",
            "ubugoe_quarantine_open 2",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        metrics.connected(false);
        let text = metrics.text(counts).unwrap_or_default();
        assert!(text.contains("ubugoe_broker_connected 0\n"));
    }
}
