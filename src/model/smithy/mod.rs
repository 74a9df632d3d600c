//! The Smithy dialect: the JSON AST of Smithy 1.0 and 2.0, the form in which AWS publishes its models.
//!
//! ```text
//!  text ──flatten──► without mixins and `apply` ──parse──► the service shape, and an index of operations and shapes
//! ```
//! A shape has the name that follows `#` in its id, or that of the service's `rename`. If two namespaces have the name, only the shape of
//! the service's own namespace has it, and others are known by their ids. `@default`s are neither sent nor added to results: the service
//! applies them.

mod files;
mod flatten;
mod notes;
mod operation;
mod prelude;
mod service;
mod shape;
mod traits;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::service::{RawService, Reference};
use super::dialect::Dialect;
use super::index::Index;
use super::ordered::Ordered;
use super::text::Text;
use super::{Documentation, Notes, Operation, ServiceModel, Shape, ShapeId};
use crate::error::{Error, Result};

/// What the dialect keeps of a model beside its index.
#[derive(Default)]
pub(super) struct Smithy {
    /// The text of the service shape.
    service: Range<usize>,
    /// The ids of the errors that all operations have.
    errors: Vec<String>,
    /// The id of the operation that discovers endpoints.
    endpoint_operation: Option<String>,
    /// The names of shapes with another name than their id says, by id.
    renamed: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Top<'a> {
    #[serde(borrow)]
    smithy: Text<'a>,
    #[serde(borrow, default)]
    shapes: Ordered<&'a str, &'a RawValue>,
}

/// The shapes of a model, by id.
struct Shapes<'a> {
    all: Vec<(&'a str, &'a RawValue)>,
    by_id: HashMap<&'a str, &'a RawValue>,
}

/// Reads a model in Smithy's JSON AST.
pub(super) fn parse(name: &str, text: String) -> Result<ServiceModel> {
    let invalid = |e: &dyn fmt::Display| Error::model(format!("{name}: {e}"));
    let mut text = match flatten::flatten(&text).map_err(|e| invalid(&e))? {
        Some(flat) => flat,
        None => text,
    };
    let len = text.len();
    text.push_str(prelude::SHAPES);
    if u32::try_from(text.len()).is_err() {
        return Err(invalid(&"the model is larger than 4 GiB"));
    }
    let text: Arc<str> = text.into();
    let (own, prelude) = text.split_at(len);
    let parsed = parts(name, own, prelude).map_err(|e| invalid(&e))?;
    let Parts {
        service,
        service_name,
        raw,
        shapes,
        operations,
        renamed,
    } = parsed;
    let start = service.as_ptr() as usize - text.as_ptr() as usize;
    let ids = |list: &[Reference<'_>]| list.iter().map(|r| r.target.to_string()).collect();
    let dialect = Smithy {
        service: start..start + service.len(),
        errors: ids(&raw.errors),
        endpoint_operation: raw.endpoint_operation().map_err(|e| invalid(&e))?,
        renamed: (renamed.iter())
            .map(|(id, name)| ((*id).to_owned(), (*name).to_owned()))
            .collect(),
    };
    Ok(ServiceModel {
        name: name.into(),
        dialect: Arc::new(dialect),
        metadata: raw.metadata(service_name).map_err(|e| invalid(&e))?,
        operations: Index::new(operations.into_iter(), &text).map_err(|e| invalid(&e))?,
        shapes: Index::new(shapes.into_iter(), &text).map_err(|e| invalid(&e))?,
        text,
        summary: None,
    })
}

/// The parts of a model, borrowed from its text.
struct Parts<'a> {
    service: &'a str,
    service_name: &'a str,
    raw: RawService<'a>,
    /// Names and texts.
    shapes: Vec<(&'a str, &'a str)>,
    operations: Vec<(&'a str, &'a str)>,
    /// The names of shapes that are not those of their ids.
    renamed: Vec<(&'a str, &'a str)>,
}

