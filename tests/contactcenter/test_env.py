"""A wrong setting is refused by name; a right one is read."""

import pytest

from contactcenter import env
from contactcenter.env import BadSetting


@pytest.mark.parametrize("given", ["1", "true", "YES", " on "])
def test_yes_in_its_usual_spellings(monkeypatch, given: str) -> None:
    monkeypatch.setenv("SWITCH", given)
    assert env.env_bool("SWITCH", False) is True


def test_neither_yes_nor_no_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("SWITCH", "maybe")
    with pytest.raises(BadSetting, match=r"^SWITCH: is 'maybe', must be 1 or 0$"):
        env.env_bool("SWITCH", False)


@pytest.mark.parametrize("given", ["0", "11", "3.5", "many", "1e1"])
def test_a_number_out_of_range_or_shape_is_refused(monkeypatch, given: str) -> None:
    monkeypatch.setenv("NUMBER", given)
    with pytest.raises(BadSetting, match=r"^NUMBER: "):
        env.env_int("NUMBER", 5, least=1, most=10)


def test_both_ends_of_a_range_are_in_it(monkeypatch) -> None:
    for given in ("1", "10"):
        monkeypatch.setenv("NUMBER", given)
        assert env.env_int("NUMBER", 5, least=1, most=10) == int(given)


def test_a_secret_may_stand_in_a_file(monkeypatch, tmp_path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    assert env.env_secret("KEY") == "s3cret"
    monkeypatch.setenv("KEY", "other")
    with pytest.raises(BadSetting, match=r"^KEY: given twice"):
        env.env_secret("KEY")


def test_a_secret_file_that_is_missing_is_named(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(BadSetting, match=r"^KEY_FILE: cannot be read"):
        env.env_secret("KEY")


@pytest.mark.parametrize("given", ["mysql://a/b", "nonsense", "postgresql://h:port/b"])
def test_an_address_that_is_none_is_refused_without_showing_it(monkeypatch, given: str) -> None:
    monkeypatch.setenv("ADDRESS", given)
    with pytest.raises(BadSetting) as refused:
        env.env_url("ADDRESS", "", schemes=("postgresql",))
    assert given not in str(refused.value)


@pytest.mark.parametrize(
    "given", ["https://models.example.com/v1", "http://127.0.0.1:8080/v1", "http://[::1]:1", "http://localhost"]
)
def test_secrets_may_go_by_https_or_stay_on_this_machine(monkeypatch, given: str) -> None:
    monkeypatch.setenv("ADDRESS", given)
    assert env.env_endpoint("ADDRESS", "") == given


@pytest.mark.parametrize(
    "given",
    [
        "http://models.example.com", "http://10.0.0.7/v1", "http://169.254.169.254/", "http://localhost.example.com",
        "http://127.0.0.1.example.com", "https://me:secret@models.example.com", "https://me@models.example.com",
        "ftp://models.example.com", "file:///etc/passwd", "http://0.0.0.0:80", "http://2130706433/",
    ],
)  # fmt: skip
def test_secrets_go_nowhere_else(monkeypatch, given: str) -> None:
    monkeypatch.setenv("ADDRESS", given)
    with pytest.raises(BadSetting) as refused:
        env.env_endpoint("ADDRESS", "https://models.example.com")
    assert str(refused.value).startswith("ADDRESS: ") and given not in str(refused.value)


@pytest.mark.parametrize(("given", "number"), [("", 4.0), ("2.5", 2.5), ("1", 1.0), ("20", 20.0)])
def test_a_number_within_bounds_is_read(monkeypatch, given: str, number: float) -> None:
    monkeypatch.setenv("SECONDS", given)
    assert env.env_float("SECONDS", 4.0, least=1.0, most=20.0) == number


@pytest.mark.parametrize("given", ["nan", "inf", "-1", "0.9", "20.1", "four", "1e999"])
def test_a_number_that_makes_no_sense_is_refused(monkeypatch, given: str) -> None:
    monkeypatch.setenv("SECONDS", given)
    with pytest.raises(BadSetting, match=r"^SECONDS: is "):
        env.env_float("SECONDS", 4.0, least=1.0, most=20.0)


def test_a_database_address_is_taken_apart() -> None:
    found = env.database("DATABASE_URL", "postgresql://us%40er:p%3Aw@db.internal:6543/name?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("us@er", "p:w", "db.internal")
    assert (found["PORT"], found["NAME"], found["OPTIONS"]) == ("6543", "name", {"sslmode": "require"})


def test_the_login_is_not_the_owner_and_needs_the_secret_key() -> None:
    one = env.login_url("postgresql://owner:pw@h:1/shop?sslmode=require", "a" * 40)
    other = env.login_url("postgresql://owner:pw@h:1/shop?sslmode=require", "b" * 40)
    assert one.startswith("postgresql://cc_login_shop:") and one.endswith("@h:1/shop?sslmode=require")
    assert one != other and "pw@" not in one


def test_knobs_for_tests_are_refused_in_earnest() -> None:
    with pytest.raises(BadSetting, match=r"^UNDO_SECONDS: "):
        env.chaos_only({"UNDO_SECONDS": "0"}, ("UNDO_SECONDS",))
    env.chaos_only({"UNDO_SECONDS": "0", "CHAOS": "1"}, ("UNDO_SECONDS",))
