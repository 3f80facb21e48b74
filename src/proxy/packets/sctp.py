"""SCTP for tests: the first packets of an association, made by hand where the kernel has no SCTP of its own.

    sctp.py probe                       says whether the kernel has SCTP sockets
    sctp.py serve NAME [ADDRESS...]     answers at port 8080 with its name and whom it sees
    sctp.py call ADDRESS PORT TIMES     prints the answers, `refused` or `silence`

By hand it is an INIT, and an INIT ACK whose state cookie has the answer (RFC 9260, sections 3.3.2 and 3.3.3). Connection
tracking looks at the checksum and at the verification tags, and so does this.
"""

import errno
import os
import random
import select
import socket
import struct
import sys
import threading

SCTP = 132
INIT, INIT_ACK = 1, 2
STATE_COOKIE = 7
PATIENCE = 2.0


def has_sockets():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, SCTP).close()
        return True
    except OSError:
        return False


def family_of(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packet(source_port, port, tag, kind, own_tag, cookie=b''):
    parameter = struct.pack('!HH', STATE_COOKIE, 4 + len(cookie)) + cookie if cookie else b''
    chunk = struct.pack('!BBHIIHHI', kind, 0, 20 + len(parameter), own_tag, 65536, 1, 1, 1) + parameter
    chunk += b'\0' * (-len(chunk) % 4)
    head = struct.pack('!HHI', source_port, port, tag)
    return head + struct.pack('<I', crc32c(head + b'\0\0\0\0' + chunk)) + chunk


def parse(family, data):
    """The ports, the kind of the first chunk, the sender's tag and the cookie; None when it is no whole packet."""
    if family == socket.AF_INET:
        data = data[(data[0] & 15) * 4:]
    if len(data) < 32 or struct.unpack('<I', data[8:12])[0] != crc32c(data[:8] + b'\0\0\0\0' + data[12:]):
        return None
    source_port, port = struct.unpack('!HH', data[:4])
    kind, _, length, tag = struct.unpack('!BBHI', data[12:20])
    cookie = data[36:12 + length] if kind == INIT_ACK else b''
    return source_port, port, kind, tag, cookie


def serve_by_hand(name, address):
    family = family_of(address)
    raw = socket.socket(family, socket.SOCK_RAW, SCTP)
    raw.bind((address, 0))
    print('ready', flush=True)
    while True:
        data, sender = raw.recvfrom(2048)
        got = parse(family, data)
        if got and got[1] == 8080 and got[2] == INIT:
            cookie = f'{name} {sender[0]}'.encode()
            raw.sendto(packet(8080, got[0], got[3], INIT_ACK, 4711, cookie), (sender[0], 0))


def call_by_hand(address, port):
    family = family_of(address)
    own_port = random.randrange(20000, 60000)
    with socket.socket(family, socket.SOCK_RAW, SCTP) as raw:
        # Connected, it hears of refusals, and hears nobody but whom it called.
        raw.connect((address, 0))
        try:
            raw.send(packet(own_port, port, 0, INIT, 42))
        except PermissionError:
            pass  # Rejected or dropped on this machine: a rejection is heard of a moment later.
        while select.select([raw], [], [], PATIENCE)[0]:
            try:
                got = parse(family, raw.recv(2048))
            except ConnectionRefusedError:
                return 'refused'
            if got and got[:3] == (port, own_port, INIT_ACK):
                return got[4].decode()
    return 'silence'


def serve(name, address):
    server = socket.socket(family_of(address), socket.SOCK_STREAM, SCTP)
    server.bind((address, 8080))
    server.listen(64)
    print('ready', flush=True)
    while True:
        connection, sender = server.accept()
        with connection:
            connection.sendall(f'{name} {sender[0]}'.encode())


def call(address, port):
    with socket.socket(family_of(address), socket.SOCK_STREAM, SCTP) as client:
        client.settimeout(PATIENCE)
        try:
            client.connect((address, port))
            return client.recv(100).decode()
        except socket.timeout:
            return 'silence'
        except OSError as error:
            return 'refused' if error.errno == errno.ECONNREFUSED else os.strerror(error.errno)


def main(what, *rest):
    by_sockets = has_sockets()
    if what == 'probe':
        print('sockets' if by_sockets else 'by hand')
    elif what == 'serve':
        name, *addresses = rest
        for address in addresses:
            threading.Thread(target=serve if by_sockets else serve_by_hand, args=(name, address)).start()
    else:
        address, port, times = rest
        for _ in range(int(times)):
            print((call if by_sockets else call_by_hand)(address, int(port)), flush=True)


main(*sys.argv[1:])
