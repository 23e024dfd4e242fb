"""Changes are kept for somebody to take over: as a branch, or as a patch."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from nlu.changes.edits import (
    AddSentence,
    ChangeSentence,
    ChangeWords,
    Edit,
    EditRefused,
    RemoveSentence,
    edited,
)
from nlu.changes.proposal import (
    Author,
    Change,
    NewContent,
    NoSuchFile,
    NoSuchProposal,
    NotTaken,
    OtherVersion,
    Proposal,
    ReasonRefused,
    version_of,
)
from nlu.changes.workshop import Conflict, Faulty, Workshop
from tests.catalogue.sample import PAY, VIEW
from tests.changes.conftest import LATHA, RAVI, committed, git

MORE = AddSentence("utterances", "te", "కరెంటు బిల్లు: ఎంతో చెప్పండి")
LESS = ChangeWords(("replies", "ok"), "en", "The bill is {amount}", "The bill: {amount}")


def kept(
    workshop: Workshop,
    edits: Sequence[Edit],
    file: str = VIEW,
    proposal: str | None = None,
    author: Author = LATHA,
    reason: str = "said at the counter",
) -> Proposal:
    """Edits of a file, as a page makes them."""
    _, version = workshop.content(file, proposal)
    tried = workshop.attempt(file, version, edits, proposal)
    return workshop.keep(tried, edits, author, reason, proposal)


def test_edits_become_one_proposal(workshop: Workshop, data: Path) -> None:
    """Two people's edits of two files in one; the data folder is as it was."""
    before = (data / VIEW).read_bytes()
    one = kept(workshop, [MORE])
    add = AddSentence("utterances", "en", "let me pay what I owe")
    two = kept(workshop, [add], PAY, one.id, RAVI, "  two\nlines  ")
    assert two.id == one.id
    assert two.state == "open"
    assert [(c.reason, c.author) for c in two.changes] == [
        ("said at the counter", "Latha"),
        ("two lines", two.changes[1].author),
    ]
    assert two.changes[1].author.startswith("రవి")
    assert two.title == "said at the counter"
    assert list(two.files) == sorted([VIEW, PAY])
    assert workshop.proposals.all() == [two]
    assert workshop.proposals.get(one.id) == two
    files = {change.name: change for change in workshop.proposals.files(one.id)}
    assert files[VIEW].before == before
    assert files[VIEW].after == edited(before, [MORE])
    assert workshop.content(VIEW, one.id)[0] == files[VIEW].after
    assert (data / VIEW).read_bytes() == workshop.content(VIEW)[0] == before
    assert workshop.check(one.id) == ()


def test_edits_of_several_files_are_one_change_or_none(workshop: Workshop) -> None:
    """Each is checked with those before it; a faulty one, or a file changed meanwhile, keeps all
    of them out."""
    pay = AddSentence("utterances", "en", "let me pay what I owe")
    edits = {VIEW: [MORE], PAY: [pay]}
    tried = workshop.attempt_all(edits)
    with pytest.raises(ReasonRefused):
        workshop.keep_all(tried, edits, LATHA, " ")
    one = workshop.keep_all(tried, edits, LATHA, "from the field")
    assert len(one.changes) == 1 and list(one.files) == sorted(edits)
    for change in workshop.proposals.files(one.id):
        assert change.after == edited(change.before, edits[change.name])
    same = {VIEW: [pay], PAY: [pay]}
    tried = workshop.attempt_all(same)
    assert not tried[0].problems and tried[1].problems
    with pytest.raises(Faulty):
        workshop.keep_all(tried, same, LATHA, "twice")
    with pytest.raises(EditRefused) as refused:
        workshop.attempt_all({VIEW: [MORE], PAY: [pay, AddSentence("utterances", "en", " ")]})
    assert (refused.value.file, refused.value.number) == (PAY, 1)
    assert workshop.proposals.all() == [one]


