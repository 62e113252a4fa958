"""The app with routes for large uploads: `python -m cellseg app` runs this file."""

import streamlit as st

from cellseg.ui import server

app = st.App("streamlit_app.py", routes=server.routes())
