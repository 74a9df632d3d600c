"""Uses `tucuxi mcp` with the official client of the protocol: mcp_client.py TUCUXI URL

URL is that of a server that keeps what it is told, such as moto's. Calls that only read go to `tucuxi mock`."""

import asyncio
import subprocess
import sys
import tempfile
import uuid

from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client

TUCUXI, URL = sys.argv[1:]
ENVIRONMENT = {
    "HOME": tempfile.mkdtemp(),
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "eu-west-1",
}


def connect(url, mode, *options):
    args = ["mcp", "--endpoint-url", url, *options]
    parameters = StdioServerParameters(command=TUCUXI, args=args, env=ENVIRONMENT)
    return Client(stdio_client(parameters), mode=mode)


async def call(client, service, operation, parameters=None, **others):
    arguments = {"service": service, "operation": operation, "parameters": parameters or {}, **others}
    return await client.call_tool("call_operation", arguments)


async def reads(url, mode, version):
    """What a server without options does."""
    async with connect(url, mode) as client:
        assert client.protocol_version == version, client.protocol_version
        assert client.server_info.name == "tucuxi"
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert sorted(tools) == ["call_operation", "describe_operation", "search_operations"]
        assert all(tool.annotations.read_only_hint for tool in tools.values())

        found = await client.call_tool("search_operations", {"query": "list tables dynamodb"})
        first = found.structured_content["operations"][0]
        assert (first["service"], first["operation"]) == ("dynamodb", "ListTables"), first
        described = await client.call_tool("describe_operation", {"service": "dynamodb", "operation": "ListTables"})
        assert "Limit" in described.structured_content["schema"]["properties"]

        tables = await call(client, "dynamodb", "ListTables")
        assert not tables.is_error, tables
        assert isinstance(tables.structured_content["result"]["TableNames"], list)
        refused = await call(client, "dynamodb", "DeleteTable", {"TableName": "table"})
        assert refused.is_error and "--allow-writes" in refused.content[0].text, refused
        unknown = await call(client, "dynamodb", "ListTable")
        assert unknown.is_error and "did you mean ListTables" in unknown.content[0].text, unknown

        assert (await client.list_resources()).resources == []
        assert len((await client.list_resource_templates()).resource_templates) == 2


async def writes(mode):
    """Writes that are allowed, and a result that is cut and continued."""
    start = f"mcp-{uuid.uuid4().hex}"
    names = [f"{start}-{n:02}" for n in range(40)]
    async with connect(URL, mode, "--allow-writes=sqs", "--max-result", "1000") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        annotations = tools["call_operation"].annotations
        assert not annotations.read_only_hint and annotations.destructive_hint
        for name in names:
            created = await call(client, "sqs", "CreateQueue", {"QueueName": name})
            assert not created.is_error, created
        refused = await call(client, "dynamodb", "DeleteTable", {"TableName": "table"})
        assert refused.is_error, refused

        part = await call(client, "sqs", "ListQueues", {"QueueNamePrefix": start})
        urls, parts = [], 0
        while True:
            assert not part.is_error, part
            parts += 1
            urls += part.structured_content["result"]["QueueUrls"]
            token = part.structured_content.get("resume_token")
            if token is None:
                break
            part = await client.call_tool("call_operation", {"resume_token": token})
        assert [url.rsplit("/", 1)[1] for url in urls] == names, urls
        assert parts > 3, parts
        forged = await client.call_tool("call_operation", {"resume_token": "forged"})
        assert forged.is_error and "resume_token" in forged.content[0].text, forged

        query = "length(QueueUrls)"
        count = await call(client, "sqs", "ListQueues", {"QueueNamePrefix": start}, query=query)
        assert count.structured_content["result"] == len(names), count
        many = [call(client, "sqs", "ListQueues", {"QueueNamePrefix": start}) for _ in range(8)]
        assert not any(found.is_error for found in await asyncio.gather(*many))
        for url in urls:
            deleted = await call(client, "sqs", "DeleteQueue", {"QueueUrl": url})
            assert not deleted.is_error, deleted


async def main():
    mock = subprocess.Popen([TUCUXI, "mock"], stdout=subprocess.PIPE, env=ENVIRONMENT, text=True)
    try:
        url = mock.stdout.readline().removeprefix("serving at ").strip()
        for mode, version in [("legacy", "2025-11-25"), ("auto", "2026-07-28")]:
            await reads(url, mode, version)
            await writes(mode)
            print(f"the client used the server in version {version}")
    finally:
        mock.kill()


asyncio.run(main())
