import keras
from keras import layers

from cellseg.network.layer_graph import LayerGraph


def relu(name):
    return layers.ReLU(name=name)


def names(graph, *many):
    readers = [graph.only_reader(layer) for layer in many]
    return [reader and reader.name for reader in readers]


def test_the_only_reader_of_a_chain_of_layers():
    inputs = keras.Input((2,))
    first, second, third = relu("first"), relu("second"), relu("third")
    graph = LayerGraph(keras.Model(inputs, third(second(first(inputs)))))
    assert names(graph, first, second, third) == ["second", "third", None]  # third is returned
    assert {layer.name for layer in graph.layers} >= {"first", "second", "third"}


def test_an_output_that_is_read_twice_has_no_only_reader():
    inputs = keras.Input((2,))
    first, second = relu("first"), relu("second")
    x = first(inputs)
    assert names(LayerGraph(keras.Model(inputs, [second(x), relu("other")(x)])), first) == [None]
    assert names(LayerGraph(keras.Model(inputs, second(x))), first) == ["second"]
    assert names(LayerGraph(keras.Model(inputs, [second(x), x])), first) == [None]
    assert names(LayerGraph(keras.Model(inputs, layers.Add()([x, x]))), first) == [None]


def test_a_layer_that_reads_something_else_too_is_no_only_reader():
    one, other = keras.Input((2,)), keras.Input((2,))
    first = relu("first")
    graph = LayerGraph(keras.Model([one, other], layers.Add()([first(one), other])))
    assert names(graph, first) == [None]


def test_calls_in_models_inside_count_once_however_often_the_model_is_called():
    inner, inputs = keras.Input((2,)), keras.Input((2,))
    first, second = relu("first"), relu("second")
    model = keras.Model(inner, second(first(inner)))
    assert names(LayerGraph(keras.Model(inputs, model(model(inputs)))), first) == ["second"]
    shared = keras.Model(inputs, model(first(inputs)))
    assert names(LayerGraph(shared), first) == [None]


def test_calls_for_training_reach_into_models_inside():
    inner, inputs = keras.Input((2,)), keras.Input((2,))
    norm, dropout = layers.BatchNormalization(), layers.Dropout(0.5)
    model = keras.Model(inner, norm(dropout(inner), training=False))
    graph = LayerGraph(keras.Model(inputs, model(model(inputs, training=True))))
    assert graph.is_called_for_training(dropout)
    assert graph.is_called_for_training(norm)  # the mode of the model around it prevails
    alone = LayerGraph(model)
    assert not alone.is_called_for_training(dropout)
    assert not alone.is_called_for_training(norm)
