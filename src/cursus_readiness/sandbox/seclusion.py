"""A network namespace with a loopback interface and nothing else, for steps that are to have no network."""

from __future__ import annotations

import _socket
import errno
import marshal
import os

from cursus_readiness.sandbox.messages import send_with
from cursus_readiness.sandbox.syscalls import CLONE_NEWNET, bring_up, setns, unshare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[], tuple[int, list[int]]]

_LOOPBACK = "127.0.0.1"
_BACKLOG = 128  # as of the endpoint's own socket
_ANSWER_BYTES = 4096


class Seclusion:
    """Made when it is first asked for, and entered only by children that end at once.

    This process stays where it is: from a user namespace there is no way back into the machine's network. What such a
    child starts is inherited by this process, which is process 1 for it.
    """

    def __init__(self) -> None:
        self._namespace = -1

    def listen(self, port: int) -> int:
        """The descriptor of a socket that listens on the loopback interface in there.

        Raises OSError when there can be none.
        """
        return self._inside(lambda: (0, [_listening(port)]))[1][0]

    def start(self, start: Callable[[], int]) -> int:
        """Call what starts a program and returns its number, in there; that number.

        Raises OSError when that does.
        """
        return self._inside(lambda: (start(), []))[0]

    def _inside(self, act: Act) -> tuple[int, list[int]]:
        if self._namespace < 0:
            [self._namespace] = _in_child(_make)[1]

        def enter_and_act() -> tuple[int, list[int]]:
            setns(self._namespace, CLONE_NEWNET)
            return act()

        return _in_child(enter_and_act)


def _make() -> tuple[int, list[int]]:
    unshare(CLONE_NEWNET)
    bring_up("lo")
    return 0, [os.open("/proc/self/ns/net", os.O_RDONLY)]


def _listening(port: int) -> int:
    listening = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listening.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    listening.bind((_LOOPBACK, port))
    listening.listen(_BACKLOG)
    return listening.detach()


def _in_child(act: Act) -> tuple[int, list[int]]:
    """What ``act`` returns in a child: a number, and descriptors. What it raises comes as OSError."""
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        try:
            _answer(theirs, act)
        finally:
            os._exit(0)
    theirs.close()
    try:
        data, rights, _, _ = ours.recvmsg(_ANSWER_BYTES, _socket.CMSG_SPACE(4), _socket.MSG_CMSG_CLOEXEC)
    finally:
        ours.close()
        os.waitpid(pid, 0)
    if not data:
        raise OSError(errno.ECHILD, "what was to enter a network namespace has ended")
    number, refusal = marshal.loads(data)  # noqa: S302 - our own child's
    if refusal is not None:
        raise OSError(number, refusal)
    return number, [descriptor for _, _, packed in rights for descriptor in memoryview(packed).cast("i")]


def _answer(connection: _socket.socket, act: Act) -> None:
    descriptors: list[int] = []
    try:
        number, descriptors = act()
        refusal = None
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or errno.EINVAL
        refusal = getattr(error, "strerror", None) or str(error)
    send_with(connection, marshal.dumps((number, refusal)), descriptors)
