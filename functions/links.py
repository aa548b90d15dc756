"""Answer the links of messages: clicks go on to their target, opt-outs ask once; each leaves a line."""

from functions.web import linked, web

handler = web("links", linked)
