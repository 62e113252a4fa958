"""Readers of the output of each layer, in a Keras model and in the models inside it.

What is valid for a chain of layers (convolution, then batch norm) is valid only where nothing else
reads what lies between them. This module answers that.
"""

from collections import defaultdict
from typing import Any

import keras

Node = Any
"""One call of a layer, as Keras keeps it: `operation`, `input_tensors`, `outputs`, `arguments`."""


class LayerGraph:
    """The calls of all layers of a model, those of the models inside it included.

    Parameters
    ----------
    model : functional, or sequential and built. A layer that holds other layers in another way
        counts as one layer.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model  # tensors are told apart by their ids, so they must live on
        self._calls: dict[Any, list[Node]] = defaultdict(list)
        self._readers: dict[int, list[Node | None]] = defaultdict(list)
        self._training: set[Any] = set()
        self._visited: set[tuple[int, bool]] = set()
        self._visit(model, training=False)

    @property
    def layers(self) -> list[keras.Layer]:
        """Each layer once, in no particular order, without the models inside the model."""
        return [one for one in self._calls if isinstance(one, keras.Layer) and not is_graph(one)]

    def only_reader(self, layer: keras.Layer) -> keras.Layer | None:
        """The layer that alone reads the output of `layer`, and reads nothing else.

        None where the output is read more than once or is an output of a model, and where either
        layer is called more than once: what suits one call may not suit the other.
        """
        calls = self._calls.get(layer, [])
        if len(calls) != 1 or len(calls[0].outputs) != 1:
            return None
        readers = self._readers[id(calls[0].outputs[0])]
        if len(readers) != 1 or readers[0] is None:
            return None
        reader = readers[0]
        once = len(self._calls[reader.operation]) == 1 and len(reader.input_tensors) == 1
        return reader.operation if once else None

    def is_called_for_training(self, layer: keras.Layer) -> bool:
        """Whether the graph calls `layer` with `training=True`, itself or a model around it."""
        return layer in self._training

    def _visit(self, model: keras.Model, training: bool) -> None:
        """Note the calls of a model, once however often it is called itself."""
        if (id(model), training) in self._visited:
            return
        known = (id(model), not training) in self._visited
        self._visited.add((id(model), training))
        graph = _functional(model)
        for node in (one for nodes in graph._nodes_by_depth.values() for one in nodes):
            asked = training or bool(node.arguments.kwargs.get("training"))
            if asked:
                self._training.add(node.operation)
            if is_graph(node.operation):
                self._visit(node.operation, asked)
            if not known:
                self._calls[node.operation].append(node)
                for tensor in node.input_tensors:
                    self._readers[id(tensor)].append(node)
        if not known:
            for tensor in graph.outputs:
                self._readers[id(tensor)].append(None)


def is_graph(layer: Any) -> bool:
    """Whether a layer is a model whose inner calls Keras knows."""
    return isinstance(layer, keras.Model) and hasattr(_functional(layer), "_nodes_by_depth")


def _functional(model: keras.Model) -> keras.Model:
    return model._functional if isinstance(model, keras.Sequential) else model
