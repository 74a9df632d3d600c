//! Rules as a binary decision diagram (`smithy.rules#endpointBdd`): conditions and results, and nodes that lead from one to another.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::rule::{Condition, Rule, RuleBody};

/// References from this number on are results.
const FIRST_RESULT: i32 = 100_000_000;

/// A reference to the end of the diagram, where no rule matches.
const END: i32 = 1;

/// The bytes of a node: three numbers.
const NODE: usize = 12;

#[derive(Debug)]
pub(super) struct Diagram {
    pub(super) conditions: Box<[Condition]>,
    pub(super) results: Box<[Rule]>,
    pub(super) nodes: Box<[Node]>,
    pub(super) root: Next,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Node {
    /// The index of the condition.
    pub(super) condition: usize,
    pub(super) high: Next,
    pub(super) low: Next,
}

/// Where a branch leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    /// No rule matches.
    End,
    Node {
        index: usize,
        /// Whether the branches of the node are swapped.
        is_complement: bool,
    },
    /// The index of a result.
    Result(usize),
}

impl Diagram {
    /// Decodes the nodes, and checks that all references are in range. Node 0 is the end.
    pub(super) fn new(
        conditions: Box<[Condition]>,
        results: Box<[Rule]>,
        nodes: &str,
        count: usize,
        root: i32,
    ) -> Result<Self, String> {
        if results
            .iter()
            .any(|result| matches!(result.body, RuleBody::Tree(_)))
        {
            return Err("a result is neither an endpoint nor an error".into());
        }
        let bytes = BASE64_STANDARD
            .decode(nodes)
            .map_err(|e| format!("`nodes`: {e}"))?;
        if bytes.len() != count.saturating_mul(NODE) {
            let len = bytes.len();
            return Err(format!(
                "`nodes` has {len} bytes, and {count} nodes have {NODE} bytes each"
            ));
        }
        let next = |reference: i32| Next::of(reference, count, results.len());
        let node = |(at, node): (usize, &[u8])| {
            let [condition, high, low] = [0, 4, 8].map(|i| number(node, i));
            let of = |e: String| format!("node {at}: {e}");
            // the end has no condition, and is never visited
            let condition = usize::try_from(condition)
                .ok()
                .filter(|_| at > 0)
                .unwrap_or_default();
            if at > 0 && condition >= conditions.len() {
                return Err(of(format!("there is no condition {condition}")));
            }
            Ok(Node {
                condition,
                high: next(high).map_err(of)?,
                low: next(low).map_err(of)?,
            })
        };
        let nodes: Result<Box<[Node]>, String> =
            bytes.chunks_exact(NODE).enumerate().map(node).collect();
        Ok(Self {
            nodes: nodes?,
            root: next(root).map_err(|e| format!("`root`: {e}"))?,
            conditions,
            results,
        })
    }
}

/// A number of four bytes, the most significant first.
fn number(node: &[u8], at: usize) -> i32 {
    let bytes = node.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, i32::from_be_bytes)
}

impl Next {
    fn of(reference: i32, nodes: usize, results: usize) -> Result<Self, String> {
        let unknown = || format!("the reference {reference} leads nowhere");
        if reference >= FIRST_RESULT {
            // result 0, which is not written, is the end
            let index = usize::try_from(reference - FIRST_RESULT).map_err(|_| unknown())?;
            return match index.checked_sub(1) {
                None => Ok(Self::End),
                Some(index) if index < results => Ok(Self::Result(index)),
                Some(_) => Err(unknown()),
            };
        }
        if reference.unsigned_abs() == END.unsigned_abs() {
            return Ok(Self::End);
        }
        let index = (reference.unsigned_abs() as usize).checked_sub(1);
        match index.filter(|index| *index < nodes) {
            Some(index) => Ok(Self::Node {
                index,
                is_complement: reference < 0,
            }),
            None => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{EndpointError, EndpointParams, EndpointResolver, Partitions, Ruleset};
    use std::sync::Arc;

    /// The text of nodes.
    fn nodes(nodes: &[[i32; 3]]) -> String {
        let bytes = nodes
            .iter()
            .flatten()
            .flat_map(|number| number.to_be_bytes());
        BASE64_STANDARD.encode(bytes.collect::<Vec<u8>>())
    }

    fn text(nodes_: &[[i32; 3]], root: i32) -> String {
        let (count, nodes) = (nodes_.len(), nodes(nodes_));
        format!(
            r#"{{"version": "1.1", "parameters": {{"Region": {{"type": "string"}}, "Fips": {{"type": "boolean", "default": false}}}},
            "conditions": [{{"fn": "isSet", "argv": [{{"ref": "Region"}}]}},
                {{"fn": "booleanEquals", "argv": [{{"ref": "Fips"}}, true]}},
                {{"fn": "substring", "argv": ["{{Region}}", 0, 2, false], "assign": "start"}}],
            "results": [{{"type": "endpoint", "endpoint": {{"url": "https://fips.{{start}}"}}}},
                {{"type": "endpoint", "endpoint": {{"url": "https://{{Region}}"}}}},
                {{"type": "error", "error": "no region"}}],
            "root": {root}, "nodeCount": {count}, "nodes": "{nodes}"}}"#
        )
    }

