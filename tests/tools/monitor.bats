#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# monitor: what happens to regions, as it happens.
# shellcheck disable=SC2030,SC2031 # a test is a subshell, and begin sets its variables

load /extra/stage/lib.bash

INSTANCES=$TRACING/instances
DEBUG=/sys/kernel/debug

setup_file() {
	[ -e "$TRACING/trace" ] || mount -t tracefs tracefs "$TRACING"
}

# unmount_tracing: tracefs itself, debugfs, which shows it as well, and what is below that.
unmount_tracing() {
	local place

	for place in $(awk '$2 ~ "^/sys/kernel/(debug|tracing)" { print $2 }' /proc/mounts | tac); do
		umount "$place"
	done
}

# is_mounted PLACE
is_mounted() {
	grep -q "^[^ ]* $1 " /proc/mounts
}

# mount_tracing: mount both again.
mount_tracing() {
	is_mounted "$DEBUG" || mount -t debugfs debugfs "$DEBUG"
	is_mounted "$TRACING" || mount -t tracefs tracefs "$TRACING"
}

# enabled PID: the monitor with this pid has enabled all its events.
enabled() {
	[ "$(cat "$INSTANCES/bpfmmap-$1/events/bpfmmap/bpfmmap_"{create,destroy,freeze,publish,withdraw}/enable \
		2>/dev/null | tr -d '\n')" = 11111 ]
}

# begin ARGUMENT...: start bpfmmap monitor with them, and wait until it sees events. Its pid is in
# $monitor, its output goes to seen and said.
begin() {
	# not the shell's own way with background jobs, which ignore ctrl-C
	env --default-signal=INT -C "${from:-.}" bpfmmap monitor "$@" >seen 2>said 3>&- &
	monitor=$!
	until_true enabled "$monitor"
}

# ends [STATUS]: wait until it has ended, with this status.
ends() {
	local status=0

	until_true is_over || cat "/proc/$monitor/status" "/proc/$monitor/stack"
	wait "$monitor" || status=$?
	[ "$status" = "${1:-0}" ] || {
		echo "status $status:"
		cat said
		return 1
	}
}

is_over() {
	! kill -0 "$monitor" 2>/dev/null
}

# says LINE: on stderr, and nothing else.
says() {
	diff said - <<<"$1"
}

# end [SIGNAL]: end it, which must succeed and leave nothing.
end() {
	kill "-${1:-INT}" "$monitor"
	ends
	[ ! -s said ]
	no_instances
}

no_instances() {
	[ -z "$(ls "$INSTANCES")" ]
}

# events: the lines of seen, without the time, which must be of this year.
events() {
	local year

	year=$(date +%Y)
	! grep -Ev "^$year-[0-9]{2}-[0-9]{2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{6}Z " seen || return
	cut -d ' ' -f 2- seen
}

@test "each event of a region has its line, in order" {
	page=$(python3 -c 'import mmap; print(mmap.PAGESIZE)')
	begin
	bpfmmap create table value_size 8 max_entries 512 name squares
	ln "$REGIONS/table" "$REGIONS/second"
	hold H "$REGIONS/table" rw
	run -1 bpfmmap freeze table
	bpfmmap freeze table --when-idle
	let_go H
	bpfmmap withdraw table
	bpfmmap withdraw second
	bpfmmap create table value_size 12 max_entries 3 prog
	bpfmmap freeze table --processes
	rm "$REGIONS/table"
	end
	events >lines
	diff - lines <<-END
		region 1 created: value_size 8, max_entries 512, name squares
		region 1 published: table
		region 1 published: second
		region 1 freezing
		region 1 frozen for everybody
		region 1 withdrawn: table
		region 1 withdrawn: second
		region 1 gone
		region 2 created: value_size 12, max_entries 3
		region 2 published: table
		region 2 frozen for processes
		region 2 withdrawn: table
		region 2 gone
	END
	sort -c seen
	begin -j
	bpfmmap create table value_size 8 max_entries 512 name squares
	hold H "$REGIONS/table" rw
	bpfmmap freeze table --when-idle
	let_go H
	rm "$REGIONS/table"
	end TERM
	jq -c 'del(.time)' seen >lines
	diff - lines <<-END
		{"event":"created","id":3,"name":"squares","bytes_value":8,"max_entries":512,"bytes_memlock":$page}
		{"event":"published","id":3,"file_name":"table"}
		{"event":"freezing","id":3}
		{"event":"frozen","id":3,"frozen_for":"everybody"}
		{"event":"withdrawn","id":3,"file_name":"table"}
		{"event":"gone","id":3}
	END
	[ "$(wc -l <seen)" = 6 ]
}

