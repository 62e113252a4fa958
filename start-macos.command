#!/bin/sh
# Double-click this file: it installs cellseg into this folder once and opens the app.
# The Finder does not know where python.org and Homebrew put Python.
for version in 3.13 3.12 3.11; do
    PATH="$PATH:/Library/Frameworks/Python.framework/Versions/$version/bin"
done
PATH="$PATH:/opt/homebrew/bin:/usr/local/bin"
export PATH
exec "$(dirname "$0")/start-linux.sh"
