//! Compiled expressions of a rule set: names are slots, templates are split, functions and attributes are enums.

use std::collections::HashMap;

/// Where a name's value stands while rules are evaluated; parameters and assigned names share the numbering.
pub(super) type Slot = usize;

/// What yields a value.
#[derive(Debug)]
pub(super) enum Expression {
    Attribute(Box<Attribute>),
    Boolean(bool),
    Call(Box<Call>),
    Integer(i64),
    Reference(Slot),
    Template(Box<[Part]>),
    Text(Box<str>),
}

/// `getAttr`, or the part of a template behind `#`.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) base: Expression,
    pub(super) path: Box<[Step]>,
}

/// A step of an attribute's path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Field(Field),
    /// An element of a list; a negative index counts from its end.
    Index(i32),
}

/// A function with its arguments, as many as it takes.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Box<[Expression]>,
}

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Part {
    Text(Box<str>),
    Value(Expression),
}

/// The functions of the rules language, `getAttr` apart (see [`Attribute`]).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Function {
    BooleanEquals,
    Coalesce,
    IfThenElse,
    IsSet,
    IsValidHostLabel,
    IsVirtualHostableS3Bucket,
    Not,
    ParseArn,
    ParseUrl,
    Partition,
    Split,
    StringEquals,
    Substring,
    UriEncode,
}

/// Name, function, and how many arguments it takes at least and at most.
const FUNCTIONS: [(&str, Function, usize, usize); 14] = [
    ("booleanEquals", Function::BooleanEquals, 2, 2),
    ("isSet", Function::IsSet, 1, 1),
    ("stringEquals", Function::StringEquals, 2, 2),
    ("aws.partition", Function::Partition, 1, 1),
    ("not", Function::Not, 1, 1),
    ("isValidHostLabel", Function::IsValidHostLabel, 2, 2),
    ("substring", Function::Substring, 4, 4),
    ("parseURL", Function::ParseUrl, 1, 1),
    ("aws.parseArn", Function::ParseArn, 1, 1),
    (
        "aws.isVirtualHostableS3Bucket",
        Function::IsVirtualHostableS3Bucket,
        2,
        2,
    ),
    ("uriEncode", Function::UriEncode, 1, 1),
    ("coalesce", Function::Coalesce, 1, usize::MAX),
    ("ite", Function::IfThenElse, 3, 3),
    ("split", Function::Split, 3, 3),
];

impl Function {
    /// The function's name in a rule set.
    pub(super) fn name(self) -> &'static str {
        let found = FUNCTIONS.iter().find(|entry| entry.1 == self);
        found.map_or("", |entry| entry.0)
    }
}

/// The attributes that records have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Field {
    AccountId,
    Authority,
    DnsSuffix,
    DualStackDnsSuffix,
    ImplicitGlobalRegion,
    IsIp,
    Name,
    NormalizedPath,
    Partition,
    Path,
    Region,
    ResourceId,
    Scheme,
    Service,
    SupportsDualStack,
    SupportsFips,
}

const FIELDS: [(&str, Field); 16] = [
    ("accountId", Field::AccountId),
    ("authority", Field::Authority),
    ("dnsSuffix", Field::DnsSuffix),
    ("dualStackDnsSuffix", Field::DualStackDnsSuffix),
    ("implicitGlobalRegion", Field::ImplicitGlobalRegion),
    ("isIp", Field::IsIp),
    ("name", Field::Name),
    ("normalizedPath", Field::NormalizedPath),
    ("partition", Field::Partition),
    ("path", Field::Path),
    ("region", Field::Region),
    ("resourceId", Field::ResourceId),
    ("scheme", Field::Scheme),
    ("service", Field::Service),
    ("supportsDualStack", Field::SupportsDualStack),
    ("supportsFIPS", Field::SupportsFips),
];

impl Field {
    /// The attribute's name in a rule set.
    pub(super) fn name(self) -> &'static str {
        let found = FIELDS.iter().find(|entry| entry.1 == self);
        found.map_or("", |entry| entry.0)
    }
}