fn parts<'a>(name: &str, own: &'a str, prelude: &'a str) -> Result<Parts<'a>, String> {
    let shapes = Shapes::of(own)?;
    let (id, service) = shapes.service(name)?;
    let raw: RawService<'a> =
        serde_json::from_str(service.get()).map_err(|e| format!("service {id}: {e}"))?;
    let called = shapes.operations(&raw)?;
    let (namespace, service_name) = id.split_once('#').unwrap_or(("", id));
    let prelude: Ordered<&str, &RawValue> =
        serde_json::from_str(prelude).map_err(|e| e.to_string())?;
    let is_own = |id: &str| {
        id.split_once('#')
            .is_some_and(|(found, _)| found == namespace)
    };
    let is_taken = |name: &str| shapes.by_id.contains_key(&*format!("{namespace}#{name}"));
    let mut names = HashSet::new();
    let mut parts = Parts {
        service: service.get(),
        service_name,
        raw,
        shapes: Vec::new(),
        operations: Vec::new(),
        renamed: Vec::new(),
    };
    for (id, shape) in shapes.all.into_iter().chain(prelude.0) {
        let short = id.split_once('#').map_or(id, |(_, short)| short);
        match &*kind(shape.get())? {
            "operation" => {
                if called.contains(id) {
                    parts.operations.push((short, shape.get()));
                }
                continue;
            }
            "service" | "resource" => continue,
            _ => {}
        }
        let name = match parts.raw.rename.get(id) {
            Some(name) => *name,
            None if is_own(id) || !(is_taken(short) || names.contains(short)) => short,
            None => id,
        };
        names.insert(name);
        if name != short {
            parts.renamed.push((id, name));
        }
        parts.shapes.push((name, shape.get()));
    }
    Ok(parts)
}

impl<'a> Shapes<'a> {
    fn of(text: &'a str) -> Result<Self, String> {
        let top: Top<'a> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        match top.smithy.split('.').next() {
            Some("1" | "2") => {}
            _ => {
                return Err(format!(
                    "version {:?} of Smithy is not supported",
                    &*top.smithy
                ));
            }
        }
        let by_id = top.shapes.0.iter().copied().collect();
        Ok(Self {
            all: top.shapes.0,
            by_id,
        })
    }

    /// The service shape: the only one, or the one whose name or service id is this.
    fn service(&self, name: &str) -> Result<(&'a str, &'a RawValue), String> {
        let mut found = Vec::new();
        for (id, shape) in &self.all {
            if kind(shape.get())? == "service" {
                found.push((*id, *shape));
            }
        }
        let is_wanted = |(id, shape): &&(&str, &RawValue)| {
            let short = id.split_once('#').map_or(*id, |(_, short)| short);
            let raw: Option<RawService<'_>> = serde_json::from_str(shape.get()).ok();
            let service_id = raw.and_then(|raw| raw.service_id(short).ok());
            let is = |known: &str| crate::names::plain(known) == crate::names::plain(name);
            is(short) || service_id.is_some_and(|id| is(&id))
        };
        match &found[..] {
            [] => Err("the model has no service shape".into()),
            [only] => Ok(*only),
            several => several.iter().find(is_wanted).copied().ok_or_else(|| {
                let ids: Vec<&str> = several.iter().map(|(id, _)| *id).collect();
                format!(
                    "the model has several services, and none has this name: {}",
                    ids.join(", ")
                )
            }),
        }
    }

    /// The ids of the operations of a service and of its resources.
    fn operations(&self, service: &RawService<'_>) -> Result<HashSet<String>, String> {
        let ids = |list: &[Reference<'_>]| -> Vec<String> {
            list.iter()
                .map(|reference| reference.target.to_string())
                .collect()
        };
        let mut operations: HashSet<String> = ids(&service.operations).into_iter().collect();
        let mut resources = ids(&service.resources);
        let mut visited = HashSet::new();
        while let Some(id) = resources.pop() {
            if !visited.insert(id.clone()) {
                continue;
            }
            let shape = self.by_id.get(&*id);
            let shape = shape.ok_or_else(|| format!("there is no resource {id}"))?;
            let resource: Resource<'_> =
                serde_json::from_str(shape.get()).map_err(|e| format!("resource {id}: {e}"))?;
            let Resource {
                create,
                put,
                read,
                update,
                delete,
                list,
                ..
            } = &resource;
            let lifecycle = [create, put, read, update, delete, list]
                .into_iter()
                .flatten();
            operations.extend(lifecycle.map(|reference| reference.target.to_string()));
            operations.extend(ids(&resource.operations));
            operations.extend(ids(&resource.collection_operations));
            resources.extend(ids(&resource.resources));
        }
        match operations
            .iter()
            .find(|id| !self.by_id.contains_key(&***id))
        {
            Some(id) => Err(format!("there is no operation {id}")),
            None => Ok(operations),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(borrow)]
    create: Option<Reference<'a>>,
    put: Option<Reference<'a>>,
    read: Option<Reference<'a>>,
    update: Option<Reference<'a>>,
    delete: Option<Reference<'a>>,
    list: Option<Reference<'a>>,
    operations: Vec<Reference<'a>>,
    collection_operations: Vec<Reference<'a>>,
    resources: Vec<Reference<'a>>,
}

