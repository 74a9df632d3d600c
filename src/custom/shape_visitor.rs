//! Edits of all values of a shape in an operation's result.

use crate::codec::edit::EVERY_ENTRY;
use crate::error::Result;
use crate::interceptor::CallContext;
use crate::model::{Kind, ServiceModel, ShapeId};
use crate::output::{Edit, Output};

/// Edits every value of this shape in the result.
pub(super) fn edit_shape(call: &CallContext<'_>, wanted: ShapeId, edit: Edit, output: &mut Output) {
    let mut visitor = Visitor {
        model: call.model,
        wanted,
        edit,
        output,
        path: Vec::new(),
        ids: Vec::new(),
    };
    if let Some(id) = call.operation.output {
        // reading the result reports an invalid shape
        let _ = visitor.shape(id);
    }
}

struct Visitor<'a> {
    model: &'a ServiceModel,
    wanted: ShapeId,
    edit: Edit,
    output: &'a mut Output,
    path: Vec<&'a str>,
    /// The enclosing shapes; a recursive shape is entered once.
    ids: Vec<ShapeId>,
}

impl<'a> Visitor<'a> {
    fn shape(&mut self, id: ShapeId) -> Result<()> {
        if id == self.wanted {
            self.output.edit(self.path.iter().copied(), self.edit);
            return Ok(());
        }
        if self.ids.contains(&id) {
            return Ok(());
        }
        self.ids.push(id);
        match &self.model.shape(id)?.kind {
            Kind::List(member) => self.shape(member.target)?,
            Kind::Map { value, .. } => self.below(EVERY_ENTRY, value.target)?,
            Kind::Structure(members) => {
                for member in members {
                    self.below(&member.name, member.target)?;
                }
            }
            _ => {}
        }
        self.ids.pop();
        Ok(())
    }

    fn below(&mut self, name: &'a str, id: ShapeId) -> Result<()> {
        self.path.push(name);
        self.shape(id)?;
        self.path.pop();
        Ok(())
    }
}