/// The names that were met while a rule set is read.
#[derive(Default)]
pub(super) struct Symbols {
    slots: HashMap<Box<str>, Slot>,
    /// By slot: whether an expression reads it.
    read: Vec<bool>,
}

impl Symbols {
    /// The slot of a name.
    pub(super) fn slot(&mut self, name: &str) -> Slot {
        match self.slots.get(name) {
            Some(slot) => *slot,
            None => {
                let slot = self.read.len();
                self.slots.insert(name.into(), slot);
                self.read.push(false);
                slot
            }
        }
    }

    /// The slot of a name that an expression reads.
    pub(super) fn reference(&mut self, name: &str) -> Slot {
        let slot = self.slot(name);
        self.read[slot] = true;
        slot
    }

    /// Whether an expression reads the slot.
    pub(super) fn is_read(&self, slot: Slot) -> bool {
        self.read[slot]
    }

    /// The names by slot.
    pub(super) fn into_names(self) -> Box<[Box<str>]> {
        let mut pairs: Vec<_> = self.slots.into_iter().collect();
        pairs.sort_unstable_by_key(|(_, slot)| *slot);
        pairs.into_iter().map(|(name, _)| name).collect()
    }
}

/// The expression for a function with its arguments.
///
/// # Errors
/// A text that names the function.
pub(super) fn call(name: &str, arguments: Box<[Expression]>) -> Result<Expression, String> {
    if name == "getAttr" {
        return get_attr(arguments);
    }
    let Some((_, function, least, most)) = FUNCTIONS.iter().find(|entry| entry.0 == name) else {
        return Err(format!("unknown function `{name}`"));
    };
    let count = arguments.len();
    if count < *least || count > *most {
        return Err(format!(
            "function `{name}` takes {least} arguments, not {count}"
        ));
    }
    Ok(Expression::Call(Box::new(Call {
        function: *function,
        arguments,
    })))
}

fn get_attr(arguments: Box<[Expression]>) -> Result<Expression, String> {
    let count = arguments.len();
    let mut arguments = arguments.into_iter();
    let (Some(base), Some(path), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err(format!("function `getAttr` takes 2 arguments, not {count}"));
    };
    let Expression::Text(path) = path else {
        return Err("the path of `getAttr` must be a literal text".to_owned());
    };
    let path = attribute_path(&path)?;
    Ok(Expression::Attribute(Box::new(Attribute { base, path })))
}

/// Reads `a.b`, `a[0]`, `[0]`; an index ends the path.
fn attribute_path(path: &str) -> Result<Box<[Step]>, String> {
    let bad = || format!("`{path}` is no path of an attribute");
    let mut steps = Vec::with_capacity(2);
    for part in path.split('.') {
        if matches!(steps.last(), Some(Step::Index(_))) {
            return Err(bad());
        }
        let (name, index) = match part.split_once('[') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(']').ok_or_else(bad)?)),
            None => (part, None),
        };
        if !name.is_empty() {
            let field = FIELDS.iter().find(|entry| entry.0 == name);
            let (_, field) = field.ok_or_else(|| format!("unknown attribute `{name}`"))?;
            steps.push(Step::Field(*field));
        } else if index.is_none() {
            return Err(bad());
        }
        if let Some(index) = index {
            steps.push(Step::Index(index.parse().map_err(|_| bad())?));
        }
    }
    Ok(steps.into())
}

/// The expression for a string: a template where it names values or has doubled braces, itself where not.
///
/// A text with braces that is no template (`{` alone, say) stands for itself too, unless it holds a reference all the
/// same: that is a mistake.
///
/// # Errors
/// A text that says what is wrong in the template.
pub(super) fn text(text: &str, symbols: &mut Symbols) -> Result<Expression, String> {
    if !text.contains(['{', '}']) {
        return Ok(Expression::Text(text.into()));
    }
    match template(text, symbols) {
        Ok(mut parts) => Ok(match &mut parts[..] {
            [] => Expression::Text(Box::default()),
            [Part::Text(only)] => Expression::Text(std::mem::take(only)),
            _ => Expression::Template(parts.into()),
        }),
        Err(what) if has_reference(text) => Err(format!("template `{text}`: {what}")),
        Err(_) => Ok(Expression::Text(text.into())),
    }
}

