"""Sound messages of each channel, to be changed by tests."""

from __future__ import annotations

import json
from dataclasses import replace

from enishi.ports import Channel, Message

HTML = "<html><body><h1>カートに残っています</h1><p>花子さま、お忘れではありませんか。</p></body></html>"

MAIL = Message(
    send_id="9f" * 16,
    channel=Channel.MAIL,
    address="hanako@example.jp",
    subject="カートに商品が残っています: 店舗でもお受け取りいただけます",
    html=HTML,
    text="カートに残っています\n\n花子さま、お忘れではありませんか。\n",
    headers={
        "List-Unsubscribe": "<https://shop.example.jp/u/token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
    tags={"scenario": "cart_abandonment", "step": "s2.otherwise.1", "run": "R1"},
)
LINE = replace(
    MAIL,
    channel=Channel.LINE,
    address="U" + "0a" * 16,
    html="",
    text="",
    headers={},
    payload=json.dumps([{"type": "text", "text": "カートに残っています"}], ensure_ascii=False),
)
PUSH = replace(
    LINE,
    channel=Channel.PUSH,
    address="apns:" + "1f" * 32,
    payload=json.dumps(
        {"title": "カート", "body": "残っています", "url": "https://shop.example.jp/c/t", "data": {"screen": "cart"}},
        ensure_ascii=False,
    ),
)
SOUND = (MAIL, LINE, PUSH)


def numbered(message: Message, count: int) -> list[Message]:
    """`count` messages that differ in send id and address."""
    return [replace(message, send_id=f"{number:032x}", address=_address(message, number)) for number in range(count)]


def _address(message: Message, number: int) -> str:
    return {
        Channel.MAIL: f"customer{number}@example.jp",
        Channel.LINE: f"U{number:032x}",
        Channel.PUSH: f"gcm:token{number:08d}",
    }[message.channel]
