"""Answer the web tag: events to the stream, 204 back."""

from functions.web import collecting, web

handler = web("collect", collecting)