@test "revoked follows frozen, with the number of writers" {
	begin
	bpfmmap create table value_size 8 max_entries 512
	bpfmmap create other value_size 8 max_entries 512
	hold H "$REGIONS/table" rw rw
	hold G "$REGIONS/other" rw
	bpfmmap freeze table --revoke
	bpfmmap freeze other --revoke
	end
	[ "$(events | tail -n 4)" = "region 1 frozen for everybody
region 1 revoked from 2 writers
region 2 frozen for everybody
region 2 revoked from 1 writer" ]
}

@test "a region that is gone has no scope any more" {
	begin
	bpfmmap create table value_size 8 max_entries 512
	kill -STOP "$monitor"
	bpfmmap freeze table
	bpfmmap withdraw table
	kill -CONT "$monitor"
	until_true grep -q gone seen
	end
	[ "$(events | tail -n 3)" = "region 1 frozen
region 1 withdrawn: table
region 1 gone" ]
}

@test "an event is shown when it happens, with the time of then" {
	begin -j
	before=$EPOCHREALTIME
	bpfmmap create table value_size 8 max_entries 512
	until_true grep -q published seen
	kill -STOP "$monitor"
	rm "$REGIONS/table"
	after=$EPOCHREALTIME
	sleep 2
	kill -CONT "$monitor"
	until_true grep -q gone seen
	end
	# the two clocks are read one after the other
	jq -s --argjson before "$before" --argjson after "$after" -e 'length == 4 and
		(map((.time[:19] + "Z" | fromdateiso8601) + ("0" + .time[19:26] | tonumber)) | . == sort and
		 first > $before - 0.1 and last < $after + 0.1)' seen
}

@test "one region alone, by its id or by names" {
	bpfmmap create old value_size 8 max_entries 512 name squares
	bpfmmap create other value_size 8 max_entries 512
	mkdir "$REGIONS/team"
	# region 3 is to be
	local from
	for words in 3 "id 3" table "name table" "$REGIONS/table" "path ./table" squares team/table old; do
		case $words in
		path*) from=$REGIONS ;;
		*) from=. ;;
		esac
		# shellcheck disable=SC2086 # words
		begin $words
		case $words in
		squares | old)
			ln "$REGIONS/other" "$REGIONS/another"
			ln "$REGIONS/old" "$REGIONS/more"
			rm "$REGIONS/more" "$REGIONS/another"
			expected="published: more,withdrawn: more"
			id=1
			;;
		*)
			ln "$REGIONS/other" "$REGIONS/team/other"
			[ "$words" = team/table ] || place=table
			[ "$words" != team/table ] || place=team/table
			bpfmmap create "$place" value_size 8 max_entries 1
			id=$(bpfmmap -j show "$place" | jq .id)
			bpfmmap create third value_size 8 max_entries 1
			bpfmmap freeze "$place"
			rm "$REGIONS/$place" "$REGIONS/team/other" "$REGIONS/third"
			expected="created: value_size 8, max_entries 1,published: table,frozen for everybody,withdrawn: table,gone"
			;;
		esac
		end TERM
		case $words in
		*3) [ "$id" = 3 ] || expected="" ;;
		esac
		events | sed "s/^region $id //" | paste -sd , >line
		[ "$(<line)" = "$expected" ] || {
			echo "monitor $words: $(<line)"
			false
		}
	done
}

@test "a name that comes by mv, and the same name elsewhere" {
	mkdir "$REGIONS/team"
	bpfmmap create one value_size 8 max_entries 512
	begin table
	bpfmmap create team/table value_size 8 max_entries 512
	# its events are read before another region has the name
	sleep 1
	mv "$REGIONS/one" "$REGIONS/table"
	bpfmmap freeze table
	bpfmmap freeze team/table
	end
	events >lines
	diff - lines <<<"region 1 frozen for everybody"
}

