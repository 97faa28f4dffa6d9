"""Print the targets of Makefiles with their `##` comments, under the headings of their `##@` lines."""

import re
import sys
from pathlib import Path

TARGET = re.compile(r"^(?P<name>[a-z][a-z-]*):.*?## (?P<text>.+)$")
HEADING = re.compile(r"^##@ (?P<text>.+)$")


def main(paths: list[str]) -> None:
    print("make TARGET, where TARGET is one of")
    lines = [line for path in paths for line in Path(path).read_text().splitlines()]
    width = max(len(target["name"]) for target in map(TARGET.match, lines) if target) + 2
    for line in lines:
        if heading := HEADING.match(line):
            print(f"\n{heading['text']}")
        elif target := TARGET.match(line):
            print(f"  {target['name']:<{width}}{target['text']}")


if __name__ == "__main__":
    main(sys.argv[1:])
