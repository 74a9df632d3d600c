//! Reads XML that does not fit its shapes: as `xml_read` does, with a warning in place of each of its errors.

use serde::de::Error as _;
use serde_json::{Map, Value};

use super::fit::{Fit, entry};
use super::raw::{Raw, Text};
use super::xml_tape::{Elements, Tape};
use super::{ReadError, UNKNOWN_MEMBER};
use crate::model::{Kind, Member, Members, Shape};

/// An element of a document.
#[derive(Clone, Copy)]
pub(crate) struct Element<'t, 'de> {
    pub(crate) tape: Tape<'t, 'de>,
    pub(crate) node: usize,
    /// The end of a flattened list or map, whose entries are the siblings from `node` to here with the name of `node`.
    pub(crate) flat: Option<usize>,
}

impl<'t, 'de> Element<'t, 'de> {
    fn at(self, node: usize) -> Self {
        Self {
            node,
            flat: None,
            ..self
        }
    }

    fn elements(self) -> Elements<'t, 'de> {
        match self.flat {
            Some(end) => self.tape.namesakes(self.node, end),
            None => self.tape.children(self.node),
        }
    }

    fn is_text(self) -> bool {
        self.flat.is_none() && self.tape.is_text(self.node)
    }
}

const NESTED: &str = "an element with child elements";

impl Fit<'_> {
    pub(crate) fn element(
        &mut self,
        shape: &Shape,
        element: Element<'_, '_>,
    ) -> Result<Option<Value>, ReadError> {
        match &shape.kind {
            kind @ (Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. })
                if element.is_text() =>
            {
                Ok(self.leave_out(kind.name(), "text"))
            }
            Kind::Structure(members) | Kind::Union(members) => {
                Ok(self.children(shape, members, element)?.map(Into::into))
            }
            Kind::List(member) => {
                let shape = self.model.shape(member.target).map_err(ReadError::custom)?;
                let mut list = Vec::new();
                for (index, node) in element.elements().enumerate() {
                    let item = element.at(node);
                    list.extend(self.below(format!("[{index}]"), |fit| fit.element(shape, item))?);
                }
                Ok(Some(list.into()))
            }
            Kind::Map { key, value } => self.entries(key, value, element).map(Some),
            kind if element.tape.has_children(element.node) => {
                Ok(self.leave_out(kind.name(), NESTED))
            }
            kind => {
                let text = element.tape.repaired_text(element.node)?;
                Ok(Some(self.scalar(kind, Raw::Text(text))))
            }
        }
    }

    fn entries(
        &mut self,
        key: &Member,
        value: &Member,
        element: Element<'_, '_>,
    ) -> Result<Value, ReadError> {
        let keys = self.model.shape(key.target).map_err(ReadError::custom)?;
        let values = self.model.shape(value.target).map_err(ReadError::custom)?;
        let tape = element.tape;
        let mut map = Map::new();
        for (index, node) in element.elements().enumerate() {
            let Some(name) = tape.child(node, &key.wire_name) else {
                self.below(format!("[{index}]"), |fit| {
                    fit.leave_out("an entry of a map", "an entry without a key")
                });
                continue;
            };
            let text = tape.repaired_text(name)?;
            let step = entry(&text.text, keys);
            let name = self.below(step.clone(), |fit| fit.text(text));
            let value = self.below(step, |fit| match tape.child(node, &value.wire_name) {
                Some(node) => fit.element(values, element.at(node)),
                None => Ok(fit.leave_out("an entry of a map", "an entry without a value")),
            })?;
            map.extend(value.map(|value| (name, value)));
        }
        Ok(map.into())
    }

    /// Reads the members of a structure or union; `None` for a union without any valid member.
    pub(crate) fn children(
        &mut self,
        shape: &Shape,
        members: &Members,
        element: Element<'_, '_>,
    ) -> Result<Option<Map<String, Value>>, ReadError> {
        let tape = element.tape;
        let end = tape.next(element.node);
        let mut map = Map::new();
        let (mut previous, mut came) = (None, Vec::new());
        for node in tape.children(element.node) {
            let name = tape.name(node);
            let Some(index) = members.find_wire(previous, name) else {
                if shape.is_union() && came.is_empty() {
                    let name = Map::from_iter([("name".to_owned(), name.into())]);
                    map.insert(UNKNOWN_MEMBER.into(), name.into());
                    return Ok(Some(map));
                }
                continue;
            };
            previous = Some(index);
            let mut next = Some(index);
            while let Some(index) = next {
                let member = members.at(index);
                next = member.duplicate_wire_name.map(usize::from);
                let step = format!(".{}", member.name);
                if came.contains(&index) {
                    if !member.flattened
                        && members
                            .at(previous.unwrap_or(index))
                            .duplicate_wire_name
                            .is_none()
                    {
                        self.below(step, |fit| {
                            fit.leave_out("one element", "another of the same name")
                        });
                    }
                    continue;
                }
                came.push(index);
                let shape = self.model.shape(member.target).map_err(ReadError::custom)?;
                let part = Element {
                    flat: member.flattened.then_some(end),
                    ..element.at(node)
                };
                let value = self.below(step, |fit| fit.element(shape, part))?;
                map.extend(value.map(|value| ((*member.name).to_owned(), value)));
            }
        }
        for member in members.iter().filter(|member| member.xml_attribute) {
            if let Some(text) = tape.attribute(element.node, &member.wire_name) {
                map.insert((*member.name).into(), text?.into());
            }
        }
        Ok(self.union(shape, came.len(), map))
    }

    /// Reads the text of a header or a payload.
    pub(crate) fn plain(&mut self, kind: &Kind, text: &str) -> Value {
        self.scalar(kind, Raw::Text(Text::from(text)))
    }
}
