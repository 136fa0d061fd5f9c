"""The admin's desk: every page for every kind of visitor, and what its changes do."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import ApiToken, Membership, Session, Team, User
from accounts.tokens import authenticate, issue
from conversations.models import Conversation, Inbox, InboxSecret, InboxTeam
from core.context import acting_as
from core.models import AuditEvent, DeadLetter
from tests.cast import PASSWORD, SYSTEM, Cast, conversation
from tests.house.world import fill, owner_sql
from tests.sockets import signed_in

REGISTERED = {
    "accounts.user", "accounts.team", "accounts.apitoken", "conversations.inbox", "core.auditevent", "core.deadletter",
    "conversations.tag", "conversations.attributetype", "conversations.cannedreply", "conversations.businesshours",
}  # fmt: skip
READ_ONLY = {"core.auditevent", "core.deadletter"}


@pytest.fixture
def ada(cast: Cast) -> Client:
    return signed_in(cast.ada)


def pages(cast: Cast) -> list[str]:
    """Every page of every registered model, and the desk's own."""
    found = ["/admin/", "/admin/accounts/", "/admin/conversations/", "/admin/core/", "/admin/jsi18n/"]
    for label in sorted(REGISTERED):
        base = f"/admin/{label.replace('.', '/')}/"
        # What somebody wrote for himself is his own, also before an admin.
        shared = "WHERE scope <> 'personal'" if label == "conversations.cannedreply" else ""
        [(pk,)] = owner_sql(f"SELECT min(id) FROM {label.replace('.', '_')} {shared}")
        found += [base, f"{base}?q=a", f"{base}?q=1", f"{base}{pk}/change/", f"{base}{pk}/history/"]
        if label not in READ_ONLY:
            found.append(f"{base}add/")
    [(user,)] = owner_sql("SELECT min(id) FROM accounts_user")
    return [*found, f"/admin/accounts/user/{user}/password/"]


def everything() -> list[Any]:
    tables = ("accounts_user", "accounts_team", "accounts_membership", "accounts_apitoken", "conversations_inbox")
    tables += ("conversations_inboxteam", "conversations_inboxsecret", "core_deadletter", "core_auditevent", "django_admin_log")
    return [owner_sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables]


def log_of(model: type) -> list[tuple[int, str]]:
    return list(
        LogEntry.objects.using("owner")
        .filter(content_type__model=model._meta.model_name)
        .order_by("pk")
        .values_list("action_flag", "object_repr")
    )


def audited(event: str) -> list[tuple[int, dict[str, Any]]]:
    return list(AuditEvent.objects.using("owner").filter(event=event).order_by("pk").values_list("subject_id", "facts"))


def person_form(user: User, **changes: Any) -> dict[str, Any]:
    teams = list(Membership.objects.using("owner").filter(user=user).values_list("team", flat=True))
    fields: dict[str, Any] = {"email": user.email, "name": user.name, "role": user.role, "timezone": user.timezone}
    fields |= {"availability": user.availability, "capacity": user.capacity}
    fields |= {"teams": teams} | ({"is_active": "on"} if user.is_active else {}) | changes
    return {name: value for name, value in fields.items() if value is not None}


def changes(client: Client, user: User, **to: Any):
    return client.post(f"/admin/accounts/user/{user.pk}/change/", person_form(user, **to))


# --- Who comes in ----------------------------------------------------------------------------------------------------------------


def test_only_our_own_pages_are_there(db: None) -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered >= REGISTERED
    ours = ("accounts.", "conversations.", "core.", "knowledge.", "approvals.", "dashboards.", "intake.")
    assert [label for label in registered if not label.startswith(ours)] == []
    content = {"conversations.customer", "conversations.conversation", "conversations.message", "intake.receipt", "core.job"}
    assert not registered & content


def test_an_admin_opens_every_page(cast: Cast, ada: Client) -> None:
    fill(cast)
    assert {path: ada.get(path).status_code for path in pages(cast)} == dict.fromkeys(pages(cast), 200)


@pytest.mark.parametrize("name", ["ana", "sam"])
def test_colleagues_are_refused_every_page(cast: Cast, name: str) -> None:
    fill(cast)
    client, before = signed_in(getattr(cast, name)), everything()
    for path in [*pages(cast), "/admin/nothing/", "/admin/login/"]:
        assert client.get(path, follow=True).status_code == 403, path
        assert client.post(path, person_form(cast.ana, role="admin"), follow=True).status_code == 403, path
    assert everything() == before


