#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The package for Python.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/bindings/lib.bash
. /extra/stage/lib.bash

# In one run, as Python and NumPy take long to load. A warning, such as that about a region which was not
# closed, is an error.
@test "Python: the tests of the package" {
	run /usr/bin/python3 -B -W error /extra/stage/python/test_bpfmmap.py -v
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"Header.test_lines) ... ok"* ]]
	[[ $output != *skipped* ]]
}

@test "Python: the example hands a table over" {
	run /usr/bin/python3 -B -W error /extra/stage/python/handover.py
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"freeze while I can still write: freeze region 1: it has a writer"* ]]
	[[ $output = *"reader: all 1000 elements are right, and stay so"* ]]
}
