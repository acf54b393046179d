"""What holds the sentences that the pages in docs/guide say and README does not; as in promises.py."""

from __future__ import annotations

_SHOWN = "docs/test_guide.py::test_a_program_prints_what_is_shown_below_it"
_CELLS = "docs/test_other_libraries.py::test_both_cells_of_a_row_give_the_same_numbers"
_LINKS = "docs/test_guide.py::test_links_lead_to_pages_and_to_files"

HELD: dict[str, tuple[str, ...]] = {
    "The picture shows the same neuron under the quadratic cost, whose gradient is small because the slope of σ is:": (
        "command/test_cli.py::test_the_table_shows_the_gradients_that_the_engine_gives",
        "docs/test_gallery.py::test_the_script_writes_the_gallery_that_is_committed",
    ),
    # --- tensors and numerics
    "A `Tensor` is used like a NumPy array, and NumPy's own functions record what they do:": (
        _SHOWN,
        "array_functions/test_array_functions.py::test_the_value_is_numpys",
        "array_functions/test_array_functions.py::test_the_gradient_agrees_with_differences",
    ),
    "[All of them](../reference/errors.md) are in the reference.": (
        "docs/test_guide.py::test_every_public_name_has_one_entry_in_the_reference",
    ),
    "A Tensor holds any array that speaks NumPy's protocols.": (
        "tensor/test_dask.py::test_construction_copies_and_refuses_as_for_numpy",
    ),
    "A Dask array stays lazy, forward and backward, until you ask for numbers:": (
        _SHOWN,
        "tensor/test_dask.py::test_forward_and_backward_stay_lazy_and_give_numpys_gradient",
        "tensor/test_dask.py::test_transforms_and_second_derivatives_stay_lazy",
    ),
    "A table, such as a DataFrame or Series of pandas, is read where a Tensor is made of it and where it is what a derivative is taken by.": (
        "tensor/test_conversions.py::test_a_table_is_read_where_a_tensor_is_made_of_it_and_refused_beside_one",
    ),
    "Beside a Tensor, and as an argument of a compiled function, write its array, as in `frame.to_numpy() @ w`: `frame @ w` asks for the plain numbers of w, which would lose the gradient, and raises.": (
        "tensor/test_conversions.py::test_a_table_is_read_where_a_tensor_is_made_of_it_and_refused_beside_one",
        "compiling/test_compile.py::test_a_sequence_that_is_no_array_is_refused_with_what_makes_one",
    ),
    "Each spelling in the first column overflows, or rounds to 0 what a logarithm is then taken of; the one beside it does not:": (
        "docs/test_guide.py::test_a_textbook_spelling_fails_at_1000_and_ours_does_not",
    ),
    "`gradcheck` compares every derivative with differences, which it takes in a wider precision: it passes what is right to the last digits, and names the element that is wrong:": (
        _SHOWN,
        "transforms/test_gradcheck_generated.py::test_every_right_function_passes",
        "transforms/test_gradcheck_generated.py::test_every_wrong_element_is_found_and_named",
    ),
    # --- pictures, exercises, training
    "Its caption says how many times larger one gradient is than the other:": (_SHOWN,),
    "An exercise is a cost in NumPy, the values to derive by, and the axes of its parameters.": (_SHOWN,),
    "Statement, hints, solution and slips follow:": (
        _SHOWN,
        "exercises/teaching/test_own_exercises.py::test_an_exercise_of_a_teachers_own_is_fit_to_be_handed_out",
    ),
    'In Python, `exercise.derivation.save("solution.tex")` writes the solution, line by line.': (
        "exercises/showing/test_export.py::test_the_solution_is_a_document_of_its_own",
    ),
    "A parameter that is called λ in your Python is λ in every formula.": (
        "exercises/showing/test_export.py::test_a_sheet_spells_greek_letters_as_mathematics_in_words_and_in_english_in_code",
    ),
    "The loop is yours: there is no `train()`, because the loop is what a learner should see, and no train or eval mode, because what a model gives depends on its weights and its input alone.": (
        "docs/test_guide.py::test_a_model_has_no_modes_and_gives_the_same_for_the_same",
    ),
    "A `Module` finds its parameters in its attributes, in lists and dicts, too; `__call__` says what it computes:": (
        _SHOWN,
        "nn/test_layers.py::test_parameters_in_dicts_and_in_nested_lists_learn_and_are_saved",
    ),
    "`tg.nn.l2` is a term to add to a cost, and `weight_decay=` of an optimiser adds the same to its gradient, of biases, too:": (
        _SHOWN,
        "docs/test_guide.py::test_weight_decay_is_the_gradient_of_l2_for_weights_and_decays_biases_too",
    ),
    # --- from other libraries
    "All cells of a row give the same numbers, in the order of the second column where there is no star.": (_CELLS,),
    "Costs average over the examples and sum over the outputs, as in the lecture.": (
        "functions/test_costs.py::test_value_and_gradient_are_the_lectures",
    ),
    "PyTorch's average over both, so the second and the third row agree for one output only.": (_CELLS,),
}

NO_PROMISE: dict[str, str] = {
    "CuPy speaks the same protocols, but nobody has tried it here.": "says what was not tried",
    "[CONTRIBUTING](https://github.com/tinygrad-lite/tinygrad_lite/blob/main/.github/CONTRIBUTING.md) says how to set up, test and commit.": "names a file",
    "Each room says where to change what: [pictures](../inside/pictures.md), [derivations](../inside/derivations.md), [programs](../inside/programs.md), [listings](../inside/listing.md), [exercises](../inside/exercises.md).": "names pages",
    "`x`, `v` and `X` are arrays; `f` and `h` give a number, `g` gives an array.": "names what stands in the tables",
    "In the column of autograd, `np` is `autograd.numpy`; here it is NumPy itself.": "names what stands in the tables",
    "Everything in this package reads one graph: the sweep, pictures, derivations and programs.": "says how the code is ordered",
    "What the graph is made of and how gradients run over it stands in one folder, [`tinygrad_lite/core`](https://github.com/tinygrad-lite/tinygrad_lite/tree/main/tinygrad_lite/core).": "names a folder",
    "`sphinx-build docs site` makes pages of all this.": "continuous integration runs it",
    "On GitHub, pages of the reference show no more than which names there are; `help(tg.name)` in Python says the rest.": "says what another site shows",
    "How to add a primitive, a NumPy function or a composite stands in [the README of the core](https://github.com/tinygrad-lite/tinygrad_lite/blob/main/tinygrad_lite/core/README.md); where Sphinx builds this page, it is repeated here.": "names a file",
    "[Its README](https://github.com/tinygrad-lite/tinygrad_lite/blob/main/tinygrad_lite/core/README.md) says it; where Sphinx builds this page, it is repeated here.": "names a file",
    "[How a program is made](../inside/programs.md), and [how its source is written](../inside/listing.md), is told to those who want to change it.": "names pages",
}
