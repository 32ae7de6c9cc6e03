"""Ctrl-C at any moment of `make run` leaves nothing behind."""

import os
import signal

from demo.house import _undisturbed


def test_a_stop_while_a_process_starts_is_heard_once_we_know_of_it() -> None:
    known, before, heard = [], signal.getsignal(signal.SIGINT), False
    try:
        with _undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            known.append("the process")
    except KeyboardInterrupt:
        heard = True
    assert (known, heard) == (["the process"], True)
    assert signal.getsignal(signal.SIGINT) is before


def test_without_a_stop_nothing_is_raised() -> None:
    with _undisturbed():
        pass
