"""DynamoDB: the send ledger, and the guards (frequency counters, and who said no)."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.environments import Environment

BY_CHUNK = "by_chunk"


class Records(Construct):
    """Two tables under the key of personal data, restorable to any second of the last 35 days, free while idle.

    Keys and attributes are told in `enishi.aws.dynamo`.
    """

    def __init__(self, scope: Construct, environment: Environment, key: kms.IKey) -> None:
        super().__init__(scope, "Records")
        self._environment = environment
        self._key = key
        self.ledger = self._table("ledger")
        self.ledger.add_global_secondary_index(
            index_name=BY_CHUNK,
            partition_key=dynamodb.Attribute(name="chunk_key", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.guards = self._table("guards")

    def _table(self, name: str) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name.capitalize(),
            table_name=self._environment.physical(name),
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self._key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            deletion_protection=self._environment.protect,
            removal_policy=RemovalPolicy.RETAIN if self._environment.keep else RemovalPolicy.DESTROY,
        )
