#!/bin/sh
# Double-click or run this file: it installs cellseg into this folder once and opens the app.
cd "$(dirname "$0")" || exit 1

for python in python3.13 python3.12 python3.11 python3 python; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
    then
        "$python" -m cellseg.launch
        code=$?
        break
    fi
done

if [ -z "$code" ]; then
    code=1
    echo "cellseg needs Python 3.11, 3.12 or 3.13 and finds none here: install Python 3.13 from" \
        "https://www.python.org/downloads/ (on Linux from your package manager, with python3-venv)," \
        "then start this file again."
fi
if [ "$code" -ne 0 ] && [ -t 0 ]; then
    printf '\nPress Enter to close this window. '
    read -r _
fi
exit "$code"
