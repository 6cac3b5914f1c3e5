#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The crate for Rust. What is checked without the module, programs.mk has run.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/bindings/lib.bash
. /extra/stage/lib.bash

# One test after the other, as they publish the same names.
@test "Rust: the tests of the crate" {
	run /extra/stage/rust/tests --test-threads=1
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"test numbers_and_structs_are_those_of_the_c_header ... ok"* ]]
	[[ $output = *" 0 failed; 0 ignored;"* ]]
}

@test "Rust: a reference into a region that is not frozen does not compile" {
	cat /extra/stage/rust/refused
	run ! grep -v -e '^ok ' -e '^1\.\.[1-9]' /extra/stage/rust/refused
	grep -qx 'ok [0-9]* elements_of_writable: E0599' /extra/stage/rust/refused
	grep -qx 'ok [0-9]* accepted: accepted' /extra/stage/rust/refused
}

@test "Rust: the examples in the documentation compile, or do not, as they say" {
	cat /extra/stage/rust/doc-tests
	grep -q 'test result: ok\. [1-9][0-9]* passed; 0 failed; 0 ignored' /extra/stage/rust/doc-tests
}

@test "Rust: the example hands a table over" {
	run /extra/stage/rust/handover
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"freeze while I can still write: freeze region 1: it has a writer"* ]]
	[[ $output = *"reader: all 1000 elements are right, and stay so"* ]]
}
