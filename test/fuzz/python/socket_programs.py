"""The interpreter of socket programs (socket-program.ts) on `socket` and `selectors`. Its other half is sockets.ts."""

import errno
import os
import selectors
import shutil
import socket
import tempfile

SELECTORS = {
    'select': selectors.SelectSelector,
    'poll': selectors.PollSelector,
    'epoll': selectors.EpollSelector,
}
FAMILIES = {'inet': socket.AF_INET, 'inet6': socket.AF_INET6, 'unix': socket.AF_UNIX}
TYPES = {'stream': socket.SOCK_STREAM, 'datagram': socket.SOCK_DGRAM, 'seqpacket': socket.SOCK_SEQPACKET}
LEVELS = {'TCP_NODELAY': socket.IPPROTO_TCP, 'TCP_CORK': socket.IPPROTO_TCP, 'IP_TTL': socket.IPPROTO_IP}
WAYS = {'read': socket.SHUT_RD, 'write': socket.SHUT_WR, 'both': socket.SHUT_RDWR}
SLOTS = 7
INT_BYTES = 4


def flag_of(name):
    return getattr(socket, name) if name else 0


def key_text(key):
    return f'key {key.data}:{key.events}'


def bytes_text(data):
    return f'{len(data)} bytes, first {data[0] if data else "none"}, sum {sum(data)}'


