"""The records a workspace starts with, made from its configuration."""

from sandbox.slack.config import EVERY_SCOPE, Config
from sandbox.slack.model import App, Channel, User, Usergroup, slack_id


def app(config: Config) -> App:
    given, manifest = config.app, config.app.manifest
    return App(
        id=slack_id("A", given.name),
        bot_id=slack_id("B", given.name),
        user_id=slack_id("U", given.name),
        name=given.name,
        bot_token=given.bot_token,
        app_token=given.app_token,
        commands=tuple(command.model_dump() for command in given.commands),
        events=frozenset(given.events),
        scopes=frozenset(manifest.oauth_config.scopes.bot) if manifest else EVERY_SCOPE,
        has_home=manifest.features.app_home.home_tab_enabled if manifest else "app_home_opened" in given.events,
        is_interactive=manifest.settings.interactivity.is_enabled if manifest else True,
    )


def users(config: Config, app: App) -> list[User]:
    """People, then the app's own user."""
    people = [
        User(
            id=slack_id("U", each.name),
            name=each.name,
            real_name=each.real_name or each.name,
            tz=each.tz,
            title=each.title,
            color=each.color,
            email=each.email or f"{each.name}@{each.team or config.team.domain}.example",
            is_restricted=each.is_restricted,
            is_deleted=each.is_deleted,
            team_id=slack_id("T", each.team or config.team.domain),
        )
        for each in config.users
    ]
    return [*people, User(app.user_id, app.name, app.name, slack_id("T", config.team.domain), is_bot=True)]


def usergroups(config: Config) -> list[Usergroup]:
    return [
        Usergroup(slack_id("S", each.handle), each.handle, each.name, tuple(slack_id("U", name) for name in each.users))
        for each in config.usergroups
    ]


def channels(config: Config, app: App, created: int) -> list[Channel]:
    """The configured channels, and a conversation with the app for each person."""
    people = {slack_id("U", user.name) for user in config.users if not user.is_deleted}
    found = []
    for each in config.channels:
        members = people if each.members == "all" else {slack_id("U", name) for name in each.members}
        bot = {app.user_id} if each.name in config.app.channels else set()
        channel = Channel(slack_id("C", each.name), each.name, created, topic=each.topic, members=members | bot)
        channel.is_private, channel.is_archived = each.is_private, each.is_archived
        found.append(channel)
    for user in config.users:
        user_id = slack_id("U", user.name)
        direct = Channel(slack_id("D", user.name), "directmessage", created, is_private=True, im_user=user_id)
        direct.members = {user_id, app.user_id}
        found.append(direct)
    return found
