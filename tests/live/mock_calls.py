"""Calls operations with boto3, as lines of JSON on stdin say, and reports each as a line on stdout.

A line is [service, operation, parameters]. The parameters are JSON: bytes are base64, timestamps are text. They are
converted by botocore's own model. The report is [outcome, text]: "ok", "error" with the service's error, "unknown" if
boto3 has no such operation or parameter, "refused" if it sends no request, or "failed".
"""

import base64
import datetime
import io
import json
import socket
import sys

import boto3
import botocore.config
import botocore.exceptions

# hosts that boto3 puts labels before, such as 123456789012.127.0.0.1, have no name server here
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **named: resolve("127.0.0.1", *rest, **named)

# raised before a request is sent, or because the rules of a service lead elsewhere, whatever the endpoint URL
REFUSED = (
    botocore.exceptions.EndpointConnectionError,
    botocore.exceptions.InvalidEndpointConfigurationError,
    botocore.exceptions.ParamValidationError,
    botocore.exceptions.EndpointResolutionError,
    botocore.exceptions.UnsupportedSignatureVersionError,
    botocore.exceptions.TokenRetrievalError,
    botocore.exceptions.NoAuthTokenError,
    botocore.exceptions.MissingDependencyException,
)


class Unknown(Exception):
    pass


def convert(shape, value):
    """The value of boto3 for a value of JSON."""
    if value is None or (shape.serialization.get("jsonvalue") and shape.serialization.get("location") == "header"):
        return value
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if kind == "structure":
        unknown = [name for name in value if name not in shape.members]
        if unknown:
            raise Unknown(", ".join(unknown))
        return {name: convert(shape.members[name], one) for name, one in value.items()}
    if kind == "list":
        return [convert(shape.member, one) for one in value]
    if kind == "map":
        return {name: convert(shape.value, one) for name, one in value.items()}
    if kind == "blob":
        data = base64.b64decode(value)
        return io.BytesIO(data) if shape.serialization.get("streaming") else data
    if kind == "timestamp":
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


def call(client, operation, params):
    names = {api: name for name, api in client.meta.method_to_api_mapping.items()}
    if operation not in names or not hasattr(client, names[operation]):
        raise Unknown(operation)
    shape = client.meta.service_model.operation_model(operation).input_shape
    if shape is None and params:
        raise Unknown(", ".join(params))
    result = getattr(client, names[operation])(**(convert(shape, params) if shape else {}))
    for value in result.values():
        if hasattr(value, "read"):
            value.read()
        elif hasattr(value, "_event_stream") or type(value).__name__ == "EventStream":
            list(value)


def main():
    config = botocore.config.Config(
        region_name="us-east-1", retries={"total_max_attempts": 1}, read_timeout=30, max_pool_connections=1
    )
    session = boto3.session.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret")
    name, client = None, None
    for line in sys.stdin:
        service, operation, params = json.loads(line)
        try:
            if service != name:
                name, client = service, None
                client = session.client(service, endpoint_url=sys.argv[1], config=config)
            if client is None:
                raise Unknown(service)
            call(client, operation, params)
            report = ["ok", ""]
        except (Unknown, botocore.exceptions.UnknownServiceError) as error:
            report = ["unknown", str(error)]
        except REFUSED as error:
            report = ["refused", f"{type(error).__name__}: {error}"]
        except botocore.exceptions.ClientError as error:
            report = ["error", str(error)]
        except Exception as error:
            # a parameter that is the URL of the endpoint
            outcome = "refused" if "Failed to parse" in str(error) else "failed"
            report = [outcome, f"{type(error).__name__}: {error}"]
        print(json.dumps(report), flush=True)


main()
