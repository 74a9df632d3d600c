//! DynamoDB tables: structs, conditions, batches and scans.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tucuxi::dynamodb::{Attr, Binary, Key, Number, ReturnValues, Set, Table, Update};

use crate::{Service, unique};

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Film {
    country: String,
    year: i64,
    title: String,
    #[serde(default, skip_serializing_if = "Set::is_empty")]
    genres: Set<String>,
    budget: Option<Number>,
    poster: Option<Binary>,
}

fn film(country: &str, year: i64, title: &str) -> Film {
    Film {
        country: country.into(),
        year,
        title: title.into(),
        genres: Set::default(),
        budget: None,
        poster: None,
    }
}

#[test]
fn a_table_of_films() {
    let Some(dynamodb) = Service::on_moto("dynamodb") else {
        return;
    };
    let films = dynamodb.client.table(unique("films"));
    let definition = json!({
        "KeySchema": [{"AttributeName": "country", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}],
        "AttributeDefinitions":
            [{"AttributeName": "country", "AttributeType": "S"}, {"AttributeName": "year", "AttributeType": "N"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    films.call("CreateTable", definition).unwrap();
    let place = json!({"TableName": films.name()});
    dynamodb
        .client
        .wait("dynamodb", "TableExists", place.clone())
        .unwrap();

    one_item(&films);
    many_items(&films);

    films.call("DeleteTable", json!({})).unwrap();
    assert_eq!(
        dynamodb.refused("DescribeTable", place),
        "ResourceNotFoundException"
    );
}

fn one_item(films: &Table) {
    let metropolis = Film {
        genres: ["drama", "science fiction"]
            .map(String::from)
            .into_iter()
            .collect(),
        budget: Some("5300000.0000000000000000000000000001".parse().unwrap()),
        poster: Some(Binary(vec![0, 1, 255])),
        ..film("de", 1927, "Metropolis")
    };
    let key = json!({"country": "de", "year": 1927});
    let fresh = || films.put(&metropolis).condition(Attr("title").not_exists());
    fresh().send().unwrap();
    let refused = fresh()
        .param("ReturnValuesOnConditionCheckFailure", "ALL_OLD")
        .send();
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Some("ConditionalCheckFailedException"));
    let known = &refused.service_error().unwrap().value["Item"];
    assert_eq!(known["poster"], json!({"$binary": "AAH/"}));

    let found: Film = films.get(&key).consistent().item().unwrap().unwrap();
    assert_eq!(found, metropolis);
    let title: Option<Value> = films.get(&key).projection(["title"]).item().unwrap();
    assert_eq!(title, Some(json!({"title": "Metropolis"})));
    let none: Option<Film> = films
        .get(json!({"country": "de", "year": 1}))
        .item()
        .unwrap();
    assert_eq!(none, None);

    let update = Update::new()
        .set("title", "Metropolis (restored)")
        .set("info", json!({"views": [1]}))
        .add("runs", 2)
        .delete("genres", Set(vec!["drama"]))
        .remove("poster");
    let new = films
        .update(&key, update)
        .returning(ReturnValues::AllNew)
        .item::<Value>();
    let new = new.unwrap().unwrap();
    assert_eq!(new["genres"], json!({"$set": ["science fiction"]}));
    assert_eq!(
        (&new["runs"], &new["info"]),
        (&json!(2), &json!({"views": [1]}))
    );
    assert_eq!(new.get("poster"), None);
    let more = Update::new()
        .append("info.views", [2, 3])
        .set_if_missing("runs", 7);
    let held = Attr("info.views[0]").eq(1)
        & Attr("title").begins_with("Metro")
        & Attr("genres").size().eq(1);
    films.update(&key, more).condition(held).send().unwrap();
    let gone: Option<Value> = films
        .delete(&key)
        .returning(ReturnValues::AllOld)
        .item()
        .unwrap();
    let gone = gone.unwrap();
    assert_eq!(
        (&gone["runs"], &gone["info"]),
        (&json!(2), &json!({"views": [1, 2, 3]}))
    );
}

fn many_items(films: &Table) {
    let countries = ["br", "de", "fr"];
    films
        .with_batch_writer(|writer| {
            writer.overwrite_by_keys(["country", "year"]);
            for year in 1900..1960 {
                for country in countries {
                    writer.put(film(country, year, "draft"))?;
                    writer.put(film(country, year, &format!("{country} {year}")))?;
                }
            }
            writer.delete(json!({"country": "br", "year": 1900}))
        })
        .unwrap();
    assert_eq!(films.scan().count().unwrap(), 179);
    let drafts = films.scan().filter(Attr("title").eq("draft"));
    assert_eq!(drafts.items::<Film>().count(), 0);

    let forties = films.query(Key("country").eq("de") & Key("year").between(1940, 1949));
    let odd = forties
        .filter(!Attr("title").is_in(["de 1940", "de 1941"]))
        .descending()
        .page_size(3);
    let titles: Vec<String> = odd
        .items::<Film>()
        .map(|film| film.unwrap().title)
        .collect();
    let expected: Vec<String> = (1942..1950)
        .rev()
        .map(|year| format!("de {year}"))
        .collect();
    assert_eq!(titles, expected);

    let scanned = films.parallel_scan(3).page_size(20).items::<Film>();
    let mut scanned: Vec<String> = scanned.map(|film| film.unwrap().title).collect();
    scanned.sort_unstable();
    scanned.dedup();
    assert_eq!(scanned.len(), 179);

    let keys = (1900..1960)
        .flat_map(|year| countries.map(|country| json!({"country": country, "year": year})));
    let found = films
        .batch_get(keys)
        .consistent()
        .projection(["title"])
        .items::<Value>();
    let found = found.collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(found.len(), 179);
    assert!(
        found
            .iter()
            .all(|item| item.as_object().unwrap().len() == 1)
    );
}
