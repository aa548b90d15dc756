"""Reading scenarios: what the language takes, what it says when it does not, copies, bundles."""

from pathlib import Path
from typing import Any

import pytest

from enishi.errors import ScenarioError
from enishi.ports import Channel
from enishi.scenario.library import Bundle, Library, library
from enishi.scenario.model import SendStep, WaitUntil, arms_of, find_step, walk
from enishi.settings import Settings
from tests.unit.scenario.conftest import TEMPLATES


def test_steps_get_stable_ids(base: str, written: Any) -> None:
    scenario = written(base).scenario
    assert [step.id for step in walk(scenario.steps)] == ["s1", "s2", "s2.a.1", "s2.otherwise.1", "s3", "s4"]
    assert list(arms_of(find_step(scenario, "s2"))) == ["a", "otherwise"]


def test_an_own_id_names_the_steps_inside(base: str, written: Any) -> None:
    text = base.replace("  - branch:\n", "  - id: price\n    branch:\n")
    assert "price.a.1" in {step.id for step in walk(written(text).scenario.steps)}


def test_values_mean_what_a_planner_means(base: str, written: Any) -> None:
    scenario = written(base).scenario
    assert scenario.holdout == 0.1
    assert scenario.goal is not None
    assert scenario.goal.condition == {"purchase": {"of": "cart.category"}}
    assert scenario.goal.within is not None
    assert scenario.goal.within.days == 7
    assert scenario.reentry.rule == "after"
    send = find_step(scenario, "s2.a.1")
    assert isinstance(send, SendStep)
    assert send.send.channels == (Channel.PUSH, Channel.MAIL)


def test_a_time_of_day_without_quotes_stays_a_time(base: str, written: Any) -> None:
    wait = find_step(written(base.replace('"20:00"', "20:00")).scenario, "s3")
    assert isinstance(wait.wait, WaitUntil)
    assert wait.wait.until == "20:00"


@pytest.mark.parametrize(
    ("old", "new", "line", "says", "remedy"),
    [
        ("holdout: 10%", "holdot: 10%", 8, "no key 'holdot'", "Did you mean `holdout`?"),
        ("reentry: {after: 7 days}\n", "", 1, "`reentry` is missing", "Add `reentry: …`."),
        ("- wait: 1 hour", "- wiat: 1 hour", 13, "a step says one of", "Did you mean `wait`?"),
        ("- wait: 1 hour", "- wait: an hour", 13, "write a length of time", "Correct the value."),
        ("- wait: 1 hour", "- wait: 1 month", 13, "write a length of time", "Correct the value."),
        (
            "channel: mail, hour",
            "chanel: mail, hour",
            21,
            "no key 'chanel' here (steps[3].send.chanel)",
            "Did you mean `channel`?",
        ),
        ("requires: [items]", "require: [items]", 21, "no key 'require'", "Did you mean `requires`?"),
        ("hour: best", "hour: noon", 21, "should be 'best'", "Correct the value."),
        ("event: cart_abandoned", "evnt: cart_abandoned", 3, "a trigger says one of", "Did you mean `event`?"),
        ("batch: 1 hour", "batch: 7 hours", 3, "must divide a day", "Correct the value."),
        ("channel: mail, hour", "channel: fax, hour", 21, "should be 'mail'", "Correct the value."),
        ("title: カート放棄", "title: カート放棄\ntitle: もう一度", 2, "the key 'title' stands twice", "Remove one."),
        ("steps:", "steps: [", 13, "not YAML", "Correct that line."),
    ],
)
def test_a_mistake_is_named_with_its_line(
    base: str, written: Any, old: str, new: str, line: int, says: str, remedy: str
) -> None:
    assert old in base
    with pytest.raises(ScenarioError) as caught:
        written(base.replace(old, new))
    assert says in caught.value.what
    assert remedy in caught.value.remedy
    assert caught.value.where == f"research/welcome/scenario.yaml:{line}"


def test_a_file_that_is_not_utf8_is_refused(base: str, written: Any, tmp_path: Path) -> None:
    written(base)
    path = tmp_path / "research" / "welcome" / "scenario.yaml"
    path.write_bytes(base.encode("cp932"))
    with pytest.raises(ScenarioError, match="not UTF-8"):
        Library((tmp_path,)).read("welcome")


