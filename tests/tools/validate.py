# SPDX-License-Identifier: GPL-2.0-only
"""Check JSON against definitions of a schema: validate.py SCHEMA DEFINITION.N.json..."""
import json
import os
import sys

import jsonschema

with open(sys.argv[1], encoding="ascii") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
for path in sys.argv[2:]:
    name = os.path.basename(path).split(".")[0]
    validator = jsonschema.Draft7Validator({**schema, "$ref": f"#/definitions/{name}"})
    with open(path, encoding="ascii") as file:
        errors = list(validator.iter_errors(json.load(file)))
    for error in errors:
        print(f"{path}: {'/'.join(map(str, error.path))}: {error.message}")
    if errors:
        sys.exit(1)
