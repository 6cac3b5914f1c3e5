#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The package for Go.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/bindings/lib.bash
. /extra/stage/lib.bash

@test "Go: the tests of the package" {
	run /extra/stage/go/tests -test.v
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"--- PASS: TestHeader "* ]]
	[[ $output != *"--- SKIP"* ]]
}

@test "Go: the example hands a table over" {
	run /extra/stage/go/handover
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"freeze while I can still write: freeze region 1: it has a writer"* ]]
	[[ $output = *"reader: all 1000 elements are right, and stay so"* ]]
}
