# SPDX-License-Identifier: GPL-2.0-only
"""Run a command with its allocations failed in turn: allocations.py RESET CHECK CMD...

First the N-th alone fails, then the N-th and all after it, for N from 1 on until nothing fails.
The shell runs RESET before each time, so that the command finds the same as before. The command must
end as it does otherwise, with the same output, or else with status 1 and one line on stderr (with -j:
as JSON on stdout, behind what was printed before), after which CHECK must succeed in the shell. At
the end the command works as at the beginning."""
import json
import os
import re
import subprocess
import sys

PRELOAD = "/extra/stage/failing.so"
FIRED = "fired"
FOR_EVER = 1 << 62

reset, check, *command = sys.argv[1:]


def shell(text):
    if text == ":":
        return
    subprocess.run(["sh", "-c", text], check=True, stdout=subprocess.DEVNULL)


def run(**variables):
    shell(reset)
    with open("in", "rb") as file:
        done = subprocess.run(command, env={**os.environ, **variables}, stdin=file,
                              capture_output=True, check=False)
    out = done.stdout.decode()
    # what differs from run to run
    for pattern in (r'"id": ?\d+', r'"memory_available": ?\d+', r"memory +[0-9.]+", r"[Rr]egion \d+",
                    r'"since": ?"[^"]*"', r'"mapped_s[a-z]*": ?[0-9.]+', r" \d+s "):
        out = re.sub(pattern, "", out)
    return done.returncode, out, done.stderr.decode()


def is_error(out, said):
    """One line, which names what was missing."""
    if "-j" in command and not said:
        said = json.loads(out.splitlines()[-1])["error"] + "\n"
    elif not said.startswith("Error: "):
        return False
    return said.count("\n") == 1 and "emory" in said


wrong, failed = 0, 0
good = run()
assert good[0] in (0, 1) and not good[2], good
for count in 1, FOR_EVER:
    for number in range(1, 100000):
        if os.path.exists(FIRED):
            os.unlink(FIRED)
        got = run(LD_PRELOAD=PRELOAD, FAIL_FIRST=str(number), FAIL_COUNT=str(count), FAIL_FIRED=FIRED)
        if not os.path.exists(FIRED):
            assert got == good, (number, got)
            break
        failed += 1
        try:
            if got != good:
                assert got[0] == 1 and is_error(*got[1:])
                shell(check)
        except (AssertionError, ValueError, LookupError, TypeError, subprocess.CalledProcessError):
            wrong += 1
            print(f"allocation {number}{'' if count == 1 else ' and all after it'}: {got}", flush=True)
    assert number > 1
assert run() == good
print(f"{' '.join(command)}: {failed} failures, {wrong} of them wrong")
sys.exit(wrong > 0)
