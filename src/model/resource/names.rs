//! The names of a resource's parts in programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Definition;
use crate::model::ServiceModel;
use crate::names;

/// The category of a name in a resource: the kind of thing that it stands for.
///
/// ```
/// use tucuxi::resource::Category;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let s3 = client.resource("s3")?;
/// let bucket = s3.definitions().get("Bucket")?;
/// assert_eq!(bucket.names(Category::Waiter), ["wait_until_exists", "wait_until_not_exists"]);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// An action.
    Action,
    /// An attribute.
    Attribute,
    /// A collection of resources.
    Collection,
    /// An identifier.
    Identifier,
    /// One or several resources that the attributes refer to.
    Reference,
    /// A sub-resource, which belongs to this one.
    Subresource,
    /// A waiter.
    Waiter,
}

/// A name, and the part that it stands for.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) category: Category,
    /// Snake case, or that of the file for a sub-resource; with the category as suffix if it clashes.
    pub(crate) name: Box<str>,
    /// The name in the file, or the name of the shape's member.
    pub(crate) key: Box<str>,
}

/// All names of a definition.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<Name>);

impl Category {
    pub(super) const ALL: [Self; 7] = [
        Self::Action,
        Self::Attribute,
        Self::Collection,
        Self::Identifier,
        Self::Reference,
        Self::Subresource,
        Self::Waiter,
    ];

    /// The suffix of names that clash with one of another category.
    fn suffix(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Attribute => "attribute",
            Self::Collection => "collection",
            Self::Identifier => "identifier",
            Self::Reference => "reference",
            Self::Subresource => "subresource",
            Self::Waiter => "waiter",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subresource => "sub-resource",
            other => other.suffix(),
        })
    }
}

impl Names {
    /// Collects the names of a definition. If names clash, the first keeps its spelling, and the others get their category as suffix.
    pub(super) fn of(definition: &Definition, model: &ServiceModel) -> Result<Self, String> {
        let mut taken = BTreeSet::from([String::from("meta")]);
        if definition.load.is_some() {
            taken.insert("load".into());
        }
        let mut this = Self::default();
        for (category, key) in keys(definition, model)? {
            let mut name = match category {
                Category::Subresource => key.to_owned(),
                Category::Waiter => format!("wait_until_{}", names::snake_case(key)),
                _ => names::snake_case(key),
            };
            if taken.contains(&name) {
                name = format!("{name}_{}", category.suffix());
            }
            if !taken.insert(name.clone()) {
                return Err(format!("{category} {key}: the name {name} is taken too"));
            }
            this.0.push(Name {
                category,
                name: name.into(),
                key: key.into(),
            });
        }
        Ok(this)
    }

    pub(super) fn of_category(&self, category: Category) -> impl Iterator<Item = &Name> {
        self.0.iter().filter(move |name| name.category == category)
    }

    pub(super) fn find(&self, category: Category, given: &str) -> Option<&Name> {
        let mut exact = self.of_category(category);
        let is_same = |known: &&Name| *known.name == *given || *known.key == *given;
        exact.find(is_same).or_else(|| {
            let given = names::spelled(given);
            let mut all = self.of_category(category);
            all.find(|known| *known.name == *given || names::snake_case(&known.key) == given)
        })
    }
}

/// All parts with a name, in the order in which names are assigned.
fn keys<'a>(
    definition: &'a Definition,
    model: &'a ServiceModel,
) -> Result<Vec<(Category, &'a str)>, String> {
    let mut all = Vec::new();
    let mut add = |category: Category, keys: Vec<&'a str>| {
        all.extend(keys.into_iter().map(|key| (category, key)));
    };
    let identifiers = definition.identifiers.iter().map(|one| &*one.name);
    add(Category::Identifier, identifiers.collect());
    add(Category::Action, keys_of(&definition.actions));
    add(Category::Subresource, keys_of(&definition.subresources));
    add(Category::Reference, keys_of(&definition.references));
    add(Category::Collection, keys_of(&definition.collections));
    add(Category::Waiter, keys_of(&definition.waiters));
    add(Category::Attribute, attributes(definition, model)?);
    Ok(all)
}

fn keys_of<T>(map: &BTreeMap<Box<str>, T>) -> Vec<&str> {
    map.keys().map(|key| &**key).collect()
}

/// The members of the shape that are not identifiers.
fn attributes<'a>(
    definition: &Definition,
    model: &'a ServiceModel,
) -> Result<Vec<&'a str>, String> {
    let members = definition.members(model)?.into_iter().flatten();
    let members = members.map(|member| &*member.name);
    let snake = |identifier: &super::Identifier| names::snake_case(&identifier.name);
    let identifiers: Vec<String> = definition.identifiers.iter().map(snake).collect();
    Ok(members
        .filter(|name| !identifiers.contains(&names::snake_case(name)))
        .collect())
}
