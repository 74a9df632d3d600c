//! From one resource to others.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ResourceError;
use super::identifiers::{Completion, Identifiers};
use super::{Action, Category, Definition, IdentifierSource, Outcome, Relation, Resource};
use crate::error::Result;
use crate::model::resource::{Origin, Rows};
use crate::model::{Kind, ServiceModel, ShapeId};
use crate::query::Query;

impl Resource {
    /// A resource that belongs to this one, by the identifiers that this one does not know. The service is not asked.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let bucket = client.resource("s3")?.sub("Bucket", "b")?;
    /// let object = bucket.sub("Object", "k")?;
    /// assert_eq!(format!("{object:?}"), r#"s3.Object(bucket_name="b", key="k")"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such sub-resource, or it has other identifiers.
    pub fn sub(&self, name: &str, identifiers: impl Into<Identifiers>) -> Result<Self> {
        let key = &self.find(Category::Subresource, name)?.key;
        let relation = self.definition().subresources.get(key);
        let relation = relation.ok_or_else(|| self.no_such(Category::Subresource, name))?;
        let definition = self.definitions().get(&relation.resource_type)?;
        let mut values = vec![None; definition.identifiers.len()];
        for rule in &relation.identifiers {
            if let IdentifierSource::Identifier { name } = &rule.source
                && let Some(index) = definition.identifier_index(&rule.target)
            {
                values[index] = Some(self.identifier_by_key(name)?.clone());
            }
        }
        let values = Completion {
            place: format!("{}.{}", self.service(), definition.name),
            definition: &definition,
        }
        .complete(values, identifiers.into())?;
        let context = self.0.context.clone();
        Ok(Self::new(context, definition, values, None))
    }

