"""PostgreSQL's settings follow from the machine."""

from __future__ import annotations

from filter.postgres_tuning import MIB, postgres_memory_mib, postgres_tuning


def mib(setting: str | int) -> int:
    return int(str(setting).removesuffix("MB"))


def test_some_kilobytes_more_or_less_change_nothing() -> None:
    assert postgres_memory_mib(4000 * MIB, 0.75) == postgres_memory_mib(3990 * MIB + 4096, 0.75) == 2816


def test_a_small_host_still_gives_enough_to_start() -> None:
    assert postgres_memory_mib(512 * MIB, 0.25) == 256
    assert mib(postgres_tuning(256, 1, 100)["shared_buffers"]) == 64


def test_everything_at_once_fits_into_the_memory() -> None:
    for memory in (2048, 8192, 65536):
        settings = postgres_tuning(memory, 4, 100)
        assert mib(settings["shared_buffers"]) + 2 * 100 * mib(settings["work_mem"]) <= memory


def test_one_processor_runs_no_query_in_parallel() -> None:
    assert postgres_tuning(1024, 1, 100)["max_parallel_workers_per_gather"] == 0
    assert postgres_tuning(1024, 16, 100)["max_parallel_workers_per_gather"] == 4
