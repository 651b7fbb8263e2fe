#!/usr/bin/env python3
"""Writes design-tokens.json and the block of tokens at the head of ../city.css.

Usage: npm pack @digital-go-jp/design-tokens && tar xzf *.tgz && make_tokens.py package/
The package is read here and nowhere else: neither the build nor the program loads anything. Which tokens the style sheet
uses is found by their names in it (var(--color-primitive-blue-900) and so on). The package has no tokens for spacing.
"""
import json
import pathlib
import re
import sys

here = pathlib.Path(__file__).parent
package = pathlib.Path(sys.argv[1])
about = json.loads((package / "package.json").read_text(encoding="utf-8"))
source = (package / "dist/tokens.css").read_text(encoding="utf-8")
tokens = dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", source))
(here / "design-tokens.json").write_text(
    json.dumps(
        {
            "package": about["name"],
            "version": about["version"],
            "licence": about["license"],
            "tokens": tokens,
        },
        ensure_ascii=False,
        indent=1,
    )
    + "\n",
    encoding="utf-8",
)

sheet = here.parent / "city.css"
text = sheet.read_text(encoding="utf-8")
begin, end = "/* tokens: begin", "/* tokens: end */\n"
head, rest = text.split(begin, 1)
_, tail = rest.split(end, 1)
used = []
for name in re.findall(r"var\(--([a-z0-9-]+)", tail):
    if name in tokens and name not in used:
        used.append(name)
        used.extend(
            inner
            for inner in re.findall(r"var\(--([a-z0-9-]+)", tokens[name])
            if inner not in used
        )
lines = "".join(f"  --{name}: {tokens[name]};\n" for name in sorted(used))
block = (
    f"{begin} ({about['name']} {about['version']}, {about['license']}, デジタル庁; written by tokens/make_tokens.py) */\n"
    f":root {{\n{lines}}}\n{end}"
)
sheet.write_text(head + block + tail, encoding="utf-8")
