#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A guest that goes wrong must not pass. Each of these goes wrong in another way, in a real guest or
# in its report, and scripts/guest/vm or scripts/test/tap-count has to report it. TAP on stdout.

. "$(dirname "$0")/../../scripts/lib.sh"

kernel=$("$SCRIPTS/kernel/get" "${DEFAULT_KERNELS%% *}")
. "$(dirname "$0")/tap.sh"

# guest NAME EXPECTED-STATUS EXPECTED-WORDS: run stdin as the only program of a guest.
guest() {
	local status=0 wrong=0

	cat >"$dir/program"
	chmod +x "$dir/program"
	"$SCRIPTS/guest/initrd" "$dir/initrd" "$SCRIPTS/guest/init" "$dir/program=suite/program"
	"$SCRIPTS/guest/vm" -m 256M -c 1 -d 15 "$kernel" "$dir/initrd" "$dir/log" 2>"$dir/said" || status=1
	[ "$status" = "$2" ] || wrong=1
	[ -z "$3" ] || grep -q "$3" "$dir/said" || wrong=1
	result $wrong "$1"
}

# count NAME EXPECTED-COUNTS EXPECTED-WORDS: run tap-count on stdin.
count() {
	local wrong=0

	"$SCRIPTS/test/tap-count" /dev/stdin >"$dir/said"
	[ "$(head -n 1 "$dir/said")" = "$2" ] || wrong=1
	grep -q "$3" "$dir/said" || wrong=1
	result $wrong "$1"
}

echo 1..13

guest "a guest that does what it should passes" 0 '' <<'END'
#!/bin/busybox sh
echo 1..1
echo ok 1 - fine
END
guest "a panic fails" 1 'went down before its end' <<'END'
#!/bin/busybox sh
echo c >/proc/sysrq-trigger
END
guest "a hang fails, and says where" 1 'not done after 15 s; it was at: @@ run program' <<'END'
#!/bin/busybox sh
sleep 1000
END
guest "a warning of the kernel fails, whatever the tests said" 1 'the kernel complained' <<'END'
#!/bin/busybox sh
echo 1..1
echo ok 1 - fine
echo "WARNING: CPU: 0 PID: 1 at nowhere" >/dev/kmsg
END
guest "an end that is made up fails" 1 'went down before its end' <<'END'
#!/bin/busybox sh
echo 1..1
echo ok 1 - fine
echo "@@ end 0123456789abcdef"
poweroff -f
END

count "passes are counted" "2 0 0" '' <<'END'
@@ run p
1..2
ok 1 - a
ok 2 - b
@@ exit p 0
END
count "a failure is counted, and says why" "1 1 0" 'because of this' <<'END'
@@ run p
1..2
ok 1 - a
not ok 2 - b
# because of this
@@ exit p 1
END
count "a program that ends early fails" "1 1 0" 'planned 2 tests but ran 1' <<'END'
@@ run p
1..2
ok 1 - a
@@ exit p 0
END
count "a program that never ends fails" "2 1 0" 'never ended' <<'END'
@@ run p
1..2
ok 1 - a
ok 2 - b
END
count "an exit status that nothing explains fails" "1 1 0" 'exited with 139' <<'END'
@@ run p
1..1
ok 1 - a
@@ exit p 139
END
count "a skip with a reason is a skip" "0 0 1" 'no such thing here' <<'END'
@@ run p
1..1
# skipped: no such thing here
ok 1 # SKIP a
@@ exit p 0
END
count "a skip without a reason fails" "0 1 0" 'without a reason' <<'END'
@@ run p
1..1
ok 1 # SKIP a
@@ exit p 0
END
count "a module that is still held fails" "1 1 0" 'still holds the module' <<'END'
@@ run p
1..1
ok 1 - a
@@ exit p 0
@@ held
END
