"""Pairs that are added to a dataset: which are new, and the record with them."""

from dataclasses import replace

from cellseg.datasets.dataset import Dataset, DatasetRecord
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.masks import MaskEncoding, joined_kind
from cellseg.datasets.pairs import PairFacts, pair_name
from cellseg.datasets.split import extend_split
from cellseg.errors import CellsegError


def check_same_view(dataset: Dataset, proposal: Proposal) -> None:
    """Refuse images of which other planes or channels were used than in the dataset."""
    if proposal.view != dataset.view:
        new, old = (
            view.description or "as the files are" for view in (proposal.view, dataset.view)
        )
        raise CellsegError(
            f"The new images use {new}, those of {dataset.name} {old}; choose the same for both, "
            "or save a separate dataset."
        )


def new_pairs(dataset: Dataset, proposal: Proposal) -> dict[str, PairFacts]:
    """New pairs, with names that are free in the dataset, by their names in the proposal."""
    known = {pair.content for pair in dataset.pairs}
    taken = set(dataset.names)
    new = {}
    for pair in proposal.pairs:
        if pair.content not in known:
            known.add(pair.content)
            name = pair_name(pair.name, taken)
            taken.add(name)
            new[pair.name] = replace(pair, name=name)
    if not new:
        raise CellsegError(
            f"The dataset {dataset.name} has all {len(proposal.pairs)} pairs already; nothing "
            "was added."
        )
    return new


def extended_record(
    record: DatasetRecord, new: list[PairFacts], proposal: Proposal
) -> DatasetRecord:
    """The record of the dataset with the new pairs."""
    kind = joined_kind(
        record.scale, [pair.mask for pair in record.pairs], [pair.mask for pair in new]
    )
    warnings = [*record.warnings, *proposal.warnings]
    known = len(proposal.pairs) - len(new)
    if known:
        warnings.append(
            f"{known} of {len(proposal.pairs)} pairs added later were in the dataset already; "
            "cellseg skipped them."
        )
    return record.model_copy(
        update={
            "scale": MaskEncoding(kind, record.scale.foreground),
            "pairs": tuple(pair.with_label_count(kind) for pair in (*record.pairs, *new)),
            "split": extend_split(record.split, [pair.name for pair in new]),
            "warnings": tuple(warnings),
        }
    )