def test_a_file_that_changed_keeps_all_out(workshop: Workshop) -> None:
    one = kept(workshop, [MORE])
    edits = {VIEW: [LESS], PAY: [AddSentence("utterances", "en", "let me pay what I owe")]}
    tried = workshop.attempt_all(edits)  # as the files are, without the proposal
    with pytest.raises(Conflict):
        workshop.keep_all(tried, edits, LATHA, "late", one.id)
    assert workshop.proposals.get(one.id) == one


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_patch_is_what_git_and_patch_take(
    data: Path, tmp_path: Path, opened: Callable[[], Workshop], end: str
) -> None:
    """With the author and the reason; also of files without a last line end, and of CRLF."""
    for file in (VIEW, PAY):
        text = (data / file).read_bytes().rstrip(b"\n").replace(b"\n", end.encode())
        (data / file).write_bytes(text)
    without = opened()
    one = kept(without, [MORE], reason="కొత్త వాక్యం")
    kept(without, [AddSentence("utterances", "en", "paying it")], PAY, one.id)
    mail = without.proposals.patch(one.id)
    top = committed(data)
    applied = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@x", "am", "--keep-cr", "-q"],
        cwd=top,
        input=mail,
        capture_output=True,
    )
    assert applied.returncode == 0, applied.stderr
    assert git(top, "log", "-1", "--format=%an %ae %s") == "Latha latha@seva.invalid కొత్త వాక్యం\n"
    for change in without.proposals.files(one.id):
        assert (data / change.name).read_bytes() == change.after
    assert without.proposals.get(one.id).state == "merged"
    by_git = opened()
    again = kept(by_git, [LESS])
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(top), str(other))
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@x", "am", "--keep-cr", "-q"],
        cwd=other,
        input=by_git.proposals.patch(again.id),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert (other / "data" / VIEW).read_bytes() == by_git.content(VIEW, again.id)[0]


def test_a_branch_leaves_the_checkout_alone(data: Path, opened: Callable[[], Workshop]) -> None:
    """HEAD, index, files and hooks of whoever works there; what is not committed is not taken."""
    top = committed(data)
    hook = top / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hooked\nexit 1\n")
    hook.chmod(0o755)
    hook.rename(hook.with_suffix(".off"))
    (data / VIEW).write_text("somebody's own work", "utf-8")
    (data / PAY).write_text("staged", "utf-8")
    git(top, "add", "data/" + PAY)
    hook.with_suffix(".off").rename(hook)
    index, head = (top / ".git" / "index").read_bytes(), git(top, "rev-parse", "HEAD")
    status = git(top, "--no-optional-locks", "status", "--porcelain")
    workshop = opened()
    one = kept(workshop, [MORE])
    kept(workshop, [LESS], proposal=one.id, author=RAVI)
    assert git(top, "--no-optional-locks", "status", "--porcelain") == status
    assert (top / ".git" / "index").read_bytes() == index
    assert git(top, "rev-parse", "HEAD") == head
    assert git(top, "branch", "--show-current") == "main\n"
    assert not (top / "hooked").exists()
    assert one.branch == f"catalogue-change/{one.id}"
    commits = git(top, "log", "--format=%an <%ae> %cn: %s", f"main..{one.branch}").splitlines()
    assert commits == [
        "రవి x <ravi@seva.invalid> Seva console: said at the counter",
        "Latha <latha@seva.invalid> Seva console: said at the counter",
    ]
    assert git(top, "diff", "--name-only", "main", one.branch) == f"data/{VIEW}\n"
    hook.unlink()


def test_a_proposal_that_was_taken_over_is_merged(
    data: Path, opened: Callable[[], Workshop]
) -> None:
    """By a merge, and squashed into another commit. It takes no more changes."""
    top = committed(data)
    workshop = opened()
    one, two = kept(workshop, [MORE]), kept(workshop, [AddSentence("utterances", "en", "pay")], PAY)
    assert {p.state for p in workshop.proposals.all()} == {"open"}
    git(top, "merge", "-q", "--no-ff", "-m", "take it", one.branch)
    git(top, "merge", "-q", "--squash", two.branch)
    git(top, "commit", "-q", "-m", "squashed")
    assert {p.state for p in workshop.proposals.all()} == {"merged"}
    assert workshop.proposals.get(one.id).title == "said at the counter"
    assert workshop.base().catalogue.services["bill_view"].utterances["te"][-1].text == MORE.text
    with pytest.raises(NoSuchProposal):
        kept(workshop, [LESS], proposal=one.id)


def test_what_somebody_adds_to_the_branch_belongs_to_it(
    data: Path, opened: Callable[[], Workshop]
) -> None:
    """A commit by hand, of files that nobody edits here; then the console goes on."""
    top = committed(data)
    one = kept(opened(), [MORE])
    git(top, "checkout", "-q", one.branch)
    (data / "notes.yml").write_text("a: b\n", "utf-8")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "a note by hand")
    git(top, "checkout", "-q", "main")
    workshop = opened()
    kept(workshop, [LESS], proposal=one.id, reason="more")
    found = workshop.proposals.get(one.id)
    assert [change.reason for change in found.changes] == [
        *("said at the counter", "a note by hand", "more")
    ]
    assert list(found.files) == ["notes.yml", VIEW]
    assert workshop.proposals.files(one.id)[0].before == b""
    assert workshop.check(one.id) == ()


