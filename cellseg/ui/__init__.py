"""What the pages are made of; the only room beside them that knows Streamlit."""
