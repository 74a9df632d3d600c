//! The shapes of Smithy's prelude, which models refer to and do not define.

/// The shapes, by id.
pub(super) const SHAPES: &str = r#"{
"smithy.api#BigDecimal":{"type":"bigDecimal"},
"smithy.api#BigInteger":{"type":"bigInteger"},
"smithy.api#Blob":{"type":"blob"},
"smithy.api#Boolean":{"type":"boolean"},
"smithy.api#Byte":{"type":"byte"},
"smithy.api#Document":{"type":"document"},
"smithy.api#Double":{"type":"double"},
"smithy.api#Float":{"type":"float"},
"smithy.api#Integer":{"type":"integer"},
"smithy.api#Long":{"type":"long"},
"smithy.api#PrimitiveBoolean":{"type":"boolean"},
"smithy.api#PrimitiveByte":{"type":"byte"},
"smithy.api#PrimitiveDouble":{"type":"double"},
"smithy.api#PrimitiveFloat":{"type":"float"},
"smithy.api#PrimitiveInteger":{"type":"integer"},
"smithy.api#PrimitiveLong":{"type":"long"},
"smithy.api#PrimitiveShort":{"type":"short"},
"smithy.api#Short":{"type":"short"},
"smithy.api#String":{"type":"string"},
"smithy.api#Timestamp":{"type":"timestamp"},
"smithy.api#Unit":{"type":"structure"}
}"#;
