"""The frame around every page: navigation, session, dialogs, formatting."""