/// The type of a shape. It is nearly always the first member of its text, whose rest is then not read.
fn kind(text: &str) -> Result<Cow<'_, str>, String> {
    let after = |text: &'_ str, prefix: &str| -> Option<usize> {
        let rest = text.trim_start().strip_prefix(prefix)?;
        Some(text.len() - rest.len())
    };
    let first = || {
        let mut at = 0;
        for token in ["{", "\"type\"", ":", "\""] {
            at += after(&text[at..], token)?;
        }
        let end = text[at..].find('"')?;
        let kind = &text[at..at + end];
        (!kind.contains('\\')).then_some(kind)
    };
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: Text<'a>,
    }
    match first() {
        Some(kind) => Ok(kind.into()),
        None => serde_json::from_str::<Kind<'_>>(text)
            .map(|shape| shape.kind.0)
            .map_err(|e| e.to_string()),
    }
}

/// Reads the service id of a model alone.
pub(super) fn service_id(text: &str) -> Result<String, String> {
    let shapes = Shapes::of(text)?;
    let (id, service) = shapes.service("")?;
    let raw: RawService<'_> = serde_json::from_str(service.get()).map_err(|e| e.to_string())?;
    raw.service_id(id.split_once('#').map_or(id, |(_, short)| short))
}

/// Whether this is the id of a shape that is not renamed: its name is a part of its id, which is in the model's text.
fn has_id(model: &ServiceModel, shape: ShapeId, id: &str) -> bool {
    let name = model.shape_name(shape);
    let end = name.as_ptr() as usize - model.text.as_ptr() as usize + name.len();
    let before = model.text[..end].strip_suffix(id);
    before.is_some_and(|before| before.ends_with('"'))
}

impl Smithy {
    /// The shape with this id.
    fn find(&self, model: &ServiceModel, id: &str) -> Result<ShapeId, String> {
        let found = match self.renamed.get(id) {
            Some(name) => model.shape_id(name),
            None => {
                let short = id.split_once('#').map_or(id, |(_, short)| short);
                let found = model.shape_id(short);
                // the name may be that of a shape in another namespace
                found.filter(|found| has_id(model, *found, id))
            }
        };
        found.ok_or_else(|| format!("there is no shape {id}"))
    }

    fn raw<'m>(&self, model: &'m ServiceModel) -> Result<RawService<'m>, String> {
        serde_json::from_str(&model.text[self.service.clone()]).map_err(|e| e.to_string())
    }
}

impl Dialect for Smithy {
    fn operation(&self, model: &ServiceModel, name: &str, text: &str) -> Result<Operation, String> {
        operation::parse(self, model, name, text)
    }

    fn shape(&self, model: &ServiceModel, _: ShapeId, text: &str) -> Result<Shape, String> {
        shape::parse(self, model, text)
    }

    fn requires_discovery(&self, operation: &str) -> bool {
        operation::requires_discovery(operation)
    }

    fn notes(&self, text: &str) -> Notes {
        notes::read(text)
    }

    fn documentation(&self, model: &ServiceModel) -> Option<Documentation> {
        self.raw(model).ok()?.documentation()
    }

    fn file(&self, model: &ServiceModel, kind: &str) -> Result<Option<String>, String> {
        files::file(self, model, kind)
    }
}
