"""How a resource of each type in deployments/template.yaml comes to be at the AWS API.

CloudFormation's properties are the parameters of the API's own call, but for the case of some letters, and for a few
that take a call of their own (CloudFormation user guide, "Resource and property reference").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sandbox.template import Made

# A service's name -> its boto3 client.
Client = Callable[[str], Any]
Then = Callable[[Client, Made, Any], object]
"""Gives a resource one property more, after it was made."""


@dataclass(frozen=True)
class Call:
    """One call of the API makes the resource.

    `ref` and `attributes` are paths into the call's answer; below `Given` lie the resource's own properties.
    `renamed` has the API's name of a property that is not just written otherwise, `then` what is no parameter of the
    call: None for what makes no difference on this machine.
    """

    service: str
    operation: str
    ref: str = "Given"
    attributes: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    then: Mapping[str, Then | None] = field(default_factory=dict)

    def make(self, client: Client, properties: Mapping[str, Any]) -> Made:
        """Make it. ValueError for a property that the call does not have."""
        api = client(self.service)
        operation = api.meta.method_to_api_mapping[self.operation]
        shape = api.meta.service_model.operation_model(operation).input_shape
        given = {
            self.renamed.get(name, name): value for name, value in properties.items() if name not in self.then
        }
        answer = getattr(api, self.operation)(**shaped(shape, given))
        found = {**answer, "Given": properties}
        attributes = {name: str(_at(found, path)) for name, path in self.attributes.items()}
        made = Made(str(_at(found, self.ref)), attributes)
        for name, then in self.then.items():
            if then is not None and name in properties:
                then(client, made, properties[name])
        return made


def shaped(shape: Shape, value: Any) -> Any:
    """A property as the API's parameter: members by their own case, values by their own type, documents as JSON."""
    if isinstance(shape, StructureShape):
        own = {name.lower(): name for name in shape.members}
        for name in value:
            if name.lower() not in own:
                raise ValueError(f"{shape.name} has no {name}, only {', '.join(sorted(shape.members))}")
        return {
            own[name.lower()]: shaped(shape.members[own[name.lower()]], one) for name, one in value.items()
        }
    if isinstance(shape, ListShape):
        return [shaped(shape.member, one) for one in value]
    if isinstance(shape, MapShape):
        return {key: shaped(shape.value, one) for key, one in value.items()}
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "string" and isinstance(value, Mapping | bool):
        return json.dumps(value)
    return str(value) if shape.type_name == "string" else value


def _at(answer: Any, path: str) -> Any:
    for step in path.split("."):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


