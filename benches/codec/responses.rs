//! Generated responses with the same bytes in every run.
//!
//! Names, members and lengths are those of real responses, so that the proportions of elements, text and numbers are
//! realistic.

use std::fmt::Write;

use ciborium::Value as Cbor;
use serde_json::{Value, json};

/// 1,000 objects, some with an escaped character in the key.
pub(crate) fn objects() -> Vec<u8> {
    let mut chance = Chance::new();
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>bench</Name><Prefix></Prefix><KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>",
    );
    for n in 0..1000 {
        let (month, name, sum) = (n % 12 + 1, chance.hex(8), chance.hex(32));
        let escaped = if n % 50 == 0 { "&amp;" } else { "" };
        let (day, hour, minute, size) = (n % 28 + 1, n % 24, n % 60, chance.below(1 << 28));
        let _ = write!(
            out,
            "<Contents><Key>data/year=2026/month={month:02}/part-{n:05}-{name}{escaped}.snappy.parquet</Key>\
             <LastModified>2026-10-{day:02}T{hour:02}:{minute:02}:00.000Z</LastModified><ETag>&quot;{sum}&quot;</ETag>\
             <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>{size}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    out += "</ListBucketResult>";
    out.into()
}

/// 300 instances, each in a separate reservation.
pub(crate) fn instances() -> Vec<u8> {
    let mut chance = Chance::new();
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId><reservationSet>",
    );
    for n in 0..300 {
        let reservation = chance.hex(16);
        let _ = write!(
            out,
            "<item><reservationId>r-0{reservation}</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet>"
        );
        instance(&mut out, n, &mut chance);
        out += "</instancesSet></item>";
    }
    out += "</reservationSet></DescribeInstancesResponse>";
    out.into()
}

