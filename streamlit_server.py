"""The app with routes for large uploads: `python -m cellseg app` runs this file."""

import streamlit as st

from cellseg.server.routes import routes
from cellseg.ui.widgets.streaming import base

app = st.App("streamlit_app.py", routes=routes(base()))