@test "names of any bytes are one line, and no event of another region" {
	bpfmmap create table value_size 8 max_entries 512
	names=(
		$'a\nbpfmmap_freeze: id=9 error=0'
		$'x\ny-1 [000] ..... 1.000000: bpfmmap_destroy: id=9 bytes=1'
		$'\n' $' a  b ' $'CPU:0 [LOST 9 EVENTS]\n' $'\e[2J\r' $'ä"\\' $'\xff'
		"$(printf 'b%.0s' {1..63})" "$(printf 'c%.0s' {1..200})"
	)
	begin
	for name in "${names[@]}"; do
		ln "$REGIONS/table" "$REGIONS/$name"
	done
	end
	[ "$(wc -l <seen)" = ${#names[@]} ]
	[ "$(events | grep -c '^region 1 published: ')" = ${#names[@]} ]
	run ! grep -q $'\e' seen
	events | grep -Fx 'region 1 published: a?bpfmmap_freeze: id=9 error=0'
	events | grep -Fx "region 1 published:  a  b "
	events | grep -Fx "region 1 published: $(printf 'c%.0s' {1..63})"
	# the command's own name is before the event
	echo record-cmd >"$TRACING/trace_options"
	begin -j
	for name in "${names[@]}"; do
		rm "$REGIONS/$name"
		python3 - "$REGIONS/table" "$REGIONS/again" <<-'END'
			import os, sys
			with open("/proc/self/comm", "w") as file:
			    file.write("1.5: bpfmmap_x")
			os.link(*sys.argv[1:])
			with open("/proc/self/comm", "w") as file:
			    file.write("a\nCPU:0 [LOST 9")
			os.unlink(sys.argv[2])
		END
	done
	end
	[ "$(wc -l <seen)" = $((3 * ${#names[@]})) ]
	[ "$(jq -r 'select(.file_name == "again").event' seen | sort | uniq -c | xargs)" = \
		"${#names[@]} published ${#names[@]} withdrawn" ]
	jq -r '.file_name | select(. != "again")' seen >found
	printf '%s\n' "${names[@]}" | sed -e 's/c\{137\}$//' -e $'s/\xff/\xef\xbf\xbd/' | diff - found
	[ "$(jq .id seen | sort -u)" = 1 ]
}

# burst: more events than the buffer holds.
burst() {
	python3 - "$REGIONS/table" "$REGIONS/again" 10000 <<-'END'
		import os, sys
		os.sched_setaffinity(0, {0})
		for _ in range(int(sys.argv[3])):
		    os.link(*sys.argv[1:3])
		    os.unlink(sys.argv[2])
	END
}

@test "lost events are counted" {
	bpfmmap create table value_size 8 max_entries 512
	begin -j
	kill -STOP "$monitor"
	burst
	kill -CONT "$monitor"
	until_true grep -q '"lost"' seen
	end
	lost=$(jq 'select(.event == "lost").count' seen)
	[ "$lost" -gt 1000 ]
	[ $((lost + $(grep -c '"file_name":"again"' seen))) = 20000 ]
	# what is shown by name may have been lost, so that is told as well
	begin nothing
	kill -STOP "$monitor"
	burst
	kill -CONT "$monitor"
	until_true grep -q lost seen
	end
	[ "$(wc -l <seen)" = 1 ]
	events | grep -Ex '[0-9]{4,5} events were lost'
}

@test "all JSON is as the schema says" {
	begin -j
	bpfmmap create table value_size 8 max_entries 512 name squares
	bpfmmap create other value_size 8 max_entries 512 prog
	bpfmmap freeze other --processes
	hold H "$REGIONS/table" rw
	bpfmmap freeze table --when-idle
	bpfmmap freeze table --revoke
	until_true grep -q revoked seen
	let_go H
	kill -STOP "$monitor"
	burst
	bpfmmap freeze other
	rm "$REGIONS/other" "$REGIONS/table"
	kill -CONT "$monitor"
	until_true grep -q '"gone","id":1}' seen
	end
	[ "$(jq -r .event seen | sort -u | xargs)" = \
		"created freezing frozen gone lost published revoked withdrawn" ]
	# one object a line, and one of each kind to check
	for event in created freezing frozen gone lost published revoked withdrawn; do
		number=0
		while IFS= read -r line; do
			number=$((number + 1))
			printf '%s\n' "$line" >"event.$event$number.json"
		done < <(grep "\"event\":\"$event\"" seen | tail -n 3)
	done
	python3 "$STAGE/validate.py" "$STAGE/share/bpfmmap/schema.json" event.*.json
	begin -p --count=1
	bpfmmap create table value_size 8 max_entries 512
	ends
	[ "$(jq .id seen)" = 3 ]
	[ "$(wc -l <seen)" -gt 3 ]
}

@test "a number of events, and a time" {
	begin --count=2
	bpfmmap create table value_size 8 max_entries 512
	ends
	[ "$(wc -l <seen)" = 2 ]
	no_instances
	before=${EPOCHREALTIME/./}
	run -0 --separate-stderr bpfmmap monitor --timeout=1
	[ -z "$output$stderr" ]
	[ $((${EPOCHREALTIME/./} - before)) -ge 1000000 ]
	run -1 bpfmmap monitor --count 2 --timeout 1
	[ "$output" = "Error: 0 of 2 events came within 1 s" ]
	run -1 --separate-stderr bpfmmap -j monitor 1 --timeout=0 --count=1
	[ "$output" = '{"error":"0 of 1 events came within 0 s"}' ]
	no_instances
	# a count that is not reached is no error of a signal
	begin --count=2
	end
}

@test "a signal ends it, and no instance is left" {
	for signal in INT TERM HUP; do
		begin
		bpfmmap create "$signal" value_size 8 max_entries 512
		# what happened before it is shown
		end "$signal"
		[ "$(wc -l <seen)" = 2 ]
	done
	# as nohup does
	(trap '' HUP; exec bpfmmap monitor --count=1 >seen 3>&-) &
	monitor=$!
	until_true enabled "$monitor"
	kill -HUP "$monitor"
	bpfmmap create table value_size 8 max_entries 512
	ends
	grep -q created seen
	no_instances
}

@test "what SIGKILL leaves is removed by the next one, and nothing else is" {
	begin
	kill -KILL "$monitor"
	ends 137
	[ -d "$INSTANCES/bpfmmap-$monitor" ]
	# the id of a process that is none of ours, and one in use that can't be seen from here
	mkdir "$INSTANCES/bpfmmap-1" "$INSTANCES/bpfmmap-4000000" "$INSTANCES/bpfmmap-x" "$INSTANCES/other"
	exec {pipe}<"$INSTANCES/bpfmmap-4000000/trace_pipe"
	bpfmmap monitor >seen2 3>&- &
	first=$!
	until_true enabled "$first"
	bpfmmap monitor --timeout=0
	run -0 ls "$INSTANCES"
	[ "$(xargs <<<"$output")" = "$(printf '%s\n' "bpfmmap-$first" bpfmmap-4000000 bpfmmap-x other | sort | xargs)" ]
	enabled "$first"
	exec {pipe}<&-
	rmdir "$INSTANCES/bpfmmap-x" "$INSTANCES/other"
	kill "$first"
	wait "$first"
	bpfmmap monitor --timeout=0
	no_instances
}

@test "two at once see the same" {
	begin
	bpfmmap monitor >seen2 3>&- &
	second=$!
	until_true enabled "$second"
	bpfmmap create table value_size 8 max_entries 512
	rm "$REGIONS/table"
	kill "$second"
	wait "$second"
	end
	[ "$(wc -l <seen)" = 4 ]
	[ "$(events)" = "$(cut -d ' ' -f 2- seen2)" ]
}

@test "settings of others change nothing" {
	settings=(nocontext-info raw hex bin verbose latency-format stacktrace userstacktrace fields nooverwrite)
	[ -e "$TRACING/trace" ] || mount -t tracefs tracefs "$TRACING"
	for setting in "${settings[@]}"; do
		echo "$setting" 2>/dev/null >"$TRACING/trace_options" || continue
		begin
		bpfmmap create table value_size 8 max_entries 512
		rm "$REGIONS/table"
		end
		case $setting in
		no*) echo "${setting#no}" ;;
		*) echo "no$setting" ;;
		esac >"$TRACING/trace_options"
		[ "$(events | cut -d ' ' -f 3 | xargs)" = "created: published: withdrawn: gone" ]
	done
}

@test "tracefs is mounted if it is missing" {
	unmount_tracing
	run -0 --separate-stderr bpfmmap monitor --timeout=0
	[ "$stderr" = "Mounted tracefs at $TRACING." ]
	[ -z "$output" ]
	run -0 --separate-stderr bpfmmap monitor --timeout=0
	[ -z "$output$stderr" ]
	mount_tracing
}

@test "the tracefs in debugfs will do" {
	mount_tracing
	umount "$TRACING"
	run -0 --separate-stderr bpfmmap monitor --timeout=0
	[ -z "$output$stderr" ]
	run -1 is_mounted "$TRACING"
	mount_tracing
	no_instances
}

@test "it needs root" {
	for as in as_nobody as_member; do
		run -1 --separate-stderr "$as" bpfmmap monitor
		[ -z "$output" ]
		[ "$stderr" = "Error: only root can monitor regions; the kernel shows its tracepoints to no one else" ]
	done
	unmount_tracing
	run -1 as_nobody bpfmmap monitor
	[ "$output" = "Error: only root can monitor regions; the kernel shows its tracepoints to no one else" ]
	run -1 setpriv --bounding-set -all --inh-caps -all bpfmmap monitor
	[ "$output" = "Error: can't mount tracefs at $TRACING: Operation not permitted; most containers and locked-down kernels allow no tracing" ]
	mount_tracing
	no_instances
}

@test "the module can't be unloaded meanwhile" {
	umount "$REGIONS"
	begin
	run -1 rmmod bpfmmap
	end
	mount_regions
}

@test "stdout that is closed, full, or has no reader" {
	status=0
	bpfmmap monitor >&- 2>said || status=$?
	[ "$status" = 1 ]
	says "Error: can't write the output: Bad file descriptor"
	no_instances
	for form in "" -j; do
		# shellcheck disable=SC2086 # words
		bpfmmap $form monitor >/dev/full 2>said 3>&- &
		monitor=$!
		until_true enabled "$monitor"
		bpfmmap create "table$form" value_size 8 max_entries 512
		ends 1
		says "Error: can't write the output: No space left on device"
		no_instances
	done
	# it ends when the reader goes, without another event
	for form in "" -j; do
		mkfifo "pipe$form"
		# shellcheck disable=SC2086 # words
		(trap '' PIPE; exec bpfmmap $form monitor >"pipe$form" 2>said 3>&-) &
		monitor=$!
		exec {reader}<"pipe$form"
		until_true enabled "$monitor"
		exec {reader}<&-
		ends 1
		says "Error: can't write the output: Broken pipe"
		no_instances
	done
	mkfifo enough
	env --default-signal=PIPE bpfmmap monitor >enough 2>said 3>&- &
	monitor=$!
	exec {reader}<enough
	until_true enabled "$monitor"
	bpfmmap create one value_size 8 max_entries 512
	read -r line <&"$reader"
	[[ $line == *" region "*" created: "* ]]
	exec {reader}<&-
	ends 141
	[ ! -s said ]
	no_instances
}

@test "words that are wrong" {
	while IFS='|' read -r words line; do
		# shellcheck disable=SC2086 # words
		run -2 bpfmmap monitor $words
		[ "$output" = "Error: $line" ]
	done <<-END
		table chair|monitor does not take 'chair'; see: bpfmmap help monitor
		--count=0|'0' is not a valid count; give a number from 1 to 4294967295
		--count|monitor lacks count; see: bpfmmap help monitor
		--timeout=soon|'soon' is not a valid time; give a number of seconds up to 2147483
		--all|monitor does not take '--all'; see: bpfmmap help monitor
		id 0|'0' is not a valid id; give a number from 1 to 2147483647
	END
	no_instances
}

@test "without the module it says how to load it" {
	umount "$REGIONS"
	rmmod bpfmmap
	run -1 bpfmmap monitor
	insmod /module/bpfmmap.ko
	mount_regions
	[ "$output" = "Error: there is no /dev/bpfmmap; run modprobe bpfmmap as root, and bpfmmap doctor if that fails" ]
}
