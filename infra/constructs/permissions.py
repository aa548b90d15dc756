"""What each `Touch` allows, written out. A wildcard always comes with the sentence why it cannot be narrower."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from enishi.lake.schema import SPILL
from infra.constructs.buckets import bucket_name
from infra.constructs.nag import acknowledge_wildcards
from infra.constructs.records import BY_CHUNK
from infra.databases import Databases
from infra.environments import Environment
from infra.functions import Touch


@dataclass(frozen=True)
class Grant:
    """Actions on resources; `because` is said when a resource ends in a wildcard."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    because: str = ""


@dataclass(frozen=True)
class Places:
    """Where things are, as ARNs. Names are computed, so that stacks do not hang on each other's exports."""

    environment: Environment
    lake_key: str
    personal_key: str
    erasure_key: str

    def bucket(self, name: str) -> str:
        return f"arn:aws:s3:::{bucket_name(self.environment, name)}"

    def objects(self, name: str) -> str:
        return f"{self.bucket(name)}/*"

    def here(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"

    def table(self, name: str) -> str:
        return self.here("dynamodb", f"table/{self.environment.physical(name)}")

    def secret(self, name: str) -> str:
        return self.here("secretsmanager", f"secret:{secret_name(self.environment, name)}-??????")


def secret_name(environment: Environment, name: str) -> str:
    return f"enishi/{environment.name}/{name}"


_KEYS_OF_OBJECTS = "objects are named by run, chunk and file: the prefix is all that is known beforehand"
_TABLES_OF_DATABASE = "every table of this one database, as declared in enishi/lake/tables"
_TABLES_OF_STATEMENTS = "tables that one large statement makes for itself are named as it runs"
_SUFFIX_OF_SECRET = "Secrets Manager adds six random characters to a secret's ARN"  # noqa: S105 a sentence

_READ_KEY = ("kms:Decrypt", "kms:DescribeKey")
_USE_KEY = (*_READ_KEY, "kms:Encrypt", "kms:GenerateDataKey")
_READ_OBJECTS = ("s3:GetObject",)
_WRITE_OBJECTS = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_LIST_BUCKET = ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
_QUERY = (
    "athena:StartQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:StopQueryExecution",
    "athena:GetWorkGroup",
)
_READ_CATALOG = ("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions")

_MAKE_TABLES = ("glue:CreateTable", "glue:UpdateTable", "glue:DeleteTable")


def _raw_read(at: Places) -> Iterable[Grant]:
    yield Grant(_READ_OBJECTS, (at.objects("raw"),), _KEYS_OF_OBJECTS)
    yield Grant(_LIST_BUCKET, (at.bucket("raw"),))
    yield Grant(_READ_KEY, (at.personal_key,))


def _raw_write(at: Places) -> Iterable[Grant]:
    yield Grant(_WRITE_OBJECTS, (at.objects("raw"),), _KEYS_OF_OBJECTS)
    yield Grant(_USE_KEY, (at.personal_key,))


def _exports(at: Places) -> Iterable[Grant]:
    yield Grant((*_READ_OBJECTS, *_WRITE_OBJECTS), (at.objects("exports"),), _KEYS_OF_OBJECTS)
    yield Grant(_LIST_BUCKET, (at.bucket("exports"),))
    yield Grant(_USE_KEY, (at.personal_key,))


def _work(at: Places) -> Iterable[Grant]:
    yield Grant((*_READ_OBJECTS, *_WRITE_OBJECTS), (at.objects("work"),), _KEYS_OF_OBJECTS)
    yield Grant(_LIST_BUCKET, (at.bucket("work"),))
    yield Grant(_USE_KEY, (at.personal_key,))
    yield _spills(at)


def _lake_read(at: Places) -> Iterable[Grant]:
    yield Grant(_QUERY, (at.here("athena", f"workgroup/{at.environment.physical('analysis')}"),))
    yield from _catalog(at, Databases(at.environment).without_personal_data)
    yield Grant(_READ_OBJECTS, (at.objects("lake"),), _KEYS_OF_OBJECTS)
    yield Grant((*_READ_OBJECTS, *_WRITE_OBJECTS), (at.objects("results"),), _KEYS_OF_OBJECTS)
    yield Grant(_LIST_BUCKET, (at.bucket("lake"), at.bucket("results")))
    yield Grant(_USE_KEY, (at.lake_key,))


def _lake_write(at: Places) -> Iterable[Grant]:
    """Athena acts with the caller's rights: a commit is new objects and a new pointer in the catalogue."""
    yield Grant(_WRITE_OBJECTS, (at.objects("lake"),), _KEYS_OF_OBJECTS)
    yield _commits(at, Databases(at.environment).lake)


def _personal_read(at: Places) -> Iterable[Grant]:
    yield Grant(_QUERY, (at.here("athena", f"workgroup/{at.environment.physical('delivery')}"),))
    yield from _catalog(at, (Databases(at.environment).personal,))
    yield Grant(_READ_OBJECTS, (at.objects("contacts"),), _KEYS_OF_OBJECTS)
    yield Grant(_LIST_BUCKET, (at.bucket("contacts"),))
    yield Grant(_USE_KEY, (at.personal_key,))


def _personal_write(at: Places) -> Iterable[Grant]:
    yield from _personal_read(at)
    yield Grant(_WRITE_OBJECTS, (at.objects("contacts"),), _KEYS_OF_OBJECTS)
    yield _commits(at, Databases(at.environment).personal)


def _ledger(at: Places) -> Iterable[Grant]:
    """A claim takes a place of its frequency counters in one transaction, so both tables."""
    writes = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")
    reads = ("dynamodb:GetItem", "dynamodb:BatchGetItem")
    yield Grant((*reads, *writes), (at.table("ledger"), at.table("guards")))
    yield Grant(("dynamodb:Query",), (f"{at.table('ledger')}/index/{BY_CHUNK}",))
    yield Grant(_USE_KEY, (at.personal_key,))


def _guards_read(at: Places) -> Iterable[Grant]:
    yield Grant(("dynamodb:GetItem", "dynamodb:BatchGetItem"), (at.table("guards"),))
    yield Grant(_READ_KEY, (at.personal_key,))


def _guards_write(at: Places) -> Iterable[Grant]:
    yield Grant(("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"), (at.table("guards"),))
    yield Grant(_USE_KEY, (at.personal_key,))


def _sign(at: Places) -> Iterable[Grant]:
    yield Grant(("secretsmanager:GetSecretValue",), (at.secret("signing"),), _SUFFIX_OF_SECRET)
    yield Grant(_READ_KEY, (at.personal_key,))


def _line(at: Places) -> Iterable[Grant]:
    yield Grant(("secretsmanager:GetSecretValue",), (at.secret("line"),), _SUFFIX_OF_SECRET)
    yield Grant(_READ_KEY, (at.personal_key,))


def _mail(at: Places) -> Iterable[Grant]:
    identity = at.here("ses", f"identity/{at.environment.mail_domain}")
    configuration = at.here("ses", f"configuration-set/{at.environment.physical('mail')}")
    yield Grant(("ses:SendBulkEmail", "ses:SendBulkTemplatedEmail", "ses:SendEmail"), (identity, configuration))


def _push(at: Places) -> Iterable[Grant]:
    why = "the application's id is made by AWS; only messages may be sent, nothing of campaigns"
    yield Grant(("mobiletargeting:SendMessages",), (at.here("mobiletargeting", "apps/*/messages"),), why)


def _notices(at: Places) -> Iterable[Grant]:
    yield Grant(("events:PutEvents",), (at.here("events", "event-bus/default"),))


def _reports(at: Places) -> Iterable[Grant]:
    yield Grant(("kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"), (at.erasure_key,))


def _versions(at: Places) -> Iterable[Grant]:
    """Older versions of files that named a person."""
    stores = ("raw", "work")
    yield Grant(("s3:ListBucketVersions",), tuple(at.bucket(name) for name in stores))
    own = tuple(at.objects(name) for name in stores)
    yield Grant(("s3:GetObjectVersion", "s3:DeleteObjectVersion"), own, _KEYS_OF_OBJECTS)


def _web_stream(at: Places) -> Iterable[Grant]:
    yield _put_into(at, "web-events")


def _page_stream(at: Places) -> Iterable[Grant]:
    yield _put_into(at, "page-events")


def _put_into(at: Places, stream: str) -> Grant:
    return Grant(("firehose:PutRecord",), (at.here("firehose", f"deliverystream/{at.environment.physical(stream)}"),))


def _catalog(at: Places, databases: Iterable[str]) -> Iterable[Grant]:
    for database in databases:
        named = (at.here("glue", "catalog"), at.here("glue", f"database/{database}"))
        yield Grant(_READ_CATALOG, (*named, at.here("glue", f"table/{database}/*")), _TABLES_OF_DATABASE)


def _commits(at: Places, database: str) -> Grant:
    named = (at.here("glue", "catalog"), at.here("glue", f"database/{database}"))
    return Grant(("glue:UpdateTable",), (*named, at.here("glue", f"table/{database}/*")), _TABLES_OF_DATABASE)


def _spills(at: Places) -> Grant:
    """Tables that live while one large statement runs."""
    database = Databases(at.environment).staging
    named = (at.here("glue", "catalog"), at.here("glue", f"database/{database}"))
    return Grant(_MAKE_TABLES, (*named, at.here("glue", f"table/{database}/{SPILL}*")), _TABLES_OF_STATEMENTS)


_GRANTS: Mapping[Touch, Callable[[Places], Iterable[Grant]]] = {
    Touch.RAW_READ: _raw_read,
    Touch.RAW_WRITE: _raw_write,
    Touch.EXPORTS: _exports,
    Touch.WORK: _work,
    Touch.LAKE_READ: _lake_read,
    Touch.LAKE_WRITE: _lake_write,
    Touch.PERSONAL_READ: _personal_read,
    Touch.PERSONAL_WRITE: _personal_write,
    Touch.LEDGER: _ledger,
    Touch.GUARDS_READ: _guards_read,
    Touch.GUARDS_WRITE: _guards_write,
    Touch.SIGN: _sign,
    Touch.MAIL: _mail,
    Touch.LINE: _line,
    Touch.PUSH: _push,
    Touch.NOTICES: _notices,
    Touch.WEB_STREAM: _web_stream,
    Touch.PAGE_STREAM: _page_stream,
    Touch.REPORTS: _reports,
    Touch.VERSIONS: _versions,
}


def allow(role: iam.Role, touches: Iterable[Touch], at: Places) -> None:
    """Let `role` do what the touches say."""
    for touch in sorted(touches, key=lambda one: one.value):
        grant(role, *_GRANTS[touch](at))


def grant(role: iam.Role, *grants: Grant) -> None:
    """Add grants to a role's own policy, each wildcard acknowledged with its reason."""
    for one in grants:
        role.add_to_policy(iam.PolicyStatement(actions=list(one.actions), resources=list(one.resources)))
        acknowledge_wildcards(role, one.resources, one.because)