fn instance(out: &mut String, n: u64, chance: &mut Chance) {
    let mut id = |prefix: &str| format!("{prefix}-0{}", chance.hex(16));
    let (instance, image, subnet) = (id("i"), id("ami"), id("subnet"));
    let (volume, interface, attachment) = (id("vol"), id("eni"), id("eni-attach"));
    let (token, profile) = (chance.hex(36), chance.hex(16).to_uppercase());
    let mac = [(); 6].map(|()| chance.hex(2)).join(":");
    let (high, low, day) = (n / 250, n % 250 + 4, n % 28 + 1);
    let zone = ["a", "b", "c"][n as usize % 3];
    let center = chance.below(10_000).to_string();
    let name = format!("web-{n:03}");
    let group = "<groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>web</groupName></item></groupSet>";
    let tags = [
        ("Name", &*name),
        ("env", "prod"),
        ("team", "r&amp;d"),
        ("cost-center", &center),
        ("aws:autoscaling:groupName", "web-asg"),
    ];
    let tags =
        tags.map(|(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>"));
    let tags = tags.concat();
    let _ = write!(
        out,
        "<item><instanceId>{instance}</instanceId><imageId>{image}</imageId><instanceState><code>16</code><name>running</name></instanceState>\
         <privateDnsName>ip-10-0-{high}-{low}.ec2.internal</privateDnsName><dnsName/><reason/><keyName>ops</keyName>\
         <amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>m6g.large</instanceType>\
         <launchTime>2026-09-{day:02}T08:30:00.000Z</launchTime><placement><availabilityZone>us-east-1{zone}</availabilityZone>\
         <groupName/><tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring>\
         <subnetId>{subnet}</subnetId><vpcId>vpc-0123456789abcdef0</vpcId><privateIpAddress>10.0.{high}.{low}</privateIpAddress>\
         <sourceDestCheck>true</sourceDestCheck>{group}<architecture>arm64</architecture><rootDeviceType>ebs</rootDeviceType>\
         <rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs>\
         <volumeId>{volume}</volumeId><status>attached</status><attachTime>2026-09-01T08:30:01.000Z</attachTime>\
         <deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping><virtualizationType>hvm</virtualizationType>\
         <clientToken>{token}</clientToken><tagSet>{tags}</tagSet><hypervisor>xen</hypervisor><networkInterfaceSet><item>\
         <networkInterfaceId>{interface}</networkInterfaceId><subnetId>{subnet}</subnetId><vpcId>vpc-0123456789abcdef0</vpcId>\
         <description/><ownerId>123456789012</ownerId><status>in-use</status><macAddress>{mac}</macAddress>\
         <privateIpAddress>10.0.{high}.{low}</privateIpAddress><sourceDestCheck>true</sourceDestCheck>{group}<attachment>\
         <attachmentId>{attachment}</attachmentId><deviceIndex>0</deviceIndex><status>attached</status>\
         <attachTime>2026-09-01T08:30:00.000Z</attachTime><deleteOnTermination>true</deleteOnTermination>\
         <networkCardIndex>0</networkCardIndex></attachment><privateIpAddressesSet><item>\
         <privateIpAddress>10.0.{high}.{low}</privateIpAddress><primary>true</primary></item></privateIpAddressesSet>\
         <ipv6AddressesSet/><interfaceType>interface</interfaceType></item></networkInterfaceSet><iamInstanceProfile>\
         <arn>arn:aws:iam::123456789012:instance-profile/web</arn><id>AIPA{profile}</id></iamInstanceProfile>\
         <ebsOptimized>true</ebsOptimized><cpuOptions><coreCount>2</coreCount><threadsPerCore>1</threadsPerCore></cpuOptions>\
         <hibernationOptions><configured>false</configured></hibernationOptions><enclaveOptions><enabled>false</enabled></enclaveOptions>\
         <metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit>\
         <httpEndpoint>enabled</httpEndpoint></metadataOptions></item>"
    );
}

/// 1,500 items of most types.
pub(crate) fn items() -> Vec<u8> {
    let mut chance = Chance::new();
    let items: Vec<Value> = (0..1500).map(|n| item(n, &mut chance)).collect();
    let answer = json!({"Count": items.len(), "Items": items, "ScannedCount": items.len()});
    answer.to_string().into()
}

fn item(n: u64, chance: &mut Chance) -> Value {
    let cents = chance.below(1_000_000);
    let lines = [(); 3].map(|()| {
        let quantity = (chance.below(9) + 1).to_string();
        json!({"M": {"sku": {"S": chance.hex(10)}, "qty": {"N": quantity}}})
    });
    json!({
        "pk": {"S": format!("customer#{:05}", n % 97)}, "sk": {"S": format!("order#{n:08}")},
        "total": {"N": format!("{}.{:02}", cents / 100, cents % 100)}, "paid": {"BOOL": n.is_multiple_of(3)},
        "lines": {"L": lines}, "tags": {"SS": ["new", "eu", "web"]}, "note": {"S": chance.hex(330)}, "gone": {"NULL": true},
    })
}

/// 500 metrics, in CBOR.
pub(crate) fn metrics() -> Vec<u8> {
    let mut chance = Chance::new();
    let text = |text: &str| Cbor::Text(text.into());
    let map = |pairs: Vec<(&str, Cbor)>| {
        Cbor::Map(
            pairs
                .into_iter()
                .map(|(name, value)| (text(name), value))
                .collect(),
        )
    };
    let names = ["CPUUtilization", "NetworkIn", "NetworkOut", "DiskReadOps"];
    let metrics = (0..500).map(|_| {
        let dimension = map(vec![
            ("Name", text("InstanceId")),
            ("Value", text(&format!("i-0{}", chance.hex(16)))),
        ]);
        map(vec![
            ("Namespace", text("AWS/EC2")),
            ("MetricName", text(names[chance.below(4) as usize])),
            ("Dimensions", Cbor::Array(vec![dimension])),
        ])
    });
    let answer = map(vec![("Metrics", Cbor::Array(metrics.collect()))]);
    let mut out = Vec::new();
    ciborium::into_writer(&answer, &mut out).expect("memory takes everything");
    out
}

/// Xorshift with a fixed seed.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn hex(&mut self, digits: usize) -> String {
        let digit = |_| char::from_digit(self.below(16) as u32, 16).unwrap_or('0');
        (0..digits).map(digit).collect()
    }
}
