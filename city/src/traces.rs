//! Traces for a collector that speaks OTLP over HTTP.
//!
//! Answers for carrying the spans of this program there, in protobuf, in batches of a thread of their own: a collector that is
//! slow or gone costs traces, never an answer. A span names a route as it is written in the program, a method, a status, a count;
//! never an address as it was asked for, and nothing about a person. No trace is taken over from outside: whoever asks cannot
//! choose what is recorded.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hyper::header::{self, HeaderMap};
use hyper::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::config::OtlpConfig;
use crate::fetch::{Fetch, FetchSetUpError};

/// How long the collector may take for one batch, and for the last one at the end.
const PATIENCE: Duration = Duration::from_secs(5);
/// Whose spans are carried.
const OURS: &str = "ubugoe_city";

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// TLS towards the collector.
    #[error("the collector's authorities")]
    Tls(#[from] FetchSetUpError),
    /// The exporter refuses its settings.
    #[error("the exporter of traces")]
    Exporter(#[from] ExporterBuildError),
}

/// Carries spans until it is told to end.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to carry. Must be called where tokio runs; `instance` tells programs of one office apart.
    ///
    /// # Errors
    /// [`TracesError`].
    pub fn start(config: &OtlpConfig, office: &str, instance: &str) -> Result<Self, TracesError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = &config.authorization {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        let carrier = Carrier {
            fetch: Arc::new(Fetch::new(&config.ca_pem, PATIENCE)?),
            runtime: Handle::current(),
            headers,
            failing: AtomicBool::new(false),
        };
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(carrier)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", config.endpoint))
            .with_timeout(PATIENCE)
            .build()?;
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", "ubugoe-city"),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("service.namespace", office.to_owned()),
                KeyValue::new("service.instance.id", instance.to_owned()),
            ])
            .build();
        let share = f64::from(config.percent) / 100.0;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::TraceIdRatioBased(share))
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// What hands the program's spans over.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer(OURS))
            .with_location(false)
            .with_threads(false)
            .with_filter(Targets::new().with_target(OURS, Level::INFO))
    }

    /// Carries what is left, for [`PATIENCE`] at most.
    pub async fn end(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(PATIENCE));
        if !matches!(ended.await, Ok(Ok(()))) {
            tracing::warn!("the last traces were not carried");
        }
    }
}

/// The way to the collector.
struct Carrier {
    fetch: Arc<Fetch>,
    runtime: Handle,
    headers: HeaderMap,
    /// Whether the last batch failed: said once, not with every batch.
    failing: AtomicBool,
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

#[async_trait]
impl HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (mut head, body) = request.into_parts();
        head.headers.extend(self.headers.clone());
        let request = Request::from_parts(head, Vec::from(body));
        let fetch = Arc::clone(&self.fetch);
        // asked by a thread of the exporter, where no tokio runs
        let answer = self
            .runtime
            .spawn(async move { fetch.send(request).await })
            .await?;
        let well = answer
            .as_ref()
            .is_ok_and(|answer| answer.status().is_success());
        if self.failing.swap(!well, Ordering::Relaxed) == well {
            match &answer {
                Ok(answer) if well => {
                    tracing::info!(status = answer.status().as_u16(), "traces are taken again");
                }
                Ok(answer) => tracing::warn!(
                    status = answer.status().as_u16(),
                    "the collector does not take traces"
                ),
                Err(error) => tracing::warn!(%error, "traces do not reach the collector"),
            }
        }
        Ok(answer?.map(Bytes::from))
    }
}
