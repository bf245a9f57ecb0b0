"""The AsyncAPI 3.0.0 document: which topics there are and what travels on them."""

from typing import Any, Final

from schemas.codec import TOPIC_OF
from schemas.facts import TYPES
from schemas.json_schema import summary_of
from schemas.open_leads import OpenLeadEnd
from schemas.refusals import RefusalReason
from schemas.topics import DEFAULT_PARTITIONS, INPUTS, TOPICS, Topic
from schemas.verdicts import RECORDS

Node = dict[str, Any]

_BINDING: Final = "0.5.0"
_DAY_MS: Final = 24 * 60 * 60 * 1000
_DEAD_LETTERS: Final = "lead-events-dlq"
_TOMBSTONE: Final = "open-lead-end"
_DEAD_LETTER: Final = "dead-letter"
_OVERVIEW: Final = (
    "Facts about leads come in, verdicts on the promises of an agreement go out. An app may put "
    "a prefix before every name. All topics have as many partitions as the inputs; a record lies "
    "where murmur2 of its key says, as with Kafka's Java client. Values are JSON objects in "
    "UTF-8, of facts at most 64 KiB. Readers use isolation.level read_committed and ignore "
    "fields they do not know."
)


def document() -> Node:
    """Build the whole document; inner topics are left out, since nobody else may read them."""
    shown = [topic for topic in TOPICS.values() if not topic.inner]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Leadclock",
            "version": "1.0.0",
            "description": _OVERVIEW,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in shown},
        "operations": _operations(shown),
        "components": {"messages": _messages()},
    }


def _carried(topic: Topic) -> tuple[str, ...]:
    extra = {"open-leads": (_TOMBSTONE,), _DEAD_LETTERS: (_DEAD_LETTER,)}
    return (*topic.records, *extra.get(topic.name, ()))


def _channel(topic: Topic) -> Node:
    settings: Node = {"cleanup.policy": topic.cleanup.split(",")}
    if topic.retention_days is not None:
        settings["retention.ms"] = topic.retention_days * _DAY_MS
    return {
        "address": topic.name,
        "description": f"{topic.doc} Key: {topic.key}.",
        "messages": {name: _ref(f"#/components/messages/{name}") for name in _carried(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": DEFAULT_PARTITIONS,
                "topicConfiguration": settings,
                "bindingVersion": _BINDING,
            }
        },
    }


def _operations(topics: list[Topic]) -> Node:
    found: Node = {}
    for topic in topics:
        actions = []
        if topic.name in INPUTS:
            actions.append(("receive", "Leadclock reads this."))
        if topic.written_by == "leadclock":
            actions.append(("send", "Leadclock writes this."))
        for action, summary in actions:
            channel = f"#/channels/{topic.name}"
            found[f"{action}-{topic.name}"] = {
                "action": action,
                "channel": _ref(channel),
                "summary": summary,
                "messages": [_ref(f"{channel}/messages/{name}") for name in _carried(topic)],
            }
    return found


def _messages() -> Node:
    keys = {name: TOPICS[TOPIC_OF[name]].key for name in TYPES}
    keys |= {
        name: topic.key for topic in TOPICS.values() for name in topic.records if name not in keys
    }
    found: Node = {}
    for name, kind in TYPES.items():
        found[name] = _message(name, summary_of(kind), keys[name])
    for record in RECORDS:
        message = _message(record.TYPE, summary_of(record), keys[record.TYPE])
        found[record.TYPE] = {**message, "headers": _event_headers()}
    found[_TOMBSTONE] = {
        **_message(_TOMBSTONE, summary_of(OpenLeadEnd), keys["open-lead"]),
        "payload": {"type": "null"},
    }
    found[_DEAD_LETTER] = {
        **_message(_DEAD_LETTER, "Refused bytes as they came.", TOPICS[_DEAD_LETTERS].key),
        "contentType": "application/octet-stream",
        "headers": _dead_letter_headers(),
        "payload": {"description": "Any bytes."},
    }
    return found


def _message(name: str, summary: str, key: str) -> Node:
    return {
        "name": name,
        "summary": summary,
        "payload": _ref(f"./json/{name}.schema.json"),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"UTF-8 bytes: {key}."},
                "bindingVersion": _BINDING,
            }
        },
    }


def _event_headers() -> Node:
    docs = {
        "ce_specversion": "CloudEvents version, 1.0.",
        "ce_id": "The record's id and revision, joined by a colon.",
        "ce_type": "Such as leadclock.breach.confirmed.v1.",
        "ce_source": "The app that says so.",
        "ce_time": "When it said so.",
        "content-type": "application/json.",
        "ce_clock": "The clock kind, where there is one.",
        "ce_kind": "The kind of breach or warning, where there is one.",
        "ce_team": "The team, where there is one.",
    }
    optional = ("ce_clock", "ce_kind", "ce_team")
    return _headers(docs, [name for name in docs if name not in optional])


def _dead_letter_headers() -> Node:
    docs = {
        "reason": "Why they were refused.",
        "topic": "Where they lay.",
        "partition": "The partition there, in decimal.",
        "offset": "The offset there, in decimal.",
        "detail": "What was found and what was wanted, never a value.",
    }
    headers = _headers(docs, list(docs))
    headers["properties"]["reason"]["enum"] = [reason.value for reason in RefusalReason]
    return headers


def _headers(docs: dict[str, str], required: list[str]) -> Node:
    properties: Node = {name: {"description": doc, "type": "string"} for name, doc in docs.items()}
    return {"type": "object", "properties": properties, "required": required}


def _ref(target: str) -> Node:
    return {"$ref": target}
