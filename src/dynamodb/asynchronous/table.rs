//! Tables, and calls for one item.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::SERVICE;
use super::super::batch_write::{self, BatchWriter};
use super::super::table::{ItemCall, Table, item_of};
use crate::client::AsyncClient;
use crate::error::Result;

impl AsyncClient {
    /// Returns a DynamoDB table by its name or ARN, as [`Client::table`](crate::Client::table) does. No request is sent.
    ///
    /// ```
    /// use serde_json::{Value, json};
    /// use tucuxi::dynamodb::{Attr, Key};
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], "{}")
    /// #     .respond(200, &[], r#"{"Item": {"title": {"S": "Metropolis"}, "year": {"N": "1927"}}}"#)
    /// #     .respond(200, &[], r#"{"Items": [{"title": {"S": "Metropolis"}, "year": {"N": "1927"}}]}"#);
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// let films = client.table("films");
    /// films.put(json!({"title": "Metropolis", "year": 1927})).condition(Attr("title").not_exists()).send().await?;
    /// let film: Option<Value> = films.get(json!({"title": "Metropolis"})).item().await?;
    /// assert_eq!(film.unwrap()["year"], 1927);
    ///
    /// let mut old = films.query(Key("title").eq("Metropolis")).filter(Attr("year").lt(1930)).items::<Value>();
    /// while let Some(film) = old.next().await {
    ///     println!("{}", film?["year"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn table(&self, name: impl Into<String>) -> Table<Self> {
        Table::new(self, name.into())
    }
}

impl Table<AsyncClient> {
    /// Calls any other operation of DynamoDB for this table.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Table": {"ItemCount": 3}}"#);
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// let described = client.table("films").call("DescribeTable", serde_json::json!({})).await?;
    /// assert_eq!(described["Table"]["ItemCount"], 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`Client::call`](crate::Client::call).
    pub async fn call(&self, operation: &str, params: Value) -> Result<Value> {
        let params = self.params(params);
        self.client().call(SERVICE, operation, params).await
    }

    /// Returns a writer that puts and deletes many items, 25 per call. The program must call [`BatchWriter::finish`];
    /// [`Table::with_batch_writer`] does so itself.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new().respond(200, &[], "{}").respond(200, &[], "{}"));
    /// # let client = AsyncClient::with_transport(config, replay.clone())?;
    /// let mut writer = client.table("numbers").batch_writer();
    /// for n in 0..40 {
    ///     writer.put(serde_json::json!({"n": n})).await?;
    /// }
    /// writer.finish().await?;
    /// # assert_eq!(replay.sent().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch_writer(&self) -> BatchWriter<AsyncClient> {
        // a destructor cannot wait for a response
        BatchWriter::new(self.clone(), None)
    }

    /// Puts and deletes many items, 25 per call. The rest is written when the closure's future is done, even if it returns an
    /// error.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// use serde_json::json;
    ///
    /// let table = client.table("films");
    /// let written = table.with_batch_writer(async |writer| {
    ///     writer.put(json!({"title": "Metropolis", "year": 1927})).await?;
    ///     writer.delete(json!({"title": "Untitled"})).await
    /// });
    /// written.await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the closure's error, or an error as [`BatchWriter::finish`].
    pub async fn with_batch_writer<R>(
        &self,
        write: impl AsyncFnOnce(&mut BatchWriter<AsyncClient>) -> Result<R>,
    ) -> Result<R> {
        let mut writer = self.batch_writer();
        let written = write(&mut writer).await;
        batch_write::closed(written, writer.finish().await)
    }
}

impl ItemCall<'_, AsyncClient> {
    /// Sends the call and returns the response, with plain values.
    ///
    /// # Errors
    ///
    /// Returns an error if the item, the key or an expression is invalid, or if the call fails.
    pub async fn send(self) -> Result<Value> {
        let (table, operation) = (self.table, self.operation);
        table.call(operation, self.merged()?).await
    }

    /// Sends the call and returns the item of the response, if it has one.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`send`](Self::send), or if the item does not fit the type.
    pub async fn item<T: DeserializeOwned>(self) -> Result<Option<T>> {
        item_of(self.send().await?)
    }
}
