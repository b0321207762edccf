from tests.hub.sources.fuzz import attack, mutants, read_everything

COUNT = 10_000


def test_no_bytes_make_the_decoder_raise_anything_but_malformed() -> None:
    good = sum(read_everything(data) for data in mutants(5 * COUNT, seed=1))
    assert good > COUNT / 10  # or the mutants would prove little


async def test_no_bytes_make_the_door_fail_or_forget_its_counts() -> None:
    victim = await attack(COUNT, seed=2)
    assert victim.escaped == []
    left = victim.shared.counters
    assert (left.connections, left.withheld, len(victim.shared.online)) == (0, 0, 0)
    assert left.received > COUNT / 20
