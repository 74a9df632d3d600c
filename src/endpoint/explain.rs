//! Formats conditions and expressions for traces and errors.

use super::expression::{Expression, Part, Step};
use super::rule::Condition;
use super::ruleset::Ruleset;
use std::fmt::Write;

/// Formats a condition: `name := function(arguments)`.
pub(super) fn condition(ruleset: &Ruleset, condition: &Condition) -> String {
    let test = expression(ruleset, &condition.test);
    match condition.assign {
        Some(variable) => format!("{} := {test}", ruleset.names[variable]),
        None => test,
    }
}

/// Formats an expression: `stringEquals(url#scheme, "https")`.
pub(super) fn expression(ruleset: &Ruleset, expression: &Expression) -> String {
    let mut out = String::new();
    write(ruleset, expression, &mut out);
    out
}

fn write(ruleset: &Ruleset, expression: &Expression, out: &mut String) {
    match expression {
        Expression::Attribute(attribute) => {
            write(ruleset, &attribute.base, out);
            for (n, step) in attribute.path.iter().enumerate() {
                match step {
                    Step::Field(field) => {
                        out.push(if n == 0 { '#' } else { '.' });
                        out.push_str(field.name());
                    }
                    Step::Index(index) => append(out, format_args!("[{index}]")),
                }
            }
        }
        Expression::Boolean(value) => append(out, format_args!("{value}")),
        Expression::Call(call) => {
            append(out, format_args!("{}(", call.function.name()));
            for (n, argument) in call.arguments.iter().enumerate() {
                out.push_str(if n == 0 { "" } else { ", " });
                write(ruleset, argument, out);
            }
            out.push(')');
        }
        Expression::Integer(value) => append(out, format_args!("{value}")),
        Expression::Reference(variable) => out.push_str(&ruleset.names[*variable]),
        Expression::Template(parts) => {
            out.push('"');
            for part in parts {
                match part {
                    Part::Text(text) => out.push_str(text),
                    Part::Value(value) => {
                        out.push('{');
                        write(ruleset, value, out);
                        out.push('}');
                    }
                }
            }
            out.push('"');
        }
        Expression::Text(text) => append(out, format_args!("{text:?}")),
    }
}

fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    // writing to a String cannot fail
    let _ = out.write_fmt(text);
}
