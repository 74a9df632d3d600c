//! Calls and their attempts in a `tracing` subscriber. A subscriber that exports to OpenTelemetry
//! (`tracing-opentelemetry`) can replace this one without changes to the calls.
//!
//! ```sh
//! cargo run --example tracing
//! ```

use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;
use tucuxi::transport::Replay;
use tucuxi::{Client, Config};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .init();
    // a service that is busy at first; `Client::new()` would call a real one
    let busy = Replay::new()
        .respond(503, &[], "")
        .respond(200, &[], r#"{"TableNames": ["t"]}"#);
    let config = Config::builder().region("eu-west-1").unsigned().build()?;
    let client = Client::with_transport(config, busy)?;
    let tables = client.call("dynamodb", "ListTables", json!({}))?;
    println!("{}", tables["TableNames"]);
    Ok(())
}
