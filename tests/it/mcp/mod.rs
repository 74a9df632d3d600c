//! The server for agents: the real binary, whose client is the test.

mod mistakes;
mod protocol;
mod results;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A client of the server.
struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last_id: u64,
    _home: tempfile::TempDir,
}

impl Agent {
    /// Starts a server whose requests are sent to `url`, and initializes it.
    fn start(url: &str, options: &[&str]) -> Self {
        let mut agent = Self::uninitialized(url, options);
        let result = agent.ask("initialize", initialize("2025-06-18"));
        assert_eq!(
            result["result"]["protocolVersion"], "2025-06-18",
            "{result}"
        );
        agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        agent
    }

    fn uninitialized(url: &str, options: &[&str]) -> Self {
        Self::in_home(tempfile::tempdir().unwrap(), url, options)
    }

    /// Starts the server with this home, in which it looks for models at once.
    fn in_home(home: tempfile::TempDir, url: &str, options: &[&str]) -> Self {
        std::fs::create_dir_all(home.path().join(".aws")).unwrap();
        std::fs::write(
            home.path().join(".aws/config"),
            "[profile other]\nregion = ap-south-1\naws_access_key_id = OTHERKEY\naws_secret_access_key = s\n",
        )
        .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
        command.env_clear().env("HOME", home.path());
        command.env("AWS_ACCESS_KEY_ID", "OWNKEY");
        command.env("AWS_SECRET_ACCESS_KEY", "s");
        command.env("AWS_MAX_ATTEMPTS", "1");
        command.args(["mcp", "--endpoint-url", url, "--region", "eu-west-1"]);
        command.args(options).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), child.stdout.take());
        Self {
            child,
            input,
            output: BufReader::new(output.unwrap()),
            last_id: 0,
            _home: home,
        }
    }

    fn write(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        self.write(&format!("{message}\n"));
    }

    /// The next message, or `None` at the end.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.output.read_line(&mut line).unwrap() {
            0 => None,
            _ => Some(serde_json::from_str(&line).unwrap()),
        }
    }

    fn request(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let response = self.next().unwrap();
        assert_eq!(response["id"], id, "{response}");
        response
    }

    /// Calls a tool, and returns its result or its error.
    fn tool(&mut self, name: &str, arguments: Value) -> Result<Value, Value> {
        let response = self.ask("tools/call", json!({"name": name, "arguments": arguments}));
        let result = &response["result"];
        let text = result["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("{response}"));
        let content: Value = serde_json::from_str(text).unwrap();
        assert_eq!(content, result["structuredContent"]);
        match result["isError"] == true {
            true => Err(content),
            false => Ok(content),
        }
    }

    fn call(&mut self, service: &str, operation: &str, params: Value) -> Result<Value, Value> {
        let arguments = json!({"service": service, "operation": operation, "parameters": params});
        self.tool("call_operation", arguments)
    }

    /// Closes the input, and returns the messages that are left.
    fn finish(mut self) -> Vec<Value> {
        self.input = None;
        let left = std::iter::from_fn(|| self.next()).collect();
        assert!(self.child.wait().unwrap().success());
        left
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn initialize(version: &str) -> Value {
    json!({
        "protocolVersion": version,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    })
}

/// The URL of no server.
const NOWHERE: &str = "http://127.0.0.1:9";
