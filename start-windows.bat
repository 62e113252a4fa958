@echo off
rem Double-click this file: it installs cellseg into this folder once and opens the app.
setlocal
title cellseg
pushd "%~dp0"

set "CHECK=import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
for %%P in ("py -3.13" "py -3.12" "py -3.11" "python" "python3") do (
    %%~P -c "%CHECK%" >nul 2>nul && (
        set "PYTHON=%%~P"
        goto found
    )
)
echo cellseg needs Python 3.11, 3.12 or 3.13 and finds none here: install Python 3.13 from
echo https://www.python.org/downloads/ with the tick at "Add python.exe to PATH", then
echo double-click this file again.
goto failed

:found
%PYTHON% -m cellseg.launch
if errorlevel 1 goto failed
exit /b 0

:failed
echo.
pause
exit /b 1
