"""The table of rules that block types, modules and weights apply themselves: code, severity, title, why it matters."""

from __future__ import annotations

from graph.problems.rule import told

TOLD = (
    ("shape", "error", "Shapes do not fit", "The block cannot take what is wired to it; the text says what it takes."),
    (
        "rank",
        "error",
        "A wrong number of dimensions",
        "Each block reads its input's dimensions in a fixed order, such as"
        " N x channels x height x width; one too many or too few and it cannot know which is which.",
    ),
    (
        "dtype",
        "error",
        "A wrong kind of numbers",
        "Embeddings and class losses count with whole numbers, layers compute"
        " with floats; torch does not turn one into the other by itself.",
    ),
    (
        "kernel_too_large",
        "error",
        "A kernel larger than its input",
        "The window does not fit even once, so there is no output: floor((n + 2p - k)/s) + 1 is 0 or less.",
    ),
    (
        "groups",
        "error",
        "Groups do not divide the channels",
        "Each group gets an equal share of the input channels and"
        " makes an equal share of the output channels, so both must be divisible.",
    ),
    (
        "same_stride",
        "error",
        "Padding same with a stride",
        "Same means that the output is as large as the input; with a"
        " stride it is smaller, and torch refuses. A padding of (k - 1)/2 does what is meant.",
    ),
    (
        "normalized_shape",
        "error",
        "A wrong normalized_shape",
        "It must be the last dimensions of the input, for each of their places has a weight of its own.",
    ),
    ("features", "error", "A wrong number of features", "Weights are made for one width; the text says which."),
    (
        "batch",
        "warning",
        "Mixes the samples of a batch",
        "Dimension 0 is the batch. What runs over it makes the answer"
        " for one sample depend on which others happen to be beside it.",
    ),
    ("batch_size", "error", "A fixed batch size", "Batches differ in size (the last one mostly), so N must stay open."),
    ("bound_shape", "error", "The data have another shape", "What is bound to a field of the data takes its shape."),
    ("bound_dtype", "error", "The data have another dtype", "What is bound to a field of the data takes its dtype."),
    ("unbound", "error", "Bound to a field that is not there", "The chosen data have no field of this name."),
    (
        "classes",
        "error",
        "Fewer scores than classes",
        "The right answer can be a class for which there is no score: torch"
        " stops with an index error as soon as one comes up.",
    ),
    ("lengths", "error", "Lengths of sequences do not agree", "Every place of one needs its place in the other."),
    ("mask", "error", "The mask does not fit", "A mask says for every place, or every pair of places, yes or no."),
    (
        "class_weights",
        "error",
        "Not one weight for each class",
        "A loss that weighs classes needs as many weights as there are scores.",
    ),
    ("target_shape", "error", "Target and answer differ in shape", "A loss compares value by value."),
    (
        "broadcast",
        "error",
        "Shapes that cannot be joined",
        "Sizes must be equal or 1 where tensors meet value by value;"
        " a skip connection needs the same channels and the same size on both ways.",
    ),
    (
        "concat",
        "error",
        "Sizes differ beside the joined dimension",
        "Concatenate joins along one dimension; all others"
        " must agree. Odd sizes that were halved and doubled again come back one smaller.",
    ),
    ("stack", "error", "Shapes differ", "Stack lays tensors of one shape side by side along a new dimension."),
    ("matmul", "error", "Matrices do not fit", "The columns of the first must be as many as the rows of the second."),
    ("axis", "error", "No such dimension", "Dimensions count from 0 (the batch), or from -1 backwards."),
    ("index", "error", "No such place", "Places count from 0, or from -1 backwards."),
    (
        "open",
        "error",
        "An open dimension where a number is needed",
        "Weights are made once, so the sizes that they depend"
        " on must be numbers; only what they slide over may stay open.",
    ),
    (
        "skips",
        "warning",
        "The stride is larger than the kernel",
        "Between two places of the window lie values that no"
        " window sees. A 1 x 1 kernel does that on purpose; others seldom.",
    ),
    (
        "dropout_ignored",
        "warning",
        "Dropout of a single recurrent layer",
        "The dropout of RNN, LSTM and GRU acts between stacked layers; with one there is no between, and torch warns.",
    ),
    ("drops_all", "warning", "Everything is dropped", "With p 1 nothing passes in training."),
    (
        "dropout_rank",
        "warning",
        "Dropout of channels without channels",
        "Dropout2d drops whole feature maps; on tables it drops single features.",
    ),
    ("not_scalar", "warning", "A loss of many values", "A gradient needs a single number; take the mean or the sum."),
    ("kl_mean", "warning", "KLDivLoss with mean", "The mean divides by the classes too; batchmean is the divergence."),
    ("one_input", "hint", "Joins a single tensor", "With one wire there is nothing to join."),
    (
        "padding",
        "error",
        "Padding that cannot be",
        "Reflection needs as many values as it mirrors; pooling takes at most half its kernel.",
    ),
    ("output_padding", "error", "A wrong output_padding", "It must be smaller than stride or dilation."),
    ("state", "error", "A wrong state", "States are shaped layers x N x hidden size."),
    (
        "first",
        "error",
        "A wrong first application",
        "The first application of a repeated module takes its own settings.",
    ),
    ("bounds", "error", "Bounds that hold nothing", "The lower bound must not be above the upper."),
    (
        "inside",
        "error",
        "A module that does not fit inside",
        "A block inside the module cannot take what it gets here.",
    ),
    ("expression", "error", "An expression without a right value", "It must give a value that the block takes."),
    ("repeat", "error", "A repeat that does not fit itself", "The output of each application feeds the next."),
    ("too_large", "error", "Too large", "torch counts values with 63 bits."),
    (
        "unknown_type",
        "error",
        "An unknown block type",
        "The file names a type that this version does not know; it is kept word for word.",
    ),
    ("no_such_output", "error", "An output that is not given", "Some outputs exist only with certain settings."),
    (
        "fixed_kernel",
        "error",
        "A kernel larger than its image",
        "It must fit once to give an output.",
    ),
    ("fractional", "error", "A size and a share", "Either fixes the output's size; both or neither cannot."),
    ("unpool", "error", "Places of another pool", "Unpooling puts values back where one max pool took them from."),
    ("one_place", "error", "A variance of one value", "Normalizing over a single place would make everything zero."),
    ("num_groups", "error", "Groups do not divide the channels", "Every group needs as many channels as the others."),
    ("multiple", "error", "A size that cannot be divided", "Channels and sides are dealt out in equal parts."),
    ("fold", "error", "Patches that do not fill the image", "Fold needs as many patches as Unfold would cut."),
    ("reshape", "error", "Values that do not fill the shape", "A reshape keeps every value: the products must agree."),
    ("upsample", "error", "A size that cannot be made", "Either a size or a factor, one for each direction."),
    ("similarity", "error", "Tensors that cannot be compared", "Vectors are compared value by value."),
    ("bilinear", "error", "Inputs that do not belong together", "Both inputs need a vector for each place."),
    ("proj_size", "error", "A projection that does not shrink", "proj_size must be smaller than hidden_size."),
    ("reuses", "error", "Weights that cannot be shared", "Weights are shared where name and shape agree."),
    (
        "initial",
        "error",
        "A beginning that does not suit",
        "The block has no such weight, or it has too few dimensions.",
    ),
    ("typed_weights", "error", "Numbers that do not suit", "Typed-in numbers must have the shape of the weight."),
    (
        "range",
        "error",
        "Settings that contradict each other",
        "The lower lies below the upper, a divisor is not 0.",
    ),
    ("halves", "error", "An odd number of features", "What turns or joins features in pairs needs an even number."),
    ("frozen_nothing", "hint", "Frozen without parameters", "Only parameters can be frozen."),
)
for entry in TOLD:
    told(*entry)
