//! The embedded resource definitions, verified against the models: every operation, parameter, path, type and waiter that they
//! name exists.

use std::sync::Arc;

use jmespath::ast::Ast;
use tucuxi::Client;
use tucuxi::model::{Kind, Operation, ServiceModel, ShapeId};
use tucuxi::query::Query;
use tucuxi::resource::{
    Action, ActionRequest, Category, Definition, Definitions, IdentifierSource, Param, ParamSource,
    Relation,
};
use tucuxi::transport::Replay;

use crate::support::client::IntoClient;
use crate::unsigned;

/// Known faults of the data, with the reason why each is harmless.
const FAULTS: &[(&str, &str)] = &[
    (
        "ec2.NetworkInterfaceAssociation has Address: AllocationId: InstanceNetworkInterfaceAssociation has no member AllocationId",
        "its load gives the members of NetworkInterfaceAssociation, which has one",
    ),
    (
        "iam.ServiceResource action CreateSigningCertificate: 1 identifiers make no SigningCertificate",
        "the other one is found among the attributes, by its member name",
    ),
    (
        "iam.ServiceResource has Policy: Policy has no identifier PolicyArn",
        "the caller gives it, in its order or by its own name",
    ),
];

#[test]
fn nine_services_have_resources() {
    let services = [
        "cloudformation",
        "cloudwatch",
        "dynamodb",
        "ec2",
        "glacier",
        "iam",
        "s3",
        "sns",
        "sqs",
    ];
    let client = unsigned().over(Replay::new());
    let found = client.introspect().resources().unwrap();
    assert!(found.iter().map(|name| &**name).eq(services));
    for service in services {
        assert_eq!(client.resource(service).unwrap().service(), service);
    }
}

#[test]
fn everything_that_definitions_name_exists() {
    let client = unsigned().over(Replay::new());
    let (mut types, mut checked, mut faults) = (0, 0, Vec::new());
    for service in client.introspect().resources().unwrap() {
        let resource = client.resource(&service).unwrap();
        let all = resource.definitions();
        let known = client.introspect().service(&service).unwrap();
        let waiters = known.waiters().unwrap();
        let mut definitions = vec![all.service().unwrap()];
        definitions.extend(all.types().map(|name| all.get(name).unwrap()));
        for definition in definitions {
            let mut walk = Walk {
                client: &client,
                all,
                waiters: &waiters,
                definition,
                place: String::new(),
                checked: 0,
                faults: Vec::new(),
            };
            walk.definition();
            types += 1;
            checked += walk.checked;
            faults.extend(walk.faults);
        }
    }
    let known = |fault: &String| FAULTS.iter().any(|(known, _)| fault == known);
    let new: Vec<_> = faults.iter().filter(|fault| !known(fault)).collect();
    assert!(new.is_empty(), "{new:#?}");
    assert_eq!(faults.len(), FAULTS.len(), "a fault is gone: {faults:#?}");
    eprintln!("{types} definitions, of which {checked} names and paths were looked up");
    assert_eq!(types, 89);
    assert_eq!(checked, 3155);
}

/// A definition and the faults that were found in it.
struct Walk<'a> {
    client: &'a Client,
    all: &'a Definitions,
    waiters: &'a [String],
    definition: Arc<Definition>,
    place: String,
    checked: usize,
    faults: Vec<String>,
}

