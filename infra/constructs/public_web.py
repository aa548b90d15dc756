"""What the public may call: one HTTP API with the web collector's routes and those of our own links.

The web tag → the function `collect` → a stream → raw files of the source `web_collector`; a click or an opt-out → the
function `links` → a stream → raw files of events, which land like a provider's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from enishi.ingest.collector.endpoint import ROUTES
from enishi.results.pages import ROUTES as LINK_ROUTES
from infra.constructs.nag import acknowledge
from infra.constructs.retention import log_group
from infra.constructs.streams import RawStream, raw_stream
from infra.constructs.task_function import TaskFunction
from infra.environments import Environment

_WEB = "drop/!{timestamp:yyyy/MM/dd/HH}/web_collector/"
_PAGES = "events/page/!{timestamp:yyyy/MM/dd/HH}/"
_LINE = {"request": "$context.requestId", "route": "$context.routeKey", "status": "$context.status"}
"""What the access log says: neither an address nor a path."""
_OPEN = "the public has no credentials; events come from known origins, links are signed, the stage limits the rate"


class PublicWeb(Construct):
    """The public endpoint, limited in rate, with only these routes; `streams` carry web events, then clicks."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        collect: TaskFunction,
        links: TaskFunction,
        personal_key: str,
    ) -> None:
        super().__init__(scope, "PublicWeb")
        web = RawStream("web-events", _WEB, "web", environment.web_seconds, ".jsonl.gz")
        pages = RawStream("page-events", _PAGES, "page", 60, ".jsonl.gz")
        self.streams = [
            raw_stream(Construct(self, name), environment, plan, personal_key)
            for name, plan in (("Web", web), ("Pages", pages))
        ]
        self.api = http.CfnApi(self, "Api", name=environment.physical("web"), protocol_type="HTTP")
        self._routes("Collect", collect, ROUTES)
        self._routes("Links", links, LINK_ROUTES)
        self._stage(environment)
        CfnOutput(self, "Endpoint", value=self.api.attr_api_endpoint, description="the web tag: <endpoint>/e.js")

    def _routes(self, name: str, behind: TaskFunction, routes: Iterable[tuple[str, str]]) -> None:
        integration = http.CfnIntegration(
            self,
            f"{name}Integration",
            api_id=self.api.ref,
            integration_type="AWS_PROXY",
            integration_uri=behind.function.function_arn,
            payload_format_version="2.0",
            timeout_in_millis=10_000,
        )
        for method, path in routes:
            self._route(method, path, integration)
        lambda_.CfnPermission(
            self,
            f"{name}Invoke",
            action="lambda:InvokeFunction",
            function_name=behind.function.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=f"arn:aws:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.api.ref}/*",
        )

    def _route(self, method: str, path: str, integration: http.CfnIntegration) -> None:
        words = "".join(character if character.isalnum() else " " for character in f"{method} {path}").split()
        route = http.CfnRoute(
            self,
            "".join(word.capitalize() for word in words),
            api_id=self.api.ref,
            route_key=f"{method} {path}",
            target=f"integrations/{integration.ref}",
            authorization_type="NONE",
        )
        acknowledge(route, "AwsSolutions-APIG4", _OPEN)

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