class Interpreter:
    def __init__(self, selector, folder):
        self.selector = selector
        self.folder = folder
        self.slots = [None] * SLOTS
        # The numbers that ports have in the log, in the order in which they appear.
        self.ports = {}
        self.sent = 0

    def outcome(self, call):
        kind, *args = call
        try:
            return getattr(self, f'do_{kind}')(*args)
        except LookupError:
            return 'EEXIST' if kind == 'register' else 'ENOENT'
        except NoSocket:
            return 'no socket'
        except TimeoutError as error:
            return 'timeout' if error.errno is None else errno.errorcode[error.errno]
        except socket.gaierror:
            return 'misuse'  # a host of another family
        except OSError as error:
            # Python's own errors of the family of OSError, such as an AF_UNIX path that is too long, have no number.
            return 'misuse' if error.errno is None else errno.errorcode[error.errno]
        except (ValueError, TypeError, OverflowError):
            return 'misuse'

    def close(self):
        self.selector.close()
        for each in self.slots:
            if each is not None:
                each.close()

    def at(self, slot):
        if self.slots[slot] is None:
            raise NoSocket
        return self.slots[slot]

    def put(self, slot, made):
        """Puts a non-blocking socket into a slot, and closes the one that was there."""
        self.forget(slot)
        if self.slots[slot] is not None:
            self.slots[slot].close()
        made.setblocking(False)
        self.slots[slot] = made

    def forget(self, slot):
        """A socket must be unregistered before it is closed: its number goes to the next one."""
        held = self.slots[slot]
        if held is not None and held.fileno() >= 0 and held.fileno() in self.selector.get_map():
            self.selector.unregister(held)

    def bytes(self, size):
        self.sent += 1
        return bytes([self.sent % 251]) * size

    def place(self, place, held):
        kind, *number = place
        if kind == 'any':
            return ('::1' if held.family == socket.AF_INET6 else '127.0.0.1', 0)
        if kind == 'auto':
            return ''
        return f'{self.folder}/{number[0]}' if kind == 'file' else f'\0{self.folder}{number[0]}'

    def address_text(self, address):
        if not address:
            return 'nobody'
        if isinstance(address, tuple):
            return f'{address[0]} port {self.port_text(address[1])}'
        path = os.fsdecode(address)
        if path.startswith('\0') and self.folder not in path:
            return 'a name of the kernel'
        return path.replace(self.folder, 'folder').replace('\0', 'abstract ')

    def port_text(self, port):
        if port == 0:
            return '0'
        return f'#{self.ports.setdefault(port, len(self.ports) + 1)}'

    def do_socketpair(self, a, b, kind):
        left, right = socket.socketpair(socket.AF_UNIX, TYPES[kind])
        self.put(a, left)
        self.put(b, right)
        return 'ok'

    def do_socket(self, a, family, kind):
        self.put(a, socket.socket(FAMILIES[family], TYPES[kind]))
        return 'ok'

    def do_bind(self, a, place):
        held = self.at(a)
        held.bind(self.place(place, held))
        return 'ok'

    def do_listen(self, a, backlog):
        self.at(a).listen(backlog)
        return 'ok'

    def do_connect(self, a, b):
        held = self.at(a)
        held.connect(self.at(b).getsockname())
        return 'ok'

    def do_connectEx(self, a, b):
        held = self.at(a)
        result = held.connect_ex(self.at(b).getsockname())
        return 'ok' if result == 0 else f'errno {result}'

    def do_accept(self, a, b):
        accepted, address = self.at(a).accept()
        self.put(b, accepted)
        return self.address_text(address)

    def do_send(self, a, size, flag):
        held = self.at(a)
        return f'{held.send(self.bytes(size), flag_of(flag))}'

    def do_sendAll(self, a, size, flag):
        held = self.at(a)
        held.sendall(self.bytes(size), flag_of(flag))
        return 'ok'

    def do_sendTo(self, a, size, b):
        held = self.at(a)
        address = self.at(b).getsockname()
        return f'{held.sendto(self.bytes(size), address)}'

    def do_sendMsg(self, a, sizes, passed, count):
        held = self.at(a)
        given = None if passed is None else self.slots[passed]
        control = []
        # No UNIX sockets: the kernel closes those that only their own messages hold, at a moment of its own, and then their peers are reset.
        if given is not None and given.fileno() >= 0 and given.family != socket.AF_UNIX:
            fds = given.fileno().to_bytes(INT_BYTES, 'little') * count
            control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)]
        return f'{held.sendmsg([self.bytes(size) for size in sizes], control)}'

    def do_recv(self, a, size, flag):
        return bytes_text(self.at(a).recv(size, flag_of(flag)))

    def do_recvInto(self, a, size, flag):
        buffer = bytearray(size)
        got = self.at(a).recv_into(buffer, 0, flag_of(flag))
        return bytes_text(buffer[:got])

    def do_recvFrom(self, a, size, flag):
        data, address = self.at(a).recvfrom(size, flag_of(flag))
        return f'{bytes_text(data)} from {self.address_text(address)}'

    def do_recvMsg(self, a, size, most):
        room = socket.CMSG_LEN(most * INT_BYTES) if most > 0 else 0
        data, control, flags, address = self.at(a).recvmsg(size, room)
        count = 0
        for level, kind, payload in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                for at in range(0, len(payload) - INT_BYTES + 1, INT_BYTES):
                    os.close(int.from_bytes(payload[at : at + INT_BYTES], 'little'))
                    count += 1
        flags &= ~socket.MSG_CMSG_CLOEXEC
        return f'{bytes_text(data)} from {self.address_text(address)} fds {count} flags {flags}'

    def do_shutdown(self, a, how):
        self.at(a).shutdown(WAYS[how])
        return 'ok'

    def do_getsockname(self, a):
        return self.address_text(self.at(a).getsockname())

    def do_getpeername(self, a):
        return self.address_text(self.at(a).getpeername())

    def do_setsockopt(self, a, name, value):
        self.at(a).setsockopt(LEVELS.get(name, socket.SOL_SOCKET), getattr(socket, name), value)
        return 'ok'

    def do_getsockopt(self, a, name):
        return f'{self.at(a).getsockopt(LEVELS.get(name, socket.SOL_SOCKET), getattr(socket, name))}'

    def do_setTimeout(self, a, ms):
        self.at(a).settimeout(ms / 1000)
        return 'ok'

    def do_getTimeout(self, a):
        held = self.at(a)
        # Python stores the timeout also if setting it fails because the socket is closed.
        return 'closed' if held.fileno() < 0 else f'{held.gettimeout() * 1000:.0f}'

    def do_fileno(self, a):
        return 'closed' if self.at(a).fileno() < 0 else 'open'

    def do_dup(self, a, b):
        self.put(b, self.at(a).dup())
        return 'ok'

    def do_handOver(self, a, b):
        held = self.at(a)
        self.forget(a)
        number = held.detach()
        if number < 0:
            return 'closed'
        again = socket.socket(fileno=number)
        self.put(b, again)
        family = next(name for name, each in FAMILIES.items() if each == again.family)
        return f'family {family} type {int(again.type)}'

    def do_close(self, a):
        held = self.at(a)
        self.forget(a)
        held.close()
        return 'ok'

    def do_register(self, a, events):
        return key_text(self.selector.register(self.at(a), events, a))

    def do_modify(self, a, events):
        return key_text(self.selector.modify(self.at(a), events, a))

    def do_unregister(self, a):
        return key_text(self.selector.unregister(self.at(a)))

    def do_getKey(self, a):
        return key_text(self.selector.get_key(self.at(a)))

    def do_closeRegistered(self, a):
        # Before anything else can get the number of the descriptor.
        held = self.at(a)
        held.close()
        return key_text(self.selector.unregister(held))

    def do_select(self):
        return ' '.join(sorted(f'{key.data}:{events}' for key, events in self.selector.select(0)))

    def do_getMap(self):
        return ' '.join(sorted(f'{key.data}:{key.events}' for key in self.selector.get_map().values()))


class NoSocket(Exception):
    """The slot is empty."""


def run(program):
    folder = tempfile.mkdtemp(prefix='fuzz-')
    interpreter = Interpreter(SELECTORS[program['selector']](), folder)
    try:
        return [interpreter.outcome(call) for call in program['calls']]
    finally:
        interpreter.close()
        shutil.rmtree(folder)
