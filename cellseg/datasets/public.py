"""Public datasets: download on request, check of the hash, licence and citation."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from cellseg import fetching, receiving
from cellseg.datasets.intake import importing
from cellseg.datasets.intake.archive import unpack
from cellseg.datasets.intake.proposal import Proposal
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.writing import label_tiff_bytes
from cellseg.limits import Limits
from cellseg.source import Source
from cellseg.workspace import Workspace, disk_errors

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server.

    url : its address.
    megabytes : its size.
    sha256 : in hex; None where the publisher gives no hash.
    """

    url: str
    megabytes: int
    sha256: str | None = None


@dataclass(frozen=True)
class PublicDataset:
    """A published dataset.

    about : one sentence.
    images : number of pairs.
    page : web page that describes it.
    files : to download.
    masks : to download, where masks have a zip of their own: colour images whose red channel has
        the labels.
    pixels : first 16 digits of each `PairFacts.image_sha256` that the images must have; replaces
        the hash of a file that has none published.
    """

    id: str
    title: str
    about: str
    images: int
    licence: str
    citation: str
    page: str
    files: tuple[RemoteFile, ...]
    masks: tuple[RemoteFile, ...] = ()
    pixels: frozenset[str] = frozenset()

    @property
    def megabytes(self) -> int:
        """Size of the download."""
        return sum(remote.megabytes for remote in (*self.files, *self.masks))


_BROAD = "https://data.broadinstitute.org/bbbc"
_CAICEDO = (
    "Caicedo, J. C. et al. Nucleus segmentation across imaging experiments: the 2018 Data Science "
    "Bowl. Nature Methods 16, 1247–1253 (2019)."
)
# Slices 0 to 23 of the training volume.
_SLICES = """
c5562ec494e68edc 7616797aea22978e d2e449df8efb9f2a 7123b74e295982f4 c54dc3a619a80644
4a081309651941c7 b7aeb5d799f5cf10 5016bfad733b74f3 306a25490b67c670 7ce363d01ce0b8b9
71a6689be1842b92 ec36d3d3ab03c8f7 b922761ed51f2009 fb05d4f74a469bf1 d3f0fd35e5924600
e91f434aeb803c25 e966ff20c510358d b91de86061e98f2d 4bda202e803a25fc 43124358c3bde0b8
bec01e35c72dc410 ddb4c741131972c7 1012bf508415810d 02613bf55f920a14
"""

DATASETS = (
    PublicDataset(
        id="bbbc038",
        title="Data Science Bowl 2018 (BBBC038)",
        about="Nuclei in many stains and microscopes, one mask file for each nucleus.",
        images=670,
        licence="CC0 1.0 (public domain)",
        citation=f"{_CAICEDO} Image set BBBC038v1, Broad Bioimage Benchmark Collection.",
        page="https://bbbc.broadinstitute.org/BBBC038",
        files=(
            RemoteFile(
                f"{_BROAD}/BBBC038/stage1_train.zip",
                83,
                "dcb6edc2690f137406638b2309581a71522c4dff19157d118453b448dcddcb68",
            ),
        ),
    ),
    PublicDataset(
        id="bbbc039",
        title="U2OS nuclei (BBBC039)",
        about="Hoechst-stained nuclei of human cells in a chemical screen, 520 × 696 pixels.",
        images=200,
        licence="CC0 1.0 (public domain)",
        citation=(
            "Caicedo, J. C. et al. Evaluation of deep learning strategies for nucleus segmentation "
            "in fluorescence images. Cytometry A 95, 952–965 (2019). Image set BBBC039v1, Broad "
            "Bioimage Benchmark Collection (Ljosa et al., Nature Methods, 2012)."
        ),
        page="https://bbbc.broadinstitute.org/BBBC039",
        files=(
            RemoteFile(
                f"{_BROAD}/BBBC039/images.zip",
                78,
                "6f30a5d4fe38c928ded972704f085975f8dc0d65d9aa366df00e5a9d449fddd7",
            ),
        ),
        masks=(
            RemoteFile(
                f"{_BROAD}/BBBC039/masks.zip",
                3,
                "f9e6043d8ca56344a4886f96a700d804d6ee982f31e2b2cd3194af2a053c2710",
            ),
        ),
    ),
    PublicDataset(
        id="isbi2012",
        title="Neurites in EM slices (ISBI 2012)",
        about="30 slices of fly nerve cord, 512 × 512 pixels; white inside of cells, black walls.",
        images=30,
        licence="For research; cite both papers",
        citation=(
            "Arganda-Carreras, I. et al. Crowdsourcing the creation of image segmentation "
            "algorithms for connectomics. Frontiers in Neuroanatomy 9, 142 (2015); Cardona, A. et "
            "al. An integrated micro- and macroarchitectural analysis of the Drosophila brain by "
            "computer-assisted serial section electron microscopy. PLoS Biology 8 (2010)."
        ),
        page="https://imagej.net/events/isbi-2012-segmentation-challenge",
        files=(RemoteFile("https://downloads.imagej.net/ISBI-2012-challenge.zip", 16),),
        pixels=frozenset(_SLICES.split()),
    ),
)


