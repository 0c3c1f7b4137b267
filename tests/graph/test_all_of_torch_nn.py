"""Every public class of torch.nn is a block type or stands in this table with the reason why it is none."""

from torch.nn import modules

from graph import registry

NOT_BLOCKS = {
    "Module": "the base of everything",
    "Container": "holds layers; networks and modules are drawn instead",
    "Sequential": "holds layers; networks and modules are drawn instead",
    "ModuleList": "holds layers; networks and modules are drawn instead",
    "ModuleDict": "holds layers; networks and modules are drawn instead",
    "ParameterList": "holds parameters; each is a Parameter block",
    "ParameterDict": "holds parameters; each is a Parameter block",
    "RNNBase": "abstract: what RNN, LSTM and GRU share",
    "RNNCellBase": "abstract: what the cells share",
    "CrossMapLRN2d": "the old name of LocalResponseNorm",
    "NLLLoss2d": "deprecated: NLLLoss takes images",
    "UpsamplingBilinear2d": "deprecated: Upsample with mode bilinear and align_corners",
    "UpsamplingNearest2d": "deprecated: Upsample with mode nearest",
    "AdaptiveLogSoftmaxWithLoss": "layer and loss in one, with weights of its own: losses learn nothing here",
    "LinearCrossEntropyLoss": "layer and loss in one: a Linear and a CrossEntropyLoss, fused",
    "LinearCrossEntropyOptions": "settings of LinearCrossEntropyLoss, no layer",
    "TripletMarginWithDistanceLoss": "its setting is a Python function; TripletMarginLoss has the distances by norm",
    "Transformer": "encoder and decoder in one: drawn from TransformerEncoder and TransformerDecoder blocks",
}


def without_type():
    names = {declared.name for declared in registry.all_types()}
    lazy = {name for name in modules.__all__ if name.startswith("Lazy")}  # every block works its sizes out by itself
    return set(modules.__all__) - names - lazy


def test_every_class_of_torch_nn_is_a_block_type_or_excluded_with_a_reason():
    missing = without_type() - set(NOT_BLOCKS)
    assert not missing, f"neither block types nor excluded: {sorted(missing)}"


def test_nothing_is_excluded_that_is_there():
    stale = set(NOT_BLOCKS) & {declared.name for declared in registry.all_types()}
    assert not stale, f"both a block type and excluded: {sorted(stale)}"
    assert all(len(reason) > 10 for reason in NOT_BLOCKS.values())
