"""The web collector: the tag's events → lines of raw files. Pure: requests in, answers and lines out (docs/web-tag.md).

The same core answers behind API Gateway (`functions/collect.py`) and on a laptop (`enishi.local.collector_server`).
"""
