"""The decoder of the pages, whose child process is reused for the next file."""

import streamlit as st

from cellseg.images.decoder_process import SpareProcess
from cellseg.images.decoding import Decoder
from cellseg.limits import Limits
from cellseg.workspace import Workspace


def reader(workspace: Workspace) -> Decoder:
    """A decoder with the limits of the workspace, as a context manager."""
    limits = Limits.of(workspace)
    return Decoder(limits.file_seconds, limits.image_pixels, _spare())


@st.cache_resource(show_spinner=False)
def _spare() -> SpareProcess:
    """The idle child process, shared by all tabs."""
    return SpareProcess()