def test_strangers_are_sent_to_our_own_sign_in(cast: Cast) -> None:
    fill(cast)
    before = everything()
    for path in [*pages(cast), "/admin/nothing/", "/admin/login/", "/admin/password_change/", "/admin/logout/"]:
        for answer in (Client().get(path), Client().post(path, {"role": "admin"})):
            assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next="), path
    assert everything() == before


def test_mallory_who_was_an_admin_is_a_stranger(cast: Cast) -> None:
    fill(cast)
    owner_sql("UPDATE accounts_user SET role = 'admin', is_active = true WHERE id = %s", cast.mallory.pk)
    mallory = signed_in(cast.fresh(cast.mallory))
    assert mallory.get("/admin/").status_code == 200
    owner_sql("UPDATE accounts_user SET is_active = false WHERE id = %s", cast.mallory.pk)
    before = everything()
    for path in pages(cast):
        assert mallory.post(path, person_form(cast.mallory, is_active="on"))["Location"].startswith("/accounts/login/"), path
    assert everything() == before


def test_an_admin_s_form_without_its_token_is_refused(cast: Cast) -> None:
    client = signed_in(cast.ada)
    client.handler.enforce_csrf_checks = True
    assert changes(client, cast.ana, role="admin").status_code == 403
    assert cast.fresh(cast.ana).role == "agent"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("accounts/user/?role__exact=%00", 400),
        ("accounts/user/?q=%00", 400),
        ("accounts/user/?password__startswith=argon2", 400),
        ("accounts/user/?sessions__session_key__startswith=a", 400),
        ("accounts/user/?assigned__subject__startswith=a", 400),
        ("conversations/inbox/?conversations__subject__startswith=a", 400),
        ("accounts/user/?teams__id__exact=x", 302),
        ("accounts/user/?role__exact=nothing", 200),
        ("accounts/user/abc/change/", 302),
        ("accounts/user/999999999999999999999999/change/", 302),
        ("accounts/user/999/password/", 404),
        ("core/auditevent/?q=99999999999999999999999", 200),
        ("r/1/1/", 404),
        ("autocomplete/?app_label=conversations&model_name=conversation&field_name=customer&term=a", 403),
    ],
)
def test_odd_addresses_are_answered_in_peace_and_lead_nowhere(cast: Cast, ada: Client, path: str, status: int) -> None:
    assert ada.get(f"/admin/{path}").status_code == status


def test_an_action_on_nonsense_does_nothing(cast: Cast, ada: Client) -> None:
    before = everything()
    for chosen in (["x"], ["1", "\0"], ["-1"]):
        answer = ada.post("/admin/accounts/user/", {"action": "remove_second_step", "_selected_action": chosen})
        assert answer.status_code == 400
    assert everything() == before


def test_the_desk_s_own_password_and_sign_out_pages_are_the_door_s(cast: Cast, ada: Client) -> None:
    assert ada.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
    assert ada.get("/admin/password_change/done/")["Location"] == "/accounts/password/change/"
    assert ada.get("/admin/login/")["Location"] == "/admin/"
    ada.get("/admin/logout/")
    assert ada.get("/admin/").status_code == 200
    assert ada.post("/admin/logout/")["Location"] == "/accounts/login/"
    assert ada.get("/admin/").status_code == 302


# --- People ------------------------------------------------------------------------------------------------------------------------


