"""Which tests `make test` leaves to `make test-exhaustive`.

`make test` is run before each push, and must not take longer than a coffee. What is here takes long
and has a cheaper sibling there: another case of the same test, or the same promise in a smaller
checkout. Others are marked where they stand. CI runs all of them.
"""

from __future__ import annotations

EXHAUSTIVE = (
    # Each way to edit a kept plan, and each ingredient of an identity: one of each kind stays.
    "tests/cli/test_reviewed_plans.py::test_an_edited_plan_is_refused[<lambda>-plan.json",
    "tests/cli/test_reviewed_plans.py::test_an_edited_plan_is_refused[<lambda>-no manifest",
    "tests/cli/test_reviewed_plans.py::test_an_edited_plan_is_refused[_other_plan",
    "tests/cli/test_reviewed_plans.py::test_an_edited_plan_is_refused[_rewrite_manifest",
    "tests/cli/test_reviewed_plans.py::test_another_ingredient_is_refused_by_name_and_nothing_changes[_another_terraform",
    "tests/cli/test_reviewed_plans.py::test_another_ingredient_is_refused_by_name_and_nothing_changes[_another_release",
    "tests/cli/test_reviewed_plans.py::test_another_ingredient_is_refused_by_name_and_nothing_changes[_another_module",
    "tests/cli/test_reviewed_plans.py::test_a_plan_has_one_identity_wherever_it_is_made_and_can_be_applied_there",
    # Drift, secrets and stops meet reviewed plans in tests/promotion too.
    "tests/cli/test_reviewed_plans.py::test_a_plan_that_differs_in_a_secret_only_is_another_and_the_secret_is_hidden",
    "tests/cli/test_reviewed_plans.py::test_drift_after_the_plan_is_refused_with_the_attribute",
    "tests/cli/test_reviewed_plans.py::test_ctrl_c_during_a_reviewed_apply_gives_the_lock_back",
    "tests/cli/test_reviewed_plans.py::test_a_killed_reviewed_apply_gives_the_lock_back_after_its_terraform",
    "tests/cli/test_reviewed_plans.py::test_an_old_plan_is_refused_and_then_swept",
    "tests/cli/test_reviewed_plans.py::test_the_state_is_locked_from_the_new_plan_to_the_end",
    "tests/cli/test_recover.py::test_a_state_of_another_lineage_is_put_aside_and_never_saved",
    "tests/cli/test_verify.py::test_a_deployment_that_app_runner_took_back_is_told_as_that",
    "tests/linting/test_command.py::test_a_kept_plan_reaches_checkov_whole_and_unseen_by_others",
    "tests/linting/test_command.py::test_a_policy_that_checkov_cannot_load_is_no_pass",
    "tests/cli/test_guards.py::test_a_state_that_is_not_the_last_known_one_is_not_planned_or_applied",
    "tests/cli/test_drift.py::test_both_at_once_are_told_apart",
    "tests/cli/test_drift.py::test_without_a_name_every_environment_is_looked_at_and_no_lock_is_waited_for",
    "tests/cli/test_ledger.py::test_writers_at_once_make_one_chain_with_all_records[2-12]",
    "tests/cli/test_ledger.py::test_writers_at_once_make_one_chain_with_all_records[8-3]",
    "tests/cli/test_unlock.py::test_a_lock_of_ours_names_the_process_that_holds_it",
    "tests/cli/test_unlock.py::test_terraform_itself_can_break_a_lock_of_ours",
    "tests/cli/test_unlock.py::test_the_lock_of_a_bootstrap_is_another_one",
    # What a local cloud keeps: a stop, a crash and a reset stay, as users see them.
    "tests/cli/test_saving.py::test_a_crash_during_an_apply_is_told_and_going_on_works",
    "tests/cli/test_saving.py::test_snapshots_are_saved_listed_loaded_and_removed",
    "tests/cli/test_saving.py::test_a_lock_that_a_reboot_leaves_behind_can_be_released",
    "tests/cli/test_saving.py::test_a_local_cloud_that_can_not_save_is_not_stopped",
    "tests/cli/test_saving.py::test_what_can_not_be_brought_back_is_told_and_not_loaded",
    "tests/local_aws/test_saving.py",
    # Bootstrap: from nothing, in use and stopped stay.
    "tests/environments/test_bootstrap.py::test_a_second_run_changes_nothing[dev]",
    "tests/environments/test_bootstrap.py::test_a_second_run_changes_nothing[staging]",
    "tests/environments/test_bootstrap.py::test_an_account_can_be_closed_as_the_readme_says",
    "tests/environments/test_bootstrap.py::test_what_a_killed_run_could_not_write_down_is_adopted",
    # What replaces or updates what: the module's other tests apply it and plan it again.
    "tests/modules/test_app_runner_roles.py::test_other_repositories_and_prefixes_are_new_versions_of_the_policies",
    "tests/modules/test_data_roles.py::test_zones_and_principals_change_in_place",
    "tests/modules/test_observability.py::test_a_bucket_can_leave_though_the_page_alarm_names_its_alarm",
    "tests/modules/test_trending_now.py::test_a_deleted_secret_can_be_restored_for_as_long_as_was_asked",
    "tests/modules/test_trending_now.py::test_a_secret_that_a_person_set_stays_set",
    "tests/modules/test_trending_now.py::test_another_name_of_the_environment_replaces_what_bears_it",
    "tests/modules/test_trending_now.py::test_another_release_is_one_update_in_place[release1]",
    "tests/modules/test_trending_now.py::test_new_scaling_moves_the_service_and_the_alarm_on_capacity",
    "tests/modules/test_trending_now.py::test_the_roles_are_unbounded_only_where_that_was_asked",
    # Terraform works for many seconds on each plan of a web ACL; the environment has one.
    "tests/modules/test_web_acl.py",
    # All validations of all modules in one plan: a minute of Terraform's processor time.
    "tests/modules/test_validations.py",
    "tests/mutation/test_mutants.py::test_each_is_valid_terraform",
    # A promotion as a whole and after each step: what is refused stays, and one up to staging.
    "tests/faults/test_kills.py::test_some_kills",
    "tests/faults/test_throttling.py::test_an_apply_gets_through_though_one_call_in_ten_fails",
    "tests/faults/test_throttling.py::test_credentials_that_expire_in_the_middle_of_an_apply_lose_nothing",
    "tests/faults/test_two_people.py::test_some_races[apply-unlock]",
    "tests/promotion/test_story.py",
    "tests/promotion/test_secrets.py::test_an_apply_by_reconciliation_costs_one_plan_more",
    "tests/promotion/test_refusals.py::test_an_approval_for_another_identity",
    "tests/promotion/test_refusals.py::test_another_terraform_version",
    "tests/promotion/test_refusals.py::test_an_approval_that_was_edited",
    "tests/promotion/test_refusals.py::test_a_tampered_plan_file",
    "tests/promotion/test_refusals.py::test_a_harmed_ledger[_dropped",
    "tests/promotion/test_refusals.py::test_a_harmed_ledger[_reordered",
    "tests/promotion/test_refusals.py::test_staging_moved_on",
    # Guides and live tests: the short ones, and the run itself, stay.
    "tests/guides/test_guides.py::test_a_guide_works_as_it_says[add_a",
    "tests/guides/test_guides.py::test_a_guide_works_as_it_says[first_plan]",
    "tests/guides/test_guides.py::test_a_guide_works_as_it_says[promote]",
    "tests/guides/test_guides.py::test_a_guide_works_as_it_says[live_tests]",
    "tests/live/test_ending.py::test_ctrl_c_while_it_is_made_ends_with_nothing_left",
    "tests/live/test_ending.py::test_what_could_not_be_destroyed_is_told_and_swept_later",
)
"""The beginnings of their ids."""


def is_exhaustive(node_id: str) -> bool:
    """Whether a test is left out of `make test`."""
    return node_id.startswith(EXHAUSTIVE)


def unused(node_ids: list[str]) -> list[str]:
    """The beginnings that no test has."""
    return [start for start in EXHAUSTIVE if not any(one.startswith(start) for one in node_ids)]
