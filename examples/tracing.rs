//! Calls and their attempts, as a subscriber of `tracing` shows them. One that exports to OpenTelemetry
//! (`tracing-opentelemetry`) takes the place of this one without a change to the calls.
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
    // a service that is busy at first; `Client::new()` calls a real one
    let busy = Replay::new()
        .answer(503, &[], "")
        .answer(200, &[], r#"{"TableNames": ["t"]}"#);
    let config = Config::builder().region("eu-west-1").unsigned().build()?;
    let client = Client::with_transport(config, busy)?;
    let tables = client.call("dynamodb", "ListTables", json!({}))?;
    println!("{}", tables["TableNames"]);
    Ok(())
}
