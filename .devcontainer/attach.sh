#!/usr/bin/env bash
# Each time an editor connects: the extension from this very checkout, then the course.
set -euo pipefail
cd "$(dirname "$0")/.."
code --install-extension vscode-extension/dist/tinytorch.vsix --force
code my-course/README.md
