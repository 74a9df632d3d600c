//! The mock understands the requests of this crate's own client, which understands its responses.

use std::collections::BTreeMap;

use tucuxi::internals::example_params;
use tucuxi::mock::Mock;
use tucuxi::{BearerToken, Client, Config, Credentials};

use crate::support::mocked::{difference, is_same_request};

/// Calls a share of all operations. `TUCUXI_MOCK_ALL=1` calls all, `TUCUXI_CASE` those whose name contains it.
#[test]
fn the_mock_understands_every_operation() {
    let mock = Mock::start().unwrap();
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .bearer_token(BearerToken::new("token"))
        .max_attempts(1)
        .endpoint_url("https://127.0.0.1:9")
        .build()
        .unwrap();
    let client = Client::with_transport(config, mock.transport()).unwrap();
    let case = std::env::var("TUCUXI_CASE").unwrap_or_default();
    let is_all = !case.is_empty() || std::env::var_os("TUCUXI_MOCK_ALL").is_some();
    let share = if is_all { 1 } else { 20 };
    let (mut rates, mut faults) = (BTreeMap::new(), Vec::new());
    let mut number = 0;
    for service in client.introspect().services().unwrap() {
        let model = client.model(&service).unwrap();
        for operation in model.operation_names() {
            for is_full in [false, true] {
                if !format!("{service}.{operation}").contains(&case) {
                    continue;
                }
                number += 1;
                if number % share != 0 {
                    continue;
                }
                let rate: &mut (usize, usize) =
                    rates.entry(model.metadata().protocol.name()).or_default();
                rate.1 += 1;
                match check(&client, &mock, &service, operation, is_full) {
                    Ok(()) => rate.0 += 1,
                    Err(fault) => faults.push(format!("{service}.{operation} {is_full}: {fault}")),
                }
            }
        }
    }
    println!("{rates:?}");
    for fault in &faults {
        println!("FAULT {fault}");
    }
    assert!(
        faults.is_empty(),
        "{} faults, first: {}",
        faults.len(),
        faults[0]
    );
}

/// The errors of the client before it sends a request.
const REFUSED: [&str; 2] = ["which need HTTP/2", "not a valid CloudFront Service ARN"];

fn check(
    client: &Client,
    mock: &Mock,
    service: &str,
    operation: &str,
    is_full: bool,
) -> Result<(), String> {
    let model = client.model(service).unwrap();
    let params = example_params(&model, operation, is_full).unwrap();
    mock.take_requests();
    let result = client.call(service, operation, params.clone());
    let received = mock.take_requests();
    let error = result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    // the client cannot send what needs HTTP/2, and refuses some examples itself
    if received.is_empty() && REFUSED.iter().any(|refused| error.contains(refused)) {
        return Ok(());
    }
    let Some(received) = received.last() else {
        return Err(format!("nothing received: {error}"));
    };
    if !is_same_request(
        client,
        (service, operation),
        (&received.service, &received.operation),
    ) {
        return Err(format!(
            "understood as {}.{}",
            received.service, received.operation
        ));
    }
    if let Some(problem) = &received.problem {
        return Err(format!("problem: {problem}"));
    }
    if received.service != service || received.operation != operation {
        return Ok(());
    }
    match difference(&params, &received.params, "") {
        Some(place) => Err(format!("params: {place}")),
        None if !error.is_empty() => Err(format!("response: {error}")),
        None => Ok(()),
    }
}