def test_a_new_person_can_sign_in_and_sees_what_her_team_serves(cast: Cast, ada: Client) -> None:
    matter, _ = conversation(cast.app, cast.dan)
    fields = {"email": "Nora@Cast.example", "name": "Nora Cast", "role": "supervisor", "timezone": "UTC"}
    fields |= {"teams": cast.app_team.pk, "password1": PASSWORD, "password2": PASSWORD}
    assert ada.post("/admin/accounts/user/add/", fields).status_code == 302
    nora = User.objects.using("owner").get(email="nora@cast.example")
    assert (nora.role, nora.is_active) == ("supervisor", True)
    client = Client()
    assert client.post("/accounts/login/", {"login": "nora@cast.example", "password": PASSWORD}).status_code == 302
    assert f"conv-{matter.pk}" in client.get("/queue/").content.decode()
    assert audited("user.added") == [(nora.pk, {"role": "supervisor"})]
    assert audited("team.joined") == [(nora.pk, {"team": cast.app_team.pk})]
    assert log_of(User) == [(1, "Nora Cast")]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"email": "ANA@cast.example"}, "id_email"),
        ({"email": "not an address"}, "id_email"),
        ({"password1": "short", "password2": "short"}, "id_password2"),
        ({"password2": "something else entirely"}, "id_password2"),
        ({"role": "emperor"}, "id_role"),
        ({"name": ""}, "id_name"),
        ({"name": "x\0y"}, "id_name"),
    ],
)
def test_a_person_that_makes_no_sense_is_not_added(cast: Cast, ada: Client, wrong: dict[str, str], where: str) -> None:
    fields = {"email": "nora@cast.example", "name": "Nora", "role": "agent", "timezone": "UTC"}
    fields |= {"password1": PASSWORD, "password2": PASSWORD} | wrong
    answer = ada.post("/admin/accounts/user/add/", fields)
    assert answer.status_code == 200 and f'id="{where}_error"' in answer.content.decode()
    assert User.objects.using("owner").count() == 5


def test_a_role_is_changed_here_and_acts_at_once(cast: Cast, ada: Client) -> None:
    anas = signed_in(cast.ana)
    assert anas.get("/queue/").status_code == 200
    assert changes(ada, cast.ana, role="admin").status_code == 302
    assert anas.get("/queue/").status_code == 403
    assert anas.get("/admin/").status_code == 200
    assert audited("role.granted") == [(cast.ana.pk, {"role": "admin", "was": "agent"})]


def test_details_are_corrected_and_what_may_not_be_set_is_not(cast: Cast, ada: Client) -> None:
    before = cast.fresh(cast.ana)
    changes(ada, cast.ana, name="Ana Maria", email="Ana.Maria@cast.example", timezone="Europe/Madrid", password="x", epoch="99")
    after = cast.fresh(cast.ana)
    assert (after.name, after.email, after.timezone) == ("Ana Maria", "ana.maria@cast.example", "Europe/Madrid")
    assert (after.password, after.epoch) == (before.password, before.epoch)
    assert audited("user.changed") == [(cast.ana.pk, {"changed": ["email", "name", "timezone"]})]


def test_saving_without_a_change_changes_nothing(cast: Cast, ada: Client) -> None:
    before = cast.fresh(cast.ana).epoch
    assert changes(ada, cast.ana).status_code == 302
    assert cast.fresh(cast.ana).epoch == before
    assert [audited(event) for event in ("user.changed", "role.granted", "team.left", "team.joined")] == [[], [], [], []]


def test_deactivating_signs_out_and_gives_the_work_back(cast: Cast, ada: Client) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(assignee=cast.ana)
    anas = signed_in(cast.ana)
    answer = ada.post(f"/admin/accounts/user/{cast.ana.pk}/change/", person_form(cast.ana, is_active=None), follow=True)
    assert "One open conversation returned to the team." in answer.content.decode()
    assert not Session.objects.using("owner").filter(user=cast.ana).exists()
    assert anas.get("/queue/").status_code == 302
    assert Conversation.objects.using("owner").get(pk=matter.pk).assignee_id is None
    assert audited("user.deactivated") == [(cast.ana.pk, {})]


def test_teams_are_joined_and_left_here(cast: Cast, ada: Client) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(assignee=cast.ana)
    changes(ada, cast.ana, teams=[cast.app_team.pk])
    assert list(Team.objects.using("owner").filter(members=cast.ana)) == [cast.app_team]
    assert Conversation.objects.using("owner").get(pk=matter.pk).assignee_id is None


@pytest.mark.parametrize("change", [{"role": "agent"}, {"is_active": None}, {"role": "agent", "is_active": None}])
def test_an_admin_cannot_shut_himself_out(cast: Cast, ada: Client, change: dict[str, Any]) -> None:
    answer = changes(ada, cast.ada, **change)
    assert answer.status_code == 200
    assert "from yourself" in answer.content.decode() or "deactivate yourself" in answer.content.decode()
    after = cast.fresh(cast.ada)
    assert (after.role, after.is_active, after.epoch) == ("admin", True, cast.ada.epoch)


