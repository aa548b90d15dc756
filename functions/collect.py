"""Answer the web tag: events to the stream, 204 back."""

from functions.web import web

handler = web("collect")