def download(
    workspace: Workspace, dataset: PublicDataset, progress: Progress | None = None
) -> Proposal:
    """Download a public dataset and pair its images and masks.

    Parameters
    ----------
    progress : called with (share done, 0 to 1; what is being done).

    Raises
    ------
    CellsegError
        Where a file cannot be downloaded or is not the published one, and as `importing.inspect`.
    """
    report = progress or (lambda *_: None)
    with disk_errors(workspace.root):
        workspace.inbox.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(
            prefix=receiving.DOWNLOAD_PREFIX, dir=workspace.inbox, ignore_cleanup_errors=True
        )
    with scratch as name:
        folder = Path(name)
        files = _downloaded(dataset, dataset.files, folder / "images", report)
        packed = _downloaded(dataset, dataset.masks, folder / "masks", report)
        masks = (
            _label_images(packed, folder / "labels", Limits.of(workspace), report) if packed else []
        )

        def reading(done: int, of: int, image: str) -> None:
            report(done / max(1, of), f"Reading {image}")

        proposal = importing.inspect(workspace, files, masks, progress=reading)
    found = {pair.image_sha256[:16] for pair in proposal.pairs}
    if not dataset.pixels <= found:
        proposal.discard()
        raise CellsegError(
            f"The images of {dataset.title} are not the published ones; nothing was saved; see "
            f"{dataset.page}."
        )
    return proposal


def _downloaded(
    dataset: PublicDataset, remotes: tuple[RemoteFile, ...], folder: Path, report: Progress
) -> list[Source]:
    found = []
    for remote in remotes:
        name = remote.url.rsplit("/", 1)[1]

        def received(done: int, total: int, name: str = name) -> None:
            report(min(1.0, done / total) if total else 0.0, f"Downloading {name}")

        checked_later = dataset.pixels and not remote.sha256
        try:
            path = fetching.download(
                remote.url,
                f"sha256:{remote.sha256}" if remote.sha256 else None,
                folder / name,
                received,
                unchecked=bool(checked_later),
            )
        except fetching.DownloadFailed as reason:
            raise CellsegError(
                f"{dataset.title} could not be downloaded ({reason}); connect the server to the "
                f"network and try again, or download the files from {dataset.page} yourself."
            ) from reason
        found.append(Source(name, path))
    return found


def _label_images(
    packed: list[Source], folder: Path, limits: Limits, report: Progress
) -> list[Source]:
    """Label images from colour masks: each connected component of equal red is an object."""
    from skimage.measure import label

    unpacked = folder / "unpacked"
    unpacked.mkdir(parents=True)
    found = []
    with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
        for upload in packed:
            members = unpack(upload.path, unpacked, upload.name, limits)
            for done, (name, path) in enumerate(members.items()):
                report(done / len(members), f"Reading {name}")
                if "__MACOSX" in name or not name.lower().endswith(".png"):
                    continue
                pixels = decoder.image(path, name).pixels
                red = pixels[..., 0] if pixels.ndim == 3 else pixels
                target = folder / f"{done}.tif"
                target.write_bytes(label_tiff_bytes(np.asarray(label(red))))
                found.append(Source(f"{PurePosixPath(name).stem}.tif", target))
    return found
