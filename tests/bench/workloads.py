"""Programs whose use of memory and CPU can be measured exactly."""

from __future__ import annotations

COST_S = 8
"""How long the trees live whose watching is what costs."""

_FORKS = """
import os, time
held = bytearray(os.urandom(1)) * (600 << 20)
children = []
for _ in range({count}):
    pid = os.fork()
    if pid == 0:
        for page in range(0, 10 << 20, 4096):
            held[page] = 1
        time.sleep(2.5)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
"""

SPIKE = """
import time
time.sleep(0.7)
held = bytearray(os.urandom(1)) * (1200 << 20)
time.sleep(0.1)
del held
time.sleep(1.2)
""".replace("import time", "import os, time", 1)

SHARED_MEMORY = """
import mmap, os, subprocess, sys, tempfile
child = '''
import mmap, sys, time
with open(sys.argv[1], "r+b") as file:
    mapped = mmap.mmap(file.fileno(), 500 << 20)
total = sum(mapped[page] for page in range(0, 500 << 20, 4096))
time.sleep(2.5)
'''
name = f"/dev/shm/segment-{os.getpid()}"
with open(name, "w+b") as file:
    file.truncate(500 << 20)
    mapped = mmap.mmap(file.fileno(), 500 << 20)
for page in range(0, 500 << 20, 4096):
    mapped[page] = 1
children = [subprocess.Popen([sys.executable, "-S", "-c", child, name]) for _ in range(4)]
for process in children:
    process.wait()
os.unlink(name)
"""

STAGGERED = """
import subprocess, sys, time
child = "import os, time; held = bytearray(os.urandom(1)) * (200 << 20); time.sleep(1.0)"
children = []
for _ in range(6):
    children.append(subprocess.Popen([sys.executable, "-S", "-c", child]))
    time.sleep(0.3)
for process in children:
    process.wait()
"""

MAPPED_FILE = """
import mmap, os, tempfile, time
with tempfile.TemporaryFile(dir="/tmp") as file:
    for _ in range(800):
        file.write(b"x" * (1 << 20))
    file.flush()
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    total = sum(mapped[page] for page in range(0, 800 << 20, 4096))
    time.sleep(1.0)
"""

MEMORY = {
    "100 ms spike of 1.2 GiB": SPIKE,
    "600 MiB shared by 4 forks": _FORKS.format(count=4),
    "600 MiB shared by 8 forks": _FORKS.format(count=8),
    "500 MiB shared segment, 5 processes": SHARED_MEMORY,
    "6 staggered children of 200 MiB": STAGGERED,
    "800 MiB mapped file": MAPPED_FILE,
}

SHORT_CHILDREN = """
import os, time
for _ in range(1000):
    pid = os.fork()
    if pid == 0:
        until = time.process_time() + 0.02
        while time.process_time() < until:
            pass
        os._exit(0)
    os.waitpid(pid, 0)
times = os.times()
print(times.user + times.system + times.children_user + times.children_system)
"""
"""Prints its CPU seconds, children included."""

SLEEPERS = """
import subprocess, time
children = [subprocess.Popen(["sleep", "8"]) for _ in range({count})]
for process in children:
    process.wait()
"""

SHARING_TREE = """
import os, time
held = bytearray(os.urandom(1)) * (600 << 20)
children = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        time.sleep(8)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
"""

ALLOCATING = """
import mmap, time
began = time.perf_counter()
for _ in range(3):
    held = mmap.mmap(-1, 2 << 30)
    for page in range(0, 2 << 30, 4096):
        held[page] = 1
    held.close()
print(time.perf_counter() - began)
"""
"""Prints how many seconds it took to touch 2 GiB three times."""

OVER_A_LIMIT = """
import mmap, time
held = mmap.mmap(-1, 4 << 30)
began = time.perf_counter()
for step in range(4096):
    for page in range(step << 20, (step + 1) << 20, 4096):
        held[page] = 1
    time.sleep(max(began + (step + 1) / 1024 - time.perf_counter(), 0))
"""
"""Touches 1 GiB a second."""