    fn resolve(text: &str, params: EndpointParams) -> Result<String, EndpointError> {
        let partitions = r#"{"partitions": [{"id": "aws", "regionRegex": "^x$", "regions": {}, "outputs":
            {"dnsSuffix": "a", "dualStackDnsSuffix": "b", "supportsFIPS": true, "supportsDualStack": true,
             "implicitGlobalRegion": "x", "name": "aws"}}]}"#;
        let partitions = Arc::new(Partitions::parse(partitions)?);
        let resolver = EndpointResolver::new(Ruleset::parse(text)?, partitions);
        Ok(resolver.resolve(&params)?.url.clone())
    }

    const RESULT: i32 = FIRST_RESULT;

    #[test]
    fn nodes_lead_to_results() {
        let tree = [
            [-1, 1, -1],
            [0, 3, RESULT + 3],
            [1, 4, RESULT + 2],
            [2, RESULT + 1, RESULT],
        ];
        // the complement of node 2, whose branches are written in the other order
        let swapped = [
            [-1, 1, -1],
            [0, -3, RESULT + 3],
            [1, RESULT + 2, 4],
            [2, RESULT + 1, -1],
        ];
        let region = || EndpointParams::new().with("Region", "eu-west-1");
        for nodes in [tree, swapped] {
            let text = text(&nodes, 2);
            let found = |params| resolve(&text, params).map_err(|e| e.to_string());
            assert_eq!(found(region()).unwrap(), "https://eu-west-1");
            assert_eq!(
                found(region().with("Fips", true)).unwrap(),
                "https://fips.eu"
            );
            assert_eq!(found(EndpointParams::new()).unwrap_err(), "no region");
            let short = EndpointParams::new().with("Region", "e").with("Fips", true);
            assert!(found(short).is_err());
        }
    }

    #[test]
    fn invalid_diagrams_are_errors() {
        let end = [-1, 1, -1];
        for (nodes, root, expected) in [
            (
                vec![end, [0, 9, 1]],
                2,
                "node 1: the reference 9 leads nowhere",
            ),
            (vec![end, [0, 1, RESULT + 4]], 2, "leads nowhere"),
            (vec![end, [0, 0, 1]], 2, "the reference 0 leads nowhere"),
            (vec![end, [3, 1, 1]], 2, "node 1: there is no condition 3"),
            (vec![end], 7, "`root`: the reference 7"),
            (vec![end], i32::MIN, "`root`"),
        ] {
            let error = Ruleset::parse(&text(&nodes, root)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let circle = text(&[end, [0, 2, 2]], 2);
        let error = resolve(&circle, EndpointParams::new())
            .unwrap_err()
            .to_string();
        assert!(error.contains("circle"), "{error}");
        let whole = text(&[end], 1);
        for (from, to, expected) in [
            (
                r#""nodeCount": 1"#,
                r#""nodeCount": 2"#,
                "2 nodes have 12 bytes each",
            ),
            ("/////w", "!!!!", "`nodes`"),
            (r#""root": 1,"#, "", "`root`"),
        ] {
            assert!(whole.contains(from), "{whole}");
            let error = Ruleset::parse(&whole.replace(from, to))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
