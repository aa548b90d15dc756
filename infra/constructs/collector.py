"""The web collector: an HTTP API → the function `collect` → a stream → raw files of the source `web_collector`."""

from __future__ import annotations

import json

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from enishi.ingest.collector.endpoint import ROUTES
from infra.constructs.nag import acknowledge
from infra.constructs.retention import log_group
from infra.constructs.streams import RawStream, raw_stream
from infra.constructs.task_function import TaskFunction
from infra.environments import Environment

_PREFIX = "drop/!{timestamp:yyyy/MM/dd/HH}/web_collector/"
_LINE = {"request": "$context.requestId", "route": "$context.routeKey", "status": "$context.status"}
"""What the access log says: neither an address nor a path."""
_OPEN = "visitors of a shop have no credentials; the function admits known origins, the stage limits the rate"


class WebCollector(Construct):
    """`stream` of web events, and the public endpoint with only the collector's routes, limited in rate."""

    def __init__(self, scope: Construct, environment: Environment, collect: TaskFunction, personal_key: str) -> None:
        super().__init__(scope, "WebCollector")
        plan = RawStream("web-events", _PREFIX, "web", environment.web_seconds, ".jsonl.gz")
        self.stream = raw_stream(self, environment, plan, personal_key)
        self.api = http.CfnApi(self, "Api", name=environment.physical("web"), protocol_type="HTTP")
        self._routes(collect)
        self._stage(environment)
        CfnOutput(self, "Endpoint", value=self.api.attr_api_endpoint, description="the web tag: <endpoint>/e.js")

    def _routes(self, collect: TaskFunction) -> None:
        integration = http.CfnIntegration(
            self,
            "Integration",
            api_id=self.api.ref,
            integration_type="AWS_PROXY",
            integration_uri=collect.function.function_arn,
            payload_format_version="2.0",
            timeout_in_millis=10_000,
        )
        for method, path in ROUTES:
            name = f"{method.capitalize()}{path.strip('/').replace('.', '').capitalize()}"
            route = http.CfnRoute(
                self,
                name,
                api_id=self.api.ref,
                route_key=f"{method} {path}",
                target=f"integrations/{integration.ref}",
                authorization_type="NONE",
            )
            acknowledge(route, "AwsSolutions-APIG4", _OPEN)
        lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=collect.function.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=f"arn:aws:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.api.ref}/*",
        )

    def _stage(self, environment: Environment) -> None:
        log = log_group(self, environment, f"/aws/vendedlogs/{environment.physical('web')}")
        http.CfnStage(
            self,
            "Stage",
            api_id=self.api.ref,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=http.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=environment.web_rate, throttling_burst_limit=2 * environment.web_rate
            ),
            access_log_settings=http.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=json.dumps(_LINE)
            ),
        )
