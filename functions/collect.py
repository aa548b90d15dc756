"""Answer the web tag: events to the stream, 204 back."""

from functions.start import web

handler = web("collect")
