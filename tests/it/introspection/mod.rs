//! What tools read of services.

mod reads;
mod schema;
mod search;
mod sources;
mod view;
