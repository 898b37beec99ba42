"""What a local Slack has to get right, item by item, and the tests that hold it to that.

Names are searched for in the folders of these tests, so a test that is renamed or lost makes its item fail."""

import ast
from pathlib import Path

import pytest

FOLDERS = (Path(__file__).parent, Path(__file__).parent.parent / "slack_page")

CHECKLIST: dict[str, tuple[str, ...]] = {
    "1 every encoding, unknown methods": (
        "test_every_encoding_says_the_same",
        "test_structures_may_come_as_json_text",
        "test_an_unknown_method_is_named",
        "test_json_without_a_charset_is_taken_with_a_warning",
        "test_a_body_that_says_nothing_is_refused_by_name",
        "test_either_charset_may_be_used",
        "test_no_value_of_any_argument_breaks_a_method",
        "test_the_synchronous_client_gets_an_answer_from_every_method",
        "test_the_asynchronous_client_gets_an_answer_from_every_method",
        "test_a_listeners_own_client_gets_an_answer_from_every_method",
    ),
    "2 tokens, kinds and scopes": (
        "test_only_the_configured_token_of_the_right_kind_is_let_in",
        "test_the_app_token_opens_sockets_and_the_bot_token_does_not",
        "test_a_call_without_its_scope_says_which_one_it_needed",
        "test_the_kind_of_a_conversation_decides_which_scope_it_needs",
        "test_videos_and_files_from_people_have_scopes_of_their_own",
    ),
    "3 refusals are answers, limits say their seconds": (
        "test_only_the_configured_token_of_the_right_kind_is_let_in",
        "test_limits_hold_a_channel_to_its_pace_and_leave_the_others_alone",
        "test_a_rate_limit_names_its_seconds_and_lasts_as_planned",
    ),
    "4 ts": ("test_every_message_has_its_own_later_ts",),
    "5 membership, archives, private channels, people as channels": (
        "test_where_the_app_may_not_speak",
        "test_a_user_as_channel_is_the_conversation_with_the_app",
        "test_only_posting_methods_know_channels_by_name",
        "test_in_an_archived_channel_nothing_changes_any_more",
        "test_marks_are_for_members",
        "test_a_name_of_ones_own_and_channels_one_is_not_in_have_to_be_asked_for",
    ),
    "6 Block Kit": (
        "test_every_block_is_taken_at_its_limits_where_it_may_stand",
        "test_every_element_is_taken_in_the_blocks_that_may_hold_it",
        "test_what_slack_refuses_is_named_with_its_place",
        "test_bad_blocks_are_refused_with_a_pointer",
        "test_a_block_id_is_used_once_at_any_depth",
        "test_a_message_holds_one_table_of_any_kind_at_any_depth",
        "test_all_texts_of_a_message_together_have_a_limit",
        "test_too_much_text_over_all_blocks_is_refused",
        "test_the_python_sdk_agrees_or_the_table_says_why_not",
        "test_the_typescript_types_agree_or_the_table_says_why_not",
    ),
    "7 messages as Slack keeps them": (
        "test_a_posted_message_comes_back_as_slack_keeps_it",
        "test_pictures_are_kept_by_name_and_links_without_the_full_stop",
    ),
    "8 updates": (
        "test_an_update_merges_as_documented",
        "test_only_plain_messages_are_labelled_as_edited",
        "test_the_app_changes_only_its_own_messages",
        "test_an_ephemeral_cannot_be_updated_or_deleted",
        "test_a_channel_sees_an_old_reply_when_it_is_broadcast_and_nothing_else_is_changed",
        "test_a_message_is_given_other_files",
    ),
    "9 40,000 characters": ("test_nothing_to_say_is_refused_and_too_much_is_cut",),
    "10 threads": (
        "test_replies_live_under_their_parent_and_count",
        "test_a_deleted_parent_leaves_a_tombstone_over_its_replies",
    ),
    "11 metadata": ("test_metadata_is_shown_only_to_who_asks", "test_an_update_merges_as_documented"),
    "12 pages": (
        "test_pages_are_walked_by_cursor",
        "test_a_page_may_hold_fewer_than_asked_for_and_cursors_still_lead_on",
        "test_a_workspace_may_keep_its_pages_small",
    ),
    "13 rates": (
        "test_limits_hold_a_channel_to_its_pace_and_leave_the_others_alone",
        "test_each_method_has_its_own_pace",
        "test_a_channel_has_one_pace_by_whatever_name_it_is_called",
        "test_all_channels_together_have_a_pace_too",
    ),
    "14 bad days": (
        "test_an_outage_refuses_before_anything_happened",
        "test_a_message_may_be_posted_though_the_call_failed",
        "test_a_slow_call_outlasts_an_impatient_client",
        "test_the_sdks_own_retry_posts_a_dropped_message_twice",
        "test_any_of_slacks_codes_can_be_answered_once",
        "test_history_may_lag_behind_what_was_posted",
        "test_a_listener_lives_through_every_bad_day",
    ),
    "15 uploads": (
        "test_a_picture_may_be_shown_once_slack_has_scanned_it",
        "test_an_upload_must_have_the_length_it_announced",
        "test_only_pictures_that_exist_may_be_shown",
        "test_the_sdks_upload_shares_the_file_with_its_comment",
        "test_what_slack_refuses_is_named_with_its_place",
    ),
    "16 pictures from addresses": ("test_what_slack_refuses_is_named_with_its_place",),
    "17 schedule": (
        "test_a_scheduled_message_comes_when_its_time_has_come",
        "test_a_message_is_scheduled_for_the_next_120_days",
        "test_thirty_messages_fit_into_five_minutes_of_one_channel",
        "test_a_scheduled_message_is_taken_back_until_a_minute_before",
    ),
    "18 views": (
        "test_a_trigger_opens_one_modal_within_three_seconds",
        "test_the_stack_holds_three",
        "test_an_update_with_an_old_hash_is_refused",
        "test_a_view_has_a_quarter_of_a_megabyte",
        "test_a_view_may_be_found_by_its_external_id_which_is_unique",
        "test_a_modal_with_inputs_needs_a_way_to_send_them",
        "test_a_modals_words_have_24_characters_and_home_has_none",
    ),
    "19 Home": ("test_home_is_each_users_own", "test_home_is_there_only_when_it_is_switched_on"),
    "20 marks": (
        "test_marks_are_set_once",
        "test_a_mark_may_be_set_by_the_app_and_a_person_alike",
        "test_a_message_takes_so_many_kinds_of_marks_and_a_channel_so_many_links",
    ),
    "21 tickets and ten connections": (
        "test_a_ticket_opens_one_connection_that_greets_first",
        "test_the_eleventh_connection_is_turned_away",
    ),
    "22 hello first": ("test_a_ticket_opens_one_connection_that_greets_first",),
    "23 any one connection": ("test_envelopes_go_to_any_one_of_the_connections",),
    "24 three seconds": (
        "test_the_ack_is_waited_for_by_the_workspaces_own_clock",
        "test_acks_that_are_late_double_or_made_up_are_written_down",
        "test_an_ack_on_another_connection_does_not_count_unless_lenience_was_asked_for",
        "test_a_button_spins_until_its_ack_and_warns_when_there_is_none",
    ),
    "25 events come again": (
        "test_an_event_comes_again_until_it_is_acknowledged",
        "test_an_event_comes_again_at_once_after_a_minute_and_after_five",
        "test_an_event_comes_four_times_and_says_which_time_and_why",
    ),
    "26 goodbyes": (
        "test_every_kind_of_goodbye_says_its_reason",
        "test_a_connection_lives_as_long_as_it_was_told",
        "test_a_pulled_cable_says_nothing_and_a_mute_line_answers_no_ping",
        "test_the_sdk_reconnects_when_it_is_asked_to",
        "test_the_sdk_comes_back_after_a_pulled_cable",
    ),
    "27 events in the gap": (
        "test_an_event_nobody_could_take_arrives_with_the_next_connection",
        "test_a_line_cut_before_the_ack_loses_a_click_and_delays_an_event",
        "test_an_event_whose_ack_is_lost_comes_again",
    ),
    "28 interactions never come again": ("test_a_click_that_nobody_acknowledges_is_shown_and_never_sent_again",),
    "29 what an ack may say": (
        "test_an_answer_that_nobody_asked_for_is_a_complaint",
        "test_an_answer_in_the_ack_that_slack_would_refuse_is_a_complaint",
        "test_options_that_slack_would_not_show_are_a_complaint",
        "test_a_slash_command_answers_in_its_ack",
        "test_a_form_may_push_update_and_clear_the_stack",
    ),
    "30 twice and out of order": (
        "test_envelopes_may_come_twice_or_after_younger_ones",
        "test_an_event_comes_twice_late_and_out_of_order",
    ),
    "31 subscriptions and own messages": (
        "test_events_the_app_did_not_subscribe_to_stay_away",
        "test_the_apps_own_messages_are_events_too_if_it_asked_for_messages",
        "test_what_is_changed_or_deleted_is_told_with_what_was_there_before",
    ),
    "32 fields of interactions": (
        "test_each_place_sends_its_own_fields_and_no_others",
        "test_a_click_in_a_modal_carries_the_view_and_no_message",
        "test_what_is_typed_beside_a_button_in_a_message_comes_along",
        "test_an_external_select_asks_the_app_for_what_was_typed",
    ),
    "33 response_url": (
        "test_it_is_good_for_five_answers",
        "test_it_is_good_for_half_an_hour",
        "test_it_replaces_and_deletes_the_message_it_came_from",
        "test_it_answers_in_the_thread_when_told_to",
        "test_it_answers_the_user_alone_or_the_channel",
        "test_bad_blocks_are_a_404_with_slacks_code",
    ),
    "34 confirm dialogs": (
        "test_a_confirm_dialog_stands_before_the_click",
        "test_a_denied_choice_goes_back_to_what_it_was",
    ),
    "35 different people": (
        "test_people_from_elsewhere_and_guests_are_told_apart",
        "test_a_click_says_from_which_workspace_the_person_is",
        "test_two_people_who_click_at_once_are_two_clicks",
        "test_switching_user_changes_whose_eyes_one_looks_through",
    ),
    "36 ephemerals": (
        "test_an_ephemeral_is_seen_by_one_and_is_in_no_history",
        "test_an_ephemeral_is_gone_when_the_page_is_loaded_again",
    ),
    "37 mrkdwn, and who is called": (
        "test_mrkdwn_reads_as_slack_reads_it",
        "test_dates_are_told_in_the_readers_zone",
        "test_everybody_a_message_calls_is_counted",
        "test_a_mass_ping_out_of_somebody_elses_text_is_seen",
        "test_each_message_says_whom_it_calls",
        "test_a_call_to_everyone_is_said_loudly_and_a_name_on_hover",
    ),
    "38 text for screen readers": ("test_the_newest_message_is_read_out_from_its_text",),
    "39 phones, folds, unknown blocks": (
        "test_a_phone_shows_one_column_with_a_way_back",
        "test_long_text_folds_unless_it_is_expanded",
        "test_an_unknown_block_says_so",
    ),
    "40 commands": (
        "test_a_command_is_not_for_threads_and_tells_direct_conversations_apart",
        "test_names_in_a_command_become_ids_only_where_that_was_asked_for",
    ),
    "41 opening Home": (
        "test_home_tells_the_app_of_each_opening_and_shows_what_it_published",
        "test_home_is_published_when_it_is_opened_and_its_buttons_work",
    ),
    "42 clock and journal": (
        "test_the_ack_is_waited_for_by_the_workspaces_own_clock",
        "test_a_scheduled_message_comes_when_its_time_has_come",
        "test_the_journal_keeps_the_question_the_answer_and_no_token",
        "test_the_journal_goes_on_from_where_one_left_off",
    ),
    "43 the manifest": (
        "test_our_manifest_grants_what_the_app_calls_and_nothing_else",
        "test_a_manifest_that_slack_would_refuse_is_refused",
        "test_clicks_go_nowhere_while_interactivity_is_off",
    ),
    "44 strict and chaos": (
        "test_an_argument_that_no_page_names_is_an_error_unless_lenience_was_asked_for",
        "test_an_ack_on_another_connection_does_not_count_unless_lenience_was_asked_for",
        "test_chaos_is_the_same_for_the_same_seed",
    ),
}


def written() -> set[str]:
    files = [path for folder in FOLDERS for path in folder.rglob("test_*.py") if "node_modules" not in path.parts]
    return {
        node.name
        for path in files
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_all_items_are_on_the_list() -> None:
    assert [int(item.split(" ")[0]) for item in CHECKLIST] == list(range(1, 45))


@pytest.mark.parametrize("item", CHECKLIST)
def test_each_item_has_its_tests(item: str) -> None:
    assert set(CHECKLIST[item]) - written() == set()
