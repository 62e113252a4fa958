"""The app's entry point: `streamlit run streamlit_app.py`."""

from cellseg.ui.shell import frame

frame.run()