fn template(text: &str, symbols: &mut Symbols) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            literal.push_str(&tail[..1]);
            rest = &tail[2..];
        } else if tail.starts_with('}') {
            return Err("a lone `}`: write it twice".to_owned());
        } else {
            let Some((reference, after)) = tail[1..].split_once('}') else {
                return Err("`{` is never closed".to_owned());
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal).into()));
            }
            parts.push(Part::Value(template_reference(reference, symbols)?));
            rest = after;
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Text(literal.into()));
    }
    Ok(parts)
}

fn template_reference(reference: &str, symbols: &mut Symbols) -> Result<Expression, String> {
    let (name, path) = match reference.split_once('#') {
        Some((name, path)) => (name, Some(attribute_path(path)?)),
        None => (reference, None),
    };
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(format!("`{name}` is no name"));
    }
    let base = Expression::Reference(symbols.reference(name));
    Ok(match path {
        Some(path) => Expression::Attribute(Box::new(Attribute { base, path })),
        None => base,
    })
}

/// Whether `{letters}` or `{letters#letters}` stands in the text.
fn has_reference(text: &str) -> bool {
    text.split('{').skip(1).any(|rest| {
        rest.split_once('}').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'#')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_become_templates_only_where_they_name_values() {
        let cases = [
            ("plain", r#"Text("plain")"#),
            ("{{x}}", r#"Text("{x}")"#),
            ("{", r#"Text("{")"#),
            ("{\"a\": 1}", r#"Text("{\"a\": 1}")"#),
            ("", r#"Text("")"#),
            ("{A}", "Template([Value(Reference(0))])"),
            (
                "a{{{A}}}b{B_2}",
                r#"Template([Text("a{"), Value(Reference(0)), Text("}b"), Value(Reference(1))])"#,
            ),
            (
                "{arn#resourceId[1]}",
                "Template([Value(Attribute(Attribute { base: Reference(0), \
                 path: [Field(ResourceId), Index(1)] }))])",
            ),
        ];
        for (template, expected) in cases {
            let compiled = text(template, &mut Symbols::default()).unwrap();
            assert_eq!(format!("{compiled:?}"), expected, "{template}");
        }
    }

    #[test]
    fn a_broken_template_with_a_reference_is_an_error() {
        for template in ["{A}{", "{A}}", "{A#nonsense}", "{A#}", "{A}{1a}"] {
            let error = text(template, &mut Symbols::default()).unwrap_err();
            assert!(error.contains(template), "{error}");
        }
    }

    #[test]
    fn attribute_paths_have_fields_and_end_at_an_index() {
        let path = |text| attribute_path(text).map(|steps| format!("{steps:?}"));
        assert_eq!(
            path("resourceId[0]").unwrap(),
            "[Field(ResourceId), Index(0)]"
        );
        assert_eq!(path("[-1]").unwrap(), "[Index(-1)]");
        assert_eq!(path("name.path").unwrap(), "[Field(Name), Field(Path)]");
        for bad in [
            "",
            ".",
            "a",
            "name[",
            "name[x]",
            "name[0].path",
            "name[99999999999]",
        ] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn functions_are_known_by_name_and_checked_for_their_arguments() {
        assert_eq!(Function::Partition.name(), "aws.partition");
        assert_eq!(Field::SupportsFips.name(), "supportsFIPS");
        let error = call("aws.magic", Box::default()).unwrap_err();
        assert_eq!(error, "unknown function `aws.magic`");
        let error = call("not", Box::default()).unwrap_err();
        assert_eq!(error, "function `not` takes 1 arguments, not 0");
        assert!(call("getAttr", Box::new([Expression::Boolean(true)])).is_err());
    }
}
