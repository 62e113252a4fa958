"""The app with routes for large uploads and a guard: `python -m cellseg app` runs this file."""

import streamlit as st
from starlette.middleware import Middleware

from cellseg.server.hosts import HostGuard
from cellseg.server.routes import routes
from cellseg.ui.widgets.streaming import base

app = st.App(
    "streamlit_app.py",
    routes=routes(base()),
    middleware=[Middleware(HostGuard, hosts=st.get_option("server.allowedHosts"))],
)
