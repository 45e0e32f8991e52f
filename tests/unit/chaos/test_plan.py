"""The plan of a campaign: the same for the same seed, every fault in it, and no two amounts alike."""

from collections import Counter

from fs_app.chaos.faults import FAULTS
from fs_app.chaos.plan import plan
from fs_app.gateways.sandbox.faults import KINDS


def test_the_same_seed_plans_the_same() -> None:
    assert plan(300, FAULTS, 7) == plan(300, FAULTS, 7)
    assert plan(300, FAULTS, 7) != plan(300, FAULTS, 8)


def test_every_fault_is_met_and_then_as_often_as_its_share() -> None:
    counts = Counter(planned.fault.name for planned in plan(5000, FAULTS, 1))
    assert set(counts) == {fault.name for fault in FAULTS}
    assert counts["none"] > counts["hangs_up"] > counts["database_killed"]


def test_no_two_amounts_are_alike_and_the_declined_are_declined() -> None:
    planned = plan(5000, FAULTS, 1)
    assert len({each.minor for each in planned}) == 5000
    assert all((200_000 <= each.minor < 300_000) == each.fault.declined for each in planned)


def test_names_of_faults_are_theirs_alone() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_every_fault_of_the_local_gateway_is_in_the_campaign() -> None:
    names = {fault.name.partition("_")[2] for fault in FAULTS if fault.name.startswith(("authorise_", "submit_"))}
    assert names == set(KINDS)
