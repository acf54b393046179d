"""What holds each sentence of README: the tests, by folder/file::name; or why the sentence promises nothing.

A new sentence in README needs a line here, and a promise needs a test that fails where it does not hold.
"""

from __future__ import annotations

_EXAMPLE = "docs/test_readme.py::test_an_example_prints_what_the_readme_shows"
_DEMO = "docs/test_readme.py::test_the_demo_prints_the_lines_that_the_readme_shows_of_it"
_TYPES = "docs/test_types.py::test_type_checkers_pass_what_is_right_and_find_every_mistake"
_TOLD = "docs/test_types.py::test_what_type_checkers_are_told_is_what_comes_out"
_MISTAKES = "docs/test_errors.py::test_a_mistake_is_an_error_of_ours_that_says_what_was_seen_and_what_to_do"
_LINE = "docs/test_readme.py::test_each_command_is_one_line_that_makes_its_own_environment"  # .ci/run runs the lines
_NUMBER = "tensor/test_conversions.py::test_a_tracked_tensor_becomes_no_number_in_silence"
_EULER = "tensor/test_conversions.py::test_an_euler_loop_into_an_array_raises_and_a_list_gives_the_gradient"

HELD: dict[str, tuple[str, ...]] = {
    # --- what it is
    "You write plain NumPy; the engine records it and finds every derivative from one table of primitives, so nothing is typed in: the a − y of a sigmoid neuron under cross-entropy comes out of the graph.": (
        "array_functions/test_array_functions.py::test_the_gradient_agrees_with_differences",
        "core/test_primitives.py::test_the_first_derivative_is_the_limit_of_differences",
        "docs/test_lecture.py::test_7_8_from_logits_the_gradient_is_sigma_minus_y_at_saturation_too",
        "derivations/test_judge.py::test_cross_entropy_is_a_minus_y",
    ),
    "It needs Python 3.11 or newer, NumPy and graphviz, and comes with real handwritten digits to learn from.": (
        "docs/test_readme_facts.py::test_python_numpy_and_graphviz_are_all_that_is_needed",
        "data/test_datasets.py::test_digits_are_the_ones_of_scikit_learn",
    ),
    # --- the demo and the tests
    "In a clone of this repository, with Python and nothing else, this line sets up and runs the demo:": (_LINE, _DEMO),
    "It begins with one sigmoid neuron that should output 0 and outputs a: drawn (as a picture, and as a page that steps through the backward pass), differentiated, and its gradient derived.": (
        "command/test_cli.py::test_it_draws_the_neuron_as_a_picture_and_as_a_page",
        "command/test_cli.py::test_it_derives_the_closed_form",
    ),
    "The gradients are the engine's:": (
        _DEMO,
        "command/test_cli.py::test_the_table_shows_the_gradients_that_the_engine_gives",
    ),
    "The more wrong the neuron, the more slowly it learns under the quadratic cost, and the faster under cross-entropy.": (
        "docs/test_lecture.py::test_2_learning_slows_down_where_the_neuron_saturates_even_when_it_is_wrong",
        "docs/test_lecture.py::test_7_8_from_logits_the_gradient_is_sigma_minus_y_at_saturation_too",
    ),
    "Then a network learns the digits under each cost, and the step that it learned by is printed as NumPy code and saved.": (
        "command/test_cli.py::test_the_network_learns_the_digits_and_cross_entropy_is_ahead_at_first",
        "command/test_cli.py::test_it_ends_with_its_training_step_which_is_saved_and_runs_on_numpy_alone",
    ),
    "(`[draw]` brings Graphviz where there is no `dot`; without either, all but the picture files works.)": (
        "docs/test_readme_facts.py::test_the_extras_that_are_named_are_there",
        "pictures/test_outputs.py::test_the_wheel_is_asked_where_there_is_no_dot",
        "pictures/test_outputs.py::test_without_any_engine_the_error_says_both_ways_out",
    ),
    "And this line sets up and passes the tests:": (_LINE,),
    "These are the first tests of every room; `.venv/bin/pip install --editable '.[all-tests]' && .venv/bin/python -m pytest tests -m \"\"` runs all ([tests/README.md]).": (
        "docs/test_readme_facts.py::test_a_run_without_a_path_is_the_first_tests_of_every_room",
        "docs/test_readme.py::test_every_link_is_absolute_and_leads_to_a_file",
    ),
    "Every equation of the lecture that this library was made for is a test by its number, in [tests/docs/test_lecture.py].": (
        "docs/test_readme_facts.py::test_every_equation_of_the_lecture_is_in_the_name_of_a_test",
    ),
    # --- three uses
    "Every factor of the chain rule is there to be looked at:": (
        _EXAMPLE,
        "docs/test_lecture.py::test_5_the_factors_of_the_chain_rule_as_the_graph_holds_them",
    ),
    "`tg.draw` shows the graph of your own program, with the local derivative on every edge, so that the products along all paths to a leaf add up to its gradient; boxes such as σ unfold into primitives, and what saturates is marked.": (
        "pictures/test_paths.py::test_path_products_sum_to_the_gradient",
        "pictures/test_paths.py::test_every_primitive_can_be_drawn",
        "pictures/test_model.py::test_fold_by_all_none_depth_and_names",
        "pictures/test_model.py::test_the_lectures_neuron_is_saturated_at_2_2_less_at_its_good_start_not_at_0",
    ),
    "`.save` writes .svg, .png, .pdf, .dot, or an .html page that steps through the backward pass:": (
        _EXAMPLE,
        "pictures/test_outputs.py::test_save_writes_every_form",
        "pictures/test_page.py::test_the_steps_are_the_engines_and_end_at_its_gradients",
    ),
    "The page is one file that needs no network: change a leaf's number by a slider or a field, and values, slopes and gradients follow; a button takes steps of gradient descent.": (
        "pictures/test_page.py::test_the_page_is_one_file_that_asks_for_nothing_else",
        "pictures/live/test_live_page.py::test_changed_numbers_are_in_every_text",
        "pictures/live/test_live_page.py::test_a_slider_and_a_field_change_a_leaf_and_what_follows",
        "pictures/live/test_live_page.py::test_a_step_of_gradient_descent_is_the_engines",
    ),
    "With `widths=True`, or the page's switch *widths*, each edge is as wide as the term is large that goes back along it, on one scale in all pictures: of a saturated neuron the quadratic cost's edges are thin where those of cross-entropy are thick.": (
        "pictures/test_widths.py::test_graphs_side_by_side_have_one_scale_and_it_is_that_of_each_alone",
        "pictures/test_widths.py::test_the_widths_of_a_random_graph_are_the_engines",
        "pictures/test_widths.py::test_only_what_was_walked_has_a_width_and_going_back_takes_it_away",
    ),
    "`tinygrad-lite` alone says what else one can do.": (
        "command/test_cli.py::test_without_arguments_it_says_what_one_can_do_and_its_first_commands_work_in_any_folder",
    ),
    "In a notebook, the value of `tg.draw(C)` is the picture.": (
        "pictures/test_outputs.py::test_a_notebook_gets_svg_and_text_and_the_stepper_in_a_frame",
    ),
    "`.save` writes .svg, .png, .pdf, .dot, or an .html page that steps through the backward pass.": (
        "pictures/test_outputs.py::test_save_writes_every_form",
        "pictures/test_page.py::test_the_steps_are_the_engines_and_end_at_its_gradients",
    ),
    "Its switch *predict* hides what is ahead, asks for each gradient, as a number or a formula, and says what is wrong with an answer.": (
        "pictures/test_predict.py::test_nothing_says_what_is_ahead_of_the_step",
        "pictures/test_predict.py::test_right_answers_lead_through_the_whole_pass",
        "pictures/test_predict.py::test_what_is_said_of_wrong_answers",
    ),
    "`tg.pictures.compare` puts graphs on one page that take their steps together.": (
        "pictures/test_lock_step.py::test_boxes_that_correspond_take_a_step_together",
        "pictures/test_lock_step.py::test_the_ratio_grows_step_by_step_and_is_the_engines",
    ),
    "For a lecture, `neuron.html#step=3` is a link to a step, F gives the page the whole screen, and `.save(\"steps.pdf\", steps=True)` writes a PDF of one page a step (`pip install 'tinygrad_lite[slides]'`).": (
        "pictures/test_lecture.py::test_an_address_leads_to_a_step_and_follows_the_reader",
        "pictures/test_lecture.py::test_a_lecture_has_the_whole_screen_and_steps_by_remote",
        "pictures/test_slides.py::test_the_pages_have_one_layout_and_hide_what_is_to_come",
    ),
    "`tg.derive` writes the derivation, line by line, each line checked against the engine before it is shown:": (
        _EXAMPLE,
        "derivations/test_derive.py::test_a_wrong_line_is_never_shown",
        "derivations/test_derive.py::test_lemmas_and_given_lines_are_checked_too",
    ),
    "`tg.derive(w.grad, wrt=w)` derives the second derivatives, where the gradient was recorded with `C.backward(create_graph=True)`.": (
        "derivations/steps/test_second_derivatives.py::test_a_gradient_is_derived",
    ),
    "On a saved page each derivative is linked to its line of NumPy code.": (
        "derivations/test_code.py::test_each_line_of_the_page_and_its_code_link_to_each_other",
    ),
    "All of the lecture's derivations, made by [examples/lecture.py], are on [one page]; pictures of its graphs, made by [examples/gallery.py], are in [the gallery].": (
        "docs/test_lecture_page.py::test_page_is_up_to_date",
        "docs/test_gallery.py::test_the_script_writes_the_gallery_that_is_committed",
    ),
    'Both uses have a command: `tinygrad-lite derive -e "(y - sigmoid(w*x + b))**2 / 2" --wrt w` and `tinygrad-lite draw -e "sigmoid(w*x + b)" --let w=2 --let b=2 --const x=1 -o neuron.html`.': (
        "docs/test_readme_facts.py::test_a_command_in_a_sentence_runs",
    ),
    "[examples/slow_learning.py] plots how the neuron learns.": (
        "docs/test_examples.py::test_the_curves_are_written_as_the_name_says",
    ),
    "The cost as it stands on the slide, in NumPy's own names, against formulas for its gradient:": (_EXAMPLE,),
    "A derivation judges an answer as it is typed, in NumPy's spelling, with indices or in LaTeX, with the graph's own shapes.": (
        _EXAMPLE,
        "derivations/judging/test_check.py::test_right_answers",
        "derivations/judging/test_check.py::test_wrong_answers",
    ),
    "`tg.same_formula` compares any two formulas.": (
        _EXAMPLE,
        "derivations/judging/test_same_formula.py::test_proved",
        "derivations/judging/test_same_formula.py::test_different",
        "derivations/judging/test_random_pairs.py::test_no_answer_about_random_pairs_is_wrong",
    ),
    "Both say how they decided: proved by a normal form, or else at random points.": (
        "derivations/judging/test_same_formula.py::test_random_points_decide_where_the_normal_form_does_not",
    ),
    "`grad`, `value_and_grad`, `vjp`, `jvp`, `jacobian`, `hessian`, `hvp` and `vmap` nest to any order; `gradcheck` compares every derivative with differences; `tg.supported()` lists the NumPy functions that work on Tensors, `np.linalg` and statistics among them.": (
        "transforms/test_transforms.py::test_derivatives_up_to_the_fifth",
        "transforms/test_transforms.py::test_forward_and_reverse_may_be_nested_in_any_order",
        "transforms/test_transforms.py::test_nested_derivatives_keep_their_variables_apart",
        "transforms/test_gradcheck_generated.py::test_every_right_function_passes",
        "transforms/test_gradcheck_generated.py::test_every_wrong_element_is_found_and_named",
        "array_functions/test_array_functions.py::test_every_supported_function_has_samples",
        "array_functions/test_array_functions.py::test_the_value_is_numpys",
    ),
    "[examples/digits.py] does this with options for everything, learning curves as a picture, and best weights that survive Ctrl-C (`pip install '.[plot,progress]'` for the picture and the progress bar).": (
        "docs/test_examples.py::test_every_option_trains",
        "docs/test_examples.py::test_a_run_learns_reports_every_epoch_and_leaves_its_best_weights",
        "docs/test_examples.py::test_a_real_ctrl_c_keeps_and_reports_the_best_weights_so_far",
        "docs/test_readme_facts.py::test_the_extras_that_are_named_are_there",
    ),
    # --- exercises
    "29 exercises lead through the lecture, from one neuron to a deep net with softmax.": (
        "docs/test_readme_facts.py::test_the_path_has_the_number_of_exercises_that_is_said",
        "exercises/path/test_path.py::test_every_equation_of_the_lecture_is_in_the_path",
    ),
    "`learn start` writes a file for each into a folder; `learn check` says of each gradient in it whether it is right, and which slip was made if it is not:": (
        "docs/test_readme.py::test_a_learner_is_told_the_slip_that_the_readme_shows",
        "exercises/slips/test_slips.py::test_a_wrong_answer_is_told_its_slip",
    ),
    "`learn hint` gives a hint in three steps, `learn next` goes on, and `learn watch` checks each time that you save.": (
        "exercises/showing/test_hints.py::test_the_third_hint_is_the_last_line_of_the_derivation_and_those_before_are_not",
        "command/test_learn.py::test_what_can_be_done_next_is_said_and_not_done",
        "exercises/learning/test_watching.py::test_a_saved_file_is_checked_once_and_the_next_exercise_is_only_offered",
    ),
    "You answer as on paper or in NumPy.": (
        "exercises/judging/test_right_answers.py::test_every_line_of_the_derivation_is_accepted_as_its_answer",
        "exercises/hand/test_right_forms.py::test_forty_forms_of_a_step_are_right",
    ),
    "Nothing of this was typed in for the exercises: statement, hints, solution and slips come from the graph of the cost, so that it works for a cost of your own, too.": (
        "exercises/teaching/test_own_exercises.py::test_an_exercise_of_a_teachers_own_is_fit_to_be_handed_out",
        "exercises/teaching/test_own_exercises.py::test_slips_in_it_are_named",
    ),
    "A later step is judged given what you found above:": (
        _EXAMPLE,
        "exercises/hand/test_follow_through.py::test_the_slip_is_found_and_the_rest_follows",
    ),
    "Teachers hand exercises out and grade what comes back with `tinygrad-lite teach`.": (
        "exercises/showing/test_export.py::test_an_exported_exercise_gives_nothing_away",
        "exercises/teaching/test_grade.py::test_each_student_gets_a_row_with_the_outcome_of_each_step",
    ),
    "In a notebook, the exercise and the verdict are shown with formulas and a picture, in which the step that is wrong is marked ([examples/notebooks]).": (
        "exercises/showing/test_verdicts.py::test_a_notebook_shows_statement_and_verdict_with_the_picture",
        "exercises/showing/test_picture.py::test_a_verdict_is_marked_by_signs_and_by_colours",
    ),
    "A teacher hands exercises out and grades the answers that come back, with the slip of each step in a table; code in answers runs in a locked process that does not have the truth ([what it protects from, and what not]):": (
        "exercises/showing/test_export.py::test_an_exported_exercise_gives_nothing_away",
        "exercises/teaching/test_grade.py::test_each_student_gets_a_row_with_the_outcome_of_each_step",
        "exercises/sandbox/test_protections.py::test_the_truth_is_not_in_the_child",
    ),
    # --- programs
    "`tg.compile` makes one flat NumPy program of a cost, of its gradient or of a whole training step, and runs it in their place; `.source` is that program as a lecturer would write it, with the gradient as derived:": (
        _EXAMPLE,
        "compiling/test_compile.py::test_value_and_gradient_of_a_network_on_fresh_inputs",
        "compiling/test_surroundings.py::test_a_training_step_changes_what_the_step_changes",
        "listing/test_source.py::test_the_lectures_networks_read_as_a_lecturer_writes_them",
        "listing/test_source.py::test_the_source_computes_what_the_function_computes",
    ),
    'It needs only NumPy: `step.save("step.py")` writes it to a file, and `tinygrad-lite compile -e "…"` prints it.': (
        "listing/test_source.py::test_the_source_needs_numpy_alone",
        "compiling/test_compile.py::test_the_source_is_that_of_the_last_call_and_can_be_saved",
        "command/test_compile.py::test_the_lectures_neuron_is_written_with_its_gradients",
    ),
    "What runs is `.fast_source`, with buffers and, for large arrays, in blocks and on threads.": (
        "compiling/test_compile.py::test_the_source_is_that_of_the_last_call_and_can_be_saved",
        "programs/fast/test_blocks.py::test_what_lives_inside_of_a_run_is_never_of_full_size",
        "programs/fast/test_blocks.py::test_the_number_of_threads_changes_nothing",
    ),
    "There is one program for each set of shapes, dtypes and values of what is no array.": (
        "compiling/test_compile.py::test_few_programs_are_kept",
        "compiling/test_compile.py::test_a_python_float_is_an_input_and_a_whole_number_is_not",
        "compiling/test_strangers.py::test_equal_keys_of_other_types_are_other_signatures",
    ),
    "It gives what the function gives, also where a branch of `np.where` flips; where the function would raise or warn, it is run itself.": (
        "compiling/test_random_functions.py::test_compiled_functions_equal_eager_ones_on_inputs_of_every_kind",
        "compiling/test_compile.py::test_a_where_that_flips_and_a_maximum_that_moves",
        "compiling/test_compile.py::test_an_error_is_eagers_own",
        "compiling/test_compile.py::test_a_warning_is_eagers_own",
    ),
    "What cannot be a program (an `if` on a value, `.item()`, random numbers) is an error that names the line.": (
        "compiling/test_compile.py::test_a_branch_on_a_value_is_refused_with_its_line",
        "compiling/test_surroundings.py::test_random_numbers_are_refused_and_none_is_lost",
        "compiling/test_strangers.py::test_what_takes_a_value_out_or_draws_one_is_refused_or_done_right",
    ),
    "`tg.vmap` makes a function of one example one of all: `tg.vmap(tg.grad(cost), in_axes=(None, None, 0, 0))(W, b, x, y)` is a gradient for each example.": (
        "transforms/test_vmap.py::test_all_examples_at_once_are_the_examples_one_by_one",
        "transforms/test_vmap.py::test_gradients_per_example_are_those_of_each_example",
    ),
    # --- numerics
    "**Numerics.** Eager evaluation computes what you wrote and rewrites nothing.": (
        "programs/test_fusion.py::test_values_and_gradients_are_those_of_the_primitives",
        "core/test_primitives.py::test_the_value_is_numpys",
    ),
    "The library's own functions are right everywhere, in value and derivatives, at ±1000 as at 0, in float32 and float64, without a warning where the result is finite; dtypes follow NumPy, and a gradient has the shape and dtype of its tensor.": (
        "functions/test_digits.py::test_value_and_derivatives_are_right_at_every_size",
        "functions/test_functions.py::test_rectifiers",
        "functions/test_digits.py::test_softmax_and_its_relatives_are_right_at_every_size",
        "functions/test_costs.py::test_cross_entropy_with_logits_is_right_at_every_size",
        "functions/test_costs.py::test_log_likelihood_with_logits_is_right_at_every_size",
        "functions/test_costs.py::test_the_second_derivative_of_log_likelihood_with_logits_is_the_slope_of_softmax",
        "functions/test_costs.py::test_cross_entropy_is_right_at_small_activations",
        "functions/test_costs.py::test_value_and_gradient_are_the_lectures",
        "functions/test_costs.py::test_float32_stays_float32",
        "core/test_primitives.py::test_mixed_dtypes_give_each_input_a_gradient_of_its_own_dtype",
        "array_functions/test_array_functions.py::test_float32_stays_float32",
        "tensor/test_operators.py::test_numpy_scalars_and_arrays_promote_as_in_numpy",
    ),
    "Where a gradient becomes nan or inf, a warning names the place, and for a naive spelling the one that repairs it:": (
        _EXAMPLE,
        "core/test_troubles.py::test_a_damaged_gradient_names_its_node_and_the_repair",
        "functions/test_naive_spellings.py::test_a_naive_spelling_warns_with_the_node_and_the_repair",
        "functions/test_naive_spellings.py::test_the_repair_needs_no_warning",
    ),
    # --- kinks
    "**Kinks.** relu′(0) = 0 and |x|′(0) = 0, also in `fabs` and `copysign`.": (
        "core/test_kinks.py::test_the_slope_at_a_kink",
    ),
    "`maximum`, `minimum`, `fmax`, `fmin` and the bounds of `clip` share a tie evenly, `max` and `min` over an axis among all that tie.": (
        "core/test_kinks.py::test_two_that_tie_share_evenly",
        "core/test_kinks.py::test_all_that_tie_along_an_axis_share_evenly",
        "core/test_kinks.py::test_a_bound_shares_its_gradient_with_what_lies_on_it",
    ),
    "What is sorted (`sort`, `median`, `quantile`) gives each element's gradient to the one place that it came from.": (
        "array_functions/test_statistics.py::test_of_equal_elements_each_gets_the_gradient_of_its_own_place",
    ),
    "Norms, `hypot` and `std` have derivative 0 where they are 0.": (
        "array_functions/test_linalg.py::test_at_0_the_derivative_of_a_norm_is_0",
        "array_functions/test_linalg.py::test_at_0_the_derivative_of_a_matrix_norm_is_0",
        "array_functions/test_statistics.py::test_the_kink_of_a_root_at_0_has_derivative_0_and_nan_stays_nan",
        "core/test_kinks.py::test_a_distance_of_0_has_derivative_0_by_both_of_its_sides",
    ),
    "Steps such as `sign` and `round` have derivative 0 everywhere.": (
        "core/test_kinks.py::test_a_step_is_recorded_and_passes_no_gradient",
    ),
    "0⁰ has derivative 0, and a constant exponent never takes a logarithm:": (
        _EXAMPLE,
        "core/test_kinks.py::test_0_to_the_0_has_derivative_0",
        "core/test_kinks.py::test_a_constant_exponent_takes_no_log_of_a_negative_base",
    ),
    # --- data
    "**Data.** What the graph has captured cannot be corrupted, short of unlocking memory by hand: construction copies, and `.data` is a read-only view.": (
        "core/test_captured.py::test_writing_through_data_raises_at_once_and_changes_nothing",
        "core/test_captured.py::test_an_array_operand_is_captured_as_it_was",
        "core/test_captured.py::test_index_arrays_and_seeds_are_captured_as_they_were",
        "core/test_captured.py::test_the_data_of_a_leaf_cannot_be_unlocked_through_a_view",
        "core/test_memory.py::test_gradients_share_memory_with_nobody",
        "tensor/test_foreign_memory.py::test_a_constant_without_axes_is_copied",
        "tensor/test_foreign_memory.py::test_bounds_and_places_that_are_arrays_are_copied",
        "tensor/test_foreign_memory.py::test_a_constant_cannot_be_written_through_the_graph",
        "tensor/test_foreign_memory.py::test_a_derivative_hands_out_memory_of_its_own",
        "tensor/test_tensor.py::test_construction_copies_arrays_and_tensors",
        "array_functions/test_array_functions.py::test_what_is_written_into_an_array_afterwards_changes_no_gradient",
    ),
    "`w.data = array`, `with tg.no_grad(): w -= step` and optimisers change a leaf; a backward() through what was computed before raises instead of being wrong.": (
        _EXAMPLE,
        "core/test_captured.py::test_changing_data_between_forward_and_backward_raises",
        "core/test_versions.py::test_pulling_back_past_a_changed_leaf_raises_or_is_right",
        "nn/test_optim.py::test_a_step_is_noticed_by_the_graph_before_it",
        "nn/test_files.py::test_loading_between_forward_and_backward_is_noticed",
    ),
    "Nothing that tracks a gradient is detached silently: a NumPy function records, or raises and says what to write instead.": (
        "array_functions/test_walk.py::test_a_ufunc_records_or_refuses",
        "array_functions/test_walk.py::test_a_ufuncs_method_records_or_refuses",
        "array_functions/test_walk.py::test_a_function_records_or_refuses_wherever_the_tensor_is",
        "array_functions/test_walk.py::test_messages_name_the_function_and_say_what_to_write_or_why_not",
        "array_functions/test_walk_protocols.py::test_no_method_of_an_array_takes_the_numbers_of_a_tracked_tensor",
        "array_functions/test_walk_protocols.py::test_no_function_takes_the_numbers_of_a_tracked_tensor",
        "tensor/test_conversions.py::test_no_conversion_detaches",
    ),
    "`float(t)`, `int(t)` and `math.exp(t)` raise, too, and so does `array[i] = t` (NumPy makes a ValueError of it, with our error as its cause).": (
        _NUMBER,
        _EULER,
        "docs/test_errors.py::test_what_python_or_numpy_refuses_is_their_own_error",
    ),
    'What leaves the graph by name is meant: `.item()`, `.tolist()`, `.numpy()`, `.detach()`, printing, `f"{t:.3f}"`, comparing.': (
        "tensor/test_conversions.py::test_what_shows_a_number_stays",
        "tensor/test_tensor.py::test_numpy_and_detach_give_copies",
    ),
    "Tensors that track nothing compute with every NumPy function: one that has no meaning here gives plain arrays.": (
        "array_functions/test_walk.py::test_a_function_without_a_meaning_is_numpys_own_where_nothing_is_tracked",
        "array_functions/test_walk.py::test_keywords_without_a_meaning_are_numpys_own_where_nothing_is_tracked",
        "tensor/test_conversions.py::test_an_untracked_tensor_is_a_number_where_one_is_wanted",
    ),
    "Two things stay out, and their errors say why: complex numbers (with them `np.fft` and `np.linalg.eig`), and functions that write into a Tensor in place.": (
        _MISTAKES,
        "array_functions/test_walk.py::test_the_hint_says_what_to_write_or_why_not",
        "tensor/test_conversions.py::test_complex_numbers_are_refused_beside_a_tensor",
        "tensor/test_operators.py::test_item_assignment_says_what_to_do_instead",
    ),
    # --- types and errors
    "**Types.** A type checker learns what comes out: a Tensor for a Tensor, an array for an array, also from `tg.grad(f)`; and a function under `@tg.composite` keeps its signature.": (
        _TYPES,
        _TOLD,
    ),
    "The programs on this page pass `mypy --strict` and pyright.": (
        _TYPES,
        "docs/test_types.py::test_the_programs_are_found",
    ),
    "What NumPy's own functions give is said by NumPy's types, which call `np.exp(w)` an array and leave `array * w` open (`Any`): operators and methods of a Tensor, such as `w * array` and `w.mean()`, are exact.": (
        _TYPES,
        _TOLD,
        "docs/test_types.py::test_what_numpys_stubs_call_an_array_is_a_tensor",
    ),
    "**Errors** of the library are one family, `TinygradLiteError`, each also the built-in type that a NumPy user expects.": (
        "docs/test_errors.py::test_an_error_is_one_of_the_family_and_a_built_in_type_too",
        "docs/test_errors.py::test_the_mistakes_are_many_and_of_every_kind_that_needs_no_special_machine",
    ),
    "They say what happened, what was seen and, where that does not say it, what to do.": (_MISTAKES,),
    'What Python or NumPy refuses before we are asked (a missing argument, `w ** "2"`, a write into `.data`) is their own error.': (
        "docs/test_errors.py::test_what_python_or_numpy_refuses_is_their_own_error",
    ),
    # --- speed and the rest
    "Time per step as a multiple of hand-written NumPy with closed-form gradients (textbook sigmoid and softmax, no bookkeeping), side by side in one run after checking that all agree.": (
        "docs/test_benchmarks.py::test_contenders_that_disagree_are_not_timed",
        "docs/test_benchmarks.py::test_a_row_is_one_line_of_a_table_with_a_time_by_hand_and_a_number_of_the_engine",
    ),
    "`import tinygrad_lite` adds about 8 to 12 ms of CPU time to that of NumPy.": (
        "data/test_import.py::test_importing_the_package_loads_no_slow_module",  # no test asks the clock
        "pictures/test_outputs.py::test_importing_the_package_imports_no_graphviz",
    ),
    "The digits are from the UCI repository under CC BY 4.0: [their source].": (
        "data/test_datasets.py::test_digits_have_the_published_checksums",
        "docs/test_readme.py::test_every_link_is_absolute_and_leads_to_a_file",
    ),
}

