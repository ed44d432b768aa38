"""`python -m sandbox status`: all that a client needs to know, the services and the tasks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from sandbox.aws_access import AwsAccess, Keys
from sandbox.information import chosen, running


def print_rows(rows: Mapping[str, str]) -> None:
    """Names and what they stand for, below each other."""
    for name, value in rows.items():
        print(f"  {name:<13} {value}", flush=True)


def show(arguments: argparse.Namespace) -> int:
    """Tell of one sandbox (`id`, by default this checkout's), or the names of `all`; the exit code. LookupError."""
    if arguments.all:
        for each in running():
            print(each)
        return 0
    sandbox = chosen(running(), arguments.id)
    told = sandbox.endpoints
    keys = AwsAccess(told.aws_endpoint, Keys(told.access_key, told.secret_key))
    print(sandbox)
    print_rows(
        {
            "previews": told.preview_url,
            "without TLS": told.http_url,
            "CA file": told.ca_file,
            "": told.ca_trust,
            "session API": told.api_url,
            "  for example": told.api_example,
            "mail to": f"{told.mail_address}, answers in {told.mailbox}",
            "AWS API": "export " + " ".join(f"{name}={value}" for name, value in keys.environment().items()),
            "account": told.account,
            "load balancer": told.load_balancer,
            "cluster": told.cluster,
            "services": f"{told.hermes_service}, {told.edit_service}",
            "table": told.table,
            "queue": f"{told.queue}, dead letters {told.dead_letters}",
            "file system": f"{told.file_system}, workspaces in {told.workspace_root}",
            "site's fence": told.fence,
            "logs": told.logs,
            "info": told.info_url,
        }
    )
    ecs = keys.client("ecs")
    services = [told.hermes_service, told.edit_service]
    for service in ecs.describe_services(cluster=told.cluster, services=services)["services"]:
        counts = ", ".join(f"{key} {service[key + 'Count']}" for key in ("desired", "running", "pending"))
        print(f"  {service['serviceName']:<13} {counts}")
    pages = ecs.get_paginator("list_tasks").paginate(cluster=told.cluster)
    arns = [arn for page in pages for arn in page["taskArns"]]
    for task in ecs.describe_tasks(cluster=told.cluster, tasks=arns)["tasks"] if arns else []:
        print(f"  {task['group']:<13} {task['lastStatus']:<12} {task['taskArn'].rsplit('/', 1)[-1]}")
    return 0