impl Walk<'_> {
    fn definition(&mut self) {
        let definition = self.definition.clone();
        for identifier in &definition.identifiers {
            if let Some(member) = &identifier.member_name {
                self.at("identifier", &identifier.name);
                let found = self
                    .own_shape()
                    .and_then(|shape| self.member(shape, member));
                self.check(found);
            }
        }
        if let Some(load) = &definition.load {
            self.at("load", "");
            self.action(load);
            let output = self.operation(&load.request).output;
            self.path(load.path.as_ref().unwrap(), output);
        }
        for (name, action) in &definition.actions {
            self.at("action", name);
            self.action(action);
        }
        for (name, action) in &definition.batch_actions {
            self.at("batch action", name);
            self.action(action);
        }
        for (name, action) in &definition.collections {
            self.at("collection", name);
            self.action(action);
            assert!(
                action.resource.as_ref().unwrap().is_plural(),
                "{}",
                self.place
            );
        }
        for (name, relation) in definition.references.iter().chain(&definition.subresources) {
            self.at("has", name);
            self.relation(relation, None);
        }
        for (name, waiter) in &definition.waiters {
            self.at("waiter", name);
            let found = self.waiters.contains(&waiter.waiter_name.to_string());
            self.check(
                found
                    .then_some(())
                    .ok_or_else(|| "there is no such waiter".into()),
            );
            let service = self.all.model().name();
            let waits = self
                .client
                .introspect()
                .service(service)
                .and_then(|known| known.waiter(&waiter.waiter_name));
            let operation = self.all.model().operation(&waits.unwrap().1.operation);
            self.params(&waiter.params, operation.unwrap().input);
        }
        // all have names
        for category in [
            (Category::Action, definition.actions.len()),
            (Category::Collection, definition.collections.len()),
            (Category::Identifier, definition.identifiers.len()),
            (Category::Reference, definition.references.len()),
            (Category::Subresource, definition.subresources.len()),
            (Category::Waiter, definition.waiters.len()),
        ] {
            assert_eq!(definition.names(category.0).len(), category.1);
        }
    }

    fn action(&mut self, action: &Action) {
        let operation = self.operation(&action.request);
        let (input, output) = (operation.input, operation.output);
        self.params(&action.request.params, input);
        match (&action.resource, &action.path) {
            (Some(relation), _) => self.relation(relation, Some(&action.request)),
            (None, Some(path)) => self.path(path, output),
            (None, None) => {}
        }
    }

    fn params(&mut self, params: &[Param], input: Option<ShapeId>) {
        for param in params {
            let mut at = input.map(Type::Shape);
            for step in param.target.steps() {
                let (name, is_list) = (step.name(), step.is_list());
                let found = match at.take() {
                    Some(Type::Shape(shape)) => self.member(shape, name),
                    _ => Err(format!("{}: there is nothing below", param.target)),
                };
                let found = found.and_then(|shape| match (is_list, self.kind(shape)) {
                    (true, Kind::List(member)) => Ok(member.target),
                    (false, Kind::List(_)) | (true, _) => {
                        Err(format!("{}: {name} is a list, or is none", param.target))
                    }
                    (false, _) => Ok(shape),
                });
                at = found.as_ref().ok().map(|shape| Type::Shape(*shape));
                self.check(found);
            }
            match &param.source {
                ParamSource::Data { path } => {
                    let own = self.own_shape().ok();
                    self.path(path, own);
                }
                ParamSource::Identifier { name } => self.own_identifier(name),
                _ => {}
            }
        }
    }

    /// `request` is the call. Without a call, the caller may provide identifiers.
    fn relation(&mut self, relation: &Relation, request: Option<&ActionRequest>) {
        let Ok(listed) = self.all.get(&relation.resource_type) else {
            return self.check::<()>(Err(format!("there is no type {}", relation.resource_type)));
        };
        let operation = request.map(|request| self.operation(request));
        let output = operation.as_ref().and_then(|operation| operation.output);
        let input = operation.as_ref().and_then(|operation| operation.input);
        for rule in &relation.identifiers {
            let mut targets = listed.identifiers.iter();
            let is_there = targets.any(|one| one.name == rule.target);
            let fault = || format!("{} has no identifier {}", listed.name, rule.target);
            self.check(is_there.then_some(()).ok_or_else(fault));
            let own = self.own_shape().ok();
            match &rule.source {
                IdentifierSource::Data { path } => self.path(path, own),
                IdentifierSource::Identifier { name } => self.own_identifier(name),
                IdentifierSource::RequestParameter { path } => self.path(path, input),
                IdentifierSource::Response { path } => self.path(path, output),
                _ => assert!(request.is_none(), "{}", self.place),
            }
        }
        if request.is_some() {
            let count = relation.identifiers.len();
            let is_whole = count == listed.identifiers.len();
            let fault = || format!("{count} identifiers make no {}", listed.name);
            self.check(is_whole.then_some(()).ok_or_else(fault));
        }
        if let Some(path) = &relation.path {
            let of = output.or_else(|| self.own_shape().ok());
            self.path(path, of);
        }
    }

    fn operation(&mut self, request: &ActionRequest) -> Arc<Operation> {
        self.checked += 1;
        let found = self.all.model().operation(&request.operation);
        found
            .unwrap_or_else(|error| panic!("{}: {error}", self.place))
            .clone()
    }

    fn own_identifier(&mut self, name: &str) {
        let mut known = self.definition.identifiers.iter();
        let found = known.find(|one| *one.name == *name).map(|_| ());
        self.check(found.ok_or_else(|| format!("there is no identifier {name}")));
    }

    fn own_shape(&self) -> Result<ShapeId, String> {
        let name = self.definition.shape.as_deref().ok_or("it has no shape")?;
        let found = self.all.model().shape_id(name);
        found.ok_or_else(|| format!("there is no shape {name}"))
    }

    fn path(&mut self, path: &Query, shape: Option<ShapeId>) {
        let found = match shape {
            Some(shape) => jmespath::parse(path.text())
                .map_err(|e| e.to_string())
                .and_then(|ast| self.look_up(&ast, Type::Shape(shape))),
            None => Err("there is no shape to look into".into()),
        };
        self.check(found.map_err(|what| format!("{}: {what}", path.text())));
    }

    /// The shapes that an expression selects from values of a type.
    fn look_up(&self, ast: &Ast, at: Type) -> Result<Type, String> {
        Ok(match ast {
            Ast::Identity { .. } => at,
            Ast::Field { name, .. } => match at {
                Type::Shape(shape) => Type::Shape(self.member(shape, name)?),
                Type::List(_) => return Err(format!("{name} is asked of a list")),
            },
            Ast::Subexpr { lhs, rhs, .. } => self.look_up(rhs, self.look_up(lhs, at)?)?,
            Ast::Index { .. } => self.element(at)?,
            Ast::Projection { lhs, rhs, .. } => {
                let element = self.element(self.look_up(lhs, at)?)?;
                Type::List(Box::new(self.look_up(rhs, element)?))
            }
            Ast::Flatten { node, .. } => {
                let element = self.element(self.look_up(node, at)?)?;
                match self.element(element.clone()) {
                    Ok(inner) => Type::List(Box::new(inner)),
                    Err(_) => Type::List(Box::new(element)),
                }
            }
            Ast::MultiList { elements, .. } => {
                let mut found = Vec::new();
                for element in elements {
                    found.push(self.look_up(element, at.clone())?);
                }
                // the first represents all, because both have the same members
                Type::List(Box::new(found.swap_remove(0)))
            }
            other => return Err(format!("the test does not know {other:?}")),
        })
    }

    fn element(&self, list: Type) -> Result<Type, String> {
        match list {
            Type::List(element) => Ok(*element),
            Type::Shape(shape) => match self.kind(shape) {
                Kind::List(member) => Ok(Type::Shape(member.target)),
                other => Err(format!("a {} has no elements", other.name())),
            },
        }
    }

    fn kind(&self, shape: ShapeId) -> &Kind {
        &self.all.model().shape(shape).unwrap().kind
    }

    fn member(&self, shape: ShapeId, name: &str) -> Result<ShapeId, String> {
        let model: &ServiceModel = self.all.model();
        let members = model.shape(shape).unwrap().members();
        let member = members.and_then(|members| members.get(name));
        let fault = || format!("{} has no member {name}", model.shape_name(shape));
        member.map(|member| member.target).ok_or_else(fault)
    }

    fn at(&mut self, what: &str, name: &str) {
        let (service, on) = (self.all.model().name(), &self.definition.name);
        self.place = format!("{service}.{on} {what} {name}");
    }

    fn check<T>(&mut self, found: Result<T, String>) {
        self.checked += 1;
        if let Err(fault) = found {
            self.faults.push(format!("{}: {fault}", self.place));
        }
    }
}

/// The result of an expression.
#[derive(Clone)]
enum Type {
    List(Box<Self>),
    Shape(ShapeId),
}
