"""Calls by UDP as fast as it can until it hears something: `flood.py ADDRESS PORT` prints how many packets were answered, how many
met silence and how many were refused. A socket for each, since a flow stays where its first packet went; each socket is looked at
a little later.
"""

import collections
import select
import socket
import sys

address, port = sys.argv[1:]
family = socket.AF_INET6 if ':' in address else socket.AF_INET
count = collections.Counter()
sockets = collections.deque()


def look(one):
    try:
        one.recv(100)
        count['answered'] += 1
    except ConnectionRefusedError:
        count['refused'] += 1
    except OSError:
        count['silence'] += 1
    one.close()


while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(100):
        one = socket.socket(family, socket.SOCK_DGRAM)
        one.setblocking(False)
        one.connect((address, int(port)))
        try:
            one.send(b'hello')
        except OSError:
            pass  # Dropped on this machine.
        sockets.append(one)
        if len(sockets) > 200:
            look(sockets.popleft())
print(count['answered'], count['silence'], count['refused'])
