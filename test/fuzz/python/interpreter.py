"""Runs random programs on CPython, for the comparison with selectloop.

Reads one program a line from stdin, as JSON, and prints its log as JSON. `kind` says which of the two interpreters runs it.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import socket_programs
import task_programs

INTERPRETERS = {'tasks': task_programs.run, 'sockets': socket_programs.run, 'version': lambda program: sys.version}

if __name__ == '__main__':
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(INTERPRETERS[request['kind']](request['program'])), flush=True)
