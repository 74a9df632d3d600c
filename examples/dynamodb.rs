//! A table of films, with structs and plain JSON: created, filled, queried and deleted.
//!
//! ```sh
//! cargo run --example dynamodb -- --endpoint-url http://localhost:8000   # DynamoDB local, moto or another server
//! cargo run --example dynamodb                                           # AWS, with the settings of the environment
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tucuxi::dynamodb::{Attr, Key, Number, ReturnValues, Set, Table, Update};
use tucuxi::{Client, Config, Credentials};

#[derive(Serialize, Deserialize, Debug)]
struct Film {
    country: String,
    title: String,
    year: u16,
    #[serde(default, skip_serializing_if = "Set::is_empty")]
    genres: Set<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Number>,
}

fn film(country: &str, title: &str, year: u16, genres: &[&str]) -> Film {
    Film {
        country: country.into(),
        title: title.into(),
        year,
        genres: genres.iter().map(|genre| (*genre).into()).collect(),
        budget: None,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let client = match &arguments[..] {
        [] => Client::new()?,
        [option, url] if option == "--endpoint-url" => {
            let anybody = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
            let config = Config::builder().endpoint_url(url).region("us-east-1");
            Client::with_config(config.credentials(anybody).build()?)?
        }
        _ => return Err("usage: dynamodb [--endpoint-url URL]".into()),
    };
    let films = client.table("tucuxi-example-films");
    let key = |name, kind| json!({"AttributeName": name, "KeyType": kind});
    let text = |name| json!({"AttributeName": name, "AttributeType": "S"});
    films.call(
        "CreateTable",
        json!({
            "KeySchema": [key("country", "HASH"), key("title", "RANGE")],
            "AttributeDefinitions": [text("country"), text("title")],
            "BillingMode": "PAY_PER_REQUEST",
        }),
    )?;
    client.wait(
        "dynamodb",
        "TableExists",
        json!({"TableName": films.name()}),
    )?;
    let shown = show(&films);
    films.call("DeleteTable", json!({}))?;
    Ok(shown?)
}

fn show(films: &Table) -> tucuxi::Result<()> {
    films.with_batch_writer(|writer| {
        writer.put(film("de", "Metropolis", 1927, &["science fiction"]))?;
        writer.put(film("de", "M", 1931, &["crime"]))?;
        writer.put(film("fr", "La Jetée", 1962, &["science fiction", "short"]))
    })?;

    println!("German films before 1930:");
    let old = films
        .query(Key("country").eq("de"))
        .filter(Attr("year").lt(1930));
    for film in old.items::<Film>() {
        println!("  {:?}", film?);
    }

    let metropolis = json!({"country": "de", "title": "Metropolis"});
    let budget: Number = "5300000.00000000000000000000000000001".parse()?; // not representable as a float
    let known = Update::new()
        .set("budget", budget)
        .add("genres", Set(vec!["silent"]));
    let update = films
        .update(&metropolis, known)
        .condition(Attr("budget").not_exists());
    let film: Option<Film> = update.returning(ReturnValues::AllNew).item()?;
    println!("Its budget is known: {film:?}");

    let film: Option<Value> = films.get(&metropolis).consistent().item()?;
    println!("As plain JSON: {}", film.unwrap_or_default());

    println!("Science fiction:");
    let wanted = Attr("genres").contains("science fiction");
    for film in films.parallel_scan(2).filter(wanted).items::<Film>() {
        println!("  {}", film?.title);
    }
    Ok(())
}
