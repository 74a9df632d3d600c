//! The mock's own paths, for programs in other languages: below `/_mock/`, which is no path of a service.
//!
//! | request | response |
//! | --- | --- |
//! | `GET /_mock/requests` | the requests that were received, as a JSON array |
//! | `DELETE /_mock/requests` | the same; they are forgotten |
//! | `POST /_mock/stubs` | adds the stubs of a JSON array |
//! | `DELETE /_mock/stubs` | removes all stubs |

use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::answer::Core;
use super::message::{Incoming, Reply};
use super::record::MockRequest;
use super::stub::MockStub;
use crate::error::{Error, Result};

const PREFIX: &str = "/_mock/";

/// The response to a request of one of the paths; `None` for any other path.
pub(super) fn respond(core: &Core, request: &Incoming) -> Option<Reply> {
    let what = request.path.strip_prefix(PREFIX)?;
    let all = |requests: Vec<MockRequest>| {
        let requests = requests.iter().map(MockRequest::to_json);
        requests.collect::<Vec<_>>().into()
    };
    Some(match (request.method.as_str(), what) {
        ("GET", "requests") => reply(200, &all(core.records().kept())),
        ("DELETE", "requests") => reply(200, &all(core.records().take())),
        ("DELETE", "stubs") => {
            core.stubs().clear();
            reply(200, &json!({}))
        }
        ("POST", "stubs") => match add(core, &request.body) {
            Ok(()) => reply(200, &json!({})),
            Err(error) => reply(400, &json!({"message": error.to_string()})),
        },
        _ => reply(404, &json!({"message": "the mock has no such path"})),
    })
}

fn add(core: &Core, body: &[u8]) -> Result<()> {
    let stubs = serde_json::from_slice(body).map_err(Error::request)?;
    core.add(MockStub::from_json(stubs)?)
}

fn reply(status: u16, body: &Value) -> Reply {
    let mut reply = Reply::new(status).with(CONTENT_TYPE, "application/json");
    reply.body = body.to_string().into_bytes();
    reply
}
