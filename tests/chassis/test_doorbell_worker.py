"""A worker process at a doorbell, and everything that may happen to either."""

from typing import Any


async def test_a_worker_hears_what_was_rung_before_it_came_and_ends_when_idle(bell: Any, eventually: Any) -> None:
    await bell.ring("note", "one", "two", "three")
    worker = bell.start_worker()
    await eventually(lambda: bell.notes() == ["one", "two", "three"])
    await eventually(lambda: bell.waiting() == 0)
    worker.process.terminate()
    assert await worker.ended(10) == 0
    assert bell.redis.client.xinfo_consumers(bell.stream, "workers") == []


async def test_poison_is_dropped_and_the_next_ring_heard(steady: Any, eventually: Any) -> None:
    labelled = '{"task_id":"1","task_name":"note","labels":{"ack_type":"?"},"args":["x"],"kwargs":{}}'
    for fields in (
        {"data": b"\xff\x00"},
        {"data": "[" * 100_000},
        {"data": "[]"},
        {"data": labelled},
        {"other": "field"},
    ):
        steady.redis.client.xadd(steady.stream, fields)
    await steady.ring("no such task", "x")
    await steady.doorbell.ring("note", "too", "many", "arguments")
    await steady.ring("note", "good")
    await eventually(lambda: steady.notes() == ["good"])
    await eventually(lambda: steady.waiting() == 0)
    log = (steady.folder / "log").read_text()
    assert log.count("ring dropped") == 6
    assert "dropped=6" in log


async def test_a_flush_while_idle_loses_no_later_ring(steady: Any, eventually: Any) -> None:
    worker = steady.workers[0]
    for number in range(3):
        steady.redis.client.flushall()
        await steady.ring("note", f"{number}a", f"{number}b")
    expected = [f"{number}{letter}" for number in range(3) for letter in "ab"]
    # A ring that was not yet read when the next flush came is gone: the row would bring it back.
    await eventually(lambda: steady.notes()[-2:] == expected[-2:])
    assert worker.lives()


async def test_a_flush_while_busy_ends_no_task_and_loses_no_later_ring(steady: Any, eventually: Any) -> None:
    worker = steady.workers[0]
    await steady.ring("hold", "long")
    await eventually(lambda: steady.notes() == [f"start long {worker.pid}"])
    steady.redis.client.flushall()
    await steady.ring("note", *(str(number) for number in range(40)))
    await eventually(lambda: len(steady.notes()) == 41)
    steady.release()
    await eventually(lambda: steady.notes()[-1] == "end long")
    await eventually(lambda: steady.waiting() == 0)
    assert len(steady.notes()) == 42


async def test_cut_connections_are_made_again(steady: Any, eventually: Any) -> None:
    worker = steady.workers[0]
    await steady.ring("hold", "long")
    await eventually(lambda: steady.notes() == [f"start long {worker.pid}"])
    for number in range(5):
        assert steady.redis.cut() > 0
        await steady.ring("note", str(number))
    await eventually(lambda: len(set(steady.notes())) == 6, 12)
    steady.release()
    await eventually(lambda: steady.waiting() == 0)
    assert steady.notes().count("end long") == 1
    assert worker.lives()


async def test_a_killed_and_restarted_redis_is_found_again(steady: Any, eventually: Any) -> None:
    worker = steady.workers[0]
    await steady.ring("hold", "long")
    await eventually(lambda: steady.notes() == [f"start long {worker.pid}"])
    steady.redis.kill()
    assert not await steady.doorbell.ring("note", "lost")
    steady.release()
    await eventually(lambda: "end long" in steady.notes())
    steady.redis.start()
    await steady.ring("note", "after")
    await eventually(lambda: "after" in steady.notes())
    # The ring that was answered while Redis was away is deleted after all.
    await eventually(lambda: steady.waiting() == 0, 8)
    assert steady.notes().count("end long") == 1
    assert worker.lives()


async def test_what_a_killed_worker_was_at_is_taken_over_on_an_idle_queue(bell: Any, eventually: Any) -> None:
    first = bell.start_worker()
    await bell.ring("hold", "long")
    await eventually(lambda: bell.notes() == [f"start long {first.pid}"])
    first.kill()
    second = bell.start_worker()
    await eventually(lambda: f"start long {second.pid}" in bell.notes(), 12)
    bell.release()
    await eventually(lambda: bell.waiting() == 0)
    assert bell.notes().count("end long") == 1
    [consumer] = bell.redis.client.xinfo_consumers(bell.stream, "workers")
    assert consumer["pending"] == 0


async def test_sigterm_lets_a_busy_worker_finish(bell: Any, eventually: Any) -> None:
    worker = bell.start_worker()
    await bell.ring("hold", "long")
    await eventually(lambda: bell.notes() == [f"start long {worker.pid}"])
    worker.process.terminate()
    await eventually(lambda: "draining" in (bell.folder / "log").read_text())
    assert worker.lives()
    bell.release()
    assert await worker.ended(3) == 0
    assert bell.notes()[-1] == "end long"
    assert bell.waiting() == 0


async def test_what_does_not_end_in_time_is_left_to_others(bell: Any, eventually: Any) -> None:
    first = bell.start_worker()
    await bell.ring("hold", "long")
    await bell.ring("hold", *(str(number) for number in range(30)))
    await eventually(lambda: len(bell.notes()) == 5)
    first.process.terminate()
    assert await first.ended(9) == 0
    assert bell.redis.client.xinfo_consumers(bell.stream, "workers") == []
    assert bell.waiting() == 31
