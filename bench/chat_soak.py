#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""chat_soak.py CHAT [--clients N]: tests the chat server under floods, shortages and a crowd.

Each scenario starts the program CHAT, plays its clients on loopback, prints figures and judges the figures.
The exit status is 1 if a promise is broken. Called by script/soak --chat; a run takes about three minutes.
"""
import argparse
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time

PATIENCE = 30.0
FLOOD_SECONDS = 4.0


class Server:
    """The program, with limits on its files and its address space."""

    def __init__(self, program, files=0, address_kb=0):
        def limit():
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
            if address_kb:
                resource.setrlimit(resource.RLIMIT_AS, (address_kb * 1024, address_kb * 1024))

        self.process = subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, preexec_fn=limit)
        says = self.process.stdout.readline()
        self.port = int(says.rsplit(":", 1)[1])
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def peak_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def stop(self):
        """The seconds from SIGTERM to the end of the server, and its status."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        return time.monotonic() - began, status


class Client:
    """A non-blocking socket; `heard` is the received text."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.heard = b""
        self.ended = False

    def say(self, text):
        deadline = time.monotonic() + PATIENCE
        data = text.encode()
        while data and time.monotonic() < deadline:
            try:
                data = data[self.socket.send(data):]
            except BlockingIOError:
                time.sleep(0.001)

    def read(self):
        try:
            while True:
                more = self.socket.recv(1 << 18)
                if not more:
                    self.ended = True
                    return
                self.heard = self.heard[-(1 << 20):] + more
        except BlockingIOError:
            pass
        except OSError:
            self.ended = True

    def hears(self, what, limit=PATIENCE):
        """Whether `what` arrives in time. Drops the received text up to its end."""
        deadline = time.monotonic() + limit
        while True:
            at = self.heard.find(what.encode())
            if at >= 0:
                self.heard = self.heard[at + len(what):]
                return True
            left = deadline - time.monotonic()
            if left <= 0 or self.ended:
                return False
            poller = select.poll()
            poller.register(self.socket, select.POLLIN)
            poller.poll(left * 1000)
            self.read()


class Readers:
    """Reads for many clients on a thread of its own, until closed."""

    def __init__(self, clients):
        self.clients = {c.socket.fileno(): c for c in clients}
        self.over = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        poller = select.epoll()
        for file in self.clients:
            poller.register(file, select.EPOLLIN)
        while not self.over:
            for file, _ in poller.poll(0.05):
                client = self.clients[file]
                client.read()
                client.heard = client.heard[-4096:]
                if client.ended:
                    poller.unregister(file)
        poller.close()

    def close(self):
        self.over = True
        self.thread.join()


def enter(port, nick, room):
    client = Client(port)
    client.say(f"/nick {nick}\n/join {room}\n")
    assert client.hears(f"you are in {room}\n"), f"{nick} cannot enter {room}"
    return client


def flood(port, lines, room, over):
    """Floods with one client after another, each until the server drops the client."""
    while not over.is_set():
        try:
            bad = Client(port)
            if room:
                bad.say(f"/join {room}\n")
        except OSError:  # the server is stopping
            return
        data = lines.encode() * 500
        while not over.is_set() and not bad.ended:
            try:
                bad.socket.send(data)
            except BlockingIOError:
                time.sleep(0.002)
            except OSError:
                break
            bad.read()
            bad.heard = b""
        bad.socket.close()


def ping(speaker, hearer, seconds, limit=PATIENCE):
    """The sorted times of lines from speaker to hearer; a missing line takes infinity."""
    times = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        word = f"ping{len(times)}."
        began = time.monotonic()
        speaker.say(word + "\n")
        heard = hearer.hears(word, limit)
        times.append(1000 * (time.monotonic() - began) if heard else float("inf"))
        speaker.read()
        speaker.heard = b""
        time.sleep(0.025)
    return sorted(times)


def at(times, share):
    return times[min(len(times) - 1, int(len(times) * share))] if times else float("inf")


def flooded(program, name, lines, in_room, limit=PATIENCE, members=100):
    """`limit`: seconds for a line in the flooded room. A line sent while the room restarts is lost."""
    server = Server(program)
    people = [enter(server.port, f"p{i}", "garden") for i in range(members)]
    others = [enter(server.port, f"q{i}", "cellar") for i in range(2)]
    readers = Readers(people[2:])
    over = threading.Event()
    bad = threading.Thread(target=flood,
                           args=(server.port, lines, "garden" if in_room else "", over))
    bad.start()
    elsewhere = []
    beside = threading.Thread(target=lambda: elsewhere.extend(ping(*others, FLOOD_SECONDS)))
    beside.start()
    here = ping(people[0], people[1], FLOOD_SECONDS, limit)
    beside.join()
    dropped = sum(c.ended for c in people + others)
    peak = server.peak_mb()
    readers.close()
    seconds, status = server.stop()
    over.set()
    bad.join()
    told = 0
    for each in people + others:
        told += each.hears("* the server is shutting down", 1)
        each.socket.close()
    return {"scenario": f"flood of {name}", "p50 ms": at(here, 0.5), "p99 elsewhere ms": at(elsewhere, 0.99),
            "peak MB": peak, "dropped": dropped, "untold": members + 2 - told, "stop s": seconds,
            "wrong": judge([(at(here, 0.5) < 20, "slow in the room"),
                            (at(elsewhere, 0.99) < 50, "slow in another room"),
                            (peak < 50, "memory"), (dropped == 0, "a well-behaved client was dropped"),
                            (told == members + 2, "not all clients heard of the end"),
                            (seconds < 2 and status == 0, "stop")])}


def short_of(program, name, **limits):
    server = Server(program, **limits)
    first = enter(server.port, "first", "garden")
    crowd = []
    for _ in range(300):
        try:
            crowd.append(Client(server.port))
        except OSError:
            break
    first.say("/crash\n")
    back = first.hears("you are in garden\n")
    first.say("hello\n")
    hears = first.hears("first: hello")
    for each in crowd:
        each.socket.close()
    last = Client(server.port)
    last.say("/join garden\n")
    enters = last.hears("you are in garden\n")
    seconds, status = server.stop()
    return {"scenario": name, "stop s": seconds,
            "wrong": judge([(back and hears, "the first client is not served"),
                            (enters, "a later client cannot enter"),
                            (seconds < 5 and status == 0, "stop")])}


class Talker(Client):
    """Says numbered lines in its room and checks the lines of the other clients."""

    def __init__(self, port, number, rooms):
        super().__init__(port)
        self.room = f"r{number % rooms}"
        self.nick = f"c{number}"
        self.said = 0
        self.next = {}
        self.count = 0
        self.wrong = []

    def hear_lines(self):
        self.read()
        *lines, self.heard = self.heard.split(b"\n")
        for line in lines:
            if line.startswith(b"[") and b": line " in line:
                who, number = line.split(b"] ", 1)[1].split(b": line ")
                number = int(number)
                if number != self.next.get(who, 0):
                    self.wrong.append(f"{self.nick} heard {who.decode()} {number}")
                self.next[who] = number + 1
                self.count += 1


def crowd(program, clients, rooms=0, kills_a_second=20, seconds=20, lines=5):
    """Odd rooms are killed all the time; in even rooms no line may be lost or reordered."""
    rooms = rooms or clients // 20
    server = Server(program)
    all_talkers = [Talker(server.port, i, rooms) for i in range(clients)]
    for each in all_talkers:
        each.say(f"/nick {each.nick}\n/join {each.room}\n")
    assert all(each.hears(f"you are in {each.room}\n") for each in all_talkers)
    poller = select.epoll()
    by_file = {c.socket.fileno(): c for c in all_talkers}
    for file in by_file:
        poller.register(file, select.EPOLLIN)
    vandals = [c for i, c in enumerate(all_talkers) if i % rooms % 2 == 1]
    began = time.monotonic()
    kills = spoken = 0
    talks = [c for c in all_talkers for _ in range(lines)]
    healthy = [c for i, c in enumerate(all_talkers) if i % rooms % 2 == 0]
    expected = {c.room: 0 for c in healthy}
    for each in healthy:
        expected[each.room] += lines
    end = began + seconds + PATIENCE
    while time.monotonic() < end:
        passed = time.monotonic() - began
        while spoken < len(talks) and spoken < len(talks) * passed / seconds:
            each = all_talkers[spoken % clients]
            each.say(f"line {each.said}\n")
            each.said += 1
            spoken += 1
        while kills < min(passed, seconds) * kills_a_second:
            vandals[kills * 7919 % len(vandals)].say("/crash\n")
            kills += 1
        for file, _ in poller.poll(0.01):
            by_file[file].hear_lines()
        if passed > seconds and all(c.count >= expected[c.room] for c in healthy):
            break
    lost = sum(expected[c.room] - c.count for c in healthy)
    wrong = [w for c in healthy for w in c.wrong]
    dropped = sum(c.ended for c in all_talkers)
    peak = server.peak_mb()
    stop, status = server.stop()
    return {"scenario": f"{clients} clients in {rooms} rooms, {kills} kills", "lost": lost,
            "reordered": len(wrong), "dropped": dropped, "peak MB": peak, "stop s": stop,
            "wrong": judge([(lost == 0, "lines were lost"), (not wrong, "lines arrived out of order"),
                            (dropped == 0, "clients were dropped"), (status == 0, "stop")])}


def judge(promises):
    return [what for holds, what in promises if not holds]


def show(result):
    figures = "  ".join(f"{key} {value:.1f}" if isinstance(value, float) else f"{key} {value}"
                        for key, value in result.items() if key not in ("scenario", "wrong"))
    verdict = "; ".join(result["wrong"]) or "ok"
    print(f"{result['scenario']}: {figures}: {verdict}", flush=True)


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("chat")
    words.add_argument("--clients", type=int, default=2000, help="clients of the crowd (default: 2000)")
    given = words.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, given.clients + 500)), hard))
    floods = [("talk", "hello\n", True), ("long lines", "x" * 999 + "\n", True),
              ("nicks", "/nick b1\n/nick b2\n", True), ("comings", "/join garden\n/leave\n", False),
              ("trees", "/tree\n/rooms\n/who\n", True), ("crashes", "/crash\n", True, 0.5),
              ("empty lines", "\n", False), ("one endless line", "x" * 4096, False)]
    failed = False
    runs = [lambda f=f: flooded(given.chat, *f) for f in floods]
    runs += [lambda: short_of(given.chat, "64 files", files=64),
             lambda: short_of(given.chat, "400 MB of address space", address_kb=400_000),
             lambda: crowd(given.chat, given.clients)]
    for run in runs:
        result = run()
        show(result)
        failed = failed or bool(result["wrong"])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
