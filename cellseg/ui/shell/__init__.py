"""The frame around every page: navigation, session, errors, wording."""
