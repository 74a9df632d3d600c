//! Who signs a request, and how: the choice is made here and nowhere else.
//!
//! Of an operation without a signature, of what the endpoint rules ask for, and of what the service's model says, the
//! first decides.

mod sigv4;

use std::time::SystemTime;

use http::header::CONTENT_TYPE;

use self::sigv4::{Payload, SigningScope, SigningStyle};
use crate::body::Body;
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::exchange::Call;
use crate::hash;
use crate::model::{Metadata, Operation};
use crate::transport::Request;

/// How the requests of a call are signed.
#[derive(Clone, Debug)]
pub(crate) enum AuthChoice {
    Anonymous,
    SigV4 {
        region: Box<str>,
        name: Box<str>,
        style: SigningStyle,
        unsigned_payload: bool,
    },
}
