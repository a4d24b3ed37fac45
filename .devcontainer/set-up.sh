#!/usr/bin/env bash
# Once, when the container is made: the environment, the extension's package, the folder begun.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 scripts/container.py