def test_a_discarded_proposal_can_be_read_still(workshop: Workshop) -> None:
    """It takes no more changes, and is discarded once."""
    one = kept(workshop, [MORE])
    workshop.proposals.discard(one.id)
    assert workshop.proposals.get(one.id).state == "discarded"
    assert MORE.text in workshop.proposals.patch(one.id).decode()
    with pytest.raises(NoSuchProposal):
        kept(workshop, [LESS], proposal=one.id)
    with pytest.raises(NoSuchProposal):
        workshop.proposals.discard(one.id)


def test_a_proposal_is_taken_over(workshop: Workshop, data: Path) -> None:
    """Its files are the catalogue's then, in its own lines only, and it is closed."""
    before = (data / VIEW).read_bytes()
    one = kept(workshop, [MORE])
    other = kept(workshop, [AddSentence("utterances", "en", "let me pay what I owe")], PAY)
    workshop.proposals.take_over(one.id, RAVI)
    assert (data / VIEW).read_bytes() == edited(before, [MORE]) == workshop.content(VIEW)[0]
    assert workshop.proposals.get(one.id).state == "merged"
    workshop.proposals.take_over(other.id, RAVI)  # began before the first was taken over
    assert "let me pay what I owe" in (data / PAY).read_text("utf-8")
    kept_again = kept(workshop, [LESS])
    workshop.proposals.take_over(kept_again.id, RAVI)
    assert {p.state for p in workshop.proposals.all()} == {"merged"}
    assert MORE.text in (data / VIEW).read_text("utf-8")
    with pytest.raises(NoSuchProposal):
        workshop.proposals.take_over(one.id, RAVI)
    if (data.parent / ".git").is_dir():
        assert git(data.parent, "status", "--porcelain") == ""
        assert git(data.parent, "log", "-1", "--first-parent", "--format=%an|%s") == (
            "రవి x|said at the counter\n"
        )


def test_what_others_changed_is_not_lost_by_taking_over(workshop: Workshop, data: Path) -> None:
    """Neither what was committed in the same lines, nor what lies in the checkout."""
    same = [ChangeSentence("utterances", "en", 1, "show bill", mine) for mine in ("a b", "c d")]
    one, two = kept(workshop, same[:1]), kept(workshop, same[1:])
    workshop.proposals.take_over(one.id, RAVI)
    text = (data / VIEW).read_bytes()
    with pytest.raises(NotTaken) as found:
        workshop.proposals.take_over(two.id, RAVI)
    assert list(found.value.files) == [VIEW]
    more = kept(workshop, [MORE])
    (data / VIEW).write_bytes(text + b"# by hand\n")
    with pytest.raises(NotTaken):
        workshop.proposals.take_over(more.id, RAVI)
    assert (data / VIEW).read_bytes() == text + b"# by hand\n"
    assert workshop.proposals.get(more.id).state == workshop.proposals.get(two.id).state == "open"


def test_two_editors_of_one_file_do_not_overwrite_each_other(workshop: Workshop) -> None:
    """The second is told, with both versions of the line; other lines still fit."""
    one = kept(workshop, [MORE])
    _, began = workshop.content(VIEW, one.id)
    first = ChangeSentence("utterances", "en", 1, "show bill", "show me the bill")
    same = ChangeSentence("utterances", "en", 1, "show bill", "display bill")
    other = ChangeSentence("utterances", "hi", 1, "बिल दिखाओ", "बिल दिखा दो")
    both = (
        workshop.attempt(VIEW, began, [same], one.id),
        workshop.attempt(VIEW, began, [other], one.id),
    )
    kept(workshop, [first], proposal=one.id, author=RAVI)
    with pytest.raises(Conflict) as found:
        workshop.keep(both[0], [same], LATHA, "why", one.id)
    clash = found.value.clashes[0]
    assert (clash.was, clash.now, clash.mine) == ("show bill", "show me the bill", "display bill")
    assert clash.is_lost and not found.value.still_fits
    with pytest.raises(Conflict) as found:
        workshop.keep(both[1], [other], LATHA, "why", one.id)
    assert found.value.still_fits and not found.value.clashes[0].is_lost
    with pytest.raises(Conflict):
        workshop.attempt(VIEW, began, [other], one.id)
    again = workshop.attempt(VIEW, found.value.version, [other], one.id)
    workshop.keep(again, [other], LATHA, "why", one.id)
    text = workshop.content(VIEW, one.id)[0].decode()
    assert "show me the bill" in text and "बिल दिखा दो" in text and MORE.text in text


