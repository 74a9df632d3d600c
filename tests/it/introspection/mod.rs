//! What tools read of services.

mod reads;
mod schema;
mod view;
