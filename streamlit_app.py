"""The app's entry point: `streamlit run streamlit_app.py`."""

from cellseg.ui import shell

shell.run()
