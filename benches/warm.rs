//! Warm calls over the network: processor time of the async client against the blocking one.
//!
//! ```sh
//! cargo bench --all-features --bench warm
//! TUCUXI_BENCH_ROUNDS=9 cargo bench --all-features --bench warm -- GetItem
//! ```
//! The server, which responds at once, and each line run in processes of their own, so the numbers are those of the client. Each is
//! the best of several rounds, in which the lines take turns. Several calls at a time are threads of the blocking client, and tasks
//! of a runtime with as many threads.

#[path = "../tests/support/wire.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod wire;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tucuxi::{AsyncClient, Client, Config, Credentials};

const OPERATIONS: [&str; 2] = ["PutItem", "GetItem"];
const CLIENTS: [&str; 2] = ["blocking", "async"];
const AT_A_TIME: [usize; 2] = [1, 8];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words {
        ["--server"] => serve(),
        ["--client", client, operation, at_a_time, calls, url] => {
            let (at_a_time, calls) = (at_a_time.parse().unwrap(), calls.parse().unwrap());
            println!("{}", measured(client, operation, at_a_time, calls, url));
        }
        _ => all(&words),
    }
}

fn all(words: &[&str]) {
    let is_full = words.contains(&"--bench");
    let wanted = words.iter().find(|word| !word.starts_with('-'));
    let rounds = std::env::var("TUCUXI_BENCH_ROUNDS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok());
    let rounds: usize = rounds.unwrap_or(if is_full { 5 } else { 1 });
    let calls: usize = if is_full { 40_000 } else { 80 };
    let program = std::env::current_exe().unwrap();
    let mut server = Command::new(&program)
        .arg("--server")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    let said = server.stdout.take().unwrap();
    BufReader::new(said).read_line(&mut url).unwrap();
    let mut best = BTreeMap::new();
    for _ in 0..rounds {
        for operation in OPERATIONS {
            for at_a_time in AT_A_TIME {
                for client in CLIENTS {
                    let name = format!("{operation} {at_a_time} {client}");
                    if wanted.is_some_and(|wanted| !name.contains(*wanted)) {
                        continue;
                    }
                    let numbers = [at_a_time, calls].map(|number| number.to_string());
                    let child = Command::new(&program)
                        .args(["--client", client, operation, &numbers[0], &numbers[1]])
                        .arg(url.trim_end())
                        .stderr(Stdio::inherit())
                        .output();
                    let said = String::from_utf8(child.unwrap().stdout).unwrap();
                    let cpu: f64 = said
                        .trim()
                        .parse()
                        .unwrap_or_else(|_| panic!("{name}: {said}"));
                    let least = best.entry((operation, at_a_time, client)).or_insert(cpu);
                    *least = least.min(cpu);
                }
            }
        }
    }
    println!("operation  at a time   client     CPU µs a call   x blocking");
    for ((operation, at_a_time, client), cpu) in &best {
        let ratio = best.get(&(*operation, *at_a_time, CLIENTS[0]));
        let ratio = ratio.map_or(0.0, |blocking| cpu / blocking);
        println!("{operation:<10} {at_a_time:>9}   {client:<8} {cpu:>15.1} {ratio:>12.2}");
    }
    // it ends with its input
    server.stdin.take();
    let _ = server.wait();
}

/// The processor time of a call, in microseconds.
fn measured(client: &str, operation: &str, at_a_time: usize, calls: usize, url: &str) -> f64 {
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let config = Config::builder().isolated().region("us-east-1");
    let config = config
        .credentials(credentials)
        .endpoint_url(url)
        .build()
        .unwrap();
    let each = calls / at_a_time;
    let used = match client {
        "blocking" => {
            let client = Client::with_config(config).unwrap();
            let call = || {
                client
                    .call("dynamodb", operation, params(operation))
                    .unwrap()
            };
            call();
            let before = cpu();
            std::thread::scope(|scope| {
                for _ in 0..at_a_time {
                    scope.spawn(|| (0..each).for_each(|_| drop(call())));
                }
            });
            cpu() - before
        }
        _ => {
            let runtime = match at_a_time {
                1 => tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build(),
                _ => tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(at_a_time)
                    .enable_all()
                    .build(),
            };
            runtime.unwrap().block_on(async {
                let client = AsyncClient::with_config(config).unwrap();
                client
                    .call("dynamodb", operation, params(operation))
                    .await
                    .unwrap();
                let before = cpu();
                let task = || {
                    let (client, operation) = (client.clone(), operation.to_owned());
                    tokio::spawn(async move {
                        for _ in 0..each {
                            let params = params(&operation);
                            client.call("dynamodb", &operation, params).await.unwrap();
                        }
                    })
                };
                for task in (0..at_a_time).map(|_| task()).collect::<Vec<_>>() {
                    task.await.unwrap();
                }
                cpu() - before
            })
        }
    };
    used * 1e6 / (each * at_a_time) as f64
}

/// The user and system time of this process, in seconds; Linux counts hundredths here.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // after the name, which may contain spaces
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks = ticks.filter_map(|field| field.parse::<u32>().ok());
    f64::from(ticks.sum::<u32>()) / 100.0
}

fn params(operation: &str) -> Value {
    let key = json!({"pk": {"S": "customer#00007"}, "sk": {"S": "order#00000007"}});
    match operation {
        "GetItem" => json!({"TableName": "orders", "Key": key}),
        _ => {
            let mut item = key;
            item["total"] = json!({"N": "12.50"});
            item["paid"] = json!({"BOOL": true});
            item["note"] = json!({"S": "hello"});
            json!({"TableName": "orders", "Item": item})
        }
    }
}

/// Serves until the input ends.
fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn answer(mut stream: TcpStream) {
    let item = json!({"Item": params("PutItem")["Item"], "ConsumedCapacity": {"TableName": "orders", "CapacityUnits": 0.5}});
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Ok(head) = wire::read_head(&mut reader) {
        if wire::read_body(&mut reader, &head).is_err() {
            return;
        }
        let is_get = head
            .header("x-amz-target")
            .is_some_and(|target| target.ends_with("GetItem"));
        let body = if is_get {
            item.to_string()
        } else {
            "{}".into()
        };
        let response = format!(
            "HTTP/1.1 200 OK\r\nx-amzn-requestid: 0123456789\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(response.as_bytes()).is_err() {
            return;
        }
    }
}
