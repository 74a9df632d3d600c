//! EC2: options for counts, addresses, ports and protocols.

use serde_json::{Value, json};
use tucuxi::Client;

use super::{Added, Custom, NONE, Params, first, first_of_list, one, option, whole_number};
use crate::aws::grammar::Takes;
use crate::failure::Failure;

const EC2: Custom = Custom {
    service: "ec2",
    ..NONE
};

pub(super) const TABLE: &[Custom] = &[
    rules("authorize-security-group-egress"),
    rules("authorize-security-group-ingress"),
    rules("revoke-security-group-egress"),
    rules("revoke-security-group-ingress"),
    acl_entry("create-network-acl-entry"),
    acl_entry("replace-network-acl-entry"),
    Custom {
        operation: "run-instances",
        removed: &["max-count", "min-count"],
        added: &[
            one("count", count),
            option("secondary-private-ip-addresses", Takes::Any, addresses),
            one("secondary-private-ip-address-count", |params, values| {
                let count = whole_number(first(values))?;
                match count {
                    0 => Ok(()),
                    _ => interface(params, "SecondaryPrivateIpAddressCount", count.into()),
                }
            }),
            option("associate-public-ip-address", Takes::None, |params, _| {
                interface(params, "AssociatePublicIpAddress", true.into())
            }),
            option(
                "no-associate-public-ip-address",
                Takes::None,
                |params, _| interface(params, "AssociatePublicIpAddress", false.into()),
            ),
        ],
        exclusive: &[[
            &["network-interfaces"],
            &[
                "associate-public-ip-address",
                "secondary-private-ip-address-count",
                "secondary-private-ip-addresses",
            ],
        ]],
        finish: Some(run_instances),
        ..EC2
    },
];

const fn rules(operation: &'static str) -> Custom {
    const ADDED: &[Added] = &[
        one("protocol", protocol),
        one("port", port),
        one("cidr", |params, values| {
            permission(params)?.insert("IpRanges".into(), json!([{"CidrIp": first(values)}]));
            Ok(())
        }),
        one("source-group", |params, values| {
            let group = first(values);
            let name = match group.starts_with("sg-") {
                true => "GroupId",
                false => "GroupName",
            };
            group_pair(params, name, group)
        }),
        one("group-owner", |params, values| {
            group_pair(params, "UserId", first(values))
        }),
    ];
    Custom {
        operation,
        added: ADDED,
        exclusive: &[[
            &["ip-permissions"],
            &["cidr", "group-owner", "port", "protocol", "source-group"],
        ]],
        ..EC2
    }
}

fn permission(params: &mut Params) -> Result<&mut Params, String> {
    first_of_list(params, "IpPermissions")
}

fn group_pair(params: &mut Params, name: &str, value: &str) -> Result<(), String> {
    first_of_list(permission(params)?, "UserIdGroupPairs")?.insert(name.into(), value.into());
    Ok(())
}

fn protocol(params: &mut Params, values: &[String]) -> Result<(), String> {
    let given = first(values);
    let protocol = match (given, given.parse::<i32>()) {
        ("all", _) => "-1",
        ("icmp" | "tcp" | "udp", _) | (_, Ok(-1..=255)) => given,
        _ => {
            return Err(format!(
                "{given:?} must be tcp, udp, icmp, all, or a number from 0 to 255"
            ));
        }
    };
    permission(params)?.insert("IpProtocol".into(), protocol.into());
    Ok(())
}

fn port(params: &mut Params, values: &[String]) -> Result<(), String> {
    let given = first(values);
    let (from, to) = match given {
        "-1" | "all" => ("-1", "-1"),
        given => given.split_once('-').unwrap_or((given, given)),
    };
    let number = |text: &str| {
        let number = whole_number(text);
        number.map_err(|_| format!("{given:?} must be a port or a range, such as 22 or 22-25"))
    };
    let (from, to) = (number(from)?, number(to)?);
    let permission = permission(params)?;
    permission.insert("FromPort".into(), from.into());
    permission.insert("ToPort".into(), to.into());
    Ok(())
}

