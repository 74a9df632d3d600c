//! The shapes that shapes refer to.

use std::collections::HashSet;

use super::{Kind, ServiceModel, Shape, ShapeId};
use crate::error::Result;

/// An iterator over the shapes that some shapes reach, these included: depth first, members in the order of the model, each shape
/// once.
struct Reachable<'m> {
    model: &'m ServiceModel,
    /// The shapes still to visit, the next one last.
    stack: Vec<ShapeId>,
    visited: HashSet<ShapeId>,
}

impl ServiceModel {
    /// Iterates over the shapes that these reach, and these themselves, each once.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let sqs = client.model("sqs")?;
    /// let mut secrets = Vec::new();
    /// for reached in sqs.reachable(sqs.operation("SendMessage")?.input) {
    ///     let (id, shape) = reached?;
    ///     if shape.sensitive {
    ///         secrets.push(sqs.shape_name(id));
    ///     }
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An item is an error if the definition of its shape is broken.
    pub fn reachable(
        &self,
        roots: impl IntoIterator<Item = ShapeId>,
    ) -> impl Iterator<Item = Result<(ShapeId, &Shape)>> {
        let mut stack: Vec<ShapeId> = roots.into_iter().collect();
        stack.reverse();
        Reachable {
            model: self,
            stack,
            visited: HashSet::new(),
        }
    }
}

impl<'m> Iterator for Reachable<'m> {
    type Item = Result<(ShapeId, &'m Shape)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let id = self.stack.pop()?;
            if self.visited.insert(id) {
                let shape = self.model.shape(id);
                let start = self.stack.len();
                self.stack
                    .extend(shape.iter().flat_map(|shape| shape.targets()));
                self.stack[start..].reverse();
                return Some(shape.map(|shape| (id, shape)));
            }
        }
    }
}

impl Shape {
    /// The shapes that this one refers to directly.
    fn targets(&self) -> Vec<ShapeId> {
        match &self.kind {
            Kind::List(member) => vec![member.target],
            Kind::Map { key, value } => vec![key.target, value.target],
            Kind::Structure(members) | Kind::Union(members) => {
                members.iter().map(|member| member.target).collect()
            }
            _ => Vec::new(),
        }
    }
}