def test_at_once_each_change_is_kept_or_refused(
    workshop: Workshop, opened: Callable[[], Workshop]
) -> None:
    """Eight processes add a sentence each to one file and one to others: none is lost unseen."""
    one = kept(workshop, [MORE])
    content, version = workshop.content(VIEW, one.id)
    pay, pay_version = workshop.content(PAY, one.id)
    told: dict[int, bool] = {}

    def add(number: int) -> None:
        own = opened().proposals
        file, base, at = (VIEW, content, version) if number else (PAY, pay, pay_version)
        text = edited(base, [AddSentence("utterances", "en", f"sentence {number}")])
        try:
            own.keep(Change([NewContent(file, at, text)], LATHA, "at once", one.id))
            told[number] = True
        except OtherVersion:
            told[number] = False

    threads = [threading.Thread(target=add, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 6 and told[0]
    assert sum(told[n] for n in range(1, 6)) == 1
    text = workshop.content(VIEW, one.id)[0].decode()
    assert [n for n in range(1, 6) if f"sentence {n}" in text] == [
        n for n in range(1, 6) if told[n]
    ]
    assert "sentence 0" in workshop.content(PAY, one.id)[0].decode()
    assert len(workshop.proposals.get(one.id).changes) == 3


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.yml", "services/power/../../../secret.yml", "/etc/passwd", "services"),
        *("services/power/bill_view.yml\n", "services/power/bill_view.yml\0x", "check.yml"),
        *("services\\power\\bill_view.yml", "departments/power.yml", "services/power/.yml", ""),
        *("services/power/%2e%2e.yml", "services/power/no_such.yml", "services/power/link.yml"),
    ],
)
def test_no_name_leads_out_of_the_catalogue(workshop: Workshop, data: Path, name: str) -> None:
    """Nor to its other files, nor through a link."""
    (data.parent / "secret.yml").write_text("a: b\n", "utf-8")
    link = data / "services" / "power" / "link.yml"
    link.symlink_to(data.parent / "secret.yml")
    if (data.parent / ".git").is_dir():
        git(data.parent, "add", "-A")
        git(data.parent, "commit", "-q", "-m", "a link")
    with pytest.raises(NoSuchFile):
        workshop.content(name)
    change = Change([NewContent(name, version_of(b"a: b\n"), b"a: c\n")], LATHA, "why")
    with pytest.raises(NoSuchFile):
        workshop.proposals.keep(change)
    assert (data.parent / "secret.yml").read_text("utf-8") == "a: b\n"


@pytest.mark.parametrize(
    "proposal", ["../x", "20261130-120000-abcd", "", "--all", "HEAD", "20261130-120000-ABCD\n"]
)
def test_no_id_leads_elsewhere(workshop: Workshop, proposal: str) -> None:
    """An id is what `new_id` makes."""
    kept(workshop, [MORE])
    for use in (
        *(workshop.proposals.get, workshop.proposals.patch, workshop.proposals.discard),
        lambda name: workshop.proposals.take_over(name, RAVI),
    ):
        with pytest.raises(NoSuchProposal):
            use(proposal)


@pytest.mark.parametrize("reason", ["", " \n\t ", "x" * 201])
def test_a_change_has_a_reason(workshop: Workshop, reason: str) -> None:
    """Of one line."""
    with pytest.raises(ReasonRefused):
        kept(workshop, [MORE], reason=reason)
    assert workshop.proposals.all() == []


def test_what_the_check_refuses_is_not_kept(workshop: Workshop) -> None:
    """The problem stands beside its edit, with the line; so does one across two files."""
    wrong = AddSentence("holdout", "te", "in english")
    twice = AddSentence("utterances", "en", "Pay the bill for 123456, now!")
    _, version = workshop.content(VIEW)
    tried = workshop.attempt(VIEW, version, [MORE, wrong, twice])
    assert tried.of_edit(0) == []
    assert "script of `te`" in tried.of_edit(1)[0].what
    assert str(tried.of_edit(1)[0].file) == f"data/{VIEW}"
    assert "also an utterance of bill_payment (data/services/power/bill_payment.yml:" in (
        tried.problems[-1].what + tried.problems[0].what
    )
    with pytest.raises(Faulty):
        workshop.keep(tried, [MORE, wrong, twice], LATHA, "why")
    assert workshop.proposals.all() == []


def test_a_sentence_moves_from_one_service_to_another(workshop: Workshop) -> None:
    """In one proposal: what was taken out of the first file is free for the second."""
    text = "I will pay now"
    taken = RemoveSentence("utterances", "en", 1, text)
    add = AddSentence("utterances", "en", "settle it today")
    one = kept(workshop, [taken, add], PAY)
    kept(workshop, [AddSentence("utterances", "en", text)], VIEW, one.id)
    assert workshop.check(one.id) == ()
    with pytest.raises(Faulty, match="also an utterance"):
        kept(workshop, [AddSentence("utterances", "en", "settle it today!")], VIEW, one.id)


def test_nothing_is_kept_where_nothing_changes(workshop: Workshop) -> None:
    """An edit to the same words."""
    same = ChangeSentence("utterances", "en", 1, "show bill", " show bill ")
    with pytest.raises(EditRefused, match="nothing is changed"):
        kept(workshop, [same])