const fn acl_entry(operation: &'static str) -> Custom {
    Custom {
        operation,
        finish: Some(number_of_protocol),
        ..EC2
    }
}

/// Replaces the name of a protocol, as the service reads only numbers.
#[allow(clippy::unnecessary_wraps, reason = "the type of the table")]
fn number_of_protocol(params: &mut Params, _: &Client) -> Result<(), Failure> {
    const NUMBERS: [(&str, &str); 4] = [("all", "-1"), ("icmp", "1"), ("tcp", "6"), ("udp", "17")];
    if let Some(protocol) = params.get_mut("Protocol")
        && let Some((_, number)) = NUMBERS.iter().find(|(name, _)| protocol == name)
    {
        *protocol = (*number).into();
    }
    Ok(())
}

/// Takes `min` or `min:max`, which [`run_instances`] reads.
#[allow(clippy::unnecessary_wraps, reason = "the type of the table")]
fn count(params: &mut Params, values: &[String]) -> Result<(), String> {
    let given = first(values);
    let (min, max) = given.split_once(':').unwrap_or((given, given));
    params.insert("MinCount".into(), min.into());
    params.insert("MaxCount".into(), max.into());
    Ok(())
}

/// Makes a number of a count. `aws` treats another text as a general error.
fn read_count(count: &mut Value) -> Result<(), Failure> {
    if let Some(text) = count.as_str() {
        let number = whole_number(text).map_err(|_| {
            Failure::Other(
                format!("--count: {text:?} must be a number or a range, such as 1 or 1:10").into(),
            )
        });
        *count = number?.into();
    }
    Ok(())
}

fn addresses(params: &mut Params, values: &[String]) -> Result<(), String> {
    if values.is_empty() {
        return Ok(());
    }
    let addresses = values.iter();
    let addresses: Vec<Value> = addresses
        .map(|address| json!({"PrivateIpAddress": address, "Primary": false}))
        .collect();
    interface(params, "PrivateIpAddresses", addresses.into())
}

/// Sets a member of the first network interface.
fn interface(params: &mut Params, name: &str, value: Value) -> Result<(), String> {
    let interface = first_of_list(params, "NetworkInterfaces")?;
    if interface.is_empty() {
        interface.insert("DeviceIndex".into(), 0.into());
    }
    interface.insert(name.into(), value);
    Ok(())
}

/// What belongs to the network interface if one is specified: the parameter, and the interface's member.
const OF_INTERFACE: [(&str, &str); 5] = [
    ("SubnetId", "SubnetId"),
    ("SecurityGroupIds", "Groups"),
    ("Ipv6AddressCount", "Ipv6AddressCount"),
    ("Ipv6Addresses", "Ipv6Addresses"),
    ("EnablePrimaryIpv6", "PrimaryIpv6"),
];

fn run_instances(params: &mut Params, _: &Client) -> Result<(), Failure> {
    let has_interface = params
        .get("NetworkInterfaces")
        .and_then(|list| list.get(0))
        .is_some_and(|interface| {
            let by_options = [
                "AssociatePublicIpAddress",
                "PrivateIpAddresses",
                "SecondaryPrivateIpAddressCount",
            ];
            by_options.iter().any(|name| interface.get(name).is_some())
        });
    if has_interface {
        let address = params.shift_remove("PrivateIpAddress");
        let moved = OF_INTERFACE.map(|(name, member)| (member, params.shift_remove(name)));
        let interface = first_of_list(params, "NetworkInterfaces").map_err(Failure::Usage)?;
        for (member, value) in moved {
            if let Some(value) = value {
                interface.insert(member.into(), value);
            }
        }
        if let Some(address) = address {
            let address = json!([{"PrivateIpAddress": address, "Primary": true}]);
            interface.insert("PrivateIpAddresses".into(), address);
        }
    }
    for name in ["MaxCount", "MinCount"] {
        read_count(params.entry(name).or_insert_with(|| 1.into()))?;
    }
    Ok(())
}
