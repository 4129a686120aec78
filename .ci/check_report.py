"""Checks that the one report under a checkout's .bulletins/reports is valid by its schema. Argument: the checkout."""

import json
import sys
from pathlib import Path

import jsonschema

checkout = Path(sys.argv[1])
(report,) = (checkout / ".bulletins" / "reports").glob("*.json")
schema = json.loads((checkout / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
document = json.loads(report.read_text(encoding="utf-8"))
jsonschema.Draft202012Validator(schema).validate(document)
assert document["summary"]["fired"] > 0, document["summary"]