    /// The resource that an attribute names, if it names one. Attributes are asked for if none is known yet.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let answer = "<R><volumeSet/><snapshotSet><item><volumeId>vol-1</volumeId></item></snapshotSet></R>";
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[], answer))?;
    /// let snapshot = client.resource("ec2")?.sub("Snapshot", "snap-1")?;
    /// if let Some(volume) = snapshot.reference("volume")? {
    ///     println!("{volume:?}"); // ec2.Volume(id="vol-1")
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such reference, it is to several resources, or the attributes cannot be had.
    pub fn reference(&self, name: &str) -> Result<Option<Self>> {
        let relation = self.reference_definition(name)?;
        if relation.is_plural() {
            let (place, name) = (self.place(), name.into());
            return Err(ResourceError::Plural { place, name }.into());
        }
        Ok(self.references(name)?.pop())
    }

    /// The resources that attributes name: any number of them. Attributes are asked for if none is known yet.
    ///
    /// ```
    /// # let answer = "<R><routeTableSet><item><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>\
    /// #     </item></routeSet></item></routeTableSet></R>";
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[], answer))?;
    /// let table = client.resource("ec2")?.sub("RouteTable", "rtb-1")?;
    /// for route in table.references("routes")? {
    ///     println!("{route:?}"); // ec2.Route(route_table_id="rtb-1", destination_cidr_block="10.0.0.0/16")
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such reference, or the attributes cannot be had.
    pub fn references(&self, name: &str) -> Result<Vec<Self>> {
        let relation = self.reference_definition(name)?;
        let data = self.known()?.unwrap_or_default();
        let sources = Sources {
            data: Some(&data),
            params: &Value::Null,
            // what is known of the others stands in the attributes too
            response: &data,
        };
        Ok(self.lead(relation, &sources)?.all())
    }

    fn reference_definition(&self, name: &str) -> Result<&Relation> {
        let key = &self.find(Category::Reference, name)?.key;
        let relation = self.definition().references.get(key);
        relation.ok_or_else(|| self.no_such(Category::Reference, name))
    }

    /// What an action gives: the resources in its answer, an empty value in their place, or the answer.
    pub(super) fn outcome(
        &self,
        action: &Action,
        params: &Value,
        answer: Value,
    ) -> Result<Outcome> {
        let Some(relation) = &action.resource else {
            return Ok(Outcome::Value(match &action.path {
                Some(path) => self.search(path, &answer)?,
                None => answer,
            }));
        };
        Ok(
            match self.lead(relation, &Sources::of_call(params, &answer))? {
                Led::Nowhere => {
                    let model = self.definitions().model();
                    let operation = model.operation(&action.request.operation)?;
                    Outcome::Value(empty(model, operation.output, relation.path.as_ref())?)
                }
                Led::ToOne(one) => Outcome::Resource(one),
                Led::ToMany(all) => Outcome::Resources(all),
            },
        )
    }

    /// The resources of a page.
    pub(super) fn on_page(
        &self,
        relation: &Relation,
        params: &Value,
        page: &Value,
    ) -> Result<Vec<Self>> {
        Ok(self.lead(relation, &Sources::of_call(params, page))?.all())
    }

    fn lead(&self, relation: &Relation, sources: &Sources<'_>) -> Result<Led> {
        let listed = self.definitions().get(&relation.resource_type)?;
        if let Some(rows) = relation.rows() {
            return self.lead_by_rows(relation, &listed, rows, sources);
        }
        let rules = relation.identifiers.iter();
        let values = rules.map(|rule| self.identifier_from(&rule.source, sources));
        let values = values.collect::<Result<Vec<_>>>()?;
        let path = relation.path.as_ref();
        let data = path.map(|path| self.search(path, sources.response));
        let data = data.transpose()?;
        let lists = values.iter().filter_map(Value::as_array);
        if let Some(length) = lists.map(Vec::len).min() {
            // lists go side by side, and what is no list is the same for all
            let at = |value: &Value, n: usize| match value {
                Value::Array(list) => list[n].clone(),
                one => one.clone(),
            };
            let each = (0..length).map(|n| {
                let values = values.iter().map(|value| at(value, n)).collect();
                let data = data.as_ref().and_then(|data| data.get(n)).cloned();
                self.made(relation, &listed, values, data)
            });
            return Ok(Led::ToMany(each.flatten().collect()));
        }
        Ok(match self.made(relation, &listed, values, data) {
            Some(one) => Led::ToOne(one),
            None if relation.is_plural() => Led::ToMany(Vec::new()),
            None => Led::Nowhere,
        })
    }

    /// Elements of one list: what an element has no identifier for is left out, with its attributes.
    fn lead_by_rows(
        &self,
        relation: &Relation,
        listed: &Arc<Definition>,
        rows: &Rows,
        sources: &Sources<'_>,
    ) -> Result<Led> {
        let Value::Array(list) = self.find_in(sources, rows.origin, &rows.list)? else {
            return Ok(Led::ToMany(Vec::new()));
        };
        let mut made = Vec::with_capacity(list.len());
        for row in list {
            let places = relation.identifiers.iter().zip(&rows.columns);
            let values = places.map(|(rule, column)| match column {
                Some(column) => self.search(column, &row),
                None => self.identifier_from(&rule.source, sources),
            });
            let values = values.collect::<Result<Vec<_>>>()?;
            let data = relation.path.is_some().then_some(row);
            made.extend(self.made(relation, listed, values, data));
        }
        Ok(Led::ToMany(made))
    }

    fn identifier_from(&self, source: &IdentifierSource, sources: &Sources<'_>) -> Result<Value> {
        match (source, source.path()) {
            (_, Some((origin, path))) => self.find_in(sources, origin, path),
            (IdentifierSource::Identifier { name }, _) => self.identifier_by_key(name).cloned(),
            _ => Ok(Value::Null),
        }
    }

    fn find_in(&self, sources: &Sources<'_>, origin: Origin, path: &Query) -> Result<Value> {
        match origin {
            Origin::Data => match sources.data {
                Some(data) => self.search(path, data),
                None => self.search(path, &*self.loaded()?),
            },
            Origin::Params => self.search(path, sources.params),
            Origin::Response => self.search(path, sources.response),
        }
    }

    /// The resource with these identifiers, in the relation's order; none where one is missing. One that the relation does
    /// not name may be among the attributes.
    fn made(
        &self,
        relation: &Relation,
        listed: &Arc<Definition>,
        values: Vec<Value>,
        data: Option<Value>,
    ) -> Option<Self> {
        let mut ordered = vec![Value::Null; listed.identifiers.len()];
        for (rule, value) in relation.identifiers.iter().zip(values) {
            ordered[listed.identifier_index(&rule.target)?] = value;
        }
        let data = data.filter(|data| !data.is_null());
        for (identifier, value) in listed.identifiers.iter().zip(&mut ordered) {
            if let (Value::Null, Some(member), Some(data)) =
                (&value, &identifier.member_name, &data)
            {
                *value = data.get(&**member).cloned().unwrap_or_default();
            }
        }
        let is_whole = !ordered.iter().any(Value::is_null);
        is_whole.then(|| {
            let (context, definition) = (self.0.context.clone(), listed.clone());
            Self::new(context, definition, ordered.into(), data)
        })
    }
}

/// What the expressions of a relation are asked of.
struct Sources<'a> {
    /// The attributes, if they were asked for already.
    data: Option<&'a Value>,
    params: &'a Value,
    response: &'a Value,
}

impl<'a> Sources<'a> {
    fn of_call(params: &'a Value, response: &'a Value) -> Self {
        Self {
            data: None,
            params,
            response,
        }
    }
}

/// Where a relation leads.
enum Led {
    Nowhere,
    ToMany(Vec<Resource>),
    ToOne(Resource),
}

impl Led {
    fn all(self) -> Vec<Resource> {
        match self {
            Self::Nowhere => Vec::new(),
            Self::ToMany(all) => all,
            Self::ToOne(one) => vec![one],
        }
    }
}

/// The empty value of the kind that the output has at a path.
fn empty(model: &ServiceModel, output: Option<ShapeId>, path: Option<&Query>) -> Result<Value> {
    let Some(mut at) = output else {
        return Ok(Value::Null);
    };
    for name in path.iter().flat_map(|path| path.text().split('.')) {
        let name = name.split('[').next().unwrap_or_default();
        if let Kind::List(member) = &model.shape(at)?.kind {
            at = member.target;
        }
        let members = model.shape(at)?.members();
        if let Some(member) = members.and_then(|members| members.get(name)) {
            at = member.target;
        }
    }
    Ok(match &model.shape(at)?.kind {
        Kind::List(_) => json!([]),
        Kind::Map { .. } | Kind::Structure(_) => json!({}),
        _ => Value::Null,
    })
}
