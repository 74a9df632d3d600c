//! Relations between resources.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ResourceError;
use super::identifiers::{Completion, Identifiers};
use super::{Action, ActionOutput, Category, Definition, IdentifierSource, Relation, Resource};
use crate::error::Result;
use crate::model::resource::{Origin, Rows};
use crate::model::{Kind, ServiceModel, ShapeId};
use crate::query::Query;

impl Resource {
    /// Returns a sub-resource by its own identifiers. No request is sent.
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
    /// Returns an error if the sub-resource is unknown or has other identifiers.
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

    /// Returns the resource that the attributes refer to, if any. Loads the attributes if none are known yet.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let response = "<R><volumeSet/><snapshotSet><item><volumeId>vol-1</volumeId></item></snapshotSet></R>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], response))?;
    /// let snapshot = client.resource("ec2")?.sub("Snapshot", "snap-1")?;
    /// if let Some(volume) = snapshot.reference("volume")? {
    ///     println!("{volume:?}"); // ec2.Volume(id="vol-1")
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the reference is unknown, refers to multiple resources, or the attributes cannot be loaded.
    pub fn reference(&self, name: &str) -> Result<Option<Self>> {
        let relation = self.reference_definition(name)?;
        if relation.is_plural() {
            let (place, name) = (self.place(), name.into());
            return Err(ResourceError::Plural { place, name }.into());
        }
        Ok(self.references(name)?.pop())
    }

    /// Returns the resources that the attributes refer to. Loads the attributes if none are known yet.
    ///
    /// ```
    /// # let response = "<R><routeTableSet><item><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>\
    /// #     </item></routeSet></item></routeTableSet></R>";
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], response))?;
    /// let table = client.resource("ec2")?.sub("RouteTable", "rtb-1")?;
    /// for route in table.references("routes")? {
    ///     println!("{route:?}"); // ec2.Route(route_table_id="rtb-1", destination_cidr_block="10.0.0.0/16")
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the reference is unknown or the attributes cannot be loaded.
    pub fn references(&self, name: &str) -> Result<Vec<Self>> {
        let relation = self.reference_definition(name)?;
        let data = self.known()?.unwrap_or_default();
        let sources = Sources {
            data: Some(&data),
            params: &Value::Null,
            // the attributes contain the data of the others, too
            response: &data,
        };
        Ok(self.resolve(relation, &sources)?.all())
    }

    fn reference_definition(&self, name: &str) -> Result<&Relation> {
        let key = &self.find(Category::Reference, name)?.key;
        let relation = self.definition().references.get(key);
        relation.ok_or_else(|| self.no_such(Category::Reference, name))
    }

    /// The result of an action: the resources in the response, an empty value in their place, or the response.
    pub(super) fn action_output(
        &self,
        action: &Action,
        params: &Value,
        response: Value,
    ) -> Result<ActionOutput> {
        let Some(relation) = &action.resource else {
            return Ok(ActionOutput::Value(match &action.path {
                Some(path) => self.search(path, &response)?,
                None => response,
            }));
        };
        Ok(
            match self.resolve(relation, &Sources::of_call(params, &response))? {
                Resolved::None => {
                    let model = self.definitions().model();
                    let operation = model.operation(&action.request.operation)?;
                    ActionOutput::Value(empty(model, operation.output, relation.path.as_ref())?)
                }
                Resolved::One(one) => ActionOutput::Resource(one),
                Resolved::Many(all) => ActionOutput::Resources(all),
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
        Ok(self
            .resolve(relation, &Sources::of_call(params, page))?
            .all())
    }

    fn resolve(&self, relation: &Relation, sources: &Sources<'_>) -> Result<Resolved> {
        let listed = self.definitions().get(&relation.resource_type)?;
        if let Some(rows) = relation.rows() {
            return self.resolve_rows(relation, &listed, rows, sources);
        }
        let rules = relation.identifiers.iter();
        let values = rules.map(|rule| self.identifier_from(&rule.source, sources));
        let values = values.collect::<Result<Vec<_>>>()?;
        let path = relation.path.as_ref();
        let data = path.map(|path| self.search(path, sources.response));
        let data = data.transpose()?;
        let lists = values.iter().filter_map(Value::as_array);
        if let Some(length) = lists.map(Vec::len).min() {
            // lists are zipped; other values are the same for all resources
            let at = |value: &Value, n: usize| match value {
                Value::Array(list) => list[n].clone(),
                one => one.clone(),
            };
            let each = (0..length).map(|n| {
                let values = values.iter().map(|value| at(value, n)).collect();
                let data = data.as_ref().and_then(|data| data.get(n)).cloned();
                self.build(relation, &listed, values, data)
            });
            return Ok(Resolved::Many(each.flatten().collect()));
        }
        Ok(match self.build(relation, &listed, values, data) {
            Some(one) => Resolved::One(one),
            None if relation.is_plural() => Resolved::Many(Vec::new()),
            None => Resolved::None,
        })
    }

    /// Resolves a relation whose identifiers come from the elements of one list. Elements without an identifier are skipped.
    fn resolve_rows(
        &self,
        relation: &Relation,
        listed: &Arc<Definition>,
        rows: &Rows,
        sources: &Sources<'_>,
    ) -> Result<Resolved> {
        let Value::Array(list) = self.find_in(sources, rows.origin, &rows.list)? else {
            return Ok(Resolved::Many(Vec::new()));
        };
        let mut resources = Vec::with_capacity(list.len());
        for row in list {
            let columns = relation.identifiers.iter().zip(&rows.columns);
            let values = columns.map(|(rule, column)| match column {
                Some(column) => self.search(column, &row),
                None => self.identifier_from(&rule.source, sources),
            });
            let values = values.collect::<Result<Vec<_>>>()?;
            let data = relation.path.is_some().then_some(row);
            resources.extend(self.build(relation, listed, values, data));
        }
        Ok(Resolved::Many(resources))
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

    /// Creates the resource with these identifiers, in the relation's order; `None` if one is missing. Identifiers that the
    /// relation does not name may be among the attributes.
    fn build(
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

/// The inputs of a relation's expressions.
struct Sources<'a> {
    /// The attributes, if they have been loaded.
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

/// The resources that a relation resolves to.
enum Resolved {
    Many(Vec<Resource>),
    None,
    One(Resource),
}

impl Resolved {
    fn all(self) -> Vec<Resource> {
        match self {
            Self::None => Vec::new(),
            Self::Many(all) => all,
            Self::One(one) => vec![one],
        }
    }
}

/// The empty value of the type that the output has at a path.
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
