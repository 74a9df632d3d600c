//! Compiled expressions of a rule set: names are indices, templates are split, functions and attributes are enums.

use std::collections::HashMap;

/// The index of a variable: a parameter, or a name that a condition assigns.
pub(super) type Variable = usize;

/// An expression.
#[derive(Debug)]
pub(super) enum Expression {
    Attribute(Box<Attribute>),
    Boolean(bool),
    Call(Box<Call>),
    Integer(i64),
    Reference(Variable),
    Template(Box<[Part]>),
    Text(Box<str>),
}

/// `getAttr`, or the part of a template after `#`.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) base: Expression,
    pub(super) path: Box<[Step]>,
}

/// A step of the path of an attribute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Field(Field),
    /// An element of a list; a negative index counts from the end.
    Index(i32),
}

/// A function with its arguments, of the right number.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Box<[Expression]>,
}

/// A part of a template.
#[derive(Debug)]
pub(super) enum Part {
    Text(Box<str>),
    Value(Expression),
}

/// The functions of the rules language, except `getAttr` (see [`Attribute`]).
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

/// Name, function, and the minimum and maximum number of its arguments.
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
    /// Returns the name of the function in rule sets.
    pub(super) fn name(self) -> &'static str {
        let found = FUNCTIONS.iter().find(|entry| entry.1 == self);
        found.map_or("", |entry| entry.0)
    }
}

/// The attributes of records.
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
    /// Returns the name of the attribute in rule sets.
    pub(super) fn name(self) -> &'static str {
        let found = FIELDS.iter().find(|entry| entry.1 == self);
        found.map_or("", |entry| entry.0)
    }
}

/// The names of a rule set that is being parsed.
#[derive(Default)]
pub(super) struct Symbols {
    variables: HashMap<Box<str>, Variable>,
    /// Whether an expression reads a variable, by index.
    read: Vec<bool>,
}

impl Symbols {
    /// Returns the variable with a name.
    pub(super) fn variable(&mut self, name: &str) -> Variable {
        match self.variables.get(name) {
            Some(variable) => *variable,
            None => {
                let variable = self.read.len();
                self.variables.insert(name.into(), variable);
                self.read.push(false);
                variable
            }
        }
    }

    /// Returns the variable with a name, which an expression reads.
    pub(super) fn reference(&mut self, name: &str) -> Variable {
        let variable = self.variable(name);
        self.read[variable] = true;
        variable
    }

    /// Whether an expression reads a variable.
    pub(super) fn is_read(&self, variable: Variable) -> bool {
        self.read[variable]
    }

    /// The number of names.
    pub(super) fn len(&self) -> usize {
        self.read.len()
    }

    /// Returns the names by index.
    pub(super) fn names(&self) -> Box<[Box<str>]> {
        let mut pairs: Vec<_> = self.variables.iter().collect();
        pairs.sort_unstable_by_key(|(_, variable)| **variable);
        pairs.into_iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Creates the call of a function.
///
/// # Errors
///
/// Returns an error that names the function.
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
        return Err("the path of `getAttr` must be a literal string".to_owned());
    };
    let path = attribute_path(&path)?;
    Ok(Expression::Attribute(Box::new(Attribute { base, path })))
}

/// Parses `a.b`, `a[0]` or `[0]`; an index ends the path.
fn attribute_path(path: &str) -> Result<Box<[Step]>, String> {
    let bad = || format!("`{path}` is not a path of attributes");
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

/// Parses a string: a template if it contains references or doubled braces, and otherwise a literal.
///
/// A string with other braces (such as a single `{`) is a literal, unless it contains a reference.
///
/// # Errors
///
/// Returns an error that describes what is wrong with the template.
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
        return Err(format!("`{name}` is not a name"));
    }
    let base = Expression::Reference(symbols.reference(name));
    Ok(match path {
        Some(path) => Expression::Attribute(Box::new(Attribute { base, path })),
        None => base,
    })
}

/// Whether the text contains `{letters}` or `{letters#letters}`.
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
