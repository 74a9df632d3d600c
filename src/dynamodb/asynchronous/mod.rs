//! Tables and transactions of the async client. What is sent, and what follows from a response, is the same as in the blocking
//! one.

mod batch;
mod listing;
mod segments;
mod table;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::SERVICE;
use super::transaction::{GET, TransactGet, TransactWrite, WRITE, items_of};
use crate::client::AsyncClient;
use crate::error::Result;

impl AsyncClient {
    /// Starts a transaction that writes, as [`Client::transact_write`](crate::Client::transact_write) does.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::dynamodb::{Attr, Update};
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// let (orders, stock) = (client.table("orders"), client.table("stock"));
    /// let order = client
    ///     .transact_write()
    ///     .put(&orders, json!({"id": 7, "article": "tucuxi"}))
    ///     .update(&stock, json!({"article": "tucuxi"}), Update::new().add("left", -1))
    ///     .condition(Attr("left").gte(1));
    /// order.send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn transact_write(&self) -> TransactWrite<Self> {
        TransactWrite::new(self)
    }

    /// Starts a transaction that reads, as [`Client::transact_get`](crate::Client::transact_get) does.
    ///
    /// ```
    /// use serde_json::{Value, json};
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let responses = r#"{"Responses": [{"Item": {"left": {"N": "3"}}}]}"#;
    /// # let client = AsyncClient::with_transport(config, Replay::new().respond(200, &[], responses))?;
    /// let stock = client.table("stock");
    /// let article = client.transact_get().get(&stock, json!({"article": "tucuxi"})).projection(["left"]);
    /// let found: Vec<Option<Value>> = article.items().await?;
    /// assert_eq!(found, [Some(json!({"left": 3}))]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn transact_get(&self) -> TransactGet<Self> {
        TransactGet::new(self)
    }
}

impl TransactWrite<AsyncClient> {
    /// Sends the transaction and returns the response, as the blocking `send` does.
    ///
    /// # Errors
    ///
    /// Returns an error if an item, a key or an expression is invalid, if the service cancels the transaction (see
    /// [`cancellation_reasons`](super::cancellation_reasons)), or if the call fails.
    pub async fn send(self) -> Result<Value> {
        let client = self.client.clone();
        client.call(SERVICE, WRITE, self.params()?).await
    }
}

impl TransactGet<AsyncClient> {
    /// Sends the transaction and returns the response, with plain values.
    ///
    /// # Errors
    ///
    /// Returns an error if a key or a path is invalid, if the service cancels the transaction, or if the call fails.
    pub async fn send(self) -> Result<Value> {
        let client = self.client.clone();
        client.call(SERVICE, GET, self.params()?).await
    }

    /// Sends the transaction and returns the items in the order of their keys, `None` for a key that has no item.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`send`](Self::send), or if an item does not fit the type.
    pub async fn items<T: DeserializeOwned>(self) -> Result<Vec<Option<T>>> {
        items_of(self.send().await?)
    }
}