def test_an_admin_who_joins_a_team_goes_on_as_he_is_then(cast: Cast, ada: Client) -> None:
    assert changes(ada, cast.ada, teams=[cast.orders_team.pk]).status_code == 302
    assert cast.fresh(cast.ada).epoch > cast.ada.epoch
    assert log_of(User) == [(2, "Ada Cast")]
    assert ada.get("/admin/").status_code == 200


def test_a_new_password_is_set_for_somebody_who_forgot_his(cast: Cast, ada: Client) -> None:
    anas, new = signed_in(cast.ana), "seven green bicycles"
    page = ada.get(f"/admin/accounts/user/{cast.ana.pk}/password/").content.decode()
    assert 'name="usable_password"' not in page
    answer = ada.post(f"/admin/accounts/user/{cast.ana.pk}/password/", {"password1": new, "password2": new})
    assert answer.status_code == 302
    assert anas.get("/queue/").status_code == 302
    assert Client().post("/accounts/login/", {"login": cast.ana.email, "password": new}).status_code == 302
    assert audited("user.password_set") == [(cast.ana.pk, {})]
    assert log_of(User) == [(2, "Ana Cast")]


def test_one_s_own_password_set_here_keeps_one_signed_in(cast: Cast, ada: Client) -> None:
    new = "seven green bicycles"
    assert ada.post(f"/admin/accounts/user/{cast.ada.pk}/password/", {"password1": new, "password2": new}).status_code == 302
    assert ada.get("/admin/").status_code == 200


def test_no_page_shows_a_password_s_hash(cast: Cast, ada: Client) -> None:
    for path in ("change/", "password/", "history/"):
        page = ada.get(f"/admin/accounts/user/{cast.ana.pk}/{path}").content.decode()
        assert "argon2" not in page and cast.ana.password[-20:] not in page


def test_nobody_is_deleted(cast: Cast, ada: Client) -> None:
    assert "deletelink" not in ada.get(f"/admin/accounts/user/{cast.ana.pk}/change/").content.decode()
    assert ada.post(f"/admin/accounts/user/{cast.ana.pk}/delete/", {"post": "yes"}).status_code == 403
    ada.post("/admin/accounts/user/", {"action": "delete_selected", "_selected_action": [cast.ana.pk], "post": "yes"})
    assert User.objects.using("owner").count() == 5


# --- Teams -------------------------------------------------------------------------------------------------------------------------