def test_an_unknown_id_names_close_ones(base: str, written: Any, tmp_path: Path) -> None:
    written(base)
    with pytest.raises(ScenarioError, match=r"Did you mean welcome\?"):
        Library((tmp_path,)).read("welcom")


def test_a_bundle_is_the_whole_scenario(base: str, written: Any) -> None:
    definition = written(base)
    again = Bundle.from_json(definition.bundle.to_json())
    assert again.scenario() == definition.scenario
    assert again.version == definition.bundle.version
    assert set(again.files) == {
        "hello/mail.html.j2",
        "hello/push.json.j2",
        "again/mail.html.j2",
        "_shared/brand.yaml",
        "_shared/blocks/line.json.j2",
        "_shared/blocks/mail.html.j2",
        "_shared/layouts/mail.html.j2",
        "scenario.json",
    }


def test_the_version_changes_with_a_template(base: str, written: Any, tmp_path: Path) -> None:
    before = written(base).bundle.version
    assert written(base).bundle.version == before
    (tmp_path / "_shared" / "brand.yaml").write_text("name: 別の店\n", encoding="utf-8")
    assert Library((tmp_path,)).read("welcome").bundle.version != before


def copy(tmp_path: Path, text: str, name: str = "mine") -> Path:
    folder = tmp_path / "research" / name
    folder.mkdir(parents=True)
    (folder / "scenario.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_copy_changes_only_what_differs(base: str, written: Any, tmp_path: Path) -> None:
    original = written(base).scenario
    folder = copy(tmp_path, "from: welcome\ntitle: 写し\ngoal: {within: 3 days}\ncapacity: 100\n")
    (folder / "hello").mkdir()
    (folder / "hello" / "mail.html.j2").write_text("別の文面", encoding="utf-8")
    copied = Library((tmp_path,)).read("mine")
    assert (copied.scenario.id, copied.scenario.title, copied.scenario.capacity) == ("mine", "写し", 100)
    assert copied.scenario.steps == original.steps
    assert copied.scenario.goal is not None
    assert copied.scenario.goal.condition == original.goal.condition
    assert copied.files["hello/mail.html.j2"] == "別の文面"
    assert copied.files["again/mail.html.j2"] == TEMPLATES["again/mail.html.j2"]


def test_a_copy_sets_parameters(base: str, written: Any, tmp_path: Path) -> None:
    text = base.replace("below: 10000", "below: $border") + "parameters: {border: 10000}\n"
    assert written(text).scenario.parameters == {"border": 10000}
    copy(tmp_path, "from: welcome\nset: {border: 50000}\n")
    branch = find_step(Library((tmp_path,)).load("mine"), "s2")
    assert branch.branch[0].when == {"cart": {"max_price": {"below": 50000}}}


def test_a_parameter_that_is_not_declared_is_refused(base: str, written: Any, tmp_path: Path) -> None:
    written(base + "parameters: {border: 10000}\n")
    copy(tmp_path, "from: welcome\nset: {boarder: 1}\n")
    with pytest.raises(ScenarioError, match=r"mine/scenario\.yaml:2: 'boarder' .* Did you mean `border`\?"):
        Library((tmp_path,)).read("mine")
    with pytest.raises(ScenarioError, match=r"\$border is not a parameter"):
        written(base.replace("below: 10000", "below: $border"))


def test_copies_in_a_circle_are_refused(tmp_path: Path) -> None:
    copy(tmp_path, "from: second\n", "first")
    copy(tmp_path, "from: first\n", "second")
    with pytest.raises(ScenarioError, match="in a circle"):
        Library((tmp_path,)).read("first")


def test_the_workspace_hides_what_ships(base: str, written: Any, tmp_path: Path) -> None:
    written(base)
    own = tmp_path / "home" / "scenarios" / "research" / "welcome"
    own.mkdir(parents=True)
    (own / "scenario.yaml").write_text(base.replace("カート放棄", "うちの"), encoding="utf-8")
    settings = Settings(home=tmp_path / "home", scenarios_path=tmp_path)
    assert library(settings).load("welcome").title == "うちの"