def _queue(client: Client, properties: Mapping[str, Any]) -> Made:
    """A queue: SQS takes all that CloudFormation calls properties as attributes, in text."""
    sqs = client("sqs")
    attributes = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in properties.items()
        if name != "QueueName"
    }
    url = sqs.create_queue(QueueName=properties["QueueName"], Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return Made(url, {"Arn": found["QueueArn"]})


def _permission(client: Client, properties: Mapping[str, Any]) -> Made:
    principal = str(properties["Principal"]).partition(".")[0]
    client("lambda").add_permission(StatementId=principal, **properties)
    return Made(principal)


def _topic_policy(client: Client, properties: Mapping[str, Any]) -> Made:
    policy = json.dumps(properties["PolicyDocument"])
    for topic in properties["Topics"]:
        client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    return Made("policy")


def _role_policies(client: Client, role: Made, policies: Any) -> None:
    for policy in policies:
        client("iam").put_role_policy(
            RoleName=role.ref,
            PolicyName=policy["PolicyName"],
            PolicyDocument=json.dumps(policy["PolicyDocument"]),
        )


Make = Callable[[Client, Mapping[str, Any]], Made]

MAKERS: Mapping[str, Make] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": Call(
        "application-autoscaling", "register_scalable_target", "Given.ResourceId"
    ).make,
    "AWS::CertificateManager::Certificate": Call(
        # Nobody validates it here.
        "acm",
        "request_certificate",
        "CertificateArn",
        then={"DomainValidationOptions": None},
    ).make,
    "AWS::DynamoDB::Table": Call(
        "dynamodb",
        "create_table",
        "TableDescription.TableName",
        {"Arn": "TableDescription.TableArn"},
        then={
            "TimeToLiveSpecification": lambda client, table, value: client("dynamodb").update_time_to_live(
                TableName=table.ref, TimeToLiveSpecification=value
            )
        },
    ).make,
    "AWS::EC2::SecurityGroup": Call(
        "ec2",
        "create_security_group",
        "GroupId",
        {"GroupId": "GroupId"},
        renamed={"GroupDescription": "Description"},
    ).make,
    "AWS::EC2::Subnet": Call("ec2", "create_subnet", "Subnet.SubnetId").make,
    "AWS::EC2::VPC": Call(
        "ec2",
        "create_vpc",
        "Vpc.VpcId",
        then={
            # On AWS it is on from the beginning.
            "EnableDnsSupport": None,
            "EnableDnsHostnames": lambda client, vpc, value: client("ec2").modify_vpc_attribute(
                VpcId=vpc.ref, EnableDnsHostnames={"Value": value}
            ),
        },
    ).make,
    "AWS::ECS::Cluster": Call(
        "ecs", "create_cluster", "cluster.clusterName", {"Arn": "cluster.clusterArn"}
    ).make,
    "AWS::ECS::Service": Call("ecs", "create_service", "service.serviceArn").make,
    "AWS::ECS::TaskDefinition": Call(
        "ecs", "register_task_definition", "taskDefinition.taskDefinitionArn"
    ).make,
    "AWS::EFS::AccessPoint": Call(
        "efs", "create_access_point", "AccessPointId", {"Arn": "AccessPointArn"}
    ).make,
    "AWS::EFS::FileSystem": Call(
        "efs",
        "create_file_system",
        "FileSystemId",
        {"Arn": "FileSystemArn"},
        renamed={"FileSystemTags": "Tags"},
    ).make,
    "AWS::EFS::MountTarget": Call("efs", "create_mount_target", "MountTargetId").make,
    "AWS::ElasticLoadBalancingV2::Listener": Call("elbv2", "create_listener", "Listeners.0.ListenerArn").make,
    "AWS::ElasticLoadBalancingV2::ListenerRule": Call("elbv2", "create_rule", "Rules.0.RuleArn").make,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Call(
        "elbv2", "create_load_balancer", "LoadBalancers.0.LoadBalancerArn"
    ).make,
    "AWS::ElasticLoadBalancingV2::TargetGroup": Call(
        "elbv2",
        "create_target_group",
        "TargetGroups.0.TargetGroupArn",
        then={
            "TargetGroupAttributes": lambda client, group, value: client(
                "elbv2"
            ).modify_target_group_attributes(
                TargetGroupArn=group.ref,
                Attributes=[{"Key": one["Key"], "Value": str(one["Value"])} for one in value],
            ),
            "Targets": lambda client, group, value: client("elbv2").register_targets(
                TargetGroupArn=group.ref, Targets=value
            ),
        },
    ).make,
    "AWS::IAM::Role": Call(
        "iam",
        "create_role",
        "Role.RoleName",
        {"Arn": "Role.Arn"},
        # moto 5.2.5 knows no policies of AWS's own.
        then={"ManagedPolicyArns": None, "Policies": _role_policies},
    ).make,
    "AWS::Lambda::Function": Call("lambda", "create_function", "FunctionName", {"Arn": "FunctionArn"}).make,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": Call(
        "logs",
        "create_log_group",
        "Given.LogGroupName",
        then={
            "RetentionInDays": lambda client, group, value: client("logs").put_retention_policy(
                logGroupName=group.ref, retentionInDays=value
            )
        },
    ).make,
    "AWS::S3::Bucket": Call(
        "s3",
        "create_bucket",
        "Given.BucketName",
        renamed={"BucketName": "Bucket"},
        # Nobody but its owner reaches a sandbox, and it lives for less than a day.
        then={"PublicAccessBlockConfiguration": None, "LifecycleConfiguration": None},
    ).make,
    "AWS::S3::BucketPolicy": Call(
        "s3", "put_bucket_policy", "Given.Bucket", renamed={"PolicyDocument": "Policy"}
    ).make,
    # SES's first API, which the suite asks; both know the same identities on AWS, not in moto 5.2.5.
    "AWS::SES::EmailIdentity": Call(
        "ses", "verify_domain_identity", "Given.EmailIdentity", renamed={"EmailIdentity": "Domain"}
    ).make,
    "AWS::SES::ReceiptRule": Call("ses", "create_receipt_rule", "Given.Rule.Name").make,
    "AWS::SES::ReceiptRuleSet": Call("ses", "create_receipt_rule_set", "Given.RuleSetName").make,
    "AWS::SNS::Subscription": Call("sns", "subscribe", "SubscriptionArn").make,
    "AWS::SNS::Topic": Call("sns", "create_topic", "TopicArn", renamed={"TopicName": "Name"}).make,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
}

_ONE_MACHINE = "no packet leaves this machine"

LEFT_OUT: Mapping[str, str] = {
    "AWS::EC2::InternetGateway": _ONE_MACHINE,
    "AWS::EC2::Route": _ONE_MACHINE,
    "AWS::EC2::RouteTable": _ONE_MACHINE,
    "AWS::EC2::SecurityGroupIngress": _ONE_MACHINE,
    "AWS::EC2::SubnetRouteTableAssociation": _ONE_MACHINE,
    "AWS::EC2::VPCGatewayAttachment": _ONE_MACHINE,
    "AWS::Route53::RecordSet": "this machine's name is localhost, and its mail goes nowhere",
}
"""Types of which nothing is made here, and why."""