def test_a_team_is_made_with_its_people_and_removed_again(cast: Cast, ada: Client) -> None:
    fields = {"name": "Night", "icon": "star", "people": [cast.ana.pk, cast.ben.pk]}
    assert ada.post("/admin/accounts/team/add/", fields).status_code == 302
    night = Team.objects.using("owner").get(name="Night")
    assert {one.user_id for one in Membership.objects.using("owner").filter(team=night)} == {cast.ana.pk, cast.ben.pk}
    assert ada.get(f"/admin/accounts/team/{night.pk}/delete/").status_code == 200
    assert ada.post(f"/admin/accounts/team/{night.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Team.objects.using("owner").filter(name="Night").exists()
    assert [event for event, _ in log_of(Team)] == [1, 3]
    assert audited("team.added") == [(night.pk, {})] and audited("team.removed") == [(night.pk, {})]


def test_whoever_leaves_a_team_gives_its_work_back(cast: Cast, ada: Client) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(assignee=cast.ana)
    fields = {"name": "Orders", "icon": "globe", "people": [cast.sam.pk]}
    answer = ada.post(f"/admin/accounts/team/{cast.orders_team.pk}/change/", fields, follow=True)
    assert "One open conversation returned to the team." in answer.content.decode()
    assert Conversation.objects.using("owner").get(pk=matter.pk).assignee_id is None


@pytest.mark.parametrize("send", ["get", "post"])
def test_a_team_that_alone_serves_open_work_is_not_removed(cast: Cast, ada: Client, send: str) -> None:
    conversation(cast.orders, cast.cara)
    answer = getattr(ada, send)(f"/admin/accounts/team/{cast.orders_team.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Nobody else serves “Orders”, with one conversation that is not resolved." in answer.content.decode()
    assert Team.objects.using("owner").filter(pk=cast.orders_team.pk).exists()
    assert Membership.objects.using("owner").filter(team=cast.orders_team).count() == 3


def test_with_another_team_in_its_inbox_it_may_go(cast: Cast, ada: Client) -> None:
    conversation(cast.orders, cast.cara)
    InboxTeam.objects.using("owner").create(inbox=cast.orders, team=cast.app_team)
    assert ada.post(f"/admin/accounts/team/{cast.orders_team.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Team.objects.using("owner").filter(pk=cast.orders_team.pk).exists()


# --- Tokens ------------------------------------------------------------------------------------------------------------------------


def test_a_token_s_secret_is_shown_once(cast: Cast, ada: Client) -> None:
    fields = {"name": "Till", "user": cast.ana.pk, "scopes": ["messages:read"]}
    answer = ada.post("/admin/accounts/apitoken/add/", fields)
    page = answer.content.decode()
    [secret] = re.findall(r"cc_[\w-]{40,}", page)
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    bearer = authenticate(secret)
    assert bearer is not None and bearer.user == cast.ana and bearer.scopes == {"messages:read"}
    token = ApiToken.objects.using("owner").get()
    for path in ("", f"{token.pk}/change/", f"{token.pk}/history/", "add/"):
        assert secret not in ada.get(f"/admin/accounts/apitoken/{path}").content.decode()
    assert secret not in str(owner_sql("SELECT * FROM django_admin_log")) + str(owner_sql("SELECT * FROM core_auditevent"))
    assert log_of(ApiToken) == [(1, "Till")]


@pytest.mark.parametrize("wrong", [{"scopes": ["everything"]}, {"scopes": []}, {"user": ""}, {"name": ""}])
def test_a_token_that_makes_no_sense_is_not_issued(cast: Cast, ada: Client, wrong: dict[str, Any]) -> None:
    fields = {"name": "Till", "user": cast.ana.pk, "scopes": ["messages:read"]} | wrong
    assert "errornote" in ada.post("/admin/accounts/apitoken/add/", fields).content.decode()
    assert ApiToken.objects.using("owner").count() == 0


def test_a_deactivated_person_gets_no_token(cast: Cast, ada: Client) -> None:
    fields = {"name": "Till", "user": cast.mallory.pk, "scopes": ["messages:read"]}
    assert "errornote" in ada.post("/admin/accounts/apitoken/add/", fields).content.decode()


def test_a_token_is_revoked_and_neither_changed_nor_deleted(cast: Cast, ada: Client) -> None:
    with cast.acting(cast.ana):
        secret = issue(cast.ana, "Till", ["messages:read"])
    token = ApiToken.objects.using("owner").get()
    address = f"/admin/accounts/apitoken/{token.pk}"
    assert ada.post(f"{address}/change/", {"name": "x", "scopes": ["drafts:decide"]}).status_code == 403
    assert ada.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert authenticate(secret) is not None
    ada.post("/admin/accounts/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    assert authenticate(secret) is None
    assert audited("token.revoked") == [(token.pk, {"user": cast.ana.pk})]


# --- Inboxes -------------------------------------------------------------------------------------------------------------------------


def inbox_form(inbox: Inbox, **changes: Any) -> dict[str, Any]:
    teams = list(InboxTeam.objects.using("owner").filter(inbox=inbox).values_list("team", flat=True))
    secrets = list(InboxSecret.objects.using("owner").filter(inbox=inbox).order_by("pk"))
    fields: dict[str, Any] = {"name": inbox.name, "address": inbox.address, "knowledge_base": inbox.knowledge_base_id}
    fields |= {"auto_send": "on", "threshold": inbox.threshold, "undo_seconds": inbox.undo_seconds}
    fields |= {"first_reply_minutes": inbox.first_reply_minutes, "serving": teams}
    fields |= {"review_minutes": inbox.review_minutes, "reopen_days": inbox.reopen_days, "distribution": inbox.distribution}
    fields |= {"secrets-TOTAL_FORMS": len(secrets), "secrets-INITIAL_FORMS": len(secrets)}
    for number, secret in enumerate(secrets):
        fields |= {f"secrets-{number}-id": secret.pk, f"secrets-{number}-inbox": inbox.pk}
        fields |= {f"secrets-{number}-name": secret.name, f"secrets-{number}-value": ""}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def change_inbox(client: Client, inbox: Inbox, **to: Any):
    return client.post(f"/admin/conversations/inbox/{inbox.pk}/change/", inbox_form(inbox, **to))


def test_an_inbox_is_made_with_its_teams_and_secret(cast: Cast, ada: Client) -> None:
    fields = inbox_form(cast.orders, name="Phone", slug="phone", channel="whatsapp", serving=[cast.app_team.pk])
    fields |= {"secrets-TOTAL_FORMS": 1, "secrets-0-name": "app_secret", "secrets-0-value": "very secret"}
    assert ada.post("/admin/conversations/inbox/add/", fields).status_code == 302
    made = Inbox.objects.using("owner").get(slug="phone")
    assert list(made.teams.using("owner").all()) == [cast.app_team]
    assert InboxSecret.objects.using("owner").get(inbox=made).value == "very secret"
    assert [facts["threshold"] for _, facts in audited("inbox.added")] == [0.8]
    assert audited("inbox.served") == [(made.pk, {"team": cast.app_team.pk})]
    assert "very secret" not in str(everything()[-2:])


@pytest.mark.parametrize("line", ["0.79", "0.7999999", "-1", "0", "1", "2", "NaN", "inf", "x", ""])
def test_the_line_is_raised_and_never_lowered_below_the_floor(cast: Cast, ada: Client, line: str) -> None:
    answer = change_inbox(ada, cast.orders, threshold=line)
    assert answer.status_code == 200 and 'id="id_threshold_error"' in answer.content.decode()
    assert Inbox.objects.using("owner").get(pk=cast.orders.pk).threshold == 0.8
    assert change_inbox(ada, cast.orders, threshold="0.9").status_code == 302
    assert Inbox.objects.using("owner").get(pk=cast.orders.pk).threshold == 0.9


def test_an_empty_field_keeps_the_secret_and_no_page_shows_it(cast: Cast, ada: Client) -> None:
    secret = InboxSecret.objects.using("owner").create(inbox=cast.orders, name="app_secret", value="very secret")
    address = f"/admin/conversations/inbox/{cast.orders.pk}/change/"
    assert "very secret" not in ada.get(address).content.decode()
    change_inbox(ada, cast.orders)
    secret.refresh_from_db()
    assert secret.value == "very secret" and audited("inbox.secret_set") == []
    refused = change_inbox(ada, cast.orders, **{"secrets-0-value": "new one", "name": ""})
    assert "new one" not in refused.content.decode()
    change_inbox(ada, cast.orders, **{"secrets-0-value": "new one"})
    secret.refresh_from_db()
    assert secret.value == "new one"
    assert audited("inbox.secret_set") == [(cast.orders.pk, {"name": "app_secret"})]
    change_inbox(ada, cast.orders, **{"secrets-0-DELETE": "on"})
    assert InboxSecret.objects.using("owner").count() == 0


def test_what_others_have_written_down_of_an_inbox_does_not_change(cast: Cast, ada: Client) -> None:
    change_inbox(ada, cast.orders, slug="other", channel="email")
    kept = Inbox.objects.using("owner").get(pk=cast.orders.pk)
    assert (kept.slug, kept.channel) == ("web", "web")


def test_serving_another_team_counts_at_once(cast: Cast, ada: Client) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    bens = signed_in(cast.ben)
    assert bens.get(f"/conversations/{matter.pk}/").status_code == 404
    change_inbox(ada, cast.orders, serving=[cast.orders_team.pk, cast.app_team.pk])
    assert bens.get(f"/conversations/{matter.pk}/").status_code == 200
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(assignee=cast.ben)
    change_inbox(ada, cast.orders, serving=[cast.orders_team.pk])
    assert bens.get(f"/conversations/{matter.pk}/").status_code == 404
    assert Conversation.objects.using("owner").get(pk=matter.pk).assignee_id is None


def test_an_admin_in_the_team_whose_inbox_he_changes_goes_on(cast: Cast, ada: Client) -> None:
    Membership.objects.using("owner").create(user=cast.ada, team=cast.app_team)
    to = {"serving": [cast.orders_team.pk, cast.app_team.pk], "secrets-TOTAL_FORMS": 1}
    to |= {"secrets-0-name": "app_secret", "secrets-0-value": "v", "secrets-0-inbox": cast.orders.pk}
    assert change_inbox(ada, cast.orders, **to).status_code == 302
    assert InboxTeam.objects.using("owner").filter(inbox=cast.orders).count() == 2
    assert log_of(Inbox) == [(2, "Orders")]


def test_an_inbox_with_open_work_keeps_a_team(cast: Cast, ada: Client) -> None:
    conversation(cast.orders, cast.cara)
    assert "leave at least one team" in change_inbox(ada, cast.orders, serving=[]).content.decode()
    assert InboxTeam.objects.using("owner").filter(inbox=cast.orders).count() == 1


@pytest.mark.parametrize(("state", "says"), [("open", "one conversation that is not resolved"), ("resolved", "they are kept")])
def test_an_inbox_that_has_had_conversations_is_not_removed(cast: Cast, ada: Client, state: str, says: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    if state == "resolved":
        owner_sql("UPDATE conversations_conversation SET state = 'resolved', version = version + 1 WHERE id = %s", matter.pk)
    for send in (ada.get, ada.post):
        page = send(f"/admin/conversations/inbox/{cast.orders.pk}/delete/", {"post": "yes"}, follow=True).content.decode()
        assert says in page
    assert Inbox.objects.using("owner").filter(pk=cast.orders.pk).exists()


def test_an_inbox_nobody_ever_wrote_to_is_removed_with_what_belongs_to_it(cast: Cast, ada: Client) -> None:
    InboxSecret.objects.using("owner").create(inbox=cast.app, name="s", value="v")
    assert "Inbox: App" in ada.get(f"/admin/conversations/inbox/{cast.app.pk}/delete/").content.decode()
    assert ada.post(f"/admin/conversations/inbox/{cast.app.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Inbox.objects.using("owner").filter(pk=cast.app.pk).exists()
    assert InboxSecret.objects.using("owner").count() == 0
    assert log_of(Inbox) == [(3, "App")] and audited("inbox.removed")[0][0] == cast.app.pk


# --- What happened, and what failed ----------------------------------------------------------------------------------------------


def test_the_audit_is_read_and_never_written(cast: Cast, ada: Client) -> None:
    fill(cast)
    before = owner_sql("SELECT t::text FROM core_auditevent t ORDER BY id")
    [(pk,)] = owner_sql("SELECT min(id) FROM core_auditevent")
    assert ada.get("/admin/core/auditevent/?actor=agent&q=a.b").status_code == 200
    for path in ("add/", f"{pk}/change/", f"{pk}/delete/"):
        assert ada.post(f"/admin/core/auditevent/{path}", {"event": "x", "post": "yes"}).status_code == 403
    assert owner_sql("SELECT t::text FROM core_auditevent t ORDER BY id") == before


def test_a_dead_letter_is_tried_again(cast: Cast, ada: Client) -> None:
    letter = dead_letter(cast)
    ada.post("/admin/core/deadletter/", {"action": "redrive", "_selected_action": [letter.pk]})
    letter.refresh_from_db()
    assert (letter.state, letter.job.state, letter.job.attempts) == ("redriven", "ready", 0)
    assert audited("dead_letter.redriven") == [(letter.pk, {})]


def test_a_dead_letter_is_given_up_with_a_reason_only(cast: Cast, ada: Client) -> None:
    letter = dead_letter(cast)
    chosen = {"action": "discard", "_selected_action": [letter.pk]}
    assert "Write the reason" in ada.post("/admin/core/deadletter/", chosen, follow=True).content.decode()
    letter.refresh_from_db()
    assert letter.state == "open"
    ada.post("/admin/core/deadletter/", chosen | {"reason": "The customer called."})
    letter.refresh_from_db()
    assert (letter.state, letter.reason) == ("discarded", "The customer called.")
    assert audited("dead_letter.discarded") == [(letter.pk, {})]


def dead_letter(cast: Cast) -> DeadLetter:
    fill(cast)
    owner_sql("UPDATE core_job SET state = 'dead', attempts = 5 WHERE id IN (SELECT job_id FROM core_deadletter)")
    return DeadLetter.objects.using("owner").order_by("pk").first()


def test_no_page_tells_an_admin_what_a_customer_wrote(cast: Cast, ada: Client) -> None:
    fill(cast)
    conversation(cast.orders, cast.cara, "My most secret question")
    for path in pages(cast):
        page = ada.get(path).content.decode()
        assert "secret question" not in page and "Cara Cast" not in page, path