NO_PROMISE: dict[str, str] = {
    "Reverse-mode automatic differentiation on NumPy, for those who learn, teach or use backpropagation.": "says for whom it is",
    "Measured with one thread of an AMD EPYC, Python 3.11 and NumPy 2.4; medians over three processes.": "says what was measured",
    "*By hand, out=* is what an expert makes of it, who allocates nothing twice; *eager* and *compiled* (`tg.compile`) are this library:": "names the columns",
    "The first call of a compiled function takes about a tenth of a millisecond for each line of its program.": "says what was measured",
    "More tables, two threads among them, are in [benchmarks/RESULTS.md]; [benchmarks/NOTES.md] says what was tried and what the rest of each row consists of.": "names files",
    "For all that follows, `. .venv/bin/activate` lets your terminal find this Python and `tinygrad-lite`; a program goes into a file of yours, and `python first.py` runs it.": "tells where to type what follows",
    "To measure on your machine (`pip install torch jax` to have them beside it): `.venv/bin/python -m benchmarks --quick`.": "tells how to measure",
    "Look at [the gallery], and read on in [pictures].": "names pages",
    "Read on in [derivations] and [exercises], or see all of the lecture's derivations on [one page].": "names pages",
    "Read on in [numerics], [training], [programs], and [from PyTorch, JAX or autograd].": "names pages",
    "On a processor without AVX-512, NumPy's exponentials take several times as long, and at 10⁵ elements torch is ahead; the table of such a processor is in NOTES.md.": "says what was measured, and where it stands",
    "MIT licence.": "names a file",
}
